"""Ask PyTorch how it writes tensors: `python tests/cases/record_printing.py`, or with `--compare 10000 [seed]`.

Needs PyTorch 2.13 (`pip install torch==2.13.0`). Without arguments it writes `printing.json`, which `test_printing.py`
reads; the suite itself needs no PyTorch. With `--compare` it records nothing but writes that many random tensors with
PyTorch and with `tensorkit.printing` and shows the first texts that differ.

A case is a dict: `dtype`, `shape` and `data` say what is written, `options` are the print options in force, `grad` and
`default` (the default dtype) are there where they matter, `text` is PyTorch's answer. `data` is a list of Python
numbers, as text so that nan, -0.0 and complex numbers survive, or `{"start": ..., "step": ...}` if equally spaced.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("printing.json")

BOOLS = ["bool"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64"]
FLOATS = ["float16", "bfloat16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
UNSIGNED = ["uint16", "uint32", "uint64"]
ALL = BOOLS + INTEGERS + UNSIGNED + FLOATS + COMPLEX

GRADS = {None: None, "leaf": "requires_grad=True", "node": "grad_fn=<CloneBackward0>"}


def numpy_dtype(name: str) -> np.dtype:
    """NumPy's dtype of that name; bfloat16 comes from ml_dtypes, and ImportError says that it is missing."""
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


def array_of(case: dict[str, Any]) -> np.ndarray:
    """The array that a case is about."""
    dtype = numpy_dtype(case["dtype"])
    data, shape = case["data"], tuple(case["shape"])
    if isinstance(data, dict):
        numbers = data["start"] + data["step"] * np.arange(int(np.prod(shape)), dtype=np.float64)
    elif dtype.kind in "biu":
        numbers = np.array([int(number) for number in data], dtype=dtype)
    else:
        numbers = np.array([complex(number) for number in data], dtype=np.complex128)
        numbers = numbers if dtype.kind == "c" else numbers.real
    with np.errstate(over="ignore"):  # beyond the dtype's range is inf
        return numbers.astype(dtype).reshape(shape)


def tensor_of(array: np.ndarray, torch: Any) -> Any:
    """The same numbers, bit for bit, in a torch tensor."""
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.reshape(-1).view(np.int16).copy()).view(torch.bfloat16).reshape(array.shape)
    return torch.from_numpy(array.copy())


def torch_text(case: dict[str, Any], array: np.ndarray, torch: Any) -> str:
    """What PyTorch prints for a case."""
    printing = torch._tensor_str
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, case.get("default", "float32")))
    try:
        tensor = tensor_of(array, torch)
        if case.get("grad"):
            tensor.requires_grad_()
        if case.get("grad") == "node":  # multiplied by one, a complex inf would bring a nan along
            tensor = tensor.clone()
        with printing.printoptions(**case.get("options", {})):
            return repr(tensor)
    finally:
        torch.set_default_dtype(before)


def our_text(case: dict[str, Any], array: np.ndarray | np.generic) -> str:
    """What tensorkit prints for a case."""
    from tensorkit import printing

    shown = printing.dtype_is_shown(case["dtype"], case.get("default", "float32"), empty=array.size == 0)
    with printing.printoptions(**case.get("options", {})):
        return printing.tensor_text(
            array, dtype_text=f"torch.{case['dtype']}" if shown else None, grad_text=GRADS[case.get("grad")]
        )


def case(dtype: str, shape: tuple[int, ...] | int, data: Any, **more: Any) -> dict[str, Any]:
    """A case; `data` is a sequence of numbers or a dict with start and step."""
    shape = (shape,) if isinstance(shape, int) else shape
    return {
        "dtype": dtype,
        "shape": list(shape),
        "data": data if isinstance(data, dict) else list(map(str, data)),
        **more,
    }


INF, NAN = float("inf"), float("nan")

