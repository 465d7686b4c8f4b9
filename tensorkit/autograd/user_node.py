"""What stands between the two passes of a user's operation: its `ctx`, its node, and the tensors that it saved.

The `ctx` belongs to the user, under any name; the node keeps itself, and what `save_for_backward` was given, out of the
way.  The operations themselves stand in `function.py`.
"""

from warnings import warn

from ..ops.declare import output, overwritten
from ..tape import RELEASED, Node, Packed
from ..tensor import wrap


class FunctionCtx:
    """What `forward` and `backward` of a `Function` get as their first argument: a place to keep things in between."""

    _saving: tuple = ()
    _dirty: tuple = ()
    _constant: tuple = ()
    _materialize = True
    _node = None  # a weak reference to the node, once there is one
    needs_input_grad: tuple = ()

    def save_for_backward(self, *tensors) -> None:
        """Keep these tensors (inputs, outputs, None) for the backward pass, safe from being overwritten unnoticed."""
        self._saving = tensors

    def save_for_forward(self, *tensors) -> None:
        """Accepted for compatibility: there is no forward-mode differentiation here."""

    def mark_dirty(self, *tensors) -> None:
        """Say that `forward` writes to these inputs; each must be among what it returns."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors) -> None:
        """Say that these outputs have no gradient; `backward` gets zeros for them."""
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """False: `backward` gets None, not zeros, for an output that had no part in the result."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple:
        """The tensors that `save_for_backward` was given; RuntimeError where one was overwritten, or all are
        released."""
        node = self._node and self._node()
        return () if node is None else unpacked(node)

    @property
    def saved_variables(self) -> tuple:
        """The old name of `saved_tensors`."""
        warn("'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2)
        return self.saved_tensors

    def __getattr__(self, name: str):
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")


class FunctionNode(Node):
    """The node of a user's operation.  What its `ctx` holds can be read from the node too, as PyTorch has it."""

    __slots__ = ("ctx",)

    def __getattr__(self, name: str):
        return getattr(self.ctx, name)

    def __repr__(self) -> str:
        return f"<torch.autograd.function.{type(self).__name__} object at {id(self):#x}>"

    @property
    def next_functions(self) -> tuple:
        edges = Node.next_functions.__get__(self)
        return tuple([edge for edge, is_tensor in zip(edges, self.ctx._tensors, strict=True) if is_tensor])


def packed(node: FunctionNode, value, outputs: tuple):
    """A tensor as the node keeps it: an output as (its number, its array), for the output itself holds the node."""
    if value is None:
        return None
    for i, each in enumerate(outputs):
        if each is value:
            return (i, value._array)
    return value


def unpacked(node: FunctionNode) -> tuple:
    if node.saved is None:
        raise RuntimeError(RELEASED)
    return tuple([_restored(node, each) for each in node.saved])


def _restored(node: FunctionNode, value):
    if type(value) is Packed:
        value = value.restore()
    if type(value) is not tuple:
        if value is not None:
            storage = value._storage
            if storage is not None and storage.writes and storage.writes[-1] > node.time:
                raise overwritten(value._array, storage, node.time, value._node)
        return value
    index, array = value
    made = node.ctx._places[index]
    place = node if made is None else (made() or output(node, index, array))
    storage = place.storage
    if storage is not None and storage.writes and storage.writes[-1] > place.time:
        raise overwritten(array, storage, place.time, place)
    tensor = wrap(array)
    if index not in node.ctx._constant_places:
        tensor._node, tensor._requires_grad = place, True
    return tensor
