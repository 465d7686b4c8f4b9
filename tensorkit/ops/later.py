"""Operations that are loaded when someone first asks for one: sorting, trigonometry, linear algebra and the like.

They are two thirds of all operations, and would take half of the time of `import tensorkit`.  Until then their names
stand for them: `torch.sort` through the module's `__getattr__`, `x.sort` through a descriptor that loads the module
`sort` and hands on the method.  A test holds the tables of names to what the modules define.
"""

from importlib import import_module

from ..tensor import Tensor
from .inplace import attach_in_place_methods
from .publish import FUNCTIONS

#: What each module adds: `name` to the `torch` namespace and to `Tensor`, `name_` the same and its in-place twin,
#: `name()` to the namespace alone, `.name` to `Tensor` alone.
OPERATIONS: dict[str, str] = {
    "trigonometric": """
        acos_ acosh_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctan2_ arctanh_ asin_ asinh_ atan_ atan2_ atanh_ cos_
        cosh_ deg2rad_ hypot_ rad2deg_ sin_ sinh_ tan_ tanh_""",
    "sign": "__abs__ abs_ absolute_ copysign_ sgn_ sign_ signbit",
    "rounding": "ceil_ fix_ floor_ fmod_ frac_ remainder_ round_ trunc_ .__imod__ .__mod__ .__rmod__",
    "complex_numbers": "angle conj conj_physical_ is_conj is_neg resolve_conj resolve_neg complex() polar()",
    "complex_views": "imag real view_as_complex view_as_real",
    "join": """
        atleast_1d() atleast_2d() atleast_3d() cat() column_stack() concat() concatenate() dstack() hstack() row_stack()
        stack() vstack()""",
    "pieces": "chunk dsplit hsplit split split_with_sizes tensor_split unbind vsplit .__iter__",
    "grids": "block_diag() cartesian_prod() meshgrid()",
    "windows": "as_strided diagonal .unfold",
    "rewritten": "",
    "rearrange": "flip fliplr flipud repeat_interleave roll rot90 tile .__reversed__ .repeat",
    "statistics": "std var std_mean() var_mean()",
    "bounds": "clamp_ clamp_max_ clamp_min_ clip_ fmax fmin maximum minimum",
    "cumulative": "cummax cummin cumprod_ cumsum_ logcumsumexp",
    "extremes": "amax amin aminmax argmax argmin max min",
    "gather": "gather scatter_ scatter_add_ scatter_reduce_ take_along_dim",
    "flattened": "put_ take",
    "unsafe": "unsafe_chunk unsafe_split unsafe_split_with_sizes",
    "masks": "argwhere masked_fill_ masked_scatter_ masked_select nonzero nonzero_static where",
    "slices": "index_add_ index_copy_ index_fill_ index_select narrow select",
    "rewrite": "as_strided_scatter diagonal_scatter index_reduce_ select_scatter slice_scatter",
    "strides": ".const_data_ptr .data_ptr .dim_order .is_contiguous .is_set_to .storage_offset .stride",
    "activation": "log_softmax relu_ sigmoid_ softmax",
    "legacy": """
        BFloat16Tensor() BoolTensor() ByteTensor() CharTensor() DoubleTensor() FloatTensor() HalfTensor() IntTensor()
        LongTensor() ShortTensor() are_deterministic_algorithms_enabled() compile() get_default_device()
        get_float32_matmul_precision() get_num_threads() set_default_device() set_default_tensor_type()
        set_float32_matmul_precision() set_num_threads() use_deterministic_algorithms()""",
    "alike": "empty_like() full_like() ones_like() zeros_like() .new_empty .new_full .new_ones .new_zeros",
    "allocate": "empty_permuted() empty_strided() fill() .new_empty_strided .resize .resize_as .resize_as_",
    "settings": """
        is_distributed get_deterministic_debug_mode() get_num_interop_threads() init_num_threads()
        is_deterministic_algorithms_warn_only_enabled() is_vulkan_available() set_deterministic_debug_mode()
        set_flush_denormal() set_num_interop_threads()""",
    "special": """
        digamma_ erf_ erfc_ erfinv_ i0_ igamma_ igammac_ lgamma_ logit_ mvlgamma_ polygamma_ sinc_ xlogy_ entr() erfcx()
        i0e() i1() i1e() log_ndtr() ndtri() xlog1py() zeta()""",
    "bessel": "",  # for torch.special alone, like the next
    "polynomials": "",
    "misc": """
        addcdiv_ addcmul_ frexp gcd_ heaviside_ is_nonzero lcm_ ldexp_ lerp_ nan_to_num_ nextafter_ combinations()
        get_device() is_complex() is_inference() is_floating_point() is_same_size() is_signed() numel() promote_types()
        result_type() typename()""",
    "samples": "corrcoef cov diff cumulative_trapezoid() gradient() trapezoid() trapz()",
    "sort": "argsort kthvalue median mode msort nanmedian nanquantile quantile sort topk",
    "search": """
        bincount histc histogram unique unique_consecutive bucketize() histogramdd() searchsorted() unravel_index()""",
    "matrices": "cross diag diag_embed diagflat kron trace tril_ triu_ tril_indices() triu_indices() vander()",
    "products": "addbmm_ addmm_ addmv_ addr_ baddbmm_ matrix_power chain_matmul() tensordot()",
    "einsum": "einsum()",
    "decompose": "qr svd",
    "cholesky": "cholesky",
    "linalg": "cholesky_inverse cholesky_solve inverse matrix_exp triangular_solve",
    "determinants": "det logdet slogdet",
    "leastsquares": "pinverse",
    "householder": "geqrf orgqr ormqr",
    "ldl": "",  # for torch.linalg alone
    "lu": "lu lu_solve lu_unpack()",
    "norm": "dist norm renorm_ cdist() frobenius_norm() norm_except_dim() nuclear_norm()",
}  # fmt: skip

