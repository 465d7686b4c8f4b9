"""The memory under a tensor as a row of numbers: `x.storage()`, and of bytes: `x.untyped_storage()`.

Courses look at it to see that views share one memory.  Who else stands over it, and how often it was written to, is
kept in `storage.py`.
"""

from mmap import mmap
from warnings import warn

import numpy as np

from . import dtypes
from .array_modules import address, is_array
from .tensor import Tensor, attach, memory, ndarray, storage_of, wrap

_BYTE = np.dtype(np.uint8)


def _whole(array: ndarray) -> ndarray:
    """The bytes of the piece of memory that an array looks into, in order."""
    owner = array
    while True:
        below = owner.base if is_array(owner.base) else getattr(owner.base, "base", None)
        if not is_array(below):
            break
        owner = below
    return owner.ravel("K").view(np.uint8)


class _Row:
    """What both kinds of storage have in common: a flat array over the memory, and the tensor that it was asked of."""

    __slots__ = ("_flat", "_tensor")

    def __init__(self, tensor, numpy: np.dtype):
        held = _whole(memory(tensor))
        self._flat = held[: held.size - held.size % numpy.itemsize].view(numpy)
        self._tensor = tensor

    @staticmethod
    def _tensor_of(numbers, numpy: np.dtype):
        """A tensor over new memory: for so many numbers, or with the numbers given."""
        return wrap(np.zeros(numbers, numpy) if isinstance(numbers, int) else np.array(numbers, numpy))

    def __len__(self) -> int:
        return self._flat.size

    def size(self) -> int:
        """How many elements it has."""
        return self._flat.size

    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._flat.nbytes

    def element_size(self) -> int:
        """Bytes an element."""
        return self._flat.itemsize

    def data_ptr(self) -> int:
        """The address of the first element."""
        return address(self._flat) if self._flat.size else 0

    def tolist(self) -> list:
        """The numbers as a list."""
        return self._flat.tolist()

    def is_shared(self) -> bool:
        """False: the memory belongs to this process alone."""
        return False

    @property
    def device(self):
        """Where the memory is."""
        return self._tensor.device

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self._part(index)
        if not hasattr(index, "__index__"):
            raise RuntimeError(f"can't index a {type(self)} with {type(index)}")
        size = self._flat.size
        if not -size <= index < size:
            raise IndexError(f"index {index} out of range for storage of size {size}")
        return self._flat[index].item()

    def __setitem__(self, index, value):
        self._flat[index] = value
        storage_of(self._tensor).written()

    def fill_(self, value):
        """Write one value to every place."""
        self[:] = value
        return self

    def __repr__(self) -> str:
        numbers = "\n ".join(map(repr, self._flat.tolist()))
        return f" {numbers}\n[{self._name()}device={self.device}) of size {self._flat.size}]"


