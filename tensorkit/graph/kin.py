"""Which tensors of a notebook belong to one of them: results computed from it, others over the same memory.

Here: two questions about names and the tape, without a graph. Not here: what follows from the answers (`why.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..tape import Node
from ..tensor import Tensor
from .describe import clean
from .history import leads_to, nodes_of


def results_of(tensor: Tensor, named: Mapping[str, Tensor]) -> list[Tensor]:
    """The named results that were computed from a tensor, newest first, those that others are made of last."""
    place = tensor if tensor._node is None else tensor._node
    start = place.time if isinstance(place, Node) else 0
    reached = [
        value
        for value in dict.fromkeys(named.values())
        if value._node is not None and value is not tensor and leads_to(value._node, place, start)
    ]
    inner: set[int] = set()
    for value in reached:
        inner |= {id(node) for node in nodes_of(value._node)} - {id(value._node)}
    return sorted(reached, key=lambda value: (id(value._node) in inner, -getattr(value._node, "time", 0)))


def sharing(tensor: Tensor, named: Mapping[str, Tensor], wanted: bool) -> list[str]:
    """The names of tensors over the same memory that do (or don't) require gradients."""
    ours = tensor._array
    return [
        clean(key)
        for key, value in named.items()
        if value is not tensor and value._requires_grad is wanted
        if isinstance(ours, np.ndarray) and isinstance(value._array, np.ndarray)
        if np.may_share_memory(ours, value._array)
    ]
