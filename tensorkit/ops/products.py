"""Products of matrices with something more: a third tensor added, several of them in a row, powers.

The products themselves stand in `matmul.py`.
"""

import math
from warnings import warn

from ..array_modules import np
from ..errors import dim_out_of_range, times
from ..tensor import wrap
from .broadcast import expand
from .declare import FUNCTIONS, function, op
from .matmul import _same_type, bmm, matmul, mm, mv, outer, product
from .shape import reshape
from .transpose import permute


def _scaled(g, factor):
    return g if factor == 1 else g * factor


@op(x=lambda g, beta: _scaled(g, beta), mat1=lambda g, mat2, alpha: _scaled(mm(g, mat2.mT), alpha),
    mat2=lambda g, mat1, alpha: _scaled(mm(g.mT, mat1).mT, alpha))  # fmt: skip
def addmm(x, mat1, mat2, beta=1, alpha=1):
    """beta·x + alpha·(mat1 @ mat2): a linear layer in one step, for matrices.

    There mat2 is the transpose of the weights, so its gradient is made in their order of memory: the step back through
    the transpose gives a gradient that needs no copy (a fifth of a layer's backward pass at 1024 by 1024).

    >>> torch.addmm(torch.ones(2, 2), torch.eye(2), torch.ones(2, 2), alpha=3)
    tensor([[4., 4.],
            [4., 4.]])
    """
    if mat1.ndim != 2 or mat2.ndim != 2:
        raise RuntimeError(f"mat1 must be a matrix, got {mat1.ndim}-D tensor")
    if mat1.dtype is not mat2.dtype:
        _same_type(
            mat1, mat2, lambda a, b: f"mat1 and mat2 must have the same dtype, but got {a.cpp_name} and {b.cpp_name}"
        )
    if mat1.shape[1] != mat2.shape[0]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({times(mat1.shape)} and {times(mat2.shape)})")
    result = product(mat1, mat2)
    shape = result.shape
    if x.shape != shape[1:] and not all(n in (1, m) for n, m in zip(x.shape[::-1], shape[::-1], strict=False)):
        expand(wrap(x), shape)  # raises, in PyTorch's words
    if alpha != 1:
        result *= alpha
    if beta == 1 and x.dtype == result.dtype:
        result += x
        return result
    return result + beta * x


@op(x=lambda g, beta: _scaled(g, beta), mat=lambda g, vec, alpha: _scaled(outer(g, vec), alpha),
    vec=lambda g, mat, alpha: _scaled(mv(mat.mT, g), alpha))  # fmt: skip
def addmv(x, mat, vec, beta=1, alpha=1):
    """beta·x + alpha·(mat @ vec).

    >>> torch.addmv(torch.ones(2), torch.eye(2), tensor([1., 2.]))
    tensor([2., 3.])
    """
    if mat.ndim != 2 or vec.ndim != 1 or x.ndim > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {x.ndim}, {mat.ndim}, {vec.ndim}")
    return (beta * x + alpha * mv.op.forward(mat, vec)).astype(x.dtype)


@op(x=lambda g, beta: _scaled(g, beta), vec1=lambda g, vec2, alpha: _scaled(mv(g, vec2), alpha),
    vec2=lambda g, vec1, alpha: _scaled(mv(g.mT, vec1), alpha))  # fmt: skip
