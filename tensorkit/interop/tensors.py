"""Tensors to real PyTorch and back, over the same memory.

What is written through one is seen through the other.  Histories stay behind, each library knows only its own tape.
Modules are converted in `modules.py`.
"""

import numpy as np

from .. import array_modules, dtypes
from ..array_modules import on_gpu
from ..device import check_available
from ..errors import hint, kind
from ..tensor import Tensor, memory, wrap


def tensor_to_torch(tensor: Tensor):
    """A PyTorch tensor over the same memory: `to_torch` for tensors.

    RuntimeError for a tensor with a history; one with negative strides, which PyTorch doesn't have, is copied.
    """
    real = pytorch()
    if not isinstance(tensor, Tensor):
        raise TypeError(f"to_torch(): argument 'value' must be a tensorkit Tensor or Module, not {kind(tensor)}")
    if tensor._node is not None:
        raise hint(
            RuntimeError("Can't convert a tensor with a history to PyTorch. Use to_torch(tensor.detach()) instead."),
            "each library differentiates only what it computed itself.",
        )
    array = memory(tensor)
    if on_gpu(array):
        return real.from_dlpack(array).requires_grad_(tensor._requires_grad)
    if any(step < 0 for step in array.strides) or not array.flags.writeable:
        array = array.copy()
    if array.dtype.name == "bfloat16":
        shared = real.from_numpy(array.view(np.int16)).view(real.bfloat16)
    else:
        shared = real.from_numpy(array)
    return shared.requires_grad_(tensor._requires_grad)


def tensor_from_torch(tensor) -> Tensor:
    """A tensorkit tensor over the memory of a PyTorch tensor; a leaf, with the same `requires_grad`.

    Raises ImportError where PyTorch isn't installed, AssertionError for a CUDA tensor where CuPy isn't, TypeError for
    anything but a dense PyTorch tensor on the CPU or a GPU.
    """
    real = pytorch()
    if not isinstance(tensor, real.Tensor):
        raise TypeError(f"from_torch(): argument 'value' must be a PyTorch Tensor or Module, not {kind(tensor)}")
    if tensor.device.type not in ("cpu", "cuda") or tensor.layout != real.strided:
        raise TypeError(
            f"from_torch(): expected a dense tensor on CPU or GPU, but got {tensor.layout} on {tensor.device}; use "
            ".cpu() first"
        )
    values = tensor.detach().resolve_conj().resolve_neg()
    if tensor.device.type == "cuda":
        check_available("cuda")
        array = array_modules.cupy.from_dlpack(values)
    elif tensor.dtype is real.bfloat16:
        array = values.view(real.int16).numpy().view(dtypes.numpy_dtype(dtypes.bfloat16))
    else:
        array = values.numpy()
    dtypes.from_numpy(array.dtype)  # TypeError for a type that tensorkit lacks
    found = wrap(array)
    found._requires_grad = tensor.requires_grad
    return found


def pytorch():
    """Real PyTorch; ImportError that says what to do where it is missing, or where tensorkit stands in for it."""
    try:
        import torch
    except ImportError:
        raise ImportError("PyTorch is not installed here: pip install torch") from None
    if torch.__name__ == "tensorkit":
        raise ImportError("`torch` is tensorkit here (--as-torch): there is no PyTorch to convert to or from")
    return torch
