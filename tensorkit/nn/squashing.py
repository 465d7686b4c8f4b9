"""Activations that squash what they get between bounds, as layers: sigmoid, tanh, softmax and their kin.

Each calls the function of the same name in `tensorkit.nn.functional`. The others stand in `activation.py`.

Source: https://pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity
"""

from . import functional as F
from .module import Module


class Sigmoid(Module):
    """1 / (1 + exp(-x)), between 0 and 1.

    >>> torch.nn.Sigmoid()(torch.tensor([-2., 0., 2.]))
    tensor([0.1192, 0.5000, 0.8808])
    """

    def forward(self, input):
        return F.sigmoid(input)


class LogSigmoid(Module):
    """log(sigmoid(x)).

    >>> torch.nn.LogSigmoid()(torch.tensor([-2., 0., 2.]))
    tensor([-2.1269, -0.6931, -0.1269])
    """

    def forward(self, input):
        return F.logsigmoid(input)


class Hardsigmoid(Module):
    """0 below -3, 1 above 3, a straight line between.

    >>> torch.nn.Hardsigmoid()(torch.tensor([-2., 0., 2.]))
    tensor([0.1667, 0.5000, 0.8333])
    """

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        return F.hardsigmoid(input, self.inplace)


class Tanh(Module):
    """The hyperbolic tangent, between -1 and 1.

    >>> torch.nn.Tanh()(torch.tensor([-2., 0., 2.]))
    tensor([-0.9640,  0.0000,  0.9640])
    """

    def forward(self, input):
        return F.tanh(input)


class Tanhshrink(Module):
    """x - tanh(x).

    >>> torch.nn.Tanhshrink()(torch.tensor([-2., 0., 2.]))
    tensor([-1.0360,  0.0000,  1.0360])
    """

    def forward(self, input):
        return F.tanhshrink(input)


class Hardtanh(Module):
    """x, cut off at two bounds.

    >>> torch.nn.Hardtanh()(torch.tensor([-2., 0., 2.]))
    tensor([-1.,  0.,  1.])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False, min_value=None,
                 max_value=None):  # fmt: skip
        super().__init__()
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        self.inplace = inplace
        if not self.max_val > self.min_val:
            raise AssertionError("max_val must be larger than min_val")

    def forward(self, input):
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}" + ", inplace=True" * self.inplace


class Softsign(Module):
    """x / (1 + |x|).

    >>> torch.nn.Softsign()(torch.tensor([-2., 0., 2.]))
    tensor([-0.6667,  0.0000,  0.6667])
    """

    def forward(self, input):
        return F.softsign(input)


class Softmax(Module):
    """exp(x) over its sum along `dim`: positive numbers that add up to 1.

    >>> torch.nn.Softmax(dim=0)(torch.tensor([1., 2., 3.]))
    tensor([0.0900, 0.2447, 0.6652])
    """

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return F.softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmin(Module):
    """softmax(-x) along `dim`.

    >>> torch.nn.Softmin(dim=0)(torch.tensor([1., 2., 3.]))
    tensor([0.6652, 0.2447, 0.0900])
    """

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return F.softmin(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """log(softmax(x)) along `dim`.

    >>> torch.nn.LogSoftmax(dim=0)(torch.tensor([1., 2., 3.]))
    tensor([-2.4076, -1.4076, -0.4076])
    """

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return F.log_softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax2d(Module):
    """Softmax over the channels, for each place of an image.

    >>> torch.nn.Softmax2d()(torch.zeros(1, 2, 1, 1)).flatten()
    tensor([0.5000, 0.5000])
    """

    def forward(self, input):
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3)
