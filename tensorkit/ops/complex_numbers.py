"""Complex numbers: made of two parts or of length and angle, conjugated, turned back into angles.

The derivative rules here are written for real numbers, like all others: the engine (`autograd/engine.py`) conjugates
what goes in and what comes out.  `real` and `imag` are views (`complex_views.py`); `abs` and `sgn` stand in `sign.py`.
"""

from .. import dtypes
from ..array_modules import np
from .declare import behind, function, op, unary, write_out
from .pointwise import nothing
from .trigonometric import _per_square, cos, sin


@function
def conj(input):
    """The complex conjugate of each element; a real tensor itself.

    >>> tensor([1 + 2j, 3 - 4j]).conj()
    tensor([1.-2.j, 3.+4.j])
    """
    return _conj(input) if input._array.dtype.kind == "c" else input


@behind(x=lambda g: conj(g))
def _conj(x):
    return np.conj(x)


@op(real=lambda g: g.real, imag=lambda g: (g.conj() * -1j).real, method=False)
def complex(real, imag):
    """A complex tensor from its real and imaginary parts.

    >>> torch.complex(tensor([1., 2.]), tensor([3., 4.]))
    tensor([1.+3.j, 2.+4.j])
    """
    names = [dtypes.from_numpy(each.dtype).cpp_name for each in (real, imag)]
    if real.dtype.kind not in "f" or imag.dtype.kind not in "f":
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {names[0]} and {names[1]}"
        )
    if real.dtype != imag.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {names[0]} but got scalar type {names[1]} for second argument"
        )
    return (real + 1j * imag).astype(np.complex128 if real.dtype == np.float64 else np.complex64)


@function(method=False)
def polar(abs, angle, *, out=None):
    """A complex tensor from lengths and angles in radians.

    >>> torch.polar(tensor([1., 2.]), tensor([0., 0.]))
    tensor([1.+0.j, 2.+0.j])
    """
    result = complex(abs * cos(angle), abs * sin(angle))
    return result if out is None else write_out(result, out)


def _angle_dx(g, x):
    """0 for real numbers.  For z = a + bi the angle turns by -b/|z|² with a and by a/|z|² with b."""
    if x._array.dtype.kind != "c":
        return nothing(g)
    a, b = x.real, x.imag
    return complex(-g * b * _per_square(a, b), g * a * _per_square(a, b))


@unary(_angle_dx, floating=True, inplace=False)
def angle(x):
    """The angle of each number in the complex plane; pi for negative real ones.

    >>> tensor([1 + 1j, -1 + 0j]).angle()
    tensor([0.7854, 3.1416])
    """
    return np.angle(x).astype(x.dtype if x.dtype.kind in "fV" else x.real.dtype)[()]


@unary(lambda g: conj(g), method=False, inplace=False)
def _conj_physical(x):
    return np.conj(x)


@function
def conj_physical(input, *, out=None):
    """The complex conjugate of each element, written out; a real tensor itself.

    >>> torch.conj_physical(tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    if input._array.dtype.kind != "c":
        return input if out is None else write_out(input, out)
    return _conj_physical(input, out=out)


@function
def is_conj(input) -> bool:
    """False: PyTorch notes that a tensor is to be conjugated when it is read; here `conj` computes at once.

    >>> torch.is_conj(tensor([1.]))
    False
    """
    return False


@function
def is_neg(input) -> bool:
    """False: PyTorch notes that a tensor is to be negated when it is read; here nothing waits.

    >>> torch.is_neg(tensor([1.]))
    False
    """
    return False


@function
def resolve_conj(input):
    """The tensor itself: its conjugate was computed already.

    >>> torch.resolve_conj(tensor([1 + 2j]).conj())
    tensor([1.-2.j])
    """
    return input


@function
def resolve_neg(input):
    """The tensor itself: it was negated already.

    >>> torch.resolve_neg(tensor([1.]))
    tensor([1.])
    """
    return input
