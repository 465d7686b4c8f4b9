"""The magics of the lessons' exercises: `%check`, `%hint`, `%solution`, `%progress`.

Here: reading the exercise's name and printing the answer. Not here: the exercises and the learner's progress
(`tensorkit.course`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, needs_local_scope
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from .call import print_help

NAMES = ("check", "hint", "progress", "solution")


@magics_class
class ExerciseMagics(Magics):
    """The magics of the lessons; each but the last takes the name of an exercise."""

    @magic_arguments()
    @argument("exercise", nargs="?", help="the exercise's name, as it stands in the lesson")
    @argument("--help", action="store_true", help="print this text")
    @needs_local_scope
    @line_magic
    def check(self, line: str, local_ns: Mapping[str, Any] | None = None) -> None:
        """Look at your answer to an exercise: what is right, what is not yet."""
        exercise = self._exercise("check", line)
        if exercise is None:
            return
        shell: Any = self.shell
        verdict = exercise.check({**shell.user_ns, **(local_ns or {})})
        print(verdict.text)
        if verdict.state == "solved":
            _remembered(lambda progress: progress.solve(exercise.name))

    @magic_arguments()
    @argument("exercise", nargs="?", help="the exercise's name, as it stands in the lesson")
    @argument("--help", action="store_true", help="print this text")
    @line_magic
    def hint(self, line: str) -> None:
        """Show the next hint for an exercise."""
        exercise = self._exercise("hint", line)
        if exercise is not None:
            _remembered(lambda progress: print(exercise.hint(progress.see_hint(exercise.name))))

    @magic_arguments()
    @argument("exercise", nargs="?", help="the exercise's name, as it stands in the lesson")
    @argument("--help", action="store_true", help="print this text")
    @line_magic
    def solution(self, line: str) -> None:
        """Show one way to solve an exercise."""
        exercise = self._exercise("solution", line)
        if exercise is not None:
            print(f"One way to solve {exercise.name}:\n\n{exercise.solution}")

    @magic_arguments()
    @argument("--help", action="store_true", help="print this text")
    @line_magic
    def progress(self, line: str) -> None:
        """Show which exercises of which lessons are solved."""
        if parse_argstring(self.progress, line).help:
            print_help(self.progress)
        else:
            _remembered(lambda progress: print(progress.table()))

    def _exercise(self, magic: str, line: str) -> Any:
        """The exercise that a call names, or None where it asked for help."""
        from .. import course

        function = getattr(self, magic)
        options = parse_argstring(function, line)
        if options.help:
            print_help(function)
            return None
        if not options.exercise:
            raise UsageError(f"%{magic} needs the name of an exercise; %progress lists them")
        try:
            return course.find(options.exercise)
        except LookupError as error:
            raise UsageError(f"%{magic}: {error.args[0]}") from None


def _remembered(act: Callable[[Any], None]) -> None:
    """Do something with the learner's progress in this folder, and say what there is to say about its file."""
    from ..course import Progress

    progress = Progress()
    act(progress)
    for note in progress.notes:
        print(note)
