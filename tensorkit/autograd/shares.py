"""What each operand of a node gets of the gradient of its result: the answers of its derivative rules.

Gradients travel as tensors where they are to be differentiated again (`create_graph`), else as bare arrays, on which
the rules work too (`ops/bare.py`).  Hooks, operations that users wrote and complex numbers see tensors always.  The
walk itself stands in `engine.py`.
"""

from .. import dtypes
from ..array_modules import HOST, move, np, on_gpu
from ..device import CPU
from ..ops.bare import twins_of
from ..ops.broadcast import sum_to
from ..ops.cast import moved_to, to_dtype
from ..ops.declare import FLOAT_SCALARS
from ..ops.reduce import add_up_to
from ..tape import RELEASED, Node, Output
from ..tensor import Tensor, wrap
from .hooking import run_post_hooks

ndarray = np.ndarray


def tensor_shares(node: Node, g) -> list:
    """What each operand that wants a gradient gets of `g`: its rule's answer, in the operand's shape and dtype."""
    array = g._array if type(g) is not list else next(each._array for each in g if each is not None)
    if type(array) not in FLOAT_SCALARS and array.dtype.kind == "c":
        return _complex_shares(node, g)
    op = node.op
    if op.whole is not None:
        return op.whole(node, g)
    rules, vjp, variadic, places = op.rules, op.vjp, op.variadic, []
    for i, parent in enumerate(node.parents):
        leaf = isinstance(parent, Tensor) and parent._requires_grad and parent._node is None
        if (leaf or isinstance(parent, Node)) and rules[0 if variadic else i] is not None:
            places.append(i)
    # Of two operands PyTorch asks `other` before `self`, and fits the answers to their operands when it has them all:
    # in this order stand the nodes of second derivatives, and so the summands of what reaches a tensor twice.
    found = [(i, vjp(node, i, g)) for i in (reversed(places) if len(rules) == 2 else places)]
    return [
        (node.parents[i], _tensor_fitted(share, node.parents[i]))
        for i, share in sorted(found, key=_place)
        if share is not None
    ]


def _place(found: tuple) -> int:
    return found[0]


def _tensor_fitted(share, parent):
    """The share of an operand in its shape and dtype, and on its device."""
    like, array = parent.out if isinstance(parent, Node) else parent._array, share._array
    if type(array) not in FLOAT_SCALARS or type(array) is not type(like):
        if array.shape != like.shape:
            share = sum_to(share, like.shape)
        if array.dtype != like.dtype:
            share = to_dtype(share, dtypes.from_numpy(like.dtype))
        if on_gpu(array) and isinstance(like, HOST):
            share = moved_to(share, CPU)
    return share


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


def bare_shares(node: Node, g) -> list:
    """The same for a bare array `g`, by the twins of the rules; by tensors where there are none."""
    op = node.op
    twins = op.bare
    if twins is None:
        twins = op.bare = () if op.variadic or op.whole is not None else twins_of(op.rules)
    if not twins or type(g) is list or (type(g) not in FLOAT_SCALARS and g.dtype.kind == "c"):
        return [(parent, share._array) for parent, share in tensor_shares(node, as_tensors(g))]
    saved, extras, shares = node.saved, node.extras, []
    if saved is None and op.saves:
        raise RuntimeError(RELEASED)
    for i, parent in enumerate(node.parents):
        if isinstance(parent, Node):
            like = parent.out
        elif isinstance(parent, Tensor) and parent._requires_grad and parent._node is None:
            like = parent._array
        else:
            continue
        twin = twins[i]
        if twin is None:
            continue
        values, same = [], True
        for k in op.needs[i]:
            value = op.unpack(node, op.saves[k], saved[k]) if k >= 0 else extras[~k]
            if k >= 0 and isinstance(value, Tensor):
                value = value._array
                if type(value) is ndarray and not value.ndim:
                    value = value[()]  # a number may come from another device than `g`
                same = same and (value.dtype == g.dtype or k not in op.numeric)
            values.append(value)
        share = twin(g, *values) if same else promoted_share(node, twin, op.needs[i], g)
        shares.append((parent, fitted(share, like)))
    return shares


def promoted_share(node: Node, twin, needs: tuple, g):
    """What the rule of a twin gives by way of tensors, as an array: where a saved operand has another dtype than `g`,
    operations promote them as PyTorch's do, which NumPy's do not."""
    rule = node.op.rules[node.op.bare.index(twin)]
    return rule(wrap(g), *node.op.needed(node, needs))._array


def fitted(share, like):
    """The share of an operand in its shape and dtype."""
    if share.shape != like.shape:
        share = add_up_to(share, like.shape)
    if share.dtype != like.dtype:
        share = (share if like.dtype.kind == "c" else share.real).astype(like.dtype)
    if type(share) is not ndarray and on_gpu(share) and isinstance(like, HOST):
        share = move(share, None)  # of a number of the CPU that met tensors of the GPU
    return share


def output_share(place: Output, g, pending: dict, join) -> list:
    """For one of several outputs: the list of gradients that waits for their node, with `g` in its place."""
    node = place.node
    waiting = pending.get(node)
    if waiting is None:
        width = getattr(node.op, "width", None)
        waiting = [] if width is None else [None] * width(*node.extras)
    waiting.extend([None] * (place.index + 1 - len(waiting)))
    there = waiting[place.index]
    waiting[place.index] = g if there is None else join(there, g)
    return [(node, waiting)]


def as_tensors(g):
    """A gradient as tensors see it: an array, or a list of them, wrapped."""
    if type(g) is list:
        return [each if each is None else as_tensors(each) for each in g]
    return g if isinstance(g, Tensor) else wrap(g)


def as_arrays(gradients) -> list:
    return [each if each is None else each._array for each in gradients]


def hooked(run, hooks, g):
    """What hooks make of a gradient; they see tensors, and what they give travels on as `g` does."""
    several = type(g) is list
    given = as_tensors(g)
    changed = run(hooks, given)
    if given is g or (several and all(a is b for a, b in zip(given, g, strict=True))):
        return changed
    return as_arrays(changed) if several else changed._array


def post_hooked(node: Node, shares: list, g) -> list:
    """The same for the hooks that see what a node passes on."""
    travel = [each for _, each in shares]
    found = run_post_hooks(node, [(parent, as_tensors(each)) for parent, each in shares], as_tensors(g))
    if any(isinstance(each, Tensor) for each in travel):
        return found
    return [(parent, each._array) for parent, each in found]


def is_view(g) -> bool:
    array = g._array if isinstance(g, Tensor) else g
    return not isinstance(array, np.generic) and array.base is not None
