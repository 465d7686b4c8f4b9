"""Whose frames a traceback in a notebook shows: the learner's own, unless every frame is asked for."""

import re
import sys
import traceback

import pytest
from IPython.utils.capture import capture_output
from test_magics import error_of, ip, shell  # noqa: F401  (fixtures)

HILL = "def hill(x):\n    y = x * 2\n    return y.matmul(torch.ones(3, 3))\n"


def shown_by(ip, cell):  # noqa: F811
    """What a failing cell shows, without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", error_of(ip, cell))


def files_of(text):
    """The files that a printed traceback names, apart from cells."""
    return [line for line in text.splitlines() if line.startswith("File ")]


@pytest.mark.parametrize(
    "cell",
    [
        "torch.ones(2, 3) @ torch.ones(2, 3)",
        "torch.ones(3, requires_grad=True).backward()",
        "torch.ones(3).no_such_method()",
        "torch.nn.Linear(2, 3)(torch.ones(5))",
        "torch.ones(3).reshape(2, 2)",
        "torch.linalg.inv(torch.zeros(2, 2))",
    ],
)
def test_an_error_of_an_operation_shows_the_cell_alone(ip, cell):  # noqa: F811
    shown = shown_by(ip, cell)
    assert files_of(shown) == [] and f"----> 1 {cell}" in shown


@pytest.mark.parametrize(
    "cell",
    [
        "%descend hill --steps 2",
        "from tensorkit.graph import descend\ndescend(hill, 2.0)",
        "from tensorkit_widgets import WhatIf\nWhatIf(hill, x=2.0)",
        "from tensorkit_widgets import DescentPlayground\nDescentPlayground(hill, 2.0)",
        "torch.func.vmap(hill)(torch.ones(2))",
    ],
)
def test_an_error_in_a_function_handed_over_shows_where_it_was_written(ip, cell):  # noqa: F811
    pytest.importorskip("tensorkit_widgets")
    ip.run_cell(HILL)
    shown = shown_by(ip, cell)
    assert files_of(shown) == []
    assert "in hill(x)" in shown and "----> 3     return y.matmul(torch.ones(3, 3))" in shown


def test_frames_of_a_learners_function_that_the_library_calls_stay(ip):  # noqa: F811
    ip.run_cell(
        "class Rows(torch.utils.data.Dataset):\n"
        "    def __len__(self):\n        return 2\n"
        "    def __getitem__(self, index):\n        return torch.ones(2).reshape(3)\n"
    )
    shown = shown_by(ip, "list(torch.utils.data.DataLoader(Rows()))")
    assert files_of(shown) == [] and "in Rows.__getitem__(self, index)" in shown


def test_an_error_of_other_libraries_is_shown_whole(ip):  # noqa: F811
    shown = shown_by(ip, "import json\njson.loads('{')")
    assert any("json" in line for line in files_of(shown))


def test_every_frame_is_printed_on_demand_and_kept_for_the_debugger(ip):  # noqa: F811
    error_of(ip, "torch.ones(2, 3) @ torch.ones(2, 3)")
    assert any("matmul.py" in frame.filename for frame in traceback.extract_tb(sys.last_traceback))
    with capture_output():
        ip.run_cell("%xmode Verbose")
    try:
        assert any("matmul.py" in line for line in files_of(shown_by(ip, "torch.ones(2, 3) @ torch.ones(2, 3)")))
    finally:
        with capture_output():
            ip.run_cell("%xmode Context")


def test_unloading_prints_every_frame_again(ip):  # noqa: F811
    ip.extension_manager.unload_extension("tensorkit")
    assert "structured_traceback" not in vars(ip.InteractiveTB)
    assert any("matmul.py" in line for line in files_of(shown_by(ip, "torch.ones(2, 3) @ torch.ones(2, 3)")))
    ip.extension_manager.load_extension("tensorkit")
