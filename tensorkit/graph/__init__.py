"""The history of a tensor as plain data and as pictures.

Read in this order: `model` (the records), `trace` (tensor to records), `rules` (derivative rules as text), `describe`
(what is said about a node), `fold` (a large graph made small: by module, by repetition, by depth), `layout` (where
things stand), `svg`, `text`, `dot` (three drawings of the same thing); `leaves` and `summary` show a table of gradients
and a single tensor; `steps` walks forward and back one operation at a time; `check` compares gradients with finite
differences; `why` explains a `.grad`; `histogram`, `slices`, `broadcasting` and `product` draw numbers and shapes;
`training` and `training_picture` record and draw a training run, `descent` and `descent_picture` walk down a function;
`charts` has the axes for all of them. `pytorch` makes what all of them work from out of PyTorch's graphs.

>>> import tensorkit as torch
>>> from tensorkit.graph import trace
>>> x = torch.tensor(4.0, requires_grad=True)
>>> graph = trace(x + 2, {"x": x})
>>> [node.label for node in graph.nodes]
['x', '2', 'x + 2']
"""

from .broadcasting import Broadcast, broadcast
from .check import Check, Checker, Checks, check
from .descent import Descent, descend
from .explanation import Explanation
from .expressions import names_in
from .fold import fold, trace_folded
from .histogram import Histogram, histogram
from .leaves import LeafTable, leaf_table
from .model import BLOCK, CONSTANT, LEAF, OMITTED, RESULT, Block, Edge, Graph, GraphNode, Snapshot
from .modules import ModuleCall, module_calls
from .product import Product, product
from .pytorch import is_tensor, record, tensor_types
from .slices import Slices, slices
from .steps import Contribution, Step, Steps, walk
from .summary import Summary, summarize
from .trace import trace
from .training import TrainingRecord
from .why import why

__all__ = [
    "BLOCK",
    "Block",
    "Broadcast",
    "CONSTANT",
    "Check",
    "Checker",
    "Checks",
    "Contribution",
    "Descent",
    "Edge",
    "Explanation",
    "Graph",
    "GraphNode",
    "Histogram",
    "LEAF",
    "LeafTable",
    "ModuleCall",
    "OMITTED",
    "Product",
    "RESULT",
    "Slices",
    "Snapshot",
    "Step",
    "Steps",
    "Summary",
    "TrainingRecord",
    "broadcast",
    "check",
    "descend",
    "fold",
    "histogram",
    "is_tensor",
    "leaf_table",
    "module_calls",
    "names_in",
    "product",
    "record",
    "slices",
    "summarize",
    "tensor_types",
    "trace",
    "trace_folded",
    "walk",
    "why",
]
