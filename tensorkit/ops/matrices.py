"""Making and taking apart matrices: triangles, diagonals, trace, Kronecker and cross products, powers as columns."""

from warnings import warn

from .. import dtypes
from ..array_modules import beside, np
from ..errors import no_tensors
from ..tensor import Tensor, memory, wrap
from .broadcast import expand
from .create import finish, resolve
from .cumulative import cumprod
from .declare import behind, function, op
from .join import cat
from .layout import in_order
from .pointwise import add
from .reduce import sum as sum_
from .shape import _unsafe_view, reshape, unsqueeze, view, wrap_dim
from .windows import _scatter_diagonal, diagonal, strided


def _triangle(name: str, ufunc, doc: str):
    def body(x, diagonal=0):
        if x.ndim < 2:
            raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
        return ufunc(x, diagonal)

    body.__name__, body.__doc__ = name, doc
    call = op(x=lambda g, diagonal: call(g, diagonal), inplace=True, rows=True)(body)
    return call


tril = _triangle(
    "tril",
    np.tril,
    """The lower triangle of a matrix: zeros above the given diagonal.

    >>> ones(2, 2).tril()
    tensor([[1., 0.],
            [1., 1.]])
    """,
)
triu = _triangle(
    "triu",
    np.triu,
    """The upper triangle of a matrix: zeros below the given diagonal.

    >>> ones(2, 2).triu()
    tensor([[1., 1.],
            [0., 1.]])
    """,
)


def _triangle_indices(name: str, find, doc: str):
    def indices(row, col, offset=0, *, dtype=None, device=None, layout=None) -> Tensor:
        kind = np.dtype(np.int64) if dtype is None else resolve(dtype, name)
        return finish(np.array(find(row, offset, col), kind).reshape(2, -1), device=device)

    indices.__name__ = indices.__qualname__ = name
    indices.__doc__ = doc
    return function(indices, method=False)


tril_indices = _triangle_indices(
    "tril_indices",
    np.tril_indices,
    """Rows and columns of a lower triangle's places: 2 by their number.

    >>> torch.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """,
)
triu_indices = _triangle_indices(
    "triu_indices",
    np.triu_indices,
    """Rows and columns of an upper triangle's places: 2 by their number.

    >>> torch.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """,
)


# Diagonals


@behind(x=lambda g, x_shape, offset: _scatter_diagonal(g, x_shape, offset, 0, 1), node_name="DiagonalBackward0_copy")
def _diagonal_copy(x, offset):
    return diagonal.op.forward(x, offset).copy()


