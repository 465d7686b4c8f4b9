"""From tensors to records: names, values and gradients are those of the notebook, and nothing is disturbed."""

import gc
import weakref

import numpy as np
import pytest
from counting import lines_run

import tensorkit as torch
from tensorkit.graph import CONSTANT, LEAF, OMITTED, RESULT, leaf_table, names_in, trace
from tensorkit.graph.describe import same
from tensorkit.graph.snapshots import snapshot


def leaf(data):
    return torch.tensor(data, requires_grad=True)


def labels(graph):
    return [node.label for node in graph.nodes]


def gradient_of(graph, label):
    (node,) = [node for node in graph.nodes if node.label == label]
    return None if node.gradient is None else node.gradient.array.tolist()


def example():
    x, y, z = leaf(4.0), leaf(-3.0), leaf(5.0)
    q = x + y
    return {"x": x, "y": y, "z": z, "q": q, "f": q * z}


def test_the_first_example_of_the_course():
    names = example()
    graph = trace(names["f"], names)
    assert labels(graph) == ["x", "y", "q", "z", "f"]
    assert [node.kind for node in graph.nodes] == [LEAF, LEAF, RESULT, LEAF, RESULT]
    assert [node.value.array.item() for node in graph.nodes] == [4, -3, 1, 5, 5]
    assert [node.gradient.array.item() for node in graph.nodes] == [5, 5, 5, 1, 1]
    assert [(edge.source, edge.target, edge.operand) for edge in graph.edges] == [
        ("n0", "n2", "x"), ("n1", "n2", "y"), ("n2", "n4", "x"), ("n3", "n4", "y"),
    ]  # fmt: skip
    f = graph.node("n4")
    assert (f.op, f.symbol, f.grad_fn, f.expression, f.numbers) == ("mul", "*", "MulBackward0", "q * z", "1 * 5")
    to_q, to_z = graph.operands("n4")
    assert (to_q.formula, to_q.rule_numbers, to_q.derivative, to_q.derivative_value) == ("g * z", "1 * 5", "z", 5.0)
    assert (to_z.rule, to_z.contribution.array.item()) == ("g * x", 1.0)


def test_anonymous_results_are_called_by_their_expression():
    x = leaf(1.0)
    y = (x - 3) * (x - 6) * (x - 4)
    graph = trace(y, {"x": x, "y": y})
    assert labels(graph) == ["x", "3", "x - 3", "6", "x - 6", "(x - 3) * (x - 6)", "4", "x - 4", "y"]
    assert gradient_of(graph, "x") == 31
    assert [gradient_of(graph, name) for name in ("x - 3", "x - 6", "x - 4")] == [15, 6, 10]


@pytest.mark.parametrize(
    "compute, text",
    [
        (lambda x, y: x + y - 1, "x + y - 1"),
        (lambda x, y: x - (y - 1), "x - (y - 1)"),
        (lambda x, y: (x + y) / 2, "(x + y) / 2"),
        (lambda x, y: x / (y * 2), "x / (2 * y)"),
        (lambda x, y: 5 * x**2, "5 * x ** 2"),
        (lambda x, y: (x * y) ** 2, "(x * y) ** 2"),
        (lambda x, y: 2**x, "2 ** x"),
        (lambda x, y: 1 - x, "1 - x"),
        (lambda x, y: -x * y, "-x * y"),
        (lambda x, y: -(x * y), "-(x * y)"),
        (lambda x, y: x**-1, "x ** -1"),
        (lambda x, y: x + -2, "x + (-2)"),
        (lambda x, y: torch.exp(x) + 1, "exp(x) + 1"),
        (lambda x, y: x.reshape(1) @ y.reshape(1), "view(x, (1,)) @ view(y, (1,))"),
        (lambda x, y: torch.stack([x, y]).sum(dim=0), "sum(stack([x, y]), dim=0)"),
        (lambda x, y: torch.stack([x, y])[1], "stack([x, y])[1]"),
        (lambda x, y: torch.stack([x, y])[None, :1], "stack([x, y])[None, :1]"),
        (lambda x, y: x * torch.tensor(2.5), "x * tensor(2.5)"),
    ],
)
def test_expressions_read_as_they_were_written(compute, text):
    x, y = leaf(2.0), leaf(3.0)
    assert labels(trace(compute(x, y), {"x": x, "y": y}))[-1] == text


def test_long_operands_are_shortened():
    x = leaf(1.0)
    y = x
    for _ in range(20):
        y = y * (x + 1)
    assert max(map(len, labels(trace(y, {"x": x})))) < 80


