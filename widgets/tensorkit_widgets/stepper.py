"""`BackpropStepper`: forward and backward through a graph, one operation at a time, with buttons.

Here: the buttons, the words around the picture, and where the walk stands. What happens in each step is plain data,
`tensorkit.graph.Steps`; the picture is a `GraphInspector`. All of it is driven from Python as from the page:
`stepper.step()` does what the button Step does.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets
import traitlets

from tensorkit import Tensor
from tensorkit.graph import Graph, Step, Steps, walk

from .inspector import GraphInspector, notebook_names

SHOWN = 300  # tensors and numbers at most: nobody steps through more


class BackpropStepper(ipywidgets.VBox):
    """Steps through the computation of a tensor and back through its gradients.

    what       a tensor, a `Graph`, or `Steps`; TypeError for anything else, ValueError for a tensor without history
    names      what to call the tensors; left out, in a notebook, it is the notebook's own variables
    forward    False leaves the forward pass out
    direction  of the picture: "right", "down" or "auto"

    `position` is how many steps are done: a trait, to be read, set and observed.

    >>> import tensorkit as torch
    >>> from tensorkit_widgets import BackpropStepper
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> stepper = BackpropStepper(2 * x, {"x": x})
    >>> stepper.step()
    >>> stepper.position, stepper.said
    (1, 'step 1 of 3. forward: 2 * x = 2 * 3 = 6')
    """

    position = traitlets.Int(0, min=0, help="how many steps are done")

    def __init__(
        self,
        what: Tensor | Graph | Steps,
        names: Mapping[str, Tensor] | None = None,
        *,
        forward: bool = True,
        direction: str = "auto",
        **more: Any,
    ) -> None:
        if not isinstance(what, Steps):
            what = walk(what, notebook_names() if names is None else names, forward=forward, limit=SHOWN)
        self.steps = what
        self.direction = direction
        make = ipywidgets.Button
        self.step_button = make(description="Step", tooltip="one operation further", button_style="primary")
        self.back_button = make(description="Back", tooltip="take the last step back")
        self.run_button = make(description="Run all", tooltip="all steps that are left")
        self.reset_button = make(description="Reset", tooltip="back to the beginning")
        for button, does in (
            (self.step_button, self.step),
            (self.back_button, self.back),
            (self.run_button, self.run_all),
            (self.reset_button, self.reset),
        ):
            button.layout.width = "auto"
            button.on_click(lambda _, does=does: does())
        buttons = (self.step_button, self.back_button, self.run_button, self.reset_button)
        self.progress = ipywidgets.HTML()
        self.words = ipywidgets.HTML()
        self.formula = ipywidgets.HTMLMath()
        self.inspector = GraphInspector(self.steps.graph_at(0), direction=direction)
        row = ipywidgets.HBox([*buttons, self.progress], layout={"flex_flow": "row wrap", "align_items": "center"})
        super().__init__([row, self.words, self.formula, self.inspector], **more)
        self._show()

    @property
    def current(self) -> Step | None:
        """The step that was done last; None at the beginning."""
        return self.steps[self.position - 1] if self.position else None

    @property
    def said(self) -> str:
        """What a screen reader is told: where the walk stands, and the step in words."""
        current = self.current
        words = f"{self.steps.heading}. Nothing is computed yet" if current is None else ". ".join(current.lines)
        return f"{self._where()}. {' '.join(words.split())}"

    def step(self) -> None:
        """One step further; at the end nothing happens."""
        self.position = min(self.position + 1, len(self.steps))

    def back(self) -> None:
        """Take the last step back; at the beginning nothing happens."""
        self.position = max(self.position - 1, 0)

    def run_all(self) -> None:
        """Do all steps that are left."""
        self.position = len(self.steps)

    def reset(self) -> None:
        """Go back to the beginning."""
        self.position = 0

    @traitlets.validate("position")
    def _within(self, proposal: Any) -> int:
        if not 0 <= proposal["value"] <= len(self.steps):
            raise traitlets.TraitError(f"position must be between 0 and {len(self.steps)}, but got {proposal['value']}")
        return int(proposal["value"])

    @traitlets.observe("position")
    def _moved(self, change: Any) -> None:
        self._show()

    def _where(self) -> str:
        return f"step {self.position} of {len(self.steps)}"

    def _show(self) -> None:
        """Put the state into the picture and the words."""
        current = self.current
        self.step_button.disabled = self.run_button.disabled = self.position == len(self.steps)
        self.back_button.disabled = self.reset_button.disabled = self.position == 0
        self.progress.value = f'<span style="margin-left:8px">{self._where()}</span>'
        lines = ("Press Step: the values come first, then the gradients.",) if current is None else current.lines
        first, more = lines[0], "".join(f"<li><code>{escape(line.strip())}</code></li>" for line in lines[1:])
        listed = f'<ul style="margin:0 0 0 20px">{more}</ul>' if more else ""
        self.words.value = (
            f'<div role="status" aria-live="polite" style="min-height:5.5em;line-height:1.5">'
            f"<strong>{escape(first)}</strong>{listed}</div>"
        )
        rows = "".join(f"<div>${escape(line, quote=False)}$</div>" for line in (current.chain if current else ()))
        self.formula.value = f'<div style="min-height:3.5em;line-height:2.6;overflow-x:auto">{rows}</div>'
        graph = self.steps.graph_at(self.position)
        if graph is not self.inspector.graph:
            self.inspector.graph = graph
        self.inspector.selected = None if current is None else current.node

    def __repr__(self) -> str:
        return f"BackpropStepper({self.steps!r}, position={self.position})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget; for a page without a kernel the picture, and for one without pictures all steps as text."""
        found = super()._repr_mimebundle_(**kwargs)
        live, metadata = found if isinstance(found, tuple) else (found or {}, {})
        stored = {"image/svg+xml": self.steps.graph.to_svg("static", self.direction), "text/plain": str(self.steps)}
        return {**live, **stored}, metadata
