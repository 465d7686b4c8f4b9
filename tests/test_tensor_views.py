"""Views of tensors: histogram, slices, broadcasting, matrix product; the same facts as data, text and picture."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hostile_names import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

import tensorkit as torch
from tensorkit.graph import broadcast, histogram, product, slices
from tensorkit.magics.lines import pair_of_names

NAN, INF = float("nan"), float("inf")
VIEWS = [
    lambda name: histogram(torch.tensor([1.0, 2.0, NAN]), name),
    lambda name: slices(torch.ones(2, 2, 2), name),
    lambda name: broadcast((2, 3), (3,), (name, name)),
    lambda name: broadcast((2, 3), (2, 4), (name, name)),
    lambda name: product((2, 3), (3, 2), (name, name)),
    lambda name: product(torch.ones(2, 3), torch.ones(2, 3), (name, name)),
]
shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)


def skeleton(svg):
    return [(part.tag, sorted(part.attrib)) for part in ElementTree.fromstring(svg.encode()).iter()]


def texts(view):
    return [part.text for part in ElementTree.fromstring(view.to_svg().encode()).iter() if part.tag.endswith("}text")]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("theme", ["auto", "static", "dark", "live"])
def test_every_picture_carries_its_text(view, theme):
    shown = view("x")
    picture = ElementTree.fromstring(shown.to_svg(theme).encode())
    assert picture.get("aria-label") == shown.to_text().splitlines()[0]
    assert set(shown._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(view, name):
    assert skeleton(view(name).to_svg()) == skeleton(view("x").to_svg())
    assert view(name).to_text().count("\n") == view("x").to_text().count("\n")


def test_a_histogram_counts_every_number():
    torch.manual_seed(0)
    x = torch.randn(1000)
    x[0], x[1], x[2] = NAN, INF, -INF
    found = histogram(x, "x")
    assert sum(found.counts) == 997 and len(found.counts) == 20
    assert found.odd == (("NaN", 1), ("-inf", 1), ("inf", 1))
    assert {"NaN", "-inf", "inf"} <= set(texts(found))


@pytest.mark.parametrize(
    "values", [[], [2.0], [2.0, 2.0], [NAN], [INF, -INF], [-1e308, 1e308], [5e-324, 0], [True, False]]
)
def test_no_tensor_is_too_odd_for_a_histogram(values):
    svg = histogram(torch.tensor(values, dtype=torch.float64)).to_svg()
    assert not re.search(r'="-?(nan|inf)', svg)


def test_what_a_histogram_refuses():
    with pytest.raises(TypeError, match="expected a tensor, but got list"):
        histogram([1.0])
    with pytest.raises(TypeError, match="real numbers"):
        histogram(torch.tensor([1j]))
    with pytest.raises(ValueError, match="bins must be at least 1"):
        histogram(torch.ones(3), bins=0)


def test_slices_say_where_they_lie_and_share_one_scale():
    shown = slices(torch.arange(2 * 3 * 2 * 2).reshape(2, 3, 2, 2), "x")
    assert [index for index, _ in shown.parts] == ["0, 0", "0, 1", "0, 2", "1, 0", "1, 1", "1, 2"]
    assert (shown.low, shown.high) == (0, 23)
    assert shown.headline == "x: 2 × 3 × 2 × 2, 6 slices"


def test_slices_are_cut_and_say_so():
    assert slices(torch.zeros(100, 2, 2), "x").headline == "x: 100 × 2 × 2, the first 12 of 100 slices"
    assert len(slices(torch.zeros(100, 2, 2), limit=3).parts) == 3


def test_slices_mark_what_is_no_number():
    x = torch.zeros(1, 2, 2)
    x[0, 0, 0], x[0, 0, 1], x[0, 1, 0] = NAN, INF, -INF
    assert slices(x, "x").to_text().splitlines()[2:] == ["  ×+", "  -▒", "× NaN, + inf, - -inf"]


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 1), (2, 1, 1), (1, 40, 50)])
def test_slices_of_few_dimensions(shape):
    assert slices(torch.ones(shape)).to_svg()


def test_what_slices_refuse():
    with pytest.raises(ValueError, match="nothing to show"):
        slices(torch.zeros(0, 3))
    with pytest.raises(TypeError, match="expected a tensor, but got int"):
        slices(3)


@given(shapes, shapes)
def test_broadcasting_is_numpys(a, b):
    found = broadcast(a, b)
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        expected = None
    assert found.shape == expected
    assert found.to_svg() and found.to_text()


@given(shapes, shapes)
def test_the_repeated_axes_are_those_that_the_gradient_is_summed_over(a, b):
    found = broadcast(a, b)
    if found.shape is not None:
        x = torch.ones(a, requires_grad=True)
        (x + torch.zeros(b)).sum().backward()
        times = int(np.prod([found.shape[axis] for axis in found.repeated(0)]))
        assert (x.grad == times).all()


def test_what_does_not_fit_is_named():
    told = broadcast(torch.ones(2, 3), torch.ones(4, 3), ("w", "x")).to_text()
    assert told.splitlines()[0] == "w (2 × 3) and x (4 × 3) do not fit together"
    assert told.splitlines()[-1] == "axis 0: 2 and 4 differ, and neither of them is 1"


@given(shapes, shapes)
def test_the_product_fits_where_matmul_does(a, b):
    found = product(torch.ones(a), torch.ones(b))
    try:
        expected = np.matmul(np.ones(a), np.ones(b)).shape
    except ValueError:
        expected = None
    assert found.shape == expected
    assert found.to_svg() and found.to_text()


@given(shapes.filter(lambda s: len(s) > 1), shapes.filter(lambda s: len(s) > 1))
def test_what_is_said_to_fit_does(a, b):
    for remedy in product(a, b).remedies:
        shape = remedy.split(" gives ")[1]
        x, y = (np.ones(side) for side in (a, b))
        turns = {"a": x, "b": y, "a.T": x.swapaxes(-1, -2), "b.T": y.swapaxes(-1, -2)}
        turns |= {"a.mT": turns["a.T"], "b.mT": turns["b.T"]}
        left, right = remedy.split(",")[0].split(" @ ")
        assert "×".join(map(str, (turns[left] @ turns[right]).shape)) == shape


def test_a_number_of_the_product_is_written_out():
    a, b = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[5.0, -6.0], [7.0, 8.0]])
    shown = product(a, b, ("a", "b"), cell=(1, 1))
    assert shown.to_text().splitlines()[1:] == [
        "number (1, 1) of the result: row 1 of a meets column 1 of b, 2 products and their sum",
        "3·(-6) + 4·8 = 14",
    ]
    assert {"19", "10", "43", "14"} <= set(texts(shown))
    with pytest.raises(IndexError, match="2 × 2 numbers, but cell is"):
        product(a, b, cell=(2, 0))


def test_why_a_product_does_not_fit_and_which_transpose_would():
    shown = product(torch.ones(2, 3), torch.ones(2, 3), ("w", "x + 1"))
    assert shown.to_text().splitlines() == [
        "w @ (x + 1): 2×3 @ 2×3 does not fit",
        "a row of w has 3 numbers, a column of x + 1 has 2: some have no partner",
        "it would fit: w @ (x + 1).T, 2×3 @ 3×2 gives 2×2",
        "it would fit: w.T @ (x + 1), 3×2 @ 2×3 gives 3×3",
    ]
    assert texts(shown).count("×") == 1


def test_a_scalar_has_no_row():
    assert "b: a scalar has no row and no column; write *" in product((2, 2), 3.0).to_text()
    with pytest.raises(TypeError, match="expected a tensor, a number or a shape, but got str"):
        product("a", (2, 2))


@pytest.mark.parametrize("source, names", [("a, b", ("a", "b")), ("a", None), ("a,", None), ("f(", None), ("t", None)])
def test_the_names_of_a_pair(source, names):
    assert pair_of_names(source) == names
