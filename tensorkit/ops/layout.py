"""In which order the dimensions of a result lie in memory: its strides, and so whether `view` takes it.

NumPy decides for itself; where PyTorch decides otherwise, results are laid out anew here, as their operation says by
`layout=` (`declare.py`).  What strides tell of a memory format stands in `tensorkit/formats.py`.

Source: how PyTorch orders dimensions, https://github.com/pytorch/pytorch/wiki/How-to-use-TensorIterator
"""

from ..array_modules import np
from ..formats import OUTER_FIRST, check_rank, contiguous_format, memory_format, preserve_format, suggested


def unexpanded(array):
    """`array`, or a copy in which every element has a place of its own: steps of 0 say nothing about the order in
    memory, and NumPy's conversions take them for the smallest."""
    return array if isinstance(array, np.generic) or 0 not in array.strides else np.maximum(array, array)


def in_rows(array):
    """`array` row by row: the last dimension is the inner one."""
    return array if array.flags.c_contiguous else array.copy()


def in_format(array, wanted: memory_format):
    """`array` in a memory format, copied unless it lies so; RuntimeError if it has not as many dimensions as that
    needs."""
    if wanted is preserve_format:
        return array
    if wanted is contiguous_format:
        return in_rows(array)
    check_rank(wanted, array.ndim)
    return _reordered(array, OUTER_FIRST[wanted])


def _reordered(array, outer_first):
    """`array` with its dimensions in memory in the given order, also where sizes of 1 would allow others."""
    turned = array.transpose(outer_first)
    if 1 in array.shape or not turned.flags.c_contiguous:
        turned = np.array(turned, order="C")
    return turned.transpose(np.argsort(outer_first).tolist())


def as_asked(made, like, wanted: memory_format | None):
    """`made`, a new array like `like`, in the format that was asked for; by default in that of `like`."""
    if wanted is not None and wanted is not preserve_format:
        return in_format(made, wanted)
    if 1 not in like.shape or made.strides == like.strides:
        return made
    return in_order(made, like)  # NumPy takes arrays for rows where sizes of 1 leave that open


# What becomes of a format: values of `layout=`, called with the result (or results) and the operands


def rows(result, operands):
    """Row by row, however the operands lie."""
    if type(result) is tuple:
        return tuple(map(in_rows, result))
    return result if result.flags.c_contiguous else result.copy()


def rows_anew(result, operands):
    """Row by row, also where sizes of 1 that were reduced would allow another order."""
    if type(result) is tuple:
        return tuple([rows_anew(each, operands) for each in result])
    if result.ndim < 4 or operands[0].flags.c_contiguous:
        return in_rows(result)
    return np.array(result, order="C")


def as_first(result, operands):
    """The format of the first operand."""
    return _in_each(result, suggested(operands[0]))


def as_first_image(result, operands):
    """The format of the first operand if that is a batch of images; rows for volumes."""
    return _in_each(result, suggested(operands[0]) if operands[0].ndim == 4 else contiguous_format)


def as_first_or_rows(result, operands):
    """The format of the first operand; rows where that is both."""
    return _in_each(result, contiguous_format if operands[0].flags.c_contiguous else suggested(operands[0]))


def as_either(result, operands):
    """Channels last if one of the first two operands has them last."""
    x, y = operands[:2]
    steps, others = x.strides, y.strides
    if steps[1] > steps[-1] and others[1] > others[-1]:  # certainly neither of them
        return result
    found = suggested(x)
    return _in_each(result, suggested(y) if found is contiguous_format else found)


def as_operands(result, operands):
    """In the order of the operands, the first of which counts where they differ."""
    if operands[0].flags.c_contiguous:
        return result
    return in_order(result, *[np.broadcast_to(each, result.shape) for each in operands if getattr(each, "ndim", 0)])


def common_format(arrays) -> memory_format:
    """The format of all these arrays, rows if they differ."""
    found = suggested(arrays[0])
    if found is contiguous_format or all(suggested(each) is found for each in arrays[1:]):
        return found
    return contiguous_format


def _in_each(result, wanted: memory_format):
    if type(result) is tuple:
        return tuple([in_format(each, wanted) for each in result])
    return in_format(result, wanted)


def as_operands_lie(result, x, y):
    """The result of an operation on each element of two arrays; where these lie in different orders, NumPy makes rows,
    PyTorch follows the first."""
    if x.strides == y.strides:
        return result
    return in_order(result, np.broadcast_to(x, result.shape), np.broadcast_to(y, result.shape))


def in_order(result, *operands):
    """`result` with its dimensions in memory as PyTorch lays out what it makes of `operands`: the first of them with
    steps along two dimensions says which of the two is the inner one."""
    steps = [[step * (size == whole) for size, whole, step in zip(each.shape, result.shape, each.strides, strict=True)]
             for each in operands]  # fmt: skip
    order = list(reversed(range(result.ndim)))  # the innermost first
    for first in range(1, result.ndim):
        place = first
        for i in reversed(range(first)):
            inner, outer = order[i], order[place]
            apart = next((each[inner] - each[outer] or result.shape[inner] - result.shape[outer] for each in steps
                          if each[inner] and each[outer]), 0)  # fmt: skip
            if apart < 0:
                break
            if apart > 0:
                order[i], order[place], place = outer, inner, i
    return _reordered(result, order[::-1])
