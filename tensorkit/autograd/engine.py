"""The backward pass: walk the tape from the result to the leaves, newest node first, and add up gradients.

Each node hands the gradient of its result to its derivative rules; what they give is the operands' share.  Shares that
meet at a node are added.  A node is newer than everything it was made from, so by the time the newest remaining node is
taken, its gradient is complete.  There is no recursion: a chain of a million operations works like one of three.

Gradients travel as tensors where they are to be differentiated again (`create_graph`), else as bare arrays, on which
the rules work too (`ops/bare.py`); hooks and operations that users wrote see tensors always.

Source: PyTorch's autograd mechanics, https://pytorch.org/docs/stable/notes/autograd.html
"""

from heapq import heapify, heappop, heappush
from operator import add as plus
from threading import local

from .. import array_modules
from ..array_modules import making_on, np, place_of
from ..ops.cast import to_dtype
from ..ops.declare import FLOAT_SCALARS
from ..ops.pointwise import add
from ..tape import RELEASED, Node, Output, ancestors, anomaly, mode
from ..tensor import Tensor, wrap
from .arrival import awaited, delivering
from .deposit import deposit, deposit_first
from .hooking import run_hooks, run_prehooks
from .shares import (
    as_arrays,
    as_tensors,
    bare_shares,
    fitted,
    hooked,
    is_view,
    output_share,
    post_hooked,
    promoted_share,
    tensor_shares,
)

ndarray = np.ndarray
#: The gradient that a 0-d result starts from, by the type of its number.
ONES = {kind: kind(1) for kind in FLOAT_SCALARS}

walking = local()  # `walking.to_inputs` is there while a walk goes to given inputs alone


def run_backward(roots, gradients, retain_graph: bool, create_graph: bool, inputs=None, accumulate=True) -> dict:
    """Walk back from `roots`, whose gradients are given.

    With `accumulate`, gradients are added to the `.grad` of the leaves (of `inputs` alone, if given).  The gradients
    that reached `inputs` are returned by what stands for each on the tape: its node, or the leaf itself.
    """
    if array_modules.cupy is not None and (place := _place_of(gradients)) is not None:
        with making_on(place):
            return _run_to(roots, gradients, retain_graph, create_graph, inputs, accumulate)
    return _run_to(roots, gradients, retain_graph, create_graph, inputs, accumulate)


def _place_of(gradients) -> int | None:
    """The GPU that the first of the gradients is on."""
    return next((place_of(each._array) for each in gradients if each is not None), None)


def _run_to(roots, gradients, retain_graph: bool, create_graph: bool, inputs, accumulate: bool) -> dict:
    if inputs is None and not (create_graph or awaited or anomaly.enabled):
        pending: dict = {}
        nodes, heap, leaves = _started(roots, as_arrays(gradients), pending, plus)
        return _run_plainly(nodes, heap, leaves, pending, retain_graph)
    wanted = needed = None
    if inputs is not None:
        wanted = {each._node or each for each in inputs}
        needed = _on_the_way(roots, wanted)
        walking.to_inputs = True
    found: dict = {}
    pending = {}  # what waits at each node and leaf
    shares_of, join = (tensor_shares, add) if create_graph else (bare_shares, plus)
    if anomaly.enabled:
        from .anomaly import watched

        shares_of = watched(shares_of)
    if awaited and wanted is None:
        shares_of = delivering(shares_of, roots, lambda leaf: _arrive_early(leaf, pending, shared, create_graph))
    recording, mode.enabled = mode.enabled, create_graph
    try:
        started = gradients if create_graph else as_arrays(gradients)
        nodes, heap, shared = _started(roots, started, pending, join)  # shared: a leaf's gradient is held elsewhere too
        while heap:
            node = nodes.pop(-heappop(heap))
            g = pending.pop(node)
            hooks = node.hooks
            if hooks is not None and type(g) is not list:
                g = hooked(run_hooks, hooks, g)
            if wanted is not None:
                if node in wanted:
                    found[node] = as_tensors(g)
                if node not in needed:
                    continue
            shares = _shares_with_hooks(node, g, pending, shares_of, join)
            if needed is not None:
                shares = [each for each in shares if each[0] in needed or each[0] in wanted]
            _meet(shares, g, nodes, heap, pending, shared, join)
            if not retain_graph and node.saved:
                node.saved = None
    finally:
        mode.enabled = recording
        if wanted is not None:
            walking.__dict__.pop("to_inputs", None)
    _arrive(pending, shared, wanted, found, accumulate, create_graph)
    return found


def run_from_number(root: Tensor, one, retain_graph: bool | None) -> None:
    """`loss.backward()`, without its formalities: a tenth of the time of a small example."""
    node = root._node
    if node is None or awaited or anomaly.enabled:
        run_backward((root,), (wrap(one),), bool(retain_graph), False)
    else:
        _run_plainly({node.time: node}, [-node.time], set(), {node: one}, retain_graph)


def _run_plainly(nodes: dict, heap: list, shared: set, pending: dict, retain_graph: bool) -> dict:
    """The backward pass to all leaves, in bare arrays, with nobody looking on."""
    recording, mode.enabled = mode.enabled, False
    try:
        _walk_plainly(nodes, heap, pending, shared, retain_graph)
    finally:
        mode.enabled = recording
    rest = deposit_first(pending, shared)
    if rest:
        _arrive(rest, shared, None, {}, True, False)
    return {}


