"""Decompositions of matrices with their derivatives: svd, qr, eigh, eig.  Cholesky has a module of its own, as has LU.

Each takes batches: the last two dimensions are the matrix.  The derivatives are those of
M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation" (2008),
J. Townsend, "Differentiating the singular value decomposition" (2016), and D. and L. Roberts, "QR and LQ decomposition
matrix backpropagation" (2020).
"""

from warnings import warn

from .. import dtypes
from ..array_modules import beside, np
from ..errors import LinAlgError, not_implemented
from ..tensor import Tensor, wrap
from .declare import behind, function
from .join import cat
from .matmul import matmul
from .matrices import diag_embed, triu
from .promote import result_dtype
from .return_types import return_type
from .shape import unsqueeze
from .slices import narrow
from .windows import diagonal

# Checks that all of linear algebra shares


def check_matrix(name: str, x, square: bool = False, argument: str = "A") -> None:
    """PyTorch's errors for what is no matrix (or batch of them), not square, or not of a floating-point type."""
    if x.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor {argument} must have at least 2 dimensions.")
    kind = x.dtype if isinstance(x, Tensor) else dtypes.from_numpy(x.dtype)
    rows, columns = x.shape[-2:]
    if square and rows != columns:
        raise RuntimeError(
            f"{name}: {argument} must be batches of square matrices, but they are {rows} by {columns} matrices"
        )
    if kind.category < dtypes.FLOATING:
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {kind.cpp_name}")
    if kind.itemsize == 2:
        raise not_implemented(name.replace(".", "_") + "_cpu", kind.cpp_name)


def batch_place(bad) -> str:
    """'(Batch element 1): ' for the first bad matrix of a batch; nothing for a single matrix."""
    return f"(Batch element {int(np.argmax(np.ravel(bad)))}): " if np.ndim(bad) else ""


def conjugated(g: list, formula):
    """`formula` of the gradients as PyTorch defines them for complex numbers: conjugates of what rules are given."""
    first = next(each for each in g if each is not None)
    if not first.dtype.is_complex:
        return formula(*g)
    return formula(*[each if each is None else each.conj() for each in g]).conj()


def identity(size: int, like):
    with beside(like._array):
        return wrap(np.eye(size, dtype=like._array.real.dtype))


def _gaps(values):
    """How far apart the values are, all with all; 1 on the diagonal."""
    return unsqueeze(values, -2) - unsqueeze(values, -1) + identity(values._array.shape[-1], values)


def _skew(x):
    return x - x.mH


# Singular values


def _svd_dx(U, S, Vh, gU=None, gS=None, gVh=None):
    count = S._array.shape[-1]
    U, Vh = narrow(U, -1, 0, count), narrow(Vh, -2, 0, count)
    if gU is None and gVh is None:
        return matmul(U * unsqueeze(gS, -2), Vh)
    across, down, inner = unsqueeze(S, -2), unsqueeze(S, -1), 0.0
    if gU is not None:
        gU = narrow(gU, -1, 0, count)
        turn = _skew(matmul(U.mH, gU))
        inner = turn / _gaps(S * S) * across
        if turn.dtype.is_complex:
            inner = inner + diag_embed(diagonal(turn, 0, -2, -1) / (S * 2))
    if gVh is not None:
        gVh = narrow(gVh, -2, 0, count)
        inner = inner + down * (_skew(matmul(Vh, gVh.mH)) / _gaps(S * S))
    if gS is not None:
        inner = inner + diag_embed(gS)
    result = matmul(matmul(U, inner), Vh)
    if gU is not None and U._array.shape[-2] > count:
        rest = gU / across
        result = result + matmul(rest - matmul(U, matmul(U.mH, rest)), Vh)
    if gVh is not None and Vh._array.shape[-1] > count:
        rest = gVh / down
        result = result + matmul(U, rest - matmul(matmul(rest, Vh.mH), Vh))
    return result


@behind(A=lambda g, U, S, Vh: conjugated(g, lambda *g: _svd_dx(U, S, Vh, *g)), outputs=("U", "S", "Vh"),
    result=return_type("linalg_svd", "U", "S", "Vh"))  # fmt: skip
