"""What the drawings of this package share: the frame of an SVG, and axes with their ticks, lines and bands.

Here: small functions from numbers to markup, and `Shown`, which says how a drawing shows itself in a notebook. Not
here: what is drawn (`training_picture.py`, `histogram.py`, `descent_picture.py`, …), the colours (`palette.py`).
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .palette import LIVE_STYLE, MONO, SANS, THEMES, rules
from .snapshots import number
from .svg import MARGIN, escape

TURNS = ("leaf-line", "grad", "op-line")  # the colours of lines, one after the other; then the same ones dashed
Drawn = tuple[str, float, float]  # markup, and how far it reaches to the right and down


class Shown:
    """A drawing that shows itself: `to_text` and `draw` are what a kind of drawing brings along."""

    def to_text(self) -> str:
        """The drawing in words."""
        raise NotImplementedError(f"{type(self).__name__}.to_text")

    def draw(self, colours: Mapping[str, str]) -> Drawn:
        """The drawing as markup, in these colours."""
        raise NotImplementedError(f"{type(self).__name__}.draw")

    def to_svg(self, theme: str = "auto") -> str:
        """The drawing as SVG; the themes are those of `Graph.to_svg`, ValueError for another one."""
        if theme not in THEMES:
            raise ValueError(f"theme must be one of {', '.join(THEMES)}, but got {theme!r}")
        colours = THEMES[theme]
        body, right, bottom = self.draw(colours)
        width, height = f"{right + MARGIN:.0f}", f"{bottom + MARGIN:.0f}"
        told = self.to_text()
        style = f"max-width:100%;height:auto;{LIVE_STYLE if theme == 'live' else ''}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(told.splitlines()[0])}" '
            f'class="tk-chart tk-{theme}" font-family="{SANS}" font-size="12" style="{escape(style)}">'
            f"<title>{escape(told.splitlines()[0])}</title><desc>{escape(told)}</desc>{rules(theme)}\n"
            f'<rect width="{width}" height="{height}" fill="{colours["paper"]}"/>\n{body}\n</svg>'
        )

    def __str__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, str]:
        return {"image/svg+xml": self.to_svg(), "text/plain": self.to_text()}


def image(svg: str, alternative: str) -> str:
    """A picture in HTML, with the words that stand for it: nbconvert's own pictures have none.

    >>> image("<svg/>", "a line")
    '<img alt="a line" style="max-width:100%" src="data:image/svg+xml;base64,PHN2Zy8+">'
    """
    source = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{escape(alternative)}" style="max-width:100%" src="data:image/svg+xml;base64,{source}">'


@dataclass(frozen=True)
class Axis:
    """A range of numbers and the stretch of the page that it stands on; `log` counts in powers of ten.

    >>> Axis(0.0, 10.0, 100.0, 200.0).at(5.0)
    150.0
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Where a number stands; those outside of the range, at its ends."""
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, self.low))
        if not math.isfinite(high - low):
            low, high, value = low / 4, high / 4, value / 4
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.start + share * (self.end - self.start)

    def ticks(self, count: int = 5) -> list[float]:
        """Round numbers along the axis, about so many.

        >>> Axis(0.0, 9.0, 0.0, 1.0).ticks()
        [0.0, 2.0, 4.0, 6.0, 8.0]
        >>> Axis(0.01, 20.0, 0.0, 1.0, log=True).ticks()
        [0.01, 0.1, 1.0, 10.0]
        """
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            if last > first:
                return [10.0**power for power in range(first, last + 1, max(1, math.ceil((last - first) / count)))]
        rough = self.high / count - self.low / count
        if not 1e-290 < rough < 1e300:  # near the limits of floats there are no round numbers
            return [self.low, self.high]
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough * 0.999)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        digits = max(0, 1 - math.floor(math.log10(step)))
        return [round(step * times, digits) + 0.0 for times in range(first, last + 1)]


def spanning(values: Sequence[float], start: float, end: float, log: bool = False, room: float = 0.05) -> Axis:
    """An axis that holds these numbers with a little room around them; those that are not finite don't count.

    >>> axis = spanning([1.0, 3.0, float("nan")], 0.0, 100.0, room=0.0)
    >>> axis.low, axis.high
    (1.0, 3.0)
    """
    good = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
    low, high = (min(good), max(good)) if good else (0.1, 1.0) if log else (0.0, 1.0)
    if log:
        if high < 1.5 * low:
            low, high = low / 2, high * 2
        grow = (high / low) ** room
        return Axis(low / grow, high * grow, start, end, True)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-30):
        half = abs(high) * 0.1 or 0.5
        low, high = low - half, high + half
    low, high = max(low, -1e308), min(high, 1e308)
    extra = room * high - room * low
    return Axis(low - extra, high + extra, start, end)


def framed(across: Axis, up: Axis, below: str, colours: Mapping[str, str]) -> str:
    """The frame of a chart with its ticks and their numbers; `below` names what is counted across."""
    left, right, bottom, top = across.start, across.end, up.start, up.end
    line = f'stroke="{colours["const-line"]}" stroke-width="1"'
    parts = [f'<path d="M{n(left)} {n(top)}V{n(bottom)}H{n(right)}" fill="none" {line}/>']
    for value in up.ticks(4):
        y = up.at(value)
        parts.append(f'<path d="M{n(left)} {n(y)}H{n(right)}" {line} stroke-opacity="0.25"/>')
        parts.append(words(number(value), left - 6, y + 4, colours["muted"], 11, "end"))
    for value in across.ticks(5):
        x = across.at(value)
        parts.append(f'<path d="M{n(x)} {n(bottom)}v4" {line}/>')
        parts.append(words(number(value), x, bottom + 16, colours["muted"], 11, "middle"))
    parts.append(words(below, (left + right) / 2, bottom + 31, colours["muted"], 11, "middle"))
    return "".join(parts)


def line(points: Sequence[tuple[float, float]], turn: int, colours: Mapping[str, str], width: float = 2.0) -> str:
    """A line through points of the page in the colour and dashes of its turn; a single point is a dot."""
    colour, dashes = colours[TURNS[turn % len(TURNS)]], ("", "6 3", "2 3")[turn // len(TURNS) % 3]
    if len(points) == 1:
        (x, y) = points[0]
        return f'<circle cx="{n(x)}" cy="{n(y)}" r="3" fill="{colour}"/>'
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    way = " ".join(f"{n(x)},{n(y)}" for x, y in points)
    return (
        f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="{n(width)}" '
        f'stroke-linejoin="round"{dash}/>'
    )


def words(
    text: str, x: float, y: float, colour: str, size: float = 12, anchor: str = "start", *, mono: bool = False
) -> str:
    """Text at a place; markup in it stays text."""
    font = f' font-family="{MONO}"' if mono else ""
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{n(x)}" y="{n(y)}" font-size="{n(size)}"{where}{font} fill="{colour}">{escape(text)}</text>'


def box(
    x: float, y: float, wide: float, high: float, fill: str, edge: str = "", width: float = 1, dashes: str = ""
) -> str:
    """A rectangle, with an edge where one is asked for."""
    stroke = f' stroke="{edge}" stroke-width="{n(width)}"' if edge else ""
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<rect x="{n(x)}" y="{n(y)}" width="{n(wide)}" height="{n(high)}" fill="{fill}"{stroke}{dash}/>'


def arrow(x: float, y: float, to_x: float, to_y: float, colour: str, width: float = 2.2) -> str:
    """An arrow between two places; nothing where they are less than two pixels apart."""
    length = math.hypot(to_x - x, to_y - y)
    if length < 2:
        return ""
    along, across = (to_x - x) / length, (to_y - y) / length
    head = min(9.0, length)
    back_x, back_y = to_x - head * along, to_y - head * across
    corners = [(to_x, to_y), (back_x - across * 4, back_y + along * 4), (back_x + across * 4, back_y - along * 4)]
    points = " ".join(f"{n(a)},{n(b)}" for a, b in corners)
    return (
        f'<path d="M{n(x)} {n(y)}L{n(back_x)} {n(back_y)}" stroke="{colour}" stroke-width="{n(width)}"/>'
        f'<polygon points="{points}" fill="{colour}"/>'
    )


def n(value: float) -> str:
    """A length with at most one decimal.

    >>> n(12.0), n(0.26)
    ('12', '0.3')
    """
    return f"{value:.1f}".removesuffix(".0")
