"""The memory under a tensor as a row of numbers: `x.storage()`, and of bytes: `x.untyped_storage()`.

Courses look at it to see that views share one memory.  Who else stands over it, and how often it was written to, is
kept in `storage.py`.
"""

from warnings import warn

import numpy as np

from . import dtypes
from .array_modules import address, is_array
from .tensor import attach, memory, ndarray, storage_of


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
    """The memory under a tensor as numbers of its dtype."""

    __slots__ = ()

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of its elements."""
        return self._tensor.dtype

    def untyped(self) -> "UntypedStorage":
        """The same memory as bytes."""
        return UntypedStorage(self._tensor, np.dtype(np.uint8))

    def _part(self, index):
        raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")

    def _name(self) -> str:
        return f"torch.storage.TypedStorage(dtype={self.dtype!r}, "


class UntypedStorage(_Row):
    """The memory under a tensor as bytes."""

    __slots__ = ()

    def _part(self, index):
        return self._flat[index].tolist()

    def _name(self) -> str:
        return "torch.storage.UntypedStorage("


TypedStorage.__module__ = UntypedStorage.__module__ = "torch.storage"


_told = False  # of the warning that comes once per process, whatever `torch.set_warn_always` says


@attach
def storage(self) -> TypedStorage:
    """The memory under this tensor as a row of numbers, the same for all views of it.

    >>> torch.tensor([[1, 2], [3, 4]]).t().untyped_storage().nbytes()
    32

    Source: https://pytorch.org/docs/stable/storage.html
    """
    global _told
    if not _told:
        _told = True
        warn(
            "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage "
            "class. This should only matter to you if you are using storages directly.  To access UntypedStorage "
            "directly, use tensor.untyped_storage() instead of tensor.storage()",
            stacklevel=2,
        )
    return TypedStorage(self, self._array.dtype)


@attach
def untyped_storage(self) -> UntypedStorage:
    """The memory under this tensor as bytes.

    >>> x = torch.arange(6)
    >>> x[2:4].untyped_storage().nbytes() == x.untyped_storage().nbytes() == 48
    True
    """
    return UntypedStorage(self, np.dtype(np.uint8))


@attach
def is_set_to(self, other) -> bool:
    """Whether both stand for the same numbers: the same memory, read in the same way.

    >>> x = torch.arange(4)
    >>> x.is_set_to(x.view(4)), x.is_set_to(x[1:])
    (True, False)
    """
    return self.data_ptr() == other.data_ptr() and self.stride() == other.stride()


@attach
def is_shared(self) -> bool:
    """Whether its memory is shared between processes: never here.

    >>> tensor([1.]).is_shared()
    False
    """
    return False


@attach
def is_pinned(self, device=None) -> bool:
    """False: there is no memory here that is held for a GPU.

    >>> torch.ones(2).is_pinned()
    False
    """
    return False


@attach
def dim_order(self) -> tuple:
    """The dimensions in the order of their steps in memory, the widest first.

    >>> torch.ones(2, 3).T.dim_order()
    (1, 0)
    """
    steps = self.stride()
    return tuple(sorted(range(len(steps)), key=lambda dim: -steps[dim]))
