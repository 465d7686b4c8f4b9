"""The tape as users may handle it: hooks on saved values, edges of the graph, version counters.

Source: https://pytorch.org/docs/stable/autograd.html#autograd-graph
"""

import threading
from collections import namedtuple
from contextlib import contextmanager

from ..array_modules import np
from ..left_out import missing as _missing
from ..tape import AccumulateGrad, Node, Output, Packed, mode, watchers
from ..tensor import Tensor, attach, storage_of, wrap

__all__ = [
    "GradientEdge", "Node", "allow_mutation_on_saved_tensors", "disable_saved_tensors_hooks",
    "get_gradient_edge", "increment_version", "save_on_cpu", "saved_tensors_hooks",
]  # fmt: skip


class _Hooks(threading.local):
    def __init__(self):
        self.stack = []
        self.refused = None
        self.mutable = False


_hooks = _Hooks()
_watching = threading.Lock()
_blocks = 0  # how many `with` blocks are open, in all threads: only then does anyone watch what is recorded


def _open(change: int) -> None:
    global _blocks
    with _watching:
        _blocks += change
        if _blocks and _pack_saved not in watchers:
            watchers.append(_pack_saved)
        elif not _blocks and _pack_saved in watchers:
            watchers.remove(_pack_saved)


class saved_tensors_hooks:  # noqa: N801 (PyTorch's name)
    """Within this `with` block, what operations save for the backward pass goes through `pack_hook` first, and through
    `unpack_hook` when it is needed.

    pack_hook    gets the tensor, returns anything
    unpack_hook  gets that, returns a tensor with the same numbers

    Only the innermost pair of hooks is used.

    >>> x = torch.tensor(3., requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t * 1, lambda t: t):
    ...     y = x * x
    >>> y.backward()
    >>> x.grad
    tensor(6.)

    Source: https://pytorch.org/docs/stable/autograd.html#torch.autograd.graph.saved_tensors_hooks
    """

    def __init__(self, pack_hook, unpack_hook):
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        if _hooks.refused is not None:
            raise RuntimeError(_hooks.refused)
        _hooks.stack.append((self.pack_hook, self.unpack_hook))
        _open(1)

    def __exit__(self, *exception) -> None:
        _hooks.stack.pop()
        _open(-1)


class save_on_cpu(saved_tensors_hooks):  # noqa: N801 (PyTorch's name)
    """Keep saved tensors in the CPU's memory, and bring them back when they are needed; on the CPU a copy.

    >>> x = tensor(3., requires_grad=True)
    >>> with torch.autograd.graph.save_on_cpu():
    ...     y = x * x
    >>> y.backward(); x.grad
    tensor(6.)

    Source: https://pytorch.org/docs/stable/autograd.html#torch.autograd.graph.save_on_cpu
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda"):
        super().__init__(
            lambda tensor: (tensor.device, tensor.detach().cpu().clone()), lambda kept: kept[1].to(kept[0])
        )


class disable_saved_tensors_hooks:  # noqa: N801 (PyTorch's name)
    """Within this `with` block, entering `saved_tensors_hooks` raises RuntimeError with this message.

    >>> with torch.autograd.graph.disable_saved_tensors_hooks("no hooks here"):
    ...     with torch.autograd.graph.save_on_cpu():
    ...         pass
    Traceback (most recent call last):
        ...
    RuntimeError: no hooks here
    """

    def __init__(self, error_message: str):
        self._message = error_message

    def __enter__(self) -> None:
        self._found, _hooks.refused = _hooks.refused, self._message

    def __exit__(self, *exception) -> None:
        _hooks.refused = self._found


def _pack_saved(node: Node) -> None:
    """Replace what a new node saved by what the hooks make of it."""
    if not _hooks.stack or not node.saved:
        return
    pack, unpack = _hooks.stack[-1]
    users = node.op.whole is not None
    node.saved = tuple(
        [
            each if each is None else _packed_output(node, each, pack, unpack) if users and type(each) is tuple
            else _packed(node, each, None if users else node.op.saves[i], pack, unpack)
            for i, each in enumerate(node.saved)
        ]
    )  # fmt: skip


def _packed(node: Node, value, name: str | None, pack, unpack):
    if isinstance(value, Tensor):
        return _packed_tensor(value, pack, unpack)
    if isinstance(value, tuple):  # the operands of an operation on a list of tensors
        several = [_packed(node, each, name, pack, unpack) for each in value]
        return Packed(lambda: tuple([each.restore() if type(each) is Packed else each for each in several]))
    if name in node.op.outputs:
        kept = _call(pack, _of_node(node, value))
        return Packed(lambda: _unpacked(unpack, kept)._array)
    return value


def _packed_output(node: Node, value: tuple, pack, unpack) -> Packed:
    """An output that a user's Function saved: its number, and its array."""
    index, array = value
    kept = _call(pack, _of_node(node, array))
    return Packed(lambda: (index, _unpacked(unpack, kept)._array))


