"""The course's exercises: what `%check`, `%hint`, `%solution` and `%progress` show.

Here: `exercise.py` (what an exercise is, and how it is checked), `progress.py` (the learner's file), `catalog.py` (the
lessons and where their exercises are written) and the exercises, a few lessons to a file. Not here: the magics, which
print what these functions return, and the lessons, in `lessons/`. To write an exercise of your own see `exercise.py`.
"""

from .catalog import LESSONS, all_exercises, find
from .exercise import Exercise, Todo, Verdict, exercise
from .progress import Progress

__all__ = ["LESSONS", "Exercise", "Progress", "Todo", "Verdict", "all_exercises", "exercise", "find"]
