"""The backward pass: what `backward`, `grad`, hooks and `retain_grad` promise."""

import copy
import warnings

import numpy as np
import pytest

import tensorkit as torch


def leaf(*values):
    return torch.tensor([*values], requires_grad=True)


def raises(text, call, error=RuntimeError):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def test_the_example_of_the_first_lesson():
    x, y, z = (torch.tensor(value, requires_grad=True) for value in (4.0, -3.0, 5.0))
    ((x + y) * z).backward()
    assert (x.grad.item(), y.grad.item(), z.grad.item()) == (5.0, 5.0, 1.0)


def test_gradients_add_up_in_the_same_tensor():
    x = leaf(1.0, 2.0)
    (x * 2).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    assert x.grad is first and first.tolist() == [5.0, 5.0]


def test_a_gradient_has_the_memory_order_of_its_leaf():
    x = torch.ones(3, 2).t().requires_grad_()
    (x * torch.arange(6.0).view(2, 3)).sum().backward()
    assert x.grad.stride() == x.stride() == (1, 2)


def test_two_leaves_do_not_share_one_gradient():
    x, y = leaf(1.0, 1.0), leaf(2.0, 2.0)
    (x + y).sum().backward()
    x.grad.zero_()
    assert y.grad.tolist() == [1.0, 1.0]


def test_a_second_walk_is_refused_only_where_values_were_released():
    x = leaf(1.0)
    y = x * x
    y.backward()
    raises("Trying to backward through the graph a second time", y.backward)
    plain = x + 2
    plain.backward()
    plain.backward()
    assert x.grad.item() == 4.0


def test_retain_graph_keeps_values_and_create_graph_makes_second_derivatives():
    x = torch.tensor(2.0, requires_grad=True)
    y = x**3
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 24.0
    (first,) = torch.autograd.grad(x**3, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x, create_graph=True)
    (third,) = torch.autograd.grad(second, x)
    assert (first.item(), second.item(), third.item()) == (12.0, 12.0, 6.0)


def test_backward_with_create_graph_warns_of_a_cycle_and_gives_a_gradient_with_history():
    torch.set_warn_always(True)
    x = torch.tensor(2.0, requires_grad=True)
    try:
        with pytest.warns(UserWarning, match="reference cycle between the parameter and its gradient"):
            (x**2).backward(create_graph=True)
    finally:
        torch.set_warn_always(False)
    assert "CopyBackwards" in repr(x.grad)
    x.grad = None


def test_backward_for_given_inputs_leaves_the_others_alone():
    x, y = leaf(1.0), leaf(2.0)
    z = x * 2
    (z * y).sum().backward(inputs=[y, z])
    assert x.grad is None and y.grad.tolist() == [2.0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert z.grad.tolist() == [2.0]


def test_a_walk_to_given_inputs_goes_nowhere_else():
    x, w = leaf(2.0), leaf(3.0)
    side = x * x
    out = side + w * 2
    torch.autograd.grad(out, w, retain_graph=False)
    side.backward()  # nothing of it was walked, so nothing was released
    assert x.grad.tolist() == [4.0]


def test_grad_of_what_was_not_used():
    x, y = leaf(1.0), leaf(1.0)
    raises("appears to not have been used in the graph", lambda: torch.autograd.grad(x.sum(), y))
    assert torch.autograd.grad(x.sum(), [x, y], allow_unused=True)[1] is None
    assert torch.autograd.grad(x.sum(), y, materialize_grads=True)[0].tolist() == [0.0]
    raises(
        "Expected allow_unused to be True",
        lambda: torch.autograd.grad(x, y, allow_unused=False, materialize_grads=True),
        ValueError,
    )


def test_grad_of_a_batch_of_gradients():
    x = leaf(1.0, 2.0)
    (rows,) = torch.autograd.grad(x * x, x, torch.eye(2), is_grads_batched=True)
    assert rows.tolist() == [[2.0, 0.0], [0.0, 4.0]]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: torch.ones(2).sum().backward(), RuntimeError, "does not require grad and does not have a grad_fn"),
        (lambda x: (x * 2).backward(), RuntimeError, "grad can be implicitly created only for scalar outputs"),
        (
            lambda x: (x * 2).backward(torch.ones(3)),
            RuntimeError,
            "Mismatch in shape: grad_output[0] has a shape of torch.Size([3])",
        ),
        (lambda x: (x * 2).backward([1.0, 1.0]), TypeError, "gradients can be either Tensors or None, but got float"),
        (lambda x: torch.autograd.grad(x.sum(), []), RuntimeError, "`inputs` argument to `grad()` cannot be empty."),
        (
            lambda x: torch.autograd.grad(x.sum(), "a"),
            RuntimeError,
            "all inputs have to be Tensors or GradientEdges, but got str",
        ),
        (lambda x: x.sum().backward(inputs=[]), RuntimeError, "`inputs` argument to `backward()` cannot be empty."),
        (
            lambda x: setattr(x, "grad", torch.ones(3)),
            RuntimeError,
            "attempting to assign a gradient of size '[3]' to a tensor of size '[2]'",
        ),
        (lambda x: setattr(x, "grad", 1), TypeError, "expected to be a Tensor or None but got grad of type int"),
        (lambda x: x.numpy(), RuntimeError, "Can't call numpy() on Tensor that requires grad"),
        (
            lambda x: setattr(x * 2, "requires_grad", False),
            RuntimeError,
            "you can only change requires_grad flags of leaf variables",
        ),
        (
            lambda x: copy.deepcopy(x * 2),
            RuntimeError,
            "Only Tensors created explicitly by the user (graph leaves) support",
        ),
        (
            lambda x: torch.ones(1).retain_grad(),
            RuntimeError,
            "can't retain_grad on Tensor that has requires_grad=False",
        ),
    ],
)
def test_mistakes_are_answered_in_pytorchs_words(call, error, text):
    raises(text, lambda: call(leaf(1.0, 2.0)), error)


