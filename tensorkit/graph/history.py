"""Which part of the tape belongs to a tensor, what its values were, and what flows back through it.

Here: `collect` walks from the root to older nodes, newest first, up to a limit; `gradients` walks the same nodes with
the library's own rules. Neither recurses, writes to a tensor or a node, nor frees what a later backward pass needs.
Not here: names, texts and records, which `trace.py` makes of what is found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, cast

import numpy as np

from .. import dtypes
from ..array_modules import beside, move_like
from ..ops.broadcast import sum_to
from ..ops.cast import to_dtype
from ..tape import RELEASED as RELEASED_ERROR
from ..tape import Node, Output, no_grad
from ..tensor import Tensor, wrap
from .pytorch.node import ForeignNode, NotKept

RELEASED = (
    "the backward pass has released what its rule needs: draw the graph before backward(), or use retain_graph=True"
)


@dataclass
class History:
    """The tape behind a root. `nodes` are the ones that are kept, newest first; an operation with several outputs
    stands in it once for each output in use. `cut` are kept nodes' operands that were left out."""

    root: Any
    nodes: list[Node] = field(default_factory=list)
    cut: set[int] = field(default_factory=set)
    omitted: int = 0
    used_outside: set[int] = field(default_factory=set)
    arrays: dict[int, Any] = field(default_factory=dict)


@dataclass
class Flow:
    """Gradients by `id` of node or leaf; each use's share by (id of the result, operand); reasons where unknown."""

    gradients: dict[int, Any] = field(default_factory=dict)
    shares: dict[tuple[int, int], Any] = field(default_factory=dict)
    summed: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    locals: dict[tuple[int, int], float] = field(default_factory=dict)
    unknown: dict[int, str] = field(default_factory=dict)


def operation(node: Node) -> Node:
    """The node that carries the operation, rules and operands: for one of several outputs the one behind it."""
    return node.node if isinstance(node, Output) else node


def is_released(node: Node) -> bool | None:
    """Has a backward pass gone through and freed what the node's rules need? None where that leaves no trace."""
    base = operation(node)
    if isinstance(base, ForeignNode):
        return base.released
    return base.saved is None if base.op.saves else None


def was_released(root: Node | None) -> bool | None:
    """Has a backward pass gone through any part of a history? None where that leaves no trace."""
    states = [is_released(node) for node in nodes_of(root)]
    return any(states) if any(state is not None for state in states) else None


def leads_to(node: Node, place: Any, start: int) -> bool:
    """Was a node's result computed from what stands at `place`, a node no older than `start` or a leaf?"""
    return any(each is place or any(parent is place for parent in each.parents) for each in nodes_of(node, start))


def is_written_since(storage: Any, time: int) -> bool:
    """Was this memory written to in place after that time?"""
    return storage is not None and bool(storage.writes) and storage.writes[-1] > time


def nodes_of(root: Node | None, start: int = 0) -> list[Node]:
    """The nodes of a history, no older than `start`."""
    if root is None:
        return []
    seen, waiting, found = {id(root)}, [root], []
    while waiting:
        node = waiting.pop()
        found.append(node)
        for parent in node.parents:
            if isinstance(parent, Node) and id(parent) not in seen and parent.time >= start:
                seen.add(id(parent))
                waiting.append(parent)
    return found


def collect(root: Tensor, named: Iterable[Tensor], limit: int) -> History:
    """The newest part of the root's history, at most about `limit` tensors and numbers; the rest is counted."""
    history = History(root)
    if root._node is None:
        return history
    heap = [(-root._node.time, root._node)]
    seen = {id(root._node)}
    budget = limit
    rest: list[Node] = []
    while heap and budget > 0:
        _, node = heappop(heap)
        history.nodes.append(node)
        budget -= 1
        for parent in operation(node).parents:
            if id(parent) in seen or id(parent) in history.cut:
                continue
            if isinstance(parent, Node):
                seen.add(id(parent))
                heappush(heap, (-parent.time, parent))
            elif budget > 0:
                budget -= 1
                if isinstance(parent, Tensor):
                    seen.add(id(parent))
            elif isinstance(parent, Tensor):
                history.cut.add(id(parent))
    rest = [node for _, node in heap]
    history.cut.update(id(node) for node in rest)
    _count_rest(history, rest, seen)
    _find_arrays(history, named)
    return history


def _count_rest(history: History, rest: list[Node], seen: set[int]) -> None:
    counted = set()
    while rest:
        node = rest.pop()
        if not isinstance(node, Output):
            history.omitted += node.behind if isinstance(node, ForeignNode) else 1
        for parent in node.parents:
            if isinstance(parent, Node):
                if id(parent) not in seen:
                    seen.add(id(parent))
                    rest.append(parent)
            elif isinstance(parent, Tensor) and id(parent) not in counted:
                counted.add(id(parent))
    history.used_outside = counted


