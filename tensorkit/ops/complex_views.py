"""Complex numbers as pairs of real ones: `real`, `imag`, `view_as_real`, `view_as_complex`, all views.

What is computed from complex numbers, `conj` and `angle` for example, stands in `complex_numbers.py`.
"""

from ..array_modules import np
from ..tensor import Tensor
from .declare import FUNCTIONS, behind, function, op


@function
def real(input):
    """The real part; of a real tensor, the tensor.

    >>> tensor([1 + 2j]).real
    tensor([1.])
    """
    return _real(input) if input._array.dtype.kind == "c" else input


@function
def imag(input):
    """The imaginary part of a complex tensor.

    >>> tensor([1 + 2j]).imag
    tensor([2.])
    """
    if input._array.dtype.kind != "c":
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _imag(input)


@behind(x=lambda g: g + 0j, views=True, node_name="SelectBackward0", steps=("ViewAsRealBackward0",))
def _real(x):
    return x.real


@behind(x=lambda g: g * 1j, views=True, node_name="SelectBackward0", steps=("ViewAsRealBackward0",))
def _imag(x):
    return x.imag


@op(x=lambda g: view_as_complex(g.contiguous()), views=True)
def view_as_real(x):
    """A complex tensor as pairs of real numbers in a new last dimension; a view.

    >>> torch.view_as_real(tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    if x.dtype.kind != "c":
        raise RuntimeError("view_as_real is only supported for complex tensors")
    steps = [*x.strides, x.itemsize // 2]
    return np.lib.stride_tricks.as_strided(x.real, (*x.shape, 2), steps)


def slopes_of_pairs(g):
    """The gradient of complex numbers as one of the pairs of real numbers that they are made of."""
    return FUNCTIONS["stack"]([g.real, (g * 1j).real], -1)


@op(x=slopes_of_pairs, views=True)
def view_as_complex(x):
    """Pairs of real numbers in the last dimension as complex numbers; a view.

    >>> torch.view_as_complex(tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    return x.view(np.complex64 if x.dtype == np.float32 else np.complex128)[..., 0]


def _part(getter) -> property:
    """An attribute that reads one part of the numbers, and writes to it where it is set."""

    def assign(tensor, value):
        part = getter(tensor)
        if isinstance(value, Tensor):
            part.copy_(value)
        else:
            part[...] = value

    return property(getter, assign, doc=getter.__doc__)


Tensor.real, Tensor.imag = _part(real), _part(imag)
