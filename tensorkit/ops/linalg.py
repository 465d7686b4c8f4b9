"""Linear systems and what follows from them: solve, inverse, powers, exponential.

Each takes batches: the last two dimensions are the matrix.  What to do where there is no inverse stands in
`leastsquares.py`, determinants in `determinants.py`, decompositions in `decompose.py`, norms in `norm.py`, `einsum` in
`einsum.py`.  The names that begin with `linalg_` are published by `tensorkit/linalg.py`.
"""

import math
from warnings import warn

from .. import dtypes
from ..array_modules import np
from ..errors import LinAlgError, times
from ..tensor import wrap
from .declare import behind, function
from .decompose import batch_place, check_matrix, identity
from .join import cat
from .masks import where
from .matmul import matmul
from .matrices import tril, triu
from .pointwise import add
from .return_types import return_type
from .shape import reshape, unsqueeze
from .slices import narrow


def _singular(A) -> np.ndarray:
    """For each matrix of a batch, 0 or the number of the first pivot that is 0, as LAPACK gives it."""
    from .lu import lu_arrays

    packed, _ = lu_arrays(A)
    zero = np.diagonal(packed, axis1=-2, axis2=-1) == 0
    return np.where(zero.any(-1), zero.argmax(-1) + 1, 0)


def _inverted(A):
    """The inverses, and for each matrix 0 or the number of the pivot that is 0; such an inverse is all nan."""
    try:
        return np.linalg.inv(A), np.zeros(A.shape[:-2], np.int32)
    except np.linalg.LinAlgError:
        infos = np.asarray(_singular(A), np.int32)
        safe = np.where((infos != 0)[..., None, None], np.eye(A.shape[-1], dtype=A.dtype), A)
        found = np.linalg.inv(safe)
        return np.where((infos != 0)[..., None, None], np.array(np.nan, A.dtype), found), infos


@behind(A=lambda g, inverse: -matmul(inverse.mT, matmul(g, inverse.mT)), outputs=("inverse", "info"),
    result=return_type("linalg_inv_ex", "inverse", "info"), node_name="LinalgInvExBackward0")  # fmt: skip
def _inv_ex(A):
    check_matrix("linalg.inv", A, True)
    found, infos = _inverted(A)
    return found, infos[()]


def inv_ex(A, *, check_errors=False, out=None):
    """The inverse, and 0 or the number of the pivot that is zero.

    >>> torch.linalg.inv_ex(tensor([[2., 0.], [0., 4.]])).inverse
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    result = _inv_ex(A)
    if check_errors:
        _check_regular("linalg.inv_ex", result[1]._array)
    return result


@function(name="inverse")
def inv(A=None, *, input=None, out=None):
    """The inverse of square matrices.

    >>> tensor([[2., 0.], [0., 4.]]).inverse()
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])

    Raises RuntimeError for a matrix that has none.
    """
    result, infos = _inv_ex(input if A is None else A)
    _check_regular("linalg.inv", infos._array)
    return result if out is None else add(result, 0, out=out)


def _check_regular(name: str, bad) -> None:
    """PyTorch's error where the number of a pivot that is zero says that a matrix has no inverse."""
    if np.any(bad):
        pivot = int(np.ravel(bad)[np.argmax(np.ravel(bad) != 0)])
        raise LinAlgError(
            f"{name}: {batch_place(bad != 0)}The diagonal element {pivot} is zero, the inversion could not be "
            "completed because the input matrix is singular."
        )


# Linear systems


def is_vector(A, B) -> bool:
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])


def _solve_dA(g, A, B, out):
    share = linalg_solve(A.mT, g)
    if is_vector(A, B):
        return -unsqueeze(share, -1) * unsqueeze(out, -2)
    return -matmul(share, out.mT)


@behind(A=_solve_dA, B=lambda g, A: linalg_solve(A.mT, g), node_name="LinalgSolveExBackward0")
def _solve(A, B):
    check_matrix("linalg.solve", A, True)
    if A.dtype != B.dtype:
        a, b = (dtypes.from_numpy(each.dtype).cpp_name for each in (A, B))
        raise RuntimeError(
            f"linalg.solve: Expected A and B to have the same dtype, but found A of type {a} and B of type {b} instead"
        )
    vector = is_vector(A, B)
    right = B[..., None] if vector else B
    if right.shape[-2] != A.shape[-1]:
        raise RuntimeError(
            "linalg.solve: Incompatible shapes of A and B for the equation AX = B "
            f"({times(A.shape[-2:])} and {times(right.shape[-2:])})"
        )
    try:
        found = np.linalg.solve(A, right)
    except np.linalg.LinAlgError:
        place = batch_place(np.asarray(_singular(A)) != 0)
        raise LinAlgError(
            f"torch.linalg.solve: {place}The solver failed because the input matrix is singular."
        ) from None
    return found[..., 0] if vector else found


