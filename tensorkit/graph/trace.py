"""From a tensor to a `Graph`: the tape behind it as plain records.

Here: `trace`. It puts together what `history.py` finds (nodes, values, gradients), `expressions.py` calls it and
`rules.py` reads of its derivatives. Everything is copied or written down; the tensors stay as they are.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from .. import dtypes
from ..array_modules import on_host
from ..storage import InferenceStorage
from ..tape import Node, Output
from ..tensor import Tensor, wrap
from .describe import clean
from .expressions import Expression, expression_of, extra_arguments, op_name, operand_expression, symbol_of
from .history import Flow, History, collect, gradients, is_written_since, operation
from .model import CONSTANT, LEAF, OMITTED, RESULT, Edge, Graph, GraphNode, Snapshot
from .plain import Word
from .pytorch import adopt, is_foreign
from .pytorch.node import ForeignNode, NotKept
from .rules import local_derivative, rule_expression, text
from .snapshots import number, snapshot

LIMIT = 300
NOT_KEPT = "PyTorch does not keep it, since no gradient flows into it. `with tensorkit.graph.record():` notes it."
UNREAD = "PyTorch does not keep its value, since no derivative needs it. `with tensorkit.graph.record():` notes it."
OVERWRITTEN = "Its value is gone: it was written to in place since."
TOO_LARGE = "Its value was not kept: it is larger than 1 KiB and has no name."
READ_OFF = "PyTorch does not keep it: it was read off from the result."


def trace(tensor: Tensor, names: Mapping[str, Tensor] | None = None, limit: int = LIMIT) -> Graph:
    """The history of `tensor`: every tensor and number that it was computed from, and by what.

    tensor  any tensor; of one without history the graph has one node
    names   what the notebook calls its tensors; values that are no tensors are passed over. Results without a name
            are called by their expression, `x - 3`
    limit   how many tensors and numbers at most; of a larger history the newest part is shown, and the rest counted

    Gradients are computed for the picture alone: `.grad` is neither read for them nor written, and nothing is freed.
    Where `tensor` is not a scalar they are the gradients of its sum. TypeError for anything but a tensor.

    >>> import tensorkit as torch
    >>> x = torch.tensor(4.0, requires_grad=True)
    >>> graph = trace((x - 3) * 2, {"x": x})
    >>> [node.label for node in graph.nodes]
    ['x', '3', 'x - 3', '2', '2 * (x - 3)']
    >>> graph.leaves[0].gradient.array
    array(2., dtype=float32)
    """
    return traced(tensor, names, limit)[0]


def traced(
    tensor: Tensor, names: Mapping[str, Tensor] | None = None, limit: int = LIMIT
) -> tuple[Graph, dict[str, Any]]:
    """As `trace`, and where on the tape each node of the graph stands: its node, or the leaf or constant itself."""
    if limit < 1:
        raise ValueError(f"limit must be at least 1, but got {limit}")
    if is_foreign(tensor):
        adopted = adopt(tensor, names, limit)
        graph, places = traced(adopted.tensor, adopted.names, limit)
        return replace(graph, notes=(*graph.notes, *adopted.notes)), places
    if not isinstance(tensor, Tensor):
        raise TypeError(f"expected a tensor, but got {type(tensor).__name__}")
    named = {name: value for name, value in (names or {}).items() if isinstance(value, Tensor)}
    history = collect(tensor, named.values(), limit)
    builder = _Builder(history, gradients(history), named)
    return builder.build(), builder.places


class _Builder:
    """The records of one graph in the making."""

    def __init__(self, history: History, flow: Flow, named: Mapping[str, Tensor]) -> None:
        self.history = history
        self.flow = flow
        self.names: dict[int, list[str]] = {}
        self.tensors: dict[int, Tensor] = {}
        for name, tensor in named.items():
            place = id(tensor if tensor._node is None else tensor._node)
            self.names.setdefault(place, []).append(name)
            self.tensors.setdefault(place, tensor)
        self.nodes: list[GraphNode] = []
        self.edges: list[Edge] = []
        self.ids: dict[int, str] = {}
        self.expressions: dict[str, Expression] = {}
        self.shots: dict[int, tuple[Any, Snapshot]] = {}  # the array too, so that its id stays its own
        self.places: dict[str, Any] = {}
        self.omitted_id: str | None = None
        self.first_use: dict[int, int] = {}
        for node in history.nodes:  # newest first: the oldest use has the last word
            self.first_use.update((id(parent), node.time) for parent in operation(node).parents)

    def build(self) -> Graph:
        root = self.history.root
        if root._node is None:
            self.nodes.append(self._source(root, True))
            return Graph(tuple(self.nodes), (), "n0", 0, self._notes())
        for node in reversed(self.history.nodes):
            self._result(node)
        return Graph(
            tuple(self.nodes), tuple(self.edges), self.ids[id(root._node)], self.history.omitted, self._notes()
        )

    def _notes(self) -> tuple[str, ...]:
        root = self.history.root
        notes = []
        if root._array.shape and root._requires_grad:
            notes.append(f"The root is not a scalar: gradients are those of {clean(self.nodes[-1].label)}.sum().")
        if self.history.omitted:
            count = self.history.omitted
            notes.append(f"{count:,} older operation{'s are' if count > 1 else ' is'} left out.")
        elif self.omitted_id:
            notes.append("Some operands are left out.")
        if any(node.requires_grad and node.gradient is None for node in self.nodes):
            notes.append(f"Some gradients are unknown: {self._what_is_missing()}.")
        return tuple(notes)

    def _what_is_missing(self) -> str:
        """Why there are nodes without a gradient."""
        if self.flow.unknown:
            return next(iter(self.flow.unknown.values()))
        if self.history.root._array.dtype.kind == "c":
            return "the root is complex, and only a real number has gradients"
        if self.omitted_id:
            return "the part that is left out uses these tensors too"
        return "nothing is sent back to these tensors"

    def _next_id(self) -> str:
        return f"n{len(self.nodes)}"

    def _operand(self, parent: Any) -> str:
        """The id of an operand, whose record is made when it is met first; a number gets a record for each use."""
        if id(parent) in self.history.cut:
            return self._omitted()
        if isinstance(parent, (Node, Tensor)):
            # Nodes are older than what is made of them and have their record already: what has none is a tensor.
            if id(parent) not in self.ids:
                self.ids[id(parent)] = self._next_id()
                self.nodes.append(self._source(cast(Tensor, parent)))
            return self.ids[id(parent)]
        number_id = self._next_id()
        notes: tuple[str, ...] = ()
        if isinstance(parent, NotKept):
            notes = (NOT_KEPT if parent.value is None else READ_OFF,)
            known = parent.value
            parent = known if isinstance(known, (int, float)) else parent if known is None else wrap(known)
        elif isinstance(parent, np.generic):
            parent = parent.item()
        self.expressions[number_id] = operand_expression(parent)
        kind = type(parent).__name__ if isinstance(parent, (bool, int, float, complex)) else "object"
        kind = "" if isinstance(parent, NotKept) else kind
        shot = snapshot(np.asarray(parent)) if kind not in ("object", "") else None
        label = self.expressions[number_id].text
        if isinstance(parent, Tensor):
            shot, kind = snapshot(parent._array), dtypes.from_numpy(parent._array.dtype).name
        shape = () if shot is None else shot.shape
        self.nodes.append(GraphNode(number_id, CONSTANT, label, shape=shape, dtype=kind, value=shot, notes=notes))
        return number_id

    def _omitted(self) -> str:
        if self.omitted_id is None:
            self.omitted_id = self._next_id()
            count = self.history.omitted
            label = f"{count:,} older operation{'s' * (count != 1)}" if count else "more operands"
            self.nodes.append(GraphNode(self.omitted_id, OMITTED, label, dtype=""))
            self.expressions[self.omitted_id] = Expression("…")
        return self.omitted_id

    def _source(self, tensor: Tensor, is_root: bool = False) -> GraphNode:
        """The record of a tensor that no operation made."""
        id_ = self._next_id()
        self.places[id_] = tensor
        names = self.names.get(id(tensor), [])
        expression = Expression(names[0]) if names else operand_expression(tensor)
        self.expressions[id_] = expression
        unsure = id(tensor) in self.history.used_outside
        gradient = None if unsure else self.flow.gradients.get(id(tensor))
        notes = [*self._why_unknown(tensor)]
        if unsure and tensor._requires_grad:
            notes.append("It is used in the part that is left out too, so its gradient isn't shown.")
        if is_root and tensor._requires_grad:
            gradient = np.ones_like(tensor._array)
        return GraphNode(
            id_,
            LEAF if tensor._requires_grad else CONSTANT,
            expression.text,
            name=names[0] if names else None,
            aliases=tuple(names[1:]),
            shape=tuple(tensor._array.shape),
            dtype=dtypes.from_numpy(tensor._array.dtype).name,
            requires_grad=tensor._requires_grad,
            is_root=is_root,
            value=self._shot(tensor._array),
            gradient=self._shot(gradient),
            stored_grad=self._shot(tensor._grad._array) if tensor._grad is not None else None,
            version=_version(tensor),
            notes=tuple(notes),
        )

    def _result(self, node: Node) -> None:
        """The record of a result and of the uses of its operands."""
        base, op = operation(node), operation(node).op
        operands = [None if parent is None else self._operand(parent) for parent in base.parents]
        id_ = self.ids[id(node)] = self._next_id()
        self.places[id_] = node
        self._edges(node, base, operands, id_)
        given = [operand for operand in operands if operand is not None]
        labels = [self.expressions[operand] for operand in given]
        expression = expression_of(base, labels, node.index if isinstance(node, Output) else None)
        names = self.names.get(id(node), [])
        self.expressions[id_] = Expression(names[0]) if names else expression
        tensor = self.tensors.get(id(node))
        value = self.history.arrays.get(id(node))
        gone = OVERWRITTEN if is_written_since(node.storage, node.time) else TOO_LARGE
        notes = [] if value is not None else [UNREAD if isinstance(base, ForeignNode) else gone]
        self.nodes.append(
            GraphNode(
                id_,
                RESULT,
                names[0] if names else expression.text,
                name=names[0] if names else None,
                aliases=tuple(names[1:]),
                shape=tuple(node.shape),
                dtype=dtypes.from_numpy(node.dtype).name,
                requires_grad=True,
                is_root=node is self.history.root._node,
                value=self._shot(value),
                gradient=self._shot(self.flow.gradients.get(id(node))),
                stored_grad=self._shot(tensor._grad._array)
                if tensor is not None and tensor._grad is not None
                else None,
                op=op_name(op),
                symbol=symbol_of(op),
                grad_fn=base.name(),
                arguments=", ".join(extra_arguments(base)),
                expression=expression.text,
                numbers=self._with_numbers(base, given),
                version=0 if tensor is None else _version(tensor),
                time=node.time,
                notes=(*notes, *self._why_unknown(node)),
            )
        )

    def _edges(self, node: Node, base: Node, operands: list[str | None], target: str) -> None:
        op = base.op
        met_omitted = False
        for slot, (operand, parent) in enumerate(zip(operands, base.parents, strict=True)):
            if operand is None:
                continue
            if operand == self.omitted_id:
                if met_omitted:
                    continue
                met_omitted = True
            rule = op.rules[0 if op.variadic else slot] if op.rules else None
            flows = getattr(parent, "_requires_grad", isinstance(parent, Node))
            use = (id(node), slot)
            expression = formula = numbers = None
            if rule is not None and flows:
                expression = rule_expression(rule)
                formula = rule_expression(rule, self._rule_values(base, operands, slot))
                numbers = self._rule_numbers(node, base, slot)
            self.edges.append(
                Edge(
                    operand,
                    target,
                    slot,
                    _operand_name(op, slot),
                    rule=text(expression),
                    formula=text(formula),
                    rule_numbers=text(numbers),
                    derivative=text(local_derivative(formula)),
                    derivative_value=self.flow.locals.get(use),
                    contribution=self._shot(self.flow.shares.get(use)),
                    summed=self.flow.summed.get(use, ()),
                    flows=bool(rule is not None and flows),
                )
            )

    def _rule_values(self, base: Node, operands: list[str | None], slot: int) -> dict[str, Any]:
        """The rule's parameters in the learner's words: operands by label, the result by name, arguments by value."""
        op = base.op
        values: dict[str, Any] = {}
        if op.variadic:
            values["i"] = slot
        else:
            for name, operand, parent in zip(op.operands, operands, base.parents, strict=False):
                is_number = isinstance(parent, (int, float)) and not isinstance(parent, bool)
                known = parent if operand is None or is_number else self.expressions[operand].within(0)
                values[name] = known
        labels = [self.expressions[operand] for operand in operands if operand is not None]
        names = self.names.get(id(base))
        values["out"] = names[0] if names else expression_of(base, labels).within(0)
        return values | _arguments(base)

    def _rule_numbers(self, node: Node, base: Node, slot: int) -> ast.expr | None:
        """The rule with numbers put in, where all that it names are scalars."""
        op = base.op
        g = self.flow.gradients.get(id(node))
        if op.variadic or g is None or np.ndim(g):
            return None
        out = self.history.arrays.get(id(base))
        values: dict[str, Any] = {"g": number(g[()]), "out": None if out is None or np.ndim(out) else number(out[()])}
        for name, parent in zip(op.operands, base.parents, strict=False):
            value = self._scalar(parent)
            if value is not None:
                is_tensor = isinstance(parent, (Node, Tensor))
                values[name] = number(value) if is_tensor else value
        values = {name: value for name, value in values.items() if value is not None} | _arguments(base)
        if any(name not in values for name in _needed(op, slot)):
            return None
        return rule_expression(op.rules[slot], values)

    def _scalar(self, parent: Any) -> Any:
        """An operand's number, where it is one."""
        if isinstance(parent, Node):
            array = self.history.arrays.get(id(parent))
        elif isinstance(parent, Tensor):
            array = parent._array
        else:
            parent = parent.value if isinstance(parent, NotKept) else parent
            return parent if isinstance(parent, (int, float, complex)) else None
        return None if array is None or np.ndim(array) else on_host(array)[()]

    def _with_numbers(self, base: Node, operands: list[str]) -> str | None:
        """`4 + (-3)`: the forward pass with numbers in place of names, where all operands are scalars."""
        values = [self._scalar(parent) for parent in base.parents]
        if any(value is None for value in values) or len(values) > 8:
            return None
        return expression_of(base, [operand_expression(_plain(value)) for value in values]).text

    def _why_unknown(self, place: Any) -> list[str]:
        reason = self.flow.unknown.get(id(place))
        notes = [f"Its gradient is unknown: {reason}."] if reason else []
        if isinstance(place, Tensor):
            first_use = self.first_use.get(id(place))
            if first_use is not None and is_written_since(getattr(place, "_storage", None), first_use):
                notes.append("It was written to in place after it was used here: the value shown is the new one.")
        return notes

    def _shot(self, array: Any) -> Snapshot | None:
        """A snapshot; one for all uses of the same array."""
        if array is None:
            return None
        if id(array) not in self.shots:
            plain = np.asarray(on_host(array))
            plain = plain.astype(np.float32) if plain.dtype.kind == "V" else plain
            self.shots[id(array)] = array, snapshot(plain)
        return self.shots[id(array)][1]


def _version(tensor: Tensor) -> int:
    """How often it was written to in place; tensors of inference mode don't count that."""
    return 0 if type(tensor._storage) is InferenceStorage else tensor._version


def _operand_name(op: Any, slot: int) -> str:
    """What the operation calls an operand; a user's operation has no names for them."""
    if op.variadic:
        return f"{op.operands[0]}[{slot}]"
    return op.operands[slot] if slot < len(op.operands) else f"argument {slot + 1}"


def _arguments(base: Node) -> dict[str, Any]:
    """The arguments of an operation that are plain values, by name."""
    return {
        name: tuple(value) if isinstance(value, (tuple, list)) else Word(value) if isinstance(value, str) else value
        for name, value in zip(base.op.extras, base.extras, strict=False)
        if value is None
        or isinstance(value, (int, float, str))
        or (isinstance(value, (tuple, list)) and all(isinstance(item, int) for item in value))
    }


def _needed(op: Any, slot: int) -> list[str]:
    return [op.saves[k] if k >= 0 else op.extras[~k] for k in op.needs[slot]]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
