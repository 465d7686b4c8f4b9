"""The picture of a descent: a curve with its tangent, or contour lines, and the way on them with the next step.

Here: the drawing, the grid of values under it (`ground`) and contour lines by marching squares (`contours`). Not here:
the way itself (`descent.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .charts import Axis, Drawn, arrow, framed, n, spanning, words
from .palette import sans_width
from .svg import MARGIN

if TYPE_CHECKING:
    from .descent import Descent

SAMPLES, GRID, LEVELS = 161, 41, 12
_LEFT, _TOP, _WIDE, _HIGH = 62.0, 58.0, 520.0, 330.0


def draw(descent: Descent, colours: Mapping[str, str]) -> Drawn:
    """One variable: the curve; two: the contours. Below it, the present station in words."""
    head = words(descent.headline, MARGIN, MARGIN + 13, colours["ink"], 13)
    now = words(descent.now, MARGIN, MARGIN + 31, colours["muted"], 12)
    one = len(descent.path[0].point) == 1
    body = _curve(descent, colours) if one else _contoured(descent, colours)
    legend = "dots: the way so far; ring: here; " + ("dashed: the tangent; " if one else "")
    legend += "arrow: the next step" if one else "arrow: the next step, across the contour lines"
    bottom = _TOP + _HIGH + 52
    told = words(legend, MARGIN, bottom, colours["muted"], 11)
    right = max(_LEFT + _WIDE, sans_width(descent.headline, 13), sans_width(descent.now, 12))
    return f"{head}{now}{body}{told}", right + MARGIN, bottom + 2


def domain_of(descent: Descent) -> tuple[float, ...]:
    """What the picture shows: the domain asked for, or one around the origin, the start and the way.

    It grows by doubling, so that it stays the same over many steps.

    >>> from .descent import descend
    >>> domain_of(descend(lambda x: x * x, 2.0))
    (-3.0, 3.0)
    """
    if descent.domain is not None:
        return descent.domain
    start = descent.path[0].point
    out: list[float] = []
    for axis in range(len(start)):
        half = 1.5 * max(1.0, *(abs(x) for x in start))
        most = max((abs(here.point[axis]) for here in descent.path), default=0.0)
        while half < most and half < 1e7:
            half *= 2
        out += [-half, half]
    return tuple(out)


def ground(function: Callable[..., Any], domain: tuple[float, ...]) -> np.ndarray:
    """The function's values on a grid over the domain, row by row in y; NaN where it has none."""
    from .descent import value_at

    def value(*point: float) -> float:
        try:
            return value_at(function, point)
        except ArithmeticError:
            return math.nan

    if len(domain) == 2:
        return np.array([value(float(x)) for x in np.linspace(domain[0], domain[1], SAMPLES)])
    xs, ys = np.linspace(domain[0], domain[1], GRID), np.linspace(domain[2], domain[3], GRID)
    return np.array([[value(float(x), float(y)) for x in xs] for y in ys])


def _ground_of(descent: Descent, domain: tuple[float, ...]) -> np.ndarray:
    """The ground, measured once for each domain that a descent, or those that share its `grounds`, are drawn on."""
    if domain not in descent.grounds:
        descent.grounds[domain] = ground(descent.function, domain)
    return descent.grounds[domain]


def _curve(descent: Descent, colours: Mapping[str, str]) -> str:
    low, high = domain_of(descent)
    values = _ground_of(descent, (low, high))
    here, next_x = descent.path[-1], descent.next[0]
    across = Axis(low, high, _LEFT, _LEFT + _WIDE)
    seen = [station.value for station in descent.path if low <= station.point[0] <= high]
    up = spanning([*values, *seen], _TOP + _HIGH, _TOP, room=0.08)
    parts = [framed(across, up, "x", colours)]
    xs = np.linspace(low, high, SAMPLES)
    for piece in _pieces(values):
        way = " ".join(f"{n(across.at(float(xs[i])))},{n(up.at(float(values[i])))}" for i in piece)
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colours["leaf-line"]}" stroke-width="2.2"/>')
    x, y = here.point[0], here.value
    if math.isfinite(y) and math.isfinite(here.gradient[0]):
        parts.append(_tangent(x, y, here.gradient[0], across, up, colours))
    parts.append(
        _dots([(across.at(s.point[0]), up.at(s.value)) for s in descent.path if math.isfinite(s.value)], colours)
    )
    if math.isfinite(y) and math.isfinite(next_x):
        level = up.at(y)
        parts.append(arrow(across.at(x), level, across.at(next_x), level, colours["grad"]))
    return "".join(parts)


def _tangent(x: float, y: float, rise: float, across: Axis, up: Axis, colours: Mapping[str, str]) -> str:
    """The tangent, cut where it leaves the frame."""
    ends = [across.low, across.high]
    if rise:
        cut = sorted(x + (limit - y) / rise for limit in (up.low, up.high))
        ends = [max(ends[0], cut[0]), min(ends[1], cut[1])]
    first, last = ((across.at(end), up.at(y + rise * (end - x))) for end in ends)
    return (
        f'<path d="M{n(first[0])} {n(first[1])}L{n(last[0])} {n(last[1])}" stroke="{colours["op-line"]}" '
        f'stroke-width="1.8" stroke-dasharray="7 4"/>'
    )


