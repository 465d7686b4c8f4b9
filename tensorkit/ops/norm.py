"""Norms and distances: the length of vectors and matrices in all the ways that PyTorch measures it."""

import math
from warnings import warn

from .. import dtypes
from ..array_modules import np
from ..errors import cannot_broadcast, no_tensors, wrong_argument
from ..once import first_time
from ..tensor import Tensor
from .cast import to_dtype
from .declare import behind, function, op
from .decompose import svdvals
from .extremes import amax, amin
from .linalg import inv_ex
from .masks import where
from .misc import nan_to_num
from .pointwise import add
from .promote import result_dtype
from .reduce import axes, restore, spread
from .reduce import sum as sum_
from .shape import squeeze, unsqueeze, wrap_dims
from .transpose import movedim


def _norm_dx(g, x, out, ord, dim, keepdim):
    """The derivative of a norm, with 0 where the norm itself is 0."""
    shape = x._array.shape
    g, out = spread(g, shape, dim, keepdim), restore(out, shape, dim, keepdim)
    if ord == 0:
        return g * 0 * x
    if ord == 1:
        return g * x.sgn()
    if ord == 2:
        return x * where(out == 0, 0.0, g / out)
    if math.isinf(ord):
        ties = (x.abs() == out).logical_or((x != x).logical_and(out != out)).to(out.dtype)
        count = sum_(ties, dim, True) if dim is not None else sum_(ties)
        return x.sgn() * ties * (g / count)
    if ord < 2:
        slope = x.sgn() * where(x == 0, 0.0, where(x == 0, 1.0, x.abs()) ** (ord - 1))
    else:
        slope = x * x.abs() ** (ord - 2)
    return slope * where(out == 0, 0.0, g / where(out == 0, 1.0, out) ** (ord - 1))


def _vector_norm_dx(g, x, out, ord, dim, keepdim):
    return None if ord == 0 else _norm_dx(g, x, out, float(ord), dim, keepdim)


def _length(x, ord: float, axis, keepdim: bool):
    """The norm of an array, computed in float64 where that costs little."""
    kind = x.real.dtype
    size = np.abs(x)
    if kind.itemsize <= 4 and x.size <= 65536:
        size = size.astype(np.float64)
    elif kind.itemsize == 2:
        size = size.astype(np.float32)
    if ord == 0:
        found = np.add.reduce(size != 0, axis, size.dtype, keepdims=keepdim)
    elif ord == math.inf:
        found = np.max(size, axis, keepdims=keepdim)
    elif ord == -math.inf:
        found = np.min(size, axis, keepdims=keepdim)
    elif ord == 1:
        found = np.add.reduce(size, axis, keepdims=keepdim)
    elif ord == 2:
        found = np.sqrt(np.add.reduce(size * size, axis, keepdims=keepdim))
    else:
        found = np.add.reduce(size**ord, axis, keepdims=keepdim) ** (1 / ord)
    return np.asarray(found).astype(kind)[()]


@behind(x=_vector_norm_dx, rows=True)
def linalg_vector_norm(x, ord=2, dim=None, keepdim=False, dtype=None):
    """The norm of vectors: (sum of |x|**ord) ** (1/ord), over all elements or along `dim`.

    ord  any number; inf: the largest absolute value, -inf: the smallest, 0: how many are not 0

    >>> torch.linalg.vector_norm(torch.tensor([3., 4.]))
    tensor(5.)
    """
    if dtype is not None:
        x = x.astype(dtypes.numpy_dtype(dtypes.as_dtype(dtype)))
    if x.dtype.kind in "biu":
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            + dtypes.from_numpy(x.dtype).cpp_name
        )
    axis = axes(dim, x.ndim)
    reduced = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    if (ord < 0 or ord == math.inf) and 0 in [x.shape[i] for i in reduced]:
        every = axis is None or x.ndim <= 1
        where = "an empty tensor because" if every else f"the dimension {dim} because this dimension is empty and"
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {float(ord):g} norm on {where} the operation does not have an "
            "identity"
        )
    return _length(x, float(ord), axis, keepdim)


