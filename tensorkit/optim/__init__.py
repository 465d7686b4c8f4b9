"""Optimizers: what turns gradients into steps.

Where to read: `optimizer.py` (parameter groups, state, hooks: what all share), `rules.py` (a step for one parameter
after the other), then the update rules as formulas in `sgd.py`, `adam.py`, `adagrad.py` and `rprop.py`; `lbfgs.py` has
the one optimizer that calls the model itself.  Learning rates that change with time stand in `lr_scheduler/`.
"""

from . import lr_scheduler
from .adagrad import Adadelta, Adagrad, RMSprop
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .rprop import Rprop
from .sgd import ASGD, SGD

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "Optimizer", "RAdam", "RMSprop",
    "Rprop", "lr_scheduler",
]  # fmt: skip
