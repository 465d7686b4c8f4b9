"""Where things stand: a layered layout in plain Python, the same for the same graph every time.

Boxes in, coordinates out; nothing here knows of tensors or of SVG. The steps are those of Sugiyama, Tagawa and Toda
("Methods for Visual Understanding of Hierarchical System Structures", 1981): give every node a rank, route long edges
through dummies (shared by the edges of one source), order the ranks by barycentres to avoid crossings, then move every
node as near to its neighbours as its rank allows (least squares with minimum distances).

"Along" is the direction in which the graph flows, "across" the other one; `svg.py` says which is x and which is y.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

RANK_GAP = 34.0
WIDEST_GAP = 84.0
STEEPNESS = 0.3  # a gap grows with the longest way across that an edge in it has to go
NODE_GAP = 18.0
DUMMY_GAP = 10.0
SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Size:
    """A node's extent along the flow and across it; the first `head` of the length is aligned within its rank."""

    along: float
    across: float
    head: float = 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node starts along the flow, the middle of it across, and where its rank starts and ends."""

    along: float
    middle: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Layout:
    """`places` by node; `bends` are the (start along, end along, middle) of the dummies of each edge in turn."""

    along: float
    across: float
    places: tuple[Place, ...]
    bends: tuple[tuple[tuple[float, float, float], ...], ...]


def arrange(sizes: Sequence[Size], edges: Sequence[tuple[int, int]]) -> Layout:
    """Place nodes 0 … n-1, each edge leading from a lower to a higher number.

    >>> layout = arrange([Size(10, 4), Size(10, 4), Size(10, 4)], [(0, 2), (1, 2)])
    >>> [place.middle for place in layout.places]
    [2.0, 24.0, 13.0]
    """
    count = len(sizes)
    ranks = _ranks(count, edges)
    chains, links, all_ranks = _dummies(ranks, edges)
    layers: list[list[int]] = [[] for _ in range(max(all_ranks, default=-1) + 1)]
    for node in _first_order(count, len(all_ranks), edges, chains):
        layers[all_ranks[node]].append(node)
    before: list[list[int]] = [[] for _ in all_ranks]
    after: list[list[int]] = [[] for _ in all_ranks]
    for a, b in links:
        after[a].append(b)
        before[b].append(a)
    layers = _untangle(layers, before, after)
    across = [sizes[node].across if node < count else 0.0 for node in range(len(all_ranks))]
    middles = _middles(layers, before, after, across, count)
    starts, ends, places = _columns(layers, sizes, count, after, middles)
    shift = min((middles[node] - across[node] / 2 for node in range(len(middles))), default=0.0)
    middles = [round(middle - shift, 1) for middle in middles]
    bends = tuple(tuple((starts[all_ranks[d]], ends[all_ranks[d]], middles[d]) for d in chain) for chain in chains)
    return Layout(
        along=round(ends[-1], 1) if ends else 0.0,
        across=max((middles[node] + across[node] / 2 for node in range(len(middles))), default=0.0),
        places=tuple(
            Place(places[node], middles[node], starts[ranks[node]], ends[ranks[node]]) for node in range(count)
        ),
        bends=bends,
    )


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The longest way from a source; then every source moves up to just before its first use."""
    ranks = [0] * count
    has_operands = [False] * count
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        ranks[target] = max(ranks[target], ranks[source] + 1)
        has_operands[target] = True
    nearest: dict[int, int] = {}
    for source, target in edges:
        nearest[source] = min(nearest.get(source, ranks[target]), ranks[target])
    for node, first_use in nearest.items():
        if not has_operands[node]:
            ranks[node] = first_use - 1
    return ranks


def _dummies(
    ranks: list[int], edges: Sequence[tuple[int, int]]
) -> tuple[list[list[int]], list[tuple[int, int]], list[int]]:
    """One dummy per rank that a source's edges pass: (dummies of each edge, links between neighbours, all ranks)."""
    all_ranks = list(ranks)
    trunks: dict[int, list[int]] = {}
    chains: list[list[int]] = []
    links: dict[tuple[int, int], None] = {}
    for source, target in edges:
        trunk = trunks.setdefault(source, [])
        needed = ranks[target] - ranks[source] - 1
        while len(trunk) < needed:
            trunk.append(len(all_ranks))
            all_ranks.append(ranks[source] + len(trunk))
        way = [source, *trunk[:needed], target]
        chains.append(way[1:-1])
        links.update(dict.fromkeys(zip(way, way[1:], strict=False)))
    return chains, list(links), all_ranks


