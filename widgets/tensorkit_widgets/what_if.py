"""`WhatIf`: sliders on the numbers in the leaves of a computation; values and gradients follow.

Here: the sliders and what they set in motion. The computation is done again from the tape (`tensorkit.graph.replay`) or
by the learner's own function, always on new tensors: the notebook's own stay as they are until `apply()` is called.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import traitlets

import tensorkit
from tensorkit import Tensor
from tensorkit.graph import names_in, trace
from tensorkit.graph.charts import image
from tensorkit.graph.describe import clean, headline
from tensorkit.graph.pytorch import adopt, computed, is_foreign, is_tensor, library_of, record
from tensorkit.graph.replay import Replay
from tensorkit.graph.snapshots import number

from .inspector import GraphInspector, notebook_names
from .page import STATIC

MOST = 12  # sliders


@dataclass(frozen=True)
class Entry:
    """One number that can be moved: of a leaf, called `name`, at an index; `()` in a scalar.

    `own` is the notebook's tensor: the leaf itself, or PyTorch's tensor that it stands for.
    """

    leaf: Any
    own: Any
    name: str
    index: tuple[int, ...] = ()

    @property
    def value(self) -> float:
        """What the notebook's tensor holds there now."""
        return float(self.own[self.index].item())


class SliderNames(anywidget.AnyWidget):
    """Names for a screen reader to say: ipywidgets gives the handles of its sliders none."""

    _esm = STATIC / "names.js"

    labels = traitlets.List(traitlets.Unicode(), help="the names, in the order of the sliders").tag(sync=True)


