"""What neural networks apply to each element, beyond what `torch` itself has: gelu, elu, softplus, hardtanh and others.

The functions with PyTorch's signatures stand in `tensorkit.nn.functional`, the one importer of this module.  relu,
sigmoid and softmax stand in `activation.py`, tanh in `pointwise.py`.
"""

import math
from copy import copy
from functools import cache

from ..array_modules import np
from ..dtypes import refuse
from .activation import sigmoid
from .declare import behind
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


#: Whole and complex numbers, which most of these know nothing of.
_NOT_REAL = "biuc"


def _within(g, x, low, high):
    """The gradient where x lies strictly between two bounds, else 0."""
    return where(x.gt(low).logical_and(x.lt(high)), g, 0.0)


@behind(x=lambda g, x, slope: where(x > 0, g, g * slope))
def leaky_relu(x, slope):
    """x where it is positive, slope · x elsewhere."""
    refuse("leaky_relu_cpu", x, _NOT_REAL)
    return np.where(x > 0, x, x * x.dtype.type(slope))[()]


def _elu_bend(g, x, y, alpha, scale, input_scale):
    return elu_backward(g * x * input_scale, y, alpha, scale, input_scale) * (y < 0)


@behind(x=lambda g, y, alpha, scale, input_scale: elu_backward(g, y, alpha, scale, input_scale), y=_elu_bend)
def elu_backward(x, y, alpha, scale, input_scale):
    """`x` times the slope of `elu` at `y`."""
    kind = x.dtype.type
    below = np.exp(np.minimum(y, 0) * kind(input_scale)) * kind(alpha * scale * input_scale)
    return x * np.where(y > 0, kind(scale), below)[()]


@behind(x=lambda g, x, alpha, scale, input_scale: elu_backward(g, x, alpha, scale, input_scale))
def elu(x, alpha, scale, input_scale):
    """scale · x where x is positive, scale · alpha · (exp(input_scale · x) - 1) elsewhere."""
    refuse("elu_cpu", x, _NOT_REAL)
    kind = x.dtype.type
    return np.where(x > 0, x * kind(scale), np.expm1(np.minimum(x, 0) * kind(input_scale)) * kind(alpha * scale))[()]


@behind(x=lambda g, x, alpha: elu_backward(g, x, alpha, 1.0, 1.0 / alpha))
def celu(x, alpha):
    """x where it is positive, alpha · (exp(x / alpha) - 1) elsewhere."""
    return elu.op.forward(x, alpha, 1.0, 1.0 / alpha)


def _gelu_dx(g, x, tanh_form):
    if tanh_form:
        bent = tanh((x + x * x * x * _CUBIC) * _GELU)
        return g * (0.5 * (1 + bent) + 0.5 * x * (1 - bent * bent) * ((1 + x * x * (3 * _CUBIC)) * _GELU))
    return g * (0.5 * (1 + erf_(x / _ROOT_2)) + x * exp(x * x * -0.5) / _ROOT_2_PI)


@behind(x=_gelu_dx)
def gelu(x, tanh_form):
    """x · Φ(x), where Φ is the share of a normal distribution that lies below x; or its approximation by tanh.

    Source: Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415
    """
    refuse("GeluKernelImpl", x, _NOT_REAL)
    if tanh_form:
        inner = (x + x * x * x * x.dtype.type(_CUBIC)) * x.dtype.type(_GELU)
        return x * (_tanh(inner) + 1) * x.dtype.type(0.5)
    kind = x.dtype.type
    return x * kind(0.5) * (1 + erf(x / _ROOT_2, 8 if x.dtype == np.float64 else 4).astype(x.dtype))


def _silu_dx(g, x):
    s = sigmoid(x)
    return g * s * (1 + x * (1 - s))


@behind(x=_silu_dx)
def silu(x):
    """x · sigmoid(x)."""
    refuse("silu_cpu", x, "biu")
    return x / (1 + _exp(-x))


def _mish_dx(g, x):
    bent, s = tanh(softplus(x, 1.0, 20.0)), sigmoid(x)
    return g * (bent + x * s * (1 - bent * bent))


@behind(x=_mish_dx)
def mish(x):
    """x · tanh(softplus(x))."""
    refuse("mish_cpu", x, _NOT_REAL)
    return x * _tanh(softplus.op.forward(x, 1.0, 20.0))


