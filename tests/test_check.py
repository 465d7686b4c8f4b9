"""The computation done again from the tape, and the finite differences that it makes possible."""

import numpy as np
import pytest

import tensorkit as torch
from tensorkit.graph import check
from tensorkit.graph.check import Checker
from tensorkit.graph.replay import Replay


def leaf(value):
    return torch.tensor(value, requires_grad=True)


SAMPLES = {
    "arithmetic": lambda x, w: ((x * 2 - 1 / x) ** 3).sum() / 7,
    "matrices": lambda x, w: torch.tanh(x @ w).mean(),
    "shapes": lambda x, w: (x.reshape(3, 2).T @ x.T).exp()[0, 1:].sum(),
    "joined": lambda x, w: torch.cat([x, torch.stack([w[0], w[1]]).reshape(2, 2)], 1).pow(2).sum(),
    "several outputs": lambda x, w: x.max(0).values.sum() + x.sort(1).values[0, 0] + torch.var_mean(x)[0],
    "losses": lambda x, w: torch.nn.functional.cross_entropy(x @ w, torch.tensor([0, 1])),
    "mixed types": lambda x, w: (x * torch.tensor([1, 2, 3])).sum() + x.double().sum(),
    "conditions": lambda x, w: torch.where(x > 1, x * x, x).clamp(0, 20).sum() + x.std(),
}


def operands():
    return leaf([[1.5, 2.0, 3.0], [4.0, 5.5, 6.0]]), leaf([[0.1, 0.2], [0.3, -0.4], [0.5, 0.6]])


@pytest.mark.parametrize("f", SAMPLES.values(), ids=SAMPLES)
def test_gradients_agree_with_finite_differences(f):
    x, w = operands()
    found = check(f(x, w), {"x": x, "w": w})
    assert found.agree, str(found)
    assert all(each.error is not None for each in found.checks)


@pytest.mark.parametrize("f", SAMPLES.values(), ids=SAMPLES)
def test_replayed_with_other_numbers_it_is_the_same_function(f):
    x, w = operands()
    y = f(x, w)
    new = leaf((x.detach() * 1.1).tolist())
    replay = Replay(y)
    again = replay.root_of(replay.tensors({x: new}))
    expected = f(new, w)
    assert again.dtype == expected.dtype
    np.testing.assert_allclose(again.detach().numpy(), expected.detach().numpy(), rtol=1e-5)
    again.backward()
    got = new.grad.numpy().copy()
    new.grad = None
    expected.backward()
    np.testing.assert_allclose(got, new.grad.numpy(), rtol=1e-4, atol=1e-6)
    assert x.grad is None


def test_the_table():
    x, y = leaf(4.0), leaf(-3.0)
    found = check(x * y, {"x": x, "y": y})
    assert found.to_text().splitlines() == [
        "name  gradient of x * y  finite differences  verdict",
        "x     -3                 -3                  agrees",
        "y     4                  4                   agrees",
    ]
    assert found.to_html().count("<tr>") == 3


def test_a_wrong_derivative_is_found(monkeypatch):
    x = leaf([0.5, 1.0])
    y = x.exp()
    monkeypatch.setattr(y._node.op, "rules", (lambda g, out: g * out * 1.1,))
    (found,) = check(y.sum(), {"x": x}).checks
    assert (found.agrees, found.verdict) == (False, "differs")


def test_an_operation_of_ones_own_cannot_be_done_again():
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    with pytest.raises(ValueError, match="is an operation of your own"):
        check(Twice.apply(leaf(1.0)))


def test_a_kink_is_said_to_be_one():
    x = leaf(0.0)
    (found,) = check(x.relu(), {"x": x}).checks
    assert not found.agrees and "there is a kink" in found.remark


def test_results_on_the_way_can_be_checked_too():
    x = leaf(3.0)
    q = x * x
    checker = Checker(q * 2 + q, {"x": x, "q": q})
    by_name = {node.name: node.id for node in checker.graph.nodes}
    assert checker.check(by_name["q"]).sentence == "finite differences say 3: agrees"
    with pytest.raises(ValueError, match="2 has no gradient to compare"):
        checker.check(next(node.id for node in checker.graph.nodes if node.label == "2"))


def test_of_a_large_leaf_some_entries_are_tried():
    x = torch.ones(20, 20, requires_grad=True)
    (found,) = check((x * x).sum(), {"x": x}).checks
    assert found.agrees and found.remark == "64 of 400 entries"


def test_what_cannot_be_checked_says_why():
    with pytest.raises(ValueError, match="no tensor that requires gradients"):
        check(torch.tensor(1.0))
    with pytest.raises(TypeError, match="expected a tensor, but got int"):
        check(1)
    x = leaf([1.0, 2.0])
    c = torch.tensor([1.0, 2.0])
    y = (x * c).sum()
    c.add_(5)
    with pytest.raises(ValueError, match="written to in place since"):
        check(y)


def test_nothing_is_changed():
    x = leaf(3.0)
    y = x * x
    check(y, {"x": x})
    assert (x.item(), x.grad, x._version) == (3.0, None, 0)
    y.backward()
    assert x.grad == 6
