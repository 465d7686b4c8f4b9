"""In which order the dimensions of a result lie in memory: its strides, and so whether `view` takes it.

NumPy decides for itself; where PyTorch decides otherwise, results are laid out anew here.  Copies that keep the order
of what they copy are made by `clone` (`cast.py`).

Source: how PyTorch orders dimensions, https://github.com/pytorch/pytorch/wiki/How-to-use-TensorIterator
"""

from ..array_modules import np


def unexpanded(array):
    """`array`, or a copy in which every element has a place of its own: steps of 0 say nothing about the order in
    memory, and NumPy's conversions take them for the smallest."""
    return array if isinstance(array, np.generic) or 0 not in array.strides else np.maximum(array, array)


def in_rows(array):
    """`array` row by row: the last dimension is the inner one."""
    return array if isinstance(array, np.generic) or array.flags.c_contiguous else array.copy()


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
    outer_first = order[::-1]
    return np.ascontiguousarray(result.transpose(outer_first)).transpose(np.argsort(outer_first).tolist())
