"""Worker processes: they fetch batches ahead while the main process computes.

`Fetcher` is what a batch costs, here or in the main process; `work` is a worker's life; `Pool` is what the main process
knows of its workers.  Row numbers go to a worker through a queue, batches come back through a pipe of its own, whose
end tells at once when a worker has died.
"""

import contextlib
import os
import random
import sys
import time
import warnings
from typing import Any, NamedTuple

import numpy as np

from ...random import manual_seed
from .collate import default_collate
from .dataset import batch_of, rows_of


class WorkerInfo(NamedTuple):
    """Which worker this process is.

    id  its number    num_workers  how many there are    seed  what its random streams were seeded with
    dataset  its own copy of the data set

    >>> WorkerInfo(id=0, num_workers=2, seed=7, dataset=[]).num_workers
    2
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Which worker this process is; None in the main process.

    >>> torch.utils.data.get_worker_info() is None
    True
    """
    return _worker_info


class Fetcher:
    """Makes batches of a data set: from row numbers, or for a stream from its next rows."""

    def __init__(self, dataset, is_stream: bool, batched: bool, collate_fn, drop_last: bool):
        self.dataset, self.batched, self.collate_fn, self.drop_last = dataset, batched, collate_fn, drop_last
        self.stream = iter(dataset) if is_stream else None
        self.ended = False

    def __call__(self, index):
        """The batch of these row numbers (or the row of this one); StopIteration at the end of a stream."""
        if self.stream is not None:
            return self.collate_fn(self._from_stream(index))
        if not self.batched:
            return self.collate_fn(self.dataset[index])
        if self.collate_fn is default_collate:
            batch = batch_of(self.dataset, index)
            if batch is not None:
                return batch
        if isinstance(index, np.ndarray):
            index = index.tolist()
        return self.collate_fn(rows_of(self.dataset, index))

    def _from_stream(self, index):
        if self.ended:
            raise StopIteration
        if not self.batched:
            return next(self.stream)
        rows = []
        for _ in index:
            try:
                rows.append(next(self.stream))
            except StopIteration:
                self.ended = True
                break
        if not rows or (self.drop_last and len(rows) < len(index)):
            raise StopIteration
        return rows


class _Failure(NamedTuple):
    """An error that happened in a worker, to be raised in the main process."""

    kind: type
    text: str

    @staticmethod
    def here(worker: int) -> "_Failure":
        from traceback import format_exc

        kind = sys.exc_info()[0]
        text = f"Caught {kind.__name__} in DataLoader worker process {worker}.\nOriginal {format_exc()}"  # type: ignore[union-attr]
        return _Failure(kind, text)  # type: ignore[arg-type]

    def again(self) -> Exception:
        try:
            return self.kind(self.text)
        except TypeError:  # a class that wants other arguments
            return RuntimeError(self.text)


class _Ended(NamedTuple):
    """A worker's stream has ended."""


class _Again(NamedTuple):
    """To a worker that is kept: begin the next epoch.  It answers with the same."""


def work(make_fetcher, dataset, tasks, results, base_seed: int, init_fn, number: int, count: int) -> None:
    """A worker's life: seed the streams, then turn row numbers into batches until told to stop."""
    global _worker_info
    seed = base_seed + number
    random.seed(seed)
    manual_seed(seed)
    np.random.seed(np.random.SeedSequence([number, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]).generate_state(4))
    _worker_info = WorkerInfo(number, count, seed, dataset)
    failure = None
    try:
        if init_fn is not None:
            init_fn(number)
        fetch = make_fetcher(dataset)
    except Exception:
        failure = _Failure.here(number)
    parent = os.getppid()
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError, EOFError):
        while True:
            task = _next_task(tasks, parent)
            if task is None:
                return
            if isinstance(task, _Again):
                fetch = make_fetcher(dataset)
                results.send((None, task))
                continue
            place, index = task
            data: Any
            if failure is not None:
                data = failure
            else:
                try:
                    data = fetch(index)
                except StopIteration:
                    data = _Ended() if fetch.stream is not None else _Failure.here(number)
                except Exception:
                    data = _Failure.here(number)
            results.send((place, data))


def _next_task(tasks, parent: int):
    """What the main process wants next; None also when it is gone."""
    from queue import Empty

    while os.getppid() == parent:
        try:
            return tasks.get(timeout=5)
        except Empty:
            continue
    return None


