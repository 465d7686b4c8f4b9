"""Recurrent cells, one step each: RNNCell, LSTMCell, GRUCell.

What a step computes stands in `recurrent.py`; the layers that walk through whole sequences in `rnn.py`.
"""

import math

from ..ops.create import empty, zeros
from . import init
from .module import Module
from .parameter import Parameter
from .recurrent import CELLS
from .sizes import ndim_of


class RNNCellBase(Module):
    """The parameters of a cell, and its checks.

    >>> isinstance(torch.nn.GRUCell(2, 3), torch.nn.RNNCellBase)
    True
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device=None, dtype=None):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty(rows, input_size, device=device, dtype=dtype))
        self.weight_hh = Parameter(empty(rows, hidden_size, device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(rows, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew, evenly between ±1/√hidden_size."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _step(self, kind: str, input, states) -> tuple:
        """One step of a cell, for one sample or for a batch."""
        name = self._get_name()
        ndim = ndim_of(input)
        if ndim not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        for i, state in enumerate(states or ()):
            if state.ndim not in (1, 2):
                what = f"hx[{i}]" if kind == "LSTM" else "hidden"
                raise ValueError(f"{name}: Expected {what} to be 1D or 2D, got {state.dim()}D instead")
        alone = ndim == 1
        x = input.unsqueeze(0) if alone else input
        samples = x._array.shape[0]
        if x._array.shape[1] != self.input_size:
            raise RuntimeError(f"input has inconsistent input_size: got {x._array.shape[1]} expected {self.input_size}")
        count = 2 if kind == "LSTM" else 1
        if states is None:
            states = (zeros(samples, self.hidden_size, dtype=input.dtype, device=input.device),) * count
        elif alone:
            states = tuple([each.unsqueeze(0) for each in states])
        for i, state in enumerate(states):
            if state._array.shape[0] != samples:
                raise RuntimeError(
                    f"Input batch size {samples} doesn't match hidden{i} batch size {state._array.shape[0]}"
                )
            if state._array.shape[1] != self.hidden_size:
                raise RuntimeError(
                    f"hidden{i} has inconsistent hidden_size: got {state._array.shape[1]}, expected {self.hidden_size}"
                )
        moved = CELLS[kind](x, states, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return tuple([each.squeeze(0) for each in moved]) if alone else moved

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


class RNNCell(RNNCellBase):
    """One step of a plain recurrent network: tanh(W·x + b + U·h + c).

    >>> torch.nn.RNNCell(3, 5)(torch.ones(2, 3)).shape
    torch.Size([2, 5])
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device=None,
                 dtype=None):  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(f"RNN_{self.nonlinearity.upper()}", input, None if hx is None else (hx,))[0]


class LSTMCell(RNNCellBase):
    """One step of an LSTM: returns the new output and the new cell.

    >>> hidden, cell = torch.nn.LSTMCell(3, 5)(torch.ones(2, 3))
    >>> hidden.shape, cell.shape
    (torch.Size([2, 5]), torch.Size([2, 5]))
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input, hx=None):
        return self._step("LSTM", input, hx)


class GRUCell(RNNCellBase):
    """One step of a GRU.

    >>> torch.nn.GRUCell(3, 5)(torch.ones(2, 3)).shape
    torch.Size([2, 5])
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input, hx=None):
        return self._step("GRU", input, None if hx is None else (hx,))[0]