def _checked_matrix(A, dim):
    if A.ndim < 2:
        raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    if not isinstance(dim, (tuple, list)) or len(dim) != 2:
        shown = " ".join(map(str, dim)) if isinstance(dim, (tuple, list)) else dim
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {shown}")
    if A.dtype.category < dtypes.FLOATING:
        raise RuntimeError(
            f"linalg.matrix_norm: Expected a floating point or complex tensor as input. Got {A.dtype.cpp_name}"
        )
    rows, columns = (each % A.ndim for each in wrap_dims(dim, A.ndim))
    if rows == columns:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    return rows, columns


def linalg_matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None, out=None):
    """The norm of matrices.

    ord  'fro', 'nuc' (the sum of the singular values), 2 and -2 (the largest, the smallest of them), 1 and -1 (of the
         columns' sums of absolute values), inf and -inf (of the rows')

    >>> torch.linalg.matrix_norm(torch.tensor([[3., 0.], [0., 4.]]))
    tensor(5.)
    """
    rows, columns = _checked_matrix(A, dim)
    if dtype is not None:
        A = to_dtype(A, dtypes.as_dtype(dtype))
    if ord == "fro":
        return linalg_vector_norm(A, 2, (rows, columns), keepdim, out=out)
    if ord != "nuc" and (isinstance(ord, str) or abs(ord) not in (1, 2, math.inf)):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    if ord == "nuc" or abs(ord) == 2:
        values = svdvals(movedim(A, (rows, columns), (-2, -1)))
        result = sum_(values, -1) if ord == "nuc" else amax(values, -1) if ord == 2 else amin(values, -1)
        if keepdim:
            for each in sorted((rows, columns)):
                result = unsqueeze(result, each)
        return result if out is None else add(result, 0, out=out)
    inner, outer = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = linalg_vector_norm(A, 1, inner, keepdim)
    outer -= not keepdim and inner < outer
    return (amax if ord > 0 else amin)(sums, outer, keepdim, out=out)


def linalg_norm(A, ord=None, dim=None, keepdim=False, *, dtype=None, out=None):
    """The norm of a vector or a matrix, as `ord` and `dim` say; without them, of all elements.

    >>> torch.linalg.norm(torch.tensor([3., 4.]))
    tensor(5.)
    """
    if not isinstance(A, Tensor):
        raise wrong_argument("linalg_norm", "input", 1, "Tensor", A)
    if ord is not None and (isinstance(ord, str) or dim is not None or A.ndim <= 2):
        dims = range(A.ndim) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
        if isinstance(ord, str) or len(dims) == 2:
            return linalg_matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype, out=out)
    elif ord is not None:
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.ndim}D."
        )
    return linalg_vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype, out=out)


@function(method=False)
def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """The norm of all elements, or along `dim`: by default the root of the sum of squares.

    p  any number, inf, 'fro', or 'nuc' for the sum of a matrix's singular values

    >>> tensor([3., 4.]).norm()
    tensor(5.)
    """
    if not isinstance(input, Tensor):
        raise AttributeError(f"'{type(input).__name__}' object has no attribute 'layout'")
    if isinstance(dim, float):
        raise TypeError("object of type 'float' has no len()")
    if isinstance(dim, str):
        raise TypeError("linalg_vector_norm(): argument 'dim' (position 3) must be tuple of ints, not str")
    if not (p is None or isinstance(p, (str, int, float, complex, np.generic)) or getattr(p, "ndim", 1) == 0):
        raise wrong_argument("linalg_vector_norm", "ord", 2, "Number", p)
    if isinstance(p, str) and p not in ("fro", "nuc"):
        raise RuntimeError(f"linalg.matrix_norm: Order {p} not supported.")
    if isinstance(p, str) and p != "fro":
        every = tuple(range(input.ndim)) if dim is None else dim
        return linalg_matrix_norm(input, p, every, keepdim, dtype=dtype, out=out)
    return linalg_vector_norm(input, 2.0 if p in ("fro", None) else p, dim, keepdim, dtype, out=out)


