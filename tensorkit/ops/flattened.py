"""An index into the flattened tensor for each element: take and put.

Indices along one dimension stand in `gather.py`.
"""

from ..array_modules import np
from .assign import _check_shared
from .declare import FUNCTIONS, behind, function, method
from .index import _add_at_zeros
from .inplace import overwrite
from .shape import reshape
from .writable import check_writable


@function
def take(input, index):
    """Elements by their place in the flattened tensor.

    >>> tensor([[1, 2], [3, 4]]).take(tensor([3, 0]))
    tensor([4, 1])
    """
    size = input._array.size
    if index._array.size and (index._array.max() >= size or index._array.min() < -size):
        bad = next(each for each in np.ravel(index._array) if not -size <= each < size)
        raise IndexError(f"out of range: tried to access index {bad} on a tensor of {size} elements.")
    return _take(input, index)


def _taken_dx(g, x, index):  # names x, of which the shape would do, as PyTorch does: it tells of writes to it
    shape = x._array.shape
    return reshape(_add_at_zeros(reshape(g, -1), (int(np.prod(shape)),), (np.ravel(index._array),)), shape)


@behind(x=_taken_dx, index=None)
def _take(x, index):
    return np.ravel(x)[index]


@function
def put(input, index, source, accumulate=False):
    """A copy with `source` at places of the flattened tensor; with `accumulate`, added there.

    >>> torch.zeros(3).put(tensor([0, 2]), tensor([5., 6.]))
    tensor([5., 0., 6.])
    """
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{input.dtype.cpp_name} and source.dtype = {source.dtype.cpp_name}"
        )
    return _put(input, source, index, accumulate)


def _put_dx(g, index, accumulate):
    return (
        g
        if accumulate
        else _put(g, FUNCTIONS["zeros"](index._array.shape, dtype=g.dtype, device=g.device), index, False)
    )


@behind(x=_put_dx, source=lambda g, index, source_shape: reshape(_take(g, index), source_shape), index=None)
def _put(x, source, index, accumulate):
    flat, places = np.array(x).reshape(-1), np.ravel(index)
    if accumulate:
        np.add.at(flat, places, np.ravel(source))
    else:
        flat[places] = np.ravel(source)
    return flat.reshape(x.shape)


@method
def put_(self, index, source, accumulate=False):
    """Write `source` at places of the flattened tensor, in place."""
    check_writable(self)
    _check_shared(self, (index, source))
    return overwrite(self, put(self, index, source, accumulate))
