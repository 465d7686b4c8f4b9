"""Formulas of the special functions: float64 arrays in, float64 arrays out, NumPy alone.

Nothing here knows of tensors; `special.py` declares the operations that use these.  The sources are chapters of the
NIST Digital Library of Mathematical Functions (https://dlmf.nist.gov), named at each function.  All are accurate
to about 1e-14 of the result, except next to a zero of the function.
"""

import math

import numpy

from ..array_modules import np, on_gpu

#: B(2k) / (2k)! for k = 1 …: the coefficients of the Euler-Maclaurin sum, from the Bernoulli numbers (DLMF 24.2).
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)


def each(function):
    """`function` of the math module for each element; what it refuses (a pole, an overflow) is infinite."""

    def careful(value):
        try:
            return function(value)
        except (ValueError, OverflowError):
            return math.inf

    def apply(x):
        if on_gpu(x):
            raise TypeError("Python's mathematics is done on the host")
        x = np.asarray(x, np.float64)
        return np.fromiter(map(careful, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)

    return apply


lgamma = each(math.lgamma)
erfc = each(math.erfc)

_STEP, _LAST = 128, 6
_erf_table = None


def _taylor_of_erf():
    """The first Taylor coefficients of erf at 0, 1/128 … 6: row n holds the n-th derivatives over n! (DLMF 7.10.1)."""
    global _erf_table
    if _erf_table is None:
        x = numpy.arange(_LAST * _STEP + 1) / _STEP
        slope = 2 / math.sqrt(math.pi) * numpy.exp(-x * x)
        hermite, before = numpy.ones_like(x), numpy.zeros_like(x)
        rows = [numpy.array([math.erf(each) for each in x])]
        for n in range(1, 8):  # the derivative of order n is (-1)^(n-1) times the slope times H(n-1)
            rows.append((-1) ** (n - 1) * slope * hermite / math.factorial(n))
            hermite, before = 2 * x * hermite - 2 * (n - 1) * before, hermite
        _erf_table = rows
    return _erf_table


def erf(x, terms: int = 8):
    """The error function, from the Taylor polynomial at the nearest of 769 points; 4 terms do for float32."""
    rows = list(map(np.asarray, _taylor_of_erf()))  # kept on the host
    size = np.minimum(np.abs(x), _LAST, dtype=np.float64)
    place = np.nan_to_num(size * _STEP + 0.5).astype(np.intp)
    rest = size - place / _STEP
    result = rows[terms - 1][place]
    for row in rows[terms - 2 :: -1]:
        result *= rest
        result += row[place]
    return np.copysign(result, x)


def erfcx(x):
    """exp(x²)·erfc(x); for large x its asymptotic series (DLMF 7.12.1)."""
    x = np.asarray(x, np.float64)
    near = np.where(x > 25, 0, x)
    t = 1 / (2 * np.maximum(x, 25) ** 2)
    series = 1 - t * (1 - 3 * t * (1 - 5 * t * (1 - 7 * t)))
    return np.where(x > 25, series / (np.maximum(x, 25) * math.sqrt(math.pi)), np.exp(near * near) * erfc(near))


def erfinv(y):
    """The inverse of erf: a first guess (Winitzki's, from the logarithm of 1 - y²), then Halley's steps."""
    y = np.asarray(y, np.float64)
    size = np.abs(y)
    inner = np.where(size < 1, size, 0.0)
    half, a = np.log1p(-inner * inner) / 2, 0.147
    b = 2 / (math.pi * a) + half
    x = np.sqrt(np.sqrt(b * b - 2 * half / a) - b)
    for _ in range(3):
        miss = np.where(inner > 0.5, (1 - inner) - erfc(x), erf(x) - inner)
        newton = miss / (2 / math.sqrt(math.pi) * np.exp(-x * x))
        x = x - newton / (1 + x * newton)
    x = np.where(size < 1, x, np.where(size == 1, np.inf, np.nan))
    return np.copysign(x, y)


def log_ndtr(x):
    """The logarithm of the normal distribution function, also far out where that is 0 in float64."""
    x = np.asarray(x, np.float64)
    low = np.minimum(x, -1.0)
    tail = np.log(erfcx(-low / math.sqrt(2)) / 2) - low * low / 2
    return np.where(x < -1, tail, np.log1p(-erfc(np.maximum(x, -1) / math.sqrt(2)) / 2))


def ndtri(p):
    """The inverse of the normal distribution function: Newton's steps on its logarithm, in the lower half."""
    p = np.asarray(p, np.float64)
    lower = np.minimum(p, 1 - p)
    good = (lower > 0) & (lower <= 0.5)
    target = np.log(np.where(good, lower, 0.5))
    x = -math.sqrt(2) * erfinv(np.where(good & (lower > 1e-10), 1 - 2 * lower, 0.0))
    t = np.sqrt(-2 * target)
    far = lower <= 1e-10
    x = np.where(far, -(t - (2.30753 + 0.27061 * t) / (1 + 0.99229 * t + 0.04481 * t * t)), x)
    for _ in range(5):
        cdf = log_ndtr(x)
        x = x - (cdf - target) * np.exp(cdf + x * x / 2) * math.sqrt(2 * math.pi)
    x = np.where(good, x, np.where(lower == 0, -np.inf, np.nan))
    return np.where(p > 0.5, -x, x)


def digamma(x):
    """The derivative of lgamma: reflection, x → x+1 up to 10, then the asymptotic series (DLMF 5.5, 5.11.2)."""
    x = np.asarray(x, np.float64)
    part = x - np.rint(x)
    mirrored = np.where((x < 0) & (part != 0), math.pi / np.tan(math.pi * part), 0.0)
    z = np.where(x < 0, 1 - x, x)
    total = -mirrored
    while np.any(z < 10):
        total = total - np.where(z < 10, 1 / z, 0.0)
        z = np.where(z < 10, z + 1, z)
    square = 1 / (z * z)
    series = np.zeros_like(z)
    for k in range(7, 0, -1):
        series = square * (_BERNOULLI[k - 1] / (2 * k) + series)
    result = total + np.log(z) - 1 / (2 * z) - series
    result = np.where(x == 0, np.copysign(np.inf, -x), result)
    return np.where((x < 0) & (part == 0), np.nan, np.where(np.isposinf(x), np.inf, result))


def zeta(s, q):
    """Hurwitz's zeta function, the sum over k of (q + k)^-s, by the Euler-Maclaurin formula (DLMF 25.11.5)."""
    s, q = np.broadcast_arrays(np.asarray(s, np.float64), np.asarray(q, np.float64))
    whole = q == np.floor(q)
    z = np.where((q <= 0) & whole, 1.0, q)
    total = np.zeros(np.shape(z))
    while np.any(z < 12):
        total = total + np.where(z < 12, z**-s, 0.0)
        z = np.where(z < 12, z + 1, z)
    power = z**-s
    total = total + power * z / (s - 1) + power / 2
    factor = s / z
    for k, bernoulli in enumerate(_BERNOULLI, 1):
        total = total + bernoulli / math.factorial(2 * k) * power * factor
        factor = factor * (s + 2 * k - 1) * (s + 2 * k) / (z * z)
    total = np.where(np.isposinf(q) & (s > 1), 0.0, total)
    total = np.where((q <= 0) & whole, np.inf, np.where((q <= 0) & (s != np.floor(s)), np.nan, total))
    return np.where(s == 1, np.inf, np.where(s < 1, np.nan, total))


def trigamma(x):
    """The derivative of digamma: six steps up, then the first terms of the asymptotic series, below 1/2 by reflection
    (DLMF 5.15.5, 5.15.6, 5.15.8).  The series is cut off where PyTorch cuts it off, so that the last digits agree."""
    x = np.asarray(x, np.float64)
    low = x < 0.5
    reflected = np.where(low, -((math.pi / np.sin(math.pi * np.where(low, x, 0.25))) ** 2), 0.0)
    x = np.where(low, 1 - x, x)
    total = reflected
    for _ in range(6):
        total = total + 1 / (x * x)
        x = x + 1
    square = 1 / (x * x)
    total = total + (1 + 1 / (2 * x) + square * (1 / 6 - square * (1 / 30 - square / 42))) / x
    return np.where(low, -total, total)


def polygamma(n: int, x):
    """The n-th derivative of digamma (DLMF 5.15.1)."""
    if n == 1:
        return trigamma(x)
    return digamma(x) if n == 0 else (-1) ** (n + 1) * math.factorial(n) * zeta(float(n + 1), x)


def bessel_scaled(order: int, x):
    """exp(-|x|)·I(x) for the modified Bessel function of order 0 or 1: its power series up to 20 (DLMF 10.25.2), then
    its asymptotic one (DLMF 10.40.1)."""
    x = np.asarray(x, np.float64)
    size = np.abs(x)
    near, far = np.minimum(size, 20.0), np.maximum(size, 20.0)
    term = np.exp(-near) * (near / 2 if order else 1.0)
    total = term
    for k in range(1, 50):
        term = term * (near * near / 4) / (k * (k + order))
        total = total + term
    term = tail = np.ones_like(far)
    for k in range(1, 25):
        term = term * ((2 * k - 1) ** 2 - 4 * order * order) / (k * 8 * far)
        tail = tail + term
    result = np.where(size <= 20, total, tail / np.sqrt(2 * math.pi * far))
    return np.copysign(result, x) if order else result


def gamma_shares(a, x):
    """The regularised incomplete gamma functions P(a, x) and Q(a, x): a power series below a + 1 (DLMF 8.7.1), a
    continued fraction above (DLMF 8.9.2, by Lentz's method)."""
    a, x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    good = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    a_, x_ = np.where(good, a, 1.0), np.where(good, x, 1.0)
    front = np.exp(a_ * np.log(x_) - x_ - lgamma(a_))
    term = total = 1 / a_
    low = np.minimum(x_, a_ + 1)
    for k in range(1, 2000):
        term = term * low / (a_ + k)
        total = total + term
        if np.all(term <= 1e-17 * total):
            break
    high = np.maximum(x_, a_ + 1)
    b = high + 1 - a_
    c, d = np.full_like(b, 1e300), 1 / b
    fraction = d
    for k in range(1, 2000):
        step = -k * (k - a_)
        b = b + 2
        d, c = 1 / (step * d + b), b + step / c
        fraction = fraction * (d * c)
        if np.all(np.abs(d * c - 1) < 1e-16):
            break
    series = x_ < a_ + 1
    lower, upper = front * total, front * fraction
    lower, upper = np.where(series, lower, 1 - upper), np.where(series, 1 - lower, upper)
    edge = np.where((a > 0) & (x == 0) | (np.isposinf(a) & np.isfinite(x) & (x >= 0)), 0.0, np.nan)
    edge = np.where((a >= 0) & np.isposinf(x) & np.isfinite(a) | (a == 0) & (x > 0), 1.0, edge)
    return np.where(good, lower, edge), np.where(good, upper, 1 - edge)
