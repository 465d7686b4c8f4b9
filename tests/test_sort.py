"""Sorting, selecting, counting; which of equal elements is named is recorded from PyTorch 2.13."""

import math

import numpy as np
import pytest

import tensorkit as torch

NAN = math.nan


def test_equal_elements_keep_their_order_up_to_sixteen_or_when_asked():
    x = torch.tensor([2, 1, 2, 1])
    assert x.sort().indices.tolist() == [1, 3, 0, 2] and x.argsort(descending=True).tolist() == [0, 2, 1, 3]
    assert torch.ones(20).sort(stable=True).indices.tolist() == list(range(20))


def test_more_equal_elements_stand_where_pytorch_puts_them():
    wanted = [10, 19, 18, 17, 16, 15, 14, 13, 12, 11, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert torch.ones(20).sort().indices.tolist() == wanted == torch.ones(20).argsort().tolist()
    assert torch.ones(20, 1).sort(0).indices[:, 0].tolist() == wanted


def test_nan_is_largest():
    x = torch.tensor([NAN, 1.0, 2.0])
    assert x.sort().indices.tolist() == [1, 2, 0] and x.sort(descending=True).indices.tolist() == [0, 2, 1]
    assert x.topk(2).indices.tolist() == [0, 2] and math.isnan(x.median()) and x.nanmedian() == 1
    assert math.isnan(x.kthvalue(3).values) and math.isnan(x.quantile(0.5)) and x.nanquantile(0.5) == 1.5


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_topk_and_kthvalue_agree_with_sort(dim):
    x = torch.tensor(np.random.default_rng(0).permutation(20).reshape(4, 5))
    values, indices = x.topk(2, dim, largest=False)
    assert values.equal(x.sort(dim).values.narrow(dim, 0, 2)) and x.gather(dim, indices).equal(values)
    assert x.kthvalue(2, dim).values.equal(values.select(dim, 1))


def test_median_and_mode():
    x = torch.tensor([[3, 1, 2, 4], [1, 1, 5, 5]])
    assert x.median() == 2 and x.median(1).values.tolist() == [2, 1] and x.median(1).indices.tolist() == [2, 1]
    assert x.mode(1).values.tolist() == [1, 1] and x.mode(1).indices.tolist() == [1, 1]
    assert torch.mode(torch.tensor([1.5, NAN, 2.0])).values == 1.5


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
def test_quantiles_are_numpys(method):
    x = np.random.default_rng(0).normal(size=(3, 5))
    q = np.array([0.0, 0.3, 0.9, 1.0])
    got = torch.quantile(torch.tensor(x), torch.tensor(q), dim=1, interpolation=method)
    assert np.allclose(got, np.quantile(x, q, axis=1, method=method))
    assert np.isclose(torch.quantile(torch.tensor(x), 0.3), np.quantile(x, 0.3))


def test_unique():
    x = torch.tensor([[3, 1], [1, 3]])
    values, inverse, counts = x.unique(return_inverse=True, return_counts=True)
    assert (values.tolist(), inverse.tolist(), counts.tolist()) == ([1, 3], [[1, 0], [0, 1]], [2, 2])
    assert torch.tensor([[2, 1], [2, 1], [0, 5]]).unique(dim=0).tolist() == [[0, 5], [2, 1]]
    runs, counts = torch.unique_consecutive(torch.tensor([1, 1, 2, 1]), return_counts=True)
    assert (runs.tolist(), counts.tolist()) == ([1, 2, 1], [2, 1, 1])
    assert torch.tensor([NAN, NAN]).unique().numel() == 2
    with pytest.raises(NotImplementedError, match="the derivative for '_unique2' is not implemented."):
        torch.tensor([1.0], requires_grad=True).unique().sum().backward()


def test_places_in_sorted_lists():
    edges = torch.tensor([1, 3, 5])
    assert torch.searchsorted(edges, torch.tensor([0, 3, 9])).tolist() == [0, 1, 3]
    assert torch.bucketize(torch.tensor([3, 4]), edges, right=True).tolist() == [2, 2]
    rows = torch.tensor([[1, 3, 5], [2, 4, 6]])
    assert torch.searchsorted(rows, torch.tensor([[3], [3]])).tolist() == [[1], [1]]
    with pytest.raises(RuntimeError, match="the first N-1 dimensions of boundaries tensor"):
        torch.searchsorted(rows, torch.tensor([3]))


def test_counts():
    assert torch.bincount(torch.tensor([1, 1, 3]), minlength=5).tolist() == [0, 2, 0, 1, 0]
    assert torch.bincount(torch.tensor([0, 1, 1]), torch.tensor([0.5, 1, 2])).tolist() == [0.5, 3]
    assert torch.histc(torch.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3).tolist() == [0, 2, 1, 0]
    hist, edges = torch.histogram(torch.tensor([0.0, 0.5, 1.0]), 2, density=True)
    assert edges.tolist() == [0, 0.5, 1] and np.isclose((hist * 0.5).sum(), 1)
    with pytest.raises(RuntimeError, match="bincount only supports 1-d non-negative integral inputs."):
        torch.bincount(torch.tensor([-1]))


def test_empty_and_without_dimensions():
    assert torch.tensor(3.0).sort() == (3, 0) and torch.tensor(3.0).topk(1).values == 3
    assert torch.zeros(0).sort().values.shape == (0,) and math.isnan(torch.zeros(0).median())
    assert torch.zeros(0).unique().shape == (0,) and torch.bincount(torch.zeros(0, dtype=torch.int64)).shape == (0,)
    with pytest.raises(IndexError, match="Expected reduction dim 1 to have non-zero size"):
        torch.zeros(2, 0).mode(1)
    with pytest.raises(RuntimeError, match="selected index k out of range"):
        torch.ones(2).topk(3)
