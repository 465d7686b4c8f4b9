"""Derivatives of functions: autograd.functional, torch.func, gradcheck, checkpoint, hooks on saved values."""

import pytest

import tensorkit as torch
from tensorkit.autograd import functional, gradcheck, gradgradcheck
from tensorkit.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential

X = torch.tensor([1.0, 2.0])
ONES = torch.ones(2)


def leaf(*values, dtype=None):
    return torch.tensor([*values], requires_grad=True, dtype=dtype)


def raises(text, call, error=RuntimeError):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def cubes(x):
    return (x**3).sum()


def test_jacobian_and_hessian():
    assert functional.jacobian(lambda x: x**2, X).tolist() == [[2.0, 0.0], [0.0, 4.0]]
    assert functional.hessian(cubes, X).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    blocks = functional.jacobian(lambda x, y: (x * y, y.sum()), (X, ONES))
    assert blocks[0][1].tolist() == [[1.0, 0.0], [0.0, 2.0]] and blocks[1][0].tolist() == [0.0, 0.0]
    assert (
        not functional.jacobian(cubes, X).requires_grad
        and functional.jacobian(cubes, X, create_graph=True).requires_grad
    )


def test_products_with_vectors():
    value, product = functional.vjp(lambda x: x**2, X, ONES)
    assert value.tolist() == [1.0, 4.0] and product.tolist() == [2.0, 4.0]
    assert functional.jvp(lambda x: x**2, X, ONES)[1].tolist() == [2.0, 4.0]
    assert functional.vhp(cubes, X, ONES)[1].tolist() == functional.hvp(cubes, X, ONES)[1].tolist() == [6.0, 12.0]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: functional.jacobian(torch.sin, 3),
            TypeError,
            "The inputs given to jacobian must be either a Tensor or a tuple of Tensors",
        ),
        (
            lambda: functional.jacobian(lambda x: 3, X),
            TypeError,
            "The outputs of the user-provided function given to jacobian must be",
        ),
        (
            lambda: functional.hessian(torch.sin, X),
            RuntimeError,
            "The Tensor returned by the function given to hessian should contain a single",
        ),
        (
            lambda: functional.vjp(torch.sin, X),
            RuntimeError,
            "The vector v can only be None if the user-provided function returns",
        ),
        (
            lambda: functional.jvp(torch.sin, X, torch.ones(3)),
            RuntimeError,
            "v has invalid size: should be torch.Size([2]) but got torch.Size([3]).",
        ),
        (
            lambda: functional.jacobian(lambda x: ONES, X, strict=True),
            RuntimeError,
            "Output 0 of the user-provided function does not require gradients.",
        ),
        (
            lambda: functional.vhp(torch.sum, X, X, strict=True),
            RuntimeError,
            "found that the jacobian of the user-provided function with respect to input 0",
        ),
        (
            lambda: functional.jacobian(torch.sin, X, strategy="forward-mode"),
            NotImplementedError,
            "only implemented for `vectorize=True`",
        ),
    ],
)
def test_mistakes_are_answered_in_pytorchs_words(call, error, text):
    raises(text, call, error)


# torch.func


def test_grad_of_grad():
    number = torch.tensor(2.0)
    assert torch.func.grad(torch.func.grad(lambda x: x**3))(number).item() == 12.0
    inner_constant = torch.func.grad(lambda x: x * torch.func.grad(lambda y: x * y**2)(torch.tensor(3.0)))
    result = inner_constant(number)
    assert result.item() == 24.0 and not result.requires_grad


def test_grad_has_aux_argnums_and_trees():
    gradient, seen = torch.func.grad(lambda x: (x.sin(), x * 2), has_aux=True)(torch.tensor(0.0))
    assert gradient.item() == 1.0 and seen.item() == 0.0 and not seen.requires_grad
    both = torch.func.grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(X, ONES)
    assert both[1].tolist() == [1.0, 2.0]
    parameters = {"w": ONES, "b": [X]}
    found = torch.func.grad(lambda p: (p["w"] * p["b"][0]).sum())(parameters)
    assert found["b"][0].tolist() == [1.0, 1.0]
    value = torch.func.grad_and_value(cubes)(X)[1]
    assert value.item() == 9.0


def test_results_stay_differentiable_with_respect_to_what_lies_outside():
    w = torch.tensor(3.0, requires_grad=True)
    torch.func.grad(lambda x: w * x**2)(torch.tensor(2.0)).backward()
    assert w.grad.item() == 4.0


def test_jacobians_and_products():
    assert (
        torch.func.jacrev(torch.sin)(torch.zeros(2)).tolist() == torch.func.jacfwd(torch.sin)(torch.zeros(2)).tolist()
    )
    assert torch.func.hessian(cubes)(X).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    value, times_jacobian = torch.func.vjp(lambda x: x**2, X)
    assert not value.requires_grad and times_jacobian(ONES)[0].tolist() == [2.0, 4.0]
    assert torch.func.jvp(lambda x: x**2, (X,), (ONES,))[1].tolist() == [2.0, 4.0]
    raises("Expected f(*args) to return a scalar Tensor, got tensor with 1 dims", lambda: torch.func.grad(torch.sin)(X))


