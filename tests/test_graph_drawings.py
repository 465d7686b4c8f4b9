"""Three drawings of one graph: SVG, text and DOT say the same, escape everything, and never change by themselves."""

import builtins
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import graphviz
import pytest
from graph_samples import chain, data, sum_times_z

from tensorkit.graph.describe import face
from tensorkit.graph.model import CONSTANT, LEAF, OMITTED, RESULT, Edge, Graph, GraphNode
from tensorkit.graph.snapshots import lines, number, short, snapshot

SVG = "{http://www.w3.org/2000/svg}"
THEMES = ["auto", "static", "live", "dark"]
HOSTILE = [
    "<script>alert(1)</script>", "</svg><img src=x onerror=alert(1)>", '" onload="alert(1)', "' onclick='x",
    "&lt;b&gt;", "]]>", "<!--", "-->", "<![CDATA[", "<?xml?>", "&#x3c;script&#x3e;", "&amp;", "&nosuch;",
    "%3Cscript%3E", "{{7*7}}", "${x}", "`x`", "\\", "\\N", "\\l\\n\\r", '\\"', '"', '"]; evil [label="',
    "}; digraph {", "-> n0", "<b>bold</b>", "<>", "<<table>>", "a\nb", "a\r\nb", "a\tb", "\x00", "\x0b",
    "\x1b[31m", "\x7f", "\u202egnp.exe", "\u2066x\u2069", "\ufeff", "\ud800", "\ufffe", "\u2028", "e\u0301",
    "變數", "🙂", "x" * 500, " ", "", "a  b", "//comment", "/* c */", "#!", "n0", "javascript:alert(1)", "url(#x)",
    "expression(alert(1))", "style=display:none", "data-node=n9", "]", "|{}|", "\\0",
]  # fmt: skip


def parsed(svg):
    return ElementTree.fromstring(svg.encode("utf-8"))


def skeleton(element):
    """Tags and attribute names, in order: what a hostile name must not change."""
    return [(part.tag, sorted(part.attrib)) for part in element.iter()]


def words(element):
    return " ".join("".join(part.itertext()) for part in element.iter(f"{SVG}text"))


def test_the_text_of_the_first_example():
    assert sum_times_z().to_text().splitlines() == [
        "Graph of f: 3 leaves, 2 operations.",
        "n0  x          leaf, scalar          value 4  gradient 5  .grad None",
        "n1  y          leaf, scalar          value -3  gradient 5  .grad None",
        "n2  q = x + y  result, scalar        value 1  gradient 5  by add(n0, n1)",
        "    back to n0: g = 5",
        "    back to n1: g = 5",
        "n3  z          leaf, scalar          value 5  gradient 1  .grad None",
        "n4  f = q * z  root, result, scalar  value 5  gradient 1  by mul(n2, n3)",
        "    back to n2: g * z = 1 * 5 = 5",
        "    back to n3: g * q = 1 * 1 = 1",
    ]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("graph", [sum_times_z(), chain(5)], ids=["example", "chain"])
def test_the_svg_says_on_each_node_what_the_text_says(graph, theme):
    root = parsed(graph.to_svg(theme))
    drawn = {group.get("data-node"): group for group in root.iter(f"{SVG}g") if group.get("data-node")}
    text = {line.split()[0]: line for line in graph.to_text().splitlines() if re.match(r"n\d+ ", line)}
    assert list(drawn) == list(text) == [node.id for node in graph.nodes]
    for node in graph.nodes:
        said = face(graph, node)
        for word in [said.heading, said.caption, *(f"{term} {value[0]}" for term, value in said.rows)]:
            assert word in text[node.id]
            assert word in drawn[node.id].find(f"{SVG}title").text
            assert all(part in words(drawn[node.id]) for part in word.split())
        if said.operation:
            assert said.operation in words(drawn[node.id]) and f"by {said.operation}(" in text[node.id]
    arrows = [
        (edge.get("data-source"), edge.get("data-target")) for edge in root.iter(f"{SVG}g") if edge.get("data-source")
    ]
    assert arrows == [(edge.source, edge.target) for edge in graph.edges]
    for node in graph.nodes:
        operands = re.search(r"by \w+\((.*)\)", text[node.id])
        assert (operands.group(1).split(", ") if operands else []) == [edge.source for edge in graph.operands(node.id)]


def test_the_svg_carries_its_own_text_for_screen_readers():
    graph = sum_times_z()
    root = parsed(graph.to_svg())
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == root.get("aria-label") == graph.to_text().splitlines()[0]
    assert root.find(f"{SVG}desc").text == graph.to_text()


def test_kinds_differ_in_shape_and_in_words():
    shapes = {}
    graph = chain(1)
    for group in parsed(graph.to_svg()).iter(f"{SVG}g"):
        if group.get("data-node"):
            kind = graph.node(group.get("data-node")).kind
            box = next(part for part in group.iter() if part.get("class") == "tk-box")
            shapes[kind] = (box.tag, box.get("rx"), box.get("stroke-dasharray"))
            assert kind in words(group)
    assert len(set(shapes.values())) == len(shapes) == 3


