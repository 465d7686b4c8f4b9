"""A matrix product as a picture: which row meets which column, and why two shapes do not fit.

Here: `product`, its text and its picture. For vectors and batches the rules are those of
https://docs.pytorch.org/docs/stable/generated/torch.matmul.html: a vector on the left is a row, on the right a column,
and the axes in front of the last two are broadcast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..array_modules import on_host
from ..tensor import Tensor
from .broadcasting import broadcast, shape_of
from .charts import Drawn, Shown, box, words
from .describe import clean
from .palette import columns, sans_width
from .snapshots import number, shape_text
from .svg import MARGIN

DRAWN = 6  # rows and columns of a matrix; more are cut
TERMS = 6  # of the written sum
_HIGH = 24.0


@dataclass(frozen=True)
class Product(Shown):
    """Two operands of `@` as matrices; `shape` is the result's, None where they do not fit.

    `cell` is the row and the column whose meeting is shown; `problem` says why it does not fit, `remedies` what would.

    >>> product((2, 3), (3, 4)).shape
    (2, 4)
    """

    names: tuple[str, str]
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    shape: tuple[int, ...] | None
    cell: tuple[int, int]
    values: tuple[np.ndarray | None, np.ndarray | None]
    problem: str = ""
    remedies: tuple[str, ...] = ()

    @property
    def matrices(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The last two axes of both, a vector as a row on the left and as a column on the right."""
        left, right = self.shapes
        return (1, *left)[-2:], ((*right, 1) if len(right) == 1 else right)[-2:]  # type: ignore[return-value]

    def sentences(self) -> list[str]:
        """What happens, in words."""
        a, b = self.names
        head = f"{_operand(a)} @ {_operand(b)}: {_by(self.shapes[0])} @ {_by(self.shapes[1])}"
        if self.shape is None:
            return [f"{head} does not fit", self.problem, *(f"it would fit: {remedy}" for remedy in self.remedies)]
        (_, inner), _ = self.matrices
        out = [f"{head} gives {_by(self.shape)}"]
        if 0 in self.shape or not inner:
            return [*out, "no row meets a column" if 0 in self.shape else "each number is an empty sum: 0"]
        row, column = self.cell
        whole = "the number" if not self.shape else f"number {row if len(self.shapes[0]) > 1 else column}"
        if min(map(len, self.shapes)) > 1:
            whole = f"number ({row}, {column})"
        rows, cols = f"row {row} of {a}", f"column {column} of {b}"
        rows = a if len(self.shapes[0]) == 1 else rows
        cols = b if len(self.shapes[1]) == 1 else cols
        terms = "1 product" if inner == 1 else f"{inner} products"
        out.append(f"{whole} of the result: {rows} meets {cols}, {terms} and their sum")
        if (written := self._written()) is not None:
            out.append(written)
        if len(self.shape) > 2 or max(map(len, self.shapes)) > 2:
            out.append("so for each matrix along the axes in front, which are broadcast; the first is drawn")
        return out

    def _written(self) -> str | None:
        left, right = self.values
        if left is None or right is None:
            return None
        pairs = list(zip(left[self.cell[0]], right[:, self.cell[1]], strict=True))
        terms = [f"{_signed(x)}·{_signed(y)}" for x, y in pairs]
        if len(terms) > TERMS:
            terms = [*terms[: TERMS - 2], "…", terms[-1]]
        with np.errstate(all="ignore"):
            return f"{' + '.join(terms)} = {number(left[self.cell[0]] @ right[:, self.cell[1]])}"

    def _result(self) -> np.ndarray | None:
        """The numbers of the result as far as they are drawn; None where only shapes are known."""
        left, right = self.values
        if left is None or right is None or self.shape is None:
            return None
        with np.errstate(all="ignore"):
            return left[:DRAWN] @ right[:, :DRAWN]

    def to_text(self) -> str:
        """The sentences: what meets what, the sum written out, or what is wrong and what would fit."""
        return "\n".join(self.sentences())

    def draw(self, colours: Mapping[str, str]) -> Drawn:
        """The left matrix beside the result, the right one above it: a row and a column meet in their corner."""
        head, *rest = self.sentences()
        parts = [words(head, MARGIN, MARGIN + 13, colours["ink"], 13)]
        parts += [words(told, MARGIN, MARGIN + 31 + 18 * place, colours["muted"]) for place, told in enumerate(rest)]
        width = max(sans_width(told, 13) for told in [head, *rest])
        top = MARGIN + 18 * len(rest) + 32
        if not all(self.shapes) or any(0 in shape for shape in self.shapes):
            return "".join(parts), width + MARGIN, top - 12
        (rows, inner), (depth, cols) = self.matrices
        texts = [_texts(values) for values in (*self.values, self._result())]
        wide = max([26.0, *(columns(text) * 6.7 + 10 for table in texts for line in table for text in line)])
        row, column = (place if place < DRAWN else -1 for place in self.cell)  # -1: none is marked
        x, y = MARGIN + min(inner, DRAWN) * wide + 46, top + 18 + min(depth, DRAWN) * _HIGH + 28
        parts.append(words(f"{self.names[1]}: {depth} × {cols}", x, top + 10, colours["ink"], 12, mono=True))
        parts.append(words(f"{self.names[0]}: {rows} × {inner}", MARGIN, y - 8, colours["ink"], 12, mono=True))
        lone = self.shape is None
        parts.append(
            _grid((x, top + 18), (depth, cols), wide, texts[1], (None, column), inner if lone else None, colours)
        )
        parts.append(_grid((MARGIN, y), (rows, inner), wide, texts[0], (row, None), depth if lone else None, colours))
        if self.shape is not None:
            parts.append(words("result", x, y - 8, colours["ink"], 12, mono=True))
            parts.append(_grid((x, y), (rows, cols), wide, texts[2], (row, column), None, colours))
        bottom = y + min(rows, DRAWN) * _HIGH + 18
        cut = max(rows, inner, depth, cols) > DRAWN
        told = f"at most {DRAWN} rows and columns are drawn; " if cut else ""
        told += "× has no partner" if lone else "the marked row and column meet in the marked number"
        parts.append(words(told, MARGIN, bottom, colours["muted"], 11))
        return "".join(parts), max(width, x + min(cols, DRAWN) * wide) + MARGIN, bottom + 4


