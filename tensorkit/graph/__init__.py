"""The history of a tensor as plain data and as pictures.

Read in this order: `model` (the records), `trace` (tensor to records), `rules` (derivative rules as text), `describe`
(what is said about a node), `layout` (where things stand), `svg`, `text`, `dot` (three drawings of the same thing).

>>> import tensorkit as torch
>>> from tensorkit.graph import trace
>>> x = torch.tensor(4.0, requires_grad=True)
>>> graph = trace(x + 2, {"x": x})
>>> [node.label for node in graph.nodes]
['x', '2', 'x + 2']
"""

from .model import CONSTANT, LEAF, OMITTED, RESULT, Edge, Graph, GraphNode, Snapshot
from .trace import trace

__all__ = ["CONSTANT", "Edge", "Graph", "GraphNode", "LEAF", "OMITTED", "RESULT", "Snapshot", "trace"]
