"""The IPython extension: silent to load, one clean line for a wrong call, and gone without a trace when unloaded."""

import sys

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import tensorkit as torch

MAGICS = ["backprop", "gradcheck", "graph", "grads", "tensor", "why"]
SETUP = """
import tensorkit as torch
x, y, z = (torch.tensor(value, requires_grad=True) for value in (4., -3., 5.))
q = x + y
f = q * z
n = 3
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """One IPython shell for the module, with a home of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        InteractiveShell.clear_instance()
        shell = InteractiveShell.instance()
        yield shell
        shell.history_manager.end_session()
        InteractiveShell.clear_instance()


@pytest.fixture
def ip(shell):
    """The shell with the extension loaded and the first example in its namespace."""
    shell.reset(new_session=False)
    shell.extension_manager.load_extension("tensorkit")
    shell.run_cell(SETUP)
    yield shell
    shell.extension_manager.unload_extension("tensorkit")


def run(ip, cell):
    """What a cell prints and displays; an error of the cell is raised."""
    with capture_output() as captured:
        result = ip.run_cell(cell)
    result.raise_error()
    return captured


def error_of(ip, cell):
    """The text that a failing cell shows to a learner."""
    with capture_output() as captured:
        result = ip.run_cell(cell)
    assert result.error_in_exec is not None
    return (captured.stdout + captured.stderr).strip()


