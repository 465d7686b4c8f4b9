"""Operations that users write: `torch.autograd.Function` and its ctx."""

import gc
import weakref

import pytest

import tensorkit as torch
from tensorkit.autograd import Function
from tensorkit.autograd.function import once_differentiable


class Square(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * g * x


def leaf(*values):
    return torch.tensor([*values], requires_grad=True)


def function(forward, backward, name="F"):
    return type(name, (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


def raises(text, call, error=RuntimeError):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def test_forward_and_backward():
    x = leaf(1.0, 2.0)
    y = Square.apply(x)
    assert repr(y) == "tensor([1., 4.], grad_fn=<SquareBackward>)"
    assert y.grad_fn.name() == "SquareBackward" and type(y.grad_fn).__name__ == "SquareBackward"
    assert y.grad_fn.next_functions[0][0].variable is x
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_second_derivatives_go_through_backward():
    x = leaf(1.0, 2.0)
    (first,) = torch.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert second.tolist() == [2.0, 2.0]


def test_saved_values_are_released_and_guarded():
    x = leaf(1.0)
    y = Square.apply(x).sum()
    y.backward()
    raises("Trying to backward through the graph a second time", y.backward)
    z = x * 1
    y = Square.apply(z)
    z.add_(1)
    raises("which is output 0 of Add, is at version 1; expected version 0 instead", y.sum().backward)


def test_a_saved_output_makes_no_cycle():
    gc.disable()
    try:

        def forward(ctx, x):
            out = x.exp()
            ctx.save_for_backward(out)
            return out

        exp = function(forward, lambda ctx, g: g * ctx.saved_tensors[0])
        x = leaf(0.0)
        y = exp.apply(x)
        (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        assert torch.autograd.grad(first.sum(), x)[0].tolist() == [1.0]
        node = weakref.ref(y.grad_fn)
        del y, first
        assert node() is None
    finally:
        gc.enable()


def test_any_name_is_free_on_the_ctx():
    def forward(ctx, x, n):
        ctx.shape, ctx.out, ctx.op, ctx.parents, ctx.time, ctx.saved = 1, 2, 3, 4, 5, n
        return x * n

    def backward(ctx, g):
        assert (ctx.shape, ctx.out, ctx.op, ctx.parents, ctx.time) == (1, 2, 3, 4, 5)
        assert ctx.needs_input_grad == (True, False)
        return g * ctx.saved, None

    x = leaf(1.0)
    y = function(forward, backward).apply(x, 3)
    y.sum().backward()
    assert x.grad.tolist() == [3.0] and y.grad_fn.saved == 3 or y.grad_fn.ctx.saved == 3
    raises("'FBackward' object has no attribute 'absent'", lambda: y.grad_fn.ctx.absent, AttributeError)


def test_several_outputs_and_their_missing_gradients():
    seen = []

    def backward(ctx, *g):
        seen.append(g)
        return sum(each * n for each, n in zip(g, (2, 3), strict=True) if each is not None)

    def plain(ctx, x):
        return x * 2, x * 3

    def bare(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    x = leaf(1.0)
    a, _ = function(plain, backward).apply(x)
    a.sum().backward()
    assert seen[-1][1].tolist() == [0.0]
    a, b = function(bare, backward).apply(x)
    a.sum().backward(retain_graph=True)
    assert seen[-1][1] is None
    (a * b).sum().backward()
    assert x.grad.tolist() == [2.0 + 2.0 + 12.0]


def test_outputs_that_are_no_tensors_pass_through():
    def forward(ctx, x):
        return x * 2, "text", torch.tensor([1])

    a, text, whole = function(forward, lambda ctx, g, _, zeros: g * 2).apply(leaf(1.0))
    assert a.requires_grad and text == "text" and not whole.requires_grad
    a.sum().backward()


def test_non_differentiable_outputs_have_no_history():
    def forward(ctx, x):
        values, order = x.sort()
        ctx.mark_non_differentiable(order)
        return values, order

    values, order = function(forward, lambda ctx, g, _: g).apply(leaf(2.0, 1.0))
    assert values.requires_grad and not order.requires_grad


def test_writing_to_an_input():
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(3)

    triple = function(forward, lambda ctx, g: g * 3)
    x = leaf(1.0, 1.0)
    z = x * 1
    y = triple.apply(z)
    assert y is z and repr(z) == "tensor([3., 3.], grad_fn=<FBackward>)"
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    raises("a leaf Variable that requires grad has been used in an in-place operation.", lambda: triple.apply(x))
    z = x * 1
    triple.apply(z[0])
    z.sum().backward()
    assert "CopySlices" in repr(z)


def test_a_dirty_input_must_be_returned():
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x * 2

    raises("Some elements marked as dirty", lambda: function(forward, None).apply(leaf(1.0) * 1))


def test_an_input_returned_as_it_is_becomes_a_view_that_may_not_be_written_to():
    x = leaf(1.0)
    z = x * 1
    y = function(lambda ctx, x: x, lambda ctx, g: g * 7).apply(z)
    assert y is not z and y._base is z
    raises(
        "Output 0 of F is a view and is being modified inplace. This view was created inside a custom Function", y.neg_
    )
    y.sum().backward()
    assert x.grad.tolist() == [7.0]


def test_setup_context_and_keyword_arguments():
    class Power(Function):
        @staticmethod
        def forward(x, n=2):
            return x**n

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.n = inputs
            ctx.save_for_backward(x)

        @staticmethod
        def backward(ctx, g):
            return g * ctx.n * ctx.saved_tensors[0] ** (ctx.n - 1), None

    x = leaf(2.0)
    (Power.apply(x) + Power.apply(x, n=3)).sum().backward()
    assert x.grad.tolist() == [4.0 + 12.0]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (lambda g: (g, g), "function FBackward returned an incorrect number of gradients (expected 1, got 2)"),
        (
            lambda g: torch.ones(3),
            "Function FBackward returned an invalid gradient at index 0 - got [3] but expected shape compatible with "
            "[2]",
        ),
        (lambda g: 3, "expected Variable or None (got int)"),
    ],
)
def test_what_backward_may_not_return(given, text):
    bad = function(lambda ctx, x: x * 2, lambda ctx, g: given(g))
    raises(text, bad.apply(leaf(1.0, 2.0)).sum().backward)


def test_what_backward_may_return():
    x = leaf(1.0, 2.0)
    for given in (lambda g: None, lambda g: (g, None, None), lambda g: g.double(), lambda g: torch.ones(3, 2)):
        function(lambda ctx, x: x * 2, lambda ctx, g, given=given: given(g)).apply(x).sum().backward()
    assert x.grad.tolist() == [5.0, 5.0] and x.grad.dtype is torch.float32


def test_incomplete_functions():
    class Nothing(Function):
        pass

    raises("You must implement the forward function", lambda: Nothing.apply(leaf(1.0)), NotImplementedError)
    forward_only = type("F", (Function,), {"forward": staticmethod(lambda ctx, x: x * 2)})
    raises(
        "You must implement either the backward or vjp method",
        forward_only.apply(leaf(1.0)).sum().backward,
        NotImplementedError,
    )
    with pytest.warns(DeprecationWarning, match="should not be instantiated"):
        made = Square()
    raises("Legacy autograd function with non-static forward method", lambda: made(leaf(1.0)))
    saves_number = function(lambda ctx, x: ctx.save_for_backward(3) or x * 2, None)
    raises(
        "save_for_backward can only save variables, but argument 0 is of type int",
        lambda: saves_number.apply(leaf(1.0)),
        TypeError,
    )


def test_once_differentiable():
    once = function(lambda ctx, x: x * 2, once_differentiable(lambda ctx, g: g * 2))
    x = leaf(1.0)
    (first,) = torch.autograd.grad((once.apply(x) ** 2).sum(), x, create_graph=True)
    raises("trying to differentiate twice a function that was marked with @once_differentiable", first.sum().backward)


def test_forward_runs_without_recording():
    def forward(ctx, x):
        assert not torch.is_grad_enabled()
        return x * 2

    with torch.no_grad():
        assert function(forward, None).apply(leaf(1.0)).grad_fn is None
    assert function(forward, None).apply(leaf(1.0)).requires_grad
