"""The command `tensorkit`: `tensorkit lab` hands out the lessons and opens JupyterLab on them, `tensorkit run` runs a
program that says `import torch` (`as_torch.py`), `tensorkit lessons check` looks at an instructor's notebooks.

Here: where the lessons are, how they are copied without ever losing a learner's work, how JupyterLab is started.
Not here: anything of tensors; `import tensorkit` never loads this module. The lessons' own checks are in `tests/`.

A learner's folder holds `.tensorkit-lessons.json`, a fingerprint of every file as it was handed out. A file that still
has that fingerprint is ours to renew; any other is the learner's, and a fresh copy is laid beside it instead.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tensorkit import version

MANIFEST = ".tensorkit-lessons.json"
NEEDED = ("jupyterlab", "nbformat", "anywidget", "ipywidgets", "graphviz", "matplotlib", "sklearn", "tqdm")


class CommandError(Exception):
    """What the learner reads, in one line, when a command cannot do its work."""


def lessons_folder() -> Path:
    """The folder of the lessons as they ship: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    for folder in (package / "_lessons", package.parent / "lessons"):
        if any(folder.glob("*.ipynb")):
            return folder
    raise CommandError(f"the lessons are missing from this installation ({package}): install tensorkit again")


def lesson_files(folder: Path) -> Iterator[Path]:
    """Every file of the lessons, relative to `folder`, in reading order; no caches, hidden files, or one's progress."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.name.startswith("tensorkit-progress"):
            continue
        if path.is_file() and not any(part.startswith((".", "__")) for part in relative.parts):
            yield relative


def fingerprint(path: Path) -> str:
    """A hash of what a person writes in the file: a notebook's cells without their outputs, all bytes of another file.

    Running a lesson is not changing it, so outputs, execution counts and metadata are left out.
    """
    content = path.read_bytes()
    if path.suffix == ".ipynb":
        try:
            cells = json.loads(content)["cells"]
            written = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
            content = json.dumps(written).encode()
        except (ValueError, KeyError, TypeError):
            pass  # not a notebook (any more): then each byte counts
    return hashlib.sha256(content).hexdigest()


def copy_lessons(source: Path, target: Path) -> list[str]:
    """Copy the lessons in `source` to `target`, and return one line for each thing the learner should know.

    A file that the learner has changed stays as it is: the fresh copy goes beside it (`02_matrices.fresh.ipynb`).
    """
    if target.resolve() == source.resolve():
        raise CommandError(f"{target} holds the lessons as they ship: name another folder to work in")
    target.mkdir(parents=True, exist_ok=True)
    known = read_manifest(target)
    said = []
    new = renewed = 0
    for relative in lesson_files(source):
        fresh = fingerprint(source / relative)
        place = relative
        if not is_ours(target, place, known, fresh):
            place = next(beside for beside in fresh_names(relative) if is_ours(target, beside, known, fresh))
            said.append(f"{relative} has your changes and stays as it is; a fresh copy is {place}")
        if not (target / place).exists():
            new += 1
        elif fingerprint(target / place) != fresh:
            renewed += 1
        else:
            known[place.as_posix()] = fresh
            continue
        write(target / place, (source / relative).read_bytes())
        known[place.as_posix()] = fresh
    write(target / MANIFEST, json.dumps(known, indent=1, sort_keys=True).encode() + b"\n")
    counts = [f"{n} {word}" for n, word in ((new, "new"), (renewed, "renewed")) if n]
    return [f"lessons in {target}" + (f" ({', '.join(counts)})" if counts else ""), *said]


def is_ours(target: Path, place: Path, known: dict[str, str], fresh: str) -> bool:
    """Whether a fresh file may lie at `place`: nothing is there, or just what was handed out, then or now."""
    path = target / place
    return not os.path.lexists(path) or (path.is_file() and fingerprint(path) in (fresh, known.get(place.as_posix())))


def fresh_names(relative: Path) -> Iterator[Path]:
    """Where the fresh copy of a changed file may go: `a.fresh.ipynb`, `a.fresh-2.ipynb`, and so on."""
    yield relative.with_suffix(f".fresh{relative.suffix}")
    number = 2
    while True:
        yield relative.with_suffix(f".fresh-{number}{relative.suffix}")
        number += 1


def read_manifest(target: Path) -> dict[str, str]:
    """What was handed out before, name to fingerprint; empty when nothing was, or when the file is damaged.

    Without it every file that differs from ours counts as the learner's: nothing can be lost.
    """
    try:
        known = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def write(path: Path, content: bytes) -> None:
    """Put a whole file in place at once: a full disk or a second `tensorkit lab` leaves no half of a lesson."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def trust_lessons(source: Path, target: Path) -> None:
    """Sign the lessons that are byte for byte ours, so that JupyterLab shows their stored pictures at once."""
    import nbformat
    from nbformat.sign import NotebookNotary

    originals = {path.read_bytes() for path in source.rglob("*.ipynb")}
    notary = NotebookNotary()
    for path in target.rglob("*.ipynb"):
        if path.read_bytes() in originals:
            notary.sign(nbformat.read(path, as_version=4))
    notary.store.close()


