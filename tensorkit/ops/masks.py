"""Choosing by condition: where, masked_fill, masked_select, masked_scatter, and the places where a condition holds.

Masks inside an index, `x[x > 0]`, are read in `index.py`.
"""

from ..array_modules import move_like, np
from ..errors import cannot_broadcast
from ..tensor import Tensor, wrap
from .assign import _index_put
from .broadcast import together
from .cast import c_cast, number_for, to_dtype
from .declare import behind, function
from .index import _add_at_zeros, _take_index, unwritten, watch
from .layout import as_operands
from .promote import is_number, result_dtype
from .publish import translated
from .shape import reshape


# The derivative chooses between g and 0 instead of multiplying by a mask, so that nan and inf stay out.
@behind(condition=None, x=lambda g, condition: where(condition, g, 0.0),
    y=lambda g, condition: where(condition, 0.0, g), optional=("x", "y"), layout=as_operands)  # fmt: skip
def _where(condition, x, y):
    return np.where(condition, x, y)[()]


@function(method=False)
def where(condition, input=None, other=None, *, x=None, y=None, out=None):
    """`input` where the condition holds, `other` elsewhere; all three broadcast. With the condition alone, the places
    where it holds, one index vector a dimension.

    >>> torch.where(tensor([True, False]), tensor([1., 2.]), tensor([-1., -2.]))
    tensor([ 1., -2.])
    """
    input, other = x if input is None else input, y if other is None else other
    if (input is None) != (other is None):
        raise TypeError("where() takes the condition alone, or both sides as well")
    if input is None and other is None:
        return tuple([wrap(each) for each in np.nonzero(np.atleast_1d(condition._array))])
    if condition._array.dtype.kind != "b" and condition._array.dtype != np.uint8:
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition.dtype.cpp_name}"
        )
    wanted = result_dtype(input, other)
    sides = [
        to_dtype(each, wanted) if isinstance(each, Tensor) else number_for(each, wanted.numpy)
        for each in (input, other)
    ]
    try:
        return _where(condition if condition._array.dtype.kind == "b" else condition.bool(), *sides, out=out)
    except ValueError:
        together(*[each._array.shape for each in (condition, input, other) if isinstance(each, Tensor)])
        raise


def _where_method(self, condition, other):
    """This tensor where the condition holds, `other` elsewhere."""
    return where(condition, self, other)


Tensor.where = translated(_where_method, ".where")


@behind(x=lambda g, mask: masked_fill(g, mask, 0), mask=None, value=lambda g, mask: (g * mask.to(g.dtype)).sum(),
    node_name=lambda node: f"MaskedFillBackward{int(not is_number(node.parents[2]))}", rows=True)  # fmt: skip
def _masked_fill(x, mask, value):
    return np.where(mask, c_cast(np.asarray(value), x.dtype), x)[()]


@function
def masked_fill(input, mask, value):
    """A copy with one value where the mask is true.

    >>> tensor([1, 2, 3]).masked_fill(tensor([True, False, True]), 0)
    tensor([0, 2, 0])
    """
    if mask._array.dtype.kind != "b":
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype.c_name}")
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    if not isinstance(value, Tensor):
        value = number_for(value, input._array.dtype)
    _together(input, mask)
    return _masked_fill(input, mask, value)


def _together(input, mask) -> tuple:
    try:
        return np.broadcast_shapes(input._array.shape, mask._array.shape)
    except ValueError:
        raise cannot_broadcast(mask._array.shape, input._array.shape) from None


@function
def masked_select(input, mask, *, out=None):
    """The elements where the mask is true, in one dimension.

    >>> tensor([1, 2, 3]).masked_select(tensor([True, False, True]))
    tensor([1, 3])
    """
    if mask._array.dtype.kind != "b":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    shape = _together(input, mask)
    where_ = np.nonzero(np.atleast_1d(np.broadcast_to(mask._array, shape)))
    return _masked_select(input, where_, shape or (1,), watch(mask, input), out=out)


def _selected_dx(g, x, index, shape, watched):  # names x, as PyTorch does: it tells of writes to it
    return _add_at_zeros(g, shape, unwritten(index, watched))


@behind(x=_selected_dx)
def _masked_select(x, index, shape, watched=()):
    return np.broadcast_to(x, shape)[index]


@function
def masked_scatter(input, mask, source):
    """A copy whose elements where the mask is true are those of `source`, in order.

    >>> tensor([1, 2, 3]).masked_scatter(tensor([True, False, True]), tensor([10, 20]))
    tensor([10,  2, 20])
    """
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes but got{input.dtype.cpp_name} and "
            f"{source.dtype.cpp_name}"
        )
    places = np.broadcast_to(mask._array, input._array.shape)
    where_ = np.nonzero(places) if places.ndim else (places,)  # of no dimensions, the mask itself is the index
    count = int(np.count_nonzero(places))
    if count > source._array.size:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    return _masked_scatter(input, source, where_, count, watch(mask, input, source))


def _masked_scatter_dsource(g, index, source_shape, watched):
    unwritten(index, watched)
    taken, size = _take_index(g, index), int(np.prod(source_shape))
    return reshape(_add_at_zeros(reshape(taken, -1), (size,), (slice(0, taken.numel()),)), source_shape)


@behind(x=lambda g, index, watched: _index_put(g, wrap(g._array.dtype.type(0)), unwritten(index, watched), False),
    source=_masked_scatter_dsource)  # fmt: skip
def _masked_scatter(x, source, index, count, watched=()):
    result = np.array(x)
    result[index] = np.ravel(source)[:count]
    return result


@function
def nonzero(input, *, as_tuple=False):
    """The places of the elements that are not zero: one row each, or (`as_tuple`) one index vector a dimension.

    >>> torch.nonzero(tensor([0, 3, 0, 5]))
    tensor([[1],
            [3]])
    """
    array = input._array
    if as_tuple:
        return tuple([wrap(each) for each in np.nonzero(np.atleast_1d(array))])
    if array.ndim == 0:
        return wrap(move_like(np.zeros((int(bool(array)), 0), np.int64), array))
    return wrap(np.argwhere(array))


@function
def argwhere(input):
    """The places of the elements that are not zero, one row each.

    >>> torch.argwhere(tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    return nonzero(input)


@function
def nonzero_static(input, *, size, fill_value=-1):
    """The places of the first `size` elements that are not zero, one row each; rows of `fill_value` where there are
    fewer.

    >>> torch.nonzero_static(tensor([0, 3, 0, 5]), size=3)
    tensor([[ 1],
            [ 3],
            [-1]])
    """
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    found = nonzero(input)._array[:size]
    rows = np.full((size, input._array.ndim), fill_value, np.int64)
    rows[: len(found)] = found
    return wrap(rows)
