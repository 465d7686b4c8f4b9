"""Pooling: the largest or the mean element of each window; adaptive pooling, unpooling, power means.

Here are PyTorch's arguments and errors; the arithmetic stands in `tensorkit.ops.pool`.
"""

import math

from ...errors import brackets, lacking, no_tensor, not_implemented, times
from ...formats import contiguous_format, suggested
from ...ops import pool as _ops
from ...ops import resample as _resample
from ...ops.powers import pow
from ...ops.shape import squeeze, unsqueeze
from ...ops.sign import sgn
from ...tensor import memory, wrap
from ..sizes import shape_of, tuple_of


def _geometry(x, n: int, kernel_size, stride, padding, dilation, ceil_mode: bool) -> tuple:
    """Kernel, stride, padding, dilation as tuples, and how many windows there are along each dimension."""
    kernel = tuple_of(kernel_size, n)
    stride = kernel if stride is None or stride == () or stride == [] else tuple_of(stride, n)
    padding, dilation = tuple_of(padding, n), tuple_of(dilation, n)
    if 0 in stride:
        raise RuntimeError("stride should not be zero")
    for p, k, d in zip(padding, kernel, dilation, strict=True):
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > (d * (k - 1) + 1) // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={p}, kernel_size={k} and dilation={d}"
            )
    sizes = x._array.shape[-n:]
    counts = tuple([
        _ops.pooled_size(*each, ceil_mode) for each in zip(sizes, kernel, stride, padding, dilation, strict=True)
    ])  # fmt: skip
    if min(counts) < 1:
        if n == 1 and dilation is not None and x.ndim == 0:
            raise RuntimeError(f"max_pool1d() Invalid computed output size: {counts[0]}")
        channels = x._array.shape[-n - 1] if x.ndim > n else 1
        raise RuntimeError(
            f"Given input size: ({times((channels, *sizes))}). Calculated output size: ({times((channels, *counts))}). "
            "Output size is too small"
        )
    return kernel, stride, padding, dilation, counts


def _check_ndim(name: str, shape: tuple, n: int) -> None:
    """PyTorch's errors for an input that is neither one of n dimensions with channels nor a batch of them."""
    if len(shape) in (n + 1, n + 2):
        return
    if n > 1:
        raise RuntimeError(f"non-empty {n + 1}D or {n + 2}D (batch mode) tensor expected for input")
    raise RuntimeError(
        f"Expected 2 to 3 dimensions, but got {len(shape)}-dimensional tensor for argument #1 'self' (while checking "
        f"arguments for {name})"
    )