def product(a: Any, b: Any, names: Sequence[str] = ("a", "b"), cell: tuple[int, int] = (0, 0)) -> Product:
    """How `a @ b` comes about, or why it does not: tensors, or shapes. `cell` is the number of the result to explain.

    TypeError for anything else, IndexError where the result has no such number.

    >>> import tensorkit as torch
    >>> print(product(torch.tensor([[1, 2], [3, 4]]), torch.tensor([[5, 6], [7, 8]]), cell=(1, 0)))
    a @ b: 2×2 @ 2×2 gives 2×2
    number (1, 0) of the result: row 1 of a meets column 0 of b, 2 products and their sum
    3·5 + 4·7 = 43
    >>> print(product((2, 3), (2, 3), "wx"))
    w @ x: 2×3 @ 2×3 does not fit
    a row of w has 3 numbers, a column of x has 2: some have no partner
    it would fit: w @ x.T, 2×3 @ 3×2 gives 2×2
    it would fit: w.T @ x, 3×2 @ 2×3 gives 3×3
    """
    left, right = shape_of(a), shape_of(b)
    found = clean(names[0]), clean(names[1])
    values = _first_matrix(a, row=True), _first_matrix(b, row=False)
    plain = Product(found, (left, right), None, cell, values)
    if not left or not right:
        lone = " and ".join(name for name, shape in zip(found, (left, right), strict=True) if not shape)
        return Product(found, (left, right), None, cell, values, f"{lone}: a scalar has no row and no column; write *")
    shape, problem = _fits(left, right, found)
    if shape is None:
        return Product(found, (left, right), None, cell, values, problem, _remedies(left, right, found))
    (rows, _), (_, cols) = plain.matrices
    if 0 not in shape and not (0 <= cell[0] < rows and 0 <= cell[1] < cols):
        raise IndexError(f"the result has {rows} × {cols} numbers, but cell is {cell}")
    return Product(found, (left, right), shape, cell, values)


