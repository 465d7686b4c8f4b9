"""`LRScheduler`: what all schedulers share — counting, setting the rates, saving, warnings about the order of calls.

A subclass gives `get_lr`, the rates at `self.last_epoch` (those here give `_rates`, for `get_lr` warns first), mostly
from the rates one step before; some also `_get_closed_form_lr`, the same from the epoch alone.
"""

from types import FunctionType
from typing import Any
from warnings import warn

from ...tensor import Tensor
from ..optimizer import Optimizer

SEE = "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
OVERRIDDEN = (
    "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. "
    "Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. " + SEE
)
TOO_EARLY = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should call "
    "them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result in "
    "PyTorch skipping the first value of the learning rate schedule. " + SEE
)
EPOCH_GIVEN = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed "
    "form is used instead of the new chainable form, where available. Please open an issue if you are unable to "
    "replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose."
)
RESUMED_WITHOUT = (
    "param 'initial_lr' is not specified in param_groups[{}] when resuming scheduler with last_epoch >= 0.\n"
    "This typically happens when:\n"
    "1. You're trying to resume training from a checkpoint but haven't properly loaded the optimizer state\n"
    "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
)


def options_of(optimizer: Optimizer, key: str) -> list:
    """One option of each parameter group."""
    return [group[key].clone() if isinstance(group[key], Tensor) else group[key] for group in optimizer.param_groups]


def set_lr(group: dict, lr) -> None:
    """Set a group's learning rate; one that is a tensor is written to."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(lr)
    else:
        group["lr"] = lr


def check_optimizer(optimizer) -> None:
    """Raise TypeError for what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def check_strategy(anneal_strategy: str) -> None:
    """Raise ValueError for a way to change rates that there is not."""
    if anneal_strategy not in ("cos", "linear"):
        raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")


def one_per_group(name: str, optimizer: Optimizer, value) -> list:
    """An option given once for all groups, or as a list for each."""
    groups = optimizer.param_groups
    if not isinstance(value, (list, tuple)):
        return [value] * len(groups)
    if len(value) != len(groups):
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, "
            f"param_groups has {len(groups)}."
        )
    return list(value)


class LRScheduler:
    """The base of the schedulers: sets the learning rate of each parameter group of an optimizer, step by step.

    last_epoch  how many steps were made before; −1 begins anew, from the groups' present rates

    Raises TypeError unless it is given an optimizer, KeyError when it is to resume without the first rates.

    >>> import tensorkit as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=1.0)
    >>> scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for _ in range(4):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     print(scheduler.get_last_lr())
    [1.0]
    [0.5]
    [0.5]
    [0.25]

    Source: https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
    """

    _get_lr_called_within_step = False
    _is_initial = False
    _not_saved: tuple[str, ...] = ("optimizer",)

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                lr = group["lr"]
                group.setdefault("initial_lr", lr.clone() if isinstance(lr, Tensor) else lr)
            elif "initial_lr" not in group:
                raise KeyError(RESUMED_WITHOUT.format(number))
        self.base_lrs = options_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        if "_scheduled" not in optimizer.__dict__:  # steps made before the first scheduler do not count
            optimizer._scheduled, optimizer._opt_called = True, False
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key not in self._not_saved}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue where `state_dict` was called."""
        self.__dict__.update({key: value for key, value in state_dict.items() if key not in self._not_saved})

    def get_last_lr(self) -> list:
        """The rates that are set now."""
        return self._last_lr

    def get_lr(self) -> list:
        """The rates for `last_epoch`; called by `step`."""
        if not self._get_lr_called_within_step:
            warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=2,
            )
        return self._rates()

    def _rates(self) -> list:
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch: call it after `optimizer.step()`."""
        if self._step_count == 1:
            if not hasattr(self.optimizer.step, "observed"):
                warn(OVERRIDDEN, UserWarning, stacklevel=2)
            elif not getattr(self.optimizer, "_opt_called", False):
                warn(TOO_EARLY, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warn(EPOCH_GIVEN, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self._get_lr_called_within_step = True
        try:
            self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
            closed_form = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
            rates = self.get_lr() if closed_form is None else closed_form()
        finally:
            self._get_lr_called_within_step = False
        self._set(rates)

    def _set(self, rates: list) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            set_lr(group, lr)
        self._last_lr = self._present()

    def _present(self) -> list:
        return options_of(self.optimizer, "lr")

    def _times(self, factor: float) -> list:
        """The present rates times a factor."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]


class _LRScheduler(LRScheduler):
    """The base class's older name."""


def saved_functions(functions: list) -> list:
    """What of user-given functions can be saved: the attributes of callable objects, nothing of plain functions."""
    return [None if isinstance(each, FunctionType) else each.__dict__.copy() for each in functions]


def load_functions(functions: list, saved: list) -> None:
    """Give callable objects their saved attributes back."""
    for function, attributes in zip(functions, saved, strict=False):
        if attributes is not None:
            function.__dict__.update(attributes)
