"""The leaves of a graph as a table: name, shape, value, gradient, and what `.grad` holds.

Here: `leaf_table` and the `LeafTable` it gives, as rows, text and HTML. The graph itself comes from `trace.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..tensor import Tensor
from . import tables
from .describe import label_of
from .model import Graph
from .snapshots import shape_text, short
from .svg import escape
from .trace import trace


@dataclass(frozen=True)
class LeafTable:
    """`rows` are (name, shape, value, gradient, .grad) as text, one for each leaf of `root`.

    >>> import tensorkit as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> leaf_table(x * x, {"x": x}).rows
    (('x', 'scalar', '3', '6', 'None'),)
    """

    root: str
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def headings(self) -> tuple[str, ...]:
        """What stands above the columns."""
        return ("name", "shape", "value", f"gradient of {self.root}", ".grad")

    def to_text(self) -> str:
        """The table in aligned columns.

        >>> import tensorkit as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> print(leaf_table(x * x, {"x": x}).to_text())
        name  shape   value  gradient of x * x  .grad
        x     scalar  3      6                  None
        """
        if not self.rows:
            return "\n".join([f"{self.root} has no leaf that requires gradients.", *self.notes])
        return "\n".join([*tables.aligned(self.headings, self.rows), *self.notes])

    def to_html(self) -> str:
        """The table as HTML, everything escaped."""
        if not self.rows:
            return f"<p>{escape(self.to_text())}</p>"
        return tables.html(self.headings, self.rows) + "".join(f"<p>{escape(note)}</p>" for note in self.notes)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": self.to_text()}


def leaf_table(tensor: Tensor, names: Mapping[str, Tensor] | None = None) -> LeafTable:
    """The leaves of a tensor's history with their gradients; arguments and errors as of `trace`.

    >>> import tensorkit as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> leaf_table(x * x, {"x": x}).root
    'x * x'
    """
    return table_of(trace(tensor, names))


def table_of(graph: Graph) -> LeafTable:
    """The leaves of a graph that is there already."""
    rows = tuple(
        (
            label_of(leaf),
            shape_text(leaf.shape),
            short(leaf.value),
            short(leaf.gradient),
            short(leaf.stored_grad) if leaf.stored_grad else "None",
        )
        for leaf in graph.leaves
    )
    return LeafTable(label_of(graph.node(graph.root)), rows, graph.notes)
