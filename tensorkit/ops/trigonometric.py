"""Angles: sine and cosine, their inverses, and the hyperbolic functions of each element.

Angles of complex numbers stand in `complex_numbers.py`, exponentials in `exponential.py`.
"""

import math

from .. import dtypes
from ..array_modules import np
from ..errors import not_implemented
from .declare import behind, binary, unary
from .exponential import precise
from .pointwise import reciprocal
from .powers import rsqrt, square, where_


@unary(lambda g, x: g * cos(x), floating=True)
def sin(x):
    """The sine of each element, in radians.

    >>> tensor([0., 1.]).sin()
    tensor([0.0000, 0.8415])
    """
    return _sin(x)


@unary(lambda g, x: -g * sin(x), floating=True)
def cos(x):
    """The cosine of each element, in radians.

    >>> tensor([0., 1.]).cos()
    tensor([1.0000, 0.5403])
    """
    return _cos(x)


@unary(lambda g, out: g * (1 + out * out), floating=True)
def tan(x):
    """The tangent of each element, in radians.

    >>> tensor([0., 1.]).tan()
    tensor([0.0000, 1.5574])
    """
    return _tan(x)


@unary(lambda g, x: g * rsqrt(1 - x * x), floating=True, aliases=("arcsin",))
def asin(x):
    """The angle in radians whose sine is each element; nan outside [-1, 1].

    >>> tensor([0., 0.5, 1.]).asin()
    tensor([0.0000, 0.5236, 1.5708])
    """
    return np.arcsin(x)


@unary(lambda g, x: -g * rsqrt(1 - x * x), floating=True, aliases=("arccos",))
def acos(x):
    """The angle in radians whose cosine is each element; nan outside [-1, 1].

    >>> tensor([1., 0., -1.]).acos()
    tensor([0.0000, 1.5708, 3.1416])
    """
    return np.arccos(x)


@unary(lambda g, x: g / (x * x + 1), floating=True, aliases=("arctan",))
def atan(x):
    """The angle in radians whose tangent is each element.

    >>> tensor([0., 1.]).atan()
    tensor([0.0000, 0.7854])
    """
    return np.arctan(x)


def _per_square(x, y):
    """One over the squared distance of a point from the origin; at the origin 0."""
    square = x * x + y * y
    return where_(square == 0, 0.0, reciprocal(square))


@binary(lambda g, x, y: g * y * _per_square(x, y), lambda g, x, y: g * -x * _per_square(x, y), floating=True,
        aliases=("arctan2",))  # fmt: skip
def atan2(x, y):
    """The angle in radians of the point (y, x): the arc tangent of x/y in the right quadrant.

    >>> torch.atan2(tensor([1., 1.]), tensor([1., -1.]))
    tensor([0.7854, 2.3562])
    """
    return np.arctan2(x, y)


@unary(lambda g, x: g * cosh(x), floating=True)
def sinh(x):
    """The hyperbolic sine of each element.

    >>> tensor([0., 1.]).sinh()
    tensor([0.0000, 1.1752])
    """
    return _sinh(x)


@unary(lambda g, x: g * sinh(x), floating=True)
def cosh(x):
    """The hyperbolic cosine of each element.

    >>> tensor([0., 1.]).cosh()
    tensor([1.0000, 1.5431])
    """
    return _cosh(x)


@behind(x=lambda g, y: tanh_backward(g, y), y=lambda g, x, y: g * (-2 * y * x))
def tanh_backward(x, y):
    """`x` times the slope of tanh where its value is `y`."""
    return x * (1 - y * y)


@unary(lambda g, out: tanh_backward(g, out), floating=True)
def tanh(x):
    """The hyperbolic tangent of each element, between -1 and 1.

    >>> tensor([0., 1.]).tanh()
    tensor([0.0000, 0.7616])
    """
    return _tanh(x)


@unary(lambda g, x: g * rsqrt(square(x) + 1), floating=True, aliases=("arcsinh",))
def asinh(x):
    """The inverse of sinh.

    >>> tensor([0., 1.]).asinh()
    tensor([0.0000, 0.8814])
    """
    return np.arcsinh(x)


@unary(lambda g, x: g * rsqrt((x - 1) * (x + 1)), floating=True, aliases=("arccosh",))
def acosh(x):
    """The inverse of cosh; nan below 1.

    >>> tensor([1., 2.]).acosh()
    tensor([0.0000, 1.3170])
    """
    return np.arccosh(x)


@unary(lambda g, x: g / (1 - square(x)), floating=True, aliases=("arctanh",))
def atanh(x):
    """The inverse of tanh; nan outside [-1, 1].

    >>> tensor([0., 0.5]).atanh()
    tensor([0.0000, 0.5493])
    """
    return np.arctanh(x)


@binary(lambda g, x, out: g * x / out, lambda g, y, out: g * y / out)
def hypot(x, y):
    """The length of the hypotenuse: the square root of x² + y².

    >>> torch.hypot(tensor([3.]), tensor([4.]))
    tensor([5.])
    """
    if x.dtype.kind in "biuc":
        np.broadcast(x, y)  # shapes that do not fit are told first
        raise not_implemented("hypot_cpu", dtypes.from_numpy(x.dtype).cpp_name)
    return np.hypot(x, y)


@unary(lambda g: g * (math.pi / 180), floating=True)
def deg2rad(x):
    """Degrees to radians.

    >>> torch.deg2rad(tensor([180., 90.]))
    tensor([3.1416, 1.5708])
    """
    return x * x.dtype.type(math.pi / 180)


@unary(lambda g: g * (180 / math.pi), floating=True)
def rad2deg(x):
    """Radians to degrees.

    >>> torch.rad2deg(tensor([0., 1.]))
    tensor([ 0.0000, 57.2958])
    """
    return x * x.dtype.type(180 / math.pi)


_sin, _cos, _tan, _sinh, _cosh, _tanh = map(precise, (np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh))