def _norm_method(self, p="fro", dim=None, keepdim=False, dtype=None):
    return norm(self, p, dim, keepdim, dtype=dtype)


_norm_method.__name__, _norm_method.__qualname__, _norm_method.__doc__ = "norm", "Tensor.norm", norm.__doc__
Tensor.norm = _norm_method


# Distances


@behind(x=lambda g, x, y, out, p: _norm_dx(g, x - y, out, float(p), None, False),
    y=lambda g, x, y, out, p: -_norm_dx(g, x - y, out, float(p), None, False))  # fmt: skip
def _dist(x, y, p, numpy_dtype):
    """The norm of the difference of two tensors."""
    try:
        difference = x.astype(numpy_dtype) - y.astype(numpy_dtype)
    except ValueError:
        raise cannot_broadcast(x.shape, y.shape) from None
    return _length(difference, float(p), None, False)


@function
def dist(input, other, p=2):
    """The norm of the difference of two tensors.

    >>> torch.dist(tensor([0., 0.]), tensor([3., 4.]))
    tensor(5.)
    """
    kind = result_dtype(input, other)
    if kind.category < dtypes.FLOATING:
        raise RuntimeError(
            f"norm(): input dtype should be either floating point or complex. Got {kind.cpp_name} instead."
        )
    return _dist(input, other, p, kind.numpy)


def _pairs(x, y):
    return unsqueeze(x, -2) - unsqueeze(y, -3)


@behind(x=lambda g, x, y, out, p: sum_(_norm_dx(g, _pairs(x, y), out, p, -1, False), -2),
    y=lambda g, x, y, out, p: -sum_(_norm_dx(g, _pairs(x, y), out, p, -1, False), -3))  # fmt: skip
def _cdist(x, y, p):
    """The distances of all rows of one matrix (or batch) to all rows of another."""
    if p == 2 and max(x.shape[-2], y.shape[-2]) > 25:  # as PyTorch: by a matrix product, where there are many rows
        squares = np.sum(x * x, -1)[..., :, None] + np.sum(y * y, -1)[..., None, :]
        return np.sqrt(np.maximum(squares - 2 * (x @ np.swapaxes(y, -1, -2)), 0))
    return _length(x[..., :, None, :] - y[..., None, :, :], p, -1, False)


@function(method=False)
def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """The distances of all rows of one matrix (or batch) to all rows of another.

    >>> torch.cdist(tensor([[0., 0.]]), tensor([[3., 4.], [0., 1.]]))
    tensor([[5., 1.]])
    """
    if not (isinstance(x1, Tensor) and isinstance(x2, Tensor)):
        raise no_tensors("cdist", x1=x1, x2=x2)
    for name, x in (("X1", x1), ("X2", x2)):
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
        if not x.dtype.is_floating_point:
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {x.dtype.cpp_name}")
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if x1._array.shape[-1] != x2._array.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1._array.shape[-1]} X2: {x2._array.shape[-1]}"
        )
    try:
        np.broadcast_shapes(x1._array.shape[:-2], x2._array.shape[:-2])
    except ValueError:
        raise cannot_broadcast(x1._array.shape[:-2], x2._array.shape[:-2]) from None
    return _cdist(x1, x2, float(p))


def _renorm_scale(length, maxnorm):
    """The factor that brings a slice down to `maxnorm`."""
    return where(length > maxnorm, maxnorm / (length + 1e-7), 1.0)


