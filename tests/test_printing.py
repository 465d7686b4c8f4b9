"""A tensor is written as PyTorch writes it. The expected texts are recorded: see `cases/record_printing.py`."""

from __future__ import annotations

import ast
import json

import numpy as np
import pytest
from cases import record_printing
from hypothesis import given
from hypothesis import strategies as st

from tensorkit.printing import get_printoptions, printoptions, set_printoptions, tensor_text

CASES = json.loads(record_printing.FILE.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def default_options():
    yield
    set_printoptions(profile="default")


@pytest.mark.parametrize("dtype", record_printing.ALL)
def test_every_recorded_text(dtype):
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes", reason="bfloat16 arrays need ml_dtypes")
    cases = [case for case in CASES if case["dtype"] == dtype]
    assert cases
    for case in cases:
        assert record_printing.our_text(case, record_printing.array_of(case)) == case["text"], case


def test_numpy_scalars_are_zero_dimensional():
    for case in CASES:
        if not case["shape"] and case["dtype"] != "bfloat16":
            scalar = record_printing.array_of(case)[()]
            assert isinstance(scalar, np.generic)
            assert record_printing.our_text(case, scalar) == case["text"], case


def test_memory_layout_does_not_show():
    array = np.arange(60 * 40, dtype=np.float32).reshape(60, 40) / 8
    expected = tensor_text(array)
    assert tensor_text(np.asfortranarray(array)) == expected
    assert tensor_text(np.repeat(array, 2, axis=1)[:, ::2]) == expected
    assert tensor_text(array[::-1, ::-1].copy()[::-1, ::-1]) == expected
    assert tensor_text(array.astype(">f4")) == expected


def test_only_the_shown_numbers_are_looked_at():
    half_a_terabyte = np.broadcast_to(np.float32(2.5), (5000, 5000, 5000))
    row = "[2.5000, 2.5000, 2.5000,  ..., 2.5000, 2.5000, 2.5000]"
    lines = tensor_text(half_a_terabyte).split("\n")
    assert lines[0] == f"tensor([[{row},"
    assert len(lines) == 6 * 7 + 6 + 1  # six slices of seven lines, six blank lines, an ellipsis


def test_suffixes_come_in_pytorchs_order():
    empty = np.zeros((2, 0))
    text = tensor_text(empty, dtype_text="torch.float64", device_text="cuda:0", grad_text="requires_grad=True")
    assert text == "tensor([], device='cuda:0', size=(2, 0), dtype=torch.float64,\n       requires_grad=True)"


def test_the_prefix_sets_the_indentation():
    assert tensor_text(np.eye(2), prefix="Angle(") == "Angle([[1., 0.],\n       [0., 1.]])"


@given(st.data())
def test_at_full_precision_the_text_reads_back_as_the_numbers(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    numbers = data.draw(st.lists(finite, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    array = np.array(numbers).reshape(shape)
    with printoptions(profile="full", precision=16, sci_mode=True):
        text = tensor_text(array)
    np.testing.assert_array_equal(np.array(ast.literal_eval(text.removeprefix("tensor"))), array)


def test_options_stay_until_they_are_set_again():
    set_printoptions(precision=2, linewidth=40)
    set_printoptions(edgeitems=1)
    assert get_printoptions() == {
        "precision": 2, "threshold": 1000, "edgeitems": 1, "linewidth": 40, "sci_mode": None
    }  # fmt: skip


def test_a_profile_gives_way_to_options_named_beside_it():
    set_printoptions(profile="short", edgeitems=5)
    assert (get_printoptions()["precision"], get_printoptions()["edgeitems"]) == (2, 5)
    set_printoptions(profile="full")
    assert get_printoptions()["threshold"] == float("inf")


def test_scientific_mode_is_automatic_again_after_any_later_call():
    set_printoptions(sci_mode=True)
    assert tensor_text(np.array(1.5)) == "tensor(1.5000e+00)"
    set_printoptions(precision=4)
    assert tensor_text(np.array(1.5)) == "tensor(1.5000)"


def test_scoped_options_end_with_their_block_even_by_an_error():
    set_printoptions(precision=3)
    before = get_printoptions()
    with pytest.raises(KeyError), printoptions(profile="short", sci_mode=True):
        assert tensor_text(np.array(1.5)) == "tensor(1.50e+00)"
        raise KeyError
    assert get_printoptions() == before


def test_the_options_handed_out_are_a_copy():
    get_printoptions()["precision"] = 9
    assert get_printoptions()["precision"] == 4


def test_unknown_options_are_refused():
    with pytest.raises(TypeError, match=r"set_printoptions\(\) got an unexpected keyword argument 'digits'"):
        set_printoptions(digits=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'digits'"), printoptions(digits=3):
        pass


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"precision": -1}, ValueError, "Format specifier missing precision"),
        ({"precision": "x"}, ValueError, "Format specifier missing precision"),
        ({"precision": 2.0}, ValueError, "Invalid format specifier"),
        ({"linewidth": float("inf")}, OverflowError, "cannot convert float infinity to integer"),
        ({"linewidth": "a"}, TypeError, r"unsupported operand type\(s\) for -: 'str' and 'int'"),
        ({"threshold": "a"}, TypeError, "'>' not supported between instances of 'int' and 'str'"),
        ({"threshold": 2, "edgeitems": "a"}, TypeError, "'>' not supported between instances of 'int' and 'str'"),
    ],
)
def test_a_senseless_option_is_found_out_by_the_next_text(options, error, message):
    set_printoptions(**options)
    with pytest.raises(error, match=message):
        tensor_text(np.array([0.5, 1.5, 2.5]))
