"""Dropout: elements or whole channels that are left out at random while training.

Draws and masks are PyTorch's, bit for bit.

Source: Srivastava and others, Dropout, JMLR 15 (2014)
"""

import math
from warnings import warn

from ...array_modules import beside, np
from ...errors import no_tensor
from ...ops.inplace import overwrite
from ...ops.writable import check_writable
from ...tensor import Tensor, memory, wrap
from ..sizes import ndim_of

_ALPHA = 1.7580993408473766


def _check(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _mask(input, shape, p: float) -> Tensor:
    """1 for what is kept and 0 for what is not, drawn in the order of the input's memory."""
    array = memory(input)
    with beside(array):
        mask = np.empty_like(array) if shape is None else np.empty(shape, array.dtype)
    return wrap(mask).bernoulli_(1 - p)


def _channels(input) -> tuple:
    return (*input._array.shape[:2], *[1] * (input.ndim - 2))


def _dropped(input, shape, p: float, training: bool, inplace: bool):
    if input._array.size == 0 or not training or p == 0:
        return input
    if p == 1:
        result = input * wrap(np.zeros((), input._array.dtype))
    else:
        mask = _mask(input, shape, p)
        mask._array /= mask._array.dtype.type(1 - p)
        result = input * mask
    if not inplace:
        return result
    check_writable(input)
    return overwrite(input, result)


def dropout(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Each element set to 0 with probability p, the others divided by 1 - p; the input itself when not training.

    >>> torch.nn.functional.dropout(torch.ones(3), training=False)
    tensor([1., 1., 1.])
    """
    _check(p)
    try:
        return _dropped(input, None, p, training, inplace)
    except AttributeError:
        if isinstance(input, Tensor):
            raise
        raise no_tensor("dropout", input) from None


def _feature_dropped(input, p, training, inplace):
    if input.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return _dropped(input, _channels(input), p, training, inplace)


def _whole_channels(input, p, training, inplace, batched: bool):
    if batched:
        return _feature_dropped(input, p, training, inplace)
    result = _feature_dropped(input.unsqueeze(0), p, training, False).squeeze(0)
    return overwrite(input, result) if inplace else result


def dropout1d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Whole channels of (batch,) channel, length set to 0 with probability p.

    >>> torch.nn.functional.dropout1d(torch.ones(1, 3), training=False)
    tensor([[1., 1., 1.]])
    """
    _check(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that dropout1d exists to "
            "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional "
            "batch dimension (i.e. 2D or 3D inputs)."
        )
    return _whole_channels(input, p, training, inplace, input.ndim == 3)


def _warn_dims(name: str, input, spatial: int, low: int) -> None:
    ndim = ndim_of(input)
    if ndim not in (low, low + 1):
        warn(
            f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a "
            "future release. To retain the behavior and silence this warning, please use dropout instead. Note that "
            f"{name} exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a channel "
            f"dimension, and an optional batch dimension (i.e. {low}D or {low + 1}D inputs).",
            stacklevel=3,
        )


def dropout2d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Whole channels of batch, channel, height, width set to 0 with probability p.

    >>> torch.nn.functional.dropout2d(torch.ones(1, 2, 2, 2), training=False).shape
    torch.Size([1, 2, 2, 2])
    """
    _check(p)
    _warn_dims("dropout2d", input, 2, 3)
    if input.ndim == 3:
        warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a "
            "future release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain "
            "the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _feature_dropped(input, p, training, inplace)


def dropout3d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Whole channels of (batch,) channel, depth, height, width set to 0 with probability p.

    >>> torch.nn.functional.dropout3d(torch.ones(1, 2, 2, 2, 2), training=False).shape
    torch.Size([1, 2, 2, 2, 2])
    """
    _check(p)
    _warn_dims("dropout3d", input, 3, 4)
    return _whole_channels(input, p, training, inplace, input.ndim != 4)


def _alpha_dropped(input, shape, p, training, inplace):
    _check(p)
    if input._array.size == 0 or not training or p == 0:
        return input
    if p == 1:
        return input * wrap(np.zeros((), input._array.dtype))
    scale = 1 / math.sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))
    mask = _mask(input, shape, p)
    shift = (mask - 1) * (_ALPHA * scale) + _ALPHA * scale * p
    result = input * (mask * scale) + shift
    return overwrite(input, result) if inplace else result


def alpha_dropout(input, p: float = 0.5, training: bool = False, inplace: bool = False):
    """Dropout that keeps mean and variance of what `selu` gives: elements are set to its lowest value.

    >>> torch.nn.functional.alpha_dropout(torch.ones(2), training=False)
    tensor([1., 1.])
    """
    try:
        return _alpha_dropped(input, None, p, training, inplace)
    except AttributeError:
        if isinstance(input, Tensor):
            raise
        raise no_tensor("alpha_dropout", input) from None


def feature_alpha_dropout(input, p: float = 0.5, training: bool = False, inplace: bool = False):
    """`alpha_dropout` of whole channels.

    >>> torch.nn.functional.feature_alpha_dropout(torch.ones(1, 2, 2, 2), training=False).shape
    torch.Size([1, 2, 2, 2])
    """
    return _alpha_dropped(input, _channels(input), p, training, inplace)
