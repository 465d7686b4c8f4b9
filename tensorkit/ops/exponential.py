"""Exponentials and logarithms of each element.

Here also is `precise`, by which these functions and those of `trigonometric.py` give PyTorch's float32 digits.  Powers
stand in `powers.py`; the operations that sum exponentials along a dimension in `reduce.py`.
"""

import math

from .. import dtypes
from ..array_modules import np
from .declare import binary, unary
from .pointwise import mul_scalar


def precise(ufunc):
    """`ufunc` on float32 by way of float64, whose rounded result is PyTorch's in 99 of 100 cases (NumPy's own float32
    versions: 60 to 90).  Only for small arrays, where the detour costs nothing that a learner could notice."""

    def forward(x):
        if x.dtype.char == "f" and x.size <= 256:
            return ufunc(x, dtype=np.float64).astype(np.float32)
        return ufunc(x)

    return forward


@unary(lambda g, out: g * out, floating=True)
def exp(x):
    """e to the power of each element.

    >>> tensor([0., 1.]).exp()
    tensor([1.0000, 2.7183])
    """
    return _exp(x)


@unary(lambda g, out: mul_scalar(g * out, math.log(2)), floating=True)
def exp2(x):
    """2 to the power of each element.

    >>> tensor([0., 3.]).exp2()
    tensor([1., 8.])
    """
    return _exp2(x)


@unary(lambda g, out: g * (out + 1), floating=True)
def expm1(x):
    """exp(x) - 1, exact for small x.

    >>> tensor([0., 1.]).expm1()
    tensor([0.0000, 1.7183])
    """
    return _expm1(x)


@unary(lambda g, x: g / x, floating=True)
def log(x):
    """The natural logarithm of each element.

    >>> tensor([1., 10.]).log()
    tensor([0.0000, 2.3026])
    """
    return _log(x)


@unary(lambda g, x: g / mul_scalar(x, math.log(2)), floating=True)
def log2(x):
    """The logarithm to base 2.

    >>> tensor([1., 8.]).log2()
    tensor([0., 3.])
    """
    return _log2(x)


@unary(lambda g, x: g / mul_scalar(x, math.log(10)), floating=True)
def log10(x):
    """The logarithm to base 10.

    >>> tensor([1., 1000.]).log10()
    tensor([0., 3.])
    """
    return _log10(x)


@unary(lambda g, x: g / (x + 1), floating=True)
def log1p(x):
    """log(1 + x), exact for small x.

    >>> tensor([0., 1.]).log1p()
    tensor([0.0000, 0.6931])
    """
    return _log1p(x)


@binary(lambda g, x, out: g * exp(x - out), lambda g, y, out: g * exp(y - out), inplace=False)
def logaddexp(x, y):
    """log(exp(x) + exp(y)), without overflow on the way.

    >>> torch.logaddexp(tensor([0.]), tensor([0.]))
    tensor([0.6931])
    """
    dtypes.refuse("logaddexp_cpu", x, "biu")
    return np.logaddexp(x, y) if x.dtype.kind != "c" else add_exp(x, y)


def add_exp(x, y):
    """log(exp(x) + exp(y)) for complex numbers: the larger by real part, and what the other adds to it."""
    x, y = np.broadcast_arrays(x, y)
    low, high = np.where(x.real < y.real, (x, y), (y, x))
    found = high + np.log1p(np.exp(low - high))
    return np.where(np.isneginf(high.real), high, found).astype(x.dtype)[()]


@binary(lambda g, x, out: g * exp2(x - out), lambda g, y, out: g * exp2(y - out), inplace=False)
def logaddexp2(x, y):
    """log2(2**x + 2**y), without overflow on the way.

    >>> torch.logaddexp2(tensor([3.]), tensor([3.]))
    tensor([4.])
    """
    dtypes.refuse("logaddexp2_cpu", x, "biuc")
    return np.logaddexp2(x, y)


_exp, _exp2, _expm1, _log, _log2, _log10, _log1p = map(
    precise, (np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p)
)
