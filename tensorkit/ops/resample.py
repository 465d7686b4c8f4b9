"""Linear maps along single dimensions: interpolation, adaptive means, and padding that mirrors or repeats.

What they share: a result is a weighted sum of a few elements of one line, the same for all lines.  Such a map is a
small matrix for each dimension, and its transpose carries the gradient back.
"""

from ..array_modules import np
from .declare import behind
from .layout import as_first, in_rows


def apply(x, matrices):
    """`x` with each of its last dimensions multiplied by a matrix (results by places); None leaves one as it is."""
    lead = x.ndim - len(matrices)
    kind, x = x.dtype, x.astype(np.float32) if x.dtype.itemsize == 2 else x
    for axis, matrix in enumerate(matrices):
        if matrix is not None:
            x = np.moveaxis(np.moveaxis(x, lead + axis, -1) @ matrix.T.astype(x.dtype), -1, lead + axis)
    return np.ascontiguousarray(x, kind)


def _transposed(matrices) -> tuple:
    return tuple([None if each is None else each.T for each in matrices])


@behind(x=lambda g, matrices, name: resample(g, _transposed(matrices), name), node_name=lambda node: node.extras[1])
def resample(x, matrices, name):
    """`x` with its last dimensions multiplied by matrices; `name` is what PyTorch calls the node."""
    found = apply(x, matrices)
    return found if name == "AdaptiveAvgPool3DBackward0" else as_first(found, (x,))


@behind(x=lambda g, x_shape, index, name: gather_back(g, tuple(x_shape), index, name),
    node_name=lambda node: node.extras[1])  # fmt: skip
def pick(x, index, name):
    """`x` at the given places of each of its last dimensions (an array of indices for each, or None)."""
    lead, found = x.ndim - len(index), x
    for axis, places in enumerate(index):
        if places is not None:
            found = np.take(found, places, lead + axis)
    return in_rows(found) if name == "CopySlices" else as_first(found, (x,))


@behind(x=lambda g, index, name: pick(g, index, name), node_name=lambda node: node.extras[2])
def gather_back(x, shape, index, name):
    """The reverse of `pick`: elements added to the places that they were picked from."""
    lead = len(shape) - len(index)
    for axis, places in reversed(list(enumerate(index))):
        if places is not None:
            lines = np.moveaxis(x, lead + axis, 0)
            full = np.zeros((shape[lead + axis], *lines.shape[1:]), x.dtype)
            if np.all(places[1:] >= places[:-1]):  # in order: runs of equal places, each added up in one go
                starts = np.flatnonzero(np.r_[True, places[1:] != places[:-1]]) if len(places) else places
                full[places[starts]] = np.add.reduceat(lines, starts, 0) if len(places) else 0
            else:
                np.add.at(full, places, lines)
            x = np.moveaxis(full, 0, lead + axis)
    return np.ascontiguousarray(x)


def averaging(size: int, count: int):
    """The matrix of means over `count` adaptive windows."""
    from .pool import adaptive_bounds

    start, stop = adaptive_bounds(size, count)
    places = np.arange(size)
    inside = (places >= start[:, None]) & (places < stop[:, None])
    return inside / (stop - start)[:, None]


def source_places(size: int, count: int, align_corners: bool, scale: float | None, cubic: bool = False):
    """Where along `size` places each of `count` results lies, as real numbers."""
    if align_corners:
        return np.arange(count) * ((size - 1) / (count - 1) if count > 1 else 0.0)
    ratio = 1 / scale if scale else size / count
    places = (np.arange(count) + 0.5) * ratio - 0.5
    return places if cubic else np.maximum(places, 0)


def linear_matrix(size: int, count: int, align_corners: bool, scale: float | None):
    """The matrix of linear interpolation."""
    places = source_places(size, count, align_corners, scale)
    lower = np.minimum(np.floor(places).astype(np.int64), size - 1)
    weight = np.clip(places - lower, 0, 1)
    matrix = np.zeros((count, size))
    rows = np.arange(count)
    np.add.at(matrix, (rows, lower), 1 - weight)
    np.add.at(matrix, (rows, np.minimum(lower + 1, size - 1)), weight)
    return matrix


def cubic_weights(t, a: float = -0.75):
    """The weights of the four neighbours at the distance t behind the second one (Keys, 1981)."""

    def near(d):
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d):
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return far(t + 1), near(t), near(1 - t), far(2 - t)


def cubic_matrix(size: int, count: int, align_corners: bool, scale: float | None):
    """The matrix of cubic interpolation; beyond the ends the last place counts."""
    places = source_places(size, count, align_corners, scale, cubic=True)
    lower = np.floor(places).astype(np.int64)
    matrix = np.zeros((count, size))
    rows = np.arange(count)
    for offset, weight in zip((-1, 0, 1, 2), cubic_weights(places - lower), strict=True):
        np.add.at(matrix, (rows, np.clip(lower + offset, 0, size - 1)), weight)
    return matrix


def nearest_index(size: int, count: int, scale: float | None, exact: bool):
    """The nearest place of each result; by PyTorch's older rule (rounded down), or `exact`, from the middles."""
    ratio = np.float32(1 / scale if scale else size / count)
    numbers = np.arange(count, dtype=np.float32) + np.float32(0.5 if exact else 0)
    return np.minimum(np.floor(numbers * ratio).astype(np.int64), size - 1)
