"""Are the derivatives right?  Compare them with differences: `gradcheck`, and `gradgradcheck` for second derivatives.

Each entry of each input is moved by `eps` up and down, and the change of the outputs is compared with what the backward
pass says.  Inputs should be float64: float32 cannot tell a small difference from rounding.

Source: https://pytorch.org/docs/stable/autograd.html#numerical-gradient-checking
"""

from itertools import product
from warnings import warn

from ..array_modules import beside, np
from ..tensor import Tensor, memory, wrap
from .engine import run_backward


class GradcheckError(RuntimeError):
    """The derivatives are not what the differences say."""


def gradcheck(func, inputs, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True,
              nondet_tol: float = 0.0, check_undefined_grad: bool = True, check_grad_dtypes: bool = False,
              check_batched_grad: bool = False, check_batched_forward_grad: bool = False,
              check_forward_ad: bool = False, check_backward_ad: bool = True, fast_mode: bool = False,
              masked: bool | None = None) -> bool:  # fmt: skip
    """Whether the derivatives of `func` at the inputs that require grad agree with finite differences.

    func    takes the inputs, returns a tensor or a tuple of tensors
    inputs  a tensor or a tuple; those that require grad should be float64
    eps     how far each entry is moved
    atol, rtol       how far the two may be apart: |a - n| <= atol + rtol * |n|
    raise_exception  False: return False instead of raising

    Raises GradcheckError (a RuntimeError) where they differ, ValueError where no input requires grad, and
    NotImplementedError for `check_forward_ad`, since there is no forward-mode differentiation here.  `fast_mode` is
    accepted; the check is the thorough one.

    >>> import tensorkit as torch
    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(torch.sin, x)
    True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_forward_ad or check_batched_forward_grad:
        raise NotImplementedError("forward-mode differentiation is not part of tensorkit: leave check_forward_ad=False")
    try:
        return _check(func, _as_tuple(inputs), eps, atol, rtol, nondet_tol)
    except GradcheckError:
        if raise_exception:
            raise
        return False


def gradgradcheck(func, inputs, grad_outputs=None, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
                  gen_non_contig_grad_outputs: bool = False, raise_exception: bool = True, nondet_tol: float = 0.0,
                  check_undefined_grad: bool = True, check_grad_dtypes: bool = False, check_batched_grad: bool = False,
                  check_fwd_over_rev: bool = False, check_rev_over_rev: bool = True, fast_mode: bool = False,
                  masked: bool = False) -> bool:  # fmt: skip
    """Whether the second derivatives of `func` agree with finite differences of the first.

    grad_outputs  gradients of the outputs to start from; default: random numbers between -1 and 1

    >>> x = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(torch.sin, (x,))
    True
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    inputs = _as_tuple(inputs)
    if grad_outputs is None:
        given = tuple([_random_like(each) for each in _differentiable(func(*inputs))])
    else:
        given = _as_tuple(grad_outputs)
    count = len(given)

    def first_derivatives(*args):
        operands, gradients = args[: len(args) - count], args[len(args) - count :]
        outputs = _differentiable(func(*operands))
        wanted = [each for each in operands if isinstance(each, Tensor) and each._requires_grad]
        return tuple([each for each in _gradients(outputs, wanted, gradients, create_graph=True) if each is not None])

    return gradcheck(
        first_derivatives, inputs + given, eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
        nondet_tol=nondet_tol, check_forward_ad=check_fwd_over_rev, check_backward_ad=check_rev_over_rev,
    )  # fmt: skip


def _as_tuple(value) -> tuple:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _differentiable(outputs) -> tuple:
    return tuple([each for each in _as_tuple(outputs) if isinstance(each, Tensor) and each._requires_grad])


def _random_like(tensor: Tensor) -> Tensor:
    return wrap(np.zeros_like(tensor._array)).uniform_(-1, 1).requires_grad_()


def _gradients(outputs, wanted, gradients, create_graph: bool = False) -> list:
    """The gradients of the wanted tensors, None for one that had no part."""
    found = run_backward(outputs, list(gradients), True, create_graph, wanted, accumulate=False)
    return [found.get(each._node or each) for each in wanted]


def _check(func, inputs: tuple, eps: float, atol: float, rtol: float, nondet_tol: float) -> bool:
    wanted = [each for each in inputs if isinstance(each, Tensor) and each._requires_grad]
    _check_inputs(inputs, wanted)
    outputs = _differentiable(func(*inputs))
    if not outputs:
        _expect_no_change(func, inputs, wanted, eps)
        return True
    numeric = {}

    def outputs_now():
        return _differentiable(func(*inputs))

    for j, x in enumerate(wanted):
        for i, columns in enumerate(_numerical(outputs_now, x, eps)):
            numeric[i, j] = columns
    for i, out in enumerate(outputs):
        for part in ("real", "imag") if out.is_complex() else (None,):
            _compare(out, i, part, wanted, numeric, atol, rtol, nondet_tol)
    _expect_zeros(outputs, wanted)
    return True


