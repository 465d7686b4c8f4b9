"""`torch.nn.utils`: gradient clipping, parameters as a vector, sequences of unlike lengths, reparametrised weights.

Where to look: `clip.py`, `rnn.py`, `memory_format.py`; `parametrize.py` (any parametrization), `parametrizations.py`
(ready-made ones), `weight_norm.py` and `spectral_norm.py` (the older ones, by hooks).

Source: https://pytorch.org/docs/stable/nn.html#utilities
"""

from ...left_out import missing
from . import parametrizations, parametrize, rnn
from .clip import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
    parameters_to_vector,
    vector_to_parameters,
)  # fmt: skip
from .memory_format import convert_conv2d_weight_memory_format, convert_conv3d_weight_memory_format
from .spectral_norm import remove_spectral_norm, spectral_norm
from .weight_norm import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_",
    "convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format", "get_total_norm",
    "parameters_to_vector", "parametrizations", "parametrize", "remove_spectral_norm", "remove_weight_norm", "rnn",
    "spectral_norm", "vector_to_parameters", "weight_norm",
]  # fmt: skip


def __getattr__(name: str):
    raise missing("module 'torch.nn.utils'", name)
