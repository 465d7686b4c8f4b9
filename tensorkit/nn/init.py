"""Initial values of weights, drawn from PyTorch's streams in PyTorch's order.

Each function fills a tensor in place, without history, and returns it.

Source: https://pytorch.org/docs/stable/nn.init.html
"""

import math
from warnings import warn

from ..array_modules import np
from ..drawing import randperm
from ..tape import no_grad
from ..tensor import Tensor, memory, wrap
from .sizes import ndim_of

_LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
           "sigmoid")  # fmt: skip


def calculate_gain(nonlinearity: str, param=None) -> float:
    """The factor by which weights before a nonlinearity are made larger, so that variances stay the same.

    >>> calculate_gain("leaky_relu", 0.2)
    1.3867504905630728
    """
    if nonlinearity in _LINEAR:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if param is None:
            param = 0.01
        elif isinstance(param, bool) or not isinstance(param, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + param**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator=None) -> Tensor:
    """Numbers drawn evenly between a and b.

    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.uniform_(torch.empty(2))
    tensor([0.4963, 0.7682])
    """
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator=None) -> Tensor:
    """Numbers drawn from the normal distribution.

    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.normal_(torch.empty(2), std=0.1)
    tensor([ 0.1541, -0.0293])
    """
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
                  generator=None) -> Tensor:  # fmt: skip
    """Numbers drawn from the normal distribution, those outside [a, b] drawn again.

    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.trunc_normal_(torch.empty(1000)).abs().max() <= 2
    tensor(True)
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be "
            "incorrect.",
            stacklevel=2,
        )
    below = [(1.0 + math.erf((bound - mean) / std / math.sqrt(2.0))) / 2.0 for bound in (a, b)]
    with no_grad():
        if below[1] - below[0] > 0.3:
            _redrawn(tensor, mean, std, a, b, generator)
        else:
            _rejected(tensor, mean, std, a, b, generator)
    return tensor


def _redrawn(tensor, mean, std, a, b, generator) -> None:
    """Draw for all places again and again, and keep each time what was missing: quick where most fall inside."""
    low, high = (tensor._array.dtype.type(bound) for bound in (a, b))
    result = memory(tensor.normal_(mean, std, generator=generator)).copy()
    while (outside := (result < low) | (result > high)).any():
        again = wrap(np.empty_like(result)).normal_(mean, std, generator=generator)
        np.copyto(result, again._array, where=outside)
    tensor.copy_(wrap(result))


def _rejected(tensor, mean, std, a, b, generator) -> None:
    """Draw evenly, and keep a number with the probability that its density has: for the tails."""
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    like = memory(tensor)

    def candidates():
        drawn = wrap(np.empty_like(like)).uniform_(a, b, generator=generator)
        density = ((drawn - mean) / std).pow(2) * -0.5 - peak
        refused = wrap(np.empty_like(like)).uniform_(generator=generator).log() > density
        return drawn._array, refused._array

    result, pending = candidates()
    while pending.any():
        drawn, refused = candidates()
        result = np.where(pending, drawn, result)
        pending = pending & refused
    tensor.copy_(wrap(result))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """The same number everywhere.

    >>> torch.nn.init.constant_(torch.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere.

    >>> torch.nn.init.ones_(torch.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere.

    >>> torch.nn.init.zeros_(torch.empty(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """1 on the diagonal of a matrix, 0 elsewhere: a linear layer that changes nothing.

    >>> torch.nn.init.eye_(torch.empty(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        return tensor.copy_(wrap(np.eye(*tensor._array.shape, dtype=tensor._array.dtype)))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Kernels that change nothing: 1 in the middle, from each channel to the same one.

    >>> torch.nn.init.dirac_(torch.empty(1, 1, 3))
    tensor([[[0., 1., 0.]]])
    """
    dimensions = tensor.ndim
    if dimensions not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    shape = tensor._array.shape
    if shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    per_group = shape[0] // groups
    kernels = np.zeros(shape, tensor._array.dtype)
    middle = tuple([size // 2 for size in shape[2:]])
    for group in range(groups):
        for channel in range(min(per_group, shape[1])):
            kernels[(group * per_group + channel, channel, *middle)] = 1
    with no_grad():
        return tensor.copy_(wrap(kernels))


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs each output has, and how many outputs each input."""
    if ndim_of(tensor) < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    shape = tensor._array.shape
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator=None) -> Tensor:
    """Evenly between ±gain · √(6 / (inputs + outputs)).

    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.xavier_uniform_(torch.empty(2, 2))
    tensor([[-0.0092,  0.6570],
            [-1.0080, -0.9013]])

    Source: Glorot and Bengio, https://proceedings.mlr.press/v9/glorot10a.html
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator=None) -> Tensor:
    """Normal, with standard deviation gain · √(2 / (inputs + outputs)).

    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.xavier_normal_(torch.empty(2, 2))
    tensor([[ 1.0896, -0.2075],
            [-1.5406,  0.4019]])
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """gain / √fan; 0 where there is nothing to fill."""
    if 0 in tensor._array.shape:
        warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return 0.0
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                     generator=None) -> Tensor:  # fmt: skip
    """Evenly between ±gain · √(3 / fan): for layers before a relu.

    a     the slope of the leaky_relu that follows
    mode  'fan_in' keeps variances forward, 'fan_out' backward

    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.kaiming_uniform_(torch.empty(2, 2))
    tensor([[-0.0130,  0.9291],
            [-1.4256, -1.2747]])

    Source: He and others, https://arxiv.org/abs/1502.01852
    """
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                    generator=None) -> Tensor:  # fmt: skip
    """Normal, with standard deviation gain / √fan.

    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.kaiming_normal_(torch.empty(2, 2))
    tensor([[ 1.5410, -0.2934],
            [-2.1788,  0.5684]])
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator=None) -> Tensor:
    """A matrix (of the first dimension by all others) whose rows, or columns, are at right angles and of length gain.

    >>> w = torch.nn.init.orthogonal_(torch.empty(2, 2))
    >>> torch.allclose(w @ w.T, torch.eye(2), atol=1e-6)
    True

    Source: Saxe and others, https://arxiv.org/abs/1312.6120
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    array = memory(tensor)
    if array.size == 0:
        return tensor
    rows, columns = array.shape[0], array.size // array.shape[0]
    drawn = wrap(np.empty((rows, columns), array.dtype)).normal_(0, 1, generator=generator)._array
    q, r = np.linalg.qr(drawn.T if rows < columns else drawn)
    q = q * np.sign(np.diag(r))
    with no_grad():
        return tensor.copy_(wrap(np.ascontiguousarray((q.T if rows < columns else q).reshape(array.shape) * gain)))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator=None) -> Tensor:
    """Normal, but the share `sparsity` of each column 0.

    >>> (torch.nn.init.sparse_(torch.empty(4, 2), sparsity=0.5) == 0).sum(dim=0)
    tensor([2, 2])
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor._array.shape
    zeros = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[randperm(rows)[:zeros], column] = 0
    return tensor


def _deprecated(function, arguments: str = "x"):
    """PyTorch's old name of a function, without the underscore; `arguments` are those of its example."""
    old = function.__name__[:-1]

    def call(*args, **kwargs):
        warn(
            f"`nn.init.{old}` is now deprecated in favor of `nn.init.{function.__name__}`.", FutureWarning, stacklevel=2
        )
        return function(*args, **kwargs)

    call.__name__ = old
    call.__doc__ = f"""The old name of `{function.__name__}`; warns (FutureWarning).

    >>> import warnings
    >>> x = torch.empty(3, 3{", 1" * (old == "dirac")})
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.nn.init.{old}({arguments}) is x
    True
    """
    return call


uniform, normal, eye, dirac, xavier_uniform, xavier_normal, kaiming_uniform, kaiming_normal, orthogonal = map(
    _deprecated, (uniform_, normal_, eye_, dirac_, xavier_uniform_, xavier_normal_, kaiming_uniform_, kaiming_normal_,
                  orthogonal_))  # fmt: skip
constant, sparse = _deprecated(constant_, "x, 1.5"), _deprecated(sparse_, "x, sparsity=0.5")