@function
def diag(input, diagonal=0, *, out=None):
    """The matrix with a vector on its diagonal, or the diagonal of a matrix.

    >>> torch.diag(tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if input.ndim == 1:
        return diag_embed(input, diagonal, out=out)
    if input.ndim == 2:
        return _diagonal_copy(input, diagonal, out=out)
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")


@op(x=lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2))
def diag_embed(x, offset=0, dim1=-2, dim2=-1):
    """Matrices with the last dimension of `x` on their diagonal.

    >>> torch.diag_embed(tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    first, second = wrap_dim(dim1, x.ndim + 1), wrap_dim(dim2, x.ndim + 1)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    size = x.shape[-1] + abs(offset)
    rest = iter(x.shape[:-1])
    shape = [size if i in (first, second) else next(rest) for i in range(x.ndim + 1)]
    return _scatter_diagonal.op.forward(x, shape, offset, first, second)


@function
def diagflat(input, offset=0):
    """The matrix with all elements on its diagonal.

    >>> torch.diagflat(tensor([[1, 2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(reshape(input, -1), offset)


@op(x=lambda g, x_shape: _identity_times(g, x_shape))
def trace(x):
    """The sum of the diagonal of a matrix.

    >>> torch.trace(tensor([[1., 2.], [3., 4.]]))
    tensor(5.)
    """
    dtypes.refuse("trace", x, "b")
    if x.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {x.ndim}")
    return np.trace(x, dtype=np.int64 if x.dtype.kind in "biu" else x.dtype)


def _identity_times(g, shape):
    return _scatter_diagonal(expand(g, (min(shape),)), shape, 0, 0, 1)


# Products of vectors and matrices element by element


def _with_ones(x, shape, before: bool = False):
    """`x` with a dimension of size 1 behind (or before) each of its own, and the strides that PyTorch gives them."""
    steps = [*[x._array.size] * (len(shape) - x.ndim), *x.stride()]
    ones = [(n * step if before else step) for n, step in zip(shape, steps, strict=True)]
    pairs = zip(ones, steps, strict=True) if before else zip(steps, ones, strict=True)
    sizes = [n for size in shape for n in ((1, size) if before else (size, 1))]
    return strided(memory(x), sizes, [step for pair in pairs for step in pair], 0)


@function
def kron(input, other, *, out=None):
    """The Kronecker product: every element of `input` times the whole of `other`.

    >>> torch.kron(tensor([[1, 2]]), tensor([[1, 1]]))
    tensor([[1, 1, 2, 2]])
    """
    ndim = max(input.ndim, other.ndim)
    shapes = [(1,) * (ndim - each.ndim) + each._array.shape for each in (input, other)]
    memory(input), memory(other)  # also of numbers without dimensions later writes are seen by the backward pass
    left = _unsafe_view(input, [n for size in shapes[0] for n in (size, 1)])
    right = _unsafe_view(other, [n for size in shapes[1] for n in (1, size)])
    shape = [m * n for m, n in zip(*shapes, strict=True)]
    products = left * right
    if ndim:
        products._array = in_order(products._array, _with_ones(input, shapes[0]), _with_ones(other, shapes[1], True))
        view(products.detach(), shape)  # raises where PyTorch's own view of the products does not fit their memory
    result = _unsafe_view(products, shape)
    return result if out is None else add(result, 0, out=out)


@behind(x=lambda g, y, dim: _cross(y, g, dim), y=lambda g, x, dim: _cross(g, x, dim), node_name="LinalgCrossBackward0")
def _cross(x, y, dim):
    x, y = np.broadcast_arrays(x, y)
    (x1, x2, x3), (y1, y2, y3) = np.moveaxis(x, dim, 0), np.moveaxis(y, dim, 0)
    return np.stack([x2 * y3 - x3 * y2, x3 * y1 - x1 * y3, x1 * y2 - x2 * y1], dim)


def linalg_cross(input, other, *, dim=-1, out=None):
    """The cross product of vectors of three elements, which lie along `dim`.

    >>> torch.linalg.cross(torch.tensor([1., 0., 0.]), torch.tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    axis = wrap_dim(dim, input.ndim)
    sizes = input._array.shape[axis], other._array.shape[axis]
    if sizes != (3, 3):
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {sizes[0]} and {sizes[1]}")
    if input._array.size and other._array.size:
        if input.dtype is not other.dtype:
            raise RuntimeError(f"expected scalar type {input.dtype.cpp_name} but found {other.dtype.cpp_name}")
        dtypes.refuse("cross", input._array, "b")
    return _cross(input, other, axis, out=out)


@function
def cross(input, other, dim=None, *, out=None):
    """The cross product of vectors of three elements, which lie along `dim` (left out: the first of size 3).

    >>> torch.linalg.cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    if not (isinstance(input, Tensor) and isinstance(other, Tensor)):
        raise no_tensors("cross", input=input, other=other)
    if dim is None:
        warn(
            "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly "
            "or simply use torch.linalg.cross.\nThe default value of dim will change to agree with that of "
            "linalg.cross in a future release.",
            stacklevel=2,
        )
        if input.ndim == other.ndim:
            dim = next((i for i, size in enumerate(input._array.shape) if size == 3), None)
            if dim is None:
                raise RuntimeError("no dimension of size 3 in input")
    return linalg_cross(input, other, dim=-1 if dim is None else dim, out=out)


def linalg_vecdot(x, y, *, dim=-1, out=None):
    """The inner products of vectors along `dim`, the first ones conjugated.

    >>> torch.linalg.vecdot(torch.tensor([1., 2.]), torch.tensor([3., 4.]))
    tensor(11.)
    """
    return sum_(x.conj() * y, dim, out=out)


def linalg_diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonals of matrices; a view.

    >>> torch.linalg.diagonal(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return diagonal(A, offset, dim1, dim2)


def linalg_vander(x, *, N=None):
    """The powers 0, 1, 2 … of each element, along a new last dimension.

    >>> torch.linalg.vander(torch.tensor([1., 2., 3.]))
    tensor([[1., 1., 1.],
            [1., 2., 4.],
            [1., 3., 9.]])
    """
    size = x._array.shape[-1] if N is None else N
    if size <= 1:
        raise RuntimeError(f"N must be greater than 1.{size}")
    with beside(x._array):
        ones = wrap(np.ones((*x._array.shape, 1), x._array.dtype))
    return cat([ones, cumprod(expand(unsqueeze(x, -1), (*x._array.shape, size - 1)), -1)], -1)


@function(method=False)
def vander(x, N=None, increasing=False):
    """The powers of each element of a vector as the columns of a matrix, the highest first.

    >>> torch.vander(tensor([1., 2., 3.]))
    tensor([[1., 1., 1.],
            [4., 2., 1.],
            [9., 3., 1.]])
    """
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    size = x._array.size if N is None else N
    if size < 0:
        raise RuntimeError("N must be non-negative.")
    kind = x.dtype if x.dtype.category >= dtypes.FLOATING else dtypes.int64
    with beside(x._array):
        result = wrap(np.ones((x._array.size, size), kind.numpy))
    if size > 1:
        result[:, 1:].copy_(unsqueeze(x, 1))
        result[:, 1:].copy_(cumprod(result[:, 1:], 1))
    return result if increasing else result.flip(1)
