"""What a learner has solved, in a file that the learner owns: `tensorkit-progress.json`, beside the notebooks.

It holds names of exercises and how many hints were seen, nothing else, and never leaves the machine. It is written as a
whole or not at all; one that cannot be read is moved aside, and the learner is told.
"""

from __future__ import annotations

import json
from pathlib import Path

from ..serialization.files import write_whole
from .catalog import LESSONS, all_exercises

FILE = "tensorkit-progress.json"
KEPT = f"Kept in {FILE}, in the folder of this notebook. Nothing leaves your machine."


class Progress:
    """The progress in one folder, read anew for each question: several notebooks may be open at once.

    `notes` are lines for the learner about the file itself, such as that it was damaged.

    >>> import tempfile
    >>> Progress(tempfile.gettempdir() + "/nowhere").solved
    []
    """

    def __init__(self, folder: Path | str = ".") -> None:
        self.path = Path(folder) / FILE
        self.notes: list[str] = []
        self.solved: list[str] = []
        self.hints: dict[str, int] = {}
        self._read()

    def _read(self) -> None:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            solved, hints = content["solved"], content["hints"]
            if not all(isinstance(name, str) for name in solved) or not isinstance(solved, list):
                raise ValueError("solved is no list of names")
            if not all(type(count) is int for count in hints.values()):
                raise ValueError("hints are no counts")
        except FileNotFoundError:
            return
        except OSError as error:
            self.notes.append(f"{FILE} cannot be read ({error.strerror}).")
        except (ValueError, KeyError, TypeError, AttributeError):
            self._move_aside()
        else:
            self.solved, self.hints = solved, hints

    def _move_aside(self) -> None:
        number = 1
        while (aside := self.path.with_name(f"tensorkit-progress.damaged-{number}.json")).exists():
            number += 1
        try:
            self.path.rename(aside)
        except OSError as error:
            self.notes.append(f"{FILE} is damaged and cannot be moved aside ({error.strerror}).")
        else:
            self.notes.append(f"{FILE} was damaged: it is now {aside.name}, and a new one begins.")

    def _write(self) -> None:
        content = {"format": 1, "solved": self.solved, "hints": self.hints}
        try:
            write_whole(str(self.path), json.dumps(content, indent=1).encode() + b"\n")
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or "its folder is missing"
            self.notes.append(f"{FILE} cannot be written ({reason}): this will be forgotten.")

    def solve(self, name: str) -> None:
        """Remember that an exercise is solved."""
        if name not in self.solved:
            self.solved.append(name)
            self._write()

    def see_hint(self, name: str) -> int:
        """How many hints of an exercise were seen before; remembers that this is one more."""
        seen = self.hints.get(name, 0)
        self.hints[name] = seen + 1
        self._write()
        return seen

    def table(self) -> str:
        """The lessons with what is solved and what is open in each, and where this is remembered."""
        lines = []
        exercises = all_exercises()
        titles = LESSONS | {e.lesson: "" for e in exercises if e.lesson not in LESSONS}
        width = max(map(len, titles.values()))
        for lesson, title in titles.items():
            names = [e.name for e in exercises if e.lesson == lesson]
            open_names = [name for name in names if name not in self.solved]
            done = f"{len(names) - len(open_names)} of {len(names)}"
            rest = "done" if not open_names else "to do: " + ", ".join(open_names)
            lines.append(f"{lesson}  {title:{width}}  {done:>6}  {rest}")
        solved = sum(e.name in self.solved for e in exercises)
        return "\n".join([*lines, f"{solved} of {len(exercises)} exercises solved.", KEPT])
