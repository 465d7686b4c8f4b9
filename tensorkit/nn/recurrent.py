"""A recurrent layer in one operation: all time steps of a plain RNN, an LSTM or a GRU in one direction.

One matrix product projects all inputs; a loop over time steps does the rest in NumPy, and another one, the other way
round, carries the gradient back through time.  Where that gradient itself is to be differentiated, the same steps are
put together from the operations of the cells.

Sequences lie one step after the other in one matrix (steps · samples, features), so that those of unlike lengths
(`PackedSequence`) need no other code: a step has as many rows as there are sequences of that length, longest first.
The layers stand in `rnn.py`.

Source: Hochreiter and Schmidhuber, Long short-term memory (1997); Cho and others, https://arxiv.org/abs/1406.1078
"""

import numpy as np

from .. import autograd
from ..ops.declare import op
from ..ops.join import cat, chunk
from ..ops.trigonometric import tanh
from ..tape import enable_grad, mode
from ..tensor import wrap
from .functional import linear, relu, sigmoid


def rnn_cell(x, state, w_ih, w_hh, b_ih, b_hh, nonlinearity=tanh):
    """One step of a plain RNN: tanh(W·x + b + U·h + c)."""
    (h,) = state
    return (nonlinearity(linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh)),)


def relu_cell(x, state, w_ih, w_hh, b_ih, b_hh):
    """One step of a plain RNN with relu."""
    return rnn_cell(x, state, w_ih, w_hh, b_ih, b_hh, relu)


