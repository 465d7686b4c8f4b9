"""What broadcasting does with two shapes: which axes are repeated, which are new, and where they do not fit.

Here: `broadcast`, its text and its picture. The rule is that of NumPy and PyTorch: sizes are compared from the last
axis on; they fit where they are equal or one of them is 1 or missing. Source:
https://numpy.org/doc/stable/user/basics.broadcasting.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .charts import Drawn, Shown, box, words
from .describe import clean
from .palette import mono_width, sans_width
from .snapshots import shape_text
from .svg import MARGIN

DRAWN = 6  # rows and columns of a matrix; more are cut
_CELL = 22.0


@dataclass(frozen=True)
class Broadcast(Shown):
    """Two shapes, brought to as many axes by None in front; `shape` is the result's, None where they do not fit.

    >>> broadcast((2, 3), (3,)).aligned
    ((2, 3), (None, 3))
    """

    names: tuple[str, str]
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    aligned: tuple[tuple[int | None, ...], tuple[int | None, ...]]
    shape: tuple[int, ...] | None

    def repeated(self, which: int) -> tuple[int, ...]:
        """The axes of the result along which the operand (0 or 1) is repeated; its gradient is summed over them."""
        return tuple(
            axis
            for axis, (own, other) in enumerate(zip(self.aligned[which], self.aligned[1 - which], strict=True))
            if own is None or (own == 1 and other not in (1, None))
        )

    @property
    def clashes(self) -> tuple[int, ...]:
        """The axes where the sizes differ and neither is 1."""
        pairs = zip(*self.aligned, strict=True)
        return tuple(axis for axis, (a, b) in enumerate(pairs) if a != b and None not in (a, b) and 1 not in (a, b))

    def sentences(self) -> list[str]:
        """What happens, in words."""
        a, b = (f"{name} ({shape_text(shape)})" for name, shape in zip(self.names, self.shapes, strict=True))
        if self.shape is None:
            out = [f"{a} and {b} do not fit together"]
            for axis in self.clashes:
                sizes = f"{self.aligned[0][axis]} and {self.aligned[1][axis]}"
                out.append(f"axis {axis}: {sizes} differ, and neither of them is 1")
            return out
        out = [f"{a} with {b}: the result is {shape_text(self.shape)}"]
        for which, name in enumerate(self.names):
            if axes := self.repeated(which):
                told = ", ".join(
                    f"axis {axis} ({'new' if self.aligned[which][axis] is None else 'of size 1'}): "
                    f"{self.shape[axis]} times"
                    for axis in axes
                )
                over = ", ".join(map(str, axes))
                plural = "axes" if len(axes) > 1 else "axis"
                out.append(f"{name} is repeated along {told}; backward, its gradient is summed over {plural} {over}")
        return out if len(out) > 1 else [*out, "nothing is repeated"]

    def to_text(self) -> str:
        """A table of the axes, and what happens along them."""
        head, *rest = self.sentences()
        rows = self._rows()
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        table = []
        for name, *cells in rows:
            aligned = [cell.rjust(wide) for cell, wide in zip(cells, widths[1:], strict=True)]
            table.append("  ".join([name.ljust(widths[0]), *aligned]).rstrip())
        return "\n".join([head, *table, *rest])

    def _rows(self) -> list[list[str]]:
        """The table: the number of each axis, the sizes of both operands, `1→5` where one is repeated, the result's."""
        rows = [["axis", *(str(axis) for axis in range(len(self.aligned[0])))]]
        for which, name in enumerate(self.names):
            cells = ["·" if size is None else str(size) for size in self.aligned[which]]
            if self.shape is not None:
                for axis in self.repeated(which):
                    cells[axis] += f"→{self.shape[axis]}"
            rows.append([name, *cells])
        sizes = [str(_size(pair)) for pair in zip(*self.aligned, strict=True)]
        return [*rows, ["result", *("differ" if axis in self.clashes else size for axis, size in enumerate(sizes))]]

    def draw(self, colours: Mapping[str, str]) -> Drawn:
        """The table; below it the last two axes as squares: solid ones are stored, dashed ones repeated."""
        head, *rest = self.sentences()
        parts = [words(head, MARGIN, MARGIN + 13, colours["ink"], 13)]
        parts += [words(told, MARGIN, MARGIN + 31 + 18 * place, colours["muted"]) for place, told in enumerate(rest)]
        table, right, bottom = self._table(MARGIN + 18 * len(rest) + 30, colours)
        right = max(right, *(sans_width(told, 13) for told in [head, *rest]))
        if self.shape is None:
            return "".join([*parts, table]), right + MARGIN, bottom
        squares, reach, bottom = self._squares(bottom + 12, colours)
        return "".join([*parts, table, squares]), max(right, reach) + MARGIN, bottom

    def _table(self, y: float, colours: Mapping[str, str]) -> Drawn:
        rows = self._rows()
        widths = [max(mono_width(row[column], 12) for row in rows) + 22 for column in range(len(rows[0]))]
        parts = []
        for line, (name, *cells) in enumerate(rows):
            x = MARGIN + widths[0]
            parts.append(words(name, MARGIN, y + 15, colours["muted" if line == 0 else "ink"], 12, mono=True))
            for axis, cell in enumerate(cells):
                clash, moved = axis in self.clashes and line > 0, "→" in cell or cell == "·"
                wide = widths[axis + 1]
                if line:
                    edge = "grad" if clash else "leaf-line" if moved else "const-line"
                    fill, dashes = ("leaf", "4 3") if moved else ("paper", "")
                    parts.append(box(x, y, wide - 6, 22, colours[fill], colours[edge], 1.2 + clash, dashes))
                colour = colours["muted" if line == 0 else "grad" if clash else "ink"]
                parts.append(words(cell, x + (wide - 6) / 2, y + 15, colour, 12, "middle", mono=True))
                x += wide
            y += 27
        return "".join(parts), MARGIN + sum(widths), y

    def _squares(self, top: float, colours: Mapping[str, str]) -> tuple[str, float, float]:
        """Both operands and the result as grids over the last two axes."""
        assert self.shape is not None
        rows, columns = (1, 1, *self.shape)[-2:]
        shown_rows, shown_columns = min(rows, DRAWN), min(columns, DRAWN)
        parts, x = [], MARGIN
        for which, name in enumerate([*self.names, "result"]):
            again: tuple[int, ...] = self.repeated(which) if which < 2 else ()
            row_again, column_again = len(self.shape) - 2 in again, len(self.shape) - 1 in again
            parts.append(words(name, x, top + 10, colours["ink"], 12, mono=True))
            for row in range(shown_rows):
                for column in range(shown_columns):
                    ghost = (row > 0 and row_again) or (column > 0 and column_again)
                    fill = colours["paper" if ghost else "leaf" if which < 2 else "op"]
                    edge = colours["line" if ghost else "leaf-line" if which < 2 else "op-line"]
                    at = (x + column * _CELL, top + 18 + row * _CELL)
                    parts.append(box(*at, _CELL - 3, _CELL - 3, fill, edge, 1.4, "3 3" if ghost else ""))
            x += max(shown_columns * _CELL, mono_width(name, 12)) + 30
        bottom = top + 18 + shown_rows * _CELL + 14
        told = "solid: stored, dashed: repeated"
        if len(self.shape) > 2:
            told += "; the last two axes"
        if (rows, columns) != (shown_rows, shown_columns):
            told += f"; the first {shown_rows} × {shown_columns} of {rows} × {columns}"
        parts.append(words(told, MARGIN, bottom, colours["muted"], 11))
        return "".join(parts), max(x - 30, sans_width(told, 11)), bottom + 4