def _max(n: int, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    name = f"max_pool{n}d"
    shape = shape_of(name + "_with_indices" * bool(return_indices), input)
    if n == 1 and len(shape) not in (2, 3):
        raise RuntimeError(
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:"
            f"{brackets(shape)}"
        )
    _check_ndim(name, shape, n)
    if input._array.dtype.kind == "b":
        raise not_implemented(name, "Bool")
    if n == 1:
        kernel = tuple_of(kernel_size, 1)
        step = kernel if stride is None else tuple_of(stride, 1)
        size = _ops.pooled_size(
            shape[-1], kernel[0], step[0] or 1, *tuple_of(padding, 1), *tuple_of(dilation, 1), ceil_mode
        )
        if size < 1:
            raise RuntimeError(f"max_pool1d() Invalid computed output size: {size}")
    geometry = _geometry(input, n, kernel_size, stride, padding, dilation, ceil_mode)
    if n == 1:  # by way of two dimensions, which is how PyTorch's graph shows it too
        geometry = [(fill, *each) for fill, each in zip((1, 1, 0, 1, 1), geometry, strict=True)]
        best, choice = _ops.max_pool(unsqueeze(input, -2), *geometry)
        best = squeeze(best, -2)
    else:
        best, choice = _ops.max_pool(input, *geometry)
    if not return_indices:
        return best
    sizes = (1, shape[-1]) if n == 1 else shape[-n:]
    places = wrap(_ops.places_of(choice._array, *geometry[:4], sizes))
    return best, (squeeze(places, -2) if n == 1 else places)


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest element of each window of a sequence (batch, channels, length).

    stride          how far windows are apart; default: their size
    ceil_mode       let a last window hang over the end
    return_indices  give the places of these elements too

    >>> torch.nn.functional.max_pool1d(torch.tensor([[[1., 3., 5., 7.]]]), 2)
    tensor([[[3., 7.]]])
    """
    return _max(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest element of each window of an image (batch, channels, height, width).

    >>> max_pool2d(tensor([[[[1., 2.], [3., 4.]]]]), 2)
    tensor([[[[4.]]]])
    """
    return _max(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest element of each window of a volume (batch, channels, depth, height, width).

    >>> torch.nn.functional.max_pool3d(torch.arange(8.).reshape(1, 1, 2, 2, 2), 2).item()
    7.0
    """
    return _max(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _mean(n: int, input, kernel_size, stride, padding, ceil_mode, include_pad, divisor):
    shape = shape_of(f"avg_pool{n}d", input)
    if n > 1 and len(shape) not in (n + 1, n + 2):
        input.size(-n - 1)
    _check_ndim(f"avg_pool{n}d", shape, n)
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    if n == 1:
        x = unsqueeze(input, -2)
        kernel, step, around = (tuple_of(each, 1) for each in (kernel_size, stride or kernel_size, padding))
        result = _mean(2, x, (1, *kernel), (1, *step), (0, *around), ceil_mode, include_pad, divisor)
        return squeeze(result, -2)
    kernel, stride, padding, _, counts = _geometry(input, n, kernel_size, stride, padding, 1, ceil_mode)
    return _ops.avg_pool(input, kernel, stride, padding, counts, include_pad, divisor)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """The mean of each window of a sequence (batch, channels, length).

    >>> torch.nn.functional.avg_pool1d(torch.tensor([[[1., 3., 5., 7.]]]), 2)
    tensor([[[2., 6.]]])
    """
    return _mean(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """The mean of each window of an image (batch, channels, height, width).

    count_include_pad  whether padded zeros count as elements
    divisor_override   divide the sums by this number instead

    >>> torch.nn.functional.avg_pool2d(torch.arange(4.).reshape(1, 1, 2, 2), 2)
    tensor([[[[1.5000]]]])
    """
    return _mean(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """The mean of each window of a volume (batch, channels, depth, height, width).

    >>> torch.nn.functional.avg_pool3d(torch.arange(8.).reshape(1, 1, 2, 2, 2), 2).item()
    3.5
    """
    return _mean(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


# Windows that follow from how many results are wanted


def _wanted_sizes(name: str, input, output_size, n: int, colon: str) -> tuple:
    try:
        shape = input._array.shape
    except AttributeError:
        raise (no_tensor(name, input) if n == 1 else lacking(input, "size")) from None
    if n > 1 and len(shape) not in (n + 1, n + 2):
        raise RuntimeError(f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got{colon} {brackets(shape)}")
    _check_ndim(name, shape, n)
    sizes = tuple_of(output_size, n)
    if len(sizes) != n:
        raise RuntimeError(f"{name}: output_size must be {n}")
    return tuple([have if want is None else want for want, have in zip(sizes, shape[-n:], strict=True)])


def _adaptive_mean(n: int, input, output_size):
    sizes = _wanted_sizes(f"adaptive_avg_pool{n}d", input, output_size, n, "")
    if n == 1:
        return squeeze(_adaptive_mean(2, unsqueeze(input, -2), (1, *sizes)), -2)
    if all(size == 1 for size in sizes):
        found = input.mean(list(range(-n, 0)), True)
        if suggested(input._array) is contiguous_format:
            return found
        samples, channels = found.shape[:2]
        return found.as_strided_(found.shape, (channels, 1, *[channels] * n))
    shape = input._array.shape[-n:]
    matrices = tuple([
        None if have == want else _resample.averaging(have, want) for have, want in zip(shape, sizes, strict=True)
    ])  # fmt: skip
    return _resample.resample(input, matrices, f"AdaptiveAvgPool{n}DBackward0")


def adaptive_avg_pool1d(input, output_size):
    """The means of `output_size` windows that cover a sequence.

    >>> torch.nn.functional.adaptive_avg_pool1d(torch.tensor([[[1., 3., 5., 7.]]]), 2)
    tensor([[[2., 6.]]])
    """
    return _adaptive_mean(1, input, output_size)


def adaptive_avg_pool2d(input, output_size):
    """The means of windows that cover an image, as many in each direction as `output_size` says.

    >>> torch.nn.functional.adaptive_avg_pool2d(torch.arange(4.).reshape(1, 1, 2, 2), 1)
    tensor([[[[1.5000]]]])
    """
    return _adaptive_mean(2, input, output_size)


def adaptive_avg_pool3d(input, output_size):
    """The means of windows that cover a volume.

    >>> torch.nn.functional.adaptive_avg_pool3d(torch.arange(8.).reshape(1, 1, 2, 2, 2), 1).item()
    3.5
    """
    return _adaptive_mean(3, input, output_size)


def _adaptive_max(n: int, input, output_size, return_indices: bool):
    sizes = _wanted_sizes(f"adaptive_max_pool{n}d", input, output_size, n, ":")
    if n == 1:
        best, places = _ops.adaptive_max_pool(unsqueeze(input, -2), (1, *sizes))
        best, places = squeeze(best, -2), squeeze(places, -2)
    else:
        best, places = _ops.adaptive_max_pool(input, sizes)
    return (best, places) if return_indices else best


def adaptive_max_pool1d(input, output_size, return_indices: bool = False):
    """The largest elements of `output_size` windows that cover a sequence.

    >>> torch.nn.functional.adaptive_max_pool1d(torch.tensor([[[1., 3., 5., 7.]]]), 2)
    tensor([[[3., 7.]]])
    """
    return _adaptive_max(1, input, output_size, return_indices)


def adaptive_max_pool2d(input, output_size, return_indices: bool = False):
    """The largest elements of windows that cover an image.

    >>> torch.nn.functional.adaptive_max_pool2d(torch.arange(4.).reshape(1, 1, 2, 2), 1)
    tensor([[[[3.]]]])
    """
    return _adaptive_max(2, input, output_size, return_indices)


def adaptive_max_pool3d(input, output_size, return_indices: bool = False):
    """The largest elements of windows that cover a volume.

    >>> torch.nn.functional.adaptive_max_pool3d(torch.arange(8.).reshape(1, 1, 2, 2, 2), 1).item()
    7.0
    """
    return _adaptive_max(3, input, output_size, return_indices)


# Back, and other means


def _unpooled(n: int, input, indices, kernel_size, stride, padding, output_size):
    kernel = tuple_of(kernel_size, n)
    stride = kernel if stride is None else tuple_of(stride, n)
    padding = tuple_of(padding, n)
    sizes = [(size - 1) * s - 2 * p + k
             for size, s, p, k in zip(input._array.shape[-n:], stride, padding, kernel, strict=True)]  # fmt: skip
    if output_size is not None:
        wanted = list(output_size)[-n:]
        for d, (have, want, s) in enumerate(zip(sizes, wanted, stride, strict=True)):
            if not have - s < want < have + s:
                raise ValueError(f'invalid output_size "{wanted}" (dim {d} must be between {have - s} and {have + s})')
        sizes = wanted
    places, last = memory(indices), math.prod(sizes)
    wrong = places[(places < 0) | (places >= last)]
    if wrong.size:
        volume = times(sizes if n > 1 else (*sizes, 1))
        raise RuntimeError(f"Found an invalid max index: {wrong[0]} (output volumes are of size {volume})")
    return _ops.spread_at(input, indices, tuple(sizes))


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """The largest elements put back to where `max_pool1d` found them; 0 elsewhere.

    >>> torch.nn.functional.max_unpool1d(torch.tensor([[[3., 7.]]]), torch.tensor([[[1, 3]]]), 2)
    tensor([[[0., 3., 0., 7.]]])
    """
    return _unpooled(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """The largest elements put back to where `max_pool2d` found them; 0 elsewhere.

    >>> torch.nn.functional.max_unpool2d(torch.tensor([[[[3.]]]]), torch.tensor([[[[2]]]]), 2)
    tensor([[[[0., 0.],
              [3., 0.]]]])
    """
    return _unpooled(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """The largest elements put back to where `max_pool3d` found them; 0 elsewhere.

    >>> from tensorkit.nn import functional as F
    >>> F.max_unpool3d(torch.ones(1, 1, 1, 1, 1), torch.zeros(1, 1, 1, 1, 1, dtype=torch.int64), 2).shape
    torch.Size([1, 1, 2, 2, 2])
    """
    return _unpooled(3, input, indices, kernel_size, stride, padding, output_size)


def _power_mean(n: int, input, norm_type: float, kernel_size, stride, ceil_mode: bool):
    pool = (avg_pool1d, avg_pool2d, avg_pool3d)[n - 1]
    kernel = tuple_of(kernel_size, n)
    if norm_type in (float("inf"), -float("inf")):
        largest = (max_pool1d, max_pool2d, max_pool3d)[n - 1]
        sign = 1 if norm_type > 0 else -1
        return sign * largest(sign * input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    means = pool(pow(input, norm_type), kernel_size, stride, 0, ceil_mode)
    return pow(sgn(means) * means.abs().clamp(min=0) * math.prod(kernel), 1.0 / norm_type)


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode: bool = False):
    """The `norm_type`-norm of each window of a sequence: the p-th root of the sum of p-th powers.

    >>> torch.nn.functional.lp_pool1d(torch.tensor([[[3., 4.]]]), 2, 2)
    tensor([[[5.]]])
    """
    return _power_mean(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode: bool = False):
    """The `norm_type`-norm of each window of an image.

    >>> torch.nn.functional.lp_pool2d(torch.ones(1, 1, 2, 2), 2, 2)
    tensor([[[[2.]]]])
    """
    return _power_mean(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode: bool = False):
    """The `norm_type`-norm of each window of a volume.

    >>> torch.nn.functional.lp_pool3d(torch.ones(1, 1, 2, 2, 2), 2, 2).shape
    torch.Size([1, 1, 1, 1, 1])
    """
    return _power_mean(3, input, norm_type, kernel_size, stride, ceil_mode)
