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
from tensorkit.graph import Contribution, Graph, Step, Steps, walk
from tensorkit.graph.describe import label_of

from .details import line
from .inspector import GraphInspector, notebook_names

_CELL = "padding:0 1.2em 0 0;text-align:left;vertical-align:top;"
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
        first = "Press Step: the values come first, then the gradients." if current is None else current.title
        table = "" if current is None or not current.parts else self._table(current)
        self.words.value = (
            f'<div role="status" aria-live="polite" style="min-height:6em;line-height:1.5">'
            f"<strong>{escape(first)}</strong>{table}</div>"
        )
        rows = "".join(f"<div>${escape(line, quote=False)}$</div>" for line in (current.chain if current else ()))
        self.formula.value = f'<div style="min-height:3.5em;line-height:2.6;overflow-x:auto">{rows}</div>'
        graph = self.steps.graph_at(self.position)
        if graph is not self.inspector.graph:
            self.inspector.graph = graph
        self.inspector.selected = None if current is None else current.node

    def _table(self, step: Step) -> str:
        """What goes back to each operand: incoming gradient times local derivative is its contribution."""
        target = label_of(self.steps.graph.node(step.node))
        heads = ("back to", "arrives", "local derivative", "contribution", "gradient")
        head = "".join(f'<th scope="col" style="{_CELL}font-weight:normal">{each}</th>' for each in heads)
        rows = []
        for part in step.parts:
            edge = next(each for each in self.steps.graph.operands(step.node) if each.slot == part.slot)
            known = dict.fromkeys(each for each in (edge.derivative, part.local) if each)
            local = " = ".join([partial_of(target, part.name), *map(line, known or ["by the rule beside it"])])
            cells = (part.incoming, local, contribution(part), part.total)
            inner = "".join(f'<td style="{_CELL}"><code>{escape(each)}</code></td>' for each in cells)
            rows.append(f'<tr><th scope="row" style="{_CELL}"><code>{escape(part.name)}</code></th>{inner}</tr>')
        return f'<table style="border-collapse:collapse"><tr>{head}</tr>{"".join(rows)}</table>'

    def __repr__(self) -> str:
        return f"BackpropStepper({self.steps!r}, position={self.position})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget; for a page without a kernel picture and steps, and for one without pictures all steps as text."""
        found = super()._repr_mimebundle_(**kwargs)
        live, metadata = found if isinstance(found, tuple) else (found or {}, {})
        stored = {"text/html": self.steps.to_html(self.direction), "text/plain": str(self.steps)}
        return {**live, **stored}, metadata


def contribution(part: Contribution) -> str:
    """`4 · 1 = 4` for numbers, the rule for tensors; with the axes that were summed.

    >>> from tensorkit.graph import Contribution
    >>> contribution(Contribution("n0", 0, "x", "4", "-1", "-4", "-g = -4", "∂f/∂x = -4"))
    '4 · (-1) = -4'
    """
    try:
        numbers = [float(text) for text in (part.incoming, part.local or "", part.value)]
    except ValueError:
        return part.formula
    local = f"({part.local})" if numbers[1] < 0 else part.local
    summed = f", summed over axes {', '.join(map(str, part.summed))}" if part.summed else ""
    return f"{part.incoming} · {local} = {part.value}{summed}"


def partial_of(above: str, below: str) -> str:
    """`∂(x + y)/∂x` for two labels."""
    return "/".join(f"∂({each})" if " " in each or each.startswith("-") else f"∂{each}" for each in (above, below))
