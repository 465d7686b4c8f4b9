"""Slices of one dimension: select, narrow, and the slices that an index vector names (index_select, index_add,
index_copy, index_fill).

An index for each element instead stands in `gather.py`; `x[…]` in `index.py`.
"""

import numpy as np

from ..errors import brackets
from ..tensor import wrap
from .declare import function, op
from .index import _index_into_zeros, _view_index
from .shape import wrap_dim


@function
def select(input, dim, index):
    """The slice at one index of a dimension, without that dimension; a view."""
    dim = wrap_dim(dim, input._array.ndim)
    size = input._array.shape[dim]
    index = int(index)
    if not -size <= index < size:
        raise IndexError(f"select(): index {index} out of range for tensor of size {brackets(input._array.shape)} at "
                         f"dimension {dim}")  # fmt: skip
    return _view_index(input, (slice(None),) * dim + (index,))


@function(method=False)
def select_backward(grad, shape, dim, index):
    """`grad` at one index of a dimension of a tensor that is otherwise zero."""
    return _index_into_zeros(grad, shape, (slice(None),) * dim + (index,))


@function(method=False)
def slice_backward(grad, shape, dim, start, stop, step):
    """`grad` in a slice of a dimension of a tensor that is otherwise zero."""
    return _index_into_zeros(grad, shape, (slice(None),) * dim + (slice(start, stop, step),))


@function
def narrow(input, dim, start, length):
    """`length` elements of a dimension from `start` on; a view."""
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

    Source: https://pytorch.org/docs/stable/generated/torch.index_select.html
    """
    dim = wrap_dim(dim, input._array.ndim)
    if index._array.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index._array.dtype.kind != "i":
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    array = np.atleast_1d(index._array)
    if input._array.ndim == 0:
        return input.clone()
    size = input._array.shape[dim]
    if array.size and (array.max() >= size or array.min() < 0):
        raise IndexError("index out of range in self")
    return _index_select_at(input, dim, array, out=out)


@op(x=lambda g, x_shape, dim, index: _index_add_zeros(g, x_shape, dim, index), function=False, method=False,
    node_name="IndexSelectBackward0")  # fmt: skip
def _index_select_at(x, dim, index):
    return np.take(x, index, dim)


@op(x=lambda g, dim, index: _index_select_at(g, dim, index), function=False, method=False)
def _index_add_zeros(x, shape, dim, index):
    full = np.zeros(shape, x.dtype)
    np.add.at(full, (slice(None),) * dim + (index,), x)
    return full


def _at(dim: int, ndim: int, index) -> tuple:
    if ndim == 0:
        return (Ellipsis,)
    return (slice(None),) * wrap_dim(dim, ndim) + (np.atleast_1d(index),)


@op(x=lambda g: g, source=lambda g, dim, index, alpha: index_select(g, dim, wrap(np.atleast_1d(index))) * alpha,
    function=False, method=False)  # fmt: skip
def _index_add(x, source, dim, index, alpha):
    result = np.array(x)
    np.add.at(result, _at(dim, x.ndim, index), source * alpha if alpha != 1 else source)
    return result


def _check_slices(name: str, index, source, target, dim: int) -> None:
    """PyTorch's errors for an index vector that does not fit the slices it places."""
    if source.ndim and index.size != source.shape[dim]:
        raise RuntimeError(
            f"{name}(): Number of indices ({index.size}) should be equal to source.size(dim): ({source.shape[dim]}), "
            "for "
            f"dim: {dim}"
        )
    size = target.shape[dim] if target.ndim else 1
    for each in np.ravel(index):
        if not -size <= each < size:
            raise RuntimeError(f"index {each} is out of bounds for dimension {dim} with size {size}")


@function
def index_add(input, dim, index, source, *, alpha=1):
    """A copy with the slices of `source` added to those that an index vector names."""
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"index_add_(): self ({input.dtype.cpp_name}) and source ({source.dtype.cpp_name}) must have the same "
            "scalar type"
        )
    dim = wrap_dim(dim, input._array.ndim)
    _check_slices("index_add_", index._array, source._array, input._array, dim)
    return _index_add(input, source, dim, index._array, alpha)


@op(x=lambda g, dim, index: _index_fill(g, wrap(g._array.dtype.type(0)), dim, index),
    source=lambda g, dim, index: index_select(g, dim, wrap(np.atleast_1d(index))), function=False,
    method=False)  # fmt: skip
def _index_copy(x, source, dim, index):
    result = np.array(x)
    result[_at(dim, x.ndim, index)] = source
    return result


@function
def index_copy(input, dim, index, source):
    """A copy with the slices that an index vector names replaced by those of `source`."""
    return _index_copy(input, source, dim, index._array)


@op(x=lambda g, dim, index: _index_fill(g, wrap(g._array.dtype.type(0)), dim, index),
    value=lambda g, dim, index: index_select(g, dim, wrap(np.atleast_1d(index))).sum(), function=False,
    method=False)  # fmt: skip
def _index_fill(x, value, dim, index):
    result = np.array(x)
    result[_at(dim, x.ndim, index)] = value
    return result


@function
def index_fill(input, dim, index, value):
    """A copy with one value in the slices that an index vector names."""
    return _index_fill(input, value, dim, index._array)