def lab_command(target: Path, options: Sequence[str]) -> list[str]:
    """The command line that opens JupyterLab in `target`, on its first lesson; `options` come last and so win."""
    first = next(name for name in lesson_files(lessons_folder()) if name.suffix == ".ipynb")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={target.resolve()}"]
    command.append(f"--LabApp.default_url=/lab/tree/{first.as_posix()}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # a container has no other user, and Jupyter would refuse to start
    return [*command, *options]


def lab(folder: Path, options: Sequence[str]) -> int:
    """Copy the lessons into `folder`, trust them, and run JupyterLab until the learner ends it."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CommandError(
            f"{', '.join(missing)} not installed: run  {sys.executable} -m pip install '.[lab]'  in tensorkit's folder"
        )
    try:
        lines = copy_lessons(lessons_folder(), folder)
    except OSError as error:
        raise CommandError(f"cannot copy the lessons to {folder}: {error.strerror or error}") from error
    print(*lines, sep="\n", flush=True)
    trust_lessons(lessons_folder(), folder)
    return run(lab_command(folder, options))


def run(command: list[str]) -> int:
    """Become the given command, so that Ctrl-C and signals reach JupyterLab alone; Windows has no such call."""
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.call(command)


def build_parser() -> argparse.ArgumentParser:
    """The command line's grammar; what follows a lone `--` is JupyterLab's and never gets here."""
    parser = argparse.ArgumentParser(prog="tensorkit", description="Tensors and automatic gradients, to learn from.")
    parser.add_argument("--version", action="version", version=f"tensorkit {version.tensorkit}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    lab_parser = commands.add_parser(
        "lab",
        usage="tensorkit lab [-h] [--no-browser] [DIR] [-- OPTION ...]",
        help="copy the lessons and open them in JupyterLab",
        description="Copy the lessons into DIR and open JupyterLab on the first one. A notebook that you have changed "
        "is never overwritten: the fresh copy goes beside it. Options after -- go to JupyterLab, as in -- --port 9999.",
    )
    lab_parser.add_argument(
        "folder", metavar="DIR", nargs="?", type=Path, default=Path("tensorkit-lessons"), help="default: ./%(default)s"
    )
    lab_parser.add_argument("--no-browser", action="store_true", help="print JupyterLab's address, open no browser")
    lessons_parser = commands.add_parser(
        "lessons",
        usage="tensorkit lessons check [-h] [--no-run] DIR",
        help="check a folder of notebooks before they are handed out",
        description="Say what notebooks in DIR lack (execution counts, objectives, alternative text) and what should "
        "not be stored in them (widget state, paths of one machine); then run them and compare with what is stored.",
    )
    lessons_parser.add_argument("action", choices=["check"])
    lessons_parser.add_argument("folder", metavar="DIR", type=Path)
    lessons_parser.add_argument("--no-run", action="store_true", help="look at the files only")
    run_parser = commands.add_parser(
        "run",
        usage="tensorkit run [-h] SCRIPT [ARGUMENT ...]",
        help="run a program that says `import torch` on tensorkit",
        description="Run a Python program in which `import torch` gives tensorkit. What follows the program's name is "
        "passed to it.",
    )
    run_parser.add_argument("script", metavar="SCRIPT")
    run_parser.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER)
    return parser


def run_script(script: str, arguments: Sequence[str]) -> int:
    """Run a program on tensorkit; what it raises comes through, as from Python itself."""
    from tensorkit import as_torch

    if not Path(script).exists():
        raise CommandError(f"no such file: {script}")
    try:
        as_torch.start()
    except ImportError as error:
        raise CommandError(str(error)) from None
    as_torch.run(script, arguments)
    return 0


def check_lessons(folder: Path, replay: bool) -> int:
    """Print what the notebooks of a folder lack, and whether they run as stored; 1 if there is anything."""
    missing = [name for name in ("nbformat", "nbval") if importlib.util.find_spec(name) is None]
    if missing:
        command = f"{sys.executable} -m pip install '.[test]'"
        raise CommandError(f"{', '.join(missing)} not installed: run  {command}  in tensorkit's folder")
    from tensorkit.course import notebooks

    paths = notebooks.notebooks_in(folder)
    if not paths:
        raise CommandError(f"there is no notebook in {folder}")
    found = notebooks.inspect(paths)
    for path, lines in found.items():
        print(path.relative_to(folder), "" if lines else "fine", *(f"\n  {line}" for line in lines))
    same, report = notebooks.replay(paths) if replay else (True, "")
    if replay:
        print("run by nbval:", "every cell prints what is stored" if same else "\n" + report, flush=True)
    return 0 if same and not any(found.values()) else 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 done, 1 could not, 2 not understood."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for_jupyter = "--" in arguments and arguments[0] != "run"  # behind the name of a program all is the program's
    cut = arguments.index("--") if for_jupyter else len(arguments)
    ours, options = arguments[:cut], arguments[cut + 1 :]
    parser = build_parser()
    asked = parser.parse_args(ours)
    if asked.command is None:
        if options:
            parser.error("options after -- are for a command: tensorkit lab -- " + " ".join(options))
        parser.print_help()
        return 0
    try:
        if asked.command == "run":
            return run_script(asked.script, asked.arguments)
        if asked.command == "lessons":
            return check_lessons(asked.folder, replay=not asked.no_run)
        return lab(asked.folder, ["--no-browser"] * asked.no_browser + options)
    except CommandError as error:
        print(f"tensorkit {asked.command}: {error}", file=sys.stderr)
        return 1
