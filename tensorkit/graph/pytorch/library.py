"""Is PyTorch there, and which library does a tensor belong to? Answered without importing anything."""

from __future__ import annotations

import sys
from typing import Any

import tensorkit

from ...tensor import Tensor


def loaded() -> Any:
    """PyTorch, where something has imported it; None where not, and where tensorkit goes by its name (`as_torch`)."""
    module = sys.modules.get("torch")
    own_name = getattr(module, "__name__", "") == "torch"
    return module if own_name and isinstance(getattr(module, "Tensor", None), type) else None


def tensor_types() -> tuple[type, ...]:
    """The classes of tensors that can be inspected now: ours, and PyTorch's where that is there."""
    torch = loaded()
    return (Tensor,) if torch is None else (Tensor, torch.Tensor)


def is_tensor(value: Any) -> bool:
    """Is it a tensor, ours or PyTorch's?"""
    return isinstance(value, tensor_types())


def is_foreign(value: Any) -> bool:
    """Is it a tensor of PyTorch's?"""
    return not isinstance(value, Tensor) and is_tensor(value)


def libraries() -> tuple[Any, ...]:
    """The modules that make tensors here: tensorkit, and PyTorch where that is there."""
    torch = loaded()
    return (tensorkit,) if torch is None else (tensorkit, torch)


def library_of(*values: Any) -> Any:
    """The module to compute with these values: PyTorch for its tensors and modules, else tensorkit."""
    torch = loaded()
    theirs = () if torch is None else (torch.Tensor, getattr(getattr(torch, "nn", None), "Module", torch.Tensor))
    return torch if any(isinstance(value, theirs) for value in values) else tensorkit