def linalg_solve(A, B, *, left=True, out=None):
    """The solution X of AX = B, for square matrices A (of XA = B with left=False); B may be a vector.

    >>> torch.linalg.solve(tensor([[2., 0.], [0., 4.]]), tensor([1., 1.]))
    tensor([0.5000, 0.2500])

    Raises RuntimeError for a matrix that has no inverse.
    """
    if not left:
        return linalg_solve(A.mT, B.mT).mT
    return _solve(A, B, out=out)


def solve_ex(A, B, *, left=True, check_errors=False, out=None):
    """The solution X of AX = B, and for each matrix 0 or the number of the pivot that is zero (X is nan there).

    >>> torch.linalg.solve_ex(tensor([[2., 0.], [0., 4.]]), tensor([1., 1.])).info
    tensor(0, dtype=torch.int32)

    Raises RuntimeError for a matrix that has no inverse if `check_errors` says so.
    """
    try:
        found = linalg_solve(A, B, left=left)
    except LinAlgError:
        infos = np.asarray(_singular(A._array), np.int32)
        if check_errors:
            raise LinAlgError(
                f"torch.linalg.solve_ex: {batch_place(infos != 0)}The solver failed because the input matrix is "
                "singular."
            ) from None
        bad = wrap(infos != 0)[..., None, None]
        safe = where(bad, identity(A._array.shape[-1], A), A)
        found = linalg_solve(safe, B, left=left)
        return _solve_ex(where(bad[..., 0] if is_vector(A, B) else bad, math.nan, found), wrap(infos[()]))
    return _solve_ex(found, A.new_zeros(A._array.shape[:-2], dtype=dtypes.int32))


_solve_ex = return_type("linalg_solve_ex", "result", "info")


def _triangle(A, upper: bool, unit: bool):
    A = (np.triu if upper else np.tril)(A, (1 if upper else -1) if unit else 0)
    return A + np.eye(A.shape[-1], dtype=A.dtype) if unit else A


def _triangular_dA(g, A, out, upper, unitriangular):
    share = -matmul(_solve_triangular(A.mT, g, not upper, unitriangular), out.mT)
    return triu(share, int(unitriangular)) if upper else tril(share, -int(unitriangular))


@behind(A=_triangular_dA, B=lambda g, A, upper, unitriangular: _solve_triangular(A.mT, g, not upper, unitriangular),
    node_name="LinalgSolveTriangularBackward0")  # fmt: skip
def _solve_triangular(A, B, upper, unitriangular):
    check_matrix("linalg.solve_triangular", A, True)
    if B.ndim < 2:
        raise RuntimeError("linalg.solve_triangular: The input tensor B must have at least 2 dimensions.")
    A = _triangle(A, upper, unitriangular)
    try:
        return np.linalg.solve(A, B)
    except np.linalg.LinAlgError:
        return np.full(np.broadcast_shapes(A.shape[:-1], B.shape[:-1]) + B.shape[-1:], np.inf, A.dtype)


def solve_triangular(A, B, *, upper, left=True, unitriangular=False, out=None):
    """The solution X of AX = B for a triangular A, of which only that triangle is read.

    A  batch…, n by n; B: batch…, n by k (k by n with `left=False`)

    >>> torch.linalg.solve_triangular(tensor([[2., 0.], [1., 4.]]), tensor([[2.], [9.]]), upper=False)
    tensor([[1.],
            [2.]])
    """
    if not left:
        return solve_triangular(A.mT, B.mT, upper=not upper, unitriangular=unitriangular).mT
    return _solve_triangular(A, B, upper, unitriangular, out=out)


@function
def triangular_solve(b, A, upper=True, transpose=False, unitriangular=False):
    """The solution of AX = b for a triangular A; `torch.linalg.solve_triangular` is the newer form.

    >>> torch.linalg.solve_triangular(tensor([[2., 1.], [0., 4.]]), tensor([[4.], [8.]]), upper=True)
    tensor([[1.],
            [2.]])
    """
    warn(
        "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangularand will be removed in a future "
        "PyTorch release.\ntorch.linalg.solve_triangular has its arguments reversed and does not return a copy of "
        "one of the inputs.\nX = torch.triangular_solve(B, A).solution\nshould be replaced with\nX = "
        "torch.linalg.solve_triangular(A, B).",
        stacklevel=2,
    )
    matrix = A.mT if transpose else A
    solution = _solve_triangular(matrix, b, upper != transpose, unitriangular)
    return return_type("triangular_solve", "solution", "cloned_coefficient")(solution, A.clone())


def _cholesky_solve_dL(g, L, out, upper):
    both = matmul(cholesky_solve(g, L, upper), out.mH)
    both = both + both.mH
    return -matmul(L, both) if upper else -matmul(both, L)