class TypedStorage(_Row):
    """The memory under a tensor as numbers of its dtype; or new memory, for so many numbers or with those given."""

    __slots__ = ()

    def __init__(self, numbers=0, numpy: np.dtype | None = None, *, dtype: dtypes.dtype | None = None):
        if numpy is None:
            _tell()
            numpy = dtypes.numpy_dtype(dtype or dtypes.get_default_dtype())
            numbers = self._tensor_of(numbers, numpy)
        super().__init__(numbers, numpy)

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of its elements."""
        return self._tensor.dtype

    def pickle_storage_type(self) -> str:
        """The name of the older class for storages of this dtype: 'FloatStorage'."""
        return self.dtype.cpp_name + "Storage"

    def untyped(self) -> "UntypedStorage":
        """The same memory as bytes."""
        return UntypedStorage(self._tensor)

    def _part(self, index):
        raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")

    def _name(self) -> str:
        return f"torch.storage.TypedStorage(dtype={self.dtype!r}, "


class UntypedStorage(_Row):
    """The memory under a tensor as bytes; or new memory, of so many bytes or with those given."""

    __slots__ = ()

    def __init__(self, numbers=0, numpy: np.dtype = _BYTE):
        super().__init__(numbers if isinstance(numbers, Tensor) else self._tensor_of(numbers, numpy), numpy)

    def _part(self, index):
        return self._flat[index].tolist()

    def _name(self) -> str:
        return "torch.storage.UntypedStorage("


TypedStorage.__module__ = UntypedStorage.__module__ = "torch.storage"


_told = False  # of the warning that comes once per process, whatever `torch.set_warn_always` says


def _tell() -> None:
    global _told
    if not _told:
        _told = True
        warn(
            "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage "
            "class. This should only matter to you if you are using storages directly.  To access UntypedStorage "
            "directly, use tensor.untyped_storage() instead of tensor.storage()",
            stacklevel=3,
        )


@attach
def storage(self) -> TypedStorage:
    """The memory under this tensor as a row of numbers, the same for all views of it.

    >>> torch.tensor([[1, 2], [3, 4]]).t().untyped_storage().nbytes()
    32

    Source: https://pytorch.org/docs/stable/storage.html
    """
    _tell()
    return TypedStorage(self, self._array.dtype)


@attach
def untyped_storage(self) -> UntypedStorage:
    """The memory under this tensor as bytes.

    >>> x = torch.arange(6)
    >>> x[2:4].untyped_storage().nbytes() == x.untyped_storage().nbytes() == 48
    True
    """
    return UntypedStorage(self)


@attach
def is_shared(self) -> bool:
    """Whether its memory is shared with forked processes (`share_memory_`).

    >>> tensor([1.]).is_shared()
    False
    """
    owner = self._array
    while isinstance(owner, ndarray):
        owner = owner.base
    return isinstance(getattr(owner, "obj", owner), mmap)


@attach
def share_memory_(self):
    """Move its numbers into memory that is shared with processes that are forked from now on; views stay behind.

    >>> tensor([1.]).share_memory_().is_shared()
    True
    """
    if not is_shared(self) and not self.is_cuda:
        array = memory(self)
        shared = np.frombuffer(mmap(-1, max(array.nbytes, 1)), array.dtype, array.size).reshape(array.shape)
        shared[...] = array
        self._array = shared
    return self


@attach
def pin_memory(self, device=None):
    """RuntimeError: there is no GPU that memory could be held for.

    >>> tensor([1.]).pin_memory()
    Traceback (most recent call last):
        ...
    RuntimeError: Cannot access accelerator device when none is available.
    """
    raise RuntimeError("Cannot access accelerator device when none is available.")


@attach
def storage_type(self) -> type:
    """The older class for storages of this dtype.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.ones(1).storage_type()
    <class 'torch.FloatStorage'>
    """
    _tell()
    return OF_ONE_TYPE[self.dtype.cpp_name + "Storage"]


class _OfOneType(type):
    """The type of `torch.FloatStorage`: calling it makes a storage, `isinstance` looks at the dtype."""

    dtype: dtypes.dtype

    def __call__(cls, numbers=0):
        return TypedStorage(numbers, dtype=cls.dtype)

    def __instancecheck__(cls, instance) -> bool:
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


def is_storage(obj) -> bool:
    """Whether `obj` is a storage.

    >>> torch.is_storage(torch.ones(1).untyped_storage()), torch.is_storage(torch.ones(1))
    (True, False)
    """
    return isinstance(obj, _Row)


#: The older classes of storages, one for each dtype: `torch.FloatStorage`.
OF_ONE_TYPE = {
    each.cpp_name + "Storage": _OfOneType(
        each.cpp_name + "Storage", (), {"dtype": each, "__doc__": f"Memory for numbers of `torch.{each.name}`."}
    )
    for each in dtypes.ALL if each not in dtypes.WIDE_UNSIGNED
}  # fmt: skip
globals().update(OF_ONE_TYPE)

#: What `torch.Storage` stands for, whatever the default dtype.
Storage = OF_ONE_TYPE["FloatStorage"]


@attach
def is_pinned(self, device=None) -> bool:
    """False: there is no memory here that is held for a GPU.

    >>> torch.ones(2).is_pinned()
    False
    """
    return False
