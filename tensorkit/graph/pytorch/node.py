"""A node of our tape that stands for one of PyTorch's, and an operation that only PyTorch knows.

The inspectors read a `ForeignNode` as any other node: its operation, its operands, its value. What differs: the
gradients that it sends back are those that PyTorch's own node computes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...tape import RELEASED, Node, tick
from ...tensor import Tensor, wrap
from .arrays import array_of, tensor_from
from .library import loaded

# Its backward pass runs another one inside, which would write to the learner's `.grad`.
_NOT_CALLED = ("CheckpointFunctionBackward",)


_BROADCAST = ("where", "addcmul", "addcdiv", "lerp", "lerp_by_number", "masked_fill", "expand")
_FIRST_BROADCAST = ("addmm", "addmv", "addr", "baddbmm")


class NotKept:
    """An operand through which no gradient flows, and which PyTorch's graph does not keep.

    `value` is what it was, as far as the result tells: for a sum the difference to the other operand. None: unknown.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any = None) -> None:
        self.value = value


class ForeignOp:
    """An operation of PyTorch's that has no counterpart here: a name, its operands, and how to carry it out again.

    `own`: it is a Function of the learner's. `forward` takes arrays and gives arrays; `anew` takes tensors of ours, and
    PyTorch differentiates what it gives.
    """

    rules = ()
    extras = saves = shapes = ()
    symbol = None
    variadic = inplace = False
    whole = True  # one rule for all operands: PyTorch's

    def __init__(
        self, name: str, node_name: str, operands: tuple[str, ...], forward: Callable[..., Any], run: Any = None
    ) -> None:
        self.name, self.node_name, self.operands, self.forward, self._run = name, node_name, operands, forward, run
        self.outputs, self.own = ("out",), False

    def anew(self, given: tuple[Tensor, ...]) -> Tensor:
        """The operation on other tensors, with a history; ValueError for one with several results."""
        torch = loaded()
        leaves = [torch.from_numpy(np.array(each._array)).requires_grad_(each._requires_grad) for each in given]
        if self._run is None:
            self.forward(*leaves)  # raises the error that says why not
        with torch.enable_grad():
            result = self._run(leaves)
        if not isinstance(result, torch.Tensor):
            raise ValueError(f"{self.name} has several results")
        made: Any = wrap(array_of(result))
        if result.grad_fn is not None:
            node = ForeignNode()
            edges = [getattr(edge, "variable", None) for edge, _ in result.grad_fn.next_functions]
            flowing = [each for each in leaves if each.requires_grad]
            node.op, node.extras, node.saved, node.hooks, node.storage = self, (), None, None, None
            node.parents = tuple(each._node or each for each in given)
            node.places = tuple(next((i for i, e in enumerate(edges) if e is leaf), None) for leaf in leaves)
            node.chain, node.index, node.released = (result.grad_fn,), 0, False
            node.out, node.time, node.behind = made._array, tick(), 1
            made._node, made._requires_grad = node, bool(flowing)
        return made

    def name_of(self, node: Node) -> str:
        """PyTorch's name for the node."""
        return self.node_name


class ForeignNode(Node):
    """Stands for one of PyTorch's nodes, or for several in a row that came from one expression (`x[0, 1]`).

    chain     PyTorch's nodes, the one that made the result first
    places    for each operand the number of its edge at the last of them; None where no gradient flows
    index     which of the results of PyTorch's node this is, where it stands for one alone; else None
    released  has a backward pass freed what it saved? None where it saved nothing
    behind    how many operations it stands for, where it is one that was left out
    """

    __slots__ = ("chain", "places", "index", "released", "behind")

    op: Any
    parents: tuple[Any, ...]
    extras: tuple[Any, ...]
    saved: Any
    hooks: Any
    storage: Any
    out: Any
    time: int
    chain: tuple[Any, ...]
    places: tuple[int | None, ...]
    index: int | None
    released: bool | None
    behind: int

    def name(self) -> str:
        """What PyTorch calls its node."""
        return str(self.chain[0].name())

    def shares(self, g: Any) -> dict[int, Tensor]:
        """What PyTorch's node sends back to each operand, by its place, given the gradient of the result.

        A list of gradients, with None among them, for several results. RuntimeError where PyTorch raises it.
        """
        if self.released:
            raise RuntimeError(RELEASED)
        torch = loaded()
        given = self._placed(g)
        with torch.no_grad():
            for theirs in self.chain:
                sent = _called(theirs, given)
                given = [sent[0]]
        found = {}
        for slot, place in enumerate(self.places):
            if place is not None and place < len(sent) and sent[place] is not None:
                found[slot] = wrap(array_of(sent[place]))
        return found

    def spread(self, slot: int, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of an operand's gradient before it was summed, where the operand had been broadcast."""
        op = self.op
        alike = op.family in ("pointwise", "compare", "bounds") and len(op.operands) > 1 if op.whole is None else False
        if alike or op.name in _BROADCAST or (op.name in _FIRST_BROADCAST and slot == 0):
            return tuple(self.shape)
        return shape

    def _placed(self, g: Any) -> list[Any]:
        likes = self.chain[0]._input_metadata
        arrived: list[Any] = [None] * len(likes)
        gradients = g if isinstance(g, list) else [g]
        first = 0 if self.index is None else self.index
        for number, gradient in enumerate(gradients):
            if gradient is not None:
                arrived[first + number] = tensor_from(gradient, likes[first + number])
        return arrived


def _called(theirs: Any, given: list[Any]) -> list[Any]:
    """What one of PyTorch's nodes computes. Hooks on it are not called, and nothing is freed."""
    name = theirs.name().rpartition("::")[2]
    if name in _NOT_CALLED:
        raise RuntimeError("its backward pass computes the forward pass again: not done for looking only")
    if callable(theirs):
        sent = theirs(*given)
    else:  # a Function of the learner's own, whose backward is called with zeros for results that were not used
        torch = loaded()
        likes = theirs._input_metadata
        zeros = [
            torch.zeros(tuple(like.shape), dtype=like.dtype, device=like.device) if each is None else each
            for each, like in zip(given, likes, strict=True)
        ]
        sent = theirs.apply(*zeros)
    return list(sent) if isinstance(sent, tuple) else [sent]


def was_released(error: Exception) -> bool:
    """Is it PyTorch's error for values that a backward pass has freed?"""
    return str(error).startswith(RELEASED[:60])
