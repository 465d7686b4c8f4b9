"""Indexing: `x[…]` in every form, assignment to it, and the functions that gather and scatter by index.

Integers, slices, None and Ellipsis give views.  Masks, lists and index tensors give copies; they are applied after
the plain parts, to the dimensions that remain, which is where PyTorch and NumPy part: `x[0, :, [1, 2]]` keeps its
order.
"""

from warnings import warn

import numpy as np

from .. import dtypes
from ..errors import brackets, cannot_broadcast, kind
from ..tensor import Tensor, memory, storage_of, wrap
from .cast import c_cast, to_dtype
from .declare import FUNCTIONS, broadcast_error, function, method, op
from .inplace import check_overlap, check_writable, overwrite
from .pointwise import nothing
from .promote import is_number, result_dtype
from .shape import expand, reshape, wrap_dim

# Views: the plain parts of an index


def _index_name(node) -> str:
    """PyTorch makes a node for each part of an index; the last one is the one that shows."""
    index = node.extras[0]
    for part in reversed(index):
        if isinstance(part, int):
            return "SelectBackward0"
        if part is None:
            return "UnsqueezeBackward0"
        if isinstance(part, slice) and part != slice(None):
            return "SliceBackward0"
    return "AliasBackward0" if all(part is Ellipsis for part in index) else "SliceBackward0"


@op(x=lambda g, index, x_shape: _index_into_zeros(g, x_shape, index), views=True, node_name=_index_name, function=False,
    method=False)  # fmt: skip
def _view_index(x, index):
    try:
        return x[(*index, Ellipsis)] if Ellipsis not in index else x[index]
    except IndexError as error:
        raise _index_error(error, x, index) from None


@op(x=lambda g, index: _view_index(g, index), function=False, method=False, node_name="SliceBackward0")
def _index_into_zeros(x, shape, index):
    full = np.zeros(shape, x.dtype)
    full[index] = x
    return full


def _index_error(error: IndexError, x, index) -> IndexError:
    text = str(error)
    if "too many indices" in text:
        if x.ndim == 0 and isinstance(index[0], slice):
            return IndexError("slice() cannot be applied to a 0-dim tensor.")
        return IndexError(f"too many indices for tensor of dimension {x.ndim}")
    return IndexError(text.replace("axis", "dimension"))


def _plain(part) -> bool:
    return part is None or part is Ellipsis or isinstance(part, (slice, int)) and not isinstance(part, bool)


def _normal(part):
    """One part of an index: an int, slice, None, Ellipsis as it is; anything else as an index array."""
    if part is None or part is Ellipsis or type(part) is int:
        return part
    if type(part) is slice:
        if part.step is not None and part.step.__index__() <= 0:
            raise ValueError("step must be greater than zero" if part.step.__index__() else "slice step cannot be zero")
        if isinstance(part.start, Tensor) or isinstance(part.stop, Tensor) or isinstance(part.step, Tensor):
            part = slice(*[None if each is None else int(each) for each in (part.start, part.stop, part.step)])
        return part
    if isinstance(part, Tensor):
        array = part._array
        if array.dtype.kind == "b":
            return memory(part)
        if array.dtype.kind not in "iu":
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        if array.dtype == np.uint8:
            warn(
                "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.",
                stacklevel=4,
            )
            return memory(part).astype(bool)
        return int(array) if array.ndim == 0 else array
    if isinstance(part, (bool, np.bool_)):
        return np.array(part)
    if isinstance(part, np.integer):
        return int(part)
    if isinstance(part, (list, tuple, range)):
        return _list_index(part)
    if isinstance(part, str):
        raise TypeError("new(): invalid data type 'str'")
    if isinstance(part, np.ndarray):
        dtypes.from_numpy(part.dtype)  # refuses what PyTorch has no type for
        return part if part.dtype.kind in "biu" else part.astype(np.int64)
    if hasattr(part, "__index__"):
        return part.__index__()
    raise IndexError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
        f"{type(part).__name__})"
    )


