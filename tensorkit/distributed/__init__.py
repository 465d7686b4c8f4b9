"""Several processes that work on one problem: `torch.distributed`, on MPI.

Start one script many times by `mpiexec -n 4 python train.py`; each process (a *rank*) calls `init_process_group("mpi")`
first.  MPI itself is an existing engine, reached through mpi4py; both come with the extra `distributed`, and nothing of
them is imported before `init_process_group`.

Where to read: `groups.py` (who belongs together), `reductions.py` and `exchange.py` (what they do together),
`messages.py` (one to another), `work.py` (waiting), `ending.py` (what happens when a rank ends too soon), `run.py` (the
launcher).  Networks are trained by `tensorkit.nn.parallel.DistributedDataParallel`.

Source: https://pytorch.org/docs/stable/distributed.html
"""

from ..left_out import missing
from .exchange import (
    all_gather,
    all_gather_into_tensor,
    all_to_all,
    all_to_all_single,
    barrier,
    broadcast,
    gather,
    scatter,
)  # fmt: skip
from .groups import (
    GroupMember,
    ProcessGroup,
    default_pg_timeout,
    destroy_process_group,
    get_backend,
    get_global_rank,
    get_group_rank,
    get_process_group_ranks,
    get_rank,
    get_world_size,
    group,
    init_process_group,
    is_available,
    is_gloo_available,
    is_initialized,
    is_mpi_available,
    is_nccl_available,
    new_group,
)  # fmt: skip
from .messages import irecv, isend, recv, send
from .objects import all_gather_object, broadcast_object_list
from .reductions import ReduceOp, all_reduce, reduce, reduce_scatter, reduce_scatter_tensor
from .work import Work

__all__ = [
    "GroupMember", "ProcessGroup", "ReduceOp", "Work", "all_gather", "all_gather_into_tensor", "all_gather_object",
    "all_reduce", "all_to_all", "all_to_all_single", "barrier", "broadcast", "broadcast_object_list",
    "default_pg_timeout", "destroy_process_group", "gather", "get_backend", "get_global_rank", "get_group_rank",
    "get_process_group_ranks", "get_rank", "get_world_size", "group", "init_process_group", "irecv", "is_available",
    "is_gloo_available", "is_initialized", "is_mpi_available", "is_nccl_available", "isend", "new_group", "recv",
    "reduce", "reduce_scatter", "reduce_scatter_tensor", "scatter", "send",
]  # fmt: skip


def __getattr__(name: str):
    raise missing("module 'torch.distributed'", name)
