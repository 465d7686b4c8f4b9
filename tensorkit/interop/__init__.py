"""To real PyTorch and back, where it is installed: tensors over the same memory, modules with copies of the weights.

Where to read: `tensors.py`, then `modules.py` with its table in `arguments.py`.
"""

from .modules import from_torch, to_torch

__all__ = ["from_torch", "to_torch"]