def _first_order(count: int, total: int, edges: Sequence[tuple[int, int]], chains: list[list[int]]) -> list[int]:
    """Nodes as a reader meets them who follows each result's operands in turn, the last result first."""
    operands: list[list[int]] = [[] for _ in range(count)]
    for (source, target), chain in zip(edges, chains, strict=True):
        operands[target].extend([source, *chain])
    seen = [False] * total
    order: list[int] = []
    for root in range(count - 1, -1, -1):
        stack = [root]
        while stack:
            node = stack.pop()
            if seen[node]:
                continue
            seen[node] = True
            order.append(node)
            if node < count:
                stack.extend(reversed(operands[node]))
    return order


def _untangle(layers: list[list[int]], before: list[list[int]], after: list[list[int]]) -> list[list[int]]:
    """Sort every rank by the mean place of its neighbours, forwards and backwards, and keep the best order seen."""
    best, fewest = layers, _crossings(layers, after)
    current = [list(layer) for layer in layers]
    for sweep in range(SWEEPS):
        if not fewest:
            break
        forwards = sweep % 2 == 0
        steps = range(1, len(current)) if forwards else range(len(current) - 2, -1, -1)
        for step in steps:
            fixed = {node: place for place, node in enumerate(current[step - 1 if forwards else step + 1])}
            near = before if forwards else after
            places = {node: place for place, node in enumerate(current[step])}
            keys = {}
            for node in current[step]:
                seen = [fixed[other] for other in near[node]]
                keys[node] = (sum(seen) / len(seen) if seen else places[node], places[node])
            current[step].sort(key=keys.__getitem__)
        crossings = _crossings(current, after)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in current], crossings
    return best


def _crossings(layers: list[list[int]], after: list[list[int]]) -> int:
    total = 0
    for upper, lower in zip(layers, layers[1:], strict=False):
        places = {node: place for place, node in enumerate(lower)}
        seen: list[int] = []
        for node in upper:
            ends = sorted(places[other] for other in after[node])
            total += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _middles(
    layers: list[list[int]], before: list[list[int]], after: list[list[int]], across: list[float], count: int
) -> list[float]:
    """The coordinate across the flow of every node and dummy.

    A result wishes to stand in line with the results that it is made from and goes into; sources stand aside for it, so
    that a chain of results is straight. Where there are sources alone, it stands in their middle.
    """
    middles = [0.0] * len(across)
    for layer in layers:
        _settle(layer, [0.0] * len(layer), [1.0] * len(layer), across, count, middles)
    sweeps = [(before, 1), (after, -1)] * 3 + [(None, 1)]
    for near, step in sweeps:
        for layer in layers[::step]:
            wishes, weights = [], []
            for node in layer:
                around = near[node] if near else before[node] + after[node]
                others = [other for other in around if before[other]] or around
                wishes.append(sum(middles[other] for other in others) / len(others) if others else middles[node])
                weights.append(4.0 if node >= count else 1.0 if before[node] else 0.03)
            _settle(layer, wishes, weights, across, count, middles)
    return middles


def _settle(
    layer: list[int], wishes: list[float], weights: list[float], across: list[float], count: int, middles: list[float]
) -> None:
    """The least-squares places nearest to the wishes that keep the order and the gaps (pooling adjacent violators)."""
    offset, offsets = 0.0, []
    for index, node in enumerate(layer):
        if index:
            other = layer[index - 1]
            gap = NODE_GAP if node < count and other < count else DUMMY_GAP
            offset += (across[other] + across[node]) / 2 + gap
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # mean wish less offset, weight, members
    for wish, weight, shift in zip(wishes, weights, offsets, strict=True):
        mean, total, members = wish - shift, weight, 1
        while pools and pools[-1][0] > mean:
            other_mean, other_total, other_members = pools.pop()
            mean = (mean * total + other_mean * other_total) / (total + other_total)
            total, members = total + other_total, members + other_members
        pools.append((mean, total, members))
    index = 0
    for mean, _, members in pools:
        for _ in range(members):
            middles[layer[index]] = mean + offsets[index]
            index += 1


def _columns(
    layers: list[list[int]], sizes: Sequence[Size], count: int, after: list[list[int]], middles: list[float]
) -> tuple[list[float], list[float], dict[int, float]]:
    """Start and end of each rank along the flow, and the start of each node: heads end at one line within a rank."""
    starts, ends, places = [], [], {}
    position = 0.0
    for layer in layers:
        nodes = [node for node in layer if node < count]
        head = max((sizes[node].head for node in nodes), default=0.0)
        body = max((sizes[node].along - sizes[node].head for node in nodes), default=0.0)
        for node in nodes:
            places[node] = round(position + head - sizes[node].head, 1)
        starts.append(round(position, 1))
        ends.append(round(position + head + body, 1))
        steepest = max((abs(middles[node] - middles[other]) for node in layer for other in after[node]), default=0.0)
        position = ends[-1] + min(max(RANK_GAP, STEEPNESS * steepest), WIDEST_GAP)
    return starts, ends, places
