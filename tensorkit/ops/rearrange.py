"""The same elements again, or in another order: `repeat`, `tile`, `flip`, `roll`, `rot90`; all make copies.

Repetition without memory is `expand` (`broadcast.py`), the order of dimensions `permute` and its like (`shape.py`).
"""

import numpy as np

from ..errors import brackets, wrong_argument
from ..tensor import Tensor
from .declare import FUNCTIONS, function, op
from .shape import inferred_sizes, reshape, wrap_dim, wrap_dims


@function(method=True)
def repeat(input, *repeats):
    """The whole tensor repeated so many times along each dimension (and new ones in front); a copy.

    >>> tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.repeat.html
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


@op(x=_repeat_dx, function=False, method=False, node_name="RepeatBackward0")
def _repeat(x, repeats):
    return np.tile(x, repeats)


@function
def tile(input, *dims):
    """Like `repeat`, with counts of 1 added in front where there are fewer counts than dimensions."""
    counts = inferred_sizes(dims)
    return _repeat(input, (1,) * (input.ndim - len(counts)) + counts)


@op(x=lambda g, x_shape, repeats, dim: _repeat_interleave_dx(g, x_shape, repeats, dim), function=False, method=False,
    node_name="ViewBackward0")  # fmt: skip
def _repeat_interleave(x, repeats, dim):
    return np.repeat(x, repeats, dim)


def _repeat_interleave_dx(g, x_shape, repeats, dim):
    source = np.repeat(np.arange(x_shape[dim]), repeats)
    zeros = FUNCTIONS["zeros"](x_shape, dtype=g.dtype)
    return FUNCTIONS["index_add"](zeros, dim, FUNCTIONS["from_numpy"](source), g)


@function
def repeat_interleave(input, repeats, dim=None, *, output_size=None):
    """Each element repeated so many times; along one dimension, or of the flattened tensor."""
    if dim is None:
        input, dim = reshape(input, -1), 0
    times = repeats._array if isinstance(repeats, Tensor) else repeats
    dim = wrap_dim(dim, input.ndim)
    if np.size(times) not in (1, input._array.shape[dim]):
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = {np.size(times)} and "
            f"input.size({dim}) = {input._array.shape[dim]}"
        )
    return _repeat_interleave(input, times, wrap_dim(dim, input.ndim))


@op(x=lambda g, dims: flip(g, dims), gather="dims")
def flip(x, dims):
    """The elements in reverse order along the dimensions given; a copy.

    Source: https://pytorch.org/docs/stable/generated/torch.flip.html
    """
    if not isinstance(dims, (tuple, list)):
        raise wrong_argument("flip", "dims", 2, "tuple of ints", dims)
    dims = wrap_dims(dims, x.ndim)
    return np.flip(x, dims).copy() if x.ndim else x.copy()


@function
def fliplr(input):
    """Columns in reverse order."""
    return flip(input, (1,))


@function
def flipud(input):
    """Rows in reverse order."""
    return flip(input, (0,))


@op(x=lambda g, shifts, dims: roll(g, _negated(shifts), dims))
def roll(x, shifts, dims=None):
    """The elements moved along; those pushed out at one end come in at the other."""
    if dims is None or dims == ():
        return np.roll(x, shifts)
    if x.size == 0:
        return x.copy()
    if x.ndim == 0:
        each = dims[0] if isinstance(dims, (tuple, list)) else dims
        raise IndexError(f"Dimension specified as {each} but tensor has no dimensions")
    return np.roll(x, shifts, wrap_dims(dims if isinstance(dims, (tuple, list)) else (dims,), x.ndim))


def _negated(shifts):
    return tuple(-each for each in shifts) if isinstance(shifts, (tuple, list)) else -shifts


@op(x=lambda g, k, dims: rot90(g, -k, dims))
def rot90(x, k=1, dims=(0, 1)):
    """The plane of two dimensions turned by k right angles."""
    return np.rot90(x, k, dims).copy()
