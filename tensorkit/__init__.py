"""tensorkit: PyTorch 101 in a notebook, in seconds.

    import tensorkit as torch

gives tensors, automatic differentiation and random numbers that behave and print as PyTorch's do, on NumPy alone.
In a notebook, `%load_ext tensorkit` adds the inspectors.

Where to read, in this order: `tensor.py` (what a tensor is), `ops/pointwise.py` (how an operation is declared),
`tape.py` (what is recorded), `autograd/engine.py` (the backward pass), `graph/` (the tape as a picture).

What has PyTorch's name means what it means there.  PyTorch's page about it bears the name:
https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
"""

import warnings as _warnings

# Overflow and division by zero give inf and nan, as in PyTorch; NumPy's warnings about them would only confuse.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tensorkit\.")

# NumPy before our own modules: imported from deep within them it takes 5 ms more, a quarter of what ours take (CPython
# 3.11 maps the stack of Python calls piece by piece, and NumPy's import then crossed the end of one 500 times).
import numpy as _numpy  # noqa: E402, F401, I001

from . import autograd, conversions, subclass, version  # noqa: E402, F401
from . import dtypes as _dtypes  # noqa: E402
from .autograd import Variable  # noqa: E402, F401
from .constants import e, inf, nan, newaxis, pi  # noqa: E402
from .device import device  # noqa: E402
from .dtypes import (  # noqa: E402
    bfloat16,
    can_cast,
    complex64,
    complex128,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    get_default_dtype,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    set_default_dtype,
    uint8,
    uint16,
    uint32,
    uint64,
)  # fmt: skip
from .formats import (  # noqa: E402
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    strided,  # noqa: E402
)
from .once import is_warn_always_enabled, set_warn_always  # noqa: E402
from .ops import FUNCTIONS as _FUNCTIONS  # noqa: E402
from .ops import later as _later  # noqa: E402
from .printing import set_printoptions  # noqa: E402
from .size import Size  # noqa: E402
from .tape import (  # noqa: E402
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)  # fmt: skip
from .tensor import Tensor  # noqa: E402
from .version import __version__  # noqa: E402

# What `type(x)` prints is what PyTorch prints.
Tensor.__module__ = Size.__module__ = _dtypes.dtype.__module__ = device.__module__ = "torch"

#: The parts that wait until someone asks for them.
_ON_DEMAND = {
    "cuda", "backends", "nn", "optim", "utils", "graph", "linalg", "special", "distributed", "interop", "func",
    "serialization", "amp", "accelerator", "onnx", "random",
}  # fmt: skip

#: Operations beside those of `ops/` that are loaded when someone first asks for one (see `ops/later.py`).
_later.announce(__name__, {
    "random": "get_rng_state() initial_seed() manual_seed() seed() set_rng_state()",
    "drawing": """
        rand() rand_like() randint() randint_like() randn() randn_like() randperm() .bernoulli_ .cauchy_
        .exponential_ .geometric_ .log_normal_ .normal_ .random_ .uniform_""",
    "sampling": "bernoulli binomial() multinomial normal() poisson()",
    "nn.functional.activation": ".hardshrink .prelu",
    "lowrank": "pca_lowrank() svd_lowrank()",
    "autograd.graph": ".output_nr",
    "storages": ".is_pinned .is_shared .pin_memory .share_memory_ .storage .storage_type .untyped_storage",
})  # fmt: skip

#: Functions that PyTorch has elsewhere alone: as methods, or in `torch.special`.
_NOT_HERE = set("contiguous entr erfcx i0e i1 i1e linalg_matmul log_ndtr ndtri xlog1py zeta".split())

globals().update({name: function for name, function in _FUNCTIONS.items() if name not in _NOT_HERE})
globals().update(_dtypes.ALIASES)
bool = _dtypes.bool_

