"""What neural networks apply to each element, beyond what `torch` itself has: gelu, elu, softplus, hardtanh and others.

The functions with PyTorch's signatures stand in `tensorkit.nn.functional`, the one importer of this module.  relu,
sigmoid and softmax stand in `activation.py`, tanh in `pointwise.py`.
"""

import math
from copy import copy
from functools import cache

from ..array_modules import np
from ..dtypes import from_numpy
from ..errors import not_implemented
from .activation import sigmoid
from .declare import op
from .exponential import _exp, _log1p, exp
from .formulas import erf
from .join import cat
from .masks import where
from .op import Op
from .pieces import chunk
from .pointwise import no_derivative
from .special import erf as erf_
from .trigonometric import _tanh, tanh

_ROOT_2, _ROOT_2_PI = math.sqrt(2), math.sqrt(2 * math.pi)
_GELU, _CUBIC = math.sqrt(2 / math.pi), 0.044715


@cache
def written_over(op: Op) -> Op:
    """The operation under the name that PyTorch gives its node when the result was written over the operand."""
    form = copy(op)
    form.node_name = str(op.node_name).replace("Backward0", "Backward1")
    return form


def _refuse(x, kernel: str, kinds: str = "biuc") -> None:
    """PyTorch's error for whole and complex numbers, which most of these know nothing of."""
    if x.dtype.kind in kinds:
        raise not_implemented(kernel, from_numpy(x.dtype).cpp_name)


def _within(g, x, low, high):
    """The gradient where x lies strictly between two bounds, else 0."""
    return where(x.gt(low).logical_and(x.lt(high)), g, 0.0)


@op(x=lambda g, x, slope: where(x > 0, g, g * slope), function=False, method=False)
def leaky_relu(x, slope):
    """x where it is positive, slope · x elsewhere."""
    _refuse(x, "leaky_relu_cpu")
    return np.where(x > 0, x, x * x.dtype.type(slope))[()]


def _elu_bend(g, x, y, alpha, scale, input_scale):
    return elu_backward(g * x * input_scale, y, alpha, scale, input_scale) * (y < 0)


@op(x=lambda g, y, alpha, scale, input_scale: elu_backward(g, y, alpha, scale, input_scale), y=_elu_bend,
    function=False, method=False, node_name="EluBackwardBackward0")  # fmt: skip
def elu_backward(x, y, alpha, scale, input_scale):
    """`x` times the slope of `elu` at `y`."""
    kind = x.dtype.type
    below = np.exp(np.minimum(y, 0) * kind(input_scale)) * kind(alpha * scale * input_scale)
    return x * np.where(y > 0, kind(scale), below)[()]


@op(x=lambda g, x, alpha, scale, input_scale: elu_backward(g, x, alpha, scale, input_scale), function=False,
    method=False)  # fmt: skip
def elu(x, alpha, scale, input_scale):
    """scale · x where x is positive, scale · alpha · (exp(input_scale · x) - 1) elsewhere."""
    _refuse(x, "elu_cpu")
    kind = x.dtype.type
    return np.where(x > 0, x * kind(scale), np.expm1(np.minimum(x, 0) * kind(input_scale)) * kind(alpha * scale))[()]


@op(x=lambda g, x, alpha: elu_backward(g, x, alpha, 1.0, 1.0 / alpha), function=False, method=False)
def celu(x, alpha):
    """x where it is positive, alpha · (exp(x / alpha) - 1) elsewhere."""
    return elu.op.forward(x, alpha, 1.0, 1.0 / alpha)


def _gelu_dx(g, x, tanh_form):
    if tanh_form:
        bent = tanh((x + x * x * x * _CUBIC) * _GELU)
        return g * (0.5 * (1 + bent) + 0.5 * x * (1 - bent * bent) * ((1 + x * x * (3 * _CUBIC)) * _GELU))
    return g * (0.5 * (1 + erf_(x / _ROOT_2)) + x * exp(x * x * -0.5) / _ROOT_2_PI)


@op(x=_gelu_dx, function=False, method=False)
def gelu(x, tanh_form):
    """x · Φ(x), where Φ is the share of a normal distribution that lies below x; or its approximation by tanh.

    Source: Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415
    """
    _refuse(x, "GeluKernelImpl")
    if tanh_form:
        inner = (x + x * x * x * x.dtype.type(_CUBIC)) * x.dtype.type(_GELU)
        return x * (_tanh(inner) + 1) * x.dtype.type(0.5)
    kind = x.dtype.type
    return x * kind(0.5) * (1 + erf(x / _ROOT_2, 8 if x.dtype == np.float64 else 4).astype(x.dtype))


def _silu_dx(g, x):
    s = sigmoid(x)
    return g * s * (1 + x * (1 - s))


@op(x=_silu_dx, function=False, method=False)
def silu(x):
    """x · sigmoid(x)."""
    _refuse(x, "silu_cpu", "biu")
    return x / (1 + _exp(-x))


def _mish_dx(g, x):
    bent, s = tanh(softplus(x, 1.0, 20.0)), sigmoid(x)
    return g * (bent + x * s * (1 - bent * bent))


