"""A large graph made small: parts of it folded into one node each, by module, by repetition or by depth.

Here: `fold`, and `trace_folded`, which begins with a tensor. It asks for parts that belong together (`modules.py`,
`repeats.py`, or all that is far from the root), orders them into parts within parts, and has a graph made in which each
folded part is one node (`fold_view.py`). Nodes keep their ids, so what is selected stays what it was. Not here: how a
block looks (`svg.py`) and what is said of it (`describe.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import reduce

from ..tensor import Tensor
from .describe import count_words
from .fold_view import Part, View, chain
from .model import OMITTED, RESULT, Graph, GraphNode
from .modules import ModuleCall, parameter_name, recorded, told_by_parameters
from .repeats import Repeat, repeats
from .trace import trace

WAYS = ("module", "repeat", "depth", "auto")
SMALL = 60  # nodes: "auto" leaves a smaller graph as it is
WORTHWHILE = 0.25  # of the nodes: "auto" folds by what hides at least as many
LARGE = 300  # nodes: "auto" folds a larger graph in any case
END = 10  # operations at each end of a long repetition that opening it shows
LEVELS = 5  # operations from the root that "depth" shows, if not told
DRAWN = 200  # nodes: as many are drawn at most, which keeps what a page gets under 1 MB
LOOKED_AT = 1000  # nodes of a larger history that are looked at, where folding makes few of them


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


def trace_folded(
    tensor: Tensor,
    names: Mapping[str, Tensor] | None = None,
    by: str | None = "auto",
    *,
    depth: int | None = None,
    calls: Iterable[ModuleCall] = (),
    limit: int = DRAWN,
) -> Graph:
    """The history of a tensor, folded; of one with more than `limit` nodes more is looked at, if few are left of it.

    The arguments are those of `trace` and `fold`.

    >>> import tensorkit as torch
    >>> x = y = torch.tensor(1.0, requires_grad=True)
    >>> for _ in range(400):
    ...     y = (y * x).tanh()
    >>> trace_folded(y, {"x": x, "y": y}).node("b0").expression
    '400 × (mul, tanh)'
    """
    calls = tuple(calls)
    if by is not None and limit < LOOKED_AT:
        graph = trace(tensor, names, LOOKED_AT)
        folded = fold(graph, by, depth=depth, calls=calls)
        if len(graph.nodes) <= limit or len(folded.nodes) <= limit:
            return folded
    return fold(trace(tensor, names, limit), by, depth=depth, calls=calls)


def _auto(graph: Graph, calls: tuple[ModuleCall, ...], depth: int | None) -> tuple[str | None, list[Part]]:
    """The first way that is worth while, and its parts."""
    if len(graph.nodes) <= SMALL:
        return None, []
    for way in ("module", "repeat"):
        parts = _parts(graph, way, calls, depth)
        hidden = sum(len(part.members) - 1 for part in parts if part.parent is None)
        if hidden >= WORTHWHILE * len(graph.nodes):
            return way, parts
    return ("depth", _parts(graph, "depth", calls, depth)) if len(graph.nodes) > LARGE else (None, [])


def _parts(graph: Graph, way: str | None, calls: tuple[ModuleCall, ...], depth: int | None) -> list[Part]:
    if way == "module":
        found = recorded(graph, calls) if calls else told_by_parameters(graph)
        parts = [Part(each.label, set(each.members), _parameters_of(each.label)) for each in found]
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


def _rounds(found: Repeat) -> list[Part]:
    """A repetition; in a long one the middle, so that what opens first are some rounds at its beginning and end."""
    parts = []
    ends = max(1, END // len(found.rounds[0]))
    while len(found.rounds) > 1:
        parts.append(Part(found.label, set(found.members), _one_of(found.sources)))
        if len(found.members) <= SMALL:
            break
        found = found.middle(ends)
    return parts


def _far(graph: Graph, depth: int) -> list[Part]:
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
            parts.append(Part(label, members, lambda node: True))
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


def _nested(graph: Graph, parts: list[Part]) -> list[Part]:
    """Parts within parts, sources taken in; what overlaps a larger part without lying in it is no part."""
    place = {node.id: number for number, node in enumerate(graph.nodes)}
    innermost: dict[str, Part | None] = {node.id: None for node in graph.nodes}
    kept: list[Part] = []
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
        for part in chain(home) if home is not None and home.takes(node) else ():
            part.members.add(node.id)
    kept = [part for part in kept if len(part.members) > 1]
    for part in kept:
        while part.parent is not None and part.parent not in kept:
            part.parent = part.parent.parent
    kept.sort(key=lambda part: (min(map(place.__getitem__, part.members)), -len(part.members)))
    for number, part in enumerate(kept):
        part.id = f"b{number}"
    return kept


def _around_both(one: Part | None, other: Part | None) -> Part | None:
    """The innermost part that both lie in."""
    while one is not other:
        if one is None or other is None:
            return None
        if one.level >= other.level:
            one = one.parent
        else:
            other = other.parent
    return one


def _open_first(parts: list[Part], depth: int | None) -> None:
    """Open the modules around the level that was asked for; else one that stands alone and has others in it."""
    if depth is not None:
        for part in parts:
            part.opened = part.level < depth - 1
        return
    top = [part for part in parts if part.parent is None]
    while len(top) == 1 and (inner := [part for part in parts if part.parent is top[0]]) and len(inner) > 1:
        top[0].opened = True
        top = inner


def _without_circles(graph: Graph, way: str, parts: list[Part], exact: bool) -> Graph:
    """The view; blocks that would have to stand before and behind each other at once are given up."""
    while True:
        view, stuck = View(graph, way, parts).build(exact)
        if view is not None:
            return view
        given_up = max((part for part in parts if part.id in stuck), key=lambda part: (len(part.members), part.id))
        parts = [part for part in parts if part is not given_up]
        for part in parts:
            if part.parent is given_up:
                part.parent = given_up.parent