def test_non_leaves_keep_no_gradient_unless_asked():
    x = leaf(1.0)
    y = x * 2
    with pytest.warns(UserWarning, match="not a leaf Tensor is being accessed"):
        assert y.grad is None
    y.retain_grad()
    (y * 3).sum().backward()
    assert y.grad.tolist() == [3.0] and y.retains_grad and not x.retains_grad


def test_retain_grad_follows_a_tensor_through_a_write():
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    y.add_(1)
    (y * 3).sum().backward()
    assert y.grad.tolist() == [3.0]


@pytest.mark.parametrize(
    ("function", "at", "gradient"),
    [
        (torch.relu, 0.0, 0.0),
        (torch.abs, 0.0, 0.0),
        (lambda x: x.clamp(0, 1), 0.0, 1.0),
        (torch.sqrt, 0.0, float("inf")),
        (lambda x: torch.maximum(x, x), 1.0, 1.0),
        (lambda x: torch.stack([x, x]).max(), 1.0, 1.0),
        (lambda x: torch.where(x > 0, x.sqrt(), x), 0.0, float("nan")),
        (lambda x: x**0, 0.0, 0.0),
    ],
)
def test_subgradients_are_pytorchs(function, at, gradient):
    x = torch.tensor(at, requires_grad=True)
    function(x).backward()
    np.testing.assert_equal(x.grad.item(), gradient)


def test_ties_share_the_gradient_of_a_full_reduction():
    x = leaf(2.0, 2.0, 1.0)
    x.max().backward()
    assert x.grad.tolist() == [0.5, 0.5, 0.0]


# Hooks


def test_hooks_run_in_order_and_may_replace_the_gradient():
    x = leaf(1.0, 1.0)
    x.register_hook(lambda g: g + 1)
    handle = x.register_hook(lambda g: g * 2)
    x.sum().backward()
    handle.remove()
    handle.remove()
    x.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]


def test_the_order_at_one_node():
    seen = []
    x = leaf(1.0)
    y = x * 2
    y.grad_fn.register_prehook(lambda g: seen.append("prehook"))
    y.register_hook(lambda g: seen.append("tensor hook"))
    y.grad_fn.register_hook(lambda passed, given: seen.append("node hook"))
    x.register_post_accumulate_grad_hook(lambda p: seen.append("accumulated"))
    x.register_hook(lambda g: seen.append("leaf hook"))
    y.sum().backward()
    assert seen == ["tensor hook", "prehook", "node hook", "leaf hook", "accumulated"]


def test_hooks_of_a_node_get_tuples_and_may_replace_what_it_passes_on():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.grad_fn.register_prehook(lambda g: (g[0] * 10,))
    y.grad_fn.register_hook(lambda passed, given: (passed[0] + given[0], None))
    y.sum().backward()
    assert x.grad.tolist() == [30.0, 30.0]


@pytest.mark.parametrize(
    ("hook", "error", "text"),
    [
        (lambda g: "a", TypeError, "expected Variable, but hook returned 'str'"),
        (lambda g: torch.ones(3), RuntimeError, "hook '<lambda>' has changed the size of value"),
        (
            lambda g: g.double(),
            RuntimeError,
            "hook '<lambda>' has changed the type of value (was torch.FloatTensor got torch.DoubleTensor)",
        ),
    ],
)
def test_what_a_hook_may_not_return(hook, error, text):
    x = leaf(1.0, 1.0)
    x.register_hook(hook)
    raises(text, x.sum().backward, error)


def test_an_error_in_a_hook_leaves_everything_usable():
    x = leaf(1.0)
    y = x * 2

    def broken(g):
        raise ValueError("mine")

    handle = y.register_hook(broken)
    raises("mine", lambda: y.sum().backward(retain_graph=True), ValueError)
    assert torch.is_grad_enabled()
    handle.remove()
    y.sum().backward()
    assert x.grad.tolist() == [2.0]


def test_an_optimizer_can_step_while_the_backward_pass_runs():
    x = leaf(1.0)

    @torch.no_grad()
    def step(parameter):
        parameter -= 0.5 * parameter.grad
        parameter.grad = None

    x.register_post_accumulate_grad_hook(step)
    (x * 2).sum().backward()
    assert x.tolist() == [0.0] and x.grad is None


def test_the_end_of_the_tape_is_one_object_for_each_leaf():
    x = leaf(1.0)
    ends = [node.next_functions[0][0] for node in ((x * 2).grad_fn, (x + 1).grad_fn)]
    assert ends[0] is ends[1] and ends[0].variable is x and ends[0].name() == "torch::autograd::AccumulateGrad"


def test_a_node_can_be_called():
    x = leaf(1.0, 2.0)
    assert (x * 2).grad_fn(torch.ones(2))[0].tolist() == [2.0, 2.0]
    assert x.sum().grad_fn(torch.tensor(1.0)).tolist() == [1.0, 1.0]


# Copies


def test_a_deep_copy_of_views_shares_memory_as_the_original_does():
    a = torch.arange(4.0)
    b, c = copy.deepcopy([a, a[1:3]])
    b[1] = 9
    assert c.tolist() == [9.0, 2.0] and a[1] == 1.0


def test_a_deep_copy_of_a_leaf_has_its_own_gradient():
    x = leaf(1.0)
    x.sum().backward()
    y = copy.deepcopy(x)
    y.grad.zero_()
    assert x.grad.item() == 1.0 and y.requires_grad and y.is_leaf
