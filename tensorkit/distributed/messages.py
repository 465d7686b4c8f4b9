"""From one process to another: `send` and `recv`, and the same without waiting."""

from typing import Any

from ..tensor import Tensor
from . import checks, groups, mpi
from .work import Work


def isend(tensor: Tensor, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: int | None = None) -> Any:
    """Begin to send; `wait()` on what is returned before you write to the tensor.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... x = torch.tensor([rank + 1.])
    ... if rank == 1:
    ...     dist.isend(x, dst=0).wait()
    ... else:
    ...     dist.recv(x, src=1)
    ...     print(x)
    ... ''', 2))
    tensor([2.])
    """
    where, other = _partner("isend", "destination", tensor, group, dst, group_dst)
    if where is None:
        return None
    request = where.communicator.Isend(where.buffer(mpi.packed(tensor)), dest=other, tag=tag)
    return Work("send", where, request)


def send(tensor: Tensor, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: int | None = None) -> None:
    """Send a tensor to the process `dst`, which must receive it into one of the same shape and dtype.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... x = torch.tensor([rank + 1.])
    ... if rank == 1:
    ...     dist.send(x, dst=0)
    ... else:
    ...     dist.recv(x, src=1)
    ...     print(x)
    ... ''', 2))
    tensor([2.])
    """
    work = isend(tensor, dst, group, tag, group_dst)
    if work is not None:
        work.wait()


def irecv(tensor: Tensor, src: int | None = None, group: Any = None, tag: int = 0, group_src: int | None = None) -> Any:
    """Begin to receive; `wait()` on what is returned before you read the tensor.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... x = torch.tensor([rank + 1.])
    ... if rank == 1:
    ...     dist.send(x, dst=0)
    ... else:
    ...     work = dist.irecv(x, src=1)
    ...     print(work.wait(), x)
    ... ''', 2))
    True tensor([2.])
    """
    where, other = _partner("irecv", "source", tensor, group, src, group_src)
    if where is None:
        return None
    numbers = mpi.room_for(tensor)
    source = where.mpi.ANY_SOURCE if other is None else other
    request = where.communicator.Irecv(where.buffer(numbers), source=source, tag=tag)
    work = Work("recv", where, request)

    def finish() -> None:
        came = work._status.Get_count(where.mpi.BYTE)
        if came != numbers.nbytes:
            raise RuntimeError(f"recv: {came} bytes have come for a tensor of {numbers.nbytes} bytes")
        mpi.write(tensor, numbers)

    work._finish = finish
    return work


def recv(tensor: Tensor, src: int | None = None, group: Any = None, tag: int = 0, group_src: int | None = None) -> int:
    """Receive a tensor from the process `src`, or from whichever sends first; returns the sender's rank.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... x = torch.tensor([rank + 1.])
    ... if rank == 1:
    ...     dist.send(x, dst=0)
    ... else:
    ...     print(dist.recv(x), x)
    ... ''', 2))
    1 tensor([2.])

    Raises RuntimeError for a message of another length.
    """
    work = irecv(tensor, src, group, tag, group_src)
    if work is None:
        return -1
    work.wait()
    return work._group.ranks[work._status.Get_source()]


def _partner(what: str, role: str, tensor: Any, group: Any, rank: int | None, group_rank: int | None):
    """The group, and the other process's number in it: None to receive from anybody. No group outside of it."""
    checks.is_tensor("tensor", tensor)
    where = groups.joined(group, what)
    if where is None:
        return None, None
    if rank is None and group_rank is None and what == "irecv":
        return where, None
    other = checks.place(what, where, rank, group_rank)
    if other == where.rank():
        raise ValueError(f"Invalid {role} rank: {role} rank should not be the same as the rank of the current process.")
    return where, other
