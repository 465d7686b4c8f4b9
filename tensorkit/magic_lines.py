"""The line behind a magic's name: options apart from the expression, and the names that a pair of expressions has.

Not here: the magics themselves (`magics.py`).
"""

from __future__ import annotations

import ast
import re

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
