"""Magics over a cell, inside functions, and what is looked after when a cell stops half-way."""

import re

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.utils.capture import capture_output
from test_magics import error_of, ip, run, shell  # noqa: F401  (fixtures)

import tensorkit as torch
from tensorkit import version
from tensorkit.magics import NAMES
from tensorkit.magics.inspectors import INSPECTORS

CELL = "a = torch.tensor(2., requires_grad=True)\nb = a * a\n"


@pytest.fixture(autouse=True)
def recording():
    """Every test finds gradients on, and leaves them on."""
    yield
    left = torch.is_grad_enabled()
    torch.set_grad_enabled(True)
    assert left


@pytest.mark.parametrize("inspector", INSPECTORS, ids=lambda each: each.name)
def test_every_inspector_is_a_line_and_a_cell_magic(ip, inspector):  # noqa: F811
    for kind in ("line", "cell"):
        assert inspector.name in ip.magics_manager.magics[kind]
    cell = "def g(x):\n    return x**2" if inspector.name == "descend" else CELL
    over_a_cell = run(ip, f"%%{inspector.name}\n{cell}")
    name = "g" if inspector.name == "descend" else "b"
    behind_it = run(ip, f"{cell}\n%{inspector.name} {name}")
    shown = [output.data["text/plain"] for output in over_a_cell.outputs]
    assert len(shown) == 1 and shown == [output.data["text/plain"] for output in behind_it.outputs]


@pytest.mark.parametrize(
    "cell, head",
    [
        ("a * 3", "Graph of 3 * a"),
        ("b = a * 3", "Graph of b"),
        ("b: object = a * 3", "Graph of b"),
        ("c = a * 3\nc.backward()", "Graph of c"),
        ("b = a * 1\nb *= 3", "Graph of b"),
        ("for _ in range(2):\n    d = a * 3", "Graph of d"),
        ("with torch.enable_grad():\n    e = a * 3\nprint('made')", "made\nGraph of e"),
        ("n = 3\na * n;", "Graph of 3 * a"),
    ],
)
def test_the_last_tensor_of_the_cell_is_shown(ip, cell, head):  # noqa: F811
    run(ip, "a = torch.tensor(2., requires_grad=True)")
    captured = run(ip, f"%%graph --text\n{cell}")
    assert captured.stdout.startswith(f"{head}: ")
    assert captured.outputs == [], "the value itself is not shown beside its graph"


NETWORK = """
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
data = torch.randn(4, 2)
"""


def test_a_graph_is_folded_by_the_modules_that_the_cell_called(ip):  # noqa: F811
    run(ip, NETWORK)
    text = run(ip, "%%graph --fold module --text\nloss = net(data).mean()").stdout
    assert "net.0 (Linear)" in text and "block of 2 operations" in text and "told from its parameters" not in text
    told = run(ip, "%graph --fold module --text loss").stdout
    assert "net.0 " in told and "told from its parameters" in told


def test_a_module_that_the_cell_makes_has_the_name_that_the_cell_gives_it(ip):  # noqa: F811
    run(ip, "data = torch.ones(1, 3)")
    cell = "made = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh())\nloss = made(data).mean()"
    text = run(ip, f"%%graph --fold module --text\n{cell}").stdout
    assert "made (Sequential)" in text
    cell = "def make():\n    module = torch.nn.Linear(3, 3)\n    return module, module(data)\nlate, out = make()"
    assert "late (Linear)" in run(ip, f"%%graph --fold module --text\n{cell}\nout.sum()").stdout


def test_a_graph_is_folded_as_asked(ip):  # noqa: F811
    run(ip, NETWORK + "loss = net(data).mean()")
    assert "Folded" not in run(ip, "%graph --text loss").stdout
    assert "Folded by depth: 1 block" in run(ip, "%graph --depth 2 --text loss").stdout
    assert error_of(ip, "%graph --depth 0 loss") == "UsageError: %graph loss: depth must be at least 1, but got 0"
    run(ip, "long = x\nfor _ in range(40): long = (long * x).tanh()")
    assert "Folded by repetition" in run(ip, "%graph --text long").stdout
    assert "Folded" not in run(ip, "%graph --text --fold none long").stdout


def test_a_tensor_may_be_named(ip):  # noqa: F811
    assert run(ip, f"%%graph b + 1 --text\n{CELL}c = b * 7").stdout.startswith("Graph of b + 1: ")


def test_the_cell_runs_once_in_the_notebooks_namespace(ip):  # noqa: F811
    run(ip, "made = []")
    run(ip, "%%tensor\nmade.append(1)\nfresh = torch.ones(2)")
    assert ip.user_ns["made"] == [1] and ip.user_ns["fresh"].tolist() == [1.0, 1.0]
    assert not [name for name in ip.user_ns if name.startswith("_tensorkit")]
    assert not {"showtraceback", "showsyntaxerror"} & set(vars(ip)) and not ip.ast_transformers


def test_what_a_cell_raises_is_shown_once_with_its_own_lines(ip):  # noqa: F811
    text = re.sub(r"\x1b\[[\d;]*m", "", error_of(ip, "%%graph\na = torch.ones(2)\na @ torch.ones(3)"))
    assert text.count("RuntimeError: ") == 1 and "----> 2 a @ torch.ones(3)" in text
    assert "cells.py" not in text and "call.py" not in text
    assert not ip.ast_transformers


