"""Adam and its relatives: steps along a running mean of the gradient, scaled by a running measure of its size.

In the formulas m is the running mean of g (`exp_avg`), v that of g² (`exp_avg_sq`), t the number of the step.  Both
start at zero; dividing by 1 − βᵗ corrects for that.
"""

import math

from ..array_modules import np
from ..tensor import Tensor
from . import rules
from .rules import PerParameter, counted, number, plain, rate


def averages(g, m, v, beta1, beta2):
    """m ← m + (1 − β₁) · (g − m);  v ← β₂ · v + (1 − β₂) · g²"""
    m += (1 - beta1) * (g - m)
    v *= beta2
    v += (1 - beta2) * g * g


def adam(p, g, m, v, lr, beta1, beta2, eps, t, shrink):
    """p ← shrink · p − lr · m̂ / (√v̂ + ε)  with  m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)"""
    if shrink != 1:
        p *= shrink
    averages(g, m, v, beta1, beta2)
    size = np.sqrt(v)
    size /= math.sqrt(1 - beta2**t)
    size += eps
    p -= lr / (1 - beta1**t) * m / size


def amsgrad(p, g, m, v, largest, lr, beta1, beta2, eps, t, shrink):
    """Adam with the largest v so far in the place of v."""
    if shrink != 1:
        p *= shrink
    averages(g, m, v, beta1, beta2)
    np.maximum(largest, v, out=largest)
    p -= lr / (1 - beta1**t) * m / (np.sqrt(largest) / math.sqrt(1 - beta2**t) + eps)


