"""Run the lessons on PyTorch itself and compare what they print: `tests/replay_on_torch.py [--steps] [NAME ...]`.

Needs a Python with `torch` 2.13, whose answers the lessons store, beside what the tests need. In every lesson
`import tensorkit as torch` becomes `import torch`; lines that use the notebook extension (`%graph f`) and cells that
use what only tensorkit has are left out. What remains must print the same, cell by cell: standard output, the value of
the last line, and the class and text of an error. Exits 0 when all agree, 1 when a cell differs, 2 without PyTorch.
With `--steps` the table has a row for each step of the source documents (`course_steps.py`) in place of each lesson.
Not here: whether the stored outputs are what tensorkit prints (nbval, in plain `pytest`).
"""

from __future__ import annotations

import ast
import difflib
import importlib.util
import pkgutil
import re
import sys
from collections.abc import Iterator
from copy import deepcopy

import course_steps
from nbformat import NotebookNode

import lessons
from tensorkit.magics.inspectors import INSPECTORS as MAGICS

INSPECTORS = {each.name for each in MAGICS}
EXTENSION = re.compile(r"^\s*(?:%(?!matplotlib)|!|\?)|^[\w.]+\?\s*$")
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


def without_extension(source: str) -> str:
    """The cell without its lines of magic; nothing of a cell that another program's magic runs (`%%px`).

    A cell magic of tensorkit's own (`%%graph`) runs its cell in the notebook, so the cell without it stays.
    """
    if source.lstrip().startswith("%%"):
        first, _, source = source.lstrip().partition("\n")
        if first.split()[0][2:] not in INSPECTORS:
            return ""
    return "\n".join(line for line in source.splitlines() if not EXTENSION.match(line))


def in_torch(name: str) -> bool:
    """Whether PyTorch has what tensorkit calls by this dotted name: a module, or something in one."""
    top, _, rest = name.partition(".")
    if top != "tensorkit":
        return not top.startswith("tensorkit_")
    try:
        pkgutil.resolve_name(f"torch.{rest}" if rest else "torch")
    except (ImportError, AttributeError):
        return False
    return True


def own_imports(tree: ast.Module) -> set[str]:
    """The names that a cell binds to what only tensorkit has."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            base = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            names |= {a.asname or a.name.split(".")[0] for a in node.names if not in_torch(base + a.name)}
    return names


def uses(tree: ast.Module, own: set[str]) -> bool:
    """Whether a cell reads one of the names that only tensorkit has, as `name` or as `torch.name`."""
    import tensorkit

    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in own:
            return True
        of_torch = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "torch"
        if of_torch and hasattr(tensorkit, node.attr) and not in_torch(f"tensorkit.{node.attr}"):
            return True
    return False


def swapped(source: str) -> str:
    """The cell's code for PyTorch."""
    source = re.sub(r"\bimport tensorkit as torch\b", "import torch", source)
    return re.sub(r"\b(import|from)(\s+)tensorkit\b", r"\1\2torch", source)