def _of_node(node: Node, array) -> Tensor:
    tensor = wrap(array)
    if tensor.is_floating_point() or tensor.is_complex():
        tensor._node, tensor._requires_grad = node, True
    return tensor


def _packed_tensor(value: Tensor, pack, unpack) -> Packed:
    kept = _call(pack, value)
    made = value._node
    leaf = value if made is None and value._requires_grad else None

    def restore():
        tensor = _unpacked(unpack, kept)
        if tensor is leaf or tensor._node is not None and tensor._node is made:
            return tensor
        found = wrap(tensor._array)
        if leaf is not None:
            recording, mode.enabled = mode.enabled, True
            found._node, found._requires_grad = leaf.view_as(leaf)._node, True
            mode.enabled = recording
        elif made is not None:
            found._node, found._requires_grad = made, True
        return found

    return Packed(restore)


def _call(hook, value):
    """What the hook gives; what it computes is not recorded."""
    recording, mode.enabled = mode.enabled, False
    try:
        return hook(value)
    finally:
        mode.enabled = recording


def _unpacked(unpack, kept) -> Tensor:
    tensor = _call(unpack, kept)
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {type(tensor).__name__}"
        )
    return tensor


class _Recorded:
    """The block of `allow_mutation_on_saved_tensors`: open until it is left."""

    def __init__(self):
        self.open = True

    def restored(self, kept: Tensor) -> Tensor:
        if not self.open:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' contextin which the graph was "
                "originally recorded."
            )
        return kept


@contextmanager
def allow_mutation_on_saved_tensors():
    """A `with` block in which tensors may be written to in place though the backward pass needs what was in them.

    What operations save is copied, so that the block takes more memory; `backward` has to be called in it too.

    >>> with torch.autograd.graph.allow_mutation_on_saved_tensors():
    ...     x = torch.tensor(3., requires_grad=True)
    ...     y = x * 1
    ...     z = y * y
    ...     _ = y.zero_()
    ...     z.backward()
    >>> x.grad
    tensor(6.)

    Source: https://pytorch.org/docs/stable/autograd.html#torch.autograd.graph.allow_mutation_on_saved_tensors
    """
    if _hooks.mutable:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    block = _Recorded()
    _hooks.mutable = True
    try:
        with saved_tensors_hooks(lambda tensor: tensor.detach().clone(), block.restored):
            yield block
    finally:
        _hooks.mutable = block.open = False


class GradientEdge(namedtuple("GradientEdge", "node output_nr ownership_token")):
    """A place in the graph where a gradient flows: an output of a node.  `backward` and `grad` take it for a tensor.

    >>> y = tensor(2., requires_grad=True) ** 2
    >>> torch.autograd.graph.get_gradient_edge(y).output_nr
    0
    """

    @property
    def place(self) -> Tensor:
        """A tensor that stands at this place."""
        if isinstance(self.node, AccumulateGrad):
            return self.node.variable
        place = self.ownership_token or self.node
        tensor = wrap(np.broadcast_to(place.dtype.type(0), place.shape) if place.value is None else place.value)
        tensor._node, tensor._requires_grad = place, True
        return tensor


@attach
@property
def output_nr(self) -> int:
    """Which of its node's outputs this tensor is: 0 for leaves and wherever there is just one.

    >>> torch.ones(3, requires_grad=True).unbind()[2].output_nr
    2
    """
    return self._node.index if isinstance(self._node, Output) else 0


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The place of this tensor in the graph: its node (AccumulateGrad for a leaf) and the number of the node's output.

    >>> edge = torch.autograd.graph.get_gradient_edge(torch.ones(1, requires_grad=True) * 2)
    >>> edge.node.name()
    'MulBackward0'

    Source: https://pytorch.org/docs/stable/autograd.html#torch.autograd.graph.get_gradient_edge
    """
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    node = tensor._node
    if node is None:
        return GradientEdge(AccumulateGrad(tensor), 0, None)
    if isinstance(node, Output):
        return GradientEdge(node.shown(), node.index, node)
    return GradientEdge(node.shown(), 0, None)


def increment_version(tensor) -> None:
    """Say that the tensor's memory (or that of several) was written to in a way that the tape could not see.

    >>> x = torch.ones(2)
    >>> torch.autograd.graph.increment_version(x); x._version
    1
    """
    for each in (tensor,) if isinstance(tensor, Tensor) else tensor:
        storage_of(each).written()


def __getattr__(name: str):
    raise _missing("module 'torch.autograd.graph'", name)
