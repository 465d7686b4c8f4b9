"""Changing a tensor's dtype or device: `to`, `float`, `long`, `type` and their like, and `clone`."""

import math
from warnings import warn

import numpy

from .. import dtypes
from ..array_modules import in_use, move, np, on_gpu, place_of
from ..device import CPU, check_available
from ..device import device as place_named
from ..dtypes import dtype
from ..formats import checked, contiguous_format, lies_in, preserve_format, suggested
from ..once import first_time
from ..tensor import Tensor
from .declare import behind, function, method, op
from .layout import as_asked, in_format, unexpanded
from .promote import number_dtype


def c_cast(array, numpy: np.dtype):
    """`array` as `numpy`; where a float does not fit an integer, what C makes of it, without a warning."""
    if array.dtype.kind in "fc" and numpy.kind in "iu":
        real = array.real if array.dtype.kind == "c" else array
        if numpy.itemsize < 8:  # as processors have it: smaller ones are the low bits of int32
            low_bits = np.int64 if numpy == np.uint32 else np.int32
            return real.astype(low_bits).astype(numpy, copy=False)
        return real.astype(numpy)
    if array.dtype.kind == "c" and numpy.kind != "c" and numpy.kind != "b":
        return unexpanded(array.real).astype(numpy)
    return unexpanded(array).astype(numpy)


def from_number(number, wanted):
    natural = number_dtype(number)
    if wanted is None:
        wanted = dtypes.numpy_dtype(natural)
    if wanted == np.uint64 and not isinstance(number, bool):
        return _to_uint64(number)
    if isinstance(number, int) and not isinstance(number, bool) and wanted.kind in "iu":
        if not -(2**63) <= number < 2**64:
            raise ValueError("Overflow when unpacking long long")
        info = np.iinfo(wanted)
        if not (info.min <= number <= info.max) and not (wanted.kind == "u" and -info.max <= number < 0):
            if not -(2**63) <= number < 2**63:
                raise ValueError("Overflow when unpacking long long")
            raise RuntimeError(f"value cannot be converted to type {wanted.name} without overflow")
        return np.int64(number).astype(wanted)
    return c_cast(numpy.array(number), wanted)[()]


def _to_uint64(number):
    """A Python number as uint64: whole, and not below 0."""
    if not isinstance(number, int):
        raise TypeError("an integer is required")
    if number < 0:
        raise OverflowError("can't convert negative int to unsigned")
    if number >= 2**64:
        raise OverflowError("int too big to convert")
    return np.uint64(number)


def number_for(number, wanted: np.dtype):
    """A Python number in the type of the tensor that it is to be written to; RuntimeError if that cannot hold it.

    A negative whole number wraps around in an unsigned type, a negative float is refused, as by PyTorch's `Scalar::to`.
    """
    if isinstance(number, np.generic):
        number = number.item()
    lost = isinstance(number, complex) and number.imag != 0 and wanted.kind not in "bc"
    if isinstance(number, complex) and wanted.kind not in "bc":
        number = number.real
    if wanted.kind in "iu":
        info = np.iinfo(wanted)
        lowest = -int(info.max) if wanted.kind == "u" and isinstance(number, int) else int(info.min)
        lost = lost or not lowest <= number <= int(info.max)
    elif wanted.char in "fF" and isinstance(number, (int, float)):
        lost = lost or float(np.finfo(wanted).max) < abs(number) < math.inf
    if lost:
        raise RuntimeError(f"value cannot be converted to type {_SCALAR_NAMES.get(wanted.name, wanted.name + '_t')} "
                           "without overflow")  # fmt: skip
    if wanted.kind == "u" and isinstance(number, int):
        return (np.int64 if number < 2**63 else np.uint64)(number).astype(wanted)
    return c_cast(numpy.array(number), wanted)[()]


_SCALAR_NAMES = {"float16": "double", "bfloat16": "double", "float32": "float", "float64": "double", "int32": "int",
                 "complex64": "c10::complex<float>"}  # fmt: skip


@behind(x=lambda g, x_dtype: to_dtype(g, x_dtype))
def _to_copy(x, wanted, x_dtype):
    cast = c_cast(x, dtypes.numpy_dtype(wanted))
    return cast if x.ndim < 4 or x.strides[1] > x.strides[-1] else as_asked(cast, x, None)


