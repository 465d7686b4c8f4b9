"""The backward pass: walk the tape from the result to the leaves, newest node first, and add up gradients.

Each node hands the gradient of its result to its derivative rules; what they give is the operands' share.  Shares that
meet at a node are added.  A node is newer than everything it was made from, so by the time the newest remaining node is
taken, its gradient is complete.  There is no recursion: a chain of a million operations works like one of three.

Source: PyTorch's autograd mechanics, https://pytorch.org/docs/stable/notes/autograd.html
"""

from heapq import heapify, heappop, heappush
from threading import Lock, local

import numpy as np

from .. import dtypes
from ..ops.assign import _copied as _copied_over
from ..ops.broadcast import sum_to
from ..ops.cast import to_dtype
from ..ops.create import ones_like
from ..ops.declare import FLOAT_SCALARS
from ..ops.pointwise import add
from ..tape import Node, Output, anomaly, mode, record
from ..tensor import Tensor, wrap
from .anomaly import watched
from .arrival import awaited, delivering
from .hooking import run_hooks, run_post_hooks, run_prehooks

ndarray = np.ndarray
#: The gradient that a 0-d result starts from, by the type of its number.
ONES = {kind: kind(1) for kind in FLOAT_SCALARS}

_accumulating = Lock()  # threads that meet at one leaf add one after the other
walking = local()  # `walking.to_inputs` is there while a walk goes to given inputs alone


def run_backward(roots, gradients, retain_graph: bool, create_graph: bool, inputs=None, accumulate=True) -> dict:
    """Walk back from `roots`, whose gradients are given.

    With `accumulate`, gradients are added to the `.grad` of the leaves (of `inputs` alone, if given).  The gradients
    that reached `inputs` are returned by what stands for each on the tape: its node, or the leaf itself.
    """
    wanted = needed = None
    if inputs is not None:
        wanted = {each._node or each for each in inputs}
        needed = _on_the_way(roots, wanted)
        walking.to_inputs = True
    found: dict = {}
    pending: dict = {}  # what waits at each node and leaf
    shared: set = set()  # leaves whose waiting gradient is held elsewhere too
    shares_of = watched(_shares) if anomaly.enabled else _shares
    if awaited and wanted is None:
        shares_of = delivering(shares_of, roots, lambda leaf: _arrive_early(leaf, pending, shared, create_graph))
    recording, mode.enabled = mode.enabled, create_graph
    try:
        nodes, heap = _started(roots, gradients, pending, shared)
        while heap:
            node = nodes.pop(-heappop(heap))
            g = pending.pop(node)
            hooks = node.hooks
            if hooks is not None and type(g) is not list:
                g = run_hooks(hooks, g)
            if wanted is not None:
                if node in wanted:
                    found[node] = g
                if node not in needed:
                    continue
            if hooks is not None and "pre" in hooks:
                g = run_prehooks(hooks["pre"], g)
            shares = _output_share(node, g, pending) if type(node) is Output else shares_of(node, g)
            if hooks is not None and "post" in hooks:
                shares = run_post_hooks(node, shares, g)
            for parent, share in shares:
                if needed is not None and parent not in needed and parent not in wanted:
                    continue
                if parent in pending:
                    if type(share) is not list:
                        pending[parent] = add(pending[parent], share)
                        shared.discard(parent)
                    continue
                pending[parent] = share
                if isinstance(parent, Node):
                    time = parent.time
                    nodes[time] = parent
                    heappush(heap, -time)
                elif share is g or (type(share._array) is ndarray and share._array.base is not None):
                    shared.add(parent)
            if not retain_graph and node.saved:
                node.saved = None
    finally:
        mode.enabled = recording
        if wanted is not None:
            walking.__dict__.pop("to_inputs", None)
    _arrive(pending, shared, wanted, found, accumulate, create_graph)
    return found


