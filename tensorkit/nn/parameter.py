"""`Parameter` and `Buffer`: tensors that a module recognises as its own when they are assigned to it.

A lazy module's parameters, whose shape the first input decides, stand in `lazy.py`.
"""

from ..array_modules import np
from ..errors import hint
from ..left_out import missing
from ..ops.cast import clone
from ..tensor import Tensor, memory, storage_of, wrap


class Parameter(Tensor):
    """A tensor that a module learns: assigned to a `Module`, it is one of its `parameters()`.

    data           the tensor whose memory it shares
    requires_grad  whether the backward pass computes its gradient

    >>> import tensorkit as torch
    >>> torch.nn.Parameter(torch.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    __slots__ = ()

    _printed_as = "tensor"

    def __new__(cls, data=None, requires_grad: bool = True):
        if data is None:
            data = wrap(np.zeros(0, np.float32))
        if not isinstance(data, Tensor):
            raise hint(
                AttributeError(f"'{type(data).__name__}' object has no attribute 'detach'"),
                "a Parameter is made of a tensor: nn.Parameter(torch.tensor(data)).",
            )
        self = wrap(memory(data), cls)
        self._storage = storage_of(data)
        if requires_grad and self._array.dtype.kind in "biu":
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        self._requires_grad = bool(requires_grad)
        return self

    def __repr__(self, *, tensor_contents=None) -> str:
        return "Parameter containing:\n" + super().__repr__()

    @property
    def data(self) -> Tensor:
        """The same numbers as a plain tensor, without history."""
        return wrap(memory(self))

    @data.setter
    def data(self, source: Tensor):
        self._array = memory(source)

    def __deepcopy__(self, memo):
        if id(self) in memo:
            return memo[id(self)]
        copied = type(self)(clone(self.data), self._requires_grad)
        memo[id(self)] = copied
        return copied


class Buffer(Tensor):
    """A tensor of a module's state that is not learned; assigned to a `Module`, it is one of its `buffers()`.

    persistent  whether it is part of the `state_dict`

    >>> torch.nn.Buffer(torch.ones(2)).requires_grad
    False
    """

    __slots__ = ()

    _printed_as = "tensor"

    def __new__(cls, data=None, *, persistent: bool = True):
        self = wrap(np.zeros(0, np.float32) if data is None else memory(data), cls)
        self.persistent = persistent
        return self


def is_lazy(param: Tensor) -> bool:
    """Whether a parameter or buffer still waits for its shape."""
    return getattr(type(param), "uninitialized", False)


def __getattr__(name: str):
    if name in ("UninitializedBuffer", "UninitializedParameter"):
        from . import lazy

        return getattr(lazy, name)
    raise missing("module 'torch.nn.parameter'", name)
