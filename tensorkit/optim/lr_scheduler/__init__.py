"""Learning rates that change with time: `scheduler.step()` after each epoch or batch sets `group["lr"]`.

`base.py` has what all share; `decay.py` the rates that fall by a formula, `cycles.py` those that rise and fall,
`plateau.py` the one that watches a loss, `combine.py` those made of others.

Source: https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
"""

from ...ops.publish import name_pages as _name_pages
from .base import LRScheduler, _LRScheduler
from .combine import ChainedScheduler, SequentialLR
from .cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from .decay import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)  # fmt: skip
from .plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "ExponentialLR",
    "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR", "OneCycleLR", "PolynomialLR",
    "ReduceLROnPlateau", "SequentialLR", "StepLR", "_LRScheduler",
]  # fmt: skip
_name_pages(globals(), "optim.lr_scheduler")
