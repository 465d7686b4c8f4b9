"""Order: sort, the k largest, medians, quantiles, the most frequent.

Finding values in sorted lists, and counting them, stands in `search.py`; which of several equal elements
is named, in `selection.py`.
"""

from .. import dtypes
from ..array_modules import np
from ..errors import wrong_argument
from ..tensor import Tensor, wrap
from . import selection
from .cast import c_cast, clone
from .declare import behind, function, op
from .extremes import _check_not_empty, _evenly_dx, _picked_dx
from .gather import gather
from .misc import lerp
from .pointwise import add
from .publish import MISSING
from .return_types import return_type
from .shape import flatten, unsqueeze, view, wrap_dim
from .transpose import transpose


def _with_ties(x, indices, axis: int, descending: bool):
    """The indices of a sort, with those of equal elements in the order in which PyTorch's sort leaves them."""
    rows, lead = _rows_of(x, axis)
    order = np.array(_rows_of(indices, axis)[0])
    for i, row in enumerate(rows):
        order[i] = selection.sorted_of(row, descending) or order[i]
    return np.moveaxis(order.reshape(*lead, -1), -1, axis)


def _scattered(g, x_shape, indices, dim):
    """The gradient of elements picked along `dim`, put back to where they were."""
    return _picked_dx(g, x_shape, indices, dim, True)


