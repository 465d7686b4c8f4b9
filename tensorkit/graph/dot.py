"""A graph as DOT source, through the `graphviz` package, which is imported when somebody asks.

`.source` is text and needs no program; a missing `dot` program therefore never stops a learner: `Digraph` below shows
itself in a notebook by our own SVG where `dot` is missing. The words are those of the SVG and of the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .describe import face, headline
from .model import BLOCK, CONSTANT, LEAF, OMITTED, Graph
from .snapshots import one_line

if TYPE_CHECKING:
    import graphviz

INSTALL = "drawing with DOT needs the package graphviz: pip install graphviz"
_SHAPES = {
    LEAF: ("box", "rounded,bold"),
    CONSTANT: ("octagon", "dashed"),
    OMITTED: ("octagon", "dashed"),
    BLOCK: ("box3d", "solid"),
}


def to_dot(graph: Graph, direction: str = "auto") -> graphviz.Digraph:
    """The graph as a `graphviz.Digraph`; "auto" flows to the right. ImportError where `graphviz` is missing."""
    try:
        import graphviz
    except ImportError as error:
        raise ImportError(INSTALL) from error
    if direction not in ("auto", "right", "down"):
        raise ValueError(f"direction must be one of auto, right, down, but got {direction!r}")

    def words(lines: list[str]) -> str:
        # Each line ends in \l (left-aligned); a label that ends so is never taken for HTML.
        return "".join(graphviz.escape(line) + "\\l" for line in lines)

    dot = _digraph_class(graphviz.Digraph)(
        graph_attr={"rankdir": "TB" if direction == "down" else "LR", "label": words([headline(graph)])},
        node_attr={"fontname": "monospace", "fontsize": "11"},
    )
    dot.drawing = graph
    for node in graph.nodes:
        said = face(graph, node)
        shape, style = _SHAPES.get(node.kind, ("box", "solid"))
        rows = [f"{term} {one_line(lines)}" for term, lines in said.rows]
        frame = "2" if node.is_root else "1"
        label = words([said.heading, said.caption, *rows])
        backs = {"tooltip": words(list(said.back))} if said.back and not said.operation else {}
        dot.node(node.id, label=label, shape=shape, style=style, peripheries=frame, **backs)
        if said.operation:
            sign = graphviz.escape(said.sign or said.operation)
            tip = words([said.operation, *said.back])
            dot.node(f"{node.id}_op", label=sign, shape="oval", tooltip=tip, xlabel=graphviz.escape(said.operation))
            dot.edge(f"{node.id}_op", node.id)
    for edge in graph.edges:
        target = f"{edge.target}_op" if graph.node(edge.target).op else edge.target
        dot.edge(edge.source, target, style="solid" if edge.flows else "dashed")
    return dot


def _digraph_class(base: type) -> type:
    """A Digraph that a notebook can always show: by `dot`, or by our own SVG where that program is missing."""

    class Digraph(base):
        drawing: Graph

        def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
            import graphviz

            try:
                return super()._repr_mimebundle_(include, exclude, **_)
            except graphviz.ExecutableNotFound:
                return self.drawing._repr_mimebundle_()

        def pipe(self, *args: Any, **kwargs: Any) -> Any:
            return _explained(super().pipe, *args, **kwargs)

        def render(self, *args: Any, **kwargs: Any) -> Any:
            return _explained(super().render, *args, **kwargs)

    return Digraph


def _explained(run: Any, *args: Any, **kwargs: Any) -> Any:
    import graphviz

    try:
        return run(*args, **kwargs)
    except graphviz.ExecutableNotFound as error:
        error.add_note(
            "Without the program dot (it comes with Graphviz) there is still graph.to_svg(), which needs nothing."
        )
        raise
