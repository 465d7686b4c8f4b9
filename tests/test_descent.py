"""Gradient descent on a function: the way is that of `optim.SGD`, and the playground shows it."""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import traitlets
from hostile_names import HOSTILE

import tensorkit as torch
from tensorkit.graph import descend
from tensorkit.graph.descent_picture import contour_levels, contours, ground
from tensorkit_widgets import DescentPlayground


def bowl(x, y):
    return x**2 + 3 * y**2


def skeleton(svg):
    return [(part.tag, sorted(part.attrib)) for part in ElementTree.fromstring(svg.encode()).iter()]


@pytest.fixture
def playground():
    return DescentPlayground(lambda x: x**2, 2.0, lr=0.25, name="x**2")


@pytest.mark.parametrize("lr, momentum", [(0.1, 0.0), (0.05, 0.9), (0.3, 0.5)])
def test_the_way_is_that_of_sgd(lr, momentum):
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(-1.0, requires_grad=True)
    optimizer = torch.optim.SGD([x, y], lr=lr, momentum=momentum)
    for station in descend(bowl, (2.0, -1.0), lr=lr, momentum=momentum, steps=15).path:
        assert station.point == pytest.approx((x.item(), y.item()), rel=1e-4, abs=1e-5)
        optimizer.zero_grad()
        bowl(x, y).backward()
        optimizer.step()


def test_a_function_of_one_tensor_with_two_elements():
    found = descend(lambda point: (point**2).sum(), (1.0, 2.0), lr=0.25, steps=1)
    assert found.path[1].point == (0.5, 1.0)


def test_grad_mode_and_parameters_of_the_notebook_stay_as_they_are():
    w = torch.tensor(3.0, requires_grad=True)
    with torch.no_grad():
        found = descend(lambda x: (w * x - 6) ** 2, 1.0, lr=0.01, steps=3)
        assert not torch.is_grad_enabled()
    assert found.path[0].gradient == (-18.0,)
    assert w.grad is None


@pytest.mark.parametrize(
    "function, start, lr, why",
    [
        (lambda x: x**2, 2.0, 1.5, "it runs away; try a smaller learning rate"),
        (lambda x: x**2, 0.0, 0.1, "stopped at step 0: the gradient is 0"),
        (lambda x: x.log(), 0.1, 0.1, "the value or the gradient is not finite"),
        (lambda x: torch.tensor(3.0), 1.0, 0.1, "stopped at step 0: the gradient is 0"),
    ],
)
def test_why_it_stops(function, start, lr, why):
    found = descend(function, start, lr=lr, steps=200)
    assert why in found.stopped and why in found.to_text()
    assert found.steps < 200
    assert not re.search(r'="-?(nan|inf)', found.to_svg())


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"lr": 0}, ValueError, "lr must be positive, but got 0"),
        ({"lr": float("nan")}, ValueError, "lr must be positive"),
        ({"momentum": 1}, ValueError, "momentum must be at least 0 and less than 1, but got 1"),
        ({"steps": -1}, ValueError, "steps must be from 0 to 1000"),
        ({"start": (1, 2, 3)}, ValueError, "one or two finite numbers"),
        ({"start": "a"}, TypeError, "start: expected one or two numbers"),
        ({"domain": (1, 1)}, ValueError, r"expected \(from, to\) with from < to"),
        ({"function": lambda x: 3}, TypeError, "must give a tensor, but it gave int"),
        ({"function": lambda x: torch.ones(2)}, TypeError, r"one number, but it gave a tensor of shape \(2,\)"),
    ],
)
def test_what_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        descend(**{"function": lambda x: x**2, "start": 2.0, **arguments})


def test_a_contour_line_lies_at_its_level():
    axis = np.linspace(-1, 1, 41)
    values = axis[None, :] ** 2 + axis[:, None] ** 2
    pieces = contours(values, 0.5)
    ends = np.array([piece[:2] for piece in pieces]) / 20 - 1
    assert len(pieces) > 50
    np.testing.assert_allclose((ends**2).sum(1), 0.5, atol=2e-3)


def test_a_saddle_and_a_gap_in_the_ground():
    assert len(contours(np.array([[0.0, 2.0], [2.0, 0.0]]), 1.1)) == 2
    assert contours(np.array([[0.0, np.nan], [2.0, 0.0]]), 1.0) == []
    assert contour_levels(np.full((3, 3), np.nan)) == contour_levels(np.ones((3, 3))) == []


def test_the_ground_is_the_learners_function():
    values = ground(bowl, (-1.0, 1.0, -2.0, 2.0))
    assert (values[0, 0], values[20, 20], values[20, 40]) == (13.0, 0.0, 1.0)


@pytest.mark.parametrize("start", [2.0, (2.0, 1.0)])
@pytest.mark.parametrize("theme", ["auto", "static", "dark", "live"])
def test_the_picture_carries_its_text(start, theme):
    found = descend(bowl if isinstance(start, tuple) else (lambda x: x**2), start, steps=3)
    picture = ElementTree.fromstring(found.to_svg(theme).encode())
    assert picture.get("aria-label") == found.headline
    assert len(found.to_svg(theme)) < 80_000


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name):
    plain, hostile = (descend(lambda x: x**2, 2.0, steps=2, name=each) for each in ("f", name))
    assert skeleton(hostile.to_svg()) == skeleton(plain.to_svg())
    assert hostile.to_text().count("\n") == plain.to_text().count("\n")


def test_steps_forward_and_back(playground):
    playground.step()
    playground.run(3)
    assert (playground.steps, playground.descent.path[-1].point) == (4, (0.125,))
    playground.back()
    assert playground.now == "step 3: x = 0.25, value 0.0625, slope 0.5"
    playground.reset()
    playground.back()
    assert playground.steps == 0
    with pytest.raises(ValueError, match="must not be negative"):
        playground.run(-1)


def test_another_learning_rate_walks_anew(playground):
    playground.run(4)
    playground.lr = 0.5
    assert (playground.steps, playground.ended) == (1, True)
    playground.step()
    assert playground.steps == 1
    with pytest.raises(traitlets.TraitError, match="lr must be positive"):
        playground.lr = -1
    with pytest.raises(traitlets.TraitError, match="momentum must be at least 0"):
        playground.momentum = 1.0


def test_the_page_drives_it_through_traits(playground):
    playground.set_state({"steps": 2, "momentum": 0.5})
    assert playground.descent.momentum == 0.5 and playground.descent.steps == 2
    assert playground.text == playground.descent.to_text()
    json.dumps(playground.get_state(["svg", "text", "now", "lr", "momentum", "steps", "ended"]))


def test_the_ground_is_measured_once():
    calls = []
    playground = DescentPlayground(lambda x: calls.append(1) or x**2, 2.0)
    playground.step()
    before = len(calls)
    playground.step()
    assert len(calls) - before < 10


def test_what_a_notebook_stores(playground):
    playground.run(2)
    data, _ = playground._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "image/svg+xml", "text/plain"}
    assert data["text/plain"] == playground.descent.to_text()
    assert data["image/svg+xml"] == playground.descent.to_svg()
    assert "0x" not in data["text/plain"] + repr(playground)


def test_the_page_side_writes_words_as_text_only():
    source = sys.modules["tensorkit_widgets"].page.script("playground.js")
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "Function(", "import ", "http"):
        assert word not in source, word
