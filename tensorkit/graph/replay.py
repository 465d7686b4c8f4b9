"""A computation done again from its tape, with other numbers: for "what if", and for finite differences.

Here: `Replay`, which carries out the recorded operations in their order, either on arrays alone (`values`) or as new
tensors with a history of their own (`tensors`). The tensors of the notebook stay as they are. Not here: what is done
with it (`check.py`, `tensorkit_widgets.WhatIf`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..array_modules import on_host
from ..ops.declare import _arrays, _run_variadic, recorded
from ..tape import Node, Output, enable_grad
from ..tensor import Tensor, wrap
from .history import nodes_of, operation
from .pytorch import adopt, is_foreign
from .pytorch.node import ForeignOp, NotKept


class Replay:
    """The operations behind a tensor, ready to be carried out again.

    `leaves` are the tensors that require gradients, in the order of their first use. ValueError where the tape can't be
    followed: an operation of the user's own, a large value that was overwritten, or a result that comes out otherwise.
    A root of PyTorch's is followed too, as our operations.

    >>> import tensorkit as torch
    >>> x = torch.tensor(4.0, requires_grad=True)
    >>> replay = Replay(x * x)
    >>> replay.root_of(replay.tensors({x: torch.tensor(5.0, requires_grad=True)}))
    tensor(25., grad_fn=<MulBackward0>)
    """

    def __init__(self, root: Tensor) -> None:
        self.root = root = adopt(root).tensor if is_foreign(root) else root
        nodes = nodes_of(root._node)
        self.operations = sorted(
            {id(operation(node)): operation(node) for node in nodes}.values(), key=lambda n: n.time
        )
        self.outputs: dict[int, list[Output]] = {}
        for node in nodes:
            if isinstance(node, Output):
                self.outputs.setdefault(id(node.node), []).append(node)
        used = [parent for node in self.operations for parent in node.parents if isinstance(parent, Tensor)]
        self.leaves = tuple(dict.fromkeys(tensor for tensor in used if tensor._requires_grad))
        if root._node is None and root._requires_grad:
            self.leaves = (root,)
        if not self.leaves:
            raise ValueError("it was computed from no tensor that requires gradients")
        for node in self.operations:
            own = node.op.own if isinstance(node.op, ForeignOp) else node.op.whole is not None
            if own or not callable(getattr(node.op, "forward", None)):
                raise ValueError(
                    f"{node.op.name} is an operation of your own: it cannot be carried out again from the tape"
                )
        try:
            again = self.root_of(self.values({}))
        except Exception as error:  # an operation that needs more than its arguments
            raise ValueError(f"the operations on the tape could not be carried out again: {error}") from None
        if np.shape(again) != root._array.shape or not np.allclose(again, root._array, 1e-3, 1e-5, equal_nan=True):
            raise ValueError(
                "the operations on the tape give another result now: a value was written to in place since"
            )

    def root_of(self, found: Mapping[int, Any]) -> Any:
        """The root's entry in what `values` or `tensors` gave."""
        return found[id(self.root if self.root._node is None else self.root._node)]

    def values(self, changed: Mapping[int, Any]) -> dict[int, Any]:
        """Every value as a float64 array, by `id` of node or leaf; `changed` are those to put in instead."""
        found: dict[int, Any] = {id(leaf): changed.get(id(leaf), _wide(leaf._array)) for leaf in self.leaves}
        with np.errstate(all="ignore"):
            for node in self.operations:
                arrays = [_array(parent, found) for parent in node.parents]
                results = node.op.forward(*([arrays] if node.op.variadic else arrays), *_arguments(node))
                self._keep(node, results, found)
                for place in (node, *self.outputs.get(id(node), ())):
                    if id(place) in changed:
                        found[id(place)] = changed[id(place)]
        return found

    def tensors(self, leaves: Mapping[Tensor, Tensor]) -> dict[int, Any]:
        """Every value as a new tensor, by `id` of what stood there; `leaves` are the tensors to begin with instead."""
        found: dict[int, Any] = {id(leaf): leaves.get(leaf, leaf) for leaf in self.leaves}
        with enable_grad(), np.errstate(all="ignore"):
            for node in self.operations:
                given = tuple(found.get(id(parent), _kept(parent)) for parent in node.parents)
                extras = _arguments(node)
                if isinstance(node.op, ForeignOp):
                    results = node.op.anew(given)
                elif node.op.variadic:
                    results = _run_variadic(node.op, (given,), extras, ())
                else:
                    arrays, wants = _arrays(node.op, given, node.op.operands)
                    made = node.op.forward(*arrays, *extras)
                    if not isinstance(made, tuple) and made.dtype != node.dtype:
                        made = made.astype(node.dtype)
                    results = recorded(node.op, given, extras, made, wants)
                self._keep(node, results, found)
        return found

    def _keep(self, node: Node, results: Any, found: dict[int, Any]) -> None:
        outputs = self.outputs.get(id(node))
        if outputs:
            for output in outputs:
                found[id(output)] = results[output.index]
        elif isinstance(results, tuple):
            kinds = [np.asarray(getattr(each, "_array", each)).dtype.kind for each in results]
            found[id(node)] = results[next(i for i, kind in enumerate(kinds) if kind in "fcV")]
        else:
            found[id(node)] = results


def _arguments(node: Node) -> tuple[Any, ...]:
    """The arguments that the operation was called with, without the shapes that its rules asked for."""
    shapes = (1 if node.op.variadic else len(node.op.shapes)) if node.op.shapes else 0
    return _here(tuple(node.extras[: len(node.extras) - shapes]))


def _here(value: Any) -> Any:
    """Arguments with the index arrays in them on the host, where everything is computed anew."""
    return tuple(map(_here, value)) if type(value) is tuple else on_host(value)


def _kept(parent: Any) -> Any:
    """An operand, if it is there at all."""
    if not isinstance(parent, NotKept):
        return parent
    if parent.value is None:
        raise ValueError("PyTorch does not keep all operands: compute inside of `with tensorkit.graph.record():`")
    return parent.value if isinstance(parent.value, (int, float)) else wrap(np.asarray(parent.value, np.float32))


def _array(parent: Any, found: Mapping[int, Any]) -> Any:
    if id(parent) in found:
        return found[id(parent)]
    parent = _kept(parent)
    return _wide(parent._array) if isinstance(parent, Tensor) else parent


def _wide(array: Any) -> Any:
    array = on_host(array)
    return array.astype(np.float64) if array.dtype.kind == "f" else array
