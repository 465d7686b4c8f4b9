"""Pooling layers: the largest or the mean element of each window.

The functions stand in `tensorkit.nn.functional.pooling`.
"""

from . import functional as F
from .errors import own
from .layer import Layer
from .sizes import tuple_of


class _MaxPoolNd(Layer, shown=("kernel_size", "stride", "padding", "dilation", "ceil_mode")):
    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices: bool = False,
                 ceil_mode: bool = False):  # fmt: skip
        stride = kernel_size if stride is None else stride
        self._keep(kernel_size, stride, padding, dilation, return_indices, ceil_mode)


class MaxPool1d(_MaxPoolNd, function=F.max_pool1d):
    """The largest element of each window of a sequence.

    >>> torch.nn.MaxPool1d(2)(torch.tensor([[[1., 3., 5., 7.]]]))
    tensor([[[3., 7.]]])
    """


class MaxPool2d(_MaxPoolNd, function=F.max_pool2d):
    """The largest element of each window of an image.

    >>> torch.nn.MaxPool2d(2)(torch.arange(4.).reshape(1, 1, 2, 2))
    tensor([[[[3.]]]])
    """


class MaxPool3d(_MaxPoolNd, function=F.max_pool3d):
    """The largest element of each window of a volume.

    >>> torch.nn.MaxPool3d(2)(torch.arange(8.).reshape(1, 1, 2, 2, 2)).item()
    7.0
    """


class _MaxUnpool(Layer):
    n = 1

    def __init__(self, kernel_size, stride=None, padding=0):
        stride = kernel_size if stride is None else stride
        self._keep(*[tuple_of(each, self.n) for each in (kernel_size, stride, padding)])

    def forward(self, input, indices, output_size=None):
        return self._function(input, indices, self.kernel_size, self.stride, self.padding, output_size)


@own("__init__")
class MaxUnpool1d(_MaxUnpool, function=F.max_unpool1d):
    """The largest elements put back to where `MaxPool1d` found them.

    >>> torch.nn.MaxUnpool1d(2)(torch.tensor([[[3., 7.]]]), torch.tensor([[[1, 3]]]))
    tensor([[[0., 3., 0., 7.]]])
    """


@own("__init__")
class MaxUnpool2d(_MaxUnpool, function=F.max_unpool2d):
    """The largest elements put back to where `MaxPool2d` found them.

    >>> torch.nn.MaxUnpool2d(2)(torch.tensor([[[[3.]]]]), torch.tensor([[[[2]]]]))
    tensor([[[[0., 0.],
              [3., 0.]]]])
    """

    n = 2


@own("__init__")
class MaxUnpool3d(_MaxUnpool, function=F.max_unpool3d):
    """The largest elements put back to where `MaxPool3d` found them.

    >>> torch.nn.MaxUnpool3d(2)(torch.ones(1, 1, 1, 1, 1), torch.zeros(1, 1, 1, 1, 1, dtype=torch.int64)).shape
    torch.Size([1, 1, 2, 2, 2])
    """

    n = 3


class _AvgPool(Layer, shown=("kernel_size", "stride", "padding")):
    """A mean over windows."""


class AvgPool1d(_AvgPool, function=F.avg_pool1d):
    """The mean of each window of a sequence.

    >>> torch.nn.AvgPool1d(2)(torch.tensor([[[1., 3., 5., 7.]]]))
    tensor([[[2., 6.]]])
    """

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode: bool = False, count_include_pad: bool = True):
        sizes = [tuple_of(each, 1) for each in (kernel_size, kernel_size if stride is None else stride, padding)]
        self._keep(*sizes, ceil_mode, count_include_pad)


