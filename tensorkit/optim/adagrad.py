"""Steps scaled by the size of past gradients: Adagrad (their sum), RMSprop (their running mean), Adadelta."""

from ..array_modules import np
from ..tensor import Tensor, wrap
from . import rules
from .rules import PerParameter, counted, number, rate


def adagrad(p, g, total, lr, eps):
    """total ← total + g²;  p ← p − lr · g / (√total + ε)"""
    total += g * g
    p -= lr * g / (np.sqrt(total) + eps)


class Adagrad(PerParameter):
    """Adagrad: each step is divided by the root of the sum of all squared gradients so far.

    lr_decay                   the learning rate of step t is lr / (1 + (t − 1) · lr_decay)
    initial_accumulator_value  where the sum starts

    >>> w = torch.nn.Parameter(torch.tensor([1., -2.]))
    >>> optimizer = torch.optim.Adagrad([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter containing:
    tensor([ 0.9000, -1.9000], requires_grad=True)

    Source: J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods", 2011
    """

    def __init__(self, params, lr=1e-2, lr_decay: float = 0, weight_decay: float = 0,
                 initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *,
                 maximize: bool = False, differentiable: bool = False, fused: bool | None = None):  # fmt: skip
        rules.check_lr(lr)
        rules.check_not_negative(
            lr_decay=lr_decay, weight_decay=weight_decay, initial_accumulator_value=initial_accumulator_value, eps=eps
        )
        super().__init__(
            params, lr=lr, lr_decay=lr_decay, eps=eps, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, foreach=foreach, maximize=maximize,
            differentiable=differentiable, fused=fused,
        )  # fmt: skip
        for group in self.param_groups:
            for p in group["params"]:
                self.begin(self.state[p], p, group)

    def begin(self, state: dict, p: Tensor, group: dict) -> None:
        start = self.defaults["initial_accumulator_value"]
        state["step"] = number(0)
        state["sum"] = wrap(np.full_like(p._array, complex(start, start) if p._array.dtype.kind == "c" else start))

    def share_memory(self) -> None:
        """Nothing to do here: the state is this process's own."""

    def update(self, p: Tensor, group: dict) -> None:
        state = self.state_of(p, group)
        lr = rate(group) / (1 + (counted(state) - 1) * group["lr_decay"])
        rules.apply(adagrad, p, group, (state["sum"],), lr, group["eps"])


def rmsprop(p, g, v, lr, alpha, eps):
    """v ← α · v + (1 − α) · g²;  p ← p − lr · g / (√v + ε)"""
    v *= alpha
    v += (1 - alpha) * g * g
    p -= lr * g / (np.sqrt(v) + eps)


def rmsprop_in_full(p, g, v, mean, b, lr, alpha, eps, momentum):
    """As above; centered: √(v − mean²) for √v, with the running mean of g; momentum: p ← p − lr · b"""
    v *= alpha
    v += (1 - alpha) * g * g
    square = v
    if mean is not None:
        mean += (1 - alpha) * (g - mean)
        square = v - mean * mean
    size = np.sqrt(square) + eps
    if b is None:
        p -= lr * g / size
    else:
        b *= momentum
        b += g / size
        p -= lr * b


class RMSprop(PerParameter):
    """RMSprop: each step is divided by the root of the running mean of squared gradients.

    alpha     the decay rate of that mean       eps  keeps the quotient finite
    momentum  how much of the last step goes into the next one
    centered  divide by the gradient's standard deviation instead

    >>> w = torch.nn.Parameter(torch.tensor([1., -2.]))
    >>> optimizer = torch.optim.RMSprop([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter containing:
    tensor([ 5.9605e-08, -1.0000e+00], requires_grad=True)

    Source: G. Hinton, lecture 6 of "Neural networks for machine learning", 2012
    """

    kept = ("square_avg",)

    def __init__(self, params, lr=1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
                 momentum: float = 0, centered: bool = False, capturable: bool = False, foreach: bool | None = None,
                 maximize: bool = False, differentiable: bool = False):  # fmt: skip
        rules.check_lr(lr)
        rules.check_not_negative(eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        super().__init__(
            params, lr=lr, momentum=momentum, alpha=alpha, eps=eps, centered=centered, weight_decay=weight_decay,
            capturable=capturable, foreach=foreach, maximize=maximize, differentiable=differentiable,
        )  # fmt: skip

    def begin(self, state: dict, p: Tensor, group: dict) -> None:
        super().begin(state, p, group)
        if group["momentum"] > 0:
            state["momentum_buffer"] = rules.zeros_like(p)
        if group["centered"]:
            state["grad_avg"] = rules.zeros_like(p)

    def update(self, p: Tensor, group: dict) -> None:
        state = self.state_of(p, group)
        counted(state)
        numbers = (rate(group), group["alpha"], group["eps"])
        names = [name for name, wanted in (("grad_avg", group["centered"]), ("momentum_buffer", group["momentum"] > 0))
                 if wanted]  # fmt: skip
        if not names:
            rules.apply(rmsprop, p, group, (state["square_avg"],), *numbers)
            return

        def in_full(p, g, v, *kept):
            have = dict(zip(names, kept, strict=True))
            rmsprop_in_full(p, g, v, have.get("grad_avg"), have.get("momentum_buffer"), *numbers, group["momentum"])

        rules.apply(in_full, p, group, (state["square_avg"], *(state[name] for name in names)))


def adadelta(p, g, v, d, lr, rho, eps):
    """v ← ρ · v + (1 − ρ) · g²;  Δ = √(d + ε) / √(v + ε) · g;  d ← ρ · d + (1 − ρ) · Δ²;  p ← p − lr · Δ"""
    v *= rho
    v += (1 - rho) * g * g
    delta = np.sqrt(d + eps) / np.sqrt(v + eps) * g
    d *= rho
    d += (1 - rho) * delta * delta
    p -= lr * delta


class Adadelta(PerParameter):
    """Adadelta: steps as large as recent steps were, whatever the scale of the gradient.

    rho  the decay rate of both running means       eps  sets the size of the first steps

    >>> w = torch.nn.Parameter(torch.tensor([1., -2.]))
    >>> optimizer = torch.optim.Adadelta([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter containing:
    tensor([ 0.9997, -1.9997], requires_grad=True)

    Source: M. Zeiler, "ADADELTA: an adaptive learning rate method", 2012
    """

    kept = ("square_avg", "acc_delta")
    xla = False

    def __init__(self, params, lr=1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
                 foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False,
                 differentiable: bool = False):  # fmt: skip
        rules.check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        rules.check_not_negative(eps=eps, weight_decay=weight_decay)
        super().__init__(
            params, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize, capturable=capturable,
            foreach=foreach, differentiable=differentiable,
        )  # fmt: skip

    def update(self, p: Tensor, group: dict) -> None:
        state = self.state_of(p, group)
        counted(state)
        rules.apply(
            adadelta, p, group, (state["square_avg"], state["acc_delta"]), rate(group), group["rho"], group["eps"]
        )
