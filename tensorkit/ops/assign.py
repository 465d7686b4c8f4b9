"""Writing by index: `x[…] = value`, `index_put_`, `copy_`.

An index is read as in `index.py`; what is checked before a write, and how its history is kept, stands in `inplace.py`.
"""

import numpy

from ..array_modules import address, is_array, move_like, np, on_gpu
from ..errors import brackets, cannot_broadcast, kind, wrong_argument
from ..tensor import Tensor, memory, storage_of, wrap
from .broadcast import expand
from .cast import c_cast, moved_like, number_for, to_dtype
from .declare import behind, function, method
from .index import _array_index, _plain, _split, _take_index, _view_index, parts_of, unwritten, watch
from .inplace import overwrite
from .placing import different_devices
from .pointwise import nothing
from .promote import is_number
from .shape import reshape
from .writable import check_overlap, check_writable


def _setitem(self, index, value):
    """`x[index] = value`, in place: the value is broadcast to the places and cast to the dtype."""
    parts = parts_of(index)
    number = not isinstance(value, Tensor)
    if number:
        if not is_number(value) or isinstance(value, np.ndarray):
            raise TypeError(f"can't assign a {kind(value)} to a torch.{self.dtype.tensor_type}")
        value = wrap(numpy.asarray(number_for(value, self._array.dtype))[()])
    if any(is_array(part) and part.ndim == 0 and not part for part in parts):
        return  # x[False] is no place at all
    if all(_plain(part) for part in parts):
        whole = _is_whole(parts, self._array.shape)
        _assign(self if whole else _view_index(self, parts), value)
        return
    plain, arrays = _split(parts, self._array.ndim)
    viewed = self if all(part == slice(None) for part in plain) else _view_index(self, plain)
    if index is not True and not _fills(list(arrays.values()), value):
        _check_shared(viewed, (*(index if isinstance(index, tuple) else (index,)), value))
    check_writable(viewed, by="index_put_")
    if _fills(list(arrays.values()), value):
        check_writable(viewed, by="masked_fill_")  # PyTorch goes on to it, and warns again
    else:
        _check_places(viewed, arrays)
        if not number and index is not True:
            _check_put_dtype(viewed, value)
    places = _array_index(memory(viewed), arrays)
    if not (viewed._requires_grad or value._requires_grad):
        _store_at(viewed, places, value)
    else:
        _check_fits(memory(viewed), places, value)
        overwrite(viewed, _index_put(viewed, to_dtype(value, viewed.dtype), places, False, watch(index, viewed, value)))


def _is_whole(parts, shape: tuple) -> bool:
    """Whether an index takes all there is, so that PyTorch makes no view for it."""
    slices = [part for part in parts if part is not Ellipsis]
    if len(slices) > len(shape) or not all(isinstance(part, slice) for part in slices):
        return False
    before = parts.index(Ellipsis) if Ellipsis in parts else len(parts)
    sizes = (*shape[:before], 0, *shape[len(shape) - (len(parts) - before - 1) :])
    return all(
        part is Ellipsis
        or (part.start in (None, 0) and part.step in (None, 1) and (part.stop is None or part.stop >= n))
        for part, n in zip(parts, sizes, strict=False)
    )


def _store_at(viewed, index, value) -> None:
    array = memory(viewed)
    try:
        array[index] = c_cast(_beside(value, array), array.dtype)
    except ValueError:
        _check_fits(array, index, value)
        raise
    storage_of(viewed).written()


def _beside(value: Tensor, array):
    """The values to be written, where the array is that they are written to: a number comes from anywhere."""
    if value._array.ndim and on_gpu(value._array) != on_gpu(array):
        raise different_devices(_index_put.op, (array, value._array))
    return value._array if value._array.ndim else move_like(value._array, array)


def _check_fits(array, index, value) -> None:
    places, shape = np.empty_like(array, dtype=bool)[index].shape, value._array.shape
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
    if shape != target._array.shape:
        if not shape:
            target.fill_(value)
            return
        if shape[0] == 1:  # PyTorch drops leading ones here
            first = next((i for i, size in enumerate(shape) if size != 1), len(shape))
            whole, shape = memory(value), shape[first:]
            value = reshape(value, shape)
            value._array = whole[(0,) * first + (...,)]  # with the strides that it had: they tell whether parts overlap
            if not shape and target._array.ndim and target._array.size == 1:
                check_overlap(target, value, same=False)
        if shape != target._array.shape:
            value = expand(value, target._array.shape)  # raises where that does not fit
    copy_(target, value)


