"""The line behind a magic's name: options apart from the expression, and what an expression says about itself.

Here: functions from text to text and numbers, without a shell. Not here: what a call is (`call.py`), the magics
themselves (`inspectors.py`, `exercises.py`, `about.py`).
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from typing import Any

from IPython.core.magic_arguments import MagicArgumentParser

_OPTION_BEHIND = re.compile(r"(?:^|\s)(--[a-z][a-z-]*)(?:=(\S*)|\s+(?!--)(\S+))?\s*$")
_OPTION_IN_FRONT = re.compile(r"\s*(--[a-z][a-z-]*)(?:=(\S*)|\s+(?!--)(\S+))?(?=\s|$)")


def split_options(parser: MagicArgumentParser, line: str) -> tuple[list[str], str]:
    """The options before and behind an expression, as words, and the expression as it was written.

    The expression is not taken apart: quotes, brackets and blanks in it stay.

    >>> parser = MagicArgumentParser()
    >>> _ = parser.add_argument("--static", action="store_true"), parser.add_argument("--limit", type=int)
    >>> split_options(parser, '--static w["a b"] - 1  --limit 20')
    (['--static', '--limit=20'], 'w["a b"] - 1')
    """
    takes_value = {
        name
        for action in parser._actions
        for name in action.option_strings
        if action.nargs is None and not action.const
    }
    front: list[str] = []
    behind: list[str] = []

    def word(name: str, joined: str | None, following: str | None) -> str:
        value = joined if joined is not None else following
        return name if value is None else f"{name}={value}"

    while match := _OPTION_IN_FRONT.match(line):
        name, joined, following = match.groups()
        end = match.end()
        if following is not None and name not in takes_value:
            end, following = match.start(3), None
        front.append(word(name, joined, following))
        line = line[end:]
    while match := _OPTION_BEHIND.search(line):
        name, joined, following = match.groups()
        if following is not None and name not in takes_value:
            break
        behind.insert(0, word(name, joined, following))
        line = line[: match.start()]
    return front + behind, line.strip()


def pair_of_names(expression: str) -> tuple[str, str] | None:
    """The sources of the two operands in `a, b`; None where the expression is written in another way.

    >>> pair_of_names("w[0], (x + 1).T")
    ('w[0]', '(x + 1).T')
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(tree, ast.Tuple) or len(tree.elts) != 2:
        return None
    first, second = (ast.get_source_segment(expression.strip(), part) or ast.unparse(part) for part in tree.elts)
    return first, second


def variables_of(expression: str) -> tuple[str, ...]:
    """Which of x and y an expression is about; nothing where it is a name, a lambda, or no expression.

    >>> variables_of("x**2 + a"), variables_of("(x - 1)**2 * y"), variables_of("my_function")
    (('x',), ('x', 'y'), ())
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError:
        return ()  # its evaluation says what is wrong
    if isinstance(tree, ast.Lambda):
        return ()
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return ("x", "y") if "y" in names else ("x",) if "x" in names else ()


def parameters_of(function: Callable[..., Any]) -> int:
    """How many numbers a function wants: 2 where it cannot be called with one, else 1.

    >>> parameters_of(lambda x, y: x), parameters_of(lambda x, scale=2: x)
    (2, 1)
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [each for each in parameters if each.kind in kinds and each.default is each.empty]
    return 2 if len(needed) == 2 else 1


def start_of(text: str, variables: int) -> tuple[float, ...]:
    """The starting point that `2` or `2,-1` means; 2 or (2, 1) where nothing is said. ValueError for other text.

    >>> start_of("2,-1", 2), start_of("", 1)
    ((2.0, -1.0), (2.0,))
    """
    if not text:
        return (2.0, 1.0)[:variables]
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"--start wants a number, or two as in 2,-1, but got {text}") from None
    if len(found) < variables:
        raise ValueError(f"--start wants {variables} numbers, as in 2,-1, but got {text}")
    return found
