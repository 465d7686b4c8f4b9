"""Variance and standard deviation: how far elements spread around their mean.

The mean itself stands in `reduce.py`, the median in `sort.py`, histograms in `search.py`.
"""

import math

from ..array_modules import np
from .declare import FUNCTIONS, behind, function
from .reduce import _mean_dx, add_all, add_up, axes, counted, mean, spread


def _var_dx(g, x, dim, keepdim, correction):
    shape = x._array.shape
    count = counted(shape, dim)
    center = mean(x, dim, True) if dim is not None else mean(x)
    scale = 2.0 / (count - correction) if count != correction else math.inf
    return spread(g * scale, shape, dim, keepdim) * (x - center)


def _std_dx(g, x, out, dim, keepdim, correction):
    scale = g / (out * 2)
    scale = FUNCTIONS["where"](out == 0, 0.0, scale)
    return _var_dx(scale, x, dim, keepdim, correction)


def _variance(x, dim, keepdim, correction, name):
    if x.dtype.kind not in "fcV":
        what = name if name.endswith("mean") else "std and var"
        raise RuntimeError(f"{what} only support floating point and complex dtypes")
    if keepdim is not True and keepdim is not False:
        raise TypeError(f"{name}(): argument 'keepdim' must be bool, not {type(keepdim).__name__}")
    axis = axes(dim, x.ndim)
    count = counted(x.shape, dim)
    work = np.complex128 if x.dtype.kind == "c" else np.float64
    if count - correction <= 0 or not x.size:
        from warnings import warn

        warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
            "(input numel divided by output numel).",
            stacklevel=5,
        )
        center = add_up(x.astype(work), axis, True, count) if x.size else 0
        squares = np.sum(np.abs(x - center) ** 2, axis, keepdims=keepdim)
        return np.where(squares == 0, np.nan, np.inf) if count != correction else squares / np.float64(0)
    x = x.astype(work)
    away = x - np.add.reduce(x, axis, keepdims=True) / count
    return np.add.reduce((away * away.conj()).real, axis, keepdims=keepdim) / (count - correction)


def _with_mean(shares: list, g, x, dim, keepdim):
    return add_all(shares + [_mean_dx(each, x._array.shape, dim, keepdim) for each in g[1:]])


def _var_mean_dx(g, x, dim, keepdim, correction):
    shares = [] if g[0] is None else [_var_dx(g[0], x, dim, keepdim, correction)]
    return _with_mean(shares, g, x, dim, keepdim)


def _std_mean_dx(g, x, spread, dim, keepdim, correction):
    shares = [] if g[0] is None else [_std_dx(g[0], x, spread, dim, keepdim, correction)]
    return _with_mean(shares, g, x, dim, keepdim)


@behind(x=_var_dx, rows=True)
def _var(x, dim, keepdim, correction):
    return np.asarray(_variance(x, dim, keepdim, correction, "var")).astype(x.real.dtype)[()]


@behind(x=_std_dx, rows=True)
def _std(x, dim, keepdim, correction):
    return np.sqrt(np.asarray(_variance(x, dim, keepdim, correction, "std"))).astype(x.real.dtype)[()]


@behind(x=_var_mean_dx, outputs=("spread", "mean"), rows=True)
def _var_mean(x, dim, keepdim, correction):
    found = np.asarray(_variance(x, dim, keepdim, correction, "var_mean")).astype(x.real.dtype)[()]
    return found, add_up(x, axes(dim, x.ndim), keepdim, counted(x.shape, dim))


@behind(x=_std_mean_dx, outputs=("spread", "mean"), rows=True)
def _std_mean(x, dim, keepdim, correction):
    found = np.sqrt(np.asarray(_variance(x, dim, keepdim, correction, "std_mean"))).astype(x.real.dtype)[()]
    return found, add_up(x, axes(dim, x.ndim), keepdim, counted(x.shape, dim))


def _spread_arguments(name, dim, unbiased, correction):
    """`std(False)` is PyTorch's old way of saying `std(correction=0)`."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None and not isinstance(unbiased, bool):
        raise TypeError(f"{name}(): argument 'unbiased' must be bool, not {type(unbiased).__name__}")
    if unbiased is not None:
        correction = 1 if unbiased else 0
    return dim, 1 if correction is None else correction


@function
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None, axis=None, out=None):
    """The variance: the mean squared distance from the mean, divided by n - correction (1: the unbiased estimate).

    >>> tensor([1., 2., 3., 4.]).var()
    tensor(1.6667)
    >>> tensor([1., 2., 3., 4.]).var(correction=0)
    tensor(1.2500)
    """
    dim, correction = _spread_arguments("var", axis if dim is None else dim, unbiased, correction)
    return _var(input, dim, keepdim, correction, out=out)


@function
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None, axis=None, out=None):
    """The standard deviation: the square root of the variance.

    >>> tensor([1., 2., 3.]).std()
    tensor(1.)
    """
    dim, correction = _spread_arguments("std", axis if dim is None else dim, unbiased, correction)
    return _std(input, dim, keepdim, correction, out=out)


@function(method=False)
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance and the mean.

    >>> torch.var_mean(tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    dim, correction = _spread_arguments("var_mean", dim, unbiased, correction)
    return _var_mean(input, dim, keepdim, correction)


@function(method=False)
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation and the mean.

    >>> torch.std_mean(tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    dim, correction = _spread_arguments("std_mean", dim, unbiased, correction)
    return _std_mean(input, dim, keepdim, correction)
