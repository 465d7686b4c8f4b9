"""What layers are made of: matrix products, convolutions, pooling, normalisation, recurrent layers.

Source: https://onnx.ai/onnx/operators/
"""

import math
from typing import Any

import numpy as np

from ...tape import Node
from ...tensor import Tensor, memory
from .reductions import reduce
from .table import translates

# Products


@translates("mm", "bmm", "mv", "dot")
def _matmul(g, step):
    return g.emit("MatMul", *step.operands(step.dtype))


@translates("addmm", "addmv", "baddbmm")
def _add_matmul(g, step):
    """beta · x + alpha · (y @ z). A linear layer's transposed weight stays as it is, under its own name."""
    alpha, beta = float(step["alpha"]), float(step["beta"])
    y, other = step.node.parents[2], step.other.parents[2]
    if step.op == "addmm" and step.dtype.kind == "f":
        turned = isinstance(y, Node) and y.op.name == "t" and isinstance(y.parents[0], Tensor)
        z = g.value(y.parents[0], other.parents[0]) if turned else step.operand(2)
        return g.emit("Gemm", step.operand(1), z, step.operand(0), alpha=alpha, beta=beta, transB=int(turned))
    found = g.emit("MatMul", step.operand(1), step.operand(2))
    x = step.operand(0)
    if alpha != 1:
        found = g.emit("Mul", found, g.constant(alpha, step.dtype))
    if beta != 1:
        x = g.emit("Mul", x, g.constant(beta, step.dtype))
    return g.emit("Add", x, found)


@translates("resample")
def _resample(g, step):
    """A matrix along each of the last dimensions: linear upsampling, adaptive means."""
    x, matrices, count = step.operand(0), step["matrices"], len(step.shape)
    for dim, matrix in enumerate(matrices, count - len(matrices)):
        if matrix is None:
            continue
        order = list(range(count))
        order[dim], order[-1] = order[-1], order[dim]
        x = x if dim == count - 1 else g.emit("Transpose", x, perm=order)
        x = g.emit("MatMul", x, g.constant(matrix.T, step.dtype))
        x = x if dim == count - 1 else g.emit("Transpose", x, perm=order)
    return x


# Windows


@translates("convolution")
def _convolution(g, step):
    padding = list(step["padding"])
    return g.emit("Conv", *[step.operand(i) for i in range(3) if step.has(i)], pads=padding * 2,
                  strides=list(step["stride"]), dilations=list(step["dilation"]), group=step["groups"],
                  kernel_shape=list(step.shape_of(1)[2:]))  # fmt: skip


@translates("transposed_convolution")
def _transposed_convolution(g, step):
    kernel, stride, padding = step.shape_of(1)[2:], step["stride"], step["padding"]
    sizes = zip(step.shape[2:], step.shape_of(0)[2:], kernel, stride, padding, step["dilation"], strict=True)
    more = [out - ((size - 1) * s - 2 * p + d * (k - 1) + 1) for out, size, k, s, p, d in sizes]
    return g.emit("ConvTranspose", *[step.operand(i) for i in range(3) if step.has(i)], pads=list(padding) * 2,
                  strides=list(stride), dilations=list(step["dilation"]), group=step["groups"],
                  kernel_shape=list(kernel), output_padding=more)  # fmt: skip


@translates("max_pool", "avg_pool")
def _pool(g, step):
    """Windows of a batch of images; one image gets a dimension for the batch on the way."""
    kernel, stride, padding = (list(step[name]) for name in ("kernel", "stride", "padding"))
    dilation = list(step["dilation"]) if step.op == "max_pool" else [1] * len(kernel)
    alone = len(step.shape) == len(kernel) + 1
    x = g.emit("Unsqueeze", step.operand(0), g.ints(0)) if alone else step.operand(0)
    whole = [
        (size + 2 * p - d * (k - 1) - 1) // s + 1
        for size, k, s, p, d in zip(step.shape_of(0)[-len(kernel) :], kernel, stride, padding, dilation, strict=True)
    ]
    ceil = int(tuple(whole) != tuple(step.shape[-len(kernel) :]))
    if step.op == "max_pool":
        more: dict[str, Any] = dict(dilations=dilation)
    else:
        if step["divisor"] is not None or (ceil and g.opset < 19):
            raise step.unsupported("divisor_override" if step["divisor"] is not None else "ceil_mode needs opset 19")
        more = dict(count_include_pad=int(step["include_pad"]))
    found = g.emit("MaxPool" if step.op == "max_pool" else "AveragePool", x, kernel_shape=kernel, strides=stride,
                   pads=padding * 2, ceil_mode=ceil, **more)  # fmt: skip
    return g.emit("Squeeze", found, g.ints(0)) if alone else found


