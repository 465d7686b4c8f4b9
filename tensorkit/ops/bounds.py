"""The larger and the smaller of two, and what keeps elements within bounds: maximum, minimum, fmax, fmin, clamp.

The largest element of many is found by `extremes.py`.
"""

from ..array_modules import np
from ..errors import wrong_argument
from ..tensor import Tensor
from .cast import number_for, to_dtype
from .compare import ge, gt, isnan, le, lt
from .declare import FUNCTIONS, behind, binary, function, is_operand
from .promote import is_number, result_dtype


def _where(mask, g):
    """`g` where the mask holds, else 0: chosen, not multiplied, so that inf and nan stay out."""
    return FUNCTIONS["where"](mask, g, 0.0)


def _refuse_complex(name: str, x) -> None:
    if x.dtype.kind == "c":
        raise RuntimeError(f"{name} not implemented for complex tensors.")


@binary(lambda g, x, y: _larger(g, x, y), lambda g, x, y: _larger(g, y, x), inplace=False)
def maximum(x, y):
    """The larger of two elements, nan if either is; equal ones share the gradient half and half.

    >>> torch.maximum(tensor([1., 4.]), tensor([3., 2.]))
    tensor([3., 4.])
    """
    _refuse_complex("maximum", x)
    return np.maximum(x, y)


@binary(lambda g, x, y: _larger(g, y, x), lambda g, x, y: _larger(g, x, y), inplace=False)
def minimum(x, y):
    """The smaller of two elements, nan if either is; equal ones share the gradient half and half.

    >>> torch.minimum(tensor([1., 4.]), tensor([3., 2.]))
    tensor([1., 2.])
    """
    _refuse_complex("minimum", x)
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
    _refuse_complex("fmax", x)
    return np.fmax(x, y)


@binary(lambda g, x, y: _where((x <= y).logical_or(isnan(y)), g),
        lambda g, x, y: g.masked_fill((x <= y).logical_or(isnan(y)), 0), inplace=False)  # fmt: skip
def fmin(x, y):
    """The smaller of two elements; a number where only the other is nan.

    >>> torch.fmin(tensor([1., float("nan")]), tensor([2., 3.]))
    tensor([1., 3.])
    """
    _refuse_complex("fmin", x)
    return np.fmin(x, y)


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


@behind(x=_clamp_dx, min=_clamp_dmin, max=_clamp_dmax, optional=("min", "max"), inplace=True, node_name=_clamp_name)
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
