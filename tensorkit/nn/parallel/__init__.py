"""One network on several processes: `DistributedDataParallel`; and `DataParallel`, which has nothing to divide here.

`distributed.py` is the module around the network, `reducer.py` averages gradients while the backward pass goes on.
What processes say to each other stands in `tensorkit.distributed`, which is loaded with the first of these names.
"""

from .data_parallel import DataParallel, data_parallel

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]


def __getattr__(name: str):
    if name == "DistributedDataParallel":
        from .distributed import DistributedDataParallel

        return DistributedDataParallel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
