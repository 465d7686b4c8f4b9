"""The decomposition LDLᵀ of symmetric matrices, D having blocks of one or two rows, and what is solved with it.

NumPy has none, so it is written out here: Bunch and Kaufman's diagonal pivoting, in LAPACK's packing, of the lower
triangle.  What is positive-definite has `linalg.cholesky`.

Source: G. Golub, C. Van Loan, "Matrix Computations", 4.4
"""

import math

import numpy

from .. import dtypes
from ..array_modules import move, move_like
from .declare import behind
from .decompose import check_matrix
from .pointwise import not_differentiable
from .return_types import return_type

_ALPHA = (1 + math.sqrt(17)) / 8


def _pivot(a, k: int) -> tuple[int, int]:
    """Which row comes to the place of the block that begins at `k`, and how many rows that has."""
    own = abs(a[k, k])
    below = numpy.abs(a[k + 1 :, k])
    largest = below.max() if below.size else 0
    if own >= _ALPHA * largest:
        return k, 1
    row = k + 1 + int(below.argmax())
    beside = max(numpy.abs(a[row, k:row]).max(), numpy.abs(a[row + 1 :, row]).max() if row + 1 < len(a) else 0)
    if own >= _ALPHA * largest * (largest / beside):
        return k, 1
    return row, 1 if abs(a[row, row]) >= _ALPHA * beside else 2


def _factored(a, hermitian: bool) -> tuple:
    """L below the diagonal, D on it and beside it; the rows exchanged; 0 or the first block that is 0.  In place."""
    n = len(a)
    adjoint = (lambda x: x.conj().T) if hermitian else (lambda x: x.T)
    a[:] = numpy.tril(a) + adjoint(numpy.tril(a, -1))
    pivots, info, k = numpy.zeros(n, numpy.int32), 0, 0
    if hermitian and a.dtype.kind == "c":
        a.imag[numpy.diag_indices(n)] = 0
    while k < n:
        row, rows = _pivot(a, k)
        last, end = k + rows - 1, k + rows
        if row != last:
            rest = a[k:, k:]
            rest[[last - k, row - k]] = rest[[row - k, last - k]]
            rest[:, [last - k, row - k]] = rest[:, [row - k, last - k]]
        pivots[k:end] = row + 1 if rows == 1 else -(row + 1)
        block = a[k:end, k:end].copy()
        if rows == 1 and block[0, 0] == 0:
            info = info or k + 1
        else:
            lower = numpy.linalg.solve(block.T, a[end:, k:end].T).T
            a[end:, end:] -= lower @ adjoint(a[end:, k:end])
            a[end:, k:end] = lower
        k = end
    a[:] = numpy.tril(a)
    return pivots, info


@behind(A=not_differentiable("linalg_ldl_factor_ex"), outputs=("LD", "pivots", "info"), node_name="NotImplemented",
    result=return_type("linalg_ldl_factor_ex", "LD", "pivots", "info"))  # fmt: skip
def _ldl_factor_ex(A, hermitian):
    check_matrix("torch.linalg.ldl_factor_ex", A, True)
    packed = numpy.array(move(A, None))
    pivots = numpy.zeros(A.shape[:-1], numpy.int32)
    infos = numpy.zeros(A.shape[:-2], numpy.int32)
    for place in numpy.ndindex(A.shape[:-2]):
        pivots[place], infos[place] = _factored(packed[place], hermitian)
    return tuple(move_like(each, A) for each in (packed, pivots, infos[()]))


def ldl_factor_ex(A, *, hermitian=False, check_errors=False, out=None):
    """`ldl_factor`, and for each matrix 0 or the number of the first block of D that is zero.

    >>> torch.linalg.ldl_factor_ex(tensor([[4., 2.], [2., 3.]])).info
    tensor(0, dtype=torch.int32)
    """
    found = _ldl_factor_ex(A, hermitian)
    if check_errors and found[2]._array.any():
        bad = int(found[2]._array.max())
        raise RuntimeError(f"torch.linalg.ldl_factor_ex: The diagonal element {bad} of D is zero.")
    return found


_ldl_factor = return_type("linalg_ldl_factor", "LD", "pivots")


def ldl_factor(A, *, hermitian=False, out=None):
    """L and D of A = LDLᵀ (LDLᴴ, if `hermitian`) for symmetric matrices, packed into one, with the rows exchanged.

    Only the lower triangle is read.

    >>> torch.linalg.ldl_factor(tensor([[4., 2.], [2., 3.]]))
    torch.return_types.linalg_ldl_factor(
    LD=tensor([[4.0000, 0.0000],
            [0.5000, 2.0000]]),
    pivots=tensor([1, 2], dtype=torch.int32))
    """
    LD, pivots, info = _ldl_factor_ex(A, hermitian)
    if info._array.any():
        raise RuntimeError(f"torch.linalg.ldl_factor: Unknown error code: {int(info._array.max())}.")
    return _ldl_factor(LD, pivots)


def _solve_in_place(LD, pivots, X, hermitian: bool) -> None:
    """X over B, for one matrix: down through L and D, and up again through Lᵀ."""
    adjoint = (lambda x: x.conj().T) if hermitian else (lambda x: x.T)
    blocks, k = [], 0
    while k < len(LD):
        rows = 1 if pivots[k] > 0 else 2
        blocks.append((k, k + rows, abs(int(pivots[k])) - 1))
        k += rows
    for k, end, row in blocks:
        X[[end - 1, row]] = X[[row, end - 1]]
        X[end:] -= LD[end:, k:end] @ X[k:end]
        D = numpy.tril(LD[k:end, k:end])
        X[k:end] = numpy.linalg.solve(D + adjoint(numpy.tril(D, -1)), X[k:end])
    for k, end, row in reversed(blocks):
        X[k:end] -= adjoint(LD[end:, k:end]) @ X[end:]
        X[[end - 1, row]] = X[[row, end - 1]]


_no_derivative = not_differentiable("linalg_ldl_solve")


@behind(LD=_no_derivative, pivots=None, B=_no_derivative, node_name="NotImplemented")
def _ldl_solve(LD, pivots, B, hermitian):
    check_matrix("torch.linalg.ldl_solve", LD, True)
    if B.ndim < 2:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got -2)")
    if LD.dtype != B.dtype:
        kinds = [dtypes.from_numpy(each.dtype).cpp_name for each in (LD, B)]
        raise RuntimeError(f"torch.linalg.ldl_solve: LD and B dtype mismatch: {kinds[0]} and {kinds[1]}")
    batch = numpy.broadcast_shapes(LD.shape[:-2], B.shape[:-2])
    factors = numpy.broadcast_to(move(LD, None), batch + LD.shape[-2:])
    rows = numpy.broadcast_to(move(pivots, None), batch + pivots.shape[-1:])
    X = numpy.array(numpy.broadcast_to(move(B, None), batch + B.shape[-2:]), order="C")
    for place in numpy.ndindex(batch):
        _solve_in_place(factors[place], rows[place], X[place], hermitian)
    return move_like(X, B)


def ldl_solve(LD, pivots, B, *, hermitian=False, out=None):
    """The solution X of AX = B, for an A that `ldl_factor` took apart.

    B  …, n, k

    >>> torch.linalg.ldl_solve(*torch.linalg.ldl_factor(tensor([[4., 2.], [2., 3.]])), tensor([[8.], [8.]]))
    tensor([[1.],
            [2.]])
    """
    return _ldl_solve(LD, pivots, B, hermitian, out=out)
