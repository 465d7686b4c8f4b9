"""How rows become a batch: tensors are stacked, numbers become tensors, tuples and dictionaries are gone into."""

from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from copy import copy

import numpy as np

from ...dtypes import float64
from ...ops.data import as_tensor, tensor
from ...ops.join import stack
from ...tensor import Tensor


def default_collate(batch: Sequence):
    """Rows as one batch of the same form, with a new first dimension.

    Tensors are stacked, NumPy arrays and numbers become tensors (Python floats float64); strings stay lists; of
    dictionaries, tuples and lists each entry is collated.  Raises TypeError for anything else, RuntimeError where the
    sizes of the rows differ.

    >>> import tensorkit as torch
    >>> torch.utils.data.default_collate([(torch.zeros(2), 3), (torch.ones(2), 4)])
    [tensor([[0., 0.], [1., 1.]]), tensor([3, 4])]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Sequence, *, collate_fn_map: Mapping | None = None):
    """`default_collate` with functions of your own for some types: {type: function(batch, collate_fn_map=…)}."""
    first = batch[0]
    kind = type(first)
    if collate_fn_map is not None:
        function = collate_fn_map.get(kind)
        if function is None:
            function = next((each for known, each in collate_fn_map.items() if isinstance(first, known)), None)
        if function is not None:
            return function(batch, collate_fn_map=collate_fn_map)

    def again(rows):
        return collate(rows, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        return _like(first, {key: again([row[key] for row in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return kind(*map(again, zip(*batch, strict=False)))
    if isinstance(first, Sequence):
        if any(len(row) != len(first) for row in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [again(column) for column in zip(*batch, strict=True)]
        return columns if isinstance(first, tuple) else _like(first, columns)
    raise _refused(kind)


def _like(first, content):
    """`content` (a dictionary or a list) in a container of the same type as `first`."""
    kind = type(first)
    if kind is type(content):
        return content
    try:
        if isinstance(first, MutableMapping):
            same = copy(first)
            same.update(content)
            return same
        if isinstance(first, MutableSequence):
            same = copy(first)
            for place, each in enumerate(content):
                same[place] = each
            return same
        return kind(content)
    except TypeError:
        return content  # a type that cannot be made so


def _refused(found) -> TypeError:
    return TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {found}"
    )


def _is_text(array: np.ndarray) -> bool:
    return array.dtype.kind in "SUO"


def collate_tensor_fn(batch, *, collate_fn_map=None):
    """Tensors, stacked."""
    return stack(batch, 0)


def collate_numpy_array_fn(batch, *, collate_fn_map=None):
    """NumPy arrays, as tensors, stacked."""
    if _is_text(batch[0]):
        raise _refused(batch[0].dtype)
    return collate([as_tensor(row) for row in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch, *, collate_fn_map=None):
    """NumPy's numbers, as one tensor."""
    return as_tensor(batch)


def collate_float_fn(batch, *, collate_fn_map=None):
    """Python floats, as one float64 tensor."""
    return tensor(batch, dtype=float64)


def collate_int_fn(batch, *, collate_fn_map=None):
    """Python ints (and bools), as one tensor."""
    return tensor(batch)


def collate_str_fn(batch, *, collate_fn_map=None):
    """Text, as it is."""
    return batch


#: How `default_collate` treats rows of these types.
default_collate_fn_map: dict[type | tuple, Callable] = {
    Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}


def default_convert(data):
    """One row with its NumPy arrays and numbers as tensors: what a loader without batches does.

    >>> import numpy as np
    >>> torch.utils.data.default_convert(np.array([1, 2]))
    tensor([1, 2])
    """
    if isinstance(data, Tensor):
        return data
    if isinstance(data, (np.ndarray, np.generic)) and not isinstance(data, (np.str_, np.bytes_)):
        return data if isinstance(data, np.ndarray) and _is_text(data) else as_tensor(data)
    if isinstance(data, Mapping):
        return _like(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, tuple):
        return [default_convert(each) for each in data]
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _like(data, [default_convert(each) for each in data])
    return data
