"""Pieces of a tensor that PyTorch does not follow as views: `unsafe_split` and its like.

They are `split` and `chunk` (`pieces.py`) for whoever promises not to look at the tensor through the pieces: a piece
may be written to in place, and its derivatives go on as those of a tensor of its own.
"""

from copy import copy

from ..tape import Output
from ..tensor import Tensor
from .declare import function
from .pieces import chunk, split

_twins: dict = {}


def _freed(pieces) -> tuple[Tensor, ...]:
    """The pieces, no longer known as views of anything, and with PyTorch's name for the node that made them."""
    for each in pieces:
        each._base = None
        if (node := each._node) is not None:
            maker = node.parents[0] if type(node) is Output else node
            if maker.op not in _twins.values():
                maker.op = _twin(maker.op)
    return tuple(pieces)


def _twin(op):
    if op.name not in _twins:
        _twins[op.name] = twin = copy(op)
        twin.node_name = "Unsafe" + op.node_name
    return _twins[op.name]


@function
def unsafe_split(tensor, split_size, dim=0):
    """`split`, without the guard over in-place writes to the pieces.

    >>> torch.unsafe_split(torch.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    return _freed(split(tensor, split_size, dim))


@function
def unsafe_split_with_sizes(input, split_sizes, dim=0):
    """`split` into pieces of the given lengths, without the guard over in-place writes to the pieces.

    >>> torch.arange(3).unsafe_split_with_sizes([1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    return _freed(split(input, list(split_sizes), dim))


@function
def unsafe_chunk(input, chunks, dim=0):
    """`chunk`, without the guard over in-place writes to the pieces.

    >>> torch.unsafe_chunk(torch.arange(4), 2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    return _freed(chunk(input, chunks, dim))
