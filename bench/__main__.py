"""`python -m bench`: measure, print the table, write docs/performance.md (`--write`).

The exit status is 1 when a target is missed by more than a tenth.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

from . import course, growth, rounds
from .works import WORKS, Work

MISSED = 1.1  # a target is missed when the ratio is more than a tenth above it
ROOT = Path(__file__).parents[1]
IMPORT = {"torch": 0.10, "numpy": 1.3}
CORE_BYTES = 1.5e6
#: What the package holds besides the core (tensors, autograd, networks, optimizers, data, saving).
BESIDE_THE_CORE = ("graph/", "magics/", "course/", "distributed/", "nn/parallel/", "func/", "onnx/", "interop/",
                   "cuda.py", "ops/placing.py", "cli.py", "as_torch.py")  # fmt: skip
#: What of the core stands on tensors and autograd: networks, optimizers, data, saving.
ON_TENSORS = ("nn/", "optim/", "utils/", "serialization/", "amp.py")


def line(title: str, result: dict, name: str, targets: dict[str, float], metric: str = "time") -> dict:
    """One row: what tensorkit and PyTorch took, and tensorkit's ratio to each engine that has a target."""
    took = {e: rounds.middle(result.get(name, {}).get(e, []), metric) for e in ("tensorkit", "torch")}
    ratios = {other: rounds.ratio(result, name, other, metric) for other in rounds.ENGINES[1:]}
    missed = [o for o, target in targets.items() if (r := ratios.get(o)) is not None and r > target * MISSED]
    missing = next((e["missing"] for e in result.get(name, {}).get("tensorkit", []) if "missing" in e), None)
    return {
        "title": title,
        "took": took,
        "ratios": ratios,
        "targets": targets,
        "missed": missed,
        "metric": metric,
        "missing": missing,
    }


def rows(result: dict, works: list[Work]) -> list[dict]:
    """The table's rows for what was measured."""
    # A chain's time and its memory come from one run, filed under the name that ran.
    ran = {work.step: work.name for work in works if work.name in result}
    measured = [line(w.title, result, ran.get(w.step, w.name), w.targets, w.metric) for w in works]
    return [line("`import` of the package", result, "import", IMPORT), *measured]


