"""Products of Householder's reflections: what `geqrf` leaves of a matrix, and the orthogonal matrix that it stands for.

`linalg.qr` (`decompose.py`) does both at once, which is what a program usually wants.
"""

import numpy

from ..array_modules import move, move_like
from .create import zeros
from .declare import function, op
from .decompose import check_matrix
from .join import cat
from .matmul import matmul
from .pointwise import not_differentiable
from .return_types import return_type
from .shape import unsqueeze
from .slices import narrow, select


@op(x=not_differentiable("geqrf"), outputs=("a", "tau"), result=return_type("geqrf", "a", "tau"),
    node_name="NotImplemented")  # fmt: skip
def geqrf(x):
    """R in the upper triangle and below it the vectors of the reflections that lead there; and their factors `tau`.

    >>> torch.geqrf(tensor([[3., 1.], [4., 2.]])).tau
    tensor([1.6000, 0.0000])
    """
    check_matrix("torch.geqrf", x)
    packed, factors = numpy.linalg.qr(move(x, None), mode="raw")
    return move_like(numpy.ascontiguousarray(numpy.swapaxes(packed, -1, -2)), x), move_like(factors, x)


def _reflected(vectors, tau, columns, forward: bool):
    """`columns` after all reflections: the last of them first or, adjoint, the first."""
    rows = vectors._array.shape[-2]
    count = tau._array.shape[-1]
    for i in range(count) if forward else reversed(range(count)):
        head = zeros((*vectors._array.shape[:-2], i + 1), dtype=vectors.dtype, device=vectors.device)
        head[..., i] = 1
        v = unsqueeze(cat([head, narrow(select(vectors, -1, i), -1, i + 1, rows - i - 1)], -1), -1)
        factor = unsqueeze(unsqueeze(select(tau, -1, i), -1), -1)
        factor = factor.conj() if forward else factor
        columns = columns - factor * matmul(v, matmul(v.mH, columns))
    return columns


@function(name="orgqr")
def householder_product(input, tau, *, out=None):
    """The first columns of the product of Householder's reflections 1 - tau·v·vᴴ.

    input  …, m, n: the vectors v, below a diagonal of ones that is not read
    tau    …, k: the factors, k at most n

    >>> torch.linalg.householder_product(*torch.geqrf(tensor([[3., 1.], [4., 2.]])))
    tensor([[-0.6000, -0.8000],
            [-0.8000,  0.6000]])

    Raises RuntimeError where m is less than n, or n less than k.
    """
    shape = input._array.shape
    name = "torch.linalg.householder_product"
    if len(shape) < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if shape[-2] < shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if shape[-1] < tau._array.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if input.dtype is not tau.dtype:
        raise RuntimeError(f"{name}: tau dtype {tau.dtype.cpp_name} does not match input dtype {input.dtype.cpp_name}")
    first = input.new_zeros(shape)
    first.diagonal(0, -2, -1).fill_(1)
    found = _reflected(input, tau, first, False)
    return found if out is None else out.copy_(found)


@function
def ormqr(input, tau, other, left=True, transpose=False):
    """`other` multiplied by the whole orthogonal matrix of `householder_product`, which is not written out for that.

    left       from the left, Q·other; otherwise other·Q
    transpose  by the adjoint of Q

    >>> torch.ormqr(*torch.geqrf(tensor([[3., 1.], [4., 2.]])), tensor([[1.], [0.]]))
    tensor([[-0.6000],
            [-0.8000]])
    """
    if left:
        return _reflected(input, tau, other, transpose)
    return _reflected(input, tau, other.mH, not transpose).mH
