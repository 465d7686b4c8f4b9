"""Run the lessons and store what they print: `python tests/lessons.py regenerate [NAME ...]`.

Here: how a lesson is stored (outputs and execution counts stay; widget state, timings and paths do not), and the
faults a stored lesson can have, which `tests/test_lessons.py` asserts to be none: `python tests/lessons.py check`.
Not here: whether the stored outputs are still true: plain `pytest` asks nbval that. See also `replay_on_torch.py`.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbclient
import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ROOT / "lessons"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}
OF_ONE_MACHINE = {
    "a path of one machine": re.compile(r"(?<![\w/.])/(?:root|home|Users|tmp|work|opt|usr|mnt)/\w|[A-Z]:\\\w"),
    "the address of an object": re.compile(r"\b0x[0-9a-f]{6,}"),
    "a kernel's temporary file": re.compile(r"ipykernel_\d+"),
    "a time of day": re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d"),
    "a timing": re.compile(r"\b(?:Wall time|CPU times)\b|\bper loop\b|\d(?:it/s|s/it)\b"),
}


def paths(names: Sequence[str] = ()) -> list[Path]:
    """The lessons in reading order, or those whose file name starts with one of `names`."""
    return [path for path in sorted(LESSONS.glob("*.ipynb")) if not names or path.name.startswith(tuple(names))]


def read(path: Path) -> NotebookNode:
    """A stored lesson in notebook format 4."""
    return nbformat.read(path, as_version=4)


def code_cells(lesson: NotebookNode) -> list[NotebookNode]:
    """The cells a learner runs: code that is not blank."""
    return [cell for cell in lesson.cells if cell.cell_type == "code" and cell.source.strip()]


def title(lesson: NotebookNode) -> str:
    """The first heading of a lesson, without its `#`."""
    first = lesson.cells[0].source.lstrip() if lesson.cells else ""
    return first.splitlines()[0].removeprefix("#").strip() if first.startswith("# ") else ""


def execute(lesson: NotebookNode, *, go_on: bool = False) -> NotebookNode:
    """Run every cell in a new kernel of this Python, in the lessons' folder, on this checkout; returns the lesson.

    A cell that raises ends the run with nbclient's error, unless it is tagged `raises-exception` or `go_on` is set.
    """
    checkout = os.pathsep.join([str(ROOT), str(ROOT / "widgets"), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    client = nbclient.NotebookClient(
        lesson,
        kernel_name="python3",
        timeout=300,
        allow_errors=go_on,
        store_widget_state=False,
        record_timing=False,
        resources={"metadata": {"path": str(LESSONS)}},
    )
    client.execute(env={**os.environ, "PYTHONPATH": checkout, "PYTHONHASHSEED": "0"})
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
    """The outputs without widget views, neighbouring pieces of one stream joined.

    Of a traceback stay the frames in the lesson's own cells and the message: the library's frames name a machine's
    folders and the line numbers of one version.
    """
    last = None
    for output in outputs:
        if "data" in output:
            output.data.pop(WIDGET_VIEW, None)
            if not output.data:
                continue
        if output.output_type == "error":
            plain = (re.sub(r"\x1b\[[0-9;]*m", "", entry) for entry in output.traceback)
            output.traceback = [entry for entry in plain if not entry.startswith("File ")]
        if output.output_type == "stream" and last is not None and last.get("name") == output.name:
            last.text += output.text
            continue
        last = output
        yield output


def faults(lesson: NotebookNode) -> Iterator[str]:
    """What must not be in a stored lesson, each as one line that names the cell."""
    if not title(lesson):
        yield "the first cell does not start with a heading"
    if "widgets" in lesson.metadata:
        yield "widget state is stored"
    if lesson.metadata.get("kernelspec") != KERNEL or lesson.metadata.get("language_info") != LANGUAGE:
        yield "the metadata are of one machine: regenerate"
    for number, cell in enumerate(code_cells(lesson), 1):
        where = f"code cell {number} ({cell.source.strip().splitlines()[0][:40]})"
        if cell.execution_count != number:
            yield f"{where}: execution count {cell.execution_count}, so nbval would not compare it"
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                yield f"{where}: raises {output.ename}"
            if WIDGET_VIEW in output.get("data", {}):
                yield f"{where}: the id of a widget view is stored"
            if output.output_type == "stream" and output.name == "stderr":
                yield f"{where}: something on stderr: {output.text.strip()[:60]}"
            for what, pattern in OF_ONE_MACHINE.items():
                if found := pattern.search(str(output)):
                    yield f"{where}: {what} is stored: {found.group()}"


def main(argv: Sequence[str] | None = None) -> int:
    """`regenerate` rewrites the lessons named (all by default); `check` prints faults and exits 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["regenerate", "check"])
    parser.add_argument("names", nargs="*", help="how the file name starts, for example 02; default: every lesson")
    asked = parser.parse_args(argv)
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
