"""The lessons by number, and where their exercises are written."""

from __future__ import annotations

import difflib
from importlib import import_module

from .exercise import REGISTRY, Exercise

LESSONS = {
    "00": "A tour",
    "01": "Tensors",
    "02": "Two ways to multiply matrices",
    "03": "The forward pass",
    "04": "The backward pass, by hand and by autograd",
    "05": "Automatic gradients and the chain rule",
    "06": "Tensors and NumPy",
    "07": "Combining, clipping, reshaping",
    "08": "Sums, means and dtypes",
    "09": "When to track gradients, and when not",
    "10": "A line, fitted by hand",
    "11": "Datasets and loaders",
    "12": "A network from scratch",
    "13": "A network that reads digits",
    "14": "Saving and sharing",
    "15": "The step over to PyTorch",
    "16": "Several processes at once",
}
MODULES = ("tensors", "arrays", "gradients", "training", "networks", "processes")


def all_exercises() -> list[Exercise]:
    """Every exercise, in the order of the lessons: those of the course, and those declared in this notebook.

    >>> all_exercises()[0].lesson
    '00'
    """
    for module in MODULES:
        import_module(f".{module}", __package__)
    return sorted(REGISTRY.values(), key=lambda exercise: exercise.lesson)


def find(name: str) -> Exercise:
    """The exercise of this name. LookupError, with the names that are nearest, where there is none.

    >>> find(all_exercises()[0].name) is all_exercises()[0]
    True
    """
    known = {exercise.name: exercise for exercise in all_exercises()}
    if name not in known:
        near = difflib.get_close_matches(name, known, 3)
        raise LookupError(f"no exercise is called {name!r}" + (f": {' or '.join(near)}?" if near else ""))
    return known[name]
