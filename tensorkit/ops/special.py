"""Special functions of each element: the error function, gamma, Bessel and their relatives.

The formulas behind them stand in `formulas.py`; this module gives them derivatives, dtypes and names.  The
namespace `torch.special` (`tensorkit/special.py`) collects them.
"""

import math

from .. import dtypes
from ..array_modules import beside, np
from ..tensor import Tensor, wrap
from . import formulas
from .declare import behind, binary, function, op, unary
from .exponential import exp, log
from .inplace import in_place
from .masks import where
from .pointwise import add, mul, mul_scalar
from .promote import is_number
from .reduce import sum as sum_
from .trigonometric import cos, sin

_PI = math.pi
_ROOT_PI = math.sqrt(math.pi)
_ROOT_2 = math.sqrt(2)


def by_double(formula, x, name: str = ""):
    """`formula` computed in float64, given in the type of `x`; there is none for complex numbers."""
    dtypes.refuse(f"{name or formula.__name__}_vml_cpu", x, "c")
    return np.asarray(formula(np.asarray(x, np.float64)), x.dtype)[()]


def special(rule):
    """Declare a function of `torch.special` alone: no method, and a node with the namespace in its name."""

    def declare(body):
        node_name = "Special" + body.__name__.title().replace("_", "") + "Backward0"
        return unary(rule, floating=True, method=False, inplace=False, node_name=node_name)(body)

    return declare


# The error function


@unary(lambda g, x: g * (2 / _ROOT_PI * exp(-(x**2))), floating=True)
def erf(x):
    """The error function: 2/√π times the integral of exp(-t²) from 0 to `x`.

    >>> tensor([0., 0.5]).erf()
    tensor([0.0000, 0.5205])
    """
    return by_double(lambda values: formulas.erf(values, 8 if x.dtype.itemsize == 8 else 4), x, "erf")


@unary(lambda g, x: g * (-2 / _ROOT_PI * exp(-(x**2))), floating=True)
def erfc(x):
    """1 - erf(x), without the loss of digits for large `x`.

    >>> tensor([0., 1.]).erfc()
    tensor([1.0000, 0.1573])
    """
    return by_double(formulas.erfc, x)


@unary(lambda g, out: g * (_ROOT_PI / 2) * exp(out * out), floating=True)
def erfinv(x):
    """The inverse of the error function; infinite at -1 and 1, nan beyond.

    >>> tensor([0., 0.5]).erfinv()
    tensor([0.0000, 0.4769])
    """
    return by_double(formulas.erfinv, x)


@special(lambda g, x, out: g * (2 * x * out - 2 / _ROOT_PI))
def erfcx(x):
    """exp(x²)·erfc(x).

    >>> torch.special.erfcx(tensor([0., 10.]))
    tensor([1.0000, 0.0561])
    """
    return by_double(formulas.erfcx, x)


def ndtr(input, *, out=None):
    """The distribution function of the normal distribution.

    >>> torch.special.ndtr(torch.tensor([0., 1.]))
    tensor([0.5000, 0.8413])
    """
    return mul(erfc(input * -math.sqrt(0.5)), 0.5, out=out)


@special(lambda g, out: g * math.sqrt(2 * _PI) * exp(out * out / 2))
def ndtri(x):
    """The inverse of the normal distribution function; infinite at 0 and 1, nan beyond.

    >>> torch.special.ndtri(tensor([0.025, 0.975]))
    tensor([-1.9600,  1.9600])
    """
    return by_double(formulas.ndtri, x)


@special(lambda g, x: g * math.sqrt(2 / _PI) / erfcx(x * -math.sqrt(0.5)))
def log_ndtr(x):
    """The logarithm of the normal distribution function.

    >>> torch.special.log_ndtr(tensor([0.]))
    tensor([-0.6931])
    """
    return by_double(formulas.log_ndtr, x)


# Gamma


@unary(lambda g, x: g * digamma(x), floating=True)
def lgamma(x):
    """The logarithm of the absolute value of the gamma function.

    >>> tensor([1., 4.]).lgamma()
    tensor([0.0000, 1.7918])
    """
    return by_double(formulas.lgamma, x)


