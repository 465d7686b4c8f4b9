"""Comparisons, logic on truth values, bits, and the larger or smaller of two."""

from .. import dtypes
from ..array_modules import np
from ..errors import not_implemented, wrong_argument
from ..tensor import Tensor, wrap
from .cast import number_for, to_dtype
from .declare import FUNCTIONS, attach_operator, binary, broadcast_error, function, is_operand, op, unary
from .promote import is_number, result_dtype


def _refuse_complex(kernel: str, x) -> None:
    if x.dtype.kind == "c":
        raise not_implemented(kernel, dtypes.from_numpy(x.dtype).cpp_name)


@binary(operator="__gt__", aliases=("greater",))
def gt(x, y):
    """Where `x` is greater than `y`.

    >>> tensor([1, 2, 3]) > 2
    tensor([False, False,  True])
    """
    _refuse_complex("gt_cpu", x)
    return np.greater(x, y)


@binary(operator="__ge__", aliases=("greater_equal",))
def ge(x, y):
    """Where `x` is at least `y`.

    >>> tensor([1, 2, 3]) >= 2
    tensor([False,  True,  True])
    """
    _refuse_complex("ge_cpu", x)
    return np.greater_equal(x, y)


@binary(operator="__lt__", aliases=("less",))
def lt(x, y):
    """Where `x` is less than `y`.

    >>> tensor([1, 2, 3]) < 2
    tensor([ True, False, False])
    """
    _refuse_complex("lt_cpu", x)
    return np.less(x, y)


@binary(operator="__le__", aliases=("less_equal",))
def le(x, y):
    """Where `x` is at most `y`.

    >>> tensor([1, 2, 3]) <= 2
    tensor([ True,  True, False])
    """
    _refuse_complex("le_cpu", x)
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
    kinds = "iu" if "shift" in kernel else "biu"

    def body(x, y):
        if x.dtype.kind not in kinds:
            raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtypes.from_numpy(x.dtype).cpp_name}'")
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
    if x.dtype.kind not in "biu":
        raise not_implemented("bitwise_not_cpu", dtypes.from_numpy(x.dtype).cpp_name)
    return np.invert(x)


def _invert(x):
    """`~x`."""
    if x._array.dtype.kind not in "biu":
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bitwise_not(x)


Tensor.__invert__ = _invert


# The larger and the smaller; equal ones share the gradient


@binary(lambda g, x, y: _larger(g, x, y), lambda g, x, y: _larger(g, y, x), inplace=False)
def maximum(x, y):
    """The larger of two elements, nan if either is; equal ones share the gradient half and half.

    >>> torch.maximum(tensor([1., 4.]), tensor([3., 2.]))
    tensor([3., 4.])
    """
    if x.dtype.kind == "c":
        raise RuntimeError("maximum not implemented for complex tensors.")
    return np.maximum(x, y)


@binary(lambda g, x, y: _larger(g, y, x), lambda g, x, y: _larger(g, x, y), inplace=False)
def minimum(x, y):
    """The smaller of two elements, nan if either is; equal ones share the gradient half and half.

    >>> torch.minimum(tensor([1., 4.]), tensor([3., 2.]))
    tensor([1., 2.])
    """
    if x.dtype.kind == "c":
        raise RuntimeError("minimum not implemented for complex tensors.")
    return np.minimum(x, y)


def _larger(g, winner, loser):
    """All of `g` where `winner` is larger (or one is nan), half of it where they are equal."""
    return FUNCTIONS["where"](winner == loser, g / 2, g).masked_fill(winner < loser, 0)


@binary(lambda g, x, y: _where((x >= y).logical_or(isnan(y)), g),
        lambda g, x, y: g.masked_fill((x >= y).logical_or(isnan(y)), 0), inplace=False)  # fmt: skip
def fmax(x, y):
    """The larger of two elements; a number where only the other is nan.

    >>> torch.fmax(tensor([1., float("nan")]), tensor([2., 3.]))
    tensor([2., 3.])
    """
    if x.dtype.kind == "c":
        raise RuntimeError("fmax not implemented for complex tensors.")
    return np.fmax(x, y)


