"""Reductions: many elements to one, over all dimensions or some — sum, mean, product, truth, sums without nan.

Here also is what all reductions share: NumPy's axes for `dim=`, and the way back from a result's shape to that of what
went in.  Variances stand in `statistics.py`, maxima and minima in `extremes.py`, running totals in `cumulative.py`,
norms in `norm.py`; sorting, and picking elements by their order, in `sort.py`.
"""

import math

import numpy

from .. import dtypes
from ..array_modules import np
from ..dtypes import FLOATING
from ..errors import brackets, hint
from ..tape import mode
from .broadcast import broadcast_dims, expand
from .cast import to_dtype
from .declare import FUNCTIONS, function, op
from .layout import rows_anew
from .shape import reshape, unsqueeze, wrap_dim, wrap_dims


def axes(dim, ndim: int):
    """NumPy's axis for a `dim=` argument: None (or an empty list) means all."""
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return None
    if isinstance(dim, (tuple, list)):
        dims = wrap_dims(dim, ndim)
        return dims if ndim else ()
    dim = wrap_dim(dim, ndim)
    return dim if ndim else ()


def spread(g, x_shape: tuple, dim, keepdim: bool):
    """A gradient of a reduction, repeated over the dimensions that were reduced: the reverse of a sum."""
    if not keepdim and dim is not None and x_shape:
        dims = wrap_dims(dim, len(x_shape))
        for each in sorted(dims):
            g = unsqueeze(g, each)
    return expand(g, x_shape)


def restore(value, x_shape: tuple, dim, keepdim: bool):
    """The result of a reduction, with its reduced dimensions back as size 1, to be compared with what went in."""
    if keepdim or dim is None or not x_shape:
        return value
    for each in sorted(wrap_dims(dim, len(x_shape))):
        value = unsqueeze(value, each)
    return value


def counted(x_shape: tuple, dim) -> int:
    """How many elements go into each result."""
    axis = axes(dim, len(x_shape))
    if axis is None:
        return math.prod(x_shape)
    return math.prod([x_shape[each] for each in (axis if isinstance(axis, tuple) else (axis,))])


def add_up(x, axis=None, keepdims: bool = False, divisor=None):
    """A sum in the type of `x`, divided by `divisor` if there is one.

    float32 and smaller are added in float64 where that costs little: PyTorch adds in blocks, whose errors are as small.
    """
    kind = x.dtype
    if kind.itemsize > 4 or kind.kind not in "fV" or x.size > 65536:
        total = np.add.reduce(x, axis, keepdims=keepdims)
        return total if divisor is None else np.true_divide(total, divisor, dtype=kind)
    total = None if axis is None else _by_product(x, axis, keepdims)
    if total is None:
        total = np.add.reduce(x, axis, np.float64, keepdims=keepdims)
    if divisor is not None:
        total = total / divisor
    return kind.type(total) if type(total) is numpy.float64 else total.astype(kind)


#: The other factor of a sum that is found as a product.
_ONES = numpy.ones(2048)


def _by_product(x, axis, keepdims: bool):
    """Sums in float64 along the first or the last dimension, as a product with ones: BLAS takes a third to a half of
    the time of NumPy's sum.  None where it would not pay."""
    shape = x.shape
    if len(shape) < 2 or not x.size or type(x) is not numpy.ndarray:
        return None
    if axis == 0 and shape[0] <= 2048:
        ones, rest = _ONES[: shape[0]], shape[1:]
        wide = x.astype(numpy.float64)
        total = ones.dot(wide) if len(rest) == 1 else ones.dot(wide.reshape(len(ones), -1)).reshape(rest)
        return total[None] if keepdims else total
    if (axis == len(shape) - 1 or axis == -1) and 1 < shape[-1] <= 2048:
        total = x.astype(numpy.float64).dot(_ONES[: shape[-1]])
        return total[..., None] if keepdims else total
    return None


def add_in_order(x, axis=None, keepdims: bool = False, divisor=None, most: int = 1024):
    """`add_up` in the very order in which PyTorch adds, where that still costs little: of `most` elements or
    fewer, so that sums are PyTorch's to the last bit."""
    n = x.size
    if not 0 < n <= most or x.dtype.char not in "fd" or type(x) is not np.ndarray:
        return add_up(x, axis, keepdims, divisor)
    if n <= 4:
        found = np.add.reduce(x, axis, keepdims=keepdims)  # one after the other
    else:
        from .sums import ordered

        found = ordered(x, axis, keepdims)
    return found if divisor is None else found / x.dtype.type(divisor)


