"""The LU decomposition with pivots, and what is solved with it.  NumPy has none, so it is written out here."""

from warnings import warn

import numpy

from ..array_modules import beside, move, move_like, np
from ..tensor import wrap
from .declare import behind, function
from .decompose import check_matrix, identity
from .linalg import linalg_solve, solve_triangular
from .matmul import matmul
from .matrices import tril, triu
from .return_types import return_type


def lu_arrays(A):
    """L below the diagonal and U above it in one array, and for each row the one (from 1) it was exchanged with.

    Gaussian elimination that takes the largest element of each column as its pivot (Golub and Van Loan, 3.4).
    """
    packed = np.array(A)
    rows, columns = A.shape[-2:]
    pivots = np.zeros((*A.shape[:-2], min(rows, columns)), np.int32)
    for place in np.ndindex(A.shape[:-2]):
        matrix = packed[place]
        for k in range(min(rows, columns)):
            row = k + int(np.argmax(np.abs(matrix[k:, k])))
            pivots[place][k] = row + 1
            if row != k:
                matrix[[k, row]] = matrix[[row, k]]
            if matrix[k, k] != 0:
                matrix[k + 1 :, k] /= matrix[k, k]
                matrix[k + 1 :, k + 1 :] -= np.outer(matrix[k + 1 :, k], matrix[k, k + 1 :])
    return packed, pivots


def permutation(pivots, rows: int, kind):
    """The matrix P of A = PLU."""
    swaps = move(pivots, None)
    result = numpy.zeros((*swaps.shape[:-1], rows, rows), kind)
    for place in numpy.ndindex(swaps.shape[:-1]):
        order = numpy.arange(rows)
        for k, row in enumerate(swaps[place]):
            order[[k, row - 1]] = order[[row - 1, k]]
        result[place][order, numpy.arange(rows)] = 1
    return move_like(result, pivots)


def _lu_dx(g, LU, pivots):
    rows, columns = LU._array.shape[-2:]
    if rows != columns:
        raise NotImplementedError("the derivative of the LU decomposition is there for square matrices only")
    lower, upper = tril(LU, -1) + identity(rows, LU), triu(LU)
    inner = tril(matmul(lower.mH, tril(g, -1)), -1) + triu(matmul(triu(g), upper.mH))
    half = solve_triangular(upper, inner.mH, upper=True).mH
    P = wrap(permutation(pivots._array, rows, LU._array.dtype))
    return matmul(P, solve_triangular(lower.mH, half, upper=True, unitriangular=True))


@behind(A=_lu_dx, outputs=("LU", "pivots"), node_name="LinalgLuFactorExBackward0",
    result=return_type("linalg_lu_factor", "LU", "pivots"))  # fmt: skip
def linalg_lu_factor(A, pivot=True):
    """L and U of A = PLU in one matrix, and the pivots: the row that each row was exchanged with, from 1.

    >>> torch.linalg.lu_factor(torch.tensor([[0., 1.], [2., 0.]]))
    torch.return_types.linalg_lu_factor(
    LU=tensor([[2., 0.],
            [0., 1.]]),
    pivots=tensor([2, 2], dtype=torch.int32))
    """
    check_matrix("linalg.lu_factor", A)
    return lu_arrays(A)


@function(method=False)
def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):
    """The matrices P, L and U from what `lu_factor` gives.

    >>> LU, pivots = torch.linalg.lu_factor(tensor([[0., 1.], [2., 0.]]))
    >>> torch.lu_unpack(LU, pivots)[0]
    tensor([[0., 1.],
            [1., 0.]])
    """
    rows, columns = LU_data._array.shape[-2:]
    count = min(rows, columns)
    with beside(LU_data._array):
        diagonal = wrap(np.eye(rows, count, dtype=LU_data._array.dtype))
    lower = tril(LU_data.narrow(-1, 0, count), -1) + diagonal
    upper = triu(LU_data.narrow(-2, 0, count))
    P = wrap(permutation(LU_pivots._array, rows, LU_data._array.dtype))
    return return_type("lu_unpack", "P", "L", "U")(P, lower, upper)


def linalg_lu(A, *, pivot=True, out=None):
    """The decomposition A = PLU: a permutation, a lower triangle with ones on its diagonal, an upper triangle.

    >>> torch.linalg.lu(torch.tensor([[0., 1.], [2., 0.]])).U
    tensor([[2., 0.],
            [0., 1.]])
    """
    check_matrix("linalg.lu", A)
    return return_type("linalg_lu", "P", "L", "U")(*lu_unpack(*linalg_lu_factor(A, pivot)))


@function
def lu(A, pivot=True, get_infos=False):
    """The packed LU decomposition; `torch.linalg.lu_factor` is the newer form.

    >>> torch.linalg.lu_factor(tensor([[2., 0.], [0., 3.]])).LU
    tensor([[2., 0.],
            [0., 3.]])
    """
    warn(
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will be removed "
        "in a future PyTorch release.\nLU, pivots = torch.lu(A, compute_pivots)\nshould be replaced with\nLU, pivots "
        "= torch.linalg.lu_factor(A, compute_pivots)\nand\nLU, pivots, info = torch.lu(A, compute_pivots, "
        "get_infos=True)\nshould be replaced with\nLU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)",
        stacklevel=2,
    )
    packed, pivots = linalg_lu_factor(A, pivot)
    with beside(A._array):
        infos = wrap(np.zeros(A._array.shape[:-2], np.int32)[()])
    return (packed, pivots, infos) if get_infos else (packed, pivots)


def linalg_lu_solve(LU, pivots, B, *, left=True, adjoint=False, out=None):
    """The solution X of AX = B, given what `lu_factor` makes of A.

    >>> LU, pivots = torch.linalg.lu_factor(torch.tensor([[2., 0.], [0., 4.]]))
    >>> torch.linalg.lu_solve(LU, pivots, torch.tensor([[2.], [8.]]))
    tensor([[1.],
            [2.]])
    """
    P, lower, upper = lu_unpack(LU, pivots)
    A = matmul(P, matmul(lower, upper))
    return linalg_solve(A.mH if adjoint else A, B, left=left)


@function
def lu_solve(b, LU_data, LU_pivots):
    """The solution of AX = b; `torch.linalg.lu_solve` is the newer form.

    >>> LU, pivots = torch.linalg.lu_factor(tensor([[2., 0.], [0., 4.]]))
    >>> torch.linalg.lu_solve(LU, pivots, tensor([[2.], [8.]]))
    tensor([[1.],
            [2.]])
    """
    warn(
        "torch.lu_solve is deprecated in favor of torch.linalg.lu_solveand will be removed in a future PyTorch "
        "release.\nNote that torch.linalg.lu_solve has its arguments reversed.\nX = torch.lu_solve(B, LU, "
        "pivots)\nshould be replaced with\nX = torch.linalg.lu_solve(LU, pivots, B)",
        stacklevel=2,
    )
    return linalg_lu_solve(LU_data, LU_pivots, b)
