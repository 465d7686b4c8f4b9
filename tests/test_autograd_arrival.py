"""Hooks on the arrival of a leaf's gradient are called while the backward pass goes on, in PyTorch's order."""

import gc

import pytest

import tensorkit as torch
from tensorkit import nn
from tensorkit.autograd.arrival import awaited


def watched_network():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    seen = []
    for name, parameter in model.named_parameters():
        parameter.register_post_accumulate_grad_hook(lambda leaf, name=name: seen.append((name, leaf.grad.tolist())))
    return model, seen


def test_the_last_layer_is_complete_before_the_first_is_reached():
    model, seen = watched_network()
    hidden = model[0](torch.ones(4, 2))
    hidden.register_hook(lambda g: seen.append(("hidden", None)))
    model[2](torch.tanh(hidden)).sum().backward()
    assert [name for name, _ in seen] == ["2.bias", "2.weight", "hidden", "0.bias", "0.weight"]


def test_a_leaf_that_is_used_twice_is_complete_after_the_second_time():
    model, seen = watched_network()
    early = model[2].weight.pow(2).sum()  # an older use, which is no part of the network's own graph
    (model(torch.ones(4, 2)).sum() + early).backward()
    assert [name for name, _ in seen].count("2.weight") == 1
    assert dict(seen)["2.weight"] == model[2].weight.grad.tolist()


def test_gradients_are_those_of_a_network_without_hooks():
    model, _ = watched_network()
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    for network in (model, plain):
        for _ in range(2):
            (network(torch.ones(4, 2)) ** 2).sum().backward()
    assert [p.grad.tolist() for p in model.parameters()] == [p.grad.tolist() for p in plain.parameters()]


def test_a_gradient_that_goes_on_to_others_is_not_written_to_by_a_hook():
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)

    def forget(leaf):
        leaf.grad.zero_()

    x.register_post_accumulate_grad_hook(forget)
    ((x + y) * torch.tensor([3.0, 4.0])).sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([0, 0], [3, 4])


def test_such_a_hook_gives_nothing_back():
    x = torch.ones(2, requires_grad=True)
    x.register_post_accumulate_grad_hook(lambda leaf: leaf.grad)
    with pytest.raises(RuntimeError, match="^Tensor post accumulate grad hooks should return None.$"):
        (2 * x).sum().backward()


def test_without_such_leaves_nothing_is_looked_for():
    gc.collect()
    before = len(awaited)
    model, _ = watched_network()
    assert len(awaited) == before + 4
    del model
    gc.collect()
    assert len(awaited) == before
