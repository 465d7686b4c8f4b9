"""Pooling: the largest, or the mean, of the elements in each window.

The windows are walked by the places of the kernel, never by pixels.  Each operation stands with the linear one that
carries its gradient back, and the other way round.  Arguments are checked in `tensorkit.nn.functional.pooling`.
"""

from itertools import product

from ..array_modules import beside, np
from .activation import where_positive
from .conv import at_place, inner, padded
from .declare import behind
from .layout import as_first, as_first_image


def pooled_size(size: int, kernel: int, stride: int, padding: int, dilation: int = 1, ceil: bool = False) -> int:
    """How many windows there are along a dimension; with `ceil`, a last one may hang over the end."""
    rest = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (-(-rest // stride) if ceil else rest // stride) + 1
    return count - 1 if ceil and (count - 1) * stride >= size + padding else count


def _reach(x, kernel, stride, padding, dilation, counts, value):
    """`x` with a border of `value`, wide enough for every window."""
    full = padded(x, padding, value)
    lead = x.ndim - len(kernel)
    missing = [
        max((n - 1) * s + d * (k - 1) + 1 - have, 0)
        for n, s, d, k, have in zip(counts, stride, dilation, kernel, full.shape[lead:], strict=True)
    ]
    if not any(missing):
        return full
    wider = np.full(full.shape[:lead] + tuple(np.add(full.shape[lead:], missing)), value, x.dtype)
    wider[(..., *[slice(0, size) for size in full.shape[lead:]])] = full
    return wider


def _lowest(kind):
    return -np.inf if kind.kind == "f" else np.iinfo(kind).min


def places_of(choice, kernel, stride, padding, dilation, sizes):
    """The places in the image of what was chosen: flat indices, from the numbers of kernel places."""
    with beside(choice):
        return as_first(_places_there(choice, kernel, stride, padding, dilation, sizes), (choice,))


def _places_there(choice, kernel, stride, padding, dilation, sizes):
    flat = np.zeros(choice.shape, np.int64)
    lead = choice.ndim - len(kernel)
    rest = choice.astype(np.int64)
    inner = []
    for k in reversed(kernel):
        rest, place = np.divmod(rest, k)
        inner.append(place)
    for axis, i in enumerate(reversed(inner)):
        count = choice.shape[lead + axis]
        start = np.arange(count).reshape(-1, *[1] * (len(kernel) - axis - 1)) * stride[axis] - padding[axis]
        flat = flat * sizes[axis] + (start + i * dilation[axis])
    return flat


def _max_name(node) -> str:
    return f"MaxPool{len(node.extras[0])}DWithIndicesBackward0"


@behind(x=lambda g, choice, x_shape, kernel, stride, padding, dilation: _spread_choice(
        g, choice, tuple(x_shape), kernel, stride, padding, dilation),
    outputs=("out", "choice"), node_name=_max_name, layout=as_first)  # fmt: skip
def max_pool(x, kernel, stride, padding, dilation, counts):
    """The largest element of each window, and at which place of the kernel it stands; `places_of` gives its index."""
    full = _reach(x, kernel, stride, padding, dilation, counts, _lowest(x.dtype))
    best, choice = None, None
    careful = x.dtype.kind == "f" and x.size and np.isnan(x.max())
    for number, at in enumerate(product(*map(range, kernel))):
        candidate = full[(..., *at_place(at, stride, dilation, counts))]
        if best is None:
            best = candidate.copy()
            choice = np.zeros(best.shape, np.int8 if np.prod(kernel) < 128 else np.int32)
            continue
        better = candidate > best
        if careful:
            better |= np.isnan(candidate)
            np.copyto(best, candidate, where=better)
        else:
            np.maximum(best, candidate, out=best)
        # The latest place so far that is better: numbers grow, so the largest one is it.
        np.maximum(choice, np.multiply(better, choice.dtype.type(number), dtype=choice.dtype), out=choice)
    return best, choice


@behind(
    x=lambda g, choice, kernel, stride, padding, dilation: _take_choice(g, choice, kernel, stride, padding, dilation),
    choice=None, node_name="MaxPoolBackwardBackward0")  # fmt: skip
def _spread_choice(x, choice, shape, kernel, stride, padding, dilation):
    """Elements added where the largest of their windows stood; 0 elsewhere."""
    counts = choice.shape[choice.ndim - len(kernel) :]
    full = _reach(np.zeros(shape, x.dtype), kernel, stride, padding, dilation, counts, 0)
    for number, at in enumerate(product(*map(range, kernel))):
        full[(..., *at_place(at, stride, dilation, counts))] += where_positive.op.forward(x, choice == number)
    return np.ascontiguousarray(full[(..., *inner(shape[len(shape) - len(kernel) :], padding))])


@behind(x=lambda g, choice, x_shape, kernel, stride, padding, dilation: _spread_choice(
        g, choice, tuple(x_shape), kernel, stride, padding, dilation),
    choice=None, node_name="MaxPoolBackward0")  # fmt: skip
def _take_choice(x, choice, kernel, stride, padding, dilation):
    """The elements at the places where the largest of each window stood."""
    counts = choice.shape[choice.ndim - len(kernel) :]
    full = _reach(x, kernel, stride, padding, dilation, counts, 0)
    taken = np.zeros(choice.shape, x.dtype)
    for number, at in enumerate(product(*map(range, kernel))):
        np.copyto(taken, full[(..., *at_place(at, stride, dilation, counts))], where=choice == number)
    return taken


def _global(places, sizes):
    """Flat indices among all elements, from flat indices among the places of each channel."""
    lead = places.ndim - len(sizes)
    area = int(np.prod(sizes))
    channels = np.arange(int(np.prod(places.shape[:lead]))).reshape(*places.shape[:lead], *[1] * len(sizes))
    return places + channels * area


def _unpool_names(node) -> list[str]:
    """PyTorch's nodes, nearest to the operand first: a sequence is an image of one row to it."""
    n = len(node.extras[0])
    return [f"MaxUnpool{n}DBackward0"] if n > 1 else ["UnsqueezeBackward0", "MaxUnpool2DBackward0", "SqueezeBackward1"]


@behind(x=lambda g, places, sizes: take_at(g, places, sizes), places=None,
    node_name=lambda node: _unpool_names(node)[-1], steps=lambda node: _unpool_names(node)[:-1],
    layout=as_first_image)  # fmt: skip
def spread_at(x, places, sizes):
    """Elements put (added, where they meet) at the places of images of the given sizes that are 0 elsewhere."""
    lead = x.shape[: x.ndim - len(sizes)]
    count = int(np.prod(lead)) * int(np.prod(sizes))
    summed = np.bincount(_global(places, sizes).ravel(), x.ravel(), count)
    return summed.astype(x.dtype).reshape(*lead, *sizes)


@behind(x=lambda g, places, x_shape, sizes: spread_at(g, places, tuple(x_shape[len(x_shape) - len(sizes) :])),
    places=None, node_name="MaxPoolBackward0")  # fmt: skip
def take_at(x, places, sizes):
    """The elements at the given places of each channel."""
    lead = x.shape[: x.ndim - len(sizes)]
    flat = x.reshape(*lead, -1)
    return np.take_along_axis(flat, places.reshape(*lead, -1), -1).reshape(places.shape)


# Means


def _divisors(sizes, kernel, stride, padding, counts, include_pad: bool, divisor, kind):
    """What each window's sum is divided by: its size, or how much of it lies inside."""
    if divisor is not None:
        return kind.type(divisor)
    total = np.ones((1,) * len(kernel), kind)
    for axis, (size, k, s, p, n) in enumerate(zip(sizes, kernel, stride, padding, counts, strict=True)):
        start = np.arange(n) * s - p
        stop = np.minimum(start + k, size + p)
        if not include_pad:
            start, stop = np.maximum(start, 0), np.minimum(stop, size)
        total = total * (stop - start).astype(kind).reshape(-1, *[1] * (len(kernel) - axis - 1))
    return total


def _mean_dx(g, x_shape, kernel, stride, padding, counts, include_pad, divisor):
    return spread_means(g, tuple(x_shape), kernel, stride, padding, counts, include_pad, divisor)


@behind(x=_mean_dx, node_name=lambda node: f"AvgPool{len(node.extras[0])}DBackward0", layout=as_first_image)
def avg_pool(x, kernel, stride, padding, counts, include_pad, divisor):
    """The mean of each window."""
    ones = (1,) * len(kernel)
    full = _reach(x, kernel, stride, padding, ones, counts, 0)
    total = None
    for at in product(*map(range, kernel)):
        part = full[(..., *at_place(at, stride, ones, counts))]
        if total is None:
            total = part.copy()
        else:
            total += part
    sizes = x.shape[x.ndim - len(kernel) :]
    divisors = _divisors(sizes, kernel, stride, padding, counts, include_pad, divisor, x.dtype)
    if total.dtype.kind in "iu":
        return total // divisors
    total /= divisors
    return total


@behind(x=lambda g, kernel, stride, padding, counts, include_pad, divisor: avg_pool(
        g, kernel, stride, padding, counts, include_pad, divisor),
    node_name=lambda node: f"AvgPool{len(node.extras[1])}DBackwardBackward0")  # fmt: skip
def spread_means(x, shape, kernel, stride, padding, counts, include_pad, divisor):
    """Each element divided among the places of its window."""
    ones = (1,) * len(kernel)
    sizes = shape[len(shape) - len(kernel) :]
    share = x / _divisors(sizes, kernel, stride, padding, counts, include_pad, divisor, x.dtype)
    full = _reach(np.zeros(shape, x.dtype), kernel, stride, padding, ones, counts, 0)
    for at in product(*map(range, kernel)):
        full[(..., *at_place(at, stride, ones, counts))] += share
    return np.ascontiguousarray(full[(..., *inner(sizes, padding))])


# Windows whose sizes follow from the number of results


def adaptive_bounds(size: int, count: int) -> tuple:
    """Where the `count` windows over `size` places begin and end."""
    numbers = np.arange(count)
    return numbers * size // count, -(-(numbers + 1) * size // count)


def _max_dx(g, places, x_shape, kernel):
    return spread_at(g, places, tuple(x_shape[len(x_shape) - len(kernel) :]))


@behind(x=_max_dx, outputs=("out", "places"), node_name=lambda node: f"AdaptiveMaxPool{len(node.extras[0])}DBackward0",
    layout=as_first_image)  # fmt: skip
def adaptive_max_pool(x, kernel):
    """The largest element of each of `kernel` windows, and its flat index; windows of unlike sizes repeat their last "
    "place."""
    sizes = x.shape[x.ndim - len(kernel) :]
    grid = []
    for size, count in zip(sizes, kernel, strict=True):
        start, stop = adaptive_bounds(size, count)
        width = int((stop - start).max()) if count else 1
        grid.append(np.minimum(start[:, None] + np.arange(width), stop[:, None] - 1))
    n = len(kernel)
    flat = np.zeros((1,) * 2 * n, np.int64)
    for axis, (index, size) in enumerate(zip(grid, sizes, strict=True)):
        shape = [1] * 2 * n
        shape[axis], shape[n + axis] = index.shape
        flat = flat * size + index.reshape(shape)
    flat = flat.reshape(*kernel, -1)
    values = x.reshape(*x.shape[: x.ndim - n], -1)[..., flat]
    choice = values.argmax(-1)[..., None]
    best = np.take_along_axis(values, choice, -1)[..., 0]
    return best, np.take_along_axis(np.broadcast_to(flat, values.shape), choice, -1)[..., 0]
