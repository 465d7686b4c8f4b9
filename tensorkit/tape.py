"""The tape: who made a tensor out of what, and when.

Every differentiable operation leaves a `Node` behind.  Nodes are plain data: the operation, what went
in, what its derivatives need.  The backward pass (`tensorkit.autograd.engine`) walks them newest first, and
the inspectors (`tensorkit.graph`) show them.  Here also: the clock that numbers nodes and in-place
writes.  The switch that turns recording off stands in `grad_mode.py`.

Nothing here knows what a tensor is.  An operand that no operation made stands on the tape as itself: a leaf
or constant tensor, or a Python number.
"""

from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from .array_modules import move
from .grad_mode import (  # noqa: F401 (part of the tape for all who import from here)
    decorate,
    enable_grad,
    inference_mode,
    inferring,
    is_grad_enabled,
    is_inference_mode_enabled,
    mode,
    no_grad,
    set_grad_enabled,
)  # fmt: skip
from .hooks import RemovableHandle

#: The next moment.  Nodes and in-place writes take their times from one clock, so that "was this value
#: written to after it was saved?" is one comparison of two numbers.
tick = count(1).__next__

#: A node keeps its result for the inspectors when it is at most this many bytes, also after the backward pass.
KEEP_BYTES = 1024


class Meta:
    """Shape and type of a result that is too large to be kept on the tape."""

    __slots__ = ("shape", "dtype")

    def __init__(self, shape, dtype):
        self.shape = shape
        self.dtype = dtype


#: Operations for which PyTorch makes a tensor of a number, so that an edge (to nothing) leads to it.
NUMBERS_ARE_TENSORS = frozenset(("add", "sub", "mul", "div"))

#: Nodes of operations whose optional operands are numbers or missing: to neither leads an edge.
NUMBERS_ALONE = frozenset(
    ("ClampBackward1", "ClampMinBackward0", "ClampMaxBackward0", "MaskedFillBackward0", "IndexFillBackward0")
)


class Node:
    """One operation that was carried out: a vertex of the computational graph, PyTorch's `grad_fn`.

    op       the operation: its name, forward pass and derivatives (`tensorkit.ops.declare.Op`)
    parents  one entry per operand: the Node that made it, or the operand itself (a tensor, a number)
    saved    the values that the derivatives need, in the order of `op.saves`; None once released
    extras   the arguments that are no operands, such as `dim`
    time     when: a node is newer than everything it was made from
    out      the result's array if it is small, else its `Meta`
    storage  who knows of writes to the result's memory, once it is shared (`tensorkit.tensor.Storage`); of several
             outputs those that are, by number
    hooks    functions of the gradient, to be called when the backward pass comes by

    >>> x = tensor(2., requires_grad=True)
    >>> (x * x).grad_fn.name()
    'MulBackward0'
    """

    __slots__ = ("op", "parents", "saved", "extras", "time", "out", "storage", "hooks", "__weakref__")

    if TYPE_CHECKING:  # what the slots hold, and what a `ShownNode` finds

        def __getattr__(self, name: str) -> Any: ...

    @property
    def value(self):
        """The result, if it was small enough to be kept; else None."""
        return None if type(self.out) is Meta else move(self.out, None)

    @property
    def shape(self) -> tuple:
        return self.out.shape

    @property
    def dtype(self) -> np.dtype:
        return self.out.dtype

    def hear(self, storage) -> None:
        """Hear of writes to the memory of the result from now on."""
        self.storage = storage

    def name(self) -> str:
        """PyTorch's name of this node, such as 'MulBackward0'."""
        return self.op.name_of(self)

    def __repr__(self) -> str:
        return f"<{self.name().rpartition('::')[2]} object at {id(self):#x}>"

    def shown(self) -> "Node":
        """The node as `grad_fn` shows it: its type is then named after the operation, as PyTorch's is."""
        if type(self) is Node:
            self.__class__ = node_class(self.name().rpartition("::")[2])
        return self

    @property
    def next_functions(self) -> tuple:
        """The nodes that made the operands, each with the number of its output; leaves stand in AccumulateGrad."""
        edges, steps = self._edges(), self.op.steps
        for name in (steps(self) if callable(steps) else steps) or ():
            edges = ((Step(name, edges), 0), *edges[1:])
        return edges

    def _edges(self) -> tuple:
        rules = self.op.rules
        if self.op.name == "copy_slices":  # PyTorch shows where the written value came from, not the write itself
            base, written = self.parents
            return (_edge(base), *(written.next_functions[1:] if isinstance(written, Node) else [_edge(written)]))
        if len(rules) == len(self.parents) and self.op.name not in NUMBERS_ARE_TENSORS:
            left_out: tuple = (bool, int, float, complex)
            if self.name() in NUMBERS_ALONE:
                left_out += (type(None), np.generic)
            return tuple(  # no edge leads to a number, nor to an operand without derivative
                _edge(parent)
                for parent, rule in zip(self.parents, rules, strict=True)
                if rule is not None and not isinstance(parent, left_out)
            )
        return tuple(_edge(parent) for parent in self.parents)

    def register_prehook(self, hook) -> RemovableHandle:
        """Call `hook(gradients)` when the gradients of this node's outputs are complete; it may return others."""
        return self._hook("pre", hook)

    def register_hook(self, hook) -> RemovableHandle:
        """Call `hook(gradients passed on, gradients received)` after this node has done its part of a backward pass; it
        may return other ones to pass on."""
        return self._hook("post", hook)

    def _hook(self, when: str, hook) -> RemovableHandle:
        if self.hooks is None:
            self.hooks = {}
        return RemovableHandle(self.hooks.setdefault(when, {}), hook)

    @property
    def metadata(self) -> dict:
        """A dictionary for whatever the user wants to note about this node."""
        if self.hooks is None:
            self.hooks = {}
        return self.hooks.setdefault("metadata", {})


