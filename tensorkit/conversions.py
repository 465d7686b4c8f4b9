"""Ways out of the world of tensors: Python's numbers, lists and text, NumPy's arrays, copies.

The ways in stand in `ops/data.py`; how numbers are laid out as text in `printing.py`; exchange with PyTorch itself in
`interop.py`.
"""

from enum import IntEnum
from warnings import warn

import numpy as np

from . import array_modules, dtypes
from .array_modules import address, move, on_gpu, place_of
from .device import check_available
from .errors import hint
from .formats import outer_first
from .once import first_time
from .printing import dtype_is_shown, tensor_text
from .tensor import Tensor, attach, memory, ndarray, share, view, wrap


@attach
def item(self):
    """The one value of a tensor with one element, as a Python number.

    >>> tensor([3.5]).item()
    3.5
    """
    if self._array.size != 1:
        raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
    return self._array.item()


@attach
def tolist(self):
    """The values as nested Python lists (a number for 0 dimensions).

    >>> tensor([[1, 2], [3, 4]]).tolist()
    [[1, 2], [3, 4]]
    """
    return self._array.tolist()


@attach
def numpy(self, *, force: bool = False) -> ndarray:
    """The values as a NumPy array that shares this tensor's memory.

    Raises RuntimeError for a tensor that requires grad, unless `force=True`.

    >>> tensor([1., 2.]).numpy()
    array([1., 2.], dtype=float32)
    """
    if self._requires_grad and not force:
        raise hint(
            RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."),
            "a NumPy array has no history, so the gradient would be lost on the way; detach() says that this is meant.",
        )
    if self._array.dtype.kind == "V":
        raise hint(
            TypeError(f"Got unsupported ScalarType {self.dtype.cpp_name}"),
            f"NumPy has no type like {self.dtype!r}: make it one that NumPy has, with .float().",
        )
    if on_gpu(self._array):
        if not force:
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
                "memory first."
            )
        return np.asarray(move(self._array, None))
    return memory(self)


@attach
def as_subclass(self, cls):
    """The same memory, and history, as a tensor of a class derived from Tensor.

    >>> class Celsius(torch.Tensor):
    ...     pass
    >>> type(tensor([20.]).as_subclass(Celsius)).__name__
    'Celsius'
    """
    seen = self.view_as(self)
    seen.__class__ = cls
    return seen


@attach
def __array__(self, dtype=None, copy=None) -> ndarray:
    array = self.numpy()
    if dtype is not None and array.dtype != dtype:
        return array.astype(dtype)
    return array.copy() if copy else array


@attach
def __array_wrap__(self, array, context=None, return_scalar=False):
    array = np.asarray(array)
    return wrap(array.astype(np.uint8) if array.dtype == bool else array)  # PyTorch does so since before it had bool


@attach
def __dlpack__(self, *, stream=None, **options):
    if self._requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    return memory(self).__dlpack__(stream=stream, **options)


class DLDeviceType(IntEnum):
    """DLPack's numbers for where memory is."""

    kDLCPU = 1
    kDLCUDA = 2


@attach
def __dlpack_device__(self):
    place = place_of(self._array)
    return (DLDeviceType.kDLCPU, 0) if place is None else (DLDeviceType.kDLCUDA, place)


@attach
def __bool__(self) -> bool:
    if self._array.size != 1:
        if self._array.size == 0:
            raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
        raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
    return bool(self._array.item())


def _only_number(self, c_name: str | None = None):
    """The one value, for Python's conversions; PyTorch's error where there is more than one, or it is complex."""
    if self._requires_grad and c_name != "int64_t" and first_time("a tensor was converted to a number"):
        warn(
            "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
            "Consider using tensor.detach() first.",
            stacklevel=3,
        )
    if self._array.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    number = self._array.item()
    if c_name is not None and isinstance(number, complex):
        if number.imag:
            raise RuntimeError(f"value cannot be converted to type {c_name} without overflow")
        return number.real
    return number