def addr(x, vec1, vec2, beta=1, alpha=1):
    """beta·x + alpha·(the outer product of two vectors).

    >>> torch.addr(torch.zeros(2, 2), tensor([1., 2.]), tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return (beta * x + alpha * np.multiply.outer(vec1, vec2)).astype(np.result_type(x, vec1))


@op(x=lambda g, beta: _scaled(g, beta), batch1=lambda g, batch2, alpha: _scaled(bmm(g, batch2.mT), alpha),
    batch2=lambda g, batch1, alpha: _scaled(bmm(batch1.mT, g), alpha))  # fmt: skip
def baddbmm(x, batch1, batch2, beta=1, alpha=1):
    """beta·x + alpha·(batch1 @ batch2), for batches of matrices.

    >>> torch.baddbmm(torch.ones(1, 2, 2), torch.ones(1, 2, 3), torch.ones(1, 3, 2))
    tensor([[[4., 4.],
             [4., 4.]]])
    """
    for each in (batch1, batch2):
        if each.ndim < 3:
            raise dim_out_of_range(2, each.ndim)
    result = bmm.op.forward(batch1, batch2)
    return beta * x + alpha * result if beta else alpha * result


@function
def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta·input + alpha·(the sum of the products of two batches of matrices).

    >>> torch.addbmm(torch.zeros(2, 2), torch.ones(3, 2, 4), torch.ones(3, 4, 2))
    tensor([[12., 12.],
            [12., 12.]])
    """
    return _scaled(input, beta) + _scaled(bmm(batch1, batch2).sum(0), alpha)


@function(method=False)
def tensordot(a, b, dims=2):
    """The sum of products over the last `dims` dimensions of `a` and the first of `b`, or over the pairs given.

    >>> torch.tensordot(torch.ones(2, 3, 4), torch.ones(3, 4, 5), dims=2).shape
    torch.Size([2, 5])
    """
    if isinstance(dims, int):
        left, right = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    else:
        left, right = ([each] if isinstance(each, int) else list(each) for each in dims)
    for one, two in zip(left, right, strict=False):
        if a._array.shape[one] != b._array.shape[two] and 1 not in (a._array.shape[one], b._array.shape[two]):
            shown = one - a.ndim if isinstance(dims, int) else one
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a._array.shape[one]} in dim {shown} and "
                f"second has size {b._array.shape[two]} in dim {two}"
            )
    left, right = [dim % a.ndim for dim in left], [dim % b.ndim for dim in right]
    rest_a = [dim for dim in range(a.ndim) if dim not in left]
    rest_b = [dim for dim in range(b.ndim) if dim not in right]
    size = int(np.prod([a._array.shape[dim] for dim in left]))
    rows, columns = (math.prod([t._array.shape[dim] for dim in rest]) for t, rest in ((a, rest_a), (b, rest_b)))
    product_ = mm(reshape(permute(a, rest_a + left), rows, size), reshape(permute(b, right + rest_b), size, columns))
    return reshape(product_, [a._array.shape[dim] for dim in rest_a] + [b._array.shape[dim] for dim in rest_b])


@function(method=False)
def chain_matmul(*matrices):
    """The product of several matrices.

    >>> torch.linalg.multi_dot([torch.ones(1, 2), torch.ones(2, 3), torch.ones(3, 1)])
    tensor([[6.]])
    """
    warn(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot "
        "instead, which accepts a list of two or more tensors rather than multiple parameters.",
        stacklevel=3,
    )
    from .linalg import multi_dot  # which needs the decompositions, sums of products do not

    return matrices[0] if len(matrices) == 1 else multi_dot(matrices)


@function
def matrix_power(input, n):
    """A square matrix multiplied with itself n times; a negative n inverts it first.

    >>> torch.matrix_power(tensor([[1., 1.], [0., 1.]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    if input.ndim < 2:
        raise RuntimeError("linalg.matrix_power: The input tensor A must have at least 2 dimensions.")
    rows, columns = input._array.shape[-2:]
    if rows != columns:
        raise RuntimeError(
            f"linalg.matrix_power: A must be batches of square matrices, but they are {rows} by {columns} matrices"
        )
    if n < 0:
        return matrix_power(FUNCTIONS["inverse"](input), -n)
    if n == 0:
        return FUNCTIONS["eye"](input._array.shape[-1], dtype=input.dtype, device=input.device).expand_as(input).clone()
    if n == 1:
        return input.clone()
    if n == 3:
        return matmul(matmul(input, input), input)
    power = result = None
    while n:
        power = input if power is None else matmul(power, power)
        if n & 1:
            result = power if result is None else matmul(result, power)
        n >>= 1
    return result
