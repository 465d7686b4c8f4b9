"""An index for each element: gather and scatter along a dimension, take and put in the flattened tensor.

Whole slices by index stand in `slices.py`; `x[…]` in `index.py`.
"""

import numpy as np

from ..errors import brackets
from ..tensor import Tensor, memory, wrap
from .assign import _check_shared, index_put
from .broadcast import expand
from .declare import FUNCTIONS, function, method, op
from .index import _add_at_zeros, _view_index
from .inplace import overwrite
from .promote import is_number
from .shape import reshape, wrap_dim
from .writable import check_writable


def _open_grid(index, dim: int) -> tuple:
    """The index tuple that uses `index` along `dim` and each place's own position along the other dimensions."""
    grid = list(np.ogrid[tuple([slice(n) for n in index.shape])]) if index.ndim else []
    if index.ndim == 1:
        grid = [np.arange(index.shape[0])]
    if index.ndim:
        grid[dim] = index
    return tuple(grid)


def _check_gather(name: str, x, index, dim: int) -> None:
    if index.dtype.kind != "i":
        wanted = "int32/int64" if name == "gather" else "int64"
        raise RuntimeError(f"{name}(): Expected dtype {wanted} for index")
    if max(index.ndim, 1) != max(x.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    if x.ndim:
        for i in range(index.ndim):
            if i != dim and index.shape[i] > x.shape[i]:
                raise RuntimeError(
                    f"Size does not match at dimension {i} expected index {brackets(index.shape)} to be no larger "
                    "than self "
                    f"{brackets(x.shape)} apart from dimension {dim}"
                )
        size = x.shape[dim]
        if index.size and (index.max() >= size or index.min() < 0):
            bad = next(each for each in index.ravel() if not 0 <= each < size)
            raise RuntimeError(f"index {bad} is out of bounds for dimension {dim} with size {size}")


@op(x=lambda g, x_shape, dim, index: scatter_add(zeros_of(g, x_shape), dim, wrap(index), g), function=False,
    method=False, node_name="GatherBackward0")  # fmt: skip
def _gather(x, dim, index):
    return x[_open_grid(index, dim)] if x.ndim else np.broadcast_to(x, index.shape).copy()


def zeros_of(g, shape):
    return FUNCTIONS["zeros"](shape, dtype=g.dtype)


@function
def gather(input, dim, index, *, sparse_grad=False, out=None):
    """For each place of `index`, the element of `input` that stands there along `dim`.

    >>> tensor([[1, 2], [3, 4]]).gather(1, tensor([[0], [1]]))
    tensor([[1],
            [4]])

    Source: https://pytorch.org/docs/stable/generated/torch.gather.html
    """
    dim = wrap_dim(dim, input._array.ndim)
    _check_gather("gather", input._array, index._array, dim)
    return _gather(input, dim, memory(index), out=out)


@function
def take_along_dim(input, indices, dim=None, *, out=None):
    """Elements by index along `dim`, `indices` and `input` broadcast together."""
    if dim is None:
        return gather(reshape(input, -1), 0, reshape(indices, -1), out=out)
    dim = wrap_dim(dim, input.ndim)
    shape = np.broadcast_shapes(
        *[tuple(1 if i == dim else n for i, n in enumerate(each._array.shape)) for each in (input, indices)]
    )
    target = [list(shape), list(shape)]
    target[0][dim], target[1][dim] = input._array.shape[dim], indices._array.shape[dim]
    return gather(expand(input, target[0]), dim, expand(indices, target[1]), out=out)


@op(x=lambda g, index, dim: _scatter(g, wrap(g._array.dtype.type(0)), dim, index),
    src=lambda g, index, dim: _gather(g, dim, index), function=False, method=False,
    node_name=lambda node: "ScatterBackward1" if is_number(node.parents[1]) else "ScatterBackward0")  # fmt: skip
def _scatter(x, src, dim, index):
    result = np.array(x)
    if x.ndim == 0:
        return np.asarray(src).astype(x.dtype).reshape(())[()]
    if isinstance(src, np.ndarray) and src.ndim:
        src = src[tuple([slice(n) for n in index.shape])]
    result[_open_grid(index, dim)] = src
    return result


@op(x=lambda g: g, src=lambda g, index, dim: _gather(g, dim, index), function=False, method=False)
def _scatter_add(x, src, dim, index):
    result = np.array(x)
    if x.ndim == 0:
        return result + src
    np.add.at(result, _open_grid(index, dim), src[tuple([slice(n) for n in index.shape])])
    return result


def _fit_source(src, index):
    """The part of `src` that `index` covers: its gradient is zero elsewhere."""
    if isinstance(src, Tensor) and src._array.shape != index._array.shape and src.ndim == index.ndim:
        return _view_index(src, tuple([slice(n) for n in index._array.shape])) if src.ndim else src
    return src


@function
def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """A copy with the elements of `src` (or one value) at the places that `index` names along `dim`.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html
    """
    src = value if src is None else src
    if src is None:
        raise TypeError("scatter() needs a tensor or a value to put at the places")
    dim = wrap_dim(dim, input._array.ndim)
    _check_gather("scatter", input._array, index._array, dim)
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise RuntimeError("reduce argument must be either add or multiply.")
        return scatter_reduce(input, dim, index, src if isinstance(src, Tensor) else FUNCTIONS["full_like"](
            index, src, dtype=input.dtype), {"add": "sum", "multiply": "prod"}[reduce])  # fmt: skip
    if isinstance(src, Tensor) and src.dtype is not input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    return _scatter(input, _fit_source(src, index), dim, memory(index))


@function
def scatter_add(input, dim, index, src):
    """A copy with the elements of `src` added at the places that `index` names along `dim`."""
    dim = wrap_dim(dim, input._array.ndim)
    _check_gather("scatter_add", input._array, index._array, dim)
    if src.dtype is not input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    return _scatter_add(input, _fit_source(src, index), dim, memory(index))


@function
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """A copy with the elements of `src` brought in at the places of `index`: by sum, prod, mean, amax or amin."""
    dim = wrap_dim(dim, input._array.ndim)
    where_, src = _open_grid(memory(index), dim), _fit_source(src, index)
    if reduce == "sum" and include_self:
        return scatter_add(input, dim, index, src)
    if input._requires_grad or src._requires_grad:
        raise NotImplementedError(f"the derivative of scatter_reduce('{reduce}') is not implemented")
    result = np.array(input._array)
    ufunc = {"sum": np.add, "mean": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}[reduce]
    if not include_self:
        start = {"sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}[reduce]
        result[where_] = start if result.dtype.kind in "fV" or abs(start) <= 1 else (
            np.iinfo(result.dtype).min if start < 0 else np.iinfo(result.dtype).max)  # fmt: skip
    ufunc.at(result, where_, src._array)
    if reduce == "mean":
        count = np.full(result.shape, int(include_self))
        np.add.at(count, where_, 1)
        if not include_self:
            count[count == 0] = 1
        result = (result / count).astype(result.dtype) if result.dtype.kind in "fV" else result // count
    return wrap(result)


@function
def take(input, index):
    """Elements by their place in the flattened tensor."""
    size = input._array.size
    if index._array.size and (index._array.max() >= size or index._array.min() < -size):
        bad = next(each for each in np.ravel(index._array) if not -size <= each < size)
        raise IndexError(f"out of range: tried to access index {bad} on a tensor of {size} elements.")
    return _take(input, memory(index))


@op(x=lambda g, x_shape, index: reshape(_add_at_zeros(reshape(g, -1), (int(np.prod(x_shape)),), (np.ravel(index),)),
                                        x_shape), function=False, method=False)  # fmt: skip
def _take(x, index):
    return np.take(x, index, mode="wrap")


@function
def put(input, index, source, accumulate=False):
    """A copy with `source` at places of the flattened tensor; with `accumulate`, added there."""
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{input.dtype.cpp_name} and source.dtype = {source.dtype.cpp_name}"
        )
    changed = index_put(reshape(input, -1), (reshape(index, -1),), reshape(source, -1), accumulate)
    return reshape(changed, input._array.shape)


@method
def put_(self, index, source, accumulate=False):
    """Write `source` at places of the flattened tensor, in place."""
    check_writable(self)
    _check_shared(self, (index, source))
    return overwrite(self, put(self, index, source, accumulate))
