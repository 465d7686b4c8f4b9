"""What a cell magic does with its cell: run it once, as the notebook would, and find what is to be shown.

Here: `run_cell` and the `LastValue` that it leaves. The cell's last expression is not displayed: the magic shows it.
Not here: what a magic makes of the value (`call.py`).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

_KEPT = "_tensorkit_last"  # holds the last expression's value while the cell runs


@dataclass(frozen=True)
class LastValue:
    """A value of a cell and how the cell writes it."""

    value: Any
    expression: str


class UnreadableCell(ValueError):
    """The cell is not Python; the message says where."""


class _Keeper(ast.NodeTransformer):
    """Lets the last expression of the first piece of code that comes along be kept instead of displayed.

    `expression` is its source, None where the last statement is none; `names` are the names that the cell binds at its
    top level, the last one first.
    """

    def __init__(self) -> None:
        self.expression: str | None = None
        self.names: list[str] | None = None

    def visit_Module(self, module: ast.Module) -> ast.Module:
        """Look at a cell; those that it runs itself stay as they are."""
        if self.names is not None:
            return module
        self.names = list(dict.fromkeys(name for each in reversed(module.body) for name in _bound(each)))
        last = module.body[-1] if module.body else None
        if isinstance(last, ast.Expr):
            self.expression = ast.unparse(last.value)
            kept = ast.Assign([ast.Name(_KEPT, ast.Store())], last.value)
            module.body[-1] = ast.fix_missing_locations(ast.copy_location(kept, last))
        return module


def run_cell(shell: Any, source: str) -> list[LastValue]:
    """Run a cell in the notebook's namespace; its values, the last first: that of its last expression, then its names.

    Whatever the cell raises is raised, and shown by the notebook once; UnreadableCell where it isn't Python.
    """
    __tracebackhide__ = True  # a learner's traceback is about the learner's code
    try:
        ast.parse(shell.transform_cell(source))
    except SyntaxError as error:
        raise UnreadableCell(f"{error.msg} in line {error.lineno} of the cell") from None
    keeper = _Keeper()
    shell.ast_transformers.append(keeper)
    quiet = dict.fromkeys(("showtraceback", "showsyntaxerror", "showindentationerror"), _say_nothing)
    vars(shell).update(quiet)
    try:
        result = shell.run_cell(source)
    finally:
        for name in quiet:
            del vars(shell)[name]
        shell.ast_transformers.remove(keeper)
        last = shell.user_ns.pop(_KEPT, None)
    result.raise_error()
    found = [] if keeper.expression is None else [LastValue(last, keeper.expression)]
    return found + [LastValue(shell.user_ns[name], name) for name in keeper.names or () if name in shell.user_ns]


def _bound(statement: ast.stmt) -> list[str]:
    """The names that a statement binds, in the order in which a reader would point at them."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [name.id for target in statement.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    if isinstance(statement, (ast.AnnAssign, ast.AugAssign)) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    inner = [each for field in ("body", "orelse", "finalbody") for each in getattr(statement, field, ())]
    return [name for each in reversed(inner) for name in _bound(each)]


def _say_nothing(*_: Any, **__: Any) -> None:
    """Stands in for the shell's own words about an error, which it says once the error has left the magic."""
