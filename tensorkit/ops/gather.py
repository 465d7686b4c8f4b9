"""An index for each element: gather and scatter along a dimension.

Places in the flattened tensor stand in `flattened.py`, whole slices by index in `slices.py`; `x[…]` in `index.py`.
"""

from warnings import warn

from ..array_modules import is_array, np
from ..errors import brackets, cannot_broadcast, dim_out_of_range
from ..tensor import Tensor, wrap
from .broadcast import expand
from .cast import number_for
from .declare import FUNCTIONS, behind, function
from .pointwise import no_derivative
from .promote import is_number
from .shape import reshape, wrap_dim


def _open_grid(index, dim: int) -> tuple:
    """The index tuple that uses `index` along `dim` and each place's own position along the other dimensions."""
    if index.ndim < 2:
        return (index.reshape(-1),)
    grid = list(np.ogrid[tuple([slice(n) for n in index.shape])])
    grid[dim] = index
    return tuple(grid)


def _part_for(src, index):
    """The part of the source that an index of its number of dimensions reaches."""
    return np.atleast_1d(src)[tuple([slice(n) for n in index.shape or (1,)])] if index.size else 0


def _check_gather(name: str, x, index, dim: int, src=None) -> None:
    """Raise PyTorch's errors for an index, and for a source, that do not fit."""
    if not index.size:
        return
    if index.dtype.kind != "i" or index.dtype.itemsize < 4:
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    if max(index.ndim, 1) != max(x.ndim, 1):
        whose = "input" if name == "gather" else "self"
        raise RuntimeError(f"Index tensor must have the same number of dimensions as {whose} tensor")
    shape, places = x.shape or (1,), index.shape or (1,)
    wrong = next((i for i in range(index.ndim) if i != dim and places[i] > shape[i]), None)
    if wrong is not None and name == "gather":
        raise RuntimeError(
            f"Size does not match at dimension {wrong} expected index {brackets(index.shape)} to be no larger "
            f"than self {brackets(x.shape)} apart from dimension {dim}"
        )
    if src is not None and wrong is None:
        wrong = next((i for i, n in enumerate(places) if n > _size_along(src, i)), None)
    if src is not None and max(src.ndim, 1) != len(places):
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    if wrong is not None:
        beyond = "" if src is None else f" and to be no larger size than src {brackets(src.shape)}"
        raise RuntimeError(
            f"Expected index {brackets(index.shape)} to be no larger than self {brackets(x.shape)} apart from "
            f"dimension {dim}{beyond}"
        )
    size = shape[dim]
    if index.max() >= size or index.min() < 0:
        bad = next(each for each in index.ravel() if not 0 <= each < size)
        raise RuntimeError(f"index {bad} is out of bounds for dimension {dim} with size {size}")


def _size_along(src, dim: int) -> int:
    if src.ndim and dim >= src.ndim:
        raise dim_out_of_range(dim, src.ndim)
    return src.shape[dim] if src.ndim else 1


# Like PyTorch's, the rule keeps `x` itself, though all it wants is its shape: then it tells of writes to it.
@behind(x=lambda g, x, index, dim: scatter_add(zeros_of(g, x._array.shape), dim, index, g), index=None, rows=True)
def _gather(x, index, dim):
    if not index.size:
        return np.empty(index.shape, x.dtype)
    return np.atleast_1d(x)[_open_grid(index, dim)].reshape(index.shape)[()]


def zeros_of(g, shape):
    return FUNCTIONS["zeros"](shape, dtype=g.dtype, device=g.device)