def add_up_to(x, shape: tuple):
    """`sum_to` for an array: summed over the dimensions along which something of shape `shape` was repeated."""
    if x.shape[1:] == shape:  # a bias
        return add_in_order(x, 0, most=64)
    dims = broadcast_dims(x.shape, shape)
    return (add_in_order(x, dims, True, most=64) if dims else x).reshape(shape)[()]


def _numbered(kind: str):
    """PyTorch's names: overload 0 over everything, overload 1 along dimensions."""
    return lambda node: f"{kind}Backward{0 if node.extras[0] is None else 1}"


def _truth(name: str, reduce_, x, dim, keepdim):
    _check_flag(name, keepdim)
    if isinstance(dim, (tuple, list)) and not dim:
        found = x != 0  # here alone PyTorch takes an empty list at its word
    else:
        found = reduce_(x, axes(dim, x.ndim), keepdims=keepdim)
    return found.astype(np.uint8) if x.dtype == np.uint8 else found


def _check_flag(name: str, keepdim) -> None:
    """`x.sum(0, 1)` is a common slip for `x.sum((0, 1))`: the 1 would pass for `keepdim`."""
    if keepdim is not True and keepdim is not False:
        raise hint(
            TypeError(f"{name}(): argument 'keepdim' (position 2) must be bool, not {type(keepdim).__name__}"),
            "several dimensions are given as one tuple: dim=(0, 1).",
        )


def _as(x, dtype):
    return x if dtype is None else x.astype(dtypes.numpy_dtype(dtypes.as_dtype(dtype)))


@op(x=lambda g, x_shape, dim, keepdim: spread(g, x_shape, dim, keepdim), node_name=_numbered("Sum"), rows=True)
def sum(x, dim=None, keepdim=False, dtype=None):
    """The sum of the elements, of all of them or along `dim`.

    dim      a dimension, or several
    keepdim  keep the dimensions that were summed, with size 1

    Whole numbers and truth values give int64.

    >>> tensor([[1., 2.], [3., 4.]]).sum(dim=0)
    tensor([4., 6.])
    """
    x = _as(x, dtype)
    _check_flag("sum", keepdim)
    axis = axes(dim, x.ndim)
    if x.dtype.kind in "biu":
        return np.add.reduce(x, axis, np.int64 if dtype is None else x.dtype, keepdims=keepdim)
    return add_in_order(x, axis, keepdim)


def _mean_dx(g, x_shape, dim, keepdim):
    return spread(g, x_shape, dim, keepdim) / counted(x_shape, dim)


@op(x=_mean_dx, node_name=_numbered("Mean"), rows=True)
def mean(x, dim=None, keepdim=False, dtype=None):
    """The mean of the elements, of all of them or along `dim`.

    >>> tensor([1., 2., 6.]).mean()
    tensor(3.)

    Raises RuntimeError for whole numbers, whose mean need not be one.
    """
    x = _as(x, dtype)
    if x.dtype.kind in "biu":
        kind = dtypes.from_numpy(x.dtype).cpp_name
        raise hint(
            RuntimeError(
                f"mean(): could not infer output dtype. {'Input' if dtype is None else 'Optional'} dtype must be "
                f"either a floating point or complex dtype. Got: {kind}"
            ),
            "a mean of whole numbers need not be whole: make them floats first, with .float() or dtype=torch.float32.",
        )
    _check_flag("mean", keepdim)
    axis = axes(dim, x.ndim)
    return add_in_order(x, axis, keepdim, counted(x.shape, dim))


def _prod_dx(g, x, out, dim, keepdim):
    """The product of all the others, found without dividing, so that zeros do no harm."""
    shape = x._array.shape
    if not shape:
        return g
    if dim is None:
        if not mode.enabled and np.count_nonzero(x._array == 0) > 1:
            return FUNCTIONS["zeros_like"](x)  # whatever `g` is, infinite perhaps
        flat = reshape(x, -1)
        return reshape(g * _products_of_others(flat, 0), shape)
    dim = wrap_dim(dim, len(shape))
    return spread(g, shape, dim, keepdim) * _products_of_others(x, dim)


def _products_of_others(x, dim: int):
    """For each element the product of all others along `dim`: those before it times those after it."""
    length = x._array.shape[dim]
    if length == 0:
        return x
    one = FUNCTIONS["ones_like"](x.narrow(dim, 0, 1))
    cat, flip = FUNCTIONS["cat"], FUNCTIONS["flip"]
    before = FUNCTIONS["cumprod"](cat([one, x.narrow(dim, 0, length - 1)], dim), dim)
    after = flip(FUNCTIONS["cumprod"](cat([one, flip(x, (dim,)).narrow(dim, 0, length - 1)], dim), dim), (dim,))
    return before * after


