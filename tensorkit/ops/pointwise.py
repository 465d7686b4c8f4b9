"""Arithmetic on each element: sums, differences, products, quotients.

Each is one declaration: the body is the forward pass, the rules above it are the derivatives.  Reading `mul` is
reading all; `declare.py` says what the decorators make of it.  Of the other operations on each element, powers and
roots stand in `powers.py`, exponentials and logarithms in `exponential.py`, angles in `trigonometric.py`, remainders
and rounding in `rounding.py`, sizes and signs in `sign.py`, comparisons and bits in `compare.py`, the special functions
in `special.py`, what neural networks apply to each element in `activation.py`.
"""

from .. import dtypes
from ..array_modules import np
from ..tensor import Tensor
from .declare import FUNCTIONS, attach_operator, behind, binary, function, unary
from .elementwise import SCALED
from .promote import is_number


def nothing(g):
    """The rule of an operation that is flat: a gradient of zeros, without a history of its own."""
    return FUNCTIONS["zeros_like"](g)


_BOOLEANS = (
    "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator "
    "instead."
)
_BOOLEAN = (
    "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the "
    "`~` or `logical_not()` operator instead."
)


@binary(lambda g: g, lambda g: g, symbol="+", operator="__add__", scales=1)
def add(x, y):
    """Add two tensors element by element; with `alpha=`, x + alpha·y.

    >>> tensor([1., 2.]) + tensor([3., 4.])
    tensor([4., 6.])
    """
    return x + y


@binary(lambda g: g, lambda g: -g, symbol="-", operator="__sub__", scales=1, aliases=("subtract",),
        check=lambda x, y: refuse_bool(x, y))  # fmt: skip
def sub(x, y):
    """Subtract `y` from `x` element by element; with `alpha=`, x - alpha·y.

    >>> tensor([3., 4.]) - 1
    tensor([2., 3.])
    """
    try:
        return x - y
    except TypeError:  # NumPy's, for two booleans
        raise RuntimeError(_BOOLEANS) from None


def refuse_bool(x, y) -> None:
    """PyTorch's error for a subtraction in which one side is boolean."""
    are = [isinstance(each, bool) or (isinstance(each, Tensor) and each._array.dtype.kind == "b") for each in (x, y)]
    if all(are):
        raise RuntimeError(_BOOLEANS)
    if any(are):
        raise RuntimeError(_BOOLEAN)


def _rsub_name(node) -> str:
    return f"RsubBackward{int(is_number(node.parents[1]))}"


@binary(lambda g: -g, lambda g: g, symbol="-", node_name=_rsub_name, method=False, inplace=False, scales=0,
        check=lambda x, y: refuse_bool(x, y))  # fmt: skip
def rsub(x, y):
    """Subtract `x` from `y`: subtraction with its operands the other way round.

    >>> torch.rsub(tensor([1., 2.]), 10)
    tensor([9., 8.])
    """
    if x.dtype.kind == "b":
        raise RuntimeError(_BOOLEAN)
    return y - x


@binary(lambda g, y: g * y, lambda g, x: g * x, symbol="*", operator="__mul__", aliases=("multiply",))
def mul(x, y):
    """Multiply two tensors element by element (the Hadamard product).

    >>> tensor([1., 2.]) * tensor([3., 4.])
    tensor([3., 8.])
    """
    return x * y


def _floating(x):
    return x if x.dtype.kind in "fcV" else x.astype(dtypes.get_default_dtype().numpy)


@behind(x=lambda g, number: mul_scalar(g, number), node_name="MulBackward1")
def mul_scalar(x, number):
    """`x` times a number: PyTorch has a node of its own for it, which its composite operations leave behind."""
    return _floating(x) * number


@behind(x=lambda g: g, y=lambda g, alpha: mul_scalar(g, alpha), node_name="AddBackward0")
def add_scaled(x, y, alpha):
    """x + alpha · y"""
    return x + y * alpha


@behind(x=lambda g: g, y=lambda g, alpha: mul_scalar(-g, alpha), node_name="SubBackward0")
def sub_scaled(x, y, alpha):
    """x - alpha · y"""
    return x - y * alpha


@behind(x=lambda g, alpha: mul_scalar(-g, alpha), y=lambda g: g, node_name=_rsub_name)
def rsub_scaled(x, y, alpha):
    """y - alpha · x"""
    return y - x * alpha


SCALED.update(add=add_scaled.op, sub=sub_scaled.op, rsub=rsub_scaled.op)


@behind(x=lambda g, number: div_scalar(g, number), node_name="DivBackward1")
def div_scalar(x, number):
    """`x` divided by a number, likewise."""
    return _floating(x) / number


