"""A graph as text: one line per node, operands before results, and below it what flows back.

It says what the SVG shows, node by node, so it stands in for the picture in a terminal, in a notebook that isn't
trusted yet and in a screen reader. What is said comes from `describe.py`.
"""

from __future__ import annotations

from .describe import back_formula, face, headline
from .model import BLOCK, OMITTED, Graph
from .snapshots import one_line


def to_text(graph: Graph) -> str:
    """The graph in lines of text, columns aligned.

    >>> import tensorkit as torch
    >>> from tensorkit.graph import trace
    >>> x = torch.tensor(4.0, requires_grad=True)
    >>> print(trace(2 * x, {"x": x}).to_text())
    Graph of 2 * x: 1 leaf, 1 constant, 1 operation.
    n0  x      leaf, scalar          value 4  gradient 2  .grad None
    n1  2      constant, Python int
    n2  2 * x  root, result, scalar  value 8  gradient 1  by mul(n0, n1)
        back to n0: g * 2 = 1 * 2 = 2
    """
    table: list[tuple[str, ...]] = []
    backs: list[list[str]] = []
    for node in graph.nodes:
        words = face(graph, node)
        rows = [f"{term} {one_line(text)}" for term, text in words.rows]
        operands = graph.operands(node.id)
        if words.operation:
            rows.append(f"by {words.operation}({', '.join(edge.source for edge in operands)})")
        elif node.kind == BLOCK and operands:
            rows.append(f"from {', '.join(edge.source for edge in operands)}")
        elif node.kind == OMITTED:
            rows.append("")
        table.append((node.id, words.heading, words.caption, "  ".join(rows)))
        backs.append([f"back to {edge.source}: {text}" for edge in operands if (text := back_formula(edge))])
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    out = [headline(graph)]
    for row, back in zip(table, backs, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        out.append("  ".join([*cells, row[3]]).rstrip())
        out.extend(" " * (widths[0] + 2) + sentence for sentence in back)
    return "\n".join(out)
