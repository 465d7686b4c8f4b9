"""Slices of one dimension: select, narrow, and the slices that an index vector names (index_select, index_add,
index_copy, index_fill).

An index for each element instead stands in `gather.py`; `x[…]` in `index.py`.
"""

from ..array_modules import np
from ..errors import brackets
from ..tensor import Tensor
from .cast import number_for
from .declare import behind, function
from .index import _view_index
from .shape import wrap_dim


@function
def select(input, dim, index):
    """The slice at one index of a dimension, without that dimension; a view.

    >>> tensor([[1, 2], [3, 4]]).select(0, 1)
    tensor([3, 4])
    """
    dim = wrap_dim(dim, input._array.ndim)
    size = input._array.shape[dim]
    index = int(index)
    if not -size <= index < size:
        raise IndexError(f"select(): index {index} out of range for tensor of size {brackets(input._array.shape)} at "
                         f"dimension {dim}")  # fmt: skip
    return _view_index(input, (slice(None),) * dim + (index,))


@function
def narrow(input, dim, start, length):
    """`length` elements of a dimension from `start` on; a view.

    >>> torch.arange(5).narrow(0, 1, 3)
    tensor([1, 2, 3])
    """
    if input._array.ndim == 0:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, input._array.ndim)
    start = int(start)
    size = input._array.shape[dim]
    if not -size <= start <= size:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-size}, {size}], but got {start})")
    start = start + size if start < 0 else start
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return _view_index(input, (slice(None),) * dim + (slice(start, start + length),))


@function
def index_select(input, dim, index, *, out=None):
    """The slices of a dimension that an index vector names.

    >>> tensor([[1, 2], [3, 4]]).index_select(1, tensor([1, 0]))
    tensor([[2, 1],
            [4, 3]])
    """
    dim = wrap_dim(dim, input._array.ndim)
    if index._array.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index._array.dtype.kind != "i":
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    array = np.atleast_1d(index._array)
    if input._array.ndim == 0 and array.size != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {array.size} value(s)")
    size = input._array.shape[dim] if input._array.ndim else 1
    if not size and array.size and input._array.ndim > 1:
        raise RuntimeError("index_select(): self indexing axis dim should be positive")
    bad = next((each for each in array if not 0 <= each < size), None)
    if bad is not None and dim == 1:  # another kernel, other words
        raise RuntimeError(f"INDICES element is out of DATA bounds, id={bad} axis_dim={size}")
    if bad is not None:
        raise IndexError("index out of range in self")
    return _index_select_at(input, index, dim, out=out) if input._array.ndim else input.clone()


@behind(x=lambda g, x_shape, index, dim: _index_add_zeros(g, index, x_shape, dim), index=None,
    node_name="IndexSelectBackward0")  # fmt: skip
def _index_select_at(x, index, dim):
    return np.take(x, np.atleast_1d(index), dim) if x.ndim else np.array(x)


@behind(x=lambda g, index, dim: _index_select_at(g, index, dim), index=None)
def _index_add_zeros(x, index, shape, dim):
    full = np.zeros(shape, x.dtype)
    np.add.at(full, _at(dim, len(shape), index), x)
    return full


def _at(dim: int, ndim: int, index) -> tuple:
    if ndim == 0:
        return (Ellipsis,)
    return (slice(None),) * wrap_dim(dim, ndim) + (np.atleast_1d(index),)


def _added_dx(g, index, source, dim, alpha):
    """The slices that were added to; PyTorch keeps `source` for its shape, and minds when it is overwritten."""
    return _index_select_at(g, index, dim) * alpha


@behind(x=lambda g: g, index=None, source=_added_dx, rows=True)
def _index_add(x, index, source, dim, alpha):
    result = np.array(x)
    np.add.at(result, _at(dim, x.ndim, index), source * alpha if alpha != 1 else source)
    return result


def check_source(name: str, input, index, source, dim: int, of_scalar: int | None = None) -> None:
    """PyTorch's errors for the index and the source of `index_add` and its like, in its order; `of_scalar`: how many
    indices a source without dimensions takes, if that matters."""
    places, ours, theirs = index._array, input._array.shape, source._array.shape
    if places.ndim > 1:
        raise IndexError(
            f"{name}(): Index is supposed to be a vector, but got dim: {places.ndim} with type: "
            f"{index.dtype.cpp_name} and size: {list(places.shape)}"
        )
    if places.dtype not in (np.int32, np.int64):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index but got: {index.dtype.cpp_name}")
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"{name}(): self ({input.dtype.cpp_name}) and source ({source.dtype.cpp_name}) must have the same scalar "
            "type"
        )
    count = theirs[dim] if theirs else of_scalar
    if count is not None and places.size != count:
        raise RuntimeError(
            f"{name}(): Number of indices ({places.size}) should be equal to source.size(dim): ({count}), for dim: "
            f"{dim}"
        )
    if len(ours) != len(theirs) or ours[:dim] + ours[dim + 1 :] != theirs[:dim] + theirs[dim + 1 :]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(ours)} source.shape = {list(theirs)}"
        )


