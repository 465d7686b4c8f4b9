"""Operations on each element: arithmetic, powers, exponentials, angles, rounding.

Each is one declaration: the body is the forward pass, the rules above it are the derivatives.  Reading the first one is
reading all; `declare.py` says what the decorators make of it.  Comparisons stand in `compare.py`, the special
functions in `special.py`, what neural networks apply to each element in `activation.py`.
"""

import math

import numpy as np

from .. import dtypes
from ..errors import not_implemented
from ..tensor import Tensor, wrap
from .create import zeros_like
from .declare import FUNCTIONS, attach_operator, binary, function, op, unary, write_out
from .promote import is_number

float64 = np.float64


def precise(ufunc):
    """`ufunc` on float32 by way of float64, whose rounded result is PyTorch's in 99 of 100 cases (NumPy's own float32
    versions: 60 to 90).  Only for small arrays, where the detour costs nothing that a learner could notice."""

    def forward(x):
        if x.dtype.char == "f" and x.size <= 256:
            return ufunc(x, dtype=float64).astype(np.float32)
        return ufunc(x)

    return forward


def nothing(g):
    """The rule of an operation that is flat: a gradient of zeros, without a history of its own."""
    return zeros_like(g)


# Arithmetic


@binary(lambda g: g, lambda g: g, symbol="+", operator="__add__", scales=True)
def add(x, y):
    """Add two tensors element by element; with `alpha=`, x + alpha·y.

    >>> tensor([1., 2.]) + tensor([3., 4.])
    tensor([4., 6.])

    Source: https://pytorch.org/docs/stable/generated/torch.add.html
    """
    return x + y


@binary(lambda g: g, lambda g: -g, symbol="-", operator="__sub__", scales=True, aliases=("subtract",),
        check=lambda x, y: refuse_bool(x, y))  # fmt: skip
def sub(x, y):
    """Subtract `y` from `x` element by element; with `alpha=`, x - alpha·y.

    >>> tensor([3., 4.]) - 1
    tensor([2., 3.])

    Source: https://pytorch.org/docs/stable/generated/torch.sub.html
    """
    if x.dtype.kind == "b":
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    return x - y


def refuse_bool(x, y) -> None:
    """PyTorch's error for a subtraction in which one side is boolean."""
    if all(isinstance(each, bool) or (isinstance(each, Tensor) and each._array.dtype.kind == "b") for each in (x, y)):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    if any(isinstance(each, bool) or (isinstance(each, Tensor) and each._array.dtype.kind == "b")
           for each in (x, y)):  # fmt: skip
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
            "use "
            "the `~` or `logical_not()` operator instead."
        )


@binary(lambda g: -g, lambda g: g, symbol="-", node_name="RsubBackward1", method=False, inplace=False, scales=True,
        check=lambda x, y: refuse_bool(x, y))  # fmt: skip
def rsub(x, y):
    """Subtract `x` from `y`: subtraction with its operands the other way round.

    Source: https://pytorch.org/docs/stable/generated/torch.rsub.html
    """
    if x.dtype.kind == "b":
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
            "use "
            "the `~` or `logical_not()` operator instead."
        )
    return y - x


@binary(lambda g, y: g * y, lambda g, x: g * x, symbol="*", operator="__mul__",
        aliases=("multiply",))  # fmt: skip
def mul(x, y):
    """Multiply two tensors element by element (the Hadamard product).

    >>> tensor([1., 2.]) * tensor([3., 4.])
    tensor([3., 8.])

    Source: https://pytorch.org/docs/stable/generated/torch.mul.html
    """
    return x * y


@binary(lambda g, y: g / y, lambda g, x, y: -g * ((x / y) / y), floating=True, symbol="/",
        operator="__truediv__", node_name=lambda node: "DivBackward0")  # fmt: skip
def div(x, y):
    """Divide `x` by `y` element by element; whole numbers give decimals.

    `rounding_mode` 'floor' rounds towards minus infinity, 'trunc' towards zero.

    >>> tensor([1, 2]) / 2
    tensor([0.5000, 1.0000])

    Source: https://pytorch.org/docs/stable/generated/torch.div.html
    """
    return x / y