# Every mode, and both sides of every threshold between the modes.
# fmt: off
NUMBERS = [
    0, -0.0, 1, -1, 3, 2.5, -2.5, 0.1, 1 / 3, 123.456, 99999.5, 0.00005, 0.0001, 9.9e-5, 1e-5, 1e-30, 1e-45, 5e-324,
    1e8, 100000001, 100000000.5, 1e9, 3e38, 1.7e308, 65504, 65504.5, 6e-8, INF, -INF, NAN, 16777216, 99999999, 0.99999,
    0.999949, 0.99995, 2.00005, 1.00005, 0.125, 0.00015, 0.5, 1.5, 1e7 + 0.5,
]
COMPLEX_NUMBERS = [
    0j, 1j, -1j, 1 + 2j, 1.5 - 2j, 2 - 1.5j, complex(0.0, -0.0), complex(-0.0, 0.0), complex(NAN, 1), complex(1, NAN),
    complex(INF, -INF), complex(1e-5, 3), complex(3, 1e10), complex(0.1, 1e-8),
]
# What decides about mode and width, and what has no say.
ROWS = [
    [1, 2, 3], [1, 2.5, 3], [0.1, 100], [0.1, 100.1], [0.1, 99.99], [0.001, 1], [0.0009, 1], [1, 1000], [1, 1001],
    [1.5, 1500], [1.5, 1501], [1e-4, 0.05], [9.9e-5, 0.05], [1e8, 1e8], [1e8 + 8, 1e8], [2, 1e8], [1e6, 1e8, 1e9],
    [0, 0, 0], [0, 1], [0, 0.5], [0, 1e-8], [-0.0, 0.0], [-0.0, 1e-8], [NAN, NAN], [INF, -INF], [NAN, 1], [NAN, 0],
    [-INF, 1], [-INF, 1.5], [NAN, 1e-8], [NAN, 1e10, INF, -INF, 0.0], [INF, 1234567], [-1, 10], [-1.5, 10], [-10, 1.5],
    [0.00001, NAN, 0, 1], [1 / 3, 2 / 3], [-1 / 3, 2e5], [3, NAN, -INF, 0], [1.0, 2.0, INF], [0.5, -INF],
]
EMPTY_SHAPES = [(0,), (0, 3), (3, 0), (2, 0, 4), (0, 0, 0), (1, 0)]
# Rows that wrap, nested brackets, dimensions that lose their middle.
SHAPES = [
    (18,), (19,), (21,), (1000,), (1001,), (2, 30), (3, 4), (1, 1, 1), (2, 3, 4), (2, 1, 2, 2), (1, 2, 1, 2, 3),
    (1000, 1000), (1001, 1), (1, 1001), (2, 600), (600, 2), (7, 200), (6, 200), (2, 3, 2, 100), (3, 4, 200),
    (7, 1, 7, 21), (200, 1, 200), (2000, 2, 3), (40, 25), (41, 25),
]
OPTIONS = [
    {"precision": 0}, {"precision": 1}, {"precision": 8}, {"precision": 20}, {"sci_mode": True}, {"sci_mode": False},
    {"sci_mode": True, "precision": 2}, {"linewidth": 20}, {"linewidth": 40}, {"linewidth": 1}, {"linewidth": 0},
    {"linewidth": 200}, {"linewidth": 200.5}, {"threshold": 5}, {"threshold": 0}, {"threshold": 5, "edgeitems": 1},
    {"threshold": 5, "edgeitems": 0}, {"edgeitems": 0}, {"threshold": 5, "edgeitems": 10}, {"profile": "short"},
    {"profile": "full"}, {"profile": "default"}, {"profile": "short", "precision": 6}, {"profile": "unknown"},
]
# fmt: on


def chosen_cases() -> list[dict[str, Any]]:
    """Cases picked by hand: each rule of the text, and each place where it is easily got wrong."""
    return [*single_numbers(), *rows(), *empty_ones(), *shapes(), *suffixes(), *options()]


def single_numbers() -> Iterator[dict[str, Any]]:
    yield from (case(dtype, (), [number]) for dtype in FLOATS for number in NUMBERS)
    yield from (case(dtype, (), [number]) for dtype in COMPLEX for number in COMPLEX_NUMBERS)
    yield from (case(dtype, (), [number]) for dtype in INTEGERS + UNSIGNED for number in (0, 1, 7, 100, 127))
    yield from (case("bool", (), [number]) for number in (0, 1))
    yield from (case("int64", (), [number]) for number in (2**63 - 1, -(2**63)))
    yield case("uint64", (), [2**64 - 1])


