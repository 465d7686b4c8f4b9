"""Where in a graph a number goes wrong: the operation that first gave NaN, the one that let no gradient through.

Here: questions about a `Graph`, answered from its records alone, each as a sentence. Not here: `.grad`, leaves and
backward passes, which `why.py` asks about.
"""

from __future__ import annotations

import numpy as np

from .describe import back_formula, clean, label_of
from .model import Edge, Graph, GraphNode, Snapshot
from .snapshots import short

_SATURATING = {"sigmoid", "tanh", "softmax", "log_softmax", "hardsigmoid", "hardtanh", "softsign", "erf", "log_sigmoid"}
_PICKING = {"max", "min", "amax", "amin", "maximum", "minimum", "fmax", "fmin", "topk", "sort", "median", "kthvalue"}
_PICKING |= {"max_pool1d", "max_pool2d", "index", "select", "gather", "narrow", "where", "index_select"}
_STEPS = {"sign", "round", "floor", "ceil", "trunc", "frac"}

# What to do about a gradient of zero, by the reason.
ADVICE = {
    "dead ReLU": "Start from other values, a smaller learning rate, or use leaky_relu.",
    "saturated": "Bring its input closer to 0: scale or normalise it, start from smaller weights.",
    "clamped": "Clamp only for reading, or choose bounds that the values keep to.",
    "flat": "Use a smooth function in its place.",
}


def is_odd(shot: Snapshot | None) -> bool:
    """Does it hold NaN or inf?"""
    return shot is not None and bool(shot.nans or shot.infs)


def is_zero(shot: Snapshot | None) -> bool:
    """Is every element known to be 0?"""
    return shot is not None and shot.size > 0 and (shot.low, shot.high, shot.nans, shot.infs) == (0.0, 0.0, 0, 0)


def odd_words(shot: Snapshot | None) -> str:
    """`NaN`, `inf` or `NaN and inf`, as far as it holds them."""
    kinds = ["NaN"] * bool(shot and shot.nans) + ["inf"] * bool(shot and shot.infs)
    return " and ".join(kinds)


def made_by(node: GraphNode) -> str:
    """`log(x) (LogBackward0)`: a result by its expression and its operation."""
    text = clean(node.expression or node.label)
    return f"{text} ({node.grad_fn})" if node.grad_fn else text


def first_odd_value(graph: Graph, above: str | None = None) -> tuple[str, str] | None:
    """The oldest tensor whose value holds NaN or inf while its operands' do not: its id, and a sentence.

    `above` limits the search to that node and what it was computed from.
    """
    inside = None if above is None else history_of(graph, above)
    for node in graph.nodes:
        if not is_odd(node.value) or (inside is not None and node.id not in inside):
            continue
        operands = [graph.node(edge.source) for edge in graph.operands(node.id)]
        if any(is_odd(operand.value) for operand in operands):
            continue
        if not node.op:
            return node.id, f"{label_of(node)} holds {odd_words(node.value)} from the start"
        given = ", ".join(f"{label_of(operand)} = {short(operand.value)}" for operand in operands if operand.value)
        seen = f" from {given}" if given else ""
        overflow = ": the forward pass overflows here" if node.value is not None and not node.value.nans else ""
        return node.id, f"{made_by(node)} gives {odd_words(node.value)}{seen}{overflow}"
    return None


def first_odd_gradient(graph: Graph) -> tuple[str, str] | None:
    """The newest use that sends NaN or inf back although what arrived was finite: its target's id, and a sentence."""
    for node in reversed(graph.nodes):
        if is_odd(node.gradient):
            continue
        for edge in graph.operands(node.id):
            if is_odd(edge.contribution):
                rule = back_formula(edge)
                return node.id, (
                    f"{made_by(node)}: a finite gradient arrives ({short(node.gradient)}), and its derivative sends "
                    f"{odd_words(edge.contribution)} back to {label_of(graph.node(edge.source))}"
                    + (f": {rule}" if rule else "")
                )
    return None


