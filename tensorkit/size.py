"""`torch.Size`: the shape of a tensor, a tuple that says so."""

from .errors import Named


class Size(tuple, metaclass=Named):
    """The sizes of a tensor's dimensions.

    >>> Size([2, 3])
    torch.Size([2, 3])
    >>> Size([2, 3]).numel()
    6
    """

    __slots__ = ()

    def __new__(cls, sizes=()):
        for i, size in enumerate(sizes):
            if type(size) is not int and not hasattr(size, "__index__"):
                raise TypeError(f"torch.Size() takes an iterable of 'int' (item {i} is '{type(size).__name__}')")
        return tuple.__new__(cls, sizes)

    def __reduce__(self):
        return _size, (tuple(self),)

    def __repr__(self) -> str:
        return "torch.Size([" + ", ".join(map(str, self)) + "])"

    __str__ = __repr__

    def numel(self) -> int:
        """How many elements a tensor of this shape has."""
        product = 1
        for size in self:
            product *= size
        return product

    def __getitem__(self, index):
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other):
        if hasattr(other, "__array__"):
            return NotImplemented
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(tuple.__add__(self, other))

    def __radd__(self, other):
        return Size(tuple.__add__(tuple(other), self))

    def __mul__(self, times):
        return Size(tuple.__mul__(self, times))

    __rmul__ = __mul__


def _size(sizes: tuple) -> Size:
    """A size that came back from a copy or from another process."""
    return Size(sizes)


#: Its examples are this module's, though it prints as a class of PyTorch's.
__test__ = {"Size": Size}
