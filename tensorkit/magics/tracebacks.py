"""Tracebacks of a notebook show the learner's own frames: those inside the library are left out of what is printed.

A wrong shape is found five calls deep, but it was written in the cell; in PyTorch, whose operations are compiled, the
cell is all that a traceback shows. Only the text is shorter: `%debug` and `sys.last_traceback` have every frame, and
after `%xmode Verbose` every frame is printed.
"""

from __future__ import annotations

import sysconfig
from types import TracebackType
from typing import Any

LIBRARY = ("tensorkit", "tensorkit_widgets")
#: How paths of installed packages and of Python's own modules begin.
INSTALLED = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))


class OwnFrames:
    """Shortens what a shell prints of an error; `start` and `stop` put it in and take it out."""

    def __init__(self, shell: Any) -> None:
        self.printer = shell.InteractiveTB
        self.whole = self.printer.structured_traceback

    def start(self) -> None:
        """Shorten from now on."""
        self.printer.structured_traceback = self.structured_traceback

    def stop(self) -> None:
        """Print every frame again."""
        if vars(self.printer).get("structured_traceback") == self.structured_traceback:
            del self.printer.structured_traceback

    def structured_traceback(self, etype: Any, evalue: Any = None, etb: Any = None, *args: Any, **kwargs: Any) -> Any:
        """IPython's lines for an error, of the frames that are not the library's."""
        if isinstance(etb, TracebackType) and self.printer.mode != "Verbose":
            etb = own_frames(etb)
        return self.whole(etype, evalue, etb, *args, **kwargs)


def own_frames(traceback: TracebackType) -> TracebackType:
    """The traceback without the library's frames, and of what it called (NumPy, say); whole if none is left."""
    kept, inside = [], False
    step: TracebackType | None = traceback
    while step is not None:
        frame = step.tb_frame
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        inside = package in LIBRARY or (inside and frame.f_code.co_filename.startswith(INSTALLED))
        if not inside:
            kept.append(step)
        step = step.tb_next
    found = None
    for each in reversed(kept):
        found = TracebackType(found, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return found or traceback
