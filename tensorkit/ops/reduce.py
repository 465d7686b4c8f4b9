"""Reductions: many elements to one, over all dimensions or some — sum, mean, max, std, norm and their like.

Sorting, and picking elements by their order, stand in `sort.py`.
"""

import math

import numpy as np

from .. import dtypes
from ..dtypes import FLOATING
from ..errors import brackets, hint, not_implemented
from ..tensor import Tensor, wrap
from .cast import to_dtype
from .compare import maximum, minimum
from .declare import FUNCTIONS, function, op, write_out
from .publish import MISSING
from .shape import expand, reshape, unsqueeze, wrap_dim, wrap_dims


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
        dims = wrap_dims(dim if isinstance(dim, (tuple, list)) else (dim,), len(x_shape))
        for each in sorted(dims):
            g = unsqueeze(g, each)
    return expand(g, x_shape)


def restore(value, x_shape: tuple, dim, keepdim: bool):
    """The result of a reduction, with its reduced dimensions back as size 1, to be compared with what went in."""
    if keepdim or dim is None or not x_shape:
        return value
    for each in sorted(wrap_dims(dim if isinstance(dim, (tuple, list)) else (dim,), len(x_shape))):
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
    exact = x.dtype.kind in "fV" and x.dtype.itemsize <= 4 and x.size <= 65536
    total = np.add.reduce(x, axis, np.float64 if exact else None, keepdims=keepdims)
    if divisor is not None:
        total = np.true_divide(total, divisor, dtype=total.dtype)
    return total.astype(x.dtype) if exact else total


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


def _refuse_complex(kernel: str, x) -> None:
    if x.dtype.kind == "c":
        raise not_implemented(kernel, dtypes.from_numpy(x.dtype).cpp_name)


def _as(x, dtype):
    return x if dtype is None else x.astype(dtypes.numpy_dtype(dtypes.as_dtype(dtype)))


@op(x=lambda g, x_shape, dim, keepdim: spread(g, x_shape, dim, keepdim), node_name=_numbered("Sum"))
def sum(x, dim=None, keepdim=False, dtype=None):
    """The sum of the elements, of all of them or along `dim`.

    dim      a dimension, or several
    keepdim  keep the dimensions that were summed, with size 1

    Whole numbers and truth values give int64.

    >>> tensor([[1., 2.], [3., 4.]]).sum(dim=0)
    tensor([4., 6.])

    Source: https://pytorch.org/docs/stable/generated/torch.sum.html
    """
    x = _as(x, dtype)
    _check_flag("sum", keepdim)
    axis = axes(dim, x.ndim)
    if x.dtype.kind in "biu":
        return np.add.reduce(x, axis, np.int64 if dtype is None else x.dtype, keepdims=keepdim)
    return add_up(x, axis, keepdim)


def _mean_dx(g, x_shape, dim, keepdim):
    return spread(g, x_shape, dim, keepdim) / counted(x_shape, dim)


@op(x=_mean_dx, node_name=_numbered("Mean"))
def mean(x, dim=None, keepdim=False, dtype=None):
    """The mean of the elements, of all of them or along `dim`.

    >>> tensor([1., 2., 6.]).mean()
    tensor(3.)

    Raises RuntimeError for whole numbers, whose mean need not be one.

    Source: https://pytorch.org/docs/stable/generated/torch.mean.html
    """
    x = _as(x, dtype)
    if x.dtype.kind in "biu":
        kind = dtypes.from_numpy(x.dtype).cpp_name
        raise hint(
            RuntimeError(
                f"mean(): could not infer output dtype. {'Input' if dtype is None else 'Optional'} dtype must be "
                "either a "
                f"floating point or complex dtype. Got: {kind}"
            ),
            "a mean of whole numbers need not be whole: make them floats first, with .float() or dtype=torch.float32.",
        )
    _check_flag("mean", keepdim)
    axis = axes(dim, x.ndim)
    return add_up(x, axis, keepdim, counted(x.shape, dim))


def _prod_dx(g, x, out, dim, keepdim):
    """The product of all the others, found without dividing, so that zeros do no harm."""
    shape = x._array.shape
    if not shape:
        return g
    if dim is None:
        flat = reshape(x, -1)
        return reshape(g * _products_of_others(flat, 0), shape)
    dim = wrap_dim(dim, len(shape))
    return spread(g, shape, dim, keepdim) * _products_of_others(x, dim)


