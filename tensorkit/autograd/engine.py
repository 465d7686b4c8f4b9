"""The backward pass: walk the tape from the result to the leaves, newest node first, and add up gradients.

Each node hands the gradient of its result to its derivative rules; what they give is the operands' share.  Shares that
meet at a node are added.  A node is newer than everything it was made from, so by the time the newest remaining node is
taken, its gradient is complete.  There is no recursion: a chain of a million operations works like one of three.

Source: PyTorch's autograd mechanics, https://pytorch.org/docs/stable/notes/autograd.html
"""

from heapq import heappop, heappush
from threading import Lock

import numpy as np

from .. import dtypes
from ..ops.cast import to_dtype
from ..ops.create import ones_like
from ..ops.pointwise import add
from ..ops.shape import sum_to
from ..tape import Node, Output, mode
from ..tensor import Tensor, wrap

ndarray = np.ndarray
_accumulating = Lock()  # threads that meet at one leaf add one after the other


def run_backward(roots, gradients, retain_graph: bool, create_graph: bool, inputs=None, accumulate=True) -> dict:
    """Walk back from `roots`, whose gradients are given.

    With `accumulate`, gradients are added to the `.grad` of the leaves (of `inputs` alone, if given).  The gradients that
    reached `inputs` are returned by what stands for each on the tape: its node, or the leaf itself.
    """
    wanted = None if inputs is None else {each._node or each for each in inputs}
    found: dict = {}
    pending: dict = {}
    heap: list = []
    nodes: dict = {}
    borrowed: set = set()  # leaves whose pending gradient is not theirs alone to keep

    def send(edge, gradient):
        """Add `gradient` to what waits at `edge`."""
        waiting = pending.get(edge)
        if waiting is not None:
            pending[edge] = add(waiting, gradient)
            borrowed.discard(edge)
            return
        pending[edge] = gradient
        if isinstance(edge, Node):
            heappush(heap, -edge.time)
            nodes[edge.time] = edge

    recording, mode.enabled = mode.enabled, create_graph
    try:
        for root, gradient in zip(roots, gradients, strict=True):
            edge = root._node or root
            send(edge, gradient)
            borrowed.add(edge)
        while heap:
            node = nodes.pop(-heappop(heap))
            g = pending.pop(node)
            if type(g) is list:
                pass
            elif node.hooks is not None:
                g = run_hooks(node.hooks, g)
            if wanted is not None and node in wanted:
                found[node] = g
            if isinstance(node, Output):
                _send_output(node, g, pending, heap, nodes)
                continue
            op = node.op
            vjp, parents, shares = op.vjp, node.parents, {}
            for i, parent in enumerate(parents):
                if isinstance(parent, Node):
                    like = parent.out
                elif isinstance(parent, Tensor) and parent._requires_grad:
                    like = parent._array
                else:
                    continue
                if op.rules[0 if op.variadic else i] is None:
                    continue
                share = vjp(node, i, g)
                if share is None:
                    continue
                array = share._array
                if type(array) is not type(like) or (type(array) is ndarray):
                    if array.shape != like.shape:
                        share = sum_to(share, like.shape)
                    if share._array.dtype != like.dtype:
                        share = to_dtype(share, dtypes.from_numpy(like.dtype))
                if parent not in pending and (share is g or type(share._array) is ndarray and share._array.base is not None):
                    borrowed.add(parent)
                send(parent, share)
                if node.hooks is not None:
                    shares[i] = share
            if not retain_graph and node.saved:
                node.saved = None
            if node.hooks is not None:
                _run_post_hooks(node, shares, g)
    finally:
        mode.enabled = recording
    for leaf, g in pending.items():
        if leaf._hooks:
            g = run_hooks(leaf._hooks, g)
        if wanted is not None:
            if leaf not in wanted:
                continue
            found[leaf] = g
        if accumulate:
            deposit(leaf, g, leaf in borrowed or create_graph, create_graph)
    return found


def _send_output(place: Output, g, pending: dict, heap: list, nodes: dict) -> None:
    """Put the gradient of one of several outputs in its place in the list that waits for their node."""
    node = place.node
    waiting = pending.get(node)
    if waiting is None:
        waiting = pending[node] = []
        heappush(heap, -node.time)
        nodes[node.time] = node
    waiting.extend([None] * (place.index + 1 - len(waiting)))
    waiting[place.index] = g


def run_hooks(hooks: dict, g):
    """The gradient after the hooks on it, in the order of their registration; `retain_grad` sees the last word."""
    for name, hook in list(hooks.items()):
        if isinstance(name, str):  # 'retain_grad' comes last, 'post' after the node
            continue
        changed = hook(g)
        if changed is not None:
            if not isinstance(changed, Tensor):
                raise TypeError(f"expected Tensor, but hook returned '{type(changed).__name__}'")
            if changed._array.shape != g._array.shape:
                raise RuntimeError(
                    f"hook '{getattr(hook, '__name__', repr(hook))}' has changed the size of value"
                )
            g = changed
    if "retain_grad" in hooks:
        hooks["retain_grad"](g)
    return g


def _run_post_hooks(node: Node, shares: dict, g) -> None:
    """Tell a node's own hooks (`grad_fn.register_hook`) what it passed on, and what it was given."""
    hooks = node.hooks.get("post")
    if hooks:
        passed = tuple([shares.get(i) for i in range(len(node.parents))])
        for hook in list(hooks.values()):
            hook(passed, tuple(g) if isinstance(g, list) else (g,))


def deposit(leaf: Tensor, g: Tensor, shared: bool, create_graph: bool) -> None:
    """Add `g` to `leaf.grad`: a first gradient becomes `.grad` (a copy, if others hold it too), later ones are added to
    the same tensor."""
    with _accumulating:
        grad = leaf._grad
        if grad is None:
            if create_graph:
                leaf._grad = g
            elif shared and type(g._array) is ndarray or g._requires_grad:
                leaf._grad = wrap(_laid_out_like(g._array, leaf._array))
            else:
                leaf._grad = g
        elif create_graph:
            leaf._grad = add(grad, g)
        elif type(grad._array) is ndarray:
            grad._array += g._array
        else:
            grad._array = grad._array + g._array
    if "_post_hooks" in leaf.__dict__:
        for hook in list(leaf._post_hooks.values()):
            hook(leaf)


def _laid_out_like(array, like):
    """A copy of `array` with the memory order of `like`, which is how PyTorch lays out a leaf's gradient."""
    if type(array) is not ndarray:
        return array
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
                raise RuntimeError("grad can be implicitly created only for real scalar outputs but got torch.complex64")
            started.append(ones_like(output))
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

