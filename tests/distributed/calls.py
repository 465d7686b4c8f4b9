"""Calls of `torch.distributed` on two processes, the same for both libraries: `python calls.py NAME BACKEND FOLDER`.

NAME is `tensorkit` or `torch`.  Every process of the group runs this file; each writes `RANK.json` into the
folder: what every call gave on it.  `record.py` keeps PyTorch's answers (gloo) in `tests/cases/distributed.json`;
`tests/test_distributed.py` compares tensorkit's with them.  `together`: all processes make the call.  `alone`: only
rank 0 does, for a mistake that is found before anything is sent.
"""

import importlib
import json
import os
import sys
from datetime import timedelta
from pathlib import Path

TOGETHER, ALONE, BEFORE = [], [], []


def together(call):
    """Register a call that every process makes."""
    TOGETHER.append(call)
    return call


def shown(value, torch):
    """A result as JSON can hold it."""
    if isinstance(value, torch.Tensor):
        return [str(value.dtype), str(value.tolist())]
    if isinstance(value, (list, tuple)):
        return [shown(each, torch) for each in value]
    return value if value is None or isinstance(value, (bool, int, float, str, dict)) else str(value)


def outcome(call, *given):
    """What a call gave: its value, or the class and the text of its error."""
    torch = given[0]
    try:
        return shown(call(*given), torch)
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}


def own(torch, rank, *, dtype=None):
    """A tensor that differs from process to process."""
    return torch.tensor([1.0, 2.0, 3.0], dtype=dtype) * (rank + 1)


# Before there is a group


BEFORE += [
    lambda torch, dist: dist.is_initialized(),
    lambda torch, dist: dist.get_rank(),
    lambda torch, dist: dist.get_world_size(),
    lambda torch, dist: dist.get_backend(),
    lambda torch, dist: dist.barrier(),
    lambda torch, dist: dist.all_reduce(torch.ones(2)),
    lambda torch, dist: dist.broadcast(torch.ones(2), 0),
    lambda torch, dist: dist.all_gather([torch.ones(2)], torch.ones(2)),
    lambda torch, dist: dist.send(torch.ones(2), 0),
    lambda torch, dist: dist.recv(torch.ones(2), 0),
    lambda torch, dist: dist.new_group(),
    lambda torch, dist: dist.destroy_process_group(),
    lambda torch, dist: dist.init_process_group(3),
    lambda torch, dist: torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 2)),
    lambda torch, dist: torch.utils.data.DistributedSampler([1, 2]),
    lambda torch, dist: torch.utils.data.DistributedSampler([1, 2], num_replicas=2, rank=2),
]


# Reductions


def reduced(name, dtype):
    def call(torch, dist, rank):
        x = own(torch, rank, dtype=getattr(torch, dtype))
        return [dist.all_reduce(x, op=getattr(dist.ReduceOp, name)), x]

    call.__name__ = f"all_reduce_{name}_{dtype}"
    return together(call)


for name in ("SUM", "PRODUCT", "MIN", "MAX"):
    for dtype in ("float32", "float64", "float16", "int32", "int64", "uint8", "int8"):
        reduced(name, dtype)
for name in ("BAND", "BOR", "BXOR"):
    reduced(name, "int64")
reduced("SUM", "bool")
reduced("SUM", "complex64")
reduced("AVG", "float32")


@together
def all_reduce_of_a_number(torch, dist, rank):
    x = torch.tensor(2.0 + rank)
    dist.all_reduce(x)
    return x


@together
def all_reduce_of_a_leaf(torch, dist, rank):
    x = torch.ones(2, requires_grad=True)
    dist.all_reduce(x)
    return [x.detach(), x.requires_grad, x.is_leaf]


@together
def reduce_to_the_second(torch, dist, rank):
    x = own(torch, rank)
    dist.reduce(x, 1)
    return x if rank == 1 else None


@together
def reduce_scatter(torch, dist, rank):
    x = torch.zeros(2)
    dist.reduce_scatter(x, [torch.ones(2) * (rank + 1), torch.ones(2) * 10 * (rank + 1)])
    return x


@together
def reduce_scatter_tensor(torch, dist, rank):
    x = torch.zeros(2)
    dist.reduce_scatter_tensor(x, torch.arange(4.0) * (rank + 1))
    return x