def _contoured(descent: Descent, colours: Mapping[str, str]) -> str:
    domain = domain_of(descent)
    values = _ground_of(descent, domain)
    across = Axis(domain[0], domain[1], _LEFT, _LEFT + _WIDE)
    up = Axis(domain[2], domain[3], _TOP + _HIGH, _TOP)
    parts = [framed(across, up, "x across, y up; stronger lines are lower", colours)]
    levels = contour_levels(values)
    for place, level in enumerate(levels):
        way = "".join(
            f"M{n(across.at(_along(domain[0], domain[1], a)))} {n(up.at(_along(domain[2], domain[3], b)))}"
            f"L{n(across.at(_along(domain[0], domain[1], c)))} {n(up.at(_along(domain[2], domain[3], d)))}"
            for a, b, c, d in contours(values, level)
        )
        share = 100 - round(70 * place / max(len(levels) - 1, 1))
        parts.append(
            f'<path d="{way}" fill="none" stroke="{colours["leaf-line"]}" stroke-width="1.3" '
            f'stroke-opacity="{share / 100:g}"/>'
        )
    spots = [(across.at(s.point[0]), up.at(s.point[1])) for s in descent.path]
    way = " ".join(f"{n(x)},{n(y)}" for x, y in spots)
    parts.append(f'<polyline points="{way}" fill="none" stroke="{colours["ink"]}" stroke-width="1.2"/>')
    parts.append(_dots(spots, colours))
    if all(map(math.isfinite, descent.next)):
        parts.append(arrow(*spots[-1], across.at(descent.next[0]), up.at(descent.next[1]), colours["grad"]))
    return "".join(parts)


def contour_levels(values: np.ndarray) -> list[float]:
    """Heights for contour lines, from low to high: closer together where more of the ground lies."""
    good = np.sort(values[np.isfinite(values)])
    if not good.size or good[0] == good[-1]:
        return []
    shares = (np.arange(1, LEVELS + 1) / (LEVELS + 1)) ** 1.5
    return sorted({float(good[int(share * (good.size - 1))]) for share in shares} - {float(good[0]), float(good[-1])})


def contours(values: np.ndarray, level: float) -> list[tuple[float, float, float, float]]:
    """The contour line of a grid at a level as pieces (column, row, column, row), by marching squares.

    Source: W. Lorensen, H. Cline, "Marching cubes", SIGGRAPH 1987, in two dimensions. Squares with a value that is
    not finite have none.

    >>> contours(np.array([[0.0, 2.0], [0.0, 2.0]]), 1.0)
    [(0.5, 0.0, 0.5, 1.0)]
    """
    pieces = []
    corners = np.stack([values[:-1, :-1], values[:-1, 1:], values[1:, 1:], values[1:, :-1]])
    with np.errstate(invalid="ignore"):
        above = corners > level
        crossed = np.isfinite(corners).all(0) & above.any(0) & ~above.all(0)
    steps = ((0, 0), (1, 0), (1, 1), (0, 1))
    for row, column in np.argwhere(crossed):
        square = corners[:, row, column]
        found = []
        for side in range(4):
            a, b = float(square[side]), float(square[(side + 1) % 4])
            if (a > level) != (b > level):
                share = (level - a) / (b - a)
                (x, y), (to_x, to_y) = steps[side], steps[(side + 1) % 4]
                found.append((int(column) + x + share * (to_x - x), int(row) + y + share * (to_y - y)))
        if len(found) == 4 and (square[0] > level) == (square.mean() > level):
            found = [*found[1:], found[0]]  # a saddle: the middle tells which corners belong together
        pieces += [(*found[place], *found[place + 1]) for place in range(0, len(found), 2)]
    return pieces


def _along(low: float, high: float, place: float) -> float:
    return low + (high - low) * place / (GRID - 1)


def _pieces(values: np.ndarray) -> list[list[int]]:
    """The places of finite numbers, in runs without a gap."""
    out: list[list[int]] = [[]]
    for place, value in enumerate(values):
        if math.isfinite(value):
            out[-1].append(place)
        elif out[-1]:
            out.append([])
    return [piece for piece in out if len(piece) > 1]


def _dots(spots: list[tuple[float, float]], colours: Mapping[str, str]) -> str:
    """The stations as dots, the first as a square, the last as a ring."""
    if not spots:
        return ""
    parts = [f'<circle cx="{n(x)}" cy="{n(y)}" r="2.6" fill="{colours["ink"]}"/>' for x, y in spots[-200:-1]]
    (x, y), (last_x, last_y) = spots[0], spots[-1]
    parts.append(f'<rect x="{n(x - 4)}" y="{n(y - 4)}" width="8" height="8" fill="{colours["ink"]}"/>')
    parts.append(
        f'<circle cx="{n(last_x)}" cy="{n(last_y)}" r="6" fill="{colours["paper"]}" stroke="{colours["grad"]}" '
        f'stroke-width="2.6"/>'
    )
    return "".join(parts)