def _list_index(part):
    if any(each is None or isinstance(each, slice) for each in part):
        raise TypeError(f"only integers and booleans may stand in a list that indexes a tensor (got {part})")
    array = np.array([each._array if isinstance(each, Tensor) else each for each in part])
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind == "U":
        raise TypeError("new(): invalid data type 'str'")
    return array if array.dtype.kind in "biu" else array.astype(np.int64)


def parts_of(index) -> tuple:
    """An index as a tuple of plain parts and index arrays."""
    if isinstance(index, (list, str)) and _stands_for_a_tuple(index):
        warn(
            "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch "
            "2.9; use "
            "x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, "
            "x[torch.tensor(seq)], "
            "which will result either in an error or a different result",
            stacklevel=3,
        )
        index = tuple(index)
    if isinstance(index, tuple):
        parts = tuple([_normal(part) for part in index])
        if sum(part is Ellipsis for part in parts) > 1 and parts[-1] is Ellipsis:
            return parts[: parts.index(Ellipsis) + 1]  # PyTorch makes nothing of the others
        return parts
    return (_normal(index),)


def _stands_for_a_tuple(index) -> bool:
    """PyTorch's old rule: a short list that holds lists, tensors, slices or None is read as a tuple of indices."""
    return len(index) < 32 and any(
        each is None or each is Ellipsis or isinstance(each, (list, tuple, str, slice, range, Tensor, np.ndarray))
        for each in index
    )


def _split(parts: tuple, ndim: int):
    """The plain part of a mixed index, and the arrays in the places of the dimensions that it leaves."""
    consumed = sum(part.ndim if isinstance(part, np.ndarray) and part.dtype.kind == "b" else 1
                   for part in parts if part is not None and part is not Ellipsis)  # fmt: skip
    if consumed > ndim:
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    plain, arrays, dim = [], {}, 0  # dim: of the view that the plain part makes
    for part in parts:
        if part is Ellipsis:
            plain.append(Ellipsis)
            dim += ndim - consumed
        elif part is None:
            plain.append(None)
            dim += 1
        elif isinstance(part, int):
            plain.append(part)
        elif isinstance(part, slice):
            plain.append(part)
            dim += 1
        elif part.dtype.kind == "b" and part.ndim == 0:
            plain.append(None)
            arrays[dim] = np.arange(1) if part else np.arange(0)
            dim += 1
        elif part.dtype.kind == "b":
            plain.extend([slice(None)] * part.ndim)
            arrays[dim] = part
            dim += part.ndim
        else:
            plain.append(slice(None))
            arrays[dim] = part
            dim += 1
    return tuple(plain), arrays


def _array_index(x, arrays: dict) -> tuple:
    """The index tuple for the arrays: masks as the places where they are true, everything checked."""
    index, dim = [], 0
    for place in sorted(arrays):
        index.extend([slice(None)] * (place - dim))
        array = arrays[place]
        if array.dtype.kind == "b":
            for i, size in enumerate(array.shape):
                if size != x.shape[place + i]:
                    raise IndexError(
                        f"The shape of the mask {brackets(array.shape)} at index {i} does not match the shape of the "
                        "indexed "
                        f"tensor {brackets(x.shape)} at index {place + i}"
                    )
            index.extend(np.nonzero(array))
            dim = place + array.ndim
        else:
            size = x.shape[place]
            if array.size and (array.max() >= size or array.min() < -size):
                bad = next(each for each in array.ravel() if not -size <= each < size)
                # PyTorch moves the indexed dimensions to the front before it counts them
                first = sorted(arrays).index(place)
                raise IndexError(f"index {bad} is out of bounds for dimension {first} with size {size}")
            index.append(array)
            dim = place + 1
    shapes = [each.shape for each in index if isinstance(each, np.ndarray)]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes "
            + ", ".join(map(brackets, shapes))
        ) from None
    return tuple(index)


@op(
    x=lambda g, index, x_shape: _add_at_zeros(g, x_shape, index),
    function=False,
    method=False,
    node_name="IndexBackward0",
)
def _take_index(x, index):
    return x[index]


