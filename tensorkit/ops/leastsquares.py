"""Where there is no inverse: the pseudoinverse, least squares, the rank of a matrix.

The derivative of the pseudoinverse is that of G. Golub and V. Pereyra, "The differentiation of pseudo-inverses and
nonlinear least squares problems whose variables separate" (1973).
"""

from .. import dtypes
from ..array_modules import np
from ..tensor import Tensor, wrap
from .declare import behind, function
from .decompose import check_matrix, linalg_eigh, svd_of, svdvals
from .linalg import is_vector
from .matmul import matmul
from .reduce import sum as sum_
from .return_types import return_type
from .shape import squeeze, unsqueeze


def _largest(values):
    """The largest of some numbers that are not negative, in each row; 0 where there are none."""
    return values.max(-1, keepdims=True) if values.shape[-1] else np.zeros((*values.shape[:-1], 1), values.dtype)


def _pinv_dx(g, A, out):
    inner = matmul(out.mH, matmul(g, out.mH))
    left = matmul(g.mH, matmul(out, out.mH))
    right = matmul(matmul(out.mH, out), g.mH)
    return left - matmul(A, matmul(out, left)) + right - matmul(matmul(right, out), A) - inner


@behind(A=lambda g, A, out: _pinv_dx(g, A, out), node_name="LinalgPinvBackward0")
def _pinv(A, atol, rtol, hermitian):
    check_matrix("linalg.pinv", A)
    U, S, Vh = svd_of(A, full_matrices=False)
    keep = np.maximum(atol, rtol * _largest(S)) < S
    inverse = np.where(keep, 1 / np.where(keep, S, 1), 0)
    return np.asarray(np.swapaxes(Vh, -1, -2).conj() * inverse[..., None, :] @ np.swapaxes(U, -1, -2).conj(), A.dtype)


def _tolerances(A, atol, rtol) -> tuple:
    """The bounds below which a singular value counts as zero; `rtol` by default eps times the larger size."""
    atol, rtol = (each.item() if isinstance(each, Tensor) else each for each in (atol, rtol))
    if rtol is None:
        eps = float(np.finfo(A._array.real.dtype).eps) if A.dtype.category >= dtypes.FLOATING else 0.0
        rtol = 0.0 if atol else eps * max(A._array.shape[-2:])
    return atol or 0.0, rtol


def pinv(A, rcond=None, hermitian=False, *, atol=None, rtol=None, out=None):
    """The pseudoinverse: of the least-squares solutions of AX = B, the X = pinv(A) B of least norm.

    >>> torch.linalg.pinv(torch.tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    check_matrix("linalg.pinv", A, hermitian)
    return _pinv(A, *_tolerances(A, atol, rcond if rtol is None else rtol), hermitian, out=out)


@function
def pinverse(input, rcond=1e-15):
    """The pseudoinverse; `torch.linalg.pinv` is the newer form.

    >>> torch.pinverse(tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return pinv(input, rcond)


def _lstsq_dA(g, A, B, out):
    inverse = pinv(A)
    return _pinv_dx(matmul(g, B.mH), A, inverse)


@behind(A=_lstsq_dA, B=lambda g, A: matmul(pinv(A).mH, g), node_name="LinalgLstsqBackward0")
def _least_squares(A, B):
    return np.linalg.pinv(A) @ B if A.ndim > 2 else np.linalg.lstsq(A, B, None)[0]


def lstsq(A, B, rcond=None, *, driver=None):
    """The X for which ‖AX - B‖ is least, the residuals (for the driver 'gelsd'), the rank, the singular values.

    >>> torch.linalg.lstsq(torch.tensor([[2., 0.], [0., 4.]]), torch.tensor([[2.], [8.]])).solution
    tensor([[1.],
            [2.]])
    """
    check_matrix("torch.linalg.lstsq", A)
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError("torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    vector = is_vector(A, B)
    right = unsqueeze(B, -1) if vector else B
    if A._array.shape[-2] != right._array.shape[-2]:
        last = -1 if vector or B._array.ndim == 1 else -2
        raise RuntimeError(f"torch.linalg.lstsq: input.size(-2) should match other.size({last})")
    solution = _least_squares(A, right)
    rows, columns = A._array.shape[-2:]
    empty = wrap(np.zeros(0, A._array.real.dtype))
    rank = matrix_rank(A.detach())
    residuals = empty
    if rows > columns and driver != "gelsy" and np.all(rank._array == columns):
        miss = (matmul(A, solution) - right).detach()
        residuals = sum_((miss * miss.conj()).real, -2)
    if driver in (None, "gelsy"):
        residuals = empty
    values = svdvals(A.detach()) if driver in ("gelsd", "gelss") else empty
    solution = squeeze(solution, -1) if vector else solution
    return return_type("linalg_lstsq", "solution", "residuals", "rank", "singular_values")(
        solution, residuals, rank, values
    )


def matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None, out=None):
    """How many singular values are not zero, up to a tolerance.

    >>> torch.linalg.matrix_rank(torch.tensor([[1., 2.], [2., 4.]]))
    tensor(1)
    """
    if A.dtype.category < dtypes.FLOATING:
        raise RuntimeError("This function doesn't handle types other than float and double")
    if A.ndim < 2:
        raise RuntimeError("torch.linalg.matrix_rank: Expected as input a matrix or a batch of matrices")
    atol, rtol = _tolerances(A, tol if atol is None else atol, 0.0 if tol is not None and rtol is None else rtol)
    values = np.abs(linalg_eigh(A.detach())[0]._array) if hermitian else svdvals(A.detach())._array
    largest = _largest(values)
    return wrap(np.asarray((values > np.maximum(atol, rtol * largest)).sum(-1), np.int64)[()])
