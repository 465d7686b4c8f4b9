"""Taking tensors apart: split, chunk, unbind, and going through one in a loop. Every piece is a view.

They are put together in `join.py`.
"""

from itertools import accumulate

from .. import dtypes
from ..array_modules import beside, np
from ..errors import brackets, wrong_argument
from ..tape import mode
from ..tensor import Tensor, wrap
from .declare import behind, function, record_views
from .join import cat, narrowed, stack
from .shape import wrap_dim


def _of_equal_length(size: int, length: int) -> list[int]:
    """The lengths of pieces that are `length` long, but for the last."""
    count = max(-(-size // length), 1) if length else 1
    return [min(length, size - i * length) for i in range(count)]


def _cut(x, dim: int, lengths) -> tuple:
    """Consecutive pieces of an array along a dimension."""
    before, pieces, start = (slice(None),) * dim, [], 0
    for length in lengths:
        pieces.append(x[(*before, slice(start, start + length))])
        start += length
    return tuple(pieces)


def _uncut(g, shape: tuple, dim: int, lengths):
    """The gradient of what was cut into pieces, from theirs; zeros where there is none."""
    g = [*g, *[None] * (len(lengths) - len(g))] if type(g) is list else [g]
    like = next(each for each in g if each is not None)._array
    if not mode.enabled:
        return wrap(_filled(g, _cut, like, shape, dim, lengths))
    return cat([_zeros((*shape[:dim], length, *shape[dim + 1 :]), like) if each is None else each
                for each, length in zip(g, lengths, strict=True)], dim)  # fmt: skip


def _filled(g: list, cut, like, shape: tuple, *how):
    """An array whose parts are those of the gradients that there are."""
    with beside(like):
        whole = (np.zeros if None in g else np.empty)(shape, like.dtype)
    for place, each in zip(cut(whole, *how), g, strict=True):
        if each is not None:
            place[...] = each._array
    return whole


def _zeros(shape: tuple, like) -> Tensor:
    with beside(like):
        return wrap(np.zeros(shape, like.dtype)[()])


@behind(x=lambda g, split_size, dim, x_shape: _uncut(g, x_shape, dim, _of_equal_length(x_shape[dim], split_size)),
    width=lambda split_size, dim, x_shape: len(_of_equal_length(x_shape[dim], split_size)),
    node_name="SplitBackward0")  # fmt: skip
def _split_evenly(x, split_size, dim):
    return _cut(x, dim, _of_equal_length(x.shape[dim], split_size))


@behind(x=lambda g, split_sizes, dim, x_shape: _uncut(g, x_shape, dim, split_sizes),
    width=lambda split_sizes, dim, x_shape: len(split_sizes), node_name="SplitWithSizesBackward0")  # fmt: skip
def _split_by_sizes(x, split_sizes, dim):
    return _cut(x, dim, split_sizes)


@function
def split(tensor, split_size_or_sections, dim=0):
    """Pieces of one length (the last may be shorter), or of the lengths given, along a dimension; views.

    >>> arange(5).split(2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if tensor.ndim == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, tensor.ndim)
    size = tensor._array.shape[dim]
    if isinstance(split_size_or_sections, (tuple, list)):
        lengths = [int(each) for each in split_size_or_sections]
        if min(lengths, default=0) < 0:
            raise RuntimeError(
                "split_with_sizes expects split_sizes have only non-negative entries, but got "
                f"split_sizes={brackets(lengths)}"
            )
        if sum(lengths) != size:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension "
                f"{dim}), but got split_sizes={brackets(lengths)}"
            )
        return record_views(_split_by_sizes.op, tensor, (tuple(lengths), dim))
    if isinstance(split_size_or_sections, (float, str)):
        raise wrong_argument("split_with_sizes", "split_sizes", 2, "tuple of ints", split_size_or_sections)
    length = int(split_size_or_sections)
    if length < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={length}")
    if length == 0 and size:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}")
    return record_views(_split_evenly.op, tensor, (length, dim))


@function
def split_with_sizes(input, split_sizes, dim=0):
    """Pieces of the lengths given along a dimension; views.

    >>> tensor([1, 2, 3]).split_with_sizes([1, 2])
    (tensor([1]), tensor([2, 3]))
    """
    return split(input, list(split_sizes), dim)


@function
def chunk(input, chunks, dim=0):
    """At most `chunks` pieces of one length (the last may be shorter) along a dimension; views.

    >>> tensor([1, 2, 3, 4, 5]).chunk(2)
    (tensor([1, 2, 3]), tensor([4, 5]))
    """
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    if input.ndim == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    size = input._array.shape[wrap_dim(dim, input.ndim)]
    return split(input, max(-(-size // chunks), 1), dim) if size else split(input, [0] * chunks, dim)


@function
def tensor_split(input, indices_or_sections, dim=0):
    """Pieces between the given places, or a number of pieces as equal as can be, along a dimension; views.

    >>> torch.tensor_split(torch.arange(5), 3)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if input.ndim == 0:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = wrap_dim(dim, input.ndim)
    size = input._array.shape[dim]
    if isinstance(indices_or_sections, Tensor):
        indices_or_sections = _places_in(indices_or_sections)
    if isinstance(indices_or_sections, int):
        count = indices_or_sections
        if count <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {count}")
        ends = list(accumulate(size // count + (i < size % count) for i in range(count)))
    else:
        ends = [int(each) for each in indices_or_sections] + [size]
    pieces, start = [], 0
    for end in ends:
        pieces.append(_between(input, dim, start, end))
        start = end
    return tuple(pieces)


def _places_in(tensor):
    """The places, or the number of pieces, that a tensor names."""
    if tensor.dtype is not dtypes.int64:
        raise RuntimeError(
            f"tensor_split expected tensor_indices_or_sections to have dtype of long, but got {tensor.dtype.cpp_name}"
        )
    if tensor.ndim > 1:
        raise RuntimeError(
            "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but "
            f"got a tensor with {tensor.ndim} dims"
        )
    return tensor.tolist()


def _between(x, dim: int, start: int, end: int):
    """The part of `x` between two places, which are counted as Python's slices count them."""
    start, end, _ = slice(start, end).indices(x._array.shape[dim])
    return narrowed(x, dim, start, max(end - start, 0))


def _split_along(name: str, least: int, dim_of, doc: str):
    """One of numpy's three: pieces along a certain dimension, all of one length where their number is given."""

    def apart(input, indices_or_sections):
        if input.ndim < least:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with {input.ndim} "
                "dimensions!"
            )
        dim = dim_of(input.ndim)
        size = input._array.shape[dim]
        if isinstance(indices_or_sections, int) and (indices_or_sections <= 0 or size % indices_or_sections):
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {size} is not "
                f"divisible by the split_size {indices_or_sections}!"
            )
        return tensor_split(input, indices_or_sections, dim)

    apart.__name__, apart.__doc__ = name, doc
    return function(apart)


hsplit = _split_along("hsplit", 1, lambda ndim: 0 if ndim == 1 else 1,
    """Pieces of one length, or those between places, along dimension 1 (0 for a vector); views.

    >>> torch.hsplit(tensor([1, 2, 3, 4]), 2)
    (tensor([1, 2]), tensor([3, 4]))
    """)  # fmt: skip
vsplit = _split_along("vsplit", 2, lambda ndim: 0,
    """Pieces of one length, or those between places, along dimension 0; views.

    >>> torch.vsplit(tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """)  # fmt: skip
dsplit = _split_along("dsplit", 3, lambda ndim: 2,
    """Pieces of one length, or those between places, along dimension 2; views.

    >>> torch.dsplit(tensor([[[1, 2, 3, 4]]]), (1, 3))
    (tensor([[[1]]]), tensor([[[2, 3]]]), tensor([[[4]]]))
    """)  # fmt: skip


def _slices(x, dim: int) -> tuple:
    before = (slice(None),) * dim
    return tuple([x[(*before, i, ...)] for i in range(x.shape[dim])])  # with the dots views even of a vector


def _together(g, shape: tuple, dim: int):
    """The gradient of what was taken apart into slices, from theirs; zeros where there is none."""
    g = [*g, *[None] * (shape[dim] - len(g))] if type(g) is list else [g]
    like = next(each for each in g if each is not None)._array
    if not mode.enabled:
        return wrap(_filled(g, _slices, like, shape, dim))
    zeros = _zeros(like.shape, like) if None in g else None
    return stack([zeros if each is None else each for each in g], dim)


@behind(x=lambda g, dim, x_shape: _together(g, x_shape, dim), width=lambda dim, x_shape: x_shape[dim],
    node_name="UnbindBackward0")  # fmt: skip
def _unbound(x, dim):
    return _slices(x, dim)


@function
def unbind(input, dim=0):
    """The slices along a dimension, one by one, as views without that dimension.

    >>> tensor([[1, 2], [3, 4]]).unbind()
    (tensor([1, 2]), tensor([3, 4]))
    """
    if input.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    dim = wrap_dim(dim, input.ndim)
    return record_views(_unbound.op, input, (dim,))


def _iterate(self):
    if self.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(unbind(self, 0))


Tensor.__iter__ = _iterate