@pytest.fixture
def without_widgets(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorkit_widgets", None)


def test_loading_is_silent_and_adds_the_magics(shell):
    with capture_output() as captured:
        shell.run_cell("%load_ext tensorkit")
    assert (captured.stdout, captured.stderr, captured.outputs) == ("", "", [])
    assert set(MAGICS) <= set(shell.magics_manager.magics["line"])
    shell.run_cell("%unload_ext tensorkit")


def test_unloading_takes_everything_back(shell):
    def state():
        magics = {kind: dict(table) for kind, table in shell.magics_manager.magics.items()}
        hooks = {name: sorted(table.strs) for name, table in shell.strdispatchers.items()}
        return magics, hooks, set(shell.magics_manager.registry), {k: len(v) for k, v in shell.events.callbacks.items()}

    before = state()
    for _ in range(2):
        shell.run_cell("%load_ext tensorkit")
        assert state() != before
        shell.run_cell("%reload_ext tensorkit")
        shell.run_cell("%unload_ext tensorkit")
        assert state() == before


def test_a_magic_that_was_there_before_comes_back(shell):
    def graph(line):
        return f"my own {line}"

    shell.register_magic_function(graph, "line", "graph")
    try:
        shell.run_cell("%load_ext tensorkit")
        shell.run_cell("%unload_ext tensorkit")
        assert shell.run_line_magic("graph", "x") == "my own x"
    finally:
        del shell.magics_manager.magics["line"]["graph"]


def test_graph_shows_the_inspector_where_the_widgets_are_installed(ip):
    pytest.importorskip("tensorkit_widgets")
    (output,) = run(ip, "%graph f").outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data
    assert output.data["text/plain"] == run(ip, "%graph f --text").stdout.rstrip("\n")


def test_graph_shows_the_static_picture_where_they_are_not(ip, without_widgets):
    (output,) = run(ip, "%graph f").outputs
    assert set(output.data) == {"image/svg+xml", "text/plain"}
    assert "q = x + y" in output.data["text/plain"] and "<svg" in output.data["image/svg+xml"]


def test_graph_static_shows_the_static_picture_anyway(ip):
    (output,) = run(ip, "%graph --static f").outputs
    assert set(output.data) == {"image/svg+xml", "text/plain"}


def test_graph_as_text_and_as_dot(ip):
    assert run(ip, "%graph f --text").stdout.splitlines()[0] == "Graph of f: 3 leaves, 2 operations."
    assert run(ip, "%graph --dot f").stdout.startswith("digraph {")


def test_directions(ip):
    def direction(options):
        (output,) = run(ip, f"%graph --static {options} f").outputs
        return 'data-direction="down"' in output.data["image/svg+xml"]

    assert not direction("") and not direction("--right") and direction("--down")


def test_an_expression_needs_no_name_and_keeps_its_quotes_and_blanks(ip):
    run(ip, "w = {'a  b': x}")
    assert "Graph of (x + y) * z:" in run(ip, "%graph (x + y) * z --text").stdout
    assert "Graph of x - 1" in run(ip, '%graph --text w["a  b"] - 1').stdout
    assert "Graph of -x" in run(ip, "%graph --text -x").stdout
    assert "Graph of sum" in run(ip, "%graph --text torch.stack([x, y]).sum()").stdout


def test_limit(ip):
    run(ip, "long = x\nfor _ in range(50): long = long + 1")
    assert "older operations are left out" in run(ip, "%graph long --text --limit 10").stdout
    assert "older operations are left out" in run(ip, "%graph long --text --limit=10").stdout


def test_grads_is_a_table_of_the_leaves(ip):
    (output,) = run(ip, "%grads f").outputs
    assert set(output.data) == {"text/html", "text/plain"}
    assert output.data["text/plain"].splitlines()[1] == "x     scalar  4      5              None"
    assert run(ip, "f.backward()\n%grads --text f").stdout.splitlines()[1].split() == ["x", "scalar", "4", "5", "5"]


def test_tensor_is_a_summary(ip):
    (output,) = run(ip, "%tensor --static torch.eye(3)").outputs
    assert set(output.data) == {"image/svg+xml", "text/plain"}
    (live,) = run(ip, "%tensor torch.eye(3)").outputs
    assert set(live.data) == {*output.data, "application/vnd.jupyter.widget-view+json"}
    assert {kind: live.data[kind] for kind in output.data} == output.data
    assert output.data["text/plain"].startswith("torch.eye(3): 3 × 3, float32, 9 elements")
    assert run(ip, "%tensor --text x").stdout.splitlines()[1] == "value 4"


def test_why_answers_in_words(ip):
    (output,) = run(ip, "%why q").outputs
    assert set(output.data) == {"text/html", "text/plain"}
    assert output.data["text/plain"].splitlines()[0] == "q.grad is None: not a leaf"
    assert run(ip, "%why x --text").stdout.splitlines()[0] == "x.grad is None: backward not called"


def test_backprop_steps_through(ip):
    pytest.importorskip("tensorkit_widgets")
    (output,) = run(ip, "%backprop f").outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data
    assert output.data["text/plain"] == run(ip, "%backprop f --text").stdout.rstrip("\n")
    assert "forward:" not in run(ip, "%backprop f --text --backward-only").stdout


def test_backprop_is_a_list_without_widgets(ip, without_widgets):
    (output,) = run(ip, "%backprop f").outputs
    assert set(output.data) == {"text/html", "text/plain"}


def test_gradcheck_compares_with_finite_differences(ip):
    (output,) = run(ip, "%gradcheck f").outputs
    assert set(output.data) == {"text/html", "text/plain"}
    assert [line.split()[-1] for line in output.data["text/plain"].splitlines()] == ["verdict", *["agrees"] * 3]


def test_whatif_shows_sliders(ip):
    pytest.importorskip("tensorkit_widgets")
    (output,) = run(ip, "%whatif f").outputs
    assert output.data["text/plain"].startswith("What if: x = 4, y = -3, z = 5 give 5; ")
    assert error_of(ip, "%whatif x.detach()").startswith(
        "UsageError: %whatif x.detach(): it was computed from no tensor"
    )


def test_whatif_without_widgets_says_what_to_install(ip, without_widgets):
    assert error_of(ip, "%whatif f") == "UsageError: %whatif needs the widgets: run  %pip install anywidget"


def test_magics_see_the_local_names_of_a_function(ip):
    cell = (
        "def inside():\n    a = torch.tensor(2., requires_grad=True)\n    b = a * n\n    %graph --text b + 1\ninside()"
    )
    text = run(ip, cell).stdout
    assert "a  " in text and "b = 3 * a" in text and "Graph of b + 1" in text
    assert "a" not in ip.user_ns and "b" not in ip.user_ns


def test_magics_work_in_loops_and_give_nothing_back(ip):
    assert run(ip, "for each in (x, y):\n    %tensor --text each").stdout.count("scalar") == 2
    run(ip, "given = get_ipython().run_line_magic('tensor', '--text x')")
    assert ip.user_ns["given"] is None


@pytest.mark.parametrize(
    "cell, message",
    [
        ("%graph", "UsageError: %graph needs a tensor, as in: %graph loss    (%graph --help says more)"),
        ("%graph nothing", "UsageError: %graph nothing: name 'nothing' is not defined"),
        ("%graph n", "UsageError: %graph n: expected a tensor, but got int"),
        ("%grads n + 1", "UsageError: %grads n + 1: expected a tensor, but got int"),
        ("%tensor 'x'", "UsageError: %tensor 'x': expected a tensor, but got str"),
        ("%tensor x +", "UsageError: %tensor x +: invalid syntax (<string>, line 1)"),
        ("%tensor x.nothing", "UsageError: %tensor x.nothing: 'Tensor' object has no attribute 'nothing'"),
        ("%graph --wrong f", "UsageError: unrecognized arguments: --wrong"),
        ("%graph f --limit many", "UsageError: argument --limit: invalid int value: 'many'"),
        ("%graph f --limit 0", "UsageError: %graph: --limit must be at least 1, but got 0"),
        ("%graph f --right --down", "UsageError: %graph: --right and --down exclude each other"),
        ("%backprop x", "UsageError: %backprop x: x has no history to step through: no operation on the tape made it"),
        (
            "%gradcheck x.detach()",
            "UsageError: %gradcheck x.detach(): it was computed from no tensor that requires gradients",
        ),
        ("%tensor 1/0", "UsageError: %tensor 1/0: division by zero"),
    ],
)
def test_a_wrong_call_is_one_clear_line(ip, cell, message):
    assert error_of(ip, cell) == message


def test_a_wrong_call_leaves_the_namespace_as_it_was(ip):
    own = ip.user_ns
    error_of(ip, "%graph nothing")
    assert ip.user_ns is own and "nothing" not in own


@pytest.mark.parametrize("name", MAGICS)
def test_help_tells_options_and_purpose(ip, name):
    text = run(ip, f"%{name} --help").stdout
    assert "expression" in text and "--text" in text and "Show" in text
    assert text == run(ip, f"%{name} --help").stdout
    assert f"%{name}" in ip.magics_manager.magics["line"][name].__doc__


def test_names_and_options_are_completed(ip):
    def completed(line):
        with provisionalcompleter():
            return {found.text for found in ip.Completer.completions(line, len(line))}

    assert {"x", "y", "z", "q", "f"} <= completed("%graph ")
    assert not completed("%graph ") & {"n", "torch"}
    assert "--static" in completed("%graph --s")
    assert "--static" not in completed("%grads --")


def test_the_same_cell_shows_the_same_every_time(ip):
    def shown(cell):
        return [output.data for output in run(ip, cell).outputs]

    for cell in ("%graph --static f", "%grads f", "%tensor --static torch.eye(4)"):
        assert shown(cell) == shown(SETUP + cell)


def test_everything_can_be_had_without_magics():
    from tensorkit.graph import leaf_table, summarize, trace

    x = torch.ones(2, requires_grad=True)
    assert trace(x * 2).to_text() and leaf_table(x * 2).to_html() and summarize(x).to_svg()


@pytest.mark.parametrize(
    "line, first",
    [
        ("%tensor --histogram --text m", "m: histogram of 6 numbers, 2 × 3"),
        ("%tensor --slices --text m", "m: 2 × 3, 1 slice; · 0 to █ 5"),
        ("%tensor --broadcast --text m, m[0]", "m (2 × 3) with m[0] (vector of 3): the result is 2 × 3"),
        ("%tensor m, (4, 1) --broadcast --text", "m (2 × 3) and (4, 1) (4 × 1) do not fit together"),
        ("%tensor --product --text m, m", "m @ m: 2×3 @ 2×3 does not fit"),
    ],
)
def test_tensor_has_more_views(ip, line, first):
    run(ip, "m = torch.arange(6.).reshape(2, 3)")
    assert run(ip, line).stdout.splitlines()[0] == first


@pytest.mark.parametrize(
    "line, message",
    [
        ("%tensor --product x", "UsageError: %tensor x: expected two tensors or shapes, as in: a, b"),
        ("%tensor x, y", "UsageError: %tensor x, y: expected a tensor, but got tuple"),
        ("%tensor --product --slices x", "UsageError: %tensor: --slices and --product exclude each other"),
    ],
)
def test_a_wrong_view_is_one_clean_line(ip, line, message):
    assert error_of(ip, line) == message


@pytest.mark.parametrize(
    "line, head, last",
    [
        ("%descend x**2 --lr 0.25 --steps 1 --text", "x**2, learning rate 0.25, momentum 0", "1  1      1     2"),
        (
            "%descend --text --start 1,-1 x**2 * y",
            "x**2 * y, learning rate 0.1, momentum 0",
            "0  1  -1     -1    -2     1",
        ),
        ("%descend parabola --text --start -3", "parabola, learning rate 0.1, momentum 0", "0  -3     16    -8"),
        ("%descend lambda t: t * n --text", "lambda t: t * n, learning rate 0.1, momentum 0", "0  2      6     3"),
    ],
)
def test_descend_walks_down_a_function(ip, line, head, last):
    run(ip, "def parabola(x):\n    return (x - 1) ** 2")
    lines = run(ip, line).stdout.splitlines()
    assert lines[0] == f"Gradient descent on {head}"
    assert lines[-1].strip() == last


def test_descend_shows_the_playground_or_the_picture(ip, monkeypatch):
    shown = run(ip, "%descend x**2 --steps 3").outputs[0].data
    assert "application/vnd.jupyter.widget-view+json" in shown
    monkeypatch.setitem(sys.modules, "tensorkit_widgets", None)
    plain = run(ip, "%descend x**2 --steps 3").outputs[0].data
    assert plain == {key: shown[key] for key in ("image/svg+xml", "text/plain")}


@pytest.mark.parametrize(
    "line, message",
    [
        ("%descend", "UsageError: %descend needs a function, as in: %descend x**2    (%descend --help says more)"),
        ("%descend n", "UsageError: %descend n: expected a function, or an expression in x, but got int"),
        ("%descend x +", "UsageError: %descend x +: invalid syntax (<string>, line 1)"),
        ("%descend x**2 --lr -1", "UsageError: %descend x**2: lr must be positive, but got -1.0"),
        ("%descend x**2 --start a", "UsageError: %descend x**2: --start wants a number, or two as in 2,-1, but got a"),
        ("%descend q.grad_fn", "UsageError: %descend q.grad_fn: expected a tensor"),
    ],
)
def test_a_wrong_descend_is_one_clean_line(ip, line, message):
    assert error_of(ip, line).startswith(message.removesuffix("expected a tensor"))