@function
def gather(input, dim, index, *, sparse_grad=False, out=None):
    """For each place of `index`, the element of `input` that stands there along `dim`.

    >>> tensor([[1, 2], [3, 4]]).gather(1, tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    dim = wrap_dim(dim, input._array.ndim)
    _check_gather("gather", input._array, index._array, dim)
    return _gather(input, index, dim, out=out)


@function
def take_along_dim(input, indices, dim=None, *, out=None):
    """Elements by index along `dim`, `indices` and `input` broadcast together.

    >>> torch.take_along_dim(tensor([[10, 20], [30, 40]]), tensor([[1], [0]]), dim=1)
    tensor([[20],
            [30]])
    """
    if dim is None:
        return gather(reshape(input, -1), 0, reshape(indices, -1), out=out)
    dim = wrap_dim(dim, input.ndim)
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    if indices._array.dtype != np.int64:
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype.cpp_name}")
    indices = wrap(indices._array % (input._array.shape[dim] if input.ndim else 1))  # past the end it goes round
    shape = np.broadcast_shapes(
        *[tuple(1 if i == dim else n for i, n in enumerate(each._array.shape)) for each in (input, indices)]
    )
    target = [list(shape), list(shape)]
    target[0][dim], target[1][dim] = input._array.shape[dim], indices._array.shape[dim]
    return gather(expand(input, target[0]), dim, expand(indices, target[1]), out=out)


def _taken(g, index, dim, src_shape, maker):
    """The gradient of the source of a scatter: what stands at the places. RuntimeError for a source that is larger than
    the index, from PyTorch too; `maker` is its name for the node."""
    found = _gather(g, index, dim)
    shape = found._array.shape
    if shape != src_shape and (
        len(shape) < len(src_shape) or any(n not in (1, m) for n, m in zip(src_shape, shape, strict=True))
    ):
        raise RuntimeError(
            f"Function {maker} returned an invalid gradient at index 1 - got {brackets(shape)} but expected shape "
            f"compatible with {brackets(src_shape)}"
        )
    return found


@behind(x=lambda g, index, dim: _scatter(g, 0.0, index, dim),
    src=lambda g, index, dim, src_shape: _taken(g, index, dim, src_shape, "ScatterBackward0"), index=None,
    node_name=lambda node: "ScatterBackward1" if is_number(node.parents[1]) else "ScatterBackward0",
    rows=True)  # fmt: skip
def _scatter(x, src, index, dim):
    result = np.array(x)
    if index.size:
        np.atleast_1d(result)[_open_grid(index, dim)] = _part_for(src, index) if is_array(src) else src
    return result


@behind(x=lambda g: g, src=lambda g, index, dim, src_shape: _taken(g, index, dim, src_shape, "ScatterAddBackward0"),
    index=None, rows=True)  # fmt: skip
def _scatter_add(x, src, index, dim):
    result = np.array(x)
    if index.size:
        np.add.at(np.atleast_1d(result), _open_grid(index, dim), _part_for(src, index))
    return result


@function
def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """A copy with the elements of `src` (or one value) at the places that `index` names along `dim`.

    >>> torch.zeros(2, 3).scatter(1, tensor([[0], [2]]), 1.)
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    src = value if src is None else src
    if src is None:
        raise TypeError("scatter() needs a tensor or a value to put at the places")
    dim = wrap_dim(dim, input._array.ndim)
    _check_gather("scatter", input._array, index._array, dim, src._array if isinstance(src, Tensor) else None)
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise RuntimeError("reduce argument must be either add or multiply.")
        if isinstance(src, Tensor):
            warn(
                "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future "
                "PyTorch release. Use torch.scatter_reduce instead for more reduction options.",
                stacklevel=3,
            )
        else:
            src = FUNCTIONS["full_like"](index, src, dtype=input.dtype)
    if isinstance(src, Tensor) and src.dtype is not input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    if not isinstance(src, Tensor):
        src = number_for(src, input._array.dtype).item()
    if reduce is not None:
        return _scatter_combined(input, src, index, dim, "sum" if reduce == "add" else "prod")
    return _scatter(input, src, index, dim)


def _check_scatter(input, index, dim: int, src) -> None:
    _check_gather("scatter", input._array, index._array, dim, src._array)
    if src.dtype is not input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")


@function
def scatter_add(input, dim, index, src):
    """A copy with the elements of `src` added at the places that `index` names along `dim`.

    >>> torch.zeros(3).scatter_add(0, tensor([0, 0, 2]), tensor([1., 2., 3.]))
    tensor([3., 0., 3.])
    """
    dim = wrap_dim(dim, input._array.ndim)
    _check_scatter(input, index, dim, src)
    return _scatter_add(input, src, index, dim)


@function
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """A copy with the elements of `src` brought in at the places of `index`: by sum, prod, mean, amax or amin.

    Without `include_self`, what stood at those places has no part in the result.  Where several elements share the
    extreme, they share its gradient.

    >>> torch.zeros(3).scatter_reduce(0, tensor([0, 0, 2]), tensor([1., 2., 3.]), reduce="amax")
    tensor([2., 0., 3.])
    """
    dim = wrap_dim(dim, input._array.ndim)
    _check_scatter(input, index, dim, src)
    if reduce not in _STARTS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}.")
    return _scatter_reduce(input, src, index, dim, reduce, include_self)


