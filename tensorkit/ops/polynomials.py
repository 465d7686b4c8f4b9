"""Orthogonal polynomials of each element: Chebyshev's of four kinds (also shifted to [0, 1]), Hermite's, Laguerre's and
Legendre's, for `torch.special`.

Each is its first two polynomials and the step from two to the next (DLMF 18.9).  Chebyshev's are cosines in disguise,
which is how those of higher degree are computed inside their interval (DLMF 18.5.1–4).  As in PyTorch none of them has
a derivative, and a degree below 0 gives 0.
"""

from .. import dtypes
from ..array_modules import np
from ..errors import not_implemented
from .declare import binary

#: Degrees above which Hermite's polynomials are nan, by bytes of an element: PyTorch's limits.
_HERMITE_LIMITS = {4: 128, 8: 512}


def _degrees(name: str, x, n):
    """Elements and degrees of one shape, degrees as whole numbers; refuses what PyTorch has no kernel for."""
    kind = getattr(x, "dtype", None) or n.dtype
    if kind.kind != "f" or kind.itemsize == 2:
        raise not_implemented(f"{name}_cpu", dtypes.from_numpy(kind).cpp_name)
    x, n = np.broadcast_arrays(np.asarray(x, kind), np.asarray(n, kind))
    return x, np.trunc(n).astype(np.int64)


def _by_steps(x, n, second, step, stepped=True):
    """The polynomials of degrees `n`, from 1, `second`, and step(k, q, p), which makes the one of degree k + 1 of those
    of degrees k and k - 1; where not `stepped`, they need not be right."""
    p, q = np.ones_like(x), second
    found = np.where(n == 0, p, np.where(n < 0, np.zeros_like(x), q))
    needed = np.where(stepped, n, 0)
    for k in range(1, int(needed.max()) if needed.size else 0):
        p, q = q, step(k, q, p)
        found = np.where(n == k + 1, q, found)
    return found


def _chebyshev(name: str, second, angular, at_one, at_minus_one, degree: int, shifted: bool, doc: str):
    """One of Chebyshev's kinds.

    second                the polynomial of degree 1 of y
    angular               the polynomials of degree n at the cosine of an angle
    at_one, at_minus_one  their values there
    degree                the highest that is computed by steps inside of (-1, 1)
    shifted               of 2x - 1 instead of x
    """

    def body(x, y):
        x, n = _degrees(name, x, y)
        x = x + x - 1 if shifted else x
        inside = (n > degree) & (np.abs(x) < 1)
        edge = np.abs(x) == 1
        found = _by_steps(x, n, second(x), lambda k, q, p: (x + x) * q - p, ~inside & ~edge)
        angle = np.arccos(np.where(inside, x, np.zeros_like(x)))
        found = np.where(inside, angular(n, angle), found)
        ends = np.where(x > 0, at_one(n), at_minus_one(n))
        return np.where(edge & (n >= 0), ends, found).astype(x.dtype)[()]

    return _published(body, name, doc)


def _published(body, name: str, doc: str):
    body.__name__ = body.__qualname__ = name
    body.__doc__ = doc
    return binary(None, None, floating=True, method=False, function=False, inplace=False)(body)


def _sign(n):
    """(-1)^n."""
    return 1 - 2 * (n % 2)


def _doc(what: str, example: str) -> str:
    return f"""{what}

    input  where
    n      the degree, a whole number: one for all elements or one for each

    >>> {example}
    """


