"""Powers and roots of each element: `x ** y`, square, square root.

The derivative of `x ** y` is the one rule of the textbook with more than one case: 0 and negative bases are told apart.
Exponentials and logarithms stand in `exponential.py`.
"""

import math

from ..array_modules import np
from ..tensor import Tensor, wrap
from .declare import FUNCTIONS, attach_operator, binary, function, unary
from .exponential import log
from .pointwise import _reflected, nothing
from .promote import is_number


def _pow_dx(g, x, y):
    if not isinstance(y, Tensor):
        return nothing(g) if y == 0 else g * (y * x ** (y - 1))
    return g * where_(y == 0, 0.0, y * x ** (y - 1))


def _pow_dy(g, x, y, out):
    logarithm = log(x) if isinstance(x, Tensor) else math.log(x) if x > 0 else (-math.inf if x == 0 else math.nan)
    if isinstance(x, Tensor):
        flat = y >= 0 if not (isinstance(y, Tensor) and y.is_complex()) else (y.imag == 0).logical_and(y.real >= 0)
        return g * where_((x == 0).logical_and(flat), 0.0, out * logarithm)
    return g * (out * logarithm if x != 0 else where_(y >= 0, 0.0, out * logarithm))


def where_(condition, x, y):
    """`where`, which is declared further up the stairs (in `masks.py`), for rules of this file."""
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
    found, endless = np.power(x, y), (x == 0) & (np.real(y) < 0)
    return np.where(endless, complex(np.inf, np.nan), found).astype(found.dtype)[()] if np.any(endless) else found


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
    """Each element to a power; either may be a number.

    >>> tensor([1., 2., 3.]) ** 2
    tensor([1., 4., 9.])
    >>> torch.pow(2, tensor([1., 2., 3.]))
    tensor([2., 4., 8.])
    """
    _refuse_negative_power(input, exponent)
    if not isinstance(exponent, Tensor):
        if not isinstance(input, Tensor):
            raise TypeError("pow() takes at least one tensor")
        if input._array.dtype.kind == "b" and isinstance(exponent, bool) and out is None:
            return wrap(input._array.copy() if exponent else np.ones_like(input._array))
    return _tensor_pow(input, exponent, out=out)


pow.op, pow.op.function = _tensor_pow.op, pow


attach_operator("__pow__", pow)


@function
def square(input, *, out=None):
    """The square of each element: `x ** 2`.

    >>> tensor([2., -3.]).square()
    tensor([4., 9.])
    """
    if input._array.dtype.kind == "b":
        return input.long() * input.long()
    return pow(input, 2, out=out)


@function
def float_power(input, exponent, *, out=None):
    """A power, computed in float64.

    >>> torch.float_power(tensor([2, 3]), 2)
    tensor([4., 9.], dtype=torch.float64)
    """
    double = input.double() if isinstance(input, Tensor) else float(input)
    return pow(double, exponent.double() if isinstance(exponent, Tensor) else exponent, out=out)


@unary(lambda g, out: g / (2 * out), floating=True)
def sqrt(x):
    """The square root of each element; its derivative at 0 is infinite.

    >>> tensor([4., 9.]).sqrt()
    tensor([2., 3.])
    """
    return np.sqrt(x)


@unary(lambda g, out: -0.5 * g * (out * out * out), floating=True)
def rsqrt(x):
    """One over the square root of each element.

    >>> tensor([4., 16.]).rsqrt()
    tensor([0.5000, 0.2500])
    """
    return 1 / np.sqrt(x)


_reflected("__rpow__", pow)