def _renorm_dx(g, x, p, dim, maxnorm):
    rest = [i for i in range(x.ndim) if i != dim % x.ndim]
    length = linalg_vector_norm(x, p, rest, True)
    slope = where(length > maxnorm, -maxnorm / ((length + 1e-7) * (length + 1e-7)), 0.0)
    through = sum_(g * x, rest, True) * slope
    return g * _renorm_scale(length, maxnorm) + _norm_dx(through, x, length, float(p), rest, True)


@op(x=_renorm_dx, inplace=True, rows=True)
def renorm(x, p, dim, maxnorm):
    """The slices along `dim` whose norm is more than `maxnorm`, scaled down to it.

    >>> torch.renorm(tensor([[3., 4.], [0.3, 0.4]]), p=2, dim=0, maxnorm=1.0)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if x.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {x.ndim} dimensions")
    rest = tuple([i for i in range(x.ndim) if i != dim % x.ndim])
    length = _length(x, float(p), rest, True)
    factor = np.where(length > maxnorm, maxnorm / (length + 1e-7), 1)
    return (x * factor).astype(x.dtype)


def linalg_cond(A, p=None, *, out=None):
    """How much a linear system amplifies errors: the norm of a matrix times that of its inverse.

    >>> torch.linalg.cond(torch.tensor([[4., 0.], [0., 2.]]))
    tensor(2.)
    """
    if A.ndim < 2:
        raise RuntimeError(f"linalg.cond: The input tensor A must have at least 2 dimensions, got {A.ndim}")
    if p in (None, 2, -2):
        values = svdvals(A)
        if values._array.shape[-1] == 0:
            return sum_(values, -1)
        large, small = values.narrow(-1, 0, 1), values.narrow(-1, values._array.shape[-1] - 1, 1)
        return squeeze(small / large if p == -2 else large / small, -1)
    if A._array.shape[-1] != A._array.shape[-2]:
        rows, columns = A._array.shape[-2:]
        raise RuntimeError(
            f"linalg.cond(ord={p}): A must be batches of square matrices, but they are {rows} by {columns} matrices"
        )
    return nan_to_num(linalg_matrix_norm(A, p) * linalg_matrix_norm(inv_ex(A)[0], p), nan=math.inf, posinf=math.inf)


def _older(name: str, instead: str) -> None:
    if first_time(f"{name} is deprecated"):
        warn(
            f"at::{name} is deprecated and it is just left for JIT compatibility. It will be removed in a future "
            f"PyTorch release. Please use `{instead}` instead",
            stacklevel=4,
        )


@function(method=False)
def frobenius_norm(input, dim, keepdim=False, *, out=None):
    """The root of the sum of squares along `dim` (all dimensions, if it is empty).

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.frobenius_norm(tensor([[3., 4.]]), ())
    tensor(5.)
    """
    _older("frobenius_norm", "linalg.vector_norm(A, 2., dim, keepdim)")
    dim = dim if isinstance(dim, int) or len(dim) else None
    return linalg_vector_norm(input, 2, dim, keepdim, out=out)


@function(method=False)
def nuclear_norm(input, dim=None, keepdim=False, *, out=None):
    """The sum of the singular values of a matrix, or of the matrices in two dimensions.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.nuclear_norm(tensor([[3., 0.], [0., 4.]]))
    tensor(7.)
    """
    _older("nuclear_norm", "linalg.matrix_norm(A, 'nuc', dim, keepdim)")
    if isinstance(dim, bool):
        dim, keepdim = None, dim
    return linalg_matrix_norm(input, "nuc", (-2, -1) if dim is None else tuple(dim), keepdim, out=out)


@function(method=False)
def norm_except_dim(v, pow=2, dim=0):
    """The norm of the slices along one dimension, which stays; of all elements, if `dim` is -1.

    >>> torch.norm_except_dim(tensor([[3., 4.], [6., 8.]]))
    tensor([[ 5.],
            [10.]])
    """
    if dim == -1:
        return norm(v, pow)
    others = tuple(each for each in range(v.ndim) if each != dim)
    return norm(v, pow, others, keepdim=True)