@pytest.mark.parametrize("direction", ["auto", "right", "down"])
@pytest.mark.parametrize("theme", THEMES)
def test_the_same_graph_gives_the_same_bytes(theme, direction):
    assert sum_times_z().to_svg(theme, direction) == sum_times_z().to_svg(theme, direction)


def test_a_static_picture_is_dark_ink_on_white_and_needs_nothing_from_the_page():
    svg = sum_times_z().to_svg("static")
    assert "var(" not in svg and "url(" not in svg and "<style" not in svg and " id=" not in svg
    assert parsed(svg).find(f"{SVG}rect").get("fill") == "#ffffff"


def test_a_live_picture_follows_the_notebooks_colours_with_fallbacks():
    svg = sum_times_z().to_svg("live")
    assert "var(--jp-layout-color0,#fff)" in svg and "var(--jp-ui-font-color1,#1b1f24)" in svg
    assert not re.search(r'(fill|stroke)="#', svg)


def test_a_long_graph_flows_down_a_short_one_to_the_right():
    assert parsed(sum_times_z().to_svg()).get("data-direction") == "right"
    assert parsed(chain(12).to_svg()).get("data-direction") == "down"


def test_a_wrong_theme_or_direction_is_said():
    with pytest.raises(ValueError, match="theme must be one of auto, static, dark, live, but got 'sepia'"):
        sum_times_z().to_svg("sepia")
    with pytest.raises(ValueError, match="direction must be one of auto, right, down, but got 'up'"):
        sum_times_z().to_svg(direction="up")
    with pytest.raises(ValueError, match="direction must be one of auto, right, down, but got 'up'"):
        sum_times_z().to_dot("up")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text_in_the_svg(name, theme):
    plain, hostile = sum_times_z(), sum_times_z(q=name)
    assert skeleton(parsed(hostile.to_svg(theme))) == skeleton(parsed(plain.to_svg(theme)))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_on_its_line_of_the_text(name):
    text = sum_times_z(q=name).to_text()
    assert [line[:2] for line in text.split("\n")] == [line[:2] for line in sum_times_z().to_text().split("\n")]
    assert all(char.isprintable() for char in text.replace("\n", ""))


@pytest.mark.skipif(not shutil.which("dot"), reason="needs the program dot")
@pytest.mark.parametrize("names", [HOSTILE[i::4] for i in range(4)], ids=lambda names: "some")
def test_hostile_names_stay_labels_in_dot(names):
    for name in names:
        source = sum_times_z(q=name, x=name).to_dot().source
        assert source.count("\n") == sum_times_z().to_dot().source.count("\n")
        done = subprocess.run(
            ["dot", "-Tplain"], input=source, capture_output=True, encoding="utf-8", errors="replace", timeout=20
        )
        assert done.returncode == 0, source
        found = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("node ")]
        assert found == ["n0", "n1", "n2", "n2_op", "n3", "n4", "n4_op"]
        assert sum(line.startswith("edge ") for line in done.stdout.splitlines()) == 6


def test_dot_says_what_the_text_says():
    graph = sum_times_z()
    source = graph.to_dot().source
    for node in graph.nodes:
        said = face(graph, node)
        assert said.heading in source and said.caption in source
        assert all(f"{term} {value[0]}" in source for term, value in said.rows)
        assert all(sentence in source for sentence in said.back)


def test_without_the_program_dot_a_notebook_shows_our_own_picture(monkeypatch):
    monkeypatch.setenv("PATH", "")
    dot = sum_times_z().to_dot()
    bundle = dot._repr_mimebundle_()
    assert bundle == {"image/svg+xml": sum_times_z().to_svg(), "text/plain": sum_times_z().to_text()}
    with pytest.raises(graphviz.ExecutableNotFound) as caught:
        dot.pipe("pdf")
    assert "to_svg()" in caught.value.__notes__[0]


def test_without_the_package_graphviz_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "graphviz":
            raise ImportError("no graphviz")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match="pip install graphviz"):
        sum_times_z().to_dot()


def test_a_notebook_gets_svg_and_text():
    graph = sum_times_z()
    assert graph._repr_mimebundle_() == {"image/svg+xml": graph.to_svg(), "text/plain": graph.to_text()}
    assert str(graph) == graph.to_text()
    assert repr(graph) == "Graph(5 nodes, 4 edges, root='f')"


def test_a_graph_knows_its_ways():
    graph = sum_times_z()
    assert [edge.source for edge in graph.operands("n4")] == ["n2", "n3"]
    assert [edge.target for edge in graph.uses("n0")] == ["n2"]
    assert [node.name for node in graph.leaves] == ["x", "y", "z"]
    assert graph == sum_times_z()
    assert graph != sum_times_z(q="p")
    with pytest.raises(KeyError):
        graph.node("n99")


