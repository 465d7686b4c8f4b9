"""Differences, integrals, covariance, and operations of three operands, held against NumPy."""

import numpy as np
import pytest

import tensorkit as torch

X = np.random.default_rng(0).normal(size=(3, 5))


@pytest.mark.parametrize("n, dim", [(1, -1), (2, 0), (0, 1), (7, 1)])
def test_diff(n, dim):
    assert np.allclose(torch.diff(torch.tensor(X), n, dim), np.diff(X, n, dim))
    ends = torch.tensor(X).diff(prepend=torch.zeros(3, 1, dtype=torch.float64), dim=1)
    assert ends.shape == (3, 5) and torch.tensor([True, False]).diff().tolist() == [True]


def test_integrals():
    points = np.sort(X[0])
    assert np.allclose(torch.trapezoid(torch.tensor(X), torch.tensor(points)), np.trapezoid(X, points))
    assert np.allclose(torch.trapz(torch.tensor(X), dx=0.5, dim=0), np.trapezoid(X, dx=0.5, axis=0))
    running = torch.cumulative_trapezoid(torch.tensor(X), torch.tensor(points))
    assert np.allclose(running[:, -1], np.trapezoid(X, points)) and running.shape == (3, 4)


@pytest.mark.parametrize("order", [1, 2])
def test_gradient_is_numpys(order):
    found = torch.gradient(torch.tensor(X), edge_order=order)
    assert all(np.allclose(a, b) for a, b in zip(found, np.gradient(X, edge_order=order), strict=True))
    points = np.array([0.0, 1.0, 1.5, 3.0, 4.0])
    (uneven,) = torch.gradient(torch.tensor(X), spacing=(torch.tensor(points),), dim=1)
    assert np.allclose(uneven, np.gradient(X, points, axis=1))


def test_covariance():
    assert np.allclose(torch.cov(torch.tensor(X)), np.cov(X))
    assert np.allclose(torch.cov(torch.tensor(X[0])), np.cov(X[0]))
    assert np.allclose(torch.corrcoef(torch.tensor(X)), np.corrcoef(X))
    often, much = np.array([1, 2, 1, 3, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    weighted = torch.cov(torch.tensor(X), fweights=torch.tensor(often), aweights=torch.tensor(much))
    assert np.allclose(weighted, np.cov(X, fweights=often, aweights=much))


def test_three_operands():
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    assert torch.addcmul(x, x, y, value=2).tolist() == [7, 18] and torch.addcdiv(x, y, x).tolist() == [4, 4]
    assert x.lerp(y, 0.5).tolist() == [2, 3] and x.lerp(y, 1.0).tolist() == [3, 4]
    assert x.clone().addcmul_(x, y).tolist() == [4, 10]
    with pytest.raises(RuntimeError, match="expected dtype float for `end` but got dtype double"):
        x.lerp(y.double(), 0.5)
    with pytest.raises(RuntimeError, match="Integer division with addcdiv is no longer supported"):
        torch.addcdiv(x, torch.tensor([1, 2]), torch.tensor([1, 2]))
    with pytest.raises(RuntimeError, match="The size of tensor a .2. must match the size of tensor b .3."):
        torch.addcmul(x, torch.ones(2), torch.ones(3))


def test_numbers():
    assert torch.gcd(torch.tensor([12]), torch.tensor([18])) == 6
    assert torch.lcm(torch.tensor([4]), torch.tensor([6])) == 12
    assert torch.nan_to_num(torch.tensor([float("nan"), float("inf")])).tolist() == [0, torch.finfo(torch.float32).max]
    mantissa, exponent = torch.frexp(torch.tensor([10.0]))
    assert mantissa * 2**exponent == 10 and exponent.dtype is torch.int32
    assert torch.combinations(torch.tensor([1, 2, 3])).tolist() == [[1, 2], [1, 3], [2, 3]]
    assert torch.result_type(torch.tensor([1]), 1.0) is torch.float32
    assert torch.typename(torch.ones(1)) == "torch.FloatTensor"
