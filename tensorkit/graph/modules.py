"""Which module computed which part of a graph: as recorded while it ran, or as its parameters' names tell afterwards.

Here: `module_calls`, a context in which every call of a module is noted with the times at which it began and ended,
and the two ways from a graph to modules: `recorded` and `told_by_parameters`. Outside of such a context modules run as
ever, nothing is noted and nothing is slower. Not here: what is made of it (`fold.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ..tape import tick
from .model import RESULT, Graph, GraphNode
from .pytorch import module_hooks

PARAMETER = re.compile(r"[^\W\d]\w*(\.\w+)+")  # `net.0.weight`: what `names_in` calls the parameters of a module


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """One call of a module: its dotted name, its class, and when it began and ended on the tape's clock.

    >>> import tensorkit as torch
    >>> net = torch.nn.ReLU()
    >>> with module_calls({"net": net}) as calls:
    ...     y = net(torch.ones(1))
    >>> calls[0].name, calls[0].kind
    ('net', 'ReLU')
    """

    name: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a graph: the ids of the operations of one call of a module."""

    label: str
    members: frozenset[str]


@contextmanager
def module_calls(namespace: Mapping[str, Any] | None = None) -> Iterator[list[ModuleCall]]:
    """Note which modules are called inside a `with` block, for `fold(…, "module", calls=…)`.

    namespace  what the notebook calls its modules; others are called by their class. It is read while the block runs
               and at its end, so that a module may get its name there

    Of PyTorch's modules it tells which operations are whose where these were noted too, inside of `record()`.

    >>> import tensorkit as torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh())
    >>> with module_calls({"net": net}) as calls:
    ...     y = net(torch.ones(1, 2))
    >>> [(call.name, call.kind) for call in calls]
    [('net.0', 'Linear'), ('net.1', 'Tanh'), ('net', 'Sequential')]
    """
    from ..nn.hooks import EVERYWHERE

    calls: list[ModuleCall] = []
    running: list[tuple[Any, str, int]] = []
    inner: dict[int, str] = {}  # the names of the modules below the outermost one that runs
    nameless: list[tuple[int, Any, str]] = []  # calls below a module without a name: their place, it, and its class

    def begins(module: Any, _: Any) -> None:
        kind = type(module).__name__
        if running:
            name = inner.get(id(module), f"{running[-1][1]}.{kind}")
        else:
            name = _name_of(module, namespace) or kind
            inner.clear()
            inner.update((id(below), f"{name}.{path}") for path, below in module.named_modules() if path)
        running.append((module, name, tick()))

    def ended(module: Any, *_: Any) -> None:
        while running:  # a call that raised before its hooks were reached ends with the one around it
            inside, name, start = running.pop()
            outer, known = running[0][:2] if running else (inside, name)
            if known == type(outer).__name__:
                nameless.append((len(calls), outer, known))
            calls.append(ModuleCall(name, type(inside).__name__, start, tick()))
            if inside is module:
                return

    handles = [EVERYWHERE.add("forward_pre", begins, first=True), EVERYWHERE.add("forward", ended, always=True)]
    handles += module_hooks(begins, ended)
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()
        for place, outer, known in nameless:
            if name := _name_of(outer, namespace):
                calls[place] = replace(calls[place], name=name + calls[place].name[len(known) :])


def _name_of(module: Any, namespace: Mapping[str, Any] | None) -> str | None:
    """What the notebook calls a module at this moment."""
    found = (name for name, value in (namespace or {}).items() if value is module and not name.startswith("_"))
    return next(found, None)


def recorded(graph: Graph, calls: Iterable[ModuleCall]) -> list[Part]:
    """The operations of each call that was noted: those whose time lies within the call's."""
    results = [(node.time, node.id) for node in graph.nodes if node.kind == RESULT and node.time is not None]
    ordered = sorted(calls, key=lambda call: (call.start, -call.end))
    labels = _numbered([call.name for call in ordered])
    return [
        Part(f"{label} ({call.kind})", frozenset(id for time, id in results if call.start < time < call.end))
        for call, label in zip(ordered, labels, strict=True)
    ]


def told_by_parameters(graph: Graph) -> list[Part]:
    """The operations that use a module's parameters, and those that lie between them: one part for each call.

    A parameter that is used again begins a new call. What a module computes before its first and after its last use of
    a parameter can't be told so and stays outside.
    """
    used: dict[str, list[tuple[str, str]]] = {}  # (operation, parameter) in order, by module
    for node in graph.nodes:
        for edge in graph.operands(node.id):
            name = parameter_name(graph.node(edge.source))
            parts = name.split(".") if name else []
            for length in range(1, len(parts)):
                used.setdefault(".".join(parts[:length]), []).append((node.id, edge.source))
    found: list[tuple[str, set[str]]] = []
    for module, uses in used.items():
        rounds: list[set[str]] = []
        met: set[str] = set()
        for operation, parameter in uses:
            if not rounds or parameter in met and operation not in rounds[-1]:
                rounds.append(set())
                met = set()
            met.add(parameter)
            rounds[-1].add(operation)
        labels = _numbered([module] * len(rounds))
        found += zip(labels, rounds, strict=True)
    return [Part(label, members) for label, members in _with_between(graph, found)]


def parameter_name(node: GraphNode) -> str | None:
    """`net.0.weight` where that is one of a tensor's names."""
    return next((name for name in (node.name, *node.aliases) if name and PARAMETER.fullmatch(name)), None)


def _with_between(graph: Graph, found: list[tuple[str, set[str]]]) -> list[tuple[str, frozenset[str]]]:
    """Each set of operations together with every operation on a way from one of them to another.

    All sets at once: a bit of an integer stands for a set.
    """
    own = dict.fromkeys((node.id for node in graph.nodes), 0)
    for bit, (_, members) in enumerate(found):
        for member in members:
            own[member] |= 1 << bit
    after, before = dict(own), dict(own)
    for node in graph.nodes:
        for edge in graph.operands(node.id):
            after[node.id] |= after[edge.source]
    for node in reversed(graph.nodes):
        for edge in graph.operands(node.id):
            before[edge.source] |= before[node.id]
    whole: list[set[str]] = [set() for _ in found]
    for node in graph.nodes:
        between = after[node.id] & before[node.id] if node.kind == RESULT else 0
        while between:
            lowest = between & -between
            whole[lowest.bit_length() - 1].add(node.id)
            between ^= lowest
    return [(label, frozenset(members)) for (label, _), members in zip(found, whole, strict=True)]


def _numbered(names: list[str]) -> list[str]:
    """`cell, call 2` where a name comes more than once."""
    total, seen = Counter(names), Counter[str]()
    out = []
    for name in names:
        seen[name] += 1
        out.append(name if total[name] == 1 else f"{name}, call {seen[name]}")
    return out
