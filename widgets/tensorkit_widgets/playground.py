"""`DescentPlayground`: gradient descent on a function of the learner's own, with buttons and two sliders.

Here: the widget's state as traits. The way is a function of that state: with another learning rate it is walked anew
from the start, so what is shown is always what these numbers give. Not here: the way and its picture
(`tensorkit/graph/descent.py`, `descent_picture.py`), the page side (`static/playground.js`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from tensorkit.graph import Descent, descend

from .page import STATIC, script

RUN = 20  # steps of one press on Run
MOST = 500


class DescentPlayground(anywidget.AnyWidget):
    """Walk down a function of one or two variables step by step, and see what learning rate and momentum do.

    function  takes one or two scalar tensors, or one tensor of two elements, and gives a scalar tensor
    start     a number, or two
    lr, momentum  as in `torch.optim.SGD`; both follow the sliders
    domain    what is shown: (from, to) or (from x, to x, from y, to y); found if left out
    name      what to call the function

    TypeError and ValueError as in `tensorkit.graph.descend`.

    >>> from tensorkit_widgets import DescentPlayground
    >>> playground = DescentPlayground(lambda x: x**2, 2.0, lr=0.25, name="x**2")
    >>> playground.step()
    >>> playground.step()
    >>> playground.now
    'step 2: x = 0.5, value 0.25, slope 1'
    >>> playground.lr = 0.5
    >>> playground.now
    'step 1: x = 0, value 0, slope 0; stopped at step 1: the gradient is 0'
    >>> playground.back()
    >>> playground.steps
    0
    """

    _esm = script("playground.js")
    _css = STATIC / "pictures.css"

    svg = traitlets.Unicode(help="the picture").tag(sync=True)
    text = traitlets.Unicode(help="the way as text").tag(sync=True)
    now = traitlets.Unicode(help="the present station in one sentence").tag(sync=True)
    lr = traitlets.Float(0.1, help="learning rate").tag(sync=True)
    momentum = traitlets.Float(0.0, help="momentum").tag(sync=True)
    steps = traitlets.Int(0, min=0, max=MOST, help="steps made").tag(sync=True)
    ended = traitlets.Bool(False, help="no further step can be made").tag(sync=True)

    def __init__(
        self,
        function: Callable[..., Any],
        start: float | Sequence[float],
        *,
        lr: float = 0.1,
        momentum: float = 0.0,
        domain: Sequence[float] | None = None,
        name: str | None = None,
        **more: Any,
    ) -> None:
        self._make = lambda lr, momentum, steps: descend(
            function, start, lr=lr, momentum=momentum, steps=steps, name=name, domain=domain
        )
        self._grounds: dict[tuple[float, ...], Any] = {}
        self.descent: Descent = self._make(lr, momentum, 0)
        self._ready = False
        super().__init__(lr=float(lr), momentum=float(momentum), **more)
        self._ready = True
        self._draw()

    def step(self) -> None:
        """One step further, if one is left."""
        self.run(1)

    def back(self) -> None:
        """One step back, if one was made."""
        self.steps = max(0, self.steps - 1)

    def run(self, steps: int = RUN) -> None:
        """Several steps further, as far as the way goes. ValueError for a negative number."""
        if steps < 0:
            raise ValueError(f"steps must not be negative, but got {steps}; back() goes back")
        if not self.ended:
            self.steps = min(MOST, self.steps + steps)

    def reset(self) -> None:
        """Back to the start."""
        self.steps = 0

    @traitlets.validate("lr")
    def _positive(self, proposal: Any) -> float:
        if not 0 < proposal["value"] < float("inf"):
            raise traitlets.TraitError(f"lr must be positive, but got {proposal['value']}")
        return proposal["value"]

    @traitlets.validate("momentum")
    def _below_one(self, proposal: Any) -> float:
        if not 0 <= proposal["value"] < 1:
            raise traitlets.TraitError(f"momentum must be at least 0 and less than 1, but got {proposal['value']}")
        return proposal["value"]

    @traitlets.observe("lr", "momentum", "steps")
    def _draw(self, change: Any = None) -> None:
        if not self._ready:
            return
        found = self._make(self.lr, self.momentum, self.steps)
        found.grounds.update(self._grounds)
        self.descent = found
        with self.hold_sync():
            self._ready = False
            try:
                self.steps = found.steps
            finally:
                self._ready = True
            self.svg, self.text, self.now = found.to_svg("live"), found.to_text(), found.now
            self.ended = bool(found.stopped) or found.steps >= MOST
        self._grounds = found.grounds

    def __repr__(self) -> str:
        return f"DescentPlayground({self.descent.headline!r}, {self.now!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget; for a page without a kernel the picture, and for one without pictures the text."""
        found = super()._repr_mimebundle_(**kwargs)
        live, metadata = found if isinstance(found, tuple) else (found or {}, {})
        return {**live, "image/svg+xml": self.descent.to_svg(), "text/plain": self.text}, metadata
