"""A folded graph: the same history with one node in place of each folded part.

Here: `Part`, nodes that belong together, and `View`, which makes the graph. Not here: which nodes belong together
(`fold.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

import numpy as np

from .describe import clean, count_words
from .model import BLOCK, RESULT, Block, Edge, Graph, GraphNode, Snapshot
from .snapshots import snapshot

_WORDS = {"module": "module", "repeat": "repetition", "depth": "depth"}


@dataclass(eq=False, slots=True)
class Part:
    """Nodes that belong together; `takes` says of a source that nothing else uses whether it belongs to them."""

    label: str
    members: set[str]
    takes: Callable[[GraphNode], bool]
    parent: Part | None = None
    id: str = ""
    opened: bool = False
    level: int = 0


def chain(part: Part | None) -> list[Part]:
    """A part and those around it, the innermost first."""
    found = []
    while part is not None:
        found.append(part)
        part = part.parent
    return found


class View:
    """The graph in which each folded part is one node."""

    def __init__(self, graph: Graph, way: str, parts: list[Part]) -> None:
        self.graph, self.way, self.parts = graph, way, parts
        self.place = {node.id: number for number, node in enumerate(graph.nodes)}
        self.shown = {node.id: node.id for node in graph.nodes}
        self.folded: dict[str, Part] = {}
        for part in sorted(parts, key=lambda part: -len(part.members)):
            if not part.opened and all(around.opened for around in chain(part.parent)):
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

    def _block(self, part: Part) -> GraphNode:
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

    def _record(self, part: Part) -> Block:
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
    flows = any(edge.flows for edge in uses)
    through = f"g through {count_words(operations, 'operation', 'operations')}" if flows else None
    return Edge(
        source, target, slot, str(slot + 1), rule=through, formula=through, contribution=_sum(uses), flows=flows
    )


def _sum(uses: list[Edge]) -> Snapshot | None:
    """What all the uses of one tensor send back together, where that is known."""
    parts = [edge.contribution for edge in uses]
    if len(parts) == 1:
        return parts[0]
    arrays = [part.array for part in parts if part is not None and part.array is not None]
    if len({edge.source for edge in uses}) > 1 or len(arrays) < len(parts):
        return None
    return snapshot(np.sum(np.stack(arrays), axis=0, dtype=arrays[0].dtype))
