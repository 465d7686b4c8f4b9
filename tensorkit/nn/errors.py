"""Errors of modules, in PyTorch's words."""

from ..errors import hint
from ..tensor import Tensor

#: The hint for the mistake that everyone makes once.
CALL_SUPER = "call super().__init__() first thing in the module's __init__."


def typename(value) -> str:
    """The name of a value's type as PyTorch's messages give it."""
    if isinstance(value, Tensor):
        return value.type()
    cls = type(value)
    if cls.__module__ == "builtins":
        return cls.__qualname__
    return f"{cls.__module__.replace('tensorkit', 'torch', 1)}.{cls.__qualname__}"


def too_early(what: str) -> AttributeError:
    """The error for an assignment in an `__init__` that has not called its parent's yet."""
    return hint(AttributeError(f"cannot assign {what} before Module.__init__() call"), CALL_SUPER)


def not_assignable(value, what: str, name: str, wanted: str) -> TypeError:
    """The error for a value that cannot take the place of a parameter, module or buffer."""
    return TypeError(f"cannot assign '{typename(value)}' as {what} '{name}' ({wanted} or None expected)")
