"""Views that look at a tensor's memory in steps of their own: `as_strided`, `unfold`, `diagonal`.

The derivative of such a view writes a gradient back through the same window.  In-place writes to views are recorded
with these too (`rewritten.py`); views that only change the shape stand in `shape.py`.
"""

from ..array_modules import np
from ..errors import brackets
from ..tensor import memory
from .declare import behind, function, op
from .shape import wrap_dim


def strided(array, size, stride, offset: int):
    """The window `size`/`stride`/`offset` (in elements) over the memory that `array` lies in."""
    step = array.itemsize
    if offset:
        array = np.lib.stride_tricks.as_strided(array, (offset + 1,), (step,))[offset:]
    return np.lib.stride_tricks.as_strided(array, tuple(size), tuple([each * step for each in stride]))


def extent(shape, strides) -> int:
    """How many elements of memory a tensor of this shape and these strides spans."""
    return 1 + sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) if all(shape) else 0


def places(shape, strides, offset: int = 0):
    """For each element of a window, its place in memory: where the derivatives of windows read and write."""
    found = np.full((), offset)
    for size, step in zip(shape, strides, strict=True):
        found = found[..., None] + np.arange(size) * step
    return found


def in_memory(x, geometry):
    """The piece of memory in which the elements of `x` lie by this shape and these strides, with zeros between them."""
    flat = np.zeros(extent(*geometry), x.dtype)
    flat[places(*geometry)] = x
    return flat


@behind(x=lambda g, size, stride, offset, geometry: _window_of(g, geometry, size, stride, offset),
    node_name="AsStridedScatterBackward0")  # fmt: skip
def _window_into_zeros(x, geometry, size, stride, offset):
    """The gradient of a window, put into zeros of the tensor it was cut from; where it overlaps itself, added up."""
    flat = np.zeros(extent(*geometry), x.dtype)
    np.add.at(flat, places(size, stride, offset), x)
    return flat[places(*geometry)]


@behind(x=lambda g, size, stride, offset, geometry: _window_into_zeros(g, geometry, size, stride, offset),
    node_name="AsStridedBackward0")  # fmt: skip
def _window_of(x, geometry, size, stride, offset):
    """A window cut out of a gradient, as if that lay in memory like the tensor it belongs to."""
    return in_memory(x, geometry)[places(size, stride, offset)]


@behind(x=lambda g, size, stride, offset, geometry: _window_into_zeros(g, geometry, size, stride, offset), views=True)
def _as_strided(x, size, stride, offset, geometry):
    return strided(x, size, stride, offset)


@function
def as_strided(input, size, stride, storage_offset=None):
    """A view of any shape and strides (in elements) over the same memory.

    >>> torch.arange(6).as_strided((2, 2), (1, 3))
    tensor([[0, 3],
            [1, 4]])
    """
    array = memory(input)
    offset = storage_offset or 0
    root = memory(input._base) if input._base is not None else array
    room = extent(root.shape, [each // root.itemsize for each in root.strides])
    if extent(size, stride) + offset > room:
        raise RuntimeError(
            f"setStorage: sizes {brackets(size)}, strides {brackets(stride)}, storage offset {offset}, and itemsize "
            f"{array.itemsize} requiring a storage size of {(extent(size, stride) + offset) * array.itemsize} are out "
            f"of bounds for storage of size {room * array.itemsize}"
        )
    geometry = (array.shape, input.stride())
    return _as_strided(input, tuple(size), tuple(stride), offset, geometry)


@op(x=lambda g, x_shape, dimension, size, step: _fold_windows(g, x_shape, dimension, size, step), views=True,
    function=False)  # fmt: skip
def unfold(x, dimension, size, step):
    """Every window of `size` elements along a dimension, `step` apart, in a new last dimension.

    >>> torch.arange(5).unfold(0, 3, 1)
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]])
    """
    dimension = wrap_dim(dimension, x.ndim)
    length = x.shape[dimension] if x.ndim else 1
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {dimension} is {length} but size is {size}")
    if x.ndim == 0:
        return x.reshape(1)[:size]
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dimension, writeable=True)
    return windows[(slice(None),) * dimension + (slice(None, None, step),)]


@behind(x=lambda g, dimension, size, step: unfold(g, dimension, size, step))
def _fold_windows(x, shape, dimension, size, step):
    if not shape:
        return x.sum(dtype=x.dtype)
    dimension = wrap_dim(dimension, len(shape))
    folded = np.zeros(shape, x.dtype)
    windows = np.lib.stride_tricks.sliding_window_view(folded, size, dimension, writeable=True)
    target = windows[(slice(None),) * dimension + (slice(None, None, step),)]
    for i in range(size):  # windows overlap one another, but not at the same place within them
        target[..., i] += x[..., i]
    return folded


@op(x=lambda g, x_shape, offset, dim1, dim2: _scatter_diagonal(g, x_shape, offset, dim1, dim2), views=True)
def diagonal(x, offset=0, dim1=0, dim2=1):
    """The diagonal of the matrices in dimensions `dim1` and `dim2`, as the last dimension; a view.

    >>> tensor([[1, 2], [3, 4]]).diagonal()
    tensor([1, 4])
    """
    first, second = wrap_dim(dim1, x.ndim), wrap_dim(dim2, x.ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    rows, columns = x.shape[first], x.shape[second]
    length = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    start = [slice(None)] * x.ndim
    if length:
        start[first], start[second] = slice(max(-offset, 0), None), slice(max(offset, 0), None)
    corner = x[tuple(start)]
    rest = [i for i in range(x.ndim) if i not in (first, second)]
    shape = [x.shape[i] for i in rest] + [length]
    strides = [x.strides[i] for i in rest] + [x.strides[first] + x.strides[second]]
    return np.lib.stride_tricks.as_strided(corner, shape, strides)


@behind(x=lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2))
def _scatter_diagonal(x, shape, offset, dim1, dim2):
    full = np.zeros(shape, x.dtype)
    diagonal.op.forward(full, offset, dim1, dim2)[...] = x
    return full