@behind(B=lambda g, L, upper: cholesky_solve(g, L, upper), L=_cholesky_solve_dL)
def _cholesky_solve(B, L, upper):
    check_matrix("cholesky_solve", L, True)
    factor = np.swapaxes(np.triu(L), -1, -2).conj() if upper else np.tril(L)
    return np.linalg.solve(np.swapaxes(factor, -1, -2).conj(), np.linalg.solve(factor, B))


@function
def cholesky_solve(B, L, upper=False, *, out=None):
    """The solution X of AX = B, given the Cholesky factor `L` of A.

    >>> torch.cholesky_solve(tensor([[4.], [16.]]), tensor([[2., 0.], [0., 4.]]))
    tensor([[1.],
            [1.]])
    """
    return _cholesky_solve(B, L, upper, out=out)


@function
def cholesky_inverse(L, upper=False, *, out=None):
    """The inverse of a matrix, given its Cholesky factor.

    >>> torch.cholesky_inverse(tensor([[2., 0.], [1., 4.]]))
    tensor([[ 0.2656, -0.0312],
            [-0.0312,  0.0625]])
    """
    return cholesky_solve(identity(L._array.shape[-1], L).to(L.dtype), L, upper, out=out)


# Products and powers


def multi_dot(tensors, *, out=None):
    """The product of several matrices, multiplied in the cheapest order; the first and last may be vectors.

    >>> torch.linalg.multi_dot([torch.ones(1, 2), torch.ones(2, 3), torch.ones(3, 1)])
    tensor([[6.]])
    """
    tensors = list(tensors)
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    first, last = tensors[0].ndim == 1, tensors[-1].ndim == 1
    tensors[0] = unsqueeze(tensors[0], 0) if first else tensors[0]
    tensors[-1] = unsqueeze(tensors[-1], 1) if last else tensors[-1]
    result = _in_order(tensors)
    shape = result._array.shape
    result = reshape(result, shape[first : 2 - last])
    return result if out is None else add(result, 0, out=out)


def _in_order(tensors):
    """The product in the order that multiplies fewest numbers (Cormen et al., Introduction to Algorithms, 14.2)."""
    sizes = [tensors[0]._array.shape[0]] + [each._array.shape[1] for each in tensors]
    best = {(i, i): (0, i) for i in range(len(tensors))}
    for length in range(1, len(tensors)):
        for i in range(len(tensors) - length):
            j = i + length
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )

    def multiply(i, j):
        if i == j:
            return tensors[i]
        k = best[i, j][1]
        return matmul(multiply(i, k), multiply(k + 1, j))

    return multiply(0, len(tensors) - 1)


def _matrix_exp_dx(g, A):
    """The gradient stands in the corner of the exponential of a matrix twice as large (Mathias, 1996)."""
    size = A._array.shape[-1]
    turned, zeros = A.mT, A * 0
    large = cat([cat([turned, g], -1), cat([zeros, turned], -1)], -2)
    return narrow(narrow(matrix_exp(large), -2, 0, size), -1, size, size)


@behind(A=_matrix_exp_dx, node_name="LinalgMatrixExpBackward0")
def _matrix_exp(A):
    check_matrix("linalg.matrix_exp", A, True)
    norm = float(np.abs(A).sum(-2).max()) if A.size else 0.0
    halvings = max(0, math.ceil(math.log2(norm)) + 2) if 0 < norm < math.inf else 0
    wide = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64) / 2**halvings
    term = result = np.broadcast_to(np.eye(A.shape[-1]), A.shape).astype(wide.dtype)
    for k in range(1, 16):
        term = term @ wide / k
        result = result + term
    for _ in range(halvings):
        result = result @ result
    return result.astype(A.dtype)


@function
def matrix_exp(A=None, *, input=None):
    """The exponential of square matrices, by its power series after enough halvings.

    >>> torch.matrix_exp(torch.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _matrix_exp(input if A is None else A)


def tensorinv(A, ind=2, *, out=None):
    """The inverse of a tensor as a linear map from its last dimensions to its first `ind`.

    >>> torch.linalg.tensorinv(2 * torch.eye(4).reshape(2, 2, 4)).shape
    torch.Size([4, 2, 2])
    """
    shape = A._array.shape
    size = math.prod(shape[:ind])
    return reshape(inv(reshape(A, size, -1)), shape[ind:] + shape[:ind])


def tensorsolve(A, B, dims=None, *, out=None):
    """The X for which A, as a linear map on X's dimensions, gives B.

    >>> torch.linalg.tensorsolve(2 * torch.eye(2), torch.tensor([2., 4.]))
    tensor([1., 2.])
    """
    if dims is not None:
        rest = [i for i in range(A.ndim) if i not in dims]
        A = A.permute([*rest, *dims])
    shape = A._array.shape[B.ndim :]
    return reshape(linalg_solve(reshape(A, B._array.size, -1), reshape(B, -1)), shape)
