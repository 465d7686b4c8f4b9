"""Tables of vectors looked up by number: embedding, embedding_bag, one_hot."""

from ...array_modules import beside, move_like, np
from ...errors import no_tensor
from ...ops import embed as _ops
from ...tensor import Tensor, memory, wrap


def _index_of(input, name: str):
    if input._array.dtype.kind != "i" or input._array.dtype.itemsize < 4:
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{input.dtype.tensor_type} instead (while checking arguments for {name})"
        )
    return memory(input)


def _check_range(index, count: int) -> None:
    if index.size and (index.min() < 0 or index.max() >= count):
        raise IndexError("index out of range in self")


def _padding(padding_idx, count: int) -> int:
    if padding_idx is None:
        return -1
    if not -count <= padding_idx < count:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % count


def _renormed(weight, index, max_norm: float, norm_type: float) -> None:
    """Shorten the rows that are looked up and longer than `max_norm`, in place and without history."""
    table = memory(weight)
    rows = np.unique(index)
    lengths = np.linalg.norm(table[rows].astype(np.float64), norm_type, axis=1)
    long = lengths > max_norm
    table[rows[long]] *= (max_norm / (lengths[long] + 1e-7))[:, None].astype(table.dtype)
    if weight._storage is not None:
        weight._storage.written()


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """The rows of `weight` with the numbers in `input`.

    input        whole numbers of any shape
    weight       rows, columns
    padding_idx  a row that gets no gradient
    max_norm     shorten longer rows to this length first, in place

    >>> embedding(tensor([2, 0]), tensor([[1., 1.], [2., 2.], [3., 3.]]))
    tensor([[3., 3.],
            [1., 1.]])
    """
    try:
        index = _index_of(input, "embedding")
        count = weight._array.shape[0]
    except AttributeError:
        wrong = (input, "indices", 2) if isinstance(weight, Tensor) else (weight, "weight", 1)
        raise no_tensor("embedding", *wrong) from None
    if weight._array.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    padding = _padding(padding_idx, count)
    if not count and index.size:
        raise RuntimeError("index_select(): self indexing axis dim should be positive")
    _check_range(index, count)
    if max_norm is not None:
        _renormed(weight, index, max_norm, norm_type)
    return _ops.lookup(weight, index, padding, bool(scale_grad_by_freq))


def embedding_bag(
    input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False,
    per_sample_weights=None, include_last_offset=False, padding_idx=None,
):  # fmt: skip
    """The sum, mean or maximum of several rows of `weight`, for each bag of numbers.

    input    bags as the rows of a matrix, or all bags one after the other
    offsets  for the latter: where each bag begins

    >>> torch.nn.functional.embedding_bag(torch.tensor([[0, 1]]), torch.tensor([[1., 2.], [3., 4.]]), mode="sum")
    tensor([[4., 6.]])
    """
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the "
            f"same shape as the input ({input.shape})"
        )
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    starts = _starts(input, offsets)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
            f"mode='{mode}'). Please open a feature request on GitHub."
        )
    index = _index_of(input, "embedding_bag").reshape(-1)
    count = weight._array.shape[0]
    padding = _padding(padding_idx, count)
    if index.size and (index.min() < 0 or index.max() >= count):
        raise _outside(index, count, mode != "max" and weight.dtype.itemsize <= 4 and padding_idx is None)
    if max_norm is not None:
        _renormed(weight, index, max_norm, norm_type)
    if include_last_offset:
        starts = starts[:-1]
    with beside(index):
        bags = _ops.bag_numbers(starts, len(index))
    kept = index != padding
    largest = _ops.largest_rows(weight, index, bags, len(starts), kept) if mode == "max" else None
    return _ops.bag(weight, per_sample_weights, index, bags, len(starts), mode, kept, largest)


def _starts(input, offsets):
    """Where each bag begins among all numbers."""
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                f"sequences. However, found offsets of type {type(offsets)}"
            )
        rows, length = input._array.shape
        with beside(input._array):
            return np.arange(rows) * length
    if input.ndim != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if offsets.ndim != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    starts = memory(offsets)
    if starts.size and starts[0] != 0:
        kind = max(input.dtype, offsets.dtype, key=lambda each: each.itemsize).cpp_name
        raise RuntimeError(
            f"offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
            f"However, got {starts[0]}\n[ torch.{kind}Tensor{{}} ]"
        )
    if starts.size and starts[-1] > len(input._array):
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {len(input._array)} but got offsets[-1] of "
            f"{starts[-1]}"
        )
    return starts


def _outside(index, count: int, fast: bool) -> RuntimeError:
    """PyTorch's error for the first number that is no row of the table; `fast` as its kernel for float32 says it."""
    place = int(np.flatnonzero((index < 0) | (index >= count))[0])
    if fast:
        return RuntimeError(
            f"Index {place} of input takes value {index[place]} which is not in the valid range [0, {count})"
        )
    return RuntimeError(f"embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {index[place]}")


def one_hot(tensor, num_classes: int = -1) -> Tensor:
    """For each whole number a row of zeros with a 1 at its place.

    >>> one_hot(torch.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    try:
        numbers = memory(tensor)
    except AttributeError:
        raise no_tensor("one_hot", tensor) from None
    if numbers.dtype != np.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not numbers.size:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return wrap(move_like(np.zeros((*numbers.shape, num_classes), np.int64), numbers))
    if numbers.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(numbers.max()) + 1
    elif numbers.max() >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    with beside(numbers):
        return wrap((numbers[..., None] == np.arange(num_classes)).astype(np.int64))
