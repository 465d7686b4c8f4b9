"""Running totals along a dimension: cumsum, cumprod, cummax, logcumsumexp.

The reductions that give only the last of these numbers stand in `reduce.py` and `extremes.py`.
"""

from itertools import accumulate

from .. import dtypes
from ..array_modules import np
from ..errors import not_implemented
from ..tape import mode
from ..tensor import wrap
from .declare import FUNCTIONS, op
from .exponential import add_exp
from .inplace import in_place
from .reduce import _as, prod, sum
from .return_types import return_type
from .shape import wrap_dim


@op(x=lambda g, dim: _reversed_cumsum(g, dim), inplace=True, rows=True)
def cumsum(x, dim, dtype=None):
    """The running sum along a dimension.

    >>> tensor([1, 2, 3, 4]).cumsum(dim=0)
    tensor([ 1,  3,  6, 10])
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


def _past_zeros(g, x, out, axis: int):
    """The derivative of running products some of whose factors are 0, as arrays and in one go.

    Before the first zero it is as without one; the first zero has what the factors up to the second one make of it;
    behind it there is none.
    """

    def total(numbers):
        return np.flip(np.cumsum(np.flip(numbers, axis), axis, x.dtype), axis)

    with np.errstate(all="ignore"):
        zeros = np.cumsum(x == 0, axis)
        before = total(np.where(zeros == 0, g * out, 0)) / x
        first = (zeros == 1) & (x == 0)
        inside = np.cumprod(np.where((zeros == 1) & ~first, x, 1), axis, x.dtype)
        met = np.sum(inside * np.where(zeros == 1, g, 0), axis, x.dtype, keepdims=True)
        ahead = np.cumprod(np.where(zeros == 0, x, 1), axis, x.dtype)  # at the first zero: all that stands before it
        return np.where(zeros == 0, before, np.where(first, met * ahead, 0)).astype(x.dtype)


def _cumprod_dx(g, x, out, dim):
    """Where no element is zero, d/dx_k of the products is their reversed running sum over x_k; else one by one."""
    dim = wrap_dim(dim, x.ndim)
    if x._array.size <= 1 or x._array.shape[dim] == 1:
        return g
    if np.all(x._array != 0):
        return _reversed_cumsum(g * out, dim) / x
    if not mode.enabled:
        return wrap(_past_zeros(g._array, x._array, out._array, dim))
    shares = []
    for k in range(x._array.shape[dim]):
        before = prod(x.narrow(dim, 0, k), dim, True)
        after = x.narrow(dim, k, x._array.shape[dim] - k)
        ones = FUNCTIONS["ones_like"](after.narrow(dim, 0, 1))
        rest = FUNCTIONS["cat"]([ones, after.narrow(dim, 1, after._array.shape[dim] - 1)], dim)
        shares.append(sum(g.narrow(dim, k, x._array.shape[dim] - k) * before * cumprod(rest, dim), dim, True))
    return FUNCTIONS["cat"](shares, dim)


@op(x=_cumprod_dx, inplace=True, rows=True)
def cumprod(x, dim, dtype=None):
    """The running product along a dimension.

    >>> tensor([1, 2, 3, 4]).cumprod(dim=0)
    tensor([ 1,  2,  6, 24])
    """
    x = _as(x, dtype)
    axis = wrap_dim(dim, x.ndim)
    if x.ndim == 0:
        return x.astype(np.int64) if x.dtype.kind in "biu" else x.copy()
    return np.cumprod(x, axis, np.int64 if x.dtype.kind in "biu" and dtype is None else x.dtype)


def _running_extreme(name: str, ufunc, doc: str):
    def body(x, dim):
        if x.ndim == 0:
            if dim not in (0, -1):
                raise IndexError(f"{name}(): Expected reduction dim -1 or 0 for scalar but got {dim}")
            return np.array(x), np.int64(0)
        if not x.size:  # PyTorch looks at no dimension then
            return x.copy(), np.zeros(x.shape, np.int64)
        dtypes.refuse(f"{name}_cpu", x, "c")
        axis = wrap_dim(dim, x.ndim)
        values = ufunc.accumulate(x, axis)
        positions = np.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
        here = np.where((x == values) | ((x != x) & (values != values)), positions, 0)
        return values, np.maximum.accumulate(here, axis).astype(np.int64)

    body.__name__, body.__doc__ = name, doc
    return op(x=_running_dx, outputs=("values", "indices"), result=return_type(name, "values", "indices"),
              rows=True)(body)  # fmt: skip


def _running_dx(g, x, indices, dim):  # names x, of which the shape would do, as PyTorch does: it tells of writes to it
    if not x._array.shape:
        return g
    zeros = FUNCTIONS["zeros"](x._array.shape, dtype=g.dtype, device=g.device)
    return FUNCTIONS["scatter_add"](zeros, dim, indices, g)


cummax = _running_extreme(
    "cummax",
    np.maximum,
    """The running maximum along a dimension, and where it stands.

    >>> torch.cummax(tensor([1, 3, 2]), dim=0)
    torch.return_types.cummax(
    values=tensor([1, 3, 3]),
    indices=tensor([0, 1, 1]))
    """,
)
cummin = _running_extreme(
    "cummin",
    np.minimum,
    """The running minimum along a dimension, and where it stands.

    >>> torch.cummin(tensor([3, 1, 2]), dim=0)
    torch.return_types.cummin(
    values=tensor([3, 1, 1]),
    indices=tensor([0, 1, 1]))
    """,
)


@op(x=lambda g, x, out, dim: _logcumsumexp_dx(g, x, out, dim), rows=True)
def logcumsumexp(x, dim):
    """The running `logsumexp` along a dimension.

    >>> torch.logcumsumexp(tensor([0., 0., 0.]), dim=0)
    tensor([0.0000, 0.6931, 1.0986])
    """
    dtypes.refuse("logcumsumexp_out_cpu", x, "biu")
    axis = wrap_dim(dim, x.ndim)
    if x.ndim and x.dtype.kind == "c":
        totals = list(accumulate(np.moveaxis(x, axis, 0), add_exp))
        return np.stack(totals, axis) if totals else x.copy()
    return np.logaddexp.accumulate(x, axis) if x.ndim else x.copy()


def _logcumsumexp_dx(g, x, out, dim):
    exp = FUNCTIONS["exp"]
    return _reversed_cumsum(g * exp(-out), dim) * exp(x)


def _running_in_bool(name: str, function):
    """The function as its in-place twin uses it: of truth values PyTorch has one where there is nothing to add up."""

    def running(input, dim, dtype=None):
        found = function(input, dim, dtype)
        if input._array.dtype.kind != "b" or dtype is not None:
            return found
        if input._array.ndim and input._array.size:
            raise not_implemented(f"{name}_out_cpu", "Bool")
        return found.bool()

    return running


in_place("cumsum", _running_in_bool("cumsum", cumsum))
in_place("cumprod", _running_in_bool("cumprod", cumprod))