def _find_arrays(history: History, named: Iterable[Tensor]) -> None:
    """The value of every kept node that is still to be had: on the node, in a named tensor, or saved for a rule."""
    kept = {id(node): node for node in history.nodes}

    def offer(tensor: Tensor) -> None:
        node = tensor._node
        if node is not None and id(node) in kept and id(node) not in history.arrays:
            fits = tensor._array.shape == node.shape
            if fits and not is_written_since(tensor._storage, node.time):
                history.arrays[id(node)] = tensor._array

    def offer_out(node: Node, array: np.ndarray) -> None:
        if not is_written_since(node.storage, node.time):
            history.arrays[id(node)] = array

    for node in history.nodes:
        if node.value is not None:
            offer_out(node, node.value)
    offer(history.root)
    for tensor in named:
        offer(tensor)
    for node in history.nodes:
        op, saved = operation(node).op, operation(node).saved
        for name, value in zip(getattr(op, "saves", ()), saved or (), strict=False):
            if isinstance(value, Tensor):
                offer(value)
            elif name == "out" == op.outputs[0] and isinstance(value, np.ndarray) and id(node) not in history.arrays:
                offer_out(node, value)


def gradients(history: History) -> Flow:
    """d root / d node for every kept node and its leaves, as arrays; of the root's sum where it is no scalar."""
    flow = Flow()
    root = history.root._node
    if root is None or root.dtype.kind == "c":
        return flow
    with no_grad(), beside(history.root._array):
        _walk(history, flow)
    return flow


def _walk(history: History, flow: Flow) -> None:
    root = history.root._node
    ones = move_like(np.ones(root.shape, root.dtype)[()], history.root._array)
    pending: dict[int, Any] = {id(root): wrap(ones)}
    for base, nodes in _by_operation(history.nodes):
        if any(id(node) in flow.unknown for node in nodes):
            _lose(base, flow, next(flow.unknown[id(node)] for node in nodes if id(node) in flow.unknown))
            continue
        arrived = [pending.get(id(node)) for node in nodes]
        for node, g in zip(nodes, arrived, strict=True):
            if g is not None:
                flow.gradients[id(node)] = g._array
        if all(g is None for g in arrived):
            continue
        for together, g in _parts(base, nodes, arrived):
            _send_back(history, flow, pending, base, together, g)
    for parent, g in pending.items():
        if parent not in flow.unknown:
            flow.gradients.setdefault(parent, g._array)


def _parts(base: Node, nodes: list[Node], arrived: list[Any]) -> list[tuple[list[Node], Any]]:
    """What a node's rules are given: a gradient, or for several outputs lists of them. Rules are linear in these, so
    that each output's part can be told: it is what they give for its gradient alone. A user's need not be."""
    if not isinstance(nodes[0], Output):
        return [(nodes, arrived[0])]
    there = [(node, g) for node, g in zip(nodes, arrived, strict=True) if g is not None]
    if isinstance(base, ForeignNode) or base.op.whole is None:
        return [([node], [None] * node.index + [g]) for node, g in there]
    gradients: list[Any] = [None] * (max(node.index for node in nodes) + 1)
    for node, g in there:
        gradients[node.index] = g
    return [(nodes, gradients)]


def _send_back(history: History, flow: Flow, pending: dict[int, Any], base: Node, nodes: list[Node], g: Any) -> None:
    """Let the operands of an operation have their shares of the gradient of its results."""
    # PyTorch's nodes send back PyTorch's gradients, unless it has freed what they need and ours can do without.
    theirs = isinstance(base, ForeignNode) and (not base.released or base.op.whole is not None)
    ready = base if theirs else _ready(base, history)
    given: dict[int, Any] = {}
    for i, parent in enumerate(base.parents):
        if not _wants(base, i) or id(parent) in history.cut or id(parent) in flow.unknown:
            continue
        reason = RELEASED if ready is None else None
        share = None
        try:
            if theirs:
                given = given or cast(ForeignNode, base).shares(g)
                share = given.get(i)
            elif base.op.whole is not None:
                given = given or _all_shares(base, g)
                share = given.get(i)
            elif ready is not None:
                share = _share(ready, i, g)
        except RuntimeError as error:  # something it needs was written to in place, or is gone
            reason = RELEASED if str(error) == RELEASED_ERROR else str(error).splitlines()[0].split(":")[0]
        if reason is not None:
            flow.unknown[id(parent)] = reason
        elif share is not None:
            _send(history, flow, pending, nodes, i, parent, share, ready or base)


def _share(node: Node, i: int, g: Any) -> Any:
    """What rule `i` gives. Rules are written for real numbers; of a complex gradient the conjugates go in and out."""
    if isinstance(g, list) or g._array.dtype.kind != "c":
        return node.op.vjp(node, i, g)
    share = node.op.vjp(node, i, g.conj())
    return None if share is None else share.conj()


