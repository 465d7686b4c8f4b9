"""The record of a training run: losses, accuracies and gradient norms per layer, in bounded room, and a picture of it.

Here: `Series` (one number per step in at most 512 points), `TrainingRecord` (what a training loop feeds) and its text.
Not here: the drawing (`training_picture.py`), the live widget (`tensorkit_widgets.TrainingMonitor`).

>>> import tensorkit as torch
>>> with TrainingRecord() as record:
...     for step in range(4):
...         record.log(loss=1 / 2**step)
>>> print(record)
Training: 4 steps
loss: 1 at first, 0.125 at last, lowest 0.125 at step 4
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .charts import Drawn, Shown
from .describe import clean
from .snapshots import number

POINTS = 512  # of a series; when there are more, neighbours are joined
NAMED = 8  # layers whose norms stand in the text


class Series:
    """One number per step. More than 512 points are joined in pairs, again and again: each keeps mean and range.

    `points` are (first step, how many, sum, lowest, highest), `width` how many steps a point stands for at most.

    >>> series = Series()
    >>> for step in range(1, 1001):
    ...     series.add(step, float(step))
    >>> len(series.points), series.width, series.first, series.last, series.lowest
    (501, 2, 1.0, 1000.0, (1.0, 1))
    """

    __slots__ = ("first", "highest", "last", "lowest", "odd", "odd_since", "points", "width")

    def __init__(self) -> None:
        self.points: list[tuple[int, int, float, float, float]] = []
        self.width = 1
        self.first = self.last = math.nan
        self.lowest, self.highest = (math.inf, 0), (-math.inf, 0)
        self.odd, self.odd_since = 0, 0

    def add(self, step: int, value: float) -> None:
        """Take one number in. NaN and infinities are counted, and not drawn."""
        if not (self.points or self.odd):
            self.first = value
        self.last = value
        if not math.isfinite(value):
            self.odd_since = self.odd_since or step
            self.odd += 1
            return
        if value < self.lowest[0]:
            self.lowest = (value, step)
        if value > self.highest[0]:
            self.highest = (value, step)
        self._put((step, 1, value, value, value))
        if len(self.points) > POINTS:
            self.width *= 2
            points, self.points = self.points, []
            for point in points:
                self._put(point)

    def _put(self, point: tuple[int, int, float, float, float]) -> None:
        if self.points and self.points[-1][0] // self.width == point[0] // self.width:
            first, count, total, low, high = self.points[-1]
            _, more, sum_, lower, higher = point
            self.points[-1] = (first, count + more, total + sum_, min(low, lower), max(high, higher))
        else:
            self.points.append(point)

    @property
    def means(self) -> list[tuple[float, float]]:
        """The points as (middle step, mean)."""
        return [(first + (count - 1) / 2, total / count) for first, count, total, _, _ in self.points]


class TrainingRecord(Shown):
    """What a training loop told of itself: call `log` once a step, after `backward()`, before the next `zero_grad()`.

    model  where the gradient norms come from, layer by layer: anything with `named_parameters()`, a PyTorch module
           too; None for none

    A record of 100,000 steps is as large as one of 1,000: a series keeps at most 512 points, each the mean and range
    of neighbouring steps, and norms are measured once for each point. The text says so.

    >>> import tensorkit as torch
    >>> model = torch.nn.Linear(2, 1)
    >>> record = TrainingRecord(model)
    >>> loss = model(torch.ones(1, 2)).sum()
    >>> loss.backward()
    >>> record.log(loss=loss, accuracy=0.5)
    >>> list(record.numbers), round(record.norms["Linear"].last, 4)
    (['loss', 'accuracy'], 1.7321)
    """

    def __init__(self, model: Any = None) -> None:
        if model is not None and not hasattr(model, "named_parameters"):
            raise TypeError(f"model: expected a module with named_parameters(), but got {type(model).__name__}")
        self.steps = 0
        self.numbers: dict[str, Series] = {}
        self.norms: dict[str, Series] = {}
        self.stride = 1
        self._layers = _layers(model) if model is not None else {}

    def __enter__(self) -> TrainingRecord:
        return self

    def __exit__(self, *exception: object) -> None:
        """Nothing is held open; an exception goes on its way."""

    def log(self, **numbers: Any) -> None:
        """Record one step: `log(loss=loss, accuracy=0.9)`, numbers or tensors of one element under names of your own.

        TypeError for anything else. Names with "loss" in them share a chart, those with "acc" another one.
        """
        if not numbers:
            raise TypeError("log() needs a number with its name, as in log(loss=loss)")
        taken = {name: _float(name, value) for name, value in numbers.items()}
        self.steps += 1
        for name, value in taken.items():
            self.numbers.setdefault(clean(name), Series()).add(self.steps, value)
        if self._layers and (self.steps - 1) % self.stride == 0:
            self._measure()

    def _measure(self) -> None:
        for layer, parameters in self._layers.items():
            grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
            if grads:
                norm = math.sqrt(sum(float(grad.detach().norm()) ** 2 for grad in grads))
                self.norms.setdefault(layer, Series()).add(self.steps, norm)
        self.stride = max([1, *(series.width for series in self.norms.values())])

    def to_text(self) -> str:
        """What happened, in a few lines: each number at first, at last and at its best, and the norms of the layers."""
        lines = [f"Training: {self.steps:,} step{'s' * (self.steps != 1)}"]
        lines += [f"{name}: {_course(name, series)}" for name, series in self.numbers.items()]
        if self.norms:
            last = [f"{layer} {number(series.last)}" for layer, series in self.norms.items()]
            more = f", and {len(last) - NAMED} more" if len(last) > NAMED else ""
            lines.append(f"gradient norm by layer, at last: {', '.join(last[:NAMED])}{more}")
        elif self._layers and self.steps:
            lines.append("gradient norms: no gradient was there; log after backward() and before zero_grad()")
        width = max((series.width for series in self.numbers.values()), default=1)
        if width > 1:
            norms = f"; norms are measured every {self.stride:,} steps" if self.norms and self.stride > 1 else ""
            lines.append(f"a point of a line is the mean of up to {width:,} steps, the band their range{norms}")
        return "\n".join(lines)

    def draw(self, colours: Mapping[str, str]) -> Drawn:
        """The charts of the run; see `training_picture.py`."""
        from .training_picture import draw

        return draw(self, colours)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.steps} steps: {', '.join(self.numbers) or 'nothing yet'})"


def _layers(model: Any) -> dict[str, list[Any]]:
    """The parameters of a model by the module that holds them: `{"0 Linear": [weight, bias], …}`."""
    kinds = {name: type(module).__name__ for name, module in model.named_modules()}
    found: dict[str, list[Any]] = {}
    for name, parameter in model.named_parameters():
        owner = name.rpartition(".")[0]
        found.setdefault(clean(f"{owner} {kinds.get(owner, '')}".strip()), []).append(parameter)
    return found


def _float(name: str, value: Any) -> float:
    try:
        return float(value.detach() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError):
        kind = f"a tensor of shape {tuple(value.shape)}" if hasattr(value, "shape") else type(value).__name__
        raise TypeError(f"log({name}=…): expected a number or a tensor of one element, but got {kind}") from None


def _course(name: str, series: Series) -> str:
    parts = [f"{number(series.first)} at first, {number(series.last)} at last"]
    if series.points:
        best, step = series.highest if "acc" in name.lower() else series.lowest
        parts.append(f"{'highest' if 'acc' in name.lower() else 'lowest'} {number(best)} at step {step:,}")
    if series.odd:
        times = "once" if series.odd == 1 else f"{series.odd:,} times"
        parts.append(f"NaN or inf {times}, first at step {series.odd_since:,}")
    return ", ".join(parts)