def test_names_are_the_first_ones_given_and_the_others_are_told():
    names = example()
    graph = trace(names["f"], {**names, "result": names["f"], "n": 3, "text": "x"})
    assert graph.node(graph.root).name == "f"
    assert graph.node(graph.root).aliases == ("result",)


def test_tensors_without_a_name_are_called_by_what_they_are():
    graph = trace(leaf(4.0) * torch.ones(2, 3))
    assert labels(graph) == ["tensor(4)", "tensor [2, 3]", "tensor(4) * tensor [2, 3]"]


def test_the_three_kinds():
    x, w, c = torch.ones(2), leaf([1.0, 2.0]), torch.tensor(3.0)
    graph = trace((x * w + c.detach()) * 2, {"x": x, "w": w, "c": c})
    kinds = {node.label: node.kind for node in graph.nodes}
    assert kinds["x"] == kinds["2"] == CONSTANT and kinds["w"] == LEAF and kinds["x * w"] == RESULT
    assert [node.is_number for node in graph.nodes if node.label == "2"] == [True]
    constants = [node for node in graph.nodes if node.kind == CONSTANT]
    assert all(node.gradient is None and not node.requires_grad for node in constants)


def test_a_tensor_without_history_is_a_graph_of_one_node():
    x, w = torch.tensor([1, 2]), leaf(2.0)
    assert labels(trace(x, {"x": x})) == ["x"]
    assert trace(x, {"x": x}).nodes[0].dtype == "int64"
    assert gradient_of(trace(w, {"w": w}), "w") == 1.0
    assert trace(x).to_text().splitlines() == [
        "Graph of tensor [2]: 1 constant.",
        "n0  tensor [2]  root, constant, vector of 2, int64  value [1, 2]",
    ]


def test_only_tensors_have_a_history():
    with pytest.raises(TypeError, match="expected a tensor, but got float"):
        trace(3.0)
    with pytest.raises(ValueError, match="limit must be at least 1, but got 0"):
        trace(torch.ones(1), limit=0)


def test_gradients_of_vectors_are_arrays_and_of_a_vector_root_those_of_its_sum():
    v = leaf([1.0, 2.0, 3.0])
    w = v**2 - 5
    graph = trace(w, {"v": v, "w": w})
    assert gradient_of(graph, "v") == [2, 4, 6]
    assert gradient_of(graph, "w") == [1, 1, 1]
    assert graph.notes == ("The root is not a scalar: gradients are those of w.sum().",)
    assert "those of w.sum()" in graph.to_text() and "those of w.sum()" in graph.to_svg()


def test_a_value_used_twice_adds_its_contributions():
    x = leaf(3.0)
    graph = trace(x * x, {"x": x})
    assert [edge.contribution.array.item() for edge in graph.uses("n0")] == [3, 3]
    assert dict(graph.describe("n0"))["sum of"] == "3 + 3: one term for each use"
    assert gradient_of(graph, "x") == 6


