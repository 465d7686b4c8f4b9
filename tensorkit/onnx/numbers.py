"""Which numbers of a recording depend on the sizes of the inputs: found out by a second run with other sizes.

A recording holds plain numbers: a batch of 2 with 3 rows was reshaped to 6.  With every dynamic axis made longer by a
prime factor of its own, the same number comes out as another one, and tells which axes it is a product of.  The second
run has other values, too: a constant that changes came from the input by a way that was not recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from .errors import OnnxExporterError

FACTORS = (2, 3, 5, 7, 11, 13)


@dataclass(frozen=True)
class Axis:
    """A dynamic axis: its name, its size in both runs, and where it can be read: input and dimension."""

    name: str
    first: int
    second: int
    input: int
    dim: int


@dataclass(frozen=True)
class Size:
    """A number that depends on sizes: product of `axes` times `times`, over `over`, plus `more`."""

    axes: tuple[Axis, ...]
    times: int = 1
    over: int = 1
    more: int = 0


def axes_of(dynamic: list[dict[int, str]], arrays: list[np.ndarray]) -> tuple[list[Axis], dict[tuple[int, int], Axis]]:
    """The distinct dynamic axes, and which one each dimension of the inputs is.

    Dimensions of one name are one axis; so are those that nobody named and that are equally long.
    """
    axes: dict[Any, Axis] = {}
    places: dict[tuple[int, int], Axis] = {}
    for number, (names, array) in enumerate(zip(dynamic, arrays, strict=True)):
        for dim, name in names.items():
            size = array.shape[dim]
            key = name or size
            if key not in axes:
                if len(axes) == len(FACTORS):
                    raise OnnxExporterError(f"there are more than {len(FACTORS)} dynamic axes")
                axes[key] = Axis(name or f"size_of_input_{number}_{dim}", size, size * FACTORS[len(axes)], number, dim)
            if axes[key].first != size:
                raise OnnxExporterError(
                    f"dynamic axis {name!r} stands for two sizes in the example inputs: {axes[key].first} and {size}"
                )
            places[number, dim] = axes[key]
    return list(axes.values()), places


def other_inputs(arrays: list[np.ndarray], places: dict[tuple[int, int], Axis]) -> list[np.ndarray]:
    """Inputs for the second run: longer along the dynamic axes, with values drawn from those that were there."""
    random = np.random.default_rng(0)
    others = []
    for number, array in enumerate(arrays):
        for dim in range(array.ndim):
            if (number, dim) in places:
                axis = places[number, dim]
                array = np.concatenate([array] * (axis.second // max(axis.first, 1)), dim)
        changed = random.choice(array.ravel(), array.shape) if array.size else array
        if array.dtype.kind in "fc":
            changed = changed * array.dtype.type(0.9)  # so that no mean stays the same either
        others.append(changed.astype(array.dtype))
    return others


def solve(first: int, second: int, axes: list[Axis]) -> int | Size:
    """The number that was `first` in one run and `second` in the other, in terms of the dynamic axes."""
    if first == second:
        return int(first)
    for more in (0, *_offsets(first, second, axes)):
        for count in range(1, len(axes) + 1):
            for chosen in combinations(axes, count):
                one = int(np.prod([axis.first for axis in chosen]))
                two = int(np.prod([axis.second for axis in chosen]))
                rest = first - more
                if rest * two == (second - more) * one and one and rest:
                    divisor = int(np.gcd(rest, one))
                    return Size(chosen, rest // divisor, one // divisor, int(more))
    raise OnnxExporterError(
        f"a size is {first} for the example inputs and {second} for larger ones, which is no product of dynamic axes; "
        "leave out some of dynamic_axes"
    )


def _offsets(first: int, second: int, axes: list[Axis]) -> list[int]:
    """What may have been added to a size, such as one for a leading token."""
    return [first - axis.first for axis in axes if first - axis.first == second - axis.second]
