"""Layered layout: no overlaps, no needless crossings, the same places every time, and fast."""

import random

import pytest
from counting import lines_run
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorkit.graph.layout import NODE_GAP, RANK_GAP, Size, arrange

BOX = Size(100.0, 60.0, 20.0)


@st.composite
def histories(draw):
    """Sizes and edges of a random graph whose edges lead from lower to higher numbers."""
    count = draw(st.integers(1, 24))
    lengths = st.floats(10, 200).map(lambda value: round(value, 1))
    sizes = [Size(draw(lengths) + 20, draw(lengths), draw(st.sampled_from([0.0, 20.0]))) for _ in range(count)]
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] < pair[1])
    edges = draw(st.lists(pairs, max_size=40)) if count > 1 else []
    return sizes, edges


@settings(max_examples=60, deadline=None)
@given(histories())
def test_nodes_do_not_overlap_and_edges_lead_forwards(history):
    sizes, edges = history
    layout = arrange(sizes, edges)
    boxes = [
        (place.along, place.along + size.along, place.middle - size.across / 2, place.middle + size.across / 2)
        for size, place in zip(sizes, layout.places, strict=True)
    ]
    for i, (a, b, c, d) in enumerate(boxes):
        assert a >= 0 and c >= -0.2 and b <= layout.along + 0.2 and d <= layout.across + 0.2
        for e, f, g, h in boxes[:i]:
            assert b <= e or f <= a or d <= g + 0.2 or h <= c + 0.2
    for source, target in edges:
        assert layout.places[source].end + RANK_GAP <= layout.places[target].start + 0.2


@settings(max_examples=20, deadline=None)
@given(histories())
def test_the_same_graph_stands_in_the_same_places(history):
    assert arrange(*history) == arrange(*history)


def test_operands_stand_around_their_result():
    layout = arrange([BOX, BOX, BOX], [(0, 2), (1, 2)])
    first, second, result = (place.middle for place in layout.places)
    assert second - first == 60 + NODE_GAP
    assert result == (first + second) / 2


def test_a_source_stands_right_before_its_first_use():
    # 0 → 1 → 2 → 3, and 4 is used by 3 alone.
    layout = arrange([BOX] * 5, [(0, 1), (1, 2), (2, 4), (3, 4)])
    assert layout.places[3].start == layout.places[2].start


def test_long_edges_pass_between_the_nodes_of_the_ranks_on_their_way():
    layout = arrange([BOX] * 4, [(0, 1), (1, 2), (2, 3), (0, 3)])
    bends = layout.bends[3]
    assert len(bends) == 2
    for node, (_, _, middle) in zip((1, 2), bends, strict=True):
        assert abs(layout.places[node].middle - middle) > BOX.across / 2


def test_crossed_pairs_are_untangled():
    # Two results, each of two sources, numbered so that the plain order crosses.
    sizes = [BOX] * 6
    edges = [(0, 5), (1, 4), (2, 5), (3, 4)]
    middles = [place.middle for place in arrange(sizes, edges).places]
    upper, lower = sorted([middles[0], middles[2]]), sorted([middles[1], middles[3]])
    assert upper[1] < lower[0] or lower[1] < upper[0]


def test_nothing_to_place_is_no_error():
    layout = arrange([], [])
    assert (layout.along, layout.across, layout.places) == (0.0, 0.0, ())


def tangle(count, span):
    """A random history in which each result has two operands among the `span` before it."""
    draw = random.Random(0)
    edges = [(draw.randrange(max(0, node - span), node), node) for node in range(5, count) for _ in range(2)]
    return [BOX] * count, edges


@pytest.mark.parametrize("span", [3, 60])
def test_the_work_grows_no_faster_than_the_graph(span):
    small, large = tangle(250, span), tangle(500, span)
    assert lines_run(lambda: arrange(*large)) < 2.5 * lines_run(lambda: arrange(*small))
