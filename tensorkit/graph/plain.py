"""What a learner reads in place of the library's own helpers: `larger(g, x, y)` is `g * ((x > y) + (x == y) / 2)`.

Derivative rules call helpers for the sake of speed, of complex numbers or of odd shapes. A formula that is shown names
public operations alone: here a helper is written out, or left out where it says nothing, and `readable` refuses the
rest. Not here: where a rule's source is found and how operands get into it (`rules.py`).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

from ..ops import FUNCTIONS
from ..ops.reduce import counted
from ..ops.transpose import inverse
from ..tensor import Tensor

# Of no matter for real numbers; `spread` repeats the g of a sum, and broadcasting says as much.
SILENT = {"conjugate", "to_dtype", "spread", "unwritten"}

# A helper by its name and number of arguments, written out; a, b, c … are the arguments.
_WRITTEN_OUT = {
    ("mm", 2): "a @ b",
    ("mv", 2): "a @ b",
    ("bmm", 2): "a @ b",
    ("scaled", 2): "a * b",
    ("mul_scalar", 2): "a * b",
    ("div_scalar", 2): "a / b",
    ("tanh_backward", 2): "a * (1 - b * b)",
    ("sigmoid_backward", 2): "a * (1 - b) * b",
    ("elu_backward", 5): "where(b > 0, a * d, a * exp(b * e) * (c * d * e))",
    ("over", 2): "a / b",
    ("nothing", 1): "a * 0",
    ("zeros_like", 1): "a * 0",
    ("where", 2): "b * a",  # of a mask and the gradient
    ("where_positive", 2): "a * (b > 0)",
    ("within", 4): "a * ((b > c) & (b < d))",
    ("larger", 3): "a * ((b > c) + (b == c) / 2)",
    ("not_zero", 2): "a != 0",
    ("div_floor", 2): "floor(a / b)",
    ("per_square", 2): "1 / (a * a + b * b)",
    ("reversed_cumsum", 2): "flip(cumsum(flip(a, b), b), b)",
    ("slices_of", 3): "index_select(a, c, b)",
    ("index_select_at", 3): "index_select(a, c, b)",
    ("index_add_zeros", 4): "zeros(c).index_add(d, b, a)",
    ("scatter_diagonal", 5): "diagonal_scatter(zeros(b), a, c, d, e)",
    ("linalg_solve", 2): "linalg.solve(a, b)",
    ("pinv", 1): "linalg.pinv(a)",
    ("zeta", 2): "special.zeta(a, b)",
}
_TEMPLATES = {key: ast.parse(source, mode="eval").body for key, source in _WRITTEN_OUT.items()}

# What can be worked out where all arguments are known.
_COMPUTED: dict[str, Callable] = {
    "counted": counted,
    "inverse": inverse,
    "negated": lambda shifts: tuple(-each for each in shifts) if isinstance(shifts, tuple) else -shifts,
}
_CONSTANTS = {"PI": ast.Name("pi"), "ROOT_PI": ast.parse("sqrt(pi)", mode="eval").body}
_NAMESPACES = {"linalg", "special"}


class Word:
    """An argument that is a word of the library's, `"mean"`: text stands for a tensor in the values of a rule."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __repr__(self) -> str:
        return repr(self.word)


def constant(name: str) -> ast.expr | None:
    """How a constant of the library's own is written: `_ROOT_PI` as `sqrt(pi)`."""
    return _CONSTANTS.get(name.strip("_")) if name.startswith("_") else None


def written_out(name: str, args: list[ast.expr]) -> ast.expr | None:
    """A helper's call in plain operations; None where it has to stay a call."""
    name = name.strip("_")
    known = [arg.value for arg in args if isinstance(arg, ast.Constant)]
    if name in SILENT and args:
        return args[0]
    if name in _COMPUTED and len(known) == len(args):
        return ast.Constant(_COMPUTED[name](*known))
    if name == "share" and len(known) == 2:  # what of a loss's gradient each element gets
        shape, reduction = known
        mean = isinstance(reduction, Word) and reduction.word == "mean"
        return ast.BinOp(args[0], ast.Div(), ast.Constant(math.prod(shape))) if mean else args[0]  # type: ignore[arg-type]
    template = _TEMPLATES.get((name, len(args)))
    return None if template is None else put_in(template, dict(zip("abcde", args, strict=False)))


def put_in(expression: ast.expr, known: dict[str, ast.expr]) -> ast.expr:
    """A copy of an expression with others in place of its names."""
    return _Inline(known).visit(copy(expression))


def readable(expression: ast.expr) -> bool:
    """Does it call public operations and methods of tensors only, and hold nothing but expressions of mathematics?"""
    nothing = isinstance(expression, ast.Constant) and expression.value is None
    return not nothing and all(_is_plain(node) for node in ast.walk(expression))


def copy(node: ast.expr) -> ast.expr:
    """A deep copy: syntax trees are shared by a cache and must not be written to."""
    fields = {}
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            value = [copy(item) if isinstance(item, ast.AST) else item for item in value]  # type: ignore[arg-type]
        elif isinstance(value, ast.AST):
            value = copy(value)  # type: ignore[arg-type]
        fields[name] = value
    return type(node)(**fields)


class _Inline(ast.NodeTransformer):
    """Put expressions in place of names."""

    def __init__(self, known: dict[str, ast.expr]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy(self.known[node.id]) if node.id in self.known else node


def _is_plain(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return _is_public(node.func)
    if isinstance(node, ast.Attribute):
        return hasattr(Tensor, node.attr) or _is_public(node)
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, Word)
    if isinstance(node, ast.Name):
        return not node.id.startswith("_")
    return not isinstance(node, (ast.Starred, ast.comprehension, ast.Lambda, ast.IfExp, ast.Subscript))


def _is_public(function: Any) -> bool:
    if isinstance(function, ast.Attribute):
        owner = function.value
        return hasattr(Tensor, function.attr) or (isinstance(owner, ast.Name) and owner.id in _NAMESPACES)
    return isinstance(function, ast.Name) and (function.id in FUNCTIONS or function.id == "zeros")