@translates("adaptive_max_pool")
def _adaptive_max_pool(g, step):
    kernel = step["kernel"]
    if any(each != 1 for each in kernel):
        raise step.unsupported("only an adaptive maximum over all places is")
    return reduce(g, "ReduceMax", step.operand(0), [-1 - i for i in range(len(kernel))], True)


# Normalisation


@translates("normalize_by")
def _batch_norm(g, step):
    """Batch normalisation with the running mean and variance."""
    count = step.shape[1]
    weight = step.operand(1) if step.has(1) else g.constant(np.ones(count), step.dtype)
    bias = step.operand(2) if step.has(2) else g.constant(np.zeros(count), step.dtype)
    center = g.buffer(step, "running_mean", step["center"])
    variance = g.buffer(step, "running_var", step["variance"])
    return g.emit("BatchNormalization", step.operand(0), weight, bias, center, variance, epsilon=float(step["eps"]))


def _standardised(g, x: str, axes, eps: float, dtype) -> str:
    """(x - mean) / sqrt(variance + eps)."""
    rest = g.emit("Sub", x, reduce(g, "ReduceMean", x, axes, True))
    variance = reduce(g, "ReduceMean", g.emit("Mul", rest, rest), axes, True)
    return g.emit("Div", rest, g.emit("Sqrt", g.emit("Add", variance, g.constant(eps, dtype))))


def _scaled(g, step, x: str, layout: str) -> str:
    """x · weight + bias, both laid out to broadcast."""
    for i, kind in ((1, "Mul"), (2, "Add")):
        if step.has(i):
            x = g.emit(kind, x, g.emit("Reshape", step.operand(i), layout))
    return x


@translates("normalize")
def _normalize(g, step):
    """Layer normalisation; with other axes, those of instance normalisation."""
    axes, eps = list(step["axes"]), float(step["eps"])
    if step["kind"] == "Layer":
        ones = np.ones(step.shape[axes[0] :])
        weight = step.operand(1) if step.has(1) else g.constant(ones, step.dtype)
        bias = [step.operand(2)] if step.has(2) else []
        return g.emit("LayerNormalization", step.operand(0), weight, *bias, axis=axes[0], epsilon=eps)
    found = _standardised(g, step.operand(0), axes, eps, step.dtype)
    return _scaled(g, step, found, g.sizes(step.extras["layout"], step.other_extras["layout"], reshape=True))


@translates("normalize_groups")
def _group_norm(g, step):
    x = step.operand(0)
    flat = g.emit("Reshape", x, g.ints(0, step["groups"], -1))
    found = g.emit("Reshape", _standardised(g, flat, [2], float(step["eps"]), step.dtype), g.emit("Shape", x))
    return _scaled(g, step, found, g.ints(1, -1, *[1] * (len(step.shape) - 2)))


# Recurrent layers

#: ONNX orders the gates otherwise: input, output, forget, cell; and update, reset, hidden.
GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN_TANH": (0,), "RNN_RELU": (0,)}


def _gates(g, step, i: int, kind: str) -> np.ndarray:
    """A weight or bias with its gates in ONNX's order."""
    tensor = step.node.parents[i]
    if not isinstance(tensor, Tensor) or tensor._node is not None:
        raise step.unsupported("its weights are computed, not parameters")
    array = memory(tensor)
    pieces = np.split(array, len(GATES[kind]))
    return np.concatenate([pieces[gate] for gate in GATES[kind]])


@translates("lstm_layer", "rnn_layer")
def _recurrent(g, step):
    """One layer in one direction: all outputs, the last state, and for an LSTM the last cell."""
    kind, sizes = step["kind"], step.extras["sizes"]
    states = 2 if kind == "LSTM" else 1
    if len(step.shape_of(0)) != 3 or len(set(sizes)) != 1:
        raise step.unsupported("packed sequences are not")
    w, r = (g.constant(_gates(g, step, 1 + states + i, kind)[None], stem=f"{kind.lower()}_weight") for i in (0, 1))
    if step.has(3 + states):
        biases = np.concatenate([_gates(g, step, 3 + states + i, kind) for i in (0, 1)])
    else:
        biases = np.zeros(2 * memory(step.node.parents[1 + states]).shape[0])
    bias = g.constant(biases[None], step.dtype, stem=f"{kind.lower()}_bias")
    begin = [g.emit("Unsqueeze", step.operand(1 + i), g.ints(0)) for i in range(states)]
    more = {"GRU": dict(linear_before_reset=1), "RNN_RELU": dict(activations=["Relu"])}.get(kind, {})
    found = g.emit(kind[:3] if kind[:3] == "RNN" else kind, step.operand(0), w, r, bias, "", *begin,
                   outputs=1 + states, hidden_size=math.prod(step.shape_of(1)[-1:]),
                   direction="reverse" if step["reverse"] else "forward", **more)  # fmt: skip
    axes = [g.ints(1), g.ints(0), g.ints(0)]
    return [g.emit("Squeeze", each, axis) for each, axis in zip(found, axes, strict=False)]
