"""The differentiable operations of the registry against numeric derivatives: first and second order, float64.

The derivative is taken in a random direction, which is as sharp as a whole Jacobian and cheap at any size.  An
operation that is declared without a sample fails: a new one is tested because it exists.
"""

import numpy as np
import pytest
from gradient_samples import NO_DERIVATIVE, SMOOTH_ONCE
from gradient_samples import SAMPLES as GENERAL
from gradient_samples_nn import SAMPLES as NETWORKS
from gradient_samples_nn import UNCHECKED

import tensorkit as torch
import tensorkit.nn.functional  # its operations are in the registry once it is loaded
from tensorkit.ops import REGISTRY
from tensorkit.tape import Node

SAMPLES = GENERAL | NETWORKS
DIFFERENTIABLE = sorted(
    name for name, op in REGISTRY.items() if any(op.rules) and name not in NO_DERIVATIVE | UNCHECKED
)
CASES = [(name, i) for name in DIFFERENTIABLE for i in range(len(SAMPLES.get(name, [None])))]


def leaves(arrays):
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def weighted(outputs, rng):
    """One number out of all outputs, each element with a weight of its own, so that no two derivatives cancel."""
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    total = 0.0
    for each in outputs:
        if each.requires_grad:
            weights = torch.from_numpy(np.asarray(rng.normal(size=each.shape)))
            total = total + (each * weights).sum()
    return total


def operations(tensor):
    """The names of the operations in a tensor's history."""
    stack, seen, names = [tensor._node], set(), set()
    while stack:
        node = stack.pop()
        if isinstance(node, Node) and node not in seen:
            seen.add(node)
            names.add(node.op.name)
            stack.extend(node.parents)
    return names


def close(numeric, analytic):
    return abs(numeric - analytic) <= 1e-5 * (1 + abs(numeric) + abs(analytic))


def along(arrays, directions, step):
    return [array + step * direction for array, direction in zip(arrays, directions, strict=True)]


@pytest.mark.parametrize("name, number", CASES)
def test_gradient(name, number):
    assert name in SAMPLES, f"say in gradient_samples.py how {name} is called"
    function, arrays = SAMPLES[name][number]
    directions = [np.random.default_rng(i).normal(size=a.shape) for i, a in enumerate(arrays)]

    def value(arrays):
        return weighted(function(*leaves(arrays)), np.random.default_rng(9)).item()

    inputs = leaves(arrays)
    result = weighted(function(*inputs), np.random.default_rng(9))
    assert name in operations(result), f"this sample of {name} does not use it"
    gradients = torch.autograd.grad(result, inputs, allow_unused=True)
    analytic = sum(float((g.numpy() * d).sum()) for g, d in zip(gradients, directions, strict=True) if g is not None)
    numeric = (value(along(arrays, directions, 1e-6)) - value(along(arrays, directions, -1e-6))) / 2e-6
    assert close(numeric, analytic)


@pytest.mark.parametrize("name, number", [case for case in CASES if case[0] not in SMOOTH_ONCE])
def test_second_derivative(name, number):
    if name not in SAMPLES:
        pytest.fail(f"say in gradient_samples.py how {name} is called")
    function, arrays = SAMPLES[name][number]
    directions = [np.random.default_rng(i).normal(size=a.shape) for i, a in enumerate(arrays)]
    others = [np.random.default_rng(50 + i).normal(size=a.shape) for i, a in enumerate(arrays)]

    def slope(arrays):
        inputs = leaves(arrays)
        result = weighted(function(*inputs), np.random.default_rng(9))
        gradients = torch.autograd.grad(result, inputs, create_graph=True, allow_unused=True)
        parts = [
            (g * torch.from_numpy(np.asarray(o))).sum() for g, o in zip(gradients, others, strict=True) if g is not None
        ]
        return sum(parts[1:], parts[0]), inputs

    total, inputs = slope(arrays)
    linear = not total.requires_grad
    gradients = [None] * len(inputs) if linear else torch.autograd.grad(total, inputs, allow_unused=True)
    analytic = sum(float((g.numpy() * d).sum()) for g, d in zip(gradients, directions, strict=True) if g is not None)
    numeric = (
        slope(along(arrays, directions, 1e-6))[0].item() - slope(along(arrays, directions, -1e-6))[0].item()
    ) / 2e-6
    assert close(numeric, analytic)


@pytest.mark.parametrize("name, number", CASES)
def test_the_gradient_is_the_same_with_its_own_history(name, number):
    """With `create_graph` some rules go another way; the second derivative above would follow it into an error."""
    function, arrays = SAMPLES[name][number]
    inputs = leaves(arrays)
    found = [
        torch.autograd.grad(
            weighted(function(*inputs), np.random.default_rng(9)), inputs, create_graph=create_graph, allow_unused=True
        )
        for create_graph in (False, True)
    ]
    for plain, tracked in zip(*found, strict=True):
        assert (plain is None) == (tracked is None)
        if plain is not None:
            np.testing.assert_allclose(tracked.detach().numpy(), plain.numpy(), rtol=1e-9, atol=1e-12)


def test_the_list_of_unchecked_operations_is_exact():
    assert not UNCHECKED & set(SAMPLES)
    assert not UNCHECKED - {name for name, op in REGISTRY.items() if any(op.rules)}


def test_samples_are_of_operations_that_exist():
    assert not set(SAMPLES) - set(REGISTRY)
