"""The operations on tensors, family by family.

`declare.py` says how one is declared; start reading with `pointwise.py`.  Importing this package attaches every
operation to `Tensor` as a method and collects the functions of the `torch` namespace in `FUNCTIONS`.
"""

from . import (  # noqa: F401, I001
    cast, create, pointwise, compare, shape, join, reduce, inplace, index, matmul, activation, special, misc, samples, sort, search,
    matrices, einsum, decompose, linalg, leastsquares, lu, norm,
    legacy,
)  # fmt: skip
from .declare import FUNCTIONS, REGISTRY, Op

inplace.attach_in_place_methods(FUNCTIONS)

__all__ = ["FUNCTIONS", "REGISTRY", "Op"]
