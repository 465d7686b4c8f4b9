"""Size and sign of each element: abs, sign, copysign.

What belongs to complex numbers alone stands in `complex_numbers.py`.
"""

from ..array_modules import np
from ..tensor import wrap
from .declare import binary, function, unary, write_out
from .pointwise import nothing
from .powers import where_


def _abs_dx(g, x):
    return g * sgn(x)


@unary(_abs_dx, aliases=("absolute", "__abs__"), bools=False, kernel="abs_cpu")
def abs(x):
    """The absolute value of each element; its derivative at 0 is 0.

    >>> tensor([-1., 2.]).abs()
    tensor([1., 2.])
    """
    return np.abs(x)


@unary(nothing)
def sign(x):
    """-1, 0 or 1 for each element, by its sign.

    >>> tensor([-2., 0., 3.]).sign()
    tensor([-1.,  0.,  1.])
    """
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
    """The sign; of a complex number, the number of that angle and length 1.

    >>> tensor([-2., 0., 3.]).sgn()
    tensor([-1.,  0.,  1.])
    """
    return _sign(x)


@function
def signbit(input, *, out=None):
    """Whether each element is negative (-0. is).

    >>> tensor([-2., 0., 3.]).signbit()
    tensor([ True, False, False])
    """
    result = wrap(np.signbit(input._array) if input._array.dtype.kind in "fV" else input._array < 0)
    return result if out is None else write_out(result, out)


@binary(lambda g, x, out: g * where_(x == 0, 0.0, out / x), nothing, floating=True)
def copysign(x, y):
    """The size of `x` with the sign of `y`.

    >>> torch.copysign(tensor([1., 2.]), tensor([-3., 4.]))
    tensor([-1.,  2.])
    """
    return np.copysign(x, y)
