"""One node for a function that is made of many operations: the derivative walks through the parts once more.

Where PyTorch has one kernel (`grid_sample`, `pdist`), a history with all the parts would be long and unlike PyTorch's.
Such a function computes its parts without recording them; `gradient_of` repeats them, recorded, when a gradient comes.
"""

from collections.abc import Callable

from ...autograd import grad
from ...grad_mode import enable_grad
from ...grad_mode import mode as recording
from ...tensor import Tensor


def gradient_of(compose: Callable, g: Tensor, operands: tuple[Tensor, ...], wanted: int) -> Tensor:
    """The gradient of operand number `wanted` of `compose(*operands)`, given the gradient `g` of the result.

    The operands are taken under names of their own: one of them may have been computed from another.
    """
    again = recording.enabled  # someone wants to differentiate the derivative
    with enable_grad():
        own = [x.view_as(x) if again else x.detach() for x in operands]
        if not again:
            own[wanted].requires_grad_()
        return grad(compose(*own), own[wanted], g, create_graph=again)[0]
