"""Derivative rules as text, read from the source that computes with them.

An operation states its derivatives as small functions, `lambda g, y: g * y`. Here such a function is found again in its
file (by the positions its byte code knows), its expression is taken out with the operands' names or numbers put in, and
where it is a multiple of `g`, the local derivative is split off: `g * (3 * x ** 2)` gives `3 * x ** 2`.

Nothing is executed: branches are chosen by looking (`isinstance(y, Tensor)`, `y == 0` for a known number y). A rule
whose source can't be found or doesn't come down to one expression of public operations (`plain.py` knows which helpers
can be written out) has no text, and the graph goes without.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

from .plain import constant, copy, put_in, readable, written_out

Values = Mapping[str, Any]  # text stands for a tensor, anything else for itself
LONGEST = 70  # characters: what is longer explains nothing

_COMPARE = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}


def rule_expression(rule: Callable, values: Values | None = None) -> ast.expr | None:
    """The expression that a rule returns, with `values` in place of its parameters' names.

    A value is an argument, which can decide a branch, or text, which stands for a tensor. None where there is no
    source, no single expression, or none that a reader would thank for.

    >>> text(rule_expression(lambda g, y: g * y, {"y": "z"}))
    'g * z'
    """
    code = getattr(rule, "__code__", None)
    found = _definition(code) if code is not None else None
    if found is None:
        return None
    values = values or {}
    expression = found.body if isinstance(found, ast.Lambda) else _returned(found.body, values)
    if expression is None:
        return None
    tidy = _Tidy(values, _enclosed(rule)).visit(copy(expression))
    return tidy if readable(tidy) and len(ast.unparse(tidy)) <= LONGEST else None


def local_derivative(expression: ast.expr | None) -> ast.expr | None:
    """What multiplies `g` in a rule's expression; None where the rule is no multiple of g.

    >>> text(local_derivative(rule_expression(lambda g, x, y: -g * x / y)))
    '-x / y'
    """
    if expression is None or not _has_g(expression):
        return None
    split = _without_g(copy(expression))
    return None if split is None else _Tidy({}).visit(split)


def text(expression: ast.expr | None) -> str | None:
    """An expression as source text."""
    if isinstance(expression, ast.Constant) and isinstance(expression.value, _Label):
        return expression.value.text  # alone it needs no brackets
    return None if expression is None else ast.unparse(expression)


def atom(label: str) -> str:
    """A label that can stand inside an expression: in brackets unless it is one word or one call."""
    if label.replace(".", "").replace("_", "").isalnum() or (label[-1:] in ")]" and _is_call(label)):
        return label
    return f"({label})"


class _Label:
    """A tensor's label as a constant of the syntax tree, so that a variable called g isn't taken for the gradient."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return atom(self.text)


@lru_cache(maxsize=2048)
def _definition(code: CodeType) -> ast.Lambda | ast.FunctionDef | None:
    tree = _parsed(code.co_filename)
    if tree is None:
        return None
    named = [found for found in tree.get((code.co_firstlineno, code.co_name), ())]
    if len(named) > 1:  # several lambdas that start on one line
        spots = [spot for spot in code.co_positions() if None not in spot and spot[2:] != (0, 0)]
        first = min((line, column) for line, _, column, _ in spots)
        last = max((line, column) for _, line, _, column in spots)
        named = [
            found
            for found in named
            if isinstance(found, ast.Lambda)
            and (found.body.lineno, found.body.col_offset) <= first
            and last <= (found.body.end_lineno or 0, found.body.end_col_offset or 0)
        ]
    return named[0] if len(named) == 1 else None


@lru_cache(maxsize=64)
def _parsed(filename: str) -> dict[tuple[int, str], list[ast.Lambda | ast.FunctionDef]] | None:
    source = "".join(linecache.getlines(filename))
    if not source:
        return None
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    found: dict[tuple[int, str], list[ast.Lambda | ast.FunctionDef]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            found.setdefault((node.lineno, "<lambda>"), []).append(node)
        elif isinstance(node, ast.FunctionDef):
            line = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.setdefault((line, node.name), []).append(node)
    return found


def _returned(body: list[ast.stmt], values: Values, known: dict[str, ast.expr] | None = None) -> ast.expr | None:
    """The expression that a function body comes down to, as far as that can be seen without running it."""
    known = known or {}
    for statement in body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # the docstring
        if isinstance(statement, ast.Return) and statement.value is not None:
            return put_in(statement.value, known)
        if isinstance(statement, ast.If):
            truth = _truth(statement.test, values)
            if truth is None:
                return None
            taken = _returned(statement.body if truth else statement.orelse, values, known)
            if taken is not None:
                return taken
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            known = {**known, statement.targets[0].id: put_in(statement.value, known)}
        else:
            return None
    return None


def _truth(test: ast.expr, values: Values) -> bool | None:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _truth(test.operand, values)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        parts = [_truth(part, values) for part in test.values]
        decisive = isinstance(test.op, ast.Or)
        return decisive if decisive in parts else None if None in parts else not decisive
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "isinstance":
        first = test.args[0]
        return isinstance(values[first.id], str) if isinstance(first, ast.Name) and first.id in values else None
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.Is, ast.IsNot)):
        side = test.left
        if isinstance(side, ast.Name) and side.id in values:
            return (values[side.id] is None) == isinstance(test.ops[0], ast.Is)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _COMPARE:
        left, right = (_number(side, values) for side in (test.left, test.comparators[0]))
        if left is not None and right is not None:
            return bool(_COMPARE[type(test.ops[0])](left, right))
    return None


