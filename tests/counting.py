"""How much a function does, counted: a number that is the same on every machine and under every load.

Tests assert growth and bounds of this count. Times are for commands that print them (`tests/browser/measure.py`).
"""

import sys
from collections.abc import Callable


def lines_run(function: Callable[[], object]) -> int:
    """How many lines of Python run in a call: each pass of a loop counts, what NumPy does inside a line does not."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count