def lstm_cell(x, state, w_ih, w_hh, b_ih, b_hh):
    """One step of an LSTM: the gates i, f, g, o; the cell f·c + i·g; the output o·tanh(cell)."""
    h, c = state
    i, f, g, o = chunk(linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh), 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def gru_cell(x, state, w_ih, w_hh, b_ih, b_hh):
    """One step of a GRU: the gates r, z; the proposal n; the mean of n and h, weighted by z."""
    (h,) = state
    x_r, x_z, x_n = chunk(linear(x, w_ih, b_ih), 3, -1)
    h_r, h_z, h_n = chunk(linear(h, w_hh, b_hh), 3, -1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    n = tanh(x_n + r * h_n)
    return (n + z * (h - n),)


CELLS = {"RNN_TANH": rnn_cell, "RNN_RELU": relu_cell, "LSTM": lstm_cell, "GRU": gru_cell}


def _lstm_name(node) -> str:
    """PyTorch has a kernel of its own for padded float32 sequences; the others end where it puts the steps together."""
    if len(node.shape) == 2:
        return "CatBackward0"
    return "MkldnnRnnLayerBackward0" if node.dtype == np.float32 else "StackBackward0"


def _rnn_name(node) -> str:
    return "CatBackward0" if len(node.shape) == 2 else "StackBackward0"


def spans(sizes, reverse: bool) -> list:
    """First and last row of each step, in the order in which they are walked."""
    ends = np.cumsum(sizes).tolist()
    found = [(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    return found[::-1] if reverse else found


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


class _Elman:
    """A plain RNN in NumPy: what it keeps of a forward pass, and its backward pass."""

    def __init__(self, relu: bool):
        self.relu = relu

    def step(self, gates, n: int, states, w_hh_t, b_hh, at):
        (h,) = states
        gates += h[:n] @ w_hh_t
        if b_hh is not None:
            gates += b_hh
        h[:n] = np.maximum(gates, 0, out=gates) if self.relu else np.tanh(gates, out=gates)

    def back(self, gates, n: int, grads, before, w_hh, at):
        (dh,) = grads
        slope = (gates > 0) if self.relu else 1 - gates * gates
        d = dh[:n] * slope
        dh[:n] = d @ w_hh
        return d, d


class _Lstm:
    """An LSTM in NumPy; `gates` holds i, f, g, o after their functions."""

    def __init__(self, rows: int, size: int, kind):
        self.squashed = np.empty((rows, size), kind)

    def step(self, gates, n: int, states, w_hh_t, b_hh, at):
        h, c = states
        size = h.shape[1]
        gates += h[:n] @ w_hh_t
        if b_hh is not None:
            gates += b_hh
        proposal = np.tanh(gates[:, 2 * size : 3 * size])
        np.copyto(gates, _sigmoid(gates))
        gates[:, 2 * size : 3 * size] = proposal
        c[:n] = gates[:, size : 2 * size] * c[:n] + gates[:, :size] * proposal
        squashed = np.tanh(c[:n], out=self.squashed[at[0] : at[1]])
        h[:n] = gates[:, 3 * size :] * squashed

    def back(self, gates, n: int, grads, before, w_hh, at):
        dh, dc = grads
        size = dh.shape[1]
        i, f, g, o = (gates[:, k * size : (k + 1) * size] for k in range(4))
        squashed = self.squashed[at[0] : at[1]]
        through = dc[:n] + dh[:n] * o * (1 - squashed * squashed)
        d = np.empty_like(gates)
        d[:, :size] = through * g * i * (1 - i)
        d[:, size : 2 * size] = through * before[1] * f * (1 - f)
        d[:, 2 * size : 3 * size] = through * i * (1 - g * g)
        d[:, 3 * size :] = dh[:n] * squashed * o * (1 - o)
        dc[:n] = through * f
        dh[:n] = d @ w_hh
        return d, d


class _Gru:
    """A GRU in NumPy; `gates` holds r, z, n after their functions, `hidden` the hidden share of n."""

    def __init__(self, rows: int, size: int, kind):
        self.hidden = np.empty((rows, size), kind)

    def step(self, gates, n: int, states, w_hh_t, b_hh, at):
        (h,) = states
        size = h.shape[1]
        own = h[:n] @ w_hh_t
        if b_hh is not None:
            own += b_hh
        gates[:, : 2 * size] = _sigmoid(gates[:, : 2 * size] + own[:, : 2 * size])
        self.hidden[at[0] : at[1]] = own[:, 2 * size :]
        r, z = gates[:, :size], gates[:, size : 2 * size]
        proposal = np.tanh(gates[:, 2 * size :] + r * own[:, 2 * size :])
        gates[:, 2 * size :] = proposal
        h[:n] = proposal + z * (h[:n] - proposal)

    def back(self, gates, n: int, grads, before, w_hh, at):
        (dh,) = grads
        size = dh.shape[1]
        r, z, proposal = (gates[:, k * size : (k + 1) * size] for k in range(3))
        d = np.empty_like(gates)
        d[:, 2 * size :] = dh[:n] * (1 - z) * (1 - proposal * proposal)
        d[:, size : 2 * size] = dh[:n] * (before[0] - proposal) * z * (1 - z)
        d[:, :size] = d[:, 2 * size :] * self.hidden[at[0] : at[1]] * r * (1 - r)
        own = d.copy()
        own[:, 2 * size :] *= r
        dh[:n] = dh[:n] * z + own @ w_hh
        return d, own


def _machine(kind: str, rows: int, size: int, dtype):
    if kind == "LSTM":
        return _Lstm(rows, size, dtype)
    return _Gru(rows, size, dtype) if kind == "GRU" else _Elman(kind == "RNN_RELU")


class Trace:
    """What a forward pass leaves for the backward pass: the machine, gates and states; and the gradients once found."""

    __slots__ = ("machine", "gates", "before", "asked", "found")

    def __init__(self):
        self.asked = self.found = None


def _forward(kind: str, x, states, w_ih, w_hh, b_ih, b_hh, sizes, reverse: bool, trace: Trace):
    """The outputs of all steps and the last states."""
    flat = x.reshape(-1, x.shape[-1])
    gates = flat @ w_ih.T
    if b_ih is not None:
        gates += b_ih
    size = w_hh.shape[1]
    states = [np.array(each) for each in states]
    machine = trace.machine = _machine(kind, len(flat), size, gates.dtype)
    out = np.empty((len(flat), size), gates.dtype)
    before = trace.before = [np.empty((len(flat), size), gates.dtype) for _ in states]
    trace.gates = gates
    turned = np.ascontiguousarray(w_hh.T)
    for at in spans(sizes, reverse):
        n = at[1] - at[0]
        for kept, state in zip(before, states, strict=True):
            kept[at[0] : at[1]] = state[:n]
        machine.step(gates[at[0] : at[1]], n, states, turned, b_hh, at)
        out[at[0] : at[1]] = states[0][:n]
    return (out.reshape(*x.shape[:-1], size), *states)


def _backward(g: list, x, w_ih, w_hh, b_ih, sizes, reverse: bool, trace: Trace, count: int):
    """The gradients of input, states, weights and biases, by one walk back through time."""
    flat = x.reshape(-1, x.shape[-1])
    given = [None if each is None else each._array for each in g] + [None] * (1 + count - len(g))
    rows, size = trace.before[0].shape
    outer = np.zeros((rows, size), flat.dtype) if given[0] is None else given[0].reshape(rows, size)
    batch = max(sizes)
    grads = [np.zeros((batch, size), flat.dtype) if each is None else np.array(each) for each in given[1:]]
    inner, own = np.empty_like(trace.gates), np.empty_like(trace.gates)
    for at in spans(sizes, not reverse):
        n, here = at[1] - at[0], slice(*at)
        grads[0][:n] += outer[here]
        before = [each[here] for each in trace.before]
        inner[here], own[here] = trace.machine.back(trace.gates[here], n, grads, before, w_hh, at)
    dx = (inner @ w_ih).reshape(x.shape)
    biases = (None, None) if b_ih is None else (inner.sum(0), own.sum(0))
    return [dx, *grads, inner.T @ flat, own.T @ trace.before[0], *biases]


def by_cells(cell, x, states, weights, sizes, reverse: bool):
    """The same from the operations of single cells: outputs and last states as tensors with their history."""
    flat = x.reshape(-1, x._array.shape[-1])
    outputs = []
    for start, stop in spans(sizes, reverse):
        n = stop - start
        moved = cell(flat[start:stop], tuple([each[:n] for each in states]), *weights)
        outputs.append(moved[0])
        whole = n == states[0]._array.shape[0]
        states = moved if whole else tuple([cat([a, b[n:]]) for a, b in zip(moved, states, strict=True)])
    out = cat(outputs[::-1] if reverse else outputs)
    return (out.reshape(*x._array.shape[:-1], out._array.shape[-1]), *states)


def _gradients(g, kind, operands, sizes, reverse, trace, states: int):
    """All gradients at once; kept while the engine asks for one after the other."""
    if trace.asked is g:
        return trace.found
    g = g if isinstance(g, list) else [g]
    if not mode.enabled:
        x, w_ih, w_hh, b_ih = operands[0], operands[1 + states], operands[2 + states], operands[3 + states]
        arrays = [each if each is None else each._array for each in (x, w_ih, w_hh, b_ih)]
        found = _backward(g, *arrays, sizes, reverse, trace, states)
        found = [each if each is None else wrap(each) for each in found]
    else:
        with enable_grad():
            # Under names of their own: one operand may be made from another, or stand twice.
            operands = [each if each is None else each.view(each._array.shape) for each in operands]
            outputs = by_cells(
                CELLS[kind], operands[0], operands[1 : 1 + states], operands[1 + states :], sizes, reverse
            )
        pairs = [(o, each) for o, each in zip(outputs, g, strict=False) if each is not None]
        wanted = [each for each in operands if each is not None and each._requires_grad]
        results = iter(autograd.grad([o for o, _ in pairs], wanted, [each for _, each in pairs],
                                     create_graph=True, allow_unused=True))  # fmt: skip
        found = [next(results) if each is not None and each._requires_grad else None for each in operands]
    trace.asked, trace.found = g, found
    return found


def _rule(i: int, states: int):
    """The rule of operand i of a layer with one state, or with two."""
    if states == 1:
        return lambda g, x, h, w_ih, w_hh, b_ih, b_hh, kind, sizes, reverse, trace: _gradients(
            g, kind, (x, h, w_ih, w_hh, b_ih, b_hh), sizes, reverse, trace, 1
        )[i]
    return lambda g, x, h, c, w_ih, w_hh, b_ih, b_hh, kind, sizes, reverse, trace: _gradients(
        g, kind, (x, h, c, w_ih, w_hh, b_ih, b_hh), sizes, reverse, trace, 2
    )[i]


@op(x=_rule(0, 1), h=_rule(1, 1), w_ih=_rule(2, 1), w_hh=_rule(3, 1), b_ih=_rule(4, 1), b_hh=_rule(5, 1),
    optional=("b_ih", "b_hh"), outputs=("out", "last"), node_name=_rnn_name, function=False,
    method=False)  # fmt: skip
def rnn_layer(x, h, w_ih, w_hh, b_ih, b_hh, kind, sizes, reverse, trace):
    """A plain RNN or a GRU over all steps: the outputs and the last state."""
    return _forward(kind, x, (h,), w_ih, w_hh, b_ih, b_hh, sizes, reverse, trace)


@op(x=_rule(0, 2), h=_rule(1, 2), c=_rule(2, 2), w_ih=_rule(3, 2), w_hh=_rule(4, 2), b_ih=_rule(5, 2),
    b_hh=_rule(6, 2), optional=("b_ih", "b_hh"), outputs=("out", "last", "last_cell"),
    node_name=_lstm_name, function=False, method=False)  # fmt: skip
def lstm_layer(x, h, c, w_ih, w_hh, b_ih, b_hh, kind, sizes, reverse, trace):
    """An LSTM over all steps: the outputs, the last output and the last cell."""
    return _forward(kind, x, (h, c), w_ih, w_hh, b_ih, b_hh, sizes, reverse, trace)
