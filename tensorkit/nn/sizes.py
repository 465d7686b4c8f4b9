"""Arguments that are one number or one for each dimension, the sizes of inputs, shapes that have to go together."""

from numpy import broadcast_shapes

from ..errors import cannot_broadcast, lacking, no_tensor


def tuple_of(value, n: int) -> tuple:
    """`value` as a tuple of n numbers; a single one counts for all.

    >>> tuple_of(3, 2), tuple_of((1, 2), 2)
    ((3, 3), (1, 2))
    """
    if isinstance(value, (tuple, list)):
        return tuple(value) if len(value) == n else tuple(value) * n if len(value) == 1 else tuple(value)
    return (value,) * n


def shape_of(function: str, input) -> tuple:
    """The shape of a function's input; PyTorch's TypeError for what is no tensor."""
    try:
        return input._array.shape
    except AttributeError:
        raise no_tensor(function, input) from None


def ndim_of(input) -> int:
    """How many dimensions an input has; PyTorch's AttributeError for what is no tensor, where it asks for `dim()`."""
    try:
        return input.ndim
    except AttributeError:
        raise lacking(input, "dim") from None


def check_broadcast(a, b) -> None:
    """PyTorch's RuntimeError for two tensors whose shapes do not broadcast together."""
    try:
        broadcast_shapes(a._array.shape, b._array.shape)
    except ValueError:
        raise cannot_broadcast(a._array.shape, b._array.shape) from None
