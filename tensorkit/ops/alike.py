"""Tensors like one that is there: of its shape (`zeros_like`), or of its dtype and on its device (`x.new_zeros`).

What is made by a rule alone stands in `create.py`, with what reads the arguments.
"""

import numpy as np

from ..array_modules import move_like
from ..device import default
from ..errors import no_tensor
from ..formats import checked
from ..tensor import Tensor
from .cast import number_for
from .create import empty, finish, full, number_of, ones, put, resolve, zeros
from .declare import function, method
from .layout import as_asked


def like_input(input: Tensor, array, requires_grad: bool, device) -> Tensor:
    """A new leaf around an array that was made after `input`'s, where that is if no device is given."""
    if device is None:
        if default.place is None:
            return finish(array, requires_grad)
        return finish(move_like(array, input._array), requires_grad, input.device)
    return finish(put(array, device), requires_grad, device)


def _filled_like(input, value, dtype, memory_format, requires_grad: bool, device, name: str) -> Tensor:
    array = input._array
    wanted = array.dtype if dtype is None else resolve(dtype, name)
    if isinstance(array, np.generic):
        made = wanted.type(value)
    else:
        steps = array.strides
        order = "C" if 0 in steps else "K"  # its own order, unless elements share memory
        plain_zeros = type(value) is int and not value  # -0.0 is something else
        made = np.zeros_like(array, wanted, order) if plain_zeros else np.full_like(array, value, wanted, order)
        if len(steps) > 3 and steps[1] <= steps[-1]:
            made = as_asked(made, array, None)
    if memory_format is not None:
        made = as_asked(made, array, checked(memory_format, name))
    return like_input(input, made, requires_grad, device)


def _like(name: str, value: int, shown: str):
    def make(input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None) -> Tensor:
        if not isinstance(input, Tensor):
            raise no_tensor(name, input)
        return _filled_like(input, value, dtype, memory_format, requires_grad, device, name)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"""A tensor of `{name.partition("_")[0]}`, with the shape and (if not given) the dtype of `input`.

    {shown}
    """
    return function(make, method=False)


zeros_like = _like("zeros_like", 0, ">>> torch.zeros_like(tensor([1, 2]))\n    tensor([0, 0])")
ones_like = _like("ones_like", 1, ">>> torch.ones_like(tensor([1, 2]))\n    tensor([1, 1])")
empty_like = _like("empty_like", 0, ">>> torch.empty_like(tensor([1, 2])).shape\n    torch.Size([2])")


@function(method=False)
def full_like(
    input, fill_value, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None
) -> Tensor:
    """A tensor of the shape and dtype of `input` with one value everywhere.

    >>> torch.full_like(tensor([[1, 2], [3, 4]]), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    value = number_for(number_of(fill_value), input._array.dtype if dtype is None else resolve(dtype, "full_like"))
    return _filled_like(input, value, dtype, memory_format, requires_grad, device, "full_like")


def _new_filled(name: str, make, shown: str):
    def new_(self, *size, dtype=None, device=None, requires_grad=False, **names) -> Tensor:
        if "memory_format" in names:
            raise TypeError(f"new_{name}() got an unexpected keyword argument 'memory_format'")
        place = self.device if device is None else device
        return make(*size, dtype=dtype or self.dtype, device=place, requires_grad=requires_grad, **names)

    new_.__name__ = f"new_{name}"
    new_.__doc__ = f"""A tensor made by `{name}`, with this tensor's dtype if none is given.

    {shown}
    """
    return method(new_)


new_zeros = _new_filled("zeros", zeros, ">>> tensor([1, 2]).new_zeros(3)\n    tensor([0, 0, 0])")
new_ones = _new_filled("ones", ones, ">>> tensor([1, 2]).new_ones(3)\n    tensor([1, 1, 1])")
new_empty = _new_filled("empty", empty, ">>> tensor([1, 2]).new_empty(3).shape\n    torch.Size([3])")
new_full = _new_filled("full", full, ">>> tensor([1, 2]).new_full((2,), 7)\n    tensor([7, 7])")
