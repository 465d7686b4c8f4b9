"""Sliders on leaves: the computation is done again on new tensors, and the notebook's own stay as they are."""

import re

import pytest
from hostile_names import HOSTILE

import tensorkit as torch

pytest.importorskip("tensorkit_widgets")

from tensorkit_widgets import WhatIf  # noqa: E402  (after the check that it is there)


@pytest.fixture
def tensors():
    x, y, z = (torch.tensor(value, requires_grad=True) for value in (4.0, -3.0, 5.0))
    q = x + y
    return {"x": x, "y": y, "z": z, "q": q, "f": q * z}


@pytest.fixture
def what_if(tensors):
    return WhatIf(tensors["f"], tensors)


def test_it_begins_with_the_numbers_of_the_notebook(what_if):
    assert what_if.values == {"x": 4.0, "y": -3.0, "z": 5.0}
    assert what_if.gradients == {"x": 5.0, "y": 5.0, "z": 1.0}
    assert what_if.said == "x = 4, y = -3, z = 5 give 5; ∂/∂x = 5, ∂/∂y = 5, ∂/∂z = 1"


def test_values_and_gradients_follow(what_if):
    what_if.sliders["z"].value = 2.0
    what_if.fields["x"].value = 6.0
    assert what_if.values == {"x": 6.0, "y": -3.0, "z": 2.0}
    assert what_if.result.item() == 6.0
    assert what_if.gradients == {"x": 2.0, "y": 2.0, "z": 3.0}
    assert (what_if.fields["z"].value, what_if.sliders["x"].value) == (2.0, 6.0)
    assert "q = x + y" in what_if.inspector.text and "value 3" in what_if.inspector.text


def test_the_notebooks_tensors_stay_until_told(what_if, tensors):
    what_if.set(x=10.0)
    assert (tensors["x"].item(), tensors["f"].item(), tensors["x"].grad) == (4.0, 5.0, None)
    what_if.apply()
    assert tensors["x"].item() == 10.0


def test_a_button_writes_the_numbers_into_the_notebook(what_if, tensors):
    assert what_if.apply_button.disabled, "there is nothing to write yet"
    what_if.set(x=10.0)
    assert not what_if.apply_button.disabled
    what_if.apply_button.click()
    assert tensors["x"].item() == 10.0 and what_if.apply_button.disabled
    assert "written into x, y, z: run the cells that compute with it again" in what_if.words.value
    what_if.reset()
    what_if.apply()
    assert tensors["x"].item() == 4.0, "Reset leads back to the beginning, whatever was written"


def test_each_number_of_a_small_tensor_has_a_slider():
    x, w = torch.tensor(2.0, requires_grad=True), torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    f = (w * w * x).sum() + torch.ones(20, requires_grad=True).sum()
    what_if = WhatIf(f, {"x": x, "w": w})
    assert list(what_if.values) == ["w[0, 0]", "w[0, 1]", "w[1, 0]", "w[1, 1]", "x"]
    what_if.sliders["w[0, 1]"].value = 5.0
    what_if.set({"w[1, 0]": -1.0})
    assert what_if.gradients == {"w[0, 0]": 4.0, "w[0, 1]": 20.0, "w[1, 0]": -4.0, "w[1, 1]": 16.0, "x": 43.0}
    assert what_if.said.endswith("; 1 other leaf has no slider")
    assert w.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    what_if.apply()
    assert w.tolist() == [[1.0, 5.0], [-1.0, 4.0]]


def test_pytorchs_tensors_are_moved_and_written_too():
    pytorch = pytest.importorskip("torch")
    x, w = pytorch.tensor(2.0, requires_grad=True), pytorch.tensor([3.0, 1.0], requires_grad=True)
    what_if = WhatIf((w * x).sum() * x, {"x": x, "w": w})
    what_if.set({"x": 5.0, "w[1]": 0.0})
    assert what_if.gradients == {"x": 30.0, "w[0]": 25.0, "w[1]": 25.0}
    assert (x.item(), w.tolist()) == (2.0, [3.0, 1.0])
    what_if.apply()
    assert (x.item(), w.tolist()) == (5.0, [3.0, 0.0])
    assert type(WhatIf(lambda a: pytorch.sin(a), a=pytorch.tensor(1.0)).result) is pytorch.Tensor


def test_a_function_has_nothing_to_write_into():
    assert "Write into the notebook" not in [
        getattr(each, "description", "") for each in WhatIf(lambda x: x * 2, x=1.0).children[-2].children
    ]


def test_a_number_that_a_slider_rounds_stays_as_it_was_typed(what_if):
    what_if.fields["x"].value = 6.04
    what_if.sliders["x"].value = 6.0  # what the page makes of it, in steps of 0.1
    assert what_if.values["x"] == 6.04
    what_if.sliders["x"].value = 6.1
    assert what_if.values["x"] == 6.1


def test_a_slider_counts_in_short_numbers(what_if):
    what_if.sliders["x"].value = 6.300000000000001
    assert what_if.values["x"] == what_if.fields["x"].value == 6.3


def test_reset(what_if):
    what_if.set(x=100.0)
    assert what_if.sliders["x"].max == 100.0
    what_if.reset_button.click()
    assert what_if.values == {"x": 4.0, "y": -3.0, "z": 5.0}


def test_what_is_selected_stays_selected(what_if):
    what_if.inspector.select("x")
    what_if.set(z=1.0)
    assert what_if.inspector.selected == "n0"


def test_a_function_of_the_learner():
    what_if = WhatIf(lambda x, y: torch.sin(x) * y, x=(0.0, -3.0, 3.0), y=2)
    assert (what_if.sliders["x"].min, what_if.sliders["x"].max) == (-3.0, 3.0)
    assert what_if.gradients == {"x": 2.0, "y": 0.0}
    with pytest.raises(ValueError, match="no tensors of the notebook"):
        what_if.apply()


def test_a_function_that_fails_leaves_the_last_picture():
    def root(x):
        if x < 0:
            raise ValueError("x < 0 <b>")
        return x.sqrt()

    what_if = WhatIf(root, x=4.0)
    what_if.set(x=-1.0)
    assert what_if.values == {"x": 4.0}
    assert "not possible: ValueError: x &lt; 0 &lt;b&gt;" in what_if.words.value


def test_wrong_calls_are_told(tensors):
    with pytest.raises(TypeError, match="expected a tensor or a function, but got int"):
        WhatIf(3)
    with pytest.raises(TypeError, match="a function needs its leaves"):
        WhatIf(lambda x: x)
    with pytest.raises(TypeError, match="must give a tensor, but gave float"):
        WhatIf(lambda x: 1.0, x=1.0)
    with pytest.raises(ValueError, match="there is no leaf to move: sliders are for floating-point leaves of up to 12"):
        WhatIf(torch.ones(13, requires_grad=True) * 2, {})
    with pytest.raises(KeyError, match="there is no leaf 'q'; there are x, y, z"):
        WhatIf(tensors["f"], tensors).set(q=1.0)


def test_what_a_notebook_stores(what_if):
    data, _ = what_if._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert data["text/plain"].startswith("What if: x = 4") and "0x" not in data["text/plain"] + repr(what_if)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name):
    x = torch.tensor(2.0, requires_grad=True)
    what_if = WhatIf(x * 3, {name: x})
    assert re.findall(r"<[^>]*>", what_if.words.value) == re.findall(r"<[^>]*>", WhatIf(x * 3, {"x": x}).words.value)
    assert all(field.description.isprintable() for field in what_if.fields.values())
