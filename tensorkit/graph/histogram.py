"""How the numbers of a tensor are spread: bars from the lowest to the highest, NaN and infinities in bars of their own.

Here: `histogram` and its text and picture. Not here: range, mean and heat map (`summary.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..array_modules import on_host
from ..tensor import Tensor
from .charts import Axis, Drawn, Shown, box, framed, words
from .describe import clean
from .pytorch import adopt_value, is_foreign
from .snapshots import number, shape_text
from .svg import MARGIN

BINS = 20
_BAR = 30  # characters of the longest bar


@dataclass(frozen=True)
class Histogram(Shown):
    """How many numbers lie between each two neighbours of `edges`; the last bar holds its upper edge too.

    >>> import tensorkit as torch
    >>> histogram(torch.tensor([0, 1, 1, 4]), bins=2).counts
    (3, 1)
    """

    name: str
    shape: tuple[int, ...]
    counts: tuple[int, ...]
    edges: tuple[float, ...]
    odd: tuple[tuple[str, int], ...]

    def to_text(self) -> str:
        """The bars as lines of text."""
        lines = [f"{self.name}: histogram of {sum(self.counts):,} numbers, {shape_text(self.shape)}"]
        ranges = [f"{number(a)} … {number(b)}" for a, b in zip(self.edges[:-1], self.edges[1:], strict=True)]
        if len(self.edges) == 2 and self.edges[0] == self.edges[1]:
            ranges = [number(self.edges[0])]
        rows = [*zip(ranges, self.counts, strict=True), *self.odd]
        wide = max((len(label) for label, _ in rows), default=0)
        most = max((count for _, count in rows), default=0)
        for label, count in rows:
            bar = "█" * round(_BAR * count / most) if most else ""
            lines.append(f"  {label.rjust(wide)}  {bar or '▏' if count else ''} {count:,}".rstrip())
        return "\n".join(lines) if rows else lines[0]

    def draw(self, colours: Mapping[str, str]) -> Drawn:
        """Bars over an axis; the odd ones beside it, with their names."""
        title = words(self.to_text().splitlines()[0], MARGIN, MARGIN + 13, colours["ink"], 13)
        if not self.counts and not self.odd:
            return title, 420.0, MARGIN + 16
        bottom, top, right = 200.0, 44.0, 460.0
        most = max([*self.counts, *(count for _, count in self.odd)])
        up = Axis(0.0, most * 1.05, bottom, top)
        low, high = (self.edges[0], self.edges[-1]) if self.edges else (0.0, 1.0)
        if low == high:
            low, high = low - 0.5, high + 0.5
        across = Axis(low, high, 62.0, right)
        parts = [title]
        if self.counts:
            parts.append(framed(across, up, "value; the height counts", colours))
            wide = (across.end - across.start) / len(self.counts)
            for place, count in enumerate(self.counts):
                y = up.at(count)
                x = across.start + place * wide
                fill, edge = colours["leaf"], colours["leaf-line"]
                parts.append(box(x, y, wide - 1, bottom - y, fill, edge) if count else "")
        for place, (label, count) in enumerate(self.odd):
            x, y = right + 30 + 56 * place, up.at(count)
            parts.append(box(x, y, 32, bottom - y, colours["const"], colours["grad"], 1.6, "3 2"))
            parts.append(words(f"{count:,}", x + 16, y - 5, colours["grad"], 11, "middle"))
            parts.append(words(label, x + 16, bottom + 16, colours["grad"], 11, "middle"))
        return "".join(parts), right + 20 + 56 * len(self.odd), bottom + 34


def histogram(tensor: Tensor, name: str = "tensor", bins: int = BINS) -> Histogram:
    """Count the numbers of a tensor in bars of equal width; TypeError for no tensor, ValueError for no bars.

    >>> import tensorkit as torch
    >>> print(histogram(torch.tensor([0, 1, 1, 4]), "x", bins=2))
    x: histogram of 4 numbers, vector of 4
      0 … 2  ██████████████████████████████ 3
      2 … 4  ██████████ 1
    """
    tensor = adopt_value(tensor) if is_foreign(tensor) else tensor
    if not isinstance(tensor, Tensor):
        raise TypeError(f"expected a tensor, but got {type(tensor).__name__}")
    if bins < 1:
        raise ValueError(f"bins must be at least 1, but got {bins}")
    array = np.asarray(on_host(tensor.detach()._array))
    if array.dtype.kind == "c":
        raise TypeError("a histogram needs real numbers, but the tensor is complex: take x.abs(), x.real or x.imag")
    wide = array.astype(np.float64).ravel()
    finite = wide[np.isfinite(wide)]
    kinds = (("NaN", np.isnan(wide)), ("-inf", wide == -np.inf), ("inf", wide == np.inf))
    odd = tuple((label, int(found.sum())) for label, found in kinds if found.any())
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if not finite.size:
        return Histogram(clean(name), tuple(array.shape), (), (), odd)
    if low == high:
        return Histogram(clean(name), tuple(array.shape), (int(finite.size),), (low, high), odd)
    scale = math.ldexp(1.0, math.frexp(max(abs(low), abs(high)))[1] - 1)  # near the limits the range would overflow
    edges = np.unique(np.linspace(low / scale, high / scale, bins + 1))  # fewer where floats stand closer than that
    counts, _ = np.histogram(finite / scale, bins=edges)
    return Histogram(
        clean(name), tuple(array.shape), tuple(map(int, counts)), tuple(float(edge) * scale for edge in edges), odd
    )
