"""Lets the engines take turns: in each round one process per engine measures all works, then the next round begins.

So a machine that grows slower or faster meanwhile does so for all of them. Every engine is held to the same number of
threads, by the variables that BLAS and OpenMP read and by PyTorch's own call.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path
from statistics import median

from .worker import MODULES
from .works import WORKS, Work

#: How often an engine is imported in a round; the fastest time counts.
IMPORTS = 10
ENGINES = ("tensorkit", "torch", "numpy", "micrograd")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")


def engines() -> list[str]:
    """Those that are installed."""
    return [name for name in ENGINES if find_spec(name) is not None]


def run(works: list[Work], rounds: int, threads: int, say=lambda text: None) -> dict[str, dict[str, list[dict]]]:
    """Measurements as `result[work][engine]`, a list with one entry a round; `import` is a work of every process."""
    result: dict[str, dict[str, list[dict]]] = {}
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}: import")
        imports = _imported(threads)
        for engine in engines():
            say(f"round {number + 1} of {rounds}: {engine}")
            found = {"import": imports[engine]}
            for group in _processes(works, engine):
                found |= _measured(engine, group, threads)
            for name, metrics in found.items():
                result.setdefault(name, {}).setdefault(engine, []).append(metrics)
    return result


def _processes(works: list[Work], engine: str) -> list[list[str]]:
    """Which works share a process: all but those that stand alone."""
    able = [w for w in works if getattr(w, engine, w.step) is not None] if engine in ("numpy", "micrograd") else works
    able = [w for w in able if engine != "numpy" or not w.alone]
    alone = {w.step: w.name for w in able if w.alone}
    return [[w.name for w in able if not w.alone], *([name] for name in alone.values())]


def _imported(threads: int) -> dict[str, dict]:
    """The fastest import of each engine in a process that has imported nothing else, and the engine's version.

    The engines take turns here too: a machine that is busy with something else for a second slows them all.
    """
    codes = {
        engine: "from time import perf_counter; started = perf_counter()\n"
        f"import {MODULES[engine]}; took = perf_counter() - started\n"
        f"import json; print(json.dumps({{'time': took, 'version': getattr({engine}, '__version__', '')}}))"
        for engine in engines()
    }
    found: dict[str, list] = {engine: [] for engine in codes}
    for _ in range(1 + IMPORTS):
        for engine, code in codes.items():
            found[engine].append(_answer(["-c", code], threads))
    return {engine: min(each[1:], key=itemgetter("time")) for engine, each in found.items()}  # the first one compiles


def _measured(engine: str, names: list[str], threads: int) -> dict[str, dict]:
    return _answer(["-m", "bench.worker", engine, *names], threads)


def _answer(command: list[str], threads: int) -> dict:
    """What a process prints last, read as JSON."""
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode; a checkout gets it here
    here = Path(__file__).parents[1]
    command = [sys.executable, *command]
    done = subprocess.run(command, env=environment, cwd=here, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def middle(entries: list[dict], metric: str) -> float | None:
    """The median of a metric over the rounds."""
    values = [entry[metric] for entry in entries if metric in entry]
    return median(values) if values else None


def ratio(result: dict, name: str, other: str, metric: str = "time") -> float | None:
    """The median over the rounds of tensorkit's metric divided by the other engine's in the same round."""
    ours, theirs = (result.get(name, {}).get(engine, []) for engine in ("tensorkit", other))
    pairs = [(a[metric], b[metric]) for a, b in zip(ours, theirs, strict=False) if metric in a and b.get(metric)]
    return median(a / b for a, b in pairs) if pairs else None


def by_name(names: list[str]) -> list[Work]:
    """The works of these names, all when there are none."""
    unknown = set(names) - {work.name for work in WORKS}
    if unknown:
        raise SystemExit(f"no such work: {', '.join(sorted(unknown))}; there are {', '.join(w.name for w in WORKS)}")
    return [work for work in WORKS if not names or work.name in names]
