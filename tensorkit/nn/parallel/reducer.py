"""Gradients averaged over all processes in buckets, while the backward pass goes on.

A bucket is a piece of memory for the gradients of several parameters.  As soon as the last of them has arrived, the sum
over all processes is begun; when all buckets are under way, the process waits for them and puts the means into `.grad`.
Buckets are filled from the last parameter to the first, which is roughly how gradients arrive, and are sent in the same
order by every process.

Source: S. Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training", VLDB 2020.
"""

import weakref
from collections.abc import Iterable, Sequence
from typing import Any

from ...array_modules import np
from ...distributed import mpi
from ...distributed.work import Work
from ...tape import ancestors
from ...tensor import Tensor, wrap

#: The first bucket is small, so that communication begins early.
FIRST_BUCKET_BYTES = 1024 * 1024

TWICE = (
    "Expected to mark a variable ready only once. This error is caused by one of the following reasons: 1) Use of a "
    "module parameter outside the `forward` function. Please make sure model parameters are not shared across "
    "multiple concurrent forward-backward passes. or try to use _set_static_graph() as a workaround if this module "
    "graph does not change during training loop.2) Reused parameters in multiple reentrant backward passes. For "
    "example, if you use multiple `checkpoint` functions to wrap the same part of your model, it would result in the "
    "same set of parameters been used by different reentrant backward passes multiple times, and hence marking a "
    "variable ready multiple times. DDP does not support such use cases in default. You can try to use "
    "_set_static_graph() as a workaround if your module graph does not change over iterations."
)
UNFINISHED = (
    "Expected to have finished reduction in the prior iteration before starting a new one. This error indicates that "
    "your module has parameters that were not used in producing loss. You can enable unused parameter detection by "
    "passing the keyword argument `find_unused_parameters=True` to `torch.nn.parallel.DistributedDataParallel`, and "
    "by \nmaking sure all `forward` function outputs participate in calculating loss. \nIf you already have done the "
    "above, then the distributed data parallel module wasn't able to locate the output tensors in the return value of "
    "your module's `forward` function. Please include the loss function and the structure of the return value of "
    "`forward` of your module when reporting this issue (e.g. list, dict, iterable)."
)


class Bucket:
    """Some parameters, by their numbers, and the memory for their gradients, side by side."""

    def __init__(self, indices: Sequence[int], parameters: Sequence[Tensor]):
        self.indices = tuple(indices)
        sizes = [parameters[index].numel() for index in indices]
        self.dtype = parameters[indices[0]]._array.dtype
        half = self.dtype.name in ("float16", "bfloat16")  # these have no type in MPI
        self.numbers = np.zeros(sum(sizes), np.float32 if half else self.dtype)
        self.parts = dict(zip(self.indices, np.split(self.numbers, np.cumsum(sizes)[:-1]), strict=True))
        self.waiting = len(self.indices)
        self.work: Work | None = None


def buckets_of(parameters: Sequence[Tensor], limit: float) -> list[Bucket]:
    """Parameters of one dtype in buckets of about so many bytes, from the last to the first."""
    open_ones: dict[Any, tuple[list[int], list[int]]] = {}
    closed: list[list[int]] = []
    limits: dict[Any, float] = {}
    for index in reversed(range(len(parameters))):
        array = parameters[index]._array
        indices, size = open_ones.setdefault(array.dtype, ([], [0]))
        indices.append(index)
        size[0] += array.nbytes
        if size[0] >= limits.get(array.dtype, min(FIRST_BUCKET_BYTES, limit)):
            closed.append(indices)
            limits[array.dtype] = limit
            del open_ones[array.dtype]
    closed.extend(indices for indices, _ in open_ones.values())
    return [Bucket(indices, parameters) for indices in closed]