class _AvgPoolNd(_AvgPool):
    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode: bool = False, count_include_pad: bool = True,
                 divisor_override: int | None = None):  # fmt: skip
        stride = kernel_size if stride is None else stride
        self._keep(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


@own("__init__")
class AvgPool2d(_AvgPoolNd, function=F.avg_pool2d):
    """The mean of each window of an image.

    >>> torch.nn.AvgPool2d(2)(torch.arange(4.).reshape(1, 1, 2, 2))
    tensor([[[[1.5000]]]])
    """


@own("__init__")
class AvgPool3d(_AvgPoolNd, function=F.avg_pool3d):
    """The mean of each window of a volume.

    >>> torch.nn.AvgPool3d(2)(torch.arange(8.).reshape(1, 1, 2, 2, 2)).item()
    3.5
    """


class _LPPoolNd(Layer):
    def __init__(self, norm_type: float, kernel_size, stride=None, ceil_mode: bool = False):
        self._keep(norm_type, kernel_size, stride, ceil_mode)

    def forward(self, input):
        return self._function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool1d(_LPPoolNd, function=F.lp_pool1d):
    """The p-norm of each window of a sequence.

    >>> torch.nn.LPPool1d(2, 2)(torch.tensor([[[3., 4.]]]))
    tensor([[[5.]]])
    """


class LPPool2d(_LPPoolNd, function=F.lp_pool2d):
    """The p-norm of each window of an image.

    >>> torch.nn.LPPool2d(2, 2)(torch.ones(1, 1, 2, 2))
    tensor([[[[2.]]]])
    """


class LPPool3d(_LPPoolNd, function=F.lp_pool3d):
    """The p-norm of each window of a volume.

    >>> torch.nn.LPPool3d(2, 2)(torch.ones(1, 1, 2, 2, 2)).shape
    torch.Size([1, 1, 1, 1, 1])
    """


class _AdaptiveAvgPoolNd(Layer):
    def __init__(self, output_size):
        self._keep(output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd, function=F.adaptive_avg_pool1d):
    """The means of `output_size` windows that cover a sequence.

    >>> torch.nn.AdaptiveAvgPool1d(2)(torch.tensor([[[1., 3., 5., 7.]]]))
    tensor([[[2., 6.]]])
    """


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd, function=F.adaptive_avg_pool2d):
    """The means of windows that cover an image, as many as `output_size` says.

    >>> torch.nn.AdaptiveAvgPool2d(1)(torch.arange(4.).reshape(1, 1, 2, 2))
    tensor([[[[1.5000]]]])
    """


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd, function=F.adaptive_avg_pool3d):
    """The means of windows that cover a volume.

    >>> torch.nn.AdaptiveAvgPool3d(1)(torch.arange(8.).reshape(1, 1, 2, 2, 2)).item()
    3.5
    """


class _AdaptiveMaxPoolNd(Layer, shown=("output_size",)):
    def __init__(self, output_size, return_indices: bool = False):
        self._keep(output_size, return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd, function=F.adaptive_max_pool1d):
    """The largest elements of `output_size` windows that cover a sequence.

    >>> torch.nn.AdaptiveMaxPool1d(2)(torch.tensor([[[1., 3., 5., 7.]]]))
    tensor([[[3., 7.]]])
    """


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd, function=F.adaptive_max_pool2d):
    """The largest elements of windows that cover an image.

    >>> torch.nn.AdaptiveMaxPool2d(1)(torch.arange(4.).reshape(1, 1, 2, 2))
    tensor([[[[3.]]]])
    """


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd, function=F.adaptive_max_pool3d):
    """The largest elements of windows that cover a volume.

    >>> torch.nn.AdaptiveMaxPool3d(1)(torch.arange(8.).reshape(1, 1, 2, 2, 2)).item()
    7.0
    """


class _FractionalMaxPool(Layer, shown=()):
    n = 2

    def __init__(self, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
        if output_size is None and output_ratio is None:
            raise ValueError(f"{type(self).__name__} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        sizes = [each if each is None else tuple_of(each, self.n) for each in (kernel_size, output_size, output_ratio)]
        self._keep(*sizes, return_indices)
        self.register_buffer("_random_samples", _random_samples)
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")


@own("__init__")
class FractionalMaxPool2d(_FractionalMaxPool, function=F.fractional_max_pool2d):
    """The largest element of windows at random places of an image, so that the result may have any smaller size.

    >>> torch.nn.FractionalMaxPool2d(2, output_ratio=0.7)(torch.zeros(1, 1, 10, 10)).shape
    torch.Size([1, 1, 7, 7])
    """


@own("__init__")
class FractionalMaxPool3d(_FractionalMaxPool, function=F.fractional_max_pool3d):
    """The largest element of windows at random places of a volume.

    >>> torch.nn.FractionalMaxPool3d(2, output_size=3)(torch.zeros(1, 1, 5, 5, 5)).shape
    torch.Size([1, 1, 3, 3, 3])
    """

    n = 3
