"""Normal numbers from uniform ones, by the method of Box and Muller, in the two ways PyTorch has.

One at a time (`pairwise`): in float64 with the C library's functions.  Each pair of uniforms gives two
normals; the one not asked for waits for the next call.  Used for fewer than 16 numbers and for memory
with gaps.

By blocks of 16 (`blockwise`): eight radii and eight angles make sixteen normals.  In float32 logarithm,
sine and cosine are the polynomials below, as a vector unit computes them, because their last bits are part
of the stream.

Source: G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", 1958; the polynomials
are those of S. L. Moshier's Cephes library (logf, sinf, cosf), https://www.netlib.org/cephes/
"""

import math

import numpy as np

from .rounding import cast, fused32, fused64, libm
from .words import CHUNK, Words, chunks

BLOCK = 16
HALF = BLOCK // 2


def _single(*numbers: float) -> list[float]:
    """The float32 numbers nearest to these."""
    return [float(np.float32(number)) for number in numbers]


# Coefficients with the highest power first.
_LOG = _single(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
_SIN = _single(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = _single(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)  # their sum is ln 2
_SQRT_HALF_BITS = np.float32(math.sqrt(0.5)).view(np.int32)
_TWO_PI, _FOUR_OVER_PI = np.float32(2 * math.pi), np.float32(4 / math.pi)
# Cephes takes off pi/4 in three parts to keep digits; in float64 their sum does as well.
_QUARTER_PI = 0.78515625 + 2.4187564849853515625e-4 + _single(3.77489497744594108e-8)[0]


# ---------------------------------------------------------------------- one at a time


def pairwise(words: Words, count: int) -> np.ndarray:
    """`count` standard normals in float64, the waiting one first."""
    out = np.empty(count)
    start = 0
    if count and words.waiting is not None:
        out[0], words.waiting, start = words.waiting, None, 1
    pairs = (count - start + 1) // 2
    if pairs:
        uniform = np.empty(2 * pairs)
        words.fractions64(uniform)
        radius = np.sqrt(-2.0 * libm(math.log1p, -uniform[1::2]))
        angle = 2.0 * math.pi * uniform[0::2]
        both = np.empty(2 * pairs)
        both[0::2] = radius * libm(math.cos, angle)
        both[1::2] = radius * libm(math.sin, angle)
        out[start:] = both[: count - start]
        if (count - start) % 2:
            words.waiting = float(both[-1])
    return out


# ---------------------------------------------------------------------- by blocks of sixteen


def blockwise(words: Words, count: int, mean: float, std: float, dtype) -> np.ndarray:
    """`count` >= 16 normals of a floating-point dtype.

    An incomplete last block is not cut short: the last sixteen numbers are drawn once more, whole.
    """
    double = dtype == np.float64
    draw, transform = (words.fractions64, _blocks64) if double else (words.fractions32, _blocks32)
    out = np.empty(count, np.float64 if double else np.float32)
    whole = count - count % BLOCK
    for start, stop in chunks(whole, 4 * CHUNK):
        piece = out[start:stop]
        draw(piece)
        transform(piece, mean, std)
    if whole < count:
        if dtype.itemsize > 2:  # the 16-bit types leave these words in the stream
            draw(out[whole:])
        draw(out[-BLOCK:])
        transform(out[-BLOCK:], mean, std)
    return cast(out, dtype)


def _blocks64(piece: np.ndarray, mean: float, std: float) -> None:
    """Turn uniforms into normals in place, in float64."""
    block = piece.reshape(-1, BLOCK)
    angle = (2.0 * math.pi * block[:, HALF:]).ravel()
    radius = np.sqrt(-2.0 * libm(math.log, (1.0 - block[:, :HALF]).ravel()))
    block[:, :HALF] = fused64(radius * libm(math.cos, angle), std, mean).reshape(-1, HALF)
    block[:, HALF:] = fused64(radius * libm(math.sin, angle), std, mean).reshape(-1, HALF)


def _blocks32(piece: np.ndarray, mean: float, std: float) -> None:
    """Turn uniforms into normals in place, in float32."""
    block = piece.reshape(-1, BLOCK)
    radius = log32((np.float32(1) - block[:, :HALF]).ravel())
    radius *= np.float32(-2)
    np.sqrt(radius, out=radius)
    sin, cos = sincos32((block[:, HALF:] * _TWO_PI).ravel())
    radius, sin, cos = (part.reshape(-1, HALF) for part in (radius, sin, cos))
    np.multiply(radius, cos, out=block[:, :HALF])
    np.multiply(radius, sin, out=block[:, HALF:])
    if mean != 0 and std != 1:
        piece[...] = fused32(piece, float(np.float32(std)), float(np.float32(mean)))
    else:  # one of the two steps is exact: NumPy's own arithmetic will do
        if std != 1:
            piece *= np.float32(std)
        piece += np.float32(mean)  # also if 0: the sum has no minus zero


def _fused_into(out: np.ndarray, x: np.ndarray, c, scratch: np.ndarray) -> None:
    """out = out*x + c, product and sum in float64, then rounded to the float32 `out`.

    Unlike `fused32` this does not look for sums halfway between two float32.  It need not: the polynomials
    see only 2**24 different arguments, and all were tried: none comes out differently.
    """
    scratch[...] = out
    np.multiply(scratch, x, out=scratch)
    np.add(scratch, c, out=scratch)
    out[...] = scratch


def log32(u: np.ndarray) -> np.ndarray:
    """Natural logarithm of the float32 array `u`, 2**-24 <= u <= 1.  Overwrites `u`."""
    # u = m * 2**e with m in [sqrt(1/2), sqrt(2)), read off the bits: exponent and fraction of u / sqrt(1/2).
    bits = u.view(np.int32)
    bits -= _SQRT_HALF_BITS
    e = (bits >> 23).astype(np.float32)
    bits &= 0x7FFFFF
    bits += _SQRT_HALF_BITS
    x = u
    x -= np.float32(1)
    # log(1 + x) = x - x**2/2 + x**3 * polynomial
    z = x * x
    wide = x.astype(np.float64)
    scratch = wide * _LOG[0]
    y = (scratch + _LOG[1]).astype(np.float32)
    for coefficient in _LOG[2:]:
        _fused_into(y, wide, coefficient, scratch)
    y *= x
    wide[...] = z
    _fused_into(y, wide, e * _LN2_LOW, scratch)
    z *= np.float32(0.5)
    y -= z
    x += y
    e *= _LN2_HIGH  # exact: ten bits times five
    x += e
    return x


def sincos32(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sine and cosine of the float32 array `t`, 0 <= t < 2*pi.  Overwrites `t`."""
    # The nearest even number j of eighths of a turn leaves x in [-pi/4, pi/4].
    j = (t * _FOUR_OVER_PI).astype(np.int32)
    j += 1
    j &= ~1
    x = t
    scratch = j * -_QUARTER_PI
    scratch += x
    x[...] = scratch
    z = x * x
    wide = z.astype(np.float64)
    sin = _cubic(_SIN, wide, scratch)  # x + x*z * polynomial(z)
    sin *= z
    cos = _cubic(_COS, wide, scratch)  # 1 - z/2 + z**2 * polynomial(z)
    cos *= z
    z *= np.float32(-0.5)
    _fused_into(cos, wide, z, scratch)
    cos += np.float32(1)
    wide[...] = x
    _fused_into(sin, wide, x, scratch)

    # After an odd number of quarter turns sine and cosine change places; exclusive-or swaps without a branch.
    sin_bits, cos_bits = sin.view(np.int32), cos.view(np.int32)
    swap = (sin_bits ^ cos_bits) & -((j >> 1) & 1)
    sin_bits ^= swap
    cos_bits ^= swap
    # The sign is the top bit: sine is negative in the second half turn, cosine in the middle two quarters.
    sin_bits ^= (j & 4) << 29
    cos_bits ^= (~(j - 2) & 4) << 29
    return sin, cos


def _cubic(coefficients: list[float], wide: np.ndarray, scratch: np.ndarray) -> np.ndarray:
    """(a*z + b)*z + c in float32, each step rounded once."""
    a, b, c = coefficients
    np.multiply(wide, a, out=scratch)
    y = (scratch + b).astype(np.float32)
    _fused_into(y, wide, c, scratch)
    return y
