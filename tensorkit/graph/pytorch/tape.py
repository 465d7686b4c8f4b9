"""PyTorch's graph as nodes of our tape: what `adopt` makes of a tensor of PyTorch's, and of those with names.

The graph behind a tensor is walked by `grad_fn.next_functions`, newest first, and read; then each of its nodes becomes
a `ForeignNode`, oldest first, with the operation that it is here, its operands, and the value that it had. Values come
from where they are: leaves, tensors with names, what PyTorch saved for its own backward pass, what `record()` noted.
What is nowhere is computed again from the leaves (`again.py`). Nothing of PyTorch's is changed, and nothing is freed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

import numpy as np

from ...ops.op import output
from ...storage import InferenceStorage, Storage
from ...tape import Meta, Node, Output, tick
from ...tensor import Tensor, storage_of, wrap
from .again import compute_again
from .arrays import array_of, kind_of
from .library import is_foreign
from .node import ForeignNode, ForeignOp, was_released
from .operands import Operands, foreign_operation
from .operations import PIECES, Read, arguments, counterpart, joined
from .recording import call_of

_OLDER = ForeignOp("…", "", (), lambda *arrays: None)


@dataclass(frozen=True)
class Adopted:
    """A tensor of PyTorch's as one of ours with the same history, the named tensors likewise, and what to say of it.

    `origins` are PyTorch's tensors by `id` of ours.
    """

    tensor: Tensor
    names: dict[str, Tensor]
    notes: tuple[str, ...]
    origins: dict[int, Any]


def adopt(
    tensor: Any, names: Mapping[str, Any] | None = None, limit: int | None = None, others: Iterable[Any] = ()
) -> Adopted:
    """A tensor of PyTorch's with its history, as ours: what every inspector begins with.

    names   tensors by what the notebook calls them; those that have no part in the history are left out
    limit   how many of its newest nodes are read; older ones are counted only
    others  tensors whose histories are wanted too
    """
    mirror = Mirror()
    named = {name: value for name, value in (names or {}).items() if is_foreign(value)}
    mirror.read([tensor, *others], named.values(), limit)
    found = {name: ours for name, value in named.items() if (ours := mirror.known_tensor(value)) is not None}
    return Adopted(mirror.tensor(tensor), found, tuple(mirror.notes), mirror.origins)


def adopt_value(tensor: Any) -> Tensor:
    """A tensor of PyTorch's without its history: its numbers, and what is said of its gradient."""
    return Mirror().tensor(tensor)


