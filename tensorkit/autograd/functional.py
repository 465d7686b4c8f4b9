"""Derivatives of functions, rather than of tensors: Jacobians, Hessians, and their products with vectors.

All of these run the function once and then as many backward passes as are needed.  There is no forward-mode
differentiation: where PyTorch would use it (`strategy="forward-mode"`), the numbers are the same and come the other
way.

Source: https://pytorch.org/docs/stable/autograd.html#functional-higher-level-api
"""

from ..ops.alike import zeros_like
from ..ops.join import stack
from ..tape import enable_grad, is_grad_enabled, set_grad_enabled
from ..tensor import Tensor
from . import grad as _grad

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def vjp(func, inputs, v=None, create_graph: bool = False, strict: bool = False) -> tuple:
    """The outputs of `func` and the product of the vector `v` with its Jacobian.

    v       of the shape of the outputs; may be left out for a single output of one element
    strict  raise RuntimeError where an output does not depend on an input, instead of giving zeros

    >>> import tensorkit as torch
    >>> torch.autograd.functional.vjp(lambda x: x**2, torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0]))
    (tensor([1., 4.]), tensor([2., 0.]))
    """
    with enable_grad():
        several, inputs = _inputs_of("vjp", inputs, create_graph)
        outputs_several, outputs = _outputs_of("vjp", func, inputs, strict)
        if v is not None:
            v = _prepared(_tuple_of(v, "v", "vjp")[1], create_graph, False)
            _check_v(v, outputs, outputs_several)
        elif len(outputs) != 1 or outputs[0].nelement() != 1:
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single Tensor with a single "
                "element."
            )
    with set_grad_enabled(True if create_graph else is_grad_enabled()):
        found = _filled(_walk(outputs, inputs, v, create_graph), inputs, strict, create_graph, "back")
    return _finished(outputs, outputs_several, create_graph), _finished(found, several, create_graph)


