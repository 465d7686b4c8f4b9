"""Numbers of all processes combined into one result: sums, products, extremes, bits.

Half precision has no type in MPI: float16 and bfloat16 are added up in float32 and rounded once.
"""

from enum import Enum
from typing import Any

import numpy as np

from ..tensor import Tensor
from . import checks, groups, mpi
from .work import Work, carry_out

_BITWISE = ("BAND", "BOR", "BXOR")
_NOT_FOR_COMPLEX = ("MIN", "MAX", "PRODUCT", *_BITWISE)


class RedOpType(Enum):
    """How numbers are combined: SUM, AVG, PRODUCT, MIN, MAX, and of integers BAND, BOR, BXOR.

    >>> torch.distributed.ReduceOp.SUM
    <RedOpType.SUM: 0>
    """

    SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR = range(8)

    def __repr__(self) -> str:
        return f"<{self}: {self.value}>"


ReduceOp = RedOpType
_MPI_NAMES = {"AVG": "SUM", "PRODUCT": "PROD"}


def _engine_op(group: Any, op: RedOpType) -> Any:
    return getattr(group.mpi, _MPI_NAMES.get(op.name, op.name))


def _check(what: str, tensor: Tensor, op: Any) -> None:
    if not isinstance(op, RedOpType):
        raise TypeError(f"{what}(): argument 'op' must be a ReduceOp, not {type(op).__name__}")
    if tensor.is_complex() and op.name in _NOT_FOR_COMPLEX:
        raise ValueError(f"{what} does not support {op} on complex tensors")
    if op.name in _BITWISE and tensor.is_floating_point():
        raise RuntimeError(f"Cannot use ReduceOp.{op.name} with non-integral dtype")
    if op is ReduceOp.AVG and not (tensor.is_floating_point() or tensor.is_complex()):
        raise RuntimeError("Cannot use ReduceOp.AVG with integral dtype")


def _computable(array: np.ndarray) -> np.ndarray:
    """The numbers in a type that MPI can compute with; a copy."""
    if array.dtype.name in ("float16", "bfloat16"):
        return array.astype(np.float32)
    return array.astype(np.int32) if array.dtype == bool else array.copy()


def _finished(tensor: Tensor, result: np.ndarray, op: RedOpType, count: int):
    def finish() -> None:
        mean = result / result.dtype.type(count) if op is ReduceOp.AVG else result
        mpi.write(tensor, mean)

    return finish


def all_reduce(tensor: Tensor, op: RedOpType = ReduceOp.SUM, group: Any = None, async_op: bool = False) -> Work | None:
    """Combine the tensors of all processes, element by element; every process gets the result, in place.

    All processes must give the same shape and dtype.  Returns a `Work` with `async_op`, else None.

    >>> from tensorkit.distributed.run import on_processes
    >>> code = '''
    ... import tensorkit as torch
    ... import tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... x = torch.tensor([1., 10.]) * (dist.get_rank() + 1)
    ... dist.all_reduce(x)
    ... if dist.get_rank() == 0:
    ...     print(x)
    ... '''
    >>> print(on_processes(code, 2))
    tensor([ 3., 30.])
    """
    checks.is_tensor("tensor", tensor)
    where = groups.joined(group, "all_reduce")
    if where is None:
        return None
    _check("all_reduce", tensor, op)
    numbers = _computable(mpi.packed(tensor))
    request = where.communicator.Iallreduce(where.mpi.IN_PLACE, numbers, op=_engine_op(where, op))
    return carry_out("all_reduce", where, request, _finished(tensor, numbers, op, where.size()), async_op)


def reduce(tensor: Tensor, dst: int | None = None, op: RedOpType = ReduceOp.SUM, group: Any = None,
           async_op: bool = False, group_dst: int | None = None) -> Work | None:  # fmt: skip
    """Combine the tensors of all processes, element by element; only the process `dst` gets the result, in place.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... x = torch.tensor([rank + 1.])
    ... dist.reduce(x, dst=1)
    ... if rank == 1:
    ...     print(x)
    ... ''', 2))
    tensor([3.])
    """
    checks.is_tensor("tensor", tensor)
    where = groups.joined(group, "reduce")
    if where is None:
        return None
    root = checks.place("reduce", where, dst, group_dst)
    _check("reduce", tensor, op)
    numbers = _computable(mpi.packed(tensor))
    result = np.empty_like(numbers)
    request = where.communicator.Ireduce(numbers, result, op=_engine_op(where, op), root=root)
    finish = _finished(tensor, result, op, where.size()) if where.rank() == root else None
    return carry_out("reduce", where, request, finish, async_op)


def reduce_scatter(output: Tensor, input_list: list[Tensor], op: RedOpType = ReduceOp.SUM, group: Any = None,
                   async_op: bool = False) -> Work | None:  # fmt: skip
    """Combine lists of tensors, one for each process; process r gets the combined r-th in `output`.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... x = torch.zeros(1)
    ... dist.reduce_scatter(x, [torch.tensor([1.]), torch.tensor([10. + rank])])
    ... if rank == 1:
    ...     print(x)
    ... ''', 2))
    tensor([21.])
    """
    checks.is_tensor("output", output)
    checks.are_tensors("input_list", input_list)
    checks.one_dtype(output, *input_list)
    where = groups.joined(group, "reduce_scatter")
    if where is None:
        return None
    if len(input_list) != where.size():
        raise RuntimeError("invalid input tensor list size, must be world size")
    checks.like("reduce_scatter", input_list, output)
    numbers = np.stack([mpi.packed(each) for each in input_list])
    return _scattered("reduce_scatter", output, numbers, op, where, async_op)


def reduce_scatter_tensor(output: Tensor, input: Tensor, op: RedOpType = ReduceOp.SUM, group: Any = None,
                          async_op: bool = False) -> Work | None:  # fmt: skip
    """Combine tensors, cut the result into as many equal pieces as there are processes; process r gets piece r.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... x = torch.zeros(1)
    ... dist.reduce_scatter_tensor(x, torch.tensor([1., 10. + rank]))
    ... if rank == 1:
    ...     print(x)
    ... ''', 2))
    tensor([21.])
    """
    checks.is_tensor("output", output)
    checks.is_tensor("input", input)
    checks.one_dtype(output, input)
    where = groups.joined(group, "reduce_scatter_tensor")
    if where is None:
        return None
    if input.numel() != output.numel() * where.size():
        raise ValueError("input tensor must be the same size as output size times world size")
    return _scattered("reduce_scatter_tensor", output, mpi.packed(input), op, where, async_op)


def _scattered(what: str, output: Tensor, numbers: np.ndarray, op: RedOpType, where: Any, async_op: bool):
    _check(what, output, op)
    numbers = _computable(numbers)
    piece = np.empty(output.numel(), numbers.dtype)
    request = where.communicator.Ireduce_scatter_block(numbers, piece, op=_engine_op(where, op))
    return carry_out(what, where, request, _finished(output, piece, op, where.size()), async_op)
