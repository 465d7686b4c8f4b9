"""The end of the walk: gradients are added to the `.grad` of the leaves.

What comes here was computed for this leaf alone, or is held elsewhere too (`shared`): then it is copied.
"""

from sys import getrefcount
from threading import Lock

from ..array_modules import np
from ..formats import contiguous_format, is_dense
from ..ops.assign import _copied as _copied_over
from ..ops.declare import FLOAT_SCALARS
from ..ops.layout import as_asked
from ..ops.pointwise import add
from ..tape import record
from ..tensor import Tensor, wrap

ndarray = np.ndarray
_accumulating = Lock()  # threads that meet at one leaf add one after the other


def deposit_first(pending: dict, shared: set) -> dict:
    """Put away the waiting arrays that become a leaf's first gradient as they are, where no hooks look on; those that
    remain are given back, and `shared` tells which of them must be copied.  By way of `deposit` alone a small example
    would take a quarter longer."""
    rest = {}
    with _accumulating:
        for leaf, g in pending.items():
            if type(g) is ndarray:
                # A view is its own only if nobody else holds the memory: `getrefcount` and the view itself.
                base = g.base is not None
                if base and (type(g.base) is not ndarray or g.base.size != g.size or getrefcount(g.base) > 2):
                    shared.add(leaf)
                own = leaf not in shared and g.strides == leaf._array.strides
            else:
                own = type(g) in FLOAT_SCALARS
            if own and leaf._grad is None and leaf._hooks is leaf._post_hooks is None:
                leaf._grad = wrap(g)
            else:
                rest[leaf] = g
    return rest


def deposit(leaf: Tensor, g: Tensor, shared: bool, create_graph: bool) -> None:
    """Add `g` to `leaf.grad`: a first gradient becomes `.grad` (a copy, if others hold it too), later ones are added to
    the same tensor."""
    with _accumulating:
        grad = leaf._grad
        if grad is None:
            if create_graph:
                leaf._grad = _copied(g)
            elif isinstance(g._array, np.generic):  # no memory: it may be shared, its tensor may not
                leaf._grad = wrap(g._array) if shared or g._requires_grad else g
            elif shared or g._requires_grad or g._array.strides != leaf._array.strides:
                leaf._grad = wrap(_laid_out_like(g._array, leaf._array))
            else:
                leaf._grad = g
        elif create_graph:
            leaf._grad = add(grad, g)
        elif not isinstance(grad._array, np.generic):
            grad._array += g._array
        else:
            grad._array = grad._array + g._array
    if leaf._post_hooks is not None:
        for hook in list(leaf._post_hooks.values()):
            result = hook(leaf)
            if result is not None and not isinstance(result, Tensor):
                raise TypeError(f"expected Variable, but hook returned '{type(result).__name__}'")
            if result is not None:
                raise RuntimeError("Tensor post accumulate grad hooks should return None.")


def _copied(g: Tensor) -> Tensor:
    """A copy of a gradient, with its history."""
    copied = wrap(np.array(g._array)[()])
    if g._requires_grad:
        copied._node, copied._requires_grad = record(_copied_over.op, (0.0, g._node or g), (), (), copied._array), True
    return copied


def _laid_out_like(array, like):
    """A copy of `array` with the memory order of `like`, which is how PyTorch lays out a leaf's gradient."""
    if like.shape != array.shape:
        copy = np.empty_like(array)
    else:
        copy = np.empty_like(like, dtype=array.dtype, subok=False)
        if copy.strides != like.strides:  # rows, unless it is only NumPy's way with sizes of 1 or another dtype
            copy = as_asked(copy, like, None if is_dense(like) else contiguous_format)
    copy[...] = array
    return copy
