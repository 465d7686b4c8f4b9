"""Normalisation: batch_norm, layer_norm, group_norm, instance_norm, rms_norm, local_response_norm.

Here are PyTorch's arguments and errors; the arithmetic stands in `tensorkit.ops.normalize`.
"""

import math

from ... import dtypes
from ...array_modules import np
from ...errors import brackets, lacking
from ...ops import normalize as _ops
from ...ops.shape import reshape, squeeze, unsqueeze
from ...tensor import memory, storage_of
from ..sizes import ndim_of, shape_of


def _check_count(name: str, given, wanted: int) -> None:
    if given is not None and given._array.size != wanted:
        raise RuntimeError(f"{name} should contain {wanted} elements not {given._array.size}")


def _blend(running, new, momentum: float) -> None:
    """Move a running estimate by `momentum` towards a new value, in place and without history."""
    if running is not None:
        array = memory(running)
        array[...] = (1 - momentum) * array.astype(np.float64) + momentum * new
        storage_of(running).written()


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training: bool = False, momentum: float = 0.1,
               eps: float = 1e-5):  # fmt: skip
    """Each channel (dimension 1) minus its mean, over its standard deviation; then times weight, plus bias.

    training  take mean and variance of this batch, and move the running ones by `momentum` towards them;
              otherwise use the running ones

    Raises ValueError when training on one value per channel.

    >>> torch.nn.functional.batch_norm(torch.tensor([[1.], [3.]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    shape = shape_of("batch_norm", input)
    if training:
        if eps <= 0.0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
        if len(shape) > 1 and input._array.size == shape[1]:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.shape}")
    elif eps < 0.0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    channels = shape[1]
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, tensor in given.items():
        _check_count(name, tensor, channels)
    layout = (1, channels, *[1] * (len(shape) - 2))
    axes = (0, *range(2, len(shape)))
    if not training:
        for name, given in (("running_mean", running_mean), ("running_var", running_var)):
            if given is None:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
        return _ops.normalize_by(
            input, weight, bias, np.array(running_mean._array), np.array(running_var._array), layout, eps
        )
    if running_mean is not None or running_var is not None:
        mean, variance = _ops.batch_moments(memory(input), axes)
        _blend(running_mean, mean, momentum)
        _blend(running_var, variance, momentum)
    return _ops.normalize(input, weight, bias, axes, layout, eps, "Batch")


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats: bool = True,
                  momentum: float = 0.1, eps: float = 1e-5):  # fmt: skip
    """Each channel of each sample minus its mean, over its standard deviation.

    use_input_stats  otherwise the running mean and variance are used

    >>> torch.nn.functional.instance_norm(torch.ones(1, 2, 3)).shape
    torch.Size([1, 2, 3])
    """
    try:
        shape = input._array.shape
    except AttributeError:
        raise lacking(input, "size") from None
    if use_input_stats and math.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    samples, channels = shape[:2]
    if not use_input_stats:
        return batch_norm(input.contiguous(), running_mean, running_var, weight, bias, False, momentum, eps)
    if running_mean is not None or running_var is not None:
        mean, variance = _ops.batch_moments(memory(input), tuple(range(2, len(shape))))
        _blend(running_mean, mean.reshape(samples, channels).mean(0), momentum)
        _blend(running_var, variance.reshape(samples, channels).mean(0), momentum)
    flat = reshape(input, 1, samples * channels, *shape[2:])
    layout = (1, samples * channels, *[1] * (len(shape) - 2))
    weight, bias = (each if each is None else each.repeat(samples) for each in (weight, bias))
    result = _ops.normalize(flat, weight, bias, (0, *range(2, len(shape))), layout, eps, "Batch")
    return reshape(result, shape)


def _check_shape(name: str, input, normalized_shape, star: str) -> tuple:
    wanted = tuple(normalized_shape)
    shape = shape_of(name, input)
    if not wanted or shape[len(shape) - len(wanted) :] != wanted or len(wanted) > len(shape):
        listed = ", ".join(map(str, wanted))
        raise RuntimeError(
            f"Given normalized_shape={brackets(wanted)}, expected input with shape [*{star}{listed}], but got input of "
            f"size{brackets(shape)}"
        )
    return wanted


def _check_scale(weight, bias, wanted: tuple, described: str, end: str) -> None:
    for name, given in (("weight", weight), ("bias", bias)):
        if given is not None and given._array.shape != wanted:
            raise RuntimeError(
                f"Expected {name} to be {described}, but got {name} of shape {brackets(given._array.shape)} {end}"
            )


def layer_norm(input, normalized_shape, weight=None, bias=None, eps: float = 1e-5):
    """The last dimensions minus their mean, over their standard deviation; then times weight, plus bias.

    normalized_shape  the sizes of these dimensions; weight and bias have this shape

    >>> torch.nn.functional.layer_norm(torch.tensor([[1., 3.]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    wanted = _check_shape("layer_norm", input, normalized_shape, ", ")
    end = f"and normalized_shape = {brackets(wanted)}"
    _check_scale(weight, bias, wanted, "of same shape as normalized_shape", end)
    ndim = input.ndim
    axes = tuple(range(ndim - len(wanted), ndim))
    return _ops.normalize(input, weight, bias, axes, (*[1] * (ndim - len(wanted)), *wanted), eps, "Layer")


def rms_norm(input, normalized_shape, weight=None, eps: float | None = None):
    """The last dimensions over the root of their mean square; then times weight.

    >>> torch.nn.functional.rms_norm(torch.tensor([[3., 4.]]), (2,))
    tensor([[0.8485, 1.1314]])

    Source: Zhang and Sennrich, https://arxiv.org/abs/1910.07467
    """
    wanted = _check_shape("rms_norm", input, normalized_shape, "")
    eps = dtypes.finfo(input.dtype).eps if eps is None else eps
    dims = list(range(-len(wanted), 0))
    result = input * ((input * input).mean(dims, True) + eps).rsqrt()
    return result if weight is None else result * weight


def group_norm(input, num_groups: int, weight=None, bias=None, eps: float = 1e-5):
    """The channels of each sample, in groups: each group minus its mean, over its standard deviation.

    >>> torch.nn.functional.group_norm(torch.ones(1, 4, 3), 2).shape
    torch.Size([1, 4, 3])

    Source: Wu and He, https://arxiv.org/abs/1803.08494
    """
    if ndim_of(input) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    shape = input._array.shape
    if shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{brackets(shape)} and num_groups={num_groups}"
        )
    end = f"and input of shape {brackets(shape)}"
    _check_scale(weight, bias, shape[1:2], "a vector of size equal to the number of channels in input", end)
    return _ops.normalize_groups(input, weight, bias, num_groups, eps)


def local_response_norm(input, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
    """Each element over a power of the mean square of its neighbours in other channels.

    >>> torch.nn.functional.local_response_norm(torch.ones(1, 2, 3, 3), 2).shape
    torch.Size([1, 2, 3, 3])
    """
    from .padding import pad
    from .pooling import avg_pool2d, avg_pool3d

    if ndim_of(input) < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality                          input (got {input.ndim} dimensions)"
        )
    squares = unsqueeze(input * input, 1)
    if input.ndim == 3:
        mean = squeeze(avg_pool2d(pad(squares, (0, 0, size // 2, (size - 1) // 2)), (size, 1), stride=1), 1)
    else:
        shape = input._array.shape
        squares = reshape(squares, shape[0], 1, shape[1], shape[2], -1)
        squares = pad(squares, (0, 0, 0, 0, size // 2, (size - 1) // 2))
        mean = reshape(squeeze(avg_pool3d(squares, (size, 1, 1), stride=1), 1), shape)
    return input / (mean * alpha + k) ** beta