@op(x=lambda g, index: _take_index(g, index), function=False, method=False, node_name="IndexPutBackward0")
def _add_at_zeros(x, shape, index):
    full = np.zeros(shape, x.dtype)
    np.add.at(full, index, x)
    return full


def _getitem(self, index):
    """`x[index]`: a view for integers, slices, None and `...`; a copy for masks, lists and index tensors."""
    if type(index) is int:
        array = memory(self)
        if array.ndim == 0:
            if index:
                raise IndexError(f"index {index} is out of bounds for dimension 0 with size 0")
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to "
                "convert a "
                "0-dim tensor to a number"
            )
        return _view_index(self, (index,))
    parts = parts_of(index)
    if all(_plain(part) for part in parts):
        return _view_index(self, parts)
    plain, arrays = _split(parts, self._array.ndim)
    viewed = self if all(part == slice(None) for part in plain) else _view_index(self, plain)
    return _take_index(viewed, _array_index(memory(viewed), arrays))


def _setitem(self, index, value):
    """`x[index] = value`, in place: the value is broadcast to the places and cast to the dtype."""
    parts = parts_of(index)
    number = not isinstance(value, Tensor)
    if number:
        if not is_number(value):
            raise TypeError(f"can't assign a {kind(value)} to a torch.{self.dtype.tensor_type}")
        if isinstance(value, np.ndarray):
            raise TypeError(f"can't assign a {kind(value)} to a torch.{self.dtype.tensor_type}")
        value = wrap(np.asarray(_fitting(value, self.dtype)))
    if any(isinstance(part, np.ndarray) and part.ndim == 0 and not part for part in parts):
        return  # x[False] is no place at all
    if all(_plain(part) for part in parts):
        _assign(self if index is Ellipsis else _view_index(self, parts), value)
        return
    plain, arrays = _split(parts, self._array.ndim)
    viewed = self if all(part == slice(None) for part in plain) else _view_index(self, plain)
    if index is not True and not _fills(list(arrays.values()), value):
        _check_shared(viewed, (*(index if isinstance(index, tuple) else (index,)), value))
        if not number:
            _check_put_dtype(viewed, value)
    index = _array_index(memory(viewed), arrays)
    if not (viewed._requires_grad or value._requires_grad):
        _store_at(viewed, index, value)
    else:
        check_writable(viewed)
        _check_fits(memory(viewed), index, value)
        overwrite(viewed, _index_put(viewed, to_dtype(value, viewed.dtype), index, False))


def _fitting(number, wanted):
    """A number to be written to a tensor of a dtype; RuntimeError if it cannot hold it."""
    lost = isinstance(number, complex) and number.imag != 0 and wanted.category < dtypes.COMPLEX
    if wanted.category == dtypes.INTEGER and not lost and isinstance(number, (int, float)):
        info = np.iinfo(wanted.numpy)
        lost = not (info.min if wanted.is_signed else -info.max) <= number <= info.max
    if lost:
        c_name = {"float32": "float", "float64": "double", "int32": "int"}.get(wanted.name, wanted.name + "_t")
        raise RuntimeError(f"value cannot be converted to type {c_name} without overflow")
    return number


def _store_at(viewed, index, value) -> None:
    array = memory(viewed)
    try:
        array[index] = c_cast(value._array, array.dtype)
    except ValueError:
        _check_fits(array, index, value)
        raise
    storage_of(viewed).written()


def _check_fits(array, index, value) -> None:
    places, shape = np.empty(array.shape, bool)[index].shape, value._array.shape
    while shape and shape[0] == 1:  # leading ones are dropped
        shape = shape[1:]
    if len(shape) > len(places) or any(
        have not in (1, want) for have, want in zip(shape[::-1], places[::-1], strict=False)
    ):
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {brackets(value._array.shape)} cannot be broadcast to indexing "
            f"result of shape {brackets(places)}"
        )