def blocked(graph: Graph, id: str) -> tuple[tuple[str, str, str], ...]:
    """Why a node's gradient is zero: (id of the operation, short name of the reason, sentence) for each place where a
    gradient arrives and nothing is passed on; empty where its uses cancel out or nothing is known."""
    found: dict[str, tuple[str, str, str]] = {}
    waiting, seen = [id], {id}
    while waiting:
        for edge in graph.uses(waiting.pop(0)):
            target = graph.node(edge.target)
            if not is_zero(edge.contribution):
                continue
            if is_zero(target.gradient):
                if target.id not in seen:
                    seen.add(target.id)
                    waiting.append(target.id)
            elif target.id not in found:
                found[target.id] = (target.id, *_block(graph, edge, target))
    return tuple(found.values())


def cancels(graph: Graph, id: str) -> bool:
    """Do the contributions of several uses add up to zero?"""
    parts = [edge.contribution for edge in graph.uses(id)]
    return len(parts) > 1 and any(part is not None and not is_zero(part) for part in parts)


def zeros_in(graph: Graph, id: str) -> str | None:
    """Of a gradient that is zero in some elements only: how many, and at which operation; None where there are none."""
    node = graph.node(id)
    gradient = node.gradient
    if gradient is None or gradient.array is None or gradient.array.size < 2:
        return None
    count = int((gradient.array == 0).sum())
    if not 0 < count < gradient.array.size:
        return None
    for edge in graph.uses(id):
        share, arrived = edge.contribution, graph.node(edge.target).gradient
        if share is not None and share.array is not None and arrived is not None and arrived.array is not None:
            lost = (share.array == 0).any() and not (arrived.array == 0).all()
            if lost and graph.node(edge.target).op not in (None, "sum", "mean"):
                where = f", for {made_by(graph.node(edge.target))} passes nothing on there"
                return f"{count} of its {gradient.array.size} elements are 0{where}."
    return f"{count} of its {gradient.array.size} elements are 0."


def history_of(graph: Graph, id: str) -> set[str]:
    """The ids of a node and of everything it was computed from."""
    waiting, seen = [id], {id}
    while waiting:
        for edge in graph.operands(waiting.pop()):
            if edge.source not in seen:
                seen.add(edge.source)
                waiting.append(edge.source)
    return seen


def _block(graph: Graph, edge: Edge, target: GraphNode) -> tuple[str, str]:
    source = graph.node(edge.source)
    op, operand, here = target.op or "", label_of(source), made_by(target)
    value = f"{operand} = {short(source.value)}" if source.value else operand
    if op in ("relu", "relu6", "threshold") or (op.startswith("clamp") and target.grad_fn == "ReluBackward0"):
        return "dead ReLU", f"{here}: {value} is nowhere above 0, so the slope is 0 and relu passes nothing back"
    if op in _SATURATING:
        return "saturated", f"{here}: {value} lies so far out that {op} is flat there, and its slope is 0"
    if op.startswith("clamp") or op in ("clip", "hardtanh"):
        return "clamped", f"{here}: {value} lies outside the bounds, where clamp has the slope 0"
    if op in _PICKING:
        return "not picked", f"{here}: {op} did not pick {operand}, and only what was picked gets a gradient"
    if op in _STEPS:
        return "flat", f"{here}: {op} is a staircase, its slope is 0 everywhere"
    if op == "mul":
        others = [graph.node(other.source) for other in graph.operands(target.id) if other.slot != edge.slot]
        if others and is_zero(others[0].value):
            return "times zero", f"{here}: {operand} is multiplied by {label_of(others[0])}, which is 0"
    rule = back_formula(edge)
    return "zero slope", f"{here}: the local derivative with respect to {operand} is 0 here" + (
        f": {rule}" if rule else ""
    )


def multiple(stored: Snapshot | None, fresh: Snapshot | None) -> float | None:
    """The number k with stored == k * fresh, up to rounding; None where there is none."""
    if stored is None or fresh is None or stored.array is None or fresh.array is None:
        return None
    if stored.shape != fresh.shape or is_odd(stored) or is_odd(fresh) or is_zero(fresh):
        return None
    a, b = stored.array.astype(np.float64).ravel(), fresh.array.astype(np.float64).ravel()
    if stored.array.dtype.kind == "c":
        return None
    k = float(a @ b / (b @ b))
    k = float(round(k)) if abs(k - round(k)) < 1e-3 * max(1.0, abs(k)) else k
    return k if np.allclose(a, k * b, rtol=1e-4, atol=1e-6 * max(1.0, float(np.abs(b).max()))) else None
