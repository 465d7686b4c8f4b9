"""The operands of PyTorch's nodes: which edge belongs to which, and what the ones without an edge were.

PyTorch's graph has an edge for each operand that a gradient flows to, and nothing for the others. Those are looked for
among the values that the node saved and among what `record()` noted; else a `NotKept` stands for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...tensor import Tensor, wrap
from .arrays import array_of
from .library import is_foreign, loaded
from .node import ForeignOp, NotKept
from .operations import OPERANDS, SPELLINGS, Read, snake

if TYPE_CHECKING:
    from .tape import Mirror

_UNKNOWN = object()


class Operands:
    """The operands of one of our operations, found at one of PyTorch's nodes.

    `parents` as they stand on the tape, `places` the number of the edge for each, None where there is none; `complete`
    unless one that the operation can't do without is nowhere.
    """

    def __init__(self, mirror: Mirror, op: Any, read: Read) -> None:
        self.mirror, self.op, self.read = mirror, op, read
        self.edges = read.theirs.next_functions
        self.complete = True
        count = len(self.edges) if op.variadic else len(op.operands)
        self.places: list[int | None] = list(range(count)) if op.variadic else self._places()
        self.parents = [self._parent(slot) for slot in range(count)]
        if read.name.startswith("NllLoss"):
            self._add_classes()

    def _places(self) -> list[int | None]:
        """The edges belong to the operands with a derivative, in order."""
        if self.read.name == "PowBackward2":  # a number to the power of a tensor
            return [None, 0]
        places: list[int | None] = []
        for rule in self.op.rules:
            number = len([place for place in places if place is not None])
            places.append(number if rule is not None and number < len(self.edges) else None)
        return places

    def _parent(self, slot: int) -> Any:
        place = self.places[slot]
        edge, number = self.edges[place] if place is not None else (None, 0)
        if edge is not None:
            return self.mirror.parent(edge, number)
        self.places[slot] = None
        found = self._constant(slot)
        return NotKept() if found is _UNKNOWN else found

    def _constant(self, slot: int) -> Any:
        """An operand without an edge."""
        if self.op.variadic:
            noted = self._noted("tensors")
            return constant_of(self.mirror, noted[slot]) if isinstance(noted, tuple) else _UNKNOWN
        ours = self.op.operands[slot]
        special = OPERANDS.get(self.read.name, {}).get(ours)
        names = (special,) if special else (ours, *SPELLINGS.get(ours, ()))
        for name in names:
            noted = self._noted(name)
            if noted is not _UNKNOWN:
                return constant_of(self.mirror, noted)
        for name in names:
            if hasattr(type(self.read.theirs), f"_saved_{name}"):
                return self._saved(name)
        return None if ours in ("weight", "bias", "pos_weight") else _UNKNOWN

    def _noted(self, name: str) -> Any:
        call = self.read.call
        return _UNKNOWN if call is None else call.arguments.get(name, _UNKNOWN)

    def _saved(self, name: str) -> Any:
        try:
            value = getattr(self.read.theirs, f"_saved_{name}")
        except RuntimeError:
            return _UNKNOWN
        if not is_foreign(value):
            # None may stand for "not there" and for "not needed for a derivative".
            return _UNKNOWN if value is None and name in ("self", "other") else value
        return value.item() if _is_number(value, self.read) else self.mirror.tensor(value)

    def _add_classes(self) -> None:
        """The targets of a loss over classes as ours takes them, with a weight for each."""
        found = self.parents[1]
        x = self.parents[0]
        if not isinstance(found, Tensor):
            self.complete = False
            return
        y = np.asarray(found._array)
        ignored = self.read.saved("ignore_index", -100)
        kept = y != ignored
        given = self.read.saved("weight")
        kind = x._array.dtype if isinstance(x, Tensor) else x.dtype
        if given is None and y.ndim == 1 and len(x.shape) == 2 and kept.all() and not 0 <= ignored < x.shape[1]:
            self.parents[1:] = [wrap(y), None]
            return
        y = np.where(kept, y, 0)
        weights = kept.astype(kind) if given is None else kept.astype(kind) * np.asarray(given)[y]
        self.parents[1:] = [wrap(y), wrap(weights)]


def constant_of(mirror: Mirror, noted: Any) -> Any:
    """An argument that was noted, as it stands on the tape: a number, a tensor of ours, or what isn't kept."""
    if not hasattr(noted, "version"):
        return noted
    alive = noted.tensor()
    if alive is not None and not noted.differentiable:
        ours = mirror.tensor(alive)
        if noted.version >= 0 and not alive.is_inference() and alive._version > noted.version:
            mirror.overwritten.append(ours)
        return ours
    if noted.array is None:
        return NotKept()
    array = np.asarray(noted.array)
    return array.item() if not array.ndim else wrap(array)