_KINDS = {
    "t": (lambda x: x, lambda n, a: np.cos(n * a), lambda n: n * 0 + 1, _sign, 6, "first"),
    "u": (lambda x: x + x, lambda n, a: np.sin((n + 1) * a) / np.sin(a), lambda n: n + 1, lambda n: _sign(n) * (n + 1),
          8, "second"),
    "v": (lambda x: x + x - 1, lambda n, a: np.cos((n + 0.5) * a) / np.cos(a / 2), lambda n: n * 0 + 1,
          lambda n: _sign(n) * (n + n + 1), 8, "third"),
    "w": (lambda x: x + x + 1, lambda n, a: np.sin((n + 0.5) * a) / np.sin(a / 2), lambda n: n + n + 1, _sign,
          8, "fourth"),
}  # fmt: skip
_EXAMPLES = {"t": "-0.5000", "u": "0.", "v": "-1.", "w": "1."}
_CHEBYSHEV = {
    prefix + f"chebyshev_polynomial_{letter}": _chebyshev(
        prefix + f"chebyshev_polynomial_{letter}", *rules, bool(prefix), _doc(
            f"Chebyshev's polynomials of the {kind} kind{', of 2x - 1' if prefix else ''}.",
            f"torch.special.{prefix}chebyshev_polynomial_{letter}(tensor([{0.75 if prefix else 0.5}]), 2)\n"
            f"    tensor([{_EXAMPLES[letter]}])"))
    for letter, (*rules, kind) in _KINDS.items() for prefix in ("", "shifted_")
}  # fmt: skip

chebyshev_polynomial_t = _CHEBYSHEV["chebyshev_polynomial_t"]
chebyshev_polynomial_u = _CHEBYSHEV["chebyshev_polynomial_u"]
chebyshev_polynomial_v = _CHEBYSHEV["chebyshev_polynomial_v"]
chebyshev_polynomial_w = _CHEBYSHEV["chebyshev_polynomial_w"]
shifted_chebyshev_polynomial_t = _CHEBYSHEV["shifted_chebyshev_polynomial_t"]
shifted_chebyshev_polynomial_u = _CHEBYSHEV["shifted_chebyshev_polynomial_u"]
shifted_chebyshev_polynomial_v = _CHEBYSHEV["shifted_chebyshev_polynomial_v"]
shifted_chebyshev_polynomial_w = _CHEBYSHEV["shifted_chebyshev_polynomial_w"]


def _hermite(name: str, factor: int, doc: str):
    def body(x, y):
        x, n = _degrees(name, x, y)
        limit = _HERMITE_LIMITS[x.dtype.itemsize]
        found = _by_steps(x, np.minimum(n, limit), factor * x, lambda k, q, p: factor * (x * q - k * p))
        return np.where(n > limit, np.nan, found).astype(x.dtype)[()]

    return _published(body, name, doc)


hermite_polynomial_h = _hermite("hermite_polynomial_h", 2, _doc(
    "Hermite's polynomials, of the weight exp(-x²).",
    "torch.special.hermite_polynomial_h(tensor([0.5]), 2)\n    tensor([-1.])"))  # fmt: skip
hermite_polynomial_he = _hermite("hermite_polynomial_he", 1, _doc(
    "Hermite's polynomials, of the weight exp(-x²/2).",
    "torch.special.hermite_polynomial_he(tensor([0.5]), 2)\n    tensor([-0.7500])"))  # fmt: skip


def _laguerre(x, y):
    x, n = _degrees("laguerre_polynomial_l", x, y)
    found = _by_steps(x, n, 1 - x, lambda k, q, p: ((k + k + (1 - x)) * q - k * p) / (k + 1), x != 0)
    return np.where((x == 0) & (n >= 0), np.ones_like(x), found)[()]


def _legendre(x, y):
    x, n = _degrees("legendre_polynomial_p", x, y)
    edge = np.abs(x) == 1
    found = _by_steps(x, n, x, lambda k, q, p: ((k + k + 1) * x * q - k * p) / (k + 1), ~edge)
    return np.where(edge & (n >= 0), np.where(x > 0, 1, _sign(n)).astype(x.dtype), found)[()]


laguerre_polynomial_l = _published(_laguerre, "laguerre_polynomial_l", _doc(
    "Laguerre's polynomials.",
    "torch.special.laguerre_polynomial_l(tensor([0.5]), 2)\n    tensor([0.1250])"))  # fmt: skip
legendre_polynomial_p = _published(_legendre, "legendre_polynomial_p", _doc(
    "Legendre's polynomials.",
    "torch.special.legendre_polynomial_p(tensor([0.5]), 2)\n    tensor([-0.1250])"))  # fmt: skip
