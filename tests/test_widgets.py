"""The graph inspector without a browser: what it holds, says and stores. What a page makes of it: `browser/`."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import traitlets
from graph_samples import sum_times_z
from hostile_names import HOSTILE

import tensorkit as torch
from tensorkit.graph import LEAF, Graph, GraphNode, trace
from tensorkit_widgets import GraphInspector
from tensorkit_widgets.details import detail, heat_map

STATIC = Path(sys.modules["tensorkit_widgets"].__file__).parent / "static"


@pytest.fixture
def tensors():
    """x = 4, y = -3, z = 5, f = (x + y) * z after its backward pass."""
    x, y, z = (torch.tensor(value, requires_grad=True) for value in (4.0, -3.0, 5.0))
    f = (x + y) * z
    f.backward()
    return {"x": x, "y": y, "z": z, "f": f}


@pytest.fixture
def inspector(tensors):
    return GraphInspector(tensors["f"], tensors)


def cards(panel):
    return {card["term"]: card["text"] for card in panel["cards"]}


def strings(data):
    """Every string in nested lists and dictionaries, the keys apart."""
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, list):
        return [text for item in data for text in strings(item)]
    return [data] if isinstance(data, str) else []


def skeleton(svg):
    """Tags and attribute names, in order: what a hostile name must not change."""
    return [(part.tag, sorted(part.attrib)) for part in ElementTree.fromstring(svg.encode()).iter()]


def test_it_opens_on_the_root(inspector):
    assert inspector.selected == inspector.graph.root == "n4"
    assert inspector.detail["title"] == "f"
    assert inspector.detail["expression"] == "(x + y) * z"
    assert cards(inspector.detail) == {"value": "5", "gradient": "1"}


def test_a_node_is_selected_by_name_or_id(inspector):
    inspector.select("x")
    assert inspector.selected == "n0"
    inspector.select("n3")
    assert inspector.detail["title"] == "z"
    inspector.select(None)
    assert (inspector.selected, inspector.detail) == (None, {})


def test_a_node_that_is_not_there_is_said(inspector):
    with pytest.raises(traitlets.TraitError, match=r"no node 'q'; it has x \(n0\), y \(n1\), n2, z \(n3\), f \(n4\)"):
        inspector.select("q")
    with pytest.raises(traitlets.TraitError, match="no node 'n99'"):
        inspector.selected = "n99"
    assert inspector.selected == "n4"


def test_a_leaf_shows_value_gradient_and_what_is_collected(inspector):
    inspector.select("x")
    assert cards(inspector.detail) == {"value": "4", "gradient": "5", ".grad": "5"}
    assert inspector.detail["cards"][1]["of"] == ["∂f", "∂x"]
    assert inspector.detail["said"] == "x selected: value 4, gradient 5, .grad 5"


def test_an_intermediate_result_says_how_its_gradient_came_and_what_it_passes_back(inspector):
    inspector.select("n2")
    (came,) = inspector.detail["arrives"]
    assert (came["node"], came["name"], came["local"]) == ("n4", "f", ["∂f", "∂(x + y)"])
    assert (came["equals"], came["rule"]) == (["z", "5"], "g * z = 1 * 5 = 5")
    assert came["g"] == "g = ∂f/∂f = 1"
    assert [(to["name"], to["local"], to["rule"]) for to in inspector.detail["goes_on"]] == [
        ("x", ["∂(x + y)", "∂x"], "g = 5"),
        ("y", ["∂(x + y)", "∂y"], "g = 5"),
    ]
    facts = dict(inspector.detail["facts"])
    assert facts["computes"] == "x + y = 4 + (-3)"
    assert facts["made by"] == "AddBackward0"
    assert facts[".grad"].startswith("None: kept for leaves only")


def test_a_tensor_used_twice_adds_up():
    x = torch.tensor(3.0, requires_grad=True)
    panel = GraphInspector(x * x, {"x": x}, selected="n0").detail
    assert [entry["rule"] for entry in panel["arrives"]] == ["g * x = 1 * 3 = 3"] * 2
    assert panel["sum"] == "3 + 3: one term for each use"
    assert cards(panel)[".grad"] == "None"


def test_a_constant_has_no_gradient():
    x = torch.tensor(3.0, requires_grad=True)
    panel = GraphInspector(x * 2, {"x": x}, selected="n1").detail
    assert cards(panel) == {"value": "2", "gradient": "none"}
    assert panel["arrives"] == panel["goes_on"] == []


def test_a_tensor_has_a_heat_map():
    w = torch.tensor([[1.0, -2.0], [0.5, float("nan")]], requires_grad=True)
    panel = GraphInspector(w, {"w": w}).detail
    value = panel["cards"][0]["heat"]
    assert value["rows"] == [[[50, "1"], [-100, "-2"]], [[25, "0.5"], [None, "nan"]]]
    assert value["label"] == "heat map, 2 × 2"
    assert value["ends"] == ["-2", "2"]


def test_a_large_tensor_has_a_heat_map_of_blocks():
    heat = heat_map(trace(torch.arange(2 * 40 * 50).reshape(2, 40, 50)).nodes[0].value)
    assert (len(heat["rows"]), len(heat["rows"][0])) == (16, 16)
    assert {text for row in heat["rows"] for _, text in row} == {""}
    assert heat["remark"] == "each cell is the mean of a block of the 40 × 50 numbers; the first 40 × 50 of 2 × 40 × 50"


@pytest.mark.parametrize("values", [[float("inf"), float("-inf")], [float("nan")] * 2, [0.0, 0.0]])
def test_a_heat_map_survives_odd_numbers(values):
    heat = heat_map(trace(torch.tensor(values)).nodes[0].value)
    assert len(heat["rows"][0]) == 2
    json.dumps(heat, allow_nan=False)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,), (1, 1, 1), (2, 0)])
def test_no_shape_is_too_odd(shape):
    assert GraphInspector(torch.zeros(shape)).detail["cards"][0]["term"] == "value"


def test_it_takes_a_graph_too_and_shows_another_when_told(tensors):
    inspector = GraphInspector(trace(tensors["x"] * 2, tensors))
    assert inspector.detail["title"] == "2 * x"
    inspector.graph = trace(tensors["y"], tensors)
    assert (inspector.selected, list(inspector.details)) == (None, ["n0"])
    assert '<tspan font-weight="700">y</tspan>' in inspector.svg
    assert inspector.text == inspector.graph.to_text()


def test_it_flows_where_it_is_told(tensors):
    assert 'data-direction="down"' in GraphInspector(tensors["f"], direction="down").svg
    with pytest.raises(ValueError, match="direction must be one of auto, right, down, but got 'up'"):
        GraphInspector(tensors["f"], direction="up")


def test_it_takes_nothing_else():
    with pytest.raises(TypeError, match="expected a tensor, but got float"):
        GraphInspector(3.0)


def test_in_a_notebook_the_names_are_the_notebooks(tensors):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        shell.user_ns.update(tensors)
        assert GraphInspector(tensors["f"]).detail["expression"] == "(x + y) * z"
    finally:
        InteractiveShell.clear_instance()
    assert GraphInspector(tensors["f"]).detail["expression"] is None


def test_finite_differences_stand_beside_the_gradient_when_asked_for(inspector):
    assert inspector.checkable and inspector.checks == {}
    inspector.select("x")
    assert inspector.check() == "finite differences say 5: agrees"
    inspector.set_state({"asked": "n3"})
    assert inspector.checks == {"n0": "finite differences say 5: agrees", "n3": "finite differences say 1: agrees"}
    inspector.set_state({"asked": "nonsense"})
    assert set(inspector.checks) == {"n0", "n3"}


def test_a_graph_alone_cannot_be_checked(tensors):
    inspector = GraphInspector(trace(tensors["f"], tensors))
    assert not inspector.checkable
    assert inspector.check("n0") == "finite differences need the tensor, and this is a graph alone"


def test_a_new_graph_forgets_the_checks_of_the_old(inspector, tensors):
    inspector.check("n0")
    inspector.graph = trace(tensors["x"] * 2, tensors)
    assert (inspector.checks, inspector.checkable) == ({}, False)


def test_what_a_notebook_stores(inspector):
    data, metadata = inspector._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "image/svg+xml", "text/plain"}
    assert data["text/plain"] == inspector.graph.to_text()
    assert data["image/svg+xml"] == inspector.graph.to_svg()
    assert "0x" not in data["text/plain"] + repr(inspector)
    assert metadata == {}


def test_the_page_gets_the_picture_the_text_and_every_panel(inspector):
    state = inspector.get_state(["svg", "text", "details", "selected", "zoom"])
    assert json.loads(json.dumps(state, allow_nan=False)) == state
    assert set(state["details"]) == set(re.findall(r'data-node="(n\d+)"', state["svg"]))
    assert all(f"var(--jp-{name}" in state["svg"] for name in ("layout-color0", "ui-font-color1"))


def test_the_page_selects_and_zooms_through_traits(inspector):
    seen = []
    inspector.observe(lambda change: seen.append(change["new"]), "selected")
    inspector.set_state({"selected": "n1", "zoom": 2.0})
    assert (seen, inspector.detail["title"], inspector.zoom) == (["n1"], "y", 2.0)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text_wherever_it_goes(name):
    plain, hostile = GraphInspector(sum_times_z()), GraphInspector(sum_times_z(x=name, q=name, f=name))
    for each in (hostile.svg, hostile._repr_mimebundle_()[0]["image/svg+xml"]):
        assert skeleton(each) in (skeleton(plain.svg), skeleton(plain._repr_mimebundle_()[0]["image/svg+xml"]))
    assert hostile.text.count("\n") == plain.text.count("\n")
    said = strings(hostile.details)
    assert all(text.isprintable() and len(text) <= 300 for text in said)
    json.dumps(hostile.details).encode()
    assert hostile.details.keys() == plain.details.keys()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_label_of_a_real_tensor_stays_text(name):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    inspector = GraphInspector((x * 2).sum(), {name: x})
    assert all(text.isprintable() for text in strings(inspector.details))
    assert skeleton(inspector.svg) == skeleton(GraphInspector((x * 2).sum(), {"x": x}).svg)


def test_the_page_side_writes_words_as_text_only():
    """What Python sends reaches the page by `textContent` and `append`; the picture, escaped by Python, by a parser."""
    source = sys.modules["tensorkit_widgets"].page.script("graph.js")
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "Function(", "import ", "http"):
        assert word not in source, word
    assert source.count("DOMParser") == 1
    style = (STATIC / "graph.css").read_text(encoding="utf-8")
    assert "@import" not in style and "url(" not in style


def test_the_page_side_is_small():
    """anywidget sends it with every instance and stores it with every saved state."""
    assert len(sys.modules["tensorkit_widgets"].page.script("graph.js").encode()) < 16_500
    assert (STATIC / "graph.css").stat().st_size < 8_000


def test_colours_of_the_notebook_have_fallbacks():
    style = (STATIC / "graph.css").read_text(encoding="utf-8")
    used = re.findall(r"var\(--jp-[\w-]+(,?)", style)
    assert used and all(used)


def test_an_omitted_part_has_a_panel_too():
    x = torch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(20):
        y = y * 2
    inspector = GraphInspector(trace(y, {"x": x}, limit=6))
    omitted = next(node for node in inspector.graph.nodes if node.kind == "omitted")
    inspector.selected = omitted.id
    assert inspector.detail["cards"] == []
    assert "older operations" in inspector.detail["said"]


def test_a_leaf_alone_is_a_graph():
    node = GraphNode("n0", LEAF, "w", name="w", is_root=True, requires_grad=True)
    panel = detail(Graph((node,), (), "n0"), node)
    assert cards(panel) == {"value": "not kept", "gradient": "unknown", ".grad": "None"}


def test_without_anywidget_it_says_what_to_install():
    code = "import sys; sys.modules['anywidget'] = None; import tensorkit_widgets"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: the inspectors need the package anywidget: run  %pip install anywidget" in done.stderr
