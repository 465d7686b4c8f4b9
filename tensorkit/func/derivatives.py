"""Derivatives as functions: `grad(f)` is the function that computes the gradient of `f`.

Each call runs the function on stand-ins for its arguments, and differentiates with `torch.autograd.grad`.  Results
belong to the graph of whoever is around: to an outer transform, or to tensors that `f` uses from outside and that
require grad.  If there is nobody, they have no history.

Forward mode (`jvp`, `jacfwd`) gives PyTorch's numbers by two backward passes.

Source: https://pytorch.org/docs/stable/func.api.html
"""

from functools import wraps

from .. import autograd
from ..ops.alike import zeros_like
from ..ops.join import stack
from ..tape import ancestors, enable_grad, is_grad_enabled
from ..tensor import Tensor
from .trees import leaves, mapped, rebuilt


class _Level:
    """One running transform: it knows the stand-ins it made."""

    __slots__ = ("running", "recording")

    def __init__(self):
        self.running = True
        self.recording = is_grad_enabled()

    def stand_in(self, x):
        """A tensor in the place of `x`: connected to its history if it has one, else a leaf of this level."""
        if not isinstance(x, Tensor):
            raise ValueError(f"Expected tensors, got {type(x).__name__}: only tensors can be differentiated")
        if x.requires_grad:
            return x.view_as(x)
        leaf = x.detach().requires_grad_()
        leaf._level = self
        return leaf

    def settled(self, value):
        """The result without history, if all its history is this level's own."""
        if not isinstance(value, Tensor) or not value.requires_grad:
            return value
        return value if self.recording and _has_outer_leaf(value) else value.detach()

    def end(self) -> None:
        self.running = False


def _has_outer_leaf(value: Tensor) -> bool:
    """Whether the history reaches a leaf that is not a stand-in of a transform that is over."""
    operands = [value] if value._node is None else [each for node in ancestors([value._node]) for each in node.parents]
    for each in operands:
        if isinstance(each, Tensor) and each._requires_grad:
            level = each.__dict__.get("_level")
            if level is None or level.running:
                return True
    return False


def _run(level: _Level, func, args: tuple, kwargs: dict, argnums) -> tuple:
    """What `func` gives for stand-ins in the place of the arguments to differentiate, and these stand-ins."""
    given, stand_ins = list(args), []
    for number in (argnums,) if isinstance(argnums, int) else tuple(argnums):
        if not -len(args) <= number < len(args):
            raise RuntimeError(f"Got argnum={number}, but only {len(args)} positional inputs")
        given[number] = mapped(level.stand_in, args[number])
        stand_ins.append(given[number])
    return func(*given, **kwargs), stand_ins


def grad_and_value(func, argnums=0, has_aux: bool = False):
    """A function that gives the gradient of `func` and its value.

    argnums  which argument to differentiate, or a tuple of several
    has_aux  `func` returns a pair, and the second of it is passed on as it is

    >>> torch.func.grad_and_value(lambda x: x**2)(torch.tensor(3.))
    (tensor(6.), tensor(9.))
    """

    @wraps(func)
    def wrapped(*args, **kwargs):
        level = _Level()
        with enable_grad():
            given, stand_ins = _run(level, func, args, kwargs, argnums)
            value, aux = _with_aux(given, has_aux, "grad_and_value(f)(*args)")
            if not isinstance(value, Tensor):
                raise RuntimeError(
                    f"grad_and_value(f)(*args): Expected f(*args) to return tensor, got type {type(value)}"
                )
            if value.dim():
                raise RuntimeError(
                    "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with "
                    f"{value.dim()} "
                    "dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
                )
            found = [rebuilt(each, _gradients([value], leaves(each), None)) for each in stand_ins]
        level.end()
        found = [mapped(level.settled, each) for each in found]
        gradient = found[0] if isinstance(argnums, int) else tuple(found)
        value = level.settled(value)
        return (gradient, (value, mapped(level.settled, aux))) if has_aux else (gradient, value)

    return wrapped


