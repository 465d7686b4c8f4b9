"""`DataLoader`: the loop over a data set in batches.

Rows are chosen by a sampler (`sampler.py`), fetched and collated (`worker.Fetcher`, here or in worker processes).
"""

import os
from collections.abc import Callable, Iterable
from functools import partial
from warnings import warn

import numpy as np

from ...random import engine_of
from .collate import default_collate, default_convert
from .dataset import IterableDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler
from .worker import Fetcher, Pool, get_worker_info  # noqa: F401 (people look for it here too)

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class _Endless(Sampler):
    """For a stream, which has no row numbers: None for ever."""

    def __iter__(self):
        while True:
            yield None


class DataLoader:
    """Batches of a data set, one epoch each time it is iterated over.

    batch_size   rows a batch; None hands out single rows
    shuffle      a new random order each epoch, PyTorch's for the seed
    sampler, batch_sampler   another order, as row numbers or as lists of them
    num_workers  processes that fetch ahead; 0: fetch here, when the batch is asked for
    collate_fn   makes a batch of a list of rows (`default_collate`)
    drop_last    leave out a last batch that is shorter
    worker_init_fn  is called in each worker with its number
    generator    where shuffling draws from, instead of the global stream
    timeout      seconds to wait for a worker        prefetch_factor  batches ahead per worker (2)
    persistent_workers  keep the workers between epochs
    pin_memory, pin_memory_device, in_order   accepted; there is no memory to pin

    Raises ValueError for arguments that exclude one another.

    >>> import tensorkit as torch
    >>> data = torch.utils.data.TensorDataset(torch.arange(5), torch.arange(5) ** 2)
    >>> for x, y in torch.utils.data.DataLoader(data, batch_size=3):
    ...     print(x, y)
    tensor([0, 1, 2]) tensor([0, 1, 4])
    tensor([3, 4]) tensor([ 9, 16])
    """

    def __class_getitem__(cls, parameters):
        return cls

    def __init__(self, dataset, batch_size: int | None = 1, shuffle: bool | None = None,
                 sampler: Iterable | None = None, batch_sampler: Iterable | None = None, num_workers: int = 0,
                 collate_fn: Callable | None = None, pin_memory: bool = False, drop_last: bool = False,
                 timeout: float = 0, worker_init_fn: Callable | None = None, multiprocessing_context=None,
                 generator=None, *, prefetch_factor: int | None = None, persistent_workers: bool = False,
                 pin_memory_device: str = "", in_order: bool = True):  # fmt: skip
        prefetch_factor = _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = prefetch_factor
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = _context(multiprocessing_context, num_workers)
        self.in_order = in_order
        self._is_stream = isinstance(dataset, IterableDataset)
        if self._is_stream:
            for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
                if value is not None:
                    raise ValueError(
                        f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
                    )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            if self._is_stream:
                sampler = _Endless()
            else:
                sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self.persistent_workers = persistent_workers
        self._iterator: _Epoch | None = None
        self._announced: int | None = None
        _warn_of_too_many(num_workers)
        self._settled = True

    def __setattr__(self, name: str, value) -> None:
        if name in _FIXED and self.__dict__.get("_settled"):
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        object.__setattr__(self, name, value)

    def __iter__(self) -> "_Epoch":
        if not (self.persistent_workers and self.num_workers > 0):
            return _Epoch(self)
        if self._iterator is None:
            self._iterator = _Epoch(self)
        else:
            self._iterator.restart(self)
        return self._iterator

    def __len__(self) -> int:
        if not self._is_stream:
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]
        length = self._announced = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def _orders(self):
        """The row numbers of an epoch, batch by batch (or one by one)."""
        if self.batch_sampler is None:
            return iter(self.sampler)
        quick = isinstance(self.batch_sampler, BatchSampler) and self.collate_fn is default_collate
        return self.batch_sampler.arrays() if quick and not self._is_stream else iter(self.batch_sampler)  # type: ignore[union-attr]