def test_a_broadcast_operand_says_over_which_axes_its_gradient_was_summed():
    w, b = leaf([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), leaf([[1.0], [2.0], [3.0]])
    c = leaf(2.0)
    graph = trace(((w * b) * c).sum(), {"w": w, "b": b, "c": c})
    summed = {graph.node(edge.source).label: edge.summed for edge in graph.edges if edge.summed}
    assert summed == {"b": (1,), "c": (0, 1)}
    assert "summed over axis 1 (it was broadcast)" in graph.to_text()


def everything(x, w, b, t):
    """A computation with most kinds of operations, to one number."""
    h = torch.tanh(x @ w + b)
    p = torch.exp(h) / torch.exp(h).sum(dim=1, keepdim=True)
    parts = torch.cat([p, h.clamp(-0.5, 0.5)], dim=0)
    top, _ = parts.max(dim=1)
    left, right = parts.split(3)
    return ((top**2).mean() + (left.T @ right).sum() - (p[:, 0] * t).sum() + parts.reshape(-1)[2:5].std()).sqrt()


@pytest.mark.parametrize("when", ["before", "after"])
def test_gradients_are_those_of_the_backward_pass_before_and_after_it(when):
    torch.manual_seed(0)
    x, t = torch.rand(3, 2), torch.rand(3)
    w, b = torch.rand(2, 3, requires_grad=True), torch.rand(3, requires_grad=True)
    f = everything(x, w, b, t)
    if when == "before":
        graph = trace(f, {"w": w, "b": b})
        assert w.grad is None and b.grad is None
        f.backward()  # nothing was freed
    else:
        f.backward()
        graph = trace(f, {"w": w, "b": b})
    for name, tensor in (("w", w), ("b", b)):
        (node,) = [node for node in graph.nodes if node.name == name]
        assert same(node.gradient, snapshot(tensor.grad.numpy()))
    assert all(node.gradient is not None for node in graph.nodes if node.requires_grad)


def test_the_graph_of_a_gradient_shows_what_grad_holds_beside_it():
    names = example()
    assert trace(names["f"], names).node("n0").stored_grad is None
    names["f"].backward(retain_graph=True)
    names["f"].backward()
    x = trace(names["f"], names).node("n0")
    assert (x.stored_grad.array.item(), x.gradient.array.item()) == (10, 5)


def test_retained_gradients_of_results_are_shown():
    names = example()
    names["q"].retain_grad()
    names["f"].backward()
    assert trace(names["f"], names).node("n2").stored_grad.array.item() == 5


def test_tracing_changes_nothing():
    names = example()
    f = names["f"]
    trace(f, names)
    assert all(names[name].grad is None for name in "xyz")
    assert f._node.saved is not None
    watched = weakref.ref(f._node)
    graph = trace(f, names)
    del f, names
    gc.collect()
    assert watched() is None  # the records hold no tensor
    assert graph.node("n4").value.array.item() == 5


def test_large_values_are_described_not_copied():
    torch.manual_seed(0)
    x, y = torch.rand(100, 100, requires_grad=True), torch.rand(100, 100)
    q = x @ y
    graph = trace((q * 2).mean(), {"x": x, "y": y, "q": q})
    values = {node.label: node.value for node in graph.nodes}
    assert values["x"].array is None and 0 <= values["x"].low < values["x"].high <= 1
    assert values["q"].mean == pytest.approx(25, abs=2)
    assert values["2 * q"] is None
    assert "value not kept" in graph.to_text()
    assert all(node.gradient is not None for node in graph.nodes if node.requires_grad)


def test_what_the_backward_pass_released_and_nobody_keeps_is_said_to_be_unknown():
    x, y = torch.ones(100, 100, requires_grad=True), torch.ones(100, 100)
    f = ((x @ y) * x).mean()
    f.backward()
    graph = trace(f, {"x": x, "y": y})
    assert gradient_of(graph, "x") is None
    assert "Some gradients are unknown: the backward pass has released" in graph.notes[0]
    assert "gradient unknown" in graph.to_text()
    assert graph.leaves[0].stored_grad is not None


def test_a_leaf_written_to_after_its_use_is_told():
    w, x = leaf(2.0), torch.tensor(3.0)
    loss = (w * x) ** 2
    loss.backward()
    with torch.no_grad():
        w -= 1.0
    graph = trace(loss, {"w": w, "x": x, "loss": loss})
    assert graph.leaves[0].value.array.item() == 1.0
    assert graph.leaves[0].version == 1
    assert any("written to in place after it was used" in note for note in graph.leaves[0].notes)


def test_several_outputs_of_one_operation():
    a = leaf([3.0, 1.0, 2.0])
    values, indices = torch.stack([a, a]).max(dim=0)
    first, second, third = a.unbind()
    f = (values * indices).sum() + first * third
    f.backward()
    graph = trace(f, {"a": a, "values": values})
    assert gradient_of(graph, "a") == a.grad.tolist()


def test_a_big_history_shows_its_newest_part_and_counts_the_rest():
    x = leaf(0.0)
    y = x
    for _ in range(1000):
        y = y + 1
    graph = trace(y, {"x": x, "y": y}, limit=20)
    assert len(graph.nodes) <= 21
    assert graph.nodes[-1].is_root and graph.nodes[-1].value.array.item() == 1000
    (omitted,) = [node for node in graph.nodes if node.kind == OMITTED]
    assert graph.omitted == 1000 - sum(node.kind == RESULT for node in graph.nodes)
    assert omitted.label == f"{graph.omitted} older operations"
    assert f"{graph.omitted} older operations are left out." in graph.notes
    assert graph.notes[0] in graph.to_svg() and graph.notes[0] in graph.to_text()


def test_a_leaf_that_is_used_in_the_part_left_out_has_no_gradient_shown():
    x = leaf(1.0)
    y = x
    for _ in range(100):
        y = y * x
    graph = trace(y, {"x": x}, limit=20)
    assert graph.leaves[0].gradient is None
    assert any("part that is left out" in note for note in graph.leaves[0].notes)


def test_an_operation_with_very_many_operands_is_cut():
    parts = [leaf(float(i)) for i in range(1000)]
    graph = trace(torch.stack(parts).sum(), limit=50)
    assert len(graph.nodes) <= 52
    assert any(node.label == "more operands" for node in graph.nodes)
    assert "Some operands are left out." in graph.notes


def repeated(operations):
    x = leaf(0.0)
    y = x
    for i in range(operations // 2):
        y = y + x * i if i % 2 else y * 1.0 + 1
    return x, y


def test_a_hundred_thousand_nodes_stay_under_a_megabyte():
    x, y = repeated(100_000)
    graph = trace(y, {"x": x})
    assert len(graph.to_svg().encode()) + len(graph.to_text().encode()) < 1_000_000
    assert graph.omitted > 99_000


def test_what_is_left_out_costs_a_few_lines_a_node():
    def drawn(operations):
        x, y = repeated(operations)
        return lines_run(lambda: (graph := trace(y, {"x": x}, limit=30)) and (graph.to_svg(), graph.to_text()))

    small, large = drawn(2_000), drawn(6_000)
    assert (large - small) / 4_000 < 40


def test_the_same_computation_gives_the_same_records_and_bytes():
    first, second = example(), example()
    one, two = trace(first["f"], first), trace(second["f"], second)
    assert one.to_svg() == two.to_svg() and one.to_text() == two.to_text()
    assert [edge for edge in one.edges] == [edge for edge in two.edges]


def test_names_come_from_the_namespace_and_one_level_into_containers():
    class Module:
        def named_parameters(self):
            yield "0.weight", w

    w, x = torch.ones(1), torch.zeros(1)
    names = names_in(
        {"x": x, "_": x, "_1": x, "Out": {1: x}, "net": Module(), "ws": [w, 3], "d": {"a": x}, "n": 3, "Module": Module}
    )
    assert names == {"x": x, "net.0.weight": w, "ws[0]": w, "d['a']": x}


def test_the_table_of_leaves():
    names = example()
    table = leaf_table(names["f"], names)
    assert table.to_text().splitlines() == [
        "name  shape   value  gradient of f  .grad",
        "x     scalar  4      5              None",
        "y     scalar  -3     5              None",
        "z     scalar  5      1              None",
    ]
    names["f"].backward()
    assert [row[-1] for row in leaf_table(names["f"], names).rows] == ["5", "5", "1"]
    assert leaf_table(torch.ones(())).to_text() == "tensor(1) has no leaf that requires gradients."


def test_the_tables_html_says_the_same_and_is_escaped():
    x = leaf(2.0)
    html = leaf_table(x * x, {"<b>": x}).to_html()
    assert "&lt;b&gt;" in html and "<b>" not in html
    assert html.count("<tr>") == 2 and html.count("<th scope=") == 6
    assert "<script" not in leaf_table(torch.ones(()), {"<script>": x}).to_html()


def test_complex_results_have_values_and_no_gradients():
    z = torch.tensor([1 + 2j], requires_grad=True)
    graph = trace(z * 2, {"z": z})
    assert graph.nodes[-1].value.array.tolist() == [2 + 4j]
    real = trace((z * z.conj()).real.sum(), {"z": z})
    assert np.allclose(real.leaves[0].gradient.array, [2 + 4j])


def test_an_operation_of_the_users_own():
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            ctx.save_for_backward(x)
            ctx.factor = factor
            return factor * x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * ctx.factor * x**2, None

    x = leaf(2.0)
    y = Cube.apply(x, 5) + 1
    graph = trace(y, {"x": x})
    assert labels(graph)[2] == "Cube(x, 5)"
    assert gradient_of(graph, "x") == 60
    assert [edge.operand for edge in graph.operands("n2")] == ["argument 1", "argument 2"]
    y.backward()
    assert x.grad.item() == 60
    assert gradient_of(trace(y, {"x": x}), "x") is None


def test_a_graph_with_unknown_gradients_says_why():
    x = leaf(1.0)
    y = x
    for _ in range(100):
        y = y * x
    note = "Some gradients are unknown: the part that is left out uses these tensors too."
    assert note in trace(y, {"x": x}, limit=20).notes
    c = torch.tensor(1 + 2j, requires_grad=True)
    note = "Some gradients are unknown: the root is complex, and only a real number has gradients."
    assert trace(c * c, {"c": c}).notes == (note,)


def test_an_optional_operand_that_was_not_given_is_not_drawn():
    x = torch.tensor([[1.0, 2.0]], requires_grad=True)
    loss = torch.nn.functional.nll_loss(x, torch.tensor([1]))
    graph = trace(loss, {"x": x, "loss": loss})
    assert [node.kind for node in graph.nodes] == [LEAF, CONSTANT, RESULT]
    assert graph.nodes[-1].expression == "nll_loss(x, tensor [1], reduction='mean')"
    plain = torch.nn.functional.batch_norm(x.T, None, None, training=True)
    assert [node.kind for node in trace(plain, {"x": x}).nodes].count(CONSTANT) == 0