@unary(lambda g, x: g * polygamma(1, x), floating=True)
def digamma(x):
    """The derivative of `lgamma`.

    >>> tensor([1., 2.]).digamma()
    tensor([-0.5772,  0.4228])
    """
    return by_double(formulas.digamma, x)


@behind(x=lambda g, x, n: g * polygamma(n + 1, x))
def _polygamma(x, n):
    if x.dtype.kind in "biu":
        x = x.astype(dtypes.get_default_dtype().numpy)
    return by_double(lambda values: formulas.polygamma(n, values), x, "polygamma")


@function(method=False)
def polygamma(n, input, *, out=None):
    """The `n`-th derivative of `digamma`.

    >>> torch.polygamma(1, tensor([1.]))
    tensor([1.6449])
    """
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return digamma(input, out=out) if n == 0 else _polygamma(input, n, out=out)


Tensor.polygamma = lambda self, n: polygamma(n, self)
Tensor.polygamma.__doc__ = polygamma.__doc__
in_place("polygamma", Tensor.polygamma)


@function
def mvlgamma(input, p, *, out=None):
    """The logarithm of the multivariate gamma function of dimension `p`.

    >>> torch.mvlgamma(tensor([3.]), 2)
    tensor([1.5502])
    """
    with beside(input._array):
        steps = wrap(np.arange(p, dtype=np.float64) / -2).to(input.dtype)
    return add(sum_(lgamma(input.unsqueeze(-1) + steps), -1), p * (p - 1) / 4 * math.log(_PI), out=out)


def _no_derivative(g):
    raise NotImplementedError("the derivative for 'input' of the incomplete gamma function is not implemented.")


@binary(_no_derivative, lambda g, x, y: g * exp((x - 1) * log(y) - y - lgamma(x)), floating=True)
def igamma(x, y):
    """The incomplete gamma function from 0 to `y`, as a share of the whole: of the order `x`.

    >>> torch.igamma(tensor([1.]), tensor([1.]))
    tensor([0.6321])
    """
    return np.asarray(formulas.gamma_shares(x, y)[0], np.result_type(x))[()]


@binary(_no_derivative, lambda g, x, y: -g * exp((x - 1) * log(y) - y - lgamma(x)), floating=True)
def igammac(x, y):
    """The incomplete gamma function from `y` to infinity, as a share of the whole.

    >>> torch.igammac(tensor([1.]), tensor([1.]))
    tensor([0.3679])
    """
    return np.asarray(formulas.gamma_shares(x, y)[1], np.result_type(x))[()]


@binary(None, lambda g, x, y: -g * x * zeta(x + 1, y), floating=True, method=False, inplace=False,
        node_name="SpecialZetaBackward0")  # fmt: skip
def zeta(x, y):
    """Hurwitz's zeta function: the sum of (y + k)^-x over k = 0, 1, 2 …; no derivative in `x`.

    >>> torch.special.zeta(tensor([2.]), tensor([1.]))
    tensor([1.6449])
    """
    kind = (x if hasattr(x, "dtype") else y).dtype
    return np.asarray(formulas.zeta(x, y), kind)[()]


# Bessel


@unary(lambda g, x: g * i1(x), floating=True)
def i0(x):
    """The modified Bessel function of the first kind, of order 0.

    >>> tensor([0., 1.]).i0()
    tensor([1.0000, 1.2661])
    """
    return by_double(lambda x: formulas.bessel_scaled(0, x) * np.exp(np.abs(x)), x, "i0")


@special(lambda g, x, out: g * (i1e(x) - x.sgn() * out))
def i0e(x):
    """exp(-|x|)·i0(x).

    >>> torch.special.i0e(tensor([0., 1.]))
    tensor([1.0000, 0.4658])
    """
    return by_double(lambda x: formulas.bessel_scaled(0, x), x, "i0e")


def _over(out, x):
    """out / x, and its limit ½ at 0."""
    return where(x == 0, 0.5, out / where(x == 0, 1.0, x))


@special(lambda g, x, out: g * (i0(x) - _over(out, x)))
def i1(x):
    """The modified Bessel function of the first kind, of order 1.

    >>> torch.special.i1(tensor([0., 1.]))
    tensor([0.0000, 0.5652])
    """
    return by_double(lambda x: formulas.bessel_scaled(1, x) * np.exp(np.abs(x)), x, "i1")


