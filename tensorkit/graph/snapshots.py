"""Arrays as snapshots, and snapshots as short text.

Here: `snapshot` looks at an array once, `number` and `short` write what was seen in few characters, the same on every
machine (four significant digits). Not here: PyTorch's own way of printing tensors (`tensorkit/printing.py`).
"""

from __future__ import annotations

import math

import numpy as np

from ..array_modules import on_host
from .model import Snapshot

KEEP = 1024  # elements: larger arrays are described, not copied
THUMBNAIL = 16  # rows and columns of a heat map at most
SHORT = 30  # characters of an array written on one line
_ROWS, _COLUMNS = 4, 4
PENDING = Snapshot((), "", None, None, None, None)  # stands for what a walk has not come to yet


def snapshot(array: np.ndarray) -> Snapshot:
    """Look at an array of any shape and dtype and keep what a reader needs of it."""
    array = np.asarray(on_host(array))
    low = high = mean = None
    nans = infs = 0
    finite = array
    if array.dtype.kind in "fc":
        good = np.isfinite(array)
        if not good.all():
            nans = int(np.isnan(array).sum())
            infs = array.size - int(good.sum()) - nans
            finite = array[good]
    if finite.size and array.dtype.kind in "fiub":
        wide = finite.astype(np.float64, copy=False)
        low, high, mean = float(wide.min()), float(wide.max()), float(wide.mean())
    kept = array.copy() if array.size <= KEEP else None
    return Snapshot(array.shape, array.dtype.name, kept, low, high, mean, nans, infs, thumbnail(array))


def thumbnail(array: np.ndarray) -> np.ndarray | None:
    """Block means of the array's first matrix (a vector is one row), at most 16 x 16; None for scalars and complex."""
    if array.ndim == 0 or array.size < 2 or array.dtype.kind not in "fiub":
        return None
    while array.ndim > 2:
        array = array[0]
    matrix = np.atleast_2d(array)
    rows, columns = (min(length, THUMBNAIL) for length in matrix.shape)
    if not rows or not columns:
        return None
    row_starts = [i * matrix.shape[0] // rows for i in range(rows)]
    column_starts = [j * matrix.shape[1] // columns for j in range(columns)]
    sums = np.add.reduceat(np.add.reduceat(matrix, row_starts, axis=0, dtype=np.float64), column_starts, axis=1)
    heights = np.diff([*row_starts, matrix.shape[0]])
    widths = np.diff([*column_starts, matrix.shape[1]])
    return sums / np.outer(heights, widths)


def number(value: object) -> str:
    """A number in at most four significant digits: `5`, `0.3333`, `12346`, `1e-05`, `nan`, `True`.

    >>> number(1 / 3), number(4.0), number(-12345.6)
    ('0.3333', '4', '-12346')
    """
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (complex, np.complexfloating)):
        sign = "-" if value.imag < 0 else "+"
        return f"{number(value.real)}{sign}{number(abs(value.imag))}j"
    real = float(value)  # type: ignore[arg-type]
    if not math.isfinite(real):
        return str(real)
    if real == int(real) and abs(real) < 1e7:
        return str(int(real))
    if 1e4 <= abs(real) < 1e7:
        return f"{real:.0f}"
    return f"{real:.4g}"


def short(shot: Snapshot | None, width: int = SHORT) -> str:
    """One line: the number, the whole array where it fits, else its range and mean, and how many NaN and inf it has.

    >>> import numpy as np
    >>> short(snapshot(np.array([1.0, 2.5])))
    '[1, 2.5]'
    >>> short(snapshot(np.arange(100.0)))
    '0 … 99, mean 49.5'
    """
    if shot is None:
        return "unknown"
    if shot is PENDING:
        return "…"
    if shot.array is not None:
        text = _nested(shot.array)
        if shot.array.ndim == 0 or len(text) <= width:
            return text
    if shot.low is None or shot.high is None or shot.mean is None:
        parts = ["all NaN or inf"] if shot.nans or shot.infs else [f"{shot.size} values"]
    else:
        parts = [f"{number(shot.low)} … {number(shot.high)}", f"mean {number(shot.mean)}"]
    if shot.nans:
        parts.append(f"{shot.nans} NaN")
    if shot.infs:
        parts.append(f"{shot.infs} inf")
    return ", ".join(parts)


def lines(shot: Snapshot | None) -> tuple[str, ...]:
    """`short`, but a small matrix that is too long for one line keeps its rows, in aligned columns."""
    text = short(shot)
    if shot is None or shot.array is None or shot.array.ndim != 2 or text.startswith("["):
        return (text,)
    if shot.shape[0] > _ROWS or shot.shape[1] > _COLUMNS:
        return (text,)
    cells = [[number(cell) for cell in row] for row in shot.array]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rows = [", ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    last = len(rows) - 1
    return tuple(("[[" if i == 0 else " [") + row + ("]]" if i == last else "],") for i, row in enumerate(rows))


def one_line(rows: tuple[str, ...]) -> str:
    """The rows of `lines` in one line, without the blanks that align them."""
    return " ".join(" ".join(rows).split()).replace("[ ", "[")


def shape_text(shape: tuple[int, ...]) -> str:
    """`scalar`, `vector of 3`, `2 × 3`: a shape in words where it has one."""
    if not shape:
        return "scalar"
    if len(shape) == 1:
        return f"vector of {shape[0]}"
    return " × ".join(map(str, shape))


def _nested(array: np.ndarray) -> str:
    if array.ndim == 0:
        return number(array[()])
    if array.size > 64:
        return "[" + " " * 99  # too long in any case: say so without writing it
    return "[" + ", ".join(_nested(part) for part in array) + "]"
