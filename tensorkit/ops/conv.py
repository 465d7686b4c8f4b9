"""Convolution in any number of dimensions, by strided windows and one matrix product, and its two derivatives.

Three operations are each other's derivatives, so gradients of any order are at hand:

    convolution(x, weight)      windows of x times weight
    spread_back(g, weight)      what reaches x: also the transposed convolution
    match(g, x)                 what reaches weight

No loop runs over pixels; `spread_back` loops over the few places of the kernel.
Arguments are checked in `tensorkit.nn.functional.conv`.

Source: Dumoulin and Visin, A guide to convolution arithmetic, https://arxiv.org/abs/1603.07285
"""

from itertools import product

import numpy as np

from .declare import op
from .reduce import sum as sum_

as_strided = np.lib.stride_tricks.as_strided


def padded(x, padding: tuple, value=0):
    """`x` with `padding` elements of `value` on both sides of its last dimensions."""
    if not any(padding):
        return x
    lead = x.ndim - len(padding)
    shape = x.shape[:lead] + tuple([size + 2 * p for size, p in zip(x.shape[lead:], padding, strict=True)])
    full = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    full[(..., *[slice(p, p + size) for size, p in zip(x.shape[lead:], padding, strict=True)])] = x
    return full


def windows(x, kernel: tuple, stride: tuple, dilation: tuple):
    """A view of the windows of `x` (samples, channels, places …): channels, kernel …, samples, windows …"""
    n = len(kernel)
    counts = output_size(x.shape[2:], kernel, stride, dilation)
    steps = x.strides[2:]
    inner = tuple([step * d for step, d in zip(steps, dilation, strict=True)])
    outer = tuple([step * s for step, s in zip(steps, stride, strict=True)])
    view = as_strided(x, x.shape[:2] + tuple(kernel) + counts, x.strides[:2] + inner + outer, writeable=False)
    return view.transpose(1, *range(2, 2 + n), 0, *range(2 + n, 2 + 2 * n))


