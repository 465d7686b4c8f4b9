"""`GraphInspector`: the graph of a tensor, live in a notebook.

Here: the widget's state as traits, and what a notebook stores of it. Everything the widget shows and does goes through
these traits, so a test drives it without a browser. Not here: the graph itself (`tensorkit.graph`), the words of the
panel (`details.py`), the page side (`static/graph.js`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import anywidget
import traitlets

from tensorkit import Tensor
from tensorkit.graph import CONSTANT, LEAF, OMITTED, Checker, Graph, ModuleCall, names_in, trace_folded, why
from tensorkit.graph.fold import DRAWN

from .details import details, line
from .page import STATIC, script


class GraphInspector(anywidget.AnyWidget):
    """The history of a tensor as a picture to walk through: select a node to read its value, gradient and rule.

    what       a tensor, or a `tensorkit.graph.Graph`; TypeError for anything else
    names      what to call the tensors: a dictionary from names to tensors. Left out, in a notebook, it is the
               notebook's own variables
    direction  "right", "down" or "auto" (right while that fits a notebook's width); ValueError for anything else
    tensor     where `what` is a graph: the tensor that it is of, so that gradients can be checked and asked about
    fold       how the graph of a tensor is folded where it is large: "auto", "module", "repeat", "depth" or None, with
               `depth` and the `calls` of modules as in `tensorkit.graph.fold`; a graph is shown as it is given
    selected   the id of the node to begin with (`n0`, `n1`, …); the root if left out, None for no node

    >>> import tensorkit as torch
    >>> from tensorkit_widgets import GraphInspector
    >>> x = torch.tensor(4.0, requires_grad=True)
    >>> inspector = GraphInspector(2 * x, {"x": x})
    >>> inspector.select("x")
    >>> inspector.selected, inspector.detail["said"]
    ('n0', 'x selected: value 4, gradient 2, .grad None')

    Give it a new graph, and it shows that: `inspector.graph = trace(f, {"f": f})`.
    """

    _esm = script("graph.js")
    _css = STATIC / "graph.css"

    svg = traitlets.Unicode(help="the picture").tag(sync=True)
    text = traitlets.Unicode(help="the same as text").tag(sync=True)
    details = traitlets.Dict(help="what the panel says, by node").tag(sync=True)
    selected = traitlets.Unicode(None, allow_none=True, help="the selected node").tag(sync=True)
    zoom = traitlets.Float(1.0, min=0.25, max=8.0, help="1 fits the width of the page").tag(sync=True)
    checkable = traitlets.Bool(False, help="can gradients be compared with finite differences?").tag(sync=True)
    askable = traitlets.Bool(False, help="is the tensor at hand, so that its .grad can be explained?").tag(sync=True)
    asked = traitlets.Unicode("", help="the node whose gradient is to be compared").tag(sync=True)
    checks = traitlets.Dict(help="what finite differences say, by node").tag(sync=True)
    wondered = traitlets.Unicode("", help="the node whose .grad is to be explained").tag(sync=True)
    reasons = traitlets.Dict(help="why .grad is what it is: (term, sentence) pairs by node").tag(sync=True)
    blocks = traitlets.Dict(help="what can be folded, by block").tag(sync=True)
    opened = traitlets.List(traitlets.Unicode(), help="the blocks that are not folded").tag(sync=True)
    unfoldable = traitlets.Bool(False, help="may all blocks be opened at once?").tag(sync=True)
    graph = traitlets.Instance(Graph, help="what is shown")

    def __init__(
        self,
        what: Tensor | Graph,
        names: Mapping[str, Tensor] | None = None,
        *,
        direction: str = "auto",
        tensor: Tensor | None = None,
        fold: str | None = "auto",
        depth: int | None = None,
        calls: Iterable[ModuleCall] = (),
        **more: Any,
    ) -> None:
        self._source: tuple[Graph, Tensor] | None = None
        self._checker: Checker | None = None
        self._names = notebook_names() if names is None else names
        if isinstance(what, Graph):
            graph = what
        else:
            graph = trace_folded(what, self._names, fold, depth=depth, calls=calls)
            tensor = what
        if tensor is not None:
            self._source = graph, tensor
        selected = more.pop("selected", graph.root)
        self.direction = direction
        super().__init__(graph=graph, **more)
        self.selected = selected

    @property
    def detail(self) -> dict[str, Any]:
        """What the panel says about the selected node; empty where none is selected."""
        return self.details.get(self.selected or "", {})

    def select(self, node: str | None) -> None:
        """Select a node by its name in the notebook or by its id; None selects no node. Blocks around it are opened.

        TraitError where there is no such node.
        """
        if node is not None and not any(node == each.id for each in self.graph.nodes):
            shown, whole = self.graph, self.graph.whole or self.graph
            found = (each.id for graph in (shown, whole) for each in graph.nodes if node in (each.name, *each.aliases))
            node = next(found, node)
        around = [block.id for block in self.graph.blocks if node in block.members and not block.opened]
        if around and node not in self.details:
            self.opened = [*self.opened, *around]
        self.selected = node

    def unfold(self, block: str) -> None:
        """Show what is in a folded block; KeyError for an unknown one."""
        self.blocks[block]
        self.opened = [*self.opened, block]

    def fold(self, block: str) -> None:
        """Fold an opened block again; KeyError for an unknown one."""
        self.blocks[block]
        self.opened = [each for each in self.opened if each != block]

    def why(self, node: str | None = None) -> str:
        """Why is the `.grad` of a node (by id; left out, the selected one) what it is? Shown in the panel too.

        Gives the reason in words. It needs the tensor itself: a leaf, a result with a name, or the root.
        """
        id = self.selected if node is None else node
        if id is None:
            return ""
        if id not in self.reasons:
            self.reasons = {**self.reasons, id: self._reason(id)}
        return " ".join(text for _, text in self.reasons[id])

    def _reason(self, id: str) -> list[list[str]]:
        node = self.graph.node(id)
        if self._source is None or self._source[0] is not self.graph:
            return [["why", "that needs the tensor, and this is a graph alone"]]
        tensor = self._tensor(id)
        if tensor is None:
            known = dict(self.graph.describe(id)).get(".grad", "it has no name, so there is no tensor to look at")
            return [["why", line(known)]]
        explained = why(tensor, self._names, name=node.label, of=self._source[1])
        return [["", line(explained.state)], *([term, line(text)] for term, text in explained.rows)]

    def _tensor(self, id: str) -> Any:
        """The tensor that a node stands for, where it is still to be had."""
        node = self.graph.node(id)
        if node.is_root and self._source is not None:
            return self._source[1]
        if node.name is not None and node.name in self._names:
            return self._names[node.name]
        if not self.checkable:
            return None
        try:
            place = self._its_checker().places.get(id)
        except ValueError:
            return None
        return place if node.kind in (LEAF, CONSTANT) and hasattr(place, "grad") else None

    def _its_checker(self) -> Checker:
        assert self._source is not None
        if self._checker is None:
            graph = self.graph.whole or self.graph
            self._checker = Checker(self._source[1], self._names, limit=len(graph.nodes) + 300)
        return self._checker

    def check(self, node: str | None = None) -> str:
        """Compare the gradient of a node (by id; left out, the selected one) with finite differences, and show it.

        Gives the sentence that the panel shows. It is computed when asked for, and only where the inspector was made
        from a tensor: a graph alone can't be computed again.
        """
        id = self.selected if node is None else node
        if id is None:
            return ""
        if id not in self.checks:
            self.checks = {**self.checks, id: self._checked(id)}
        return str(self.checks[id])

    def _checked(self, id: str) -> str:
        if self._source is None or self._source[0] is not self.graph:
            return "finite differences need the tensor, and this is a graph alone"
        try:
            return line(self._its_checker().check(id).sentence)
        except ValueError as error:
            return line(f"not compared: {error}")

    @traitlets.observe("asked")
    def _ask(self, change: Any) -> None:
        if change["new"] in self.details:
            self.check(change["new"])

    @traitlets.observe("wondered")
    def _wonder(self, change: Any) -> None:
        if change["new"] in self.details:
            self.why(change["new"])

    @traitlets.validate("opened")
    def _blocks(self, proposal: Any) -> list[str]:
        return [block for block in dict.fromkeys(proposal["value"]) if block in self.blocks]

    @traitlets.observe("opened")
    def _refold(self, change: Any) -> None:
        """Draw anew with other blocks open. What was selected stays so; else the block that it is in, or its result."""
        before, chosen = self.graph, self.selected
        if before.again is None or set(change["new"]) == {block.id for block in before.blocks if block.opened}:
            return
        graph = before.reopened(change["new"])
        if self._source is not None and self._source[0] is before:
            self._source = graph, self._source[1]
        with self.hold_sync():
            self.graph = graph
            self.selected = _still(chosen, before, graph)

    @traitlets.validate("selected")
    def _known(self, proposal: Any) -> str | None:
        node = proposal["value"]
        if node is not None and node not in self.details:
            known = ", ".join(f"{each.name} ({each.id})" if each.name else each.id for each in self.graph.nodes[:20])
            raise traitlets.TraitError(f"this graph has no node {node!r}; it has {known}")
        return node

    @traitlets.observe("graph")
    def _draw(self, change: Any) -> None:
        graph = self.graph
        with self.hold_sync():
            self.details = details(graph)
            self.svg = graph.to_svg("live", self.direction)
            self.text = graph.to_text()
            self.checks, self.asked, self.reasons, self.wondered = {}, "", {}, ""
            self.blocks = {block.id: line(block.label) for block in graph.blocks}
            self.opened = [block.id for block in graph.blocks if block.opened]
            self.unfoldable = len((graph.whole or graph).nodes) <= DRAWN
            self.askable = self._source is not None and self._source[0] is graph
            self.checkable = self.askable and all(each.kind != OMITTED for each in (graph.whole or graph).nodes)
            if self.selected not in self.details:
                self.selected = None

    def __repr__(self) -> str:
        return f"GraphInspector({self.graph!r}, selected={self.selected!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget; for a page without a kernel the picture, and for one without pictures the text."""
        found = super()._repr_mimebundle_(**kwargs)
        live, metadata = found if isinstance(found, tuple) else (found or {}, {})
        stored = {"image/svg+xml": self.graph.to_svg(direction=self.direction), "text/plain": self.text}
        return {**live, **stored}, metadata


def _still(node: str | None, before: Graph, now: Graph) -> str | None:
    """What is selected when other blocks are open: the same node, the block that it is in now, or a block's result."""
    if node is None or any(each.id == node for each in now.nodes):
        return node
    inside = before.node(node).inside or (node,)
    return next((each.id for each in reversed(now.nodes) if {each.id, *each.inside} & set(inside)), now.root)


def notebook_names() -> dict[str, Tensor]:
    """The tensors among the variables of the notebook that runs this, if one does."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return names_in(shell.user_ns) if shell else {}
