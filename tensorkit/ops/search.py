"""Distinct values, places in sorted lists, and counts: unique, searchsorted, bincount, histc."""

from .. import dtypes
from ..array_modules import np
from ..errors import brackets, kind, wrong_argument
from ..tensor import Tensor, wrap
from .declare import behind, function, write_out
from .pointwise import not_differentiable
from .promote import is_number
from .return_types import return_type
from .shape import wrap_dim


@behind(x=not_differentiable("_unique2"), node_name="Unique2Backward0")
def _distinct(x, values):
    return values


@behind(x=not_differentiable("unique_dim"), node_name="UniqueDimBackward0")
def _distinct_slices(x, values):
    return values


@behind(x=not_differentiable("unique_consecutive"), node_name="UniqueConsecutiveBackward0")
def _distinct_runs(x, values):
    return values


def _chosen(values, inverse, counts, return_inverse: bool, return_counts: bool):
    """The results that were asked for: a tensor alone, or a tuple."""
    if not return_inverse and not return_counts:
        return values
    more = [wrap(np.asarray(each, np.int64)) for each, wanted in
            ((inverse, return_inverse), (counts, return_counts)) if wanted]  # fmt: skip
    return (values, *more)


@function(name="unique")
def _return_output(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The distinct elements in order, or the distinct slices along `dim`.

    return_inverse  also, for each element, where it stands among them
    return_counts   also, how often each occurs

    >>> tensor([3, 1, 3]).unique(return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("_unique2", "input", 1, "Tensor", input)
    for name, given in (("sorted", sorted), ("return_inverse", return_inverse), ("return_counts", return_counts)):
        if not isinstance(given, bool):
            inner = "_unique2" if dim is None else "unique_dim"
            raise TypeError(f"{inner}(): argument '{name}' must be bool, not {kind(given)}")
    x = input._array
    if dim is None:
        comparable = x.astype(np.float32) if x.dtype.kind == "V" else x  # bfloat16 does not put nan last by itself
        found, inverse, counts = np.unique(comparable, return_inverse=True, return_counts=True, equal_nan=False)
        found = found.astype(x.dtype, copy=False)
        return _chosen(_distinct(input, found), inverse.reshape(x.shape), counts, return_inverse, return_counts)
    axis = wrap_dim(dim, x.ndim)
    if x.shape[axis] == 0:
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    if x.shape[axis] <= 16 and (x != x).any():
        found, inverse, counts = _unique_with_nan(x, axis)
    else:
        found, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=axis)
    return _chosen(_distinct_slices(input, found), inverse.reshape(-1), counts, return_inverse, return_counts)


def _unique_with_nan(x, axis: int):
    """`np.unique` along a dimension as PyTorch sorts: it finds nan neither smaller nor larger than anything, and puts
    each of up to 16 slices behind the last one that it does not find larger."""
    lanes = np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
    rows, order = lanes.tolist(), []
    for i, row in enumerate(rows):
        place = 0 if order and _smaller(row, rows[order[0]]) else len(order)
        while place and _smaller(row, rows[order[place - 1]]):
            place -= 1
        order.insert(place, i)
    starts = np.ones(len(order), np.bool_)
    starts[1:] = (lanes[order[1:]] != lanes[order[:-1]]).any(1)
    inverse = np.empty(len(order), np.int64)
    inverse[order] = np.cumsum(starts) - 1
    return np.take(x, np.array(order)[starts], axis), inverse, np.bincount(inverse)


def _smaller(one: list, other: list) -> bool:
    return next((a < b for a, b in zip(one, other, strict=True) if a < b or a > b), False)


@function
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """The elements (or slices along `dim`) without the ones that equal the one before them.

    >>> torch.unique_consecutive(tensor([1, 1, 2, 2, 1]))
    tensor([1, 2, 1])
    """
    x = input._array
    axis = 0 if dim is None else wrap_dim(dim, x.ndim)
    lanes = np.ravel(x)[:, None] if dim is None else np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
    starts = np.ones(len(lanes), bool)
    starts[1:] = (lanes[1:] != lanes[:-1]).any(1)
    first = np.flatnonzero(starts)
    inverse = np.cumsum(starts) - 1
    counts = np.diff(np.append(first, len(lanes)))
    found = np.ravel(x)[first] if dim is None else np.take(x, first, axis)
    inverse = inverse.reshape(x.shape) if dim is None else inverse
    return _chosen(_distinct_runs(input, found), inverse, counts, return_inverse, return_counts)


# Places in sorted lists


def _places(edges, values, right: bool, out_int32: bool):
    for each in (edges, values):
        dtypes.refuse("searchsorted_out_cpu", each, "c")
    side = "right" if right else "left"
    if edges.ndim == 1:
        found = np.searchsorted(edges, values, side)
    else:
        rows, wanted = edges.reshape(-1, edges.shape[-1]), values.reshape(-1, values.shape[-1])
        found = [np.searchsorted(row, each, side) for row, each in zip(rows, wanted, strict=True)]
        found = np.array(found, np.int64).reshape(values.shape)
    return wrap(np.asarray(found, np.int32 if out_int32 else np.int64)[()])


@function(method=False)
def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None, out=None):
    """Where each value would have to be put into a sorted list to keep it sorted; `right`: after equal ones.

    >>> torch.searchsorted(tensor([1, 3, 5]), tensor([0, 3, 9]))
    tensor([0, 1, 3])
    """
    edges = sorted_sequence._array
    values = input._array if isinstance(input, Tensor) else np.asarray(input)
    if edges.ndim != 1 and (edges.ndim != values.ndim or edges.shape[:-1] != values.shape[:-1]):
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            f"tensor and input value tensor must match, but we got boundaries tensor {brackets(edges.shape)} and "
            f"input value tensor {brackets(values.shape)}"
        )
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if sorter is not None:
        edges = np.take_along_axis(edges, sorter._array, -1)
    result = _places(edges, values, right or side == "right", out_int32)
    return result if out is None else write_out(result, out)


