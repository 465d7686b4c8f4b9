"""The picture of a tensor's summary: its sentences, and its heat map as coloured squares.

Numbers with both signs are coloured around 0, blue below and orange above; numbers of one sign from light to dark. The
colours stay apart in every common kind of colour blindness. Where there are few numbers, they stand in their squares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .palette import LIVE_STYLE, MONO, SANS, THEMES, columns, mono_width, rules, sans_width
from .snapshots import number
from .svg import MARGIN, escape

if TYPE_CHECKING:
    from .summary import Summary

_CELL, _WITH_NUMBERS = 15.0, 8
MARKS = {"nan": "×", "inf": "+", "-inf": "−"}  # in squares that are too small for words
_BLUE, _ORANGE, _PALE = (20, 92, 158), (176, 72, 8), (244, 244, 242)


def to_svg(summary: Summary, theme: str = "auto") -> str:
    """Draw the summary; ValueError for an unknown theme."""
    if theme not in THEMES:
        raise ValueError(f"theme must be one of {', '.join(THEMES)}, but got {theme!r}")
    colours = THEMES[theme]
    sentences = summary.lines
    width = max(mono_width(sentences[0], 13), *(sans_width(line, 12) for line in sentences[1:]))
    height = 18.0 * len(sentences)
    body = []
    for place, line in enumerate(sentences):
        font = f'font-family="{MONO}" font-size="13" font-weight="700"' if place == 0 else f'font-family="{SANS}"'
        colour = colours["ink" if place == 0 else "muted"]
        body.append(
            f'<text x="{MARGIN:g}" y="{MARGIN + 13 + 18 * place:g}" {font} fill="{colour}">{escape(line)}</text>'
        )
    if summary.heat is not None:
        drawn, across, down = _squares(summary.heat, MARGIN, MARGIN + height + 6, colours)
        body.append(drawn)
        width, height = max(width, across), height + 6 + down
    width, height = width + 2 * MARGIN, height + 2 * MARGIN
    style = f"max-width:100%;height:auto;{LIVE_STYLE if theme == 'live' else ''}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(". ".join(sentences))}" '
        f'class="tk-summary tk-{theme}" font-size="12" style="{escape(style)}">'
        f"<title>{escape(sentences[0])}</title><desc>{escape(summary.to_text())}</desc>{rules(theme)}\n"
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="{colours["paper"]}"/>\n' + "\n".join(body) + "\n</svg>"
    )


def colour_of(value: float, low: float, high: float) -> tuple[int, int, int]:
    """Red, green and blue of a finite number within a range."""
    if low < 0 < high:
        most = max(-low, high)
        end, share = (_BLUE, -value / most) if value < 0 else (_ORANGE, value / most)
    else:
        end, share = _BLUE, (value - low) / (high - low) if high > low else 0.5
    share = min(max(share, 0.0), 1.0)
    red, green, blue = (round(pale + (dark - pale) * share) for pale, dark in zip(_PALE, end, strict=True))
    return red, green, blue


def _luminance(*colour: int) -> float:
    """Relative luminance as WCAG 2 defines it; at 0.179 white and black ink have the same contrast, 4.58."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (each / 255 for each in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _squares(heat: np.ndarray, left: float, top: float, colours: dict[str, str]) -> tuple[str, float, float]:
    """The squares and their legend, and how much room they take across and down."""
    good = heat[np.isfinite(heat)]
    low, high = (float(good.min()), float(good.max())) if good.size else (0.0, 0.0)
    rows, cols = heat.shape
    texts = [[number(value) for value in row] for row in heat]
    numbers = rows <= _WITH_NUMBERS and cols <= _WITH_NUMBERS
    longest = max(columns(text) for row in texts for text in row)
    wide = max(longest * 11 * 0.605 + 8, 28.0) if numbers else _CELL
    high_ = 24.0 if numbers else _CELL
    parts = [f'<g font-family="{MONO}" font-size="11" text-anchor="middle" shape-rendering="crispEdges">']
    for i, row in enumerate(heat):
        for j, value in enumerate(row):
            x, y = left + j * wide, top + i * high_
            finite = bool(np.isfinite(value))
            fill, dark = colours["const"], False
            if finite:
                red, green, blue = colour_of(float(value), low, high)
                fill, dark = f"#{red:02x}{green:02x}{blue:02x}", _luminance(red, green, blue) < 0.179
            edge = colours["const-line"]
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high_:.1f}" fill="{fill}" stroke="{edge}" '
                f'stroke-width="0.5"/>'
            )
            if numbers or not finite:
                ink = ("#ffffff" if dark else "#000000") if finite else colours["ink"]
                text = texts[i][j] if numbers else MARKS[str(float(value))]
                parts.append(f'<text x="{x + wide / 2:.1f}" y="{y + high_ / 2 + 4:.1f}" fill="{ink}">{text}</text>')
    legend = "" if not good.size else f"{number(low)} light to {number(high)} dark"
    if low < 0 < high:
        legend = f"blue {number(low)}, pale 0, orange {number(high)}"
    odd = {"NaN": np.isnan(heat), "inf": np.isposinf(heat), "-inf": np.isneginf(heat)}
    marked = ", ".join(f"{MARKS[name.lower()]} {name}" for name, where in odd.items() if where.any())
    if marked and not numbers:
        legend = f"{legend}; {marked}" if legend else marked
    bottom = top + rows * high_ + 16
    font = f'font-family="{SANS}" font-size="11" fill="{colours["muted"]}"'
    parts.append(f'</g><text x="{left:g}" y="{bottom:.1f}" {font}>{legend}</text>')
    return "".join(parts), max(cols * wide, sans_width(legend, 11)), rows * high_ + 20
