"""Rprop: steps of each parameter's own size, of which the gradient gives the direction alone."""

from ..array_modules import np
from ..tensor import Tensor, wrap
from . import rules
from .rules import PerParameter, counted, number, plain


def rprop(p, g, before, size, shrink, grow, least, most):
    """Where the gradient kept its sign the step grows, where it changed it shrinks and is left out this once.

    size ← size · (grow | shrink | 1), at least `least`, at most `most`;  p ← p − sign(g) · size
    """
    agreement = np.sign(g * before)
    size *= np.where(agreement > 0, grow, np.where(agreement < 0, shrink, 1)).astype(size.dtype)
    np.clip(size, least, most, out=size)
    before[...] = np.where(agreement < 0, 0, g)
    p -= np.sign(before) * size


class Rprop(PerParameter):
    """Resilient backpropagation, for gradients of the whole data set.

    etas        the factors by which a step shrinks and grows
    step_sizes  the smallest and the largest step

    >>> w = torch.nn.Parameter(torch.tensor([1., -2.]))
    >>> optimizer = torch.optim.Rprop([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter containing:
    tensor([ 0.9000, -1.9000], requires_grad=True)

    Source: M. Riedmiller, H. Braun, "A direct adaptive method for faster backpropagation learning", 1993
    """

    def __init__(self, params, lr=1e-2, etas: tuple = (0.5, 1.2), step_sizes: tuple = (1e-6, 50), *,
                 capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
                 differentiable: bool = False):  # fmt: skip
        rules.check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(
            params, lr=lr, etas=etas, step_sizes=step_sizes, foreach=foreach, maximize=maximize,
            differentiable=differentiable, capturable=capturable,
        )  # fmt: skip

    def begin(self, state: dict, p: Tensor, group: dict) -> None:
        lr = plain(group["lr"])
        start = complex(lr, lr) if p._array.dtype.kind == "c" else lr
        state["step"], state["prev"] = number(0), rules.zeros_like(p)
        state["step_size"] = wrap(np.full_like(p._array, start))

    def update(self, p: Tensor, group: dict) -> None:
        state = self.state_of(p, group)
        counted(state)
        numbers = (*group["etas"], *group["step_sizes"])
        rules.apply(rprop, p, group, (state["prev"], state["step_size"]), *numbers, decay=False)
