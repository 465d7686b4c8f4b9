"""`DistributedDataParallel`: the same network in every process, each with its part of the batch.

Here: what happens around the network's own `forward`.  The averaging of gradients is `reducer.py`.
"""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ... import distributed
from ...tape import is_grad_enabled
from ...tensor import Tensor
from ..module import Module
from .reducer import Reducer

DEFAULT_BUCKET_MB = 25


class DistributedDataParallel(Module):
    """A network trained by several processes: after each backward pass all have the mean of their gradients.

    At first every process gets the parameters and buffers of rank 0; equal gradients then keep them equal.  With
    batches of one size, the mean of the processes' gradients is the gradient of the mean loss over the whole batch: n
    processes do what one does with a batch n times as large.

    module                  the network; it stays reachable as `.module`
    process_group           which processes; all, if not given
    bucket_cap_mb           how many megabytes of gradients are sent at once (25)
    broadcast_buffers       take the buffers (running means …) of rank 0 again before each forward pass
    find_unused_parameters  some parameters may get no gradient, on this process or on all
    init_sync               False: the processes have the same weights already

    `device_ids` and `output_device` are for GPUs; the others of PyTorch's arguments change nothing.

    >>> from tensorkit.distributed.run import on_processes
    >>> code = '''
    ... import tensorkit as torch
    ... import tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(1, 1))
    ... x = torch.tensor([[1. + 2 * dist.get_rank()]])
    ... model(x).sum().backward()
    ... if dist.get_rank() == 0:
    ...     print("the mean of 1 and 3:", model.module.weight.grad)
    ... '''
    >>> print(on_processes(code, 2))
    the mean of 1 and 3: tensor([[2.]])

    Raises ValueError before `init_process_group`; RuntimeError for a network without parameters to learn, for networks
    that differ between processes, and at the second forward pass for parameters without gradients.
    """

    def __init__(self, module: Module, device_ids=None, output_device=None, dim: int = 0,
                 broadcast_buffers: bool | None = None, init_sync: bool = True, process_group: Any = None,
                 bucket_cap_mb: float | None = None, find_unused_parameters: bool = False,
                 check_reduction: bool = False, gradient_as_bucket_view: bool = False,
                 static_graph: bool = False):  # fmt: skip
        super().__init__()
        self.process_group = distributed.groups.chosen(process_group)
        parameters = [parameter for _, parameter in module.named_parameters() if parameter.requires_grad]
        if not parameters:
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any parameter that requires a "
                "gradient."
            )
        if device_ids is not None and len(device_ids) > 1:
            raise ValueError("device_ids can only be None or contain a single element.")
        self.module = module
        self.device_ids, self.output_device, self.dim = None, None, dim
        self.broadcast_buffers = broadcast_buffers is not False
        self.find_unused_parameters = find_unused_parameters
        self.gradient_as_bucket_view, self.static_graph = gradient_as_bucket_view, static_graph
        self.require_backward_grad_sync = self.require_forward_param_sync = True
        limit = (DEFAULT_BUCKET_MB if bucket_cap_mb is None else bucket_cap_mb) * 1024 * 1024
        _check_same_network(parameters, self.process_group)
        if init_sync:
            for tensor in module.state_dict(keep_vars=True).values():
                distributed.broadcast(tensor, group=self.process_group, group_src=0)
        # Kept out of the module's own bookkeeping, as PyTorch's is: it is no part of the printed form.
        self.reducer = Reducer(parameters, self.process_group, limit, find_unused_parameters)

    def forward(self, *inputs, **kwargs):
        """What the network gives; its gradients will be averaged, outside of `no_sync` and `no_grad`."""
        synchronised = is_grad_enabled() and self.require_backward_grad_sync
        if synchronised:
            self.reducer.check_finished()
        if self.require_forward_param_sync and self.broadcast_buffers:
            for buffer in self.module.buffers():
                distributed.broadcast(buffer, group=self.process_group, group_src=0)
        output = self.module(*inputs, **kwargs)
        self.require_forward_param_sync = synchronised
        if synchronised:
            self.reducer.prepare(_tensors_in(output))
        elif is_grad_enabled():
            self.reducer.expecting = False
        return output

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Gradients of the forward passes in this block stay here and add up; the next pass outside sends their sum.

        Source: https://pytorch.org/docs/stable/generated/torch.nn.parallel.DistributedDataParallel.html
        """
        before = self.require_backward_grad_sync
        self.require_backward_grad_sync = False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before


def _check_same_network(parameters: list, group: Any) -> None:
    """Raise PyTorch's error, on every process, if their networks have other parameters than that of rank 0."""
    shapes: list = [None] * group.size()
    distributed.all_gather_object(shapes, [list(parameter.shape) for parameter in parameters], group)
    for rank, others in enumerate(shapes):
        if len(others) != len(shapes[0]):
            raise RuntimeError(
                f"DDP expects same model across all ranks, but Rank 0 has {len(shapes[0])} params, while rank {rank} "
                f"has inconsistent {len(others)} params."
            )
    for rank, others in enumerate(shapes):
        for index, (ours, first) in enumerate(zip(others, shapes[0], strict=True)):
            if ours != first:
                raise RuntimeError(
                    f"[{rank}]: params[{index}] in this process with sizes {ours} appears not to match sizes of the "
                    "same param in process 0."
                )


def _tensors_in(value: Any) -> Iterator[Tensor]:
    """The tensors in what a network returns: in tuples, lists, dictionaries and data classes."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _tensors_in(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _tensors_in(each)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _tensors_in(getattr(value, field.name))
