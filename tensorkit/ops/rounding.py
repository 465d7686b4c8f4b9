"""Rounding of each element, and the remainders of division that follow from it.

The derivative of rounding is 0 wherever there is one.  `floor_divide` and `div(rounding_mode=…)` stand with division,
in `pointwise.py`.
"""

from .. import dtypes
from ..array_modules import np
from ..tensor import Tensor
from .declare import binary, op, unary
from .pointwise import _div_floor, _reflected, _refuse_division, no_derivative, nothing
from .promote import is_number


def _remainder_dy(g, x, y):
    return -g * _div_floor(x, y) if isinstance(x, Tensor) else no_derivative("remainder")(g)


def _remainder_name(node) -> str:
    x, y = node.parents
    return "torch::autograd::NotImplemented" if is_number(x) else f"RemainderBackward{0 if is_number(y) else 1}"


@binary(lambda g: g, _remainder_dy, symbol="%", operator="__mod__", node_name=_remainder_name)
def remainder(x, y):
    """The remainder of division, with the sign of the divisor.

    >>> tensor([-3., 5.]) % 2
    tensor([1., 1.])
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

    >>> torch.fmod(tensor([-3., 5.]), 2)
    tensor([-1.,  1.])
    """
    _refuse_division("fmod_cpu", x, np.asarray(y))
    return np.fmod(x, y)


def _rounded(ufunc, x):
    if x.dtype.kind == "c":
        raise NotImplementedError(f"{ufunc.__name__} is not supported for complex inputs")
    return ufunc(x) if x.dtype.kind not in "iu" else x.copy()


@unary(nothing, bools=False, kernel="floor_vml_cpu")
def floor(x):
    """Each element rounded down; its derivative is 0.

    >>> tensor([-1.5, 0.2]).floor()
    tensor([-2.,  0.])
    """
    return _rounded(np.floor, x)


@unary(nothing, bools=False, kernel="ceil_vml_cpu")
def ceil(x):
    """Each element rounded up; its derivative is 0.

    >>> tensor([-1.5, 0.2]).ceil()
    tensor([-1.,  1.])
    """
    return _rounded(np.ceil, x)


@unary(nothing, bools=False, kernel="trunc_vml_cpu", aliases=("fix",))
def trunc(x):
    """Each element rounded towards zero; its derivative is 0.

    >>> tensor([-1.5, 1.5]).trunc()
    tensor([-1.,  1.])
    """
    return _rounded(np.trunc, x)


@op(x=nothing, inplace=True)
def round(x, decimals=0):
    """Each element rounded to the nearest whole number, halves to the even one; its derivative is 0.

    decimals  how many decimal places to keep

    >>> tensor([0.5, 1.5, 2.7]).round()
    tensor([0., 2., 3.])
    >>> tensor([3.14159]).round(decimals=2)
    tensor([3.1400])
    """
    dtypes.refuse("round_vml_cpu", x, "bc")
    if x.dtype.kind in "iu":
        return x.copy()
    if decimals == 0:
        return np.rint(x)
    ten = x.dtype.type(10.0 ** np.abs(decimals))
    return np.rint(x * ten) / ten if decimals > 0 else np.rint(x / ten) * ten


@unary(lambda g: g)
def frac(x):
    """What stands after the decimal point of each element.

    >>> tensor([1.25, -2.5]).frac()
    tensor([ 0.2500, -0.5000])
    """
    dtypes.refuse("frac_cpu", x, "biuc")
    return x - np.trunc(x)


_reflected("__rmod__", remainder)
