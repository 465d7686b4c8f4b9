"""Comparisons, logic on truth values and bits; the larger or smaller of two stands in `bounds.py`."""

from .. import dtypes
from ..array_modules import np
from ..tensor import Tensor, wrap
from .declare import attach_operator, binary, broadcast_error, function, unary


@binary(operator="__gt__", aliases=("greater",))
def gt(x, y):
    """Where `x` is greater than `y`.

    >>> tensor([1, 2, 3]) > 2
    tensor([False, False,  True])
    """
    dtypes.refuse("gt_cpu", x, "c")
    return np.greater(x, y)


@binary(operator="__ge__", aliases=("greater_equal",))
def ge(x, y):
    """Where `x` is at least `y`.

    >>> tensor([1, 2, 3]) >= 2
    tensor([False,  True,  True])
    """
    dtypes.refuse("ge_cpu", x, "c")
    return np.greater_equal(x, y)


@binary(operator="__lt__", aliases=("less",))
def lt(x, y):
    """Where `x` is less than `y`.

    >>> tensor([1, 2, 3]) < 2
    tensor([ True, False, False])
    """
    dtypes.refuse("lt_cpu", x, "c")
    return np.less(x, y)


@binary(operator="__le__", aliases=("less_equal",))
def le(x, y):
    """Where `x` is at most `y`.

    >>> tensor([1, 2, 3]) <= 2
    tensor([ True,  True, False])
    """
    dtypes.refuse("le_cpu", x, "c")
    return np.less_equal(x, y)


@binary(operator="__eq__")
def eq(x, y):
    """Where the elements are equal.

    >>> tensor([1, 2]) == tensor([1, 3])
    tensor([ True, False])
    """
    return np.equal(x, y)


@binary(operator="__ne__", aliases=("not_equal",))
def ne(x, y):
    """Where the elements differ.

    >>> tensor([1, 2, 3]) != 2
    tensor([ True, False,  True])
    """
    return np.not_equal(x, y)


Tensor.__hash__ = object.__hash__  # defining __eq__ by assignment leaves it alone, but say so


@binary()
def logical_and(x, y):
    """Where both are true (not zero).

    >>> torch.logical_and(tensor([True, True]), tensor([True, False]))
    tensor([ True, False])
    """
    return np.logical_and(x, y)


@binary()
def logical_or(x, y):
    """Where one or both are true (not zero).

    >>> torch.logical_or(tensor([True, False]), tensor([False, False]))
    tensor([ True, False])
    """
    return np.logical_or(x, y)


@binary()
def logical_xor(x, y):
    """Where one is true (not zero) and the other is not.

    >>> torch.logical_xor(tensor([True, True]), tensor([True, False]))
    tensor([False,  True])
    """
    return np.logical_xor(x, y)


@unary()
def logical_not(x):
    """Where an element is false (zero).

    >>> torch.logical_not(tensor([0, 1, 2]))
    tensor([ True, False, False])
    """
    return np.logical_not(x)


def _bitwise(name: str, kernel: str, operator: str, ufunc, doc: str, shown: str):
    refused = "bfcV" if "shift" in kernel else "fcV"

    def body(x, y):
        dtypes.refuse(kernel, x, refused)
        return ufunc(x, y)

    body.__name__, body.__doc__ = name, f"{doc}\n\n    >>> {shown}\n"
    call = binary(operator=operator)(body)
    attach_operator("__r" + operator[2:], call, reflected=True)
    return call


bitwise_and = _bitwise("bitwise_and", "bitwise_and_cpu", "__and__", np.bitwise_and, "And, bit by bit.",
                       "tensor(6) & 3\n    tensor(2)")  # fmt: skip
bitwise_or = _bitwise("bitwise_or", "bitwise_or_cpu", "__or__", np.bitwise_or, "Or, bit by bit.",
                      "tensor(6) | 3\n    tensor(7)")  # fmt: skip
bitwise_xor = _bitwise("bitwise_xor", "bitwise_xor_cpu", "__xor__", np.bitwise_xor, "Exclusive or, bit by bit.",
                       "tensor(6) ^ 3\n    tensor(5)")  # fmt: skip
