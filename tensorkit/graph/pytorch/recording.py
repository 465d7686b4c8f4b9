"""What PyTorch's graph does not keep, written down while it is computed: `with record(): …`.

PyTorch's graph has the values that derivatives need, and no others: of `x + 2` neither the 2 nor the result. Inside of
`record` each operation notes its arguments and its result, as tensorkit's tape always does: arguments that no gradient
flows into, and results of at most 1 KiB. The newest operations are kept. Not here: who reads it (`tape.py`).
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ...tape import KEEP_BYTES, tick
from .arrays import array_of
from .library import loaded

MOST = 20_000  # operations that are remembered

_CALLS: OrderedDict[int, Call] = OrderedDict()  # by the number of the node that PyTorch made for it
_MODES: list[type] = []


class Call:
    """One operation that PyTorch carried out: `function`, its arguments by name, its results.

    A tensor among the arguments stands there as a `Noted`; of a result the shape and, if it is small, the numbers are
    there. `times` are moments on our tape's clock: of the operation, and of each result.
    """

    __slots__ = ("function", "arguments", "results", "times")

    def __init__(self, function: Any, arguments: dict[str, Any], results: tuple[Any, ...]) -> None:
        self.function, self.arguments, self.results = function, arguments, results
        self.times = tuple(tick() for _ in range(1 + len(results)))

    @property
    def name(self) -> str:
        """`aten::add`, without what stands around it: `add`."""
        return str(self.function._schema.name).rpartition("::")[2].strip("_")


class Noted:
    """A tensor that was an argument: who it is, its numbers where nothing else keeps them, and its version then."""

    __slots__ = ("tensor", "array", "shape", "version", "differentiable")

    def __init__(self, tensor: Any) -> None:
        self.tensor = weakref.ref(tensor)
        self.differentiable = bool(tensor.requires_grad)
        self.version = -1 if tensor.is_inference() else tensor._version
        self.shape = tuple(tensor.shape)
        self.array = None if self.differentiable else small(tensor)


def small(tensor: Any) -> Any:
    """A copy of a tensor's numbers, if they are few enough to be kept; else None."""
    if tensor.numel() * tensor.element_size() > KEEP_BYTES:
        return None
    return array_of(tensor).copy()


@contextmanager
def record() -> Iterator[None]:
    """Inside of it PyTorch's operations are noted, so that its graphs can be shown with all their numbers.

    Costs some microseconds an operation. Without PyTorch it does nothing: tensorkit's tape has it all.

    >>> import tensorkit as torch
    >>> from tensorkit.graph import record
    >>> with record():
    ...     y = torch.ones(2) + 2
    """
    if loaded() is None:
        yield
        return
    with _mode():
        yield


def call_of(theirs: Any) -> Call | None:
    """What was noted when this node of PyTorch's was made; None where nothing was."""
    found = _CALLS.get(theirs._sequence_nr())
    if found is None:
        return None
    stem = theirs.name().rpartition("::")[2].partition("Backward")[0].lower()
    if not found.name.replace("_", "").startswith(stem) and not stem.startswith(found.name.replace("_", "")):
        return None  # another thread's, or of a Function of the learner's own
    shapes = [tuple(like.shape) for like in theirs._input_metadata]
    return found if not shapes or not found.results or shapes[0] == found.results[0][0] else None


def module_hooks(begins: Callable[[Any, Any], None], ended: Callable[..., None]) -> list[Any]:
    """Call these functions before and after each call of a module of PyTorch's; the handles take them away again."""
    torch = loaded()
    if torch is None:
        return []
    everywhere = torch.nn.modules.module
    return [
        everywhere.register_module_forward_pre_hook(begins),
        everywhere.register_module_forward_hook(ended, always_call=True),
    ]


def _mode() -> Any:
    """A new mode of PyTorch's dispatcher that notes what goes through it."""
    torch = loaded()
    if not _MODES:

        class Recorder(torch.utils._python_dispatch.TorchDispatchMode):  # type: ignore[misc, name-defined]
            def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                # A node is made, and gets its number, right before its operation comes by here.
                made = torch._C._autograd._get_sequence_nr() - 1
                given = kwargs or {}
                if func._schema.name.endswith("_") and made in _CALLS:
                    made -= 1  # one that writes in place first makes a copy of what its derivative needs
                new = torch.is_grad_enabled() and made not in _CALLS
                noted = _arguments(func, args, given, torch.Tensor) if new else {}
                result = func(*args, **given)
                if new:
                    _note(made, func, noted, result, torch.Tensor)
                return result

        _MODES.append(Recorder)
    return _MODES[0]()


def _arguments(function: Any, args: Any, kwargs: dict[str, Any], kind: type) -> dict[str, Any]:
    """The arguments by name, with their numbers as they are before the operation, which may write to them."""
    names = [argument.name for argument in function._schema.arguments]
    given = dict(zip(names, args, strict=False)) | kwargs
    return {name: _noted(value, kind) for name, value in given.items()}


def _note(made: int, function: Any, noted: dict[str, Any], result: Any, kind: Any) -> None:
    """Write an operation down, as the one that made node number `made`."""
    results = result if isinstance(result, (tuple, list)) else (result,)
    kept = tuple((tuple(each.shape), small(each)) for each in results if isinstance(each, kind))
    _CALLS[made] = Call(function, noted, kept)
    while len(_CALLS) > MOST:
        _CALLS.popitem(last=False)


def _noted(value: Any, kind: type) -> Any:
    if isinstance(value, kind):
        return Noted(value)
    if isinstance(value, (list, tuple)):
        return tuple(_noted(each, kind) for each in value)
    return value
