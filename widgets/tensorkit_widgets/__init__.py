"""Widgets for notebooks: what you can look into with the mouse, the keyboard and a screen reader.

`GraphInspector` (in `inspector.py`) shows the history of a tensor, `BackpropStepper` (in `stepper.py`) walks through
it, `WhatIf` (in `what_if.py`) has sliders for its leaves; `TrainingMonitor` (in `monitor.py`) shows a training
run, `DescentPlayground` (in `playground.py`) walks down a function, `TensorView` (in `view.py`) shows a tensor.
What the inspector's panel says is put together in `details.py`, as plain data; what the browser does with it stands in
`static/graph.js` and `static/graph.css`; `page.py` joins the scripts. All of it uses public names of tensorkit only.
"""

try:
    from .inspector import GraphInspector
    from .monitor import TrainingMonitor
    from .playground import DescentPlayground
    from .stepper import BackpropStepper
    from .view import TensorView
    from .what_if import WhatIf
except ModuleNotFoundError as error:  # pragma: no cover  (a machine without the extra)
    if error.name not in ("anywidget", "ipywidgets", "traitlets"):
        raise
    raise ImportError(f"the inspectors need the package {error.name}: run  %pip install anywidget") from error

__all__ = ["BackpropStepper", "DescentPlayground", "GraphInspector", "TensorView", "TrainingMonitor", "WhatIf"]
