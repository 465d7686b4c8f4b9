"""`why`: each state of `.grad` that PyTorch's semantics can lead to has its own answer, with its place and a remedy."""

import numpy as np
import pytest
from hostile_names import HOSTILE

import tensorkit as torch
from tensorkit.graph import why


def leaf(value):
    return torch.tensor(value, requires_grad=True)


def finding(tensor, **names):
    return why(tensor, names).finding


def test_a_result_keeps_its_gradient_only_when_asked():
    x = leaf(3.0)
    y = x * 2
    z = y * y
    z.backward()
    answer = why(y, {"x": x, "y": y, "z": z})
    assert (answer.state, answer.finding) == ("y.grad is None", "not a leaf")
    assert "retain_grad()" in answer.todo
    assert answer.notes == ("Its gradient of z is 12, though not kept.",)
    y = x * 2
    y.retain_grad()
    z = y * y
    assert finding(y, x=x, y=y, z=z) == "backward not called"
    z.backward()
    assert finding(y, x=x, y=y, z=z) == "as it should be"


def test_before_and_after_one_and_more_backward_passes():
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    names = {"x": x, "y": y}
    before = why(x, names)
    assert (before.finding, before.todo) == ("backward not called", "y.backward()")
    assert before.notes == ("It will be [2, 4].",)
    for times, found in enumerate(["as it should be", "accumulated", "accumulated"], 1):
        y.backward(retain_graph=True)
        answer = why(x, names)
        assert answer.finding == found
        assert times == 1 or f"{times} times the gradient of y, which is [2, 4]" in answer.reason


def test_two_losses_add_up():
    x = leaf(3.0)
    a, b = x * 2, x * 5
    a.backward()
    b.backward()
    answer = why(x, {"x": x, "a": a, "b": b})
    assert answer.finding == "accumulated" and "the sum of the gradients of b and a" in answer.reason


def test_cleared_gradients():
    x = leaf(3.0)
    y = x * x
    y.backward()
    x.grad = None
    assert finding(x, x=x, y=y) == "cleared"
    x.grad = torch.tensor(0.0)
    assert finding(x, x=x, y=y) == "cleared to zero"


def test_without_requires_grad():
    x = torch.tensor(3.0)
    assert finding(x, x=x) == "requires_grad=False"
    with torch.no_grad():
        y = leaf(2.0) * 3
        answer = why(y, {"y": y})
    assert answer.finding == "requires_grad=False" and "computed under no_grad" in answer.reason
    assert answer.notes == ("Recording is switched off at this moment (no_grad).",)
    with torch.inference_mode():
        z = torch.tensor(1.0) * 2
    assert finding(z, z=z) == "inference mode"


def test_a_constant_of_a_graph_is_said_to_be_one():
    x, c = leaf(2.0), torch.tensor(3.0)
    y = x * c
    y.backward()
    assert finding(c, x=x, c=c, y=y) == "requires_grad=False"


@pytest.mark.parametrize("detach", [lambda x: x.detach(), lambda x: x.data])
def test_detached_here(detach):
    x = leaf([3.0, 1.0])
    d = detach(x)
    y = (d * 2).sum()
    answer = why(d, {"x": x, "d": d, "y": y})
    assert (answer.finding, answer.where) == ("detached", ("between x and d",))
    assert "shares its memory with x" in answer.reason
    other = why(x, {"x": x, "d": d, "y": y})
    assert (other.finding, other.todo) == ("detached", "Compute with x instead of d.")


def test_in_no_graph():
    x = leaf(3.0)
    assert finding(x, x=x) == "in no graph"
    with torch.no_grad():
        y = x * 2
    assert finding(x, x=x, y=y) == "in no graph"


@pytest.mark.parametrize("value", [1, True])
def test_whole_numbers_have_no_gradients(value):
    answer = why(torch.tensor(value), name="n")
    assert answer.finding == "whole numbers" and "n has dtype" in answer.reason


@pytest.mark.parametrize(
    "found, at, f, value",
    [
        ("dead ReLU", "relu(x) (ReluBackward0)", lambda x: x.relu().sum(), [-1.0, -2.0]),
        ("saturated", "sigmoid(x)", lambda x: x.sigmoid().sum(), [200.0, 300.0]),
        ("saturated", "tanh(x)", lambda x: (x.tanh() * 3).sum(), [50.0]),
        ("clamped", "clamp(x, 0, 1)", lambda x: x.clamp(0, 1).sum(), [-1.0, 4.0]),
        ("flat", "round(x)", lambda x: x.round().sum(), [1.2]),
        ("times zero", "x * z", lambda x: (x * torch.zeros(1)).sum(), [1.2]),
        ("not picked", "maximum", lambda x: torch.maximum(x, torch.tensor([5.0])).sum(), [1.2]),
        ("cancelled", None, lambda x: (x * 2 - 2 * x).sum(), [1.0, 2.0]),
    ],
)
def test_why_a_gradient_is_zero(found, at, f, value):
    x = leaf(value)
    y = f(x)
    y.backward()
    assert not np.any(x.grad.numpy())
    answer = why(x, {"x": x, "y": y, "z": torch.tensor([0.0])})
    assert answer.finding == found
    if at is not None:
        (place,) = answer.where
        assert place.startswith(at.replace("x * z", "x * "))
        assert answer.graph.node(answer.nodes[0]).op


