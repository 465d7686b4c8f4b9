"""Activations as layers: each calls the function of the same name in `tensorkit.nn.functional`.

Those that squash what they get between bounds (sigmoid, tanh, softmax and their kin) stand in `squashing.py`;
`MultiheadAttention`, which PyTorch counts among them, stands in `attention.py`.

Source: https://pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity
"""

from ..ops.create import empty
from . import functional as F
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


class ReLU6(Module):
    """min(max(0, x), 6) for each element.

    >>> torch.nn.ReLU6()(torch.tensor([-2., 0., 2.]))
    tensor([0., 0., 2.])
    """

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        return F.relu6(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" * self.inplace


class ELU(Module):
    """x where it is positive, alpha · (exp(x) - 1) elsewhere.

    >>> torch.nn.ELU()(torch.tensor([-2., 0., 2.]))
    tensor([-0.8647,  0.0000,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input):
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + ", inplace=True" * self.inplace


class SELU(Module):
    """The ELU whose constants keep means near 0 and variances near 1.

    >>> torch.nn.SELU()(torch.tensor([-2., 0., 2.]))
    tensor([-1.5202,  0.0000,  2.1014])
    """

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        return F.selu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" * self.inplace


class CELU(Module):
    """x where it is positive, alpha · (exp(x / alpha) - 1) elsewhere.

    >>> torch.nn.CELU()(torch.tensor([-2., 0., 2.]))
    tensor([-0.8647,  0.0000,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input):
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + ", inplace=True" * self.inplace


class LeakyReLU(Module):
    """x where it is positive, negative_slope · x elsewhere.

    >>> torch.nn.LeakyReLU()(torch.tensor([-2., 0., 2.]))
    tensor([-0.0200,  0.0000,  2.0000])
    """

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False):
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input):
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + ", inplace=True" * self.inplace


class GELU(Module):
    """x · Φ(x), Φ being the normal distribution function; 'tanh' approximates it.

    >>> torch.nn.GELU()(torch.tensor([-2., 0., 2.]))
    tensor([-0.0455,  0.0000,  1.9545])
    """

    def __init__(self, approximate: str = "none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input):
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """x · sigmoid(x), also called swish.

    >>> torch.nn.SiLU()(torch.tensor([-2., 0., 2.]))
    tensor([-0.2384,  0.0000,  1.7616])
    """

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        return F.silu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" * self.inplace


class Mish(Module):
    """x · tanh(softplus(x)).

    >>> torch.nn.Mish()(torch.tensor([-2., 0., 2.]))
    tensor([-0.2525,  0.0000,  1.9440])
    """

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        return F.mish(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" * self.inplace


class Softplus(Module):
    """log(1 + exp(beta · x)) / beta; x itself where beta · x is above the threshold.

    >>> torch.nn.Softplus()(torch.tensor([-2., 0., 2.]))
    tensor([0.1269, 0.6931, 2.1269])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input):
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Hardswish(Module):
    """x · hardsigmoid(x).

    >>> torch.nn.Hardswish()(torch.tensor([-2., 0., 2.]))
    tensor([-0.3333,  0.0000,  1.6667])
    """

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        return F.hardswish(input, self.inplace)


class Hardshrink(Module):
    """x, but 0 between -lambd and lambd.

    >>> torch.nn.Hardshrink()(torch.tensor([-2., 0., 2.]))
    tensor([-2.,  0.,  2.])
    """

    def __init__(self, lambd: float = 0.5):
        super().__init__()
        self.lambd = lambd

    def forward(self, input):
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Module):
    """x moved by lambd towards 0, and 0 where it is nearer than that.

    >>> torch.nn.Softshrink()(torch.tensor([-2., 0., 2.]))
    tensor([-1.5000,  0.0000,  1.5000])
    """

    def __init__(self, lambd: float = 0.5):
        super().__init__()
        self.lambd = lambd

    def forward(self, input):
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Threshold(Module):
    """x where it is above the threshold, `value` elsewhere.

    >>> torch.nn.Threshold(0.5, 9.)(torch.tensor([0.2, 1.]))
    tensor([9., 1.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False):
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input):
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}" + ", inplace=True" * self.inplace


class GLU(Module):
    """The first half along `dim` times the sigmoid of the second half.

    >>> torch.nn.GLU()(torch.tensor([1., 2., 0., 0.]))
    tensor([0.5000, 1.0000])
    """

    def __init__(self, dim: int = -1):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class RReLU(Module):
    """leaky_relu with a slope drawn for each element between two bounds while training.

    >>> torch.nn.RReLU().eval()(torch.tensor([-1., 1.]))
    tensor([-0.2292,  1.0000])
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False):
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input):
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}" + ", inplace=True" * self.inplace


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