@behind(x=lambda g, x, beta, threshold: g * where(x * beta > threshold, 1.0, sigmoid(x * beta)))
def softplus(x, beta, threshold):
    """log(1 + exp(beta · x)) / beta: a smooth relu; x itself where beta · x is above the threshold."""
    refuse("softplus_cpu", x, _NOT_REAL)
    scaled = x * x.dtype.type(beta)
    return np.where(
        scaled > threshold, x, _log1p(_exp(np.minimum(scaled, x.dtype.type(threshold)))) / x.dtype.type(beta)
    )[()]


@behind(x=lambda g, x: g * sigmoid(-x), rows=True)
def log_sigmoid(x):
    """log(sigmoid(x)), exact also far from 0."""
    refuse("log_sigmoid_cpu", x, _NOT_REAL)
    return np.minimum(x, 0) - _log1p(_exp(-np.abs(x)))


@behind(x=lambda g, x, low, high: _within(g, x, low, high))
def hardtanh(x, low, high):
    """x, cut off at two bounds."""
    if x.dtype.kind in "bc":
        raise (RuntimeError("Bool inputs not supported for hardtanh") if x.dtype.kind == "b"
               else NotImplementedError("clamp is not supported for complex types"))  # fmt: skip
    return np.minimum(np.maximum(x, x.dtype.type(low)), x.dtype.type(high))


@behind(g=no_derivative("hardsigmoid_backward"), x=no_derivative("hardsigmoid_backward"),
    node_name="torch::autograd::NotImplemented")  # fmt: skip
def _hardsigmoid_slope(g, x):
    """The gradient of hardsigmoid. It has no derivative of its own, as in PyTorch."""
    return np.where((x > -3) & (x < 3), g / 6, g * 0)[()]


@behind(x=lambda g, x: _hardsigmoid_slope(g, x))
def hardsigmoid(x):
    """A sigmoid of straight lines: 0 below -3, 1 above 3."""
    refuse("hardsigmoid_cpu", x, _NOT_REAL)
    three, six = x.dtype.type(3), x.dtype.type(6)
    return np.minimum(np.maximum(x + three, x.dtype.type(0)), six) / six


@behind(x=lambda g, x: where(x <= -3, 0.0, where(x >= 3, g, g * (x / 3 + 0.5))))
def hardswish(x):
    """x times the sigmoid of straight lines."""
    refuse("hardswish_cpu", x, _NOT_REAL)
    return x * hardsigmoid.op.forward(x)


@behind(x=lambda g, x, lambd: where(x.abs() > lambd, g, 0.0))
def softshrink(x, lambd):
    """x moved by lambd towards 0, and 0 where it is nearer than that."""
    refuse("softshrink_check", x, _NOT_REAL)
    lambd = x.dtype.type(lambd)
    return np.where(x > lambd, x - lambd, np.where(x < -lambd, x + lambd, x * 0))[()]


@behind(x=lambda g, x, lambd: where(x.abs() > lambd, g, 0.0))
def hardshrink(x, lambd):
    """x, but 0 where it is nearer to 0 than lambd."""
    refuse("hardshrink_cpu", x, _NOT_REAL)
    return np.where(np.abs(x) <= lambd, x.dtype.type(0), x)[()]


@behind(x=lambda g, x, threshold: where(x > threshold, g, 0.0))
def threshold(x, threshold, value):
    """x where it is above the threshold, `value` elsewhere."""
    refuse("threshold_cpu", x, "bc")
    return np.where(x > threshold, x, x.dtype.type(value))[()]


@behind(x=lambda g, x, low: where(x >= low, g, 0.0), node_name="ClampMinBackward0")
def at_least(x, low):
    """x, but no less than a number."""
    return np.maximum(x, x.dtype.type(low))


@behind(x=lambda g, x, weight: where(x > 0, g, g * weight), weight=lambda g, x: where(x > 0, 0.0, g * x),
    node_name="PreluKernelBackward0")  # fmt: skip
def prelu(x, weight):
    """x where it is positive, weight · x elsewhere."""
    return np.where(x > 0, x, x * weight)[()]


@behind(x=lambda g, noise: g * noise, noise=None, rows=True)
def rrelu_with_noise(x, noise):
    """x times the slopes that were drawn for it."""
    return x * noise


def _glu_dx(g, x, dim):
    a, b = chunk(x, 2, dim)
    s = sigmoid(b)
    return cat([g * s, g * a * s * (1 - s)], dim)


@behind(x=_glu_dx)
def glu(x, dim):
    """The first half along `dim` times the sigmoid of the second."""
    refuse("glu_cpu", x, _NOT_REAL)
    a, b = np.split(x, 2, dim)
    return a / (1 + _exp(-b))
