"""The tape: who made a tensor out of what, and when.

Every differentiable operation leaves a `Node` behind.  Nodes are plain data: the operation, what went
in, what its derivatives need.  The backward pass (`tensorkit.autograd.engine`) walks them newest first, and
the inspectors (`tensorkit.graph`) show them.  Here also: the clock that numbers nodes and in-place
writes, and the switch that turns recording off (`no_grad`).

Nothing here knows what a tensor is.  An operand that no operation made stands on the tape as itself: a leaf
or constant tensor, or a Python number.
"""

import threading
from itertools import count

import numpy as np

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


class Node:
    """One operation that was carried out: a vertex of the computational graph, PyTorch's `grad_fn`.

    op       the operation: its name, forward pass and derivatives (`tensorkit.ops.declare.Op`)
    parents  one entry per operand: the Node that made it, or the operand itself (a tensor, a number)
    saved    the values that the derivatives need, in the order of `op.saves`; None once released
    extras   the arguments that are no operands, such as `dim`
    time     when: a node is newer than everything it was made from
    out      the result's array if it is small, else its `Meta`
    storage  who knows of writes to the result's memory, once it is shared (`tensorkit.tensor.Storage`)
    hooks    functions of the gradient, to be called when the backward pass comes by
    """

    __slots__ = ("op", "parents", "saved", "extras", "time", "out", "storage", "hooks", "__weakref__")

    @property
    def value(self):
        """The result, if it was small enough to be kept; else None."""
        return None if type(self.out) is Meta else self.out

    @property
    def shape(self) -> tuple:
        return self.out.shape

    @property
    def dtype(self) -> np.dtype:
        return self.out.dtype

    def name(self) -> str:
        """PyTorch's name of this node, such as 'MulBackward0'."""
        return self.op.name_of(self)

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"

    def shown(self) -> "Node":
        """The node as `grad_fn` shows it: its type is then named after the operation, as PyTorch's is."""
        if type(self) is Node:
            self.__class__ = node_class(self.name())
        return self

    @property
    def next_functions(self) -> tuple:
        """The nodes that made the operands, each with the number of its output; leaves stand in AccumulateGrad."""
        return tuple(_edge(parent) for parent in self.parents)

    def register_prehook(self, hook) -> RemovableHandle:
        """Call `hook(gradient)` when the gradient of this node's output is complete; it may return another."""
        if self.hooks is None:
            self.hooks = {}
        return RemovableHandle(self.hooks, hook)

    def register_hook(self, hook) -> RemovableHandle:
        """Call `hook(gradients passed on, gradients received)` after this node has done its part of a backward pass."""
        if self.hooks is None:
            self.hooks = {}
        return RemovableHandle(self.hooks.setdefault("post", {}), hook)

    def __getattr__(self, name: str):
        """`_saved_self`, `_saved_other`, `_saved_result` …: the values kept for the derivatives."""
        if not name.startswith("_saved_"):
            raise AttributeError(f"'{self.name()}' object has no attribute '{name}'")
        ours = {"self": "x", "other": "y", "exponent": "y", "result": "out", "mat2": "y"}.get(name[7:], name[7:])
        if ours in self.op.extras:
            return self.extras[self.op.extras.index(ours)]
        if ours not in self.op.saves:
            raise AttributeError(f"'{self.name()}' object has no attribute '{name}'")
        if self.saved is None:
            raise RuntimeError(RELEASED)
        value = self.saved[self.op.saves.index(ours)]
        return self.op.unpack(self, ours, value)


_classes: dict[str, type] = {}


def node_class(name: str) -> type:
    """The class under which nodes of one name show themselves: `MulBackward0`."""
    found = _classes.get(name)
    if found is None:
        found = _classes[name] = type(name, (Node,), {"__slots__": (), "__module__": "torch.autograd.function"})
    return found


#: PyTorch's words for a second backward pass over values that the first one released.
RELEASED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
    "saved tensors after calling backward."
)


class Output(Node):
    """One of several outputs of a node: its gradient is one entry of that node's list."""

    __slots__ = ("index",)

    @property
    def node(self) -> Node:
        """The node of the operation itself."""
        return self.parents[0]

    def shown(self) -> Node:
        return self.node.shown()

    def name(self) -> str:
        return self.node.name()


class AccumulateGrad:
    """The end of the tape at a leaf: here the gradient is added to `variable.grad`."""

    __slots__ = ("variable",)

    next_functions = ()

    def __init__(self, variable):
        self.variable = variable

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self.variable):#x}>"

    def __eq__(self, other) -> bool:
        return isinstance(other, AccumulateGrad) and self.variable is other.variable

    def __hash__(self) -> int:
        return hash((AccumulateGrad, id(self.variable)))