class WhatIf(ipywidgets.VBox):
    """What would come out if a leaf held another number, and what would the gradients be?

    what       a tensor, whose operations are carried out again, or a function of scalar tensors
    names      for a tensor: what to call the tensors; left out, in a notebook, it is the notebook's own variables
    direction  of the picture: "right", "down" or "auto"
    leaves     for a function: its arguments by name, a number or a scalar tensor each, or (value, lowest, highest);
               the function is called with tensors of the library that one of them is of, or that it computes with

    A leaf with few elements has a slider for each of them, `w[0, 1]`; there are twelve sliders at most. TypeError for
    anything else; ValueError for a tensor without such leaves, or whose operations can't be repeated.

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
        if is_tensor(what):
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
        make = ipywidgets.Button
        self.reset_button = make(description="Reset", tooltip="the numbers of the beginning again")
        self.apply_button = make(description="Write into the notebook", layout={"width": "auto"}, disabled=True)
        self.apply_button.tooltip = "your variables get these numbers; what was computed from them before stays"
        self.reset_button.layout.width = "auto"
        self.reset_button.on_click(lambda _: self.reset())
        self.apply_button.on_click(lambda _: self.apply())
        self.words = ipywidgets.HTML()
        self.result, named = self._run(self.values)
        self.inspector = GraphInspector(trace(self.result, named), direction=direction)
        buttons = [self.reset_button, self.apply_button] if self.entries else [self.reset_button]
        row = ipywidgets.HBox([*buttons, self.words], layout={"flex_flow": "row wrap", "align_items": "center"})
        self.slider_names = SliderNames(labels=[f"{clean(name, 24)}, slider" for name in start])
        super().__init__([*rows, self.slider_names, row, self.inspector])
        self.add_class("tk-what-if")
        self._tell()

    # What is computed

    def _from_tensor(self, tensor: Any, names: Mapping[str, Tensor]) -> dict[str, tuple[float, float, float]]:
        notebook = {name: each for name, each in names.items() if is_tensor(each)}
        self._named: dict[str, Tensor] = notebook
        origins: Mapping[int, Any] = {}
        if is_foreign(tensor):
            adopted = adopt(tensor, notebook)
            tensor, self._named, origins = adopted.tensor, adopted.names, adopted.origins
        self._replay = Replay(tensor)
        self.entries: dict[str, Entry] = {}
        self.unmoved = 0
        for count, leaf in enumerate(self._replay.leaves, 1):
            own = next((name for name, each in self._named.items() if each is leaf), f"leaf {count}")
            if not leaf.is_floating_point() or not 0 < leaf.numel() <= MOST - len(self.entries):
                self.unmoved += 1
                continue
            for index in np.ndindex(*leaf.shape):
                place = f"[{', '.join(map(str, index))}]" if index else ""
                self.entries[own + place] = Entry(leaf, origins.get(id(leaf), leaf), own, index)
        if not self.entries:
            raise ValueError(f"there is no leaf to move: sliders are for floating-point leaves of up to {MOST} numbers")
        self._run = self._run_tape
        return {name: _range(each.value) for name, each in self.entries.items()}

    def _from_function(self, function: Callable[..., Tensor], leaves: dict[str, Any]) -> dict[str, Any]:
        if not leaves:
            raise TypeError("a function needs its leaves, as in WhatIf(f, x=2.0)")
        self.function, self.entries, self.unmoved = function, {}, 0
        self._library = library_of(*leaves.values())
        self._run = self._run_function
        return {
            name: tuple(map(float, value)) if isinstance(value, tuple) else _range(float(value))
            for name, value in leaves.items()
        }

    def _run_tape(self, values: Mapping[str, float]) -> tuple[Tensor, dict[str, Tensor]]:
        moved = {each.leaf: each.name for each in self.entries.values()}
        new = {leaf: leaf.detach().clone() for leaf in moved}
        for name, entry in self.entries.items():
            new[entry.leaf][entry.index] = values[name]
        for leaf in new.values():
            leaf.requires_grad_()
        found = self._replay.tensors(new)
        result = self._replay.root_of(found)
        named = {}
        for name, each in self._named.items():
            place = id(each if each._node is None else each._node)
            named[name] = found.get(place, each) if place in found else each
        return result, {**named, **{name: new[leaf] for leaf, name in moved.items()}}

    def _run_function(self, values: Mapping[str, float]) -> tuple[Tensor, dict[str, Tensor]]:
        def run(library: Any) -> tuple[Tensor, dict[str, Tensor]]:
            leaves = {name: library.tensor(value, requires_grad=True) for name, value in values.items()}
            with library.enable_grad(), record():
                result = self.function(**leaves)
            if not is_tensor(result):
                raise TypeError(f"the function must give a tensor, but gave {type(result).__name__}")
            return result, names_in(leaves)

        return computed(self.function, run) if self._library is tensorkit else run(self._library)

    # What the learner does

    def set(self, values: Mapping[str, float] | None = None, /, **more: float) -> None:
        """Put other numbers into leaves: `set(x=5.0)`, `set({"w[0, 1]": 5.0})`; KeyError for one that is not there."""
        values = {**(values or {}), **more}
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
            self._tell(f"not possible: {type(error).__name__}: {error}")
            return
        self.values, self.result = wanted, result
        selected = self.inspector.selected
        self.inspector.graph = graph
        self.inspector.selected = selected if selected in self.inspector.details else None
        self._follow()
        self._tell()

    def reset(self) -> None:
        """The numbers of the beginning again."""
        self.set(self.first)

    def apply(self) -> None:
        """Write the numbers into the notebook's own leaves; what was computed from them before stays as it was.

        ValueError where there are none, for a function.
        """
        if not self.entries:
            raise ValueError("there are no tensors of the notebook here: the function is called with new ones")
        with library_of(*(each.own for each in self.entries.values())).no_grad():
            for name, each in self.entries.items():
                each.own[each.index] = self.values[name]
        written = ", ".join(dict.fromkeys(clean(each.name) for each in self.entries.values()))
        self._tell(f"written into {written}: run the cells that compute with it again")

    @property
    def gradients(self) -> dict[str, float | None]:
        """The gradient of the result with respect to each number that has a slider; None where it is unknown."""
        found = {
            name: node.gradient.array
            for node in self.inspector.graph.leaves
            for name in (node.name, *node.aliases)
            if name and node.gradient is not None
        }
        out: dict[str, float | None] = {}
        for name in self.values:
            of, index = (self.entries[name].name, self.entries[name].index) if self.entries else (name, ())
            array = found.get(of)
            out[name] = None if array is None else float(np.asarray(array)[index])
        return out

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
        more = f"; {self.unmoved} other {'leaf has' if self.unmoved == 1 else 'leaves have'} no slider"
        return f"{given} give {result}; {slopes}{more if self.unmoved else ''}"

    def _slid(self, name: str, change: Any) -> None:
        # A slider's page rounds a typed number to whole steps and sends it back: that is no move of the learner's.
        rounded = (
            change["owner"] is self.sliders[name] and abs(change["new"] - self.values[name]) < 0.51 * self.steps[name]
        )
        if not self._moving and not rounded and math.isfinite(change["new"]):
            self.set({name: float(f"{change['new']:.12g}")})  # a page counts 6.3 as 6.300000000000001

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

    def _tell(self, note: str = "") -> None:
        """Say the numbers, or a note in their place; and let the button show whether there is something to write."""
        words = clean(note, 200) if note else self.said
        self.words.value = f'<div role="status" aria-live="polite" style="margin-left:8px">{escape(words)}</div>'
        self.apply_button.disabled = all(_close(self.values[name], each.value) for name, each in self.entries.items())

    def __repr__(self) -> str:
        return f"WhatIf({self.said})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget; for a page without a kernel numbers and picture, and for one without pictures the text."""
        found = super()._repr_mimebundle_(**kwargs)
        live, metadata = found if isinstance(found, tuple) else (found or {}, {})
        graph = self.inspector.graph
        picture = image(graph.to_svg(direction=self.direction), headline(graph))
        html = f"<p>What if: {escape(self.said)}</p><div>{picture}</div>"
        return {**live, "text/html": html, "text/plain": f"What if: {self.said}\n{graph.to_text()}"}, metadata


def _range(value: float) -> tuple[float, float, float]:
    """The value and how far its slider goes."""
    reach = 2 * max(1.0, abs(value))
    return value, value - reach, value + reach


def _step(width: float) -> float:
    """A power of ten that cuts the width into some hundred steps."""
    return 10.0 ** math.floor(math.log10(width / 50)) if width > 0 else 0.01


def _close(a: float, b: float) -> bool:
    """The same number, but for what a leaf's dtype rounds away."""
    return math.isclose(a, b, rel_tol=1e-6) or (math.isnan(a) and math.isnan(b))