@op(x=_mish_dx, function=False, method=False)
def mish(x):
    """x · tanh(softplus(x))."""
    _refuse(x, "mish_cpu")
    return x * _tanh(softplus.op.forward(x, 1.0, 20.0))


@op(x=lambda g, x, beta, threshold: g * where(x * beta > threshold, 1.0, sigmoid(x * beta)), function=False,
    method=False)  # fmt: skip
def softplus(x, beta, threshold):
    """log(1 + exp(beta · x)) / beta: a smooth relu; x itself where beta · x is above the threshold."""
    _refuse(x, "softplus_cpu")
    scaled = x * x.dtype.type(beta)
    return np.where(
        scaled > threshold, x, _log1p(_exp(np.minimum(scaled, x.dtype.type(threshold)))) / x.dtype.type(beta)
    )[()]


@op(x=lambda g, x: g * sigmoid(-x), rows=True, function=False, method=False)
def log_sigmoid(x):
    """log(sigmoid(x)), exact also far from 0."""
    _refuse(x, "log_sigmoid_cpu")
    return np.minimum(x, 0) - _log1p(_exp(-np.abs(x)))


@op(x=lambda g, x, low, high: _within(g, x, low, high), function=False, method=False)
def hardtanh(x, low, high):
    """x, cut off at two bounds."""
    if x.dtype.kind in "bc":
        raise (RuntimeError("Bool inputs not supported for hardtanh") if x.dtype.kind == "b"
               else NotImplementedError("clamp is not supported for complex types"))  # fmt: skip
    return np.minimum(np.maximum(x, x.dtype.type(low)), x.dtype.type(high))


@op(g=no_derivative("hardsigmoid_backward"), x=no_derivative("hardsigmoid_backward"), function=False, method=False,
    node_name="torch::autograd::NotImplemented")  # fmt: skip
def _hardsigmoid_slope(g, x):
    """The gradient of hardsigmoid. It has no derivative of its own, as in PyTorch."""
    return np.where((x > -3) & (x < 3), g / 6, g * 0)[()]


@op(x=lambda g, x: _hardsigmoid_slope(g, x), function=False, method=False)
def hardsigmoid(x):
    """A sigmoid of straight lines: 0 below -3, 1 above 3."""
    _refuse(x, "hardsigmoid_cpu")
    three, six = x.dtype.type(3), x.dtype.type(6)
    return np.minimum(np.maximum(x + three, x.dtype.type(0)), six) / six


@op(x=lambda g, x: where(x <= -3, 0.0, where(x >= 3, g, g * (x / 3 + 0.5))), function=False, method=False)
def hardswish(x):
    """x times the sigmoid of straight lines."""
    _refuse(x, "hardswish_cpu")
    return x * hardsigmoid.op.forward(x)


@op(x=lambda g, x, lambd: where(x.abs() > lambd, g, 0.0), function=False, method=False)
def softshrink(x, lambd):
    """x moved by lambd towards 0, and 0 where it is nearer than that."""
    _refuse(x, "softshrink_check")
    lambd = x.dtype.type(lambd)
    return np.where(x > lambd, x - lambd, np.where(x < -lambd, x + lambd, x * 0))[()]


@op(x=lambda g, x, lambd: where(x.abs() > lambd, g, 0.0), function=False, method=False)
def hardshrink(x, lambd):
    """x, but 0 where it is nearer to 0 than lambd."""
    _refuse(x, "hardshrink_cpu")
    return np.where(np.abs(x) <= lambd, x.dtype.type(0), x)[()]


@op(x=lambda g, x, threshold: where(x > threshold, g, 0.0), function=False, method=False)
def threshold(x, threshold, value):
    """x where it is above the threshold, `value` elsewhere."""
    _refuse(x, "threshold_cpu", "bc")
    return np.where(x > threshold, x, x.dtype.type(value))[()]


@op(x=lambda g, x, low: where(x >= low, g, 0.0), node_name="ClampMinBackward0", function=False, method=False)
def at_least(x, low):
    """x, but no less than a number."""
    return np.maximum(x, x.dtype.type(low))


@op(x=lambda g, x, weight: where(x > 0, g, g * weight), weight=lambda g, x: where(x > 0, 0.0, g * x), function=False,
    method=False, node_name="PreluKernelBackward0")  # fmt: skip
def prelu(x, weight):
    """x where it is positive, weight · x elsewhere."""
    return np.where(x > 0, x, x * weight)[()]


@op(x=lambda g, noise: g * noise, noise=None, rows=True, function=False, method=False)
def rrelu_with_noise(x, noise):
    """x times the slopes that were drawn for it."""
    return x * noise


def _glu_dx(g, x, dim):
    a, b = chunk(x, 2, dim)
    s = sigmoid(b)
    return cat([g * s, g * a * s * (1 - s)], dim)


@op(x=_glu_dx, function=False, method=False)
def glu(x, dim):
    """The first half along `dim` times the sigmoid of the second."""
    _refuse(x, "glu_cpu")
    a, b = np.split(x, 2, dim)
    return a / (1 + _exp(-b))
