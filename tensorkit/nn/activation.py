"""Activations as layers: each calls the function of the same name in `tensorkit.nn.functional`.

`MultiheadAttention`, which PyTorch counts among them, stands in `attention.py`.

Source: https://pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity
"""

from ..ops.create import empty
from . import functional as F
from .errors import own
from .layer import Layer
from .module import Module
from .parameter import Parameter


class ReLU(Module):
    """max(0, x) for each element.

    >>> torch.nn.ReLU()(torch.tensor([-2., 0., 2.]))
    tensor([0., 0., 2.])
    """

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" * self.inplace


class ReLU6(Layer, function=F.relu6):
    """min(max(0, x), 6) for each element.

    >>> torch.nn.ReLU6()(torch.tensor([-2., 0., 2.]))
    tensor([0., 0., 2.])
    """

    def __init__(self, inplace: bool = False):
        self._keep(inplace)


class ELU(Layer, function=F.elu):
    """x where it is positive, alpha · (exp(x) - 1) elsewhere.

    >>> torch.nn.ELU()(torch.tensor([-2., 0., 2.]))
    tensor([-0.8647,  0.0000,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        self._keep(alpha, inplace)


class SELU(Layer, function=F.selu):
    """The ELU whose constants keep means near 0 and variances near 1.

    >>> torch.nn.SELU()(torch.tensor([-2., 0., 2.]))
    tensor([-1.5202,  0.0000,  2.1014])
    """

    def __init__(self, inplace: bool = False):
        self._keep(inplace)


class CELU(Layer, function=F.celu):
    """x where it is positive, alpha · (exp(x / alpha) - 1) elsewhere.

    >>> torch.nn.CELU()(torch.tensor([-2., 0., 2.]))
    tensor([-0.8647,  0.0000,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        self._keep(alpha, inplace)


class LeakyReLU(Layer, function=F.leaky_relu):
    """x where it is positive, negative_slope · x elsewhere.

    >>> torch.nn.LeakyReLU()(torch.tensor([-2., 0., 2.]))
    tensor([-0.0200,  0.0000,  2.0000])
    """

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False):
        self._keep(negative_slope, inplace)


class GELU(Layer, function=F.gelu):
    """x · Φ(x), Φ being the normal distribution function; 'tanh' approximates it.

    >>> torch.nn.GELU()(torch.tensor([-2., 0., 2.]))
    tensor([-0.0455,  0.0000,  1.9545])
    """

    def __init__(self, approximate: str = "none"):
        self._keep(approximate)


class SiLU(Layer, function=F.silu):
    """x · sigmoid(x), also called swish.

    >>> torch.nn.SiLU()(torch.tensor([-2., 0., 2.]))
    tensor([-0.2384,  0.0000,  1.7616])
    """

    def __init__(self, inplace: bool = False):
        self._keep(inplace)


class Mish(Layer, function=F.mish):
    """x · tanh(softplus(x)).

    >>> torch.nn.Mish()(torch.tensor([-2., 0., 2.]))
    tensor([-0.2525,  0.0000,  1.9440])
    """

    def __init__(self, inplace: bool = False):
        self._keep(inplace)


class Softplus(Layer, function=F.softplus):
    """log(1 + exp(beta · x)) / beta; x itself where beta · x is above the threshold.

    >>> torch.nn.Softplus()(torch.tensor([-2., 0., 2.]))
    tensor([0.1269, 0.6931, 2.1269])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        self._keep(beta, threshold)


class Hardswish(Layer, function=F.hardswish, shown=()):
    """x · hardsigmoid(x).

    >>> torch.nn.Hardswish()(torch.tensor([-2., 0., 2.]))
    tensor([-0.3333,  0.0000,  1.6667])
    """

    def __init__(self, inplace: bool = False):
        self._keep(inplace)


class Hardshrink(Layer, function=F.hardshrink):
    """x, but 0 between -lambd and lambd.

    >>> torch.nn.Hardshrink()(torch.tensor([-2., 0., 2.]))
    tensor([-2.,  0.,  2.])
    """

    def __init__(self, lambd: float = 0.5):
        self._keep(lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Layer, function=F.softshrink):
    """x moved by lambd towards 0, and 0 where it is nearer than that.

    >>> torch.nn.Softshrink()(torch.tensor([-2., 0., 2.]))
    tensor([-1.5000,  0.0000,  1.5000])
    """

    def __init__(self, lambd: float = 0.5):
        self._keep(lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Threshold(Layer, function=F.threshold):
    """x where it is above the threshold, `value` elsewhere.

    >>> torch.nn.Threshold(0.5, 9.)(torch.tensor([0.2, 1.]))
    tensor([9., 1.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False):
        self._keep(threshold, value, inplace)


class GLU(Layer, function=F.glu):
    """The first half along `dim` times the sigmoid of the second half.

    >>> torch.nn.GLU()(torch.tensor([1., 2., 0., 0.]))
    tensor([0.5000, 1.0000])
    """

    def __init__(self, dim: int = -1):
        self._keep(dim)


class RReLU(Layer, function=F.rrelu):
    """leaky_relu with a slope drawn for each element between two bounds while training.

    >>> torch.nn.RReLU().eval()(torch.tensor([-1., 1.]))
    tensor([-0.2292,  1.0000])
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False):
        self._keep(lower, upper, inplace)


class Sigmoid(Layer, function=F.sigmoid):
    """1 / (1 + exp(-x)), between 0 and 1.

    >>> torch.nn.Sigmoid()(torch.tensor([-2., 0., 2.]))
    tensor([0.1192, 0.5000, 0.8808])
    """


class LogSigmoid(Layer, function=F.logsigmoid):
    """log(sigmoid(x)).

    >>> torch.nn.LogSigmoid()(torch.tensor([-2., 0., 2.]))
    tensor([-2.1269, -0.6931, -0.1269])
    """


class Hardsigmoid(Layer, function=F.hardsigmoid, shown=()):
    """0 below -3, 1 above 3, a straight line between.

    >>> torch.nn.Hardsigmoid()(torch.tensor([-2., 0., 2.]))
    tensor([0.1667, 0.5000, 0.8333])
    """

    def __init__(self, inplace: bool = False):
        self._keep(inplace)


class Tanh(Layer, function=F.tanh):
    """The hyperbolic tangent, between -1 and 1.

    >>> torch.nn.Tanh()(torch.tensor([-2., 0., 2.]))
    tensor([-0.9640,  0.0000,  0.9640])
    """


class Tanhshrink(Layer, function=F.tanhshrink):
    """x - tanh(x).

    >>> torch.nn.Tanhshrink()(torch.tensor([-2., 0., 2.]))
    tensor([-1.0360,  0.0000,  1.0360])
    """


class Hardtanh(Layer, function=F.hardtanh, shown=("min_val", "max_val", "inplace")):
    """x, cut off at two bounds.

    >>> torch.nn.Hardtanh()(torch.tensor([-2., 0., 2.]))
    tensor([-1.,  0.,  1.])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False, min_value=None,
                 max_value=None):  # fmt: skip
        min_val = min_val if min_value is None else min_value
        max_val = max_val if max_value is None else max_value
        self._keep(min_val, max_val, inplace)
        if not max_val > min_val:
            raise AssertionError("max_val must be larger than min_val")


class Softsign(Layer, function=F.softsign):
    """x / (1 + |x|).

    >>> torch.nn.Softsign()(torch.tensor([-2., 0., 2.]))
    tensor([-0.6667,  0.0000,  0.6667])
    """


class _AlongDim(Layer):
    _stacklevel = 5  # a warning about a missing `dim` is to name the line that calls the layer

    def __init__(self, dim: int | None = None):
        self._keep(dim)


@own("__init__")
class Softmax(_AlongDim, function=F.softmax, given=("dim", "_stacklevel")):
    """exp(x) over its sum along `dim`: positive numbers that add up to 1.

    >>> torch.nn.Softmax(dim=0)(torch.tensor([1., 2., 3.]))
    tensor([0.0900, 0.2447, 0.6652])
    """


@own("__init__")
class Softmin(_AlongDim, function=F.softmin, given=("dim", "_stacklevel")):
    """softmax(-x) along `dim`.

    >>> torch.nn.Softmin(dim=0)(torch.tensor([1., 2., 3.]))
    tensor([0.6652, 0.2447, 0.0900])
    """


@own("__init__")
class LogSoftmax(_AlongDim, function=F.log_softmax, given=("dim", "_stacklevel")):
    """log(softmax(x)) along `dim`.

    >>> torch.nn.LogSoftmax(dim=0)(torch.tensor([1., 2., 3.]))
    tensor([-2.4076, -1.4076, -0.4076])
    """


class Softmax2d(Module):
    """Softmax over the channels, for each place of an image.

    >>> torch.nn.Softmax2d()(torch.zeros(1, 2, 1, 1)).flatten()
    tensor([0.5000, 0.5000])
    """

    def forward(self, input):
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3)


class PReLU(Module):
    """x where it is positive, weight · x elsewhere; the weight (one, or one for each channel) is learned.

    >>> torch.nn.PReLU()(torch.tensor([-2., 0., 2.]))
    tensor([-0.5000,  0.0000,  2.0000], grad_fn=<PreluKernelBackward0>)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device=None, dtype=None):
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weights to their first value."""
        self.weight.data.fill_(self.init)

    def forward(self, input):
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"
