"""Automatic differentiation: `backward`, `grad`, functions of your own, and tools that check derivatives.

`engine.py` is the backward pass itself.  What is recorded for it is the business of `tensorkit.tape`.
"""

from ..tape import enable_grad, inference_mode, no_grad, set_grad_enabled
from ..tensor import Tensor, wrap
from .engine import run_backward, seeds


def _as_tuple(value) -> tuple:
    if value is None:
        return ()
    return (value,) if isinstance(value, Tensor) else tuple(value)


def _pair_up(outputs: tuple, gradients, name: str) -> list:
    if gradients is None:
        return [None] * len(outputs)
    gradients = (gradients,) if isinstance(gradients, Tensor) else tuple(gradients)
    if len(gradients) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(gradients)} gradients")
    return list(gradients)


def backward(
    tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None
) -> None:
    """Add to the `.grad` of every leaf the derivative of the (sum of the) tensors with respect to it.

    grad_tensors   the gradient of some scalar with respect to each tensor; may be left out for tensors of one element
    retain_graph   keep the saved values, so that the graph can be walked again; default: the value of create_graph
    create_graph   record the backward pass too, so that the gradients can be differentiated
    inputs         add to these tensors alone

    Raises RuntimeError where there is nothing to differentiate, for a tensor of several elements without `grad_tensors`,
    and for a second walk over values that the first one released.

    Source: https://pytorch.org/docs/stable/generated/torch.autograd.backward.html
    """
    outputs = _as_tuple(tensors)
    gradients = _pair_up(outputs, grad_tensors if grad_variables is None else grad_variables, "grad_tensors")
    wanted = None if inputs is None else _as_tuple(inputs)
    if wanted is not None and not wanted:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    retain = create_graph if retain_graph is None else retain_graph
    started = seeds(outputs, gradients)
    found = run_backward(outputs, started, retain, create_graph, wanted)
    for each in wanted or ():
        if each._node is not None and each._node in found:
            gradient = found[each._node]
            each._grad = gradient if each._grad is None else each._grad + gradient


def _backward_method(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Add to the `.grad` of every leaf the derivative of this tensor with respect to it.

    gradient      the gradient of some scalar with respect to this tensor; may be left out if it has one element
    retain_graph  keep the saved values, so that the graph can be walked again
    create_graph  record the backward pass too

    >>> import tensorkit as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> (x ** 2).backward()
    >>> x.grad
    tensor(6.)

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.backward.html
    """
    if inputs is not None:
        backward(self, gradient, retain_graph, create_graph, inputs=inputs)
        return
    retain = create_graph if retain_graph is None else retain_graph
    run_backward((self,), seeds((self,), (gradient,)), retain, create_graph)


Tensor.backward = _backward_method
_backward_method.__name__ = "backward"


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph=False,
    only_inputs=True,
    allow_unused=None,
    is_grads_batched=False,
    materialize_grads=False,
) -> tuple:
    """The derivatives of the (sum of the) outputs with respect to the inputs, as a tuple; no `.grad` is touched.

    grad_outputs  the gradient of some scalar with respect to each output
    allow_unused  give None for an input that had no part in the outputs, instead of raising RuntimeError

    >>> import tensorkit as torch
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> torch.autograd.grad(x ** 3, x)
    (tensor(12.),)

    Source: https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
    """
    outputs, inputs = _as_tuple(outputs), _as_tuple(inputs)
    gradients = _pair_up(outputs, grad_outputs, "grad_outputs")
    for i, each in enumerate(inputs):
        if not each._requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad") if not any(
                other._requires_grad for other in inputs[:i]
            ) else RuntimeError("One of the differentiated Tensors does not require grad")
    started = seeds(outputs, gradients)
    retain = create_graph if retain_graph is None else retain_graph
    found = run_backward(outputs, started, retain, create_graph, inputs, accumulate=False)
    results = []
    for i, each in enumerate(inputs):
        gradient = found.get(each._node or each)
        if gradient is None and not allow_unused and not materialize_grads:
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the graph. Set allow_unused=True if "
                "this is the desired behavior."
            )
        if gradient is None and materialize_grads:
            gradient = each.detach() * 0
        results.append(gradient)
    return tuple(results)


def Variable(data, requires_grad: bool = False) -> Tensor:  # noqa: N802 (PyTorch's old name)
    """The tensor itself: since PyTorch 0.4 a tensor needs no wrapper to be differentiated."""
    if requires_grad and not data._requires_grad:
        data = wrap(data._array)
        data.requires_grad_()
    return data


__all__ = ["Variable", "backward", "enable_grad", "grad", "inference_mode", "no_grad", "set_grad_enabled"]
