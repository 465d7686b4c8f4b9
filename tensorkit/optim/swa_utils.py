"""Averages of a model over its training: stochastic weight averaging (SWA) and exponential moving averages (EMA).

Here: the averaged model, the means it can take, the learning rate for SWA, and new statistics for batch norm.

Sources: Izmailov et al., 2018, https://arxiv.org/abs/1803.05407; https://pytorch.org/docs/stable/optim.html
"""

import math
from collections.abc import Callable, Iterable
from copy import deepcopy

from ..nn.module import Module
from ..nn.norm import BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm
from ..ops.assign import copy_
from ..ops.data import tensor
from ..tape import no_grad
from ..tensor import Tensor
from .lr_scheduler.base import LRScheduler, check_strategy, one_per_group
from .optimizer import Optimizer

__all__ = [
    "AveragedModel", "SWALR", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn",
    "update_bn",
]  # fmt: skip


def _check_decay(decay: float) -> None:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def get_ema_avg_fn(decay: float = 0.999) -> Callable:
    """The function of an exponential moving average: decay · average + (1 − decay) · value, for one parameter."""
    _check_decay(decay)

    @no_grad()
    def ema_update(averaged: Tensor, current: Tensor, num_averaged):
        return decay * averaged + (1 - decay) * current

    return ema_update


def get_swa_avg_fn() -> Callable:
    """The function of the plain mean over all updates so far, for one parameter."""

    @no_grad()
    def swa_update(averaged: Tensor, current: Tensor, num_averaged) -> Tensor:
        return averaged + (current - averaged) / (num_averaged + 1)

    return swa_update


def _move(averaged: list, current: list, share: float, whole: Callable) -> None:
    """Move each mean by `share` of the way to its value; `whole` gives the new mean where they are whole numbers."""
    for mean, value in zip(averaged, current, strict=True):
        if mean.is_floating_point() or mean.is_complex():
            mean.lerp_(value, share)
        else:
            copy_(mean, whole(mean, value))


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable:
    """The function of an exponential moving average for a list of parameters, in place."""
    _check_decay(decay)

    @no_grad()
    def ema_update(averaged: list, current: list, num_averaged) -> None:
        _move(averaged, current, 1 - decay, lambda mean, value: mean * decay + value * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn() -> Callable:
    """The function of the plain mean over all updates so far for a list of parameters, in place."""

    @no_grad()
    def swa_update(averaged: list, current: list, num_averaged) -> None:
        count = num_averaged + 1
        _move(averaged, current, float(1 / count), lambda mean, value: mean + (value - mean) / count)

    return swa_update


class AveragedModel(Module):
    """A copy of a model whose parameters are averages over those that the model had at each `update_parameters`.

    avg_fn        function (average, value, how many updates) -> new average; default: their mean
    multi_avg_fn  the same for lists of parameters, in place; AssertionError if both are given
    use_buffers   average buffers too; otherwise they are the model's

    >>> import tensorkit as torch
    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> average = AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     _ = torch.nn.init.constant_(model.weight, value)
    ...     average.update_parameters(model)
    >>> average.module.weight.item(), average.n_averaged
    (3.0, tensor(3))
    """

    def __init__(self, model: Module, device=None, avg_fn=None, multi_avg_fn=None, use_buffers: bool = False):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's present parameters into the average; the first time, copy them."""

        def averaged_of(each: Module) -> list[Tensor]:
            return [t.detach() for t in (*each.parameters(), *(each.buffers() if self.use_buffers else ()))]

        means, values = averaged_of(self.module), averaged_of(model)
        if self.n_averaged == 0:
            for mean, value in zip(means, values, strict=False):
                copy_(mean, value)
        elif self.avg_fn is not None:
            for mean, value in zip(means, values, strict=True):
                copy_(mean, self.avg_fn(mean, value, self.n_averaged))
        else:
            (self.multi_avg_fn or get_swa_multi_avg_fn())(means, values, self.n_averaged)
        if not self.use_buffers:
            for mean, value in zip(self.module.buffers(), model.buffers(), strict=True):
                copy_(mean.detach(), value.detach())
        self.n_averaged += 1


@no_grad()
def update_bn(loader: Iterable, model: Module, device=None) -> None:
    """Measure the statistics of a model's batch norms anew, in one pass over `loader`.

    loader  batches, or tuples and lists that begin with one
    """
    norms = [m for m in model.modules() if isinstance(m, (BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm))]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    was_training = model.training
    model.train()
    for batch in loader:
        first = batch[0] if isinstance(batch, (list, tuple)) else batch
        model(first if device is None else first.to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Moves the learning rate of each group to `swa_lr` within `anneal_epochs`, and leaves it there.

    swa_lr           one rate, or a list of one for each parameter group
    anneal_strategy  'cos' or 'linear'
    """

    def __init__(self, optimizer: Optimizer, swa_lr, anneal_epochs: int = 10, anneal_strategy: str = "cos",
                 last_epoch: int = -1):  # fmt: skip
        for group, rate in zip(optimizer.param_groups, one_per_group("swa_lr", optimizer, swa_lr), strict=True):
            group["swa_lr"] = rate
        check_strategy(anneal_strategy)
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs, self._anneal_strategy = anneal_epochs, anneal_strategy
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """How much of the way to `swa_lr` is behind after `step` steps."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t

    def _rates(self) -> list:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, share = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            swa_lr = group["swa_lr"]
            first = swa_lr if before == 1 else (group["lr"] - before * swa_lr) / (1 - before)
            rates.append(swa_lr * share + first * (1 - share))
        return rates
