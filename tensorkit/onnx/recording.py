"""One run of a model with everything noted: which operations it carried out, in which module, on what.

The tape does most of it.  Two things are added while a model is recorded: whole numbers and truth values are noted as
floats are (the tape leaves them out, nothing flows back through them), and each operation is told which module it
belongs to.  `numbers.py` compares two recordings, `graph.py` writes them down.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import tape
from ..nn.functional import sparse
from ..nn.hooks import EVERYWHERE
from ..ops import declare
from ..ops.op import REGISTRY, Op
from ..ops.publish import FUNCTIONS
from ..tape import Node, Output, enable_grad, record
from ..tensor import Tensor, memory, wrap

#: The operation that an input stands for; so inputs are no leaves, and may be written to.
INPUT = Op(lambda x: x, (None,), name="input")

_alone = threading.Lock()


@dataclass
class Recording:
    """What one run of a model left behind.

    inputs   the nodes of the inputs
    outputs  the tensors that came out
    nodes    the operations behind them, oldest first
    owners   the module that each belongs to, by id of the node
    indices  the tensors behind the arrays by which tables were indexed, by id of the array
    kept     what must live as long as ids are looked up
    """

    inputs: list[Node]
    outputs: list[Tensor] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    owners: dict[int, tuple[str, str]] = field(default_factory=dict)
    indices: dict[int, Tensor] = field(default_factory=dict)
    kept: list[Any] = field(default_factory=list)


def run(model: Any, arrays: list[np.ndarray], call: Callable[[list[Tensor]], Any]) -> Recording:
    """Carry out `call` on inputs with the values of `arrays`, and note what happens."""
    inputs = [_input(array) for array in arrays]
    found = Recording([each._node for each in inputs])
    found.kept.extend(inputs)
    with _alone, enable_grad(), _everything_recorded(), _indices_noted(found), _owners_noted(model, found):
        result = call(inputs)
    found.outputs = tensors_in(result)
    found.nodes = _operations(found)
    return found


def tensors_in(value: Any) -> list[Tensor]:
    """All tensors in a nest of tuples, lists and dictionaries, in order."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [tensor for each in value for tensor in tensors_in(each)] if isinstance(value, (tuple, list)) else []


def _input(array: np.ndarray) -> Tensor:
    tensor = wrap(np.array(array))
    tensor._node = record(INPUT, (), (), (), tensor._array)
    tensor._requires_grad = True
    return tensor


def _operations(found: Recording) -> list[Node]:
    """The operations that the outputs were computed by, oldest first."""
    inputs = {id(node) for node in found.inputs}
    waiting = [tensor._node for tensor in found.outputs if tensor._node is not None]
    seen: dict[int, Node] = {}
    while waiting:
        place = waiting.pop()
        node = place.node if isinstance(place, Output) else place
        if id(node) in seen or id(node) in inputs:
            continue
        seen[id(node)] = node
        behind = [found.indices[id(each)] for each in node.extras if id(each) in found.indices]
        behind += [each[0] for each in dict(zip(node.op.extras, node.extras, strict=False)).get("watched", ())]
        waiting += [parent for parent in node.parents if isinstance(parent, Node)]
        waiting += [tensor._node for tensor in behind if tensor._node is not None]
    return sorted(seen.values(), key=lambda node: node.time)


# What is switched while a model runs


@contextmanager
def _everything_recorded() -> Iterator[None]:
    """Operations on whole numbers and truth values, and those without derivative, leave nodes too."""
    with ExitStack() as undo:
        for op in REGISTRY.values():
            if not op.differentiable:
                op.differentiable = True
                undo.callback(setattr, op, "differentiable", False)
                for switch in _switches(op):
                    switch.cell_contents = True
                    undo.callback(setattr, switch, "cell_contents", False)
        undo.callback(setattr, declare, "recorded", declare.recorded)
        declare.recorded = _recorded
        yield


def _switches(op: Op) -> Iterator[Any]:
    """Where the functions of an elementwise operation look up whether it is recorded."""
    for call in {op.function, FUNCTIONS.get(op.name)} - {None}:
        free = _free(call)
        if "apply" in free:
            free = _free(free["apply"].cell_contents)
        if "differentiable" in free:
            yield free["differentiable"]


def _free(function: Any) -> dict[str, Any]:
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))


_plainly_recorded = declare.recorded


def _recorded(op: Op, given: tuple, extras: tuple, results: Any, wants: int) -> Any:
    """As `ops.declare.recorded`, for results of every type."""
    if type(results) is tuple or results.dtype.kind in "fcV":
        return _plainly_recorded(op, given, extras, results, wants)
    tensor = wrap(results)
    parents = tuple([(each._node or each) if isinstance(each, Tensor) else each for each in given])
    shapes = tuple([given[i]._array.shape if isinstance(given[i], Tensor) else () for i in op.shapes])
    tensor._node = record(op, parents, (), extras + shapes, results)
    tensor._requires_grad = True
    return tensor


@contextmanager
def _indices_noted(found: Recording) -> Iterator[None]:
    """Tables are looked up by arrays: note which tensor each belongs to."""
    plain = sparse._index_of

    def noted(input: Tensor, name: str) -> Any:
        plain(input, name)
        array = memory(input)[...]  # an object of its own, for views share theirs
        found.indices[id(array)] = input
        found.kept.append(array)
        return array

    sparse._index_of = noted
    try:
        yield
    finally:
        sparse._index_of = plain


@contextmanager
def _owners_noted(model: Any, found: Recording) -> Iterator[None]:
    """Each node goes to the innermost module that runs."""
    names = {id(module): name for name, module in model.named_modules()}
    running: list[tuple[str, str]] = []

    def enter(module: Any, args: Any) -> None:
        running.append((names.get(id(module), ""), type(module).__name__))

    def leave(module: Any, args: Any, result: Any) -> None:
        running.pop()

    def watch(node: Node) -> None:
        found.kept.append(node)
        if running:
            found.owners[id(node)] = running[-1]

    before = EVERYWHERE.add("forward_pre", enter, first=True)
    after = EVERYWHERE.add("forward", leave, always=True)
    tape.watchers.append(watch)
    try:
        yield
    finally:
        before.remove()
        after.remove()
        tape.watchers.remove(watch)
