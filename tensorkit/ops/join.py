"""Putting tensors together: cat, stack and their kin.

They are taken apart in `pieces.py`; elements repeated or in another order stand in `rearrange.py`, grids and blocks in
`grids.py`.
"""

from ..array_modules import np
from ..errors import brackets, wrong_argument
from ..formats import contiguous_format
from ..tensor import Tensor
from .declare import FUNCTIONS, function, op
from .layout import common_format, in_format
from .shape import reshape, unsqueeze, wrap_dim


def narrowed(g, dim: int, start: int, length: int):
    return FUNCTIONS["narrow"](g, dim, start, length)


def _cat_share(g, i, dim, tensors_shape):
    if tensors_shape[i] == (0,):
        return FUNCTIONS["zeros"](
            (0,), dtype=g.dtype, device=g.device
        )  # an empty vector is left out of any cat, and has no history
    dim = wrap_dim(dim, g.ndim)
    start = sum(shape[dim] for shape in tensors_shape[:i] if len(shape) == g.ndim)
    return narrowed(g, dim, start, tensors_shape[i][dim])


@op(tensors=_cat_share, variadic=True, method=False, aliases=("concat", "concatenate"))
def cat(tensors, dim=0):
    """Tensors one after the other along a dimension that is there already.

    tensors  of equal shape but for dimension `dim`

    >>> cat([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])

    Raises RuntimeError where the other sizes differ.
    """
    if not len(tensors):
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    kept = [each for each in tensors if each.shape != (0,)] or tensors
    first = kept[0]
    if any(each.ndim == 0 for each in kept):
        place = next(i for i, each in enumerate(tensors) if each.ndim == 0)
        raise RuntimeError(f"zero-dimensional tensor (at position {place}) cannot be concatenated")
    dim = 0 if first.shape == (0,) else wrap_dim(dim, first.ndim)  # of nothing but empty vectors PyTorch asks no more
    for i, each in enumerate(tensors):
        if each.shape == (0,):
            continue
        if each.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {each.ndim}")
        for axis in range(first.ndim):
            if axis != dim and each.shape[axis] != first.shape[axis]:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {first.shape[axis]} but got "
                    f"size {each.shape[axis]} for tensor number {i} in the list."
                )
    joined = np.concatenate(kept, dim)
    steps = first.strides
    if len(steps) < 4 or steps[1] > steps[-1]:  # certainly not with channels last
        return np.ascontiguousarray(joined)
    return in_format(joined, common_format(tensors))


@op(tensors=lambda g, i, dim: FUNCTIONS["select"](g, dim, i), variadic=True, method=False)
def stack(tensors, dim=0):
    """Tensors of one shape side by side along a new dimension.

    >>> stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    if not len(tensors):
        raise RuntimeError("stack expects a non-empty TensorList")
    wrap_dim(dim, tensors[0].ndim + 1)
    for i, each in enumerate(tensors):
        if each.shape != tensors[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {brackets(tensors[0].shape)} at entry 0 and "
                f"{brackets(each.shape)} at entry {i}"
            )
    dim = wrap_dim(dim, tensors[0].ndim + 1)
    stacked = np.stack(tensors, dim)
    if stacked.ndim < 5 or dim == stacked.ndim - 1 or (found := common_format(tensors)) is contiguous_format:
        return np.ascontiguousarray(stacked)
    shape = tensors[0].shape  # laid out as if the tensors were joined along the dimension behind the new one
    joined = in_format(stacked.reshape(*shape[:dim], -1, *shape[dim + 1 :]), found)
    return joined.reshape(stacked.shape)


def _at_least(tensor, ndim: int):
    """With dimensions of size 1 added, as atleast_1d, atleast_2d and atleast_3d do."""
    if tensor.ndim == 0:
        return reshape(tensor, (1,) * ndim)
    if tensor.ndim == 1 and ndim > 1:
        tensor = unsqueeze(tensor, 0)
    if tensor.ndim == 2 and ndim > 2:
        tensor = unsqueeze(tensor, -1)
    return tensor


def _several(name: str, tensors):
    """The tensors of a list or tuple; a tensor alone is refused, as by PyTorch."""
    if isinstance(tensors, Tensor):
        raise wrong_argument(name, "tensors", 1, "tuple of Tensors", tensors)
    return tensors


def _at_least_function(ndim: int):
    def at_least(*tensors):
        if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
            tensors = tuple(tensors[0])
        changed = tuple([_at_least(each, ndim) for each in tensors])
        return changed[0] if len(changed) == 1 else changed

    at_least.__name__ = f"atleast_{ndim}d"
    at_least.__doc__ = f"""Each tensor with at least {ndim} dimension{"s" * (ndim > 1)}.

    >>> torch.atleast_{ndim}d(tensor(5))
    tensor({"[" * ndim}5{"]" * ndim})
    """
    return function(at_least, method=False)


atleast_1d, atleast_2d, atleast_3d = _at_least_function(1), _at_least_function(2), _at_least_function(3)


@function(method=False)
def hstack(tensors, *, out=None):
    """Tensors side by side: along dimension 1, vectors along dimension 0.

    >>> torch.hstack((tensor([1, 2]), tensor([3])))
    tensor([1, 2, 3])
    """
    tensors = [_at_least(each, 1) for each in _several("hstack", tensors)]
    return cat(tensors, 0 if tensors[0].ndim == 1 else 1, out=out)


@function(method=False, aliases=("row_stack",))
def vstack(tensors, *, out=None):
    """Tensors below each other: along dimension 0, vectors as rows.

    >>> torch.vstack((tensor([1, 2]), tensor([3, 4])))
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([_at_least(each, 2) for each in _several("vstack", tensors)], 0, out=out)


@function(method=False)
def dstack(tensors, *, out=None):
    """Tensors behind each other: along dimension 2.

    >>> torch.dstack((tensor([1, 2]), tensor([3, 4])))
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([_at_least(each, 3) for each in _several("dstack", tensors)], 2, out=out)


@function(method=False)
def column_stack(tensors, *, out=None):
    """Vectors as the columns of a matrix; matrices side by side.

    >>> torch.column_stack((tensor([1, 2]), tensor([3, 4])))
    tensor([[1, 3],
            [2, 4]])
    """
    return hstack([reshape(each, -1, 1) if each.ndim <= 1 else each for each in tensors], out=out)