def _walk_plainly(nodes: dict, heap: list, pending: dict, shared: set, retain_graph: bool) -> None:
    """The walk of `loss.backward()`: to all leaves, in bare arrays, with nobody looking on.

    It does what the walk in `run_backward` does with `bare_shares` and `_meet`, written out in one loop: half the time
    for scalars (3.1 µs for (x + y) · z and its three leaves, 8.2 µs by way of these functions).
    """
    while heap:
        node = nodes.pop(-heappop(heap))
        g = pending.pop(node)
        op = node.op
        twins, saved = op.bare, node.saved
        odd = type(g) not in FLOAT_SCALARS and (type(g) is not ndarray or g.dtype.kind == "c")
        if odd or not twins or node.hooks is not None:
            if node.hooks is not None and type(g) is not list:
                g = hooked(run_hooks, node.hooks, g)
            _meet(_shares_with_hooks(node, g, pending, bare_shares, plus), g, nodes, heap, pending, shared, plus)
            if not retain_graph and saved:
                node.saved = None
            continue
        if saved is None and op.saves:
            raise RuntimeError(RELEASED)
        for parent, twin, needs in zip(node.parents, twins, op.needs):  # noqa: B905 (as long as each other)
            if twin is None:
                continue
            if isinstance(parent, Node):
                like, inner = parent.out, True
            elif isinstance(parent, Tensor) and parent._requires_grad and parent._node is None:
                like, inner = parent._array, False
            else:
                continue
            if not needs:
                share = twin(g)
            else:
                values, same = [], True
                for k in needs:
                    if k < 0:
                        values.append(node.extras[~k])
                        continue
                    value = saved[k]
                    if type(value) is ndarray and node.storage is None:  # the result, to which nobody can have written
                        values.append(value)
                        continue
                    if type(value) is not Tensor or value._storage is not None:
                        value = op.unpack(node, op.saves[k], value)
                    if isinstance(value, Tensor):
                        value = value._array
                        # Numbers of one type need no look at their dtypes, which costs as much as multiplying them.
                        unlike = type(value) is ndarray or type(value) is not type(g)
                        if unlike and value.dtype is not g.dtype and k in op.numeric:
                            same = False
                    values.append(value)
                share = twin(g, *values) if same else promoted_share(node, twin, needs, g)
            if (type(share) is ndarray or type(share) is not type(like)) and (
                share.shape != like.shape or share.dtype is not like.dtype
            ):
                share = fitted(share, like)
            if parent in pending:
                pending[parent] = pending[parent] + share
                shared.discard(parent)
                continue
            pending[parent] = share
            if inner:
                time = parent.time
                nodes[time] = parent
                heappush(heap, -time)
            elif share is g:
                shared.add(parent)
        if not retain_graph and saved:
            node.saved = None


def _shares_with_hooks(node: Node, g, pending: dict, shares_of, join) -> list:
    """What the operands of a node get, after the hooks on the node itself."""
    hooks = node.hooks
    if hooks is not None and "pre" in hooks:
        g = hooked(run_prehooks, hooks["pre"], g)
    shares = output_share(node, g, pending, join) if type(node) is Output else shares_of(node, g)
    return shares if hooks is None or "post" not in hooks else post_hooked(node, shares, g)


def _meet(shares: list, g, nodes: dict, heap: list, pending: dict, shared: set, join) -> None:
    """Let shares of `g` wait at the nodes and leaves that they belong to, added to what waits there already."""
    for parent, share in shares:
        if parent in pending:
            if type(share) is not list:
                pending[parent] = join(pending[parent], share)
                shared.discard(parent)
            continue
        pending[parent] = share
        if isinstance(parent, Node):
            nodes[parent.time] = parent
            heappush(heap, -parent.time)
        elif share is g or is_view(share):
            shared.add(parent)


def _arrive(pending: dict, shared: set, wanted, found: dict, accumulate: bool, create_graph: bool) -> None:
    """Hand what waits at the leaves to their hooks, to `found` and to their `.grad`."""
    for leaf, g in pending.items():
        g = as_tensors(g)
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


def _started(roots, gradients, pending: dict, join) -> tuple[dict, list, set]:
    """Let the given gradients wait at their roots.  The waiting nodes by their time, these times as a heap, negative
    (the newest on top), and the leaves among them."""
    nodes: dict = {}
    heap: list = []
    leaves: set = set()
    for root, gradient in zip(roots, gradients, strict=True):
        edge = root._node or root
        if edge in pending:
            pending[edge] = join(pending[edge], gradient)
            continue
        pending[edge] = gradient
        if root._node is None:
            leaves.add(edge)
        else:
            nodes[edge.time] = edge
            heap.append(-edge.time)
    heapify(heap)
    return nodes, heap, leaves


def _on_the_way(roots, wanted: set) -> set:
    """The nodes between the roots and what is wanted: the others need not be walked."""
    reached = ancestors([root._node for root in roots if root._node is not None])
    on_the_way: set = set()
    for node in sorted(reached, key=lambda node: node.time):  # operands come before results
        for parent in node.parents:
            if isinstance(parent, (Node, Tensor)) and (parent in wanted or parent in on_the_way):
                on_the_way.add(node)
                break
    return on_the_way


def _gradients_of(node: Node, *gradients):
    """What a node gives for the gradients of its outputs: `tensor.grad_fn(g)`; None for an operand that needs none."""
    width = getattr(node.op, "width", None)
    if width is not None and len(gradients) != width(*node.extras):
        raise TypeError(f"expected {width(*node.extras)} arguments, got {len(gradients)} instead")
    several = width is not None or len(gradients) > 1
    waiting = iter([*tensor_shares(node, list(gradients) if several else gradients[0]), (None, None)])
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
            started.append(wrap(type(one)(1) if isinstance(one, np.generic) else np.ones_like(one)))
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
