"""Fractional max pooling: windows at random places, so that the result may have any smaller size.

Other pooling stands in `pooling.py`.

Source: Graham, 2014, https://arxiv.org/abs/1412.6071
"""

from itertools import product

from ...array_modules import beside, np
from ...ops.declare import FUNCTIONS, behind
from ...tensor import Tensor, memory, wrap
from ..sizes import tuple_of


@behind(x=lambda g, x_shape, index: spread(g, tuple(x_shape), index),
    node_name=lambda node: f"FractionalMaxPool{len(node.extras[0].shape) - 2}DBackward0")  # fmt: skip
def chosen(x, index):
    """`x` (samples, channels, places …) at flat places of each channel."""
    flat = x.reshape(*x.shape[:2], -1)
    return np.take_along_axis(flat, index.reshape(*x.shape[:2], -1), 2).reshape(index.shape)


@behind(x=lambda g, index: chosen(g, index))
def spread(x, shape, index):
    """The reverse of `chosen`: elements added up at the places that they were taken from."""
    full = np.zeros((shape[0] * shape[1], int(np.prod(shape[2:]))), x.dtype)
    rows = np.arange(len(full))[:, None]
    np.add.at(full, (rows, index.reshape(len(full), -1)), x.reshape(len(full), -1))
    return full.reshape(shape)


def _starts(samples, size: int, count: int, kernel: int):
    """Where windows begin along a dimension of `size` places: for each random number, `count` places in order."""
    starts = np.full((*samples.shape, count), size - kernel, np.int64)
    if count > 1:
        step = samples.dtype.type((size - kernel) / (count - 1))
        numbers = np.arange(count - 1).astype(samples.dtype)
        places = ((numbers + samples[..., None]) * step).astype(np.int64)
        starts[..., :-1] = places - (samples * step).astype(np.int64)[..., None]
    return starts


def _largest(x, kernel, counts, samples):
    """Flat places of the largest element of each window."""
    with beside(x):
        return _largest_there(x, kernel, counts, samples)


def _largest_there(x, kernel, counts, samples):
    n = len(kernel)
    sizes = x.shape[2:]
    # The two-dimensional kernel of PyTorch takes the numbers the other way round.
    drawn = samples[..., ::-1] if n == 2 else samples
    begin = 0
    for axis in range(n):
        starts = _starts(drawn[..., axis], sizes[axis], counts[axis], kernel[axis])
        shape = [*starts.shape[:2], *[counts[axis] if each == axis else 1 for each in range(n)]]
        begin = begin * sizes[axis] + starts.reshape(shape)
    flat, best, places = x.reshape(*x.shape[:2], -1), None, None
    for inside in product(*map(range, kernel)):
        index = begin + np.ravel_multi_index(inside, sizes)
        value = np.take_along_axis(flat, index.reshape(*x.shape[:2], -1), 2).reshape(index.shape)
        if best is None:
            best, places = value, index
        else:
            better = (value > best) | np.isnan(value)
            best, places = np.where(better, value, best), np.where(better, index, places)
    return places


def _pool(n: int, input: Tensor, kernel_size, output_size, output_ratio, return_indices, samples):
    name = f"fractional_max_pool{n}d"
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    sizes = input.shape[-n:]
    if output_size is None:
        ratios = output_ratio if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * n
        output_size = [int(size * ratio) for size, ratio in zip(sizes, ratios, strict=True)]
    kernel, counts = tuple_of(kernel_size, n), tuple_of(output_size, n)
    input.size(-n - 1)  # an IndexError for too few dimensions
    if input.ndim > n + 2:
        raise RuntimeError(f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got: {list(input.shape)}")
    for size, count, width, what in zip(sizes, counts, kernel, ("time", "height", "width")[-n:], strict=True):
        if count + width - (n == 2) > size:  # PyTorch leaves one place more in volumes
            raise RuntimeError(
                f"{name}{'_out' * (n == 3)}(): pool {what} {width} too large relative to input {what} {size}"
            )
    batch = input if input.ndim == n + 2 else input.unsqueeze(0)
    if samples is None:
        samples = FUNCTIONS["rand"](*batch.shape[:2], n, dtype=input.dtype, device=input.device)
    places = _largest(memory(batch), kernel, counts, memory(samples))
    result, index = chosen(batch, places), wrap(places)
    if input.ndim == n + 1:
        result, index = result.squeeze(0), index.squeeze(0)
    return (result, index) if return_indices else result


def fractional_max_pool2d(input, kernel_size, output_size=None, output_ratio=None, return_indices: bool = False,
                          _random_samples=None):  # fmt: skip
    """The largest element of each window of an image, with windows at random places that overlap as they must.

    output_size   how large the result is; or
    output_ratio  the result's size over the input's, below 1

    >>> fractional_max_pool2d(torch.arange(16.).reshape(1, 1, 4, 4), 2, output_size=2).shape
    torch.Size([1, 1, 2, 2])
    """
    return _pool(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool3d(input, kernel_size, output_size=None, output_ratio=None, return_indices: bool = False,
                          _random_samples=None):  # fmt: skip
    """`fractional_max_pool2d` for volumes: batch, channels, depth, height, width.

    >>> x = torch.ones(1, 1, 5, 5, 5)
    >>> torch.nn.functional.fractional_max_pool3d(x, 2, output_size=3).shape
    torch.Size([1, 1, 3, 3, 3])
    """
    return _pool(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)
