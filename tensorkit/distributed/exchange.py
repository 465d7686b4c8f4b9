"""Tensors handed from one process to all, from all to one, from all to all; and the barrier."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import Tensor
from . import checks, groups, mpi
from .work import Work, carry_out


def _buffer(where: Any, octets: np.ndarray) -> list:
    return [octets, where.mpi.BYTE]


def _side_by_side(tensors: Sequence[Tensor]) -> np.ndarray:
    """The bytes of tensors of one shape and dtype, one tensor after the other."""
    return np.concatenate([mpi.octets(mpi.packed(each)) for each in tensors])


def _dealt_out(tensors: Sequence[Tensor], octets: np.ndarray):
    """What fills the tensors when all bytes have come."""

    def finish() -> None:
        for each, part in zip(tensors, np.split(octets, len(tensors)), strict=True):
            mpi.write(each, part.view(mpi.packed(each).dtype))

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
    where = groups.chosen(group)
    if groups.is_outside(where, "broadcast"):
        return None
    checks.is_tensor("tensor", tensor)
    root = checks.place("broadcast", where, src, group_src)
    numbers = mpi.packed(tensor)
    request = where.communicator.Ibcast(_buffer(where, mpi.octets(numbers)), root=root)
    finish = None if where.rank() == root else lambda: mpi.write(tensor, numbers)
    return carry_out(Work("broadcast", where, request, finish), async_op)


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
    where = groups.chosen(group)
    if groups.is_outside(where, "all_gather"):
        return None
    if len(tensor_list) != where.size():
        raise RuntimeError(
            f"ProcessGroupMPI::allgather: invalid output tensor list at index 0 (expected length {where.size()}, got "
            f"{len(tensor_list)})"
        )
    checks.like("allgather", tensor_list, tensor)
    return _gathered("all_gather", tensor_list, tensor, where, async_op)


def _gathered(what: str, outputs: Sequence[Tensor], tensor: Tensor, where: Any, async_op: bool) -> Work | None:
    sent = mpi.octets(mpi.packed(tensor))
    received = np.empty(where.size() * sent.size, np.uint8)
    request = where.communicator.Iallgather(_buffer(where, sent), _buffer(where, received))
    return carry_out(Work(what, where, request, _dealt_out(outputs, received)), async_op)


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
    where = groups.chosen(group)
    if groups.is_outside(where, "all_gather_into_tensor"):
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
    checks.is_tensor("tensor", tensor)
    lists = [] if gather_list is None else gather_list
    checks.are_tensors("gather_list", lists)
    checks.one_dtype(tensor, *lists)
    where = groups.chosen(group)
    if groups.is_outside(where, "gather"):
        return None
    here = _holds_the_list(where, dst, group_dst, lists, "gather", "destination")
    root = checks.place("gather", where, 0 if dst is None and group_dst is None else dst, group_dst)
    if here:
        _check_length("gather", "output", lists, where)
        checks.like("gather", lists, tensor)
    sent = mpi.octets(mpi.packed(tensor))
    received = np.empty(where.size() * sent.size if here else 0, np.uint8)
    request = where.communicator.Igather(_buffer(where, sent), _buffer(where, received) if here else None, root=root)
    return carry_out(Work("gather", where, request, _dealt_out(lists, received) if here else None), async_op)


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
    checks.is_tensor("tensor", tensor)
    lists = [] if scatter_list is None else scatter_list
    checks.are_tensors("scatter_list", lists)
    checks.one_dtype(tensor, *lists)
    where = groups.chosen(group)
    if groups.is_outside(where, "scatter"):
        return None
    here = _holds_the_list(where, src, group_src, lists, "scatter", "source")
    root = checks.place("scatter", where, 0 if src is None and group_src is None else src, group_src)
    if here:
        _check_length("scatter", "input", lists, where)
        checks.like("scatter", lists, tensor)
    sent = _side_by_side(lists) if here else None
    numbers = np.empty(mpi.packed(tensor).shape, mpi.packed(tensor).dtype)
    request = where.communicator.Iscatter(
        _buffer(where, sent) if sent is not None else None, _buffer(where, mpi.octets(numbers)), root=root
    )
    return carry_out(Work("scatter", where, request, lambda: mpi.write(tensor, numbers)), async_op)


def _holds_the_list(where: Any, rank: int | None, group_rank: int | None, lists: list, what: str, role: str) -> bool:
    """Whether this process is the one with the list; PyTorch's ValueError if it has one and should not, or the other
    way round."""
    if rank is not None and group_rank is not None:
        raise ValueError("Can't specify both group_rank and global_rank")
    here = where.rank() == group_rank if group_rank is not None else groups.get_rank() == (rank or 0)
    if here and not lists:
        raise ValueError(f"Argument ``{what}_list`` must be specified on {role} rank.")
    if lists and not here:
        raise ValueError(f"Argument ``{what}_list`` must NOT be specified on non-{role} ranks.")
    return here


def _check_length(what: str, kind: str, lists: list, where: Any) -> None:
    if len(lists) != where.size():
        raise RuntimeError(
            f"ProcessGroupMPI::{what}: Incorrect {kind} list size {len(lists)}. {kind.capitalize()} list size should "
            f"be {where.size()}, same as size of the process group."
        )


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
    where = groups.chosen(group)
    if groups.is_outside(where, "all_to_all"):
        return None
    for kind, tensors in (("input", input_tensor_list), ("output", output_tensor_list)):
        if len(tensors) != where.size():
            raise RuntimeError(
                f"ProcessGroupMPI::alltoall: {kind} tensor list size {len(tensors)} does not match world size "
                f"{where.size()}"
            )
    received = [np.empty(mpi.packed(each).shape, mpi.packed(each).dtype) for each in output_tensor_list]
    place = np.empty(sum(each.nbytes for each in received), np.uint8)
    ends = np.cumsum([each.nbytes for each in received])[:-1]

    def finish() -> None:
        for tensor, array, part in zip(output_tensor_list, received, np.split(place, ends), strict=True):
            mpi.write(tensor, part.view(array.dtype))

    counts = [mpi.packed(each).nbytes for each in input_tensor_list]
    request = where.communicator.Ialltoallv(
        [_side_by_side(input_tensor_list), counts, where.mpi.BYTE],
        [place, [each.nbytes for each in received], where.mpi.BYTE],
    )
    return carry_out(Work("all_to_all", where, request, finish), async_op)


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
    where = groups.chosen(group)
    if groups.is_outside(where, "all_to_all_single"):
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
    where = groups.chosen(group)
    if groups.is_outside(where, "barrier"):
        return None
    return carry_out(Work("barrier", where, where.communicator.Ibarrier()), async_op)
