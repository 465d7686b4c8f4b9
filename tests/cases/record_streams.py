"""Ask PyTorch for its random numbers: `python tests/cases/record_streams.py`, or with `--compare 60 [seed]`.

Needs PyTorch 2.13 (`pip install torch==2.13.0`) and ml_dtypes. Without arguments it writes `streams.json`, which
`test_streams.py` reads; the suite itself needs no PyTorch. With `--compare` it records nothing but runs random programs
with PyTorch and with `tensorkit.streams` for that many seconds and shows the first calls that differ.

A program is a seed and calls made one after the other: a method of `Engine`, its arguments (arrays as dtype and hex)
and the answer. An answer of at most 64 bytes stands there whole, as hex of its bytes; of a longer one there is the
SHA-256. After the last call the generator's state must be PyTorch's too.
"""

from __future__ import annotations

import json
import random
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("streams.json")
WHOLE = 64

INTEGERS = ["uint8", "int8", "int16", "int32", "int64"]
FLOATS = ["float16", "bfloat16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
LARGEST = {"bool": 1, "uint8": 255, "int8": 127, "int16": 2**15 - 1, "int32": 2**31 - 1, "int64": 2**63 - 1,
           "float16": 2**11, "bfloat16": 2**8, "float32": 2**24, "float64": 2**53}  # fmt: skip
SEEDS = [0, 1, 42, 1337, 2**32, 2**63, 2**64 - 1, -1, -(2**63)]


def numpy_dtype(name: str) -> np.dtype:
    """NumPy's dtype of that name; bfloat16 comes from ml_dtypes, and ImportError says that it is missing."""
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


# ---------------------------------------------------------------------- how an answer is written down


def packed(array: np.ndarray) -> dict[str, Any]:
    """dtype, size and bytes of an array, or their checksum."""
    data = array.tobytes()
    content = {"hex": data.hex()} if len(data) <= WHOLE else {"sha256": sha256(data).hexdigest()}
    return {"dtype": array.dtype.name, "size": array.size, **content}


def array_of(argument: dict[str, Any]) -> np.ndarray:
    """The array that an argument is: weights or probabilities."""
    return np.frombuffer(bytes.fromhex(argument["hex"]), numpy_dtype(argument["dtype"])).reshape(argument["shape"])


def replay(engine: Any, call: dict[str, Any]) -> np.ndarray:
    """Make the call on an `Engine` of tensorkit."""
    arguments = {name: array_of(it) if isinstance(it, dict) else it for name, it in call["arguments"].items()}
    if "dtype" in arguments:
        arguments["dtype"] = numpy_dtype(arguments["dtype"])
    drawn = getattr(engine, call["draw"])(**arguments)
    return np.ascontiguousarray(drawn).reshape(-1)


# ---------------------------------------------------------------------- the same call in PyTorch


def in_torch(torch: Any, draw: str, arguments: dict[str, Any]) -> np.ndarray:
    """What PyTorch's global generator gives for the call of that name."""
    given = dict(arguments)
    count, dtype = given.pop("count", 0), getattr(torch, given.pop("dtype", "float32"))
    empty = torch.empty(count, dtype=dtype)
    match draw:
        case "uniform" if dtype.is_complex:
            drawn = torch.rand(count, dtype=dtype)
        case "uniform":
            drawn = empty.uniform_(given["low"], given["high"])
        case "normal" if dtype.is_complex:
            drawn = torch.randn(count, dtype=dtype)
        case "normal" if not given["contiguous"]:
            drawn = torch.empty(2 * count, dtype=dtype)[::2].normal_(given["mean"], given["std"])
        case "normal":
            drawn = empty.normal_(given["mean"], given["std"])
        case "randint":
            drawn = torch.randint(given["low"], given["high"], (count,), dtype=dtype)
        case "random":
            drawn = empty.random_()
        case "randperm":
            drawn = torch.randperm(count)
        case "bernoulli":
            drawn = torch.empty(count, dtype=torch.bool).bernoulli_(given["p"])
        case "bernoulli_each":
            drawn = torch.bernoulli(tensor_of(torch, given["p"])).bool()
        case "exponential":
            drawn = empty.exponential_(given["rate"])
        case "geometric":
            drawn = empty.geometric_(given["p"])
        case "cauchy":
            drawn = empty.cauchy_(given["median"], given["sigma"])
        case "log_normal":
            drawn = empty.log_normal_(given["mean"], given["std"])
        case "poisson":
            drawn = torch.poisson(tensor_of(torch, given["rates"]))
        case "binomial":
            drawn = torch.binomial(tensor_of(torch, given["counts"]), tensor_of(torch, given["shares"]))
        case "multinomial":
            drawn = torch.multinomial(tensor_of(torch, given["weights"]), given["samples"], given["replacement"])
    return array_from(torch, drawn)


def tensor_of(torch: Any, argument: dict[str, Any]) -> Any:
    if not argument["hex"]:
        return torch.empty(argument["shape"], dtype=getattr(torch, argument["dtype"]))
    data = torch.frombuffer(bytearray.fromhex(argument["hex"]), dtype=getattr(torch, argument["dtype"]))
    return data.reshape(argument["shape"])


def array_from(torch: Any, tensor: Any) -> np.ndarray:
    flat = torch.empty(tensor.numel(), dtype=tensor.dtype).copy_(tensor.reshape(-1))
    if tensor.dtype == torch.bfloat16:
        return flat.view(torch.int16).numpy().view(numpy_dtype("bfloat16"))
    return flat.numpy()


# ---------------------------------------------------------------------- random programs


def weights(pick: random.Random, dtype: str, shape: tuple[int, ...], scale: float = 1.0) -> dict[str, Any]:
    numbers = np.array([pick.random() * scale for _ in range(int(np.prod(shape)))])
    return {"dtype": dtype, "shape": list(shape), "hex": numbers.astype(numpy_dtype(dtype)).tobytes().hex()}


def a_call(pick: random.Random, largest: int) -> tuple[str, dict[str, Any]]:
    """Some draw with some arguments; arrays of at most `largest` numbers."""
    sizes = [
        0,
        1,
        2,
        3,
        7,
        14,
        15,
        16,
        17,
        31,
        32,
        33,
        100,
        623,
        624,
        625,
        pick.randint(0, 700),
        pick.randint(0, largest),
    ]
    count = pick.choice([size for size in sizes if size <= largest])
    real, few = pick.choice(FLOATS), min(count, 40)
    middle, width = pick.choice([0, 1, 0.1, -3.3, pick.gauss(0, 1)]), pick.choice([1, 0.5, 0.02, 2.1, pick.random()])
    p = pick.choice([0.5, 0.1, 0.9, 0.011])
    match pick.randrange(14):
        case 0:
            return "uniform", {"count": count, "low": middle, "high": middle + width, "dtype": real}
        case 1:
            return "uniform", {"count": count, "low": 0, "high": 1, "dtype": pick.choice(FLOATS + COMPLEX)}
        case 2:
            gaps = pick.random() < 0.2 and count > 1
            return "normal", {"count": count, "mean": middle, "std": width, "dtype": real, "contiguous": not gaps}
        case 3:
            return "normal", {"count": count, "dtype": pick.choice(COMPLEX)}
        case 4:
            dtype = pick.choice(["bool", *INTEGERS, *FLOATS])
            top = LARGEST[dtype]
            low = pick.choice([0, pick.randrange(top), 0 if dtype in ("bool", "uint8") else -pick.randint(0, top)])
            range_ = pick.choice([1, 10, 2**28 - 1, 2**28, 2**32, 2**63, pick.randint(1, top)])
            return "randint", {"count": count, "low": low, "high": min(low + range_, top), "dtype": dtype}
        case 5:
            return "random", {"count": count, "dtype": pick.choice(["bool", *INTEGERS, *FLOATS])}
        case 6:
            return "randperm", {
                "count": pick.choice([count, 1499, 1500, 1501, 1502, 3000][: 1 if largest < 3000 else 6])
            }
        case 7:
            return "bernoulli", {"count": count, "p": pick.choice([0, 1, p])}
        case 8:
            return "bernoulli_each", {"p": weights(pick, real, (few,))}
        case 9:
            return "exponential", {"count": count, "rate": pick.choice([1, 0.3, 2.7]), "dtype": real}
        case 10:
            return "geometric", {"count": count, "p": p, "dtype": pick.choice([*FLOATS, "int64", "int32", "int16"])}
        case 11:
            return "cauchy", {"count": count, "median": middle, "sigma": width, "dtype": real}
        case 12:
            return "log_normal", {"count": count, "mean": middle, "std": width, "dtype": real}
        case _:
            return choices(pick, real, few)


def choices(pick: random.Random, dtype: str, few: int) -> tuple[str, dict[str, Any]]:
    if pick.random() < 0.5:
        return "poisson", {"rates": weights(pick, dtype, (few,), pick.choice([1, 9, 12, 100, 1e4]))}
    if pick.random() < 0.3:
        dtype, tries = pick.choice(["float32", "float64"]), pick.choice([1, 9, 25, 400, 1e5])
        counts = np.array([float(pick.randint(0, int(tries))) for _ in range(few)], numpy_dtype(dtype))
        given = {"dtype": dtype, "shape": [few], "hex": counts.tobytes().hex()}
        return "binomial", {"counts": given, "shares": weights(pick, dtype, (few,))}
    columns = pick.choice([1, 2, 5, 40])
    replacement = pick.random() < 0.5
    # Equal weight / number pairs, frequent in the 16-bit types, are sorted as PyTorch's algorithm happens to.
    dtype = dtype if replacement else pick.choice(["float32", "float64"])
    samples = pick.choice([1, 2, 5, 50]) if replacement else pick.randint(1, columns)
    shape = pick.choice([(columns,), (1, columns), (3, columns)])
    given = weights(pick, dtype, shape)
    return "multinomial", {"weights": given, "samples": samples, "replacement": replacement}


def some_seed(pick: random.Random) -> int:
    return pick.choice([*SEEDS, pick.getrandbits(32), pick.getrandbits(64)])


def random_calls(pick: random.Random, count: int, largest: int) -> list[tuple[str, dict[str, Any]]]:
    calls = []
    while len(calls) < count:
        draw, arguments = a_call(pick, largest)
        if arguments.get("high", 1) > arguments.get("low", 0):
            calls.append((draw, arguments))
    return calls


def long_calls() -> list[tuple[str, dict[str, Any]]]:
    """Arrays of several of the pieces that the engine works in."""
    count = 300_007
    return [
        ("uniform", {"count": count, "low": -0.03, "high": 0.03, "dtype": "float32"}),
        ("uniform", {"count": count, "low": -0.1, "high": 0.3, "dtype": "float64"}),
        ("normal", {"count": count, "mean": 0, "std": 1, "dtype": "float32", "contiguous": True}),
        ("normal", {"count": count, "mean": 0.1, "std": 0.02, "dtype": "float32", "contiguous": True}),
        ("normal", {"count": 50_001, "mean": 0, "std": 1, "dtype": "float64", "contiguous": True}),
        ("normal", {"count": 30_001, "mean": 0, "std": 1, "dtype": "float32", "contiguous": False}),
        ("randint", {"count": count, "low": 0, "high": 10, "dtype": "int64"}),
        ("randperm", {"count": 200_000}),
        ("bernoulli", {"count": count, "p": 0.3}),
        ("exponential", {"count": count, "rate": 1, "dtype": "float32"}),
    ]


def a_program(torch: Any, seed: int, calls: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """A program with PyTorch's answers."""
    torch.manual_seed(seed)
    made = []
    for draw, arguments in calls:
        made.append({"draw": draw, "arguments": arguments, "answer": packed(in_torch(torch, draw, arguments))})
    state = sha256(torch.get_rng_state().numpy().tobytes()).hexdigest()
    return {"seed": seed, "calls": made, "state": state}


def first_difference(program: dict[str, Any]) -> str | None:
    """Run a program on tensorkit: None if every answer is the recorded one, else what differs."""
    from tensorkit.streams import Engine

    engine = Engine(program["seed"])
    for number, call in enumerate(program["calls"]):
        drawn = replay(engine, call)
        if packed(drawn) != call["answer"]:
            return f"seed {program['seed']}, call {number}: {call['draw']} {call['arguments']}: {drawn}"
    if sha256(engine.get_state().tobytes()).hexdigest() != program["state"]:
        return f"seed {program['seed']}: the state after the last call"
    return None


# ---------------------------------------------------------------------- the two commands


def record() -> None:
    import torch

    pick = random.Random(20)
    programs = [a_program(torch, some_seed(pick), random_calls(pick, 10, largest=700)) for _ in range(60)]
    programs.append(a_program(torch, 0, long_calls()))
    text = ",\n".join(json.dumps(program) for program in programs)
    FILE.write_text(f'{{"torch": "{torch.__version__}", "programs": [\n{text}\n]}}\n', encoding="utf-8")


def compare(seconds: float, seed: int) -> None:
    import torch

    pick = random.Random(seed)
    end, programs, different = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        calls = random_calls(pick, pick.randint(1, 20), largest=5000)
        what = first_difference(a_program(torch, some_seed(pick), calls))
        programs += 1
        if what is not None:
            different += 1
            print(what[:400])
    print(f"{programs} programs, {different} differ")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--compare"]:
        compare(float(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    else:
        record()
