"""A sampler for several processes: each visits its own share of the rows."""

import math
import sys
from collections.abc import Iterator

from ...streams import Engine
from .sampler import Sampler


class DistributedSampler(Sampler):
    """Every `num_replicas`-th row, beginning with row `rank`, of an order that is the same in all processes.

    num_replicas, rank  how many processes there are and which one this is; by default the process group's
    shuffle             a new order for each epoch: call `set_epoch`
    drop_last           leave out rows at the end until all shares are equal (else some rows come twice)

    >>> list(torch.utils.data.DistributedSampler(range(6), num_replicas=2, rank=1, shuffle=False))
    [1, 3, 5]
    """

    def __init__(self, dataset, num_replicas: int | None = None, rank: int | None = None, shuffle: bool = True,
                 seed: int = 0, drop_last: bool = False):  # fmt: skip
        if num_replicas is None or rank is None:
            group = sys.modules.get(__name__.split(".")[0] + ".distributed")
            if group is None:
                raise ValueError(
                    "Default process group has not been initialized, please make sure to call init_process_group."
                )
            num_replicas = group.get_world_size() if num_replicas is None else num_replicas
            rank = group.get_rank() if rank is None else rank
        if rank >= num_replicas or rank < 0:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas, self.rank = num_replicas, rank
        self.epoch = 0
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        rows = len(dataset)
        self.num_samples = rows // num_replicas if drop_last else math.ceil(rows / num_replicas)
        self.total_size = self.num_samples * num_replicas

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        rows = len(self.dataset)
        order = Engine(self.seed + self.epoch).randperm(rows).tolist() if self.shuffle else list(range(rows))
        while len(order) < self.total_size:
            order += order[: self.total_size - len(order)]
        return iter(order[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples
