"""DLPack capsules, the older way to hand memory from one library to another; objects speak for themselves today
(`torch.from_dlpack`)."""

from ..ops.data import from_dlpack as _from_object
from ..tensor import Tensor


class _Capsule:
    """A capsule as an object that hands it out."""

    def __init__(self, capsule):
        self._capsule = capsule

    def __dlpack__(self, **options):
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


def to_dlpack(tensor: Tensor):
    """A capsule with the memory of a tensor."""
    return tensor.__dlpack__()


def from_dlpack(ext_tensor) -> Tensor:
    """A tensor over the memory in a capsule, or of any object that speaks DLPack.

    >>> from_dlpack(to_dlpack(torch.ones(2)))
    tensor([1., 1.])

    Source: https://pytorch.org/docs/stable/dlpack.html
    """
    return _from_object(ext_tensor if hasattr(ext_tensor, "__dlpack__") else _Capsule(ext_tensor))
