"""Draws that take a varying number of words or look at a whole table: Poisson, binomial and multinomial."""

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


def binomial(words: Words, counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """For each count of tries and each chance of success of two flat arrays the number of successes, in float64."""
    with words.fractions64_ahead() as uniform:
        pairs = zip(counts.tolist(), shares.tolist(), strict=True)
        return np.array([_successes(uniform, count, share) for count, share in pairs], np.float64)


def _successes(uniform, count: float, share: float) -> float:
    if math.isnan(count) or math.isnan(share):
        return math.nan
    if count <= 0 or share <= 0:
        return 0
    if share >= 1:
        return count
    if share > 0.5:  # the failures are fewer
        return count - _successes(uniform, count, 1 - share)
    draw = _successes_by_rejection if count * share >= 10 else _successes_by_waiting
    return draw(uniform, count, share)


def _successes_by_waiting(uniform, count: float, share: float) -> int:
    """Count how often a success can be waited for within `count` tries (L. Devroye, "Non-Uniform Random Variate
    Generation", 1986, X.4.3)."""
    slope, tries, found = math.log1p(-share), 0.0, 0
    while True:
        u = uniform()
        tries += math.ceil(math.log(u) / slope) if u else math.inf
        if tries > count:
            return found
        found += 1


def _successes_by_rejection(uniform, count: float, share: float) -> int:
    """Transformed rejection: W. Hörmann, "The generation of binomial random variates", Journal of Statistical
    Computation and Simulation 46, 1993 (algorithm BTRS, with its names)."""
    deviation = math.sqrt(count * share * (1 - share))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * share
    c = count * share + 0.5
    v_r = 0.92 - 4.2 / b
    odds = share / (1 - share)
    alpha = (2.83 + 5.1 / b) * deviation
    m = math.floor((count + 1) * share)
    while True:
        u = uniform() - 0.5
        v = uniform()
        u_s = 0.5 - abs(u)
        k = math.floor((2 * a / u_s + b) * u + c) if u_s else -1
        if u_s >= 0.07 and v <= v_r:
            return k
        if k < 0 or k > count:
            continue
        left = math.log(v * alpha / (a / (u_s * u_s) + b)) if v else -math.inf
        right = _log_choices(count, k) - _log_choices(count, m) + (k - m) * math.log(odds)
        if left <= right:
            return k


def _log_choices(count: float, k: int) -> float:
    """The logarithm of the number of ways to choose k of `count`."""
    return math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1)


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