def _arrive(pending: dict, shared: set, wanted, found: dict, accumulate: bool, create_graph: bool) -> None:
    """Hand what waits at the leaves to their hooks, to `found` and to their `.grad`."""
    for leaf, g in pending.items():
        if leaf._hooks:
            g = run_hooks(leaf._hooks, g)
        if wanted is not None:
            if leaf not in wanted:
                continue
            found[leaf] = g
        if accumulate:
            deposit(leaf, g, leaf in shared, create_graph)


def _arrive_early(leaf, pending: dict, shared: set, create_graph: bool) -> None:
    """The same for one leaf whose gradient is complete, while the walk goes on."""
    if leaf in pending:
        _arrive({leaf: pending.pop(leaf)}, shared, None, {}, True, create_graph)


def _started(roots, gradients, pending: dict, shared: set) -> tuple[dict, list]:
    """Let the given gradients wait at their roots.  The waiting nodes by their time, and these times as a heap,
    negative: the newest on top."""
    nodes: dict = {}
    heap: list = []
    for root, gradient in zip(roots, gradients, strict=True):
        edge = root._node or root
        if edge in pending:
            pending[edge] = add(pending[edge], gradient)
            continue
        pending[edge] = gradient
        if root._node is None:
            shared.add(edge)
        else:
            nodes[edge.time] = edge
            heap.append(-edge.time)
    heapify(heap)
    return nodes, heap


def _shares(node: Node, g) -> list:
    """What each operand that wants a gradient gets of `g`: its rule's answer, in the operand's shape and dtype."""
    array = g._array if type(g) is not list else next(each._array for each in g if each is not None)
    if type(array) not in FLOAT_SCALARS and array.dtype.kind == "c":
        return _complex_shares(node, g)
    op = node.op
    if op.whole is not None:
        return op.whole(node, g)
    rules, vjp, variadic, shares = op.rules, op.vjp, op.variadic, []
    for i, parent in enumerate(node.parents):
        if isinstance(parent, Node):
            like = parent.out
        elif isinstance(parent, Tensor) and parent._requires_grad and parent._node is None:
            like = parent._array
        else:
            continue
        if rules[0 if variadic else i] is None:
            continue
        share = vjp(node, i, g)
        if share is None:
            continue
        array = share._array
        if type(array) is ndarray or type(array) is not type(like):
            if array.shape != like.shape:
                share = sum_to(share, like.shape)
            if array.dtype != like.dtype:
                share = to_dtype(share, dtypes.from_numpy(like.dtype))
        shares.append((parent, share))
    return shares


def _complex_shares(node: Node, g) -> list:
    """The same for complex numbers.  Rules are written as for real ones; PyTorch's gradient of a complex function is
    the conjugate of what they would give, so `g` is conjugated on the way in, and the answer on the way out."""
    g = [each if each is None else each.conj() for each in g] if type(g) is list else g.conj()
    shares = []
    for i, parent in enumerate(node.parents):
        like = parent.out if isinstance(parent, Node) else getattr(parent, "_array", None)
        wanted = isinstance(parent, Node) or (isinstance(parent, Tensor) and parent._requires_grad)
        if not wanted or node.op.rules[0 if node.op.variadic else i] is None:
            continue
        share = node.op.vjp(node, i, g)
        if share is not None:
            shares.append((parent, to_dtype(sum_to(share.conj(), like.shape), dtypes.from_numpy(like.dtype))))
    return shares


def _on_the_way(roots, wanted: set) -> set:
    """The nodes between the roots and what is wanted: the others need not be walked."""
    stack, reached = [root._node for root in roots if root._node is not None], set()
    while stack:
        node = stack.pop()
        if node not in reached:
            reached.add(node)
            stack.extend([parent for parent in node.parents if isinstance(parent, Node)])
    on_the_way: set = set()
    for node in sorted(reached, key=lambda node: node.time):  # operands come before results
        for parent in node.parents:
            if isinstance(parent, (Node, Tensor)) and (parent in wanted or parent in on_the_way):
                on_the_way.add(node)
                break
    return on_the_way


