"""PyTorch's tensors as NumPy arrays and back, for looking only. On the CPU the memory is shared, not copied."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import dtypes
from ...tensor import Tensor
from .library import loaded

_KINDS = {kind.name: kind for kind in dtypes.ALL}


def kind_of(dtype: Any) -> Any:
    """Our dtype of the same name; float32 for one that tensorkit lacks (float8), as which its numbers are shown."""
    kind = _KINDS.get(str(dtype).removeprefix("torch."), dtypes.float32)
    if kind.numpy is None:
        try:
            dtypes.numpy_dtype(kind)
        except TypeError:  # bfloat16 without the package that brings it to NumPy
            return dtypes.float32
    return kind


def array_of(tensor: Any) -> Any:
    """The numbers of a tensor: an array, or a NumPy scalar for 0 dimensions.

    From another device they are copied; sparse ones are laid out, and types that NumPy lacks become float32. TypeError
    for a tensor that has no numbers (on the device meta) or no shape (nested).
    """
    try:
        return _array_of(tensor.detach())
    except (RuntimeError, NotImplementedError) as error:
        raise TypeError(f"the numbers of this tensor can't be read: {str(error).splitlines()[0]}") from None


def _array_of(values: Any) -> Any:
    torch = loaded()
    if values.is_quantized:
        values = values.dequantize()
    if values.layout != torch.strided:
        values = values.to_dense()
    if values.device.type != "cpu":
        values = values.cpu()
    values = values.resolve_conj().resolve_neg()
    kind = kind_of(values.dtype)
    if kind.name == "bfloat16":
        array = values.view(torch.int16).numpy().view(kind.numpy)
    elif f"torch.{kind.name}" != str(values.dtype):
        array = values.to(torch.float32).numpy()
    else:
        array = values.numpy()
    return array if array.ndim else array[()]


def tensor_from(ours: Tensor, like: Any) -> Any:
    """A gradient of ours as a tensor of PyTorch's, of the dtype and on the device that `like` tells; copied."""
    torch = loaded()
    array = np.array(ours._array)
    if array.dtype.kind == "V":
        array = array.astype(np.float32)
    return torch.from_numpy(array).to(dtype=like.dtype, device=like.device)
