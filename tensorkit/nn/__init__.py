"""Networks: modules, layers, losses, their functions, and the initialisation of weights."""

from .module import Module
from .parameter import Buffer, Parameter

__all__ = ["Buffer", "Module", "Parameter"]
