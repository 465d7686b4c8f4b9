"""The operations on tensors, family by family.

`declare.py` says how one is declared; start reading with `pointwise.py`.  Importing this package attaches the
operations to `Tensor` as methods and collects the functions of the `torch` namespace in `FUNCTIONS`; those of
`later.py` follow when one of them is first asked for, or when someone asks for the whole `REGISTRY`.
"""

from . import (  # noqa: F401, I001
    cast, create, data, pointwise, exponential, powers, compare, shape, transpose, broadcast, reduce, inplace, index,
    assign, matmul, later,
)  # fmt: skip
from .declare import FUNCTIONS, Op

inplace.attach_in_place_methods(FUNCTIONS)

__all__ = ["FUNCTIONS", "REGISTRY", "Op"]


def __getattr__(name: str):
    if name == "REGISTRY":
        from .declare import REGISTRY

        later.load_all()
        return REGISTRY
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
