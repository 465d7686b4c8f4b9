"""Another shape for the same numbers: `view`, `reshape`, `flatten`, `squeeze`, `unsqueeze` — views that share memory.

Another order of the dimensions stands in `transpose.py`, repetition without memory in `broadcast.py`, views in steps of
their own in `windows.py`; what puts tensors together in `join.py`, what takes them apart in `pieces.py`; indexing in
`index.py`.
"""

from ..array_modules import np
from ..errors import brackets, dim_out_of_range, missing_arguments, wrong_argument
from ..tensor import Tensor, memory
from .declare import behind, function, method, op, record_view


def wrap_dim(dim, ndim: int) -> int:
    """A dimension counted from the front, whether given from the front or (negative) from the back."""
    dim = dim.__index__()
    most = max(ndim, 1)
    if not -most <= dim < most:
        raise dim_out_of_range(dim, ndim)
    return dim % most if ndim else 0


def wrap_dims(dims, ndim: int) -> tuple:
    """Several dimensions (or one) counted from the front; RuntimeError if one is named twice."""
    wrapped = tuple([wrap_dim(dim, ndim) for dim in (dims if isinstance(dims, (tuple, list)) else (dims,))])
    for i, dim in enumerate(wrapped):
        if dim in wrapped[:i]:
            raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
    return wrapped


def inferred(shape, numel: int) -> tuple:
    """The shape asked for, with -1 worked out; PyTorch's error if the number of elements does not fit."""
    if not isinstance(shape, (tuple, list)):
        shape = (shape,)
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        shape = shape[0]
    for each in shape:
        if not hasattr(each, "__index__"):
            raise TypeError(
                "received an invalid combination of arguments - got ("
                + ", ".join(type(s).__name__ for s in shape)
                + ")"
            )
    shape = tuple([each.__index__() for each in shape])
    known, open_ = 1, None
    for i, each in enumerate(shape):
        if each == -1:
            if open_ is not None:
                raise RuntimeError("only one dimension can be inferred")
            open_ = i
        elif each < 0:
            raise RuntimeError(f"invalid shape dimension {each} at index {i} of shape {brackets(shape)}")
        else:
            known *= each
    if open_ is not None:
        if known == 0 and numel == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {brackets(shape)} because the unspecified dimension "
                "size -1 can be any value and is ambiguous"
            )
        if known == 0 or numel % known:
            raise RuntimeError(f"shape '{brackets(shape)}' is invalid for input of size {numel}")
        return shape[:open_] + (numel // known,) + shape[open_ + 1 :]
    if known != numel:
        raise RuntimeError(f"shape '{brackets(shape)}' is invalid for input of size {numel}")
    return shape


def inferred_sizes(size) -> tuple:
    """The sizes in `tile(2, 3)` or `tile((2, 3))`."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = size[0]
    return tuple([each.__index__() for each in size])


@behind(x=lambda g, x_shape: reshape(g, x_shape), views=True)
def _view(x, shape):
    try:
        return np.reshape(x, shape, copy=False)
    except ValueError:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        ) from None


@behind(x=lambda g, x_shape: reshape(g, x_shape), node_name="UnsafeViewBackward0")
def _copy_reshape(x, shape):
    return np.reshape(x, shape)


@behind(x=lambda g, x_shape: reshape(g, x_shape), node_name="UnsafeViewBackward0", steps=("CloneBackward0",))
def _cloned_reshape(x, shape):
    return np.reshape(x, shape)


@behind(x=lambda g, x_shape: reshape(g, x_shape))
def _unsafe_view(x, shape):
    """A view that neither hears of writes to its memory nor refuses them."""
    return np.reshape(x, shape)  # a copy where the order of the elements asks for one


@method
def view(self, *shape, dtype=None):
    """The same memory under another shape; one size may be -1, to be worked out.

    >>> arange(6).view(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])

    Raises RuntimeError if the number of elements does not fit, or if the memory is not in order (`reshape` copies
    then).
    """
    if dtype is not None or (len(shape) == 1 and not isinstance(shape[0], (int, tuple, list, Tensor, np.integer))):
        from ..dtypes import numpy_dtype

        wanted = dtype or shape[0]
        return record_view(view_op, self, (), _reread(memory(self), numpy_dtype(wanted), (self.dtype, wanted)))
    if not shape:
        raise TypeError("view() received an invalid combination of arguments - got ()")
    return _view(self, inferred(shape, self._array.size))


view_op = _view.op


def _reread(array, numpy, names):
    """The same bytes as numbers of another type; PyTorch's error where the last dimension does not come out even."""
    have, want = array.dtype.itemsize, numpy.itemsize
    if want > have:
        size, times = array.shape[-1] if array.ndim else 0, want // have
        if not array.ndim:
            raise RuntimeError(
                f"self.dim() cannot be 0 to view {names[0].cpp_name} as {names[1].cpp_name} (different element sizes)"
            )
        if size % times:
            raise RuntimeError(
                f"self.size(-1) must be divisible by {times} to view {names[0].cpp_name} as {names[1].cpp_name} "
                f"(different element sizes), but got {size}"
            )
    return array.view(numpy)