def _edge(parent) -> tuple:
    if isinstance(parent, Output):
        return (parent.node.shown(), parent.index)
    if isinstance(parent, Node):
        return (parent.shown(), 0)
    if getattr(parent, "requires_grad", False):
        return (AccumulateGrad(parent), 0)
    return (None, 0)


def keep(array):
    """What a node keeps of its result: a small array itself, of a large one only the shape and type."""
    if type(array) is np.ndarray and array.nbytes > KEEP_BYTES:
        return Meta(array.shape, array.dtype)
    return array


def record(op, parents: tuple, saved: tuple, extras: tuple, array) -> Node:
    """A new node for `op`, made now.  (The factories in `ops.declare` write this out to save a call.)"""
    node = Node()
    node.op = op
    node.parents = parents
    node.saved = saved
    node.extras = extras
    node.time = tick()
    node.out = keep(array)
    node.storage = node.hooks = None
    return node


class _Mode(threading.local):
    """Whether operations are recorded; each thread has its own, and starts with recording on."""

    enabled = True
    inference = False
    anomaly = False


mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread.

    >>> import tensorkit as torch
    >>> with torch.no_grad():
    ...     torch.is_grad_enabled()
    False
    """
    return mode.enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`."""
    return mode.inference


class _GradMode:
    """A setting of the recording switch, as a context manager and as a decorator.

    Instances may be nested and used again: each entry pushes the mode it found.
    """

    __slots__ = ("_found",)

    target = True

    def __new__(cls, function=None):
        self = object.__new__(cls)
        self._found = []
        return self if function is None else self(function)  # @torch.no_grad without brackets

    def __enter__(self):
        self._found.append(mode.enabled)
        mode.enabled = self.target

    def __exit__(self, *exception):
        mode.enabled = self._found.pop()

    def clone(self):
        return type(self)()

    def __call__(self, function):
        return decorate(self.clone, function)


def decorate(context, function):
    """`function`, run inside a new `context()` at each call; generators get it only while they run."""
    from functools import wraps

    code = getattr(function, "__code__", None)
    if code is not None and code.co_flags & 0x20:  # a generator function: the mode ends at each yield

        @wraps(function)
        def generator(*args, **kwargs):
            running = function(*args, **kwargs)
            send, value = running.send, None
            while True:
                try:
                    with context():
                        result = send(value)
                except StopIteration as stop:
                    return stop.value
                try:
                    value = yield result
                    send = running.send
                except GeneratorExit:
                    with context():
                        running.close()
                    raise
                except BaseException as error:
                    send, value = running.throw, error

        return generator

    @wraps(function)
    def wrapped(*args, **kwargs):
        with context():
            return function(*args, **kwargs)

    return wrapped


class no_grad(_GradMode):
    """Do not record operations: inside, results have `requires_grad=False`.

    >>> import tensorkit as torch
    >>> w = torch.tensor(1.0, requires_grad=True)
    >>> with torch.no_grad():
    ...     (w * 2).requires_grad
    False

    Source: https://pytorch.org/docs/stable/generated/torch.no_grad.html
    """

    __slots__ = ()
    target = False


class enable_grad(_GradMode):
    """Record operations again, inside a `no_grad` block."""

    __slots__ = ()
    target = True


class set_grad_enabled(_GradMode):
    """Turn recording on or off: at once as a plain call, or for a `with` block, or for a decorated function."""

    __slots__ = ("target",)

    def __new__(cls, mode: bool):
        return object.__new__(cls)

    def __init__(self, mode: bool):
        self.target = bool(mode)
        self._found = [_swap(self.target)]

    def __enter__(self):
        if not self._found:  # entered a second time
            self._found.append(mode.enabled)
        mode.enabled = self.target

    def clone(self):
        return set_grad_enabled(self.target)

    def __call__(self, function):
        if self._found:
            mode.enabled = self._found.pop()  # as a decorator it acts only inside
        return super().__call__(function)


def _swap(enabled: bool) -> bool:
    found, mode.enabled = mode.enabled, enabled
    return found


class inference_mode(_GradMode):
    """Like `no_grad`; tensors made inside can never be recorded in PyTorch.

    `inference_mode(False)` changes nothing.
    """

    __slots__ = ("_on",)
    target = False

    def __new__(cls, mode=True):
        self = object.__new__(cls)
        self._found, self._on = [], True
        if callable(mode):
            return self(mode)
        self._on = bool(mode)
        return self

    def __enter__(self):
        self._found.append((mode.enabled, mode.inference))
        if self._on:
            mode.enabled, mode.inference = False, True

    def __exit__(self, *exception):
        mode.enabled, mode.inference = self._found.pop()

    def clone(self):
        return inference_mode(self._on)
