"""`torch.accelerator`: the GPU, if there is one, under a name that is not NVIDIA's."""

from . import cuda
from .device import device


def is_available() -> bool:
    """Whether there is an accelerator.

    >>> isinstance(torch.accelerator.is_available(), bool)
    True
    """
    return cuda.is_available()


def current_accelerator(check_available: bool = False):
    """The accelerator's device, `device(type='cuda')`; None where there is none.

    >>> torch.accelerator.is_available() or torch.accelerator.current_accelerator() is None
    True
    """
    return device("cuda") if cuda.is_available() else None


def device_count() -> int:
    """How many accelerators there are.

    >>> torch.accelerator.device_count() >= 0
    True
    """
    return cuda.device_count()
