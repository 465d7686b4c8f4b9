"""Measures works in a process of its own: `python -m bench.worker ENGINE WORK ...` prints one line of JSON.

A step is called in batches of about 20 ms for 0.3 s and the smallest time of a call is given; a work that stands alone
is called once.
A work that the engine cannot do is reported as missing, with the reason.
"""

import json
import os
import sys
from importlib import import_module
from time import perf_counter

from .works import WORKS

MODULES = {"tensorkit": "tensorkit", "torch": "torch", "numpy": "numpy", "micrograd": "micrograd.engine"}


def fastest(step, seconds=0.3) -> float:
    """Seconds of the fastest call."""
    step()
    number = 1
    while (took := _batch(step, number)) < 0.02:
        number = max(number * 2, int(number * 0.02 / max(took, 1e-9)))
    best, until = took, perf_counter() + seconds
    while perf_counter() < until:
        best = min(best, _batch(step, number))
    return best / number


def _batch(step, number) -> float:
    started = perf_counter()
    for _ in range(number):
        step()
    return perf_counter() - started


def measure(work, engine: str, module) -> dict:
    """The work's metrics on this engine."""
    make = {"numpy": work.numpy, "micrograd": work.micrograd}.get(engine, work.step)
    try:
        step = make(module)
        if not work.alone:
            return {"time": fastest(step)}
        started = perf_counter()
        metrics = step()
        return {"time": perf_counter() - started, **metrics}
    except Exception as error:  # the other works are still worth measuring
        return {"missing": f"{type(error).__name__}: {error}"[:200]}


def main() -> None:
    engine, *names = sys.argv[1:]
    module, found = import_module(MODULES[engine]), {}
    if engine == "torch":
        module.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    for work in WORKS:
        if work.name in names:
            found[work.name] = measure(work, engine, module)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