@binary(lambda g, x, y: _where((x <= y).logical_or(isnan(y)), g),
        lambda g, x, y: g.masked_fill((x <= y).logical_or(isnan(y)), 0), inplace=False)  # fmt: skip
def fmin(x, y):
    """The smaller of two elements; a number where only the other is nan.

    >>> torch.fmin(tensor([1., float("nan")]), tensor([2., 3.]))
    tensor([1., 3.])
    """
    if x.dtype.kind == "c":
        raise RuntimeError("fmin not implemented for complex tensors.")
    return np.fmin(x, y)


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

    Source: https://pytorch.org/docs/stable/generated/torch.allclose.html
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


# Bounds


def _where(mask, g):
    """`g` where the mask holds, else 0: chosen, not multiplied, so that inf and nan stay out."""
    return FUNCTIONS["where"](mask, g, 0.0)


def _clamp_dx(g, x, min, max):
    inside = None
    for bound, compare in ((min, ge), (max, le)):
        if bound is not None:
            good = compare(x, bound)
            inside = good if inside is None else inside.logical_and(good)
    return _where(inside, g)


def _clamp_dmin(g, x, min, max):
    return _where(x < min if max is None else (x < min).logical_and(lt(min, max)), g)


def _clamp_dmax(g, x, min, max):
    over = x > max if min is None else (x > max).logical_or(gt(min, max))
    return _where(over, g)


def _clamp_name(node) -> str:
    numbers = all(is_number(each) for each in node.parents[1:] if each is not None)
    alone = node.extras[0]
    return f"Clamp{alone}Backward{int(not numbers) if alone else int(numbers)}"


@op(x=_clamp_dx, min=_clamp_dmin, max=_clamp_dmax, optional=("min", "max"), inplace=True, node_name=_clamp_name,
    function=False, method=False)  # fmt: skip
def _clamp(x, min=None, max=None, alone=""):
    if x.dtype.kind in "iu":  # PyTorch converts the bounds as C does
        min, max = (each if each is None else np.asarray(each).astype(x.dtype) for each in (min, max))
    if min is not None:
        x = np.maximum(x, min)
    return x if max is None else np.minimum(x, max)


@function(aliases=("clip",))
def clamp(input, min=None, max=None, *, out=None):
    """Each element, but at least `min` and at most `max`; where `min` is above `max`, `max`.

    The derivative is 1 inside and on the bounds, 0 outside.

    >>> tensor([0.1, 0.5, 0.9]).clamp(0.3, 0.7)
    tensor([0.3000, 0.5000, 0.7000])

    Source: https://pytorch.org/docs/stable/generated/torch.clamp.html
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("clamp", "input", 1, "Tensor", input)
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    return _bounded(input, min, max, out)


def _bounded(x, min, max, out, alone: str = ""):
    """`x` within the bounds; `alone` names PyTorch's function of one bound only."""
    for bound in (min, max):
        if not (bound is None or isinstance(bound, Tensor) or is_number(bound)):
            raise TypeError(f"clamp() takes tensors or numbers, not {bound!r}")
        if bound is not None:
            x = _promoted(x, bound)
    if x._array.dtype.kind == "c" and all(bound is None or is_operand(bound) for bound in (min, max)):
        raise NotImplementedError(f"clamp{'_' + alone.lower() if alone else ''} is not supported for complex types")
    for bound in (min, max):
        if is_number(bound):
            number_for(bound, x._array.dtype)
    bounds = [_promoted(bound, x) for bound in (min, max)]
    return _clamp(x, *bounds, alone, out=out)


def _promoted(x, other):
    """`x` in the dtype it has together with `other`; a number, or None, as it is."""
    return to_dtype(x, result_dtype(x, other)) if isinstance(x, Tensor) else x


@function
def clamp_min(input, min, *, out=None):
    """Each element, but at least `min`.

    >>> tensor([1., 5.]).clamp_min(3.)
    tensor([3., 5.])
    """
    return _bounded(input, min, None, out, "Min")


@function
def clamp_max(input, max, *, out=None):
    """Each element, but at most `max`.

    >>> tensor([1., 5.]).clamp_max(3.)
    tensor([1., 3.])
    """
    return _bounded(input, None, max, out, "Max")
