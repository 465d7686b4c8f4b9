"""Activations: functions of each element (and `glu`, of pairs of them).

What computes them stands in `tensorkit.ops`; here are PyTorch's names, arguments and errors.  Softmax with its
relatives, over a whole dimension, stands in `softmax.py`, the layers of the same names in `tensorkit.nn.activation`.
"""

from ...array_modules import move_like, np
from ...dtypes import FLOATING
from ...errors import no_tensor, not_implemented, wrong_argument
from ...ops import activation as _base
from ...ops import rectifiers as _ops
from ...ops.inplace import overwrite
from ...ops.shape import reshape, wrap_dim
from ...ops.trigonometric import tanh as _tanh
from ...ops.writable import check_writable
from ...random import engine_of
from ...tensor import Tensor, memory, wrap
from ..sizes import ndim_of

SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946

#: Operations whose node has another name in PyTorch when they wrote over their operand.
_NAMED_ANEW = frozenset(("celu", "elu", "leaky_relu", "rrelu_with_noise", "threshold"))


def _tensor(input, name: str):
    if not isinstance(input, Tensor):
        raise no_tensor(name, input)
    return input


def _delivered(input, result, inplace: bool):
    """The result, or with `inplace` the input overwritten with it."""
    if not inplace:
        return result
    check_writable(input)
    node = result._node
    if node is not None and node.op.name in _NAMED_ANEW:
        node.op = _ops.written_over(node.op)
    return overwrite(input, result)


def _apply(function, input, inplace: bool, *settings):
    """What an operation gives for a tensor, delivered."""
    return _delivered(input, function(_tensor(input, function.__name__), *settings), inplace)


def relu(input, inplace: bool = False):
    """max(0, x) for each element.

    >>> relu(tensor([-1., 2.]))
    tensor([0., 2.])
    """
    result = _base.relu(_tensor(input, "relu"))
    return _delivered(input, result, inplace) if inplace else result


def relu6(input, inplace: bool = False):
    """min(max(0, x), 6) for each element.

    >>> torch.nn.functional.relu6(torch.tensor([-2., 0., 2.]))
    tensor([0., 0., 2.])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def leaky_relu(input, negative_slope: float = 0.01, inplace: bool = False):
    """x where it is positive, `negative_slope` · x elsewhere.

    >>> torch.nn.functional.leaky_relu(torch.tensor([-2., 0., 2.]))
    tensor([-0.0200,  0.0000,  2.0000])
    """
    return _apply(_ops.leaky_relu, input, inplace, float(negative_slope))


def prelu(input, weight):
    """x where it is positive, weight · x elsewhere; one weight for all, or one for each channel (dimension 1).

    >>> torch.nn.functional.prelu(torch.tensor([-2., 2.]), torch.tensor([0.25]))
    tensor([-0.5000,  2.0000])
    """
    if not isinstance(weight, Tensor):
        raise wrong_argument("prelu", "weight", 2, "Tensor", weight)
    if weight.dtype is not input.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {input.dtype.cpp_name} and {weight.dtype.cpp_name}"
        )
    if weight._array.size != 1:
        if input.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input._array.shape[1] if input.ndim > 1 else 1
        if channels != weight._array.size:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{weight._array.size} and channel size = {channels}."
            )
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    if input.dtype.category < FLOATING:
        raise not_implemented("prelu_cpu", input.dtype.cpp_name)
    if input.ndim > 1 or weight.ndim != input.ndim:
        weight = reshape(weight, [1, -1, *[1] * (input.ndim - 2)] if input.ndim > 1 else [-1] * min(input.ndim, 1))
    return _ops.prelu(input, weight)


def rrelu(input, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False):
    """leaky_relu with a slope drawn for each element between two bounds; the middle one when not training.

    >>> torch.nn.functional.rrelu(torch.tensor([-1., 1.]))
    tensor([-0.2292,  1.0000])
    """
    array = memory(_tensor(input, "rrelu"))
    slopes = np.ones_like(array)
    negative = array <= 0
    if training:
        drawn = engine_of(None).uniform(int(np.count_nonzero(negative)), lower, upper, np.float64)
        slopes[negative] = move_like(drawn, slopes)
    else:
        slopes[negative] = (lower + upper) / 2
    noise = wrap(slopes)
    return _delivered(input, _ops.rrelu_with_noise(input, noise), inplace)


def elu(input, alpha: float = 1.0, inplace: bool = False):
    """x where it is positive, alpha · (exp(x) - 1) elsewhere.

    >>> torch.nn.functional.elu(torch.tensor([-2., 0., 2.]))
    tensor([-0.8647,  0.0000,  2.0000])
    """
    return _apply(_ops.elu, input, inplace, float(alpha), 1.0, 1.0)


def selu(input, inplace: bool = False):
    """scale · (max(0, x) + min(0, alpha · (exp(x) - 1))), which keeps means near 0 and variances near 1.

    >>> torch.nn.functional.selu(torch.tensor([-2., 0., 2.]))
    tensor([-1.5202,  0.0000,  2.1014])
    """
    return _delivered(input, _ops.elu(_tensor(input, "selu"), SELU_ALPHA, SELU_SCALE, 1.0), inplace)


def celu(input, alpha: float = 1.0, inplace: bool = False):
    """x where it is positive, alpha · (exp(x / alpha) - 1) elsewhere.

    >>> torch.nn.functional.celu(torch.tensor([-2., 0., 2.]))
    tensor([-0.8647,  0.0000,  2.0000])
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _apply(_ops.celu, input, inplace, float(alpha))