def linalg_svd(A, full_matrices=True, driver=None):
    """The singular value decomposition A = U diag(S) Vh, the largest values first.

    >>> U, S, Vh = torch.linalg.svd(tensor([[3., 0.], [0., 2.]]))
    >>> S
    tensor([3., 2.])
    """
    check_matrix("linalg.svd", A)
    return tuple(svd_of(A, full_matrices))


def svd_of(A, *args, **kwargs):
    """NumPy's decomposition, with PyTorch's words where it fails."""
    try:
        return np.linalg.svd(A, *args, **kwargs)
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values."
        ) from None


def svdvals(A, *, driver=None, out=None):
    """The singular values, the largest first.

    A  batch…, m by n; the result is batch…, min(m, n)

    >>> torch.linalg.svdvals(tensor([[3., 0.], [0., -4.]]))
    tensor([4., 3.])
    """
    check_matrix("linalg.svd", A)
    if A.requires_grad:
        return linalg_svd(A, False)[1]
    return _only_values(A, out=out)


@behind(A=None)
def _only_values(A):
    return svd_of(A, compute_uv=False)


_svd_result = return_type("svd", "U", "S", "V")


@function
def svd(input, some=True, compute_uv=True):
    """The singular value decomposition with V in place of its transpose; `torch.linalg.svd` is the newer form.

    >>> U, S, V = torch.svd(tensor([[3., 0.], [4., 5.]]))
    >>> torch.allclose(U @ torch.diag(S) @ V.T, tensor([[3., 0.], [4., 5.]]), atol=1e-5)
    True
    """
    if not compute_uv:
        *lead, rows, columns = input._array.shape
        with beside(input._array):
            U, V = (wrap(np.zeros((*lead, size, size), input._array.dtype)) for size in (rows, columns))
        return _svd_result(U, svdvals(input), V)
    U, S, Vh = linalg_svd(input, not some)
    return _svd_result(U, S, Vh.mH)


# QR


def _qr_square_dx(Q, R, gQ, gR):
    inner = 0.0
    if gR is not None:
        inner = matmul(gR, R.mH)
    if gQ is not None:
        inner = inner - matmul(Q.mH, gQ)
    inner = triu(inner)
    symmetric = inner + inner.mH - diag_embed(diagonal(inner, 0, -2, -1).real + 0)
    result = matmul(Q, symmetric)
    if gQ is not None:
        result = result + gQ
    return _solve(R, result.mH).mH


def _solve(A, B):
    from .linalg import linalg_solve

    return linalg_solve(A, B)


def _qr_dx(Q, R, mode, gQ=None, gR=None):
    rows, columns = Q._array.shape[-2], R._array.shape[-1]
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use "
            "linalg.qr(A, mode='reduced') if you are going to differentiate through linalg.qr."
        )
    if mode == "complete" and rows > columns:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
    if rows >= columns:
        return _qr_square_dx(Q, R, gQ, gR)
    square, rest = narrow(R, -1, 0, rows), narrow(R, -1, rows, columns - rows)
    if gR is None:
        return cat([_qr_square_dx(Q, square, gQ, None), matmul(Q, rest * 0)], -1)
    # A = [X Y], R = [U V], with X = QU and V = Qᴴ Y: through V, the gradient of Q is Y times the conjugate of V's
    g_square, g_rest = narrow(gR, -1, 0, rows), narrow(gR, -1, rows, columns - rows)
    through = matmul(matmul(Q, rest), g_rest.mH)
    left = _qr_square_dx(Q, square, through if gQ is None else gQ + through, g_square)
    return cat([left, matmul(Q, g_rest)], -1)


@behind(A=lambda g, Q, R, mode: conjugated(g, lambda *g: _qr_dx(Q, R, mode, *g)), outputs=("Q", "R"),
    result=return_type("linalg_qr", "Q", "R"))  # fmt: skip
