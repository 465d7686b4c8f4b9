"""The walk forward and back, as data and as the widget that shows it: the engine's order, sums, broadcasts, LaTeX."""

import re

import numpy as np
import pytest
import traitlets
from hostile_names import HOSTILE

import tensorkit as torch
from tensorkit.graph import trace, walk
from tensorkit.graph.latex import name as latex_name


@pytest.fixture
def tensors():
    x, y, z = (torch.tensor(value, requires_grad=True) for value in (4.0, -3.0, 5.0))
    q = x + y
    return {"x": x, "y": y, "z": z, "q": q, "f": q * z}


def gradients(graph):
    return {node.label: None if node.gradient is None else node.gradient.array for node in graph.nodes}


def test_the_steps_of_the_first_example(tensors):
    assert walk(tensors["f"], tensors).to_text() == (
        "Backpropagation through f: 5 steps.\n"
        "1  forward: q = x + y = 4 + (-3) = 1\n"
        "2  forward: f = q * z = 1 * 5 = 5\n"
        "3  start: ∂f/∂f = 1\n"
        "4  backward through q * z, where 1 arrives\n"
        "     to q: g * z = 1 * 5 = 5; ∂f/∂q = 5\n"
        "     to z: g * q = 1 * 1 = 1; ∂f/∂z = 1\n"
        "5  backward through x + y, where 5 arrives\n"
        "     to x: g = 5; ∂f/∂x = 5\n"
        "     to y: g = 5; ∂f/∂y = 5"
    )


def test_the_chain_rule_grows(tensors):
    steps = walk(tensors["f"], tensors, forward=False)
    assert [step.kind for step in steps] == ["start", "backward", "backward"]
    assert steps[1].chain[0] == r"\frac{\partial f}{\partial q} = 5"
    assert steps[2].chain[0] == (
        r"\frac{\partial f}{\partial x} = \frac{\partial f}{\partial q} \cdot \frac{\partial q}{\partial x} "
        r"= 5 \cdot 1 = 5"
    )


def test_gradients_that_meet_are_added():
    x = torch.tensor(4.0, requires_grad=True)
    parts = [part for step in walk(x * x + x, {"x": x}) for part in step.parts if part.name == "x"]
    assert [part.total for part in parts] == [
        "∂(x * x + x)/∂x = 1 so far",
        "∂(x * x + x)/∂x = 1 + 4 = 5 so far",
        "∂(x * x + x)/∂x = 5 + 4 = 9",
    ]
    assert [part.accumulated for part in parts] == [False, True, True]
    assert [(part.incoming, part.local, part.value) for part in parts] == [("1", "1", "1"), *[("1", "4", "4")] * 2]


def test_what_was_broadcast_is_summed_and_says_so():
    w, b = torch.ones(2, 3, requires_grad=True), torch.zeros(3, requires_grad=True)
    (part,) = [part for step in walk((w + b).sum(), {"w": w, "b": b}) for part in step.parts if part.name == "b"]
    assert part.summed == (0,)
    assert part.formula == "g = [2, 2, 2], summed over axis 0 (it was broadcast)"


def test_the_order_is_the_engines(tensors):
    x = tensors["x"]
    a = x * 2
    b = x * 3
    f = torch.sin(a) * b + a
    order = []
    for name in ("a", "b", "f"):
        locals()[name].register_hook(lambda g, name=name: order.append(name))
    f.backward()
    steps = walk(f, {"x": x, "a": a, "b": b, "f": f})
    named = [steps.graph.node(step.node).name for step in steps if step.kind == "backward"]
    assert [name for name in named if name] == order


def test_the_graph_after_each_step(tensors):
    steps = walk(tensors["f"], tensors)
    assert "value …" in steps.graph_at(0).to_text() and "gradient 5" not in steps.graph_at(0).to_text()
    seen = gradients(steps.graph_at(4))
    assert (seen["q"], seen["z"], seen["x"]) == (5.0, 1.0, None)
    whole = steps.graph_at(len(steps))
    assert gradients(whole) == gradients(trace(tensors["f"], tensors))
    with pytest.raises(IndexError, match="there are 5 steps, but 6 were asked for"):
        steps.graph_at(6)


def test_half_a_sum_is_shown_while_the_rest_is_on_its_way():
    x = torch.tensor(4.0, requires_grad=True)
    steps = walk(x * x + x, {"x": x})
    assert [gradients(steps.graph_at(count))["x"] for count in range(len(steps) + 1)] == [None] * 4 + [1.0, 9.0]


def test_a_real_backward_pass_ends_with_the_same_gradients():
    torch.manual_seed(0)
    x, w = torch.randn(4, 3), torch.randn(3, 2, requires_grad=True)
    b = torch.randn(2, requires_grad=True)
    loss = (torch.tanh(x @ w + b) ** 2).mean()
    steps = walk(loss, {"x": x, "w": w, "b": b})
    loss.backward()
    done = gradients(steps.graph_at(len(steps)))
    np.testing.assert_allclose(done["w"], w.grad.numpy(), rtol=1e-6)
    np.testing.assert_allclose(done["b"], b.grad.numpy(), rtol=1e-6)