def _argsort(x, axis: int, descending: bool = False):
    """Indices that sort, equal elements in their order; nan counts as largest."""
    x = _ranked(x)
    if not descending:
        return np.argsort(x, axis, kind="stable")
    backwards = np.argsort(np.flip(x, axis), axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(backwards, axis)


@op(x=_scattered, outputs=("values", "indices"), result=return_type("sort", "values", "indices"),
    node_name=lambda node: f"SortBackward{0 if node.extras[2] is None else 1}")  # fmt: skip
def sort(x, dim=-1, descending=False, stable=None):
    """The elements in order along `dim`, and the index that each had; nan is largest.

    stable  keep equal elements in their order (up to 16 elements they always are)

    >>> tensor([3, 1, 2]).sort()
    torch.return_types.sort(
    values=tensor([1, 2, 3]),
    indices=tensor([1, 2, 0]))
    """
    if x.dtype.kind == "c":
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    axis = wrap_dim(dim, x.ndim)
    if x.ndim == 0:
        return x.copy(), np.int64(0)
    indices = _argsort(x, axis, descending)
    if not stable and x.shape[axis] > selection.SMALL and x.size <= selection.MOST_TO_SORT:
        indices = _with_ties(x, indices, axis, descending)
    values = clone.op.forward(x)  # for its dimensions' order in memory
    places = np.empty_like(values, np.int64)
    values[...], places[...] = np.take_along_axis(x, indices, axis), indices
    return values, places


@function
def argsort(input, dim=-1, descending=False, *, stable=False):
    """The indices that sort along `dim`.

    >>> torch.argsort(tensor([3., 1., 2.]))
    tensor([1, 2, 0])
    """
    return sort(input, dim=dim, descending=descending, stable=stable)[1]


@function
def msort(input, *, out=None):
    """The elements in order along the first dimension.

    >>> torch.msort(tensor([3., 1., 2.]))
    tensor([1., 2., 3.])
    """
    values = sort(input, 0)[0]
    return values if out is None else add(values, 0, out=out)


def _ranked(x):
    """The elements in a dtype that NumPy can sort: in bfloat16 it leaves nan where it is."""
    return x.astype(np.float32) if x.dtype.kind == "V" else x


def _rows_of(x, axis: int):
    """The lanes along `axis` as rows of a matrix, and the shape that brings results per lane back."""
    moved = np.moveaxis(_ranked(x), axis, -1)
    return moved.reshape(-1, x.shape[axis]), moved.shape[:-1]


@op(x=_scattered, outputs=("values", "indices"), result=return_type("topk", "values", "indices"), rows=True)
def topk(x, k, dim=-1, largest=True, sorted=True):
    """The `k` largest elements along `dim` (the smallest with largest=False), in order, with their indices.

    >>> tensor([1., 5., 3.]).topk(2).values
    tensor([5., 3.])
    """
    axis = wrap_dim(dim, x.ndim)
    if not 0 <= k <= (x.shape[axis] if x.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if x.dtype.kind == "b":
        raise RuntimeError("topk does not support bool dtypes on CPU")
    if x.dtype.kind == "c":
        raise RuntimeError(" topk does not support complex dtypes on CPU")
    if x.ndim == 0:
        return x.copy(), np.int64(0)
    rows, lead = _rows_of(x, axis)
    found = _argsort(rows, 1, largest)[:, :k]
    if x.size <= selection.MOST:
        for i, row in enumerate(rows):
            tied = selection.first_of(row, k, largest)
            if tied is not None:
                found[i] = np.asarray(tied)
    indices = np.moveaxis(found.reshape(*lead, k), -1, axis).astype(np.int64)
    return np.take_along_axis(x, indices, axis), indices


def _one_of_each(x, axis: int, keepdim: bool, pick):
    """For each lane along `axis` the element that `pick(lane)` names, with its index."""
    rows, lead = _rows_of(x, axis)
    found = np.array([pick(row) for row in rows], np.int64).reshape(lead)
    indices = np.expand_dims(found, axis)
    values = np.take_along_axis(x, indices, axis)
    return (values, indices) if keepdim else (np.squeeze(values, axis)[()], found[()])


@op(x=_picked_dx, outputs=("values", "indices"), result=return_type("kthvalue", "values", "indices"))
def kthvalue(x, k, dim=-1, keepdim=False):
    """The `k`-th smallest element along `dim`, counted from 1, with its index.

    >>> torch.kthvalue(tensor([3., 1., 2.]), 2)
    torch.return_types.kthvalue(
    values=tensor(2.),
    indices=tensor(2))
    """
    axis = wrap_dim(dim, x.ndim)
    if not 1 <= k <= (x.shape[axis] if x.ndim else 1):
        raise RuntimeError("kthvalue(): selected number k out of range for dimension " + str(axis))
    if x.ndim == 0:
        return x.copy(), np.int64(0)
    dtypes.refuse("kthvalue_cpu", x, "bc")

    def pick(row):
        tied = selection.kth_of(row, k - 1) if x.size <= selection.MOST else None
        return _argsort(row, 0)[k - 1] if tied is None else tied

    return _one_of_each(x, axis, keepdim, pick)


# Medians


def _median_index(row, ignore_nan: bool) -> int:
    nans = np.isnan(row) if row.dtype.kind == "f" else np.zeros(0, bool)
    if nans.any() and not ignore_nan:
        return int(nans.argmax())
    return int(_argsort(row, 0)[max(row.size - int(nans.sum()) - 1, 0) // 2])


def _median(name: str, ignore_nan: bool, doc: str):
    camel = name.capitalize()

    def of_all(x, dim=None, keepdim=False):
        flat = np.ravel(x)
        if flat.size == 0:
            return c_cast(np.asarray(np.nan), x.dtype)[()]
        dtypes.refuse("median_cpu", x, "bc")
        return flat[_median_index(_ranked(flat), ignore_nan)]

    def along(x, dim, keepdim=False):
        _check_not_empty("median", x, dim)
        axis = wrap_dim(dim, x.ndim)
        dtypes.refuse("median_out", x, "bc")
        if x.ndim == 0:
            return x.copy(), np.int64(0)
        return _one_of_each(x, axis, keepdim, lambda row: _median_index(row, ignore_nan))

    of_all.__name__, along.__name__ = f"_{name}_of_all", f"_{name}_along"
    of_all = behind(x=_evenly_dx, node_name=f"{camel}Backward0")(of_all)
    along = behind(x=_picked_dx, outputs=("values", "indices"), result=return_type(name, "values", "indices"),
                   node_name=f"{camel}Backward1")(along)  # fmt: skip

    def median(input, dim=MISSING, keepdim=False, *, out=None):
        if not isinstance(input, Tensor):
            raise wrong_argument(name, "input", 1, "Tensor", input)
        return of_all(input, out=out) if dim is MISSING else along(input, dim, keepdim, out=out)

    median.__name__ = median.__qualname__ = name
    median.__doc__, median.op = doc, along.op
    return function(median)


median = _median(
    "median",
    False,
    """The middle element, the lower of the two for an even number: of all, or along `dim`, with its index.

    >>> tensor([1., 3., 2., 4.]).median()
    tensor(2.)
    """,
)
nanmedian = _median(
    "nanmedian",
    True,
    """The median of the elements that are not nan.

    >>> torch.nanmedian(tensor([3., float("nan"), 1., 2.]))
    tensor(2.)
    """,
)


@op(x=_picked_dx, outputs=("values", "indices"), result=return_type("mode", "values", "indices"))
def mode(x, dim=-1, keepdim=False):
    """The most frequent element along `dim`, the smallest of several, with an index at which it stands.

    >>> torch.mode(tensor([1, 2, 2, 3]))
    torch.return_types.mode(
    values=tensor(2),
    indices=tensor(2))
    """
    axis = wrap_dim(dim, x.ndim)
    dtypes.refuse("mode_cpu", x, "c")
    if x.ndim == 0:
        return x.copy(), np.int64(0)
    if x.shape[axis] == 0:
        raise IndexError(f"mode(): Expected reduction dim {axis} to have non-zero size.")
    return _one_of_each(x, axis, keepdim, selection.mode_of)


# Quantiles


def _check_quantile(name: str, x, q, interpolation: str):
    if x._array.size == 0:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    if not isinstance(q, Tensor):
        if not 0 <= q <= 1:
            raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q:g}")
        return wrap(x._array.dtype.type(q))
    if q.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
    if q.dtype is not x.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    if not np.all((q._array >= 0) & (q._array <= 1)):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    return q


@behind(x=lambda g: unsqueeze(g, -1), views=True, node_name="SqueezeBackward4")
def _without_last(x):
    return x[..., 0]


def _quantile(name: str, x, q, dim, keepdim, interpolation, ignore_nan, out):
    q = _check_quantile(name, x, q, interpolation)
    shape = x._array.shape
    if dim is None:
        lanes, lead = flatten(x), (1,) * len(shape) if keepdim else ()
    else:
        dim = wrap_dim(dim, len(shape))
        lanes = x if dim == len(shape) - 1 else transpose(unsqueeze(x, -1), dim, -1)
        lead = tuple(1 if i == dim else n for i, n in enumerate(shape) if keepdim or i != dim)
    last = lanes._array.shape[-1] - 1
    ordered = view(sort(lanes, -1)[0], (*lead, last + 1))
    nans = np.isnan(ordered._array)
    if ignore_nan:
        place = q._array * np.maximum(last - nans.sum(-1, keepdims=True), 0).astype(x._array.dtype)
    else:
        place = np.where(nans.any(-1, keepdims=True), last, q._array * x._array.dtype.type(last))
    place = np.asarray(place, x._array.dtype)
    if interpolation in ("lower", "higher", "nearest"):
        place = {"lower": np.floor, "higher": np.ceil, "nearest": np.rint}[interpolation](place)
    below = place.astype(np.int64)
    result = gather(ordered, -1, wrap(below))
    if interpolation in ("linear", "midpoint"):
        weight = np.full_like(place, 0.5) if interpolation == "midpoint" else place - below.astype(place.dtype)
        above = gather(ordered, -1, wrap(np.ceil(place).astype(np.int64)))
        result = lerp(result, above, wrap(weight))
    result = _without_last(result if q.ndim == 0 else transpose(unsqueeze(result, 0), 0, -1))
    return result if out is None else add(result, 0, out=out)


@function
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear", out=None):
    """The value below which the share `q` of the elements lies, of all or along `dim`.

    q  a number between 0 and 1, or several as a vector; the result then has them as its first dimension

    >>> tensor([1., 2., 3., 4.]).quantile(0.5)
    tensor(2.5000)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False, out)


@function
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear", out=None):
    """The quantile of the elements that are not nan.

    >>> torch.nanquantile(tensor([1., float("nan"), 3.]), 0.5)
    tensor(2.)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True, out)