def _number(expression: ast.expr, values: Values) -> float | int | None:
    value = None
    if isinstance(expression, ast.Constant):
        value = expression.value
    elif isinstance(expression, ast.Name):
        value = values.get(expression.id)
    return value if isinstance(value, (int, float)) else None


class _Tidy(ast.NodeTransformer):
    """Put values in place of names, write out the library's helpers, and leave out what is of no interest for reals.

    `enclosed` are the functions that a rule made by another function holds by name, `dx` of a loss.
    """

    def __init__(self, values: Values, enclosed: Mapping[str, Callable] | None = None) -> None:
        self.values, self.enclosed = values, enclosed or {}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.values:
            return constant(node.id) or node
        value = self.values[node.id]
        if hasattr(value, "item"):
            value = value.item()  # NumPy's numbers name their class
        return ast.Constant(_Label(value) if isinstance(value, str) else value)  # type: ignore[arg-type]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "to":
            return node.func.value  # a change of type
        if isinstance(node.func, ast.Subscript) and isinstance(node.func.slice, ast.Constant):
            node.func = ast.Name(str(node.func.slice.value))  # a function looked up by name in a table
        if not isinstance(node.func, ast.Name):
            return node
        name, args = node.func.id, node.args
        if name in self.enclosed:
            return self._called(self.enclosed[name], args)
        plain = written_out(name, args)
        if plain is not None:
            return plain if plain in args else _Tidy({}).visit(plain)
        while args and isinstance(args[-1], ast.Constant) and (args[-1].value is None or args[-1].value is False):
            args = args[:-1]
        return ast.Call(ast.Name(name.strip("_")), args, node.keywords)

    def _called(self, function: Callable, args: list[ast.expr]) -> ast.expr:
        """A call of an enclosed function: of a public operation by its name, else what it comes down to."""
        inner = rule_expression(function)
        code = getattr(function, "__code__", None)
        if inner is None or code is None:
            return ast.Call(ast.Name(getattr(function, "__name__", "_")), args, [])
        return _Tidy({}).visit(put_in(inner, dict(zip(code.co_varnames, args, strict=False))))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "math":
            return ast.Name(node.attr)
        return ast.Attribute(node.value, "T") if node.attr == "mT" else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        truth = _truth(node.test, self.values)
        if truth is None:
            return self.generic_visit(node)  # type: ignore[return-value]
        return self.visit(node.body if truth else node.orelse)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.USub) and _is_number(node.operand):
            return ast.Constant(-node.operand.value)  # type: ignore[attr-defined]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        left, right = node.left, node.right
        if _is_number(left) and _is_number(right) and isinstance(node.op, (ast.Add, ast.Sub)):
            a, b = left.value, right.value  # type: ignore[attr-defined]
            return ast.Constant(a + b if isinstance(node.op, ast.Add) else a - b)
        if isinstance(node.op, (ast.Pow, ast.Div, ast.Mult)) and _is_number(right) and right.value == 1:  # type: ignore[attr-defined]
            return left
        if isinstance(node.op, ast.Mult) and _is_number(left) and left.value == 1:  # type: ignore[attr-defined]
            return right
        if isinstance(node.op, ast.Pow) and _is_number(right) and right.value == 0:  # type: ignore[attr-defined]
            return ast.Constant(1)
        if isinstance(node.op, ast.Mult) and isinstance(right, ast.BinOp) and isinstance(right.op, ast.Div):
            one = _is_number(right.left) and right.left.value == 1  # type: ignore[attr-defined]
            return ast.BinOp(left, ast.Div(), right.right) if one else node
        return node


def _enclosed(rule: Callable) -> dict[str, Callable]:
    """The functions among what a rule holds of the function that made it, by name."""
    cells = zip(rule.__code__.co_freevars, rule.__closure__ or (), strict=True)
    return {name: cell.cell_contents for name, cell in cells if callable(cell.cell_contents)}


def _without_g(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Name):
        return ast.Constant(1) if node.id == "g" else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _without_g(node.operand)
        return None if inner is None else ast.UnaryOp(node.op, inner)
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Mult, ast.Div)):
        return None
    if _has_g(node.left) and not _has_g(node.right):
        inner = _without_g(node.left)
        if inner is None:
            return None
        if isinstance(inner, ast.UnaryOp) and _is_number(inner.operand) and isinstance(node.op, ast.Mult):
            return ast.UnaryOp(inner.op, node.right)  # -1 * y is -y
        return ast.BinOp(inner, node.op, node.right)
    if _has_g(node.right) and not _has_g(node.left) and isinstance(node.op, ast.Mult):
        inner = _without_g(node.right)
        return None if inner is None else ast.BinOp(node.left, node.op, inner)
    return None


def _has_g(node: ast.expr) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id == "g" for inner in ast.walk(node))


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)


def _is_call(label: str) -> bool:
    """Does the bracket that ends the label open behind a word at its start, as in `exp(x)` and `w[0]`?"""
    depth = 0
    for place in range(len(label) - 1, -1, -1):
        depth += (label[place] in ")]") - (label[place] in "([")
        if depth == 0:
            return label[:place].replace(".", "").replace("_", "").isalnum()
    return False
