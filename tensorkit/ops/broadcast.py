"""Shapes that fit together: `expand` repeats a tensor without memory, `sum_to` is what the gradient of that is.

Elementwise operations broadcast by themselves (`declare.py`); repetition that takes memory stands in `rearrange.py`.
"""

from ..array_modules import np
from ..errors import brackets, cannot_broadcast
from ..size import Size
from ..tensor import Tensor
from .declare import FUNCTIONS, function, method, op
from .promote import is_number
from .shape import inferred_sizes, reshape


@op(x=lambda g: g, views=True, gather="shape", method=False)
def expand(x, shape):
    """The tensor repeated along dimensions of size 1 (and new ones in front), without taking memory; -1 keeps a size.

    >>> tensor([[1], [2]]).expand(2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    shape = tuple([each.__index__() for each in shape])
    if len(shape) < x.ndim:
        raise RuntimeError(
            f"expand({_tensor_text(x)}, size={list(shape)}): the number of sizes provided ({len(shape)}) must be "
            f"greater or equal to the number of dimensions in the tensor ({x.ndim})"
        )
    if any(wanted < -1 for wanted in shape):
        raise RuntimeError("numel: integer multiplication overflow")
    new = len(shape) - x.ndim
    full = []
    for i, wanted in reversed(list(enumerate(shape))):  # PyTorch looks from the right
        have = x.shape[i - new] if i >= new else 1
        if wanted == -1:
            if i < new:
                raise RuntimeError(
                    f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {i}"
                )
            wanted = have
        if have != wanted and (have != 1 or i < new and wanted < 0):
            raise RuntimeError(
                f"The expanded size of the tensor ({wanted}) must match the existing size ({have}) at non-singleton "
                f"dimension {i}.  Target sizes: {brackets(shape)}.  Tensor sizes: {brackets(x.shape)}"
            )
        full.insert(0, wanted)
    strides = [0] * new + [0 if x.shape[i] == 1 and full[new + i] != 1 else x.strides[i] for i in range(x.ndim)]
    return np.lib.stride_tricks.as_strided(x, full, strides)


def _tensor_text(x) -> str:
    from .. import dtypes

    return f"torch.{dtypes.from_numpy(x.dtype).tensor_type}{{{brackets(x.shape)}}}"


Tensor.expand = expand


FUNCTIONS.pop("expand")


@method
def expand_as(self, other):
    """Expanded to the shape of `other`.

    >>> tensor([1, 2]).expand_as(torch.ones(2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(self, other._array.shape)


@function
def broadcast_to(input, *sizes, size=None):
    """Expanded to the shape `size`.

    >>> tensor([1, 2]).broadcast_to((2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(input, inferred_sizes(sizes) if size is None else size)


def sum_to(x: Tensor, shape: tuple) -> Tensor:
    """`x` summed over the dimensions along which something of shape `shape` was broadcast: what the gradient of
    broadcasting is."""
    have = x._array.shape
    if have == shape:
        return x
    if not shape:
        return FUNCTIONS["sum"](x)
    dims = broadcast_dims(have, shape)
    total = FUNCTIONS["sum"](x, dims, True) if dims else x
    if total._array.shape != shape:
        total = reshape(total, shape)
    return total


def broadcast_dims(have: tuple, shape: tuple) -> tuple:
    """The dimensions of `have` along which something of shape `shape` was repeated."""
    new = len(have) - len(shape)
    return tuple([i for i in range(len(have)) if i < new or (shape[i - new] == 1 and have[i] != 1)])


@method
def sum_to_size(self, *size):
    """Summed over the dimensions that do not fit `size`: the reverse of `expand`.

    >>> torch.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    return sum_to(self, inferred_sizes(size))


def together(*shapes) -> tuple:
    """The shape that several have together; PyTorch's error for the first one that does not fit those before it."""
    found: tuple = ()
    for shape in shapes:
        try:
            found = np.broadcast_shapes(found, shape)
        except ValueError:
            raise cannot_broadcast(found, shape) from None
    return found


@function(method=False)
def broadcast_shapes(*shapes):
    """The shape that tensors of these shapes have together.

    >>> torch.broadcast_shapes((2, 1), (3,))
    torch.Size([2, 3])
    """
    shapes = tuple([(each,) if is_number(each) else tuple(each) for each in shapes])
    found = [1] * max(map(len, shapes), default=0)
    for place, shape in enumerate(shapes):
        for back in range(1, len(shape) + 1):
            size = shape[-back]
            if size in (1, found[-back]):
                continue
            if found[-back] != 1 or size < 0:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {size} at {-back}! Mismatching argument at index "
                    f"{place} had {shape}; but expected shape should be broadcastable to {found}"
                )
            found[-back] = size
    return Size(found)


@function(method=False)
def broadcast_tensors(*tensors):
    """The tensors, all expanded to the shape that they have together.

    >>> [each.shape for each in torch.broadcast_tensors(torch.ones(2, 1), torch.ones(3))]
    [torch.Size([2, 3]), torch.Size([2, 3])]
    """
    shape = together(*[each._array.shape for each in tensors])
    return tuple([expand(each, shape) for each in tensors])
