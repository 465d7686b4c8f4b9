"""Run the lessons and store what they print: `python tests/lessons.py regenerate [NAME ...]`.

Here: how a lesson is stored (outputs and execution counts stay; widget state, timings and paths do not), and the
faults a stored lesson can have, which `tests/test_lessons.py` asserts to be none: `python tests/lessons.py check`.
Whether the stored outputs are still true is nbval's part, in plain `pytest`; `python tests/lessons.py repeat 20 [NAME
...]` asks it so many times, with one thread and with two. See also `replay_on_torch.py`.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbclient
import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tensorkit.course import notebooks  # noqa: E402

code_cells, title, WIDGET_VIEW = notebooks.code_cells, notebooks.title, notebooks.WIDGET_VIEW
LESSONS = ROOT / "lessons"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}


def paths(names: Sequence[str] = ()) -> list[Path]:
    """The lessons in reading order, or those whose file name starts with one of `names`."""
    return [path for path in sorted(LESSONS.glob("*.ipynb")) if not names or path.name.startswith(tuple(names))]


def read(path: Path) -> NotebookNode:
    """A stored lesson in notebook format 4."""
    return nbformat.read(path, as_version=4)


def on_this_checkout(**variables: str) -> dict[str, str]:
    """The environment of a process that finds tensorkit in this checkout, with more variables."""
    found = os.pathsep.join([str(ROOT), str(ROOT / "widgets"), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return {**os.environ, "PYTHONPATH": found, **variables}


def execute(lesson: NotebookNode, *, go_on: bool = False) -> NotebookNode:
    """Run every cell in a new kernel of this Python, in the lessons' folder, on this checkout; returns the lesson.

    A cell that raises ends the run with nbclient's error, unless it is tagged `raises-exception` or `go_on` is set.
    """
    client = nbclient.NotebookClient(
        lesson,
        kernel_name="python3",
        timeout=300,
        allow_errors=go_on,
        store_widget_state=False,
        record_timing=False,
        resources={"metadata": {"path": str(LESSONS)}},
    )
    client.execute(env=on_this_checkout(PYTHONHASHSEED="0"))
    return lesson


def normalise(lesson: NotebookNode) -> NotebookNode:
    """Take out what differs from run to run and machine to machine: two runs store the same bytes."""
    lesson.metadata = NotebookNode(kernelspec=KERNEL, language_info=LANGUAGE)
    lesson.nbformat, lesson.nbformat_minor = 4, 5
    for number, cell in enumerate(lesson.cells, 1):
        cell.id = f"cell-{number:02d}"
        cell.metadata = NotebookNode({key: cell.metadata[key] for key in ("tags",) if cell.metadata.get(key)})
        if cell.cell_type == "code":
            cell.outputs = list(normalised_outputs(cell.outputs))
    for count, cell in enumerate(code_cells(lesson), 1):
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
    return lesson


def normalised_outputs(outputs: list[NotebookNode]) -> Iterator[NotebookNode]:
    """The outputs without widget views, neighbouring pieces of one stream joined, progress bars as they ended.

    Of a traceback stay the frames in the lesson's own cells and the message: the library's frames name a machine's
    folders and the line numbers of one version.
    """
    last = errors = None
    for output in outputs:
        if "data" in output:
            output.data.pop(WIDGET_VIEW, None)
            if not output.data:
                continue
        if output.output_type == "error":
            plain = (re.sub(r"\x1b\[[0-9;]*m", "", entry) for entry in output.traceback)
            output.traceback = [entry for entry in plain if not entry.startswith("File ")]
        if output.output_type == "stream":
            into = errors if output.name == "stderr" else last
            if into is not None and into.get("name") == output.name:
                into.text = notebooks.settled(into.text + output.text)
                continue
            output.text = notebooks.settled(output.text)
        if output.get("name") == "stderr":
            errors = output
        else:
            last = output
        yield output


def faults(lesson: NotebookNode) -> Iterator[str]:
    """What must not be in a stored lesson, each as one line that names the cell."""
    if lesson.metadata.get("kernelspec") != KERNEL or lesson.metadata.get("language_info") != LANGUAGE:
        yield "the metadata are of one machine: regenerate"
    yield from notebooks.faults(lesson)
    yield from notebooks.lacks(lesson)


def replay(lessons: Sequence[Path], threads: int) -> tuple[int, int, float, str]:
    """One strict run by nbval, with so many threads for NumPy: cells passed, cells not, seconds, the report."""
    environment = on_this_checkout(OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    started = time.perf_counter()
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, lessons)]
    done = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True)
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    bad = counts.get("failed", 0) + counts.get("error", 0) or int(done.returncode != 0)
    return counts.get("passed", 0), bad, time.perf_counter() - started, done.stdout + done.stderr


def repeat(times: int, names: Sequence[str]) -> int:
    """Replay the lessons so many times with one thread and with two, in turn, and print a line for each run.

    Returns the number of cells that failed, over all runs; the report of a run with failures is printed.
    """
    failed, took = 0, []
    for number in range(1, times + 1):
        for threads in (1, 2):
            passed, bad, seconds, report = replay(paths(names), threads)
            failed += bad
            took.append(seconds)
            print(
                f"threads {threads}  run {number:2}  {passed} cells passed, {bad} failed  {seconds:.0f} s", flush=True
            )
            if bad:
                print(report, flush=True)
    print(f"{len(took)} runs, {failed} failures; a run took {min(took):.0f} to {max(took):.0f} s")
    return failed


def main(argv: Sequence[str] | None = None) -> int:
    """`regenerate` rewrites the lessons named (all by default), `check` prints faults, `repeat N` replays; 1 if bad."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["regenerate", "check", "repeat"])
    parser.add_argument("names", nargs="*", help="how the file name starts, for example 02; default: every lesson")
    asked = parser.parse_args(argv)
    if asked.action == "repeat":
        times, *names = asked.names or ["20"]
        return 1 if repeat(int(times), names) else 0
    bad = 0
    for path in paths(asked.names):
        lesson = read(path)
        if asked.action == "regenerate":
            try:
                nbformat.write(normalise(execute(lesson)), path)
            except nbclient.exceptions.CellExecutionError as error:
                print(f"{path.name}: stays as it was, for it does not run\n{error}")
                bad += 1
                continue
        found = list(faults(lesson))
        bad += bool(found)
        print(path.name, "fine" if not found else "", *(f"\n  {fault}" for fault in found))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