#: Where each function of the `torch` namespace stands that is loaded later, and all modules that are.
FUNCTION_HOMES: dict[str, str] = {}
_homes: list[str] = []
#: The functions with an in-place twin.
_twins: list[str] = []


class _Later:
    """Stands for a method or property of Tensor until it is asked for."""

    __slots__ = ("home", "name")

    def __init__(self, home: str, name: str):
        self.home, self.name = home, name

    def __get__(self, tensor, owner):
        load(self.home)
        return getattr(owner if tensor is None else tensor, self.name)

    def __set__(self, tensor, value):
        load(self.home)
        setattr(tensor, self.name, value)


def load(home: str) -> None:
    """Load a module of operations, and attach their in-place methods."""
    import_module(home)
    attach_in_place_methods(FUNCTIONS, _twins)


def load_all() -> None:
    """Load every module that was announced."""
    for home in _homes:
        load(home)


def announce(package: str, table: dict[str, str]) -> None:
    """Put the names of what the modules of `package` define where users look for it."""
    for module, names in table.items():
        home = f"{package}.{module}"
        _homes.append(home)
        for name in names.split():
            methods = [] if name[-1] == ")" else [name.removeprefix(".")]
            if name[0] != ".":
                if name[-1] == "_" != name[-2]:
                    name = name[:-1]
                    methods.append(name)
                    _twins.append(name)
                FUNCTION_HOMES[name.removesuffix("()")] = home
            for each in methods:
                if each not in vars(Tensor):  # loaded by itself, perhaps
                    setattr(Tensor, each, _Later(home, each))


def find(name: str):
    """The function of this name, loaded if it has to be; None if there is none."""
    if name in FUNCTION_HOMES:
        load(FUNCTION_HOMES[name])
    return FUNCTIONS.get(name)


FUNCTIONS.find = find
announce(__package__, OPERATIONS)
