"""`WhatIf`: sliders on the scalar leaves of a computation; values and gradients follow.

Here: the sliders and what they set in motion. The computation is done again from the tape (`tensorkit.graph.replay`) or
by the learner's own function, always on new tensors: the notebook's own stay as they are until `apply()` is called.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any

import ipywidgets

import tensorkit
from tensorkit import Tensor
from tensorkit.graph import names_in, trace
from tensorkit.graph.describe import clean
from tensorkit.graph.replay import Replay
from tensorkit.graph.snapshots import number

from .inspector import GraphInspector, notebook_names

MOST = 12  # sliders


class WhatIf(ipywidgets.VBox):
    """What would come out if a leaf had another value, and what would the gradients be?

    what       a tensor, whose operations are carried out again, or a function of scalar tensors
    names      for a tensor: what to call the tensors; left out, in a notebook, it is the notebook's own variables
    direction  of the picture: "right", "down" or "auto"
    leaves     for a function: its arguments by name, a number or a scalar tensor each, or (value, lowest, highest)

    TypeError for anything else; ValueError for a tensor without scalar leaves, or whose operations can't be repeated.

    >>> from tensorkit_widgets import WhatIf
    >>> what_if = WhatIf(lambda x, y: x * y, x=4.0, y=-3.0)
    >>> what_if.set(x=5.0)
    >>> what_if.result.item(), what_if.gradients
    (-15.0, {'x': -3.0, 'y': 5.0})
    """

    def __init__(
        self,
        what: Tensor | Callable[..., Tensor],
        names: Mapping[str, Tensor] | None = None,
        *,
        direction: str = "auto",
        **leaves: Any,
    ) -> None:
        if isinstance(what, Tensor):
            if leaves:
                raise TypeError("leaves are found on the tape of a tensor: give them for a function only")
            start = self._from_tensor(what, notebook_names() if names is None else names)
        elif callable(what):
            start = self._from_function(what, leaves)
        else:
            raise TypeError(f"expected a tensor or a function, but got {type(what).__name__}")
        self.first = {name: value for name, (value, _, _) in start.items()}
        self.values = dict(self.first)
        self.direction = direction
        self._moving = False
        self.sliders, self.fields, self.steps = {}, {}, {}
        rows = []
        for name, (value, low, high) in start.items():
            label, step = clean(name, 24), _step(high - low)
            field = ipywidgets.FloatText(value=value, description=label, step=step, layout={"width": "180px"})
            slider = ipywidgets.FloatSlider(value=value, min=low, max=high, step=step, readout=False)
            slider.layout.width = "320px"
            for control in (field, slider):
                control.observe(partial(self._slid, name), "value")
            self.fields[name], self.sliders[name], self.steps[name] = field, slider, step
            rows.append(ipywidgets.HBox([field, slider]))
        self.reset_button = ipywidgets.Button(description="Reset", tooltip="the values of the notebook again")
        self.reset_button.on_click(lambda _: self.reset())
        self.words = ipywidgets.HTML()
        self.result, named = self._run(self.values)
        self.inspector = GraphInspector(trace(self.result, named), direction=direction)
        super().__init__([*rows, ipywidgets.HBox([self.reset_button, self.words]), self.inspector])
        self._tell()

    # What is computed

    def _from_tensor(self, tensor: Tensor, names: Mapping[str, Tensor]) -> dict[str, tuple[float, float, float]]:
        self._replay = Replay(tensor)
        self._named = {name: each for name, each in names.items() if isinstance(each, Tensor)}
        self.leaves: dict[str, Tensor] = {}
        for count, leaf in enumerate(self._replay.leaves, 1):
            if leaf.ndim == 0 and leaf.is_floating_point() and len(self.leaves) < MOST:
                own = next((name for name, each in self._named.items() if each is leaf), f"leaf {count}")
                self.leaves[own] = leaf
        if not self.leaves:
            raise ValueError("there is no scalar leaf to move: sliders are for tensors of one number")
        self._run = self._run_tape
        return {name: _range(leaf.item()) for name, leaf in self.leaves.items()}

    def _from_function(self, function: Callable[..., Tensor], leaves: dict[str, Any]) -> dict[str, Any]:
        if not leaves:
            raise TypeError("a function needs its leaves, as in WhatIf(f, x=2.0)")
        self.function, self.leaves = function, {}
        self._run = self._run_function
        return {
            name: tuple(map(float, value)) if isinstance(value, tuple) else _range(float(value))
            for name, value in leaves.items()
        }

    def _run_tape(self, values: Mapping[str, float]) -> tuple[Tensor, dict[str, Tensor]]:
        new = {
            leaf: tensorkit.full((), values[name], dtype=leaf.dtype, requires_grad=True)
            for name, leaf in self.leaves.items()
        }
        found = self._replay.tensors(new)
        result = self._replay.root_of(found)
        named = {}
        for name, each in self._named.items():
            place = id(each if each._node is None else each._node)
            named[name] = found.get(place, each) if place in found else each
        return result, {**named, **{name: new[leaf] for name, leaf in self.leaves.items()}}

    def _run_function(self, values: Mapping[str, float]) -> tuple[Tensor, dict[str, Tensor]]:
        leaves = {name: tensorkit.full((), value, requires_grad=True) for name, value in values.items()}
        with tensorkit.enable_grad():
            result = self.function(**leaves)
        if not isinstance(result, Tensor):
            raise TypeError(f"the function must give a tensor, but gave {type(result).__name__}")
        return result, names_in(leaves)

    # What the learner does

    def set(self, **values: float) -> None:
        """Put other numbers into leaves; KeyError for a leaf that is not there."""
        for name in values:
            if name not in self.values:
                raise KeyError(f"there is no leaf {name!r}; there are {', '.join(self.values)}")
        wanted = {**self.values, **{name: float(value) for name, value in values.items()}}
        if wanted == self.values:
            return
        try:
            result, named = self._run(wanted)
            graph = trace(result, named)
        except Exception as error:  # of the learner's function, or a number that an operation can't take
            self._tell(f"{type(error).__name__}: {error}")
            return
        self.values, self.result = wanted, result
        selected = self.inspector.selected
        self.inspector.graph = graph
        self.inspector.selected = selected if selected in self.inspector.details else None
        self._follow()
        self._tell()

    def reset(self) -> None:
        """The numbers of the beginning again."""
        self.set(**self.first)

    def apply(self) -> None:
        """Write the numbers into the notebook's own leaves; what was computed from them before stays as it was.

        ValueError where there are none, for a function.
        """
        if not self.leaves:
            raise ValueError("there are no tensors of the notebook here: the function is called with new ones")
        with tensorkit.no_grad():
            for name, leaf in self.leaves.items():
                leaf.fill_(self.values[name])

    @property
    def gradients(self) -> dict[str, float | None]:
        """The gradient of the result with respect to each leaf; None where it is unknown."""
        found: dict[str, float | None] = {}
        for node in self.inspector.graph.leaves:
            for name in (node.name, *node.aliases):
                if name in self.values:
                    found[name] = None if node.gradient is None else node.gradient.mean
        return {name: found.get(name) for name in self.values}

    @property
    def said(self) -> str:
        """The numbers in one line: `x = 5, y = -3 give -15`."""
        given = ", ".join(f"{clean(name)} = {number(value)}" for name, value in self.values.items())
        shown = self.inspector.graph.node(self.inspector.graph.root).value
        result = number(shown.mean) if shown is not None and shown.mean is not None and not shown.shape else "a result"
        slopes = ", ".join(
            f"∂/∂{clean(name)} = {'unknown' if slope is None else number(slope)}"
            for name, slope in self.gradients.items()
        )
        return f"{given} give {result}; {slopes}"

    def _slid(self, name: str, change: Any) -> None:
        # A slider's page rounds a typed number to whole steps and sends it back: that is no move of the learner's.
        rounded = (
            change["owner"] is self.sliders[name] and abs(change["new"] - self.values[name]) < 0.51 * self.steps[name]
        )
        if not self._moving and not rounded and math.isfinite(change["new"]):
            self.set(**{name: change["new"]})

    def _follow(self) -> None:
        """Let sliders and fields show the numbers."""
        self._moving = True
        try:
            for name, value in self.values.items():
                self.fields[name].value = value
                slider = self.sliders[name]
                slider.min, slider.max = min(slider.min, value), max(slider.max, value)
                slider.value = value
        finally:
            self._moving = False

    def _tell(self, problem: str = "") -> None:
        words = f"not possible: {clean(problem, 200)}" if problem else self.said
        self.words.value = f'<div role="status" aria-live="polite" style="margin-left:8px">{escape(words)}</div>'

    def __repr__(self) -> str:
        return f"WhatIf({self.said})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget; for a page without a kernel the picture, and for one without pictures the text."""
        found = super()._repr_mimebundle_(**kwargs)
        live, metadata = found if isinstance(found, tuple) else (found or {}, {})
        graph = self.inspector.graph
        text = f"What if: {self.said}\n{graph.to_text()}"
        return {**live, "image/svg+xml": graph.to_svg("static", self.direction), "text/plain": text}, metadata


def _range(value: float) -> tuple[float, float, float]:
    """The value and how far its slider goes."""
    reach = 2 * max(1.0, abs(value))
    return value, value - reach, value + reach


def _step(width: float) -> float:
    """A power of ten that cuts the width into some hundred steps."""
    return 10.0 ** math.floor(math.log10(width / 50)) if width > 0 else 0.01
