"""Grids of coordinates, all combinations of elements, and matrices put together as blocks: meshgrid, cartesian_prod,
block_diag.

Tensors joined along a dimension stand in `join.py`; choices of elements of one vector in `misc.py`.
"""

from warnings import warn

import numpy

from ..array_modules import np
from ..errors import brackets, kind
from ..tensor import Tensor
from .broadcast import expand
from .declare import FUNCTIONS, behind, function
from .join import narrowed, stack
from .shape import reshape


def _refuse_others(tensors) -> None:
    for place, each in enumerate(tensors):
        if not isinstance(each, Tensor):
            raise TypeError(f"expected Tensor as element {place} in argument 0, but got {kind(each)}")


@function(method=False)
def meshgrid(*tensors, indexing=None):
    """The coordinates of a grid: for each vector, its values spread over the grid of all of them.

    indexing  'ij': the first vector runs along dimension 0; 'xy': along dimension 1

    >>> x, y = torch.meshgrid(tensor([1, 2]), tensor([3, 4, 5]), indexing="ij")
    >>> x
    tensor([[1, 1, 1],
            [2, 2, 2]])
    >>> y
    tensor([[3, 4, 5],
            [3, 4, 5]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    _refuse_others(tensors)
    if indexing is None:
        warn("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.", stacklevel=2)
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if len({each.dtype for each in tensors}) > 1:
        raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    for each in tensors:
        if each.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {each}")
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    if indexing == "xy" and len(tensors) >= 2:
        tensors = (tensors[1], tensors[0], *tensors[2:])
    shape = tuple([each.numel() for each in tensors])
    grids = [
        expand(reshape(each, (1,) * i + (-1,) + (1,) * (len(shape) - i - 1)), shape) for i, each in enumerate(tensors)
    ]
    if indexing == "xy" and len(grids) >= 2:
        grids[:2] = grids[1], grids[0]
    return tuple(grids)


@function(method=False)
def cartesian_prod(*tensors):
    """Every combination of one element of each vector, as rows.

    >>> torch.cartesian_prod(tensor([1, 2]), tensor([5, 6]))
    tensor([[1, 5],
            [1, 6],
            [2, 5],
            [2, 6]])
    """
    _refuse_others(tensors)
    for each in tensors:
        if each.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {brackets(each._array.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape(each, -1) for each in meshgrid(*tensors, indexing="ij")], 1)


@function(method=False)
def block_diag(*tensors):
    """The matrices along the diagonal of a larger one that is otherwise zero.

    >>> torch.block_diag(tensor([[1, 2]]), tensor([[3]]))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    for i, each in enumerate(tensors):
        if each.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has {each.ndim} dimensions"
            )
    return _block_diag(tensors) if tensors else FUNCTIONS["zeros"](1, 0)


def _block_share(g, i, tensors_shape):
    corner = numpy.zeros(2, int)
    for shape in tensors_shape[:i]:
        corner += ((1, 1) + shape)[-2:]
    rows, columns = ((1, 1) + tensors_shape[i])[-2:]
    block = narrowed(narrowed(g, 0, int(corner[0]), rows), 1, int(corner[1]), columns)
    return reshape(block, tensors_shape[i])


@behind(tensors=_block_share, variadic=True)
def _block_diag(tensors):
    blocks = [np.atleast_2d(each) for each in tensors]
    full = np.zeros(np.sum([each.shape for each in blocks], 0).tolist(), blocks[0].dtype)
    row = column = 0
    for each in blocks:
        full[row : row + each.shape[0], column : column + each.shape[1]] = each
        row, column = row + each.shape[0], column + each.shape[1]
    return full
