"""Tensors from data that is there: numbers, nested lists, NumPy arrays, anything that speaks DLPack.

`tensor` copies, `from_numpy` and `as_tensor` share memory where they can.  Tensors made by a rule stand in `create.py`,
the casting of one number to a dtype in `cast.py`.
"""

from functools import reduce
from warnings import warn

import numpy as np

from .. import array_modules, dtypes
from ..device import check_available, default
from ..errors import wrong_argument
from ..once import first_time
from ..tensor import Tensor, wrap
from .cast import c_cast, clone, from_number, moved_to, number_for, to_dtype
from .create import finish, resolve, zeros
from .declare import function, method
from .promote import is_number, number_dtype


@function(method=False)
def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False) -> Tensor:
    """A new leaf tensor with a copy of `data`: a number, nested lists, an array or a tensor.

    data   numbers of one nesting; whole numbers give int64, decimals the default dtype, truth values bool
    dtype  the element type, if not the one that the data suggest

    Raises ValueError for lists of uneven length, RuntimeError for `requires_grad` of whole numbers.

    >>> tensor([[1., 2.], [3., 4.]])
    tensor([[1., 2.],
            [3., 4.]])
    """
    kind = type(data)
    # The learner's first tensor, and the most frequent one.
    if kind is float and dtype is None and device is None and default.place is None:
        made = wrap(dtypes._default.numpy.type(data))
        made._requires_grad = bool(requires_grad)
        return made
    if device is None and isinstance(data, Tensor):
        device = data.device
    return finish(from_data(data, dtype, "tensor"), requires_grad, device)


#: DLPack's number for the memory of NVIDIA's GPUs.
ON_CUDA = 2


def from_data(data, dtype, name: str):
    """A new array of `data`, of `dtype` or of the dtype that PyTorch infers."""
    wanted = None if dtype is None else resolve(dtype, name)
    if isinstance(data, Tensor):
        warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            stacklevel=3,
        )
        array = array_modules.np.array(data._array)
        return c_cast(array, wanted) if wanted is not None else array
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data)
        dtypes.from_numpy(array.dtype)  # refuses what PyTorch has no type for
        return c_cast(array, wanted) if wanted is not None else array
    if isinstance(data, (bool, int, float, complex)):
        if wanted is not None:
            _refuse([data], number_dtype(data), wanted)
        return from_number(data, wanted)
    return from_sequence(data, wanted, name)


def from_sequence(data, wanted, name: str):
    """A new array of nested lists, whose shape and common dtype are found first, as PyTorch does."""
    if isinstance(data, (str, bytes, dict, set, frozenset)) or not hasattr(data, "__len__"):
        raise _cannot_infer(data)
    if (
        len(data)
        and isinstance(data[0], np.ndarray)
        and data[0].ndim
        and first_time("a tensor was made of a list of arrays")
    ):
        warn(
            "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list "
            "to a single numpy.ndarray with numpy.array() before converting to a tensor.",
            stacklevel=4,
        )
    shape, row = [], data
    # A tensor in the place of a number is one; only where the first row is a list may later ones be tensors.
    while type(row) is list or (
        not isinstance(row, (str, bytes, Tensor)) and hasattr(row, "__len__") and getattr(row, "ndim", 1)
    ):
        shape.append(len(row))
        if not len(row):
            break
        row = row[0]
    values = _flatten(data, shape, 0)
    kinds = {type(value) for value in values}
    if kinds <= {float}:
        natural = dtypes.get_default_dtype()
    elif kinds == {int}:
        natural = dtypes.int64
    else:
        natural = None
        for value in values:
            kind = _value_dtype(value)
            natural = kind if natural is None else dtypes.result_type(natural, kind)
    numpy = dtypes.numpy_dtype(natural) if wanted is None else wanted
    if not kinds <= {float, int}:
        values = [_number_in(value, numpy) for value in values]
        if natural.is_complex and not any(isinstance(value, complex) for value in values):
            natural = dtypes.float64
    if natural is dtypes.int64 and numpy.kind in "iu":
        plain = numpy.itemsize == 8 and numpy.kind == "i"
        return np.array(_int64(values) if plain else [from_number(value, numpy) for value in values],
                        dtype=numpy).reshape(shape)  # fmt: skip
    _refuse(values, natural, numpy)
    return c_cast(np.array(values, dtype=dtypes.numpy_dtype(_widest(natural))), numpy).reshape(shape)


Tensor._from_sequence = staticmethod(lambda data, wanted: from_sequence(data, wanted, "new"))  # type: ignore