def _fits(left: tuple[int, ...], right: tuple[int, ...], names: tuple[str, str]) -> tuple[tuple[int, ...] | None, str]:
    """The result's shape, or None and the reason."""
    depth = right[-2] if len(right) > 1 else right[0]
    if left[-1] != depth:
        row = names[0] if len(left) == 1 else f"a row of {names[0]}"
        column = names[1] if len(right) == 1 else f"a column of {names[1]}"
        return None, f"{row} has {left[-1]} numbers, {column} has {depth}: some have no partner"
    front = broadcast(left[:-2], right[:-2])
    if front.shape is None:
        return None, f"the axes in front, {left[:-2]} and {right[:-2]}, cannot be broadcast"
    return front.shape + left[-2:-1] + (right[-1:] if len(right) > 1 else ()), ""


def _remedies(left: tuple[int, ...], right: tuple[int, ...], names: tuple[str, str]) -> tuple[str, ...]:
    """Which transpose, or which other order, would fit."""
    a, b = names
    turned = ".T" if max(len(left), len(right)) <= 2 else ".mT"
    tries = []
    if len(right) > 1:
        tries.append((a, b + turned, left, (*right[:-2], right[-1], right[-2])))
    if len(left) > 1:
        tries.append((a + turned, b, (*left[:-2], left[-1], left[-2]), right))
    tries.append((b, a, right, left))
    out = []
    for first, second, one, two in tries:
        shape, _ = _fits(one, two, names)
        if shape is not None:
            out.append(f"{_operand(first)} @ {_operand(second)}, {_by(one)} @ {_by(two)} gives {_by(shape)}")
    return tuple(out)


def _operand(name: str) -> str:
    """A name, in brackets where it is an expression: `(x + 1).T`."""
    base, dot, turned = name.rpartition(".") if name.endswith((".T", ".mT")) else (name, "", "")
    return f"({base}){dot}{turned}" if " " in base else name


def _first_matrix(value: Any, row: bool) -> np.ndarray | None:
    """The numbers of a tensor's first matrix; None for a shape, and where there is none."""
    if not hasattr(value, "detach") or not value.shape or 0 in value.shape:
        return None
    first = value.detach()
    while len(first.shape) > 2:
        first = first[0]
    array = np.asarray(on_host(first._array) if isinstance(first, Tensor) else first.tolist())  # PyTorch's tensors too
    if array.dtype.kind in "fV":
        array = array.astype(np.float64)
    return array if array.ndim == 2 else array[None, :] if row else array[:, None]


def _texts(values: np.ndarray | None) -> list[list[str]]:
    return [] if values is None else [[number(value) for value in row[:DRAWN]] for row in values[:DRAWN]]


def _grid(
    place: tuple[float, float],
    shape: tuple[int, int],
    wide: float,
    texts: list[list[str]],
    marked: tuple[int | None, int | None],
    partners: int | None,
    colours: Mapping[str, str],
) -> str:
    """A matrix as boxes; the marked row or column in orange, a × where a number has no partner."""
    x, y = place
    row, column = marked
    parts = []
    for i in range(min(shape[0], DRAWN)):
        for j in range(min(shape[1], DRAWN)):
            hit = (row is None or i == row) and (column is None or j == column)
            along = i if row is None else j
            alone = partners is not None and hit and along >= partners
            edge, fill = (colours["grad"], colours["op"]) if hit else (colours["const-line"], colours["paper"])
            at = (x + j * wide, y + i * _HIGH)
            parts.append(box(*at, wide - 3, _HIGH - 3, fill, edge, 2 if hit else 1, "3 2" if alone else ""))
            text = "×" if alone else texts[i][j] if texts else ""
            if text:
                parts.append(words(text, at[0] + (wide - 3) / 2, at[1] + 15, colours["ink"], 11, "middle", mono=True))
    return "".join(parts)


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if len(shape) > 1 else shape_text(shape)


def _signed(value: Any) -> str:
    text = number(value)
    return f"({text})" if text.startswith("-") else text