# One to all, all to one, all to all


@together
def broadcast(torch, dist, rank):
    x = own(torch, rank)
    return [dist.broadcast(x, 1), x]


@together
def broadcast_moves_every_dtype(torch, dist, rank):
    tensors = [
        torch.tensor([rank, rank + 1]).to(getattr(torch, name)) for name in ("bool", "uint8", "int32", "float16")
    ]
    for x in tensors:
        dist.broadcast(x, src=0)
    return [str(x.tolist()) for x in tensors]


@together
def all_gather(torch, dist, rank):
    found = [torch.zeros(3), torch.zeros(3)]
    return [dist.all_gather(found, own(torch, rank)), found]


@together
def all_gather_into_one_after_the_other(torch, dist, rank):
    x = torch.zeros(6)
    dist.all_gather_into_tensor(x, own(torch, rank))
    return x


@together
def all_gather_into_rows(torch, dist, rank):
    x = torch.zeros(4, 3)
    dist.all_gather_into_tensor(x, own(torch, rank).expand(2, 3).contiguous())
    return x


@together
def gather(torch, dist, rank):
    found = [torch.zeros(3), torch.zeros(3)] if rank == 0 else None
    dist.gather(own(torch, rank), found)
    return found


@together
def scatter(torch, dist, rank):
    x = torch.zeros(2)
    dist.scatter(x, [torch.ones(2), 2 * torch.ones(2)] if rank == 1 else None, src=1)
    return x


@together
def all_to_all(torch, dist, rank):
    found = [torch.zeros(2), torch.zeros(2)]
    dist.all_to_all(found, [torch.full((2,), 10.0 * rank), torch.full((2,), 10.0 * rank + 1)])
    return found


@together
def all_to_all_single(torch, dist, rank):
    x = torch.zeros(4)
    dist.all_to_all_single(x, torch.arange(4.0) + 10 * rank)
    return x


@together
def objects_that_json_holds(torch, dist, rank):
    found = [None, None]
    dist.all_gather_object(found, {"rank": rank, "names": ["a", None, True, 0.5]})
    sent = [{"from": rank}, rank]
    dist.broadcast_object_list(sent, src=1)
    return [found, sent]


# Between two


@together
def send_and_receive(torch, dist, rank):
    x = own(torch, rank)
    if rank == 0:
        return [dist.send(x, 1), x]
    y = torch.zeros(3)
    return [dist.recv(y, 0), y]


@together
def receive_from_whoever_sends(torch, dist, rank):
    if rank == 1:
        return dist.send(torch.arange(3), 0)
    y = torch.zeros(3, dtype=torch.int64)
    return [dist.recv(y), y]


@together
def send_and_receive_at_once(torch, dist, rank):
    y = torch.zeros(3)
    works = [dist.isend(own(torch, rank), 1 - rank, tag=3), dist.irecv(y, 1 - rank, tag=3)]
    for work in works:
        work.wait()
    return y


@together
def work_that_is_waited_for(torch, dist, rank):
    x = own(torch, rank)
    work = dist.all_reduce(x, async_op=True)
    return [work.wait(), work.is_completed(), x]


@together
def barrier(torch, dist, rank):
    return dist.barrier()


# Groups


@together
def group_names(torch, dist, rank):
    return [dist.is_initialized(), dist.get_rank(), dist.get_world_size(), str(dist.ReduceOp.SUM)]


@together
def group_of_one(torch, dist, rank):
    group = dist.new_group([1])
    x = own(torch, rank)
    dist.all_reduce(x, group=group)
    dist.broadcast(x, 1, group=group)
    inside = [dist.get_rank(group), dist.get_world_size(group), dist.get_process_group_ranks(group)]
    return [x, inside if rank == 1 else dist.get_rank(group)]


@together
def group_of_all(torch, dist, rank):
    group = dist.new_group()
    x = own(torch, rank)
    dist.all_reduce(x, group=group)
    return [x, dist.get_rank(group), dist.get_group_rank(group, 1), dist.get_global_rank(group, 0)]


@together
def twice(torch, dist, rank):
    dist.init_process_group("gloo" if torch.__name__ == "torch" else "mpi")


# Mistakes that one process finds by itself

