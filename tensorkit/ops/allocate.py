"""Tensors made or made over by how they are to lie in memory: `empty_strided`, `resize_as_`, and `fill`.

The usual ways to make a tensor stand in `create.py`, `resize_` itself in `inplace.py`.
"""

from warnings import warn

from ..array_modules import np
from ..formats import preserve_format, suggested
from ..tensor import Tensor
from .cast import c_cast, number_for
from .create import empty, filled, finish, resolve
from .declare import behind, function, method
from .pointwise import nothing
from .promote import is_number


@behind(x=nothing, value=lambda g: g.sum(),
    node_name=lambda node: f"FillBackward{0 if is_number(node.parents[1]) else 1}")  # fmt: skip
def _filled(x, value):
    return np.full_like(x, c_cast(np.asarray(value), x.dtype))


@function(method=False)
def fill(input, value):
    """A tensor of the same shape and dtype with one value everywhere.

    value  a number or a 0-d tensor, to which gradients flow back

    >>> torch.fill(torch.zeros(2), 7)
    tensor([7., 7.])
    """
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")
    if not isinstance(value, Tensor):
        value = number_for(value, input._array.dtype).item()
    return _filled(input, value)


@function(method=False)
def empty_strided(
    size, stride, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False
) -> Tensor:
    """A tensor (of zeros) of the given shape whose dimensions are `stride` elements apart in memory.

    >>> torch.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    wanted = resolve(dtype, "empty_strided")
    if len(size) != len(stride):
        raise RuntimeError(
            f"dimensionality of sizes ({len(size)}) must match dimensionality of strides ({len(stride)})"
        )
    if min(stride, default=0) < 0:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}")
    count = 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) if all(size) else 0
    flat = filled((count,), 0, wanted, device)
    strides = [step * wanted.itemsize for step in stride]
    return finish(np.lib.stride_tricks.as_strided(flat, tuple(size), strides), requires_grad, device)


@function(method=False)
def empty_permuted(size, physical_layout, *, dtype=None, layout=None, device=None, requires_grad=False,
                   pin_memory=False) -> Tensor:  # fmt: skip
    """A tensor of the given shape whose dimensions lie in memory in the order of `physical_layout`, outermost first.

    >>> torch.empty_permuted((2, 3, 4), (0, 2, 1)).stride()
    (12, 1, 3)
    """
    if len(size) != len(physical_layout):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = "
            f"{len(size)} is not equal to len(physical_layout) = {len(physical_layout)}"
        )
    wrong = next((each for each in physical_layout if not 0 <= each < len(size)), None)
    if wrong is not None:
        raise RuntimeError(f"Dimension out of range (expected to be between 0 and {len(size) - 1}, but got {wrong}")
    if len(set(physical_layout)) < len(size):
        raise RuntimeError("Duplicate dim not allowed")
    laid = empty(tuple(size[each] for each in physical_layout), dtype=dtype, device=device)
    return (
        laid.permute([list(physical_layout).index(i) for i in range(len(size))]).detach().requires_grad_(requires_grad)
    )


@method
def new_empty_strided(self, size, stride, dtype=None, device=None, requires_grad=False) -> Tensor:
    """A tensor (of zeros) of this dtype whose dimensions are `stride` elements apart in memory.

    >>> torch.ones(2).new_empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    return empty_strided(size, stride, dtype=dtype or self.dtype, requires_grad=requires_grad)


@method
def resize_as_(self, the_template, *, memory_format=None):
    """Give the tensor the shape of another one, in place; elements that are new are zero.

    >>> torch.arange(4).resize_as_(torch.zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    if memory_format is preserve_format:
        memory_format = suggested(the_template._array)
    return self.resize_(the_template.shape, memory_format=memory_format)


@method
def resize(self, *sizes):
    """The tensor in another shape with as many elements: deprecated, use `reshape`.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.ones(2).resize(1, 2)
    tensor([[1., 1.]])
    """
    warn("non-inplace resize is deprecated", stacklevel=3)
    return self.reshape(*sizes)


@method
def resize_as(self, tensor):
    """The tensor in the shape of another one with as many elements: deprecated, use `reshape_as`.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.ones(2).resize_as(torch.ones(1, 2))
    tensor([[1., 1.]])
    """
    warn("non-inplace resize_as is deprecated", stacklevel=3)
    return self.reshape_as(tensor)
