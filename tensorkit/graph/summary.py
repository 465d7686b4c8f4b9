"""One tensor at a glance: shape, range, mean, NaN, the state of its gradient, and a small heat map.

Here: `summarize` and the `Summary` that it gives, as data and as text. Its picture is drawn in `heatmap.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import dtypes
from ..array_modules import on_host
from ..tensor import Tensor
from .describe import clean
from .model import Snapshot
from .pytorch import adopt_value, is_foreign
from .snapshots import number, shape_text, short, snapshot

SHADES = "·░▒▓█"
_NAN = "×"


@dataclass(frozen=True)
class Summary:
    """What one look at a tensor tells. `heat` is a matrix of at most 16 x 16 block means, of the first matrix in it.

    >>> import tensorkit as torch
    >>> summarize(torch.arange(6.0)).lines[0]
    'tensor: vector of 6, float32, 6 elements'
    """

    name: str
    dtype: str
    shot: Snapshot
    std: float | None
    gradient: str

    @property
    def heat(self) -> np.ndarray | None:
        """The numbers of the heat map; None for a scalar."""
        return self.shot.thumbnail

    @property
    def lines(self) -> tuple[str, ...]:
        """The sentences of the summary: what it is, its values, its gradient."""
        shot = self.shot
        count = f"{shot.size:,} element{'s' * (shot.size != 1)}"
        what = f"{self.name}: {shape_text(shot.shape)}, {self.dtype}" + (f", {count}" if shot.shape else "")
        return (what, self._values(), f"gradient: {self.gradient}")

    def _values(self) -> str:
        shot = self.shot
        if not shot.shape:
            return f"value {short(shot)}"
        if not shot.size:
            return "no values"
        parts = []
        if shot.array is not None and len(text := short(shot)) <= 40 and text.startswith("["):
            parts.append(text)
        if shot.low is not None and shot.high is not None and shot.mean is not None:
            parts.append(f"from {number(shot.low)} to {number(shot.high)}")
            parts.append(f"mean {number(shot.mean)}")
        if self.std is not None:
            parts.append(f"std {number(self.std)}")
        parts.append(f"{shot.nans:,} NaN" if shot.nans else "no NaN")
        if shot.infs:
            parts.append(f"{shot.infs:,} inf")
        return "values " + ", ".join(parts)

    def to_text(self) -> str:
        """The summary as text, with a heat map of shades.

        >>> import tensorkit as torch
        >>> print(summarize(torch.arange(6.0).reshape(2, 3), "x").to_text())
        x: 2 × 3, float32, 6 elements
        values [[0, 1, 2], [3, 4, 5]], from 0 to 5, mean 2.5, std 1.871, no NaN
        gradient: none: requires_grad=False
        heat map, · low to █ high:
          ·░▒
          ▓██
        """
        return "\n".join([*self.lines, *self._shades()])

    def _shades(self) -> list[str]:
        if self.heat is None:
            return []
        levels = scaled(self.heat)
        rows = [
            "".join(
                _NAN if np.isnan(level) else SHADES[min(int(level * len(SHADES)), len(SHADES) - 1)] for level in row
            )
            for row in levels
        ]
        missing = f", {_NAN} NaN or inf" if np.isnan(levels).any() else ""
        return [f"heat map, {SHADES[0]} low to {SHADES[-1]} high{missing}:", *("  " + row for row in rows)]

    def to_svg(self, theme: str = "auto") -> str:
        """The summary as an SVG with its heat map; themes as in `Graph.to_svg`."""
        from .heatmap import to_svg

        return to_svg(self, theme)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, str]:
        return {"image/svg+xml": self.to_svg(), "text/plain": self.to_text()}


def summarize(tensor: Tensor, name: str = "tensor") -> Summary:
    """Look at a tensor of any shape and dtype, ours or PyTorch's; TypeError for anything else.

    >>> import tensorkit as torch
    >>> summarize(torch.tensor([1.0, float("nan")]), "x").lines[1]
    'values [1, nan], from 1 to 1, mean 1, 1 NaN'
    """
    tensor = adopt_value(tensor) if is_foreign(tensor) else tensor
    if not isinstance(tensor, Tensor):
        raise TypeError(f"expected a tensor, but got {type(tensor).__name__}")
    array = np.asarray(on_host(tensor._array))
    if array.dtype.kind == "V":
        array = array.astype(np.float32)
    std = None
    if array.dtype.kind in "fiu" and array.size > 1:
        finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
        std = float(finite.std(ddof=1, dtype=np.float64)) if finite.size > 1 else None
    kind = dtypes.from_numpy(tensor._array.dtype).name
    return Summary(clean(name), kind, snapshot(array), std, gradient_state(tensor))


def gradient_state(tensor: Tensor) -> str:
    """Whether a gradient is kept for this tensor, and what has arrived so far, in words."""
    if not tensor._requires_grad:
        return "none: requires_grad=False"
    grad = tensor._grad
    arrived = "nothing in .grad yet" if grad is None else f".grad is {short(snapshot(grad._array))}"
    if tensor._node is None:
        return f"leaf with requires_grad=True, {arrived}"
    made = f"result of {tensor._node.name()}"
    if grad is None and not tensor.retains_grad:
        return f"{made}; .grad is kept for leaves only, unless retain_grad() is called"
    return f"{made} with retain_grad(), {arrived}"


def scaled(heat: np.ndarray) -> np.ndarray:
    """Heat between 0 and 1, NaN where a number is none; 0.5 where all are the same."""
    good = heat[np.isfinite(heat)]
    low, high = (good.min(), good.max()) if good.size else (0.0, 0.0)
    levels = (heat - low) / (high - low) if high > low else np.full(heat.shape, 0.5)
    return np.where(np.isfinite(heat), levels, np.nan)
