"""What is said about a node, in words: one source for every drawing.

Here: `face` (what stands on a node in the SVG, the text and the DOT drawing alike), `describe` (all that is known,
for a panel), `headline` and `clean`. Not here: where it stands and how it looks (`layout.py`, `svg.py`, `text.py`,
`dot.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .model import BLOCK, CONSTANT, KIND_WORDS, LEAF, OMITTED, RESULT, Edge, Graph, GraphNode, Snapshot
from .snapshots import lines, shape_text, short

LABEL_LENGTH = 40
NAMED_LEAVES = 8  # of a block
SIGNS = {"*": "×", "-": "−", "/": "÷"}


@dataclass(frozen=True, slots=True)
class Face:
    """The words on a node. `rows` are (term, lines of text); `back` has one sentence per operand."""

    title: str
    expression: str | None
    caption: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    operation: str | None
    sign: str | None
    back: tuple[str, ...]

    @property
    def heading(self) -> str:
        """`q = x + y` for a named result, else the title."""
        return f"{self.title} = {self.expression}" if self.expression else self.title


def clean(text: str, length: int = LABEL_LENGTH) -> str:
    """A name fit for any drawing: one line, no control or direction characters, at most `length` characters."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    if not text.strip():
        text = repr(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def label_of(node: GraphNode) -> str:
    """What a node is called in a drawing."""
    return clean(node.label)


def face(graph: Graph, node: GraphNode) -> Face:
    """The words that every drawing puts on this node."""
    if node.kind == OMITTED:
        return Face(label_of(node), None, KIND_WORDS[OMITTED], (), None, None, ())
    return Face(
        title=label_of(node),
        expression=clean(node.expression) if node.expression and node.name is not None else None,
        caption=", ".join([*(["root"] if node.is_root else []), _kind_words(graph, node), *_type_words(node)]),
        rows=tuple(_rows(node)),
        operation=clean(node.op) if node.op else None,
        sign=SIGNS.get(node.symbol, node.symbol) if node.symbol else None,
        back=tuple(text for edge in graph.operands(node.id) if (text := back(graph, edge))),
    )


def back(graph: Graph, edge: Edge) -> str | None:
    """What one use sends back: `back to y: g * x = 5 * 4 = 20`; None where nothing flows."""
    text = back_formula(edge)
    return f"back to {label_of(graph.node(edge.source))}: {text}" if text else None


def back_formula(edge: Edge) -> str | None:
    """The rule of one operand, with numbers, and what comes out: `g * x = 5 * 4 = 20`."""
    if edge.rule is None and edge.contribution is None:
        return None
    numbers = edge.rule_numbers
    if numbers and edge.contribution is not None and edge.contribution.shape and " " not in numbers:
        numbers = None  # `g = 1 = [1, 1]` would puzzle: the number was spread over a shape
    parts = [clean(part, 100) for part in (edge.formula or edge.rule, numbers) if part]
    if edge.contribution is not None:
        result = short(edge.contribution)
        if not parts or parts[-1] != result:
            parts.append(result)
    text = " = ".join(parts)
    if edge.summed:
        axes = ", ".join(map(str, edge.summed))
        text += f", summed over {'axis' if len(edge.summed) == 1 else 'axes'} {axes} (it was broadcast)"
    return text


def headline(graph: Graph) -> str:
    """One line on the whole graph: `Graph of f: 3 leaves, 2 operations. Gradients are those of f.`"""
    root = label_of(graph.node(graph.root))
    text = f"Graph of {root}: {_contents((graph.whole or graph).nodes) or 'nothing'}."
    return " ".join([text, *graph.notes])


def describe(graph: Graph, id: str) -> tuple[tuple[str, str], ...]:
    """Everything known about a node as (term, text) rows, for a panel beside the picture."""
    node = graph.node(id)
    if node.kind == OMITTED:
        return (("left out", label_of(node)),)
    rows = [
        ("name", None if node.name is None else clean(node.name)),
        ("also called", ", ".join(map(clean, node.aliases))),
    ]
    rows.append(("is", KIND_WORDS[node.kind] + (" and the root of this graph" if node.is_root else "")))
    if node.kind == BLOCK:
        rows.extend(_block_rows(graph, node))
    if node.op:
        rows.append(("operation", _operation_words(node)))
        rows.append(("computes", " = ".join(part for part in (node.expression, node.numbers) if part)))
    rows.append(("value", short(node.value) if node.value or node.dtype else None))
    if node.requires_grad:
        rows.append(("gradient", f"{'/'.join(fraction(graph.node(graph.root), node))} = {short(node.gradient)}"))
        rows.append(("sum of", _sum_of_uses(graph, node)))
    rows.append((".grad", _stored_words(node)))
    for edge in graph.operands(id):
        rows.append((f"back to {label_of(graph.node(edge.source))}", back_formula(edge) or ""))
        if edge.derivative:
            rows.append(("/".join(fraction(node, graph.node(edge.source))), edge.derivative))
    rows.append(("used by", ", ".join(label_of(graph.node(edge.target)) for edge in graph.uses(id))))
    if node.dtype:
        rows.append(("shape", f"{shape_text(node.shape)} {tuple(node.shape)}" if node.shape else "scalar ()"))
    rows.append(("dtype", f"Python {node.dtype}" if node.is_number else node.dtype))
    rows.append(("made by", node.grad_fn))
    rows.append(("version", _version_words(node)))
    rows.append(("held by", _holders(graph, node)))
    rows.extend(("note", note) for note in node.notes)
    return tuple((term, text) for term, text in rows if text)


def fraction(above: GraphNode, below: GraphNode) -> tuple[str, str]:
    """The two halves of a derivative, sums and products in brackets: `∂f`, `∂(x + y)`."""
    return f"∂{_bracketed(label_of(above))}", f"∂{_bracketed(label_of(below))}"


def _bracketed(label: str) -> str:
    return f"({label})" if " " in label or label.startswith("-") else label


def same(a: Snapshot | None, b: Snapshot | None) -> bool:
    """Do two snapshots show the same numbers, up to rounding?"""
    if a is None or b is None:
        return a is b
    if a.shape != b.shape or (a.nans, a.infs) != (b.nans, b.infs):
        return False
    if a.array is not None and b.array is not None:
        return bool(np.allclose(a.array, b.array, rtol=1e-4, atol=1e-6, equal_nan=True))
    seen = [(a.low, b.low), (a.high, b.high), (a.mean, b.mean)]
    return all(x == y or (x is not None and y is not None and np.isclose(x, y, rtol=1e-3, atol=1e-6)) for x, y in seen)


def _rows(node: GraphNode) -> list[tuple[str, tuple[str, ...]]]:
    rows: list[tuple[str, tuple[str, ...]]] = []
    if not node.dtype:
        return rows  # a block with several results
    if not node.is_number:
        rows.append(("value", lines(node.value) if node.value else ("not kept",)))
    if node.requires_grad:
        rows.append(("gradient", lines(node.gradient)))
    if shows_stored(node):
        rows.append((".grad", lines(node.stored_grad) if node.stored_grad else ("None",)))
    return rows


def shows_stored(node: GraphNode) -> bool:
    """True where `.grad` says something else than the gradient: not filled yet, or collected more than once."""
    if node.kind == LEAF:
        return not same(node.stored_grad, node.gradient)
    return node.stored_grad is not None and not same(node.stored_grad, node.gradient)


def _kind_words(graph: Graph, node: GraphNode) -> str:
    if node.kind != BLOCK:
        return node.kind
    count = sum((graph.whole or graph).node(id).kind == RESULT for id in node.inside)
    return f"block of {count_words(count, 'operation', 'operations')}"


def _block_rows(graph: Graph, node: GraphNode) -> list[tuple[str, str]]:
    """What a folded block stands for: how many of what, its operations by name, the leaves in it."""
    inside = [(graph.whole or graph).node(id) for id in node.inside]
    operations = Counter(clean(each.op) for each in inside if each.op)
    named = [label_of(each) for each in inside if each.kind == LEAF and each.name]
    more = [f"and {len(named) - NAMED_LEAVES} more"] if len(named) > NAMED_LEAVES else []
    return [
        ("stands for", _contents(inside)),
        ("operations", ", ".join(f"{count} {name}" for name, count in operations.most_common())),
        ("leaves in it", ", ".join([*named[:NAMED_LEAVES], *more])),
    ]


def _contents(nodes: Iterable[GraphNode]) -> str:
    """`3 leaves, 2 operations`."""
    kinds = Counter(node.kind for node in nodes)
    counts = [
        count_words(kinds[LEAF], "leaf", "leaves"),
        count_words(kinds[CONSTANT], "constant", "constants"),
        count_words(kinds[RESULT], "operation", "operations"),
    ]
    return ", ".join(count for count in counts if count)


def _type_words(node: GraphNode) -> list[str]:
    if not node.dtype:
        return []
    if node.is_number:
        return [f"Python {node.dtype}"]
    return [shape_text(node.shape), *([] if node.dtype == "float32" else [node.dtype])]


def _operation_words(node: GraphNode) -> str:
    words = node.op or ""
    if node.symbol:
        words += f" ({node.symbol})"
    return f"{words} with {node.arguments}" if node.arguments else words


def _version_words(node: GraphNode) -> str | None:
    """How often it was written to; of a result without a name only the graph is left, which doesn't count."""
    if node.version:
        return f"{node.version}: written to in place {count_words(node.version, 'time', 'times')}"
    known = node.dtype and not node.is_number and (node.kind in (LEAF, CONSTANT) or node.name)
    return "0: never written to in place" if known else None


def _holders(graph: Graph, node: GraphNode) -> str | None:
    """Who keeps it in memory: names of the notebook, and the operations that have it as an operand."""
    if node.is_number or node.kind in (BLOCK, OMITTED):
        return None
    names = ", ".join(map(clean, [node.name, *node.aliases] if node.name is not None else []))
    users = list(dict.fromkeys(label_of(graph.node(edge.target)) for edge in graph.uses(node.id)))
    more = [f"{len(users) - NAMED_LEAVES} more"] if len(users) > NAMED_LEAVES else []
    parts = [f"the notebook, as {names}"] if names else []
    parts += [f"the graph, as operand of {', '.join([*users[:NAMED_LEAVES], *more])}"] if users else []
    return " and ".join(parts) or None


def _stored_words(node: GraphNode) -> str | None:
    if node.stored_grad is not None:
        text = short(node.stored_grad)
        return f"{text}: more than this gradient has been collected" if shows_stored(node) and node.gradient else text
    if node.kind == LEAF:
        return "None: no backward pass has reached it since it was last cleared"
    if node.kind in (RESULT, BLOCK) and node.requires_grad:
        return "None: kept for leaves only, unless retain_grad() is called before backward()"
    return None


def _sum_of_uses(graph: Graph, node: GraphNode) -> str | None:
    parts = [edge.contribution for edge in graph.uses(node.id)]
    if len(parts) < 2 or any(part is None for part in parts):
        return None
    return " + ".join(short(part) for part in parts) + ": one term for each use"


def count_words(count: int, one: str, many: str) -> str:
    """`1 leaf`, `1,200 leaves`; nothing for 0."""
    return f"{count:,} {one if count == 1 else many}" if count else ""