@op(x=_prod_dx, node_name=_numbered("Prod"), strict=True, layout=rows_anew)
def prod(x, dim=None, keepdim=False, dtype=None):
    """The product of the elements, of all of them or along `dim`.

    >>> tensor([1., 2., 3., 4.]).prod()
    tensor(24.)
    """
    x = _as(x, dtype)
    if x.dtype.kind in "biu" and dtype is None:
        return np.multiply.reduce(x, axes(dim, x.ndim), np.int64, keepdims=keepdim)
    return np.multiply.reduce(x, axes(dim, x.ndim), keepdims=keepdim)


def add_all(tensors: list):
    """The sum of one or two tensors."""
    return tensors[0] if len(tensors) == 1 else tensors[0] + tensors[1]


@op(x=None, layout=rows_anew)
def all(x, dim=None, keepdim=False):
    """Whether all elements are true (not zero).

    >>> torch.all(tensor([[True, False], [True, True]]), dim=1)
    tensor([False,  True])
    """
    return _truth("all", np.all, x, dim, keepdim)


@op(x=None, layout=rows_anew)
def any(x, dim=None, keepdim=False):
    """Whether any element is true (not zero).

    >>> torch.any(tensor([[True, False], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return _truth("any", np.any, x, dim, keepdim)


@op(x=None, gather="dim", rows=True)
def count_nonzero(x, dim=None):
    """How many elements are not zero.

    >>> torch.count_nonzero(tensor([0, 1, 2, 0]))
    tensor(2)
    """
    return np.asarray(np.count_nonzero(x, axes(dim, x.ndim)), np.int64)[()]


def _logsumexp_dx(g, x, out, dim, keepdim):
    shape = x._array.shape
    total = restore(out, shape, dim, keepdim)
    return spread(g, shape, dim, keepdim) * FUNCTIONS["exp"](x - total)


@op(x=_logsumexp_dx, strict=True, rows=True)
def logsumexp(x, dim, keepdim=False):
    """The logarithm of the sum of the exponentials along `dim`, without overflow on the way.

    >>> torch.logsumexp(tensor([0., 0.]), dim=0)
    tensor(0.6931)
    """
    _check_flag("logsumexp", keepdim)
    if x.dtype.kind in "biu":
        x = x.astype(dtypes.get_default_dtype().numpy)
    if isinstance(dim, (tuple, list)) and not dim and x.ndim:
        raise RuntimeError(f"output with shape [] doesn't match the broadcast shape {brackets((1,) * x.ndim)}")
    axis = axes(dim, x.ndim)
    top = np.max(x.real, axis, keepdims=True) if x.size else add_up(x.real, axis, True) - np.inf
    top = np.where(np.isfinite(top), top, 0).astype(x.dtype)
    total = np.log(add_up(np.exp(x - top), axis, True)) + top
    if total.dtype.kind == "c":  # the logarithm with its imaginary part in [-pi, pi]
        total = (total.real + 1j * np.angle(np.exp(1j * total.imag))).astype(x.dtype)
    return total if keepdim else np.squeeze(total, axis)[()]


@op(x=lambda g, x, dim, keepdim: spread(g, x._array.shape, dim, keepdim) * (x == x).to(g.dtype), rows=True)
def nansum(x, dim=None, keepdim=False, dtype=None):
    """The sum, with nan counted as zero.

    >>> torch.nansum(tensor([1., float("nan"), 3.]))
    tensor(4.)
    """
    _check_flag("nansum", keepdim)
    if x.dtype.kind == "c":
        raise RuntimeError("nansum on CPU does not support complex inputs")
    x = _as(x, dtype)
    if x.dtype.kind in "biu":
        return np.add.reduce(x, axes(dim, x.ndim), np.int64 if dtype is None else x.dtype, keepdims=keepdim)
    return add_up(np.where(x == x, x, x.dtype.type(0)), axes(dim, x.ndim), keepdim)


@function
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of the elements that are not nan.

    >>> torch.nanmean(tensor([1., float("nan"), 3.]))
    tensor(2.)
    """
    _check_flag("nanmean", keepdim)
    if input.dtype.category < FLOATING:
        raise RuntimeError(
            f"nanmean(): expected input to have floating point or complex dtype but got {input.dtype.cpp_name}"
        )
    count = sum((input == input).to(input.dtype), dim, keepdim)
    return nansum(input, dim, keepdim, dtype=dtype) / count


def float_of(tensor):
    """The tensor, whole numbers made floats of the default dtype."""
    return tensor if tensor.dtype.category >= FLOATING else to_dtype(tensor, dtypes.get_default_dtype())