def test_without_a_history_there_is_nothing_to_walk():
    x = torch.tensor(1.0, requires_grad=True)
    with pytest.raises(ValueError, match="x has no history to step through"):
        walk(x, {"x": x})
    with pytest.raises(TypeError, match="expected a tensor, but got int"):
        walk(3)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_in_its_place(name):
    def skeleton(html):
        return re.findall(r"<[^>]*>", re.sub(r'(alt|src)="[^"]*"', r"\1", html))

    x, z = (torch.tensor(3.0, requires_grad=True) for _ in range(2))
    hostile, plain = walk(x * 2, {name: x}), walk(z * 2, {"z": z})
    assert skeleton(hostile.to_html()) == skeleton(plain.to_html())
    assert len(str(hostile).splitlines()) == len(str(plain).splitlines())
    for step in hostile:
        for line in step.chain:
            assert "$" not in line.replace(r"\$", "") and "<" not in line and line.isprintable()


def test_latex_names_are_balanced():
    for name in HOSTILE:
        text = re.sub(r"\\[{}]", "", latex_name(name))
        assert text.count("{") == text.count("}")


def cells_of(stepper):
    """The table of the present step, row by row."""
    rows = re.findall(r"<tr>(.*?)</tr>", stepper.words.value)
    return [[re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]


class TestStepper:
    """The widget; everything the page can do is done from Python."""

    @pytest.fixture
    def stepper(self, tensors):
        pytest.importorskip("tensorkit_widgets")
        from tensorkit_widgets import BackpropStepper

        return BackpropStepper(tensors["f"], tensors)

    def test_it_begins_before_the_first_value(self, stepper):
        assert (stepper.position, stepper.current) == (0, None)
        assert "step 0 of 5" in stepper.progress.value
        assert (stepper.step_button.disabled, stepper.back_button.disabled) == (False, True)

    def test_step_back_run_all_and_reset(self, stepper):
        stepper.step()
        stepper.step()
        assert (stepper.position, stepper.inspector.selected) == (2, "n4")
        stepper.back()
        assert stepper.position == 1
        stepper.run_all()
        assert (stepper.position, stepper.step_button.disabled) == (5, True)
        stepper.step()
        assert stepper.position == 5
        assert stepper.inspector.graph.node("n0").gradient.array == 5
        stepper.reset()
        stepper.back()
        assert stepper.position == 0

    def test_the_buttons_do_the_same(self, stepper):
        for button, position in [("step", 1), ("step", 2), ("back", 1), ("run", 5), ("reset", 0)]:
            getattr(stepper, f"{button}_button").click()
            assert stepper.position == position
        assert [b.description for b in stepper.children[0].children[:4]] == ["Step", "Back", "Run all", "Reset"]

    def test_it_says_what_it_does(self, stepper):
        stepper.position = 4
        assert stepper.said.startswith("step 4 of 5. backward through q * z, where 1 arrives. to q: g * z = 1 * 5 = 5")
        assert 'role="status"' in stepper.words.value
        assert cells_of(stepper)[:2] == [
            ["back to", "arrives", "local derivative", "contribution", "gradient"],
            ["q", "1", "∂f/∂q = z = 5", "1 · 5 = 5", "∂f/∂q = 5"],
        ]
        assert r"$\frac{\partial f}{\partial q} = 5$" in stepper.formula.value

    def test_gradients_that_meet_are_added_before_the_learners_eyes(self, stepper):
        x = torch.tensor(4.0, requires_grad=True)
        twice = type(stepper)(x * x, {"x": x})
        twice.run_all()
        assert [row[3:] for row in cells_of(twice)[1:]] == [
            ["1 · 4 = 4", "∂(x * x)/∂x = 4 so far"],
            ["1 · 4 = 4", "∂(x * x)/∂x = 4 + 4 = 8"],
        ]

    def test_the_axes_that_are_summed_stand_in_the_table(self, stepper):
        w, b = torch.ones(2, 3, requires_grad=True), torch.zeros(3, requires_grad=True)
        wide = type(stepper)((w + b).sum(), {"w": w, "b": b})
        wide.run_all()
        (row,) = [row for row in cells_of(wide) if row[0] == "b"]
        assert row[3] == "g = [2, 2, 2], summed over axis 0 (it was broadcast)"

    def test_positions_outside_are_refused(self, stepper):
        with pytest.raises(traitlets.TraitError, match="position must be between 0 and 5, but got 6"):
            stepper.position = 6

    def test_what_a_notebook_stores_is_the_same_every_time(self, stepper):
        data, _ = stepper._repr_mimebundle_()
        assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
        assert data["text/plain"] == str(stepper.steps)
        assert "0x" not in repr(stepper)

    def test_the_notebooks_tensors_stay_as_they_are(self, stepper, tensors):
        stepper.run_all()
        assert tensors["x"].grad is None
        tensors["f"].backward()
        assert tensors["x"].grad == 5

    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_hostile_name_stays_text(self, stepper, tensors, name):
        hostile = type(stepper)(tensors["f"], {name: tensors["x"]})
        plain = type(stepper)(tensors["f"], {"x": tensors["x"]})
        for _ in range(6):
            for part in ("words", "formula", "progress"):
                seen = [re.findall(r"<[^>]*>", getattr(each, part).value) for each in (hostile, plain)]
                assert seen[0] == seen[1]
            hostile.step()
            plain.step()
