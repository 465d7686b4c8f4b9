"""Errors of modules, in PyTorch's words."""

from collections.abc import Callable
from types import FunctionType

from ..errors import hint
from ..tensor import Tensor

#: The hint for the mistake that everyone makes once.
CALL_SUPER = "call super().__init__() first thing in the module's __init__."


#: How the names of modules begin, here and in PyTorch; a name that ends in no dot stands for all of them.
_HOMES = (
    ("tensorkit.nn.functional", "torch.nn.functional"),
    ("tensorkit.nn.", "torch.nn.modules."),
    ("tensorkit.ops.", "torch._VariableFunctionsClass"),
    ("tensorkit.", "torch."),
)


def typename(value) -> str:
    """The name of a value's type as PyTorch's messages give it."""
    if isinstance(value, Tensor):
        return value.type()
    named = value if hasattr(value, "__qualname__") else type(value)  # a function or a class has a name of its own
    home = getattr(named, "__module__", None) or "builtins"
    for ours, theirs in _HOMES:
        if home.startswith(ours):
            home = theirs + (home.removeprefix(ours).replace("containers", "container") if theirs[-1] == "." else "")
            break
    return named.__qualname__ if home == "builtins" else f"{home}.{named.__qualname__}"


def renamed(function: FunctionType, name: str) -> FunctionType:
    """The same function under another qualified name, which is what Python's own errors call it by."""
    twin = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    twin.__doc__, twin.__annotations__ = function.__doc__, function.__annotations__
    twin.__kwdefaults__, twin.__module__, twin.__qualname__ = function.__kwdefaults__, function.__module__, name
    return twin


def own(*names: str) -> Callable[[type], type]:
    """Decorate a class: it owns these methods that it inherits, so that wrong calls are told in its name."""

    def give(cls):
        for name in names:
            setattr(cls, name, renamed(getattr(cls, name), f"{cls.__name__}.{name}"))
        return cls

    return give


def too_early(what: str) -> AttributeError:
    """The error for an assignment in an `__init__` that has not called its parent's yet."""
    return hint(AttributeError(f"cannot assign {what} before Module.__init__() call"), CALL_SUPER)


def not_assignable(value, what: str, name: str, wanted: str) -> TypeError:
    """The error for a value that cannot take the place of a parameter, module or buffer."""
    return TypeError(f"cannot assign '{typename(value)}' as {what} '{name}' ({wanted} or None expected)")
