"""Products of matrices and vectors: matmul, mm, bmm, mv, dot, outer.

Their sums with a third tensor, products of several matrices and powers stand in `products.py`, sums of products over
named dimensions in `einsum.py`, decompositions in `decompose.py`.
"""

import math

from .. import dtypes
from ..array_modules import np
from ..errors import brackets, cannot_broadcast, hint, no_tensors, times
from ..tensor import Tensor
from .declare import FUNCTIONS, attach_operator, function, op
from .inplace import reshaped_over
from .shape import _copy_reshape, reshape, unsqueeze
from .transpose import transpose


def _same_type(x, y, text) -> None:
    if x.dtype != y.dtype:
        a, b = dtypes.from_numpy(x.dtype), dtypes.from_numpy(y.dtype)
        raise hint(
            RuntimeError(text(a, b)),
            "matrix products do not convert: make both tensors "
            f"{max((a, b), key=lambda d: (d.category, d.itemsize))!r}, with .to(dtype) or .float().",
        )


def _expected(a, b) -> str:
    return f"expected m1 and m2 to have the same dtype, but got: {a.c_name} != {b.c_name}"


def product(x, y, kernel: str = "addmm_impl_cpu_"):
    """A matrix product of arrays of one type; half floats by way of a type that BLAS has."""
    if x.dtype.char in "fdFD":
        if x.ndim != 2 or y.ndim != 2:
            return np.matmul(x, y)
        if x.shape[1] == 1 and (x.shape[0] == 1) == (y.shape[1] == 1):
            # One summand each: added to 0, as BLAS does but for whole matrices, it would not stay -0.
            return x * y if x.shape[0] != 1 else x * y + 0
        return x.dot(y)  # faster than `matmul` to find BLAS: by half for matrices of 100 by 16
    if kernel == "dot" or (x.size and y.size):
        dtypes.refuse(kernel, x, "b")
    if x.dtype.kind in "biu":
        return np.matmul(x, y)
    return np.matmul(x.astype(np.float32), y.astype(np.float32)).astype(x.dtype)


@op(x=lambda g, y: mm(g, y.mT), y=lambda g, x: mm(x.mT, g))
def mm(x, y):
    """The product of two matrices, without broadcasting.

    x  n by m
    y  m by p

    >>> torch.mm(tensor([[1, 2], [3, 4]]), tensor([[5], [6]]))
    tensor([[17],
            [39]])
    """
    if x.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if y.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    if x.shape[1] != y.shape[0]:
        from .named import hint_at_transposes

        raise hint(
            RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({times(x.shape)} and {times(y.shape)})"),
            hint_at_transposes(x, y),
        )
    if x.dtype is not y.dtype:
        _same_type(x, y, _expected)
    return product(x, y)


@op(x=lambda g, y: bmm(g, y.mT), y=lambda g, x: bmm(x.mT, g))
def bmm(x, y):
    """The products of two batches of matrices.

    x  b by n by m
    y  b by m by p

    >>> torch.bmm(torch.ones(2, 3, 4), torch.ones(2, 4, 5)).shape
    torch.Size([2, 3, 5])
    """
    if x.ndim != 3 or y.ndim != 3:
        raise RuntimeError("batch1 must be a 3D tensor" if x.ndim != 3 else "batch2 must be a 3D tensor")
    if x.shape[0] != y.shape[0] or x.shape[2] != y.shape[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{x.shape[0]}, {x.shape[2]}] but got: "
            f"[{y.shape[0]}, {y.shape[1]}]."
        )
    empty = not (x.size and y.size)  # then PyTorch looks at no dtypes
    if not empty:
        dtypes.refuse("bmm", x, "b")
        _same_type(x, y, lambda a, b: f"expected scalar type {a.cpp_name} but found {b.cpp_name}")
    return product(x.astype(y.dtype) if empty else x, y, "bmm")


@op(x=lambda g, y: outer(g, y), y=lambda g, x: mv(x.mT, g))
def mv(x, y):
    """The product of a matrix and a vector.

    x  n by m; y: m elements; RuntimeError for other shapes

    >>> torch.mv(tensor([[1, 2], [3, 4]]), tensor([5, 6]))
    tensor([17, 39])
    """
    if x.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if x.ndim != 2 or y.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {x.ndim}, {y.ndim}")
    if x.shape[1] != y.shape[0]:
        raise RuntimeError(f"size mismatch, got input ({x.shape[0]}), mat ({times(x.shape)}), vec ({y.shape[0]})")
    _same_type(
        x,
        y,
        lambda a, b: (
            f"addmv input tensors must have the same dtype, but got {b.cpp_name}, {a.cpp_name}, and {b.cpp_name}"
        ),
    )
    return product(x, y, "addmv_impl_cpu")


@op(x=lambda g, tensor: g * tensor, tensor=lambda g, x: g * x)
def dot(x, tensor):
    """The inner product of two vectors: the sum of the products of their elements.

    x, y  vectors of one length and dtype; RuntimeError otherwise

    >>> torch.dot(tensor([1, 2]), tensor([3, 4]))
    tensor(11)
    """
    if x.ndim != 1 or tensor.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {x.ndim}D and {tensor.ndim}D tensors")
    _same_type(
        x,
        tensor,
        lambda a, b: f"dot : expected both vectors to have same dtype, but found {a.cpp_name} and {b.cpp_name}",
    )
    if x.shape != tensor.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{x.shape[0]}] and src [{tensor.shape[0]}] to have the same "
            f"number of elements, but got {x.shape[0]} and {tensor.shape[0]} elements respectively"
        )
    return product(x, tensor, "dot")


