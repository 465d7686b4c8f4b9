"""Forward and backward through a graph, one operation at a time, in the order in which the engine takes them.

Here: `walk` and the `Steps` it gives: what is computed in each step, what flows back to each operand, how gradients
that meet are added, the chain rule so far, and the graph as it is known after that step. Not here: the chain rule's
LaTeX (`latex.py`), the buttons (`tensorkit_widgets.BackpropStepper`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..tensor import Tensor
from .charts import image
from .describe import back_formula, clean, headline, label_of
from .describe import fraction as partial
from .latex import chain, fraction
from .model import LEAF, RESULT, Edge, Graph, GraphNode, Snapshot
from .snapshots import PENDING, number, short, snapshot
from .svg import escape
from .trace import LIMIT, trace

FORWARD, START, BACKWARD = "forward", "start", "backward"


@dataclass(frozen=True)
class Contribution:
    """What one use of a tensor sends back: incoming gradient times local derivative.

    `slot` and `source` name the use; `incoming`, `local`, `value` are text; `formula` is the rule with numbers;
    `summed` are the axes summed over because the operand was broadcast; `total` tells how the operand's gradient stands
    now, `3 + 3 = 6` where it had arrived before.

    >>> import tensorkit as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> walk(2 * x, {"x": x})[-1].parts[-1].formula
    'g * 2 = 1 * 2 = 2'
    """

    source: str
    slot: int
    name: str
    incoming: str
    local: str | None
    value: str
    formula: str
    total: str
    summed: tuple[int, ...] = ()
    accumulated: bool = False


@dataclass(frozen=True)
class Step:
    """One step: `kind` is "forward", "start" or "backward", `node` the operation's result, `title` the step in words,
    `parts` what goes to each operand, `chain` LaTeX lines (without dollar signs).

    >>> import tensorkit as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> walk(2 * x, {"x": x})[0].title
    'forward: 2 * x = 2 * 3 = 6'
    """

    kind: str
    node: str
    title: str
    parts: tuple[Contribution, ...] = ()
    chain: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The step as lines of text: the title, and a line for each operand."""
        return (self.title, *(f"  to {part.name}: {part.formula}; {part.total}" for part in self.parts))


@dataclass(frozen=True)
class Steps:
    """All steps through one graph; `len(steps)`, `steps[i]`, and `steps.graph_at(i)`: what is known after i steps.

    >>> import tensorkit as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> print(walk(x * x, {"x": x}).to_text())
    Backpropagation through x * x: 3 steps.
    1  forward: x * x = 3 * 3 = 9
    2  start: ∂(x * x)/∂(x * x) = 1
    3  backward through x * x, where 1 arrives
         to x: g * x = 1 * 3 = 3; ∂(x * x)/∂x = 3 so far
         to x: g * x = 1 * 3 = 3; ∂(x * x)/∂x = 3 + 3 = 6
    """

    graph: Graph
    steps: tuple[Step, ...]

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, index: int) -> Step:
        return self.steps[index]

    def graph_at(self, count: int) -> Graph:
        """The graph with the values and gradients that `count` steps have brought to light; the others stand as `…`.

        IndexError where there are not so many steps.
        """
        if not 0 <= count <= len(self.steps):
            raise IndexError(f"there are {len(self.steps)} steps, but {count} were asked for")
        done = self.steps[:count]
        hidden = {step.node for step in self.steps[count:] if step.kind == FORWARD}
        walked = {(step.node, part.slot) for step in done for part in step.parts}
        complete = {step.node for step in done if step.kind != FORWARD}
        totals = self._totals(done)
        nodes = []
        for node in self.graph.nodes:
            changes: dict[str, Any] = {}
            if node.id in hidden:
                changes |= {"value": PENDING, "numbers": None}
            if node.requires_grad and node.id not in complete:
                uses = [use for use in self.graph.uses(node.id) if use.flows]
                if any((use.target, use.slot) not in walked for use in uses) or not uses:
                    changes |= {"gradient": totals.get(node.id, PENDING)}
            # What .grad holds already is of another pass than the one that is walked here.
            changes["stored_grad"] = changes.get("gradient", node.gradient) if node.kind == LEAF else None
            nodes.append(replace(node, **changes))
        edges = [
            edge
            if (edge.target, edge.slot) in walked or not edge.flows
            else replace(edge, contribution=None, rule_numbers=None, derivative_value=None)
            for edge in self.graph.edges
        ]
        return replace(self.graph, nodes=tuple(nodes), edges=tuple(edges))

    def _totals(self, done: tuple[Step, ...]) -> dict[str, Snapshot]:
        """What has arrived at each node so far."""
        sums: dict[str, Any] = {}
        for step in done:
            for part in step.parts:
                edge = next(each for each in self.graph.operands(step.node) if each.slot == part.slot)
                if edge.contribution is not None and edge.contribution.array is not None:
                    before = sums.get(part.source)
                    sums[part.source] = edge.contribution.array if before is None else before + edge.contribution.array
        return {id: snapshot(np.asarray(array)) for id, array in sums.items()}

    def to_text(self) -> str:
        """All steps as text."""
        out = [f"{self.heading}."]
        width = len(str(len(self.steps)))
        for number_, step in enumerate(self.steps, 1):
            first, *more = step.lines
            out.append(f"{str(number_).rjust(width)}  {first}")
            out.extend(f"{' ' * (width + 2)}{line}" for line in more)
        return "\n".join([*out, *self.graph.notes])

    @property
    def heading(self) -> str:
        """`Backpropagation through f: 5 steps`."""
        count = len(self.steps)
        return f"Backpropagation through {label_of(self.graph.node(self.graph.root))}: {count} step{'s' * (count != 1)}"

    def to_html(self, direction: str = "auto") -> str:
        """The graph as a picture, and all steps as a numbered list, everything escaped."""
        items = []
        for step in self.steps:
            first, *more = step.lines
            inner = "".join(f"<li><code>{escape(line.strip())}</code></li>" for line in more)
            items.append(f"<li>{escape(first)}{f'<ul>{inner}</ul>' if inner else ''}</li>")
        picture = image(self.graph.to_svg(direction=direction), headline(self.graph))
        return f"<div>{picture}</div><p>{escape(self.heading)}.</p><ol>{''.join(items)}</ol>"

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"Steps({len(self.steps)} steps, {self.graph!r})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": self.to_text()}


