"""Derivative rules as text: found in their source, with names and numbers put in, the local derivative split off."""

import ast

import pytest
from test_gradients import DIFFERENTIABLE, SAMPLES, leaves

import tensorkit as torch
import tensorkit.nn.functional
from tensorkit.graph import trace
from tensorkit.graph.rules import atom, local_derivative, rule_expression, text
from tensorkit.graph.snapshots import short
from tensorkit.ops import REGISTRY

#: Names in a formula that are no public operation, and what they are.
NO_OPERATIONS = {
    "g": "the gradient that arrives",
    "out": "the result, where it has no name",
    "pi": "the number",
    "inf": "the number",
    "nan": "no number",
    "linalg": "the namespace",
    "special": "the namespace",
    "i": "which of the operands of stack or cat, in a rule without values",
    "exponent": "the other result of frexp",
    "inverse": "the first result of inv_ex",
}


def pair(first, second):
    return first, second


product = pair(lambda g, y: g * y, lambda g, x: g * x)
difference = (lambda g: g, lambda g: -g)


def power(g, x, y):
    """A rule with branches, as a function."""
    if not isinstance(y, torch.Tensor):
        return g * 0 if y == 0 else g * (y * x ** (y - 1))
    logarithm = y * 2
    return g * logarithm


def loops(g, x):
    for _ in range(3):
        x = x * x
    return g * x


def both(rule, values=None):
    expression = rule_expression(rule, values)
    return text(expression), text(local_derivative(expression))


def test_a_lambda_is_found_among_several_on_its_line():
    assert both(product[0]) == ("g * y", "y")
    assert both(product[1]) == ("g * x", "x")
    assert both(difference[1]) == ("-g", "-1")


def test_names_are_put_in_with_the_brackets_they_need():
    assert both(product[0], {"y": "z"}) == ("g * z", "z")
    assert both(product[0], {"y": "x - 3"}) == ("g * (x - 3)", "x - 3")
    assert both(product[0], {"y": "exp(x)"}) == ("g * exp(x)", "exp(x)")
    assert both(product[0], {"y": "w[0]"}) == ("g * w[0]", "w[0]")


def test_a_variable_called_g_is_not_the_gradient():
    assert both(product[0], {"y": "g"}) == ("g * g", "g")
    assert both(lambda g, x, y: g * x / y, {"x": "g", "y": "y"})[1] == "g / y"


def test_branches_are_chosen_by_looking():
    assert both(power, {"x": "x", "y": 3}) == ("g * (3 * x ** 2)", "3 * x ** 2")
    assert both(power, {"x": "x", "y": 2}) == ("g * (2 * x)", "2 * x")
    assert both(power, {"x": "x", "y": 0}) == ("g * 0", "0")
    assert both(power, {"x": "x", "y": "n"}) == ("g * (n * 2)", "n * 2")


def test_what_is_no_expression_has_no_text():
    assert rule_expression(loops) is None
    assert rule_expression(len) is None
    assert both(loops) == (None, None)
    assert text(rule_expression(power)) is None  # without values no branch can be chosen


def test_a_rule_that_is_no_multiple_of_g_has_no_local_derivative():
    assert local_derivative(rule_expression(lambda g, x: g @ x)) is None
    assert local_derivative(rule_expression(lambda g, x: x + g)) is None
    assert local_derivative(rule_expression(lambda g, x: x / g)) is None


def test_reading_a_rule_twice_gives_the_same():
    assert both(product[0], {"y": "z"}) == both(product[0], {"y": "z"})
    assert both(product[0]) == ("g * y", "y")


@pytest.mark.parametrize(
    "label, written",
    [
        ("x", "x"),
        ("x.y", "x.y"),
        ("x - 3", "(x - 3)"),
        ("f(x)", "f(x)"),
        ("(a) + (b)", "((a) + (b))"),
        ("-3", "(-3)"),
        ("…", "(…)"),
    ],
)
def test_labels_get_brackets_where_they_need_them(label, written):
    assert atom(label) == written


@pytest.mark.parametrize(
    "compute, formulas",
    [
        (lambda x, y: x * y, ["g * y", "g * x"]),
        (lambda x, y: x / y, ["g / y", None]),
        (lambda x, y: x - y, ["g", "-g"]),
        (lambda x, y: x**2, ["g * (2 * x)"]),
        (lambda x, y: torch.exp(x), ["g * exp(x)"]),
        (lambda x, y: torch.log(x), ["g / x"]),
        (lambda x, y: torch.sin(x), ["g * cos(x)"]),
        (lambda x, y: torch.relu(x), ["g * (relu(x) > 0)"]),
        (lambda x, y: torch.sigmoid(x), ["g * (1 - sigmoid(x)) * sigmoid(x)"]),
        (lambda x, y: torch.tanh(x), ["g * (1 - tanh(x) * tanh(x))"]),
        (lambda x, y: x.double(), ["g"]),
    ],
)
def test_the_rules_of_the_library_read_as_in_a_textbook(compute, formulas):
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    graph = trace(compute(x, y), {"x": x, "y": y})
    edges = graph.operands(graph.root)
    assert all(edge.formula == formula for edge, formula in zip(edges, formulas, strict=False) if formula)
    assert all(edge.derivative_value * 1.0 == edge.contribution.array for edge in edges if edge.formula)


def test_rules_of_matrices_and_sums():
    a, b = torch.ones(2, 3, requires_grad=True), torch.ones(3, 2, requires_grad=True)
    graph = trace((a @ b).mean(), {"a": a, "b": b})
    assert [edge.formula for edge in graph.edges] == ["g @ b.T", "a.T @ g", "g / 4"]
    assert graph.edges[2].derivative == "1 / 4"
    assert [edge.formula for edge in trace(a.sum(), {"a": a}).edges] == ["g"]


