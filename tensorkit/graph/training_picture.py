"""The picture of a training run: charts of the losses, the accuracies, other numbers, and the gradient norms by layer.

Lines are told apart by colour, by dashes, and by their names at their ends. The numbers come from `training.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .charts import TURNS, Axis, Drawn, framed, line, n, spanning, words
from .palette import sans_width
from .svg import MARGIN

if TYPE_CHECKING:
    from .training import Series, TrainingRecord

LINES = 6  # in one chart; the text names the others
CHARTS = 6
_WIDE, _HIGH, _GAP = 366.0, 208.0, 18.0
_LEFT, _BOTTOM, _TOP = 50.0, 38.0, 26.0


def draw(record: TrainingRecord, colours: Mapping[str, str]) -> Drawn:
    """The charts, two in a row; a single one takes the whole width."""
    charts = _charts(record)
    if not charts:
        return words("Training: no step is logged yet", MARGIN, MARGIN + 14, colours["muted"]), 420.0, MARGIN + 24
    wide = _WIDE if len(charts) > 1 else 2 * _WIDE + _GAP
    parts = []
    for place, (title, lines, norms) in enumerate(charts):
        x, y = MARGIN + place % 2 * (_WIDE + _GAP), MARGIN + place // 2 * (_HIGH + _GAP)
        parts.append(f"<g>{_chart(title, lines, norms, record.steps, (x, y, wide), colours)}</g>")
    bottom = MARGIN + (len(charts) + 1) // 2 * (_HIGH + _GAP) - _GAP
    told = record.to_text().splitlines()
    if told[-1].startswith("a point"):
        parts.append(words(told[-1], MARGIN, bottom + 16, colours["muted"], 11))
        bottom += 20
    return "\n".join(parts), MARGIN + 2 * _WIDE + _GAP, bottom


def _charts(record: TrainingRecord) -> list[tuple[str, dict[str, Series], bool]]:
    """Title and lines of each chart, and whether it shows norms."""
    groups: dict[str, dict[str, Series]] = {}
    for name, series in record.numbers.items():
        lower = name.lower()
        title = "loss" if "loss" in lower else "accuracy" if "acc" in lower else name
        groups.setdefault(title, {})[name] = series
    order = sorted(groups, key=lambda title: ("loss", "accuracy").index(title) if title in ("loss", "accuracy") else 2)
    charts = [(title, groups[title], False) for title in order[: CHARTS - 1]]
    return charts + ([("gradient norm by layer", record.norms, True)] if record.norms else [])


def _chart(
    title: str,
    lines: dict[str, Series],
    norms: bool,
    steps: int,
    place: tuple[float, float, float],
    colours: Mapping[str, str],
) -> str:
    x, y, wide = place
    shown = _chosen(lines)
    named = len(lines) > 1 or norms
    names = max(sans_width(_cut(name), 11) for name in shown) + 12 if named else 8.0
    low = min((point[3] for series in shown.values() for point in series.points), default=0.0)
    high = max((point[4] for series in shown.values() for point in series.points), default=1.0)
    above, below = y + _TOP, y + _HIGH - _BOTTOM
    log = norms and high > 0
    if title == "accuracy" and low >= 0 and high <= 100:
        up = Axis(0.0, 1.0 if high <= 1 else 100.0, below, above)
    else:
        positive = [p[3] for s in shown.values() for p in s.points if p[3] > 0]
        up = spanning([min(positive, default=low) if log else low, high], below, above, log=log)
    across = Axis(min(1.0, steps - 1.0), float(max(steps, 2)), x + _LEFT, x + wide - names)
    more = f", {len(shown)} of {len(lines)} drawn" if len(shown) < len(lines) else ""
    parts = [words(title + more, x, y + 13, colours["ink"], 13), framed(across, up, "step", colours)]
    ends = []
    for turn, (name, series) in enumerate(shown.items()):
        if series.width > 1 and not norms:
            parts.append(_band(series, across, up, colours))
        points = [(across.at(step), up.at(mean)) for step, mean in series.means]
        if points:
            parts.append(line(points, turn, colours))
            ends.append((points[-1][1], turn, name))
        if series.odd:
            spot = across.at(series.odd_since)
            parts.append(
                f'<path d="M{n(spot)} {n(above)}V{n(below)}" stroke="{colours["grad"]}" stroke-dasharray="2 2"/>'
            )
            parts.append(words("NaN or inf", spot + 3, above + 10, colours["grad"], 11))
    if named:
        parts.append(_names(ends, across.end + 6, (above, below), colours))
    return "".join(parts)


def _names(ends: list[tuple[float, int, str]], x: float, room: tuple[float, float], colours: Mapping[str, str]) -> str:
    """The names of the lines at their ends, moved apart where they would overlap."""
    ends = sorted(ends)
    places: list[float] = []
    for number, (y, _, _) in enumerate(ends):
        least = places[-1] + 14 if places else room[0]
        places.append(min(max(y, least), room[1] - 14 * (len(ends) - 1 - number)))
    return "".join(
        words(_cut(name), x, y + 4, colours[TURNS[turn % len(TURNS)]], 11)
        for y, (_, turn, name) in zip(places, ends, strict=True)
    )


def _band(series: Series, across: Axis, up: Axis, colours: Mapping[str, str]) -> str:
    """The range of the steps that each point stands for."""
    middles = [across.at(step) for step, _ in series.means]
    edge = [f"{n(x)},{n(up.at(point[4]))}" for x, point in zip(middles, series.points, strict=True)]
    edge += [f"{n(x)},{n(up.at(point[3]))}" for x, point in reversed(list(zip(middles, series.points, strict=True)))]
    return f'<polygon points="{" ".join(edge)}" fill="{colours["leaf-line"]}" fill-opacity="0.18"/>'


def _chosen(lines: dict[str, Series]) -> dict[str, Series]:
    """At most six lines: of more, the first, the last, and some between."""
    names = list(lines)
    if len(names) > LINES:
        names = [names[place * (len(names) - 1) // (LINES - 1)] for place in range(LINES)]
    return {name: lines[name] for name in names}


def _cut(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:10]}…{name[-11:]}"
