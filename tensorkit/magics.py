"""The IPython extension: `%load_ext tensorkit` adds `%graph`, `%grads`, `%tensor` and the course's `%check`, `%hint`,
`%solution` and `%progress`, and says nothing.

Here: options, evaluation in the notebook's namespace, errors in one line, completion, and taking it all back. What the
magics show comes from `tensorkit.graph`, or from `tensorkit_widgets` where that is installed, and from
`tensorkit.course`; everything they do can be had there without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, needs_local_scope, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from . import as_torch
from .graph import (
    Graph,
    broadcast,
    check,
    descend,
    histogram,
    leaf_table,
    names_in,
    product,
    slices,
    summarize,
    trace,
    walk,
    why,
)
from .magic_lines import ReadingMagics, pair_of_names, parameters_of, start_of, variables_of
from .tensor import Tensor

COURSE = ("check", "hint", "solution", "progress")
NAMES = ("backprop", "descend", "gradcheck", "graph", "grads", "tensor", "tensorkit", "whatif", "why", *COURSE)


@magics_class
class TensorkitMagics(ReadingMagics):
    """The magics of tensorkit; each takes an expression of the notebook, with its options before or behind it.

    `replaced` are the magics of the same names that were there before.
    """

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        table = shell.magics_manager.magics["line"]
        self.replaced = {name: table[name] for name in NAMES if name in table}

    @magic_arguments()
    @argument(
        "--static", action="store_true", help="the picture without widgets: SVG, and text for where none is shown"
    )
    @argument("--text", action="store_true", help="print the graph as text")
    @argument("--dot", action="store_true", help="print the graph as DOT source (needs the package graphviz)")
    @argument("--right", action="store_true", help="let it flow from left to right")
    @argument("--down", action="store_true", help="let it flow from top to bottom")
    @argument("--limit", type=int, default=300, help="show at most this many tensors (default: 300)")
    @argument("--help", action="store_true", help="print this text")
    @argument("expression", nargs="?", help="a tensor of the notebook, or an expression that gives one")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def graph(self, line: str, local_ns: Mapping[str, Any] | None = None) -> None:
        """Show how a tensor was computed: every value, every gradient, every derivative rule."""
        read = self._read("graph", line, local_ns)
        if read is None:
            return
        options, tensor, names, _ = read
        if options.limit < 1:
            raise UsageError(f"%graph: --limit must be at least 1, but got {options.limit}")
        if options.right and options.down:
            raise UsageError("%graph: --right and --down exclude each other")
        direction = "right" if options.right else "down" if options.down else "auto"
        graph = trace(tensor, names, limit=options.limit)
        if options.text:
            print(graph.to_text())
        elif options.dot:
            try:
                print(graph.to_dot(direction).source, end="")
            except ImportError as error:
                raise UsageError(f"%graph --dot: {error}") from None
        else:
            inspector = None if options.static else _widget("GraphInspector", graph, direction=direction, tensor=tensor)
            display(_Picture(graph, direction) if inspector is None else inspector)

    @magic_arguments()
    @argument("--text", action="store_true", help="print the table as text")
    @argument("--help", action="store_true", help="print this text")
    @argument("expression", nargs="?", help="a tensor of the notebook, or an expression that gives one")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def grads(self, line: str, local_ns: Mapping[str, Any] | None = None) -> None:
        """Show the leaves that a tensor was computed from: name, shape, value, gradient, and what .grad holds."""
        read = self._read("grads", line, local_ns)
        if read is not None:
            options, tensor, names, _ = read
            table = leaf_table(tensor, names)
            print(table) if options.text else display(table)

    @magic_arguments()
    @argument("--histogram", action="store_true", help="how its numbers are spread")
    @argument("--slices", action="store_true", help="all matrices of a tensor of more dimensions")
    @argument("--broadcast", action="store_true", help="for `a, b`: which axes broadcasting repeats")
    @argument("--product", action="store_true", help="for `a, b`: which row meets which column in a @ b")
    @argument("--text", action="store_true", help="print it as text")
    @argument("--help", action="store_true", help="print this text")
    @argument("expression", nargs="?", help="a tensor of the notebook, or an expression that gives one")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def tensor(self, line: str, local_ns: Mapping[str, Any] | None = None) -> None:
        """Show a tensor at a glance: shape, dtype, range, mean, NaN, the state of its gradient, a heat map."""
        read = self._read("tensor", line, local_ns, (Tensor, tuple))
        if read is None:
            return
        options, value, _, expression = read
        ways: dict[str, Any] = {"histogram": histogram, "slices": slices, "broadcast": broadcast, "product": product}
        chosen = [name for name in ways if getattr(options, name)]
        if len(chosen) > 1:
            raise UsageError(f"%tensor: --{chosen[0]} and --{chosen[1]} exclude each other")
        way = chosen[0] if chosen else "summary"
        try:
            if way in ("broadcast", "product"):
                names = pair_of_names(expression) or ("a", "b")
                if not isinstance(value, tuple) or len(value) != 2:
                    raise TypeError("expected two tensors or shapes, as in: a, b")
                shown = ways[way](*value, names)
            else:
                shown = ways.get(way, summarize)(value, expression)
        except (TypeError, ValueError) as error:
            raise UsageError(f"%tensor {expression}: {error}") from None
        print(shown) if options.text else display(shown)

    @magic_arguments()
    @argument("--static", action="store_true", help="all steps as a list, without widgets")
    @argument("--text", action="store_true", help="print all steps as text")
    @argument("--backward-only", action="store_true", help="leave the forward pass out")
    @argument("--help", action="store_true", help="print this text")
    @argument("expression", nargs="?", help="a tensor of the notebook, or an expression that gives one")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def backprop(self, line: str, local_ns: Mapping[str, Any] | None = None) -> None:
        """Show how a tensor was computed and how its gradients flow back, one operation at a time."""
        read = self._read("backprop", line, local_ns)
        if read is None:
            return
        options, tensor, names, _ = read
        try:
            steps = walk(tensor, names, forward=not options.backward_only)
        except ValueError as error:
            raise UsageError(f"%backprop: {error}") from None
        if options.text:
            print(steps)
        else:
            display(steps if options.static else _widget("BackpropStepper", steps) or steps)

    @magic_arguments()
    @argument("--text", action="store_true", help="print the table as text")
    @argument("--help", action="store_true", help="print this text")
    @argument("expression", nargs="?", help="a tensor of the notebook, or an expression that gives one")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def gradcheck(self, line: str, local_ns: Mapping[str, Any] | None = None) -> None:
        """Show the gradients of a tensor beside what finite differences say they should be."""
        read = self._read("gradcheck", line, local_ns)
        if read is None:
            return
        options, tensor, names, expression = read
        try:
            table = check(tensor, names)
        except ValueError as error:
            raise UsageError(f"%gradcheck {expression}: {error}") from None
        print(table) if options.text else display(table)

    @magic_arguments()
    @argument("--text", action="store_true", help="print the answer as text")
    @argument("--help", action="store_true", help="print this text")
    @argument("expression", nargs="?", help="a tensor of the notebook, or an expression that gives one")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def why(self, line: str, local_ns: Mapping[str, Any] | None = None) -> None:
        """Show why a tensor's .grad is None, zero, more than expected or NaN: the reason, the place, what to do."""
        read = self._read("why", line, local_ns)
        if read is not None:
            options, tensor, names, expression = read
            answer = why(tensor, names, name=expression)
            print(answer) if options.text else display(answer)

    @magic_arguments()
    @argument("--help", action="store_true", help="print this text")
    @argument("expression", nargs="?", help="a tensor of the notebook, or an expression that gives one")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def whatif(self, line: str, local_ns: Mapping[str, Any] | None = None) -> None:
        """Show sliders for the scalar leaves of a tensor: values and gradients follow, your variables stay."""
        read = self._read("whatif", line, local_ns)
        if read is None:
            return
        _, tensor, names, expression = read
        try:
            what_if = _widget("WhatIf", tensor, names)
        except ValueError as error:
            raise UsageError(f"%whatif {expression}: {error}") from None
        if what_if is None:
            raise UsageError("%whatif needs the widgets: run  %pip install anywidget")
        display(what_if)

    @magic_arguments()
    @argument("--start", default="", help="where to begin: a number, or two as in 2,-1 (default: 2, or 2,1)")
    @argument("--lr", type=float, default=0.1, help="the learning rate (default: 0.1)")
    @argument("--momentum", type=float, default=0.0, help="the momentum (default: 0)")
    @argument("--steps", type=int, default=0, help="make so many steps at once (default: 0)")
    @argument("--static", action="store_true", help="the picture without widgets")
    @argument("--text", action="store_true", help="print the way as text")
    @argument("--help", action="store_true", help="print this text")
    @argument("expression", nargs="?", help="a function of the notebook, or an expression in x, or in x and y")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def descend(self, line: str, local_ns: Mapping[str, Any] | None = None) -> None:
        """Walk down a function by gradient descent, step by step: `%descend x**2 --lr 0.3`, `%descend my_function`."""
        asked = self._asked("descend", line, "a function, as in: %descend x**2")
        if asked is None:
            return
        options, expression = asked
        names = {**self._shell().user_ns, **(local_ns or {})}
        variables = variables_of(expression)

        def function(*values: Tensor) -> Any:
            return self._evaluate("descend", expression, {**names, **dict(zip(("x", "y"), values, strict=False))})

        try:
            made: Any = function
            if not variables:
                made = self._evaluate("descend", expression, names)
                if not callable(made):
                    raise TypeError(f"expected a function, or an expression in x, but got {type(made).__name__}")
            start = start_of(options.start, len(variables) or parameters_of(made))
            settings = {"lr": options.lr, "momentum": options.momentum, "name": expression}
            found = descend(made, start, steps=options.steps, **settings)
            widget = None if options.static or options.text else _widget("DescentPlayground", made, start, **settings)
        except (TypeError, ValueError) as error:
            raise UsageError(f"%descend {expression}: {error}") from None
        if options.text:
            print(found)
        elif widget is None:
            display(found)
        else:
            widget.run(options.steps)
            display(widget)

    @magic_arguments()
    @argument("--as-torch", action="store_true", help="from now on `import torch` gives tensorkit in this notebook")
    @argument("--help", action="store_true", help="print this text")
    @line_magic
    def tensorkit(self, line: str) -> None:
        """Let this notebook run code that says `import torch`; `%unload_ext tensorkit` takes it back."""
        options = parse_argstring(self.tensorkit, line)
        if not options.as_torch or options.help:
            print(self.tensorkit.parser.format_help().replace("::\n\n  ", "", 1).strip())
            return
        try:
            as_torch.start()
        except ImportError as error:
            raise UsageError(f"%tensorkit --as-torch: {error}") from None

    @magic_arguments()
    @argument("exercise", nargs="?", help="the exercise's name, as it stands in the lesson")
    @argument("--help", action="store_true", help="print this text")
    @needs_local_scope
    @line_magic
    def check(self, line: str, local_ns: Mapping[str, Any] | None = None) -> None:
        """Look at your answer to an exercise: what is right, what is not yet."""
        exercise = self._exercise("check", line)
        if exercise is None:
            return
        verdict = exercise.check({**self._shell().user_ns, **(local_ns or {})})
        print(verdict.text)
        if verdict.state == "solved":
            self._remembered(lambda progress: progress.solve(exercise.name))

    @magic_arguments()
    @argument("exercise", nargs="?", help="the exercise's name, as it stands in the lesson")
    @argument("--help", action="store_true", help="print this text")
    @line_magic
    def hint(self, line: str) -> None:
        """Show the next hint for an exercise."""
        exercise = self._exercise("hint", line)
        if exercise is not None:
            self._remembered(lambda progress: print(exercise.hint(progress.see_hint(exercise.name))))

    @magic_arguments()
    @argument("exercise", nargs="?", help="the exercise's name, as it stands in the lesson")
    @argument("--help", action="store_true", help="print this text")
    @line_magic
    def solution(self, line: str) -> None:
        """Show one way to solve an exercise."""
        exercise = self._exercise("solution", line)
        if exercise is not None:
            print(f"One way to solve {exercise.name}:\n\n{exercise.solution}")

    @magic_arguments()
    @argument("--help", action="store_true", help="print this text")
    @line_magic
    def progress(self, line: str) -> None:
        """Show which exercises of which lessons are solved."""
        if parse_argstring(self.progress, line).help:
            print(self.progress.parser.format_help().replace("::\n\n  ", "", 1).strip())
        else:
            self._remembered(lambda progress: print(progress.table()))

    def _exercise(self, magic: str, line: str) -> Any:
        """The exercise that a call names, or None where it asked for help."""
        from . import course

        function = getattr(self, magic)
        options = parse_argstring(function, line)
        if options.help:
            print(function.parser.format_help().replace("::\n\n  ", "", 1).strip())
            return None
        if not options.exercise:
            raise UsageError(f"%{magic} needs the name of an exercise; %progress lists them")
        try:
            return course.find(options.exercise)
        except LookupError as error:
            raise UsageError(f"%{magic}: {error.args[0]}") from None

    def _remembered(self, act: Callable[[Any], None]) -> None:
        """Do something with the learner's progress in this folder, and say what there is to say about its file."""
        from .course import Progress

        progress = Progress()
        act(progress)
        for note in progress.notes:
            print(note)


