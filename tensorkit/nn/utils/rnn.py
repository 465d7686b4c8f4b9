"""Sequences of unlike lengths: padded to one length, or packed one time step after the other.

A `PackedSequence` holds, for each time step, the elements of all sequences that are that long, longest sequence first.

Source: https://pytorch.org/docs/stable/nn.html#utility-functions
"""

from collections import namedtuple

from ...array_modules import beside, move, move_like, np
from ...device import CPU
from ...errors import cannot_broadcast, kind
from ...ops.create import full
from ...ops.data import as_tensor
from ...ops.declare import behind
from ...ops.slices import index_select
from ...tensor import Tensor, wrap

_Fields = namedtuple("_Fields", ["data", "batch_sizes", "sorted_indices", "unsorted_indices"])


class PackedSequence(_Fields):
    """Sequences of unlike lengths without gaps.

    data              all elements, time step by time step
    batch_sizes       how many sequences reach each time step
    sorted_indices    the places the sequences had before they were sorted by length (None: they were sorted)
    unsorted_indices  the way back

    >>> packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])])
    >>> packed.data, packed.batch_sizes
    (tensor([1, 4, 2, 3]), tensor([2, 1, 1]))
    """

    __slots__ = ()

    def __new__(cls, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    @property
    def is_cuda(self) -> bool:
        """Whether its elements are on a GPU."""
        return False

    def to(self, *args, **kwargs) -> "PackedSequence":
        """The same with elements of another dtype or on another device."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def float(self) -> "PackedSequence":
        return self.to(dtype=wrap(np.zeros(0, np.float32)).dtype)

    def double(self) -> "PackedSequence":
        return self.to(dtype=wrap(np.zeros(0, np.float64)).dtype)

    def cpu(self, *args, **kwargs) -> "PackedSequence":
        return self


def invert_permutation(permutation):
    """The permutation that undoes another one; None for None.

    >>> torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    inverse = np.empty_like(permutation._array)
    with beside(inverse):
        inverse[permutation._array] = np.arange(len(inverse))
    return wrap(inverse)


@behind(x=lambda g, x_shape, places: _unpacked(g, tuple(x_shape), places), node_name="PackPaddedSequenceBackward0")
def _packed(x, places):
    """The rows of a padded tensor (length, batch, …) that belong to sequences, step by step."""
    return x[places]


@behind(x=lambda g, places: _packed(g, places), node_name="CopySlices")
def _unpacked(x, shape, places, blank=0):
    """Rows put back to their places in a padded tensor; `blank` elsewhere."""
    full = np.full(shape, blank, x.dtype)
    full[places] = x
    return full


def pack_padded_sequence(input, lengths, batch_first: bool = False, enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences that were padded to one length.

    input           length, batch, … (batch first with `batch_first`)
    lengths         how long each of them is
    enforce_sorted  they must come longest first

    >>> padded = tensor([[1, 2, 3], [4, 0, 0]])
    >>> torch.nn.utils.rnn.pack_padded_sequence(padded, [3, 1], batch_first=True).data
    tensor([1, 4, 2, 3])
    """
    sizes, order = move(as_tensor(lengths).long()._array, None), None
    if not enforce_sorted:
        longest_first = np.argsort(-sizes, kind="stable")
        sizes, order = sizes[longest_first], wrap(move_like(longest_first, input._array))
        input = index_select(input, 0 if batch_first else 1, order)
    x = input.transpose(0, 1) if batch_first else input
    if len(sizes) != x._array.shape[1]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(sizes)} (batch_size={x._array.shape[1]})"
        )
    if np.any(sizes <= 0):
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if np.any(np.diff(sizes) > 0):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
            "do not need ONNX exportability."
        )
    if sizes[0] > x._array.shape[0]:
        raise RuntimeError(f"Expected length of sequences to be at most {x._array.shape[0]}, but got {sizes[0]}")
    counts = (np.arange(sizes[0])[:, None] < sizes).sum(1)
    step, sample = np.nonzero(np.arange(sizes[0])[:, None] < sizes)
    return PackedSequence(_packed(x, (step, sample)), wrap(counts.astype(np.int64)), order, None)


def pad_packed_sequence(sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
                        total_length: int | None = None) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The sequences of a `PackedSequence` padded to one length, and their lengths.

    >>> packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])])
    >>> torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    (tensor([[1, 2, 3],
            [4, 0, 0]]), tensor([3, 1]))
    """
    counts = move(sequence.batch_sizes._array, None)
    steps, samples = len(counts), int(counts[0])
    if total_length is not None and total_length < steps:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {steps}"
        )
    reached = np.arange(samples) < counts[:, None]
    lengths = wrap(reached.sum(0).astype(np.int64))
    data = sequence.data
    shape = (total_length or steps, samples, *data._array.shape[1:])
    padded = _unpacked(data, shape, np.nonzero(reached), padding_value)
    if sequence.unsorted_indices is not None:
        padded = index_select(padded, 1, sequence.unsorted_indices)
        lengths = lengths[sequence.unsorted_indices.cpu()]
    return (padded.transpose(0, 1) if batch_first else padded), lengths


def pad_sequence(sequences, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"):
    """Tensors of unlike first size as one tensor, the shorter ones padded.

    >>> pad_sequence([torch.ones(2), torch.ones(1)], batch_first=True)
    tensor([[1., 1.],
            [1., 0.]])
    """
    if isinstance(sequences, Tensor):
        sequences = sequences.unbind(0)
    elif not isinstance(sequences, (list, tuple)):
        sequences = list(sequences)
    for number, each in enumerate(sequences):
        if not isinstance(each, Tensor):
            raise TypeError(f"expected Tensor as element {number} in argument 0, but got {kind(each)}")
    length, rest = max(each._array.shape[0] for each in sequences), tuple(sequences[0]._array.shape[1:])
    shape = (len(sequences), length) if batch_first else (length, len(sequences))
    padded = full((*shape, *rest), padding_value, dtype=sequences[0].dtype, device=sequences[0].device)
    for number, each in enumerate(sequences):
        own = each._array.shape[0]
        if each._array.shape[1:] != rest:
            raise cannot_broadcast((max(map(len, sequences)), *rest), each._array.shape)
        place = slice(own) if padding_side == "right" else slice(length - own, length)
        padded[(number, place) if batch_first else (place, number)] = each
    return padded


def unpad_sequence(padded_sequences, lengths, batch_first: bool = False) -> list[Tensor]:
    """The sequences of a padded tensor, each at its own length.

    >>> torch.nn.utils.rnn.unpad_sequence(torch.tensor([[1, 2], [4, 0]]), torch.tensor([2, 1]), batch_first=True)
    [tensor([1, 2]), tensor([4])]
    """
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    places = np.arange(padded_sequences._array.shape[1])
    return [sequence[wrap(places < int(length))] for sequence, length in zip(padded_sequences, lengths, strict=True)]


def pack_sequence(sequences, enforce_sorted: bool = True) -> PackedSequence:
    """Tensors of unlike first size, packed.

    >>> from tensorkit.nn.utils.rnn import pack_sequence
    >>> pack_sequence([tensor([1, 2, 3]), tensor([4])]).data
    tensor([1, 4, 2, 3])
    """
    lengths = as_tensor([each._array.shape[0] for each in sequences], device=CPU)
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a `PackedSequence`, as a list.

    >>> torch.nn.utils.rnn.unpack_sequence(torch.nn.utils.rnn.pack_sequence([tensor([1, 2]), tensor([4])]))
    [tensor([1, 2]), tensor([4])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