@attach
def __float__(self) -> float:
    return float(_only_number(self, "double"))


@attach
def __int__(self) -> int:
    return int(_only_number(self, "int64_t"))


@attach
def __complex__(self) -> complex:
    return complex(_only_number(self))


@attach
def __index__(self) -> int:
    if self._array.size != 1 or self.dtype.category > dtypes.INTEGER:
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(self._array.item())


@attach
def __format__(self, spec: str) -> str:
    if self._array.ndim == 0:
        return self.item().__format__(spec)
    return object.__format__(self, spec)


@attach
def __contains__(self, element) -> bool:
    if isinstance(element, (Tensor, int, float, complex)):
        return bool((self._array == (element._array if isinstance(element, Tensor) else element)).any())
    raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")


@attach
def __repr__(self, *, tensor_contents=None) -> str:
    return describe(self)


@attach
def __copy__(self):
    copied = share(self, memory(self))
    copied.__class__, copied._requires_grad = type(self), self._requires_grad
    copied.__dict__.update(self.__dict__)
    return copied


def _window_like(array, base, whole):
    """The part of `whole`, a copy of `base`, that `array` is of `base`."""
    if not whole.size:
        return whole
    place = address(array) - address(base)
    if not on_gpu(whole):
        return np.ndarray(array.shape, array.dtype, whole, place, array.strides)
    flat = whole.ravel()[place // array.itemsize :]
    return array_modules.np.lib.stride_tricks.as_strided(flat, array.shape, array.strides)


@attach
def __deepcopy__(self, memo):
    if self._node is not None:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
            "moment.  If you were attempting to deepcopy a module, this may be because of a torch.nn.utils."
            "weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001"
        )
    from copy import deepcopy

    base = self._base
    if base is not None and base._node is None:  # views stay views: of the copy of their base
        array = memory(self)
        window = _window_like(array, memory(base), memory(deepcopy(base, memo)))
        copied = view(memo[id(base)], window)
        copied.__class__ = type(self)
    else:
        copied = wrap(array_modules.np.array(self._array, order="K"), type(self))
    copied._requires_grad = self._requires_grad
    memo[id(self)] = copied
    if self._grad is not None:
        copied._grad = self._grad.__deepcopy__(memo)
    copied.__dict__.update(self.__dict__)
    return copied


@attach
def __reduce_ex__(self, protocol):
    array, place = move(self._array, None), place_of(self._array)
    order = None if self._array.flags.c_contiguous else outer_first(self._array)  # arrays are stored in rows
    array = np.array(array if order is None else array.transpose(order), order="C")
    return _rebuild, (array, self._requires_grad, None if type(self) is Tensor else type(self), place, order)


def _rebuild(array, requires_grad, cls, place=None, order=None):
    """A tensor that came back from a copy or from another process; its array's dimensions may have been in `order`."""
    if order is not None:
        array = array.transpose([order.index(i) for i in range(len(order))])
    if place is not None:
        check_available("cuda")
    tensor = wrap(move(array, place), cls)
    tensor._requires_grad = requires_grad
    return tensor


def describe(tensor, name: str = "tensor(") -> str:
    """A tensor as PyTorch prints it."""
    cls = type(tensor)
    if cls is not Tensor and getattr(cls, "_printed_as", None) is None:
        name = cls.__name__ + "("
    kind = tensor.dtype
    shown = dtype_is_shown(kind.name, dtypes.get_default_dtype().name, empty=not tensor._array.size)
    place = str(tensor.device) if on_gpu(tensor._array) else None
    grad = None
    if tensor._node is not None:
        grad = f"grad_fn=<{tensor._node.name().rpartition('::')[2]}>"
    elif tensor._requires_grad:
        grad = "requires_grad=True"
    return tensor_text(
        tensor._array, dtype_text=repr(kind) if shown else None, device_text=place, grad_text=grad, prefix=name
    )
