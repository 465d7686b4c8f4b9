"""The ONNX graph in the making: names for values, nodes, weights and sizes.

`Builder` is what a translation (`translations/`) writes to; `Step` is the operation it translates, in both runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..tape import Node, Output
from ..tensor import Tensor, memory
from .errors import OnnxExporterError, UnsupportedOperatorError
from .numbers import CHANGED, Axis, Size, same, solve
from .recording import Recording


class Step:
    """One operation: its operands as names in the graph, its arguments, and the shapes in both runs."""

    def __init__(self, builder: Builder, node: Node, other: Node) -> None:
        self.builder, self.node, self.other = builder, node, other
        self.op = node.op.name
        self.extras = dict(zip(node.op.extras, node.extras, strict=False))
        self.other_extras = dict(zip(node.op.extras, other.extras, strict=False))
        self.shape, self.other_shape = tuple(node.shape), tuple(other.shape)
        self.dtype = np.dtype(node.dtype)

    def __getitem__(self, name: str) -> Any:
        """An argument, which must be the same in both runs."""
        value = self.extras[name]
        if not same(value, self.other_extras[name]):
            raise self.unsupported(f"its argument '{name}' depends on the input")
        return value

    def has(self, i: int) -> bool:
        """Whether operand `i` was given."""
        return i < len(self.node.parents) and self.node.parents[i] is not None

    def operand(self, i: int, dtype: Any = None) -> str:
        """The name of operand `i`, cast to `dtype` if that is given and another one."""
        return self.builder.value(self.node.parents[i], self.other.parents[i], dtype)

    def operands(self, dtype: Any = None) -> list[str]:
        return [self.operand(i, dtype) for i in range(len(self.node.parents))]

    def shape_of(self, i: int, other: bool = False) -> tuple[int, ...]:
        parent = (self.other if other else self.node).parents[i]
        return tuple(getattr(parent, "shape", ()))

    def dtype_of(self, i: int) -> np.dtype:
        return _dtype(self.node.parents[i], self.dtype)

    def unsupported(self, why: str = "") -> UnsupportedOperatorError:
        """The error for this operation, which says where it was used."""
        name, kind = self.builder.recording.owners.get(id(self.node), ("", ""))
        where = f" in module '{name}' ({kind})" if name else f" in {kind}" if kind else ""
        reason = f": {why}" if why else ""
        return UnsupportedOperatorError(
            f"the operation '{self.op}'{where} cannot be exported to ONNX opset version {self.builder.opset}{reason}"
        )


class Builder:
    """A graph that grows by `emit`; values that nobody uses are left out in the end."""

    def __init__(self, first: Recording, second: Recording, axes: list[Axis], inputs: list[str],
                 weights: Mapping[str, Tensor], opset: int) -> None:  # fmt: skip
        self.recording, self.second, self.axes, self.inputs, self.opset = first, second, axes, inputs, opset
        self.nodes: list[tuple[str, list[str], list[str], dict[str, Any]]] = []
        self.initializers: dict[str, np.ndarray] = {}
        self.values: dict[int, Any] = {id(node): name for node, name in zip(first.inputs, inputs, strict=True)}
        self.names = {id(tensor): name for name, tensor in weights.items()}
        self.weights = weights
        self.used = {*inputs, *weights}
        self.outputs: set[str] = set()
        self.known: dict[Any, str] = {}

    # Names

    def fresh(self, stem: str) -> str:
        """A name that nothing has yet."""
        name, number = stem, 0
        while name in self.used:
            number += 1
            name = f"{stem}_{number}"
        self.used.add(name)
        return name

    def emit(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; the name of its result, or a list of names where there are several."""
        names = [self.fresh(kind.lower()) for _ in range(outputs)]
        given = {name: value for name, value in attributes.items() if value is not None}
        self.nodes.append((kind, list(inputs), names, given))
        return names[0] if outputs == 1 else names

    # Values

    def constant(self, array: Any, dtype: Any = None, stem: str = "constant") -> str:
        """The name of a constant; equal ones are written once."""
        array = np.asarray(array, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.known:
            self.known[key] = name = self.fresh(stem)
            self.initializers[name] = array
        return self.known[key]

    def buffer(self, step: Step, name: str, array: np.ndarray) -> str:
        """The name of a copy of a buffer that belongs to the module which carried out the step."""
        owner = self.recording.owners.get(id(step.node), ("", ""))[0]
        path = f"{owner}.{name}".lstrip(".")
        if path in self.weights and same(memory(self.weights[path]), array):
            self.initializers[path] = array
            return path
        return self.constant(array, stem=name)

    def ints(self, *values: int) -> str:
        """Whole numbers as a vector."""
        return self.constant(np.array(values, np.int64))

    def value(self, parent: Any, other: Any, dtype: Any = None) -> str:
        """The name of what stands on the tape as an operand: a result, a tensor, a number."""
        if isinstance(parent, Tensor) and parent._node is not None:
            parent, other = parent._node, other._node
        if isinstance(parent, Output):
            if parent.index != other.index:
                raise OnnxExporterError(CHANGED.format(f"result {parent.index} became result {other.index}"))
            name = self.values[id(parent.node)][parent.index]
        elif isinstance(parent, Node):
            name = self.values[id(parent)]
            name = name if isinstance(name, str) else name[0]
        elif isinstance(parent, Tensor):
            name = self._tensor(parent, other)
        else:
            if parent != other and parent == parent:
                raise OnnxExporterError(CHANGED.format(f"{parent} became {other}"))
            return self.constant(parent, dtype)
        have = _dtype(parent, None)
        return name if dtype is None or have == dtype else self.cast(name, dtype)

    def _tensor(self, tensor: Tensor, other: Tensor) -> str:
        """A parameter or buffer under its name; any other tensor is a constant, or depends on sizes alone."""
        if id(tensor) in self.names:
            name = self.names[id(tensor)]
            self.initializers[name] = memory(tensor)
            return name
        array, again = memory(tensor), memory(other)
        if same(array, again):
            return self.constant(array)
        if array.size and again.size and (array == array.flat[0]).all() and (again == array.flat[0]).all():
            return self.emit("Expand", self.constant(array.flat[0]), self.sizes(array.shape, again.shape))
        raise OnnxExporterError(CHANGED.format(f"a tensor of shape {array.shape}"))

    def cast(self, name: str, dtype: Any) -> str:
        """The value as another type."""
        from onnx import helper

        return self.emit("Cast", name, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def sizes(self, first: Sequence[int], second: Sequence[int], reshape: bool = False) -> str:
        """A vector of sizes, given as they were in both runs; where they differ, they are read off the inputs.

        reshape  the vector is for Reshape, which finds out one size itself
        """
        if reshape and sum(a != b for a, b in zip(first, second, strict=True)) == 1 and 0 not in first:
            return self.ints(*[a if a == b else -1 for a, b in zip(first, second, strict=True)])
        solved = [solve(a, b, self.axes) for a, b in zip(first, second, strict=True)]
        if all(isinstance(each, int) for each in solved):
            return self.ints(*solved)
        pieces = [self.ints(each) if isinstance(each, int) else self._size(each) for each in solved]
        return pieces[0] if len(pieces) == 1 else self.emit("Concat", *pieces, axis=0)

    def _size(self, size: Size) -> str:
        if size not in self.known:
            found = ""
            for axis in size.axes:
                shape = self.emit("Shape", self.inputs[axis.input])
                length = self.emit("Gather", shape, self.ints(axis.dim), axis=0)
                found = self.emit("Mul", found, length) if found else length
            for kind, number, nothing in (("Mul", size.times, 1), ("Div", size.over, 1), ("Add", size.more, 0)):
                if number != nothing:
                    found = self.emit(kind, found, self.ints(number))
            self.known[size] = found
        return self.known[size]

    # The end

    def name_output(self, value: str, name: str) -> None:
        """Call a value by the name of an output, wherever it occurs; an input or another output gets a copy."""
        made = {each for node in self.nodes for each in node[2]}
        if value not in made or value in self.outputs:
            value = self.emit("Identity", value)
        for _, inputs, outputs, _ in self.nodes:
            for names in (inputs, outputs):
                names[:] = [name if each == value else each for each in names]
        self.values = {key: _renamed(each, value, name) for key, each in self.values.items()}
        self.outputs.add(name)
        self.used.add(name)

    def needed(self, outputs: Sequence[str]) -> list[tuple[str, list[str], list[str], dict[str, Any]]]:
        """The nodes that the outputs depend on."""
        wanted, found = set(outputs), []
        for node in reversed(self.nodes):
            if wanted & set(node[2]):
                wanted.update(node[1])
                found.append(node)
        self.initializers = {name: array for name, array in self.initializers.items() if name in wanted}
        return found[::-1]


def _renamed(names: Any, old: str, new: str) -> Any:
    if isinstance(names, str):
        return new if names == old else names
    if isinstance(names, dict):  # made one by one: what is not made yet has no name
        names.update((key, _renamed(each, old, new)) for key, each in list(names.items()))
        return names
    return [new if each == old else each for each in names]


def _dtype(place: Any, default: Any) -> Any:
    """The element type of what stands on the tape."""
    if isinstance(place, Tensor):
        return place._array.dtype
    return np.dtype(place.dtype) if isinstance(place, Node) else default
