"""The magics that look into tensors, each a few lines over the function of `tensorkit.graph` that does the work.

Here: which options each has, and what it hands on. All of them take an expression of the notebook, and as cell magics
run their cell and show its last tensor. Not here: how a call is read and answered (`call.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from IPython.core.error import UsageError

from .. import graph as views
from .call import Call, inspector, magics_of, option, widget
from .lines import pair_of_names, parameters_of, start_of, variables_of


@inspector(
    option("--dot", action="store_true", help="print the graph as DOT source (needs the package graphviz)"),
    option("--right", action="store_true", help="let it flow from left to right"),
    option("--down", action="store_true", help="let it flow from top to bottom"),
    option("--limit", type=int, help="look at this many tensors at most (default: 200, or 1000 where folding helps)"),
    option(
        "--fold",
        choices=("auto", "module", "repeat", "depth", "none"),
        default="auto",
        help="how a large graph is made small: by module, by repetition, by distance from the result (default: auto)",
    ),
    option("--depth", type=int, help="how many levels of modules, or of operations, to show"),
    live=True,
)
def graph(call: Call) -> Any:
    """Show how a tensor was computed: every value, every gradient, every derivative rule."""
    options, tensor = call.options, call.value
    if options.limit is not None and options.limit < 1:
        raise UsageError(f"{call.magic}: --limit must be at least 1, but got {options.limit}")
    if options.right and options.down:
        raise UsageError(f"{call.magic}: --right and --down exclude each other")
    direction = "right" if options.right else "down" if options.down else "auto"
    fold = "depth" if options.depth is not None and options.fold == "auto" else options.fold
    by = None if fold == "none" else fold
    how = {"depth": options.depth, "calls": call.modules}
    if options.limit is None:
        graph = views.trace_folded(tensor, call.names, by, **how)
    else:
        graph = views.trace(tensor, call.names, limit=options.limit).folded(by, **how)
    if options.dot:
        print(graph.to_dot(direction).source, end="")
        return None
    return _Picture(graph, direction), partial(widget, "GraphInspector", graph, direction=direction, tensor=tensor)


@inspector()
def grads(call: Call) -> Any:
    """Show the leaves that a tensor was computed from: name, shape, value, gradient, and what .grad holds."""
    return views.leaf_table(call.value, call.names)


@inspector(
    option("--histogram", action="store_true", help="how its numbers are spread"),
    option("--slices", action="store_true", help="all matrices of a tensor of more dimensions"),
    option("--broadcast", action="store_true", help="for `a, b`: which axes broadcasting repeats"),
    option("--product", action="store_true", help="for `a, b`: which row meets which column in a @ b"),
    live=True,
)
def tensor(call: Call) -> Any:
    """Show a tensor at a glance: shape, dtype, range, mean, NaN, the state of its gradient, a heat map."""
    ways: dict[str, Callable[..., Any]] = {
        "histogram": views.histogram,
        "slices": views.slices,
        "broadcast": views.broadcast,
        "product": views.product,
    }
    chosen = [name for name in ways if getattr(call.options, name)]
    if len(chosen) > 1:
        raise UsageError(f"{call.magic}: --{chosen[0]} and --{chosen[1]} exclude each other")
    if not chosen or chosen[0] in ("histogram", "slices"):
        view = ways.get("".join(chosen), views.summarize)(call.value, call.expression)
    else:
        value = call.value
        if not isinstance(value, tuple) or len(value) != 2:
            raise TypeError("expected two tensors or shapes, as in: a, b")
        view = ways[chosen[0]](*value, pair_of_names(call.expression) or ("a", "b"))
    return view, partial(widget, "TensorView", view)


@inspector(option("--backward-only", action="store_true", help="leave the forward pass out"), live=True)
def backprop(call: Call) -> Any:
    """Show how a tensor was computed and how its gradients flow back, one operation at a time."""
    steps = views.walk(call.value, call.names, forward=not call.options.backward_only)
    return steps, partial(widget, "BackpropStepper", steps)


@inspector()
def gradcheck(call: Call) -> Any:
    """Show the gradients of a tensor beside what finite differences say they should be."""
    return views.check(call.value, call.names)


@inspector()
def why(call: Call) -> Any:
    """Show why a tensor's .grad is None, zero, more than expected or NaN: the reason, the place, what to do."""
    return views.why(call.value, call.names, name=call.expression)


@inspector(text=False)
def whatif(call: Call) -> Any:
    """Show sliders for the scalar leaves of a tensor: values and gradients follow, your variables stay."""
    found = widget("WhatIf", call.value, call.names)
    if found is None:
        raise UsageError(f"{call.magic} needs the widgets: run  %pip install anywidget")
    return found


@inspector(
    option("--start", default="", help="where to begin: a number, or two as in 2,-1 (default: 2, or 2,1)"),
    option("--lr", type=float, default=0.1, help="the learning rate (default: 0.1)"),
    option("--momentum", type=float, default=0.0, help="the momentum (default: 0)"),
    option("--steps", type=int, default=0, help="make so many steps at once (default: 0)"),
    live=True,
    wanted="a function",
    example="x**2",
)
def descend(call: Call) -> Any:
    """Walk down a function by gradient descent, step by step: `%descend x**2 --lr 0.3`, `%descend my_function`.

    An expression is one in x, or in x and y; as a cell magic it takes the function that the cell defines.
    """
    options = call.options
    variables = () if call.last else variables_of(call.expression)
    function = call.evaluate(f"lambda {', '.join(variables)}: ({call.expression}\n)") if variables else call.value
    if not callable(function):
        raise TypeError(f"expected a function, or an expression in x, but got {type(function).__name__}")
    start = start_of(options.start, len(variables) or parameters_of(function))
    settings = {"lr": options.lr, "momentum": options.momentum, "name": call.expression}
    try:
        found = views.descend(function, start, steps=options.steps, **settings)
    except Exception as error:
        if not variables:  # an error in a function of the learner's is shown with its lines
            raise
        raise call.wrong(error) from None
    return found, partial(_playground, function, start, options.steps, settings)


def _playground(function: Callable[..., Any], start: Any, steps: int, settings: dict[str, Any]) -> Any:
    """The playground, so many steps down the way."""
    playground = widget("DescentPlayground", function, start, **settings)
    if playground is not None:
        playground.run(steps)
    return playground


class _Picture:
    """A graph that shows itself in a chosen direction."""

    def __init__(self, graph: Any, direction: str) -> None:
        self.graph, self.direction = graph, direction

    def __str__(self) -> str:
        return self.graph.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.graph.to_svg(direction=self.direction), "text/plain": str(self)}


INSPECTORS = (graph, backprop, tensor, grads, why, whatif, gradcheck, descend)
InspectorMagics = magics_of("InspectorMagics", INSPECTORS, "The magics that look into tensors.")