_true_div = div


@function(name="div", aliases=("divide", "true_divide"))
def div(input, other, *, rounding_mode=None, out=None):  # noqa: F811
    if rounding_mode is None:
        return _true_div(input, other, out=out)
    if rounding_mode == "floor":
        return _floor_divide(input, other, out=out)
    if rounding_mode == "trunc":
        return _trunc_divide(input, other, out=out)
    raise RuntimeError(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'")


div.__doc__, div.op, div.op.function = _true_div.__doc__, _true_div.op, div


def _refuse_division(kernel: str, x, y) -> None:
    if x.dtype.kind in "bc":
        raise not_implemented(kernel, dtypes.from_numpy(x.dtype).cpp_name)
    if x.dtype.kind in "iu" and np.size(x) and not np.all(y):
        raise RuntimeError("ZeroDivisionError")


def no_derivative(name: str):
    """The rule of an operation whose result PyTorch tracks but cannot differentiate."""

    def rule(g):
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return rule


@binary(no_derivative("floor_divide"), no_derivative("floor_divide"), symbol="//", operator="__floordiv__",
        node_name="torch::autograd::NotImplemented")  # fmt: skip
def floor_divide(x, y):
    """Divide and round down, towards minus infinity; whole numbers stay whole. It has no derivative.

    Source: https://pytorch.org/docs/stable/generated/torch.floor_divide.html
    """
    _refuse_division("div_floor_cpu", x, np.asarray(y))
    if x.dtype.kind in "iu":
        return x // y
    return np.where(np.equal(y, 0), x / y, np.floor_divide(x, y))[()]


@binary(nothing, nothing, inplace=False, method=False, node_name="DivBackward2")
def _floor_divide(x, y):
    return floor_divide.op.forward(x, y)


@binary(nothing, nothing, inplace=False, method=False, node_name="DivBackward2")
def _trunc_divide(x, y):
    _refuse_division("div_trunc_cpu", x, np.asarray(y))
    if x.dtype.kind in "iu":
        return (np.sign(x) * np.sign(y) * (np.abs(x) // np.abs(y))).astype(x.dtype)
    return np.trunc(x / y)


@binary(lambda g: g, lambda g, x, y: -g * _floor_divide(x, y), symbol="%", operator="__mod__",
        node_name=lambda node: f"RemainderBackward{0 if is_number(node.parents[1]) else 1}")  # fmt: skip
def remainder(x, y):
    """The remainder of division, with the sign of the divisor.

    Source: https://pytorch.org/docs/stable/generated/torch.remainder.html
    """
    _refuse_division("remainder_cpu", x, np.asarray(y))
    rest = np.remainder(x, y)
    if rest.dtype.kind in "fV":
        rest = np.where(rest == 0, np.copysign(rest, x), rest)[()]  # a zero has the sign of the dividend
    return rest


@binary(lambda g: g, lambda g, x, y: -g * trunc(x / y),
        node_name=lambda node: f"FmodBackward{0 if is_number(node.parents[1]) else 1}")  # fmt: skip
def fmod(x, y):
    """The remainder of division, with the sign of the dividend.

    Source: https://pytorch.org/docs/stable/generated/torch.fmod.html
    """
    _refuse_division("fmod_cpu", x, np.asarray(y))
    return np.fmod(x, y)


def _neg_check(x):
    if x.dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
            "the "
            "`~` or `logical_not()` operator instead."
        )


@unary(lambda g: -g, symbol="-", aliases=("negative", "__neg__"))
def neg(x):
    """The negative of each element.

    Source: https://pytorch.org/docs/stable/generated/torch.neg.html
    """
    _neg_check(x)
    return -x


@function(aliases=("__pos__",))
def positive(input):
    """The tensor itself; TypeError-like RuntimeError for booleans."""
    if input._array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@unary(lambda g, out: -g * (out * out), floating=True)
def reciprocal(x):
    """One over each element.

    Source: https://pytorch.org/docs/stable/generated/torch.reciprocal.html
    """
    return 1 / x


# Powers


def _pow_dx(g, x, y):
    if not isinstance(y, Tensor):
        return nothing(g) if y == 0 else g * (y * x ** (y - 1))
    return g * where_(y == 0, 0.0, y * x ** (y - 1))


def _pow_dy(g, x, y, out):
    logarithm = log(x) if isinstance(x, Tensor) else math.log(x) if x > 0 else (-math.inf if x == 0 else math.nan)
    if isinstance(x, Tensor):
        return g * where_((x == 0).logical_and(y >= 0), 0.0, out * logarithm)
    return g * (out * logarithm if x != 0 else where_(y >= 0, 0.0, out * logarithm))


def where_(condition, x, y):
    """`where`, which is declared further up the stairs (in `index.py`), for rules of this file."""
    return FUNCTIONS["where"](condition, x, y)


def _pow_name(node) -> str:
    base, exponent = node.parents
    if is_number(exponent):
        return "PowBackward0"
    return "PowBackward2" if is_number(base) else "PowBackward1"


@binary(_pow_dx, _pow_dy, symbol="**", operator="__pow__", node_name=_pow_name)
def pow(x, y):
    """`x` to the power `y`, element by element.

    >>> tensor([1., 2., 3.]) ** 2
    tensor([1., 4., 9.])

    Source: https://pytorch.org/docs/stable/generated/torch.pow.html
    """
    kind = x.dtype.kind if hasattr(x, "dtype") else y.dtype.kind
    if kind in "fV":
        if type(y) is int or type(y) is float:  # the powers that courses use, exactly as PyTorch computes them
            if y == 2:
                return x * x
            if y == 3:
                return x * x * x
            if y == 0.5:
                return np.sqrt(x)
            if y == -0.5:
                return 1 / np.sqrt(x)
            if y == -1:
                return 1 / x
            if y == -2:
                return 1 / (x * x)
        return np.power(x, y)
    if kind == "b":
        raise NotImplementedError("\"pow\" not implemented for 'Bool'")
    if kind in "iu":
        return _integer_pow(x, y)
    return np.power(x, y)


def _integer_pow(x, y):
    if not np.any(np.less(y, 0)):
        return np.power(x, y)
    x, y = np.broadcast_arrays(x, y)
    result = np.power(x, np.maximum(y, 0))
    odd = y % 2 != 0
    result = np.where(y < 0, np.where(x == 1, 1, np.where(x == -1, np.where(odd, -1, 1), 0)), result)
    return result.astype(x.dtype)[()]


def _refuse_negative_power(x, y):
    whole = isinstance(x, Tensor) and x._array.dtype.kind in "biu"
    if whole and isinstance(y, int) and y < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")


_tensor_pow = pow


@function(name="pow")
def pow(input, exponent, *, out=None):  # noqa: F811
    _refuse_negative_power(input, exponent)
    if not isinstance(exponent, Tensor):
        if not isinstance(input, Tensor):
            raise TypeError("pow() takes at least one tensor")
        if input._array.dtype.kind == "b" and isinstance(exponent, bool) and out is None:
            return wrap(input._array.copy() if exponent else np.ones_like(input._array))
    return _tensor_pow(input, exponent, out=out)


pow.__doc__, pow.op, pow.op.function = _tensor_pow.__doc__, _tensor_pow.op, pow
attach_operator("__pow__", pow)


@function
def square(input, *, out=None):
    """The square of each element: `x ** 2`.

    Source: https://pytorch.org/docs/stable/generated/torch.square.html
    """
    if input._array.dtype.kind == "b":
        return input.long() * input.long()
    return pow(input, 2, out=out)


@function
def float_power(input, exponent, *, out=None):
    """A power, computed in float64."""
    double = input.double() if isinstance(input, Tensor) else float(input)
    return pow(double, exponent.double() if isinstance(exponent, Tensor) else exponent, out=out)


@unary(lambda g, out: g / (2 * out), floating=True)
def sqrt(x):
    """The square root of each element; its derivative at 0 is infinite.

    Source: https://pytorch.org/docs/stable/generated/torch.sqrt.html
    """
    return np.sqrt(x)


@unary(lambda g, out: -0.5 * g * (out * out * out), floating=True)
def rsqrt(x):
    """One over the square root of each element.

    Source: https://pytorch.org/docs/stable/generated/torch.rsqrt.html
    """
    return 1 / np.sqrt(x)


# Exponentials and logarithms


@unary(lambda g, out: g * out, floating=True)
def exp(x):
    """e to the power of each element.

    >>> tensor([0., 1.]).exp()
    tensor([1.0000, 2.7183])

    Source: https://pytorch.org/docs/stable/generated/torch.exp.html
    """
    return _exp(x)


@unary(lambda g, out: g * out * math.log(2), floating=True)
def exp2(x):
    """2 to the power of each element."""
    return _exp2(x)


@unary(lambda g, out: g * (out + 1), floating=True)
def expm1(x):
    """exp(x) - 1, exact for small x."""
    return _expm1(x)


@unary(lambda g, x: g / x, floating=True)
def log(x):
    """The natural logarithm of each element.

    Source: https://pytorch.org/docs/stable/generated/torch.log.html
    """
    return _log(x)


@unary(lambda g, x: g / (x * math.log(2)), floating=True)
def log2(x):
    """The logarithm to base 2."""
    return _log2(x)


@unary(lambda g, x: g / (x * math.log(10)), floating=True)
def log10(x):
    """The logarithm to base 10."""
    return _log10(x)


@unary(lambda g, x: g / (x + 1), floating=True, node_name="Log1PBackward0")
def log1p(x):
    """log(1 + x), exact for small x."""
    return _log1p(x)


@binary(lambda g, x, out: g * exp(x - out), lambda g, y, out: g * exp(y - out), inplace=False)
def logaddexp(x, y):
    """log(exp(x) + exp(y)), without overflow on the way."""
    return np.logaddexp(x, y)


@binary(lambda g, x, out: g * exp2(x - out), lambda g, y, out: g * exp2(y - out), inplace=False)
def logaddexp2(x, y):
    """log2(2**x + 2**y), without overflow on the way."""
    return np.logaddexp2(x, y)


# Angles


@unary(lambda g, x: g * cos(x), floating=True)
def sin(x):
    """The sine of each element, in radians."""
    return _sin(x)


@unary(lambda g, x: -g * sin(x), floating=True)
def cos(x):
    """The cosine of each element, in radians."""
    return _cos(x)


@unary(lambda g, out: g * (1 + out * out), floating=True)
def tan(x):
    """The tangent of each element, in radians."""
    return _tan(x)


@unary(lambda g, x: g * rsqrt(1 - x * x), floating=True, aliases=("arcsin",))
def asin(x):
    """The angle in radians whose sine is each element; nan outside [-1, 1]."""
    return np.arcsin(x)


@unary(lambda g, x: -g * rsqrt(1 - x * x), floating=True, aliases=("arccos",))
def acos(x):
    """The angle in radians whose cosine is each element; nan outside [-1, 1]."""
    return np.arccos(x)


@unary(lambda g, x: g / (x * x + 1), floating=True, aliases=("arctan",))
def atan(x):
    """The angle in radians whose tangent is each element."""
    return np.arctan(x)


def _per_square(x, y):
    """One over the squared distance of a point from the origin; at the origin 0."""
    square = x * x + y * y
    return where_(square == 0, 0.0, reciprocal(square))


@binary(lambda g, x, y: g * y * _per_square(x, y), lambda g, x, y: -g * x * _per_square(x, y), floating=True,
        aliases=("arctan2",))  # fmt: skip
def atan2(x, y):
    """The angle in radians of the point (y, x): the arc tangent of x/y in the right quadrant."""
    return np.arctan2(x, y)


@unary(lambda g, x: g * cosh(x), floating=True)
def sinh(x):
    """The hyperbolic sine of each element."""
    return _sinh(x)


@unary(lambda g, x: g * sinh(x), floating=True)
def cosh(x):
    """The hyperbolic cosine of each element."""
    return _cosh(x)


@unary(lambda g, out: g * (1 - out * out), floating=True)
def tanh(x):
    """The hyperbolic tangent of each element, between -1 and 1.

    Source: https://pytorch.org/docs/stable/generated/torch.tanh.html
    """
    return _tanh(x)


@unary(lambda g, x: g * rsqrt(x * x + 1), floating=True, aliases=("arcsinh",))
def asinh(x):
    """The inverse of sinh."""
    return np.arcsinh(x)


@unary(lambda g, x: g * rsqrt((x - 1) * (x + 1)), floating=True, aliases=("arccosh",))
def acosh(x):
    """The inverse of cosh; nan below 1."""
    return np.arccosh(x)


@unary(lambda g, x: g / (1 - x * x), floating=True, aliases=("arctanh",))
def atanh(x):
    """The inverse of tanh; nan outside [-1, 1]."""
    return np.arctanh(x)


@binary(lambda g, x, out: g * x / out, lambda g, y, out: g * y / out)
def hypot(x, y):
    """The length of the hypotenuse: the square root of x² + y²."""
    if x.dtype.kind in "biu":
        raise not_implemented("hypot_cpu", dtypes.from_numpy(x.dtype).cpp_name)
    return np.hypot(x, y)


@unary(lambda g: g * (math.pi / 180), floating=True, node_name="Deg2RadBackward0")
def deg2rad(x):
    """Degrees to radians."""
    return x * x.dtype.type(math.pi / 180)


@unary(lambda g: g * (180 / math.pi), floating=True, node_name="Rad2DegBackward0")
def rad2deg(x):
    """Radians to degrees."""
    return x * x.dtype.type(180 / math.pi)


_exp, _exp2, _expm1, _log, _log2, _log10, _log1p = map(
    precise, (np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p)
)
_sin, _cos, _tan, _sinh, _cosh, _tanh = map(precise, (np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh))


# Sign and size


def _abs_dx(g, x):
    return g * sgn(x)


@unary(_abs_dx, aliases=("absolute", "__abs__"), bools=False, kernel="abs_cpu")
def abs(x):
    """The absolute value of each element; its derivative at 0 is 0.

    Source: https://pytorch.org/docs/stable/generated/torch.abs.html
    """
    return np.abs(x)


@unary(nothing)
def sign(x):
    """-1, 0 or 1 for each element, by its sign."""
    if x.dtype.kind == "c":
        raise NotImplementedError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."
        )
    return _sign(x)


def _sign(x):
    """The sign, of nan 0."""
    if x.dtype.kind in "fV":
        return np.subtract(x > 0, x < 0, dtype=x.dtype)
    return np.sign(x) if x.dtype.kind != "b" else x.copy()


def _sgn_dx(g, x, out):
    """0 for real numbers.  A complex one turns: what is left of `g` at right angles to it, over its length."""
    if x._array.dtype.kind != "c":
        return nothing(g)
    return where_(x == 0, 0.0, (g - out.conj() * (g * out).real) / abs(x))


@unary(_sgn_dx)
def sgn(x):
    """The sign; of a complex number, the number of that angle and length 1."""
    return _sign(x)


@function
def signbit(input, *, out=None):
    """Whether each element is negative (-0. is)."""
    result = wrap(np.signbit(input._array) if input._array.dtype.kind in "fV" else input._array < 0)
    return result if out is None else write_out(result, out)


@binary(lambda g, x, out: g * where_(x == 0, 0.0, out / x), nothing, floating=True)
def copysign(x, y):
    """The size of `x` with the sign of `y`."""
    return np.copysign(x, y)


# Rounding


def _rounded(ufunc, x):
    if x.dtype.kind == "c":
        raise NotImplementedError(f"{ufunc.__name__} is not supported for complex inputs")
    return ufunc(x) if x.dtype.kind not in "iu" else x.copy()


@unary(nothing, bools=False, kernel="floor_vml_cpu")
def floor(x):
    """Each element rounded down; its derivative is 0."""
    return _rounded(np.floor, x)


@unary(nothing, bools=False, kernel="ceil_vml_cpu")
def ceil(x):
    """Each element rounded up; its derivative is 0."""
    return _rounded(np.ceil, x)


@unary(nothing, bools=False, kernel="trunc_vml_cpu", aliases=("fix",))
def trunc(x):
    """Each element rounded towards zero; its derivative is 0."""
    return _rounded(np.trunc, x)


@op(x=nothing, inplace=True)
def round(x, decimals=0):
    """Each element rounded to the nearest whole number, halves to the even one; its derivative is 0.

    decimals  how many decimal places to keep

    Source: https://pytorch.org/docs/stable/generated/torch.round.html
    """
    if x.dtype.kind in "bc":
        raise not_implemented("round_vml_cpu", dtypes.from_numpy(x.dtype).cpp_name)
    if x.dtype.kind in "iu":
        return x.copy()
    if decimals == 0:
        return np.rint(x)
    ten = x.dtype.type(10.0 ** np.abs(decimals))
    return np.rint(x * ten) / ten if decimals > 0 else np.rint(x / ten) * ten


@unary(lambda g: g)
def frac(x):
    """What stands after the decimal point of each element."""
    if x.dtype.kind not in "fV":
        raise not_implemented("frac_cpu", dtypes.from_numpy(x.dtype).cpp_name)
    return x - np.trunc(x)


# Complex numbers


@function
def conj(input):
    """The complex conjugate of each element; a real tensor itself."""
    return _conj(input) if input._array.dtype.kind == "c" else input


@op(x=lambda g: conj(g), node_name="ConjBackward0", function=False, method=False)
def _conj(x):
    return np.conj(x)


@op(real=lambda g: g.real, imag=lambda g: (g.conj() * -1j).real, method=False)
def complex(real, imag):
    """A complex tensor from its real and imaginary parts."""
    if real.dtype.kind not in "f" or imag.dtype.kind not in "f":
        names = [dtypes.from_numpy(each.dtype).cpp_name for each in (real, imag)]
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {names[0]} and {names[1]}"
        )
    if real.dtype != imag.dtype:
        names = [dtypes.from_numpy(each.dtype).cpp_name for each in (real, imag)]
        raise RuntimeError(
            f"Expected object of scalar type {names[0]} but got scalar type {names[1]} for second argument"
        )
    return (real + 1j * imag).astype(np.complex128 if real.dtype == float64 else np.complex64)