class Mirror:
    """Our tensors and nodes for PyTorch's, each made once."""

    def __init__(self) -> None:
        self.reads: dict[int, Read] = {}  # by id of PyTorch's node, oldest first once they are in order
        self.used: dict[int, list[int]] = {}  # which of its results are in use, by id of PyTorch's node
        self.uses: dict[int, int] = {}
        self.named: set[int] = set()
        self.made: dict[tuple[int, int], Node] = {}
        self.values: dict[tuple[int, int], Any] = {}
        self.released: dict[int, bool] = {}  # of nodes that saved something: was it freed?
        self.notes: list[str] = []
        self.overwritten: list[Tensor] = []  # leaves and constants that were written to after they were used
        self.origins: dict[int, Any] = {}
        self._ours: dict[int, Tensor] = {}
        self._alive: list[Any] = []  # so that the ids stay theirs

    # What PyTorch has

    def read(self, roots: list[Any], named: Iterable[Any], limit: int | None) -> None:
        """Walk the graphs behind `roots` and make our nodes for them; `named` have values to offer."""
        tensors = [*roots, *named]
        self._alive += tensors
        for root in roots:
            if root.grad_fn is not None:
                self._use(root.grad_fn, root.output_nr)
        newest = self._walk(roots)
        for each in tensors:
            if each.grad_fn is not None and id(each.grad_fn) in self.used:
                self.named.add(id(each.grad_fn))
                self.values[id(each.grad_fn), each.output_nr] = array_of(each)
        for theirs in newest[:limit]:
            self._look_into(theirs)
        kept = _in_order(newest[:limit][::-1])
        if len(kept) < len(newest):
            self._leave_out(newest[len(kept) :], kept)
        for theirs in kept:
            self._make(self.reads[id(theirs)])
        self._set_times(kept)
        self.notes += compute_again([self.made[id(theirs), nr] for theirs in kept for nr in self.used[id(theirs)]])
        for leaf in self.overwritten:
            storage_of(leaf).writes[:] = [tick()]

    def _set_times(self, kept: list[Any]) -> None:
        """If all operations were recorded, put them where they were on our clock, so that calls of modules can too."""
        calls = [self.reads[id(theirs)].call for theirs in kept]
        if any(call is None for call in calls):
            return
        for theirs, call in zip(kept, calls, strict=True):
            for number in self.used[id(theirs)]:
                place: Any = self.made[id(theirs), number]
                base: Any = place.node if isinstance(place, Output) else place
                base.time = call.times[0]
                place.time = call.times[min(1 + number, len(call.times) - 1)]

    def _use(self, theirs: Any, number: int) -> None:
        numbers = self.used.setdefault(id(theirs), [])
        if number not in numbers:
            numbers.append(number)
        self.uses[id(theirs)] = self.uses.get(id(theirs), 0) + 1

    def _walk(self, roots: list[Any]) -> list[Any]:
        """PyTorch's nodes behind the roots, newest first; the numbers that they were given tell the order."""
        heap: list[tuple[int, int, Any]] = []
        seen: set[int] = set()

        def wait(theirs: Any) -> None:
            if id(theirs) not in seen:
                seen.add(id(theirs))
                heappush(heap, (-theirs._sequence_nr(), len(seen), theirs))

        for root in roots:
            if root.grad_fn is not None:
                wait(root.grad_fn)
        found = []
        while heap:
            theirs = heappop(heap)[2]
            found.append(theirs)
            for edge, number in theirs.next_functions:
                if edge is not None and not is_leaf(edge):
                    self._use(edge, number)
                    wait(edge)
        self._alive += found
        return found

    def _look_into(self, theirs: Any) -> None:
        """Read a node: the values that it saved belong to the nodes that made them."""
        self.reads[id(theirs)] = Read(theirs, call_of(theirs))
        for name in saved_names(type(theirs)):
            try:
                value = getattr(theirs, name)
            except Exception as error:
                if was_released(error):
                    self.released[id(theirs)] = True
                elif "inplace" in str(error):
                    self._note_overwritten(theirs, name)
                continue
            if not is_foreign(value):
                continue
            self.released.setdefault(id(theirs), False)
            if value.grad_fn is not None and value.is_floating_point():
                self._alive += [value, value.grad_fn]
                self.values.setdefault((id(value.grad_fn), value.output_nr), array_of(value))

    def _note_overwritten(self, theirs: Any, name: str) -> None:
        """A saved operand was written to since: if it is a leaf, that is to be said of it."""
        for edge, _ in theirs.next_functions:
            if edge is not None and is_leaf(edge):
                self.overwritten.append(self.tensor(edge.variable))

    # What we make of it

    def tensor(self, theirs: Any) -> Tensor:
        """Our tensor for one of PyTorch's: with the node that was made for it, else a leaf or a constant."""
        known = self._ours.get(id(theirs))
        if known is not None:
            return known
        ours: Any = wrap(array_of(theirs))
        self._ours[id(theirs)], self.origins[id(ours)] = ours, theirs
        ours._requires_grad = bool(theirs.requires_grad)
        if theirs.grad_fn is not None:
            ours._node = self.made.get((id(theirs.grad_fn), theirs.output_nr)) or _unread(theirs)
            if theirs.retains_grad:
                ours._node.hooks = {"retain_grad": None}
        if theirs.is_inference():
            ours._storage = InferenceStorage()
        else:
            ours._storage = Storage()
            ours._storage.dropped = theirs._version
        if (theirs.is_leaf or theirs.retains_grad) and theirs.grad is not None:
            ours._grad = wrap(array_of(theirs.grad))
        return ours

    def known_tensor(self, theirs: Any) -> Tensor | None:
        """Our tensor for one with a name, if it has a part in what was read or its memory can be looked at."""
        if theirs.grad_fn is not None:
            return self.tensor(theirs) if (id(theirs.grad_fn), theirs.output_nr) in self.made else None
        if id(theirs) not in self._ours and theirs.device.type != "cpu":
            return None
        try:
            return self.tensor(theirs)
        except TypeError:  # a nested one: it can't be shown, but another one is asked for
            return None

    def _leave_out(self, older: list[Any], kept: list[Any]) -> None:
        """Make nodes that stand for the part that is not read: one for each that a kept one was made from."""
        edges = [edge for theirs in older for edge, _ in theirs.next_functions if edge is not None and is_leaf(edge)]
        left_out = {id(theirs) for theirs in older}
        border = {
            (id(edge), number): edge
            for theirs in kept
            for edge, number in theirs.next_functions
            if id(edge) in left_out
        }
        rest = ForeignNode()
        for age, ((place, number), theirs) in enumerate(border.items(), 1):
            node = self.made[place, number] = self._bare(theirs, number)
            node.op, node.parents, node.time = _OLDER, (rest,), -age  # older than all that were recorded
        rest.op, rest.extras, rest.places, rest.chain, rest.index = _OLDER, (), (), (), None
        rest.saved = rest.storage = rest.hooks = rest.released = None
        rest.parents = tuple({id(edge.variable): self.tensor(edge.variable) for edge in edges}.values())
        rest.out, rest.time, rest.behind = Meta((), np.dtype(np.float32)), -len(older) - 1, len(older) - len(border)

    def _make(self, read: Read) -> None:
        theirs, numbers = read.theirs, self.used[id(read.theirs)]
        if len(read.shapes) == 1 and read.name not in PIECES:
            for number in numbers:
                self.made[id(theirs), number] = self._node(read, number)
        else:
            base = self._node(read, None)
            for number in numbers:
                self.made[id(theirs), number] = output(base, number, self._out(theirs, number))

    def _node(self, read: Read, number: int | None) -> ForeignNode:
        """Our node for one of PyTorch's: ours by operation where we have it, else one that only PyTorch knows."""
        theirs, index = read.theirs, number or 0
        node = self._bare(theirs, number)
        op = counterpart(read.name)
        if op is not None and (number is not None or len(op.outputs) > 1 or read.name in PIECES):
            operands = Operands(self, op, read)
            shapes = [shape_of(parent) for parent in operands.parents]
            try:
                extras = arguments(op, read, shapes, index)
            except (RuntimeError, TypeError, ValueError):  # what it takes was freed, or is of another kind
                extras = None
            if extras is not None and operands.complete:
                node.op, node.extras = op, extras
                node.parents, node.places = tuple(operands.parents), tuple(operands.places)
                self._join(node)
                return node
        node.op, node.parents, node.places = foreign_operation(self, read)
        return node

    def _bare(self, theirs: Any, number: int | None) -> ForeignNode:
        node = ForeignNode()
        node.saved, node.extras, node.storage, node.hooks = None, (), None, None
        node.chain, node.index, node.places, node.behind = (theirs,), number, (), 1
        node.released = self.released.get(id(theirs))
        node.out = self._out(theirs, number or 0)
        node.time = tick()
        return node

    def _out(self, theirs: Any, number: int) -> Any:
        """What the node keeps of its result: the numbers if they are to be had, else shape and type."""
        like = theirs._input_metadata[number]
        shape, kind = tuple(like.shape), kind_of(like.dtype)
        value = self.values.get((id(theirs), number))
        if value is None:
            read = self.reads.get(id(theirs))
            results = read.call.results if read is not None and read.call is not None else ()
            value = results[number][1] if number < len(results) else None
        if value is None or np.shape(value) != shape:
            return Meta(shape, kind.numpy)
        return value if value.dtype == kind.numpy else value.astype(kind.numpy)

    def _join(self, node: ForeignNode) -> None:
        """Take nodes for one where PyTorch makes several for one expression: `x[0, 1]`, a reshape that copies."""
        parent: Any = node.parents[0] if node.parents else None
        if node.op.name == "view_index" and self._is_inner(parent) and parent.op.name == "view_index":
            inner, outer = parent.extras[0], node.extras[0]
            axes = sum(isinstance(part, slice) for part in inner)
            if len(outer) - 1 >= axes:  # otherwise it is `x[1:][0]`, an index into what the other left
                node.extras = ((*inner, *outer[axes:]), *parent.extras[1:])
                node.chain, node.parents = (*node.chain, *parent.chain), parent.parents
            return
        for names, op in joined():
            chain, inner = list(node.chain), node
            while len(chain) < len(names) and inner.parents and self._is_inner(inner.parents[0]):
                inner = inner.parents[0]
                chain += inner.chain
            if tuple(theirs.name() for theirs in reversed(chain)) == names and len(inner.parents) == 1:
                known = {"shape": tuple(node.shape), "x_shape": shape_of(inner.parents[0])}
                node.op, node.extras = op, tuple(known[name] for name in op.extras)
                node.chain, node.parents, node.places = tuple(chain), inner.parents, inner.places
                return

    def _is_inner(self, parent: Any) -> bool:
        """Can it be a step on the way to its only use: a node without a name that is used once?"""
        if not isinstance(parent, ForeignNode) or id(parent.chain[0]) in self.named:
            return False
        return self.uses[id(parent.chain[0])] == 1

    def parent(self, edge: Any, number: int) -> Any:
        """What stands on our tape for an edge of PyTorch's: a node, or a leaf."""
        return self.tensor(edge.variable) if is_leaf(edge) else self.made[id(edge), number]