def _assign(target, value) -> None:
    """Copy `value` into a view, broadcast and cast, with its history."""
    shape = value._array.shape
    while len(shape) > target._array.ndim and shape[0] == 1:  # PyTorch drops leading ones here
        value, shape = reshape(value, shape[1:]), shape[1:]
    if shape != target._array.shape and len(shape) <= target._array.ndim:
        value = expand(value, target._array.shape)  # raises where that does not fit
    copy_(target, value)


@op(x=nothing, y=lambda g: g, function=False, method=False, node_name="torch::autograd::CopyBackwards")
def _copied(x, y):
    return np.broadcast_to(c_cast(y, x.dtype), x.shape).copy()[()]


@method
def copy_(self, src, non_blocking=False):
    """Overwrite this tensor with `src`, broadcast to its shape and cast to its dtype."""
    if not isinstance(src, Tensor):
        if not is_number(src):
            raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {kind(src)}")
        src = wrap(np.asarray(src))
    check_writable(self)
    if not _is_alias(self, src):
        check_overlap(self, src)
    shape = self._array.shape
    if src._array.shape != shape:
        if len(src._array.shape) > len(shape) or any(
            have not in (1, want) for have, want in zip(src._array.shape[::-1], shape[::-1], strict=False)
        ):
            if len(src._array.shape) > len(shape):
                raise RuntimeError(
                    f"output with shape {brackets(shape)} doesn't match the broadcast shape "
                    f"{brackets(src._array.shape)}"
                )
            raise cannot_broadcast(shape, src._array.shape)
        src = expand(src, shape)
    return overwrite(self, _copied(self, src), silent=True)


def _is_alias(target, source) -> bool:
    """Whether two tensors are the same elements of the same memory, so that a copy has nothing to do."""
    one, two = target._array, source._array
    if target is source:
        return True
    if target._storage is None or target._storage is not source._storage or one.shape != two.shape:
        return False
    places = [each.__array_interface__["data"][0] for each in (one, two)]
    steps = zip(one.strides, two.strides, one.shape, strict=True)
    return places[0] == places[1] and all(a == b or size == 1 for a, b, size in steps)


def _fills(parts, value) -> bool:
    """Whether writing `value` to the places that index arrays name is, to PyTorch, filling under a mask."""
    return value._array.size == 1 and len(parts) == 1 and parts[0].dtype.kind == "b"


def _check_shared(target, operands) -> None:
    """Raise PyTorch's error if one of the tensors among `operands` shares memory with the target."""
    for each in operands:
        if isinstance(each, Tensor):
            check_overlap(target, each, same=False)


def _check_put_dtype(target, value) -> None:
    if value.dtype is not target.dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {target.dtype.cpp_name} for the "
            f"destination and {value.dtype.cpp_name} for the source."
        )


def _index_put_dx(g, index, accumulate):
    return g if accumulate else _index_put(g, wrap(g._array.dtype.type(0)), index, False)


@op(x=_index_put_dx, values=lambda g, index: _take_index(g, index), function=False, method=False,
    node_name="IndexPutBackward0")  # fmt: skip
def _index_put(x, values, index, accumulate):
    result = np.array(x)
    if accumulate:
        np.add.at(result, index, values)
    else:
        result[index] = values
    return result


def _index_tuple(x, indices) -> tuple:
    return _array_index(x, {i: memory(each) for i, each in enumerate(indices) if each is not None})


@function
def index_put(input, indices, values, accumulate=False):
    """A copy with `values` at the places that a tuple of index tensors names; with `accumulate`, added there."""
    if accumulate or not _fills([each._array for each in indices if each is not None], values):
        _check_put_dtype(input, values)
    return _index_put(input, to_dtype(values, input.dtype), _index_tuple(input._array, indices), accumulate)


@method
def index_put_(self, indices, values, accumulate=False):
    """`index_put` in place."""
    check_writable(self)
    if accumulate or not _fills([each._array for each in indices if each is not None], values):
        _check_shared(self, (*indices, values))
    return overwrite(self, index_put(self, indices, values, accumulate))


Tensor.__getitem__ = _getitem
Tensor.__setitem__ = _setitem