_NAMES_HERE = """
    Generator Size Tensor autograd bfloat16 bool can_cast channels_last channels_last_3d complex64 complex128
    contiguous_format default_generator device dtype e enable_grad finfo float16 float32 float64 get_default_dtype
    iinfo inf inference_mode int8 int16 int32 int64 is_grad_enabled is_inference_mode_enabled is_warn_always_enabled
    layout memory_format nan newaxis no_grad pi preserve_format random set_default_dtype set_grad_enabled
    set_printoptions set_warn_always strided uint8 uint16 uint32 uint64 version __version__"""

__all__ = sorted({*_FUNCTIONS, *_later.FUNCTION_HOMES, *_dtypes.ALIASES, *_NAMES_HERE.split()} - _NOT_HERE)


#: Functions of the `torch` namespace that networks need: they live in `nn.functional`, or in `serialization`.
_ELSEWHERE = {
    "serialization": "save load",
    "constants": "has_lapack has_mkl has_openmp has_spectral",
    "control": "cond while_loop",
    "storages": """
        BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage ComplexFloatStorage DoubleStorage
        FloatStorage HalfStorage IntStorage LongStorage ShortStorage Storage TypedStorage UntypedStorage is_storage""",
    "errors": "AcceleratorError OutOfMemoryError",
    "random": "Generator default_generator",
    "autograd.anomaly": "is_anomaly_check_nan_enabled is_anomaly_enabled set_anomaly_enabled",
    "interop": "to_torch from_torch",
    "nn.functional": """
        adaptive_avg_pool1d adaptive_max_pool1d avg_pool1d bilinear celu celu_ channel_shuffle conv1d conv2d conv3d
        conv_transpose1d conv_transpose2d conv_transpose3d cosine_similarity hardshrink max_pool1d max_pool2d max_pool3d
        pairwise_distance pdist pixel_shuffle pixel_unshuffle prelu rms_norm rrelu rrelu_ selu selu_ threshold
        threshold_""",
    "nn.native": """
        batch_norm instance_norm layer_norm group_norm embedding dropout alpha_dropout kl_div
        binary_cross_entropy_with_logits cosine_embedding_loss hinge_embedding_loss margin_ranking_loss
        poisson_nll_loss triplet_margin_loss ctc_loss affine_grid_generator alpha_dropout_ constant_pad_nd convolution
        dropout_ embedding_bag feature_alpha_dropout feature_alpha_dropout_ feature_dropout feature_dropout_
        grid_sampler grid_sampler_2d grid_sampler_3d""",
    "func": "vmap",
    "amp": """
        GradScaler autocast autocast_decrement_nesting autocast_increment_nesting clear_autocast_cache
        get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype is_autocast_cache_enabled
        is_autocast_cpu_enabled is_autocast_enabled set_autocast_cache_enabled set_autocast_cpu_dtype
        set_autocast_cpu_enabled set_autocast_dtype set_autocast_enabled set_autocast_gpu_dtype""",
}
_HOMES = {name: module for module, names in _ELSEWHERE.items() for name in names.split()}


def __getattr__(name: str):
    from importlib import import_module

    if name in _later.FUNCTION_HOMES and name not in _NOT_HERE:
        found = globals()[name] = _FUNCTIONS[name]
        return found
    if name in _ON_DEMAND:
        return import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if (name.endswith("_") or name == "detach") and not name.startswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)  # torch.sin_(x) is x.sin_()
    from .left_out import missing

    raise missing("module 'torch'", name)


def __dir__():
    return sorted({*globals(), *_later.FUNCTION_HOMES, *_ON_DEMAND, *_HOMES} - _NOT_HERE)


def load_ipython_extension(ip) -> None:
    """What `%load_ext tensorkit` calls: adds the magics to the notebook."""
    from .magics import load_ipython_extension

    load_ipython_extension(ip)


def unload_ipython_extension(ip) -> None:
    """What `%unload_ext tensorkit` calls: takes back everything that loading added."""
    from .magics import unload_ipython_extension

    unload_ipython_extension(ip)
