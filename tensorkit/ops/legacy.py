"""The old tensor types, `torch.FloatTensor` and its relatives, which early courses build tensors with."""

from warnings import warn

from .. import dtypes
from ..device import CPU, check_available, device
from ..tensor import Tensor
from .declare import FUNCTIONS, function


class TensorType(type):
    """The type of `torch.FloatTensor`: calling it makes a tensor, `isinstance` looks at the dtype."""

    dtype: dtypes.dtype

    def __call__(cls, *args, **kwargs):
        return Tensor(*args, dtype=cls.dtype, **kwargs)

    def __instancecheck__(cls, instance) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


for _dtype in dtypes.ALL:
    _name = _dtype.tensor_type
    FUNCTIONS[_name] = TensorType(
        _name,
        (),
        {"dtype": _dtype, "__doc__": f"Makes tensors of `torch.{_dtype.name}`: `{_name}(2, 3)`, `{_name}([1, 2])`."},
    )


@function(method=False)
def set_default_tensor_type(t) -> None:
    """Make the dtype of an old tensor type (or of its name) the default."""
    warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
        "torch.set_default_device() as alternatives.",
        stacklevel=3,
    )
    name = t if isinstance(t, str) else f"torch.{t.__name__}"
    found = {f"torch.{each.tensor_type}": each for each in dtypes.ALL}.get(name)
    if found is None:
        raise TypeError(f"invalid type object: {name}")
    dtypes.set_default_dtype(found)


@function(method=False)
def get_default_device() -> device:
    """Where new tensors are put: on the CPU.

    >>> torch.get_default_device()
    device(type='cpu')
    """
    return CPU


@function(method=False)
def set_default_device(device) -> None:
    """Accepts the CPU; AssertionError or RuntimeError for a device that is not here."""
    if device is not None:
        check_available(device)


@function(method=False, name="compile")
def compile_(model=None, **options):
    """The model as it is: there is nothing to compile for.  PyTorch makes it faster.

    >>> torch.compile(torch.sin, backend="eager")(tensor([0.]))
    tensor([0.])
    """
    return (lambda decorated: decorated) if model is None else model


@function(method=False)
def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted: every operation here gives the same result each time anyway."""


@function(method=False)
def are_deterministic_algorithms_enabled() -> bool:
    """False, PyTorch's answer before anyone has asked for them.

    >>> torch.are_deterministic_algorithms_enabled()
    False
    """
    return False


@function(method=False)
def get_num_threads() -> int:
    """How many threads operations use: as many as NumPy's matrix library decides; reported as 1.

    >>> torch.get_num_threads() >= 1
    True
    """
    return 1


@function(method=False)
def set_num_threads(threads: int) -> None:
    """Accepted; the threads of matrix products are set by OPENBLAS_NUM_THREADS before Python starts."""


@function(method=False)
def set_float32_matmul_precision(precision: str) -> None:
    """Accepted: products of float32 are computed in float32."""