def _products_of_others(x, dim: int):
    """For each element the product of all others along `dim`: those before it times those after it."""
    one = FUNCTIONS["ones_like"](x.narrow(dim, 0, 1))
    length = x._array.shape[dim]
    if length == 0:
        return x
    cat, flip = FUNCTIONS["cat"], FUNCTIONS["flip"]
    before = cumprod(cat([one, x.narrow(dim, 0, length - 1)], dim), dim)
    after = flip(cumprod(cat([one, flip(x, (dim,)).narrow(dim, 0, length - 1)], dim), dim), (dim,))
    return before * after


@op(x=_prod_dx, node_name=_numbered("Prod"))
def prod(x, dim=None, keepdim=False, dtype=None):
    """The product of the elements, of all of them or along `dim`."""
    x = _as(x, dtype)
    if x.dtype.kind in "biu" and dtype is None:
        return np.multiply.reduce(x, axes(dim, x.ndim), np.int64, keepdims=keepdim)
    return np.multiply.reduce(x, axes(dim, x.ndim), keepdims=keepdim)


# Spread around the mean


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
            "(input numel "
            "divided by output numel).",
            stacklevel=5,
        )
        center = add_up(x.astype(work), axis, True, count) if x.size else 0
        squares = np.sum(np.abs(x - center) ** 2, axis, keepdims=keepdim)
        return np.where(squares == 0, np.nan, np.inf) if count != correction else squares / np.float64(0)
    x = x.astype(work)
    away = x - np.add.reduce(x, axis, keepdims=True) / count
    return np.add.reduce((away * away.conj()).real, axis, keepdims=keepdim) / (count - correction)


def _both_dx(of_spread):
    def rule(g, x, spread, dim, keepdim, correction):
        shares = [] if g[0] is None else [of_spread(g[0], x, spread, dim, keepdim, correction)]
        return add_all(shares + [_mean_dx(each, x._array.shape, dim, keepdim) for each in g[1:]])

    return rule


def add_all(tensors: list):
    """The sum of one or two tensors."""
    return tensors[0] if len(tensors) == 1 else tensors[0] + tensors[1]


@op(x=_var_dx, function=False, method=False)
def _var(x, dim, keepdim, correction):
    return np.asarray(_variance(x, dim, keepdim, correction, "var")).astype(x.real.dtype)[()]


@op(x=_std_dx, function=False, method=False)
def _std(x, dim, keepdim, correction):
    return np.sqrt(np.asarray(_variance(x, dim, keepdim, correction, "std"))).astype(x.real.dtype)[()]


@op(
    x=_both_dx(lambda g, x, spread, *rest: _var_dx(g, x, *rest)),
    outputs=("spread", "mean"),
    function=False,
    method=False,
)
def _var_mean(x, dim, keepdim, correction):
    found = np.asarray(_variance(x, dim, keepdim, correction, "var_mean")).astype(x.real.dtype)[()]
    return found, add_up(x, axes(dim, x.ndim), keepdim, counted(x.shape, dim))


@op(x=_both_dx(_std_dx), outputs=("spread", "mean"), function=False, method=False)
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

    Source: https://pytorch.org/docs/stable/generated/torch.var.html
    """
    dim, correction = _spread_arguments("var", axis if dim is None else dim, unbiased, correction)
    return _var(input, dim, keepdim, correction, out=out)


@function
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None, axis=None, out=None):
    """The standard deviation: the square root of the variance.

    >>> tensor([1., 2., 3.]).std()
    tensor(1.)

    Source: https://pytorch.org/docs/stable/generated/torch.std.html
    """
    dim, correction = _spread_arguments("std", axis if dim is None else dim, unbiased, correction)
    return _std(input, dim, keepdim, correction, out=out)


@function(method=False)
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance and the mean."""
    dim, correction = _spread_arguments("var_mean", dim, unbiased, correction)
    return _var_mean(input, dim, keepdim, correction)


@function(method=False)
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation and the mean."""
    dim, correction = _spread_arguments("std_mean", dim, unbiased, correction)
    return _std_mean(input, dim, keepdim, correction)


# Largest and smallest


class _Named(tuple):
    """A result of several tensors with names, printed as PyTorch's `torch.return_types`."""

    __slots__ = ()
    _fields: tuple = ()

    def __new__(cls, *values):
        return tuple.__new__(cls, values[0] if len(values) == 1 and isinstance(values[0], (tuple, list)) else values)

    def __repr__(self) -> str:
        inside = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{inside})"


def return_type(name: str, *fields: str) -> type:
    """The type of a named result: `return_type('max', 'values', 'indices')`."""
    members = {field: property(lambda self, i=i: self[i]) for i, field in enumerate(fields)}
    return type(name, (_Named,), {"__slots__": (), "_fields": fields, **members})


