"""Operations that are loaded when someone first asks for one: sorting, special functions, linear algebra and the like.

They are a third of all operations and a third of the time that `import tensorkit` would take.  Until then their names
stand for them: `torch.sort` through the module's `__getattr__`, `x.sort` through a descriptor that loads them all and
hands on the method.  A test holds the lists of names to what the modules define.
"""

from importlib import import_module

from ..tensor import Tensor
from .inplace import attach_in_place_methods
from .publish import FUNCTIONS

MODULES = (
    "special", "misc", "samples", "sort", "search", "matrices", "einsum", "decompose", "cholesky", "linalg",
    "leastsquares", "lu", "norm",
)  # fmt: skip

#: What they add to the `torch` namespace.
FUNCTION_NAMES = frozenset("""
    addcdiv addcmul argsort bincount bucketize cdist cholesky cholesky_inverse cholesky_solve combinations
    corrcoef cov cross cumulative_trapezoid det diag diag_embed diagflat diff digamma dist einsum entr erf erfc
    erfcx erfinv frexp gcd gradient heaviside histc histogram i0 i0e i1 i1e igamma igammac inverse is_complex
    is_floating_point is_nonzero is_same_size is_signed kron kthvalue lcm ldexp lerp lgamma log_ndtr logdet
    logit lu lu_solve lu_unpack matrix_exp median mode msort mvlgamma nan_to_num nanmedian nanquantile ndtri
    nextafter norm numel pinverse polygamma promote_types qr quantile renorm result_type searchsorted sinc
    slogdet sort svd topk trace trapezoid trapz triangular_solve tril tril_indices triu triu_indices typename
    unique unique_consecutive vander xlog1py xlogy zeta
""".split())  # fmt: skip

#: What they add to `Tensor`.
METHOD_NAMES = frozenset("""
    addcdiv addcdiv_ addcmul addcmul_ argsort bincount cholesky cholesky_inverse cholesky_solve corrcoef cov
    cross det diag diag_embed diagflat diff digamma digamma_ dist erf erf_ erfc erfc_ erfinv erfinv_ frexp gcd
    gcd_ heaviside histc histogram i0 i0_ igamma igamma_ igammac igammac_ inverse is_nonzero kron kthvalue lcm
    lcm_ ldexp ldexp_ lerp lerp_ lgamma lgamma_ logdet logit logit_ lu lu_solve matrix_exp median mode msort
    mvlgamma nan_to_num nan_to_num_ nanmedian nanquantile nextafter nextafter_ norm pinverse polygamma qr
    quantile renorm renorm_ sinc sinc_ slogdet sort svd topk trace triangular_solve tril tril_ triu triu_ unique
    unique_consecutive xlogy xlogy_
""".split())  # fmt: skip

_loaded = False


def load() -> None:
    """Load the operations of `MODULES`, and their in-place methods; does nothing the second time."""
    global _loaded
    if _loaded:
        return
    _loaded = True
    for name in METHOD_NAMES:
        if type(vars(Tensor).get(name)) is _Later:  # one of the modules may have been imported by itself
            delattr(Tensor, name)
    for name in MODULES:
        import_module(f"{__package__}.{name}")
    attach_in_place_methods(FUNCTIONS)


class _Later:
    """Stands for a method until it is asked for."""

    __slots__ = ("name",)

    def __init__(self, name: str):
        self.name = name

    def __get__(self, tensor, owner):
        load()
        return getattr(owner if tensor is None else tensor, self.name)


def announce() -> None:
    """Put the names of all methods that are not loaded yet on Tensor."""
    for name in METHOD_NAMES:
        setattr(Tensor, name, _Later(name))
    FUNCTIONS.load = load
