"""What a notebook of a course lacks, and whether it still prints what is stored: for `tensorkit lessons check`.

Here: the faults that a reader of the stored notebook can see, and the replay by nbval. Not here: how tensorkit's own
lessons are stored (`tests/lessons.py`, which asks for the same faults).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
OF_ONE_MACHINE = {
    "a path of one machine": re.compile(r"(?<![\w/.])/(?:root|home|Users|tmp|work|opt|usr|mnt)/\w|[A-Z]:\\\w"),
    "the address of an object": re.compile(r"\b0x[0-9a-f]{6,}"),
    "a kernel's temporary file": re.compile(r"ipykernel_\d+"),
    "a time of day": re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d"),
    "a timing": re.compile(r"\b(?:Wall time|CPU times)\b|\bper loop\b|\d(?:it/s|s/it)\b"),
}
OBJECTIVES = re.compile(r"\b(?:learn|objectives?|goals?|able to)\b", re.IGNORECASE)
#: What nbval takes out before it compares: why, what is looked for, what stands for it. `tests/nbval_sanitize.cfg` says
#: the same. Of a progress bar (tqdm's) the count and what was added by `set_postfix` remain.
DIFFERS = (
    ("addresses of objects", r"0x[0-9a-f]{6,}", "ADDRESS"),
    ("a kernel's temporary files, in warnings and tracebacks", r"/\S*ipykernel_\d+/\d+\.py:\d+", "CELL"),
    ("blanks over the end of a progress bar that was longer before", r"(\| \d+/\d+ \[[^\]\n]*\]) +(?=\n|$)", r"\1"),
    ("the timing of a progress bar", r"(/\d+) \[\d[\d:]*<[\d:?]+, +[^\s,\]]+\]", r"\1"),
    ("the timing of a progress bar that tells more", r"\[\d[\d:]*<[\d:?]+, +[^\s,\]]+,\s(?=\S)", "["),
)
SANITIZE = "\n".join(f"[{why}]\nregex: {regex}\nreplace: {replace}\n" for why, regex, replace in DIFFERS)
BAR = re.compile(r"(?:.*: )?\d+%\|.*\| \d+/\d+( \[[^\n]*\])?|")


def code_cells(notebook: Any) -> list[Any]:
    """The cells that a learner runs: code that is not blank."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def title(notebook: Any) -> str:
    """The first heading of a notebook, without its `#`."""
    first = notebook.cells[0].source.lstrip() if notebook.cells else ""
    return first.splitlines()[0].removeprefix("#").strip() if first.startswith("# ") else ""


def settled(text: str) -> str:
    """What is left to see of a printed text: what a carriage return wrote over is gone, and so are a bar's timings.

    >>> settled("\\r 50%|#    | 1/2 [00:01<00:01, 1.0s/it]\\r100%|#####| 2/2 [00:02<00:00, 1.0s/it, loss=0.5]\\n")
    '100%|#####| 2/2 [loss=0.5]\\n'
    """
    text = re.sub(r".*\r(?=[^\n])", "", text)
    for _, regex, replace in DIFFERS[2:]:
        text = re.sub(regex, replace, text)
    return text


def is_bar(output: Any) -> bool:
    """Whether an output is nothing but progress bars, as tqdm writes them to standard error."""
    if output.output_type != "stream" or output.name != "stderr":
        return False
    return all(BAR.fullmatch(line) for line in settled(output.text).splitlines())


def faults(notebook: Any) -> Iterator[str]:
    """What must not be in a stored notebook (as nbformat reads it), each as one line that names the cell."""
    if not title(notebook):
        yield "the first cell does not start with a heading"
    if "widgets" in notebook.metadata:
        yield "widget state is stored"
    for number, cell in enumerate(code_cells(notebook), 1):
        where = f"code cell {number} ({cell.source.strip().splitlines()[0][:40]})"
        if cell.execution_count != number:
            yield f"{where}: execution count {cell.execution_count}, so nbval would not compare it"
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                yield f"{where}: raises {output.ename}"
            if WIDGET_VIEW in output.get("data", {}):
                yield f"{where}: the id of a widget view is stored"
            if is_bar(output):
                continue
            if output.output_type == "stream" and output.name == "stderr":
                yield f"{where}: something on stderr: {output.text.strip()[:60]}"
            for what, pattern in OF_ONE_MACHINE.items():
                if found := pattern.search(str(output)):
                    yield f"{where}: {what} is stored: {found.group()}"


def lacks(notebook: Any) -> Iterator[str]:
    """What a lesson should have and this notebook has not."""
    opening = "\n".join(cell.source for cell in notebook.cells[:2] if cell.cell_type == "markdown")
    if not OBJECTIVES.search(opening):
        yield "no objectives: the first cells don't say what a reader will learn"
    for number, cell in enumerate(code_cells(notebook), 1):
        for output in cell.outputs:
            data = output.get("data", {})
            image = next((kind for kind in data if kind in ("image/png", "image/jpeg")), None)
            if image and "alt" not in output.get("metadata", {}).get(image, {}):
                yield f"code cell {number}: a picture without alternative text"


def notebooks_in(folder: Path) -> list[Path]:
    """The notebooks in a folder and below it, without Jupyter's own copies."""
    return [p for p in sorted(folder.rglob("*.ipynb")) if not any(part.startswith(".") for part in p.parts[1:])]


def inspect(paths: Sequence[Path]) -> dict[Path, list[str]]:
    """The faults of each notebook, and what it lacks; a file that is no notebook says so."""
    import nbformat

    found: dict[Path, list[str]] = {}
    for path in paths:
        try:
            notebook = nbformat.read(path, as_version=4)
            found[path] = [*faults(notebook), *lacks(notebook)]
        except Exception as error:
            found[path] = [f"cannot be read as a notebook: {' '.join(str(error).split())[:100]}"]
    return found


def replay(paths: Sequence[Path]) -> tuple[bool, str]:
    """Run notebooks by nbval, in this Python: whether each printed what is stored, and nbval's report."""
    with tempfile.TemporaryDirectory() as folder:
        sanitize = Path(folder) / "sanitize.cfg"
        sanitize.write_text(SANITIZE, encoding="utf-8")
        options = ["--nbval", "--nbval-current-env", f"--nbval-sanitize-with={sanitize}", f"--rootdir={folder}"]
        settings = Path(folder) / "pytest.ini"
        settings.write_text("[pytest]\n", encoding="utf-8")
        quiet = ["-q", "--tb=short", "-p", "no:cacheprovider", "-c", str(settings)]
        command = [sys.executable, "-m", "pytest", *options, *quiet, *(str(path.resolve()) for path in paths)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + (done.stderr if done.returncode > 1 else "")
