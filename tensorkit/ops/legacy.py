"""The old tensor types, `torch.FloatTensor` and its relatives, which early courses build tensors with."""

from typing import Any
from warnings import warn

from .. import dtypes
from ..device import CPU, check_available, default, device
from ..errors import wrong_argument
from ..tensor import Tensor
from .declare import FUNCTIONS, function

#: Wishes that change nothing here, and what they are at first.
_asked: dict[str, Any] = {"deterministic": False, "warn_only": False, "precision": "highest"}


class TensorType(type):
    """The type of `torch.FloatTensor`: calling it makes a tensor, `isinstance` looks at the dtype."""

    dtype: dtypes.dtype

    def __call__(cls, *args, **kwargs):
        return Tensor(*args, dtype=cls.dtype, **kwargs)

    def __instancecheck__(cls, instance) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype and instance.is_cpu

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


def _tensor_type(name: str, dtype: dtypes.dtype) -> TensorType:
    doc = f"""Makes tensors of `torch.{dtype.name}`: of a shape, `{name}(2, 3)`, or with values, `{name}([1, 2])`.

    >>> torch.{name}([1, 0]).dtype
    torch.{dtype.name}
    >>> torch.{name}(2, 3).shape
    torch.Size([2, 3])
    """
    return TensorType(name, (), {"dtype": dtype, "__doc__": doc})


#: PyTorch has none for complex numbers, nor for its younger unsigned types.
_TYPES = {
    each.tensor_type: _tensor_type(each.tensor_type, each)
    for each in dtypes.ALL if not each.is_complex and each not in dtypes.WIDE_UNSIGNED
}  # fmt: skip
FUNCTIONS.update(_TYPES)
__test__ = _TYPES  # where doctest looks for examples


@function(method=False)
def set_default_tensor_type(t) -> None:
    """Make the dtype of an old tensor type (or of its name) the default.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.set_default_tensor_type(torch.DoubleTensor)
    >>> tensor(1.).dtype
    torch.float64
    >>> torch.set_default_dtype(torch.float32)
    """
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
    """Where new tensors are put that name no device.

    >>> torch.get_default_device()
    device(type='cpu')
    """
    return CPU if default.place is None else check_available(default.place)


@function(method=False)
def set_default_device(device) -> None:
    """Put new tensors that name no device on this one; None: on the CPU.

    AssertionError or RuntimeError for a device that is not here.

    >>> torch.set_default_device("cpu")
    >>> torch.get_default_device()
    device(type='cpu')
    >>> torch.set_default_device(None)
    """
    place = None if device is None else check_available(device)
    default.place = None if place is None or place.type == "cpu" else place


@function(method=False, name="compile")
def compile_(model=None, **options):
    """The model as it is: there is nothing to compile for.  PyTorch makes it faster.

    >>> torch.compile(torch.sin, backend="eager")(tensor([0.]))
    tensor([0.])
    """
    return (lambda decorated: decorated) if model is None else model


@function(method=False)
def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Remembered; every operation here gives the same result each time anyway.

    >>> torch.use_deterministic_algorithms(True)
    >>> torch.are_deterministic_algorithms_enabled()
    True
    >>> torch.use_deterministic_algorithms(False)
    """
    if not isinstance(mode, bool):
        raise wrong_argument("_set_deterministic_algorithms", "mode", 1, "bool", mode)
    _asked["deterministic"], _asked["warn_only"] = mode, mode and warn_only


@function(method=False)
def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms` has asked for them.

    >>> torch.are_deterministic_algorithms_enabled()
    False
    """
    return _asked["deterministic"]


@function(method=False)
def get_num_threads() -> int:
    """How many threads operations use: as many as NumPy's matrix library decides; reported as 1.

    >>> torch.get_num_threads() >= 1
    True
    """
    return 1


@function(method=False)
def set_num_threads(threads: int) -> None:
    """Accepted; the threads of matrix products are set by OPENBLAS_NUM_THREADS before Python starts.

    >>> torch.set_num_threads(torch.get_num_threads())
    """


@function(method=False)
def set_float32_matmul_precision(precision: str) -> None:
    """Remembered: 'highest', 'high' or 'medium'; products of float32 are computed in float32 whichever it is.

    >>> torch.set_float32_matmul_precision("highest")
    >>> torch.get_float32_matmul_precision()
    'highest'

    Warns of another word, and changes nothing; RuntimeError for what is no string.
    """
    if not isinstance(precision, str):
        raise RuntimeError(f"set_float32_matmul_precision expects a str, but got {type(precision).__name__}")
    if precision in ("highest", "high", "medium"):
        _asked["precision"] = precision
    else:
        warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current"
            "setFloat32MatmulPrecision call has no effect.",
            stacklevel=3,
        )


@function(method=False)
def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was asked for.

    >>> torch.set_float32_matmul_precision("highest")
    >>> torch.get_float32_matmul_precision()
    'highest'
    """
    return _asked["precision"]
