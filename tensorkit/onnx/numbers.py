"""Which numbers of a recording depend on the sizes of the inputs: found out by a second run with other sizes.

A recording holds plain numbers: a batch of 2 with 3 rows was reshaped to 6.  With every dynamic axis made longer by a
prime factor of its own, the same number comes out as another one, and tells which axes it is a product of.  The second
run and a few more have other values, too: a constant that changes came from the input by a way that was not recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ..tensor import Tensor, memory
from .errors import OnnxExporterError
from .recording import Recording

FACTORS = (2, 3, 5, 7, 11, 13)

CHANGED = (
    "a value that the model computes with depends on the input by a way that is not recorded (such as detach(), "
    "numpy(), item() or an operation on indices): {}"
)


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


def other_inputs(arrays: list[np.ndarray], places: dict[tuple[int, int], Axis], seed: int = 0) -> list[np.ndarray]:
    """Inputs for another run: longer along the dynamic axes, and other values of the same kind.

    They are drawn from the values that were there, floats made smaller each by a factor of its own: what was a chance,
    a row of a table or a positive number still is.
    """
    random = np.random.default_rng(seed)
    others = []
    for number, array in enumerate(arrays):
        for dim in range(array.ndim):
            if (number, dim) in places:
                axis = places[number, dim]
                array = np.concatenate([array] * (axis.second // max(axis.first, 1)), dim)
        changed = random.choice(array.ravel(), array.shape) if array.size else array
        if array.dtype.kind in "fc":
            changed = (changed if changed.any() else 1) * random.uniform(0.5, 1, array.shape)
        others.append(np.asarray(changed).astype(array.dtype))
    return others


def check_constants(one: Recording, two: Recording) -> None:
    """OnnxExporterError if a constant or an argument differs between two runs with the same sizes."""
    places = [(node.parents, other.parents) for node, other in zip(one.nodes, two.nodes, strict=True)]
    for pair in (*places, (one.outputs, two.outputs)):
        for first, second in zip(*pair, strict=True):
            if isinstance(first, Tensor) and first._node is None:
                if first is not second and not same(memory(first), memory(second)):
                    raise OnnxExporterError(CHANGED.format(f"a tensor of shape {tuple(first.shape)}"))
            elif isinstance(first, (int, float)) and not same(first, second):
                raise OnnxExporterError(CHANGED.format(f"{first} became {second}"))
    for node, other in zip(one.nodes, two.nodes, strict=True):
        extras, others = (dict(zip(node.op.extras, each.extras, strict=False)) for each in (node, other))
        for name, value in extras.items():
            followed = id(value) in one.indices or (name == "index" and extras.get("watched"))
            if name not in ("watched", "trace") and not followed and not same(value, others[name]):
                raise OnnxExporterError(CHANGED.format(f"the argument '{name}' of the operation '{node.op.name}'"))


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


def same(one: Any, other: Any) -> bool:
    """Whether two arguments are equal, arrays in nested tuples included."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        one, other = np.asarray(one), np.asarray(other)
        return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one is other or one == other)
