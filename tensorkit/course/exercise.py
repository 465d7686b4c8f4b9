"""An exercise is one Python function; here is how it is declared, found and checked.

    @exercise("01", "A random tensor", hints=["torch.ones makes ones; what makes random numbers?"],
              solution="mine = torch.rand(2, 4)")
    def random_tensor(mine):
        "Make a random tensor with 2 rows and 4 columns, and call it mine."
        yield "mine is a tensor", torch.is_tensor(mine), f"it is {kind(mine)}"
        yield "2 rows, 4 columns", mine.shape == (2, 4), f"its shape is {tuple(mine.shape)}"

Its name is what stands behind `%check`, its parameters are names in the learner's notebook, its docstring is the task.
It yields what must hold, one thing after the other: what, whether, and what to say if not. The first that does not hold
ends the check. It looks at values, with tolerance, and never at how they were spelled.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Step = tuple[str, Any, str]
"""What must hold, whether it does, and what to say if not."""

REGISTRY: dict[str, Exercise] = {}
"""Every exercise declared so far, by its name, in the order of the lessons' text."""


class Todo(Exception):
    """Raised by a check that finds the learner's part not written yet.

    >>> def answer(mine):
    ...     "Give the answer."
    ...     if mine == "":
    ...         raise Todo("It is empty so far.")
    ...     yield "it is 42", mine == 42, f"it is {mine}"
    >>> one = Exercise("answer", "01", "An answer", "Give the answer.", ("mine",), ("Count.",), "mine = 42", answer)
    >>> one.check({"mine": ""}).state, one.check({"mine": 41}).state
    ('to do', 'not yet')
    """


@dataclass(frozen=True)
class Verdict:
    """What a check found: `state` is 'solved', 'not yet' or 'to do', `text` is what the learner reads.

    >>> Verdict("solved", "random_tensor: solved").state
    'solved'
    """

    state: str
    text: str


@dataclass(frozen=True)
class Exercise:
    """One exercise; `names` are the learner's objects that `function` looks at.

    >>> from tensorkit.course import all_exercises
    >>> all_exercises()[0].check({}).state
    'to do'
    """

    name: str
    lesson: str
    title: str
    task: str
    names: tuple[str, ...]
    hints: tuple[str, ...]
    solution: str
    function: Callable[..., Iterator[Step]]

    def check(self, namespace: Mapping[str, Any]) -> Verdict:
        """Look at the learner's objects; whatever they do when called, the answer is a verdict."""
        missing = [name for name in self.names if name not in namespace]
        if missing:
            which = " and ".join(missing)
            return self._todo(f"There is no {which} yet: run the cell that makes {'them' if missing[1:] else 'it'}.")
        values = [namespace[name] for name in self.names]
        if any(value is None for value in values):
            return self._todo()
        fine: list[str] = []
        try:
            for what, holds, otherwise in self.function(*values):
                if not holds:
                    return self._not_yet(fine, f"{what}: {otherwise}")
                fine.append(what)
        except Todo as todo:
            return self._todo(str(todo))
        except Exception as error:
            text = " ".join(str(error).split())
            return self._not_yet(fine, f"Trying it ended with {type(error).__name__}: {text}")
        return Verdict("solved", "\n".join([f"{self.name}: solved", *(f"  right    {what}" for what in fine)]))

    def _todo(self, why: str = "") -> Verdict:
        lines = [f"{self.name}: to do", self.task, *filter(None, [why])]
        return Verdict("to do", "\n".join([*lines, f"Then run this cell again. %hint {self.name} helps."]))

    def _not_yet(self, fine: list[str], what: str) -> Verdict:
        lines = [f"{self.name}: not yet", *(f"  right    {step}" for step in fine), f"  not yet  {what}"]
        return Verdict("not yet", "\n".join([*lines, f"%hint {self.name} helps."]))

    def hint(self, seen: int) -> str:
        """The next hint for somebody who has seen so many of them; behind the last one, all of them again."""
        count = len(self.hints)
        if seen >= count:
            return "\n".join([*(f"{n}. {hint}" for n, hint in enumerate(self.hints, 1)), self._after_hints()])
        more = f"%hint {self.name} again: {count - seen - 1} more." if seen + 1 < count else self._after_hints()
        return f"Hint {seen + 1} of {count}: {self.hints[seen]}\n{more}"

    def _after_hints(self) -> str:
        return f"No more hints. Try once more; %solution {self.name} shows one way."


def exercise(
    lesson: str, title: str, *, hints: Sequence[str], solution: str
) -> Callable[[Callable[..., Iterator[Step]]], Callable[..., Iterator[Step]]]:
    """Declare the decorated check as an exercise of the lesson with this number.

    hints     what `%hint` shows, one at a time, from a nudge to nearly the answer; at least one
    solution  what `%solution` shows: code that the check accepts

    >>> @exercise("01", "Two", hints=["One more than one."], solution="two = 2")
    ... def two(two):
    ...     "Call 2 two."
    ...     yield "two is 2", two == 2, f"it is {two}"
    >>> REGISTRY.pop("two").check({"two": 2}).state
    'solved'

    Raises ValueError for a check without a docstring, without hints, or with the name of another lesson's exercise.
    Declaring it again (running a cell or reloading a module) replaces it.
    """

    def declare(function: Callable[..., Iterator[Step]]) -> Callable[..., Iterator[Step]]:
        name = function.__name__
        if not function.__doc__ or not hints:
            raise ValueError(f"exercise {name} needs a docstring, which is its task, and at least one hint")
        known = REGISTRY.get(name)
        if known is not None and known.lesson != lesson:
            raise ValueError(f"lesson {known.lesson} has an exercise {name} already: choose another name")
        REGISTRY[name] = Exercise(
            name=name,
            lesson=lesson,
            title=title,
            task=" ".join(function.__doc__.split()),
            names=tuple(inspect.signature(function).parameters),
            hints=tuple(hints),
            solution=textwrap.dedent(solution).strip(),
            function=function,
        )
        return function

    return declare