def _div_dy(g, x, y):
    quotient = (x / y) / y  # before -g, as in PyTorch: what is made last is walked back first, and sums follow that
    return -g * quotient


@binary(lambda g, y: g / y, _div_dy, floating=True, symbol="/",
        operator="__truediv__", node_name=lambda node: "DivBackward0")  # fmt: skip
def div(x, y):
    """Divide `x` by `y` element by element; whole numbers give decimals.

    `rounding_mode` 'floor' rounds towards minus infinity, 'trunc' towards zero.

    >>> tensor([1, 2]) / 2
    tensor([0.5000, 1.0000])
    """
    return x / y


_true_div = div


@function(name="div", aliases=("divide", "true_divide"))
def div(input, other, *, rounding_mode=None, out=None):  # noqa: F811
    """Divide `input` by `other` element by element; whole numbers give decimals.

    rounding_mode  "floor" rounds down, "trunc" towards zero; both keep whole numbers whole

    >>> tensor([6, 7]) / 2
    tensor([3.0000, 3.5000])
    >>> torch.div(tensor([7., -7.]), 2, rounding_mode="floor")
    tensor([ 3., -4.])
    """
    if rounding_mode is None:
        return _true_div(input, other, out=out)
    if rounding_mode == "floor":
        return _div_floor(input, other, out=out)
    if rounding_mode == "trunc":
        return _div_trunc(input, other, out=out)
    raise RuntimeError(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'")


div.op, div.op.function = _true_div.op, div


def _refuse_division(kernel: str, x, y) -> None:
    dtypes.refuse(kernel, x, "bc")
    if x.dtype.kind in "iu" and y.dtype.kind in "biu" and np.size(x) and not np.all(y):
        raise RuntimeError("ZeroDivisionError")


def no_derivative(name: str):
    """The rule of an operation whose result PyTorch tracks but cannot differentiate."""

    def rule(g):
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return rule


def not_differentiable(name: str):
    """The rule of an operation for which PyTorch has no derivative in its table, in its words for that."""

    def rule(g):
        raise NotImplementedError(f"the derivative for '{name}' is not implemented.")

    return rule


@binary(no_derivative("floor_divide"), no_derivative("floor_divide"), symbol="//", operator="__floordiv__",
        node_name="torch::autograd::NotImplemented")  # fmt: skip
def floor_divide(x, y):
    """Divide and round down, towards minus infinity; whole numbers stay whole. It has no derivative.

    >>> tensor([7, -7]) // 2
    tensor([ 3, -4])
    """
    _refuse_division("div_floor_cpu", x, np.asarray(y))
    if x.dtype.kind in "iu":
        return x // y
    return np.where(np.equal(y, 0), x / y, np.floor_divide(x, y))[()]


@binary(nothing, nothing, inplace=False, method=False, function=False, node_name="DivBackward2")
def _div_floor(x, y):
    return floor_divide.op.forward(x, y)


@binary(nothing, nothing, inplace=False, method=False, function=False, node_name="DivBackward2")
def _div_trunc(x, y):
    _refuse_division("div_trunc_cpu", x, np.asarray(y))
    if x.dtype.kind in "iu":
        return (np.sign(x) * np.sign(y) * (np.abs(x) // np.abs(y))).astype(x.dtype)
    return np.trunc(x / y)


def _neg_check(x):
    if x.dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
            "the `~` or `logical_not()` operator instead."
        )


@unary(lambda g: -g, symbol="-", aliases=("negative", "__neg__"))
def neg(x):
    """The negative of each element.

    >>> -tensor([1., -2.])
    tensor([-1.,  2.])
    """
    _neg_check(x)
    return -x


@function(aliases=("__pos__",))
def positive(input):
    """The tensor itself; TypeError-like RuntimeError for booleans.

    >>> +tensor([1., -2.])
    tensor([ 1., -2.])
    """
    if input._array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@unary(lambda g, out: -g * (out * out), floating=True)
def reciprocal(x):
    """One over each element.

    >>> tensor([2., 4.]).reciprocal()
    tensor([0.5000, 0.2500])
    """
    return 1 / x


def _reflected(name: str, call):
    attach_operator(name, call, reflected=True)


_reflected("__radd__", lambda x, y: add(y, x))
_reflected("__rsub__", lambda x, y: rsub(y, x))
_reflected("__rmul__", lambda x, y: mul(y, x))
_reflected("__rtruediv__", lambda x, y: reciprocal(y) * x)
_reflected("__rfloordiv__", floor_divide)
