"""Pooling layers: the largest or the mean element of each window.

The functions stand in `tensorkit.nn.functional.pooling`.
"""

from . import functional as F
from .errors import own
from .module import Module
from .sizes import tuple_of


class _MaxPoolNd(Module):
    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices: bool = False,
                 ceil_mode: bool = False):  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def _pooled(self, function, input):
        return function(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The largest element of each window of a sequence.

    >>> torch.nn.MaxPool1d(2)(torch.tensor([[[1., 3., 5., 7.]]]))
    tensor([[[3., 7.]]])
    """

    def forward(self, input):
        return self._pooled(F.max_pool1d, input)


class MaxPool2d(_MaxPoolNd):
    """The largest element of each window of an image.

    >>> torch.nn.MaxPool2d(2)(torch.arange(4.).reshape(1, 1, 2, 2))
    tensor([[[[3.]]]])
    """

    def forward(self, input):
        return self._pooled(F.max_pool2d, input)


class MaxPool3d(_MaxPoolNd):
    """The largest element of each window of a volume.

    >>> torch.nn.MaxPool3d(2)(torch.arange(8.).reshape(1, 1, 2, 2, 2)).item()
    7.0
    """

    def forward(self, input):
        return self._pooled(F.max_pool3d, input)


class _MaxUnpool(Module):
    n = 1

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.kernel_size = tuple_of(kernel_size, self.n)
        self.stride = tuple_of(stride if stride is not None else kernel_size, self.n)
        self.padding = tuple_of(padding, self.n)

    def forward(self, input, indices, output_size=None):
        function = (F.max_unpool1d, F.max_unpool2d, F.max_unpool3d)[self.n - 1]
        return function(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


@own("__init__", "forward")
class MaxUnpool1d(_MaxUnpool):
    """The largest elements put back to where `MaxPool1d` found them.

    >>> torch.nn.MaxUnpool1d(2)(torch.tensor([[[3., 7.]]]), torch.tensor([[[1, 3]]]))
    tensor([[[0., 3., 0., 7.]]])
    """


@own("__init__", "forward")
class MaxUnpool2d(_MaxUnpool):
    """The largest elements put back to where `MaxPool2d` found them.

    >>> torch.nn.MaxUnpool2d(2)(torch.tensor([[[[3.]]]]), torch.tensor([[[[2]]]]))
    tensor([[[[0., 0.],
              [3., 0.]]]])
    """

    n = 2


@own("__init__", "forward")
class MaxUnpool3d(_MaxUnpool):
    """The largest elements put back to where `MaxPool3d` found them.

    >>> torch.nn.MaxUnpool3d(2)(torch.ones(1, 1, 1, 1, 1), torch.zeros(1, 1, 1, 1, 1, dtype=torch.int64)).shape
    torch.Size([1, 1, 2, 2, 2])
    """

    n = 3


class AvgPool1d(Module):
    """The mean of each window of a sequence.

    >>> torch.nn.AvgPool1d(2)(torch.tensor([[[1., 3., 5., 7.]]]))
    tensor([[[2., 6.]]])
    """

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode: bool = False, count_include_pad: bool = True):
        super().__init__()
        self.kernel_size = tuple_of(kernel_size, 1)
        self.stride = tuple_of(stride if stride is not None else kernel_size, 1)
        self.padding = tuple_of(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input):
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AvgPool(Module):
    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode: bool = False, count_include_pad: bool = True,
                 divisor_override: int | None = None):  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def _pooled(self, function, input):
        return function(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
            self.divisor_override,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


@own("__init__")
class AvgPool2d(_AvgPool):
    """The mean of each window of an image.

    >>> torch.nn.AvgPool2d(2)(torch.arange(4.).reshape(1, 1, 2, 2))
    tensor([[[[1.5000]]]])
    """

    def forward(self, input):
        return self._pooled(F.avg_pool2d, input)


@own("__init__")
class AvgPool3d(_AvgPool):
    """The mean of each window of a volume.

    >>> torch.nn.AvgPool3d(2)(torch.arange(8.).reshape(1, 1, 2, 2, 2)).item()
    3.5
    """

    def forward(self, input):
        return self._pooled(F.avg_pool3d, input)


class _LPPoolNd(Module):
    n = 1

    def __init__(self, norm_type: float, kernel_size, stride=None, ceil_mode: bool = False):
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input):
        function = (F.lp_pool1d, F.lp_pool2d, F.lp_pool3d)[self.n - 1]
        return function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


@own("forward")
class LPPool1d(_LPPoolNd):
    """The p-norm of each window of a sequence.

    >>> torch.nn.LPPool1d(2, 2)(torch.tensor([[[3., 4.]]]))
    tensor([[[5.]]])
    """


@own("forward")
class LPPool2d(_LPPoolNd):
    """The p-norm of each window of an image.

    >>> torch.nn.LPPool2d(2, 2)(torch.ones(1, 1, 2, 2))
    tensor([[[[2.]]]])
    """

    n = 2


@own("forward")
class LPPool3d(_LPPoolNd):
    """The p-norm of each window of a volume.

    >>> torch.nn.LPPool3d(2, 2)(torch.ones(1, 1, 2, 2, 2)).shape
    torch.Size([1, 1, 1, 1, 1])
    """

    n = 3


class _AdaptiveAvgPoolNd(Module):
    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The means of `output_size` windows that cover a sequence.

    >>> torch.nn.AdaptiveAvgPool1d(2)(torch.tensor([[[1., 3., 5., 7.]]]))
    tensor([[[2., 6.]]])
    """

    def forward(self, input):
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The means of windows that cover an image, as many as `output_size` says.

    >>> torch.nn.AdaptiveAvgPool2d(1)(torch.arange(4.).reshape(1, 1, 2, 2))
    tensor([[[[1.5000]]]])
    """

    def forward(self, input):
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The means of windows that cover a volume.

    >>> torch.nn.AdaptiveAvgPool3d(1)(torch.arange(8.).reshape(1, 1, 2, 2, 2)).item()
    3.5
    """

    def forward(self, input):
        return F.adaptive_avg_pool3d(input, self.output_size)


class _AdaptiveMaxPoolNd(Module):
    def __init__(self, output_size, return_indices: bool = False):
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The largest elements of `output_size` windows that cover a sequence.

    >>> torch.nn.AdaptiveMaxPool1d(2)(torch.tensor([[[1., 3., 5., 7.]]]))
    tensor([[[3., 7.]]])
    """

    def forward(self, input):
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The largest elements of windows that cover an image.

    >>> torch.nn.AdaptiveMaxPool2d(1)(torch.arange(4.).reshape(1, 1, 2, 2))
    tensor([[[[3.]]]])
    """

    def forward(self, input):
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The largest elements of windows that cover a volume.

    >>> torch.nn.AdaptiveMaxPool3d(1)(torch.arange(8.).reshape(1, 1, 2, 2, 2)).item()
    7.0
    """

    def forward(self, input):
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)


class _FractionalMaxPool(Module):
    n = 2

    def __init__(self, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
        super().__init__()
        name = type(self).__name__
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        self.kernel_size, self.return_indices = tuple_of(kernel_size, self.n), return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else tuple_of(output_size, self.n)
        self.output_ratio = None if output_ratio is None else tuple_of(output_ratio, self.n)
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input):
        function = F.fractional_max_pool2d if self.n == 2 else F.fractional_max_pool3d
        return function(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )


@own("__init__", "forward")
class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest element of windows at random places of an image, so that the result may have any smaller size.

    >>> torch.nn.FractionalMaxPool2d(2, output_ratio=0.7)(torch.zeros(1, 1, 10, 10)).shape
    torch.Size([1, 1, 7, 7])
    """


@own("__init__", "forward")
class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest element of windows at random places of a volume.

    >>> torch.nn.FractionalMaxPool3d(2, output_size=3)(torch.zeros(1, 1, 5, 5, 5)).shape
    torch.Size([1, 1, 3, 3, 3])
    """

    n = 3