def amount(value: float | None, metric: str) -> str:
    """A time or a size for people."""
    if value is None:
        return "–"
    units = (
        ((1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
        if metric == "time"
        else ((1e6, "MB"), (1e3, "kB"), (1, "B"))
    )
    size, unit = next(((size, unit) for size, unit in units if value >= size), units[-1])
    return f"{value / size:.3g} {unit}"


def table(found: list[dict]) -> str:
    """The rows as a table in Markdown."""
    lines = [
        "| work | tensorkit | PyTorch | ratio | target | other ratios |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in found:
        ratio, target = row["ratios"]["torch"], row["targets"].get("torch")
        others = []
        for engine in ("numpy", "micrograd"):
            if (other := row["ratios"][engine]) is not None:
                target_text = f", target {row['targets'][engine]:g}" if engine in row["targets"] else ""
                missed = " (missed)" if engine in row["missed"] else ""
                others.append(f"{other:.2f} of {engine}{target_text}{missed}")
        shown = "–" if ratio is None else f"{ratio:.3f}" + (" (missed)" if "torch" in row["missed"] else "")
        cells = [
            row["title"],
            *(amount(row["took"][e], row["metric"]) for e in ("tensorkit", "torch")),
            shown,
            f"{target:g}" if target else "",
        ]
        lines.append(
            "| "
            + " | ".join([*cells, "; ".join(others) or (f"not measured: {row['missing']}" if row["missing"] else "")])
            + " |"
        )
    return "\n".join(lines)


def sizes() -> tuple[int, int, int]:
    """Bytes of tensors and autograd, of the core and of the whole package as installed: Python files and data, without
    caches."""
    tensors = core = whole = 0
    for file in (ROOT / "tensorkit").rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            size = file.stat().st_size
            name = file.relative_to(ROOT / "tensorkit").as_posix()
            whole += size
            core += 0 if name.startswith(BESIDE_THE_CORE) else size
            tensors += 0 if name.startswith(BESIDE_THE_CORE + ON_TENSORS) else size
    return tensors, core, whole


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    return next((text.split(":")[1].strip() for text in lines if text.startswith("model name")), platform.processor())


def machine(result: dict, options) -> str:
    """Where and with what the figures were measured."""
    versions = [f"{engine} {entries[0]['version']}".strip() for engine, entries in result["import"].items()]
    held = f"{options.threads} thread{'s' * (options.threads > 1)} each, {options.rounds} rounds"
    return f"{processor()}, {os.cpu_count()} cores, {held}, Python {platform.python_version()}, {', '.join(versions)}."


PAGE = """# Speed and memory

Measured by `python -m bench --write`: tensorkit, PyTorch, NumPy written by hand (the limit) and micrograd take turns,
process by process and round by round. A cell is the median over the rounds of the fastest call; a ratio is the median
of the rounds' ratios, less than 1 where tensorkit is faster. A target counts as missed when it is exceeded by more than
a tenth.

{table}

{whole}

{machine}

{cores}{growth}{limits}"""

#: Works large enough for more than one core.
FOR_CORES = ("product", "product_gradients", "elementwise", "mlp_wide", "lenet", "lstm")

LIMITS = """## Where NumPy is the limit

- Elementwise: PyTorch computes `tanh` and `exp` in vector units; so does NumPy for float32. The ratio to NumPy is what
  the tape and the gradients cost beyond the same formulas written by hand.
- `randn`: PyTorch's stream prescribes each bit of logarithm, sine and cosine; in NumPy every step of these polynomials
  is a pass over memory, PyTorch does them all in registers.
- Small networks: a call into NumPy costs about a microsecond, and a step of the network 2-16-16-2 makes about sixty.
  The same step in NumPy by hand, without tape or modules, takes a quarter of PyTorch's time.
- The chain: without Python's garbage collector, which looks at all nodes again and again, its cost is flat.
- The core's size: a quarter of it is docstrings with their examples, a twelfth the texts of errors.
"""


def of_the_whole(waits: dict[str, float | str]) -> tuple[str, list[str]]:
    """Lines about the package as a whole, its size and what a learner waits for, and what misses its limit."""
    tensors, size, everything = sizes()
    lines = [
        "- installed size of the core (tensors, autograd, networks, optimizers, data, saving), without NumPy and "
        f"bytecode: {amount(size, 'memory')} (limit 1.5 MB), of which tensors, operations, autograd and random "
        f"streams: {amount(tensors, 'memory')}; all in all, with inspectors, magics, course, torch.func, GPU, MPI and "
        f"ONNX: {amount(everything, 'memory')}"
    ]
    missed = []
    if size > CORE_BYTES * MISSED:
        missed.append("installed size")
    for title, took in waits.items():
        limit = course.LIMITS[title]
        lines.append(f"- {title}: {amount(took, 'time') if isinstance(took, float) else took} (limit {limit:g} s)")
        if not isinstance(took, float) or took > limit * MISSED:
            missed.append(title)
    return "\n".join(lines), missed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"all by default; {', '.join(w.name for w in WORKS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="for every engine alike (default 1)")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--course", action="store_true", help="also what a learner waits for: first graph, all lessons")
    parser.add_argument("--cores", action="store_true", help="also the large works with all cores, for information")
    parser.add_argument("--growth", action="store_true", help="also the cost of one operation as things grow")
    options = parser.parse_args()
    works = rounds.by_name(options.works)
    result = rounds.run(works, options.rounds, options.threads, lambda text: print(text, file=sys.stderr))
    found = rows(result, works)
    whole, missed = of_the_whole(course.measure() if options.course else {})
    cores = ""
    if options.cores:
        large = rounds.by_name(list(FOR_CORES))
        wide = rounds.run(large, 2, os.cpu_count() or 1, lambda text: print(text, file=sys.stderr))
        shown = table([line(w.title, wide, w.name, {}, w.metric) for w in large])
        cores = f"## With all {os.cpu_count()} cores, for information\n\n{shown}\n\n"
    grown = ""
    if options.growth:
        import tensorkit

        shown = growth.table(growth.measure(tensorkit))
        grown = f"## The cost of one operation as things grow\n\n{shown}\n\n"
    print(f"{table(found)}\n\n{whole}\n\n{machine(result, options)}\n\n{cores}{grown}")
    if options.write:
        (ROOT / "docs").mkdir(exist_ok=True)
        page = PAGE.format(
            table=table(found),
            whole=whole,
            machine=machine(result, options),
            cores=cores,
            growth=grown,
            limits=LIMITS,
        )
        (ROOT / "docs" / "performance.md").write_text(page, encoding="utf-8")
    missed = [row["title"] for row in found if row["missed"] or row["missing"]] + missed
    if missed:
        print(f"missed by more than a tenth: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
