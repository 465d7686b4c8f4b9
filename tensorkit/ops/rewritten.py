"""The history of a tensor after a write to its memory: `adopt_history`.

The tensor takes over the node of what was written.  Where it is a view, the write becomes part of its base's history
(`CopySlices`), and every other view of that base follows it.  A real view of complex numbers, or the reverse, is taken
for a window over pairs of real numbers.

Source: PyTorch's notes on views, https://pytorch.org/docs/stable/notes/autograd.html#in-place-operations-with-autograd
"""

from ..array_modules import np
from ..tape import record, tick
from ..tensor import Tensor, storage_of
from .complex_views import slopes_of_pairs, view_as_complex, view_as_real
from .declare import behind
from .fragile import Broken
from .windows import _as_strided, _window_of, in_memory, places
from .writable import SHARED


def _saved_by(node, tensor) -> bool:
    """Whether a node's derivatives need the memory that was just written to: then they will refuse."""
    storage = storage_of(tensor)
    return bool(node.op.whole is None and node.saved) and any(
        isinstance(each, Tensor) and (each is tensor or each._storage is storage) for each in node.saved
    )


def _stands_in(node, tensor: Tensor) -> None:
    """Let the node of what was just written to a tensor know of later writes to that memory: its result is there."""
    if node is not None:
        if not _saved_by(node, tensor):
            node.time = tick()  # newer than the write: it is this node's own
        node.storage = storage_of(tensor)


def adopt_history(tensor: Tensor, result: Tensor) -> None:
    """Make `result`'s node the tensor's own; a view hands it on to its base, and all views of the base follow."""
    storage, base = storage_of(tensor), tensor._base
    old = (tensor if base is None else base)._node
    if base is None:
        _stands_in(result._node, tensor)
        tensor._node, tensor._requires_grad = result._node, result._requires_grad
        owner = tensor
    else:
        _stands_in(result._node, tensor)
        base._node = _written(base, tensor, result._node or result)
        base._node.storage = storage
        base._requires_grad = True
        owner = base
    for reference in storage.views:
        each = reference()
        if each is None or each._base is not owner or type(each._node) is Broken:
            continue
        before = each._node
        if owner._requires_grad:
            each._node = _seen(owner, each)
            each._node.storage = storage
        else:
            each._node = None
        each._requires_grad = owner._requires_grad
        _retain_anew(before, each._node)
    _retain_anew(old, owner._node)


def _written(base: Tensor, view: Tensor, written):
    """The node of a base after `written`, a node or a tensor, took the place of what its view shows."""
    array, before, (size, stride, offset) = base._array, base._node or base, _window(view)
    if _is_complex(view) == _is_complex(base):
        return record(_copy_slices.op, (before, written), (), (_geometry(base), size, stride, offset), array)
    if _is_complex(view):
        written = _as_pairs(written, view._array)
        window = (*size, 2), (*(2 * step for step in stride), 1), 2 * offset
        return record(_copy_slices.op, (before, written), (), (_geometry(base), *window), array)
    parents = _as_pairs(before, array), written
    pairs = record(_copy_slices.op, parents, (), (_geometry_of_pairs(base), size, stride, offset), _pairs(array))
    return record(_of_pairs.op, (pairs,), (), (), array)


def _seen(base: Tensor, view: Tensor):
    """The node of a view whose base has a new history."""
    array, (size, stride, offset) = view._array, _window(view)
    if _is_complex(view) == _is_complex(base):
        return record(_as_strided.op, (base._node,), (), (size, stride, offset, _geometry(base)), array)
    if _is_complex(view):
        window = (*size, 2), (*(2 * step for step in stride), 1), 2 * offset
        pairs = record(_as_strided.op, (base._node,), (), (*window, _geometry(base)), _pairs(array))
        return record(view_as_complex.op, (pairs,), (), (), array)
    pairs, geometry = _as_pairs(base._node, base._array), _geometry_of_pairs(base)
    if ((size, stride), offset) == (geometry, 0):
        return pairs
    return record(_as_strided.op, (pairs,), (), (size, stride, offset, geometry), array)


def _is_complex(tensor: Tensor) -> bool:
    return tensor._array.dtype.kind == "c"


def _window(view: Tensor) -> tuple:
    return tuple(view._array.shape), view.stride(), view.storage_offset()


def _geometry(base: Tensor) -> tuple:
    return tuple(base._array.shape), base.stride()


def _geometry_of_pairs(base: Tensor) -> tuple:
    """Shape and strides of a complex tensor as pairs of real numbers in a new last dimension."""
    return (*base._array.shape, 2), (*(2 * step for step in base.stride()), 1)


def _pairs(array):
    return view_as_real.op.forward(array)


def _as_pairs(complex_numbers, array):
    """The node of complex numbers, given by their node or tensor and their array, as pairs of real ones."""
    return record(view_as_real.op, (complex_numbers,), (), (), _pairs(array))


@behind(x=slopes_of_pairs, node_name="torch::autograd::CopySlices")
def _of_pairs(x):
    """Pairs of real numbers as complex ones again, after a write to one of them."""
    return view_as_complex.op.forward(np.ascontiguousarray(x))


def _retain_anew(old, node) -> None:
    """Let `retain_grad` follow a tensor to its new node: it is the tensor's gradient that is kept."""
    if old is not None and old.hooks and "retain_grad" in old.hooks and node is not None:
        if node.hooks is None:
            node.hooks = {}
        node.hooks["retain_grad"] = old.hooks.pop("retain_grad")


def _before_write(g, geometry, size, stride, offset):
    """The gradient of what a window was cut from; PyTorch's error where the window was an expanded one."""
    if 0 not in size and any(step == 0 and length > 1 for length, step in zip(size, stride, strict=True)):
        raise RuntimeError(SHARED)
    return _without_window(g, geometry, size, stride, offset)


@behind(x=_before_write, value=lambda g, geometry, size, stride, offset: _window_of(g, geometry, size, stride, offset),
    node_name="torch::autograd::CopySlices")  # fmt: skip
def _copy_slices(x, value, geometry, size, stride, offset):
    """`x` with a window of its memory replaced by `value`."""
    flat = in_memory(x, geometry)
    flat[places(size, stride, offset)] = value
    return flat[places(*geometry)]


@behind(x=lambda g, geometry, size, stride, offset: _without_window(g, geometry, size, stride, offset))
def _without_window(x, geometry, size, stride, offset):
    """A gradient with zeros in a window: what was there before the write has no part in the result."""
    return _copy_slices.op.forward(x, x.dtype.type(0), geometry, size, stride, offset)