@behind(x=lambda g, x_dtype: to_dtype(g, x_dtype), node_name="ToCopyBackward0")
def _to_copy_in_format(x, wanted, x_dtype, memory_format):
    return in_format(c_cast(x, dtypes.numpy_dtype(wanted)), memory_format)


def converted(tensor: Tensor, wanted: dtype) -> Tensor:
    """`to_dtype` for the user, who is told (once) of an imaginary part that gets lost."""
    if tensor._array.dtype.kind == "c":
        _tell_of_lost_part(tensor, wanted)
    return to_dtype(tensor, wanted)


def _tell_of_lost_part(tensor: Tensor, wanted: dtype) -> None:
    if tensor.is_complex() and wanted.category < dtypes.COMPLEX and first_time("an imaginary part was lost"):
        warn("Casting complex values to real discards the imaginary part", stacklevel=5)


def to_dtype(tensor: Tensor, wanted: dtype) -> Tensor:
    """`tensor` with elements of `wanted`; the tensor itself if they are that already."""
    found = tensor.dtype
    return tensor if found is wanted else _to_copy(tensor, wanted, found)


@op(x=lambda g: g)
def clone(x, memory_format=None):
    """A copy with memory of its own, through which gradients flow back.

    memory_format  the order of its dimensions in memory; by default that of `x`

    >>> tensor([1., 2.]).clone()
    tensor([1., 2.])
    """
    if isinstance(x, np.generic):
        return x if memory_format is None else in_format(x, checked(memory_format, "clone"))
    if memory_format is None or checked(memory_format, "clone") is preserve_format:
        steps = x.strides
        copied = unexpanded(x) if 0 in steps else np.array(x)
        return copied if len(steps) < 4 or steps[1] > steps[-1] else as_asked(copied, x, None)
    return in_format(np.array(x), memory_format)


@method
def to(self, *args, dtype=None, device=None, copy=False, non_blocking=False, memory_format=None):
    """This tensor with another dtype, on another device, or both like another tensor; itself if nothing changes.

    memory_format  the order of dimensions in memory that it is to have; RuntimeError if that is one for tensors of
                   another number of dimensions

    >>> tensor([1, 2]).to(torch.float64)
    tensor([1., 2.], dtype=torch.float64)
    """
    for arg in args:
        if isinstance(arg, dtypes.dtype) or arg in (float, int, bool):
            dtype = dtypes.as_dtype(arg)
        elif isinstance(arg, Tensor):
            dtype, device = arg.dtype, arg.device
        elif isinstance(arg, bool):
            continue  # non_blocking, by position
        elif isinstance(arg, int):
            if in_use() is None:
                raise RuntimeError("Cannot access accelerator device when none is available.")
            device = place_named("cuda", arg)
        elif arg is not None:
            device = arg
    if memory_format is not None and checked(memory_format, "to") is not preserve_format:
        return _to_format(self, dtype, device, copy, memory_format)
    moved = self if dtype is None else converted(self, dtypes.as_dtype(dtype))
    if device is not None and not (device is CPU and not on_gpu(self._array)):
        moved = moved_to(moved, device)
    return clone(moved) if copy and moved is self else moved


def _to_format(tensor: Tensor, dtype, device, copy: bool, memory_format) -> Tensor:
    """`tensor` converted and moved, and laid out in a memory format: itself if it is all that."""
    moved = tensor if device is None else moved_to(tensor, device)
    wanted = moved.dtype if dtype is None else dtypes.as_dtype(dtype)
    if wanted is moved.dtype and not copy and suggested(moved._array) is memory_format:
        return moved
    _tell_of_lost_part(moved, wanted)
    return _to_copy_in_format(moved, wanted, moved.dtype, memory_format)


@behind(x=lambda g, place, origin: _to_device(g, origin, place), node_name="ToCopyBackward0")
def _to_device(x, place, origin):
    return move(x, place)


def moved_to(tensor: Tensor, wanted) -> Tensor:
    """`tensor` on another device, with its history; the tensor itself if it is there."""
    found = check_available(wanted)
    place, origin = (None if found.type == "cpu" else found.index), place_of(tensor._array)
    return tensor if place == origin else _to_device(tensor, place, origin)


