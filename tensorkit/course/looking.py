"""Small words for checks: what a learner's object is, and whether two things hold the same numbers.

They take whatever a learner may have: a tensor, an array of NumPy, a list, a Python number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tensorkit as torch

from .exercise import Step, Todo


def kind(value: Any) -> str:
    """What a value is, in words.

    >>> kind(3), kind([1]), kind(torch.ones(2, 3))
    ('an int', 'a list', 'a tensor of shape (2, 3)')
    """
    if torch.is_tensor(value):
        return f"a tensor of shape {tuple(value.shape)}"
    name = "function" if callable(value) and not isinstance(value, type) else type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def array(value: Any) -> np.ndarray | None:
    """The numbers of a value as an array of float64; None where it holds no numbers."""
    if torch.is_tensor(value):
        value = value.detach().cpu().numpy()
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def close(value: Any, wanted: Any, tolerance: float = 1e-3) -> bool:
    """Whether both hold the same numbers in the same shape, up to rounding; the dtype makes no difference."""
    ours, theirs = array(value), array(wanted)
    return (
        ours is not None
        and theirs is not None
        and ours.shape == theirs.shape
        and bool(np.allclose(ours, theirs, rtol=tolerance, atol=tolerance))
    )


def is_number(value: Any) -> bool:
    """Whether it is an ordinary number: of Python or NumPy, no tensor, no yes or no."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def short(value: Any) -> str:
    """A value for a message: numbers rounded, in one line.

    >>> short(torch.tensor([1., 2.00004]))
    '[1.0, 2.0]'
    """
    numbers = array(value)
    if numbers is None:
        return kind(value)
    return str(np.round(numbers, 3).tolist()) if numbers.size <= 12 else f"numbers of shape {numbers.shape}"


def a_tensor(name: str, value: Any) -> Step:
    """`name` must be a tensor."""
    return f"{name} is a tensor", torch.is_tensor(value), f"it is {kind(value)}"


def of_shape(name: str, value: Any, shape: tuple[int, ...], why: str) -> Step:
    """The tensor called `name` must have this shape."""
    return f"{name} has the shape {shape}", tuple(value.shape) == shape, f"it has {tuple(value.shape)}. {why}"


def a_number(name: str, value: Any) -> Step:
    """`name` must be an ordinary number."""
    otherwise = f"it is {kind(value)}" + (": .item() takes the number out" if torch.is_tensor(value) else "")
    return f"{name} is a Python number", is_number(value), otherwise


def result_of(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a learner's function returns; Todo where that is None, as long as it isn't written."""
    value = function(*arguments)
    if value is None:
        raise Todo("So far it returns None: the last line should begin with return.")
    return value
