"""`GraphInspector`: the graph of a tensor, live in a notebook.

Here: the widget's state as traits, and what a notebook stores of it. Everything the widget shows and does goes through
these traits, so a test drives it without a browser. Not here: the graph itself (`tensorkit.graph`), the words of the
panel (`details.py`), the page side (`static/graph.js`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from tensorkit import Tensor
from tensorkit.graph import OMITTED, Checker, Graph, names_in, trace

from .details import detail, line

STATIC = Path(__file__).parent / "static"


class GraphInspector(anywidget.AnyWidget):
    """The history of a tensor as a picture to walk through: select a node to read its value, gradient and rule.

    what       a tensor, or a `tensorkit.graph.Graph`; TypeError for anything else
    names      what to call the tensors: a dictionary from names to tensors. Left out, in a notebook, it is the
               notebook's own variables
    direction  "right", "down" or "auto" (right while that fits a notebook's width); ValueError for anything else
    tensor     where `what` is a graph: the tensor that it is of, so that gradients can be checked
    selected   the id of the node to begin with (`n0`, `n1`, …); the root if left out, None for no node

    >>> import tensorkit as torch
    >>> from tensorkit_widgets import GraphInspector
    >>> x = torch.tensor(4.0, requires_grad=True)
    >>> inspector = GraphInspector(2 * x, {"x": x})
    >>> inspector.select("x")
    >>> inspector.selected, inspector.detail["said"]
    ('n0', 'x selected: value 4, gradient 2, .grad None')

    Give it a new graph, and it shows that: `inspector.graph = trace(f, {"f": f})`.
    """

    _esm = STATIC / "graph.js"
    _css = STATIC / "graph.css"

    svg = traitlets.Unicode(help="the picture").tag(sync=True)
    text = traitlets.Unicode(help="the same as text").tag(sync=True)
    details = traitlets.Dict(help="what the panel says, by node").tag(sync=True)
    selected = traitlets.Unicode(None, allow_none=True, help="the selected node").tag(sync=True)
    zoom = traitlets.Float(1.0, min=0.25, max=8.0, help="1 fits the width of the page").tag(sync=True)
    checkable = traitlets.Bool(False, help="can gradients be compared with finite differences?").tag(sync=True)
    asked = traitlets.Unicode("", help="the node whose gradient is to be compared").tag(sync=True)
    checks = traitlets.Dict(help="what finite differences say, by node").tag(sync=True)
    graph = traitlets.Instance(Graph, help="what is shown")

    def __init__(
        self,
        what: Tensor | Graph,
        names: Mapping[str, Tensor] | None = None,
        *,
        direction: str = "auto",
        tensor: Tensor | None = None,
        **more: Any,
    ) -> None:
        self._source: tuple[Graph, Tensor] | None = None
        self._checker: Checker | None = None
        if isinstance(what, Graph):
            graph = what
        else:
            graph = trace(what, notebook_names() if names is None else names)
            tensor = what
        if tensor is not None and all(node.kind != OMITTED for node in graph.nodes):
            self._source = graph, tensor
        selected = more.pop("selected", graph.root)
        self.direction = direction
        super().__init__(graph=graph, **more)
        self.selected = selected

    @property
    def detail(self) -> dict[str, Any]:
        """What the panel says about the selected node; empty where none is selected."""
        return self.details.get(self.selected or "", {})

    def select(self, node: str | None) -> None:
        """Select a node by its name in the notebook or by its id; None selects no node.

        TraitError where there is no such node.
        """
        named = (found.id for found in self.graph.nodes if node is not None and node in (found.name, *found.aliases))
        self.selected = next(named, node)

    def check(self, node: str | None = None) -> str:
        """Compare the gradient of a node (by id; left out, the selected one) with finite differences, and show it.

        Gives the sentence that the panel shows. It is computed when asked for, and only where the inspector was made
        from a tensor: a graph alone can't be computed again.
        """
        id = self.selected if node is None else node
        if id is None:
            return ""
        if id not in self.checks:
            self.checks = {**self.checks, id: self._checked(id)}
        return str(self.checks[id])

    def _checked(self, id: str) -> str:
        if self._source is None or self._source[0] is not self.graph:
            return "finite differences need the tensor, and this is a graph alone"
        try:
            if self._checker is None:
                self._checker = Checker(self._source[1], limit=len(self.graph.nodes) + 300)
            return line(self._checker.check(id).sentence)
        except ValueError as error:
            return line(f"not compared: {error}")

    @traitlets.observe("asked")
    def _ask(self, change: Any) -> None:
        if change["new"] in self.details:
            self.check(change["new"])

    @traitlets.validate("selected")
    def _known(self, proposal: Any) -> str | None:
        node = proposal["value"]
        if node is not None and node not in self.details:
            known = ", ".join(f"{each.name} ({each.id})" if each.name else each.id for each in self.graph.nodes[:20])
            raise traitlets.TraitError(f"this graph has no node {node!r}; it has {known}")
        return node

    @traitlets.observe("graph")
    def _draw(self, change: Any) -> None:
        graph = self.graph
        with self.hold_sync():
            self.details = {node.id: detail(graph, node) for node in graph.nodes}
            self.svg = graph.to_svg("live", self.direction)
            self.text = graph.to_text()
            self.checks, self.asked = {}, ""
            self.checkable = self._source is not None and self._source[0] is graph
            if self.selected not in self.details:
                self.selected = None

    def __repr__(self) -> str:
        return f"GraphInspector({self.graph!r}, selected={self.selected!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget; for a page without a kernel the picture, and for one without pictures the text."""
        found = super()._repr_mimebundle_(**kwargs)
        live, metadata = found if isinstance(found, tuple) else (found or {}, {})
        stored = {"image/svg+xml": self.graph.to_svg("static", self.direction), "text/plain": self.text}
        return {**live, **stored}, metadata


def notebook_names() -> dict[str, Tensor]:
    """The tensors among the variables of the notebook that runs this, if one does."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return names_in(shell.user_ns) if shell else {}
