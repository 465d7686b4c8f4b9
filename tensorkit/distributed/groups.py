"""Who works together: the group of all processes, smaller groups, and the ranks in them."""

import warnings
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from ..errors import hint
from . import ending, mpi

#: How long a call waits for the other processes, if `init_process_group` is given nothing else.
default_pg_timeout = timedelta(minutes=30)

NOT_INITIALIZED = "Default process group has not been initialized, please make sure to call init_process_group."
_ELSEWHERE = {"gloo": "Gloo", "nccl": "NCCL", "ucc": "UCC", "xccl": "XCCL"}


class ProcessGroup:
    """Processes that communicate with each other; made by `init_process_group` and `new_group`.

    ranks    their numbers among all processes, in the order of their numbers in the group
    timeout  how long a call waits

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... group = dist.new_group()
    ... if rank == 1:
    ...     print(group.rank(), group.size())
    ... ''', 2))
    1 2
    """

    def __init__(self, communicator: Any, ranks: Sequence[int], timeout: timedelta):
        self.mpi, self.communicator = mpi.load(), communicator
        self.ranks, self.timeout = tuple(ranks), timeout

    def rank(self) -> int:
        """This process's number in the group."""
        return self.communicator.rank

    def size(self) -> int:
        """How many processes there are."""
        return len(self.ranks)

    def name(self) -> str:
        """The backend."""
        return "mpi"

    def buffer(self, array: np.ndarray, counts: list[int] | None = None) -> list:
        """The memory of an array as what mpi4py sends or fills: its bytes, cut for each process into `counts` of them.

        What moves without being computed with needs no type that MPI knows.
        """
        octets = array.reshape(-1).view(np.uint8)
        return [octets, self.mpi.BYTE] if counts is None else [octets, counts, self.mpi.BYTE]

    def place_of(self, rank: int) -> int:
        """The number in the group of the process with this number among all."""
        if rank not in self.ranks:
            raise ValueError(f"Global rank {rank} is not part of group {self!r}")
        return self.ranks.index(rank)


class GroupMember:
    """What stands for the group in which this process is not.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... first = dist.new_group([0])
    ... if rank == 1:
    ...     print(first is dist.GroupMember.NON_GROUP_MEMBER)
    ... ''', 2))
    True
    """

    WORLD: ProcessGroup | None = None
    NON_GROUP_MEMBER = object()


class group(GroupMember):
    """`group.WORLD`: all processes.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... print(dist.group.WORLD.size())
    ... ''', 1))
    1
    """


def is_available() -> bool:
    """Whether processes can work together here: mpi4py is installed.

    >>> import tensorkit as torch
    >>> torch.distributed.is_available() in (True, False)
    True
    """
    return mpi.is_here()


def is_mpi_available() -> bool:
    """The same: MPI is the only backend.

    >>> isinstance(torch.distributed.is_mpi_available(), bool)
    True
    """
    return mpi.is_here()


def is_gloo_available() -> bool:
    """False: Gloo is a library inside PyTorch.

    >>> torch.distributed.is_gloo_available()
    False
    """
    return False


def is_nccl_available() -> bool:
    """False: NCCL connects PyTorch's GPUs.

    >>> torch.distributed.is_nccl_available()
    False
    """
    return False


def is_initialized() -> bool:
    """Whether `init_process_group` was called.

    >>> import tensorkit as torch
    >>> torch.distributed.is_initialized()
    False
    """
    return GroupMember.WORLD is not None


def init_process_group(backend: str | None = None, init_method: str | None = None, timeout: timedelta | None = None,
                       world_size: int = -1, rank: int = -1, store=None, group_name: str = "", pg_options=None,
                       device_id=None) -> None:  # fmt: skip
    """Join the group of all processes that `mpiexec` has started; without it, a group of one.

    backend  "mpi", the only one
    timeout  how long a call waits for the others; half an hour, if not given

    How many processes there are, and which one this is, is MPI's business: the other arguments change nothing.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... if rank == 0:
    ...     print(dist.get_world_size(), "processes")
    ... ''', 2))
    2 processes

    Raises ValueError when called twice, RuntimeError for a backend of PyTorch's or where MPI is not installed.
    """
    if GroupMember.WORLD is not None:
        raise ValueError("trying to initialize the default process group twice!")
    _check_backend(backend)
    if timeout is not None and not isinstance(timeout, timedelta):
        raise TypeError(
            f"Expected timeout argument to be of type datetime.timedelta, got {timeout} of type {type(timeout)}"
        )
    if world_size != -1 or rank != -1:
        warnings.warn(
            f"For MPI backend, world_size ({world_size}) and rank ({rank}) are ignored since they are assigned by the "
            "MPI runtime.",
            stacklevel=2,
        )
    engine = mpi.load()
    world = engine.COMM_WORLD.Dup()
    ending.watch(engine, world)
    joined = ProcessGroup(world, range(world.size), timeout or default_pg_timeout)
    GroupMember.WORLD = group.WORLD = joined


