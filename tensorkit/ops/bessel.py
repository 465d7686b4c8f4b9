"""Bessel functions of each element, and Airy's, for `torch.special`.

They are computed from their integrals, which are short, and as exact as float64 wherever the argument is moderate;
beyond `_FAR` from Hankel's asymptotic series (DLMF 10.17).  As in PyTorch none of them has a derivative.  The scaled I0
and I1, which have, stand in `special.py`.
"""

import math

import numpy as np

from .. import dtypes
from . import formulas
from .declare import unary

_FAR = 30.0
#: Places and weights for integrals over [-1, 1] (Gauss and Legendre).
_AT, _WEIGHTS = np.polynomial.legendre.leggauss(120)


def _over(low, high, integrand):
    """The integral from `low` to `high` (arrays); the integrand takes places with one dimension more in front."""
    half = (high - low) / 2
    places = low + half * (1 + _AT.reshape(-1, *[1] * np.ndim(half)))
    return half * np.tensordot(_WEIGHTS, integrand(places), 1)


def _tail(x, integrand):
    """The integral of exp(-x sinh t)·integrand(t) from 0 to infinity."""
    end = np.arcsinh(45 / x) + 1
    parts = [_over(end * i / 4, end * (i + 1) / 4, lambda t: np.exp(-x * np.sinh(t)) * integrand(t)) for i in range(4)]
    return parts[0] + parts[1] + parts[2] + parts[3]


def _turn(x, trigonometric, order):
    """1/π times the integral of cos or sin of (x sin t - order t) from 0 to π."""
    return (
        _over(np.zeros_like(x), np.full_like(x, math.pi), lambda t: trigonometric(x * np.sin(t) - order * t)) / math.pi
    )


def _near_j(x, order):
    """J of any order at 0 < x <= _FAR (DLMF 10.9.6)."""
    found = _turn(x, np.cos, order)
    if order % 1:
        found = found - math.sin(order * math.pi) / math.pi * _tail(x, lambda t: np.exp(-order * t))
    return found


def _near_y(x, order: int):
    """Y of order 0 or 1 at 0 < x <= _FAR (DLMF 10.9.7)."""
    sides = (lambda t: np.exp(t) - np.exp(-t)) if order else (lambda t: np.full_like(t, 2.0))
    return _turn(x, np.sin, order) - _tail(x, sides) / math.pi


def _far(x, order):
    """J and Y at x > _FAR (DLMF 10.17.3–4)."""
    term, cosines, sines = np.ones_like(x), np.ones_like(x), np.zeros_like(x)
    for k in range(1, 26):
        term = term * (4 * order * order - (2 * k - 1) ** 2) / (8 * k * x)
        if k % 2:
            sines = sines + (term if k % 4 == 1 else -term)
        else:
            cosines = cosines + (term if k % 4 == 0 else -term)
    angle = x - (order / 2 + 0.25) * math.pi
    scale = np.sqrt(2 / (math.pi * x))
    return scale * (np.cos(angle) * cosines - np.sin(angle) * sines), scale * (
        np.sin(angle) * cosines + np.cos(angle) * sines
    )


def _placed(x, near, far, at_zero):
    """What `near` and `far` give where they hold, of absolute values; `at_zero` at 0, nan at infinity and nan."""
    size = np.abs(x)
    inside = (size > 0) & (size <= _FAR)
    beyond = (size > _FAR) & np.isfinite(size)
    found = np.full(size.shape, np.nan)
    if inside.any():
        found[inside] = near(size[inside])
    if beyond.any():
        found[beyond] = far(size[beyond])
    found[size == 0] = at_zero
    return found


def _j(x, order: int):
    found = _placed(x, lambda size: _near_j(size, order), lambda size: _far(size, order)[0], 1 - order)
    return np.where(x < 0, -found, found) if order else found


def _j_broken(x, order: float):
    """J of an order that is no whole number, at x > 0."""
    return _placed(x, lambda size: _near_j(size, order), lambda size: _far(size, order)[0], 0.0)


def _y(x, order: int):
    found = _placed(x, lambda size: _near_y(size, order), lambda size: _far(size, order)[1], -np.inf)
    return np.where(x < 0, np.nan, found)


def _k_scaled(x, order):
    """exp(x)·K(x): the integral of exp(-x (cosh t - 1)) cosh(order t) from 0 to infinity (DLMF 10.32.9), summed at even
    steps, which is exact for integrands that fall so fast."""
    found = np.where(x == 0, np.inf, np.where(x > 0, 0.0, np.nan))
    good = (x > 0) & np.isfinite(x)
    if good.any():
        value = x[good]
        step = np.arccosh(1 + 45 / value) * (1 + 0.5 / (1 + 45 / value)) / 200
        t = step * np.arange(201).reshape(-1, 1)
        terms = np.exp(-value * 2 * np.sinh(t / 2) ** 2) * np.cosh(order * t)
        found[good] = step * (terms.sum(0) - terms[0] / 2)
    return found