def test_a_description_has_everything_about_a_node():
    rows = dict(sum_times_z().describe("n2"))
    assert rows["gradient"] == "∂f/∂q = 5"
    assert rows["back to x"] == "g = 5"
    assert rows["operation"] == "add (+)"
    assert rows["used by"] == "f"
    assert "retain_grad()" in rows[".grad"]
    assert rows["held by"] == "the notebook, as q and the graph, as operand of f"
    assert rows["version"] == "0: never written to in place"


def test_a_description_puts_sums_in_brackets():
    x, y = data("n0", "x", LEAF, 4.0, 1.0, name="x"), data("n1", "y", LEAF, -3.0, 1.0, name="y")
    root = data("n2", "x + y", RESULT, 1.0, 1.0, op="add", symbol="+", expression="x + y", is_root=True)
    edges = (Edge("n0", "n2", 0, "x", "g", "g", "1", "1", 1.0), Edge("n1", "n2", 1, "y", "g", "g", "1", "1", 1.0))
    graph = Graph((x, y, root), edges, "n2")
    assert dict(graph.describe("n2"))["∂(x + y)/∂x"] == "1"
    assert dict(graph.describe("n0"))["gradient"] == "∂(x + y)/∂x = 1"


def test_a_leaf_shows_its_grad_only_where_that_says_something_else():
    def rows(stored):
        node = data("n0", "x", LEAF, 4.0, 5.0, name="x", stored_grad=stored and snapshot(stored), is_root=True)
        return [term for term, _ in face(Graph((node,), (), "n0"), node).rows]

    import numpy as np

    assert rows(None) == ["value", "gradient", ".grad"]
    assert rows(np.float32(5.0)) == ["value", "gradient"]
    assert rows(np.float32(10.0)) == ["value", "gradient", ".grad"]


def test_what_is_left_out_is_a_node_of_its_own():
    nodes = (
        GraphNode("n0", OMITTED, "7 older operations", dtype=""),
        data("n1", "y", RESULT, 1.0, 1.0, op="neg", symbol="-", is_root=True),
    )
    graph = Graph(nodes, (Edge("n0", "n1"),), "n1", 7, ("7 older operations are left out.",))
    assert graph.to_text().splitlines()[0] == "Graph of y: 1 operation. 7 older operations are left out."
    assert "7 older operations" in words(parsed(graph.to_svg()))
    assert "left out" in graph.to_dot().source
    assert graph.describe("n0") == (("left out", "7 older operations"),)


def test_numbers_are_short_and_the_same_everywhere():
    values = [4.0, -0.0, 1 / 3, 12345.678, 1e-5, 1e12, float("nan"), float("-inf"), True, 7, 2 - 1j]
    assert [number(value) for value in values] == [
        "4", "0", "0.3333", "12346", "1e-05", "1e+12", "nan", "-inf", "True", "7", "2-1j",
    ]  # fmt: skip


def test_arrays_are_written_out_while_they_are_short():
    import numpy as np

    assert short(snapshot(np.array([1.0, -2.5, 3.0]))) == "[1, -2.5, 3]"
    assert short(snapshot(np.eye(2))) == "[[1, 0], [0, 1]]"
    assert short(snapshot(np.arange(100.0))) == "0 … 99, mean 49.5"
    assert short(snapshot(np.array([np.nan] * 40 + [np.inf, 2.0]))) == "2 … 2, mean 2, 40 NaN, 1 inf"
    assert short(snapshot(np.full(40, np.nan))) == "all NaN or inf, 40 NaN"
    assert short(snapshot(np.zeros((0, 3)))) == "[]"
    assert short(None) == "unknown"
    assert lines(snapshot(np.array([[0.125, -10.0, 3.0], [1.0, 2.25, 300.5]]))) == (
        "[[0.125,  -10,     3],",
        " [    1, 2.25, 300.5]]",
    )


def test_a_thumbnail_is_made_of_block_means():
    import numpy as np

    shot = snapshot(np.arange(64.0 * 32).reshape(64, 32))
    assert shot.array is None
    assert shot.thumbnail.shape == (16, 16)
    assert shot.thumbnail.mean() == shot.mean
    assert snapshot(np.arange(5.0)).thumbnail.tolist() == [[0.0, 1.0, 2.0, 3.0, 4.0]]
    assert snapshot(np.float32(1.0)).thumbnail is None


def test_constants_of_python_show_their_number_once():
    node = GraphNode("n0", CONSTANT, "3", dtype="int", value=snapshot(__import__("numpy").array(3)), is_root=True)
    said = face(Graph((node,), (), "n0"), node)
    assert (said.title, said.caption, said.rows) == ("3", "root, constant, Python int", ())
