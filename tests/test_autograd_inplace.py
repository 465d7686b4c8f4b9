"""Writing in place, views, versions: what stays differentiable, and what is refused in which words."""

import pytest

import tensorkit as torch

LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
VIEW_OF_LEAF = "a view of a leaf Variable that requires grad is being used in an in-place operation."
NO_GRAD_VIEW = "A view was created in no_grad mode and is being modified inplace with grad mode enabled."


def leaf(*values):
    return torch.tensor([*values], requires_grad=True)


def raises(text, call):
    with pytest.raises(RuntimeError) as caught:
        call()
    assert text in str(caught.value)


def test_versions_count_writes_and_are_shared_by_views_and_detached_tensors():
    x = torch.ones(3)
    view, detached, clone = x[1:], x.detach(), x.clone()
    x.add_(1)
    view.mul_(2)
    detached[0] = 5
    assert x._version == view._version == detached._version == 3 and clone._version == 0
    x.data.add_(1)
    assert x._version == 3 and x.data._version == 0
    torch.autograd.graph.increment_version(x)
    assert view._version == 4


@pytest.mark.parametrize(
    ("compute", "write", "maker"),
    [
        (lambda z: z * z, lambda z, y: z.add_(1), "Add"),
        (lambda z: z.exp(), lambda z, y: y.add_(1), "Exp"),
        (lambda z: z.log(), lambda z, y: z.detach().add_(1), "Mul"),
        (lambda z: z.prod(), lambda z, y: z[:1].fill_(5), "torch::autograd::CopySlices"),
    ],
)
def test_a_saved_value_that_was_overwritten_is_an_error(compute, write, maker):
    x = leaf(1.0, 2.0)
    z = x * 1
    y = compute(z)
    total = y.sum()
    write(z, y)
    raises(
        f"[torch.FloatTensor [2]], which is output 0 of {maker}, is at version 1; expected version 0 instead",
        total.backward,
    )


def test_an_overwritten_leaf_is_named_without_a_maker():
    x, w = leaf(1.0), torch.ones(1)
    y = (x * w).sum()
    w.add_(1)
    raises(
        "[torch.FloatTensor [1]] is at version 1; expected version 0 instead. Hint: enable anomaly detection",
        y.backward,
    )


def test_a_write_that_no_derivative_needs_is_fine():
    x = leaf(1.0, 2.0)
    z = x * 2
    y = z.relu()
    z.add_(1)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_leaves_and_their_views_are_not_written_to_while_recording():
    x = leaf(1.0, 2.0)
    raises(LEAF, lambda: x.add_(1))
    raises(VIEW_OF_LEAF, lambda: x[0].add_(1))
    with torch.no_grad():
        x.add_(1)
        x[0] = 7
        view = x[0]
    assert x.tolist() == [7.0, 3.0] and x.is_leaf and view.requires_grad
    raises(NO_GRAD_VIEW, lambda: view.add_(1))


def test_one_of_several_views_is_not_written_to():
    x = leaf(1.0, 2.0)
    z = torch.stack([x, x])
    raises("Output 0 of Unbind is a view and is being modified inplace.", lambda: z.unbind()[0].mul_(2))
    raises("Output 1 of Split is a view and is being modified inplace.", lambda: z.split(1)[1].mul_(2))


def test_a_write_through_a_view_is_part_of_its_bases_history():
    x = torch.ones(2, 2, requires_grad=True)
    y = x * 1
    row = y[0]
    row.mul_(3)
    assert "CopySlices" in repr(y) and "AsStridedBackward0" in repr(row)
    (y.sum() + row.sum()).backward()
    assert x.grad.tolist() == [[6.0, 6.0], [1.0, 1.0]]


def test_a_write_to_the_base_reaches_views_of_views():
    x = leaf(1.0, 2.0, 3.0, 4.0)
    y = x * 1
    square = y.view(2, 2)
    corner = square[1][1:]
    y.mul_(3)
    corner.mul_(2)
    square.add_(square.detach() * 0)
    assert corner.grad_fn.name() == "AsStridedBackward0"
    (corner.sum() + square[0].sum()).backward()
    assert x.grad.tolist() == [3.0, 3.0, 0.0, 6.0]


