"""Decompositions of matrices of low rank by random sketches: `svd_lowrank` and `pca_lowrank`.

The random numbers are those that PyTorch draws, so an equal seed gives equal factors (up to signs, where those of the
decompositions inside differ).

Source: N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness", SIAM Review 53, 2011
"""

from .drawing import randn
from .ops.declare import function
from .ops.decompose import linalg_qr, linalg_svd
from .ops.matmul import matmul
from .tensor import Tensor


def _basis(A: Tensor, q: int, niter: int, M: Tensor | None) -> Tensor:
    """An orthonormal basis of about the range of `A - M`, of `q` columns (algorithm 4.4)."""

    def product(matrix, shift, columns):
        found = matmul(matrix, columns)
        return linalg_qr(found if shift is None else found - matmul(shift, columns)).Q

    flipped = None if M is None else M.mH
    Q = product(A, M, randn(A.shape[-1], q, dtype=A.dtype, device=A.device))
    for _ in range(niter):
        Q = product(A, M, product(A.mH, flipped, Q))
    return Q


@function(method=False)
def svd_lowrank(A, q=6, niter=2, M=None) -> tuple:
    """The `q` largest singular values of a matrix and their vectors, from a random sketch: U, S and V.

    A      matrix, or a batch of them: …, m, n
    niter  how often the sketch is sharpened by a product with A and its transpose
    M      what is taken from A first (broadcast to it)

    >>> _ = torch.manual_seed(0)
    >>> U, S, V = torch.svd_lowrank(torch.outer(tensor([3., 4.]), tensor([0., 2.])), q=1)
    >>> S
    tensor([10.])
    """
    q = 6 if q is None else q
    m, n = A.shape[-2:]
    M = None if M is None else M.broadcast_to(A.shape)
    if m < n:
        A, M = A.mH, None if M is None else M.mH
    Q = _basis(A, q, niter, M)
    inner = matmul(Q.mH, A)
    U, S, Vh = linalg_svd(inner if M is None else inner - matmul(Q.mH, M), full_matrices=False)
    U, V = matmul(Q, U), Vh.mH
    return (V, S, U) if m < n else (U, S, V)


@function(method=False)
def pca_lowrank(A, q=None, center=True, niter=2) -> tuple:
    """The first `q` principal components of the rows of a matrix, from a random sketch: U, S and V.

    q       how many; the smallest of 6, rows and columns if not given
    center  take the columns' means away first

    Raises ValueError for more components than there are rows or columns.

    >>> _ = torch.manual_seed(0)
    >>> U, S, V = torch.pca_lowrank(tensor([[1., 2.], [2., 4.], [3., 6.]]), q=1)
    >>> S
    tensor([3.1623])
    """
    least = min(A.shape[-2:])
    q = min(6, least) if q is None else q
    if not 0 <= q <= least:
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={least}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(dim=-2, keepdim=True) if center else A, q, niter)
