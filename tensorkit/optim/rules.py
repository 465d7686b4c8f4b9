"""A step for one parameter after the other: the frame in which an update rule stands as its formula.

A rule is a function of arrays, `rule(p, g, *state, *numbers)`: it changes the parameter `p` and what is remembered
of its past in place, by the gradient `g`.  Large parameters are handed to it piece by piece, so that all
intermediate results stay in the processor's cache.  `maximize` and `weight_decay`, which mean the same everywhere,
are applied to `g` before the rule sees it.
"""

from collections.abc import Callable
from contextlib import nullcontext

from ..array_modules import np
from ..grad_mode import enable_grad
from ..tensor import Tensor, memory, storage_of, wrap
from .optimizer import Optimizer

#: A parameter with more elements than this is updated in pieces of this size.
PIECE = 32768

_AS_IT_IS = nullcontext()


class PerParameter(Optimizer):
    """An optimizer whose step is an update of each parameter by its own gradient.

    A subclass defines `update`, one step; and `kept`, what is remembered beside the number of steps and begins with
    zeros, or `begin`, the state before the first step.
    """

    kept: tuple[str, ...] = ()
    captured = "params and state_steps"  # what `capturable` wants on a GPU …
    xla = True  # … or one of XLA's devices

    def __init__(self, params, **options):
        check_together(options)
        super().__init__(params, options)

    def step(self, closure: Callable | None = None):
        """Update every parameter that has a gradient.

        closure  a function that computes the loss and its gradients anew, called first; its result is returned
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            recorded = group.get("differentiable")
            if recorded or group.get("capturable"):
                check_here(group, self.captured, self.xla)
            with enable_grad() if recorded else _AS_IT_IS:
                for p in group["params"]:
                    if p._grad is not None:
                        self.update(p, group)
        return loss

    def state_of(self, p: Tensor, group: dict) -> dict:
        """What is remembered of this parameter; made by `begin` the first time."""
        state = self.state[p]
        if not state:
            self.begin(state, p, group)
        return state

    def begin(self, state: dict, p: Tensor, group: dict) -> None:
        """Put into `state` what is remembered of `p` before its first step."""
        state["step"] = number(0)
        for name in self.kept:
            state[name] = zeros_like(p)

    def update(self, p: Tensor, group: dict) -> None:
        """One step of one parameter."""
        raise NotImplementedError


def apply(rule: Callable, p: Tensor, group: dict, state: tuple, *numbers, decay: bool = True) -> None:
    """Call `rule(p, g, *state, *numbers)` on the arrays of parameter, gradient and state, in pieces if they are large.

    decay  whether the group's `weight_decay` adds `weight_decay * p` to the gradient (the L2 penalty)
    """
    penalty = group["weight_decay"] if decay else 0
    if group["differentiable"]:
        from . import recorded

        recorded.apply(rule, p, group, state, numbers, penalty)
        return
    arrays = [memory(p), p._grad._array, *map(memory, state)]
    array = arrays[0]
    negate = group["maximize"]
    if array.dtype.kind == "c":  # as real and imaginary parts, side by side
        real = array.real.dtype
        arrays = [np.ascontiguousarray(each).view(real) if i == 1 else each.view(real) for i, each in enumerate(arrays)]
        array = arrays[0]
    pieces = [arrays]
    if array.size > PIECE and type(array) is np.ndarray and all(each.flags.c_contiguous for each in arrays):
        flat = [each.reshape(-1) for each in arrays]
        pieces = [[each[i : i + PIECE] for each in flat] for i in range(0, array.size, PIECE)]
    for piece in pieces:
        if negate:
            piece[1] = -piece[1]
        if penalty:
            piece[1] = piece[1] + penalty * piece[0]
        rule(*piece, *numbers)
    storage_of(p).written()


def zeros_like(p: Tensor) -> Tensor:
    """Zeros for each element of a parameter, the start of many a running average."""
    return wrap(np.zeros_like(memory(p)))


def number(value: float) -> Tensor:
    """A number that is part of an optimizer's state: a float32 tensor of no dimensions, as PyTorch keeps it."""
    return wrap(np.float32(value))


def counted(state: dict) -> float:
    """How many steps this is, counting the one that begins."""
    step = state["step"]
    step._array = step._array + 1
    return float(step._array)


def plain(value) -> float:
    """An option that may be given as a tensor with one element, as a number."""
    return value.item() if isinstance(value, Tensor) else value


def rate(group: dict):
    """The group's learning rate as a number; with `differentiable`, a tensor stays one, so that it can be learned."""
    lr = group["lr"]
    if group["differentiable"] and isinstance(lr, Tensor):
        from .recorded import Recorded

        return Recorded(lr)
    return plain(lr)


# What constructors check


def check_one(lr) -> None:
    """Raise PyTorch's ValueError for learning rates that are a tensor of several."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")


def check_lr(lr) -> None:
    """Raise PyTorch's ValueError for a learning rate below zero, or a tensor of several."""
    check_one(lr)
    if not 0.0 <= plain(lr):  # noqa: SIM300  (as PyTorch writes it: Python names the sign if `lr` is no number)
        raise ValueError(f"Invalid learning rate: {lr}")


def check_not_negative(**options: float) -> None:
    """Raise PyTorch's ValueError for an option below zero; `eps` goes by the name of epsilon."""
    for name, value in options.items():
        if not 0.0 <= value:  # noqa: SIM300
            raise ValueError(f"Invalid {'epsilon' if name == 'eps' else name} value: {value}")


def check_moments(lr, betas: tuple, eps: float, **options: float) -> None:
    """What Adam and its relatives check: PyTorch's ValueError also for a decay rate outside [0, 1)."""
    check_lr(lr)
    check_not_negative(eps=eps)
    for place, beta in enumerate(betas[:2]):
        if not 0.0 <= plain(beta) < 1.0:
            raise ValueError(f"Invalid beta parameter at index {place}: {beta}")
    check_not_negative(**options)


def check_together(defaults: dict) -> None:
    """PyTorch's errors for options that exclude each other."""
    if defaults.get("fused"):
        if defaults.get("differentiable"):
            raise RuntimeError("`fused` does not support `differentiable`")
        if defaults.get("foreach"):
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def check_here(group: dict, captured: str, xla: bool) -> None:
    """PyTorch's errors for programs that this device has not: CUDA graphs; history of many tensors at once.

    `foreach` and `fused` choose between programs that compute the same; accepted, they change nothing.
    """
    if all(p._grad is None for p in group["params"]):
        return
    together = bool(group.get("foreach"))
    if together and group.get("differentiable"):
        raise AssertionError("_foreach ops don't support autograd")
    if group.get("capturable") and not group.get("fused"):
        names = captured.replace("mu_products and", "mu_products, and") if together else captured
        devices = ["cuda", "xpu", "hpu", "privateuseone"] + ["xla"] * (xla and not together)
        raise AssertionError(f"If capturable=True, {names} must be on supported devices: {devices}.")
