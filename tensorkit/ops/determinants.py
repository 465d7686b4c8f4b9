"""Determinants, and the sign and logarithm of one.

Each takes batches: the last two dimensions are the matrix.  The inverse, in their derivatives, is that of `linalg.py`.
"""

import math

from ..array_modules import np
from ..tensor import wrap
from .declare import behind, function, op
from .decompose import check_matrix, linalg_svd
from .exponential import log
from .join import cat
from .linalg import _inv_ex
from .masks import where
from .matmul import matmul
from .reduce import prod
from .return_types import return_type
from .shape import unsqueeze
from .slices import narrow


def _cofactors(A):
    """The derivative of the determinant by each element, also where the matrix has no inverse."""
    U, S, Vh = linalg_svd(A)
    count = S._array.shape[-1]
    others = cat([prod(cat([narrow(S, -1, 0, i), narrow(S, -1, i + 1, count - i - 1)], -1), -1, True)
                  for i in range(count)], -1)  # fmt: skip
    sign = np.linalg.det(U._array) * np.linalg.det(Vh._array)
    return matmul(U.conj() * unsqueeze(others * wrap(sign.conj()[..., None]), -2), Vh.conj())


def _det_dx(g, A, out):
    g, value = unsqueeze(unsqueeze(g, -1), -1), unsqueeze(unsqueeze(out, -1), -1)
    if np.all(np.abs(out._array) > np.finfo(out._array.real.dtype).tiny):
        return g * value * _inv_ex(A)[0].mT
    return g * _cofactors(A)


@behind(A=_det_dx, node_name="LinalgDetBackward0")
def _det(A):
    check_matrix("linalg.det", A, True)
    return np.linalg.det(A)


@function
def det(input=None, *, A=None, out=None):
    """The determinant of square matrices.

    >>> torch.linalg.det(tensor([[1., 2.], [3., 4.]]))
    tensor(-2.)
    """
    return _det(A if input is None else input, out=out)


def _slogdet_dx(g, A):
    share = next((each for each in g[1:] if each is not None), None)
    if share is None:
        return A * 0
    return unsqueeze(unsqueeze(share, -1), -1) * _inv_ex(A)[0].mH


_slogdet_outputs = {"outputs": ("sign", "logabsdet"), "function": False, "method": False}


@op(A=_slogdet_dx, **_slogdet_outputs, result=return_type("linalg_slogdet", "sign", "logabsdet"))
def linalg_slogdet(A):
    """The sign of the determinant and the logarithm of its absolute value, which does not overflow.

    >>> torch.linalg.slogdet(tensor([[0., 2.], [2., 0.]]))
    torch.return_types.linalg_slogdet(
    sign=tensor(-1.),
    logabsdet=tensor(1.3863))
    """
    check_matrix("linalg.slogdet", A, True)
    sign, logarithm = np.linalg.slogdet(A)
    return sign, np.asarray(logarithm, A.real.dtype)[()]


@function
def slogdet(input):
    """The sign of the determinant and the logarithm of its absolute value, which does not overflow.

    >>> torch.slogdet(tensor([[0., 2.], [2., 0.]])).sign
    tensor(-1.)
    """
    check_matrix("linalg.slogdet", input, True)
    return return_type("slogdet", "sign", "logabsdet")(*linalg_slogdet(input))


@function
def logdet(input):
    """The logarithm of the determinant; nan where that is negative.

    >>> torch.logdet(torch.eye(2)), torch.logdet(-torch.eye(1))
    (tensor(0.), tensor(nan))
    """
    check_matrix("logdet", input, True)
    sign, logarithm = linalg_slogdet(input)
    if input.dtype.is_complex:
        return log(sign) + logarithm
    return where(sign == -1.0, math.nan, logarithm)