class _Picture:
    """A graph that shows itself in a chosen direction."""

    def __init__(self, graph: Graph, direction: str) -> None:
        self.graph, self.direction = graph, direction

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.graph.to_svg(direction=self.direction), "text/plain": self.graph.to_text()}


def _widget(name: str, /, *args: Any, **options: Any) -> Any:
    """A widget of `tensorkit_widgets`, or None where that is not installed."""
    try:
        import tensorkit_widgets
    except ImportError:
        return None
    return getattr(tensorkit_widgets, name)(*args, **options)


def _completions(shell: Any, event: Any) -> list[str]:
    """What can follow one of the magics: its options, and the names of tensors or of exercises."""
    magic = event.command.lstrip("%")
    if event.symbol.startswith("-"):
        parser = getattr(TensorkitMagics, magic).parser
        return [name for action in parser._actions for name in action.option_strings]
    if magic in COURSE:
        from . import course

        return [exercise.name for exercise in course.all_exercises()]
    return sorted(names_in(shell.user_ns))


def load_ipython_extension(ip: Any) -> None:
    """Add the magics and their completion to a shell; nothing is printed."""
    magics = TensorkitMagics(ip)
    ip.register_magics(magics)
    for name in NAMES:
        ip.set_hook("complete_command", _completions, str_key=f"%{name}")


def unload_ipython_extension(ip: Any) -> None:
    """Take back everything that loading added; magics of the same names that were there before come back."""
    as_torch.stop()
    magics = ip.magics_manager.registry.pop(TensorkitMagics.__name__, None)
    table = ip.magics_manager.magics["line"]
    for name in NAMES:
        if getattr(table.get(name), "__self__", None) is magics and magics is not None:
            del table[name]
            if name in magics.replaced:
                table[name] = magics.replaced[name]
        dispatcher = ip.strdispatchers.get("complete_command")
        if dispatcher is not None:
            chain = dispatcher.strs.get(f"%{name}")
            if chain is not None:
                chain.chain = [entry for entry in chain.chain if entry[1] is not _completions]
                if not chain.chain:
                    del dispatcher.strs[f"%{name}"]
