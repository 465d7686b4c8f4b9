"""Tensors handed from one process to all, from all to one, from all to all; and the barrier."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import Tensor
from . import checks, groups, mpi
from .work import Work, carry_out


def _side_by_side(tensors: Sequence[Tensor]) -> np.ndarray:
    """The numbers of tensors of one dtype, one tensor after the other."""
    return np.concatenate([mpi.packed(each).reshape(-1) for each in tensors])


def _dealt_out(tensors: Sequence[Tensor], numbers: np.ndarray):
    """What fills the tensors when all their numbers have come."""
    ends = np.cumsum([mpi.packed(each).size for each in tensors])[:-1]

    def finish() -> None:
        for each, part in zip(tensors, np.split(numbers, ends), strict=True):
            mpi.write(each, part)

    return finish


def broadcast(tensor: Tensor, src: int | None = None, group: Any = None, async_op: bool = False,
              group_src: int | None = None) -> Work | None:  # fmt: skip
    """Send the tensor of process `src` to all others, which receive it into theirs.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... x = torch.tensor([rank + 1.])
    ... dist.broadcast(x, src=1)
    ... if rank == 0:
    ...     print(x)
    ... ''', 2))
    tensor([2.])
    """
    where = groups.joined(group, "broadcast")
    if where is None:
        return None
    checks.is_tensor("tensor", tensor)
    root = checks.place("broadcast", where, src, group_src)
    numbers = mpi.packed(tensor)
    request = where.communicator.Ibcast(where.buffer(numbers), root=root)
    finish = None if where.rank() == root else lambda: mpi.write(tensor, numbers)
    return carry_out("broadcast", where, request, finish, async_op)


def all_gather(tensor_list: list[Tensor], tensor: Tensor, group: Any = None, async_op: bool = False) -> Work | None:
    """Collect the tensors of all processes in `tensor_list`, in every process; all of one shape and dtype.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... parts = [torch.zeros(1), torch.zeros(1)]
    ... dist.all_gather(parts, torch.tensor([rank + 1.]))
    ... if rank == 0:
    ...     print(parts)
    ... ''', 2))
    [tensor([1.]), tensor([2.])]
    """
    checks.are_tensors("tensor_list", tensor_list)
    checks.is_tensor("tensor", tensor)
    checks.one_dtype(*tensor_list, tensor)
    where = groups.joined(group, "all_gather")
    if where is None:
        return None
    if len(tensor_list) != where.size():
        raise RuntimeError(
            f"ProcessGroupMPI::allgather: invalid output tensor list at index 0 (expected length {where.size()}, got "
            f"{len(tensor_list)})"
        )
    checks.like("allgather", tensor_list, tensor)
    return _gathered("all_gather", tensor_list, tensor, where, async_op)


def _gathered(what: str, outputs: Sequence[Tensor], tensor: Tensor, where: Any, async_op: bool) -> Work | None:
    sent = mpi.packed(tensor)
    received = np.empty(where.size() * sent.size, sent.dtype)
    finish = _dealt_out(outputs, received)
    request = where.communicator.Iallgather(where.buffer(sent), where.buffer(received))
    return carry_out(what, where, request, finish, async_op)


def all_gather_into_tensor(output_tensor: Tensor, input_tensor: Tensor, group: Any = None,
                           async_op: bool = False) -> Work | None:  # fmt: skip
    """Collect the tensors of all processes in one, one after the other along its first dimension, or stacked.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... whole = torch.zeros(2)
    ... dist.all_gather_into_tensor(whole, torch.tensor([rank + 1.]))
    ... if rank == 0:
    ...     print(whole)
    ... ''', 2))
    tensor([1., 2.])
    """
    checks.is_tensor("input_tensor", input_tensor)
    checks.is_tensor("output_tensor", output_tensor)
    where = groups.joined(group, "all_gather_into_tensor")
    if where is None:
        return None
    if output_tensor.dtype is not input_tensor.dtype:
        raise TypeError("output tensor must have the same type as input tensor")
    if output_tensor.numel() != input_tensor.numel() * where.size():
        raise ValueError("output tensor size must be equal to world_size times input tensor size")
    return _gathered("all_gather_into_tensor", [output_tensor], input_tensor, where, async_op)


def gather(tensor: Tensor, gather_list: list[Tensor] | None = None, dst: int | None = None, group: Any = None,
           async_op: bool = False, group_dst: int | None = None) -> Work | None:  # fmt: skip
    """Collect the tensors of all processes in the list of process `dst` (0, if not given).

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... parts = [torch.zeros(1), torch.zeros(1)] if rank == 0 else None
    ... dist.gather(torch.tensor([rank + 1.]), parts, dst=0)
    ... if rank == 0:
    ...     print(parts)
    ... ''', 2))
    [tensor([1.]), tensor([2.])]
    """
    tensors = _checked("gather", tensor, gather_list)
    where = groups.joined(group, "gather")
    if where is None:
        return None
    root = _place_of_the_list("gather", where, dst, group_dst, tensors, tensor)
    sent = mpi.packed(tensor)
    received = np.empty(len(tensors) * sent.size, sent.dtype)
    finish = _dealt_out(tensors, received) if tensors else None
    request = where.communicator.Igather(where.buffer(sent), where.buffer(received) if tensors else None, root=root)
    return carry_out("gather", where, request, finish, async_op)


def scatter(tensor: Tensor, scatter_list: list[Tensor] | None = None, src: int | None = None, group: Any = None,
            async_op: bool = False, group_src: int | None = None) -> Work | None:  # fmt: skip
    """Hand out the list of process `src` (0, if not given): process r receives its r-th tensor.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... x = torch.zeros(1)
    ... dist.scatter(x, [torch.tensor([5.]), torch.tensor([6.])] if rank == 0 else None, src=0)
    ... if rank == 1:
    ...     print(x)
    ... ''', 2))
    tensor([6.])
    """
    tensors = _checked("scatter", tensor, scatter_list)
    where = groups.joined(group, "scatter")
    if where is None:
        return None
    root = _place_of_the_list("scatter", where, src, group_src, tensors, tensor)
    sent = where.buffer(_side_by_side(tensors)) if tensors else None
    received = mpi.room_for(tensor)
    request = where.communicator.Iscatter(sent, where.buffer(received), root=root)
    return carry_out("scatter", where, request, lambda: mpi.write(tensor, received), async_op)


def _checked(what: str, tensor: Tensor, tensors: list[Tensor] | None) -> list[Tensor]:
    """The list of `gather` or `scatter`, none for None, if its tensors are of the tensor's dtype."""
    tensors = [] if tensors is None else tensors
    checks.is_tensor("tensor", tensor)
    checks.are_tensors(f"{what}_list", tensors)
    checks.one_dtype(tensor, *tensors)
    return tensors


def _place_of_the_list(what: str, where: groups.ProcessGroup, rank: int | None, group_rank: int | None,
                       tensors: list[Tensor], tensor: Tensor) -> int:  # fmt: skip
    """The number in the group of the process with the list.

    Raises PyTorch's ValueError if this one has a list and should not, or the other way round, and RuntimeError where
    the list does not fit the tensor.
    """
    role, kind = ("destination", "output") if what == "gather" else ("source", "input")
    if rank is not None and group_rank is not None:
        raise ValueError("Can't specify both group_rank and global_rank")
    here = where.rank() == group_rank if group_rank is not None else groups.get_rank() == (rank or 0)
    if here and not tensors:
        raise ValueError(f"Argument ``{what}_list`` must be specified on {role} rank.")
    if tensors and not here:
        raise ValueError(f"Argument ``{what}_list`` must NOT be specified on non-{role} ranks.")
    root = checks.place(what, where, rank, group_rank, default=0)
    if here:
        if len(tensors) != where.size():
            raise RuntimeError(
                f"ProcessGroupMPI::{what}: Incorrect {kind} list size {len(tensors)}. {kind.capitalize()} list size "
                f"should be {where.size()}, same as size of the process group."
            )
        checks.like(what, tensors, tensor)
    return root


def all_to_all(output_tensor_list: list[Tensor], input_tensor_list: list[Tensor], group: Any = None,
               async_op: bool = False) -> Work | None:  # fmt: skip
    """Every process sends the r-th tensor of its list to process r; what comes from process s is put into place s.

    All tensors are of one dtype; the shapes may differ, as long as sender and receiver agree.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... received = [torch.zeros(1), torch.zeros(1)]
    ... dist.all_to_all(received, [torch.tensor([10. * rank]), torch.tensor([10. * rank + 1])])
    ... if rank == 1:
    ...     print(received)
    ... ''', 2))
    [tensor([1.]), tensor([11.])]
    """
    checks.are_tensors("output_tensor_list", output_tensor_list)
    checks.are_tensors("input_tensor_list", input_tensor_list)
    checks.one_dtype(*output_tensor_list, *input_tensor_list)
    where = groups.joined(group, "all_to_all")
    if where is None:
        return None
    for kind, tensors in (("input", input_tensor_list), ("output", output_tensor_list)):
        if len(tensors) != where.size():
            raise RuntimeError(
                f"ProcessGroupMPI::alltoall: {kind} tensor list size {len(tensors)} does not match world size "
                f"{where.size()}"
            )
    sent = _side_by_side(input_tensor_list)
    received = np.empty(sum(each.numel() for each in output_tensor_list), sent.dtype)
    finish = _dealt_out(output_tensor_list, received)
    request = where.communicator.Ialltoallv(
        where.buffer(sent, [each.nbytes for each in input_tensor_list]),
        where.buffer(received, [each.nbytes for each in output_tensor_list]),
    )
    return carry_out("all_to_all", where, request, finish, async_op)


def all_to_all_single(output: Tensor, input: Tensor, output_split_sizes: Sequence[int] | None = None,
                      input_split_sizes: Sequence[int] | None = None, group: Any = None,
                      async_op: bool = False) -> Work | None:  # fmt: skip
    """The same for pieces of one tensor, cut along the first dimension: equal ones, or of the given sizes.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... received = torch.zeros(2)
    ... dist.all_to_all_single(received, torch.tensor([10. * rank, 10. * rank + 1]))
    ... if rank == 1:
    ...     print(received)
    ... ''', 2))
    tensor([ 1., 11.])
    """
    checks.is_tensor("output", output)
    checks.is_tensor("input", input)
    checks.one_dtype(output, input)
    where = groups.joined(group, "all_to_all_single")
    if where is None:
        return None
    pieces = []
    for tensor, wanted in ((output, output_split_sizes), (input, input_split_sizes)):
        if not wanted and tensor.shape[0] % where.size():
            raise RuntimeError("Tensor's dim 0 does not divide equally across group size")
        split = list(wanted) if wanted else [tensor.shape[0] // where.size()] * where.size()
        if len(split) != where.size():
            raise RuntimeError("Number of tensor splits not equal to group size")
        if sum(split) != tensor.shape[0]:
            raise RuntimeError("Split sizes doesn't match total dim 0 size")
        pieces.append(list(tensor.detach().split(split)))
    return all_to_all(pieces[0], pieces[1], where, async_op)


def barrier(group: Any = None, async_op: bool = False, device_ids=None) -> Work | None:
    """Return when all processes have come here.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... dist.barrier()
    ... if rank == 0:
    ...     print("all are here")
    ... ''', 2))
    all are here
    """
    where = groups.joined(group, "barrier")
    if where is None:
        return None
    return carry_out("barrier", where, where.communicator.Ibarrier(), async_op=async_op)