def gelu(input, approximate: str = "none"):
    """x · Φ(x), Φ being the normal distribution function; 'tanh' approximates it.

    >>> torch.nn.functional.gelu(torch.tensor([-2., 0., 2.]))
    tensor([-0.0455,  0.0000,  1.9545])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    return _ops.gelu(_tensor(input, "gelu"), approximate == "tanh")


def silu(input, inplace: bool = False):
    """x · sigmoid(x), also called swish.

    >>> torch.nn.functional.silu(torch.tensor([-2., 0., 2.]))
    tensor([-0.2384,  0.0000,  1.7616])
    """
    return _apply(_ops.silu, input, inplace)


def mish(input, inplace: bool = False):
    """x · tanh(softplus(x)).

    >>> torch.nn.functional.mish(torch.tensor([-2., 0., 2.]))
    tensor([-0.2525,  0.0000,  1.9440])
    """
    return _apply(_ops.mish, input, inplace)


def softplus(input, beta: float = 1.0, threshold: float = 20.0):
    """log(1 + exp(beta · x)) / beta, and x itself where beta · x is above the threshold.

    >>> torch.nn.functional.softplus(torch.tensor([-2., 0., 2.]))
    tensor([0.1269, 0.6931, 2.1269])
    """
    return _ops.softplus(_tensor(input, "softplus"), float(beta), float(threshold))


def softsign(input):
    """x / (1 + |x|).

    >>> torch.nn.functional.softsign(torch.tensor([-2., 0., 2.]))
    tensor([-0.6667,  0.0000,  0.6667])
    """
    return input / (input.abs() + 1)


def tanhshrink(input):
    """x - tanh(x).

    >>> torch.nn.functional.tanhshrink(torch.tensor([-2., 0., 2.]))
    tensor([-1.0360,  0.0000,  1.0360])
    """
    return input - _tanh(input)


def tanh(input):
    """The hyperbolic tangent of each element.

    >>> torch.nn.functional.tanh(torch.tensor([-2., 0., 2.]))
    tensor([-0.9640,  0.0000,  0.9640])
    """
    return _tanh(input)


def sigmoid(input):
    """1 / (1 + exp(-x)) for each element.

    >>> torch.nn.functional.sigmoid(torch.tensor([-2., 0., 2.]))
    tensor([0.1192, 0.5000, 0.8808])
    """
    return _base.sigmoid(input)


def logsigmoid(input):
    """log(sigmoid(x)) for each element.

    >>> torch.nn.functional.logsigmoid(torch.tensor([-2., 0., 2.]))
    tensor([-2.1269, -0.6931, -0.1269])
    """
    return _ops.log_sigmoid(_tensor(input, "log_sigmoid"))


def hardtanh(input, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
    """x, cut off at two bounds.

    >>> torch.nn.functional.hardtanh(torch.tensor([-2., 0., 2.]))
    tensor([-1.,  0.,  1.])
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return _apply(_ops.hardtanh, input, inplace, float(min_val), float(max_val))


def hardsigmoid(input, inplace: bool = False):
    """0 below -3, 1 above 3, a straight line between.

    >>> torch.nn.functional.hardsigmoid(torch.tensor([-2., 0., 2.]))
    tensor([0.1667, 0.5000, 0.8333])
    """
    return _apply(_ops.hardsigmoid, input, inplace)


def hardswish(input, inplace: bool = False):
    """x · hardsigmoid(x).

    >>> torch.nn.functional.hardswish(torch.tensor([-2., 0., 2.]))
    tensor([-0.3333,  0.0000,  1.6667])
    """
    return _apply(_ops.hardswish, input, inplace)


def hardshrink(input, lambd: float = 0.5):
    """x, but 0 between -lambd and lambd.

    >>> torch.nn.functional.hardshrink(torch.tensor([-2., 0., 2.]))
    tensor([-2.,  0.,  2.])
    """
    return _ops.hardshrink(_tensor(input, "hardshrink"), float(lambd))


def softshrink(input, lambd: float = 0.5):
    """x moved by lambd towards 0, and 0 where it is nearer than that.

    >>> torch.nn.functional.softshrink(torch.tensor([-2., 0., 2.]))
    tensor([-1.5000,  0.0000,  1.5000])
    """
    if lambd < 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd:g}.")
    return _ops.softshrink(_tensor(input, "softshrink"), float(lambd))


def threshold(input, threshold: float, value: float, inplace: bool = False):
    """x where it is above the threshold, `value` elsewhere.

    >>> torch.nn.functional.threshold(torch.tensor([0.2, 1.]), 0.5, 9.)
    tensor([9., 1.])
    """
    return _apply(_ops.threshold, input, inplace, float(threshold), float(value))


def glu(input, dim: int = -1):
    """The first half of the elements along `dim`, times the sigmoid of the second half.

    >>> torch.nn.functional.glu(torch.tensor([1., 2., 0., 0.]))
    tensor([0.5000, 1.0000])
    """
    ndim = ndim_of(input)
    if ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    dim = wrap_dim(dim, ndim)
    size = input._array.shape[dim]
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {size}")
    return _ops.glu(input, dim)


def _in_place(function, arguments: str = "x"):
    def apply(input, *args, **kwargs):
        return function(input, *args, inplace=True, **kwargs)

    apply.__name__ = function.__name__ + "_"
    apply.__doc__ = f"""`{function.__name__}` in place; returns the tensor itself.

    >>> x = tensor([-2., 1.])
    >>> torch.nn.functional.{function.__name__}_({arguments}) is x
    True
    """
    return apply


relu_, elu_, selu_, celu_, leaky_relu_, rrelu_, hardtanh_ = map(
    _in_place, (relu, elu, selu, celu, leaky_relu, rrelu, hardtanh)
)
threshold_ = _in_place(threshold, "x, 0., 7.")


Tensor.hardshrink, Tensor.prelu = hardshrink, prelu
