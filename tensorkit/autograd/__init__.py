"""Automatic differentiation: `backward`, `grad`, functions of your own, and tools that check derivatives.

`engine.py` is the backward pass itself, `function.py` the operations that users write, `functional.py` Jacobians and
the like, `gradcheck.py` compares derivatives with differences.  What is recorded is the business of `tensorkit.tape`.

Source: https://pytorch.org/docs/stable/autograd.html
"""

from warnings import warn

from ..errors import hint
from ..left_out import missing
from ..once import first_time
from ..ops.declare import FUNCTIONS
from ..tape import enable_grad, inference_mode, no_grad, set_grad_enabled
from ..tensor import Tensor, wrap
from .deposit import deposit
from .engine import ONES, run_backward, run_from_number, seeds
from .gradcheck import gradcheck, gradgradcheck

#: Parts that wait until someone asks for them, and names that stand in such parts.
_ON_DEMAND = ("functional", "graph", "function", "anomaly")
_HOMES = {"Function": "function", "detect_anomaly": "anomaly", "set_detect_anomaly": "anomaly"}

_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you "
    "have to use this function, make sure to reset the .grad fields of your parameters to None after use to break the "
    "cycle and avoid the leak."
)


def __getattr__(name: str):
    if name in _ON_DEMAND or name in _HOMES:
        from importlib import import_module

        part = import_module(f"{__name__}.{_HOMES.get(name, name)}")
        return getattr(part, name) if name in _HOMES else part
    error = missing("module 'torch.autograd'", name)
    if name == "forward_ad":
        hint(error, "tensorkit differentiates backwards only; torch.func.jvp gives forward mode's numbers that way.")
    raise error


def _as_tuple(value) -> tuple:
    """A tensor alone, or several, as a tuple; what stands for a tensor on the tape (`GradientEdge`) becomes one
    again."""
    if value is None:
        return ()
    if isinstance(value, Tensor):
        return (value,)
    if hasattr(value, "ownership_token"):
        return (value.place,)
    return tuple([each.place if hasattr(each, "ownership_token") else each for each in value])


def _gradients(outputs: tuple, given) -> list:
    """One gradient (or None) for each output."""
    gradients = _as_tuple(given) if given is not None else (None,) * len(outputs)
    for each in gradients[: len(outputs)]:
        if each is not None and not isinstance(each, Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(each).__name__}")
    if len(gradients) < len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(gradients)} gradients")
    return list(gradients[: len(outputs)])


def backward(
    tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None
) -> None:
    """Add to the `.grad` of every leaf the derivative of the (sum of the) tensors with respect to it.

    grad_tensors   the gradient of some scalar with respect to each tensor; may be left out for tensors of one element
    retain_graph   keep the saved values, so that the graph can be walked again; default: the value of create_graph
    create_graph   record the backward pass too, so that the gradients can be differentiated
    inputs         add to these tensors alone

    Raises RuntimeError where there is nothing to differentiate, for a tensor of several elements without
    `grad_tensors`, and for a second walk over values that the first one released.

    >>> x = torch.tensor(3., requires_grad=True)
    >>> torch.autograd.backward(x * x)
    >>> x.grad
    tensor(6.)
    """
    if grad_variables is not None:
        warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only "
                "use `grad_tensors`."
            )
        grad_tensors = grad_variables
    outputs = _as_tuple(tensors)
    gradients = _gradients(outputs, grad_tensors)
    wanted = None if inputs is None else _as_tuple(inputs)
    if wanted is not None and not wanted:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    started = seeds(outputs, gradients)
    if create_graph and first_time(_CYCLE):
        warn(_CYCLE, stacklevel=3)
    found = run_backward(outputs, started, create_graph if retain_graph is None else retain_graph, create_graph, wanted)
    for each in wanted or ():
        if each._node is not None and each._node in found:
            deposit(each, found[each._node], True, create_graph)


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
    one = ONES.get(type(self._array)) if gradient is None and inputs is None and self._requires_grad else None
    if one is None or create_graph:
        backward(self, gradient, retain_graph, create_graph, inputs=inputs)
    else:
        run_from_number(self, one, retain_graph)


Tensor.backward = _backward_method
_backward_method.__name__, _backward_method.__qualname__ = "backward", "Tensor.backward"


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

    grad_outputs       the gradient of some scalar with respect to each output
    allow_unused       give None for an input that had no part in the outputs, instead of raising RuntimeError
    materialize_grads  give zeros for such an input
    is_grads_batched   each of `grad_outputs` has one more dimension, in front: one backward pass for each entry

    >>> import tensorkit as torch
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> torch.autograd.grad(x ** 3, x)
    (tensor(12.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    outputs, inputs = _as_tuple(outputs), _as_tuple(inputs)
    if not only_inputs:
        warn("only_inputs argument is deprecated and is ignored now (defaults to True).", FutureWarning, stacklevel=2)
    for each in outputs:
        if not isinstance(each, Tensor):
            raise AssertionError("Expected output to be a torch.Tensor")
    if is_grads_batched:
        return _batched(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, materialize_grads)
    gradients = _gradients(outputs, grad_outputs)
    started = seeds(outputs, gradients)
    if not inputs:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    for each in inputs:
        if not isinstance(each, Tensor):
            raise RuntimeError(f"all inputs have to be Tensors or GradientEdges, but got {type(each).__name__}")
        if not each._requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    retain = create_graph if retain_graph is None else retain_graph
    found = run_backward(outputs, started, retain, create_graph, inputs, accumulate=False)
    results = []
    for i, each in enumerate(inputs):
        gradient = found.get(each._node or each)
        if gradient is None and not allow_unused and not materialize_grads:
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the graph. Set "
                "allow_unused=True if this is the desired behavior."
            )
        if gradient is None and materialize_grads:
            gradient = FUNCTIONS["zeros_like"](each)
        results.append(gradient)
    return tuple(results)


def _batched(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, materialize_grads) -> tuple:
    """The gradients for each entry of the first dimension of `grad_outputs`, stacked."""
    from ..ops.join import stack

    given = _as_tuple(grad_outputs)
    count = len(given[0])
    rows = []
    for i in range(count):
        retain = True if i + 1 < count else (create_graph if retain_graph is None else retain_graph)
        row = [each if each is None else each[i] for each in given]
        rows.append(grad(outputs, inputs, row, retain, create_graph, True, allow_unused, False, materialize_grads))
    return tuple([None if column[0] is None else stack(column) for column in zip(*rows, strict=True)])


class _VariableMeta(type):
    def __instancecheck__(cls, value) -> bool:
        return isinstance(value, Tensor)


class Variable(metaclass=_VariableMeta):
    """The tensor itself: since PyTorch 0.4 a tensor needs no wrapper to be differentiated.

    >>> torch.autograd.Variable(tensor([1.]), requires_grad=True)
    tensor([1.], requires_grad=True)
    """

    def __new__(cls, data, requires_grad: bool = False) -> Tensor:
        if requires_grad and not data._requires_grad:
            data = wrap(data._array)
            data.requires_grad_()
        return data


__all__ = [
    "Function", "Variable", "backward", "detect_anomaly", "enable_grad", "grad", "gradcheck", "gradgradcheck",
    "inference_mode", "no_grad", "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip
