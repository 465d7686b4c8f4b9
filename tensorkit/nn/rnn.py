"""Recurrent layers: RNN, LSTM, GRU.

What one layer computes over all time steps stands in `recurrent.py`, single steps in `cells.py`; sequences of unlike
lengths in `utils/rnn.py`.
"""

import math
import numbers
from warnings import warn

from ..ops.create import empty, zeros
from ..ops.join import cat, stack
from ..ops.slices import index_select
from . import functional as F
from . import init
from .layer import unusual
from .module import Module
from .parameter import Parameter
from .recurrent import CELLS, Trace, by_cells, lstm_layer, rnn_layer
from .sizes import ndim_of
from .utils.rnn import PackedSequence

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class RNNBase(Module):
    """What the three kinds share: parameters of every layer and direction, and the way through them.

    >>> isinstance(torch.nn.LSTM(2, 3), torch.nn.RNNBase)
    True
    """

    def __init__(self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0,
                 device=None, dtype=None):  # fmt: skip
        super().__init__()
        if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        if dropout > 0 and num_layers == 1:
            warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={num_layers}",
                stacklevel=3,
            )
        if not isinstance(hidden_size, int):
            raise TypeError(f"hidden_size should be of type int, got: {type(hidden_size).__name__}")
        for name, value in (("hidden_size", hidden_size), ("num_layers", num_layers)):
            if value <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if proj_size >= hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._register_weights(device, dtype)
        self.reset_parameters()

    def _register_weights(self, device, dtype) -> None:
        outs = self.proj_size or self.hidden_size
        rows = _GATES[self.mode] * self.hidden_size
        for layer in range(self.num_layers):
            for suffix in self._suffixes(layer):
                width = self.input_size if layer == 0 else outs * (2 if self.bidirectional else 1)
                shapes: dict[str, tuple] = {"weight_ih": (rows, width), "weight_hh": (rows, outs)}
                if self.bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if self.proj_size:
                    shapes["weight_hr"] = (self.proj_size, self.hidden_size)
                for name, shape in shapes.items():
                    setattr(self, name + suffix, Parameter(empty(*shape, device=device, dtype=dtype)))

    def _suffixes(self, layer: int) -> tuple:
        """What ends the names of a layer's parameters, for each direction."""
        return (f"_l{layer}", f"_l{layer}_reverse") if self.bidirectional else (f"_l{layer}",)

    def _weights(self, suffix: str) -> list:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
        return [self._parameters.get(name + suffix) for name in names]

    @property
    def all_weights(self) -> list:
        """The parameters of each layer and direction."""
        return [[each for each in self._weights(suffix) if each is not None]
                for layer in range(self.num_layers) for suffix in self._suffixes(layer)]  # fmt: skip

    def flatten_parameters(self) -> None:
        """Nothing to do here: it arranges the weights for GPUs."""

    def reset_parameters(self) -> None:
        """Draw all parameters anew, evenly between ±1/√hidden_size."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    # Checks

    def _check_input(self, input, packed: bool) -> None:
        weight = self._parameters["weight_ih_l0"]
        if input.dtype is not weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). Convert input: "
                f"input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        wanted = 2 if packed else 3
        if input.ndim != wanted:
            raise RuntimeError(f"input must have {wanted} dimensions, got {input.dim()}")
        if input._array.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input._array.shape[-1]}"
            )

    def _check_state(self, state, samples: int, size: int, what: str) -> None:
        wanted = (self.num_layers * (2 if self.bidirectional else 1), samples, size)
        if state._array.shape != wanted:
            raise RuntimeError(f"Expected {what} size {wanted}, got {list(state._array.shape)}")

    def _first_states(self, states, samples: int, input) -> tuple:
        """The states to begin with: those given, checked, or zeros."""
        count = self.num_layers * (2 if self.bidirectional else 1)
        sizes = (self.proj_size or self.hidden_size, self.hidden_size)[: 2 if self.mode == "LSTM" else 1]
        if states is None:
            return tuple([zeros(count, samples, size, dtype=input.dtype, device=input.device) for size in sizes])
        labels = ("hidden[0]", "hidden[1]") if self.mode == "LSTM" else ("hidden",)
        for state, size, label in zip(states, sizes, labels, strict=True):
            self._check_state(state, samples, size, label)
        return tuple(states)

    # The way through the layers

    def _one_direction(self, x, states: tuple, suffix: str, sizes: list) -> tuple:
        """One layer in one direction: outputs of all steps, and its last states."""
        *weights, projection = self._weights(suffix)
        reverse = suffix.endswith("_reverse")
        if projection is not None:

            def cell(x, state, *weights):
                h, c = CELLS["LSTM"](x, state, *weights)
                return F.linear(h, projection), c

            return by_cells(cell, x, states, weights, sizes, reverse)
        layer = lstm_layer if self.mode == "LSTM" else rnn_layer
        return layer(x, *states, *weights, self.mode, sizes, reverse, Trace())

    def _run(self, x, states: tuple, sizes: list) -> tuple:
        """All layers: the outputs of the last one, and the last states of all."""
        lasts = []
        for layer in range(self.num_layers):
            outputs = []
            for suffix in self._suffixes(layer):
                own = tuple([each[len(lasts)] for each in states])
                out, *last = self._one_direction(x, own, suffix, sizes)
                outputs.append(out)
                lasts.append(last)
            x = outputs[0] if len(outputs) == 1 else cat(outputs, -1)
            if self.dropout and self.training and layer < self.num_layers - 1:
                x = F.dropout(x, self.dropout)
        return x, tuple([stack([last[i] for last in lasts]) for i in range(len(states))])

    def _forward(self, input, states):
        """For the subclasses: states are tuples here."""
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, states)
        ndim = ndim_of(input)
        if ndim not in (2, 3):
            what = " tensor" * (self.mode[:3] == "RNN")
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {input.dim()}D{what} instead")
        alone = ndim == 2
        states = self._batched_states(states, alone)
        x = input.unsqueeze(0 if self.batch_first else 1) if alone else input
        self._check_input(x, packed=False)
        if self.batch_first:
            x = x.transpose(0, 1)
        steps, samples = x._array.shape[:2]
        out, lasts = self._run(x, self._first_states(states, samples, x), [samples] * steps)
        if self.batch_first:
            out = out.transpose(0, 1) if self.mode == "LSTM" else out.transpose_(0, 1)
        if alone:
            out = out.squeeze(0 if self.batch_first else 1)
            lasts = tuple([each.squeeze(1) for each in lasts])
        return out, lasts

    def _batched_states(self, states, alone: bool):
        if states is None:
            return None
        wanted = 2 if alone else 3
        if any(each.ndim != wanted for each in states):
            kind = "unbatched 2-D" if alone else "batched 3-D"
            if self.mode == "LSTM":
                dims = ", ".join(f"{each.dim()}-D" for each in states)
                raise RuntimeError(f"For {kind} input, hx and cx should also be {wanted}-D but got ({dims}) tensors")
            raise RuntimeError(f"For {kind} input, hx should also be {wanted}-D but got {states[0].dim()}-D tensor")
        return tuple([each.unsqueeze(1) for each in states]) if alone else states

    def _forward_packed(self, packed, states):
        data, batch_sizes, order, back = packed
        self._check_input(data, packed=True)
        sizes = batch_sizes.tolist()
        if states is not None and order is not None:
            states = tuple([index_select(each, 1, order) for each in states])
        out, lasts = self._run(data, self._first_states(states, sizes[0], data), sizes)
        if back is not None:
            lasts = tuple([index_select(each, 1, back) for each in lasts])
        return PackedSequence(out, batch_sizes, order, back), lasts

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + unusual(
            self, proj_size=0, num_layers=1, bias=True, batch_first=False, dropout=0, bidirectional=False
        )


def _refuse(others: dict) -> None:
    """PyTorch's errors for arguments that a recurrent layer does not have."""
    if "proj_size" in others:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
    if others:
        raise TypeError(f"RNNBase.__init__() got an unexpected keyword argument '{next(iter(others))}'")


class RNN(RNNBase):
    """A plain recurrent network: h = tanh(W·x + b + U·h + c) at each step.

    input   length, batch, features (batch first with `batch_first`; without batch for one sequence)

    Returns the outputs of all steps and the last state of each layer (layers, batch, hidden_size).

    >>> outputs, state = torch.nn.RNN(2, 3)(torch.zeros(5, 1, 2))
    >>> outputs.shape, state.shape
    (torch.Size([5, 1, 3]), torch.Size([1, 1, 3]))
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias=True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, device=None,
                 dtype=None, **others):  # fmt: skip
        _refuse(others)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, 0, device, dtype)  # fmt: skip
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        out, (last,) = self._forward(input, None if hx is None else (hx,))
        return out, last


class GRU(RNNBase):
    """Gated recurrent units: a state that is kept or replaced, as gates decide at each step.

    input   length, batch, features (batch first with `batch_first`; without batch for one sequence)

    Returns the outputs of all steps and the last state of each layer (layers, batch, hidden_size).

    >>> outputs, state = torch.nn.GRU(2, 3, batch_first=True)(torch.zeros(1, 5, 2))
    >>> outputs.shape, state.shape
    (torch.Size([1, 5, 3]), torch.Size([1, 1, 3]))
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, device=None,
                 dtype=None, **others):  # fmt: skip
        _refuse(others)
        super().__init__("GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0,
                         device, dtype)  # fmt: skip

    def forward(self, input, hx=None):
        out, (last,) = self._forward(input, None if hx is None else (hx,))
        return out, last


class LSTM(RNNBase):
    """Long short-term memory: a cell that gates write, keep and read at each step.

    input   length, batch, features (batch first with `batch_first`; without batch for one sequence)

    Returns the outputs of all steps and the pair of last outputs and last cells (layers, batch, hidden_size).

    >>> from tensorkit import nn
    >>> out, (h, c) = nn.LSTM(3, 4)(torch.ones(5, 2, 3))
    >>> out.shape, h.shape
    (torch.Size([5, 2, 4]), torch.Size([1, 2, 4]))
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0,
                 device=None, dtype=None, **others):  # fmt: skip
        _refuse(others)
        super().__init__("LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
                         proj_size, device, dtype)  # fmt: skip

    def forward(self, input, hx=None):
        return self._forward(input, None if hx is None else (hx[0], hx[1]))


for _kind in (RNN, GRU, LSTM):  # PyTorch's take any arguments and pass them on: wrong ones are told by RNNBase
    _kind.__init__.__qualname__ = "RNNBase.__init__"