class Reducer:
    """Averages the gradients of `parameters` over the processes of a group, once after each `prepare`."""

    def __init__(self, parameters: Sequence[Tensor], group: Any, limit: float, find_unused: bool):
        self.parameters, self.group, self.find_unused = parameters, group, find_unused
        self.buckets = buckets_of(parameters, limit)
        self.bucket_of = {index: bucket for bucket in self.buckets for index in bucket.indices}
        self.expecting = self.started = False
        self.ready: set[int] = set()
        self.next = 0
        self.used = np.ones(len(parameters), np.int32)
        reducer = weakref.ref(self)
        for index, parameter in enumerate(parameters):
            parameter.register_post_accumulate_grad_hook(_arrival(reducer, index))

    def check_finished(self) -> None:
        """Raise PyTorch's error if some gradients of the last backward pass never came."""
        if self.expecting and self.started:
            missing = [index for index in range(len(self.parameters)) if index not in self.ready]
            raise RuntimeError(
                f"{UNFINISHED}\nParameter indices which did not receive grad for rank {self.group.rank()}: "
                f"{' '.join(map(str, missing))}\n In addition, you can set the environment variable "
                "TORCH_DISTRIBUTED_DEBUG to either INFO or DETAIL to print out information about which particular "
                "parameters did not receive gradient on this rank as part of this error"
            )

    def prepare(self, outputs: Iterable[Tensor]) -> None:
        """Expect the gradients of one backward pass through the history of these tensors."""
        self.expecting, self.started = True, False
        self.ready.clear()
        self.next = 0
        self.used[:] = 1
        for bucket in self.buckets:
            bucket.waiting, bucket.work = len(bucket.indices), None
        if self.find_unused:
            reached = leaves_of(outputs)
            for index, parameter in enumerate(self.parameters):
                if id(parameter) not in reached:
                    self.used[index] = 0
                    self.take(index)

    def arrived(self, index: int) -> None:
        """The gradient of this parameter is complete."""
        if not self.expecting:
            return
        if index in self.ready:
            raise RuntimeError(TWICE)
        self.started = True
        self.take(index)
        for bucket in self.buckets[: self.next]:
            bucket.work.is_completed()  # type: ignore[union-attr]  # MPI goes on when it is looked at, and only then

    def take(self, index: int) -> None:
        """Copy this process's share of the mean into the bucket, and send the bucket if it is full."""
        bucket, gradient = self.bucket_of[index], self.parameters[index]._grad
        part = bucket.parts[index]
        if gradient is None:
            part[...] = 0
        else:
            np.multiply(gradient._array.reshape(-1), part.dtype.type(1 / self.group.size()), out=part)
        self.ready.add(index)
        bucket.waiting -= 1
        while self.next < len(self.buckets) and not self.buckets[self.next].waiting:
            ready = self.buckets[self.next]
            ready.work = self._summed(ready.numbers)
            self.next += 1
        if self.next == len(self.buckets):
            self.finish()

    def _summed(self, numbers: np.ndarray) -> Work:
        mpi_module = self.group.mpi
        request = self.group.communicator.Iallreduce(mpi_module.IN_PLACE, numbers, op=mpi_module.SUM)
        return Work("the sum of gradients", self.group, request)

    def finish(self) -> None:
        """Wait for all buckets and put the means into the gradients."""
        self.expecting = False
        used = self.used.copy()
        works = [bucket.work for bucket in self.buckets] + ([self._summed(used)] if self.find_unused else [])
        for work in works:
            work.wait()  # type: ignore[union-attr]
        for bucket in self.buckets:
            for index, part in bucket.parts.items():
                if used[index]:  # a parameter that no process has used keeps the gradient it had
                    _put(self.parameters[index], part.astype(bucket.dtype, copy=False))


def _arrival(reducer: weakref.ref, index: int):
    def hook(leaf: Tensor) -> None:
        alive = reducer()
        if alive is not None:
            alive.arrived(index)

    return hook


def _put(parameter: Tensor, mean: np.ndarray) -> None:
    if parameter._grad is None:
        parameter._grad = wrap(mean.reshape(parameter._array.shape).copy())
    else:
        mpi.write(parameter._grad, mean)


def leaves_of(outputs: Iterable[Tensor]) -> set[int]:
    """The ids of all leaves in the history of these tensors."""
    outputs = list(outputs)
    found = {id(tensor) for tensor in outputs if tensor._node is None}
    for node in ancestors([tensor._node for tensor in outputs if tensor._node is not None]):
        found.update(id(parent) for parent in node.parents if isinstance(parent, Tensor))
    return found
