"""Asking for what PyTorch has and tensorkit leaves out: an AttributeError, as `hasattr` needs, with the reason."""

import pytest

import tensorkit as torch
from tensorkit.left_out import REASONS, reason


@pytest.mark.parametrize("name", ["jit", "hub", "sparse_coo_tensor", "quantize_per_tensor", "stft"])
def test_a_name_that_is_left_out_says_why(name):
    assert not hasattr(torch, name)
    with pytest.raises(AttributeError) as caught:
        getattr(torch, name)
    assert str(caught.value) == f"module 'torch' has no attribute '{name}'"
    assert caught.value.__notes__ == [reason(name)]
    assert reason(name).startswith("tensorkit leaves this out: ")


def test_a_method_that_is_left_out_says_why():
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'to_sparse'") as caught:
        torch.ones(2).to_sparse()
    assert "scipy.sparse" in caught.value.__notes__[0]


def test_an_unknown_name_is_just_unknown():
    with pytest.raises(AttributeError) as caught:
        torch.nonsense  # noqa: B018
    assert not hasattr(caught.value, "__notes__")


def test_nothing_that_is_there_stands_on_the_list():
    there = [name for name in REASONS if "*" not in name and (name in torch.__all__ or hasattr(torch.Tensor, name))]
    assert there == []


def test_in_place_functions_are_the_methods():
    x = torch.tensor([0.0, 1.0])
    assert torch.sin_(x) is x