def moved_like(tensor: Tensor, like: Tensor) -> Tensor:
    """`tensor` on the device of `like`, with its history."""
    place, origin = place_of(like._array), place_of(tensor._array)
    return tensor if place == origin else _to_device(tensor, place, origin)


@method
def cpu(self, *, memory_format=None):
    """This tensor on the CPU (itself, if it is there already).

    >>> tensor([1.]).cpu().device
    device(type='cpu')
    """
    if memory_format is not None:
        return to(self, device=CPU, memory_format=memory_format)
    return moved_to(self, CPU) if on_gpu(self._array) else self


@method
def cuda(self, device=None, non_blocking=False, *, memory_format=None):
    """This tensor on the GPU; AssertionError where there is none."""
    if isinstance(device, int):
        device = place_named("cuda", device)
    elif device is not None and place_named(device).type != "cuda":
        raise RuntimeError(f"Invalid device, must be cuda device but got {place_named(device).type}")
    if memory_format is not None:
        return to(self, device="cuda" if device is None else device, memory_format=memory_format)
    return moved_to(self, "cuda" if device is None else device)


def _cast_method(name: str, wanted: dtype):
    def cast(self, *, memory_format=None):
        return converted(self, wanted) if memory_format is None else to(self, wanted, memory_format=memory_format)

    cast.__name__ = name
    cast.__doc__ = f"""This tensor with elements of `torch.{wanted.name}`.

    >>> tensor([1, 2]).{name}().dtype
    torch.{wanted.name}
    """
    return method(cast)


for _name, _dtype in {"bool": dtypes.bool_, "bfloat16": dtypes.bfloat16, **dtypes.ALIASES}.items():
    _cast_method(_name, _dtype)
byte, char = _cast_method("byte", dtypes.uint8), _cast_method("char", dtypes.int8)

#: The names that `Tensor.type()` gives and takes: 'torch.FloatTensor' and so on.
TYPE_NAMES = {f"torch.{each.tensor_type}": each for each in dtypes.ALL}


@method
def type(self, dtype=None, non_blocking=False, *, memory_format=preserve_format):
    """The name of this kind of tensor, or the tensor cast to a dtype or to the kind so named.

    >>> tensor([1, 2]).type()
    'torch.LongTensor'
    """
    if dtype is None:
        return f"torch.{'cuda.' * on_gpu(self._array)}{self.dtype.tensor_type}"
    if isinstance(dtype, str):
        name = dtype.replace("torch.cuda.", "torch.")
        if name not in TYPE_NAMES:
            raise ValueError(f"invalid type: '{dtype}'")
        self, dtype = moved_to(self, CPU if name == dtype else "cuda"), TYPE_NAMES[name]
    if memory_format is not preserve_format:
        return to(self, getattr(dtype, "dtype", dtype), memory_format=memory_format)
    return to_dtype(self, getattr(dtype, "dtype", dtype))


@method
def type_as(self, other):
    """This tensor with the dtype of `other`.

    >>> tensor([1, 2]).type_as(torch.ones(1))
    tensor([1., 2.])
    """
    return to_dtype(self, other.dtype)


@function
def contiguous(x, *, memory_format=contiguous_format):
    """This tensor if its memory is in the order of its indices (or of another format), else a copy for which that
    holds.

    >>> torch.ones(2, 3).T.contiguous().stride()
    (2, 1)
    >>> torch.ones(1, 2, 3, 4).contiguous(memory_format=torch.channels_last).stride()
    (24, 1, 8, 2)
    """
    if memory_format is contiguous_format:
        return x if x._array.flags.c_contiguous else _contiguous(x)
    if lies_in(x._array, checked(memory_format, "contiguous")):
        return x
    if memory_format is preserve_format:
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return _in_format(x, memory_format)


@behind(x=lambda g: g, node_name="CloneBackward0")
def _contiguous(x):
    return np.ascontiguousarray(x)


@behind(x=lambda g: g, node_name="CloneBackward0")
def _in_format(x, memory_format):
    return in_format(np.array(x), memory_format)


@function(method=False)
def is_tensor(obj) -> bool:
    """Whether `obj` is a tensor.

    >>> torch.is_tensor(tensor([1.])), torch.is_tensor([1.])
    (True, False)
    """
    return isinstance(obj, Tensor)