def test_numbers_are_put_in_between_scalars():
    x, y = torch.tensor(-2.0, requires_grad=True), torch.tensor(3.0)
    f = x * y
    graph = trace(f * f, {"x": x, "y": y, "f": f})
    (edge, _) = graph.operands("n2")
    assert (edge.rule, edge.formula, edge.rule_numbers, edge.derivative) == ("g * y", "g * y", "(-12) * 3", "y")
    assert edge.derivative_value == 3.0


def test_a_rule_that_would_explain_nothing_has_no_formula():
    x = torch.tensor([1.0, 2.0, 4.0], requires_grad=True)
    for result in (x.std(), x.max()):
        graph = trace(result, {"x": x})
        (edge,) = graph.operands(graph.root)
        assert edge.formula is None and edge.contribution is not None
        assert f"back to n0: {short(edge.contribution)}" in graph.to_text()


def test_a_change_of_type_is_silent_and_a_branch_on_none_is_seen():
    def rule(g, x, dim):
        return g * (x if dim is not None else 2.0)

    assert both(rule, {"x": "x", "dim": None}) == ("g * 2.0", "2.0")
    assert both(rule, {"x": "x", "dim": 1}) == ("g * x", "x")
    assert both(lambda g, x: g * (x > 0).to(g.dtype)) == ("g * (x > 0)", "x > 0")


def shown_formulas(name):
    """Every formula in the graphs of an operation's samples, with the labels of its operands taken out."""
    for function, arrays in SAMPLES[name]:
        inputs = leaves(arrays)
        results = function(*inputs)
        for result in results if isinstance(results, tuple) else (results,):
            if not result.requires_grad:
                continue
            graph = trace(result, dict(zip("xyzw", inputs, strict=False)))
            labels = sorted({node.label for node in graph.nodes} | {node.expression or "" for node in graph.nodes})
            for edge in graph.edges:
                for written in (edge.formula or edge.rule, edge.derivative, edge.rule_numbers):
                    for label in sorted(labels, key=len, reverse=True):
                        written = (written or "0").replace(label, "x") if len(label) > 1 else written
                    yield (written or "0").replace("…", "x").replace("tensor [", "[")


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_a_formula_names_nothing_but_public_operations_and_operands(name):
    parameters = {word for op in REGISTRY.values() for word in (*op.operands, *op.extras)}
    public = [torch, torch.nn.functional, torch.special, torch.linalg, torch.Tensor]
    for written in shown_formulas(name):
        tree = ast.parse(written, mode="eval")
        for node in ast.walk(tree):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name):
                assert any(hasattr(space, called.id) for space in public), written
            elif isinstance(node, ast.Attribute):
                assert any(hasattr(space, node.attr) for space in public), written
            elif isinstance(node, ast.Name) and not any(hasattr(space, node.id) for space in public):
                assert node.id in parameters or node.id in NO_OPERATIONS or node.id in "xyzw", written
            assert not isinstance(node, (ast.Lambda, ast.comprehension, ast.Starred)), written


@pytest.mark.parametrize(
    "compute, formulas",
    [
        (lambda x, y: torch.addmm(x, x, y), ["g", "g @ y.T", "(g.T @ x).T"]),
        (lambda x, y: torch.nn.functional.linear(x, y, x[0]), ["g", "g @ t(y).T", "(g.T @ x).T"]),
        (lambda x, y: torch.maximum(x, y), ["g * ((x > y) + (x == y) / 2)", "g * ((y > x) + (y == x) / 2)"]),
        (lambda x, y: torch.atan2(x, y), ["g * y / (x * x + y * y)", "g * -x / (x * x + y * y)"]),
        (lambda x, y: torch.nn.functional.mse_loss(x, y), ["g / 4 * ((x - y) * 2)", "g / 4 * ((y - x) * 2)"]),
        (lambda x, y: torch.nn.functional.mse_loss(x, y, reduction="sum"), ["g * ((x - y) * 2)", "g * ((y - x) * 2)"]),
        (lambda x, y: torch.nn.functional.hardtanh(x), ["g * ((x > -1.0) & (x < 1.0))"]),
        (lambda x, y: torch.floor(x), ["g * 0"]),
        (lambda x, y: x**1, ["g"]),
        (lambda x, y: torch.exp2(x), ["g * exp2(x) * log(2)"]),
        (lambda x, y: torch.erf(x), ["g * (2 / sqrt(pi) * exp(-x ** 2))"]),
        (lambda x, y: torch.tril(x), ["tril(g, 0)"]),
        (lambda x, y: torch.remainder(x, y), ["g", "-g * floor(x / y)"]),
        (lambda x, y: x[0], [None]),
        (lambda x, y: x / torch.tensor(2.0).numpy()[()], ["g / 2"]),
    ],
)
def test_helpers_of_the_library_are_written_out_or_left_out(compute, formulas):
    x, y = torch.eye(2, requires_grad=True), torch.ones(2, 2, requires_grad=True)
    graph = trace(compute(x, y), {"x": x, "y": y})
    assert [edge.formula for edge in graph.operands(graph.root)][: len(formulas)] == formulas


def test_most_operations_have_a_formula():
    with_formula = [
        name for name in DIFFERENTIABLE if any(rule_expression(rule) is not None for rule in REGISTRY[name].rules)
    ]
    assert len(with_formula) > len(DIFFERENTIABLE) / 2
