"""In which order PyTorch adds: sums of float32 and float64 that are its own to the last bit.

It reads memory in vectors of 32 bytes, keeps four running sums of them, and every 16 additions passes these up to sums
of sums, so that errors stay small.  `ordered` does the same with NumPy's reductions, for arrays of any strides.
When a sum comes here, and what becomes of larger ones, is settled in `reduce.py`.

Source: https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/cpu/SumKernel.cpp
"""

from ..array_modules import np

VECTOR = 32  # bytes
RUNNING = 4  # sums that are kept side by side
STEP = 16  # additions before a sum is passed up
LEVELS = 4

_add = np.add.reduce


def ordered(x, axis, keepdims: bool):
    """The sum of `x` along `axis` (NumPy's: a dimension, several, or None), added as PyTorch adds.

    PyTorch walks a tensor by its strides: among the summed dimensions the one of the smallest stride comes first, and
    dimensions that continue each other in memory count as one.
    """
    shape = x.shape
    ndim = len(shape)
    summed = range(ndim) if axis is None else {each % ndim for each in (axis if type(axis) is tuple else (axis,))}
    lanes = VECTOR // x.itemsize
    in_rows = x.flags.c_contiguous
    if in_rows and len(summed) == ndim:
        total = _of_a_row(x.reshape(-1), lanes)
    elif in_rows and ndim == 2 and 1 not in shape:
        total = _of_rows(x, lanes) if 1 in summed else _of_columns(x.reshape(shape[0], 1, -1), lanes)
    else:
        kept = [i for i in range(ndim) if i not in summed]
        total = _by_strides(x, kept, summed, lanes).reshape([shape[i] for i in kept])
    if keepdims:
        total = np.reshape(total, [1 if i in summed else n for i, n in enumerate(shape)])
    return total + 0.0 if total.ndim else total[()] + x.dtype.type(0)  # the sum begins with 0: -0. becomes 0.


def _by_strides(x, kept: list, summed, lanes: int):
    """The sums as a row, whatever the strides."""
    along = sorted((i for i in summed if x.shape[i] > 1), key=lambda i: -abs(x.strides[i]))
    x = x.transpose([*kept, *along, *(i for i in summed if x.shape[i] == 1)])
    sizes = list(zip(x.shape, x.strides, strict=True))
    blocks = _joined([each for each in sizes[len(kept) :] if each[0] > 1])
    beside = _joined([each for each in sizes[: len(kept)] if each[0] > 1])
    inner, step = blocks[-1] if blocks else (1, x.itemsize)
    outer = 1
    for n, _ in blocks[:-1]:
        outer *= n
    columns, apart = beside[-1] if beside else (1, 0)
    if len(blocks) > 1:  # one after the other
        rows = np.ascontiguousarray(x).reshape(-1, inner)
        found = _of_rows(rows, lanes if step == x.itemsize else inner + 1)
        return _one_by_one(found.reshape(-1, outer).T.copy())
    if step == x.itemsize and inner >= lanes or step < apart and not (apart == x.itemsize and columns >= lanes):
        rows = np.ascontiguousarray(x).reshape(-1, inner)
        return _of_rows(rows, lanes if step == x.itemsize else inner + 1)
    beside = np.ascontiguousarray(x.reshape(-1, columns, inner).transpose(2, 0, 1))
    return _of_columns(beside, lanes if apart == x.itemsize else columns + 1)


def _joined(dims: list) -> list:
    """Sizes and strides, from the outermost dimension in, with those as one that continue each other in memory."""
    joined: list = []
    for n, stride in dims:
        if joined and joined[-1][1] == n * stride:
            joined[-1] = (joined[-1][0] * n, stride)
        else:
            joined.append((n, stride))
    return joined


def _of_a_row(x, lanes: int):
    """The sum of one contiguous row."""
    n = x.size
    if n < lanes:
        return _one_by_one(_few_in_order(x))
    vectors = n // lanes
    found = _interleaved(x[: vectors * lanes].reshape(vectors, lanes))
    if n % lanes:
        found = np.concatenate((x[vectors * lanes :], found))
    return _one_by_one(found)


def _of_rows(x, lanes: int):
    """The sums of many rows; by single elements where a row is shorter than a vector."""
    count, n = x.shape
    vectors = n // lanes
    if not vectors:
        return _interleaved(x.T.copy())
    whole = x[:, : vectors * lanes].reshape(count, vectors, lanes).transpose(1, 0, 2).reshape(vectors, -1)
    found = _interleaved(whole).reshape(count, lanes)
    if n % lanes:
        found = np.concatenate((x[:, vectors * lanes :], found), 1)
    return _one_by_one(found.T.copy())


def _of_columns(x, lanes: int):
    """The sums over the first of three dimensions; along the last one four vectors, or four elements where it is
    shorter than a vector, are added up side by side, without interleaving; those that are left over, with it."""
    n, count, columns = x.shape
    width = RUNNING * lanes if columns >= lanes else RUNNING
    wide = columns // width * width
    if wide == columns or n <= RUNNING:
        return _passed_up(x.reshape(n, -1))
    found = _interleaved(x[:, :, wide:].reshape(n, -1))
    if wide:
        first = _passed_up(x[:, :, :wide].reshape(n, -1)).reshape(count, -1)
        found = np.concatenate((first, found.reshape(count, -1)), 1).reshape(-1)
    return found


def _interleaved(x):
    """The sums of the columns, of every fourth row together first."""
    n, width = x.shape
    if n < 2 * RUNNING:
        return _one_by_one(_few_in_order(x))
    rounds = n // RUNNING
    found = _passed_up(x[: RUNNING * rounds].reshape(rounds, -1)).reshape(RUNNING, width)
    if n % RUNNING:
        found = np.concatenate((found[:1], x[RUNNING * rounds :], found[1:]))
    return _one_by_one(found)


def _few_in_order(x):
    """Fewer than eight rows as they meet: those past the fourth are added to the first."""
    n = len(x)
    return np.concatenate((x[:1], x[RUNNING:], x[1:RUNNING])) if n > RUNNING else x


def _passed_up(x):
    """The sums of the columns: of 16 rows, of 16 such sums, and so on; what is left over on each level comes first."""
    total = None
    for level in range(LEVELS):
        groups = len(x) // STEP if level < LEVELS - 1 else 0
        left = x[STEP * groups :]
        if len(left):
            part = _one_by_one(left)
            total = part if total is None else total + part
        if not groups:
            break
        x = _add(x[: STEP * groups].reshape(groups, STEP, -1), 1)
    return total


def _one_by_one(x):
    """The sum over the first dimension from first to last; NumPy adds a single column in another order."""
    return _add(x, 0) if x.ndim > 1 and x.shape[1] > 1 or len(x) < 8 else np.add.accumulate(x, 0)[-1]