def jvp(func, inputs, v=None, create_graph: bool = False, strict: bool = False) -> tuple:
    """The outputs of `func` and the product of its Jacobian with the vector `v`.

    v  of the shape of the inputs; may be left out for a single input of one element

    The backward pass is linear in the gradient it starts from; its own derivative with respect to that is what is
    asked for.

    >>> torch.autograd.functional.jvp(lambda x: x**2, torch.tensor([1., 2.]), torch.tensor([1., 1.]))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        several, inputs = _inputs_of("jvp", inputs, create_graph)
        v = _input_vector(v, inputs, several, "jvp", create_graph)
        outputs_several, outputs = _outputs_of("jvp", func, inputs, strict)
        seeds = tuple([zeros_like(each, requires_grad=True) for each in outputs])
        back = _walk(outputs, inputs, seeds, True)
        _need_grad(back, _INPUT_GRADIENT, strict)
    found = _walk(back, seeds, v, create_graph)
    found = _filled(found, outputs, strict, create_graph, "back_trick")
    return _finished(outputs, outputs_several, create_graph), _finished(found, outputs_several, create_graph)


def jacobian(func, inputs, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
             strategy: str = "reverse-mode"):  # fmt: skip
    """The Jacobian of `func` at the inputs: the derivative of every entry of the output with respect to every input
    entry.

    Its shape is the output's, then the input's.  For several inputs a tuple, for several outputs a tuple of these.

    create_graph  make the result differentiable
    strict        raise RuntimeError where an output does not depend on an input, instead of giving zeros
    vectorize, strategy  accepted; the numbers are the same

    >>> import tensorkit as torch
    >>> torch.autograd.functional.jacobian(lambda x: x**2, torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    _check_strategy(strategy, vectorize, strict, "jacobian")
    with enable_grad():
        several, inputs = _inputs_of("jacobian", inputs, create_graph)
        outputs_several, outputs = _outputs_of("jacobian", func, inputs, strict)
        found = tuple([_jacobian_of(out, i, inputs, create_graph, strict) for i, out in enumerate(outputs)])
    rows = tuple([_finished(each, several, create_graph) for each in found])
    return rows if outputs_several else rows[0]


def _jacobian_of(out: Tensor, i: int, inputs: tuple, create_graph: bool, strict: bool) -> tuple:
    rows: list = [[] for _ in inputs]
    flat = out.reshape(-1)
    for j in range(out.nelement()):
        found = _walk((flat[j],), inputs, None, create_graph, retain_graph=True)
        for place, (kept, share, x) in enumerate(zip(rows, found, inputs, strict=True)):
            if share is None:
                if strict:
                    raise RuntimeError(
                        f"Output {i} of the user-provided function is independent of input {place}. This is not "
                        "allowed in strict mode."
                    )
                share = zeros_like(x)
            elif strict and create_graph and not share._requires_grad:
                raise RuntimeError(_INDEPENDENT.format("jacobian", place))
            kept.append(share)
    shapes = [tuple(out.shape) + tuple(x.shape) for x in inputs]
    return tuple(
        [
            stack(kept).view(shape) if kept else x.new_zeros(shape)
            for kept, shape, x in zip(rows, shapes, inputs, strict=True)
        ]
    )


def hessian(func, inputs, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
            outer_jacobian_strategy: str = "reverse-mode"):  # fmt: skip
    """The Hessian of a function with one number as its result: the matrix of its second derivatives.

    >>> import tensorkit as torch
    >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    several, inputs = _tuple_of(inputs, "inputs", "hessian")
    _check_strategy(outer_jacobian_strategy, vectorize, strict, "hessian")

    def number(*operands):
        _, outputs = _tuple_of(func(*operands), _OUTPUTS, "hessian")
        return _one_number(outputs, "hessian").squeeze()

    def first(*operands):
        found = jacobian(number, operands, create_graph=True)
        _need_grad(found, _LINEAR, strict)
        return found

    found = jacobian(first, inputs, create_graph=create_graph, strict=strict)
    return found if several else found[0][0]


def vhp(func, inputs, v=None, create_graph: bool = False, strict: bool = False) -> tuple:
    """The number that `func` gives, and the product of the vector `v` with its Hessian.

    >>> torch.autograd.functional.vhp(lambda x: (x**3).sum(), torch.tensor([1., 2.]), torch.tensor([1., 0.]))
    (tensor(9.), tensor([6., 0.]))
    """
    return _hessian_product("vhp", func, inputs, v, create_graph, strict)


def hvp(func, inputs, v=None, create_graph: bool = False, strict: bool = False) -> tuple:
    """The number that `func` gives, and the product of its Hessian with the vector `v`; the Hessian being symmetric,
    the same as `vhp`.

    >>> torch.autograd.functional.hvp(lambda x: (x**3).sum(), torch.tensor([1., 2.]), torch.tensor([1., 0.]))
    (tensor(9.), tensor([6., 0.]))
    """
    return _hessian_product("hvp", func, inputs, v, create_graph, strict)


def _hessian_product(name: str, func, inputs, v, create_graph: bool, strict: bool) -> tuple:
    with enable_grad():
        several, inputs = _inputs_of(name, inputs, create_graph)
        v = _input_vector(v, inputs, several, name, create_graph)
        outputs_several, outputs = _outputs_of(name, func, inputs, strict)
        _one_number(outputs, name)
        first = _filled(_walk(outputs, inputs, None, True), inputs, strict, False, "back")
        _need_grad(first, _LINEAR, strict)
        found = _walk(first, inputs, v, create_graph)
    found = _filled(found, inputs, strict, create_graph, "double_back")
    return _finished(outputs, outputs_several, create_graph), _finished(found, several, create_graph)


_OUTPUTS = "outputs of the user-provided function"
_OUTPUT = (
    "Output {} of the user-provided function does not require gradients. The outputs must be computed in a "
    "differentiable manner from the input when running in strict mode."
)
_LINEAR = (
    "While computing the hessian, found that the jacobian of the user-provided function with respect to input {} is "
    "independent of the input. This is not allowed in strict mode. You should ensure that your function is twice "
    "differentiable and that the jacobian depends on the inputs (this would be violated by a linear function for "
    "example)."
)
_INPUT_GRADIENT = (
    "The gradient with respect to input {} is independent of the inputs of the user-provided function. This is not "
    "allowed in strict mode."
)
_INDEPENDENT = (
    "The {} of the user-provided function is independent of input {}. This is not allowed in strict mode when "
    "create_graph=True."
)
_UNUSED = {
    "back": "The output of the user-provided function is independent of input {}. This is not allowed in strict mode.",
    "back_trick": "The gradient with respect to the input is independent of entry {} in the grad_outputs when using "
    "the double backward trick to compute forward mode gradients. This is not allowed in strict mode.",
    "double_back": "The jacobian of the user-provided function is independent of input {}. This is not allowed in "
    "strict mode.",
}


def _tuple_of(value, what: str, function: str) -> tuple:
    """Whether there were several tensors, and all of them as a tuple; TypeError for anything else."""
    several = isinstance(value, tuple)
    given = value if several else (value,)
    for i, each in enumerate(given):
        if not isinstance(each, Tensor):
            place = f"the value at index {i}" if several else f"the given {what}"
            raise TypeError(
                f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but {place} has type "
                f"{type(each)}."
            )
    return several, given


def _prepared(inputs: tuple, create_graph: bool, wanted: bool = True) -> tuple:
    """Stand-ins for the inputs: cut off from their history, or with `create_graph` connected to it."""
    return tuple(
        [
            each.view_as(each) if create_graph and (each._requires_grad or not wanted)
            else each.detach().requires_grad_(wanted)
            for each in inputs
        ]
    )  # fmt: skip


def _inputs_of(name: str, inputs, create_graph: bool) -> tuple:
    several, inputs = _tuple_of(inputs, "inputs", name)
    return several, _prepared(inputs, create_graph)


def _outputs_of(name: str, func, inputs: tuple, strict: bool) -> tuple:
    several, outputs = _tuple_of(func(*inputs), _OUTPUTS, name)
    _need_grad(outputs, _OUTPUT, strict)
    return several, outputs


def _finished(values, several: bool, create_graph: bool):
    """The results, without history unless it was asked for, as a tuple only if the user gave one."""
    values = tuple(values if create_graph else [each.detach() for each in values])
    return values if several else values[0]


def _input_vector(v, inputs: tuple, several: bool, name: str, create_graph: bool) -> tuple:
    if v is not None:
        v = _prepared(_tuple_of(v, "v", name)[1], create_graph, False)
        _check_v(v, inputs, several)
        return v
    if len(inputs) != 1 or inputs[0].nelement() != 1:
        raise RuntimeError(
            "The vector v can only be None if the input to the user-provided function is a single Tensor with a single "
            "element."
        )
    return (zeros_like(inputs[0]) + 1,)


def _check_v(v: tuple, others: tuple, several: bool) -> None:
    if len(v) != len(others):
        if several:
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(others)} but got {len(v)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (mine, other) in enumerate(zip(v, others, strict=True)):
        if mine.size() != other.size():
            entry = f"Entry {i} in " if several else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {other.size()} but got {mine.size()}.")


def _one_number(outputs: tuple, name: str) -> Tensor:
    if len(outputs) != 1:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if outputs[0].nelement() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")
    return outputs[0]


def _need_grad(values: tuple, message: str, strict: bool) -> None:
    for i, each in enumerate(values):
        if strict and each is not None and not each._requires_grad:
            raise RuntimeError(message.format(i))


def _check_strategy(strategy: str, vectorize: bool, strict: bool, name: str) -> None:
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more '
            "outputs than "
            'inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode" and not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for "
            "`vectorize=True`."
        )
    if vectorize and strict:
        raise RuntimeError(
            f"torch.autograd.functional.{name}: `strict=True` and `vectorize=True` are not supported together. Please "
            "either set `strict=False` or `vectorize=False`."
        )


def _walk(outputs, inputs: tuple, gradients, create_graph: bool, retain_graph=None) -> tuple:
    """The gradients of the inputs, None where there is none; outputs without history are left out."""
    pairs = [
        (out, None if gradients is None else gradients[i])
        for i, out in enumerate(outputs)
        if out is not None and out._requires_grad
    ]
    if not pairs:
        return (None,) * len(inputs)
    started, given = zip(*pairs, strict=True)
    return _grad(started, inputs, given, retain_graph, create_graph, allow_unused=True)


def _filled(gradients: tuple, inputs: tuple, strict: bool, create_graph: bool, stage: str) -> tuple:
    """The gradients with zeros for None, or in strict mode PyTorch's error."""
    found = []
    for i, (gradient, x) in enumerate(zip(gradients, inputs, strict=True)):
        if gradient is None:
            if strict:
                raise RuntimeError(_UNUSED[stage].format(i))
            gradient = zeros_like(x)
        elif strict and create_graph and not gradient._requires_grad:
            raise RuntimeError(_INDEPENDENT.format("jacobian" if "double" not in stage else "hessian", i))
        found.append(gradient)
    return tuple(found)