def walk(
    what: Tensor | Graph, names: Mapping[str, Tensor] | None = None, *, forward: bool = True, limit: int = LIMIT
) -> Steps:
    """The steps through a tensor's history: its values operation by operation, then its gradients back to the leaves.

    what     a tensor, or a `Graph`; TypeError for anything else, ValueError for a tensor without a history
    names    what the notebook calls its tensors
    forward  False leaves the forward pass out
    limit    how many tensors and numbers at most, as of `trace`

    >>> import tensorkit as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> steps = walk(2 * x, {"x": x})
    >>> [step.kind for step in steps]
    ['forward', 'start', 'backward']
    >>> steps[2].chain[0].endswith(" = 2")
    True
    """
    graph = what if isinstance(what, Graph) else trace(what, names, limit)
    results = [node for node in graph.nodes if node.kind == RESULT]
    root = graph.node(graph.root)
    if not results or not root.requires_grad:
        raise ValueError(f"{label_of(root)} has no history to step through: no operation on the tape made it")
    steps = [_forward(node) for node in results] if forward else []
    seed = snapshot(np.ones(root.shape)) if root.gradient is None else root.gradient
    start = f"start: {'/'.join(partial(root, root))} = {short(seed)}"
    steps.append(Step(START, root.id, start, chain=(f"{fraction(root.label, root.label)} = 1",)))
    arrived: dict[str, Any] = {}
    for node in reversed(results):
        if any(edge.flows for edge in graph.operands(node.id)):
            steps.append(_backward(graph, node, arrived))
    return Steps(graph, tuple(steps))


def _forward(node: GraphNode) -> Step:
    name = label_of(node)
    parts = [part for part in (node.expression, node.numbers) if part and part != node.label]
    parts = [name, *(clean(part, 80) for part in parts)]
    if node.value is not None and short(node.value) != parts[-1]:
        parts.append(short(node.value))
    return Step(FORWARD, node.id, f"forward: {' = '.join(parts)}")


def _backward(graph: Graph, node: GraphNode, arrived: dict[str, Any]) -> Step:
    """The step through one operation; `arrived` are the sums so far by node, and is added to."""
    incoming = short(node.gradient)
    parts = []
    lines = []
    for edge in graph.operands(node.id):
        if not edge.flows:
            continue
        source = graph.node(edge.source)
        total, again = _total(graph, edge, source, arrived)
        local = edge.derivative if edge.derivative_value is None else number(edge.derivative_value)
        formula = clean(back_formula(edge) or "unknown", 300)
        value = short(edge.contribution)
        parts.append(
            Contribution(
                source.id, edge.slot, label_of(source), incoming, local, value, formula, total, edge.summed, again
            )
        )
        lines.append(chain(graph, edge))
    made = clean(node.expression or node.label)
    title = f"backward through {made}, where {incoming} arrives"
    return Step(BACKWARD, node.id, title, tuple(parts), tuple(dict.fromkeys(lines)))


def _total(graph: Graph, edge: Edge, source: GraphNode, arrived: dict[str, Any]) -> tuple[str, bool]:
    left = "/".join(partial(graph.node(graph.root), source))
    share = None if edge.contribution is None else edge.contribution.array
    before = arrived.get(source.id)
    uses = [use for use in graph.uses(source.id) if use.flows]
    last = before is not None and before[1] + 1 == len(uses)
    count = 1 if before is None else before[1] + 1
    if share is None or (before is not None and before[0] is None):
        arrived[source.id] = None, count
        return f"{left} is unknown" if edge.contribution is None else f"{left} = {short(source.gradient)}", count > 1
    if before is None:
        arrived[source.id] = share, 1
        return f"{left} = {short(edge.contribution)}" + (" so far" if len(uses) > 1 else ""), False
    arrived[source.id] = before[0] + share, count
    old, new = snapshot(np.asarray(before[0])), snapshot(np.asarray(before[0] + share))
    more = short(edge.contribution)
    plus = f"({more})" if more.startswith("-") else more
    return f"{left} = {short(old)} + {plus} = {short(new)}" + ("" if last else " so far"), True