def _picked_dx(g, x_shape, indices, dim, keepdim):
    """The gradient of picking one element along `dim`: all of it to the one that was picked."""
    if not x_shape:
        return g
    dim = wrap_dim(dim, len(x_shape))
    if not keepdim:
        g, indices = unsqueeze(g, dim), unsqueeze(indices, dim)
    zeros = FUNCTIONS["zeros"](x_shape, dtype=g.dtype)
    return FUNCTIONS["scatter"](zeros, dim, indices, g)


def _check_not_empty(name: str, x, dim) -> None:
    if x.ndim and x.shape[wrap_dim(dim, x.ndim)] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {wrap_dim(dim, x.ndim)} to have non-zero size.")


def _check_some(name: str, x, dim) -> None:
    """Raise PyTorch's error for an extreme of nothing: over all of an empty tensor, or along an empty dimension."""
    if x.size:
        return
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
            "with the "
            "'dim' argument."
        )
    for each in dim if isinstance(dim, (tuple, list)) else (dim,):
        _check_not_empty(name, x, each)


def _extreme_along(name: str, pick):
    def body(x, dim, keepdim=False):
        _check_not_empty(name, x, dim)
        if x.ndim == 0:
            wrap_dim(dim, 0)
            return np.array(x), np.int64(0)
        axis = wrap_dim(dim, x.ndim)
        indices = pick(x, axis=axis, keepdims=True)
        values = np.take_along_axis(x, indices, axis)
        if keepdim:
            return values, indices
        return np.squeeze(values, axis)[()], np.squeeze(indices, axis)[()]

    body.__name__ = name
    return op(x=_picked_dx, outputs=("values", "indices"), result=return_type(name, "values", "indices"),
              node_name=f"{name.capitalize()}Backward0", function=False, method=False)(body)  # fmt: skip


def _shared_dx(g, x, out, dim, keepdim):
    """Elements that tie for the extreme share the gradient equally."""
    shape = x._array.shape
    ties = (x == restore(out, shape, dim, keepdim)).logical_or((x != x).logical_and(
        restore(out != out, shape, dim, keepdim))).to(g.dtype)  # fmt: skip
    share = ties / sum(ties, dim, True) if dim is not None else ties / sum(ties)
    return spread(g, shape, dim, keepdim) * share


def _extreme_of_all(name: str, reduce_):
    def body(x, dim=None, keepdim=False):
        _check_some(name, x, None)
        _refuse_complex(f"{name}_all", x)
        return reduce_(x)

    body.__name__ = name
    return op(x=_shared_dx, node_name=f"{name.capitalize()}Backward1", function=False, method=False)(body)


_max_along, _min_along = _extreme_along("max", np.argmax), _extreme_along("min", np.argmin)
_max_of_all, _min_of_all = _extreme_of_all("max", np.max), _extreme_of_all("min", np.min)


def _extreme(name: str, along, of_all, of_two, doc: str):
    def extreme(input, dim=MISSING, keepdim=False, *, other=None, out=None):
        if other is not None or isinstance(dim, Tensor):
            return of_two(input, dim if other is None else other, out=out)
        if dim is MISSING:
            return of_all(input, out=out)
        _check_flag(name, keepdim)
        return along(input, dim, keepdim, out=out)

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = doc
    extreme.op = along.op
    return function(extreme)


max = _extreme(
    "max",
    _max_along,
    _max_of_all,
    maximum,
    """The largest element: of all (ties share the gradient); along `dim`, with its index; or of two tensors.

    >>> tensor([1., 3., 2.]).max()
    tensor(3.)
    >>> tensor([1., 3., 2.]).max(dim=0)
    torch.return_types.max(
    values=tensor(3.),
    indices=tensor(1))

    Source: https://pytorch.org/docs/stable/generated/torch.max.html
    """,
)
min = _extreme(
    "min",
    _min_along,
    _min_of_all,
    minimum,
    """The smallest element: of all (ties share the gradient); along `dim`, with its index; or of two tensors.

    Source: https://pytorch.org/docs/stable/generated/torch.min.html
    """,
)


@op(x=_shared_dx)
def amax(x, dim=(), keepdim=False):
    """The largest element, of all or along `dim`; ties share the gradient."""
    _check_flag("amax", keepdim)
    _refuse_complex("max_values_cpu", x)
    _check_some("amax", x, dim)
    return np.max(x, axes(dim, x.ndim), keepdims=keepdim)