@function
def vdot(input, other):
    """The inner product of two vectors, the first one conjugated.

    >>> torch.vdot(tensor([1j]), tensor([1j]))
    tensor(1.+0.j)
    """
    return dot(input.conj(), other)


@function
def inner(input, other):
    """The inner products over the last dimensions.

    >>> torch.inner(tensor([[1, 2], [3, 4]]), tensor([5, 6]))
    tensor([17, 39])
    """
    if input.ndim == 0 or other.ndim == 0:
        return input * other
    if input._array.shape[-1] != other._array.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{brackets(input._array.shape)} and {brackets(other._array.shape)}"
        )
    if input.ndim == 1 and other.ndim == 1:
        return reshape(dot(input, other), ())
    return FUNCTIONS["tensordot"](input, other, ([-1], [-1]))


@function(aliases=("ger",))
def outer(input, vec2):
    """The product of every element of one vector with every element of the other, as a matrix.

    >>> torch.outer(tensor([1, 2]), tensor([3, 4, 5]))
    tensor([[ 3,  4,  5],
            [ 6,  8, 10]])
    """
    for name, vector in (("self", input), ("vec2", vec2)):
        if vector.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {vector.ndim}-D")
    return reshape(input, -1, 1) * vec2


@function(aliases=("linalg_matmul",))
def matmul(input, other, *, out=None):
    """The matrix product `input @ other`; vectors and batches of matrices as well.

    Two vectors: their inner product.  Two matrices: their product.  A vector counts as a row on the left and as a
    column on the right.  With more dimensions, the last two are matrices and the others are broadcast.

    >>> ones(2, 3) @ ones(3)
    tensor([3., 3.])

    Raises RuntimeError where the inner sizes differ.
    """
    if not (isinstance(input, Tensor) and isinstance(other, Tensor)):
        raise no_tensors("matmul", input=input, other=other)
    n, m = input.ndim, other.ndim
    if n == 2 and m == 2:
        return mm(input, other, out=out)
    if n == 0 or m == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {n}D and {m}D")
    if n == 1 and m == 1:
        return dot(input, other, out=out)
    if n == 2 and m == 1:
        return mv(input, other, out=out)
    if n == 1 and m == 2:
        return reshaped_over(mm(unsqueeze(input, 0), other), "squeeze", 0)
    return _batched(input, other)


def _rows(x):
    """The last dimension's vectors, as the rows of one matrix."""
    shape = x._array.shape
    return reshape(x, math.prod(shape[:-1]), shape[-1])


def _is_one_product(x, y) -> bool:
    """Whether PyTorch makes one large product of them: one is a matrix or vector, and the other's rows follow each
    other in memory, or need not."""
    larger, smaller = (x, y) if x.ndim >= y.ndim else (y, x)
    if smaller.ndim > 2:
        return False
    if smaller._requires_grad:  # to keep the backward pass small
        return True
    if x.ndim == 2:
        return False
    array = larger._array
    if not array.size or (larger is x and array.flags.c_contiguous):
        return True
    shape, steps = list(array.shape), list(larger.stride())
    if larger is y:  # it is looked at with its last two dimensions changed over
        shape[-2:], steps[-2:] = shape[:-3:-1], steps[:-3:-1]
    return all(steps[i] == steps[i + 1] * shape[i + 1] for i in range(len(shape) - 2))


def _batched(x, y):
    """A product with three dimensions or more: by one large `mm` or `mv` where PyTorch does so, else by `bmm`."""
    if not _is_one_product(x, y):
        return _by_batches(x, y)
    if y.ndim == 1:
        return _copy_reshape(mv(_rows(x), y), x._array.shape[:-1])
    if x.ndim == 1:
        found = mv(_rows(transpose(y, -2, -1)), x)
        return _copy_reshape(found, (*y._array.shape[:-2], y._array.shape[-1]))
    if x.ndim == 2:
        turned = transpose(y, -2, -1)
        found = _copy_reshape(mm(_rows(turned), transpose(x, 0, 1)), (*turned._array.shape[:-1], x._array.shape[0]))
        return transpose(found, -2, -1).contiguous()
    return _copy_reshape(mm(_rows(x), y), (*x._array.shape[:-1], y._array.shape[-1]))


def _by_batches(x, y):
    if x.ndim == y.ndim == 3 and (x._array.shape[0] == 1) != (y._array.shape[0] == 1):  # one matrix for the whole batch
        alone = x._array.shape[0] == 1
        return matmul(reshape(x, x._array.shape[1:]), y) if alone else matmul(x, reshape(y, y._array.shape[1:]))
    vectors = [each.ndim == 1 for each in (x, y)]
    if vectors[0]:
        x = unsqueeze(x, 0)
    elif vectors[1]:
        y = unsqueeze(y, 1)
    try:
        lead = np.broadcast_shapes(x._array.shape[:-2], y._array.shape[:-2])
    except ValueError:
        raise cannot_broadcast(x._array.shape[:-2], y._array.shape[:-2]) from None
    (n, m), (k, p) = x._array.shape[-2:], y._array.shape[-2:]
    count = math.prod(lead)
    left = reshape(x.expand(*lead, n, m), count, n, m)
    right = reshape(y.expand(*lead, k, p), count, k, p)
    return _copy_reshape(bmm(left, right), (*lead, *(() if vectors[0] else (n,)), *(() if vectors[1] else (p,))))


attach_operator("__matmul__", matmul, numbers=False)
attach_operator("__rmatmul__", matmul, reflected=True, numbers=False)