def ancestors(roots) -> set:
    """These nodes and all that they came of."""
    stack, reached = list(roots), set()
    while stack:
        node = stack.pop()
        if node not in reached:
            reached.add(node)
            stack.extend([parent for parent in node.parents if isinstance(parent, Node)])
    return reached


class ShownNode(Node):
    """A node that a user has seen. Others do without `__getattr__`, with which every attribute takes twice the time."""

    __slots__ = ()

    def __getattr__(self, name: str):
        """`_saved_self`, `_saved_other`, `_saved_result` …: the values kept for the derivatives."""
        if not name.startswith("_saved_"):
            raise AttributeError(f"'{self.name()}' object has no attribute '{name}'")
        ours = _OURS.get(name[7:], name[7:])
        if ours in self.op.extras:
            value = self.extras[self.op.extras.index(ours)]
            return (value,) if ours == "dim" and isinstance(value, int) and "keepdim" in self.op.extras else value
        if ours == "self_sym_numel" and self.op.name == "mean":
            return int(np.prod(self.extras[self.op.extras.index("x_shape")]))
        if ours not in self.op.saves:
            raise AttributeError(f"'{self.name()}' object has no attribute '{name}'")
        if self.saved is None:
            raise RuntimeError(RELEASED)
        value = self.saved[self.op.saves.index(ours)]
        return self.op.unpack(self, ours, value)


#: Our names of saved values that PyTorch calls otherwise.
_OURS = {"self": "x", "other": "y", "exponent": "y", "result": "out", "mat2": "y", "self_sym_sizes": "x_shape"}

_classes: dict[str, type] = {}


def node_class(name: str) -> type:
    """The class under which nodes of one name show themselves: `MulBackward0`."""
    found = _classes.get(name)
    if found is None:
        found = _classes[name] = type(name, (ShownNode,), {"__slots__": (), "__module__": "torch.autograd.function"})
    return found


#: PyTorch's words for a second backward pass over values that the first one released.
RELEASED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
    "saved tensors after calling backward."
)


class Step:
    """A node that PyTorch makes on the way where one operation does it all here; only looked at, never walked."""

    __slots__ = ("_name", "next_functions", "__weakref__")

    def __init__(self, name: str, next_functions: tuple):
        self._name, self.next_functions = name, next_functions[:1]

    def name(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"<{self._name} object at {id(self):#x}>"


class Output(Node):
    """One of several outputs of a node: its gradient is one entry of that node's list."""

    __slots__ = ("index",)

    @property
    def node(self) -> Node:
        """The node of the operation itself."""
        return self.parents[0]

    def shown(self) -> Node:
        return self.node.shown()

    def hear(self, storage) -> None:
        self.storage = storage
        if self.node.storage is None:
            self.node.storage = {}
        self.node.storage[self.index] = storage

    def name(self) -> str:
        return self.node.name()


class AccumulateGrad:
    """The end of the tape at a leaf: here the gradient is added to `variable.grad`."""

    __slots__ = ("variable", "__weakref__")

    next_functions = ()

    def __new__(cls, variable):
        """The one that stands for this leaf already, if somebody still holds it, so that `is` tells the truth."""
        known = variable.__dict__.get("_accumulator")
        self = known and known()
        if self is None:
            self = object.__new__(cls)
            self.variable = variable
            variable._accumulator = ref(self)
        return self

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"

    def register_prehook(self, hook) -> RemovableHandle:
        """Call `hook((gradient,))` before the gradient is added; it may return another."""

        def alone(gradient):
            changed = hook((gradient,))
            return changed[0] if isinstance(changed, tuple) else changed

        return self.variable.register_hook(alone)

    def register_hook(self, hook) -> RemovableHandle:
        """Call `hook((), (gradient,))` after the gradient was added to `variable.grad`."""
        return self.variable.register_post_accumulate_grad_hook(lambda leaf: hook((), (leaf.grad,)))


def _edge(parent) -> tuple:
    if isinstance(parent, Output):
        return (parent.node.shown(), parent.index)
    if isinstance(parent, Node):
        return (parent.shown(), 0)
    if getattr(parent, "requires_grad", False):
        return (AccumulateGrad(parent), 0)
    return (None, 0)


class Packed:
    """A saved value in the form that a hook on saved tensors gave it; `restore()` makes it a value again."""

    __slots__ = ("restore",)

    def __init__(self, restore):
        self.restore = restore


class Anomaly:
    """Whether each backward step is checked (`torch.autograd.detect_anomaly`), in all threads; also for NaN?"""

    __slots__ = ("enabled", "check_nan")


anomaly = Anomaly()
anomaly.enabled, anomaly.check_nan = False, True

#: Functions that are told of each node when it is recorded: anomaly mode's, and those of hooks on saved tensors.
watchers: list = []


def keep(array):
    """What a node keeps of its result: a small array itself, of a large one only the shape and type."""
    return Meta(array.shape, array.dtype) if array.nbytes > KEEP_BYTES else array


def record(op, parents: tuple, saved: tuple, extras: tuple, array) -> Node:
    """A new node for `op`, made now.  (The factories in `ops.elementwise` write this out to save a call.)"""
    node = Node()
    node.op = op
    node.parents = parents
    node.saved = saved
    node.extras = extras
    node.time = tick()
    node.out = keep(array)
    node.storage = node.hooks = None
    if watchers:
        announce(node)
    return node


def announce(node: Node) -> None:
    """Tell those who watch of a new node."""
    for watcher in watchers:
        watcher(node)