@op(x=_shared_dx)
def amin(x, dim=(), keepdim=False):
    """The smallest element, of all or along `dim`; ties share the gradient."""
    _check_flag("amin", keepdim)
    _refuse_complex("min_values_cpu", x)
    _check_some("amin", x, dim)
    return np.min(x, axes(dim, x.ndim), keepdims=keepdim)


def _aminmax_dx(g, x, min, max, dim, keepdim):
    shares = [
        _shared_dx(each, x, found, dim, keepdim) for each, found in zip(g, (min, max), strict=False) if each is not None
    ]
    return add_all(shares)


@op(x=_aminmax_dx, outputs=("min", "max"), result=return_type("aminmax", "min", "max"), name="aminmax", function=False,
    method=False)  # fmt: skip
def _aminmax(x, dim, keepdim):
    _refuse_complex("aminmax_cpu", x)
    if not x.size and (dim is None or x.shape[wrap_dim(dim, x.ndim)] == 0):
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    axis = axes(dim, x.ndim)
    return np.min(x, axis, keepdims=keepdim), np.max(x, axis, keepdims=keepdim)


@function
def aminmax(input, *, dim=None, keepdim=False, out=None):
    """The smallest and the largest element."""
    return _aminmax(input, dim, keepdim, out=out)


def _arg(name: str, pick):
    @function(name=name)
    def arg(input, dim=None, keepdim=False, *, out=None):
        array = input._array
        if array.dtype.kind == "b":
            raise RuntimeError(f"{name}(): does not support bool input")
        if array.dtype.kind == "c":
            raise RuntimeError(f"{name}(): does not support complex input")
        if dim is None:
            if array.size == 0:
                raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
            found = pick(array)
            result = wrap(np.full((1,) * array.ndim, found) if keepdim else np.int64(found))
        else:
            _check_not_empty(name, array, dim)
            axis = wrap_dim(dim, array.ndim)
            result = wrap(pick(array, axis=axis, keepdims=keepdim) if array.ndim else np.int64(0))
        return result if out is None else write_out(result, out)

    arg.__name__ = arg.__qualname__ = name
    arg.__doc__ = (
        f"The index of the {'largest' if name == 'argmax' else 'smallest'} element (the first, if several tie)."
    )
    return arg


argmax, argmin = _arg("argmax", np.argmax), _arg("argmin", np.argmin)


# Truth


@op(x=None)
def all(x, dim=None, keepdim=False):
    """Whether all elements are true (not zero)."""
    return _truth("all", np.all, x, dim, keepdim)


@op(x=None)
def any(x, dim=None, keepdim=False):
    """Whether any element is true (not zero)."""
    return _truth("any", np.any, x, dim, keepdim)


@op(x=None, gather="dim")
def count_nonzero(x, dim=None):
    """How many elements are not zero."""
    return np.asarray(np.count_nonzero(x, axes(dim, x.ndim)), np.int64)[()]


# Running totals


@op(x=lambda g, dim: _reversed_cumsum(g, dim), inplace=True)
def cumsum(x, dim, dtype=None):
    """The running sum along a dimension.

    Source: https://pytorch.org/docs/stable/generated/torch.cumsum.html
    """
    x = _as(x, dtype)
    axis = wrap_dim(dim, x.ndim)
    if x.ndim == 0:
        return x.astype(np.int64) if x.dtype.kind in "biu" else x.copy()
    if x.dtype.kind in "biu":
        return np.cumsum(x, axis, np.int64 if dtype is None else x.dtype)
    return np.cumsum(x, axis, np.float64).astype(x.dtype) if x.dtype.kind in "fV" else np.cumsum(x, axis)


def _reversed_cumsum(g, dim):
    flip = FUNCTIONS["flip"]
    return g if g.ndim == 0 else flip(cumsum(flip(g, (dim,)), dim), (dim,))


def _cumprod_dx(g, x, out, dim):
    """Where no element is zero, d/dx_k of the products is their reversed running sum over x_k; else one by one."""
    if x.ndim == 0:
        return g
    if np.all(x._array != 0):
        return _reversed_cumsum(g * out, dim) / x
    dim = wrap_dim(dim, x.ndim)
    shares = []
    for k in range(x._array.shape[dim]):
        before = prod(x.narrow(dim, 0, k), dim, True)
        after = x.narrow(dim, k, x._array.shape[dim] - k)
        ones = FUNCTIONS["ones_like"](after.narrow(dim, 0, 1))
        rest = FUNCTIONS["cat"]([ones, after.narrow(dim, 1, after._array.shape[dim] - 1)], dim)
        shares.append(sum(g.narrow(dim, k, x._array.shape[dim] - k) * before * cumprod(rest, dim), dim, True))
    return FUNCTIONS["cat"](shares, dim)