def linalg_qr(A, mode="reduced"):
    """The decomposition A = QR into a matrix with orthonormal columns and an upper triangular one.

    mode  'reduced', 'complete' (Q is square), or 'r' (no Q)

    A  batch…, m by n

    >>> A = tensor([[3., 1.], [4., 2.]])
    >>> Q, R = torch.linalg.qr(A)
    >>> torch.allclose(Q @ R, A), torch.allclose(Q.T @ Q, torch.eye(2), atol=1e-6)
    (True, True)
    """
    check_matrix("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    if mode == "r":
        return np.zeros(0, A.dtype), np.linalg.qr(A, "r")
    return tuple(np.linalg.qr(A, mode))


@function
def qr(input, some=True):
    """The QR decomposition; `torch.linalg.qr` is the newer form.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     Q, R = torch.qr(tensor([[3., 1.], [4., 2.]]))
    >>> (Q @ R).round()
    tensor([[3., 1.],
            [4., 2.]])
    """
    warn(
        "torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a future PyTorch release.\nThe "
        "boolean parameter 'some' has been replaced with a string parameter 'mode'.\nQ, R = torch.qr(A, "
        "some)\nshould be replaced with\nQ, R = torch.linalg.qr(A, 'reduced' if some else 'complete')",
        stacklevel=2,
    )
    return return_type("qr", "Q", "R")(*linalg_qr(input, "reduced" if some else "complete"))


# Eigenvalues


def _eigh_dx(L, V, gL=None, gV=None):
    if gV is None:
        return _symmetric(matmul(V * unsqueeze(gL, -2), V.mH))
    size = L._array.shape[-1]
    inner = matmul(V.mH, gV) / _gaps(L) * (1 - identity(size, V))
    if gL is not None:
        inner = inner + diag_embed(gL)
    return _symmetric(matmul(matmul(V, inner), V.mH))


def _symmetric(x):
    return (x + x.mH) / 2


@behind(A=lambda g, eigenvalues, eigenvectors: conjugated(g, lambda *g: _eigh_dx(eigenvalues, eigenvectors, *g)),
    outputs=("eigenvalues", "eigenvectors"),
    result=return_type("linalg_eigh", "eigenvalues", "eigenvectors"))  # fmt: skip
def linalg_eigh(A, UPLO="L"):
    """The eigenvalues of symmetric matrices, the smallest first, and the eigenvectors as columns.

    UPLO  'L': the lower triangle is read, 'U': the upper one

    A  batch…, n by n, symmetric (or Hermitian)

    >>> torch.linalg.eigh(tensor([[2., 1.], [1., 2.]])).eigenvalues
    tensor([1., 3.])
    """
    check_matrix("linalg.eigh", A, True)
    if UPLO not in ("L", "U", "l", "u"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return tuple(np.linalg.eigh(A, UPLO))


def eigvalsh(A, UPLO="L", *, out=None):
    """The eigenvalues of symmetric matrices, the smallest first.

    >>> torch.linalg.eigvalsh(torch.tensor([[2., 1.], [1., 2.]]))
    tensor([1., 3.])
    """
    values = linalg_eigh(A, UPLO)[0]
    return values if out is None else out.copy_(values)


def _eig_dx(L, V, gL=None, gV=None):
    inner = 0.0
    if gV is not None:
        turned = matmul(V.mH, gV)
        lengths = matmul(V.mH, V) * unsqueeze(diagonal(turned, 0, -2, -1).real, -2)
        inner = (turned - lengths) / _gaps(L).conj() * (1 - identity(L._array.shape[-1], V))
    if gL is not None:
        inner = inner + diag_embed(gL)
    return _solve(V.mH, matmul(inner, V.mH))


@behind(A=lambda g, eigenvalues, eigenvectors: conjugated(g, lambda *g: _eig_dx(eigenvalues, eigenvectors, *g)),
    outputs=("eigenvalues", "eigenvectors"),
    result=return_type("linalg_eig", "eigenvalues", "eigenvectors"))  # fmt: skip
def linalg_eig(A):
    """The eigenvalues of square matrices, in no order, and the eigenvectors as columns; both complex.

    >>> torch.linalg.eig(torch.tensor([[2., 0.], [0., 3.]])).eigenvalues
    tensor([2.+0.j, 3.+0.j])
    """
    check_matrix("linalg.eig", A, True)
    values, vectors = np.linalg.eig(A)
    kind = result_dtype(wrap(A)).to_complex().numpy if A.dtype.kind != "c" else A.dtype
    return values.astype(kind), vectors.astype(kind)


def eigvals(A, *, out=None):
    """The eigenvalues of square matrices, in no order; complex.

    >>> torch.linalg.eigvals(torch.tensor([[2., 0.], [0., 3.]]))
    tensor([2.+0.j, 3.+0.j])
    """
    check_matrix("linalg.eigvals", A, True)
    values = linalg_eig(A)[0]
    return values if out is None else out.copy_(values)