def for_torch(lesson: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """A copy of the lesson to run on PyTorch, and for each of its code cells 'compare', 'run' or 'left out'.

    A cell that lost a line of magic still runs, for later cells need its variables, but its output is not compared.
    """
    lesson = deepcopy(lesson)
    parts, own = [], set()
    for cell in lessons.code_cells(lesson):
        code = without_extension(cell.source)
        part = "compare" if code == cell.source else "run" if code.strip() else "left out"
        if part != "left out":
            tree = ast.parse(re.sub(r"(?m)^(\s*)%.*", r"\1pass", code))
            own |= own_imports(tree)
            if own_imports(tree) or uses(tree, own):
                part = "left out"
        cell.source = swapped(code) if part != "left out" else "pass"
        parts.append(part)
    return lesson, parts


def printed(cell: NotebookNode) -> list[str]:
    """What a learner reads below a cell, apart from pictures and standard error."""
    out, rest = "", []
    for output in cell.outputs:
        if output.output_type == "stream":
            out += output.text if output.name == "stdout" else ""
        elif output.output_type == "error":
            rest.append(f"{output.ename}: {output.evalue}")
        else:
            rest.append(output.data.get("text/plain", ""))
    return [ADDRESS.sub("ADDRESS", line) for line in [*out.splitlines(), *"\n".join(rest).splitlines()]]


def answers(lesson: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """The lesson as PyTorch ran it, and the part that each code cell has in the comparison."""
    ready, parts = for_torch(lesson)
    return lessons.execute(ready, go_on=True), parts


def compared(lesson: NotebookNode, ready: NotebookNode, parts: list[str]) -> Iterator[tuple[str, list[str]]]:
    """For each code cell of a lesson: 'same', 'differs', 'run' or 'left out', and the lines of the difference."""
    for stored, theirs, part in zip(lessons.code_cells(lesson), lessons.code_cells(ready), parts, strict=True):
        ours = printed(stored)
        if part == "run" and any(output.output_type == "error" for output in theirs.outputs):
            ours, part = [], "compare"
        if part != "compare":
            yield part, []
        elif (answer := printed(theirs)) == ours:
            yield "same", []
        else:
            yield "differs", list(difflib.unified_diff(answer, ours, "PyTorch", "tensorkit", lineterm="", n=1))


def steps_of(name: str, lesson: NotebookNode, ready: NotebookNode, parts: list[str]) -> Iterator[tuple[str, str, str]]:
    """For each step of the documents in a lesson: its code, what it must print, and what PyTorch says to that.

    'same': PyTorch prints it too. 'without PyTorch': the cell is one of the extension's or of tensorkit alone.
    """
    ours, theirs = lessons.code_cells(lesson), lessons.code_cells(ready)
    for number, code, prints in course_steps.STEPS:
        if not name.startswith(number):
            continue
        if prints is course_steps.PROSE:
            yield code, "", "prose"
            continue
        found = [at for at in course_steps.cells_of(lesson, code) if course_steps.shows(ours[at], prints)]
        if any(parts[at] != "left out" and course_steps.shows(theirs[at], prints) for at in found):
            yield code, prints, "same"
        else:
            yield code, prints, "without PyTorch" if any(parts[at] != "compare" for at in found) else "differs"


def main(arguments: list[str]) -> int:
    """Print a table of the lessons, or of the steps, and every difference; returns the exit status."""
    by_steps, names = "--steps" in arguments, [each for each in arguments if each != "--steps"]
    if importlib.util.find_spec("torch") is None:
        print("PyTorch is not installed for this Python: pip install torch==2.13.0", file=sys.stderr)
        return 2
    sys.path[:0] = [str(lessons.ROOT), str(lessons.ROOT / "widgets")]
    states = ("same", "differs", "without PyTorch", "prose") if by_steps else ("same", "differs", "run", "left out")
    differences, all_found = [], []
    if not by_steps:
        print(f"{'lesson':40}", *(f"{state:>8}" for state in states))
    for path in lessons.paths(names):
        lesson = lessons.read(path)
        ready, parts = answers(lesson)
        results = list(compared(lesson, ready, parts))
        found = [state for state, _ in results]
        if by_steps:
            rows = list(steps_of(path.name, lesson, ready, parts))
            found = [state for *_, state in rows]
            for code, prints, state in rows:
                print(f"{path.name[:2]}  {code[:60]:60}  {prints[:50]:50}  {state}", flush=True)
        else:
            print(f"{path.name:40}", *(f"{found.count(state):8}" for state in states), flush=True)
        all_found += found
        for number, (state, lines) in enumerate(results, 1):
            if state == "differs":
                differences += [f"\n{path.name}, code cell {number}:", *(f"  {line}" for line in lines)]
    print("all:", ", ".join(f"{all_found.count(state)} {state}" for state in states))
    print(*differences, sep="\n")
    return 1 if differences or "differs" in all_found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