def is_leaf(theirs: Any) -> bool:
    """Is it the end of PyTorch's graph at a leaf?"""
    return hasattr(theirs, "variable")


def shape_of(parent: Any) -> tuple[int, ...] | None:
    """The shape of an operand; () for a number, None where it is unknown."""
    if isinstance(parent, Tensor):
        return tuple(parent._array.shape)
    if isinstance(parent, Node):
        return tuple(parent.shape)
    return () if isinstance(parent, (bool, int, float, complex)) else None


_SAVED: dict[type, tuple[str, ...]] = {}


def saved_names(kind: type) -> tuple[str, ...]:
    """The attributes of a class of PyTorch's nodes that hold what was saved."""
    found = _SAVED.get(kind)
    if found is None:
        found = _SAVED[kind] = tuple(name for name in dir(kind) if name.startswith("_saved_"))
    return found


def _in_order(nodes: list[Any]) -> list[Any]:
    """Oldest first: by their numbers, unless threads gave numbers of their own; then operands before results."""
    place = {id(theirs): number for number, theirs in enumerate(nodes)}
    backwards = any(
        place.get(id(edge), -1) > number for number, theirs in enumerate(nodes) for edge, _ in theirs.next_functions
    )
    if not backwards:
        return nodes
    ordered, seen = [], set()
    for start in nodes:
        stack = [(start, iter(start.next_functions))] if id(start) not in seen else []
        seen.add(id(start))
        while stack:
            theirs, edges = stack[-1]
            following = next((edge for edge, _ in edges if edge is not None and id(edge) not in seen), None)
            if following is None:
                ordered.append(stack.pop()[0])
            elif is_leaf(following):
                seen.add(id(following))
            else:
                seen.add(id(following))
                stack.append((following, iter(following.next_functions)))
    return [theirs for theirs in ordered if id(theirs) in place]


def _unread(theirs: Any) -> ForeignNode:
    """A node for a tensor whose history was not asked for: its name is all that is known."""
    node = ForeignNode()
    node.op = ForeignOp("…", theirs.grad_fn.name(), (), lambda *arrays: None)
    node.parents = node.extras = node.places = ()
    node.saved = node.storage = node.hooks = None
    node.chain, node.index, node.released = (theirs.grad_fn,), theirs.output_nr, False
    node.out, node.time, node.behind = array_of(theirs), tick(), 1
    return node
