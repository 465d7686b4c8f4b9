"""Arithmetic to the last bit: a*b + c rounded once, and functions that agree with the C library's.

Processors multiply and add in one instruction with one rounding, and PyTorch's kernels are compiled to use
it.  NumPy rounds twice, after the product and after the sum; in a few of a hundred results that shows in the
last bit.  Nothing here knows of random numbers.
"""

import math

import numpy as np

_SPLITTER = 2.0**27 + 1.0
_HALFWAY = -(2**63)  # the 29 dropped bits, shifted to the top


def fused32(a: np.ndarray, b: float, c: float) -> np.ndarray:
    """a*b + c in float32 with one rounding, for a float32 array and two numbers that float32 can hold.

    Done in float64, where the product of two float32 is exact.  The sum is then rounded to 53 bits and again
    to 24.  Two roundings differ from one only if the first lands halfway between two float32 though the exact
    sum does not.  Halfway shows: the 29 bits to be dropped are a one and zeros.
    """
    b, c = float(b), float(c)
    total = a.astype(np.float64)
    total *= b
    total += c
    dropped = total.view(np.int64) << 35
    if (dropped == _HALFWAY).any():
        at = np.flatnonzero(dropped == _HALFWAY)
        total[at] = _off_halfway(a[at].astype(np.float64) * b, c)
    return total.astype(np.float32)


def _off_halfway(product: np.ndarray, c: float) -> np.ndarray:
    """product + c, but where that is not exact the next float64 on the side of the exact sum."""
    total, error = _two_sum(product, c)
    return np.where(error == 0, total, np.nextafter(total, np.copysign(np.inf, error)))


def fused64(a: np.ndarray, b: float, c: float) -> np.ndarray:
    """a*b + c in float64 with one rounding, for an array `a` and two numbers.

    The exact result is written as a sum of three float64 by error-free transformations.  The two small ones
    are added with rounding to odd, which keeps a trace of what was cut off; then the last sum rounds right.
    Source: S. Boldo, G. Melquiond, "Emulation of a FMA and correctly rounded sums", IEEE TC 57(4), 2008.
    """
    if c == 0.0:
        return a * b + 0.0  # no minus zero
    if b == 1.0:
        return a + c
    if b == 0.0 or not (math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    # A scaled b cannot overflow in the splitting; scaling by powers of two changes no digit.
    b, exponent = math.frexp(b)
    c = math.ldexp(c, -exponent)
    product, product_error = _two_product(a, b)
    rest, rest_error = _two_sum(c, product_error)
    total, total_error = _two_sum(product, rest)
    result = total + _add_to_odd(total_error, rest_error)
    return np.ldexp(result, exponent, out=result)


def _two_sum(a, b):
    """a + b as rounded, and the exact error of that rounding (Knuth)."""
    total = a + b
    b_part = total - a
    return total, (a - (total - b_part)) + (b - b_part)


def _two_product(a, b: float):
    """a * b as rounded, and the exact error of that rounding (Dekker)."""
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    product = a * b
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a):
    """a as a sum of two numbers of 26 bits, whose products are exact (Veltkamp)."""
    big = _SPLITTER * a
    high = big - (big - a)
    return high, a - high


def _add_to_odd(a, b) -> np.ndarray:
    """a + b, where an inexact sum is rounded to the neighbour whose last bit is one."""
    total, error = _two_sum(a, b)
    to_fix = np.flatnonzero((error != 0) & ((total.view(np.int64) & 1) == 0))
    total[to_fix] = np.nextafter(total[to_fix], np.copysign(np.inf, error[to_fix]))
    return total


def libm(function, x: np.ndarray) -> np.ndarray:
    """A function of `math` on every element of the flat float64 array `x`.

    `math` calls the C library as PyTorch does.  NumPy's own version is ten times as fast, but on many
    processors another last bit comes out in some of a hundred results.
    """
    return np.fromiter(map(function, x.tolist()), np.float64, x.size)


def as_libm(fast, exact, x: np.ndarray, finish, dtype) -> np.ndarray:
    """finish(exact(x)) in `dtype`, for the most part computed as finish(fast(x)).

    fast    NumPy's function, right to some 30 units in the last place of float64
    exact   the C library's, from `math`
    finish  what follows, increasing or decreasing throughout; an array function

    If both ends of the interval around fast(x) finish as the same number of `dtype`, then so does exact(x).
    Only the others go through the slow function: one in millions where `dtype` is float32, all where it is float64.
    """
    y = fast(x)
    result = cast(finish(y * (1.0 - 2.0**-48)), dtype)
    doubtful = np.flatnonzero(result != cast(finish(y * (1.0 + 2.0**-48)), dtype))
    if doubtful.size:
        result[doubtful] = cast(finish(libm(exact, x[doubtful])), dtype)
    return result


def cast(values: np.ndarray, dtype) -> np.ndarray:
    """float64 or float32 `values` in `dtype`; PyTorch goes to the 16-bit types by way of float32."""
    dtype = np.dtype(dtype)
    if values.dtype == dtype:
        return values
    if dtype.itemsize == 2 and dtype.kind not in "iu" and values.dtype == np.float64:
        values = values.astype(np.float32)
    return values.astype(dtype)
