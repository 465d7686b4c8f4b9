"""A cell that stops half-way leaves gradient recording as it was before the cell, and says so.

`torch.set_grad_enabled(False)` at the top of a cell, an interrupt before it is turned on again, and from then on
nothing records a history: a fault that is hard to find. A cell that ends well may leave the mode as it likes.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import tensorkit


class GradModeKeeper:
    """Looks at the mode before and after each cell of a shell; `start` and `stop` register it.

    Cells may run cells (`%%graph` does), so what was found is kept as a stack.
    """

    def __init__(self, shell: Any) -> None:
        self.events = shell.events
        self.found: list[tuple[Any, dict[str, bool]]] = []

    def start(self) -> None:
        """Look at every cell from now on."""
        self.events.register("pre_run_cell", self.before)
        self.events.register("post_run_cell", self.after)

    def stop(self) -> None:
        """Look at none any more."""
        self.events.unregister("pre_run_cell", self.before)
        self.events.unregister("post_run_cell", self.after)

    def before(self, info: Any) -> None:
        """Keep the mode in which a cell begins."""
        self.found.append((info, {name: library.is_grad_enabled() for name, library in _libraries().items()}))

    def after(self, result: Any) -> None:
        """Where the cell stopped with an error or an interrupt, go back to the mode in which it began."""
        if not self.found or result is None or self.found[-1][0] is not result.info:
            return  # a cell that was under way when the extension was loaded, or an empty one
        _, before = self.found.pop()
        if result.success:
            return
        for name, library in _libraries().items():
            enabled = before.get(name, True)
            if library.is_grad_enabled() != enabled:
                library.set_grad_enabled(enabled)
                left, now = ("on", "off") if library.is_grad_enabled() is False else ("off", "on")
                print(f"The cell stopped and left gradients {left}: they are {now} again, as before it ({name}).")


def _libraries() -> dict[str, ModuleType]:
    """What records gradients here: this library, and PyTorch where it is loaded."""
    pytorch = sys.modules.get("torch")
    found = {"tensorkit": tensorkit}
    if pytorch is not None and pytorch is not tensorkit and hasattr(pytorch, "set_grad_enabled"):
        found["PyTorch"] = pytorch
    return found
