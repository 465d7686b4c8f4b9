"""Softmax and its relatives: the elements along a dimension as parts of one.

What computes them stands in `tensorkit.ops.activation`, their layers in `tensorkit.nn.activation`.
"""

from warnings import warn

from ...errors import lacking
from ...ops import activation as _base
from ...ops.alike import zeros_like
from ...ops.cast import to_dtype


def _dim_of(name: str, dim, ndim: int, stacklevel: int) -> int:
    """The dimension of a softmax; where none is given, PyTorch's old guess, with its warning."""
    if dim is not None:
        return dim
    warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim: int | None = None, _stacklevel: int = 3, dtype=None):
    """exp(x) over its sum along `dim`: positive numbers that add up to 1.

    >>> softmax(tensor([0., 0.]), dim=0)
    tensor([0.5000, 0.5000])
    """
    try:
        dim = _dim_of("softmax", dim, input.ndim, _stacklevel)
    except AttributeError:
        raise lacking(input, "dim" if dim is None else "softmax") from None
    return _base.softmax(input if dtype is None else to_dtype(input, dtype), dim)


def softmin(input, dim: int | None = None, _stacklevel: int = 3, dtype=None):
    """softmax(-x).

    >>> torch.nn.functional.softmin(torch.tensor([1., 2., 3.]), dim=0)
    tensor([0.6652, 0.2447, 0.0900])
    """
    try:
        dim = _dim_of("softmin", dim, input.ndim, _stacklevel)
    except AttributeError:
        raise lacking(input if dim is None else -input, "dim" if dim is None else "softmax") from None
    return _base.softmax(-(input if dtype is None else to_dtype(input, dtype)), dim)


def log_softmax(input, dim: int | None = None, _stacklevel: int = 3, dtype=None):
    """log(softmax(x)), exact also where the softmax is next to 0.

    >>> torch.nn.functional.log_softmax(torch.tensor([1., 2., 3.]), dim=0)
    tensor([-2.4076, -1.4076, -0.4076])
    """
    try:
        dim = _dim_of("log_softmax", dim, input.ndim, _stacklevel)
    except AttributeError:
        raise lacking(input, "dim" if dim is None else "log_softmax") from None
    return _base.log_softmax(input if dtype is None else to_dtype(input, dtype), dim)


def gumbel_softmax(logits, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1):
    """A random choice that can be differentiated: softmax((logits + Gumbel noise) / tau).

    hard  give 0 and 1 in the forward pass, but the gradient of the soft choice

    >>> torch.nn.functional.gumbel_softmax(torch.zeros(1, 3), hard=True).sum()
    tensor(1.)

    Source: Jang, Gu and Poole, https://arxiv.org/abs/1611.01144
    """
    if eps != 1e-10:
        warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -zeros_like(logits).exponential_().log()
    soft = _base.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    chosen = soft.max(dim, keepdim=True)[1]
    sharp = zeros_like(logits).scatter_(dim, chosen, 1.0)
    return sharp - soft.detach() + soft