def _check_backend(backend: Any) -> None:
    if backend is None:
        return
    if not isinstance(backend, str):
        raise ValueError("Backend constructor parameter must be string-ish")
    name = backend.lower()
    if name in _ELSEWHERE:
        raise hint(
            RuntimeError(f"Distributed package doesn't have {_ELSEWHERE[name]} built in"),
            'tensorkit speaks MPI: init_process_group("mpi"), and start the script by mpiexec -n 4 python …',
        )
    if name != "mpi":
        raise hint(ValueError(f"Unknown c10d backend type {name.upper()}"), 'the backend here is "mpi"')


def destroy_process_group(group: Any = None) -> None:
    """Leave a group, or (without one) the group of all processes.

    Communicators are not handed back to MPI: that would wait for every rank, also for one that has ended.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... dist.destroy_process_group()
    ... print(dist.is_initialized())
    ... ''', 1))
    False
    """
    if group is None:
        group = GroupMember.WORLD
    if group is None:
        raise AssertionError("Process group cannot be None")
    if group is GroupMember.WORLD:
        ending.say_goodbye()
        GroupMember.WORLD = None
        globals()["group"].WORLD = None


def world() -> ProcessGroup:
    """The group of all processes. Raises PyTorch's ValueError before `init_process_group`."""
    if GroupMember.WORLD is None:
        raise ValueError(NOT_INITIALIZED)
    return GroupMember.WORLD


def chosen(group: Any) -> Any:
    """The group that a call names: all processes for None. NON_GROUP_MEMBER stays what it is."""
    whole = world()
    if group is None:
        return whole
    if group is not GroupMember.NON_GROUP_MEMBER and not isinstance(group, ProcessGroup):
        raise ValueError(
            f"Process group {group} is not initialized in the world group map. Please initialize the group first."
        )
    return group


def joined(group: Any, what: str) -> ProcessGroup | None:
    """The group that a call of `what` names; None where this process is not in it: the call does nothing, and warns."""
    found = chosen(group)
    if found is not GroupMember.NON_GROUP_MEMBER:
        return found
    warnings.warn(f"Running {what} on global rank {get_rank()} which does not belong to the given group.", stacklevel=3)
    return None


def get_backend(group: Any = None) -> str:
    """'mpi'.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... print(dist.get_backend())
    ... ''', 1))
    mpi
    """
    if chosen(group) is GroupMember.NON_GROUP_MEMBER:
        raise ValueError("Invalid process group specified")
    return "mpi"


def get_rank(group: Any = None) -> int:
    """This process's number, from 0; −1 if it is not in the group.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... if dist.get_rank() == 1:
    ...     print("this is process", rank)
    ... ''', 2))
    this is process 1
    """
    found = chosen(group)
    return -1 if found is GroupMember.NON_GROUP_MEMBER else found.rank()


def get_world_size(group: Any = None) -> int:
    """How many processes there are in the group; −1 if this one is not among them.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... if rank == 0:
    ...     print(dist.get_world_size())
    ... ''', 2))
    2
    """
    found = chosen(group)
    return -1 if found is GroupMember.NON_GROUP_MEMBER else found.size()


def get_process_group_ranks(group: Any) -> list[int]:
    """The numbers among all processes of those in the group; none where this one is not among them.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... if rank == 0:
    ...     print(dist.get_process_group_ranks(dist.group.WORLD))
    ... ''', 2))
    [0, 1]
    """
    found = chosen(group)
    return [] if found is GroupMember.NON_GROUP_MEMBER else list(found.ranks)


def get_group_rank(group: Any, global_rank: int) -> int:
    """A process's number in the group, from its number among all.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... last = dist.new_group([1])
    ... if rank == 1:
    ...     print(dist.get_group_rank(last, 1))
    ... ''', 2))
    0
    """
    return chosen(group).place_of(global_rank)


def get_global_rank(group: Any, group_rank: int) -> int:
    """A process's number among all, from its number in the group.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... last = dist.new_group([1])
    ... if rank == 1:
    ...     print(dist.get_global_rank(last, 0))
    ... ''', 2))
    1
    """
    found = chosen(group)
    if not 0 <= group_rank < found.size():
        raise ValueError(f"Group rank {group_rank} is not part of group {found!r}")
    return found.ranks[group_rank]


def new_group(ranks: Sequence[int] | None = None, timeout: timedelta | None = None, backend: str | None = None,
              pg_options=None, use_local_synchronization: bool = False, group_desc=None, device_id=None):  # fmt: skip
    """A group of some of the processes; every process must make the call, also those that are not in it.

    Returns the group, or `GroupMember.NON_GROUP_MEMBER` in a process that is not in it.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... pair = dist.new_group([0, 2])
    ... x = torch.ones(1)
    ... if rank != 1:
    ...     dist.all_reduce(x, group=pair)
    ... if rank == 2:
    ...     print(x, dist.get_rank(pair))
    ... ''', 3))
    tensor([2.]) 1
    """
    whole = world()
    _check_backend(backend)
    members = sorted(range(whole.size()) if ranks is None else ranks)
    for rank in members:
        if not 0 <= rank < whole.size():
            raise ValueError(
                f"Rank {rank} is out of range. Valid ranks are 0 to {whole.size() - 1} (world_size={whole.size()})"
            )
    inside = whole.rank() in members
    color = 0 if inside else whole.mpi.UNDEFINED
    communicator = whole.communicator.Split(color, whole.rank())
    if not inside:
        return GroupMember.NON_GROUP_MEMBER
    return ProcessGroup(communicator, members, timeout or whole.timeout)
