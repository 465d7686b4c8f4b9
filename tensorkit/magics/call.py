"""How an inspector becomes a magic: `%name expression`, and `%%name` over a cell.

Here: `inspector`, which makes a line and cell magic of a function, and the `Call` that the function is given. Options,
evaluation, what is displayed or printed and how a wrong call is told are written once, here. Not here: the inspectors
(`inspectors.py`), the text of a line (`lines.py`), how a cell is run (`cells.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from ..graph import ModuleCall, module_calls, names_in, record
from ..graph.pytorch import is_tensor
from .cells import LastValue, UnreadableCell, run_cell
from .lines import split_options

Live = Callable[[], Any]  # makes a widget; None where the widgets are not installed
Shown = Any  # displays itself as HTML or SVG, and prints as text; with a Live behind it where there is a widget


@dataclass(frozen=True)
class Call:
    """One call of a magic: its options, its expression, and the namespace in which that has a value.

    `last` are the values of the cell that it stands over, the last first, and `modules` the calls of modules that the
    cell made; both are empty for a line.
    """

    magic: str
    shell: Any
    options: Any
    expression: str
    local_ns: Mapping[str, Any]
    last: tuple[LastValue, ...] = ()
    modules: tuple[ModuleCall, ...] = ()

    @property
    def names(self) -> dict[str, Any]:
        """The tensors that can be named where the call stands."""
        return names_in({**self.shell.user_ns, **self.local_ns})

    @property
    def value(self) -> Any:
        """What the expression gives, or the cell's last value. UsageError where it gives an error."""
        if not self.expression or self.last and self.expression == self.last[0].expression:
            return self.last[0].value
        return self.evaluate(self.expression)

    def evaluate(self, expression: str) -> Any:
        """An expression's value by the shell's own evaluation, which in a function sees the function's names too."""
        shell = self.shell
        own = shell.user_ns, shell.user_module
        if self.local_ns and self.local_ns is not shell.user_ns:
            # Lambdas and comprehensions look names up in a module: one of their own, with all that is seen here.
            shell.user_module = ModuleType(shell.user_module.__name__)
            shell.user_ns = vars(shell.user_module)
            shell.user_ns.update({**own[0], **self.local_ns})
        try:
            return shell.ev(expression)
        except Exception as error:
            raise self.wrong(error) from None
        finally:
            shell.user_ns, shell.user_module = own

    def wrong(self, error: Exception) -> UsageError:
        """An error as one line that begins with the call."""
        text = " ".join(str(error).split()) or type(error).__name__
        return UsageError(f"{self.magic} {self.expression}: {text}")


def option(*names: str, **settings: Any) -> Any:
    """An option of a magic, as `argparse` has it."""
    return argument(*names, **settings)


@dataclass(frozen=True)
class Inspector:
    """A function from a `Call` to what is shown, or to that and a maker of its widget; and what its magic is like.

    live     there is a widget, so there is `--static`
    text     it can be printed, so there is `--text`
    wanted, example  for the message of a call without an expression

    TypeError, ValueError and ImportError of the function are told in one line, as errors of the call.
    """

    show: Callable[[Call], Shown]
    options: tuple[Any, ...] = ()
    live: bool = False
    text: bool = True
    wanted: str = "a tensor"
    example: str = "loss"

    @property
    def name(self) -> str:
        """What the magic is called: as the function."""
        return self.show.__name__

    def method(self) -> Any:
        """The line and cell magic, as IPython wants it in a class of magics."""

        def magic(magics: Any, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None) -> None:
            __tracebackhide__ = True
            call = read(magics, self, line, cell, local_ns)
            if call is not None:
                answer(call, self.show)

        magic.__name__, magic.__doc__ = self.name, self.show.__doc__
        made = line_cell_magic(needs_local_scope(no_var_expand(magic)))
        common = [
            *self.options,
            *([option("--static", action="store_true", help="without widgets, as it is stored")] if self.live else []),
            *([option("--text", action="store_true", help="print it as text")] if self.text else []),
            option("--help", action="store_true", help="print this text"),
            option("expression", nargs="?", help=f"{self.wanted} of the notebook, or an expression that gives one"),
        ]
        for each in reversed(common):
            made = each(made)
        return magic_arguments()(made)


def inspector(*options: Any, **more: Any) -> Callable[[Callable[[Call], Shown]], Inspector]:
    """Make an `Inspector` of a function, with these options."""
    return lambda show: Inspector(show, options, **more)


def magics_of(name: str, inspectors: Sequence[Inspector], doc: str) -> type[Magics]:
    """The class of magics that IPython registers."""
    methods = {each.name: each.method() for each in inspectors}
    return magics_class(type(name, (Magics,), {"__doc__": doc, "__module__": __name__, **methods}))


def read(
    magics: Any, inspector: Inspector, line: str, cell: str | None, local_ns: Mapping[str, Any] | None
) -> Call | None:
    """The call that a line, or a line over a cell, is; None where it asked for help. UsageError if it is wrong.

    The cell is run here, after the line has been read: a wrong option runs nothing.
    """
    __tracebackhide__ = True
    name, wanted = inspector.name, inspector.wanted
    function = getattr(magics, name)
    words, expression = split_options(function.parser, line)
    options = parse_argstring(function, " ".join(words))
    if options.help:
        print_help(function)
        return None
    magic = f"%{name}" if cell is None else f"%%{name}"
    last: tuple[LastValue, ...] = ()
    modules: list[ModuleCall] = []
    if cell is not None:
        try:
            with record(), module_calls(magics.shell.user_ns) as modules:
                last = tuple(run_cell(magics.shell, cell))
        except UnreadableCell as error:
            raise UsageError(f"{magic}: {error}") from None
        if not expression:
            last = _telling(last, wanted)
            expression = last[0].expression if last else ""
    if not expression:
        raise UsageError(f"{magic} needs {wanted}, as in: %{name} {inspector.example}    (%{name} --help says more)")
    return Call(magic, magics.shell, options, expression, local_ns or {}, last, tuple(modules))


def print_help(function: Any) -> None:
    """A magic's purpose and options."""
    print(function.parser.format_help().replace("::\n\n  ", "", 1).strip())


def _telling(values: tuple[LastValue, ...], wanted: str) -> tuple[LastValue, ...]:
    """The values from the first on that is what a magic wants; the first of all where none is."""
    fits = callable if wanted.startswith("a function") else is_tensor
    return next((values[place:] for place, each in enumerate(values) if fits(each.value)), values)


def answer(call: Call, show: Callable[[Call], Shown]) -> None:
    """Display or print what a call asks for."""
    __tracebackhide__ = True
    try:
        found = show(call)
        found, live = found if isinstance(found, tuple) else (found, None)
        plain = getattr(call.options, "text", False)
        widget = None if live is None or plain or getattr(call.options, "static", False) else live()
    except (TypeError, ValueError, ImportError) as error:
        raise call.wrong(error) from None
    if plain:
        print(found)
    elif widget is not None or found is not None:
        display(found if widget is None else widget)


def widget(name: str, /, *args: Any, **options: Any) -> Any:
    """A widget of `tensorkit_widgets`, or None where that is not installed."""
    try:
        import tensorkit_widgets
    except ImportError:
        return None
    return getattr(tensorkit_widgets, name)(*args, **options)
