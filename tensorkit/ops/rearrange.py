"""The same elements again, or in another order: `repeat`, `tile`, `flip`, `roll`, `rot90`; all make copies.

Repetition without memory is `expand` (`broadcast.py`), the order of dimensions `permute` and its like (`transpose.py`).
"""

from operator import index

from ..array_modules import move, move_like, np
from ..errors import brackets, wrong_argument
from ..tensor import Tensor, wrap
from .cast import clone
from .declare import FUNCTIONS, behind, function, method, op
from .layout import as_first_or_rows
from .shape import inferred_sizes, reshape, squeeze, wrap_dim, wrap_dims


@function(method=True)
def repeat(input, *repeats):
    """The whole tensor repeated so many times along each dimension (and new ones in front); a copy.

    >>> tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    counts = inferred_sizes(repeats)
    if any(each < 0 for each in counts):
        full = [
            n * each for n, each in zip((1,) * (len(counts) - input.ndim) + input._array.shape, counts, strict=True)
        ]
        negative = next(each for each in full if each < 0)
        raise RuntimeError(f"Trying to create tensor with negative dimension {negative}: {brackets(full)}")
    if len(counts) < input.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    return _repeat(input, counts)


FUNCTIONS.pop("repeat")


def _repeat_dx(g, x_shape, repeats):
    """Fold each dimension of `g` into (times, size) and sum over the times."""
    shape = (1,) * (len(repeats) - len(x_shape)) + x_shape
    folded = reshape(g, [each for pair in zip(repeats, shape, strict=True) for each in pair])
    total = FUNCTIONS["sum"](folded, tuple(range(0, 2 * len(shape), 2))) if shape else folded
    return reshape(total, x_shape)


@behind(x=_repeat_dx)
def _repeat(x, repeats):
    return np.tile(x, repeats)


@function
def tile(input, *sizes, dims=None):
    """Like `repeat`, with counts of 1 added in front where there are fewer counts than dimensions.

    >>> tensor([1, 2]).tile(2)
    tensor([1, 2, 1, 2])
    """
    counts = inferred_sizes(sizes if dims is None else (dims,))
    return _repeat(input, (1,) * (input.ndim - len(counts)) + counts)


@behind(x=lambda g, dim: squeeze(FUNCTIONS["sum"](g, dim + 1, True), dim + 1), node_name="CloneBackward0",
    steps=("UnsqueezeBackward0", "ExpandBackward0"))  # fmt: skip
def _repeat_interleave(x, repeats, dim):
    """The repetitions along a dimension of their own, behind `dim`."""
    spread = np.empty((*x.shape[: dim + 1], int(repeats), *x.shape[dim + 1 :]), x.dtype)
    spread[...] = np.expand_dims(x, dim + 1)
    return spread


@function
def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Each element repeated so many times; along one dimension, or of the flattened tensor.

    With counts alone, the place of each count repeated so many times.

    >>> torch.repeat_interleave(tensor([2, 1]))
    tensor([0, 0, 1])
    """
    if repeats is None:
        if input.ndim != 1:
            raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
        if input._array.dtype not in (np.int32, np.int64):
            raise RuntimeError("repeats has to be Long or Int tensor")
        return wrap(move_like(np.repeat(np.arange(input._array.size), move(input._array, None)), input._array))
    if dim is None:
        input, dim = reshape(input, -1), 0
    times = move(repeats._array, None) if isinstance(repeats, Tensor) else repeats  # how often is the host's business
    dim = wrap_dim(dim, input.ndim)
    if np.size(times) not in (1, input._array.shape[dim]):
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = {np.size(times)} and "
            f"input.size({dim}) = {input._array.shape[dim]}"
        )
    if np.size(times) and np.min(times) < 0:
        raise RuntimeError("Repeats must be non-negative" if times is repeats else "repeats can not be negative")
    if times is repeats:
        shape = list(input._array.shape)
        shape[dim] *= int(times)
        return reshape(_repeat_interleave(input, times, dim), shape)
    counts = np.repeat(times, input._array.shape[dim]) if np.size(times) == 1 else times
    index = move_like(np.repeat(np.arange(input._array.shape[dim]), counts), input._array)
    return FUNCTIONS["index_select"](input, dim, wrap(index))


@op(x=lambda g, dims: flip(g, dims), gather="dims")
def flip(x, dims):
    """The elements in reverse order along the dimensions given; a copy.

    >>> tensor([[1, 2], [3, 4]]).flip(0)
    tensor([[3, 4],
            [1, 2]])
    """
    if not isinstance(dims, (tuple, list)):
        raise wrong_argument("flip", "dims", 2, "tuple of ints", dims)
    dims = wrap_dims(dims, x.ndim)
    turned = clone.op.forward(x)  # for its dimensions' order in memory
    if x.ndim:
        turned[...] = np.flip(x, dims)
    return turned


@function
def fliplr(input):
    """Columns in reverse order.

    >>> tensor([[1, 2], [3, 4]]).fliplr()
    tensor([[2, 1],
            [4, 3]])
    """
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, (1,))


@function
def flipud(input):
    """Rows in reverse order.

    >>> tensor([[1, 2], [3, 4]]).flipud()
    tensor([[3, 4],
            [1, 2]])
    """
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, (0,))


@op(x=lambda g, shifts, dims: roll(g, _negated(shifts), dims), layout=as_first_or_rows)
def roll(x, shifts, dims=None):
    """The elements moved along; those pushed out at one end come in at the other.

    >>> tensor([1, 2, 3, 4]).roll(1)
    tensor([4, 1, 2, 3])
    """
    shifts = [index(each) for each in shifts] if isinstance(shifts, (tuple, list)) else index(shifts)
    if dims is None or dims == ():
        return np.roll(x, shifts)
    if x.size == 0:
        return x.copy()
    if x.ndim == 0:
        each = dims[0] if isinstance(dims, (tuple, list)) else dims
        raise IndexError(f"Dimension specified as {each} but tensor has no dimensions")
    dims = wrap_dims(dims, x.ndim)
    return np.roll(x, shifts, dims)


def _negated(shifts):
    return tuple(-each for each in shifts) if isinstance(shifts, (tuple, list)) else -shifts


@op(x=lambda g, k, dims: rot90(g, -k, dims))
def rot90(x, k=1, dims=(0, 1)):
    """The plane of two dimensions turned by k right angles.

    >>> tensor([[1, 2], [3, 4]]).rot90()
    tensor([[2, 4],
            [1, 3]])
    """
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if x.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {x.ndim}")
    if dims[0] == dims[1] or abs(dims[0] - dims[1]) == x.ndim:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    first, second = wrap_dims(dims, x.ndim)
    if k % 2 == 0:
        return (np.flip(x, (first, second)) if k % 4 else x).copy()
    return np.flip(x, second if k % 4 == 1 else first).copy().swapaxes(first, second)


@method
def __reversed__(self):
    """What `reversed(x)` goes through: the slices along the first dimension, last to first.

    >>> [each.item() for each in reversed(tensor([1, 2, 3]))]
    [3, 2, 1]
    """
    return flip(self, (0,)) if self._array.ndim else self