def rows() -> Iterator[dict[str, Any]]:
    for row in ROWS:
        yield from (case(dtype, len(row), row) for dtype in FLOATS)
        yield case("float32", (len(row), 1), row)
        yield case("complex64", len(row), [complex(x, y) for x, y in zip(row, reversed(row), strict=True)])
        yield case("complex128", len(row), [complex(2, x) for x in row])
    for row in ([1, 2, 3], [-1, 10, 100], [0, -128, 127], [5]):
        yield from (case(dtype, len(row), row) for dtype in ("int8", "int16", "int32", "int64"))
    yield case("bool", 3, [1, 0, 1])
    yield case("bool", (2, 2), [1, 1, 1, 1])
    yield case("bool", (2, 2), [0, 1, 1, 0])


def empty_ones() -> Iterator[dict[str, Any]]:
    for shape in EMPTY_SHAPES:
        yield from (case(dtype, shape, []) for dtype in ("float32", "float64", "int64", "bool", "complex64"))
        yield from (case(dtype, shape, [], default="float64") for dtype in ("float64", "complex128"))
        yield case("float32", shape, [], options={"edgeitems": 0})
        yield case("float32", shape, [], grad="leaf")


def shapes() -> Iterator[dict[str, Any]]:
    whole, quarters = {"start": -3, "step": 1}, {"start": -7, "step": 0.25}
    for shape in SHAPES:
        yield from (case(dtype, shape, quarters) for dtype in ("float32", "complex64"))
        yield from (case(dtype, shape, whole) for dtype in ("float32", "int64"))
    for dtype in ALL:
        yield case(dtype, 30, {"start": 0, "step": 1})
        yield case(dtype, (40, 40), {"start": 0, "step": 0.03})
    # Numbers that are not shown have no say; the same at the end of the row have.
    hidden = [1.0] * 500 + [1e-9] + [1.0] * 600
    yield from (case("float32", shape, hidden) for shape in (1101, (1, 1101)))
    yield case("float32", 1101, hidden[501:] + hidden[:501])


def suffixes() -> Iterator[dict[str, Any]]:
    for dtype in ("float32", "float64", "int64", "int32", "bool", "float16", "complex64", "complex128"):
        yield from (case(dtype, 2, [1, 0], default=default) for default in ("float64", "float16"))
        yield case(dtype, (), [1], default="float64")
    quarters = {"start": -7, "step": 0.25}
    for length in range(1, 22):
        yield from (case("float32", length, quarters, grad=grad) for grad in ("leaf", "node"))
        yield from (case("float64", length, quarters, grad=grad) for grad in ("leaf", "node", None))
        yield case("float64", (2, length), quarters, grad="node")
    yield from (case("float64", (), [2.5], grad=grad) for grad in ("leaf", "node"))
    yield case("float32", (2, 0), [], grad="node")
    yield case("float64", (2, 0), [], grad="node", options={"linewidth": 30})


def options() -> Iterator[dict[str, Any]]:
    for chosen in OPTIONS:
        for shape in ((), (1,), (8,), (12,), (3, 4), (3, 9), (2, 3, 4)):
            yield case("float32", shape, {"start": -1.3, "step": 0.7}, options=chosen)
        yield case("float32", 4, [0, 0, NAN, INF], options=chosen)
        yield case("float32", 4, [1, 2, 1e10, 0], options=chosen)
        yield case("float64", (3, 9), {"start": 1, "step": 1}, options=chosen, grad="node")
        yield case("int64", (3, 9), {"start": 95, "step": 1}, options=chosen)
        yield case("bool", (3, 9), {"start": 0, "step": 1}, options=chosen)
        yield case("complex64", (2, 8), {"start": -1.3, "step": 0.7}, options=chosen)
        yield case("float32", 1100, {"start": 0, "step": 1}, options=chosen)


def random_case(chance: random.Random) -> dict[str, Any]:
    """A random dtype, shape, choice of numbers and of options."""
    dtype = chance.choice(ALL)
    dims = chance.choice([0, 0, 1, 1, 1, 2, 2, 2, 3, 4, 5])
    longest = {0: 1, 1: 1200, 2: 60, 3: 14, 4: 9, 5: 5}[dims]
    shape = tuple(chance.choice([0, 1, 2, 3, 5, 6, 7, 8, chance.randint(1, longest)]) for _ in range(dims))
    if shape.count(0) and chance.random() < 0.8:
        shape = tuple(length or 1 for length in shape)
    size = 1
    for length in shape:
        size *= length
    numbers = random_numbers(dtype, size, chance)
    more: dict[str, Any] = {"options": random_options(chance)}
    if dtype in FLOATS + COMPLEX:
        more["grad"] = chance.choice([None, None, "leaf", "node"])
    if chance.random() < 0.2:
        more["default"] = chance.choice(["float64", "float16", "float32"])
    return case(dtype, shape, numbers, **more)


