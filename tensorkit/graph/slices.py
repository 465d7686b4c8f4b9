"""A tensor of more dimensions as its matrices, one heat map each, with one scale of colours for all.

Here: `slices` and its text and picture. Not here: the summary of a whole tensor (`summary.py`).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..array_modules import on_host
from ..tensor import Tensor
from .charts import Drawn, Shown, box, words
from .describe import clean
from .heatmap import colour_of
from .palette import mono_width
from .pytorch import adopt_value, is_foreign
from .snapshots import number, shape_text, thumbnail
from .summary import SHADES
from .svg import MARGIN

LIMIT = 12
_CELL, _ROOM, _WIDTH = 13.0, 26.0, 760.0


@dataclass(frozen=True)
class Slices(Shown):
    """The matrices of a tensor: where each lies, and its block means (16 x 16 at most). NaN and inf keep their sign.

    >>> import tensorkit as torch
    >>> len(slices(torch.zeros(4, 2, 2)).parts)
    4
    """

    name: str
    shape: tuple[int, ...]
    count: int
    parts: tuple[tuple[str, np.ndarray], ...]
    low: float
    high: float

    @property
    def headline(self) -> str:
        """What is shown, and how many of how many."""
        some = f"the first {len(self.parts)} of {self.count:,}" if len(self.parts) < self.count else f"{self.count:,}"
        return f"{self.name}: {shape_text(self.shape)}, {some} slice{'s' * (self.count != 1)}"

    def to_text(self) -> str:
        """Each matrix in shades of text, under its index."""
        lines = [f"{self.headline}; {SHADES[0]} {number(self.low)} to {SHADES[-1]} {number(self.high)}"]
        for index, heat in self.parts:
            lines.append(f"{self.name}[{index}]" if index else self.name)
            lines += ["  " + "".join(self._shade(value) for value in row) for row in heat]
        if any(not np.isfinite(heat).all() for _, heat in self.parts):
            lines.append("× NaN, + inf, - -inf")
        return "\n".join(lines)

    def _shade(self, value: float) -> str:
        if not np.isfinite(value):
            return _sign(value)
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return SHADES[min(int(share * len(SHADES)), len(SHADES) - 1)]

    def draw(self, colours: Mapping[str, str]) -> Drawn:
        """The heat maps side by side, in rows of the notebook's width."""
        drawn = [words(self.headline, MARGIN, MARGIN + 13, colours["ink"], 13)]
        x, y, tallest, right = MARGIN, MARGIN + 30, 0.0, 420.0
        for index, heat in self.parts:
            wide = max(heat.shape[1] * _CELL, mono_width(f"[{index}]", 11))
            if x > MARGIN and x + wide > _WIDTH:
                x, y, tallest = MARGIN, y + tallest + _ROOM + 8, 0.0
            drawn.append(words(f"[{index}]" if index else "", x, y + 8, colours["muted"], 11, mono=True))
            for (row, column), value in np.ndenumerate(heat):
                drawn.append(self._cell(float(value), x + column * _CELL, y + 14 + row * _CELL, colours))
            tallest, right = max(tallest, heat.shape[0] * _CELL), max(right, x + wide)
            x += wide + 18
        low, high = number(self.low), number(self.high)
        legend = f"blue {low}, pale 0, orange {high}" if self.low < 0 < self.high else f"{low} light to {high} dark"
        bottom = y + tallest + _ROOM + 8
        drawn.append(words(legend + "; × NaN, + and - infinite", MARGIN, bottom, colours["muted"], 11))
        return "".join(drawn), right, bottom + 2

    def _cell(self, value: float, x: float, y: float, colours: Mapping[str, str]) -> str:
        if not np.isfinite(value):
            sign = words(_sign(value), x + _CELL / 2, y + 10, colours["ink"], 11, "middle")
            return box(x, y, _CELL, _CELL, colours["const"], colours["grad"], 0.8) + sign
        red, green, blue = colour_of(value, self.low, self.high)
        return box(x, y, _CELL, _CELL, f"#{red:02x}{green:02x}{blue:02x}", colours["const-line"], 0.4)


def slices(tensor: Tensor, name: str = "tensor", limit: int = LIMIT) -> Slices:
    """The matrices along the leading dimensions of a tensor, the first `limit` of them.

    TypeError for anything but a tensor of real numbers, ValueError where there is no number or no slice to show.

    >>> import tensorkit as torch
    >>> print(slices(torch.arange(8.0).reshape(2, 2, 2), "x"))
    x: 2 × 2 × 2, 2 slices; · 0 to █ 7
    x[0]
      ··
      ░▒
    x[1]
      ▒▓
      ██
    """
    tensor = adopt_value(tensor) if is_foreign(tensor) else tensor
    if not isinstance(tensor, Tensor):
        raise TypeError(f"expected a tensor, but got {type(tensor).__name__}")
    array = np.asarray(on_host(tensor.detach()._array))
    if array.dtype.kind == "c":
        raise TypeError("slices need real numbers, but the tensor is complex: take x.abs(), x.real or x.imag")
    if not array.size or limit < 1:
        raise ValueError(f"there is nothing to show: shape {tuple(array.shape)}, limit {limit}")
    lead = array.shape[:-2]
    parts = []
    for index in itertools.islice(itertools.product(*map(range, lead)), limit):
        matrix = np.atleast_2d(array[index]).astype(np.float64)
        with np.errstate(all="ignore"):
            heat = matrix if matrix.size < 2 else thumbnail(matrix)
        assert heat is not None
        parts.append((", ".join(map(str, index)), heat))
    values = np.concatenate([heat.ravel() for _, heat in parts])
    good = values[np.isfinite(values)]
    low, high = (float(good.min()), float(good.max())) if good.size else (0.0, 0.0)
    count = int(np.prod(lead)) if lead else 1
    return Slices(clean(name), tuple(array.shape), count, tuple(parts), low, high)


def _sign(value: float) -> str:
    return "×" if np.isnan(value) else "+" if value > 0 else "-"
