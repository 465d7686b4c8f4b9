"""Every recorded program gives PyTorch's answers: values, dtypes, shapes, printed text, errors, warnings.

The programs are `cases/programs/*.txt`, PyTorch's answers lie beside them as JSON, so that no PyTorch is needed here.
What counts as the same answer stands in `cases/compare.py`. Cases on `cases/not_yet.txt` must fail: one that passes is
to be taken off the list (`python tests/cases/replay.py --rewrite`).
"""

import pytest
from cases import compare, language, record, replay

import tensorkit

FAMILIES = language.families()
CASES = {case.id: case for family in FAMILIES for case in language.cases_of(family)}
ENTRIES = {name: entry for family in FAMILIES for name, entry in record.recorded(family).items()}
NOT_YET = replay.not_yet()


@pytest.fixture(autouse=True)
def _warnings_as_they_were():
    """Programs are run with every warning shown, also those that come once per process."""
    yield
    tensorkit.set_warn_always(False)


@pytest.mark.parametrize("name", CASES)
def test_tensorkit_answers_as_pytorch(name):
    difference = replay.outcome(CASES[name], ENTRIES[name], tensorkit)
    if name in NOT_YET:
        assert difference is not None, "passes: take it off cases/not_yet.txt (python tests/cases/replay.py --rewrite)"
        pytest.xfail(difference)
    assert difference is None, f"\n{CASES[name].text}\n\n{difference}"


def test_the_answers_were_recorded_from_these_programs():
    assert {name: case.text for name, case in CASES.items()} == {name: e["program"] for name, e in ENTRIES.items()}


def test_the_list_of_cases_that_may_fail_names_cases():
    assert not NOT_YET - CASES.keys()


def test_the_language_of_programs():
    text = "== t ==\neach a: 1 2\ngiven x = $a\n# comment\ny = x => y || ${a}0\nif x:\n    z = 1\n=> z\n"
    one, two, block, _ = language.parse(text, "f")
    assert (one.id, one.statements, one.shows) == ("f/t[1]#1", "x = 1\ny = x", ("y", "10"))
    assert (two.id, block.id, block.statements) == ("f/t[2]#1", "f/t[1]#2", "x = 1\nif x:\n    z = 1")


@pytest.mark.parametrize(
    "wanted, got, same",
    [
        ([1.0, 2.0], [1.0, 2.000001], True),
        ([1.0, 2.0], [1.0, 2.00002], False),
        ([1e-9, 1.0], [2e-9, 1.0], True),
        ([float("nan")], [float("nan")], True),
        ([float("inf")], [1e30], False),
        ([1.0], [1.0, 1.0], False),
        ([[1.0, 2.0]], [[1.0, 3.0]], False),
    ],
)
def test_when_values_are_the_same(wanted, got, same):
    assert compare.close(wanted, got, 2e-6) == same


@pytest.mark.parametrize(
    "wanted, got, same",
    [
        ("tensor([0.1234, 2.0000])", "tensor([0.1235, 2.0000])", True),
        ("tensor([0.1234, 2.0000])", "tensor([0.1236, 2.0000])", False),
        ("tensor([0.1234])", "tensor([0.1234], dtype=torch.float64)", False),
        ("tensor([1, 2])", "tensor([1, 3])", False),
        ("tensor([1.2340e-05])", "tensor([1.2341e-05])", True),
        ("tensor([1.2340e-05])", "tensor([1.2340e-06])", False),
        ("tensor([nan])", "tensor([inf])", False),
    ],
)
def test_when_printed_texts_are_the_same(wanted, got, same):
    assert compare.same_text(wanted, got) == same