@function(method=False)
def bucketize(input, boundaries, *, out_int32=False, right=False, out=None):
    """The number of the interval between sorted `boundaries` in which each value lies.

    >>> torch.bucketize(tensor([0.5, 2.5]), tensor([1., 2., 3.]))
    tensor([0, 2])
    """
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    values = np.asarray(input) if is_number(input) else input._array
    result = _places(boundaries._array, values, right, out_int32)
    return result if out is None else write_out(result, out)


# Counts


@function
def bincount(input, weights=None, minlength=0):
    """How often each whole number from 0 on occurs, or the sum of the weights at its places.

    >>> torch.bincount(tensor([1, 1, 3]))
    tensor([0, 2, 0, 1])
    """
    x = input._array
    dtypes.refuse("bincount_cpu", x, "bfcV")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if x.ndim != 1 or (x.size and x.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return wrap(np.bincount(x, minlength=minlength).astype(np.int64, copy=False))
    if weights._array.shape != x.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    counts = np.bincount(x, weights._array.astype(np.float64), minlength)
    return wrap(counts.astype(np.float32 if weights.dtype is dtypes.float32 else np.float64, copy=False))


def _range(x, low, high, name: str):
    """The interval that is divided: as given, or from the smallest to the largest, widened if these are equal."""
    if high < low:
        raise RuntimeError(f"{name}: max must be larger than min")
    if low == high and x.size:
        low, high = x.min().item(), x.max().item()
    if not (np.isfinite(low) and np.isfinite(high)):
        low, high = ("-nan" if np.isnan(each) else f"{each:g}" for each in (low, high))
        raise RuntimeError(f"{name}: range of [{low}, {high}] is not finite")
    return (low - 1, high + 1) if low == high else (low, high)


def _into_intervals(x, bins, ends, name: str) -> tuple:
    """The edges of the intervals (`bins` are these, or how many there are), in which each element lies, and whether it
    lies in any."""
    if isinstance(bins, Tensor):
        edges = bins._array
    else:
        edges = np.linspace(*_range(x, *ends, name), bins + 1, dtype=x.dtype)
    place = np.searchsorted(edges, x, "right") - 1
    place = np.where(x == edges[-1], len(edges) - 2, place)
    return edges, place, (place >= 0) & (place < len(edges) - 1)


def _check_bins(x, bins) -> None:
    dtypes.refuse("histogram_cpu", x, "biucV")
    if is_number(bins) and bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")


@function
def histc(input, bins=100, min=0, max=0, *, out=None):
    """How many elements lie in each of `bins` equal intervals from `min` to `max` (both 0: of the data).

    >>> torch.histc(tensor([1., 2., 1.]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    x = np.ravel(input._array)
    if x.dtype.kind != "V":
        _check_bins(x, bins)
    kind = x.dtype.type
    low, high = (kind(each) for each in _range(x, min, max, "torch.histc"))
    inside = x[(x >= low) & (x <= high)]
    place = np.minimum(((inside - low) / (high - low) * kind(bins)).astype(np.int64), bins - 1)
    result = wrap(np.bincount(place, minlength=bins).astype(x.dtype))
    return result if out is None else write_out(result, out)


_histogram = return_type("histogram", "hist", "bin_edges")


@function
def histogram(input, bins, *, range=None, weight=None, density=False):
    """The number (or the weight, or the density) of elements in each interval, and the edges between the intervals.

    >>> torch.histogram(tensor([0., 1., 1., 4.]), bins=2)
    torch.return_types.histogram(
    hist=tensor([3., 1.]),
    bin_edges=tensor([0., 2., 4.]))
    """
    x = np.ravel(input._array)
    _check_bins(x, bins)
    edges, place, good = _into_intervals(x, bins, range or (0, 0), "torch.histogram()")
    weights = None if weight is None else np.ravel(weight._array)
    counts = np.bincount(place[good], None if weights is None else weights[good], len(edges) - 1)
    if density:
        counts = counts / counts.sum() / np.diff(edges)
    return _histogram(wrap(counts.astype(x.dtype)), wrap(edges))


_histogramdd = return_type("histogramdd", "hist", "bin_edges")


@function(method=False)
def histogramdd(input, bins, *, range=None, weight=None, density=False):
    """How many points (or what weight, or density) fall into each box of a grid, and the grid's lines.

    input  points as rows; further dimensions in front are rows too
    bins   the number of intervals, one for all dimensions or one each, or the lines themselves
    range  the lowest and the highest line for each dimension, one after the other

    >>> torch.histogramdd(tensor([[0., 1.], [1., 0.], [1., 1.]]), [2, 2]).hist
    tensor([[0., 1.],
            [1., 1.]])
    """
    points = input._array
    if points.ndim < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    count = points.shape[-1]
    points = points.reshape(-1, count)
    bins = [bins] * count if isinstance(bins, int) else list(bins)
    if len(bins) != count:
        raise RuntimeError("histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    for i, each in enumerate(bins):
        if isinstance(each, int) and each <= 0:
            raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {each} for dimension {i}")
    dtypes.refuse("histogramdd", points, "biucV")
    edges, places, inside = [], [], True
    for i, each in enumerate(bins):
        ends = range[2 * i : 2 * i + 2] if range else (0, 0)
        lines, place, good = _into_intervals(points[:, i], each, ends, "torch.histogramdd()")
        edges.append(lines)
        places.append(place)
        inside &= good
    shape = tuple(len(lines) - 1 for lines in edges)
    weights = None if weight is None else np.ravel(weight._array)[inside]
    box = np.ravel_multi_index(tuple(place[inside] for place in places), shape)
    counts = np.bincount(box, weights, int(np.prod(shape))).reshape(shape)
    if density:
        counts = counts / counts.sum()
        for i, lines in enumerate(edges):
            counts = counts / np.diff(lines).reshape((-1,) + (1,) * (count - i - 1))
    return _histogramdd(wrap(counts.astype(points.dtype)), tuple(wrap(lines) for lines in edges))


@function(method=False)
def unravel_index(indices, shape):
    """Places in a flattened tensor of this shape as one index tensor a dimension.

    >>> torch.unravel_index(tensor([1, 5]), (2, 3))
    (tensor([0, 1]), tensor([1, 2]))
    """
    if not isinstance(indices, Tensor):
        raise AttributeError(f"'{type(indices).__name__}' object has no attribute 'is_complex'")
    if indices._array.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    sizes = [shape] if isinstance(shape, int) else list(shape)
    wrong = next((each for each in sizes if not isinstance(each, int)), None)
    if wrong is not None:
        raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(wrong)}")
    if any(each < 0 for each in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    found, rest = [], indices._array
    for size in reversed(sizes):
        found.append(wrap(rest % size if size else rest))
        rest = rest // size if size else rest
    return tuple(reversed(found))
