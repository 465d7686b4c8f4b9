"""Data sets: rows by number (`Dataset`) or one after the other (`IterableDataset`), and sets made of sets.

How rows become batches stands in `collate.py` and `dataloader.py`.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from warnings import warn

import numpy as np

from ...random import Generator, default_generator, engine_of
from ...tensor import Tensor, memory, wrap


class Dataset:
    """A collection of rows by number: subclass it and define `__getitem__`, and mostly `__len__`.

    >>> import tensorkit as torch
    >>> class Squares(torch.utils.data.Dataset):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, index):
    ...         return torch.tensor(index), torch.tensor(index**2)
    >>> next(iter(torch.utils.data.DataLoader(Squares(), batch_size=4)))
    [tensor([0, 1, 2, 3]), tensor([0, 1, 4, 9])]
    """

    def __class_getitem__(cls, parameters):
        return cls  # Dataset[Row] in annotations and base classes

    def __getitem__(self, index):
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: "Dataset") -> "ConcatDataset":
        """The rows of both."""
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """A stream of rows: subclass it and define `__iter__`.

    With workers, each has a copy of the whole stream: share it out by `get_worker_info()`.

    >>> class Countdown(torch.utils.data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> list(torch.utils.data.DataLoader(Countdown(), batch_size=2))
    [tensor([3, 2]), tensor([1])]
    """

    def __iter__(self):
        raise NotImplementedError("Subclasses of IterableDataset should implement __iter__.")

    def __add__(self, other: Dataset) -> "ChainDataset":  # type: ignore[override]
        """One stream after the other."""
        return ChainDataset([self, other])


def rows_of(dataset, indices) -> list:
    """Several rows, all at once if the data set can give them so."""
    several = getattr(dataset, "__getitems__", None)
    return several(indices) if callable(several) else [dataset[index] for index in indices]


class TensorDataset(Dataset):
    """Rows of tensors: row i is (t[i] for each tensor t).

    Raises AssertionError unless all tensors have the same first size.

    >>> torch.utils.data.TensorDataset(torch.tensor([1, 2]), torch.tensor([3, 4]))[1]
    (tensor(2), tensor(4))
    """

    def __init__(self, *tensors: Tensor):
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index):
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].size(0)


class StackDataset(Dataset):
    """Several data sets side by side: row i is a tuple (or, of keyword arguments, a dictionary) of their rows i.

    >>> torch.utils.data.StackDataset([1, 2], [3, 4])[1]
    (2, 4)
    """

    datasets: tuple | dict

    def __init__(self, *args: Dataset, **kwargs: Dataset):
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or``dict``- (via ``kwargs``) like "
                "input/output, but both types are given."
            )
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        self.datasets = args or kwargs
        parts = self._parts()
        self._length = len(parts[0])
        if any(len(part) != self._length for part in parts):
            raise ValueError("Size mismatch between datasets")

    def _parts(self) -> list:
        return list(self.datasets.values() if isinstance(self.datasets, dict) else self.datasets)

    def __getitem__(self, index):
        if isinstance(self.datasets, dict):
            return {name: part[index] for name, part in self.datasets.items()}
        return tuple(part[index] for part in self.datasets)

    def __getitems__(self, indices: list) -> list:
        """Several rows, asking each part for all of its own."""
        columns = []
        for part in self._parts():
            rows = rows_of(part, indices)
            if len(rows) != len(indices):
                raise ValueError(f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(rows)}")
            columns.append(rows)
        if isinstance(self.datasets, dict):
            return [dict(zip(self.datasets, row, strict=True)) for row in zip(*columns, strict=True)]
        return list(zip(*columns, strict=True))

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset):
    """The rows of several data sets, one set after the other.

    >>> both = torch.utils.data.ConcatDataset([[1, 2], [3]])
    >>> len(both), both[2]
    (3, 3)
    """

    def __init__(self, datasets: Iterable[Dataset]):
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(each, IterableDataset) for each in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    @staticmethod
    def cumsum(sequence: Iterable) -> list[int]:
        """The running sum of lengths."""
        return list(accumulate(map(len, sequence)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx):
        if idx < 0:
            if -idx > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            idx += len(self)
        place = bisect_right(self.cumulative_sizes, idx)
        return self.datasets[place][idx if place == 0 else idx - self.cumulative_sizes[place - 1]]


class ChainDataset(IterableDataset):
    """Several streams, one after the other.

    >>> class Count(torch.utils.data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter([1, 2])
    >>> list(torch.utils.data.ChainDataset([Count(), Count()]))
    [1, 2, 1, 2]
    """

    def __init__(self, datasets: Iterable[Dataset]):
        self.datasets = datasets

    def _streams(self):
        for each in self.datasets:
            if not isinstance(each, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield each

    def __iter__(self):
        for stream in self._streams():
            yield from stream

    def __len__(self) -> int:
        return sum(map(len, self._streams()))  # type: ignore[arg-type]


class Subset(Dataset):
    """The rows of a data set with the given numbers.

    >>> torch.utils.data.Subset([10, 20, 30], [2, 0])[0]
    30
    """

    def __init__(self, dataset: Dataset, indices: Sequence[int]):
        self.dataset = dataset
        self.indices = indices
        own = type(self)
        if own.__getitem__ is not Subset.__getitem__ and own.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{own.__name__} overrides __getitem__ but not __getitems__. When subclassing Subset and overriding "
                "__getitem__, you must also override __getitems__ to ensure DataLoader works correctly "
                "with your custom logic. A simple implementation:\n\ndef __getitems__(self, indices):\n    return "
                "[self.__getitem__(idx) for idx in indices]"
            )

    def __getitem__(self, idx):
        if isinstance(idx, list):
            return self.dataset[[self.indices[each] for each in idx]]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices: list[int]) -> list:
        """Several rows."""
        return rows_of(self.dataset, [self.indices[each] for each in indices])

    def __len__(self) -> int:
        return len(self.indices)


def batch_of(dataset, indices) -> list[Tensor] | None:
    """The batch that collating these rows would give, each tensor's rows taken in one go.

    indices  a list or an array of row numbers
    Returns None where that cannot be done: for data sets other than tensors, and for rows that are not there.
    """
    while type(dataset) is Subset:
        own = dataset.indices
        indices = [own[each] for each in (indices.tolist() if isinstance(indices, np.ndarray) else indices)]
        dataset = dataset.dataset
    if type(dataset) is not TensorDataset:
        return None
    tensors = dataset.tensors
    if any(type(tensor) is not Tensor or tensor._requires_grad for tensor in tensors):
        return None
    try:
        return [wrap(memory(tensor).take(indices, axis=0)) for tensor in tensors]
    except (IndexError, TypeError):
        return None


def random_split(
    dataset: Dataset, lengths: Sequence[float], generator: Generator | None = default_generator
) -> list[Subset]:
    """A data set split at random into parts of the given lengths, or fractions that add up to 1.

    Fractions are rounded down; the rows left over go to the first parts, one each.
    Raises ValueError when lengths do not add up to the length of the data set.

    >>> import tensorkit as torch
    >>> train, test = torch.utils.data.random_split(range(10), [0.8, 0.2])
    >>> len(train), len(test)
    (8, 2)
    """
    total = len(dataset)  # type: ignore[arg-type]
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        for place, fraction in enumerate(lengths):
            if fraction < 0 or fraction > 1:
                raise ValueError(f"Fraction at index {place} is not between 0 and 1")
        sizes = [math.floor(total * fraction) for fraction in lengths]
        for left in range(total - sum(sizes)):
            sizes[left % len(sizes)] += 1
        for place, size in enumerate(sizes):
            if size == 0:
                warn(f"Length of split at index {place} is 0. This might result in an empty dataset.", stacklevel=2)
        lengths = sizes
    if sum(lengths) != total:
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order = engine_of(generator).randperm(total).tolist()
    return [Subset(dataset, order[end - size : end]) for end, size in zip(accumulate(lengths), lengths, strict=True)]  # type: ignore[misc]
