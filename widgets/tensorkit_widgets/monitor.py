"""`TrainingMonitor`: loss, accuracy and gradient norms of a training loop, drawn while it runs.

Here: the widget around a `tensorkit.graph.TrainingRecord`, how often it redraws, and what a notebook stores of it. Not
here: the record and its picture (`tensorkit/graph/training.py`, `training_picture.py`), the page side
(`static/monitor.js`).
"""

from __future__ import annotations

import time
from typing import Any

import anywidget
import traitlets
from IPython import get_ipython
from IPython.display import display

from tensorkit.graph import TrainingRecord

from .page import STATIC, script

REST = 0.25  # seconds between two redraws at least; and drawing takes at most a tenth of the time


class TrainingMonitor(anywidget.AnyWidget):
    """Shows what a plain training loop feeds it: a live loss curve, accuracy, and the gradient norms of each layer.

    model  the module whose gradients are measured, a PyTorch module too; None for none. TypeError for anything else

    Call `log` once a step, after `backward()` and before the next `zero_grad()`. The cell ends with the picture and a
    text, which a stored notebook keeps; outside of a notebook nothing is shown. Without anywidget,
    `tensorkit.graph.TrainingRecord` records and draws the same.

    >>> import tensorkit as torch
    >>> from tensorkit_widgets import TrainingMonitor
    >>> monitor = TrainingMonitor(torch.nn.Linear(2, 1))
    >>> monitor.log(loss=0.5, accuracy=0.75)
    >>> print(monitor.record.to_text().splitlines()[1])
    loss: 0.5 at first, 0.5 at last, lowest 0.5 at step 1
    """

    _esm = script("monitor.js")
    _css = STATIC / "pictures.css"

    svg = traitlets.Unicode(help="the picture").tag(sync=True)
    text = traitlets.Unicode(help="the same as text").tag(sync=True)
    finished = traitlets.Bool(False, help="the context is left").tag(sync=True)

    def __init__(self, model: Any = None, **more: Any) -> None:
        self.record = TrainingRecord(model)
        self._next = 0.0
        self._shown = False
        super().__init__(**more)
        self.refresh()

    def __enter__(self) -> TrainingMonitor:
        self.finished = False
        if not self._shown and get_ipython():
            self._shown = True
            live, metadata = self._live()
            display({**live, "text/plain": "TrainingMonitor: its picture follows"}, metadata=metadata, raw=True)
        return self

    def __exit__(self, *exception: object) -> None:
        """The last state is drawn, as the cell's second output; an exception goes on its way."""
        self.refresh()
        self.finished = True
        if get_ipython():
            display(self)

    def log(self, **numbers: Any) -> None:
        """Record one step, as `TrainingRecord.log` does; the picture follows a few times a second."""
        self.record.log(**numbers)
        if time.monotonic() >= self._next:
            self.refresh()

    def refresh(self) -> None:
        """Draw what is recorded now."""
        start = time.monotonic()
        with self.hold_sync():
            self.svg = self.record.to_svg("live")
            self.text = self.record.to_text()
        now = time.monotonic()
        self._next = now + max(REST, 10 * (now - start))

    def __repr__(self) -> str:
        return f"TrainingMonitor({self.record!r})"

    def _live(self) -> tuple[dict[str, Any], dict[str, Any]]:
        found = super()._repr_mimebundle_()
        live, metadata = found if isinstance(found, tuple) else (found or {}, {})
        return dict(live), dict(metadata)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget; for a page without a kernel the picture, and for one without pictures the text."""
        self.refresh()
        live, metadata = self._live()
        stored = {"image/svg+xml": self.record.to_svg(), "text/plain": self.text}
        return {**live, **stored}, metadata