def _k(x, order):
    with np.errstate(all="ignore"):
        return _k_scaled(x, order) * np.exp(-np.where(x > 0, x, 0))


def _airy(x):
    """Ai, from Bessel functions of order 1/3 (DLMF 9.6.2 and 9.6.6); as in PyTorch nan at infinity."""
    found = np.full(x.shape, 0.355028053887817239)
    found[~np.isfinite(x)] = np.nan
    positive, negative = (x > 0) & np.isfinite(x), (x < 0) & np.isfinite(x)
    if positive.any():
        value = x[positive]
        found[positive] = np.sqrt(value / 3) / math.pi * _k(2 / 3 * value * np.sqrt(value), 1 / 3)
    if negative.any():
        value = -x[negative]
        angle = 2 / 3 * value * np.sqrt(value)
        found[negative] = np.sqrt(value) / 3 * (_j_broken(angle, 1 / 3) + _j_broken(angle, -1 / 3))
    return found


def _spherical(x):
    with np.errstate(all="ignore"):
        return np.where(np.isinf(x), 0.0, np.where(x == 0, 1.0, np.sin(x) / x))


def _declared(name: str, formula, doc: str, example: str):
    def body(x):
        dtypes.refuse(f"{name}_cpu", x, "f" if x.dtype.itemsize == 2 else "biucV")
        found = formula(np.atleast_1d(np.asarray(x, np.float64)))
        return np.asarray(found, x.dtype).reshape(x.shape)[()]

    body.__name__ = body.__qualname__ = "_" + name
    body.__doc__ = f"""{doc}

    >>> torch.special.{name}(tensor([1., 10.]))
    tensor([{example}])
    """
    return unary(None, floating=True, method=False, inplace=False)(body)


_FIRST, _SECOND = "The Bessel function of the first kind", "The Bessel function of the second kind"
bessel_j0 = _declared("bessel_j0", lambda x: _j(x, 0), f"{_FIRST}, of order 0.", " 0.7652, -0.2459")
bessel_j1 = _declared("bessel_j1", lambda x: _j(x, 1), f"{_FIRST}, of order 1.", "0.4401, 0.0435")
bessel_y0 = _declared("bessel_y0", lambda x: _y(x, 0), f"{_SECOND}, of order 0.", "0.0883, 0.0557")
bessel_y1 = _declared("bessel_y1", lambda x: _y(x, 1), f"{_SECOND}, of order 1.", "-0.7812,  0.2490")
modified_bessel_i0 = _declared(
    "modified_bessel_i0", lambda x: formulas.bessel_scaled(0, x) * np.exp(np.abs(x)),
    "The modified Bessel function of the first kind, of order 0.", "1.2661e+00, 2.8157e+03")  # fmt: skip
modified_bessel_i1 = _declared(
    "modified_bessel_i1", lambda x: formulas.bessel_scaled(1, x) * np.exp(np.abs(x)),
    "The modified Bessel function of the first kind, of order 1.", "5.6516e-01, 2.6710e+03")  # fmt: skip
modified_bessel_k0 = _declared(
    "modified_bessel_k0", lambda x: _k(x, 0),
    "The modified Bessel function of the second kind, of order 0.", "4.2102e-01, 1.7780e-05")  # fmt: skip
modified_bessel_k1 = _declared(
    "modified_bessel_k1", lambda x: _k(x, 1),
    "The modified Bessel function of the second kind, of order 1.", "6.0191e-01, 1.8649e-05")  # fmt: skip
scaled_modified_bessel_k0 = _declared(
    "scaled_modified_bessel_k0", lambda x: _k_scaled(x, 0), "exp(x)·modified_bessel_k0(x).", "1.1445, 0.3916"
)
scaled_modified_bessel_k1 = _declared(
    "scaled_modified_bessel_k1", lambda x: _k_scaled(x, 1), "exp(x)·modified_bessel_k1(x).", "1.6362, 0.4108"
)
spherical_bessel_j0 = _declared(
    "spherical_bessel_j0", _spherical, "The spherical Bessel function of the first kind, of order 0: sin(x) / x.",
    " 0.8415, -0.0544")  # fmt: skip
airy_ai = _declared("airy_ai", _airy, "Airy's function Ai.", "1.3529e-01, 1.1048e-10")
