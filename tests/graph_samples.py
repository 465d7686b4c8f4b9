"""Graphs made by hand, as records: the drawings are tested without a tensor in sight."""

import numpy as np

from tensorkit.graph.model import CONSTANT, LEAF, RESULT, Edge, Graph, GraphNode
from tensorkit.graph.snapshots import snapshot


def shot(value):
    return None if value is None else snapshot(np.asarray(value, dtype=np.float32))


def data(id, label, kind, value=None, gradient=None, **more):
    value, gradient = shot(value), shot(gradient)
    more.update(value=value, gradient=gradient, requires_grad=kind != CONSTANT)
    return GraphNode(id, kind, label, shape=() if value is None else value.shape, **more)


def sum_times_z(**names):
    """f = (x + y) * z at x=4, y=-3, z=5, before any backward pass."""
    x, y, z, q, f = (names.get(name, name) for name in "xyzqf")
    nodes = (
        data("n0", x, LEAF, 4.0, 5.0, name=x),
        data("n1", y, LEAF, -3.0, 5.0, name=y),
        data("n2", q, RESULT, 1.0, 5.0, name=q, op="add", symbol="+", grad_fn="AddBackward0", expression=f"{x} + {y}"),
        data("n3", z, LEAF, 5.0, 1.0, name=z),
        data("n4", f, RESULT, 5.0, 1.0, name=f, op="mul", symbol="*", expression=f"{q} * {z}", is_root=True),
    )
    edges = (
        Edge("n0", "n2", 0, "x", "g", "g", "5", "1", 1.0, shot(5.0), flows=True),
        Edge("n1", "n2", 1, "y", "g", "g", "5", "1", 1.0, shot(5.0), flows=True),
        Edge("n2", "n4", 0, "x", "g * y", f"g * {z}", "1 * 5", z, 5.0, shot(5.0), flows=True),
        Edge("n3", "n4", 1, "y", "g * x", f"g * {q}", "1 * 1", q, 1.0, shot(1.0), flows=True),
    )
    return Graph(nodes, edges, "n4")


def chain(length):
    """x + 1 + 1 + …: a graph of any length."""
    nodes = [data("n0", "x", LEAF, 0.0, 1.0, name="x")]
    edges = []
    for step in range(length):
        number, before = f"n{2 * step + 1}", nodes[-1].id
        nodes.append(GraphNode(number, CONSTANT, "1", dtype="int", value=snapshot(np.array(1))))
        result = f"n{2 * step + 2}"
        nodes.append(data(result, "… + 1", RESULT, step + 1.0, 1.0, op="add", symbol="+", is_root=step == length - 1))
        edges += [Edge(before, result, 0, "x", "g", "g", "1", flows=True), Edge(number, result, 1, "y")]
    return Graph(tuple(nodes), tuple(edges), nodes[-1].id)
