"""What the inspector's panel says about a node, as plain data that can be sent to a page.

Here: `detail` of a node, and `details` of all, from a `tensorkit.graph.Graph` to strings, numbers, lists and
dictionaries. Every string is one line without control or direction characters; the page writes it as text and never as
markup. The words are those of `tensorkit.graph.describe`, so panel, picture and text agree.
Not here: the widget (`inspector.py`), the look (`static/`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorkit.graph import BLOCK, LEAF, OMITTED, Edge, Graph, GraphNode, Snapshot
from tensorkit.graph.describe import back_formula, clean, face, fraction, label_of, same
from tensorkit.graph.snapshots import number, shape_text, short

LINE = 300  # characters of one line of the panel
CELLS = 12_000  # of all heat maps of a graph: what the page gets stays under 1 MB
NO_ROOM = "the graph is large: no heat map here, %tensor draws it"
NUMBERED = (8, 6)  # rows and columns of a heat map up to which each cell shows its number
_SHOWN_ELSEWHERE = {"name", "is", "value", "gradient", "sum of", "used by", "note"}


def details(graph: Graph) -> dict[str, dict[str, Any]]:
    """What the panel shows, by node. Of a large graph only the newest tensors have heat maps, and the others say so."""
    found, room = {}, CELLS
    for node in reversed(graph.nodes):
        found[node.id] = detail(graph, node)
        for card in found[node.id]["cards"]:
            room -= sum(map(len, card["heat"]["rows"])) if card["heat"] else 0
            if card["heat"] and room < 0:
                card["heat"], card["remark"] = None, card["remark"] or NO_ROOM
    return dict(reversed(found.items()))


def detail(graph: Graph, node: GraphNode) -> dict[str, Any]:
    """Everything the panel shows about one node.

    `title`, `expression`, `kind`   who it is, in words
    `cards`    value, gradient and `.grad`: term, text, remark, the fraction that it is, a heat map for tensors
    `checkable`  can its gradient be compared with finite differences, where the tensor is at hand?
    `why`      the question that can be asked about its `.grad`; empty where there is none
    `opens`    the block that it is, if it is a folded one
    `folds`    the opened blocks that it is in, the outermost first: (id, label) pairs
    `arrives`  one entry for each use: how its gradient came about
    `goes_on`  one entry for each operand: what its operation sends back
    `facts`    (term, text) pairs: operation, shape, dtype, …
    `notes`    sentences
    `said`     one sentence for a screen reader
    """
    words = face(graph, node)
    known = graph.describe(node.id)
    cards = _cards(graph, node, dict(known)) if node.dtype else []
    said = [f"{card['term']} {card['text']}" for card in cards]
    return {
        "title": words.title,
        "expression": words.expression,
        "kind": line(dict(known).get("is", words.caption)),
        "cards": cards,
        "checkable": node.requires_grad and node.kind != BLOCK,
        "why": _question(node),
        "opens": node.id if node.kind == BLOCK else "",
        "folds": [[block.id, line(block.label)] for block in graph.blocks if block.opened and node.id in block.members],
        "arrives": [_flow(graph, edge, edge.target) for edge in graph.uses(node.id) if edge.flows],
        "sum": line(dict(known).get("sum of", "")),
        "goes_on": [_flow(graph, edge, edge.source) for edge in graph.operands(node.id) if edge.flows],
        "facts": [[line(term), line(text)] for term, text in known if _is_fact(term, cards)],
        "notes": [line(note) for note in node.notes],
        "said": f"{words.title} selected: {', '.join([words.caption] * (node.kind == BLOCK or not said) + said)}",
    }


def heat_map(shot: Snapshot | None) -> dict[str, Any] | None:
    """A tensor's first matrix as rows of (level, text) cells; None for a scalar or where nothing is known.

    `level` is -100 … 100: how far from zero, of the largest magnitude; None for NaN, ±101 for ±inf. `text` is the
    number where there is room for it.
    """
    if shot is None or shot.thumbnail is None:
        return None
    means = shot.thumbnail
    whole = means.shape == np.atleast_2d(np.empty(shot.shape[-2:])).shape
    numbered = whole and all(size <= most for size, most in zip(means.shape, NUMBERED, strict=True))
    finite = means[np.isfinite(means)]
    top = float(np.abs(finite).max()) if finite.size else 0.0
    parts = [] if whole else [f"each cell is the mean of a block of the {shape_text(shot.shape[-2:])} numbers"]
    if len(shot.shape) > 2:
        parts.append(f"the first {shape_text(shot.shape[-2:])} of {shape_text(shot.shape)}")
    return {
        "rows": [[[_level(value, top), number(_three(value)) if numbered else ""] for value in row] for row in means],
        "label": f"heat map, {shape_text(shot.shape)}",
        "remark": "; ".join(parts),
        "ends": [number(_three(-top)), number(_three(top))],
    }


def _cards(graph: Graph, node: GraphNode, known: dict[str, str]) -> list[dict[str, Any]]:
    cards = [_card("value", node.value, short(node.value) if node.value else "not kept")]
    if node.requires_grad:
        of = list(fraction(graph.node(graph.root), node))
        cards.append(_card("gradient", node.gradient, short(node.gradient), of=of))
        if ".grad" in known and (node.kind == LEAF or node.stored_grad):
            text, _, remark = known[".grad"].partition(": ")
            drawn = None if same(node.stored_grad, node.gradient) else node.stored_grad
            cards.append(_card(".grad", drawn, text, remark=remark))
    else:
        cards.append(_card("gradient", None, "none", remark="no gradient flows into a constant"))
    return cards


def _card(term: str, shot: Snapshot | None, text: str, remark: str = "", of: list[str] | None = None) -> dict[str, Any]:
    return {"term": term, "text": line(text), "remark": line(remark), "of": of, "heat": heat_map(shot)}


def _flow(graph: Graph, edge: Edge, other: str) -> dict[str, Any]:
    """One use of a tensor: its local derivative, the rule with numbers put in, its g, and the node at the other end."""
    source, target = graph.node(edge.source), graph.node(edge.target)
    equal = [edge.derivative, None if edge.derivative_value is None else number(edge.derivative_value)]
    texts = list(dict.fromkeys(line(text) for text in equal if text))
    return {
        "node": other,
        "name": label_of(graph.node(other)),
        "local": list(fraction(target, source)) if texts else None,
        "equals": texts,
        "rule": line(back_formula(edge) or ""),
        "g": line(f"g = {'/'.join(fraction(graph.node(graph.root), target))} = {short(target.gradient)}"),
    }


def _question(node: GraphNode) -> str:
    if node.kind in (BLOCK, OMITTED) or node.is_number:
        return ""
    return "Why is .grad None?" if node.stored_grad is None else "Why is .grad what it is?"


def line(text: str) -> str:
    """The text as one printable line of the panel."""
    return clean(text, LINE) if text else ""


def _is_fact(term: str, cards: list[dict[str, Any]]) -> bool:
    shown = term in _SHOWN_ELSEWHERE or term.startswith(("back to ", "∂"))
    return not shown and term not in [card["term"] for card in cards]


def _level(value: float, top: float) -> int | None:
    if math.isnan(value):
        return None
    if math.isinf(value):
        return 101 if value > 0 else -101
    return round(100 * float(value) / top) if top else 0


def _three(value: float) -> float:
    """The number in three significant digits: a cell is small."""
    return float(f"{value:.3g}")
