"""Convolution layers, transposed ones, Unfold and Fold.

The functions stand in `tensorkit.nn.functional.conv`.
"""

import math

from ..ops.create import empty
from . import functional as F
from . import init
from .errors import own
from .layer import Layer, unusual
from .module import Module
from .parameter import Parameter
from .sizes import tuple_of

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Conv(Module):
    """What all convolutions have: sizes, a weight and a bias."""

    n = 2
    transposed = False
    _functions = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
    _transposed = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}

    def __init__(self, in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias,
                 padding_mode, device, dtype):  # fmt: skip
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'valid', 'same'}}")
            if padding == "same" and any(s != 1 for s in tuple_of(stride, self.n)):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in _PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {set(_PADDING_MODES)}, but got padding_mode='{padding_mode}'"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = tuple_of(kernel_size, self.n)
        self.stride = tuple_of(stride, self.n)
        self.padding = padding if isinstance(padding, str) else tuple_of(padding, self.n)
        self.dilation = tuple_of(dilation, self.n)
        self.output_padding = tuple_of(output_padding, self.n)
        self.groups = groups
        self.padding_mode = padding_mode
        lead = (in_channels, out_channels // groups) if self.transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(empty(*lead, *self.kernel_size, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, evenly between ±1/√(inputs of each output)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def _padding_widths(self) -> list:
        """The padding as `F.pad` takes it: from the last dimension on."""
        if self.padding == "valid":
            return [0] * 2 * self.n
        if self.padding == "same":
            totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            return [width for total in reversed(totals) for width in (total // 2, total - total // 2)]
        return [width for p in reversed(self.padding) for width in (p, p)]

    def forward(self, input):
        function = self._functions[self.n]
        if self.padding_mode != "zeros":
            input = F.pad(input, self._padding_widths(), mode=self.padding_mode)
            return function(input, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)
        return function(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        zeros, ones = (0,) * self.n, (1,) * self.n
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
            + unusual(self, padding=zeros, dilation=ones, output_padding=zeros, groups=1)
            + ", bias=False" * (self.bias is None)
            + unusual(self, padding_mode="zeros")
        )


class _Forward(_Conv):
    def __init__(self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0, dilation=1,
                 groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device=None, dtype=None):  # fmt: skip
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias,
                         padding_mode, device, dtype)  # fmt: skip


@own("__init__", "forward")
class Conv1d(_Forward):
    """A convolution of sequences: batch, channels, length.

    >>> torch.nn.Conv1d(2, 4, kernel_size=3)(torch.ones(1, 2, 8)).shape
    torch.Size([1, 4, 6])
    """

    n = 1


@own("__init__", "forward")
class Conv2d(_Forward):
    """A convolution of images: batch, channels, height, width.

    in_channels, out_channels  how many channels images and results have
    kernel_size                the size of the window: a number, or height and width
    stride                     how far windows are apart
    padding                    a border on each side; 'same' keeps the size, 'valid' adds nothing
    dilation                   how far the elements of a window are apart
    groups                     into how many separate convolutions the channels are divided

    >>> from tensorkit import nn
    >>> nn.Conv2d(3, 8, 3, padding=1)(torch.ones(2, 3, 28, 28)).shape
    torch.Size([2, 8, 28, 28])
    """

    n = 2


@own("__init__", "forward")
class Conv3d(_Forward):
    """A convolution of volumes: batch, channels, depth, height, width.

    >>> torch.nn.Conv3d(2, 4, kernel_size=3)(torch.ones(1, 2, 8, 8, 8)).shape
    torch.Size([1, 4, 6, 6, 6])
    """

    n = 3


class _Transposed(_Conv):
    transposed = True

    def __init__(self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0, output_padding=0,
                 groups: int = 1, bias: bool = True, dilation=1, padding_mode: str = "zeros", device=None,
                 dtype=None):  # fmt: skip
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups,
                         bias, padding_mode, device, dtype)  # fmt: skip

    def _output_padding(self, input, output_size) -> tuple:
        """How much to add at the far end, so that the result has the size asked for."""
        if output_size is None:
            return self.output_padding
        wanted = output_size[-self.n :]
        least = [
            (size - 1) * s - 2 * p + d * (k - 1) + 1
            for size, k, s, p, d in zip(
                input.shape[-self.n :], self.kernel_size, self.stride, self.padding, self.dilation, strict=True
            )
        ]
        most = [size + s - 1 for size, s in zip(least, self.stride, strict=True)]
        if any(not low <= want <= high for low, want, high in zip(least, wanted, most, strict=True)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to {most} (for an input of "
                f"{input.size()[2:]})"
            )
        return tuple([want - low for want, low in zip(wanted, least, strict=True)])

    def forward(self, input, output_size=None):
        return self._transposed[self.n](
            input, self.weight, self.bias, self.stride, self.padding, self._output_padding(input, output_size),
            self.groups, self.dilation,
        )  # fmt: skip


@own("__init__", "forward")
class ConvTranspose1d(_Transposed):
    """The transposed convolution of sequences, which makes them longer.

    >>> torch.nn.ConvTranspose1d(2, 4, kernel_size=3)(torch.ones(1, 2, 8)).shape
    torch.Size([1, 4, 10])
    """

    n = 1


@own("__init__", "forward")
class ConvTranspose2d(_Transposed):
    """The transposed convolution of images, which makes them larger.

    >>> torch.nn.ConvTranspose2d(2, 4, kernel_size=3)(torch.ones(1, 2, 8, 8)).shape
    torch.Size([1, 4, 10, 10])
    """

    n = 2


@own("__init__", "forward")
class ConvTranspose3d(_Transposed):
    """The transposed convolution of volumes.

    >>> torch.nn.ConvTranspose3d(2, 4, kernel_size=3)(torch.ones(1, 2, 4, 4, 4)).shape
    torch.Size([1, 4, 6, 6, 6])
    """

    n = 3


class Unfold(Layer, function=F.unfold):
    """The windows of images as columns.

    >>> torch.nn.Unfold(kernel_size=2)(torch.arange(9.).reshape(1, 1, 3, 3)).shape
    torch.Size([1, 4, 4])
    """

    def __init__(self, kernel_size, dilation=1, padding=0, stride=1):
        self._keep(kernel_size, dilation, padding, stride)


class Fold(Layer, function=F.fold):
    """Columns added up to images: the reverse of `Unfold`.

    >>> torch.nn.Fold(output_size=(2, 2), kernel_size=1)(torch.arange(4.).reshape(1, 1, 4))
    tensor([[[[0., 1.],
              [2., 3.]]]])
    """

    def __init__(self, output_size, kernel_size, dilation=1, padding=0, stride=1):
        self._keep(output_size, kernel_size, dilation, padding, stride)
