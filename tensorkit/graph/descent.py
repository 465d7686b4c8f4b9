"""Gradient descent on a function of one or two variables, step by step, with gradients by automatic differentiation.

Here: `descend`, which walks, and `Descent`, which holds the way and tells it. Not here: the curve or the contours
(`descent_picture.py`), the playground with its buttons (`tensorkit_widgets.DescentPlayground`).

A step is that of PyTorch's SGD (https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html):
v ← momentum · v + gradient, then x ← x - lr · v.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .charts import Drawn, Shown
from .describe import clean
from .pytorch import computed, is_tensor
from .snapshots import number

MOST_STEPS = 1000
FAR = 1e6  # from the origin: whoever is there does not come back
ROWS = 12  # of the text
AXES = ("x", "y")
Point = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Station:
    """Where a step begins: the point, the function's value and gradient there, and the velocity it leaves with."""

    point: Point
    value: float
    gradient: Point
    velocity: Point


@dataclass(frozen=True)
class Descent(Shown):
    """A way downhill: `path` has one station more than steps were made; `stopped` says why it ended early.

    >>> way = descend(lambda x: x**2, 2.0, lr=0.25, steps=3)
    >>> way.steps, way.next
    (3, (0.125,))
    """

    function: Callable[..., Any]
    name: str
    lr: float
    momentum: float
    path: tuple[Station, ...]
    stopped: str = ""
    domain: tuple[float, ...] | None = None
    grounds: dict[tuple[float, ...], Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return len(self.path) - 1

    @property
    def next(self) -> Point:
        """Where the next step leads."""
        here = self.path[-1]
        return tuple(x - self.lr * v for x, v in zip(here.point, here.velocity, strict=True))

    @property
    def headline(self) -> str:
        """The function and how it is walked."""
        return f"Gradient descent on {self.name}, learning rate {number(self.lr)}, momentum {number(self.momentum)}"

    @property
    def now(self) -> str:
        """One sentence about the present station."""
        here, axes = self.path[-1], AXES[: len(self.path[-1].point)]
        at = ", ".join(f"{axis} = {number(_short(x))}" for axis, x in zip(axes, here.point, strict=True))
        slope = ", ".join(number(_short(g)) for g in here.gradient)
        what = "slope" if len(axes) == 1 else "gradient"
        slope = slope if len(axes) == 1 else f"({slope})"
        end = f"; {self.stopped}" if self.stopped else ""
        return f"step {self.steps}: {at}, value {number(_short(here.value))}, {what} {slope}{end}"

    def to_text(self) -> str:
        """A table of the stations: of many, the first three and the last."""
        axes = AXES[: len(self.path[0].point)]
        rows = [("step", *axes, "value", *(f"∂/∂{axis}" for axis in axes), *(f"Δ{axis}" for axis in axes))]
        for step, (here, then) in enumerate(zip(self.path, [*self.path[1:], None], strict=True)):
            moved = ["" for _ in axes] if then is None else [b - a for a, b in zip(here.point, then.point, strict=True)]
            cells = [*here.point, here.value, *here.gradient, *moved]
            rows.append((str(step), *("" if cell == "" else number(_short(float(cell))) for cell in cells)))
        if len(rows) - 1 > ROWS:
            rows = [*rows[:4], ("…", *("" for _ in rows[0][1:])), *rows[-(ROWS - 4) :]]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([self.headline, *table, *([self.stopped] if self.stopped else [])])

    def draw(self, colours: Mapping[str, str]) -> Drawn:
        """The curve or the contours with the way on them; see `descent_picture.py`."""
        from .descent_picture import draw

        return draw(self, colours)


def descend(
    function: Callable[..., Any],
    start: float | Sequence[float],
    *,
    lr: float = 0.1,
    momentum: float = 0.0,
    steps: int = 20,
    name: str | None = None,
    domain: Sequence[float] | None = None,
) -> Descent:
    """Walk down a function from `start`, a number or two: `function` takes as many tensors, or one of two elements.

    domain  what the picture shows: (from, to), for two variables (from x, to x, from y, to y); found if left out

    The way ends early where the gradient vanishes, a number is no longer finite, or the point is beyond ±10⁶; at most
    1,000 steps are made. ValueError for a learning rate, a momentum or a number of steps that makes no sense,
    TypeError where the function gives no scalar tensor. A function that computes with PyTorch is given its tensors.

    >>> print(descend(lambda x: x**2, 2.0, lr=0.25, steps=3, name="x**2"))
    Gradient descent on x**2, learning rate 0.25, momentum 0
    step     x   value  ∂/∂x     Δx
       0     2       4     4     -1
       1     1       1     2   -0.5
       2   0.5    0.25     1  -0.25
       3  0.25  0.0625   0.5
    """
    point = _point(start)
    if not (math.isfinite(lr) and lr > 0):
        raise ValueError(f"lr must be positive, but got {lr}")
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum must be at least 0 and less than 1, but got {momentum}")
    if not 0 <= steps <= MOST_STEPS:
        raise ValueError(f"steps must be from 0 to {MOST_STEPS}, but got {steps}")
    if domain is not None:
        _check_domain(domain, len(point))
    velocity, path, stopped = tuple(0.0 for _ in point), [], ""
    for step in range(steps + 1):
        value, gradient = slope(function, point)
        velocity = tuple(momentum * v + g for v, g in zip(velocity, gradient, strict=True))
        path.append(Station(point, value, gradient, velocity))
        if not all(map(math.isfinite, (value, *gradient))):
            stopped = f"stopped at step {step}: the value or the gradient is not finite"
        elif max(map(abs, point)) > FAR:
            stopped = f"stopped at step {step}: it runs away; try a smaller learning rate"
        elif not any(velocity):
            stopped = f"stopped at step {step}: the gradient is 0"
        if stopped:
            break
        point = tuple(x - lr * v for x, v in zip(point, velocity, strict=True))
    if name is None:
        name = getattr(function, "__name__", type(function).__name__).replace("<lambda>", "f")
    shown = tuple(map(float, domain)) if domain is not None else None
    return Descent(function, clean(name, 60), float(lr), float(momentum), tuple(path), stopped, shown)


def slope(function: Callable[..., Any], point: Point) -> tuple[float, Point]:
    """Value and gradient of a function at a point; TypeError where it gives no scalar tensor.

    >>> slope(lambda x, y: x * y, (2.0, 3.0))
    (6.0, (3.0, 2.0))
    """
    return computed(function, lambda library: _slope(function, point, library))


def _slope(function: Callable[..., Any], point: Point, library: Any) -> tuple[float, Point]:
    with library.enable_grad():
        inputs = _inputs(function, point, library, requires_grad=True)
        out = function(*inputs)
        _check_result(out, library)
        if not out.requires_grad:
            return float(out.item()), tuple(0.0 for _ in point)
        grads = library.autograd.grad(out.sum(), inputs, allow_unused=True)
    parts = [0.0 if grad is None else grad.tolist() for grad in grads]
    flat = parts[0] if isinstance(parts[0], list) else parts
    return float(out.item()), tuple(float(part) for part in flat)


def value_at(function: Callable[..., Any], point: Point) -> float:
    """The function's value alone."""

    def run(library: Any) -> float:
        with library.no_grad():
            out = function(*_inputs(function, point, library))
        _check_result(out, library)
        return float(out.item())

    return float(computed(function, run))


def _inputs(function: Callable[..., Any], point: Point, library: Any, requires_grad: bool = False) -> list[Any]:
    """A tensor for each variable, or one of both where the function takes only one."""
    if len(point) == 2 and _takes_one(function):
        return [library.as_tensor(list(point)).requires_grad_(requires_grad)]
    return [library.as_tensor(x).requires_grad_(requires_grad) for x in point]


def _takes_one(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return False
    wanted = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    return len(wanted) == 1 or sum(each.default is each.empty for each in wanted) == 1


def _check_result(out: Any, library: Any) -> None:
    if not isinstance(out, library.Tensor):
        raise TypeError(f"the function must give a tensor, but it gave {type(out).__name__}")
    if out.numel() != 1:
        raise TypeError(f"the function must give one number, but it gave a tensor of shape {tuple(out.shape)}")


def _point(start: Any) -> Point:
    values = start.tolist() if is_tensor(start) else start
    try:
        point = tuple(float(x) for x in (values if isinstance(values, Sequence) else [values]))
    except (TypeError, ValueError):
        raise TypeError(f"start: expected one or two numbers, but got {type(start).__name__}") from None
    if len(point) not in (1, 2) or not all(map(math.isfinite, point)):
        raise ValueError(f"start: expected one or two finite numbers, but got {start!r}")
    return point


def _check_domain(domain: Sequence[float], variables: int) -> None:
    good = len(domain) == 2 * variables and all(map(math.isfinite, domain))
    if not good or any(domain[place] >= domain[place + 1] for place in range(0, len(domain), 2)):
        wanted = "(from, to)" if variables == 1 else "(from x, to x, from y, to y)"
        raise ValueError(f"domain: expected {wanted} with from < to, but got {tuple(domain)}")


def _short(value: float) -> float:
    """Without the digits that float32 does not have, so that 0.30000001 reads 0.3, and almost nothing 0."""
    return value if not math.isfinite(value) else float(f"{value:.4g}") + 0.0