def _reshaped(input, shape):
    """`torch.reshape`, which takes the shape as one tuple."""
    if not isinstance(shape, (tuple, list)):
        raise wrong_argument("reshape", "shape", 2, "tuple of ints", shape)
    return reshape(input, shape)


@method
def reshape(input, *sizes, shape=None):
    """The same numbers under another shape: a view where the memory allows it, else a copy.

    >>> arange(6).reshape(3, 2)
    tensor([[0, 1],
            [2, 3],
            [4, 5]])

    Raises RuntimeError if the number of elements does not fit.
    """
    if not sizes and shape is None:
        raise missing_arguments("reshape", ["shape"])
    array = memory(input)
    wanted = inferred(sizes if shape is None else shape, array.size)
    if wanted == array.shape and array.flags.c_contiguous:
        return _view(input, wanted)
    try:
        np.reshape(array, wanted, copy=False)
    except ValueError:
        return _cloned_reshape(input, wanted)
    return _view(input, wanted)


_reshaped.__doc__ = reshape.__doc__
function(_reshaped, method=False, name="reshape")


@method
def view_as(self, other):
    """A view with the shape of `other`.

    >>> torch.arange(4).view_as(torch.zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return view(self, other._array.shape)


@method
def reshape_as(self, other):
    """The same numbers under the shape of `other`.

    >>> torch.arange(4).reshape_as(torch.zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return reshape(self, other._array.shape)


@function
def flatten(input, start_dim=0, end_dim=-1):
    """The dimensions from `start_dim` to `end_dim` joined into one.

    >>> arange(4).reshape(2, 2).flatten()
    tensor([0, 1, 2, 3])
    """
    shape = input._array.shape
    first, last = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, 1)
    if first == last:
        return input
    joined = 1
    for size in shape[first : last + 1]:
        joined *= size
    return reshape(input, shape[:first] + (joined,) + shape[last + 1 :])


@function
def ravel(input):
    """All elements in one dimension.

    >>> torch.ravel(tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return reshape(input if input.is_contiguous() else input.contiguous(), -1)


@function
def unflatten(input, dim, sizes):
    """One dimension split into several; one size may be -1.

    >>> torch.unflatten(torch.zeros(2, 6), 1, (3, -1)).shape
    torch.Size([2, 3, 2])
    """
    shape = input._array.shape
    dim = wrap_dim(dim, len(shape))
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    if not shape:
        raise RuntimeError("unflatten got an unexpected error:\nDimension specified as 0 but tensor has no dimensions")
    try:
        split = inferred(sizes, shape[dim])
    except RuntimeError:
        raise RuntimeError(
            f"unflatten: Provided sizes {brackets(sizes)} don't multiply up to the size of dim {dim} ({shape[dim]}) in "
            "the input tensor"
        ) from None
    return reshape(input, shape[:dim] + split + shape[dim + 1 :])


# Dimensions of size one


@op(x=lambda g, dim: squeeze(g, dim), views=True)
def unsqueeze(x, dim):
    """A new dimension of size 1 before dimension `dim`.

    >>> tensor([1, 2]).unsqueeze(1).shape
    torch.Size([2, 1])
    """
    dim = wrap_dim(dim, x.ndim + 1)
    step = x.strides[dim] * x.shape[dim] if dim < x.ndim else x.itemsize  # NumPy would have none
    strides = (*x.strides[:dim], step, *x.strides[dim:])
    return np.lib.stride_tricks.as_strided(x, (*x.shape[:dim], 1, *x.shape[dim:]), strides)


def _squeeze_name(node) -> str:
    dim = node.extras[0]
    return "SqueezeBackward0" if dim is None else f"SqueezeBackward{2 if isinstance(dim, (tuple, list)) else 1}"


@op(x=lambda g, x_shape: reshape(g, x_shape), views=True, node_name=_squeeze_name, strict=True, gather="dim")
def squeeze(x, dim=None):
    """Without its dimensions of size 1: all of them, or those among `dim`.

    >>> torch.squeeze(torch.zeros(1, 2, 1)).shape, torch.squeeze(torch.zeros(1, 2, 1), 0).shape
    (torch.Size([2]), torch.Size([2, 1]))
    """
    if dim is None:
        return np.squeeze(x)
    dims = wrap_dims(dim, x.ndim)
    return np.squeeze(x, tuple(each for each in dims if x.ndim and x.shape[each] == 1))