@special(lambda g, x, out: g * (i0e(x) - x.sgn() * out - _over(out, x)))
def i1e(x):
    """exp(-|x|)·i1(x).

    >>> torch.special.i1e(tensor([0., 1.]))
    tensor([0.0000, 0.2079])
    """
    return by_double(lambda x: formulas.bessel_scaled(1, x), x, "i1e")


# With logarithms and angles


def _xlogy_name(kind: str):
    def name(node):
        x, y = node.parents
        return f"{kind}Backward{1 if is_number(x) else 2 if is_number(y) else 0}"

    return name


def _log(y):
    return log(y) if isinstance(y, Tensor) else (math.log(y) if y > 0 else -math.inf if y == 0 else math.nan)


def _times_logarithm(log, x, y, kernel: str):
    product = x * (log(y) if hasattr(y, "dtype") else x.dtype.type(log(y)))
    dtypes.refuse(kernel, product, "c")
    return np.where(np.equal(x, 0) & ~np.isnan(y), np.zeros_like(product), product)[()]


@binary(lambda g, x, y: where((x == 0) & (y <= 0), 0.0, xlogy(g, y)), lambda g, x, y: g * x / y, floating=True,
        node_name=_xlogy_name("Xlogy"))  # fmt: skip
def xlogy(x, y):
    """x·log(y), and 0 where `x` is 0.

    >>> torch.xlogy(tensor([0., 2.]), tensor([0., 3.]))
    tensor([0.0000, 2.1972])
    """
    return _times_logarithm(np.log, x, y, "xlogy_cpu")


@binary(lambda g, x, y: where((x == 0) & (y <= -1), 0.0, xlog1py(g, y)), lambda g, x, y: g * x / (y + 1), floating=True,
        method=False, inplace=False, node_name=_xlogy_name("SpecialXlog1Py"))  # fmt: skip
def xlog1py(x, y):
    """x·log(1 + y), and 0 where `x` is 0.

    >>> torch.special.xlog1py(tensor([0., 2.]), tensor([-1., 1.]))
    tensor([0.0000, 1.3863])
    """
    return _times_logarithm(np.log1p, x, y, "xlog1py_cpu")


@special(lambda g, x: g * (-log(x) - 1))
def entr(x):
    """-x·log(x), the term of an entropy; 0 at 0, -inf below.

    >>> torch.special.entr(tensor([0., 0.5, 1.]))
    tensor([0.0000, 0.3466, -0.0000])
    """
    return np.where(x > 0, -x * np.log(x), np.where(x == 0, 0, np.where(x < 0, -np.inf, x))).astype(x.dtype)[()]


def _sinc_dx(g, x):
    angle, squared = mul_scalar(x, _PI), mul_scalar(x * x, _PI)
    return where(squared == 0, 0.0, g * ((angle * cos(angle) - sin(angle)) / squared))


@unary(_sinc_dx, floating=True)
def sinc(x):
    """sin(πx) / (πx), and 1 at 0.

    >>> tensor([0., 0.5]).sinc()
    tensor([1.0000, 0.6366])
    """
    wide = x if x.dtype.itemsize > 2 else x.astype(np.float32)
    angle = np.where(x == 0, 1, wide * wide.dtype.type(_PI))
    return np.where(x == 0, 1, np.sin(angle) / angle).astype(x.dtype)[()]


def _logit_dx(g, x, eps):
    slope = g / (x * (1 - x))
    if eps is None:
        return where((x >= 0).logical_and(x <= 1), slope, math.nan)
    return where((x >= eps).logical_and(x <= 1 - eps), slope, 0.0)


@op(x=_logit_dx, inplace=True)
def logit(x, eps=None):
    """log(x / (1 - x)), the inverse of the sigmoid; with `eps`, `x` is first clamped to [eps, 1 - eps].

    >>> tensor([0.5, 0.9]).logit()
    tensor([0.0000, 2.1972])
    """
    if x.dtype.kind in "biu":
        x = x.astype(dtypes.get_default_dtype().numpy)
    if eps is not None:
        x = np.clip(x, eps, 1 - eps)
    return np.log(x / (1 - x))
