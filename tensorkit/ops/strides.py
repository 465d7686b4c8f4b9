"""Where the elements of a tensor lie in memory: strides, addresses, and the order that these amount to.

What lies there stands in `tensorkit/storages.py`; how a format is read off the strides in `tensorkit/formats.py`.
"""

from ..array_modules import address
from ..formats import checked, contiguous_format, lies_in, strides_of
from ..tensor import attach, memory, number, one_of
from .publish import method


@method
def stride(self, dim=None):
    """How many elements to go on in memory for the next index of each dimension (or of one).

    >>> torch.zeros(2, 3).stride(), torch.zeros(2, 3).T.stride()
    ((3, 1), (1, 3))
    """
    strides = strides_of(self._array)
    return tuple(strides) if dim is None else one_of(strides, dim, "stride")


@attach
def dim_order(self) -> tuple:
    """The dimensions in the order of their steps in memory, the widest first.

    >>> torch.ones(2, 3).T.dim_order()
    (1, 0)
    """
    steps = self.stride()
    return tuple(sorted(range(len(steps)), key=lambda dim: -steps[dim]))


@method
def is_contiguous(self, *, memory_format=contiguous_format) -> bool:
    """Whether its elements fill memory in the order of its indices, or in the order of another format.

    >>> torch.zeros(2, 3).is_contiguous(), torch.zeros(2, 3).T.is_contiguous()
    (True, False)
    >>> torch.zeros(1, 2, 3, 4).is_contiguous(memory_format=torch.channels_last)
    False
    """
    array = self._array
    if memory_format is contiguous_format:
        return isinstance(array, number) or array.flags.c_contiguous
    return lies_in(array, checked(memory_format, "is_contiguous"))


@method
def storage_offset(self) -> int:
    """How many elements into the memory of its base it begins.

    >>> torch.arange(4)[1:].storage_offset()
    1
    """
    if self._base is None:
        return 0
    array, whole = self._array, memory(self._base)
    return (address(array) - address(whole)) // array.itemsize


@method
def data_ptr(self) -> int:
    """The address of its first element.

    >>> x = torch.zeros(3)
    >>> x.data_ptr() == x.view(3, 1).data_ptr()
    True
    """
    return address(memory(self)) if self._array.size else 0


@method
def const_data_ptr(self) -> int:
    """The address of its first element, for reading.

    >>> x = torch.zeros(3)
    >>> x.const_data_ptr() == x.data_ptr()
    True
    """
    return self.data_ptr()


@method
def is_set_to(self, other) -> bool:
    """Whether both stand for the same numbers: the same memory, read in the same way.

    >>> x = torch.arange(4)
    >>> x.is_set_to(x.view(4)), x.is_set_to(x[1:])
    (True, False)
    """
    return self.data_ptr() == other.data_ptr() and self.stride() == other.stride()
