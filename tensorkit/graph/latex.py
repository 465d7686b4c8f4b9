r"""The chain rule as LaTeX lines, with names and numbers that cannot break out of them.

>>> fraction("f", "x")
'\\frac{\\partial f}{\\partial x}'
"""

from __future__ import annotations

from .describe import clean
from .model import Edge, Graph, GraphNode
from .snapshots import number

_SPECIAL = {
    "\\": r"\backslash ",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\wedge ",
    "~": r"\sim ",
    "*": "{*}",
    " ": r"\ ",
    "<": r"\lt ",
    ">": r"\gt ",
}
LONGEST = 8  # factors of a line


def name(label: str) -> str:
    r"""A tensor's name in LaTeX: one letter as a variable, anything else upright, every special sign escaped.

    >>> name("x"), name("w_1"), name("x + y")
    ('x', '\\mathrm{w\\_1}', '(x\\ +\\ y)')
    """
    text = clean(label, 24)
    if len(text) == 1 and text.isalpha():
        return text
    escaped = "".join(_SPECIAL.get(char, char) for char in text)
    return f"({escaped})" if " " in text else rf"\mathrm{{{escaped}}}"


def fraction(above: str, below: str) -> str:
    r"""`\frac{\partial f}{\partial x}` for two labels."""
    return rf"\frac{{\partial {name(above)}}}{{\partial {name(below)}}}"


def chain(graph: Graph, edge: Edge) -> str:
    r"""The chain rule from the root down to the operand of this use, with numbers where all of it are scalars.

    Where a node on the way has several uses, its derivative stays one factor: it is a sum by itself.

    >>> import tensorkit as torch
    >>> from tensorkit.graph import trace
    >>> x = torch.tensor(4.0, requires_grad=True)
    >>> graph = trace(x * 2, {"x": x})
    >>> chain(graph, graph.edges[0]).endswith(r"\frac{\partial (2\ {*}\ x)}{\partial x} = 2")
    True
    """
    source, root = graph.node(edge.source), graph.node(graph.root)
    way, stop = _way(graph, edge)
    parts = [] if stop.is_root else [fraction(root.label, stop.label)]
    parts += [fraction(graph.node(each.target).label, graph.node(each.source).label) for each in reversed(way)]
    left = fraction(root.label, source.label)
    uses = [use for use in graph.uses(source.id) if use.flows]
    text = left + " = " + r" \cdot ".join(parts)
    if len(uses) > 1:
        text = left + r" = \dots + " + r" \cdot ".join(parts)
    elif parts == [left]:
        text = left
    factors = [] if stop.is_root else [_scalar(stop)]
    factors += [each.derivative_value for each in reversed(way)]
    known = [factor for factor in factors if factor is not None]
    if len(known) < len(factors):
        return text
    product = 1.0
    for factor in known:
        product *= factor
    numbers = r" \cdot ".join(_signed(factor) for factor in known)
    lead = r"\dots + " if len(uses) > 1 else ""
    if len(known) > 1:
        text += f" = {lead}{numbers}"
    return f"{text} = {lead}{number(product)}"


def _way(graph: Graph, edge: Edge) -> tuple[list[Edge], GraphNode]:
    """The uses from an operand up towards the root, as long as each node has just one; and where that ends."""
    way = [edge]
    while len(way) < LONGEST:
        target = graph.node(way[-1].target)
        uses = [use for use in graph.uses(target.id) if use.flows]
        if target.is_root or len(uses) != 1:
            return way, target
        way.append(uses[0])
    return way, graph.node(way[-1].target)


def _scalar(node: GraphNode) -> float | None:
    gradient = node.gradient
    return None if gradient is None or gradient.shape or gradient.mean is None else gradient.mean


def _signed(value: float) -> str:
    text = number(value)
    return f"({text})" if text.startswith("-") else text