def _refuse(values: list, natural, wanted: np.dtype) -> None:
    """Raise PyTorch's error for numbers of the dtype `natural` that `wanted` has no place for: complex numbers, and
    decimals beyond the limits of a whole type."""
    if wanted.kind in "cb" or natural.category < dtypes.FLOATING:
        return
    if wanted == np.uint64:
        raise TypeError("an integer is required")
    if natural.is_complex:
        whole = wanted.kind in "iu"
        raise TypeError(
            "'complex' object cannot be interpreted as an integer" if whole else "must be real number, not complex"
        )
    if wanted.kind in "iu":
        limits = np.iinfo(wanted)
        lowest = -int(limits.max) if wanted.kind == "u" else int(limits.min)  # whole numbers below 0 wrap around
        if not all((limits.min if isinstance(each, float) else lowest) <= each <= limits.max for each in values):
            raise RuntimeError(f"value cannot be converted to type {wanted.name} without overflow")


def _number_in(value, wanted: np.dtype):
    """The Python number for an element that is one, or an array or tensor of one, in a tensor of the dtype `wanted`."""
    if isinstance(value, (list, tuple)):
        name = type(value).__name__
        whole = f"'{name}' object cannot be interpreted as an integer"
        raise TypeError(whole if wanted.kind in "biu" else f"must be real number, not {name}")
    if not isinstance(value, Tensor):
        return value.item() if isinstance(value, (np.generic, np.ndarray)) else value
    whole = value._array.dtype.kind in "biu"
    if wanted.kind in "biu":
        if wanted == np.uint64:
            raise TypeError("an integer is required")
        if not whole or value._array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
    elif not whole:  # the conversions have their own errors, and a warning
        return complex(value) if wanted.kind == "c" and value.is_complex() else float(value)
    elif value._array.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    return value.item()


def _int64(values):
    try:
        return np.array(values, dtype=np.int64)
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None


def _widest(natural):
    return {dtypes.FLOATING: dtypes.float64, dtypes.COMPLEX: dtypes.complex128}.get(natural.category, natural)


def _value_dtype(value):
    if isinstance(value, Tensor):
        return value.dtype
    if isinstance(value, (np.generic, np.ndarray)):
        return dtypes.from_numpy(value.dtype)
    if isinstance(value, (bool, int, float, complex)):
        return number_dtype(value)
    if isinstance(value, (list, tuple)):  # in a place where it cannot be, which is said later
        inner = [_value_dtype(each) for each in value] or [dtypes.get_default_dtype()]
        return reduce(dtypes.result_type, inner)
    raise _cannot_infer(value)


def _cannot_infer(value) -> Exception:
    if isinstance(value, str):
        return TypeError("new(): invalid data type 'str'")
    return RuntimeError(f"Could not infer dtype of {type(value).__name__}")


def _flatten(data, shape: list, depth: int) -> list:
    """The numbers of nested sequences in order; ValueError where the nesting is uneven."""
    if depth == len(shape):
        return [data]
    if isinstance(data, Tensor):
        data = list(data.detach()) if data.ndim else data.item()
    if not hasattr(data, "__len__"):
        if depth:
            raise TypeError("not a sequence")
        raise _cannot_infer(data)
    if len(data) != shape[depth]:
        raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})")
    if depth == len(shape) - 1:
        flat = list(data)
        for value in flat:
            if getattr(value, "ndim", 0) and not isinstance(value, Tensor):
                raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
            if isinstance(value, str):
                raise _cannot_infer(value) if value is not flat[0] else ValueError("too many dimensions 'str'")
        return flat
    return [value for row in data for value in _flatten(row, shape, depth + 1)]


@function(method=False)
def as_tensor(data, dtype=None, device=None) -> Tensor:
    """`data` as a tensor, without a copy if it is a tensor or an array of that dtype already.

    >>> torch.as_tensor([1, 2])
    tensor([1, 2])
    """
    if isinstance(data, Tensor):
        found = data if dtype is None else to_dtype(data, dtypes.as_dtype(dtype))
        return found if device is None else moved_to(found, device)
    if isinstance(data, np.ndarray):
        found = from_numpy(data)
        found = found if dtype is None else to_dtype(found, dtypes.as_dtype(dtype))
        place = default.place if device is None else device
        return found if place is None else moved_to(found, place)
    return tensor(data, dtype=dtype, device=device)