@method
def __delitem__(self, index):  # noqa: N807 (Python's name)
    raise TypeError("Tensor does not support deleting items")


# One dimension at a time


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


# Element by element: gather and scatter


def _open_grid(index, dim: int) -> tuple:
    """The index tuple that uses `index` along `dim` and each place's own position along the other dimensions."""
    grid = list(np.ogrid[tuple([slice(n) for n in index.shape])]) if index.ndim else []
    if index.ndim == 1:
        grid = [np.arange(index.shape[0])]
    if index.ndim:
        grid[dim] = index
    return tuple(grid)


def _check_gather(name: str, x, index, dim: int) -> None:
    if index.dtype.kind != "i":
        wanted = "int32/int64" if name == "gather" else "int64"
        raise RuntimeError(f"{name}(): Expected dtype {wanted} for index")
    if max(index.ndim, 1) != max(x.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    if x.ndim:
        for i in range(index.ndim):
            if i != dim and index.shape[i] > x.shape[i]:
                raise RuntimeError(
                    f"Size does not match at dimension {i} expected index {brackets(index.shape)} to be no larger "
                    "than self "
                    f"{brackets(x.shape)} apart from dimension {dim}"
                )
        size = x.shape[dim]
        if index.size and (index.max() >= size or index.min() < 0):
            bad = next(each for each in index.ravel() if not 0 <= each < size)
            raise RuntimeError(f"index {bad} is out of bounds for dimension {dim} with size {size}")


@op(x=lambda g, x_shape, dim, index: scatter_add(zeros_of(g, x_shape), dim, wrap(index), g), function=False,
    method=False, node_name="GatherBackward0")  # fmt: skip
def _gather(x, dim, index):
    return x[_open_grid(index, dim)] if x.ndim else np.broadcast_to(x, index.shape).copy()


def zeros_of(g, shape):
    return FUNCTIONS["zeros"](shape, dtype=g.dtype)


@function
def gather(input, dim, index, *, sparse_grad=False, out=None):
    """For each place of `index`, the element of `input` that stands there along `dim`.

    >>> tensor([[1, 2], [3, 4]]).gather(1, tensor([[0], [1]]))
    tensor([[1],
            [4]])

    Source: https://pytorch.org/docs/stable/generated/torch.gather.html
    """
    dim = wrap_dim(dim, input._array.ndim)
    _check_gather("gather", input._array, index._array, dim)
    return _gather(input, dim, memory(index), out=out)


@function
def take_along_dim(input, indices, dim=None, *, out=None):
    """Elements by index along `dim`, `indices` and `input` broadcast together."""
    if dim is None:
        return gather(reshape(input, -1), 0, reshape(indices, -1), out=out)
    dim = wrap_dim(dim, input.ndim)
    shape = np.broadcast_shapes(
        *[tuple(1 if i == dim else n for i, n in enumerate(each._array.shape)) for each in (input, indices)]
    )
    target = [list(shape), list(shape)]
    target[0][dim], target[1][dim] = input._array.shape[dim], indices._array.shape[dim]
    return gather(expand(input, target[0]), dim, expand(indices, target[1]), out=out)


@op(x=lambda g, index, dim: _scatter(g, wrap(g._array.dtype.type(0)), dim, index),
    src=lambda g, index, dim: _gather(g, dim, index), function=False, method=False,
    node_name=lambda node: "ScatterBackward1" if is_number(node.parents[1]) else "ScatterBackward0")  # fmt: skip
def _scatter(x, src, dim, index):
    result = np.array(x)
    if x.ndim == 0:
        return np.asarray(src).astype(x.dtype).reshape(())[()]
    if isinstance(src, np.ndarray) and src.ndim:
        src = src[tuple([slice(n) for n in index.shape])]
    result[_open_grid(index, dim)] = src
    return result


@op(x=lambda g: g, src=lambda g, index, dim: _gather(g, dim, index), function=False, method=False)
def _scatter_add(x, src, dim, index):
    result = np.array(x)
    if x.ndim == 0:
        return result + src
    np.add.at(result, _open_grid(index, dim), src[tuple([slice(n) for n in index.shape])])
    return result


def _fit_source(src, index):
    """The part of `src` that `index` covers: its gradient is zero elsewhere."""
    if isinstance(src, Tensor) and src._array.shape != index._array.shape and src.ndim == index.ndim:
        return _view_index(src, tuple([slice(n) for n in index._array.shape])) if src.ndim else src
    return src


@function
def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """A copy with the elements of `src` (or one value) at the places that `index` names along `dim`.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html
    """
    src = value if src is None else src
    if src is None:
        raise TypeError("scatter() needs a tensor or a value to put at the places")
    dim = wrap_dim(dim, input._array.ndim)
    _check_gather("scatter", input._array, index._array, dim)
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise RuntimeError("reduce argument must be either add or multiply.")
        return scatter_reduce(input, dim, index, src if isinstance(src, Tensor) else FUNCTIONS["full_like"](
            index, src, dtype=input.dtype), {"add": "sum", "multiply": "prod"}[reduce])  # fmt: skip
    if isinstance(src, Tensor) and src.dtype is not input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    return _scatter(input, _fit_source(src, index), dim, memory(index))


@function
def scatter_add(input, dim, index, src):
    """A copy with the elements of `src` added at the places that `index` names along `dim`."""
    dim = wrap_dim(dim, input._array.ndim)
    _check_gather("scatter_add", input._array, index._array, dim)
    if src.dtype is not input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    return _scatter_add(input, _fit_source(src, index), dim, memory(index))


@function
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """A copy with the elements of `src` brought in at the places of `index`: by sum, prod, mean, amax or amin."""
    dim = wrap_dim(dim, input._array.ndim)
    where_, src = _open_grid(memory(index), dim), _fit_source(src, index)
    if reduce == "sum" and include_self:
        return scatter_add(input, dim, index, src)
    if input._requires_grad or src._requires_grad:
        raise NotImplementedError(f"the derivative of scatter_reduce('{reduce}') is not implemented")
    result = np.array(input._array)
    ufunc = {"sum": np.add, "mean": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}[reduce]
    if not include_self:
        start = {"sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}[reduce]
        result[where_] = start if result.dtype.kind in "fV" or abs(start) <= 1 else (
            np.iinfo(result.dtype).min if start < 0 else np.iinfo(result.dtype).max)  # fmt: skip
    ufunc.at(result, where_, src._array)
    if reduce == "mean":
        count = np.full(result.shape, int(include_self))
        np.add.at(count, where_, 1)
        if not include_self:
            count[count == 0] = 1
        result = (result / count).astype(result.dtype) if result.dtype.kind in "fV" else result // count
    return wrap(result)


@function
def take(input, index):
    """Elements by their place in the flattened tensor."""
    size = input._array.size
    if index._array.size and (index._array.max() >= size or index._array.min() < -size):
        bad = next(each for each in np.ravel(index._array) if not -size <= each < size)
        raise IndexError(f"out of range: tried to access index {bad} on a tensor of {size} elements.")
    return _take(input, memory(index))


@op(x=lambda g, x_shape, index: reshape(_add_at_zeros(reshape(g, -1), (int(np.prod(x_shape)),), (np.ravel(index),)),
                                        x_shape), function=False, method=False)  # fmt: skip
def _take(x, index):
    return np.take(x, index, mode="wrap")


@function
def put(input, index, source, accumulate=False):
    """A copy with `source` at places of the flattened tensor; with `accumulate`, added there."""
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{input.dtype.cpp_name} and source.dtype = {source.dtype.cpp_name}"
        )
    changed = index_put(reshape(input, -1), (reshape(index, -1),), reshape(source, -1), accumulate)
    return reshape(changed, input._array.shape)


@method
def put_(self, index, source, accumulate=False):
    """Write `source` at places of the flattened tensor, in place."""
    check_writable(self)
    _check_shared(self, (index, source))
    return overwrite(self, put(self, index, source, accumulate))


# Masks


# The derivative chooses between g and 0 instead of multiplying by a mask, so that nan and inf stay out.
@op(condition=None, x=lambda g, condition: where(condition, g, 0.0), y=lambda g, condition: where(condition, 0.0, g),
    optional=("x", "y"), function=False, method=False)  # fmt: skip
def _where(condition, x, y):
    return np.where(condition, x, y)[()]


@function(method=False)
def where(condition, input=None, other=None, *, x=None, y=None, out=None):
    """`input` where the condition holds, `other` elsewhere; all three broadcast. With the condition alone, the places
    where it holds, one index vector a dimension.

    Source: https://pytorch.org/docs/stable/generated/torch.where.html
    """
    input, other = x if input is None else input, y if other is None else other
    if (input is None) != (other is None):
        raise TypeError("where() takes the condition alone, or both sides as well")
    if input is None and other is None:
        return tuple([wrap(each) for each in np.nonzero(np.atleast_1d(condition._array))])
    if condition._array.dtype.kind != "b" and condition._array.dtype != np.uint8:
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition.dtype.cpp_name}"
        )
    wanted = result_dtype(input, other)
    sides = [to_dtype(each, wanted) if isinstance(each, Tensor) else wanted.numpy.type(each) for each in (input, other)]
    try:
        return _where(condition if condition._array.dtype.kind == "b" else condition.bool(), *sides, out=out)
    except ValueError:
        raise broadcast_error(input, other, RuntimeError("shapes do not broadcast")) from None


