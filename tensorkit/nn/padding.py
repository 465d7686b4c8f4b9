"""Padding layers: a border of zeros, of one value, or of the tensor's own elements, mirrored, repeated or from afar.

The function behind them all is `tensorkit.nn.functional.pad`.
"""

from . import functional as F
from .errors import own
from .module import Module
from .sizes import tuple_of


class _Pad(Module):
    """A border; `padding` is one width for all sides, or one for each, the last dimension's first."""

    mode = "constant"
    n = 1

    def __init_subclass__(cls, **settings):
        """`class X(_Pad, n=2, mode="reflect")`: how many dimensions get a border, and which."""
        for name, value in settings.items():
            setattr(cls, name, value)

    def __init__(self, padding):
        super().__init__()
        self.padding = tuple_of(padding, 2 * self.n)

    def forward(self, input):
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    def __init__(self, padding, value: float):
        super().__init__(padding)
        self.value = value

    def forward(self, input):
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_Pad):
    def forward(self, input):
        return F.pad(input, self.padding, "constant", 0.0)


@own("__init__")
class ConstantPad1d(_ConstantPad, n=1):
    """A border of one value around sequences.

    >>> torch.nn.ConstantPad1d(1, 9.)(torch.tensor([[1., 2., 3.]]))
    tensor([[9., 1., 2., 3., 9.]])
    """


@own("__init__")
class ConstantPad2d(_ConstantPad, n=2):
    """A border of one value around images.

    >>> torch.nn.ConstantPad2d(1, 9.)(torch.ones(1, 2, 2)).shape
    torch.Size([1, 4, 4])
    """


@own("__init__")
class ConstantPad3d(_ConstantPad, n=3):
    """A border of one value around volumes.

    >>> torch.nn.ConstantPad3d(1, 9.)(torch.ones(1, 2, 2, 2)).shape
    torch.Size([1, 4, 4, 4])
    """


@own("__init__")
class ZeroPad1d(_ZeroPad, n=1):
    """A border of zeros around sequences.

    >>> torch.nn.ZeroPad1d(1)(torch.tensor([[1., 2., 3.]]))
    tensor([[0., 1., 2., 3., 0.]])
    """


@own("__init__")
class ZeroPad2d(_ZeroPad, n=2):
    """A border of zeros around images.

    >>> torch.nn.ZeroPad2d(1)(torch.ones(1, 2, 2)).shape
    torch.Size([1, 4, 4])
    """


@own("__init__")
class ZeroPad3d(_ZeroPad, n=3):
    """A border of zeros around volumes.

    >>> torch.nn.ZeroPad3d(1)(torch.ones(1, 2, 2, 2)).shape
    torch.Size([1, 4, 4, 4])
    """


@own("__init__")
class ReflectionPad1d(_Pad, n=1, mode="reflect"):
    """A border that mirrors sequences at their edges.

    >>> torch.nn.ReflectionPad1d(1)(torch.tensor([[1., 2., 3.]]))
    tensor([[2., 1., 2., 3., 2.]])
    """


@own("__init__")
class ReflectionPad2d(_Pad, n=2, mode="reflect"):
    """A border that mirrors images at their edges.

    >>> torch.nn.ReflectionPad2d(1)(torch.ones(1, 2, 2)).shape
    torch.Size([1, 4, 4])
    """


@own("__init__")
class ReflectionPad3d(_Pad, n=3, mode="reflect"):
    """A border that mirrors volumes at their edges.

    >>> torch.nn.ReflectionPad3d(1)(torch.ones(1, 2, 2, 2)).shape
    torch.Size([1, 4, 4, 4])
    """


@own("__init__")
class ReplicationPad1d(_Pad, n=1, mode="replicate"):
    """A border that repeats the edges of sequences.

    >>> torch.nn.ReplicationPad1d(1)(torch.tensor([[1., 2., 3.]]))
    tensor([[1., 1., 2., 3., 3.]])
    """


@own("__init__")
class ReplicationPad2d(_Pad, n=2, mode="replicate"):
    """A border that repeats the edges of images.

    >>> torch.nn.ReplicationPad2d(1)(torch.ones(1, 2, 2)).shape
    torch.Size([1, 4, 4])
    """


@own("__init__")
class ReplicationPad3d(_Pad, n=3, mode="replicate"):
    """A border that repeats the edges of volumes.

    >>> torch.nn.ReplicationPad3d(1)(torch.ones(1, 2, 2, 2)).shape
    torch.Size([1, 4, 4, 4])
    """


@own("__init__")
class CircularPad1d(_Pad, n=1, mode="circular"):
    """A border that continues sequences at their other end.

    >>> torch.nn.CircularPad1d(1)(torch.tensor([[1., 2., 3.]]))
    tensor([[3., 1., 2., 3., 1.]])
    """


@own("__init__")
class CircularPad2d(_Pad, n=2, mode="circular"):
    """A border that continues images at their other end.

    >>> torch.nn.CircularPad2d(1)(torch.ones(1, 2, 2)).shape
    torch.Size([1, 4, 4])
    """


@own("__init__")
class CircularPad3d(_Pad, n=3, mode="circular"):
    """A border that continues volumes at their other end.

    >>> torch.nn.CircularPad3d(1)(torch.ones(1, 2, 2, 2)).shape
    torch.Size([1, 4, 4, 4])
    """