def test_vmap():
    rows = torch.arange(6.0).view(3, 2)
    assert torch.func.vmap(torch.dot, in_dims=(0, None))(rows, X).tolist() == (rows @ X).tolist()
    assert torch.func.vmap(lambda x: x * 2, in_dims=1, out_dims=1)(rows).tolist() == (rows * 2).tolist()
    per_example = torch.func.vmap(torch.func.grad(lambda w, x: (w * x).sum() ** 2), in_dims=(None, 0))(X, rows)
    assert per_example.shape == (3, 2)
    x = rows.clone().requires_grad_()
    torch.func.vmap(torch.sum)(x).sum().backward()
    assert x.grad.tolist() == torch.ones(3, 2).tolist()
    raises(
        "Expected all tensors to have the same size in the mapped dimension",
        lambda: torch.func.vmap(torch.add)(rows, X),
        ValueError,
    )
    raises(
        "called random operation while in randomness error mode",
        lambda: torch.func.vmap(lambda x: x + torch.rand(2))(rows),
    )
    raises(
        "Draw the random numbers before vmap",
        lambda: torch.func.vmap(torch.sin, randomness="different"),
        NotImplementedError,
    )


# gradcheck


def test_gradcheck():
    x = leaf(1.0, 2.0, dtype=torch.float64)
    assert gradcheck(lambda x: (x**2, x.exp()), x) and gradgradcheck(lambda x: x**3, x)
    z = torch.tensor([1 + 2j], requires_grad=True, dtype=torch.complex128)
    assert gradcheck(lambda z: z * z, z)
    assert not gradcheck(lambda x: x.detach() * x, x, raise_exception=False)
    raises(
        "Jacobian mismatch for output 0 with respect to input 0,\nnumerical:tensor([[2.0000, 0.0000],",
        lambda: gradcheck(lambda x: x.detach() * x, x),
    )
    raises("none of them have requires_grad=True", lambda: gradcheck(torch.sin, x.detach()), ValueError)
    raises(
        "forward-mode differentiation is not part of tensorkit",
        lambda: gradcheck(torch.sin, x, check_forward_ad=True),
        NotImplementedError,
    )


def test_gradcheck_warns_of_single_precision():
    with pytest.warns(UserWarning, match="Input #0 requires gradient and is not a double precision"):
        gradcheck(lambda x: x * 2, leaf(1.0), eps=1e-2, atol=1e-2)


# Checkpoints and hooks on saved values


@pytest.mark.parametrize("reentrant", [True, False])
def test_a_checkpointed_block_gives_the_same_numbers_and_draws(reentrant):
    def block(x):
        return (x * torch.rand(2)).exp().sin()

    x, y = leaf(1.0, 2.0), leaf(1.0, 2.0)
    torch.manual_seed(0)
    out = checkpoint(block, x, use_reentrant=reentrant)
    following = torch.rand(1)
    out.sum().backward()
    torch.manual_seed(0)
    block(y).sum().backward()
    assert x.grad.tolist() == y.grad.tolist() and following.item() == torch.rand(1).item()
    assert ("CheckpointFunctionBackward" if reentrant else "SinBackward0") in repr(out)


def test_a_checkpointed_block_runs_again_for_each_backward_pass():
    runs = []

    def block(x):
        runs.append(1)
        return (x * 2).exp()

    x = leaf(1.0)
    y = checkpoint(block, x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert len(runs) == 3
    raises("Trying to backward through the graph a second time", y.backward)


def test_checkpoint_mistakes():
    x = leaf(1.0)
    with pytest.warns(UserWarning, match="the use_reentrant parameter should be passed explicitly"):
        y = checkpoint(torch.exp, x)
    raises(
        "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad()",
        lambda: torch.autograd.grad(y, x),
    )
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True"):
        checkpoint(torch.exp, x.detach(), use_reentrant=True)
    raises("Unexpected keyword arguments: b", lambda: checkpoint(torch.exp, x, b=1, use_reentrant=True), ValueError)
    runs = []

    def block(x):
        runs.append(1)
        return x.exp().exp() if len(runs) == 1 else x.exp()

    raises(
        "A different number of tensors was saved during the original forward and recomputation.",
        checkpoint(block, x, use_reentrant=False).backward,
        CheckpointError,
    )


def test_checkpoint_sequential():
    x = leaf(0.5)
    checkpoint_sequential([torch.sin, torch.exp, torch.cos], 2, x, use_reentrant=False).backward()
    y = leaf(0.5)
    torch.cos(torch.exp(torch.sin(y))).backward()
    assert x.grad.item() == y.grad.item()


def test_hooks_on_saved_tensors():
    seen = []

    def pack(tensor):
        seen.append(tensor.tolist())
        return tensor.detach().numpy().copy()

    x = leaf(1.0, 2.0)
    with torch.autograd.graph.saved_tensors_hooks(pack, torch.from_numpy):
        y = (x * x).exp()
    assert len(seen) == 3
    (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    z = leaf(1.0, 2.0)
    (expected,) = torch.autograd.grad((z * z).exp().sum(), z, create_graph=True)
    assert first.tolist() == expected.tolist()
    assert torch.autograd.grad(first.sum(), x)[0].tolist() == torch.autograd.grad(expected.sum(), z)[0].tolist()
    with torch.autograd.graph.disable_saved_tensors_hooks("no"):
        raises("no", torch.autograd.graph.save_on_cpu().__enter__)


def test_gradient_edges():
    x = leaf(1.0)
    y = x * 2
    edge = torch.autograd.graph.get_gradient_edge(y)
    assert torch.autograd.grad((y * 3).sum(), edge)[0].tolist() == [3.0]
    torch.autograd.backward(edge, torch.ones(1))
    assert x.grad.tolist() == [2.0] and isinstance(edge.node, torch.autograd.graph.Node)
