"""Python values between processes, as JSON: text, numbers, True, False, None, lists, dictionaries with text as keys.

PyTorch pickles here.  Reading a pickle runs what its sender wrote, so nothing is pickled in tensorkit; a tuple or any
other value is refused rather than turned into something else on the way.
"""

import json
from typing import Any

import numpy as np

from . import checks, groups
from .work import carry_out


def encoded(what: str, value: Any) -> np.ndarray:
    """The bytes of a value. TypeError, with the reason, for what would not come back as it is."""
    _check(what, value)
    return np.frombuffer(json.dumps(value).encode(), np.uint8).copy()


def decoded(octets: np.ndarray) -> Any:
    """The value of these bytes."""
    return json.loads(octets.tobytes())


def _check(what: str, value: Any) -> None:
    if value is None or type(value) in (bool, int, float, str):
        return
    if type(value) is list:
        for each in value:
            _check(what, each)
        return
    if type(value) is dict and all(type(key) is str for key in value):
        for each in value.values():
            _check(what, each)
        return
    raise TypeError(
        f"{what} sends what JSON can hold (text, numbers, True, False, None, lists, dictionaries with text as keys), "
        f"and not {'a dictionary with other keys' if type(value) is dict else type(value).__name__}: tensorkit reads "
        "no pickles, for these run code of their sender's. Tensors go through all_gather"
    )


def all_gather_object(object_list: list, obj: Any, group: Any = None) -> None:
    """Collect a value of each process in `object_list`, in every process.

    object_list  a list with one place for each process; it is filled
    obj          what JSON can hold

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... found = [None, None]
    ... dist.all_gather_object(found, {"rank": rank})
    ... if rank == 0:
    ...     print(found)
    ... ''', 2))
    [{'rank': 0}, {'rank': 1}]

    Raises TypeError for other values, on the process that gives them, before anything is sent.
    """
    where = groups.joined(group, "all_gather_object")
    if where is None:
        return
    sent = encoded("all_gather_object", obj)
    if len(object_list) != where.size():
        raise ValueError(f"object_list has {len(object_list)} places for {where.size()} processes")
    object_list[:] = [decoded(each) for each in _all(where, sent)]


def _all(where: Any, sent: np.ndarray) -> list[np.ndarray]:
    """The bytes of every process; they may be of different lengths."""
    lengths = np.empty(where.size(), np.int64)
    carry_out("all_gather_object", where, where.communicator.Iallgather(np.array([sent.size]), lengths))
    received = np.empty(int(lengths.sum()), np.uint8)
    request = where.communicator.Iallgatherv(where.buffer(sent), where.buffer(received, lengths.tolist()))
    carry_out("all_gather_object", where, request)
    return np.split(received, np.cumsum(lengths)[:-1])


def broadcast_object_list(object_list: list, src: int | None = None, group: Any = None, device=None,
                          group_src: int | None = None) -> None:  # fmt: skip
    """Fill the list of every process with the values in the list of process `src` (0, if not given).

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... values = ["a", 1] if rank == 0 else [None, None]
    ... dist.broadcast_object_list(values, src=0)
    ... if rank == 1:
    ...     print(values)
    ... ''', 2))
    ['a', 1]

    Raises TypeError for values that JSON cannot hold.
    """
    where = groups.joined(group, "broadcast_object_list")
    if where is None:
        return
    root = checks.place("broadcast", where, src, group_src, default=0)
    here = where.rank() == root
    sent = encoded("broadcast_object_list", object_list) if here else np.empty(0, np.uint8)
    length = np.array([sent.size])
    carry_out("broadcast_object_list", where, where.communicator.Ibcast(length, root=root))
    octets = sent if here else np.empty(int(length[0]), np.uint8)
    carry_out("broadcast_object_list", where, where.communicator.Ibcast(where.buffer(octets), root=root))
    object_list[:] = decoded(octets)
