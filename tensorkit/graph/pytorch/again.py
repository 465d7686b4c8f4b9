"""Values that PyTorch does not keep, computed again from the leaves by our own operations.

They are trusted only where they lead to the values that are known, the root's first of all: a leaf may have been
written to since (an optimizer's step), and random numbers come out otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops.op import Op
from ...tape import Meta, Node, Output
from ...tensor import Tensor
from .node import ForeignNode, NotKept

MOST = 1 << 16  # numbers of a result
_SUMS = {"add": 1.0, "sub": -1.0, "rsub": 1.0}


def compute_again(nodes: list[Any]) -> list[str]:
    """Fill in the results that are missing, oldest first; gives the sentence that belongs under the graph."""
    made: dict[int, Any] = {}
    trusted = True
    for node in nodes:
        base = node.node if isinstance(node, Output) else node
        if not isinstance(base, ForeignNode):
            continue
        if base is node:
            _read_off(base)
        known = node.value
        doubtful = any(id(parent) in made for parent in base.parents)
        if known is not None and not doubtful:
            continue
        found = _result(base, node)
        if found is None:
            continue
        if known is None:
            node.out = found
            made[id(node)] = node
        elif not _agree(found, known):
            trusted = False
    if not made:
        return []
    if not trusted:
        for node in made.values():
            node.out = Meta(node.shape, node.dtype)
        return ["Some values are unknown: PyTorch does not keep them, and the leaves were written to since."]
    count = len(made)
    return [
        f"{count:,} value{'s' * (count != 1)} that PyTorch does not keep "
        f"{'were' if count != 1 else 'was'} computed again from the leaves."
    ]


def _agree(found: Any, known: Any) -> bool:
    """Are the two equal up to the rounding of their type?"""
    finite = np.abs(np.asarray(known)[np.isfinite(known)])
    scale = float(finite.max(initial=0.0))
    share = 1e-5
    if known.dtype.kind == "V" or known.dtype.itemsize < 4:
        share = 2e-2
    return bool(np.allclose(found, known, rtol=10 * share, atol=share * scale, equal_nan=True))


def _result(base: ForeignNode, node: Node) -> Any:
    """The operation `base` done again for its result `node`, in that one's own type; None where an operand is unknown
    or it is too large."""
    op = base.op
    if not isinstance(op, Op) or np.prod(node.shape, dtype=float) > MOST:
        return None
    operands = [_array(parent) for parent in base.parents]
    if any(operand is NotKept for operand in operands):
        return None
    sizes = [np.size(operand) for operand in operands if operand is not None]
    if sum(sizes) > 16 * MOST:
        return None
    shapes = (1 if op.variadic else len(op.shapes)) if op.shapes else 0
    extras = base.extras[: len(base.extras) - shapes]
    try:
        with np.errstate(all="ignore"):
            made = op.forward(*([operands] if op.variadic else operands), *extras)
    except Exception:  # an argument of another kind than ours: then the value stays unknown
        return None
    if isinstance(node, Output):
        found = made[node.index]
    else:
        found = next(each for each in made if each.dtype.kind in "fcV") if isinstance(made, tuple) else made
    if np.shape(found) != tuple(node.shape):
        return None
    return np.asarray(found).astype(node.dtype, copy=False)[()]


def _array(parent: Any) -> Any:
    """An operand's numbers; `NotKept` itself where they are unknown."""
    if isinstance(parent, Node):
        return NotKept if parent.value is None else parent.value
    if isinstance(parent, Tensor):
        return parent._array
    if isinstance(parent, NotKept):
        return NotKept if parent.value is None else parent.value
    return parent


def _read_off(node: ForeignNode) -> None:
    """The operand of a sum that is not kept, as the difference of the result and the other operand."""
    sign = _SUMS.get(node.op.name)
    slot = next((i for i, parent in enumerate(node.parents) if isinstance(parent, NotKept)), None)
    if sign is None or slot is None or len(node.parents) != 2 or node.value is None:
        return
    other = _array(node.parents[1 - slot])
    if other is NotKept:
        return
    out, other = np.asarray(node.value, np.float64), np.asarray(other, np.float64)
    with np.errstate(all="ignore"):
        if node.op.name == "rsub":  # second - first
            left = out + other if slot == 1 else other - out
        else:
            left = (out - other) * sign if slot == 1 else out - sign * other
    node.parents[slot].value = _as_number(left, out, other)


def _as_number(values: np.ndarray, out: np.ndarray, other: np.ndarray) -> Any:
    """The one number that all of them are up to rounding, the shortest such; else the values themselves."""
    if not values.size or not np.isfinite(values).all():
        return values
    scale = max(1e-30, float(np.abs(out).max()), float(np.abs(other).max()))
    middle = float(values.mean())
    for digits in range(1, 8):
        short = float(f"{middle:.{digits}g}")
        if np.abs(values - short).max() <= 2e-7 * scale:
            return int(short) if short == int(short) else short
    return values