def grad(func, argnums=0, has_aux: bool = False):
    """A function that computes the gradient of `func`, which gives one number.

    argnums  which argument to differentiate, or a tuple of several
    has_aux  `func` returns a pair, and the second of it is passed on as it is

    >>> import tensorkit as torch
    >>> from tensorkit.func import grad
    >>> grad(torch.sin)(torch.tensor(0.0))
    tensor(1.)
    >>> grad(grad(lambda x: x**3))(torch.tensor(2.0))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @wraps(func)
    def wrapped(*args, **kwargs):
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapped


def _with_aux(found, has_aux: bool, name: str) -> tuple:
    if not has_aux:
        return found, None
    if not isinstance(found, tuple) or len(found) != 2:
        raise RuntimeError(f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True")
    return found


def _gradients(outputs: list, inputs: list, given) -> list:
    """The gradients of the inputs, zeros where there is no connection; differentiable."""
    pairs = [(out, None if given is None else given[i]) for i, out in enumerate(outputs) if out.requires_grad]
    if not pairs:
        return [zeros_like(each) for each in inputs]
    started, seeds = zip(*pairs, strict=True)
    found = autograd.grad(started, inputs, seeds, create_graph=True, allow_unused=True)
    return [zeros_like(x) if each is None else each for each, x in zip(found, inputs, strict=True)]


def vjp(func, *primals, has_aux: bool = False):
    """The value of `func`, and a function that multiplies a vector (of the value's form) with the Jacobian.

    >>> import tensorkit as torch
    >>> value, times_jacobian = torch.func.vjp(lambda x: x**2, torch.tensor([1.0, 2.0]))
    >>> times_jacobian(torch.tensor([1.0, 1.0]))
    (tensor([2., 4.]),)
    """
    level = _Level()
    with enable_grad():
        stand_ins = mapped(level.stand_in, primals)
        value, aux = _with_aux(func(*stand_ins), has_aux, "vjp(f, *primals)")
        _check_outputs(value, "vjp(f, *primals)")

    def times_jacobian(cotangents, retain_graph=True, create_graph=None):
        with enable_grad():
            given = leaves(cotangents)
            wanted = leaves(value)
            if len(given) != len(wanted):
                raise RuntimeError(
                    "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the "
                    "function: "
                    f"got {len(given)} tensors for {len(wanted)}."
                )
            found = _gradients(wanted, leaves(stand_ins), given)
        return rebuilt(primals, [level.settled(each) for each in found])

    level.end()
    settled = mapped(level.settled, value)
    return (settled, times_jacobian, mapped(level.settled, aux)) if has_aux else (settled, times_jacobian)


def _check_outputs(value, name: str) -> None:
    for each in leaves(value):
        if not isinstance(each, Tensor):
            raise RuntimeError(f"{name}: Expected f(*args) to return only tensors, got unsupported type {type(each)}")


def jvp(func, primals, tangents, *, strict: bool = False, has_aux: bool = False):
    """The value of `func`, and the product of its Jacobian with the tangents (of the primals' form).

    >>> torch.func.jvp(lambda x: x ** 2, (tensor([1., 3.]),), (tensor([1., 0.]),))
    (tensor([1., 9.]), tensor([2., 0.]))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise RuntimeError(
            "jvp(f, primals, tangents): Expected primals to be a tuple. E.g. it should be valid to call f(*primals), "
            "but "
            f"primals has type {type(primals)}, tangents {type(tangents)}."
        )
    if len(leaves(primals)) != len(leaves(tangents)):
        raise RuntimeError(
            "jvp(f, primals, tangents): Expected primals and tangents to have the same python structure."
        )
    level = _Level()
    with enable_grad():
        stand_ins = mapped(level.stand_in, primals)
        value, aux = _with_aux(func(*stand_ins), has_aux, "jvp(f, primals, tangents)")
        _check_outputs(value, "jvp(f, primals, tangents)")
        outputs = leaves(value)
        seeds = [zeros_like(each.detach()).requires_grad_() for each in outputs]
        for each in seeds:
            each._level = level
        back = _gradients(outputs, leaves(stand_ins), seeds)
        found = _gradients(back, seeds, leaves(tangents))
    level.end()
    product = rebuilt(value, [level.settled(each) for each in found])
    settled = mapped(level.settled, value)
    return (settled, product, mapped(level.settled, aux)) if has_aux else (settled, product)


def linearize(func, *primals) -> tuple:
    """The value of `func`, and the linear function that its Jacobian is there: `jvp` with the tangents left open.

    PyTorch keeps what was computed on the way for the linear function; here that computes `func` again.

    >>> value, linear = torch.func.linearize(lambda x: x ** 2, tensor([1., 3.]))
    >>> value, linear(tensor([1., 10.]))
    (tensor([1., 9.]), tensor([ 2., 60.]))
    """
    return func(*primals), lambda *tangents: jvp(func, primals, tangents)[1]


def jacrev(func, argnums=0, *, has_aux: bool = False, chunk_size=None, _preallocate_and_copy: bool = False):
    """A function that computes the Jacobian of `func`: its shape is the output's, then the argument's.

    >>> import tensorkit as torch
    >>> torch.func.jacrev(torch.sin)(torch.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    @wraps(func)
    def wrapped(*args, **kwargs):
        level = _Level()
        with enable_grad():
            given, stand_ins = _run(level, func, args, kwargs, argnums)
            value, aux = _with_aux(given, has_aux, "jacrev(f)(*args)")
            _check_outputs(value, "jacrev(f)(*args)")
            blocks = [_block(out, stand_ins) for out in leaves(value)]
        level.end()
        settled = [[mapped(level.settled, each) for each in block] for block in blocks]
        found = rebuilt(value, [block[0] if isinstance(argnums, int) else tuple(block) for block in settled])
        return (found, mapped(level.settled, aux)) if has_aux else found

    return wrapped


def _block(out: Tensor, stand_ins: list) -> list:
    """The Jacobian of one output with respect to each of the chosen arguments."""
    inputs = leaves(stand_ins)
    flat = out.reshape(-1)
    rows = [_gradients([flat[j]], inputs, None) for j in range(out.numel())]
    columns = []
    for i, x in enumerate(inputs):
        shape = tuple(out.shape) + tuple(x.shape)
        columns.append(stack([row[i] for row in rows]).reshape(shape) if rows else x.new_zeros(shape))
    return rebuilt(stand_ins, columns)


def jacfwd(func, argnums=0, has_aux: bool = False, *, randomness: str = "error"):
    """The same numbers as `jacrev`; PyTorch computes them in forward mode.

    >>> torch.func.jacfwd(lambda x: x ** 2)(tensor([1., 3.]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    return jacrev(func, argnums, has_aux=has_aux)


def hessian(func, argnums=0):
    """A function that computes the matrix of second derivatives of `func`.

    >>> import tensorkit as torch
    >>> torch.func.hessian(lambda x: (x**3).sum())(torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