def test_a_write_is_told_wherever_it_was_made():
    y = leaf(1.0, 2.0, 3.0, 4.0) * 1
    y[1:].exp_()  # keeps its result, which is part of the memory of y
    y.view(2, 2).square_()
    with pytest.raises(RuntimeError, match="is output 0 of Exp, is at version 2; expected version 1"):
        y.sum().backward()


def test_a_constant_base_gets_history_when_a_view_takes_in_gradients():
    x = leaf(1.0, 2.0)
    y = torch.zeros(2, 2)
    view = y[0]
    view.add_(x)
    (y * 2).sum().backward()
    assert y.requires_grad and x.grad.tolist() == [2.0, 2.0]


def test_a_gradient_flows_around_what_was_overwritten():
    x, w = leaf(1.0, 2.0), torch.tensor(3.0, requires_grad=True)
    y = x * 2
    y[0] = w
    (y * y).sum().backward()
    assert x.grad.tolist() == [0.0, 16.0] and w.grad.item() == 6.0


def test_memory_that_elements_share_is_not_written_to():
    raises(
        "more than one element of the written-to tensor refers to a single memory location",
        lambda: torch.zeros(1).expand(3).add_(1),
    )


def test_hooks_stay_with_the_value_they_were_put_on():
    seen = []
    x = leaf(1.0)
    y = x * 1
    y.register_hook(lambda g: seen.append(("before", g.item())))
    y.mul_(2)
    y.register_hook(lambda g: seen.append(("after", g.item())))
    y.sum().backward()
    assert seen == [("after", 1.0), ("before", 2.0)]


def test_detach_in_place_is_refused_for_views():
    x = leaf(1.0, 2.0)
    y = x * 2
    assert y.detach_().is_leaf and not y.requires_grad
    raises("Can't detach views in-place. Use detach() instead.", (x * 2)[0].detach_)


@pytest.mark.parametrize("write", ["t_", "unsqueeze_", "transpose_", "squeeze_"])
def test_changing_the_shape_in_place_keeps_the_gradient(write):
    x = torch.ones(2, 3, requires_grad=True)
    y = x * torch.arange(6.0).view(2, 3)
    getattr(y, write)(*{"unsqueeze_": (0,), "transpose_": (0, 1)}.get(write, ()))
    (y * y.detach()).sum().backward()
    assert x.grad.tolist() == (torch.arange(6.0).view(2, 3) ** 2).tolist()


@pytest.mark.parametrize(
    "write",
    [
        lambda a: a.add_(a.T),
        lambda a: a.mul_(a[0]),
        lambda a: a[None].sub_(a),
        lambda a: a[:2].copy_(a[1:]),
        lambda a: a.__setitem__([0], a[1]),
        lambda a: a.index_add_(0, torch.tensor([0, 1, 2]), a),
    ],
)
def test_writes_that_read_part_of_the_same_memory_are_refused(write):
    a = torch.arange(9.0).reshape(3, 3)
    raises("some elements of the input tensor and the written-to tensor refer to a single memory", lambda: write(a))
    assert a.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_writes_that_read_all_of_the_same_memory_or_none_of_it_are_not():
    a = torch.arange(4.0).reshape(2, 2)
    a.view(-1).add_(a.view(4))
    a[0] = a[1]
    a[:] = a[0]
    assert a.tolist() == [[4, 6], [4, 6]]


def test_an_expanded_tensor_may_be_filled_but_not_added_to():
    x = torch.tensor(3).expand(2)
    raises("more than one element of the written-to tensor", lambda: x.add_(1))
    assert x.fill_(2).tolist() == [2, 2] and x.zero_().tolist() == [0, 0]


def test_values_of_another_dtype_go_under_a_mask_only():
    x = torch.ones(2, 2, dtype=torch.int32)
    x[x > 0] = torch.tensor([3.0])
    assert x.tolist() == [[3, 3], [3, 3]]
    raises("Index put requires the source and destination dtypes match, got Int for the destination and Float",
           lambda: x.__setitem__([0], torch.tensor([3.0])))  # fmt: skip
    x[[0]] = 1.5
    assert x.tolist() == [[1, 1], [3, 3]]