def _where_method(self, condition, other):
    """This tensor where the condition holds, `other` elsewhere."""
    return where(condition, self, other)


Tensor.where = _where_method


@op(x=lambda g, mask: masked_fill(g, mask, 0), mask=None, value=lambda g, mask: (g * mask.to(g.dtype)).sum(),
    function=False, method=False)  # fmt: skip
def _masked_fill(x, mask, value):
    return np.where(mask, np.asarray(value).astype(x.dtype), x)[()]


@function
def masked_fill(input, mask, value):
    """A copy with one value where the mask is true.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.masked_fill_.html
    """
    if mask._array.dtype.kind != "b":
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype.c_name}")
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    return _masked_fill(input, mask, value)


@function
def masked_select(input, mask, *, out=None):
    """The elements where the mask is true, in one dimension."""
    if mask._array.dtype.kind != "b":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    shape = np.broadcast_shapes(input._array.shape, mask._array.shape)
    where_ = np.nonzero(np.atleast_1d(np.broadcast_to(mask._array, shape)))
    return _masked_select(expand(input, shape) if shape else reshape(input, 1), where_)


@op(x=lambda g, index, x_shape: _add_at_zeros(g, x_shape, index), function=False, method=False)
def _masked_select(x, index):
    return x[index]


@function
def masked_scatter(input, mask, source):
    """A copy whose elements where the mask is true are those of `source`, in order."""
    where_ = np.nonzero(np.broadcast_to(mask._array, input._array.shape))
    count = len(where_[0]) if where_ else 1
    if count > source._array.size:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    return _masked_scatter(input, reshape(source, -1)[:count], where_)


@op(x=lambda g, index: _index_put(g, wrap(g._array.dtype.type(0)), index, False),
    source=lambda g, index: _take_index(g, index), function=False, method=False)  # fmt: skip
def _masked_scatter(x, source, index):
    result = np.array(x)
    result[index] = source
    return result


# Where things are


@function
def nonzero(input, *, as_tuple=False):
    """The places of the elements that are not zero: one row each, or (`as_tuple`) one index vector a dimension."""
    array = input._array
    if as_tuple:
        return tuple([wrap(each) for each in np.nonzero(np.atleast_1d(array))])
    if array.ndim == 0:
        return wrap(np.zeros((int(bool(array)), 0), np.int64))
    return wrap(np.argwhere(array))


@function
def argwhere(input):
    """The places of the elements that are not zero, one row each."""
    return nonzero(input)