class Adam(PerParameter):
    """Adam: p ← p − lr · m̂ / (√v̂ + ε), with running means of the gradient and of its square.

    lr            the learning rate: about the largest change of a parameter in one step
    betas         the decay rates of the two running means
    eps           keeps the quotient finite
    weight_decay  adds weight_decay · p to the gradient; with `decoupled_weight_decay`, shrinks p itself (AdamW)
    amsgrad       divide by the largest √v̂ so far
    maximize      ascend
    differentiable  record the steps, so that gradients flow through them; for parameters that are copies: w.clone()

    Raises ValueError for options out of range.

    >>> import tensorkit as torch
    >>> w = torch.tensor([1.0, -3.0], requires_grad=True)
    >>> optimizer = torch.optim.Adam([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.9000, -2.9000], requires_grad=True)

    Source: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", 2015
    """

    kept = ("exp_avg", "exp_avg_sq")

    def __init__(self, params, lr=1e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
                 amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
                 capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
                 decoupled_weight_decay: bool = False):  # fmt: skip
        rules.check_moments(lr, betas, eps, weight_decay=weight_decay)
        if len({isinstance(beta, float) for beta in betas}) == 2 or not isinstance(betas[0], (float, Tensor)):
            raise ValueError("betas must be either both floats or both Tensors")
        super().__init__(
            params, lr=lr, betas=tuple(betas), eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize,
            foreach=foreach, capturable=capturable, differentiable=differentiable, fused=fused,
            decoupled_weight_decay=decoupled_weight_decay,
        )  # fmt: skip

    def begin(self, state: dict, p: Tensor, group: dict) -> None:
        super().begin(state, p, group)
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = rules.zeros_like(p)

    def update(self, p: Tensor, group: dict) -> None:
        state = self.state_of(p, group)
        lr, (beta1, beta2) = rate(group), map(plain, group["betas"])
        decoupled = group["decoupled_weight_decay"]
        numbers = (
            lr, beta1, beta2, group["eps"], counted(state), 1 - lr * group["weight_decay"] if decoupled else 1
        )  # fmt: skip
        if group["amsgrad"]:
            kept = (state["exp_avg"], state["exp_avg_sq"], state["max_exp_avg_sq"])
            rules.apply(amsgrad, p, group, kept, *numbers, decay=not decoupled)
        else:
            rules.apply(adam, p, group, (state["exp_avg"], state["exp_avg_sq"]), *numbers, decay=not decoupled)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: p ← (1 − lr · weight_decay) · p − lr · m̂ / (√v̂ + ε).

    >>> w = torch.nn.Parameter(torch.tensor([1., -2.]))
    >>> optimizer = torch.optim.AdamW([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter containing:
    tensor([ 0.8990, -1.8980], requires_grad=True)

    Source: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", 2019
    """

    def __init__(self, params, lr=1e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 1e-2,
                 amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
                 capturable: bool = False, differentiable: bool = False, fused: bool | None = None):  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize,
                         capturable=capturable, differentiable=differentiable, fused=fused,
                         decoupled_weight_decay=True)  # fmt: skip

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True


def adamax(p, g, m, u, lr, beta1, beta2, eps, t):
    """m as in Adam;  u ← max(β₂ · u, |g| + ε);  p ← p − lr / (1 − β₁ᵗ) · m / u"""
    m += (1 - beta1) * (g - m)
    u *= beta2
    np.maximum(u, np.abs(g) + eps, out=u)
    p -= lr / (1 - beta1**t) * m / u


class Adamax(PerParameter):
    """Adam with the largest recent |g| (`exp_inf`) in the place of √v̂.

    >>> w = torch.nn.Parameter(torch.tensor([1., -2.]))
    >>> optimizer = torch.optim.Adamax([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter containing:
    tensor([ 0.9000, -1.9000], requires_grad=True)

    Source: section 7.1 of the paper on Adam
    """

    kept = ("exp_avg", "exp_inf")

    def __init__(self, params, lr=2e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
                 foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
                 capturable: bool = False):  # fmt: skip
        rules.check_moments(lr, betas, eps, weight_decay=weight_decay)
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, foreach=foreach, maximize=maximize,
            differentiable=differentiable, capturable=capturable,
        )  # fmt: skip

    def update(self, p: Tensor, group: dict) -> None:
        state = self.state_of(p, group)
        numbers = (rate(group), *group["betas"], group["eps"], counted(state))
        rules.apply(adamax, p, group, (state["exp_avg"], state["exp_inf"]), *numbers)


def nadam(p, g, m, v, of_g, of_m, beta1, beta2, eps, t, shrink):
    """m, v as in Adam;  p ← shrink · p − (of_g · g + of_m · m) / (√v̂ + ε): Adam that looks ahead along m"""
    if shrink != 1:
        p *= shrink
    averages(g, m, v, beta1, beta2)
    size = np.sqrt(v / (1 - beta2**t)) + eps
    p -= of_g * g / size
    p -= of_m * m / size


class NAdam(PerParameter):
    """Adam with Nesterov's momentum, whose weight μ = β₁ · (1 − 0.96^(t · momentum_decay) / 2) grows with the steps.

    >>> w = torch.nn.Parameter(torch.tensor([1., -2.]))
    >>> optimizer = torch.optim.NAdam([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter containing:
    tensor([ 0.8944, -1.8944], requires_grad=True)

    Source: T. Dozat, "Incorporating Nesterov momentum into Adam", 2016
    """

    captured = "params, mu_products and state_steps"

    def __init__(self, params, lr=2e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
                 momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
                 maximize: bool = False, capturable: bool = False, differentiable: bool = False):  # fmt: skip
        rules.check_moments(lr, betas, eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay, maximize=maximize, foreach=foreach, capturable=capturable,
            differentiable=differentiable,
        )  # fmt: skip

    def begin(self, state: dict, p: Tensor, group: dict) -> None:
        state["step"], state["mu_product"] = number(0), number(1)
        state["exp_avg"], state["exp_avg_sq"] = rules.zeros_like(p), rules.zeros_like(p)

    def update(self, p: Tensor, group: dict) -> None:
        state = self.state_of(p, group)
        t, lr, (beta1, beta2) = counted(state), rate(group), group["betas"]
        mu, following = (beta1 * (1 - 0.5 * 0.96 ** (n * group["momentum_decay"])) for n in (t, t + 1))
        product = state["mu_product"]
        product._array = product._array * np.float32(mu)
        of_g = lr * (1 - mu) / (1 - float(product._array))
        of_m = lr * following / (1 - float(product._array) * following)
        decoupled = group["decoupled_weight_decay"]
        shrink = 1 - lr * group["weight_decay"] if decoupled else 1
        kept = (state["exp_avg"], state["exp_avg_sq"])
        rules.apply(nadam, p, group, kept, of_g, of_m, beta1, beta2, group["eps"], t, shrink, decay=not decoupled)


def radam(p, g, m, v, lr, beta1, beta2, eps, t, rectification, shrink):
    """m, v as in Adam;  p ← shrink · p − lr · m̂ · r / (√v̂ + ε'), and while r is not defined  p − lr · m̂"""
    if shrink != 1:
        p *= shrink
    averages(g, m, v, beta1, beta2)
    change = m / (1 - beta1**t) * lr
    if rectification is not None:
        change *= math.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)
        change *= rectification
    p -= change


class RAdam(PerParameter):
    """Adam whose first steps, before v̂ can be trusted, are plain steps along m̂.

    >>> w = torch.nn.Parameter(torch.tensor([1., -2.]))
    >>> optimizer = torch.optim.RAdam([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter containing:
    tensor([ 0.8000, -1.6000], requires_grad=True)

    Source: L. Liu et al., "On the variance of the adaptive learning rate and beyond", 2020
    """

    kept = ("exp_avg", "exp_avg_sq")

    def __init__(self, params, lr=1e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
                 decoupled_weight_decay: bool = False, *, foreach: bool | None = None, maximize: bool = False,
                 capturable: bool = False, differentiable: bool = False):  # fmt: skip
        rules.check_moments(lr, betas, eps, weight_decay=weight_decay)
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize, foreach=foreach,
            capturable=capturable, decoupled_weight_decay=decoupled_weight_decay, differentiable=differentiable,
        )  # fmt: skip

    def update(self, p: Tensor, group: dict) -> None:
        state = self.state_of(p, group)
        t, lr, (beta1, beta2) = counted(state), rate(group), group["betas"]
        decoupled = group["decoupled_weight_decay"]
        shrink = 1 - lr * group["weight_decay"] if decoupled else 1
        kept, numbers = (state["exp_avg"], state["exp_avg_sq"]), (lr, beta1, beta2, group["eps"], t)
        rules.apply(radam, p, group, kept, *numbers, rectification(beta2, t), shrink, decay=not decoupled)


def rectification(beta2: float, t: float) -> float | None:
    """The factor r by which √v̂ is trusted after t steps; None while its variance is not finite (ρ ≤ 5)."""
    limit = 2 / (1 - beta2) - 1
    rho = limit - 2 * t * beta2**t / (1 - beta2**t)
    if rho <= 5:
        return None
    return math.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
