"""A tensor's history as plain data: `Graph`, `GraphNode`, `Edge`, `Snapshot`.

Here: what a picture, a text, a widget or a test needs to know, as frozen records of strings, tuples and small arrays.
Nothing in it refers to a live tensor, so a graph stays what it was when the tensors move on.
Not here: how the records are made (`trace.py`), placed (`layout.py`), folded (`fold.py`) and drawn
(`svg.py`, `text.py`, `dot.py`).

One `GraphNode` is one tensor (or one Python number) together with the operation that made it; one `Edge` is one use of
a tensor as an operand, together with the derivative rule of that operand and the gradient that it sends back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .modules import ModuleCall

LEAF = "leaf"  # a tensor made by the user that requires gradients
CONSTANT = "constant"  # a tensor or a Python number through which no gradient flows
RESULT = "result"  # a tensor that an operation computed
OMITTED = "omitted"  # stands for everything that a bounded graph leaves out
BLOCK = "block"  # stands for several nodes that were folded into one

KIND_WORDS = {
    LEAF: "leaf: its gradient is collected in .grad",
    CONSTANT: "constant: no gradient flows into it",
    RESULT: "result of an operation",
    OMITTED: "left out of this picture",
    BLOCK: "block: several operations, folded into one",
}


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What an array held when it was looked at.

    `array` is a copy, kept for at most `snapshots.KEEP` elements; `thumbnail` is a float64 array of at most 16 x 16
    block means, for a heat map. `low`, `high` and `mean` see the finite elements only and are None where there is
    none.

    >>> import tensorkit as torch
    >>> from tensorkit.graph import trace
    >>> trace(torch.tensor([1.0, 3.0]) * 2).nodes[-1].value.mean
    4.0
    """

    shape: tuple[int, ...]
    dtype: str
    array: np.ndarray | None
    low: float | None
    high: float | None
    mean: float | None
    nans: int = 0
    infs: int = 0
    thumbnail: np.ndarray | None = None

    @property
    def size(self) -> int:
        """The number of elements."""
        size = 1
        for length in self.shape:
            size *= length
        return size

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Snapshot):
            return NotImplemented
        ours, theirs = self.array, other.array
        if (ours is None) != (theirs is None):
            return False
        if (
            ours is not None
            and theirs is not None
            and not np.array_equal(ours, theirs, equal_nan=ours.dtype.kind in "fc")
        ):
            return False
        fields = ("shape", "dtype", "low", "high", "mean", "nans", "infs")
        return all(getattr(self, name) == getattr(other, name) for name in fields)

    __hash__ = None  # type: ignore[assignment]  # it holds arrays


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One tensor of the history, or one Python number in it.

    `id` is `n0`, `n1`, …: operands come before results. `label` is what to call it: its name in the notebook, or for an
    anonymous result its expression, or for a number the number. `gradient` is d root / d node by a walk of its own;
    `stored_grad` is the `.grad` that the tensor really holds.

    >>> import tensorkit as torch
    >>> from tensorkit.graph import trace
    >>> x = torch.tensor(4.0, requires_grad=True)
    >>> node = trace(x + 2, {"x": x}).nodes[-1]
    >>> node.id, node.label
    ('n2', 'x + 2')
    """

    id: str
    kind: str
    label: str
    name: str | None = None
    aliases: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    dtype: str = "float32"
    requires_grad: bool = False
    is_root: bool = False
    value: Snapshot | None = None
    gradient: Snapshot | None = None
    stored_grad: Snapshot | None = None
    # The operation, for a result: 'mul', '*', 'MulBackward0', 'dim=1', 'x * y', '4 * 5'.
    op: str | None = None
    symbol: str | None = None
    grad_fn: str | None = None
    arguments: str = ""
    expression: str | None = None
    numbers: str | None = None
    version: int = 0
    time: int | None = None
    group: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    # For a block: the ids of the nodes that it stands for, as they are in the whole graph.
    inside: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """True for a Python number, which is no tensor."""
        return self.kind == CONSTANT and self.dtype in ("int", "float", "bool", "complex")


@dataclass(frozen=True, slots=True)
class Edge:
    """One use of a tensor: `source` is operand number `slot` of the operation that made `target`.

    `rule` is the backward rule as the library states it (`g * y`, where g is the gradient that arrives), `formula` the
    same in the notebook's names (`g * z`), `rule_numbers` with numbers put in (`1 * 5`); `derivative` is the local
    derivative where the rule is a multiple of g (`z`), `derivative_value` its number between scalars.
    `contribution` is the gradient this use sends back, and `summed` are the axes of the target over which it was summed
    because the operand had been broadcast. `flows` says whether a backward pass goes through here at all, also where no
    rule can be written and no number is known.

    >>> import tensorkit as torch
    >>> from tensorkit.graph import trace
    >>> x, z = torch.tensor(4.0, requires_grad=True), torch.tensor(5.0)
    >>> trace(x * z, {"x": x, "z": z}).edges[0].formula
    'g * z'
    """

    source: str
    target: str
    slot: int = 0
    operand: str = "x"
    rule: str | None = None
    formula: str | None = None
    rule_numbers: str | None = None
    derivative: str | None = None
    derivative_value: float | None = None
    contribution: Snapshot | None = None
    summed: tuple[int, ...] = ()
    flows: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Nodes of a graph that can be folded into one.

    `label` says what they are (`net.0`, `50 × (mul, add)`), `way` by what they were found ("module", "repeat",
    "depth"), `members` are ids of the whole graph, `parent` is the block around this one; `opened` where it isn't
    folded now.

    >>> import tensorkit as torch
    >>> from tensorkit.graph import trace
    >>> x = torch.tensor(1.0, requires_grad=True)
    >>> y = x
    >>> for _ in range(50):
    ...     y = y * 0.9 + 1
    >>> trace(y, {"x": x}).folded().blocks[0].label
    '50 × (mul, add)'
    """

    id: str
    label: str
    way: str
    members: tuple[str, ...]
    parent: str | None = None
    opened: bool = False


