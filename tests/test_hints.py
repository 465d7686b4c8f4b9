"""Hints in the user's own names: the notes under PyTorch's errors. (The errors are among the recorded cases.)"""

import pytest

import tensorkit as torch


def notes(error) -> str:
    return "\n".join(error.value.__notes__)


def test_a_transpose_that_would_fit_is_named():
    my_tns1, my_tns2 = torch.ones(2, 3), torch.ones(2, 3)
    with pytest.raises(RuntimeError, match=r"^mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)") as error:
        my_tns1 @ my_tns2
    assert "`my_tns1` has 3 columns, `my_tns2` 2 rows" in notes(error)
    assert "`my_tns2` is 2x3; its transpose `my_tns2.T` (3x2) would fit" in notes(error)


def test_the_first_ones_transpose_is_named_where_that_fits():
    wide, tall = torch.ones(4, 3), torch.ones(4, 5)
    with pytest.raises(RuntimeError) as error:
        torch.mm(wide, tall)
    assert "`wide` is 4x3; its transpose `wide.T` (3x4) would fit" in notes(error)


def test_shapes_that_do_not_broadcast_bear_their_names():
    scores, weights = torch.ones(2, 3), torch.ones(4)
    with pytest.raises(RuntimeError, match="must match the size of tensor b") as error:
        scores * weights
    assert "shapes [2, 3] (`scores`) and [4] (`weights`) are compared from the right" in notes(error)


def test_what_has_no_name_is_told_by_its_place():
    inputs = [torch.ones(2, 3), torch.ones(2, 3)]
    with pytest.raises(RuntimeError) as error:
        inputs[0] @ inputs[1]
    assert "the first has 3 columns, the second 2 rows" in notes(error)
    assert "The transpose of the second (3x2) would fit: use its .T" in notes(error)


def test_names_are_looked_for_where_the_call_stands():
    outer = torch.ones(2, 3)

    def multiply(left, right):
        return left @ right

    with pytest.raises(RuntimeError) as error:
        multiply(outer, torch.ones(2, 3))
    assert "`left` has 3 columns, `right` 2 rows" in notes(error)


def test_a_linear_layer_of_the_wrong_width_tells_its_own_and_what_came():
    with pytest.raises(RuntimeError, match=r"^mat1 and mat2 shapes cannot be multiplied \(8x3 and 2x5\)") as error:
        torch.nn.Linear(2, 5)(torch.ones(2, 4, 3))
    assert "the layer has in_features=2, and the input, of shape [2, 4, 3], 3 numbers" in notes(error)
    assert "nn.Linear(3, 5) would take it" in notes(error)


def test_images_before_a_linear_layer_are_to_be_flattened():
    with pytest.raises(RuntimeError) as error:
        torch.nn.Linear(784, 10, bias=False)(torch.ones(64, 1, 28, 28))
    assert "nn.Flatten() before the layer makes rows of 784 numbers" in notes(error)
    assert len(error.value.__notes__) == 1