@behind(x=nothing, y=lambda g: g, node_name="torch::autograd::CopyBackwards")
def _copied(x, y):
    return np.broadcast_to(c_cast(y, x.dtype), x.shape).copy()[()]


@method
def copy_(self, src, non_blocking=False):
    """Overwrite this tensor with `src`, broadcast to its shape and cast to its dtype.

    >>> torch.zeros(2).copy_(tensor([1, 2]))
    tensor([1., 2.])
    """
    if not isinstance(src, Tensor):
        if not is_number(src):
            raise wrong_argument("copy_", "other", 1, "Tensor", src)
        src = wrap(numpy.asarray(src)[()])
    elif on_gpu(src._array) != on_gpu(self._array):
        src = moved_like(src, self)
    alias = _is_alias(self, src)
    check_writable(self, filled=alias)
    if not alias:
        check_overlap(self, src)
    shape = self._array.shape
    have = src._array.shape
    if len(have) > len(shape):
        raise RuntimeError(f"output with shape {brackets(shape)} doesn't match the broadcast shape {brackets(have)}")
    if have != shape and any(size not in (1, want) for size, want in zip(have[::-1], shape[::-1], strict=False)):
        raise cannot_broadcast(shape, have)
    return overwrite(self, _copied(self, src), silent=True)


def _is_alias(target, source) -> bool:
    """Whether two tensors are the same elements of the same memory, so that a copy has nothing to do."""
    one, two = target._array, source._array
    if target is source:
        return True
    if target._storage is None or target._storage is not source._storage or one.shape != two.shape:
        return False
    return address(one) == address(two) and target.stride() == source.stride()


def _fills(parts, value) -> bool:
    """Whether writing `value` to the places that index arrays name is, to PyTorch, filling under a mask."""
    return value._array.size == 1 and len(parts) == 1 and parts[0].dtype.kind == "b"


def _check_shared(target, operands) -> None:
    """Raise PyTorch's error if one of the tensors among `operands` shares memory with the target."""
    for each in operands:
        if isinstance(each, Tensor):
            check_overlap(target, each, same=False)


def _check_places(target, arrays: dict) -> None:
    """Raise PyTorch's error if places are named along a dimension that has none."""
    if not target._array.size and any(
        each.dtype.kind != "b" and each.size and not target._array.shape[dim] for dim, each in arrays.items()
    ):
        raise IndexError("index is out of bounds for dimension with size 0")


def _check_put_dtype(target, value) -> None:
    if value.dtype is not target.dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {target.dtype.cpp_name} for the "
            f"destination and {value.dtype.cpp_name} for the source."
        )


def _index_put_dx(g, index, accumulate, watched):
    unwritten(index, watched)
    return g if accumulate else _index_put(g, wrap(g._array.dtype.type(0)), index, False)


@behind(x=_index_put_dx, values=lambda g, index, watched: _take_index(g, unwritten(index, watched)))
def _index_put(x, values, index, accumulate, watched=()):
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
    """A copy with `values` at the places that a tuple of index tensors names; with `accumulate`, added there.

    >>> torch.zeros(3).index_put((tensor([1]),), tensor(5.))
    tensor([0., 5., 0.])
    """
    places, watched = _index_tuple(input._array, indices), watch(indices, input, values)
    if accumulate or not _fills([each._array for each in indices if each is not None], values):
        _check_put_dtype(input, values)
    return _index_put(input, to_dtype(values, input.dtype), places, accumulate, watched)


@method
def index_put_(self, indices, values, accumulate=False):
    """`index_put` in place."""
    check_writable(self, by="index_put_")
    if accumulate or not _fills([each._array for each in indices if each is not None], values):
        _check_shared(self, (*indices, values))
    return overwrite(self, index_put(self, indices, values, accumulate))


Tensor.__setitem__ = _setitem


@method
def __delitem__(self, index):  # noqa: N807 (Python's name)
    raise TypeError("Tensor does not support deleting items")
