"""Normalisation: elements minus their mean over their standard deviation, then scaled and shifted.

Batch, layer and group normalisation differ in what the mean goes over and in what shape weight and bias have; the work
is the same, and so is the derivative.  It is computed in one go in NumPy; only where the derivative itself is to be
differentiated is it put together from operations.  Layers stand in `tensorkit.nn.norm`.

Source: Ioffe and Szegedy, https://arxiv.org/abs/1502.03167; Ba, Kiros and Hinton, https://arxiv.org/abs/1607.06450
"""

import math

from ..array_modules import np
from ..tape import mode
from ..tensor import wrap
from .declare import behind
from .layout import as_first, as_first_or_rows, in_rows
from .reduce import mean
from .shape import reshape


def _moments(x, axes):
    """Mean and variance over `axes`, kept as sizes 1; in float64, as exact as PyTorch's running update."""
    count = math.prod([x.shape[axis] for axis in axes])
    if x.size <= 65536 or x.dtype.itemsize == 2:
        center = np.add.reduce(x, axes, np.float64, keepdims=True) / count
        rest = x - center
        return center, np.add.reduce(rest * rest, axes, keepdims=True) / count
    center = np.add.reduce(x, axes, x.dtype, keepdims=True) / x.dtype.type(count)
    rest = x - center
    return center, np.add.reduce(np.square(rest, out=rest), axes, keepdims=True) / x.dtype.type(count)


def _laid(weight, shape):
    return weight if weight is None else weight.reshape(shape)


def _plain_dx(g, x, weight, axes, layout, eps):
    """The derivative in NumPy."""
    center, variance = _moments(x, axes)
    scale = 1 / np.sqrt(variance + eps)
    hat = ((x - center) * scale).astype(x.dtype)
    if weight is not None:
        g = g * weight.reshape(layout)
    count = math.prod([x.shape[axis] for axis in axes])
    along = np.add.reduce(g * hat, axes, keepdims=True) / count
    return ((g - np.add.reduce(g, axes, keepdims=True) / count - hat * along) * scale).astype(x.dtype)


def _hat(x, axes, eps):
    """The normalised elements, as an expression of operations."""
    rest = x - mean(x, list(axes), True)
    return rest * (mean(rest * rest, list(axes), True) + eps).rsqrt()


def _dx(g, x, weight, axes, layout, eps):
    if not mode.enabled:
        return wrap(_plain_dx(g._array, x._array, None if weight is None else weight._array, axes, layout, eps))
    if weight is not None:
        g = g * reshape(weight, layout)
    rest = x - mean(x, list(axes), True)
    scale = (mean(rest * rest, list(axes), True) + eps).rsqrt()
    hat = rest * scale
    return (g - mean(g, list(axes), True) - hat * mean(g * hat, list(axes), True)) * scale


def _summed(g, layout, like_shape):
    axes = [axis for axis, size in enumerate(layout) if size == 1 and g._array.shape[axis] != 1]
    return reshape(g.sum(axes, True) if axes else g, tuple(like_shape))


def _dweight(g, x, weight_shape, axes, layout, eps):
    if not mode.enabled:
        center, variance = _moments(x._array, axes)
        hat = wrap(((x._array - center) / np.sqrt(variance + eps)).astype(x._array.dtype))
    else:
        hat = _hat(x, axes, eps)
    return _summed(g * hat, layout, weight_shape)


def _dbias(g, bias_shape, layout):
    return _summed(g, layout, bias_shape)


def _name(node) -> str:
    return f"Native{node.extras[3]}NormBackward0"


@behind(x=_dx, weight=_dweight, bias=_dbias, optional=("weight", "bias"), node_name=_name)
def normalize(x, weight, bias, axes, layout, eps, kind):
    """(x - mean) / sqrt(variance + eps) · weight + bias.

    axes    what mean and variance go over
    layout  the shape in which weight and bias stand against x
    kind    'Batch', 'Layer' or 'Group': how PyTorch names the node
    """
    center, variance = _moments(x, axes)
    found = _affine(x, center, 1 / np.sqrt(variance + eps), _laid(weight, layout), _laid(bias, layout))
    return in_rows(found) if kind == "Layer" else as_first_or_rows(found, (x,))


def _affine(x, center, scale, weight, bias):
    """(x - center) · scale · weight + bias, in the type of x."""
    result = ((x - center) * scale).astype(x.dtype, copy=False)
    if weight is not None:
        result *= weight
    if bias is not None:
        result += bias
    return result


def _fixed_dx(g, weight, center, variance, layout, eps):
    scale = wrap(1 / np.sqrt(variance + eps).reshape(layout))
    return g * scale if weight is None else g * (reshape(weight, layout) * scale)


def _fixed_dweight(g, x, weight_shape, center, variance, layout, eps):
    hat = (x - wrap(center.reshape(layout))) * wrap(1 / np.sqrt(variance + eps).reshape(layout))
    return _summed(g * hat, layout, weight_shape)


@behind(x=_fixed_dx, weight=_fixed_dweight, bias=_dbias, optional=("weight", "bias"),
    node_name="NativeBatchNormBackward0", layout=as_first_or_rows)  # fmt: skip
def normalize_by(x, weight, bias, center, variance, layout, eps):
    """The same with a given mean and variance, which are no operands: batch normalisation when it is not training."""
    scale = (1 / np.sqrt(variance + variance.dtype.type(eps))).reshape(layout)
    return _affine(x, center.reshape(layout), scale, _laid(weight, layout), _laid(bias, layout))


def batch_moments(x, axes):
    """Mean and unbiased variance of each channel, to update running estimates with."""
    center, variance = _moments(x, axes)
    count = math.prod([x.shape[axis] for axis in axes])
    return center.reshape(-1), variance.reshape(-1) * (count / max(count - 1, 1))


# Groups of channels: normalised in another shape than the one in which weight and bias stand


def _grouped(x, groups: int):
    return x.reshape(x.shape[0], groups, -1)


def _groups_dx(g, x, weight, groups, eps):
    shape = x._array.shape
    if weight is not None:
        g = g * reshape(weight, (1, -1, *[1] * (len(shape) - 2)))
    flat = (shape[0], groups, -1)
    return reshape(_dx(reshape(g, flat), reshape(x, flat), None, (2,), None, eps), shape)


def _groups_dweight(g, x, weight_shape, groups, eps):
    shape = x._array.shape
    hat = reshape(_hat(reshape(x, (shape[0], groups, -1)), (2,), eps), shape)
    return _summed(g * hat, (1, shape[1], *[1] * (len(shape) - 2)), weight_shape)


def _groups_dbias(g, bias_shape, x_shape):
    return _summed(g, (1, x_shape[1], *[1] * (len(x_shape) - 2)), bias_shape)


@behind(x=_groups_dx, weight=_groups_dweight, bias=_groups_dbias, optional=("weight", "bias"),
    node_name="NativeGroupNormBackward0", layout=as_first)  # fmt: skip
def normalize_groups(x, weight, bias, groups, eps):
    """The channels (dimension 1) of each sample normalised in `groups`; weight and bias stand for single channels."""
    flat = _grouped(x, groups)
    center, variance = _moments(flat, (2,))
    layout = (1, x.shape[1], *[1] * (x.ndim - 2))
    hat = _affine(flat, center, 1 / np.sqrt(variance + eps), None, None).reshape(x.shape)
    if weight is not None:
        hat *= weight.reshape(layout)
    if bias is not None:
        hat += bias.reshape(layout)
    return hat
