"""A recurrent layer in one operation: all time steps of a plain RNN, an LSTM or a GRU in one direction.

One matrix product projects all inputs; a loop over time steps does the rest in NumPy, and another one, the other way
round, carries the gradient back through time (a step of each: `gates.py`).  Where that gradient itself is to be
differentiated, the same steps are put together from the operations of the cells.

Sequences lie one step after the other in one matrix (steps · samples, features), so that those of unlike lengths
(`PackedSequence`) need no other code: a step has as many rows as there are sequences of that length, longest first.
The layers stand in `rnn.py`.

Source: Hochreiter and Schmidhuber, Long short-term memory (1997); Cho and others, https://arxiv.org/abs/1406.1078
"""

from .. import autograd
from ..array_modules import np
from ..ops.declare import behind
from ..ops.join import cat
from ..ops.pieces import chunk
from ..ops.trigonometric import tanh
from ..tape import enable_grad, mode
from ..tensor import wrap
from .functional import linear, relu, sigmoid
from .gates import machine


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


class Trace:
    """What a forward pass leaves for the backward pass: the machine and the states; the walk back once it was made."""

    __slots__ = ("machine", "before", "asked", "found")

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
    cell = trace.machine = machine(kind, gates, w_hh, b_hh)
    out = np.empty((len(flat), size), gates.dtype)
    before = trace.before = [np.empty((len(flat), size), gates.dtype) for _ in states]
    for start, stop in spans(sizes, reverse):
        at, n = slice(start, stop), stop - start
        for kept, state in zip(before, states, strict=True):
            kept[at] = state[:n]
        cell.step(at, n, states)
        out[at] = states[0][:n]
    return (out.reshape(*x.shape[:-1], size), *states)


def _back(g: list, sizes, reverse: bool, trace: Trace) -> list:
    """The gradients of the first states, by one walk back through time; the machine keeps those of the gates."""
    cell, (rows, size) = trace.machine, trace.before[0].shape
    given = [None if each is None else each._array for each in g]
    given += [None] * (1 + len(trace.before) - len(given))
    outer = None if given[0] is None else given[0].reshape(rows, size)
    grads = [np.zeros((max(sizes), size), cell.gates.dtype) if each is None else np.array(each) for each in given[1:]]
    cell.prepare(trace.before)
    for start, stop in spans(sizes, not reverse):
        at, n = slice(start, stop), stop - start
        if outer is not None:
            grads[0][:n] += outer[at]
        cell.back(at, n, grads)
    return grads


def _of_operand(i: int, x, w_ih, trace: Trace):
    """The gradient of operand i (input, states, weights, biases) after the walk back: what is not asked is not made."""
    cell, states = trace.machine, trace.found
    if 1 <= i <= len(states):
        return states[i - 1]
    if i == 0:
        return (cell.inner @ w_ih).reshape(x.shape)
    match i - len(states):
        case 1:
            return cell.inner.T @ x.reshape(-1, x.shape[-1])
        case 2:
            return cell.own.T @ trace.before[0]
        case 3:
            return cell.inner.sum(0)
        case _:
            return cell.own.sum(0)


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


def _gradient(i: int, g, kind, operands, sizes, reverse, trace, states: int):
    """The gradient of operand i; the walk back is made when the engine asks for the first one."""
    if trace.asked is not g:
        trace.found = None
    given = g if isinstance(g, list) else [g]
    if mode.enabled:
        if trace.found is None:
            trace.found = _by_cells_again(given, kind, operands, sizes, reverse, states)
        found = trace.found[i]
    else:
        if trace.found is None:
            trace.found = _back(given, sizes, reverse, trace)
        found = wrap(_of_operand(i, operands[0]._array, operands[1 + states]._array, trace))
    trace.asked = g
    return found


def _by_cells_again(g: list, kind, operands, sizes, reverse, states: int) -> list:
    """All gradients with a history of their own, so that they can be differentiated again."""
    with enable_grad():
        # Under names of their own: one operand may be made from another, or stand twice.
        operands = [each if each is None else each.view(each._array.shape) for each in operands]
        outputs = by_cells(CELLS[kind], operands[0], operands[1 : 1 + states], operands[1 + states :], sizes, reverse)
    pairs = [(o, each) for o, each in zip(outputs, g, strict=False) if each is not None]
    wanted = [each for each in operands if each is not None and each._requires_grad]
    results = iter(autograd.grad([o for o, _ in pairs], wanted, [each for _, each in pairs],
                                 create_graph=True, allow_unused=True))  # fmt: skip
    return [next(results) if each is not None and each._requires_grad else None for each in operands]


def _rule(i: int, states: int):
    """The rule of operand i of a layer with one state, or with two."""
    if states == 1:
        return lambda g, x, h, w_ih, w_hh, b_ih, b_hh, kind, sizes, reverse, trace: _gradient(
            i, g, kind, (x, h, w_ih, w_hh, b_ih, b_hh), sizes, reverse, trace, 1
        )
    return lambda g, x, h, c, w_ih, w_hh, b_ih, b_hh, kind, sizes, reverse, trace: _gradient(
        i, g, kind, (x, h, c, w_ih, w_hh, b_ih, b_hh), sizes, reverse, trace, 2
    )


@behind(x=_rule(0, 1), h=_rule(1, 1), w_ih=_rule(2, 1), w_hh=_rule(3, 1), b_ih=_rule(4, 1), b_hh=_rule(5, 1),
    optional=("b_ih", "b_hh"), outputs=("out", "last"), node_name=_rnn_name)  # fmt: skip
def rnn_layer(x, h, w_ih, w_hh, b_ih, b_hh, kind, sizes, reverse, trace):
    """A plain RNN or a GRU over all steps: the outputs and the last state."""
    return _forward(kind, x, (h,), w_ih, w_hh, b_ih, b_hh, sizes, reverse, trace)


@behind(x=_rule(0, 2), h=_rule(1, 2), c=_rule(2, 2), w_ih=_rule(3, 2), w_hh=_rule(4, 2), b_ih=_rule(5, 2),
    b_hh=_rule(6, 2), optional=("b_ih", "b_hh"), outputs=("out", "last", "last_cell"),
    node_name=_lstm_name)  # fmt: skip
def lstm_layer(x, h, c, w_ih, w_hh, b_ih, b_hh, kind, sizes, reverse, trace):
    """An LSTM over all steps: the outputs, the last output and the last cell."""
    return _forward(kind, x, (h, c), w_ih, w_hh, b_ih, b_hh, sizes, reverse, trace)