def output_size(sizes, kernel, stride, dilation) -> tuple:
    """How many windows fit along each dimension."""
    return tuple(
        [(size - d * (k - 1) - 1) // s + 1 for size, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)]
    )


def _columns(x, kernel, stride, padding, dilation, groups: int):
    """The windows of `x` as the columns of one matrix for each group."""
    view = windows(padded(x, padding), kernel, stride, dilation)
    rows = x.shape[1] // groups * int(np.prod(kernel))
    return view.reshape(groups, rows, -1)


def _as_rows(g, groups: int):
    """Samples, channels, places … as one matrix for each group, a row for each channel."""
    return np.moveaxis(g, 1, 0).reshape(groups, g.shape[1] // groups, -1)


def _product(a, b):
    if a.dtype.itemsize == 2 and a.dtype.kind in "fV":
        return np.matmul(a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)
    return np.matmul(a, b)


def _bias_dx(g):
    return sum_(g, [0, *range(2, g.ndim)])


@op(x=lambda g, weight, x_shape, stride, padding, dilation, groups: spread_back(
        g, weight, x_shape[2:], stride, padding, dilation, groups),
    weight=lambda g, x, weight_shape, stride, padding, dilation, groups: match(
        g, x, weight_shape[2:], stride, padding, dilation, groups),
    bias=_bias_dx, optional=("bias",), function=False, method=False)  # fmt: skip
def convolution(x, weight, bias, stride, padding, dilation, groups):
    """The products of a kernel with every window.

    x       samples, channels, places …
    weight  channels out, channels in per group, kernel …
    bias    one number for each channel out, or None
    """
    kernel = weight.shape[2:]
    columns = _columns(x, kernel, stride, padding, dilation, groups)
    result = _product(weight.reshape(groups, weight.shape[0] // groups, -1), columns)
    if bias is not None:
        result += bias.reshape(groups, -1, 1)
    places = output_size([s + 2 * p for s, p in zip(x.shape[2:], padding, strict=True)], kernel, stride, dilation)
    result = result.reshape(weight.shape[0], x.shape[0], *places)
    return np.ascontiguousarray(np.moveaxis(result, 0, 1))


def fold(columns, channels: int, samples: int, sizes, kernel, stride, padding, dilation):
    """The reverse of `windows`: every element of the columns added to the place that it came from."""
    places = [size + 2 * p for size, p in zip(sizes, padding, strict=True)]
    counts = output_size(places, kernel, stride, dilation)
    columns = columns.reshape(channels, *kernel, samples, *counts)
    full = np.zeros((channels, samples, *places), columns.dtype)
    for at in product(*map(range, kernel)):
        where = [
            slice(i * d, i * d + (n - 1) * s + 1, s) for i, d, n, s in zip(at, dilation, counts, stride, strict=True)
        ]
        full[(..., *where)] += columns[(slice(None), *at)]
    inner = full[(..., *[slice(p, p + size) for size, p in zip(sizes, padding, strict=True)])]
    return np.ascontiguousarray(np.moveaxis(inner, 0, 1))


@op(x=lambda g, weight, stride, padding, dilation, groups: convolution(
        g, weight, None, stride, padding, dilation, groups),
    weight=lambda g, x, weight_shape, stride, padding, dilation, groups: match(
        x, g, weight_shape[2:], stride, padding, dilation, groups),
    node_name="ConvolutionBackwardBackward0", function=False, method=False)  # fmt: skip
def spread_back(x, weight, sizes, stride, padding, dilation, groups):
    """Every element times the kernel, added up where the windows of a convolution over `sizes` places lie."""
    rows = _as_rows(x, groups)
    kernels = weight.reshape(groups, weight.shape[0] // groups, -1)
    columns = _product(kernels.transpose(0, 2, 1), rows)
    return fold(columns, weight.shape[1] * groups, x.shape[0], sizes, weight.shape[2:], stride, padding, dilation)


@op(x=lambda g, y, stride, padding, dilation, groups: convolution(y, g, None, stride, padding, dilation, groups),
    y=lambda g, x, y_shape, stride, padding, dilation, groups: spread_back(
        x, g, y_shape[2:], stride, padding, dilation, groups),
    node_name="ConvolutionBackwardBackward0", function=False, method=False)  # fmt: skip
def match(x, y, kernel, stride, padding, dilation, groups):
    """For each place of the kernel, the sum over all windows of `y` of what lies there times `x` at the window."""
    columns = _columns(y, kernel, stride, padding, dilation, groups)
    result = _product(_as_rows(x, groups), columns.transpose(0, 2, 1))
    return result.reshape(x.shape[1], y.shape[1] // groups, *kernel)


@op(x=lambda g, weight, stride, padding, dilation, groups: convolution(
        g, weight, None, stride, padding, dilation, groups),
    weight=lambda g, x, weight_shape, stride, padding, dilation, groups: match(
        x, g, weight_shape[2:], stride, padding, dilation, groups),
    bias=_bias_dx, optional=("bias",), node_name="ConvolutionBackward0", function=False, method=False)  # fmt: skip
def transposed_convolution(x, weight, bias, sizes, stride, padding, dilation, groups):
    """The convolution that runs backwards: `spread_back`, with a bias.

    weight  channels in, channels out per group, kernel …
    sizes   how large the result is
    """
    result = spread_back.op.forward(x, weight, sizes, stride, padding, dilation, groups)
    if bias is not None:
        result += bias.reshape(-1, *[1] * len(sizes))
    return result


# Windows themselves, and back


def _unfolded(x, kernel, dilation, padding, stride):
    view = windows(padded(x, padding), kernel, stride, dilation)
    n = len(kernel)
    channels = int(np.prod(view.shape[: n + 1]))
    return np.ascontiguousarray(view.reshape(channels, x.shape[0], -1).transpose(1, 0, 2))


@op(x=lambda g, x_shape, kernel, dilation, padding, stride: col2im(
        g, x_shape[2:], kernel, dilation, padding, stride),
    node_name="Im2ColBackward0", function=False, method=False)  # fmt: skip
def im2col(x, kernel, dilation, padding, stride):
    """The windows of images as columns: samples, channels · kernel, windows."""
    return _unfolded(x, kernel, dilation, padding, stride)


@op(x=lambda g, kernel, dilation, padding, stride: im2col(g, kernel, dilation, padding, stride), function=False,
    method=False, node_name="Col2ImBackward0")  # fmt: skip
def col2im(x, sizes, kernel, dilation, padding, stride):
    """Columns added up to images of the given sizes, where windows overlap."""
    samples, rows = x.shape[:2]
    channels = rows // int(np.prod(kernel))
    columns = x.transpose(1, 0, 2)
    return fold(columns, channels, samples, sizes, kernel, stride, padding, dilation)