def _output_share(place: Output, g, pending: dict) -> list:
    """For one of several outputs: the list of gradients that waits for their node, with `g` in its place."""
    waiting = pending.get(place.node)
    gradients = [] if waiting is None else waiting
    gradients.extend([None] * (place.index + 1 - len(gradients)))
    there = gradients[place.index]
    gradients[place.index] = g if there is None else add(there, g)
    return [(place.node, gradients)]


def deposit(leaf: Tensor, g: Tensor, shared: bool, create_graph: bool) -> None:
    """Add `g` to `leaf.grad`: a first gradient becomes `.grad` (a copy, if others hold it too), later ones are added to
    the same tensor."""
    with _accumulating:
        grad = leaf._grad
        if grad is None:
            if create_graph:
                leaf._grad = _copied(g)
            elif type(g._array) is not ndarray:  # a number cannot be written to: it may be shared, its tensor may not
                leaf._grad = wrap(g._array) if shared or g._requires_grad else g
            elif shared or g._requires_grad or g._array.strides != leaf._array.strides:
                leaf._grad = wrap(_laid_out_like(g._array, leaf._array))
            else:
                leaf._grad = g
        elif create_graph:
            leaf._grad = add(grad, g)
        elif type(grad._array) is ndarray:
            grad._array += g._array
        else:
            grad._array = grad._array + g._array
    if leaf._post_hooks is not None:
        for hook in list(leaf._post_hooks.values()):
            result = hook(leaf)
            if result is not None and not isinstance(result, Tensor):
                raise TypeError(f"expected Variable, but hook returned '{type(result).__name__}'")
            if result is not None:
                raise RuntimeError("Tensor post accumulate grad hooks should return None.")


def _copied(g: Tensor) -> Tensor:
    """A copy of a gradient, with its history."""
    copied = wrap(np.array(g._array)[()])
    if g._requires_grad:
        copied._node, copied._requires_grad = record(_copied_over.op, (0.0, g._node or g), (), (), copied._array), True
    return copied


def _gradients_of(node: Node, *gradients):
    """What a node gives for the gradients of its outputs: `tensor.grad_fn(g)`; None for an operand that needs none."""
    waiting = iter([*_shares(node, gradients[0] if len(gradients) == 1 else list(gradients)), (None, None)])
    parent, share = next(waiting)
    found = []
    for operand, _ in zip(node.parents, node.next_functions, strict=False):
        if operand is parent:
            found.append(share)
            parent, share = next(waiting)
        else:
            found.append(None)
    return found[0] if len(found) == 1 else tuple(found)


Node.__call__ = _gradients_of


def _laid_out_like(array, like):
    """A copy of `array` with the memory order of `like`, which is how PyTorch lays out a leaf's gradient."""
    copy = np.empty_like(like, dtype=array.dtype, subok=False) if like.shape == array.shape else np.empty_like(array)
    copy[...] = array
    return copy


def seeds(outputs, gradients) -> list:
    """The gradients to start from: those given, checked, or 1 for an output with one element."""
    started = []
    for i, (output, gradient) in enumerate(zip(outputs, gradients, strict=True)):
        if not output._requires_grad:
            raise RuntimeError(f"element {i} of tensors does not require grad and does not have a grad_fn")
        if gradient is None:
            if output._array.size != 1:
                raise RuntimeError("grad can be implicitly created only for scalar outputs")
            if output._array.dtype.kind == "c":
                raise RuntimeError(
                    f"grad can be implicitly created only for real scalar outputs but got {output.dtype}"
                )
            one = output._array
            started.append(ones_like(output) if type(one) is ndarray else wrap(type(one)(1)))
            continue
        if not isinstance(gradient, Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
        if gradient._array.shape != output._array.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{i}] has a shape of {gradient.shape} and output[{i}] has a shape of "
                f"{output.shape}."
            )
        started.append(gradient if gradient.dtype is output.dtype else to_dtype(gradient, output.dtype))
    return started