@op(x=_cumprod_dx, inplace=True)
def cumprod(x, dim, dtype=None):
    """The running product along a dimension."""
    x = _as(x, dtype)
    axis = wrap_dim(dim, x.ndim)
    if x.ndim == 0:
        return x.astype(np.int64) if x.dtype.kind in "biu" else x.copy()
    return np.cumprod(x, axis, np.int64 if x.dtype.kind in "biu" and dtype is None else x.dtype)


def _running_extreme(name: str, ufunc):
    def body(x, dim):
        if x.ndim == 0:
            if dim not in (0, -1):
                raise IndexError(f"{name}(): Expected reduction dim -1 or 0 for scalar but got {dim}")
            return np.array(x), np.int64(0)
        axis = wrap_dim(dim, x.ndim)
        values = ufunc.accumulate(x, axis)
        positions = np.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
        here = np.where((x == values) | ((x != x) & (values != values)), positions, 0)
        return values, np.maximum.accumulate(here, axis).astype(np.int64)

    body.__name__ = name
    body.__doc__ = f"The running {'maximum' if name == 'cummax' else 'minimum'} along a dimension, and where it stands."
    return op(x=_running_dx, outputs=("values", "indices"), result=return_type(name, "values", "indices"))(body)


def _running_dx(g, x_shape, indices, dim):
    if not x_shape:
        return g
    zeros = FUNCTIONS["zeros"](x_shape, dtype=g.dtype)
    return FUNCTIONS["scatter_add"](zeros, dim, indices, g)


cummax, cummin = _running_extreme("cummax", np.maximum), _running_extreme("cummin", np.minimum)


# Logarithms of sums


def _logsumexp_dx(g, x, out, dim, keepdim):
    shape = x._array.shape
    total = restore(out, shape, dim, keepdim)
    return spread(g, shape, dim, keepdim) * FUNCTIONS["exp"](x - total)


@op(x=_logsumexp_dx)
def logsumexp(x, dim, keepdim=False):
    """The logarithm of the sum of the exponentials along `dim`, without overflow on the way."""
    _check_flag("logsumexp", keepdim)
    if x.dtype.kind in "biu":
        x = x.astype(dtypes.get_default_dtype().numpy)
    if isinstance(dim, (tuple, list)) and not dim and x.ndim:
        raise RuntimeError(f"output with shape [] doesn't match the broadcast shape {brackets((1,) * x.ndim)}")
    axis = axes(dim, x.ndim)
    top = np.max(x.real, axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0).astype(x.dtype)
    total = np.log(add_up(np.exp(x - top), axis, True)) + top
    if total.dtype.kind == "c":  # the logarithm with its imaginary part in [-pi, pi]
        total = (total.real + 1j * np.angle(np.exp(1j * total.imag))).astype(x.dtype)
    return total if keepdim else np.squeeze(total, axis)[()]


@op(x=lambda g, x, out, dim: _logcumsumexp_dx(g, x, out, dim))
def logcumsumexp(x, dim):
    """The running `logsumexp` along a dimension."""
    if x.dtype.kind in "biu":
        raise not_implemented("logcumsumexp_out_cpu", dtypes.from_numpy(x.dtype).cpp_name)
    return np.logaddexp.accumulate(x, wrap_dim(dim, x.ndim)) if x.ndim else x.copy()


def _logcumsumexp_dx(g, x, out, dim):
    exp = FUNCTIONS["exp"]
    return _reversed_cumsum(g * exp(-out), dim) * exp(x)


# Without nan


@op(x=lambda g, x, dim, keepdim: spread(g, x._array.shape, dim, keepdim) * (x == x).to(g.dtype))
def nansum(x, dim=None, keepdim=False, dtype=None):
    """The sum, with nan counted as zero."""
    _check_flag("nansum", keepdim)
    if x.dtype.kind == "c":
        raise RuntimeError("nansum on CPU does not support complex inputs")
    x = _as(x, dtype)
    if x.dtype.kind in "biu":
        return np.add.reduce(x, axes(dim, x.ndim), np.int64 if dtype is None else x.dtype, keepdims=keepdim)
    return add_up(np.where(x == x, x, x.dtype.type(0)), axes(dim, x.ndim), keepdim)


@function
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of the elements that are not nan."""
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
