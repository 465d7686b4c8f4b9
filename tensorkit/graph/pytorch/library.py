"""Is PyTorch there, and which library does a tensor belong to? Answered without importing anything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import tensorkit

from ...tensor import Tensor


def loaded() -> Any:
    """PyTorch, where something has imported it; None where not, and where tensorkit goes by its name (`as_torch`)."""
    module = sys.modules.get("torch")
    own_name = getattr(module, "__name__", "") == "torch"
    return module if own_name and isinstance(getattr(module, "Tensor", None), type) else None


def tensor_types() -> tuple[type, ...]:
    """The classes of tensors that can be inspected now: ours, and PyTorch's where that is there.

    >>> import tensorkit as torch
    >>> torch.Tensor in tensor_types()
    True
    """
    torch = loaded()
    return (Tensor,) if torch is None else (Tensor, torch.Tensor)


def is_tensor(value: Any) -> bool:
    """Is it a tensor, ours or PyTorch's?

    >>> import tensorkit as torch
    >>> is_tensor(torch.ones(2)), is_tensor([1.0])
    (True, False)
    """
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


def computed(function: Callable[..., Any], run: Callable[[Any], Any]) -> Any:
    """What `run(library)` gives for the library that a learner's function computes with.

    That is tensorkit, unless `run` raises an error and PyTorch is there; then it is tried with that. Where both fail,
    the error of the first is raised.
    """
    first = library_of(function)
    others = [library for library in libraries() if library is not first]
    try:
        return run(first)
    except Exception:
        for library in others:
            try:
                return run(library)
            except Exception:  # the first error is the learner's to see
                continue
        raise
