"""The inspectors on PyTorch: what they said of its graphs was recorded, and tensorkit's must say the same.

`inspect_on_torch.py` makes the comparison with PyTorch itself and writes the record. Here also: what holds where no
PyTorch is.
"""

import subprocess
import sys

import pytest
from inspected import GRAPHS, differences, inspected, left_out_overwritten, load, vouched_for

import tensorkit
from tensorkit.graph import is_tensor, record, tensor_types, trace
from tensorkit.graph.pytorch import is_foreign, library_of, loaded

ANSWERS = load()


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.filterwarnings("ignore")
def test_the_inspectors_say_of_our_graph_what_they_said_of_pytorchs(name):
    ours, theirs = vouched_for(inspected(GRAPHS[name](tensorkit))), ANSWERS[name]
    left_out_overwritten(ours, theirs)
    assert not differences(ours, theirs, name)


def test_twenty_graphs_and_more_are_recorded_each_with_steps_checks_and_reasons():
    assert len(GRAPHS) >= 20
    assert list(ANSWERS) == list(GRAPHS)
    assert sum(len(answer["graph"]["nodes"]) for answer in ANSWERS.values()) > 300
    assert all(answer["why"] and answer["summary"] and answer["check"] for answer in ANSWERS.values())


def test_differences_are_found_in_numbers_texts_and_structure():
    ours = inspected(GRAPHS["a_node_used_again"](tensorkit))
    other = inspected(GRAPHS["a_node_used_again"](tensorkit))
    assert not differences(ours, other)
    other["graph"]["edges"][0]["contribution"][2][0] += 0.1
    other["graph"]["nodes"].pop()
    other["why"]["x"][0] = other["why"]["x"][0].replace("backward", "forward")
    other["leaves"][1] = other["leaves"][1].replace("1.5", "1.6")
    ways = [line.partition(":")[0] for line in differences(ours, other)]
    assert ways == [".graph.nodes", ".graph.edges[0].contribution[2][0]", ".leaves[1]", ".why.x[0]"]


def test_nothing_imports_pytorch():
    code = """
import sys, tensorkit as torch
from tensorkit.graph import check, histogram, names_in, product, record, slices, summarize, trace, walk, why
x = torch.tensor([1.0, 2.0], requires_grad=True)
with record():
    f = (x * x + 2).sum()
names = names_in({"x": x, "f": f})
trace(f, names).to_svg(), walk(f, names), why(x, names), check(f, names)
summarize(x), histogram(x), slices(x), product(x, x)
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_without_pytorch_only_our_tensors_are_tensors(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    x = tensorkit.ones(2)
    assert loaded() is None
    assert tensor_types() == (tensorkit.Tensor,)
    assert is_tensor(x) and not is_foreign(x) and not is_tensor([1.0])
    assert library_of(x) is library_of(2.0) is tensorkit
    with record():
        y = x + 1
    assert len(trace(y).nodes) == 1


def test_tensorkit_under_pytorchs_name_is_no_pytorch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", tensorkit)
    assert loaded() is None
    assert not is_foreign(tensorkit.ones(2))


def test_a_half_imported_pytorch_is_not_there_yet(monkeypatch):
    module = type(sys)("torch")
    monkeypatch.setitem(sys.modules, "torch", module)
    assert loaded() is None
    assert tensor_types() == (tensorkit.Tensor,)
