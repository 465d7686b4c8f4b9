"""Samplers: in which order the rows of a data set are visited, from PyTorch's random streams.

A sampler yields row numbers, a batch sampler lists of them.  Where the order is known ahead, samplers also give it as
arrays (`orders`), which saves the loader a step per row.
"""

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice

import numpy as np

from ...dtypes import float64
from ...ops.data import as_tensor
from ...random import engine_of
from ...streams import Engine


class Sampler:
    """The base of samplers: subclass it and define `__iter__`, which yields row numbers, and mostly `__len__`.

    >>> class Backwards(torch.utils.data.Sampler):
    ...     def __iter__(self):
    ...         return iter([2, 1, 0])
    >>> list(torch.utils.data.DataLoader(["a", "b", "c"], sampler=Backwards(), batch_size=None))
    ['c', 'b', 'a']
    """

    def __init__(self, data_source: Sized | None = None):
        """Nothing to prepare."""

    def __class_getitem__(cls, parameters):
        return cls

    def __iter__(self) -> Iterator:
        raise NotImplementedError


class SequentialSampler(Sampler):
    """All rows in their own order.

    >>> list(torch.utils.data.SequentialSampler([10, 20, 30]))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized):
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def orders(self) -> Iterator[np.ndarray]:
        """The order, as one array."""
        yield np.arange(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """All rows in random order, or draws from them with replacement.

    replacement  draw each row from all rows, in chunks of 32 draws
    num_samples  how many rows; as many as there are, if not given
    generator    without one, the global stream seeds a new one each time

    >>> _ = torch.manual_seed(0)
    >>> list(torch.utils.data.RandomSampler([10, 20, 30]))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, generator=None):
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self) -> int:
        """How many rows are visited."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        for order in self.orders():
            yield from order.tolist()

    def orders(self) -> Iterator[np.ndarray]:
        """The order, in arrays, each drawn when it is asked for."""
        n, count = len(self.data_source), self.num_samples
        if self.generator is None:
            engine = Engine(int(engine_of(None).random(1, np.int64)[0]))
        else:
            engine = self.generator.engine
        if self.replacement:
            for _ in range(count // 32):
                yield engine.randint(32, 0, n)
            yield engine.randint(count % 32, 0, n)
        else:
            for _ in range(count // n):
                yield engine.randperm(n)
            yield engine.randperm(n)[: count % n]  # drawn even if none of it is needed: the stream goes on from there

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """The rows with the given numbers, in random order.

    >>> _ = torch.manual_seed(0)
    >>> list(torch.utils.data.SubsetRandomSampler([4, 5, 6]))
    [6, 4, 5]
    """

    def __init__(self, indices: Sequence[int], generator=None):
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for place in engine_of(self.generator).randperm(len(self.indices)).tolist():
            yield self.indices[place]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """Rows drawn with the given weights, one for each row.

    >>> _ = torch.manual_seed(0)
    >>> list(torch.utils.data.WeightedRandomSampler([0., 1., 1.], 4))
    [2, 2, 1, 2]
    """

    def __init__(self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator=None):
        _check_positive("num_samples", num_samples)
        _check_bool("replacement", replacement)
        self.weights = as_tensor(weights, dtype=float64)
        if self.weights.ndim != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        yield from self.weights.multinomial(self.num_samples, self.replacement, generator=self.generator).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """Lists of `batch_size` row numbers from another sampler.

    drop_last  leave out a last list that is shorter

    >>> import tensorkit as torch
    >>> list(torch.utils.data.BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool):
        _check_positive("batch_size", batch_size)
        _check_bool("drop_last", drop_last)
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        rows = iter(self.sampler)
        while batch := list(islice(rows, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield batch

    def arrays(self) -> Iterator:
        """The same batches, as arrays where the sampler knows its order ahead; lists otherwise."""
        if type(self) is not BatchSampler or type(self.sampler) not in (RandomSampler, SequentialSampler):
            yield from self
            return
        size = self.batch_size
        left = np.empty(0, np.int64)
        for order in self.sampler.orders():  # type: ignore[attr-defined]
            rows = np.concatenate([left, order]) if left.size else order
            whole = rows.size - rows.size % size
            for start in range(0, whole, size):
                yield rows[start : start + size]
            left = rows[whole:]
        if left.size and not self.drop_last:
            yield left

    def __len__(self) -> int:
        rows = len(self.sampler)  # type: ignore[arg-type]
        return rows // self.batch_size if self.drop_last else (rows + self.batch_size - 1) // self.batch_size


def _check_positive(name: str, value) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


def _check_bool(name: str, value) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{name} should be a boolean value, but got {name}={value}")
