"""The history of a tensor as plain data and as pictures.

Read in this order: `model` (the records), `trace` (tensor to records), `rules` (derivative rules as text), `describe`
(what is said about a node), `layout` (where things stand), `svg`, `text`, `dot` (three drawings of the same thing);
`leaves` and `summary` show a table of gradients and a single tensor; `steps` walks forward and back one operation at a
time; `check` compares gradients with finite differences; `why` explains a `.grad`.

>>> import tensorkit as torch
>>> from tensorkit.graph import trace
>>> x = torch.tensor(4.0, requires_grad=True)
>>> graph = trace(x + 2, {"x": x})
>>> [node.label for node in graph.nodes]
['x', '2', 'x + 2']
"""

from .check import Check, Checker, Checks, check
from .explanation import Explanation
from .expressions import names_in
from .leaves import LeafTable, leaf_table
from .model import CONSTANT, LEAF, OMITTED, RESULT, Edge, Graph, GraphNode, Snapshot
from .steps import Contribution, Step, Steps, walk
from .summary import Summary, summarize
from .trace import trace
from .training import TrainingRecord
from .why import why

__all__ = [
    "CONSTANT",
    "Check",
    "Checker",
    "Checks",
    "Contribution",
    "Edge",
    "Explanation",
    "Graph",
    "GraphNode",
    "LEAF",
    "LeafTable",
    "OMITTED",
    "RESULT",
    "Snapshot",
    "Step",
    "Steps",
    "Summary",
    "TrainingRecord",
    "check",
    "leaf_table",
    "names_in",
    "summarize",
    "trace",
    "walk",
    "why",
]