@function
def index_add(input, dim, index, source, *, alpha=1):
    """A copy with the slices of `source` added to those that an index vector names.

    >>> torch.zeros(3).index_add(0, tensor([0, 2, 0]), tensor([1., 2., 3.]))
    tensor([4., 0., 2.])
    """
    dim = wrap_dim(dim, input._array.ndim)
    check_source("index_add_", input, index, source, dim)
    if not input._array.size:
        return input.clone()
    size = input._array.shape[dim] if input._array.ndim else 1
    for each in np.ravel(index._array):
        if not 0 <= each < size:
            raise RuntimeError(f"index {each} is out of bounds for dimension {dim} with size {size}")
    return _index_add(input, index, source, dim, alpha)


@behind(x=lambda g, index, dim: _index_fill(g, index, 0.0, dim), index=None,
    source=lambda g, index, source, dim: _index_select_at(g, index, dim))  # fmt: skip
def _index_copy(x, index, source, dim):
    result = np.array(x)
    result[_at(dim, x.ndim, index)] = source
    return result


@function
def index_copy(input, dim, index, source):
    """A copy with the slices that an index vector names replaced by those of `source`.

    >>> torch.zeros(3).index_copy(0, tensor([2, 0]), tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    dim = wrap_dim(dim, input._array.ndim)
    _check_copied(input, index, source, dim)
    return _index_copy(input, index, source, dim)


def _check_copied(input, index, source, dim: int) -> None:
    """PyTorch's errors for `index_copy`, in its order."""
    size, name = index._array.size, "index_copy_()"
    if index._array.ndim > 1:
        raise IndexError(f"{name}: Index should have dimension 1 or 0 (got {index._array.ndim})")
    if source._array.ndim == 0 and size != 1:
        raise IndexError(f"{name}: When source is scalar, index should have one element (got {size})")
    if index._array.dtype != np.int64:
        raise RuntimeError(f"{name}: Expected a long tensor for index, but got {index.dtype.cpp_name}")
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"{name}: self and source expected to have the same dtype, but got (self) {input.dtype.cpp_name} and "
            f"(source) {source.dtype.cpp_name}"
        )
    ours, theirs = (each[:dim] + each[dim + 1 :] for each in (input._array.shape, source._array.shape))
    if ours != theirs:
        raise RuntimeError(
            f"{name}: Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{' '.join(map(str, ours))} at dimension {dim} and source slice shape: {' '.join(map(str, theirs))} at "
            "dimension 0."
        )
    if source._array.ndim and size != source._array.shape[dim]:
        raise IndexError(
            f"{name}: Number of indices ({size}) should be equal to source.size(dim) ({source._array.shape[dim]})"
        )
    _check_within(f"{name}: ", index._array, input._array, dim, lowest=0)


def _check_within(name: str, index, target, dim: int, lowest: int | None = None) -> None:
    """PyTorch's errors for an index vector that names slices which are not there."""
    size = target.shape[dim] if target.ndim else 1
    if index.size and not size:
        shape = (1, *target.shape[:dim], *target.shape[dim + 1 :])
        strides = tuple([int(np.prod(shape[i + 1 :], dtype=int)) if i else 0 for i in range(len(shape))])
        raise RuntimeError(
            f"setStorage: sizes {brackets(shape)}, strides {brackets(strides)}, storage offset 0, and itemsize "
            f"{target.itemsize} requiring a storage size of {target.itemsize * int(np.prod(shape, dtype=int))} are out "
            "of bounds for storage of size 0"
        )
    for each in np.ravel(index):
        if not (-size if lowest is None else lowest) <= each < size:
            raise IndexError(f"{name}index {each} is out of bounds for dimension {dim} with size {size}")


@behind(x=lambda g, index, dim: _index_fill(g, index, 0.0, dim), index=None,
    value=lambda g, index, dim: _index_select_at(g, index, dim).sum())  # fmt: skip
def _index_fill(x, index, value, dim):
    result = np.array(x)
    result[_at(dim, x.ndim, index)] = value
    return result


@function
def index_fill(input, dim, index, value):
    """A copy with one value in the slices that an index vector names.

    >>> torch.zeros(3).index_fill(0, tensor([0, 2]), 7.)
    tensor([7., 0., 7.])
    """
    dim = wrap_dim(dim, input._array.ndim)
    if isinstance(value, complex) and input._array.dtype.kind != "c":
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    if not isinstance(value, Tensor):
        value = number_for(value, input._array.dtype)
    elif value.ndim:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    if index._array.dtype != np.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index._array.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    if not input._array.size and input._array.shape[dim]:
        return input.clone()
    _check_within("", index._array, input._array, dim)
    return _index_fill(input, index, value, dim)