@dataclass(frozen=True)
class Graph:
    """The history of one tensor, the root.

    `nodes` are in an order in which operands come before results; `edges` in the order of their targets and operands.
    `omitted` counts the operations left out, `notes` are sentences that belong under every drawing. A folded graph has
    `blocks`, the folded and the opened ones, the `whole` that it was folded from, and folds `again` for `reopened`.

    >>> import tensorkit as torch
    >>> from tensorkit.graph import trace
    >>> x = torch.tensor(4.0, requires_grad=True)
    >>> trace(x + 2, {"x": x}).nodes[-1].label
    'x + 2'
    """

    nodes: tuple[GraphNode, ...]
    edges: tuple[Edge, ...]
    root: str
    omitted: int = 0
    notes: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    whole: Graph | None = field(default=None, repr=False, compare=False)
    again: Callable[[Iterable[str]], Graph] | None = field(default=None, repr=False, compare=False)
    _by_id: dict[str, GraphNode] = field(init=False, repr=False, compare=False)
    _into: dict[str, tuple[Edge, ...]] = field(init=False, repr=False, compare=False)
    _out_of: dict[str, tuple[Edge, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        into: dict[str, list[Edge]] = {node.id: [] for node in self.nodes}
        out_of: dict[str, list[Edge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            into[edge.target].append(edge)
            out_of[edge.source].append(edge)
        object.__setattr__(self, "_by_id", {node.id: node for node in self.nodes})
        object.__setattr__(self, "_into", {key: tuple(edges) for key, edges in into.items()})
        object.__setattr__(self, "_out_of", {key: tuple(edges) for key, edges in out_of.items()})

    def node(self, id: str) -> GraphNode:
        """The node with this id; KeyError if there is none."""
        return self._by_id[id]

    def operands(self, id: str) -> tuple[Edge, ...]:
        """The edges that arrive at a node: one per operand of its operation, in the operation's order."""
        return self._into[id]

    def uses(self, id: str) -> tuple[Edge, ...]:
        """The edges that leave a node: one per use of it as an operand."""
        return self._out_of[id]

    @property
    def leaves(self) -> tuple[GraphNode, ...]:
        """The nodes that collect gradients."""
        return tuple(node for node in self.nodes if node.kind == LEAF)

    def folded(
        self,
        by: str | None = "auto",
        *,
        depth: int | None = None,
        opened: Iterable[str] | None = None,
        calls: Iterable[ModuleCall] = (),
    ) -> Graph:
        """The same graph with parts of it folded into one node each; see `tensorkit.graph.fold`.

        `by`: "module", "repeat", "depth", "auto" (what suits a graph of more than 60 nodes) or None, which unfolds.
        """
        from .fold import fold

        return fold(self, by, depth=depth, opened=opened, calls=calls)

    def reopened(self, opened: Iterable[str]) -> Graph:
        """A folded graph with these blocks open and all others folded; ValueError for one that was not folded."""
        if self.again is None:
            raise ValueError("this graph is not folded")
        return self.again(opened)

    def describe(self, id: str) -> tuple[tuple[str, str], ...]:
        """Everything known about one node as (term, text) pairs: the rows of a panel."""
        from .describe import describe

        return describe(self, id)

    def to_text(self) -> str:
        """The drawing as text: the same nodes, values, gradients, rules and notes as the SVG."""
        from .text import to_text

        return to_text(self)

    def to_svg(self, theme: str = "auto", direction: str = "auto") -> str:
        """The drawing as an SVG document, the same bytes every time.

        `theme`: "auto" (dark ink on white, and light on dark on a page that asks for dark: for stored pictures), one of
        the two always ("static", "dark"), or "live" (follows the notebook's theme by CSS variables). `direction`:
        "right", "down" or "auto" (right while that fits a notebook's width).
        ValueError for anything else.
        """
        from .svg import to_svg

        return to_svg(self, theme=theme, direction=direction)

    def to_dot(self, direction: str = "auto") -> Any:
        """The drawing as a `graphviz.Digraph`: `.source` is DOT text, `.render('f.pdf')` needs the program `dot`.

        ImportError says what to install where the package `graphviz` is missing.
        """
        from .dot import to_dot

        return to_dot(self, direction=direction)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"Graph({len(self.nodes)} nodes, {len(self.edges)} edges, root={self._by_id[self.root].label!r})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.to_svg(), "text/plain": self.to_text()}