#: What each way of reducing starts from where the tensor itself has no part.
_STARTS = {"sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}
_UFUNCS = {"sum": "add", "mean": "add", "prod": "multiply", "amax": "maximum", "amin": "minimum"}


def _counts(shape, where_, include_self: bool):
    """How many elements met at each place; 1 where there was none to divide by."""
    count = np.full(shape, int(include_self))
    np.add.at(np.atleast_1d(count), where_, 1)
    return count if include_self else np.maximum(count, 1)


def _reached(shape, where_):
    """Where an index names a place."""
    mask = np.zeros(shape, bool)
    np.atleast_1d(mask)[where_] = True
    return mask


def _reduced_dx(g, x, src, out, index, dim, reduce, include_self):
    """The gradient of the tensor that is scattered to: of its own part, which is none where it was left out."""
    where_ = _open_grid(index._array, dim)
    if reduce == "mean":
        g = g / wrap(_counts(x._array.shape, where_, include_self).astype(g._array.dtype))
    elif reduce == "prod":
        _check_meeting(src, index)
        ones = _scatter_reduce(FUNCTIONS["ones_like"](x), src, index, dim, "prod", include_self)
        g = g * ones
    elif reduce in ("amax", "amin"):
        g = FUNCTIONS["where"](x == out, _shared_out(g, x, src, out, index, dim), 0.0)
    if include_self:
        return g
    return FUNCTIONS["masked_fill"](g, wrap(_reached(x._array.shape, where_)), 0.0)


def _reduced_dsrc(g, x, src, out, index, dim, reduce, include_self):
    """The gradient of what is scattered."""
    where_, shape = _open_grid(index._array, dim), src._array.shape
    if reduce == "mean":
        g = g / wrap(_counts(x._array.shape, where_, include_self).astype(g._array.dtype))
    if reduce in ("sum", "mean"):
        return _taken(g, index, dim, shape, "ScatterReduceBackward0")
    if reduce == "prod":
        return _product_dsrc(g, x, src, out, index, dim, include_self)
    share = _shared_out(g, x, src, out, index, dim)
    return FUNCTIONS["where"](src == _gather(out, index, dim), _gather(share, index, dim), 0.0)


def _product_dsrc(g, x, src, out, index, dim, include_self):
    """The gradient of the factors: the product of the others. For the only 0 at a place that is multiplied out."""
    _check_meeting(src, index)
    where, masked_fill = FUNCTIONS["where"], FUNCTIONS["masked_fill"]
    zero = src == 0
    zeros_met = _scatter_add(zeros_of(g, x._array.shape), zero.to(g.dtype), index, dim)
    alone = zero.logical_and(_gather(zeros_met, index, dim) == 1)
    others = _scatter_reduce(x, masked_fill(src, alone, 1.0), index, dim, "prod", include_self)
    return where(alone, _gather(g * others, index, dim), _gather(g * out, index, dim) / masked_fill(src, zero, 1.0))


def _check_meeting(src, index) -> None:
    """Raise PyTorch's error for a source that its formula cannot lay over the index."""
    try:
        np.broadcast_shapes(src._array.shape, index._array.shape)
    except ValueError:
        raise cannot_broadcast(src._array.shape, index._array.shape) from None


def _shared_out(g, x, src, out, index, dim):
    """`g` divided among the elements that are equal to the extreme; the tensor's own one counts even where it was left
    out, as in PyTorch."""
    winners = (src == _gather(out, index, dim)).to(g.dtype)
    return g / _scatter_add((x == out).to(g.dtype), winners, index, dim).clamp(min=1)


@behind(x=_reduced_dx, src=_reduced_dsrc, index=None, rows=True)
def _scatter_reduce(x, src, index, dim, reduce, include_self):
    result = np.array(x)
    if not index.size:
        return result
    where_, row = _open_grid(index, dim), np.atleast_1d(result)
    if not include_self:
        start = _STARTS[reduce]
        if result.dtype.kind in "iu" and abs(start) > 1:
            start = np.iinfo(result.dtype).min if start < 0 else np.iinfo(result.dtype).max
        row[where_] = start
    getattr(np, _UFUNCS[reduce]).at(row, where_, _part_for(src, index))
    if reduce == "mean":
        count = _counts(result.shape, where_, include_self)
        result = (result / count).astype(result.dtype) if result.dtype.kind in "fV" else result // count
    return result


@behind(x=no_derivative("scatter"), src=no_derivative("scatter"), index=None,
    node_name="torch::autograd::NotImplemented", rows=True)  # fmt: skip
def _scatter_combined(x, src, index, dim, reduce):
    return _scatter_reduce.op.forward(x, src, index, dim, reduce, True)
