"""Parts of a graph that repeat: the rounds of an unrolled loop, found in the order in which they were computed.

Here: `repeats`. Two operations are alike when they have the same name, shape, dtype and arguments, and when each of
their operands was computed equally long before, or is one and the same, or is a source of the same kind. A part
repeats when what stands behind it is alike, operation by operation. Not here: what is made of it (`fold.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .describe import clean
from .model import OMITTED, RESULT, Graph, GraphNode

LONGEST_ROUND = 256  # operations
ENOUGH = 0.9  # of all operations: a repetition that covers as much is not improved on
SHORT_ROUND = 5  # operations: a shorter round is worth a block when it comes three times
NAMED = 4  # operations of a round that a label names one by one


@dataclass(frozen=True, slots=True)
class Repeat:
    """Rounds of the same operations: what a round is, their ids by round, and the sources that one round has alone."""

    said: str
    rounds: tuple[tuple[str, ...], ...]
    sources: frozenset[str]

    @property
    def label(self) -> str:
        """`20 × (mul, tanh)`."""
        return f"{len(self.rounds)} × ({self.said})"

    @property
    def members(self) -> frozenset[str]:
        """The operations of all rounds."""
        return frozenset(id for ids in self.rounds for id in ids)

    def middle(self, ends: int) -> Repeat:
        """The same without some rounds at each end."""
        return Repeat(self.said, self.rounds[ends : len(self.rounds) - ends], self.sources)


def repeats(graph: Graph) -> list[Repeat]:
    """The repetitions that cover most of the graph, in its order; none overlaps another.

    >>> import tensorkit as torch
    >>> from tensorkit.graph import trace
    >>> x = y = torch.tensor(1.0, requires_grad=True)
    >>> for _ in range(20):
    ...     y = (y * x).tanh()
    >>> [found.label for found in repeats(trace(y))]
    ['20 × (mul, tanh)']
    """
    finder = _Finder(graph)
    taken = np.zeros(len(finder.results), dtype=bool)
    chosen = []
    for start, period, count in sorted(finder.candidates(), key=lambda found: (-found[1] * found[2], found[1], found)):
        span = slice(start, start + period * count)
        if not taken[span].any():
            taken[span] = True
            chosen.append((start, period, count))
    return [finder.record(*each) for each in sorted(chosen)]


class _Finder:
    """The operations of a graph as numbers that can be compared."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.results = [node for node in graph.nodes if node.kind == RESULT]
        self.place = {node.id: number for number, node in enumerate(self.results)}
        kinds: dict[tuple, int] = {}
        self.kinds = np.array([kinds.setdefault(self._kind(node), len(kinds)) for node in self.results], dtype=np.int64)
        self.operands = [[edge.source for edge in graph.operands(node.id)] for node in self.results]

    def _kind(self, node: GraphNode) -> tuple:
        return node.op, node.shape, node.dtype, node.arguments, len(self.graph.operands(node.id))

    def candidates(self) -> list[tuple[int, int, int]]:
        """(first operation, operations in a round, rounds) of everything that repeats often enough."""
        found = []
        total = len(self.results)
        for period in range(1, min(total // 2, LONGEST_ROUND) + 1):
            for first, last in _runs(self.kinds[:-period] == self.kinds[period:]):
                if last - first < period:
                    continue
                for start, end in self._alike(first, last, period):
                    count = (end - start) // period + 1
                    if count >= (2 if period >= SHORT_ROUND else 3):
                        found.append((start, period, count))
                        if count * period >= ENOUGH * total:
                            return found
        return found

    def _alike(self, first: int, last: int, period: int) -> list[tuple[int, int]]:
        """The stretches of [first, last) in which each operation is like the one a period later."""
        alike = np.array([self._same(i, i + period) for i in range(first, last)])
        stretches = []
        for start, end in _runs(alike):
            start, end = start + first, end + first
            while start > first and end - start >= 1 and self._enters(start - 1, period):
                start -= 1  # the first round takes from outside what later ones take from the round before
            stretches.append((start, end))
        return stretches

    def _same(self, i: int, j: int) -> bool:
        return all(self._same_operand(a, b, j - i) for a, b in zip(self.operands[i], self.operands[j], strict=True))

    def _same_operand(self, a: str, b: str, period: int) -> bool:
        if a == b:
            return True
        place, other = self.place.get(a), self.place.get(b)
        if place is not None and other is not None:
            return other - place == period
        return place is other and self._source(a) == self._source(b)

    def _enters(self, i: int, period: int) -> bool:
        for a, b in zip(self.operands[i], self.operands[i + period], strict=True):
            other = self.place.get(b)
            from_before = other is not None and i - period < other and self.place.get(a, -1) < i
            if not from_before and not self._same_operand(a, b, period):
                return False
        return True

    def _source(self, id: str) -> tuple:
        node = self.graph.node(id)
        return node.kind, node.shape, node.dtype

    def record(self, start: int, period: int, count: int) -> Repeat:
        """The repetition in the words and ids of the graph."""
        rounds = [
            tuple(node.id for node in self.results[start + number * period : start + (number + 1) * period])
            for number in range(count)
        ]
        names = [clean(node.op or "") for node in self.results[start : start + period]]
        said = ", ".join(names) if period <= NAMED else f"{period} operations: {names[0]} … {names[-1]}"
        sources = []
        for number in range(period):
            for slot in range(len(self.operands[start + number])):
                ids = [self.operands[start + r * period + number][slot] for r in range(count)]
                if all(self._belongs(id, members) for id, members in zip(ids, rounds, strict=True)):
                    sources += ids
        return Repeat(said, tuple(rounds), frozenset(sources))

    def _belongs(self, id: str, members: tuple[str, ...]) -> bool:
        """Is it a source that nothing uses but this round?"""
        source = id not in self.place and self.graph.node(id).kind != OMITTED
        return source and all(edge.target in members for edge in self.graph.uses(id))


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """The stretches of True as (start, end) pairs."""
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))