def _check_inputs(inputs: tuple, wanted: list) -> None:
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for idx, each in enumerate(inputs):
        if not any(each is x for x in wanted):
            continue
        if each._array.dtype.name not in ("float64", "complex128"):
            warn(
                f"Input #{idx} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex. ",
                stacklevel=4,
            )
        if any(step == 0 and size > 1 for step, size in zip(each.stride(), each.shape, strict=True)):
            raise RuntimeError(
                f"The {idx}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                "on the input before passing it to gradcheck."
            )


def _numerical(outputs_now, x: Tensor, eps: float) -> list:
    """For each output the matrix of differences: a row for each entry of `x`, a column for each of the output."""
    array = memory(x)
    rows: list = []
    for place in product(*map(range, array.shape)):
        moved = _difference(outputs_now, array, place, eps)
        if x.is_complex():
            sideways = _difference(outputs_now, array, place, eps * 1j)
            # Of a function of the real and the imaginary part, kept apart: d/d real, d/d imaginary.
            moved = [np.stack([a, b]) for a, b in zip(moved, sideways, strict=True)]
        rows.append(moved)
    if not rows:
        return [np.zeros((0, each._array.size)) for each in outputs_now()]
    return [np.stack(column) for column in zip(*rows, strict=True)]


def _difference(outputs_now, array, place: tuple, step) -> list:
    """How fast each output changes when one entry moves along `step`: central differences."""
    before = array[place]
    try:
        array[place] = before + step
        up = [np.array(each._array).reshape(-1) for each in outputs_now()]
        array[place] = before - step
        down = [np.array(each._array).reshape(-1) for each in outputs_now()]
    finally:
        array[place] = before
    return [(a - b) / (2 * abs(step)) for a, b in zip(up, down, strict=True)]


def _analytical(out: Tensor, part: str | None, wanted: list) -> list:
    """For each wanted input the matrix that the backward pass gives, one pass for each entry of the output."""
    with beside(out._array):
        return _analytical_there(out, part, wanted)


def _analytical_there(out: Tensor, part: str | None, wanted: list) -> list:
    columns: list = [[] for _ in wanted]
    for place in product(*map(range, out.shape)):
        seed = np.zeros(out._array.shape, out._array.dtype)
        seed[place] = 1j if part == "imag" else 1
        for kept, x, gradient in zip(columns, wanted, _gradients([out], wanted, [wrap(seed)]), strict=True):
            if gradient is None:
                kept.append(np.zeros(x._array.size, x._array.dtype))
                continue
            if gradient._array.dtype != x._array.dtype:
                raise GradcheckError("Gradient has dtype mismatch")
            if gradient._array.shape != x._array.shape:
                raise GradcheckError("Analytical gradient has incorrect size")
            kept.append(np.array(gradient._array).reshape(-1))
    return [
        np.stack(kept, 1) if kept else np.zeros((x._array.size, 0), x._array.dtype)
        for kept, x in zip(columns, wanted, strict=True)
    ]


def _compare(
    out: Tensor, i: int, part: str | None, wanted: list, numeric: dict, atol: float, rtol: float, nondet_tol: float
) -> None:
    analytical = _analytical(out, part, wanted)
    for j, x in enumerate(wanted):
        expected = numeric[i, j]
        if part is not None:
            expected = getattr(expected, part)
        if x.is_complex():
            expected = expected[:, 0] + 1j * expected[:, 1]
        if not np.allclose(analytical[j], expected, rtol, atol, equal_nan=False):
            named = {"real": "real", "imag": "imaginary"}.get(part)
            prefix = f"While considering the {named} part of complex outputs only, " if named else ""
            raise GradcheckError(
                f"{prefix}Jacobian mismatch for output {i} with respect to input {j},\n"
                f"numerical:{wrap(expected)}\nanalytical:{wrap(analytical[j])}\n"
            )
    again = _analytical(out, part, wanted)
    if any(not np.allclose(a, b, 0, nondet_tol) for a, b in zip(analytical, again, strict=True)):
        raise GradcheckError(
            "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives "
            "different values, although analytical gradient matches numerical gradient.The tolerance for "
            f"nondeterminism was {nondet_tol}."
        )


def _expect_no_change(func, inputs: tuple, wanted: list, eps: float) -> None:
    def tensors():
        return tuple([each for each in _as_tuple(func(*inputs)) if isinstance(each, Tensor)])

    for x in wanted:
        for columns in _numerical(tensors, x, eps):
            if not (columns == 0).all():
                raise GradcheckError("Numerical gradient for function expected to be zero")


def _expect_zeros(outputs: tuple, wanted: list) -> None:
    """A gradient of zeros must give zeros: the backward pass is to multiply by it."""
    for gradient in _gradients(outputs, wanted, [wrap(np.zeros_like(each._array)) for each in outputs]):
        if gradient is not None and not (gradient._array == 0).all():
            raise GradcheckError("backward not multiplied by grad_output")
