"""Large graphs fold: by module, by repetition, by depth; nothing is lost, and every drawing says what is folded."""

import re
import shutil
import xml.etree.ElementTree as ElementTree

import pytest
from graph_samples import chain, sum_times_z
from hostile_names import HOSTILE

import tensorkit as torch
from tensorkit import nn
from tensorkit.graph import BLOCK, RESULT, ModuleCall, fold, module_calls, names_in, trace
from tensorkit.graph.describe import same

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def network():
    """A network in a network, its loss, and the calls of its modules."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 4), nn.Tanh()), nn.Linear(4, 1))
    inputs = torch.randn(3, 2)
    with module_calls({"net": net}) as calls:
        loss = ((net(inputs) - 1) ** 2).mean()
    names = {"net": net, "inputs": inputs, "loss": loss}
    return trace(loss, names_in(names)), calls


def loop(rounds):
    """x = x * w + b, again and again."""
    w, b, x = (torch.tensor(value, requires_grad=True) for value in (0.5, 0.1, 1.0))
    names = {"w": w, "b": b, "start": x}
    for _ in range(rounds):
        x = x * w + b
    return trace(x, names | {"x": x}, limit=5000)


def labels(graph):
    return [node.label for node in graph.nodes]


def blocks(graph):
    return {node.label: node for node in graph.nodes if node.kind == BLOCK}


def is_sound(view):
    """Every node of the whole graph stands in the view once, and operands come before results."""
    shown = [id for node in view.nodes for id in (node.inside or (node.id,))]
    assert sorted(shown) == sorted(node.id for node in view.whole.nodes)
    place = {node.id: number for number, node in enumerate(view.nodes)}
    assert all(place[edge.source] < place[edge.target] for edge in view.edges)
    assert len({(edge.target, edge.slot) for edge in view.edges}) == len(view.edges)
    return True


def test_the_calls_of_modules_say_what_each_computed(network):
    graph, calls = network
    view = fold(graph, "module", calls=calls)
    assert labels(view) == [
        *("inputs", "net.0 (Linear)", "relu(…)", "net.2 (Sequential)", "net.3 (Linear)"),
        *("1", "… - 1", "2", "(… - 1) ** 2", "loss"),
    ]
    assert view.notes[0] == "Folded by module: 3 blocks stand for 7 operations and 6 leaves and constants."
    assert is_sound(view)


def test_without_the_calls_parameters_tell_and_it_is_said(network):
    graph, _ = network
    view = fold(graph, "module")
    assert list(blocks(view)) == ["net.0", "net.2", "net.3"]
    assert "Which module computed what is told from its parameters." in view.notes
    assert is_sound(view)


def test_modules_open_level_by_level(network):
    graph, calls = network
    shut = fold(graph, "module", calls=calls, depth=1)
    assert list(blocks(shut)) == ["net (Sequential)"]
    (net,) = blocks(shut).values()
    opened = fold(shut, "module", calls=calls, opened=[net.id])
    assert list(blocks(opened)) == ["net.0 (Linear)", "net.2 (Sequential)", "net.3 (Linear)"]
    within = blocks(opened)["net.2 (Sequential)"].id
    assert "net.2.0 (Linear)" in blocks(fold(graph, "module", calls=calls, opened=[net.id, within]))
    assert list(blocks(fold(graph, "module", calls=calls, opened=[within]))) == ["net (Sequential)"]
    assert list(blocks(fold(graph, "module", calls=calls, depth=2))) == list(blocks(opened))


def test_with_every_block_open_it_is_the_whole_graph(network):
    graph, _ = network
    for by in ("module", "repeat", "depth"):
        every = [block.id for block in fold(graph, by).blocks]
        view = fold(graph, by, opened=every)
        assert (view.nodes, view.edges) == (graph.nodes, graph.edges)
    assert fold(view, None) is graph


def test_a_module_that_is_called_twice_is_two_blocks():
    torch.manual_seed(0)
    cell = nn.Linear(2, 2)
    h = start = torch.randn(1, 2)
    with module_calls({"cell": cell}) as calls:
        for _ in range(3):
            h = cell(h).tanh()
    graph = trace(h, names_in({"cell": cell, "start": start}))
    wanted = ["cell, call 1", "cell, call 2", "cell, call 3"]
    assert list(blocks(fold(graph, "module"))) == wanted
    assert list(blocks(fold(graph, "module", calls=calls))) == [f"{label} (Linear)" for label in wanted]
    assert {"cell.weight", "cell.bias"} <= set(labels(fold(graph, "module"))), "all calls share them"


def test_modules_without_a_name_are_called_by_their_class():
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2))
    with module_calls() as calls:
        y = net(torch.ones(1, 2))
    assert list(blocks(fold(trace(y), "module", calls=calls))) == ["Sequential.0 (Linear)", "Sequential.2 (Linear)"]


def test_a_module_may_get_its_name_while_it_is_noted_or_after():
    names = {}
    with module_calls(names) as calls:
        net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh())
        net(torch.ones(1, 2))
        names["net"] = net
        net(torch.ones(1, 2))
        torch.nn.Tanh()(torch.ones(1))
    assert [call.name for call in calls] == ["net.0", "net.1", "net"] * 2 + ["Tanh"]


def test_nothing_is_noted_outside_of_the_context_and_an_error_ends_a_call():
    from tensorkit.nn.hooks import EVERYWHERE

    net = nn.Sequential(nn.Linear(2, 2))
    with module_calls({"net": net}) as calls:
        with pytest.raises(RuntimeError):
            net(torch.ones(1, 3))
        net(torch.ones(1, 2))
    net(torch.ones(1, 2))
    assert not EVERYWHERE
    assert [call.name for call in calls][-2:] == ["net.0", "net"]
    assert all(call.start < call.end for call in calls)


def test_a_block_has_the_value_and_the_gradient_of_its_result():
    graph = loop(50)
    (block,) = blocks(fold(graph, "repeat")).values()
    root = graph.node(graph.root)
    assert (block.value, block.gradient, block.name) == (root.value, root.gradient, "x")
    assert block.expression == "50 × (mul, add)"


def test_an_edge_into_a_block_carries_all_that_flows_back_through_it():
    graph = loop(50)
    view = fold(graph, "repeat")
    for edge in view.operands(view.root):
        assert same(edge.contribution, view.node(edge.source).gradient)
    assert "    back to n1: g through 100 operations = 0.4" in view.to_text().splitlines()


def test_a_repetition_is_one_block_and_opens_at_its_ends():
    view = fold(loop(500), "repeat")
    assert labels(view) == ["start", "w", "b", "x"]
    opened = fold(view, "repeat", opened=[view.root])
    (middle,) = blocks(opened)
    assert middle == "490 × (mul, add)"
    assert [node.op for node in opened.nodes if node.kind == RESULT] == ["mul", "add"] * 10
    assert is_sound(view) and is_sound(opened)


def test_each_round_takes_its_own_parameters_in():
    ws = [torch.tensor(0.5, requires_grad=True) for _ in range(8)]
    y = x = torch.tensor(1.0, requires_grad=True)
    for w in ws:
        y = (y * w).tanh()
    view = fold(trace(y, names_in({"x": x, "ws": ws, "y": y})), "repeat")
    assert labels(view) == ["x", "y"]
    assert dict(view.describe(view.root))["leaves in it"].startswith("ws[0], ws[1], ws[2]")


@pytest.mark.parametrize("rounds, found", [(2, False), (3, True)])
def test_a_short_round_repeats_when_it_comes_three_times(rounds, found):
    assert bool(blocks(fold(loop(rounds), "repeat"))) is found


def test_what_only_looks_alike_does_not_repeat():
    x = torch.tensor(1.0, requires_grad=True)
    results = [x.exp(), x.exp()]
    for other in (0, 0, 2, 1, 5, 0):  # the same operation, on operands computed now here, now there
        results.append(results[other] * results[-1])
    assert not blocks(fold(trace(results[-1]), "repeat"))


def test_by_depth_the_far_part_is_one_node_and_opens_level_by_level():
    view = fold(loop(10), "depth", depth=4)
    assert view.nodes[0].label == "16 more operations" or "16 more operations" in labels(view)
    (block,) = blocks(view).values()
    opened = fold(view, "depth", depth=4, opened=[block.id])
    assert list(blocks(opened)) == ["12 more operations"]
    assert is_sound(view) and is_sound(opened)


def test_a_short_cut_around_the_far_part_makes_no_circle():
    x = torch.tensor(0.5, requires_grad=True)
    first = x * 2
    y = first
    for _ in range(6):
        y = y.tanh()
    assert is_sound(fold(trace(y + first), "depth", depth=2))


def test_parts_that_would_stand_in_a_circle_are_given_up():
    x = torch.tensor(0.5, requires_grad=True)
    a = x * 2
    b = a * 3
    a = b * 4
    b = a * 5
    graph = trace(b.tanh())
    times = [node.time for node in graph.nodes if node.op == "mul"]
    crossed = [ModuleCall("a", "A", times[0] - 1, times[2] + 1), ModuleCall("b", "B", times[1] - 1, times[3] + 1)]
    assert is_sound(fold(graph, "module", calls=crossed))


def test_auto_leaves_small_graphs_and_chooses_for_large_ones(network):
    graph, _ = network
    assert fold(graph) is graph
    assert fold(chain(5)) == chain(5)
    assert blocks(loop(50).folded())["x"].expression == "50 × (mul, add)"


def test_a_wrong_way_or_depth_is_said():
    with pytest.raises(ValueError, match="by must be one of module, repeat, depth, auto or None, but got 'size'"):
        fold(sum_times_z(), "size")
    with pytest.raises(ValueError, match="depth must be at least 1, but got 0"):
        sum_times_z().folded("depth", depth=0)


def test_nothing_to_fold_is_said():
    assert sum_times_z().folded("module").notes[0] == "Nothing to fold by module."


@pytest.mark.parametrize("by", ["module", "repeat", "depth"])
def test_all_drawings_say_what_is_folded(by, network):
    view = (loop(50) if by == "repeat" else network[0]).folded(by, depth=3)
    root = ElementTree.fromstring(view.to_svg().encode())
    drawn = {group.get("data-node"): group for group in root.iter(f"{SVG}g") if group.get("data-node")}
    text, dot = view.to_text(), view.to_dot().source
    for node in blocks(view).values():
        count = sum(view.whole.node(id).kind == RESULT for id in node.inside)
        said = f"block of {count} operations"
        assert said in drawn[node.id].find(f"{SVG}title").text
        assert any(group.get("class") == "tk-unfold" for group in drawn[node.id].iter())
        assert re.search(rf"^{node.id} .*{said}", text, re.MULTILINE)
        assert said in dot and "box3d" in dot
    assert all(view.notes[0] in drawing for drawing in (text, dot, root.get("aria-label")))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_module_names_stay_text(name):
    def drawn(name):
        x = torch.tensor(0.5, requires_grad=True)
        first = x * 2
        y = (first * 3 * 4).tanh()
        graph = trace(y)
        call = ModuleCall(name, name, first._node.time, y._node.time)
        return fold(graph, "module", calls=[call])

    def skeleton(svg):
        return [(part.tag, sorted(part.attrib)) for part in ElementTree.fromstring(svg.encode()).iter()]

    plain, hostile = drawn("net"), drawn(name)
    assert blocks(plain) and skeleton(hostile.to_svg("live", "right")) == skeleton(plain.to_svg("live", "right"))
    assert hostile.to_text().count("\n") == plain.to_text().count("\n")
    assert hostile.to_dot().source.count("\n") == plain.to_dot().source.count("\n")


@pytest.mark.skipif(not shutil.which("dot"), reason="needs the program dot")
def test_dot_writes_a_folded_graph_to_a_file(tmp_path, network):
    view = network[0].folded("module")
    written = view.to_dot().render(str(tmp_path / "graph"), format="pdf", cleanup=True)
    assert written == str(tmp_path / "graph.pdf")
    assert (tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")
    named = view.to_dot().render(outfile=tmp_path / "f.pdf")
    assert named == str(tmp_path / "f.pdf") and (tmp_path / "f.pdf").stat().st_size > 1000


def test_a_hundred_thousand_operations_stay_under_a_megabyte_and_say_what_is_left_out():
    x = y = torch.tensor(1.0, requires_grad=True)
    for number in range(100_000):
        y = y * x if number % 3 else y.tanh()
    graph = trace(y, {"x": x, "y": y})
    whole = graph.to_svg("live") + graph.to_text()
    assert len(whole.encode()) < 1_000_000
    folded = fold(graph)
    assert len((folded.to_svg("live") + folded.to_text()).encode()) < 50_000
    for drawing in (graph.to_svg(), graph.to_text(), graph.to_dot().source, folded.to_svg(), folded.to_text()):
        assert "99,701 older operations are left out." in drawing
