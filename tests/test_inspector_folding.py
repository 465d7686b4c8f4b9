"""The inspector with a folded graph, and its button "why?", without a browser."""

import json

import pytest

import tensorkit as torch
from tensorkit import nn
from tensorkit.graph import BLOCK, module_calls, names_in, trace
from tensorkit_widgets import GraphInspector


def size(inspector):
    """How many bytes the page gets of this graph, all in all."""
    state = {key: value for key, value in inspector.get_state().items() if key not in ("_esm", "_css")}
    return len(json.dumps(state, ensure_ascii=False).encode())


def loop(rounds):
    """x = x * w + b, again and again; what the notebook calls its tensors."""
    w, b, x = (torch.tensor(value, requires_grad=True) for value in (0.5, 0.1, 1.0))
    names = {"w": w, "b": b, "start": x}
    for _ in range(rounds):
        x = x * w + b
    return names | {"x": x}


@pytest.fixture
def inspector():
    names = loop(50)
    return GraphInspector(names["x"], names)


@pytest.fixture
def network():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    inputs = torch.randn(4, 2)
    with module_calls({"net": net}) as calls:
        loss = net(inputs).mean()
    names = names_in({"net": net, "inputs": inputs, "loss": loss})
    return GraphInspector(loss, names, fold="module", calls=calls)


def test_a_large_graph_comes_folded_and_the_panel_says_so(inspector):
    assert [node.label for node in inspector.graph.nodes] == ["start", "w", "b", "x"]
    facts = dict(inspector.detail["facts"])
    assert facts["stands for"] == "100 operations"
    assert facts["operations"] == "50 mul, 50 add"
    assert inspector.detail["said"] == "x selected: root, block of 100 operations, scalar, value 0.2, gradient 1"
    assert "Folded by repetition" in inspector.text


def test_a_small_graph_and_a_given_one_stay_as_they_are():
    names = loop(3)
    assert not GraphInspector(names["x"], names).blocks
    assert len(GraphInspector(trace(loop(50)["x"])).graph.nodes) == 103


def test_unfolding_shows_what_is_inside_and_selects_the_result(inspector):
    inspector.unfold("b0")
    assert "40 × (mul, add)" in inspector.text
    assert inspector.selected == inspector.graph.root != "b0"
    assert inspector.detail["title"] == "x"
    assert inspector.detail["folds"] == [["b0", "50 × (mul, add)"]]
    inspector.fold("b0")
    assert (inspector.selected, inspector.detail["opens"]) == ("b0", "b0")


def test_the_page_opens_by_one_trait(inspector):
    inspector.set_state({"selected": "b0", "opened": ["b0"]})
    assert inspector.selected == inspector.graph.root
    inspector.set_state({"opened": ["b0", "no such block"]})
    assert inspector.opened == ["b0"]


def test_all_open_is_the_whole_graph_and_all_shut_is_the_first_picture(inspector):
    first = inspector.svg
    inspector.opened = list(inspector.blocks)
    assert inspector.unfoldable and len(inspector.graph.nodes) == 103
    inspector.opened = []
    assert inspector.svg == first


def test_a_node_that_is_selected_by_name_is_found_in_its_blocks(network):
    assert "net.0.weight" not in {node.name for node in network.graph.nodes}
    network.select("net.0.weight")
    assert network.detail["title"] == "net.0.weight"
    assert network.detail["folds"][-1][1] == "net.0 (Linear)"


def test_modules_are_blocks_with_their_names(network):
    assert [node.label for node in network.graph.nodes if node.kind == BLOCK] == ["net.0 (Linear)", "net.2 (Linear)"]
    assert network.opened == [block.id for block in network.graph.blocks if block.label == "net (Sequential)"]
    (first,) = (block.id for block in network.graph.blocks if block.label == "net.0 (Linear)")
    network.unfold(first)
    assert "net.0.weight" in {node.name for node in network.graph.nodes}


def test_an_unknown_block_is_said(inspector):
    with pytest.raises(KeyError):
        inspector.unfold("b99")
    with pytest.raises(KeyError):
        inspector.fold("b99")


def test_gradients_can_be_checked_in_a_folded_graph(inspector):
    assert inspector.check("n1") == "finite differences say 0.4: agrees"
    assert not inspector.detail["checkable"], "a block is no single operation"


def test_a_history_of_a_hundred_thousand_operations_is_small_on_the_page():
    x = y = torch.tensor(1.0, requires_grad=True)
    for _ in range(100_000):
        y = y * x
    inspector = GraphInspector(y, {"x": x, "y": y})
    assert size(inspector) < 50_000
    assert "99,001 older operations are left out." in inspector.svg and "left out" in inspector.text
    assert size(GraphInspector(y, {"x": x, "y": y}, fold=None)) < 1_000_000


def test_why_explains_the_grad_of_a_leaf(inspector):
    inspector.select("w")
    assert inspector.detail["why"] == "Why is .grad None?"
    assert "backward" in inspector.why()
    assert inspector.reasons["n1"][0] == ["", "w.grad is None"]


def test_why_by_the_trait_of_the_page():
    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    inspector = GraphInspector(y, {"x": x, "y": y}, selected="n0")
    inspector.wondered = "n0"
    assert inspector.detail["why"] == "Why is .grad what it is?"
    assert any("backward" in text for _, text in inspector.reasons["n0"])
    assert "twice" in inspector.why() or "2" in inspector.why()


def test_why_for_results_with_and_without_a_name():
    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    inspector = GraphInspector(y.tanh(), {"x": x, "y": y})
    inspector.select("y")
    assert "retain_grad" in inspector.why()
    anonymous = GraphInspector((x * 2).tanh(), {"x": x}, selected="n2")
    assert "retain_grad" in anonymous.why()


def test_why_needs_the_tensor():
    x = torch.tensor(3.0, requires_grad=True)
    inspector = GraphInspector(trace(x * x, {"x": x}))
    assert not inspector.askable
    assert inspector.why() == "that needs the tensor, and this is a graph alone"


def test_numbers_have_no_grad_to_ask_about():
    x = torch.tensor(3.0, requires_grad=True)
    assert GraphInspector(x * 2, {"x": x}, selected="n1").detail["why"] == ""


@pytest.mark.parametrize("elements, operands", [(1, 1), (20, 1), (30, 50)])
def test_what_the_page_gets_stays_under_a_megabyte_and_says_what_is_missing(elements, operands):
    leaves = [torch.full((elements, elements), 0.5, requires_grad=True) for _ in range(operands)]
    y = leaves[0]
    for step in range(400):
        y = torch.nn.functional.softmax(y @ leaves[step % operands], 1) + leaves[step * 7 % operands] * 0.3
    names = {"y": y, **{f"weights_of_layer_{place}": each for place, each in enumerate(leaves)}}
    inspector = GraphInspector(y, names, fold=None)
    assert size(inspector) < 1_000_000
    assert "older operations are left out." in inspector.text
    cards = [card for each in inspector.details.values() for card in each["cards"]]
    if elements > 1:
        assert inspector.details[inspector.graph.root]["cards"][0]["heat"]
        left_out = [
            card for card in cards if card["remark"] == "the graph is large: no heat map here, %tensor draws it"
        ]
        assert left_out and all(card["heat"] is None for card in left_out)
