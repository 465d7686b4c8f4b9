"""What the user calls a tensor: looked for where the call came from, for hints that speak the user's language.

This is asked when an error is on its way, and never before. Only plain variables are known by name: what stands in a
list, in a module or nowhere has none, and the hint does without.
"""

from __future__ import annotations

import sys
from types import FrameType

from ..tensor import Tensor

_HERE = __name__.partition(".")[0]


def name_of(array) -> str | None:
    """The name of the variable whose tensor has this array, in the innermost code that is not of this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _HERE:
        frame = frame.f_back
    if frame is None:
        return None
    for variables in (frame.f_locals, frame.f_globals):
        for name, value in list(variables.items()):
            if isinstance(value, Tensor) and value._array is array and not name.startswith("_"):
                return name
    return None


def called(array, otherwise: str) -> str:
    """The variable's name in backticks, as hints write it, or `otherwise`."""
    name = name_of(array)
    return otherwise if name is None else f"`{name}`"


def hint_at_transposes(x, y) -> str:
    """Which transpose would make two matrices fit, in words that say what is compared."""
    (n, m), (k, p) = x.shape, y.shape
    first, second = called(x, "the first"), called(y, "the second")
    text = f"{first} has {m} columns, {second} {k} rows; a matrix product needs these to be equal ({n}x{m} @ {k}x{p})."
    if m == p:
        return f"{text} {_transposed(second, k, p)}"
    return f"{text} {_transposed(first, n, m)}" if n == k else text


def _transposed(name: str, rows: int, columns: int) -> str:
    if name[0] != "`":
        return f"The transpose of {name} ({columns}x{rows}) would fit: use its .T"
    return f"{name} is {rows}x{columns}; its transpose {name[:-1]}.T` ({columns}x{rows}) would fit"
