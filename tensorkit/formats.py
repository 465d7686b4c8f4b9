"""How a tensor lies in memory, as PyTorch names it: accepted as arguments; here the order of the axes tells all."""

from .errors import Named


class layout(metaclass=Named):
    """The kind of a tensor's storage; every tensor here is `torch.strided`.

    >>> tensor([1.]).layout
    torch.strided
    """

    __slots__ = ("name",)

    def __init__(self, name: str):
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self):
        return self.name


class memory_format(layout):
    """The order of a tensor's dimensions in memory: `torch.contiguous_format` and its like.

    >>> torch.zeros(2, 3).is_contiguous(memory_format=torch.contiguous_format)
    True
    """

    __slots__ = ()


strided = layout("strided")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
