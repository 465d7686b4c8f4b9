"""Stochastic gradient descent, with and without momentum, and its averaged form."""

from ..array_modules import np
from ..tensor import Tensor, wrap
from . import rules
from .rules import PerParameter, counted, number, plain, rate


def descend(p, g, lr):
    """p ← p − lr · g"""
    p -= lr * g


def descend_with_momentum(p, g, b, lr, momentum, dampening, nesterov):
    """b ← momentum · b + (1 − dampening) · g;  p ← p − lr · b, or (Nesterov) p − lr · (g + momentum · b)"""
    b *= momentum
    b += (1 - dampening) * g
    p -= lr * (g + momentum * b if nesterov else b)


def begin_with_momentum(p, g, b, lr, momentum, nesterov):
    """The first step: b ← g."""
    np.copyto(b, g)
    p -= lr * (g + momentum * b if nesterov else b)


class SGD(PerParameter):
    """Gradient descent: p ← p − lr · g, with momentum if wanted.

    lr            the learning rate
    momentum      how much of the last step goes into the next one
    dampening     how much of the gradient stays out of the momentum
    weight_decay  adds weight_decay · p to the gradient
    nesterov      look ahead along the momentum
    maximize      ascend
    differentiable  record the steps, so that gradients flow through them; for parameters that are copies: w.clone()

    Raises ValueError for options out of range.

    >>> import tensorkit as torch
    >>> w = torch.tensor([1.0, -1.0], requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.8000, -0.8000], requires_grad=True)
    """

    def __init__(self, params, lr=1e-3, momentum: float = 0, dampening: float = 0, weight_decay: float = 0,
                 nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None,
                 differentiable: bool = False, fused: bool | None = None):  # fmt: skip
        rules.check_one(lr)
        for name, value in (("learning rate", lr), ("momentum value", momentum), ("weight_decay value", weight_decay)):
            if plain(value) < 0.0:
                raise ValueError(f"Invalid {name}: {value}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(
            params, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov,
            maximize=maximize, foreach=foreach, differentiable=differentiable, fused=fused,
        )  # fmt: skip

    def update(self, p: Tensor, group: dict) -> None:
        lr, momentum, nesterov = rate(group), group["momentum"], group["nesterov"]
        if momentum == 0:
            rules.apply(descend, p, group, (), lr)
            return
        state = self.state[p]
        buffer = state.get("momentum_buffer")
        if buffer is None:
            buffer = state["momentum_buffer"] = rules.zeros_like(p)
            rules.apply(begin_with_momentum, p, group, (buffer,), lr, momentum, nesterov)
        else:
            rules.apply(descend_with_momentum, p, group, (buffer,), lr, momentum, group["dampening"], nesterov)


def descend_and_average(p, g, average, lambd, eta, mu):
    """p ← (1 − λη) · p − η · g;  average ← average + μ · (p − average)"""
    p *= 1 - lambd * eta
    p -= eta * g
    if mu == 1:
        average[...] = p
    else:
        average += mu * (p - average)


class ASGD(PerParameter):
    """Averaged gradient descent: the state `ax` is the average of the parameter over all steps after `t0`.

    lambd  decay of the parameter       alpha  the power with which the learning rate falls
    t0     when averaging begins

    >>> w = torch.nn.Parameter(torch.tensor([1., -2.]))
    >>> optimizer = torch.optim.ASGD([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter containing:
    tensor([ 0.8000, -1.6000], requires_grad=True)

    Source: B. Polyak, A. Juditsky, "Acceleration of stochastic approximation by averaging", 1992
    """

    captured = "params, mus, etas, and state_steps"

    def __init__(self, params, lr=1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
                 weight_decay: float = 0, foreach: bool | None = None, maximize: bool = False,
                 differentiable: bool = False, capturable: bool = False):  # fmt: skip
        rules.check_lr(lr)
        rules.check_not_negative(weight_decay=weight_decay)
        super().__init__(
            params, lr=lr, lambd=lambd, alpha=alpha, t0=t0, weight_decay=weight_decay, foreach=foreach,
            maximize=maximize, differentiable=differentiable, capturable=capturable,
        )  # fmt: skip

    def begin(self, state: dict, p: Tensor, group: dict) -> None:
        state["step"], state["eta"], state["mu"] = number(0), number(plain(group["lr"])), number(1)
        state["ax"] = rules.zeros_like(p)

    def update(self, p: Tensor, group: dict) -> None:
        state = self.state_of(p, group)
        t = counted(state)
        lr, lambd = plain(group["lr"]), group["lambd"]
        rules.apply(
            descend_and_average, p, group, (state["ax"],), lambd, float(state["eta"]._array), float(state["mu"]._array)
        )
        state["eta"] = wrap(np.float32(lr / (1 + lambd * lr * t) ** group["alpha"]))
        state["mu"] = wrap(np.float32(1 / max(1, t - group["t0"])))
