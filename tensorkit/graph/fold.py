"""A large graph made small: parts of it folded into one node each, by module, by repetition or by depth.

Here: `fold`. It asks for parts that belong together (`modules.py`, `repeats.py`, or all that is far from the root),
orders them into blocks within blocks, and makes the graph in which each folded block is one node. Nodes keep their
ids, so what is selected stays what it was. Not here: how a block looks (`svg.py`) and what is said of it
(`describe.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import reduce
from heapq import heapify, heappop, heappush

import numpy as np

from .describe import clean, count_words
from .model import BLOCK, OMITTED, RESULT, Block, Edge, Graph, GraphNode, Snapshot
from .modules import ModuleCall, parameter_name, recorded, told_by_parameters
from .repeats import Repeat, repeats
from .snapshots import snapshot

WAYS = ("module", "repeat", "depth", "auto")
_WORDS = {"module": "module", "repeat": "repetition", "depth": "depth"}
SMALL = 60  # nodes: "auto" leaves a smaller graph as it is
WORTHWHILE = 0.25  # of the nodes: "auto" folds by what hides at least as many
LARGE = 300  # nodes: "auto" folds a larger graph in any case
END = 10  # operations at each end of a long repetition that opening it shows
LEVELS = 5  # operations from the root that "depth" shows, if not told


@dataclass(eq=False, slots=True)
class _Part:
    """Nodes that belong together; `takes` says of a source that nothing else uses whether it belongs to them."""

    label: str
    members: set[str]
    takes: Callable[[GraphNode], bool]
    parent: _Part | None = None
    id: str = ""
    opened: bool = False
    level: int = field(default=0)


def fold(
    graph: Graph,
    by: str | None = "auto",
    *,
    depth: int | None = None,
    opened: Iterable[str] | None = None,
    calls: Iterable[ModuleCall] = (),
) -> Graph:
    """The graph with parts of it folded into one node each.

    graph   any graph; of a folded one its `whole` is folded anew
    by      "module": what a module computed. Given the `calls` that `module_calls` noted that is exact; else it is told
            from the parameters, which must be known by dotted names (`names_in` gives them). "repeat": the rounds of an
            unrolled loop. "depth": what is far from the root. "auto": the first of these that makes a graph of more
            than 60 nodes smaller by a quarter. None: nothing
    depth   for "module": how many levels of modules inside modules to show; for "depth": how many operations from the
            root, 5 if not told
    opened  the ids of the blocks that are not folded (`graph.blocks` has them); left out, one that stands alone is

    ValueError for another `by` or a depth below 1. A block's value and gradient are those of its one result.

    >>> import tensorkit as torch
    >>> from tensorkit.graph import trace
    >>> x = y = torch.tensor(1.0, requires_grad=True)
    >>> for _ in range(20):
    ...     y = (y * x).tanh()
    >>> folded = fold(trace(y, {"x": x, "y": y}), "repeat")
    >>> [node.label for node in folded.nodes]
    ['x', 'y']
    >>> folded.nodes[1].expression, len(folded.nodes[1].inside)
    ('20 × (mul, tanh)', 40)
    """
    whole = graph.whole or graph
    if by is not None and by not in WAYS:
        raise ValueError(f"by must be one of {', '.join(WAYS)} or None, but got {by!r}")
    if depth is not None and depth < 1:
        raise ValueError(f"depth must be at least 1, but got {depth}")
    calls = tuple(calls)
    way, parts = _auto(whole, calls, depth) if by == "auto" else (by, _parts(whole, by, calls, depth))
    if way is None:
        return whole
    if opened is None:
        _open_first(parts, depth if way == "module" else None)
    else:
        wanted = set(opened)
        for part in parts:
            part.opened = part.id in wanted
    view = _without_circles(whole, way, parts, bool(calls))
    return replace(view, again=lambda ids: fold(whole, way, depth=depth, opened=ids, calls=calls))


def _auto(graph: Graph, calls: tuple[ModuleCall, ...], depth: int | None) -> tuple[str | None, list[_Part]]:
    """The first way that is worth while, and its parts."""
    if len(graph.nodes) <= SMALL:
        return None, []
    for way in ("module", "repeat"):
        parts = _parts(graph, way, calls, depth)
        hidden = sum(len(part.members) - 1 for part in parts if part.parent is None)
        if hidden >= WORTHWHILE * len(graph.nodes):
            return way, parts
    return ("depth", _parts(graph, "depth", calls, depth)) if len(graph.nodes) > LARGE else (None, [])


def _parts(graph: Graph, way: str | None, calls: tuple[ModuleCall, ...], depth: int | None) -> list[_Part]:
    if way == "module":
        found = recorded(graph, calls) if calls else told_by_parameters(graph)
        parts = [_Part(each.label, set(each.members), _parameters_of(each.label)) for each in found]
    elif way == "repeat":
        parts = [part for each in repeats(graph) for part in _rounds(each)]
    elif way == "depth":
        parts = _far(graph, depth or LEVELS)
    else:
        parts = []
    return _nested(graph, [part for part in parts if _connected(graph, part.members) or way != "module"])


def _parameters_of(label: str) -> Callable[[GraphNode], bool]:
    """A module takes in its own parameters and what has no name; what the notebook knows by a name stays in sight."""
    root = label.split(",")[0].split(" ")[0].split(".")[0]

    def takes(node: GraphNode) -> bool:
        name = parameter_name(node)
        return node.name is None or (name is not None and name.split(".")[0] == root)

    return takes


def _one_of(ids: frozenset[str]) -> Callable[[GraphNode], bool]:
    return lambda node: node.id in ids


def _rounds(found: Repeat) -> list[_Part]:
    """A repetition; in a long one the middle, so that what opens first are some rounds at its beginning and end."""
    parts = []
    ends = max(1, END // len(found.rounds[0]))
    while len(found.rounds) > 1:
        parts.append(_Part(found.label, set(found.members), _one_of(found.sources)))
        if len(found.members) <= SMALL:
            break
        found = found.middle(ends)
    return parts


def _far(graph: Graph, depth: int) -> list[_Part]:
    """What is more than `depth` operations from the root by the longest way; in it what is twice as far, and so on."""
    far = {node.id: 0 for node in graph.nodes}
    for node in reversed(graph.nodes):
        for edge in graph.operands(node.id):
            far[edge.source] = max(far[edge.source], far[node.id] + 1)
    results = [node.id for node in graph.nodes if node.kind == RESULT]
    parts = []
    for level in range(depth, max(far.values(), default=0), depth):
        members = {id for id in results if far[id] >= level}
        if members:
            label = f"{count_words(len(members), 'more operation', 'more operations')}"
            parts.append(_Part(label, members, lambda node: True))
    return parts


def _connected(graph: Graph, members: set[str]) -> bool:
    """Do the edges between the members, and what they share, hold them together?"""
    if not members:
        return False
    waiting, seen = [next(iter(members))], set()
    while waiting:
        id = waiting.pop()
        if id in seen:
            continue
        seen.add(id)
        near = [edge.source for edge in graph.operands(id)] + [edge.target for edge in graph.uses(id)]
        waiting += [other for other in near if other in members and other not in seen]
    return len(seen) == len(members)


def _nested(graph: Graph, parts: list[_Part]) -> list[_Part]:
    """Parts within parts, sources taken in; what overlaps a larger part without lying in it is no part."""
    place = {node.id: number for number, node in enumerate(graph.nodes)}
    innermost: dict[str, _Part | None] = {node.id: None for node in graph.nodes}
    kept: list[_Part] = []
    for part in sorted(parts, key=lambda part: (-len(part.members), min(map(place.__getitem__, part.members)))):
        around = {innermost[member] for member in part.members}
        parent = around.pop()
        if around or (parent is not None and len(parent.members) == len(part.members)):
            continue
        part.parent, part.level = parent, 0 if parent is None else parent.level + 1
        kept.append(part)
        innermost.update(dict.fromkeys(part.members, part))
    for node in graph.nodes:
        if node.kind in (RESULT, OMITTED) or node.is_root:
            continue
        users = [innermost[edge.target] for edge in graph.uses(node.id)]
        home = reduce(_around_both, users) if users else None
        for part in _chain(home) if home is not None and home.takes(node) else ():
            part.members.add(node.id)
    kept = [part for part in kept if len(part.members) > 1]
    for part in kept:
        while part.parent is not None and part.parent not in kept:
            part.parent = part.parent.parent
    kept.sort(key=lambda part: (min(map(place.__getitem__, part.members)), -len(part.members)))
    for number, part in enumerate(kept):
        part.id = f"b{number}"
    return kept


def _chain(part: _Part | None) -> list[_Part]:
    """A part and those around it, the innermost first."""
    chain = []
    while part is not None:
        chain.append(part)
        part = part.parent
    return chain


def _around_both(one: _Part | None, other: _Part | None) -> _Part | None:
    """The innermost part that both lie in."""
    while one is not other:
        if one is None or other is None:
            return None
        if one.level >= other.level:
            one = one.parent
        else:
            other = other.parent
    return one


def _open_first(parts: list[_Part], depth: int | None) -> None:
    """Open the modules around the level that was asked for; else one that stands alone and has others in it."""
    if depth is not None:
        for part in parts:
            part.opened = part.level < depth - 1
        return
    top = [part for part in parts if part.parent is None]
    while len(top) == 1 and (inner := [part for part in parts if part.parent is top[0]]) and len(inner) > 1:
        top[0].opened = True
        top = inner


def _without_circles(graph: Graph, way: str, parts: list[_Part], exact: bool) -> Graph:
    """The view; blocks that would have to stand before and behind each other at once are given up."""
    while True:
        view, stuck = _View(graph, way, parts).build(exact)
        if view is not None:
            return view
        given_up = max((part for part in parts if part.id in stuck), key=lambda part: (len(part.members), part.id))
        parts = [part for part in parts if part is not given_up]
        for part in parts:
            if part.parent is given_up:
                part.parent = given_up.parent


class _View:
    """The graph in which each folded part is one node."""

    def __init__(self, graph: Graph, way: str, parts: list[_Part]) -> None:
        self.graph, self.way, self.parts = graph, way, parts
        self.place = {node.id: number for number, node in enumerate(graph.nodes)}
        self.shown = {node.id: node.id for node in graph.nodes}
        self.folded: dict[str, _Part] = {}
        for part in sorted(parts, key=lambda part: -len(part.members)):
            if not part.opened and all(around.opened for around in _chain(part.parent)):
                self.folded[part.id] = part
                self.shown.update(dict.fromkeys(part.members, part.id))

    def build(self, exact: bool) -> tuple[Graph | None, set[str]]:
        """The folded graph; or None, and the ids of the parts that stand in a circle or behind one."""
        into: dict[str, list[Edge]] = {shown: [] for shown in self.shown.values()}
        for edge in self.graph.edges:
            if self.shown[edge.source] != self.shown[edge.target]:
                into[self.shown[edge.target]].append(edge)
        order = self._order(into)
        if len(order) < len(into):
            return None, set(into) - set(order)
        nodes = [self._block(self.folded[id]) if id in self.folded else self.graph.node(id) for id in order]
        edges = [edge for id in order for edge in (self._edges(id, into[id]))]
        blocks = tuple(self._record(part) for part in self.parts)
        root = self.shown[self.graph.root]
        notes = (*self._notes(exact), *self.graph.notes)
        return Graph(tuple(nodes), tuple(edges), root, self.graph.omitted, notes, blocks, self.graph), set()

    def _order(self, into: dict[str, list[Edge]]) -> list[str]:
        """Operands before results, in the order of the whole graph where there is a choice."""
        key = {id: self.place.get(id, -1) for id in into}
        key |= {id: max(map(self.place.__getitem__, part.members)) for id, part in self.folded.items()}
        missing = {id: {self.shown[edge.source] for edge in edges} for id, edges in into.items()}
        users: dict[str, list[str]] = {id: [] for id in into}
        for id, sources in missing.items():
            for source in sources:
                users[source].append(id)
        ready = [(key[id], id) for id, sources in missing.items() if not sources]
        heapify(ready)
        order = []
        while ready:
            _, id = heappop(ready)
            order.append(id)
            for user in users[id]:
                missing[user].discard(id)
                if not missing[user]:
                    heappush(ready, (key[user], user))
        return order

    def _edges(self, id: str, edges: list[Edge]) -> list[Edge]:
        if id not in self.folded:
            return [replace(edge, source=self.shown[edge.source]) for edge in edges]
        by_source: dict[str, list[Edge]] = {}
        for edge in edges:
            by_source.setdefault(self.shown[edge.source], []).append(edge)
        count = sum(self.graph.node(member).kind == RESULT for member in self.folded[id].members)
        return [_merged(source, id, slot, uses, count) for slot, (source, uses) in enumerate(by_source.items())]

    def _block(self, part: _Part) -> GraphNode:
        """The node that stands for a folded part; it has the value and the gradient of the part's one result."""
        members = sorted(part.members, key=self.place.__getitem__)
        ends = [
            self.graph.node(id)
            for id in members
            if id == self.graph.root or any(edge.target not in part.members for edge in self.graph.uses(id))
        ]
        end = ends[0] if len(ends) == 1 else None
        label = clean(part.label)
        if end is None:
            notes = [f"{len(ends)} results leave it: open it to see their values."]
            return GraphNode(
                part.id, BLOCK, label, dtype="", notes=tuple(notes), inside=tuple(members),
                is_root=any(each.is_root for each in ends),
            )  # fmt: skip
        return replace(
            end, id=part.id, kind=BLOCK, label=end.name or label, expression=label, op=None, symbol=None, numbers=None,
            grad_fn=None, arguments="", inside=tuple(members),
        )  # fmt: skip

    def _record(self, part: _Part) -> Block:
        members = tuple(sorted(part.members, key=self.place.__getitem__))
        parent = part.parent.id if part.parent else None
        return Block(part.id, clean(part.label), self.way, members, parent, part.opened)

    def _notes(self, exact: bool) -> list[str]:
        if not self.parts:
            return [f"Nothing to fold by {_WORDS[self.way]}."]
        inside = [self.graph.node(id) for part in self.folded.values() for id in part.members]
        operations = sum(node.kind == RESULT for node in inside)
        if not self.folded:
            return [f"Folded by {_WORDS[self.way]}: every block is open."]
        blocks = count_words(len(self.folded), "block stands", "blocks stand")
        said = f"Folded by {_WORDS[self.way]}: {blocks} for {count_words(operations, 'operation', 'operations')}"
        rest = len(inside) - operations
        said += f" and {count_words(rest, 'leaf or constant', 'leaves and constants')}." if rest else "."
        guessed = self.way == "module" and not exact
        return [said, "Which module computed what is told from its parameters."] if guessed else [said]


def _merged(source: str, target: str, slot: int, uses: list[Edge], operations: int) -> Edge:
    """All uses of one source by a block as one edge."""
    flows = any(edge.rule is not None or edge.contribution is not None for edge in uses)
    through = f"g through {count_words(operations, 'operation', 'operations')}" if flows else None
    return Edge(source, target, slot, str(slot + 1), rule=through, formula=through, contribution=_sum(uses))


def _sum(uses: list[Edge]) -> Snapshot | None:
    """What all the uses of one tensor send back together, where that is known."""
    parts = [edge.contribution for edge in uses]
    if len(parts) == 1:
        return parts[0]
    arrays = [part.array for part in parts if part is not None and part.array is not None]
    if len({edge.source for edge in uses}) > 1 or len(arrays) < len(parts):
        return None
    return snapshot(np.sum(np.stack(arrays), axis=0, dtype=arrays[0].dtype))
