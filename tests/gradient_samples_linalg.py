"""How the operations of linear algebra, and the rarer special functions, are called in `test_gradients.py`."""

import warnings

import numpy as np

import tensorkit as torch

special, linalg = torch.special, torch.linalg
_rng = np.random.default_rng(4)

TALL, WIDE = _rng.normal(size=(4, 3)), _rng.normal(size=(3, 4))
SQUARE = _rng.normal(size=(3, 3)) + np.diag([2.0, 3.0, 4.5])
BATCH = np.stack([SQUARE, SQUARE.T + 0.3])
RIGHT, VECTOR = _rng.normal(size=(3, 2)), _rng.normal(size=3)
POSITIVE = _rng.uniform(0.2, 2.2, size=(2, 3))
UNIT = _rng.uniform(0.1, 0.9, size=(2, 3))


def one(function, *arrays):
    return [(function, list(arrays))]


def each(function, *inputs):
    return [(function, [array]) for array in inputs]


def symmetric(function):
    """`function` of the symmetric positive-definite matrix x xᵀ + 1."""
    return lambda x: function(x @ x.mT + torch.eye(3, dtype=torch.float64))


def _quietly(function, *args):
    """What PyTorch warns about as deprecated, without the warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return function(*args)


def signless(x):
    """Something smooth of singular or eigenvectors that does not depend on their signs."""
    return x * x


SAMPLES = {
    "erfcx": one(special.erfcx, POSITIVE),
    "ndtri": one(special.ndtri, UNIT),
    "log_ndtr": one(special.log_ndtr, POSITIVE - 1.2),
    "igamma": one(lambda y: torch.igamma(torch.full((3,), 1.5, dtype=torch.float64), y), POSITIVE),
    "igammac": one(lambda y: torch.igammac(torch.full((3,), 2.5, dtype=torch.float64), y), POSITIVE),
    "zeta": one(lambda y: special.zeta(torch.tensor(2.5, dtype=torch.float64), y), POSITIVE),
    "i0e": one(special.i0e, POSITIVE - 1),
    "i1": [(special.i1, [POSITIVE - 1]), (special.i1, [np.zeros(2)]), (special.i1, [POSITIVE * 15])],
    "i1e": one(special.i1e, POSITIVE - 1),
    "xlog1py": one(special.xlog1py, POSITIVE - 1, POSITIVE),
    "entr": one(special.entr, POSITIVE),
    "lerp_by_number": one(lambda x, y: torch.lerp(x, y, 0.3), POSITIVE, UNIT),
    "frexp": one(lambda x: torch.frexp(x).mantissa, POSITIVE),
    "without_last": one(lambda x: x.quantile(0.3, dim=1), POSITIVE),
    "tril": each(lambda x: x.tril(-1), SQUARE, BATCH),
    "triu": each(lambda x: x.triu(1), SQUARE, BATCH),
    "diagonal_copy": each(lambda x: x.diag(1), SQUARE, WIDE),
    "diag_embed": [(torch.diag, [VECTOR]), (lambda x: torch.diag_embed(x, 1, 0, 2), [TALL])],
    "trace": each(torch.trace, SQUARE, WIDE),
    "cross": [(linalg.cross, [TALL, TALL[::-1]]), (lambda x, y: torch.cross(x, y, dim=0), [RIGHT, RIGHT[:, :1]])],
    "linalg_svd": [
        (lambda x: linalg.svdvals(x), [TALL]),
        (lambda x: linalg.svd(x).S, [WIDE]),
        (lambda x: tuple(map(signless, linalg.svd(x, full_matrices=False))), [TALL]),
        (lambda x: tuple(map(signless, linalg.svd(x, full_matrices=False))), [WIDE]),
        (lambda x: tuple(map(signless, linalg.svd(x))), [BATCH]),
    ],
    "linalg_qr": [
        *each(lambda x: tuple(linalg.qr(x)), TALL, WIDE, BATCH),
        *each(lambda x: linalg.qr(x).Q, SQUARE, WIDE),
        *each(lambda x: linalg.qr(x).R, TALL, WIDE),
    ],
    "linalg_eigh": [
        (symmetric(linalg.eigvalsh), [SQUARE]),
        (symmetric(lambda x: signless(linalg.eigh(x).eigenvectors)), [SQUARE]),
        (symmetric(lambda x: (linalg.eigh(x)[0], signless(linalg.eigh(x)[1]))), [BATCH]),
    ],
    "linalg_eig": [
        (lambda x: linalg.eigvals(x).real, [SQUARE]),
        (lambda x: (linalg.eigvals(x) * linalg.eigvals(x).conj()).real, [_rng.normal(size=(3, 3))]),
        (lambda x: (linalg.eig(x)[1] * linalg.eig(x)[1].conj()).real, [SQUARE]),
    ],
    "cholesky_ex": [
        (symmetric(linalg.cholesky), [SQUARE]),
        (symmetric(lambda x: linalg.cholesky(x, upper=True)), [BATCH]),
    ],
    "cholesky": [(symmetric(lambda x, upper=upper: _quietly(torch.cholesky, x, upper)), [SQUARE])
                 for upper in (False, True)],
    "inv_ex": each(torch.inverse, SQUARE, BATCH),
    "det": each(torch.det, SQUARE, BATCH),
    "linalg_slogdet": [(lambda x: torch.slogdet(x)[1], [SQUARE]), (torch.logdet, [SQUARE])],
    "solve": [
        (linalg.solve, [SQUARE, VECTOR]),
        (linalg.solve, [BATCH, RIGHT]),
        (lambda a, b: linalg.solve(a, b, left=False), [SQUARE, TALL]),
    ],
    "solve_triangular": [
        (lambda a, b: linalg.solve_triangular(a, b, upper=True), [SQUARE, RIGHT]),
        (lambda a, b: linalg.solve_triangular(a, b, upper=False, unitriangular=True), [SQUARE, RIGHT]),
        (lambda a, b: linalg.solve_triangular(a, b, upper=False, left=False), [SQUARE, TALL]),
    ],
    "cholesky_solve": [
        (lambda b, x: torch.cholesky_solve(b, x.tril()), [RIGHT, SQUARE]),
        (lambda b, x: torch.cholesky_solve(b, x.triu(), upper=True), [RIGHT, SQUARE]),
    ],
    "matrix_exp": each(torch.matrix_exp, SQUARE / 3, BATCH / 3),
    "pinv": each(linalg.pinv, TALL, WIDE),
    "least_squares": one(lambda a, b: linalg.lstsq(a, b).solution, TALL, _rng.normal(size=(4, 2))),
    "linalg_lu_factor": [(lambda x: linalg.lu_factor(x).LU, [SQUARE]), (lambda x: tuple(linalg.lu(x)[1:]), [SQUARE])],
    "linalg_vector_norm": [
        *[(lambda x, p=p: linalg.vector_norm(x, p, dim=1) * x.sum(), [TALL])
          for p in (0, 0.5, 1, 1.5, 2, 3, float("inf"), -float("inf"), -2)],
        *[(lambda x, p=p: linalg.matrix_norm(x, p), [TALL])
          for p in ("fro", 1, -1, float("inf"), -float("inf"))],
    ],
    "dist": [(lambda x, y, p=p: torch.dist(x, y, p), [TALL, VECTOR]) for p in (1, 2, 3)],
    "cdist": [(lambda x, y, p=p: torch.cdist(x, y, p), [TALL, SQUARE]) for p in (0.5, 1, 2, 3, float("inf"))],
    "renorm": [(lambda x, p=p: torch.renorm(x, p, 0, 1.5), [TALL]) for p in (2, 3)],
}  # fmt: skip
