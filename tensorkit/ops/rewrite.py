"""Copies of a tensor in which a part was written anew: a slice, a diagonal, a window over the memory, or the slices
that an index vector names.

Each is what an in-place write to a view would make of the tensor, as an operation that leaves the tensor alone; so its
derivatives are the same for all: what was overwritten gets none, and what was written gets the part's.  Elements that
are brought in one by one stand in `gather.py`.
"""

from warnings import warn

from ..array_modules import np
from ..errors import brackets
from ..once import first_time
from .broadcast import expand
from .declare import behind, function
from .gather import _reduced_dsrc, _reduced_dx, _scatter_reduce
from .index import _view_index
from .shape import reshape, wrap_dim
from .slices import check_source, select
from .windows import _window_of, diagonal, in_memory, places


def _fits(src, part) -> None:
    if src._array.shape != part:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{brackets(src._array.shape)}, slice size = {brackets(part)}"
        )


def _copy(x):
    """A copy in the same order of memory, which can be written to."""
    if 0 in x.strides:
        return np.ascontiguousarray(x).copy() if x.ndim else np.array(x)
    copied = np.empty_like(x)
    copied[...] = x
    return copied


def _written_name(node) -> str:
    return ("Slice" if type(node.extras[0][-1]) is slice else "Select") + "ScatterBackward0"


@behind(x=lambda g, index, src_shape: _written(g, g.new_zeros(src_shape), index),
    src=lambda g, index: _view_index(g, index), node_name=_written_name)  # fmt: skip
def _written(x, src, index):
    """`x` with `src` at an index of slices and whole numbers."""
    result = _copy(x)
    result[index] = src
    return result


@function
def select_scatter(input, src, dim, index):
    """A copy with `src` as the slice at one index of a dimension.

    >>> torch.zeros(2, 2).select_scatter(tensor([1., 2.]), 0, 1)
    tensor([[0., 0.],
            [1., 2.]])
    """
    _fits(src, select(input.detach(), dim, index)._array.shape)
    return _written(input, src, (slice(None),) * wrap_dim(dim, input._array.ndim) + (int(index),))


@function
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """A copy with `src` as the slice from `start` to `end` (not included) of a dimension.

    >>> torch.zeros(4).slice_scatter(tensor([1., 2.]), start=0, end=4, step=2)
    tensor([1., 0., 2., 0.])
    """
    dim = wrap_dim(dim, input._array.ndim)
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    index = (slice(None),) * dim + (slice(start, end, step),)
    _fits(src, input._array[index].shape if input._array.ndim else ())
    return _written(input, src, index)


@behind(x=lambda g, src_shape, offset, dim1, dim2: _diagonal_written(g, g.new_zeros(src_shape), offset, dim1, dim2),
    src=lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2),
    node_name="DiagonalScatterBackward0")  # fmt: skip
def _diagonal_written(x, src, offset, dim1, dim2):
    result = _copy(x)
    diagonal.op.forward(result, offset, dim1, dim2)[...] = src
    return result


@function
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """A copy with `src` as a diagonal.

    >>> torch.zeros(2, 2).diagonal_scatter(tensor([1., 2.]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    _fits(src, diagonal(input.detach(), offset, dim1, dim2)._array.shape)
    return _diagonal_written(input, src, offset, dim1, dim2)


@behind(x=lambda g, src_shape, geometry, size, stride, offset:
        _window_written(g, g.new_zeros(src_shape), geometry, size, stride, offset),
    src=lambda g, geometry, size, stride, offset: _window_of(g, geometry, size, stride, offset),
    node_name="AsStridedScatterBackward0")  # fmt: skip
def _window_written(x, src, geometry, size, stride, offset):
    flat = in_memory(x, geometry)
    flat[places(size, stride, offset)] = src
    return flat[places(*geometry)]


@function
def as_strided_scatter(input, src, size, stride, storage_offset=None):
    """A copy with `src` in a window over the memory, as `as_strided` would show it.

    >>> torch.zeros(2, 2).as_strided_scatter(tensor([1., 2.]), (2,), (3,))
    tensor([[1., 0.],
            [0., 2.]])
    """
    if input._requires_grad and not input.is_contiguous():
        raise RuntimeError(
            "!self.requires_grad() || self.is_contiguous() INTERNAL ASSERT FAILED: as_strided_scatter is currently "
            "only supported for contiguous inputs"
        )
    size, stride = tuple(size), tuple(stride)
    offset = input.storage_offset() if storage_offset is None else storage_offset
    _fits(src, input.detach().as_strided(size, stride, offset)._array.shape)
    geometry = (input._array.shape, input.stride())
    return _window_written(input, src, geometry, size, stride, offset - input.storage_offset())


@behind(x=_reduced_dx, src=_reduced_dsrc, index=None, rows=True)
def _index_reduce(x, src, index, dim, reduce, include_self):
    return _scatter_reduce.op.forward(x, src, index, dim, reduce, include_self)


@function
def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """A copy with the slices of `source` brought in at the places of `index`: by prod, mean, amax or amin.

    Without `include_self`, what stood at those places has no part in the result.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.ones(3).index_reduce(0, tensor([0, 0, 2]), tensor([2., 3., 4.]), "prod")
    tensor([6., 1., 4.])
    """
    dim = wrap_dim(dim, input._array.ndim)
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    check_source("index_reduce_", input, index, source, dim, of_scalar=1)
    array, own, shape = index._array, input._array.shape, source._array.shape
    if first_time("index_reduce is in beta"):
        warn("index_reduce() is in beta and the API may change at any time.", stacklevel=3)
    if array.size and (array.min() < 0 or array.max() >= (own[dim] if own else 1)):
        raise IndexError("index out of range in self")
    each = index
    if shape:
        each = expand(reshape(index, (1,) * dim + (-1,) + (1,) * (len(shape) - dim - 1)), shape)
    return _index_reduce(input, source, each, dim, reduce, include_self)