@function(method=False)
def polar(abs, angle, *, out=None):
    """A complex tensor from lengths and angles in radians."""
    result = complex(abs * cos(angle), abs * sin(angle))
    return result if out is None else write_out(result, out)


def _angle_dx(g, x):
    """0 for real numbers.  For z = a + bi the angle turns by -b/|z|² with a and by a/|z|² with b."""
    if x._array.dtype.kind != "c":
        return nothing(g)
    a, b = x.real, x.imag
    return complex(-g * b * _per_square(a, b), -g * a * _per_square(a, b))


@unary(_angle_dx, floating=True, inplace=False)
def angle(x):
    """The angle of each number in the complex plane; pi for negative real ones."""
    return np.angle(x).astype(x.dtype if x.dtype.kind in "fV" else x.real.dtype)[()]


# Operators the other way round


def _reflected(name: str, call):
    attach_operator(name, call, reflected=True)


def _rsub(x, y):
    return rsub(y, x)


def _rdiv(x, y):
    return reciprocal(y) * x


_reflected("__radd__", lambda x, y: add(y, x))
_reflected("__rsub__", _rsub)
_reflected("__rmul__", lambda x, y: mul(y, x))
_reflected("__rtruediv__", _rdiv)
_reflected("__rfloordiv__", floor_divide)
_reflected("__rmod__", remainder)
_reflected("__rpow__", pow)
