"""The Cholesky decomposition with its derivative: a symmetric positive matrix as a triangle times its transpose.

Each takes batches: the last two dimensions are the matrix.  The derivative is that of I. Murray, "Differentiation of
the Cholesky decomposition" (2016).  The other decompositions stand in `decompose.py`, LU in `lu.py`.
"""

from warnings import warn

from ..array_modules import np
from ..errors import LinAlgError
from .declare import behind, function
from .decompose import _solve, batch_place, check_matrix
from .matmul import matmul
from .matrices import diag_embed, tril
from .return_types import return_type
from .windows import diagonal


def _cholesky_dx(g, out):
    inner = tril(matmul(out.mH, g))
    inner = inner - diag_embed(diagonal(inner, 0, -2, -1)) / 2
    half = _solve(out.mH, inner + inner.mH)
    return _solve(out.mH, half.mH).mH / 2


def cholesky_factor(A):
    """The lower factors of a batch, and for each matrix 0 or the order of the first minor that is not positive."""
    try:
        return np.linalg.cholesky(A), np.zeros(A.shape[:-2], np.int32)
    except np.linalg.LinAlgError:
        factors, infos = np.tril(A), np.zeros(A.shape[:-2], np.int32)
        for place in np.ndindex(A.shape[:-2]):
            matrix = np.tril(A[place])
            for k in range(len(matrix)):
                pivot = matrix[k, k] - np.vdot(matrix[k, :k], matrix[k, :k]).real
                if not pivot.real > 0:
                    infos[place] = k + 1
                    break
                matrix[k, k] = np.sqrt(pivot)
                matrix[k + 1 :, k] = (matrix[k + 1 :, k] - matrix[k + 1 :, :k] @ matrix[k, :k].conj()) / matrix[k, k]
            factors[place] = matrix
        return factors, infos


def _not_positive(name: str, infos):
    order = int(np.ravel(infos)[np.argmax(np.ravel(infos) != 0)])
    return LinAlgError(
        f"{name}: {batch_place(infos != 0)}The factorization could not be completed because the input is not "
        f"positive-definite (the leading minor of order {order} is not positive-definite)."
    )


@behind(A=lambda g, L: _cholesky_dx(g, L), outputs=("L", "info"), result=return_type("linalg_cholesky_ex", "L", "info"),
    node_name="LinalgCholeskyExBackward0")  # fmt: skip
def _cholesky_ex(A):
    check_matrix("linalg.cholesky", A, True)
    factors, infos = cholesky_factor(A)
    return factors, infos if infos.ndim else np.int32(infos)


def cholesky_ex(A, *, upper=False, check_errors=False, out=None):
    """The Cholesky factor, and 0 or the order of the first leading minor that is not positive-definite.

    >>> torch.linalg.cholesky_ex(torch.tensor([[-1., 0.], [0., 1.]])).info
    tensor(1, dtype=torch.int32)
    """
    result = _cholesky_ex(A)
    if check_errors and result[1]._array.any():
        raise _not_positive("linalg.cholesky_ex", result[1]._array)
    return type(result)(result[0].mH, result[1]) if upper else result


def linalg_cholesky(A, *, upper=False, out=None):
    """The lower triangular L with A = L Lᴴ, for a symmetric positive-definite A.

    Raises RuntimeError where A is not positive-definite.

    >>> torch.linalg.cholesky(torch.tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    factor, infos = _cholesky_ex(A)
    if infos._array.any():
        raise _not_positive("linalg.cholesky", infos._array)
    factor = factor.mH if upper else factor
    return factor if out is None else out.copy_(factor)


@behind(A=lambda g, out, upper: _cholesky_dx(g.mH, out.mH) if upper else _cholesky_dx(g, out))
def _cholesky(A, upper):
    check_matrix("cholesky", A, True)
    factors, infos = cholesky_factor(np.swapaxes(A, -1, -2).conj() if upper else A)
    if infos.any():
        raise _not_positive("cholesky", infos)
    return np.swapaxes(factors, -1, -2).conj() if upper else factors


@function
def cholesky(input, upper=False, *, out=None):
    """The Cholesky factor; `torch.linalg.cholesky` is the newer form.

    >>> torch.linalg.cholesky(tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    warn(
        "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a future PyTorch "
        "release.\nL = torch.cholesky(A)\nshould be replaced with\nL = torch.linalg.cholesky(A)\nand\nU = "
        "torch.cholesky(A, upper=True)\nshould be replaced with\nU = torch.linalg.cholesky(A).mH\nThis transform "
        "will produce equivalent results for all valid (symmetric positive definite) inputs.",
        stacklevel=2,
    )
    return _cholesky(input, upper, out=out)
