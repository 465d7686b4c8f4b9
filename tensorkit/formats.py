"""How a tensor lies in memory, as PyTorch names it, and what its sizes and strides say about that.

A format is the order of the dimensions in memory.  It isn't kept anywhere: it's read off the strides, which leave it
open where sizes are 1; PyTorch's rules for that stand here.  Copies in a format are made by `ops/layout.py`.

Source: https://pytorch.org/docs/stable/tensor_attributes.html#torch-memory-format
"""

from .errors import Named, kind


class layout(metaclass=Named):
    """The kind of a tensor's storage; every tensor here is `torch.strided`.

    >>> tensor([1.]).layout
    torch.strided
    """

    __slots__ = ("name",)

    def __init__(self, name: str):
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self):
        return self.name


class memory_format(layout):
    """The order of a tensor's dimensions in memory: `torch.contiguous_format` and its like.

    `torch.channels_last` has the channels (dimension 1) innermost: those of one pixel lie side by side.

    >>> x = torch.zeros(1, 2, 3, 4, dtype=torch.float32).to(memory_format=torch.channels_last)
    >>> x.stride(), x.is_contiguous(memory_format=torch.channels_last), x.is_contiguous()
    ((24, 1, 8, 2), True, False)

    Source: https://pytorch.org/docs/stable/tensor_attributes.html#torch-memory-format
    """

    __slots__ = ()


strided = layout("strided")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")

#: Of the formats with channels innermost: the dimensions from the outer to the inner one.
OUTER_FIRST = {channels_last: (0, 2, 3, 1), channels_last_3d: (0, 2, 3, 4, 1)}
#: Which format that is, by the number of dimensions.
BY_RANK = {4: channels_last, 5: channels_last_3d}


def checked(wanted, name: str) -> memory_format:
    """The argument `memory_format` of a function; TypeError if it is none."""
    if not isinstance(wanted, memory_format):
        raise TypeError(f"{name}(): argument 'memory_format' must be torch.memory_format, not {kind(wanted)}")
    return wanted


def check_rank(wanted: memory_format, rank: int) -> None:
    """RuntimeError where a tensor of so many dimensions can't lie in the format."""
    needed = len(OUTER_FIRST.get(wanted, ()))
    if needed and needed != rank:
        raise RuntimeError(f"required rank {needed} tensor to use {wanted.name} format")


def strides_of(array) -> list[int]:
    """How many elements to go on in memory for the next index of each dimension."""
    strides = [step // array.itemsize for step in array.strides]
    after = 1
    if not array.size and 0 in strides:  # NumPy does not care where nothing lies
        for i in range(len(strides) - 1, -1, -1):
            strides[i], after = after, after * max(array.shape[i], 1)
    for i in range(len(strides) - 1, -1, -1):
        if array.shape[i] == 1 and not strides[i]:  # NumPy has no use for the step of a new dimension
            strides[i] = after
        after = array.shape[i] * strides[i]
    return strides


def lies_in(array, wanted: memory_format) -> bool:
    """Whether `array` fills memory in the order of this format; of sizes that are 1 the steps don't count."""
    if wanted not in OUTER_FIRST:
        return not array.ndim or array.flags.c_contiguous
    order, after = OUTER_FIRST[wanted], 1
    if array.ndim != len(order):
        return False
    strides = strides_of(array)
    for axis in reversed(order):
        if array.shape[axis] != 1:
            if strides[axis] != after:
                return False
            after *= array.shape[axis]
    return True


def suggested(array) -> memory_format:
    """The format that the strides of `array` come nearest to, whether or not it fills its memory: in this one PyTorch
    lays out what is computed from it."""
    rank, steps = array.ndim, array.strides
    # Channels are no further apart than columns: false for rows of pixels, which is the usual case.
    if not 4 <= rank <= 5 or steps[1] > steps[-1]:
        return contiguous_format
    wanted, strides, least = BY_RANK[rank], strides_of(array), 0
    if strides[1] == 0:
        return contiguous_format
    for axis in reversed(OUTER_FIRST[wanted]):
        size = array.shape[axis]
        if size == 0 or strides[axis] < least or (axis == 0 and least == strides[1]):
            return contiguous_format
        least = strides[axis] * max(size, 1)
    return wanted


def is_dense(array) -> bool:
    """Whether every element has a place of its own, and none in between is left free."""
    after = 1
    for size, stride in sorted(zip(array.shape, strides_of(array), strict=True), key=lambda axis: axis[::-1]):
        if size > 1:
            if stride != after:
                return False
            after *= size
    return True


def outer_first(array) -> list[int]:
    """The dimensions of `array` in the order of their steps in memory, the widest first."""
    strides = strides_of(array)
    return sorted(range(array.ndim), key=lambda axis: (-strides[axis], -array.shape[axis]))
