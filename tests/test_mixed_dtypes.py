"""Backward passes where the other operand has another dtype: on bare arrays they give what they give by tensors."""

import pytest

import tensorkit as torch
from tensorkit.ops.op import REGISTRY

torch.special.zeta, torch.hypot, torch.xlogy  # noqa: B018 (reading a name declares its family)
BINARY = sorted(
    name
    for name, op in REGISTRY.items()
    if op.operands == ("x", "y") and op.differentiable and not (op.extras or op.forward.__name__.startswith("_"))
)
OTHERS = (torch.int64, torch.int32, torch.uint8, torch.bool, torch.float64, torch.float16)


def test_the_operations_with_two_operands_are_found():
    assert {"add", "mul", "div", "remainder", "fmod", "zeta", "hypot", "atan2"} <= set(BINARY)


@pytest.mark.parametrize("dtype", OTHERS, ids=str)
@pytest.mark.parametrize("name", BINARY)
def test_gradients_do_not_depend_on_the_way_they_are_computed(name, dtype):
    function = REGISTRY[name].function
    x = torch.tensor([0.0, 2.0, -0.5], requires_grad=True)
    for y in (torch.tensor([0, 1, 2]).to(dtype), torch.tensor(2).to(dtype), torch.tensor(0).to(dtype)):
        for operands in ((x, y), (y, x)):
            try:
                result = function(*operands).sum()
                (by_tensors,) = torch.autograd.grad(result, x, create_graph=True, allow_unused=True)
            except (RuntimeError, NotImplementedError, IndexError):
                continue  # these dtypes or shapes are refused, or there is no derivative
            if by_tensors is None:
                continue
            x.grad = None
            function(*operands).sum().backward()
            assert torch.allclose(x.grad, by_tensors.detach(), rtol=1e-6, equal_nan=True)
