"""Optimizers: what turns gradients into steps.

Where to read: `optimizer.py` (parameter groups, state, hooks: what all share), `rules.py` (a step for one parameter
after the other), then the update rules as formulas in `sgd.py`, `adam.py`, `adagrad.py` and `rprop.py`; `lbfgs.py` has
the one optimizer that calls the model itself.  Learning rates that change with time stand in `lr_scheduler/`, averages
of a model over its training in `swa_utils.py`.

Source: https://pytorch.org/docs/stable/optim.html
"""

import importlib

from ..left_out import missing
from ..ops.publish import name_pages as _name_pages
from . import lr_scheduler
from .adagrad import Adadelta, Adagrad, RMSprop
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .rprop import Rprop
from .sgd import ASGD, SGD

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "Optimizer", "RAdam", "RMSprop",
    "Rprop", "lr_scheduler", "swa_utils",
]  # fmt: skip
_name_pages(globals(), "optim")


def __getattr__(name: str):
    if name == "swa_utils":  # needs modules, which an optimizer does not
        return importlib.import_module(f"{__name__}.swa_utils")
    raise missing("module 'torch.optim'", name)