def broadcast(a: Any, b: Any, names: Sequence[str] = ("a", "b")) -> Broadcast:
    """What happens to the shapes of two operands; tensors, numbers or shapes themselves. TypeError for anything else.

    >>> print(broadcast((2, 3), (3,)))
    a (2 × 3) with b (vector of 3): the result is 2 × 3
    axis      0  1
    a         2  3
    b       ·→2  3
    result    2  3
    b is repeated along axis 0 (new): 2 times; backward, its gradient is summed over axis 0
    """
    first, second = shape_of(a), shape_of(b)
    axes = max(len(first), len(second))
    left: tuple[int | None, ...] = (None,) * (axes - len(first)) + first
    right: tuple[int | None, ...] = (None,) * (axes - len(second)) + second
    found = Broadcast((clean(names[0]), clean(names[1])), (first, second), (left, right), None)
    if found.clashes:
        return found
    shape = tuple(_size(pair) for pair in zip(left, right, strict=True))
    return Broadcast(found.names, found.shapes, found.aligned, shape)


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a tensor or a number, or the shape that a tuple or list of sizes is; TypeError for anything else.

    >>> shape_of((2, 3)), shape_of(1.5)
    ((2, 3), ())
    """
    if hasattr(value, "shape"):
        return tuple(int(size) for size in value.shape)
    if isinstance(value, (bool, int, float, complex)):
        return ()
    if isinstance(value, (tuple, list)) and all(type(size) is int and size >= 0 for size in value):
        return tuple(value)
    raise TypeError(f"expected a tensor, a number or a shape, but got {type(value).__name__}")


def _size(pair: tuple[int | None, ...]) -> int:
    """The size of two that fit: the one that is not 1."""
    sizes = [size for size in pair if size is not None]
    return next((size for size in sizes if size != 1), 1)
