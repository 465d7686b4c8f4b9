"""A line search: how far to go along a direction so that the strong Wolfe conditions hold.

Those are  f(t) ≤ f(0) + c₁·t·f′(0)  (enough is gained)  and  |f′(t)| ≤ c₂·|f′(0)|  (the slope has flattened out).

Source: J. Nocedal, S. Wright, "Numerical optimization", 2nd edition, algorithms 3.5 and 3.6, equation 3.59.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from ..array_modules import np


class Point(NamedTuple):
    """A place on the line: how far along, the loss there, its gradient, and its slope along the line."""

    t: float
    f: float
    g: np.ndarray
    slope: float


def minimum_between(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points with their slopes is least, within bounds (those points themselves)."""
    low, high = bounds or (min(a.t, b.t), max(a.t, b.t))
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    d2 = math.sqrt(square)
    if a.t > b.t:
        a, b = b, a
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(t, low), high)


def strong_wolfe(evaluate: Callable, t: float, d: np.ndarray, f: float, g: np.ndarray, slope: float,
                 c1: float = 1e-4, c2: float = 0.9, tolerance: float = 1e-9, most: int = 25) -> tuple:  # fmt: skip
    """Search along `d` from a point with loss `f`, gradient `g` and slope `slope`, beginning with length `t`.

    evaluate  gives loss and gradient at a length along d
    most      how many times the search goes on

    Returns loss, gradient and length where the search ended, and how many evaluations it took.
    """

    def at(t: float) -> Point:
        f, g = evaluate(t, d)
        return Point(t, f, g, float(g @ d))

    def too_high(point: Point, than: Point, strictly: bool) -> bool:
        return point.f > f + c1 * point.t * slope or (strictly and point.f >= than.f)

    start = Point(0.0, f, g.copy(), slope)
    before, here = start, at(t)
    evaluations, turns = 1, 0
    bracket = None
    while turns < most:
        if too_high(here, before, turns > 1):
            bracket = [before, here]
            break
        if abs(here.slope) <= -c2 * slope:
            return here.f, here.g, here.t, evaluations
        if here.slope >= 0:
            bracket = [before, here]
            break
        following = minimum_between(before, here, (here.t + 0.01 * (here.t - before.t), here.t * 10))
        before, here = here, at(following)
        evaluations += 1
        turns += 1
    if bracket is None:
        bracket = [start, here]
    low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
    stuck = False
    width = float(np.abs(d).max())
    while turns < most and abs(bracket[1].t - bracket[0].t) * width >= tolerance:
        t = minimum_between(bracket[0], bracket[1])
        left, right = sorted(point.t for point in bracket)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) < margin:  # hardly inside: the second time in a row, move in
            if stuck or t >= right or t <= left:
                t = right - margin if abs(t - right) < abs(t - left) else left + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        here = at(t)
        evaluations += 1
        turns += 1
        if too_high(here, bracket[low], True):
            bracket[high] = here
            low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
            continue
        done = abs(here.slope) <= -c2 * slope
        if not done and here.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = here
        if done:
            break
    best = bracket[low]
    return best.f, best.g, best.t, evaluations