def _usual_context():
    """How workers start if nobody said how: on Linux by a fork, so that data sets defined in a notebook reach them."""
    import multiprocessing

    chosen = multiprocessing.get_start_method(allow_none=True)
    return multiprocessing.get_context("fork" if chosen is None and sys.platform == "linux" else chosen)


class Pool:
    """The workers of one loader, and what they are at."""

    def __init__(self, loader, make_fetcher, base_seed: int):
        context = loader.multiprocessing_context or _usual_context()
        self.count = loader.num_workers
        self.timeout = loader.timeout
        self.queues, self.pipes, self.processes = [], [], []
        for number in range(self.count):
            tasks = context.Queue()
            tasks.cancel_join_thread()
            receiving, sending = context.Pipe(duplex=False)
            process = context.Process(
                target=work, daemon=True,
                args=(make_fetcher, loader.dataset, tasks, sending, base_seed, loader.worker_init_fn, number,
                      self.count),
            )  # fmt: skip
            with warnings.catch_warnings():
                # Python warns of a fork beside other threads: NumPy's are, and these are idle now.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            sending.close()  # before the next worker starts, which would inherit it
            self.queues.append(tasks)
            self.pipes.append(receiving)
            self.processes.append(process)
        self.begin()

    def begin(self) -> None:
        """Forget the last epoch."""
        self.sent = self.wanted = 0  # numbers of the next task to send, of the next batch to hand out
        self.tasks: dict[int, int] = {}  # which worker has a task that is not handed out yet
        self.ready: dict[int, Any] = {}  # batches that came before their turn
        self.active = [True] * self.count
        self.turn = 0

    def restart(self) -> None:
        """Let the workers begin the next epoch, after what they still have to do for the last one."""
        for tasks in self.queues:
            tasks.put(_Again())
        waiting = set(range(self.count))
        while waiting:
            worker, (_, data) = self._receive(waiting)
            if isinstance(data, _Again):
                waiting.discard(worker)
        self.begin()

    def send(self, index) -> bool:
        """Give a task to the worker whose turn it is; False if none is left."""
        for _ in range(self.count):
            worker, self.turn = self.turn, (self.turn + 1) % self.count
            if self.active[worker]:
                self.queues[worker].put((self.sent, index))
                self.tasks[self.sent] = worker
                self.sent += 1
                return True
        return False

    def some_active(self) -> bool:
        """Whether any worker still gives batches."""
        return any(self.active)

    def next(self, refill):
        """The next batch in order; `refill()` is called once for every answer.  StopIteration when all is done."""
        while True:
            while self.wanted < self.sent:
                worker = self.tasks[self.wanted]
                if self.wanted in self.ready or self.active[worker]:
                    break
                del self.tasks[self.wanted]
                self.wanted += 1
            else:
                raise StopIteration
            if self.wanted in self.ready:
                data = self.ready.pop(self.wanted)
                del self.tasks[self.wanted]
                self.wanted += 1
                refill()
                if isinstance(data, _Failure):
                    raise data.again()
                return data
            worker, (place, data) = self._receive(range(self.count))
            if isinstance(data, _Ended):
                self.active[worker] = False
                refill()
            else:
                self.ready[place] = data

    def _receive(self, workers) -> tuple:
        """The next message of one of these workers; RuntimeError if one has died, or nothing comes in time."""
        from multiprocessing.connection import wait

        pipes = [self.pipes[worker] for worker in workers]
        found = wait(pipes, self.timeout or None)
        if not found:
            self.shut_down()
            raise RuntimeError(f"DataLoader timed out after {self.timeout} seconds")
        pipe = found[0]
        worker = self.pipes.index(pipe)
        try:
            return worker, pipe.recv()  # type: ignore[union-attr]
        except EOFError:
            pid = self.processes[worker].pid
            self.shut_down()
            raise RuntimeError(f"DataLoader worker (pid(s) {pid}) exited unexpectedly") from None

    def shut_down(self) -> None:
        """Let all workers end; those that are busy for long are made to."""
        for tasks in self.queues:
            with contextlib.suppress(ValueError, OSError):
                tasks.put(None)
        for pipe in self.pipes:
            pipe.close()  # a worker that is about to send finds out
        patience = time.monotonic() + 0.5
        for process in self.processes:
            process.join(max(0, patience - time.monotonic()))
            if process.is_alive():
                process.terminate()
                process.join()
        for tasks in self.queues:
            tasks.close()
        self.queues, self.pipes, self.processes = [], [], []