def random_numbers(dtype: str, size: int, chance: random.Random) -> list[Any]:
    if dtype == "bool":
        return [chance.randint(0, 1) for _ in range(size)]
    if dtype in INTEGERS + UNSIGNED:
        bounds = np.iinfo(dtype)
        reach = chance.choice([1, 10, 120, 10**5, 10**18, 2**64])
        low, high = max(bounds.min, -reach), min(bounds.max, reach)
        return [chance.randint(low, high) for _ in range(size)]
    if dtype in COMPLEX:
        pairs = (random_floats(size, chance), random_floats(size, chance))
        return [complex(x, y) for x, y in zip(*pairs, strict=True)]
    return random_floats(size, chance)


def random_floats(size: int, chance: random.Random) -> list[float]:
    """Floats of one kind, with a few special ones strewn in now and then."""
    scale = 10.0 ** chance.choice([0, 0, 0, chance.uniform(-9, 10), chance.uniform(-45, 38), chance.uniform(-320, 300)])
    kind = chance.choice(["normal", "whole", "wide", "coarse", "near"])
    if kind == "normal":
        numbers = [chance.gauss(0, 1) * scale for _ in range(size)]
    elif kind == "whole":
        reach = chance.choice([3, 50, 2000, 10**9])
        numbers = [float(chance.randint(-reach, reach)) for _ in range(size)]
    elif kind == "wide":
        spread = chance.uniform(0, 6)
        numbers = [scale * 10 ** chance.uniform(-spread, spread) for _ in range(size)]
    elif kind == "coarse":
        numbers = [chance.randint(-40, 40) / 8 for _ in range(size)]
    else:
        edge = chance.choice([1e-4, 1e8, 1.0, 0.99995, 1000.0])
        numbers = [edge * (1 + chance.choice([0, 1e-7, -1e-7, 1e-3, -1e-3, 1e-16])) for _ in range(size)]
    rate = chance.choice([0, 0, 0.1, 1]) * chance.random()
    return [chance.choice([0.0, -0.0, NAN, INF, -INF]) if chance.random() < rate else number for number in numbers]


def random_options(chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.5:
        return {}
    options = {
        "precision": chance.choice([None, 0, 1, 2, 4, 6, 12]),
        "threshold": chance.choice([None, 0, 5, 50, 10**6]),
        "edgeitems": chance.choice([None, 0, 1, 2, 5]),
        "linewidth": chance.choice([None, 10, 40, 79, 81, 120]),
        "profile": chance.choice([None, None, "default", "short", "full"]),
        "sci_mode": chance.choice([None, None, True, False]),
    }
    return {name: value for name, value in options.items() if value is not None}


def record(torch: Any) -> None:
    """Write the case file: the chosen cases and some random ones of modest size."""
    cases = chosen_cases()
    chance = random.Random(2013)
    while len(cases) < 1400:
        candidate = random_case(chance)
        if len(candidate["data"]) <= 40:
            cases.append(candidate)
    lines = []
    for entry in cases:
        lines.append(json.dumps({**entry, "text": torch_text(entry, array_of(entry), torch)}))
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} cases in {FILE.name}")


def compare(count: int, seed: int, torch: Any) -> int:
    """Write `count` random tensors both ways; the number of texts that differ."""
    chance = random.Random(seed)
    differing = 0
    for _ in range(count):
        entry = random_case(chance)
        array = array_of(entry)
        expected, got = torch_text(entry, array, torch), our_text(entry, array)
        if expected != got:
            differing += 1
            if differing <= 5:
                print(json.dumps(entry)[:2000], expected[:2000], got[:2000], sep="\n")
    print(f"{count} random tensors from seed {seed}: {differing} texts differ")
    return differing


def main(arguments: list[str]) -> None:
    import torch

    if arguments[:1] == ["--compare"]:
        sys.path.insert(0, str(Path(__file__).parents[2]))
        sys.exit(bool(compare(int(arguments[1]), int(arguments[2]) if arguments[2:] else 0, torch)))
    record(torch)


if __name__ == "__main__":
    main(sys.argv[1:])