@pytest.mark.parametrize(
    "cell, message",
    [
        ("%%graph\nn = 3", "UsageError: %%graph n: expected a tensor, but got int"),
        ("%%graph\npass", "UsageError: %%graph needs a tensor, as in: %graph loss    (%graph --help says more)"),
        ("%%graph\nx +", "UsageError: %%graph: invalid syntax in line 1 of the cell"),
        ("%%graph nothing\nx + 1", "UsageError: %%graph nothing: name 'nothing' is not defined"),
        ("%%graph --wrong\nspoiled = 1", "UsageError: unrecognized arguments: --wrong"),
        (
            "%%backprop\nx",
            "UsageError: %%backprop x: x has no history to step through: no operation on the tape made it",
        ),
        ("%%descend\nx**2", "UsageError: %%descend x ** 2: expected a function, or an expression in x, but got Tensor"),
        ("%%graph\n%tensor nothing", "UsageError: %tensor nothing: name 'nothing' is not defined"),
    ],
)
def test_a_wrong_call_over_a_cell_is_one_clean_line(ip, cell, message):  # noqa: F811
    assert error_of(ip, cell) == message
    assert "spoiled" not in ip.user_ns, "a wrong option runs nothing"


def test_an_inspector_inside_a_function_sees_its_names_in_comprehensions_and_lambdas(ip):  # noqa: F811
    run(ip, "def inside():\n    k = torch.tensor(3., requires_grad=True)\n    parts = [k, 2 * k]\n"
            "    %graph --text torch.stack([k * part for part in parts]).sum()\n"
            "    %descend --text lambda t: t * k\n    %descend --text x**2 * k")  # fmt: skip
    own = ip.user_ns
    lines = run(ip, "inside()").stdout.splitlines()
    assert "Graph of sum(stack([k * k, k * parts[1]])): 1 leaf, 1 constant, 5 operations." in lines
    assert sum(line.startswith("Gradient descent on") for line in lines) == 2
    assert ip.user_ns is own and "k" not in own


def test_names_are_completed_behind_both_signs(ip):  # noqa: F811
    run(ip, "def parabola(t):\n    return t**2")

    def completed(line):
        with provisionalcompleter():
            return {found.text for found in ip.Completer.completions(line, len(line))}

    for name in set(NAMES) & {each.name for each in INSPECTORS} - {"descend"}:
        for sign in ("%", "%%"):
            assert {"x", "y", "f"} <= completed(f"{sign}{name} ")
            assert not completed(f"{sign}{name} ") & {"n", "torch", "parabola"}
            assert "--help" in completed(f"{sign}{name} --h")
    assert "parabola" in completed("%descend ") and not completed("%descend ") & {"x", "torch"}


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "ValueError('wrong')"])
def test_gradients_left_off_by_a_cell_that_stopped_are_on_again(ip, error):  # noqa: F811
    with capture_output() as captured:
        ip.run_cell(f"torch.set_grad_enabled(False)\nraise {error}")
    assert torch.is_grad_enabled()
    said = "The cell stopped and left gradients off: they are on again, as before it (tensorkit)."
    assert captured.stdout.rstrip().endswith(said)


def test_a_cell_that_ends_well_may_turn_gradients_off(ip):  # noqa: F811
    assert run(ip, "_ = torch.set_grad_enabled(False)").stdout == ""
    assert not torch.is_grad_enabled()
    with capture_output() as captured:
        ip.run_cell("torch.set_grad_enabled(True)\n1/0")
    assert "left gradients on: they are off again" in captured.stdout and not torch.is_grad_enabled()
    run(ip, "torch.set_grad_enabled(True)")


def test_a_context_that_closes_itself_needs_no_words(ip):  # noqa: F811
    with capture_output() as captured:
        ip.run_cell("with torch.no_grad():\n    raise KeyboardInterrupt")
    assert "gradients" not in captured.stdout.splitlines()[-1]


def test_a_cell_magic_that_stops_half_way_is_looked_after_too(ip):  # noqa: F811
    with capture_output() as captured:
        ip.run_cell("%%graph\ntorch.set_grad_enabled(False)\n1/0")
    assert torch.is_grad_enabled() and captured.stdout.count("they are on again") == 1


def test_what_is_loaded_in_one_table(ip):  # noqa: F811
    lines = run(ip, "_ = torch.manual_seed(7)\n%tensorkit").stdout.splitlines()
    rows = {line[:17].strip(): line[17:] for line in lines[: lines.index("")]}
    assert rows["versions"].startswith(f"tensorkit {version.tensorkit}, Python 3.")
    assert rows["in the notebook"] == "torch is tensorkit; 5 named tensors"
    assert rows["seed"].startswith("7 ") and rows["device"] == "cpu; default dtype torch.float32"
    assert rows["gradients"] == "on"
    listed = [line.split()[0] for line in lines if line.startswith("%")]
    assert listed[:-1] == sorted(f"%{name}" for name in NAMES) and listed[-1] == "%graph"
    with torch.no_grad():
        assert "off: torch.set_grad_enabled(True) turns them on" in run(ip, "%tensorkit").stdout
