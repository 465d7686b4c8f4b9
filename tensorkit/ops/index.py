"""Reading by index: `x[…]` in every form.

Integers, slices, None and Ellipsis give views.  Masks, lists and index tensors give copies; they are applied after
the plain parts, to the dimensions that remain, which is where PyTorch and NumPy part: `x[0, :, [1, 2]]` keeps its
order.  Writing (`x[…] = value`) stands in `assign.py`; the functions that take an index along one dimension in
`slices.py`, an index for each element in `gather.py`, a mask in `masks.py`.
"""

import math
from typing import NamedTuple
from warnings import warn

from .. import dtypes
from ..array_modules import is_array, move_like, np, on_gpu
from ..errors import brackets
from ..tape import mode, tick
from ..tensor import Tensor, memory
from .declare import behind, overwritten
from .layout import in_order, in_rows
from .shape import unsqueeze

#: NumPy's letters for int32, int64 (both of its names) and uint8: what tensors with dimensions index with.
INDEX_TYPES = "ilqB"


def _index_steps(node) -> list:
    """PyTorch makes a node for each part of an index: their names, in order.  Among several, slices of a whole
    dimension leave none."""
    index, shape = node.extras[0], node.extras[-1]
    steps, dim = [], 0
    for part in index:
        if part is Ellipsis:
            dim = len(shape) - sum(each is not None for each in index[index.index(Ellipsis) + 1 :])
        elif part is None:
            steps.append("UnsqueezeBackward0")
        elif isinstance(part, int):
            steps.append("SelectBackward0")
            dim += 1
        else:
            if len(index) == 1 or part.indices(shape[dim]) != (0, shape[dim], 1):
                steps.append("SliceBackward0")
            dim += 1
    return steps or ["AliasBackward0"]


@behind(x=lambda g, index, x_shape: _index_into_zeros(g, x_shape, index), views=True,
    node_name=lambda node: _index_steps(node)[-1], steps=lambda node: _index_steps(node)[:-1])  # fmt: skip
def _view_index(x, index):
    try:
        if None in index and len(index) > 1:
            return _one_by_one(x, index)
        return x[(*index, Ellipsis)] if Ellipsis not in index else x[index]
    except IndexError as error:
        raise _index_error(error, x, index) from None


def _one_by_one(x, index):
    """The view part by part, so that new dimensions have the steps in memory that PyTorch gives them."""
    x[index if Ellipsis in index else (*index, Ellipsis)]  # raises what is wrong with the index as a whole
    ndim, dim = x.ndim, 0
    taken = sum(part is not None and part is not Ellipsis for part in index)
    for part in index:
        if part is Ellipsis:
            dim += ndim - taken
        elif part is None:
            x, dim = unsqueeze.op.forward(x, dim), dim + 1
        else:
            x = x[(slice(None),) * dim + (part, ...)]
            dim += isinstance(part, slice)
    return x


@behind(x=lambda g, index: _view_index(g, index), node_name="SliceBackward0")
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
        if array.dtype.char not in INDEX_TYPES and (array.ndim or array.dtype.kind not in "iu"):
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
    if is_array(part):
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
            "2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, "
            "x[torch.tensor(seq)], which will result either in an error or a different result",
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
    consumed = sum(part.ndim if is_array(part) and part.dtype.kind == "b" else 1
                   for part in parts if part is not None and part is not Ellipsis)  # fmt: skip
    if consumed > ndim:
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    plain, arrays, dim = [], {}, 0  # dim: of the view that the plain part makes
    for part in parts:
        if part is None or part is Ellipsis or isinstance(part, (int, slice)):
            plain.append(part)
            dim += ndim - consumed if part is Ellipsis else not isinstance(part, int)
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
        if on_gpu(x) is not on_gpu(array):
            if not on_gpu(x):
                raise RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
            array = move_like(array, x)
        if array.dtype.kind == "b":
            for i, size in enumerate(array.shape):
                if size != x.shape[place + i]:
                    raise IndexError(
                        f"The shape of the mask {brackets(array.shape)} at index {i} does not match the shape of the "
                        f"indexed tensor {brackets(x.shape)} at index {place + i}"
                    )
            index.extend(np.nonzero(array))
            dim = place + array.ndim
        else:
            size = x.shape[place]
            if array.size and (array.max() >= size or array.min() < -size):
                if not size:
                    raise IndexError("index is out of bounds for dimension with size 0")
                bad = next(each for each in array.ravel() if not -size <= each < size)
                # PyTorch moves the indexed dimensions to the front before it counts them
                first = sorted(arrays).index(place)
                raise IndexError(f"index {bad} is out of bounds for dimension {first} with size {size}")
            index.append(array)
            dim = place + 1
    shapes = [each.shape for each in index if is_array(each)]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes "
            + ", ".join(map(brackets, shapes))
        ) from None
    return tuple(index)


@behind(x=lambda g, index, x_shape, watched: _add_at_zeros(g, x_shape, unwritten(index, watched)),
    node_name="IndexBackward0")  # fmt: skip
def _take_index(x, index, watched=()):
    if not is_array(index[-1]):  # slices, for a derivative
        return x[index]
    if not x.flags.c_contiguous:
        return _as_it_lies(x[index], x, index)
    if len(index) > 1 and all(type(each) is slice for each in index[:-1]):
        return x.take(index[-1], len(index) - 1)  # in rows, which NumPy's indexing would not give
    return in_rows(x[index])


class _Steps(NamedTuple):
    """What `in_order` looks at of an array."""

    shape: tuple
    strides: tuple


def _as_it_lies(found, x, index):
    """What an index found, its dimensions in the order in memory that those of `x` have. About those of the index `x`
    says nothing; they lie row by row."""
    steps, places = list(x.strides), [place for place, each in enumerate(index) if is_array(each)]
    together = places[-1] - places[0] == len(places) - 1
    rest = [step for place, step in enumerate(steps) if place not in places]
    shape = np.broadcast_shapes(*[index[place].shape for place in places])
    first = places[0] if together else 0
    own = _Steps(found.shape, (*rest[:first], *[0] * len(shape), *rest[first:]))
    shape = (1,) * first + shape + (1,) * (len(rest) - first)
    return in_order(found, own, _Steps(shape, tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))))


def watch(parts, *operands) -> tuple:
    """The index tensors among the parts of an index, each with the time, if the derivative will need them again."""
    if not (mode.enabled and any(each._requires_grad for each in operands)):
        return ()
    parts = parts if isinstance(parts, (tuple, list)) else (parts,)
    return tuple([(each, tick()) for each in parts if isinstance(each, Tensor) and each._array.ndim])


def unwritten(index: tuple, watched: tuple) -> tuple:
    """The index, after looking whether one of its tensors was overwritten since."""
    for each, time in watched:
        storage = each._storage
        if storage is not None and storage.writes and storage.writes[-1] > time:
            raise overwritten(each._array, storage, time, None)
    return index


@behind(x=lambda g, index: _take_index(g, index), node_name="IndexPutBackward0")
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
                "convert a 0-dim tensor to a number"
            )
        return _view_index(self, (index,))
    parts = parts_of(index)
    if all(_plain(part) for part in parts):
        return _view_index(self, parts)
    plain, arrays = _split(parts, self._array.ndim)
    viewed = self if all(part == slice(None) for part in plain) else _view_index(self, plain)
    return _take_index(viewed, _array_index(memory(viewed), arrays), watch(index, viewed))


Tensor.__getitem__ = _getitem
