"""`torch.cuda` on a machine whose tensors live on the CPU: it says that there is no GPU, and seeds as on one.

Courses ask `torch.cuda.is_available()` and go on without; everything that needs a GPU raises PyTorch's error.
"""

from .device import check_available
from .device import device as _device


def is_available() -> bool:
    """Whether there is a GPU to compute on: False.

    >>> isinstance(torch.cuda.is_available(), bool)
    True
    """
    return False


def device_count() -> int:
    """How many GPUs there are: 0.

    >>> torch.cuda.device_count() >= 0
    True
    """
    return 0


def is_initialized() -> bool:
    """Whether CUDA is in use: False.

    >>> torch.cuda.is_initialized() in (True, False)
    True
    """
    return False


def manual_seed(seed: int) -> None:
    """Seed the GPU's random numbers; without a GPU there are none.

    >>> torch.cuda.manual_seed(0)
    """


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Give unused GPU memory back; without a GPU there is none.

    >>> torch.cuda.empty_cache()
    """


def memory_allocated(device=None) -> int:
    """Bytes in use on the GPU: 0.

    >>> torch.cuda.memory_allocated() >= 0
    True
    """
    return 0


max_memory_allocated = memory_reserved = memory_allocated


def _needs_gpu(name: str):
    def call(*args, **kwargs):
        check_available("cuda")

    call.__name__ = name
    call.__doc__ = "Raises PyTorch's error: there is no GPU."
    return call


current_device = _needs_gpu("current_device")
get_device_name = _needs_gpu("get_device_name")
get_device_properties = _needs_gpu("get_device_properties")
get_device_capability = _needs_gpu("get_device_capability")


def set_device(device) -> None:
    """AttributeError, as of a PyTorch without CUDA."""
    raise AttributeError("module 'torch._C' has no attribute '_cuda_setDevice'")


synchronize = _needs_gpu("synchronize")


class device:
    """The GPU of a `with` block; without a GPU the block runs as it is.

    >>> with torch.cuda.device(-1):
    ...     print("no GPU is chosen")
    no GPU is chosen
    """

    def __init__(self, device):
        self.device = _device("cuda", device) if isinstance(device, int) else _device(device)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None


def __getattr__(name: str):
    error = AttributeError(f"module 'torch.cuda' has no attribute '{name}'")
    if not name.startswith("_"):
        error.add_note("tensorkit leaves this out: it steers NVIDIA's GPUs; on the CPU the code does without.")
    raise error