def foreign_operation(mirror: Mirror, read: Read) -> tuple[ForeignOp, tuple[Any, ...], tuple[int | None, ...]]:
    """An operation that only PyTorch knows, its operands that have an edge, and the edges' numbers."""
    edges = [(place, *edge) for place, edge in enumerate(read.theirs.next_functions) if edge[0] is not None]
    parents = tuple(mirror.parent(edge, number) for _, edge, number in edges)
    name = stem = read.name.partition("Backward")[0] or read.name
    if callable(read.theirs):  # not a Function of the learner's own, which keeps its name
        name = snake(stem)
    names, forward, run = _again(read, len(edges))
    op = ForeignOp(name, read.theirs.name(), names, forward, run)
    op.own = not callable(read.theirs)
    return op, parents, tuple(place for place, _, _ in edges)


def _again(read: Read, count: int) -> tuple[tuple[str, ...], Callable[..., Any], Any]:
    """The operands' names, and how to carry the operation out again, on arrays and on PyTorch's tensors.

    That is known if its call was recorded.
    """
    call = read.call
    flowing = [] if call is None else [name for name, each in call.arguments.items() if _flows(each)]
    if call is None or len(flowing) != count:

        def unknown(*arrays: Any) -> Any:
            raise ValueError(
                f"{read.name} is known to PyTorch alone: compute inside of `with tensorkit.graph.record():`"
            )

        return tuple(f"argument {place + 1}" for place in range(count)), unknown, None

    def run(operands: list[Any]) -> Any:
        given = iter(operands)
        wide = operands[0].dtype if operands[0].is_floating_point() else None
        arguments = {
            name: next(given) if name in flowing else _value(each, wide) for name, each in call.arguments.items()
        }
        return call.function(**arguments)

    def forward(*arrays: Any) -> Any:
        torch = loaded()
        with torch.no_grad():
            result = run([torch.from_numpy(np.array(array)) for array in arrays])
        results = result if isinstance(result, (tuple, list)) else (result,)
        made = tuple(array_of(each) for each in results if is_foreign(each))
        return made if len(made) > 1 else made[0]

    return tuple(flowing), forward, run


def _flows(argument: Any) -> bool:
    return hasattr(argument, "version") and argument.differentiable


def _value(argument: Any, dtype: Any) -> Any:
    """An argument that no gradient flows into, floating-point ones in the operands' type."""
    if isinstance(argument, tuple):
        return [_value(each, dtype) for each in argument]
    if not hasattr(argument, "version"):
        return argument
    alive = argument.tensor()
    if argument.array is None and alive is None:
        raise ValueError("a large argument is gone: keep it in a variable")
    value = loaded().from_numpy(np.array(argument.array)) if argument.array is not None else alive.detach()
    return value.to(dtype) if dtype is not None and value.is_floating_point() else value


def _is_number(saved: Any, read: Read) -> bool:
    """Did a Python number stand there? PyTorch saves it as a tensor without dimensions, of the widest type."""
    torch = loaded()
    wide = saved.dtype in (torch.int64, torch.float64, torch.bool, torch.complex128)
    return bool(saved.ndim == 0 and wide and not saved.requires_grad and read.name[:3] in ("Mul", "Div", "Rem", "Fmo"))
