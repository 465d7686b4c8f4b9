"""Linear maps: linear, bilinear; and distances between vectors.

Source: https://pytorch.org/docs/stable/nn.functional.html#linear-functions
"""

import math

from ...array_modules import np
from ...errors import no_tensors, wrong_argument
from ...grad_mode import no_grad
from ...ops.broadcast import expand
from ...ops.declare import FUNCTIONS, behind
from ...ops.masks import where
from ...ops.matmul import matmul, mm
from ...ops.norm import linalg_vector_norm
from ...ops.products import addmm
from ...ops.promote import result_dtype
from ...ops.reduce import add_up
from ...ops.shape import reshape, squeeze, unsqueeze
from ...ops.sign import sgn
from ...ops.transpose import turned
from ...tensor import Tensor, memory, wrap
from ..sizes import check_broadcast, shape_of
from .composed import gradient_of


def linear(input, weight, bias=None):
    """input @ weight.T + bias.

    input   …, features in
    weight  features out, features in (or just features in, for one result)
    bias    features out

    >>> linear(tensor([1., 2.]), tensor([[1., 1.]]), tensor([10.]))
    tensor([13.])

    Raises RuntimeError where sizes or dtypes do not fit.
    """
    if not isinstance(input, Tensor) or not isinstance(weight, Tensor):
        raise no_tensors("linear", input=input, weight=weight)
    ndim = input._array.ndim
    if weight._array.ndim == 1:
        result = matmul(input, weight)
        return result if bias is None else result + bias
    if ndim == 2:
        return mm(input, turned(weight)) if bias is None else addmm(bias, input, turned(weight))
    if ndim == 0:
        raise RuntimeError(f"both arguments to linear need to be at least 1D, but they are 0D and {weight.ndim}D")
    if bias is None:
        return matmul(input, weight.t())
    result = addmm(bias, reshape(input, -1, input._array.shape[-1]), turned(weight))
    return reshape(result, *input._array.shape[:-1], weight._array.shape[0])


def bilinear(input1, input2, weight, bias=None):
    """For each k the sum over i, j of input1[i] · weight[k, i, j] · input2[j], plus bias[k].

    weight  features out, features of input1, features of input2

    >>> torch.nn.functional.bilinear(torch.ones(5, 2), torch.ones(5, 3), torch.ones(4, 2, 3)).shape
    torch.Size([5, 4])
    """
    try:
        shapes = input1._array.shape, input2._array.shape, weight._array.shape
    except AttributeError:
        raise no_tensors("bilinear", input1=input1, input2=input2, weight=weight) from None
    for number, given in ((1, input1), (2, input2)):
        if given._array.shape[-1] != weight._array.shape[number]:
            raise RuntimeError(
                f"bilinear(): input{number} size does not match weight size: got {given._array.shape[-1]} but expected "
                f"{weight._array.shape[number]}"
            )
    if shapes[0][:-1] != shapes[1][:-1]:
        raise RuntimeError("bilinear(): input batch dimensions do not match")
    outs, left, right = shapes[2]
    lead = shapes[0][:-1]
    x, y = reshape(input1, -1, left), reshape(input2, -1, right)
    half = reshape(mm(x, reshape(weight.permute(1, 0, 2), left, -1)), -1, outs, right)  # samples, out, right
    result = reshape(squeeze(matmul(half, unsqueeze(y, 2)), 2), *lead, outs)
    return result if bias is None else result + bias


def cosine_similarity(x1, x2, dim: int = 1, eps: float = 1e-8):
    """The cosine of the angle between vectors that lie along `dim`: their inner product over both lengths.

    >>> torch.nn.functional.cosine_similarity(torch.tensor([[1., 0.]]), torch.tensor([[1., 1.]]))
    tensor([0.7071])
    """
    for place, (name, each) in enumerate((("x1", x1), ("x2", x2)), 1):
        if not isinstance(each, Tensor):
            raise wrong_argument("cosine_similarity", name, place, "Tensor", each)
    common = result_dtype(x1, x2)
    if not common.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {common.cpp_name}")
    x1, x2 = [each if each.dtype.is_floating_point else each.to(common) for each in (x1, x2)]
    check_broadcast(x1, x2)
    if x1._array.shape != x2._array.shape:
        x1, x2 = FUNCTIONS["broadcast_tensors"](x1, x2)
    lengths = [linalg_vector_norm(x, 2, dim, True).clone() for x in (x1, x2)]
    with no_grad():  # a length keeps its gradient when it is raised to eps: for a vector of zeros 0, not nan
        for each in lengths:
            each.clamp_(min=eps)
    return (x1 / lengths[0] * (x2 / lengths[1])).sum(dim)


def _norm_dx(g, x, out, p, keepdim):
    g, out = (each if keepdim else unsqueeze(each, -1) for each in (g, out))
    towards = x if p == 2 else sgn(x) * x.abs() ** (p - 1)
    return where(out == 0, 0.0, g * towards / (out if p == 2 else out ** (p - 1)))


@behind(x=_norm_dx, node_name="NormBackward1")
def _p_norm(x, p, keepdim):
    """The p-th root of the sum of p-th powers along the last dimension."""
    return add_up(np.abs(x) ** p, -1, keepdim) ** x.dtype.type(1 / p)


def pairwise_distance(x1, x2, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False):
    """The p-norm of x1 - x2 + eps along the last dimension.

    >>> torch.nn.functional.pairwise_distance(torch.tensor([[0., 0.]]), torch.tensor([[3., 4.]]))
    tensor([5.0000])
    """
    check_broadcast(x1, x2)
    difference = x1 - x2 + eps
    if p in (0, math.inf, -math.inf):
        return FUNCTIONS["norm"](difference, p, -1, keepdim)
    return _p_norm(difference, float(p), keepdim)


def pdist(input, p: float = 2):
    """The distances between all pairs of rows, as one vector.

    >>> torch.nn.functional.pdist(torch.tensor([[0., 0.], [3., 4.], [0., 1.]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    ndim = len(shape_of("pdist", input))
    if ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {ndim}D")
    return _pdist(input, p)


def _of_pairs(x, p):
    """`pdist` in the operations that it is made of."""
    rows, columns = FUNCTIONS["triu_indices"](x._array.shape[0], x._array.shape[0], 1)
    return FUNCTIONS["norm"](x[rows] - x[columns], p, 1)


@behind(x=lambda g, x, p: gradient_of(lambda x: _of_pairs(x, p), g, (x,), 0))
def _pdist(x, p):
    """The distances between all pairs of rows."""
    with no_grad():
        return memory(_of_pairs(wrap(x), p))


def normalize(input, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out=None):
    """Each vector along `dim` divided by its p-norm (by eps, if that is smaller).

    >>> torch.nn.functional.normalize(torch.tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    length = FUNCTIONS["norm"](input, p, dim, True).clamp(min=eps)
    result = input / expand(length, input._array.shape)
    return result if out is None else out.copy_(result)
