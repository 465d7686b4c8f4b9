"""Another order of the dimensions: `permute`, `transpose`, `t`, `x.T`, `movedim` — views that share memory."""

from warnings import warn

from ..array_modules import np
from ..tape import mode, record
from ..tensor import Tensor, share
from .declare import FUNCTIONS, behind, function, op
from .shape import wrap_dim, wrap_dims


@op(x=lambda g, dims: permute(g, inverse(dims)), views=True, gather="dims")
def permute(x, dims):
    """The dimensions in another order.

    >>> zeros(2, 3, 4).permute(2, 0, 1).shape
    torch.Size([4, 2, 3])
    """
    if len(dims) != x.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {x.ndim} is not equal to len(dims) = {len(dims)}"
        )
    dims = tuple([wrap_dim(dim, x.ndim) for dim in dims])
    if len(set(dims)) != len(dims):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return np.transpose(x, dims)


def inverse(dims) -> tuple:
    """The order that undoes the order `dims`."""
    count = len(dims)
    order = [dim % count for dim in dims]
    return tuple([order.index(i) for i in range(count)])


@op(x=lambda g, dim0, dim1: transpose(g, dim0, dim1), views=True, aliases=("swapaxes", "swapdims"))
def transpose(x, dim0, dim1):
    """Two dimensions exchanged; a view.

    >>> torch.transpose(tensor([[1, 2, 3], [4, 5, 6]]), 0, 1)
    tensor([[1, 4],
            [2, 5],
            [3, 6]])
    """
    first, second = wrap_dim(dim0, x.ndim), wrap_dim(dim1, x.ndim)
    return x if x.ndim == 0 else np.swapaxes(x, first, second)


@op(x=lambda g: t(g), views=True)
def t(x):
    """The transpose of a matrix; a vector as it is.

    >>> torch.t(tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    if x.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {x.ndim}D")
    return x.T


def turned(x: Tensor) -> Tensor:
    """`x.t()` of a matrix for use within an operation: as nobody can write to it, the base need not know of it."""
    if x._array.ndim != 2:
        return t(x)
    array = x._array.T
    tensor = share(x, array)
    if x._requires_grad:
        tensor._requires_grad = True
        if mode.enabled:
            tensor._node = record(t.op, (x._node or x,), (), (), array)
    return tensor


def _T(self):
    """The dimensions in reverse order: the transpose of a matrix."""
    if self._array.ndim != 2:
        if self._array.ndim == 0:
            warn("Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases.", stacklevel=2)
            return permute(self, ())
        warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
            "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
            "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.",
            stacklevel=2,
        )
    return permute(self, tuple(range(self._array.ndim - 1, -1, -1)))


def _mT(self):
    """Each matrix of a batch transposed."""
    if self._array.ndim == 0:
        warn("Tensor.mT is deprecated on 0-D tensors. This function is the identity in these cases.", stacklevel=2)
        return self
    if self._array.ndim < 2:
        raise _no_matrix("mT")
    return transpose(self, -2, -1)


def _no_matrix(name: str) -> RuntimeError:
    return RuntimeError(f"tensor.{name} is only supported on matrices or batches of matrices. Got 1-D tensor.")


def _turned(name: str, getter) -> property:
    def refuse(tensor, value):
        raise AttributeError(f"attribute '{name}' of 'torch._C.TensorBase' objects is not writable")

    return property(getter, refuse, doc=getter.__doc__)


Tensor.T = _turned("T", _T)
Tensor.mT = _turned("mT", _mT)


def _H(self):
    """The conjugate transpose of a matrix."""
    if self._array.ndim == 0:
        return _conj_of_number(self, "H")
    if self._array.ndim != 2:
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {self._array.ndim}-D tensor."
            + (" For batches of matrices, consider using tensor.mH" if self._array.ndim > 2 else "")
        )
    return FUNCTIONS["conj"](_mT(self))


def _mH(self):
    """The conjugate transpose of each matrix."""
    if self._array.ndim < 2:
        if self._array.ndim:
            raise _no_matrix("mH")
        return _conj_of_number(self, "mH")
    return FUNCTIONS["conj"](transpose(self, -2, -1))


def _conj_of_number(x, name: str):
    warn(f"Tensor.{name} is deprecated on 0-D tensors. Consider using x.conj().", stacklevel=3)
    return FUNCTIONS["conj"](x)


Tensor.H = property(_H)
Tensor.mH = property(_mH)


@behind(x=lambda g: g, views=True)
def _alias(x):
    return x[...]


@function(aliases=("moveaxis",))
def movedim(input, source, destination):
    """Dimensions moved to other places, the rest in their order.

    >>> torch.movedim(torch.zeros(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    ndim = input._array.ndim
    sources = wrap_dims(source, ndim)
    targets = wrap_dims(destination, ndim)
    order = [dim for dim in range(ndim) if dim not in sources]
    if ndim == 0:
        return _alias(input)
    for target, dim in sorted(zip(targets, sources, strict=True)):
        order.insert(target, dim)
    return permute(input, order)


@function
def adjoint(input):
    """The conjugate transpose of each matrix.

    >>> tensor([[1 + 1j, 2 + 3j]]).adjoint()
    tensor([[1.-1.j],
            [2.-3.j]])
    """
    return FUNCTIONS["conj"](_mT(input))