class _Epoch:
    """One pass over a loader: an iterator over its batches.

    It does not hold the loader, which may hold it: with the loader's last name, workers that stay are to go.
    """

    def __init__(self, loader: DataLoader):
        if loader.pin_memory and loader.pin_memory_device:
            warn(
                "pin_memory_device is deprecated, the current accelerator will be used as the device,ignore "
                f"pin_memory_device='{loader.pin_memory_device}'.",
                stacklevel=3,
            )
        if loader.pin_memory:
            warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device pinned "
                "memory won't be used.",
                stacklevel=3,
            )
        self._pool: Pool | None = None
        self._workers, self._stays = loader.num_workers, loader.persistent_workers
        self._ahead = (loader.prefetch_factor or 0) * loader.num_workers
        self._stream = loader.dataset if loader._is_stream else None
        self._sampler = loader.sampler if loader.batch_sampler is None else loader.batch_sampler
        self._announced = loader._announced
        self._indices = loader._orders()
        base_seed = int(engine_of(loader.generator).random(1, np.int64)[0])
        self._handed_out = 0
        batched = loader.batch_sampler is not None
        make = partial(
            Fetcher,
            is_stream=loader._is_stream,
            batched=batched,
            collate_fn=loader.collate_fn,
            drop_last=loader.drop_last,
        )
        if loader.num_workers == 0:
            if loader.timeout != 0:
                raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
            self._fetch = make(loader.dataset)
        else:
            _warn_of_too_many(loader.num_workers)
            self._pool = Pool(loader, make, base_seed)
            self._prefetch()

    def restart(self, loader: DataLoader) -> None:
        """Begin the next epoch with the same workers."""
        assert self._pool is not None
        self._pool.restart()
        self._indices = loader._orders()
        self._announced = loader._announced
        self._handed_out = 0
        self._prefetch()

    def _prefetch(self) -> None:
        for _ in range(self._ahead):
            self._send_one()

    def _send_one(self) -> None:
        if self._pool.some_active():  # type: ignore[union-attr]
            try:
                index = next(self._indices)
            except StopIteration:
                return
            self._pool.send(index)  # type: ignore[union-attr]

    def __iter__(self) -> "_Epoch":
        return self

    def __next__(self):
        if self._pool is None:
            if self._workers:
                raise StopIteration
            batch = self._fetch(next(self._indices))
        else:
            try:
                batch = self._pool.next(self._send_one)
            except StopIteration:
                if not self._stays:
                    self._close()
                raise
        self._handed_out += 1
        if self._stream is not None:
            self._warn_if_longer()
        return batch

    def _warn_if_longer(self) -> None:
        announced = self._announced
        if announced is not None and self._handed_out > announced:
            text = (
                f"Length of IterableDataset {self._stream} was reported to be {announced}(when accessing "
                f"len(dataloader)), but {self._handed_out} samples have been fetched. "
            )
            if self._workers > 0:
                text += (
                    "For multiprocessing data-loading, this could be caused by not properly configuring the "
                    "IterableDataset replica at each worker. Please see "
                    "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for examples."
                )
            warn(text, stacklevel=3)

    def __len__(self) -> int:
        return len(self._sampler)

    def _close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shut_down()

    def __del__(self):
        if self.__dict__.get("_pool") is not None:
            self._close()


def _check_workers(num_workers: int, timeout: float, prefetch_factor: int | None, persistent: bool) -> int | None:
    """PyTorch's errors for arguments about workers; the prefetch factor in force."""
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to "
            "enable multiprocessing, otherwise set prefetch_factor to None."
        )
    if num_workers > 0 and prefetch_factor is None:
        prefetch_factor = 2
    elif prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")
    return prefetch_factor


def _context(wanted, num_workers: int):
    """How worker processes start: a context of `multiprocessing`, also by the name of its start method."""
    if wanted is None:
        return None
    if num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but "
            f"got num_workers={num_workers}"
        )
    import multiprocessing
    from multiprocessing.context import BaseContext

    if isinstance(wanted, str):
        methods = multiprocessing.get_all_start_methods()
        if wanted not in methods:
            raise ValueError(
                f"multiprocessing_context option should specify a valid start method in {methods!r}, but got "
                f"multiprocessing_context={wanted!r}"
            )
        return multiprocessing.get_context(wanted)
    if not isinstance(wanted, BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string specifying the "
            f"start method, but got multiprocessing_context={wanted}"
        )
    return wanted


def _warn_of_too_many(workers: int) -> None:
    """PyTorch's warning when there are more workers than processors."""
    if not workers:
        return
    knows_own = hasattr(os, "sched_getaffinity")
    most = len(os.sched_getaffinity(0)) if knows_own else os.cpu_count()
    if most is None:
        said = "DataLoader is not able to compute a suggested max number of worker in current system."
    elif workers > most:
        said = (
            f"Our suggested max number of worker in current system is {most}"
            + ("" if knows_own else " (`cpuset` is not taken into account)")
            + ", which is smaller than what this DataLoader is going to create."
        )
    else:
        return
    warn(
        f"This DataLoader will create {workers} worker processes in total. {said} Please be aware that excessive "
        "worker creation might get DataLoader running slow or even freeze, lower the worker number to avoid potential "
        "slowness/freeze if necessary.",
        stacklevel=3,
    )
