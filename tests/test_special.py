"""Special functions, held against the math module, against each other, and against known values."""

import math

import numpy as np
import pytest

import tensorkit as torch
from tensorkit import special

X = np.concatenate([np.linspace(-6, 6, 241), np.logspace(-8, 2, 60), -np.logspace(-8, 1, 30)])


def double(values):
    return torch.tensor(np.asarray(values), dtype=torch.float64)


def near(got, wanted, relative=1e-12):
    return np.allclose(got.numpy(), wanted, rtol=relative, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_against_the_math_module(name):
    assert near(getattr(torch, name)(double(X)), [getattr(math, name)(x) for x in X])
    single = getattr(torch, name)(double(X).float())
    assert single.dtype is torch.float32
    assert np.allclose(single, [getattr(math, name)(np.float32(x)) for x in X], rtol=3e-7)


def test_gamma():
    x = X[(X > 0) | (np.round(X) != X)]
    assert near(torch.lgamma(double(x)), [math.lgamma(v) for v in x])
    assert near(torch.digamma(double([1, 0.5, 10])), [-0.5772156649015329, -1.9635100260214235, 2.251752589066721])
    y = double(x[x > 1e-3])
    assert torch.allclose(torch.digamma(y + 1), torch.digamma(y) + 1 / y, rtol=1e-10, atol=1e-10)
    trigamma = torch.polygamma(1, double([1, 0.5]))
    assert near(trigamma, [math.pi**2 / 6, math.pi**2 / 2], 1e-9)  # PyTorch's short series is as rough
    assert near(torch.polygamma(2, double([1])), [-2.4041138063191886])
    assert near(special.zeta(double([2, 4]), double([1, 1])), [math.pi**2 / 6, math.pi**4 / 90])
    assert near(torch.mvlgamma(double([3]), 2), [math.log(math.pi) / 2 + math.lgamma(3) + math.lgamma(2.5)])


def test_where_gamma_has_poles():
    assert torch.lgamma(double([0, -1, math.inf])).tolist() == [math.inf] * 3
    assert str(torch.digamma(torch.tensor([0.0, -0.0, -1.0]))) == "tensor([-inf, inf, nan])"


def test_inverses_undo():
    p = double(np.concatenate([np.linspace(0.01, 0.99, 99), np.logspace(-200, -3, 40)]))
    assert near(torch.erf(torch.erfinv(p)), p.numpy())
    assert near(special.ndtr(special.ndtri(p)), p.numpy(), 1e-11)
    assert near(torch.sigmoid(torch.logit(p)), p.numpy())
    assert torch.erfinv(double([-1, 1, 2])).tolist()[:2] == [-math.inf, math.inf]


def test_bessel():
    assert near(torch.i0(double([0, 1, -2, 30])), [1, 1.2660658777520084, 2.279585302336067, 781672297823.9775])
    assert near(special.i1(double([0, 1, -2])), [0, 0.565159103992485, -1.5906368546373291])
    x = double([0.5, 19.99, 20.01, 300])
    assert near(special.i0e(x) * torch.exp(x), torch.i0(x).numpy())


def test_far_out():
    assert near(special.log_ndtr(double([-40, 3])), [-804.6084420137538, -0.0013508099647481923])
    assert near(special.erfcx(double([30, 0])), [0.018795888861416751, 1])
    assert near(torch.igamma(double([1, 2.5, 2.5]), double([2, 1, 9])), [1 - math.exp(-2), 0.15085496391539038,
                                                                         0.9970535954121197], 1e-10)  # fmt: skip
    assert near(torch.igamma(double([3.0]), double([2.0])) + torch.igammac(double([3.0]), double([2.0])), [1])


def test_logarithms_where_the_factor_is_zero():
    assert torch.xlogy(torch.tensor([0.0, 0.0, 2.0]), torch.tensor([0.0, -1.0, 1.0])).tolist() == [0, 0, 0]
    assert math.isnan(torch.xlogy(torch.tensor(0.0), torch.tensor(math.nan)))
    assert special.entr(torch.tensor([0.0, -1.0])).tolist() == [0, -math.inf]
    assert torch.sinc(torch.tensor([0.0, 1e-9])).tolist() == [1, 1]


def test_softmax():
    x = torch.tensor([[1000.0, 1000.0], [-math.inf, 0.0]])
    assert torch.softmax(x, 1).tolist() == [[0.5, 0.5], [0, 1]]
    assert torch.allclose(torch.log_softmax(x, 1)[0], torch.tensor([-math.log(2)] * 2))
    assert torch.softmax(torch.ones(2, dtype=torch.int64), 0, dtype=torch.float64).dtype is torch.float64
    with pytest.raises(NotImplementedError, match="\"softmax_lastdim_kernel_impl\" not implemented for 'Long'"):
        torch.softmax(torch.ones(2, dtype=torch.int64), 0)
    assert torch.softmax(torch.zeros(2, 0), 1).shape == (2, 0) and torch.softmax(torch.tensor(3.0), 0) == 1


def test_whole_numbers_become_floats():
    for function in (torch.erf, torch.sigmoid, torch.lgamma, torch.i0, torch.sinc, torch.logit):
        assert function(torch.tensor([1, 2])).dtype is torch.float32
    with pytest.raises(RuntimeError, match="Boolean inputs not supported for relu"):
        torch.relu(torch.tensor([True]))