bitwise_left_shift = _bitwise("bitwise_left_shift", "lshift_cpu", "__lshift__", np.left_shift,
                              "Bits moved to the left: times a power of two.",
                              "tensor(6) << 1\n    tensor(12)")  # fmt: skip
bitwise_right_shift = _bitwise("bitwise_right_shift", "rshift_cpu", "__rshift__", np.right_shift,
                               "Bits moved to the right.", "tensor(6) >> 1\n    tensor(3)")  # fmt: skip


@unary()
def bitwise_not(x):
    """Each bit turned round; of truth values, the opposite.

    >>> ~tensor([0, 5])
    tensor([-1, -6])
    """
    dtypes.refuse("bitwise_not_cpu", x, "fcV")
    return np.invert(x)


def _invert(x):
    """`~x`."""
    if x._array.dtype.kind not in "biu":
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bitwise_not(x)


Tensor.__invert__ = _invert


# Looking at values


def _test(name: str, ufunc, doc: str, default: bool):
    def look(input):
        array = input._array
        return wrap(ufunc(array) if array.dtype.kind in "fcV" else np.full_like(array, default, dtype=bool))

    look.__name__, look.__doc__ = name, doc
    return function(look)


_SHOWN = "\n\n    >>> tensor([1., float('inf'), -float('inf'), float('nan')])"
isnan = _test("isnan", np.isnan, f"""Where an element is nan (not a number).{_SHOWN}.isnan()
    tensor([False, False, False,  True])""", False)  # fmt: skip
isinf = _test("isinf", np.isinf, f"""Where an element is infinite.{_SHOWN}.isinf()
    tensor([False,  True,  True, False])""", False)  # fmt: skip
isfinite = _test("isfinite", np.isfinite, f"""Where an element is neither infinite nor nan.{_SHOWN}.isfinite()
    tensor([ True, False, False, False])""", True)  # fmt: skip
isposinf = _test("isposinf", np.isposinf, f"""Where an element is +inf.{_SHOWN}.isposinf()
    tensor([False,  True, False, False])""", False)  # fmt: skip
isneginf = _test("isneginf", np.isneginf, f"""Where an element is -inf.{_SHOWN}.isneginf()
    tensor([False, False,  True, False])""", False)  # fmt: skip


@function
def isreal(input):
    """Where the imaginary part is zero.

    >>> torch.isreal(tensor([1 + 0j, 1 + 1j]))
    tensor([ True, False])
    """
    return wrap(np.isreal(input._array))


@function
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Where |input - other| <= atol + rtol·|other|.

    >>> torch.isclose(tensor([1., 2.]), tensor([1., 2.1]))
    tensor([ True, False])
    """
    _same_dtype(input, other)
    try:
        return wrap(np.isclose(input._array, other._array, rtol, atol, equal_nan))
    except ValueError as error:
        raise broadcast_error(input, other, error) from None


@function
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False) -> bool:
    """Whether `isclose` holds everywhere.

    >>> torch.allclose(tensor([1., 2.]), tensor([1., 2.000001]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def _same_dtype(a, b) -> None:
    if a.dtype is not b.dtype:
        raise RuntimeError(f"{a.dtype.cpp_name} did not match {b.dtype.cpp_name}")


@function
def equal(input, other) -> bool:
    """Whether two tensors have the same shape and the same elements.

    >>> torch.equal(tensor([1, 2]), tensor([1, 2]))
    True
    """
    return input._array.shape == other._array.shape and bool(np.array_equal(input._array, other._array))


@function
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Where an element is among `test_elements`.

    >>> torch.isin(tensor([1, 2, 3]), tensor([2, 5]))
    tensor([False,  True, False])
    """
    for each in (elements, test_elements):
        if isinstance(each, Tensor) and each._array.dtype.kind in "bc":
            raise RuntimeError(f"Unsupported input type encountered for isin(): {each.dtype.cpp_name}")
    found, among = (each._array if isinstance(each, Tensor) else each for each in (elements, test_elements))
    return wrap(np.isin(found, among, invert=invert))
