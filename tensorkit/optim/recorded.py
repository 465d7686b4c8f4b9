"""`differentiable=True`: an update that is recorded, so that a learning rate or a first value can be learned itself.

The rules are written over arrays (`rules.py`). Here they are handed tensors in the clothes of arrays: what a rule
writes in place, a `Recorded` takes as its next value, and the tape follows.
"""

from collections.abc import Callable
from typing import Any

from ..array_modules import np
from ..ops.declare import FUNCTIONS
from ..ops.writable import check_writable
from ..tensor import Tensor


class Recorded:
    """A tensor to which a rule may do what it does to arrays; `tensor` is its present value."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor):
        self.tensor = tensor

    @property
    def dtype(self):
        return self.tensor.dtype

    def astype(self, dtype) -> "Recorded":
        """The value in another dtype."""
        return Recorded(self.tensor.to(dtype))

    def __setitem__(self, where, value) -> None:
        """Take another value as a whole: rules write `x[...] = value` and nothing else."""
        self.tensor = FUNCTIONS["broadcast_to"](_tensor(value), self.tensor.shape)

    def __array_ufunc__(self, ufunc, method: str, *inputs, out=None, **_):
        result = Recorded(FUNCTIONS[_NAMES.get(ufunc.__name__, ufunc.__name__)](*map(_tensor, inputs)))
        if out is None:
            return result
        out[0].tensor = result.tensor
        return out[0]

    def __array_function__(self, function, types, args: tuple, kwargs: dict[str, Any]):
        if function is np.copyto:  # a first value, which no gradient follows
            args[0].tensor = args[1].tensor.detach().clone()
            return None
        out = kwargs.pop("out", None)
        result = Recorded(FUNCTIONS[_NAMES.get(function.__name__, function.__name__)](*map(_tensor, args)))
        if out is None:
            return result
        out.tensor = result.tensor
        return out


#: Names that NumPy's functions have here, where they differ.
_NAMES = {"clip": "clamp", "absolute": "abs"}


def _tensor(value):
    return value.tensor if type(value) is Recorded else value


def _operators(name: str) -> None:
    """Give `Recorded` a tensor's operator, the one with its operands exchanged, and the one that writes in place."""
    ordinary, exchanged = getattr(Tensor, f"__{name}__"), getattr(Tensor, f"__r{name}__", None)

    def operator(self, other):
        return Recorded(ordinary(self.tensor, _tensor(other)))

    def reflected(self, other):
        return Recorded(exchanged(self.tensor, _tensor(other)))

    def written(self, other):
        self.tensor = ordinary(self.tensor, _tensor(other))
        return self

    setattr(Recorded, f"__{name}__", operator)
    if exchanged is not None:
        setattr(Recorded, f"__r{name}__", reflected)
        setattr(Recorded, f"__i{name}__", written)


for _name in ("add", "sub", "mul", "truediv", "pow", "gt", "lt"):
    _operators(_name)


def apply(rule: Callable, p: Tensor, group: dict, state: tuple, numbers: tuple, penalty: float) -> None:
    """`rules.apply` with all that is computed on the tape; parameter and state take over its history.

    Raises RuntimeError for a parameter that is a leaf: give the optimizer a copy, `p.clone()`.
    """
    check_writable(p)
    given = [p, p._grad, *state]
    paired = p.is_complex()
    values = [FUNCTIONS["view_as_real"](each) if paired else each for each in given]
    own, g, *kept = [Recorded(each.clone()) for each in values]
    g = g * -1 if group["maximize"] else g
    rule(own, g + own * penalty if penalty else g, *kept, *numbers)
    for old, new in zip((p, *state), (own, *kept), strict=True):
        old.copy_(FUNCTIONS["view_as_complex"](new.tensor) if paired else new.tensor)