def test_a_gradient_that_is_zero_in_part_names_the_operation():
    x = leaf([-1.0, 2.0])
    y = x.relu().sum()
    y.backward()
    answer = why(x, {"x": x, "y": y})
    assert answer.finding == "as it should be"
    assert answer.notes == ("1 of its 2 elements are 0, for relu(x) (ReluBackward0) passes nothing on there.",)


def test_the_first_operation_that_overflows_is_named():
    x = leaf(1000.0)
    e = x.exp()
    y = e / (e + 1)
    y.backward()
    answer = why(x, {"x": x, "e": e, "y": y})
    assert answer.finding.endswith("in the forward pass")
    assert answer.where == ("exp(x) (ExpBackward0) gives inf from x = 1000: the forward pass overflows here",)


def test_nan_of_a_loss_without_a_backward_pass():
    x = leaf(-1.0)
    loss = x.log() * 2
    answer = why(loss, {"x": x, "loss": loss})
    assert answer.finding == "NaN in the forward pass"
    assert answer.where == ("log(x) (LogBackward0) gives NaN from x = -1",)


def test_nan_that_first_appears_in_the_backward_pass():
    x = leaf(0.0)
    y = x.sqrt() * 0
    y.backward()
    answer = why(x, {"x": x, "y": y})
    assert answer.finding == "NaN in the backward pass"
    assert answer.where[0].startswith("sqrt(x) (SqrtBackward0): a finite gradient arrives (0)")


def test_written_in_place():
    x = leaf(3.0)
    h = x * 1
    y = h * h
    h += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    answer = why(x, {"x": x, "h": h, "y": y})
    assert answer.finding == "written in place"
    assert "needs the old value" in answer.where[0]


def test_what_is_not_known_is_said():
    x = leaf(3.0)
    y = x * x
    y.backward()
    x.grad.add_(1.5)
    assert finding(x, x=x, y=y) == "unknown"
    assert "7.5" in why(x, {"x": x, "y": y}).state
    del y
    answer = why(x, {"x": x})
    assert answer.finding == "unknown" and "nothing to compare it with" in answer.reason


def test_a_hook_that_scales_is_seen():
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: g * 0.5)
    y = (x * x).sum()
    y.backward()
    assert "0.5 times it" in why(x, {"x": x, "y": y}).reason


def test_asking_changes_nothing():
    x = leaf(3.0)
    y = x * x
    why(x, {"x": x, "y": y})
    assert x.grad is None
    y.backward()
    assert x.grad == 6


def test_only_tensors_can_be_asked_about():
    with pytest.raises(TypeError, match="expected a tensor, but got float"):
        why(1.0)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name):
    import re

    def tags(html):
        return re.findall(r"<[^>]*>", html)

    x, z = leaf(3.0), leaf(3.0)
    hostile, plain = why(x, {name: x}), why(z, {"z": z})
    assert tags(hostile.to_html()) == tags(plain.to_html())
    assert len(str(hostile).splitlines()) == len(str(plain).splitlines())


def test_an_expression_stands_in_brackets_in_front_of_a_dot():
    x, y = torch.tensor(1.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    names = {"x": x, "y": y}
    total = why(x + y, names)
    assert total.state == "(x + y).grad is None"
    assert total.reason.startswith("x + y was computed by add")
    whole = why(torch.arange(3), {}, name="a * b")
    assert "(a * b).float()" in whole.todo
    plain = why(x.detach() * 2, {}, name="2 * x")
    assert "(2 * x).requires_grad_()" in plain.todo
    assert why(x, names, of=(x + y).sum()).todo == "sum(x + y).backward()"
    assert why(x, names, of=x + y).todo == "(x + y).backward()"


def test_the_result_that_is_asked_about_needs_no_name():
    x = torch.tensor(3.0, requires_grad=True)
    assert why(x, {"x": x}).finding == "in no graph"
    assert why(x, {"x": x}, of=x * x).finding == "backward not called"
    assert why(x, {"x": x}, of=torch.tensor(1.0)).finding == "in no graph"