def _all_shares(node: Node, g: Any) -> dict[int, Any]:
    """What the one rule of a user's operation gives to its operands, by their places."""
    shares: dict[int, Any] = {}
    for operand, share in node.op.whole(node, g):
        place = next(i for i, parent in enumerate(node.parents) if parent is operand and i not in shares)
        shares[place] = share
    return shares


def _send(
    history: History,
    flow: Flow,
    pending: dict[int, Any],
    nodes: list[Node],
    i: int,
    parent: Any,
    share: Any,
    base: Node,
) -> None:
    like = parent.out if isinstance(parent, Node) else parent._array
    before = share._array.shape
    ready: Node | None = base
    if isinstance(base, ForeignNode):
        before, ready = base.spread(i, like.shape), _ready(base, history)
    if share._array.shape != like.shape:
        share = sum_to(share, like.shape)
    if share._array.dtype != like.dtype:
        share = to_dtype(share, dtypes.from_numpy(like.dtype))
    waiting = pending.get(id(parent))
    pending[id(parent)] = share if waiting is None else waiting + share
    if len(nodes) == 1:
        use = (id(nodes[0]), i)
        flow.shares[use] = share._array
        flow.summed[use] = _summed_axes(before, like.shape)
        scalars = not before and not like.shape and not nodes[0].shape and not isinstance(nodes[0], Output)
        if scalars and ready is not None and ready.op.whole is None and nodes[0].dtype.kind == like.dtype.kind == "f":
            one = wrap(np.ones((), nodes[0].dtype)[()])
            flow.locals[use] = float(ready.op.vjp(ready, i, one)._array)


def _by_operation(nodes: list[Node]) -> Iterable[tuple[Node, list[Node]]]:
    """Operations newest first, each with those of its outputs that are in use. An operation comes after all of its
    outputs' users, because it is older than its outputs are."""
    outputs: dict[int, list[Node]] = {}
    for node in nodes:
        outputs.setdefault(id(operation(node)), []).append(node)
    bases = {id(operation(node)): operation(node) for node in nodes}
    for base in sorted(bases.values(), key=lambda base: -base.time):
        yield base, outputs[id(base)]


def _lose(base: Node, flow: Flow, reason: str) -> None:
    """Where a node's gradient isn't known, those of its operands aren't either."""
    for i, parent in enumerate(base.parents):
        if _wants(base, i):
            flow.unknown.setdefault(id(parent), reason)


def _wants(base: Node, i: int) -> bool:
    parent = base.parents[i]
    if not isinstance(parent, Node) and not (isinstance(parent, Tensor) and parent._requires_grad):
        return False
    rules = base.op.rules
    if base.op.whole is not None:
        return True
    return bool(rules) and rules[0 if base.op.variadic else i] is not None


def _ready(base: Node, history: History) -> Node | None:
    """The node with what its rules need: itself, or where that was released a stand-in made from kept values."""
    if base.saved is not None or not base.op.saves:
        return base
    op = base.op
    if op.variadic:
        return None
    operands = [_operand(parent, history) for parent in base.parents]
    values = dict(zip(op.operands, operands, strict=False))
    outputs = [name for name in op.saves if name in op.outputs]
    own = history.arrays.get(id(base))
    if own is not None and op.outputs == ("out",):
        values["out"] = own
    elif outputs:
        if any(operand is None for operand in operands):
            return None
        arrays = [operand._array if isinstance(operand, Tensor) else operand for operand in operands]
        extras = base.extras[: len(base.extras) - len(op.shapes)]
        made = op.forward(*arrays, *extras)
        values.update(zip(op.outputs, made if type(made) is tuple else (made,), strict=True))
    saved = tuple(values.get(name) for name in op.saves)
    if any(value is None for value in saved):
        return None
    stand_in: Any = Node()
    for name in ("op", "parents", "extras", "time", "out", "storage"):
        setattr(stand_in, name, getattr(base, name))
    stand_in.saved, stand_in.hooks = saved, None
    return stand_in


def _operand(parent: Any, history: History) -> Any:
    """An operand's value, as a constant tensor where a node made it; None where it is gone."""
    if isinstance(parent, NotKept):
        return parent.value
    if not isinstance(parent, Node):
        return parent
    array = history.arrays.get(id(parent), parent.value)
    if array is None or is_written_since(parent.storage, parent.time):
        return None
    return wrap(array)


def _summed_axes(wide: tuple[int, ...], narrow: tuple[int, ...]) -> tuple[int, ...]:
    extra = len(wide) - len(narrow)
    ones = [extra + axis for axis, length in enumerate(narrow) if length == 1 and wide[extra + axis] != 1]
    return (*range(extra), *ones)
