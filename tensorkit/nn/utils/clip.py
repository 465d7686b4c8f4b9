"""Gradients kept within bounds: clip_grad_norm_, clip_grad_value_; and all parameters as one vector.

Source: Pascanu, Mikolov and Bengio, https://arxiv.org/abs/1211.5063
"""

from collections.abc import Iterable, Iterator
from warnings import warn

from ...errors import lacking
from ...ops.declare import FUNCTIONS
from ...ops.join import cat, stack
from ...tape import no_grad
from ...tensor import Tensor
from ..errors import typename


def _gradients(parameters) -> list:
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    try:
        return [each._grad for each in parameters if each._grad is not None]
    except AttributeError:
        raise lacking(next(each for each in parameters if not isinstance(each, Tensor)), "grad") from None


def get_total_norm(tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None):
    """The norm of all tensors together, as if they were one vector.

    >>> torch.nn.utils.get_total_norm([torch.tensor([3., 4.])])
    tensor(5.)
    """
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not tensors:
        return FUNCTIONS["tensor"](0.0)
    norm = FUNCTIONS["norm"]
    total = norm(stack([norm(each, float(norm_type)) for each in tensors]), float(norm_type))
    if error_if_nonfinite and not bool(total.isfinite()):
        raise RuntimeError(
            f"The total norm of order {float(norm_type)} for gradients from `parameters` is non-finite, so it cannot "
            "be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(parameters, max_norm: float, total_norm, foreach: bool | None = None) -> None:
    """Scale all gradients by max_norm / total_norm, if that makes them smaller.

    >>> w = torch.nn.Parameter(torch.ones(2))
    >>> w.grad = torch.tensor([3., 4.])
    >>> torch.nn.utils.clip_grads_with_norm_([w], 1.0, torch.tensor(5.))
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    with no_grad():
        factor = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
        for gradient in _gradients(parameters):
            gradient.mul_(factor.to(gradient.dtype))


def clip_grad_norm_(parameters, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
                    foreach: bool | None = None):  # fmt: skip
    """Scale all gradients, in place, so that their norm together is at most `max_norm`; returns the norm they had.

    >>> w = torch.nn.Parameter(torch.ones(2))
    >>> w.grad = torch.tensor([3., 4.])
    >>> torch.nn.utils.clip_grad_norm_([w], max_norm=1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    if not isinstance(parameters, Tensor):
        lazily = isinstance(parameters, Iterator)
        parameters = list(parameters)
        if lazily and not parameters:
            warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2)
    with no_grad():
        total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


def clip_grad_norm(parameters, max_norm: float, norm_type: float = 2.0):
    """PyTorch's old name of `clip_grad_norm_`.

    >>> import warnings
    >>> p = torch.zeros(2, requires_grad=True)
    >>> p.grad = tensor([3., 4.])
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.nn.utils.clip_grad_norm([p], 1.0)
    tensor(5.)
    """
    warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type)


def clip_grad_value_(parameters, clip_value: float, foreach: bool | None = None) -> None:
    """Cut all elements of all gradients off at ±clip_value, in place.

    >>> w = torch.nn.Parameter(torch.ones(2))
    >>> w.grad = torch.tensor([3., 4.])
    >>> torch.nn.utils.clip_grad_value_([w], 3.5)
    >>> w.grad
    tensor([3.0000, 3.5000])
    """
    with no_grad():
        for gradient in _gradients(parameters):
            gradient.clamp_(-float(clip_value), float(clip_value))


def parameters_to_vector(parameters: Iterable[Tensor]):
    """All parameters one after the other, as one vector.

    >>> torch.nn.utils.parameters_to_vector([torch.ones(2), torch.zeros(1)])
    tensor([1., 1., 0.])
    """
    return cat([each.reshape(-1) for each in parameters])


def vector_to_parameters(vec, parameters: Iterable[Tensor]) -> None:
    """Take all parameters' values from one vector; the reverse of `parameters_to_vector`.

    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> torch.nn.utils.vector_to_parameters(torch.tensor([1., 2.]), [w])
    >>> w
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    start = 0
    for each in parameters:
        size = each._array.size
        each.data = vec[start : start + size].view_as(each).data
        start += size