@function(method=False, name="asarray")
def _asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False) -> Tensor:
    """`obj` as a tensor; `copy=True` always copies, `copy=False` never (ValueError where it would have to).

    >>> torch.asarray([1., 2.])
    tensor([1., 2.])
    """
    found = as_tensor(obj, dtype=dtype, device=device)
    if copy and found._array is getattr(obj, "_array", obj):
        found = clone(found)
    return found.requires_grad_() if requires_grad else found


@function(method=False)
def from_numpy(ndarray) -> Tensor:
    """A tensor over the memory of a NumPy array: a change of either is seen in both.

    Raises TypeError for anything else, and for element types that PyTorch does not have.

    >>> import numpy as np
    >>> from_numpy(np.array([1.0, 2.0]))
    tensor([1., 2.], dtype=torch.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    dtypes.from_numpy(ndarray.dtype)
    if any(step < 0 for step in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array  with "
            "array.copy().) "
        )
    if not ndarray.flags.writeable:
        warn(
            "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means "
            "writing to this tensor will result in undefined behavior. You may want to copy the array to protect its "
            "data or make it writable before converting it to a tensor. This type of warning will be suppressed for "
            "the rest of this program.",
            stacklevel=2,
        )
    return wrap(ndarray)


@function(method=False)
def frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False) -> Tensor:
    """A vector over the memory of an object with a buffer (bytearray, array.array …), from `offset` bytes on.

    >>> frombuffer(bytearray([1, 2, 3]), dtype=torch.uint8)
    tensor([1, 2, 3], dtype=torch.uint8)
    """
    wanted = resolve(dtype, "frombuffer")
    size = memoryview(buffer).nbytes
    if not size or not count:
        raise ValueError(f"both buffer length ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({size} bytes) minus 1"
        )
    if count < 0 and (size - offset) % wanted.itemsize:
        raise ValueError(
            f"buffer length ({size - offset} bytes) after offset ({offset} bytes) must be a multiple of element size "
            f"({wanted.itemsize})"
        )
    if count > 0 and offset + count * wanted.itemsize > size:
        raise ValueError(
            f"requested buffer length ({count} * {wanted.itemsize} bytes) after offset ({offset} bytes) must not be "
            f"greater than actual buffer length ({size} bytes)"
        )
    return finish(np.frombuffer(buffer, wanted, count, offset), requires_grad)


class _Capsule:
    """What `to_dlpack` gives, as an object that speaks DLPack."""

    def __init__(self, capsule):
        self._capsule = capsule

    def __dlpack__(self, **options):
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


@function(method=False)
def to_dlpack(tensor):
    """A capsule with the tensor's memory for `from_dlpack`, which takes tensors too.

    >>> torch.from_dlpack(torch.to_dlpack(torch.ones(2)))
    tensor([1., 1.])
    """
    return tensor.__dlpack__()


@function(method=False, aliases=("from_dlpack",))
def from_dlpack(ext_tensor) -> Tensor:
    """A tensor over the memory of any object that speaks DLPack (NumPy, PyTorch, CuPy, JAX …).

    >>> torch.from_dlpack(tensor([1., 2.]))
    tensor([1., 2.])
    """
    if type(ext_tensor).__name__ == "PyCapsule":
        ext_tensor = _Capsule(ext_tensor)
    if hasattr(ext_tensor, "__dlpack_device__") and ext_tensor.__dlpack_device__()[0] == ON_CUDA:
        check_available("cuda")
        return wrap(array_modules.cupy.from_dlpack(ext_tensor))
    return wrap(np.from_dlpack(ext_tensor))


@function(method=False)
def scalar_tensor(s, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """A 0-d tensor of the default dtype.

    >>> torch.scalar_tensor(3.)
    tensor(3.)
    """
    if not is_number(s):
        raise wrong_argument("scalar_tensor", "s", 1, "Number", s)
    return finish(number_for(s, resolve(dtype, "scalar_tensor")), requires_grad, device)


@method
def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """A new leaf of `data`, with this tensor's dtype if none is given.

    >>> torch.ones(2, dtype=torch.float64).new_tensor([1, 2])
    tensor([1., 2.], dtype=torch.float64)
    """
    place = self.device if device is None else device
    return tensor(data, dtype=dtype or self.dtype, device=place, requires_grad=requires_grad)


@method
def new(self, *size) -> Tensor:
    """The old spelling of `new_empty` and `new_tensor`.

    >>> tensor([1.5]).new([2, 3])
    tensor([2., 3.])
    """
    if len(size) == 1 and not isinstance(size[0], int):
        return tensor(size[0], dtype=self.dtype, device=self.device)
    return zeros(*(size or (0,)), dtype=self.dtype, device=self.device)