ALONE += [
    lambda torch, dist: dist.all_reduce([1.0]),
    lambda torch, dist: dist.all_reduce(3),
    lambda torch, dist: dist.all_gather([torch.ones(2)], torch.ones(2)),
    lambda torch, dist: dist.all_gather([], torch.ones(2)),
    lambda torch, dist: dist.all_gather(torch.ones(2), torch.ones(2)),
    lambda torch, dist: dist.all_gather([1, 2], torch.ones(2)),
    lambda torch, dist: dist.all_gather([torch.ones(2), torch.ones(3)], torch.ones(2)),
    lambda torch, dist: dist.all_gather([torch.ones(3), torch.ones(3)], torch.ones(2)),
    lambda torch, dist: dist.all_gather([torch.ones(2), torch.ones(2, dtype=torch.int64)], torch.ones(2)),
    lambda torch, dist: dist.all_gather_into_tensor([torch.ones(2)], torch.ones(2)),
    lambda torch, dist: dist.all_reduce(torch.ones(2, dtype=torch.complex64), op=dist.ReduceOp.MAX),
    lambda torch, dist: dist.broadcast(torch.ones(2), 2),
    lambda torch, dist: dist.broadcast(torch.ones(2), src=-1),
    lambda torch, dist: dist.broadcast(torch.ones(2)),
    lambda torch, dist: dist.reduce(torch.ones(2), 5),
    lambda torch, dist: dist.reduce_scatter(torch.ones(2), [torch.ones(2)]),
    lambda torch, dist: dist.scatter(torch.ones(2), [torch.ones(2)]),
    lambda torch, dist: dist.scatter(torch.ones(2)),
    lambda torch, dist: dist.scatter(torch.ones(2), [torch.ones(2), torch.ones(2)], src=1),
    lambda torch, dist: dist.scatter(torch.ones(2), [torch.ones(3), torch.ones(2)]),
    lambda torch, dist: dist.scatter(torch.ones(2), [torch.ones(2), torch.ones(2)], src=3),
    lambda torch, dist: dist.gather(torch.ones(2)),
    lambda torch, dist: dist.gather(torch.ones(2), [torch.ones(2)]),
    lambda torch, dist: dist.gather(torch.ones(2), [torch.ones(2), torch.ones(2)], dst=1),
    lambda torch, dist: dist.gather(torch.ones(2), [torch.ones(2), torch.ones(3)]),
    lambda torch, dist: dist.gather(torch.ones(2), [torch.ones(2), torch.ones(2)], dst=3),
    lambda torch, dist: dist.all_to_all([torch.ones(2)], [torch.ones(2)]),
    lambda torch, dist: dist.send(torch.ones(2), 0),
    lambda torch, dist: dist.send([1.0], 1),
    lambda torch, dist: dist.new_group([0, 5]),
    lambda torch, dist: dist.get_backend("no group"),
    lambda torch, dist: torch.nn.parallel.DistributedDataParallel(torch.nn.ReLU()),
    lambda torch, dist: torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 2), device_ids=[0, 1]),
    lambda torch, dist: torch.nn.parallel.DistributedDataParallel(torch.ones(2)),
    lambda torch, dist: torch.nn.SyncBatchNorm(2)(torch.ones(3, 2)),
    lambda torch, dist: torch.nn.SyncBatchNorm(2).eval()(torch.zeros(3, 2)).sum().item(),
]


def main() -> None:
    torch = importlib.import_module(sys.argv[1])
    dist = importlib.import_module(f"{sys.argv[1]}.distributed")
    found = {f"before {n}": outcome(call, torch, dist) for n, call in enumerate(BEFORE)}
    folder = Path(sys.argv[3])
    start = {"timeout": timedelta(seconds=15)}
    if sys.argv[2] == "gloo":
        start.update(init_method=f"file://{folder}/meeting", rank=int(sys.argv[4]), world_size=2)
    dist.init_process_group(sys.argv[2], **start)
    rank = dist.get_rank()
    for call in TOGETHER:
        found[call.__name__] = outcome(call, torch, dist, rank)
        dist.barrier()
    if rank == 0:
        found.update({f"alone {n}": outcome(call, torch, dist) for n, call in enumerate(ALONE)})
    (folder / f"{rank}.json").write_text(json.dumps(found), encoding="utf-8")
    if sys.argv[2] == "gloo":
        os._exit(0)  # some of the calls made alone leave gloo waiting for the others
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
