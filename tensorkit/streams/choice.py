"""Draws that take a varying number of words or look at a whole table: Poisson and multinomial."""

import math

import numpy as np

from .words import Words


def poisson(words: Words, rates: np.ndarray) -> np.ndarray:
    """For each rate of a flat array a whole number with that mean, in float64."""
    with words.fractions64_ahead() as uniform:
        return np.array([_poisson(uniform, rate) for rate in rates.tolist()], np.float64)


def _poisson(uniform, rate: float) -> int:
    if rate == 0:
        return 0
    return _poisson_by_products(uniform, rate) if rate < 10 else _poisson_by_rejection(uniform, rate)


def _poisson_by_products(uniform, rate: float) -> int:
    """Count uniform factors until their product falls to exp(-rate) (Knuth)."""
    limit, product, count = math.exp(-rate), uniform(), 0
    while product > limit:
        product *= uniform()
        count += 1
    return count


def _poisson_by_rejection(uniform, rate: float) -> int:
    """Transformed rejection: W. Hörmann, "The transformed rejection method for generating Poisson random
    variables", Insurance: Mathematics and Economics 12, 1993 (algorithm PTRS, with its names)."""
    log_rate = math.log(rate)
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)
    while True:
        u = uniform() - 0.5
        v = uniform()
        u_s = 0.5 - abs(u)
        k = math.floor((2 * a / u_s + b) * u + rate + 0.43) if u_s else -1
        if u_s >= 0.07 and v <= v_r:
            return k
        if k < 0 or (u_s < 0.013 and v > u_s):
            continue
        left = math.log(v) + math.log(inverse_alpha) - math.log(a / (u_s * u_s) + b) if v else -math.inf
        if left <= -rate + k * log_rate - math.lgamma(k + 1):
            return k


def with_replacement(words: Words, weights: np.ndarray, samples: int) -> np.ndarray:
    """`samples` column numbers per row of `weights`: where a uniform number meets the running share."""
    rows = np.empty((len(weights), samples), np.int64)
    uniform = np.empty(samples)
    for row, chosen in zip(weights, rows, strict=True):
        # One after the other, in the row's own dtype; float32 for the 16-bit types.
        share = np.add.accumulate(row if row.itemsize > 2 else row.astype(np.float32))
        share /= share[-1]
        share[-1] = 1
        words.fractions64(uniform)
        chosen[...] = np.searchsorted(share.astype(np.float64), uniform, side="left")
    return rows


def without_replacement(weights: np.ndarray, exponentials: np.ndarray, samples: int) -> np.ndarray:
    """The columns whose weight / exponential is largest, per row, largest first.

    Exponential waiting times end in the order of a draw without replacement: the first is column j with
    probability weight j / sum of weights, and what follows is the same race among the others.
    """
    race = weights / exponentials
    if samples == 1:
        return race.argmax(axis=1)[:, None]
    return np.argsort(-race, axis=1, kind="stable")[:, :samples]
