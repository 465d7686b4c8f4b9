"""`torch.cuda`: which GPU there is, and what it is doing; on a machine without one it says so.

Courses ask `torch.cuda.is_available()` and go on without; what needs a GPU raises PyTorch's error where none is.
Tensors get there with `.to('cuda')`, by CuPy (`array_modules.py`).
"""

from . import array_modules
from .device import check_available
from .device import device as _device


def is_available() -> bool:
    """Whether there is a GPU to compute on: CuPy is installed and drives one.

    >>> isinstance(torch.cuda.is_available(), bool)
    True
    """
    return array_modules.in_use() is not None


def device_count() -> int:
    """How many GPUs there are; 0 without CuPy.

    >>> torch.cuda.device_count() >= 0
    True
    """
    gpu = array_modules.in_use()
    return 0 if gpu is None else gpu.cuda.runtime.getDeviceCount()


def is_initialized() -> bool:
    """Whether CUDA is in use: something has asked for a GPU, and found one.

    >>> torch.cuda.is_initialized() in (True, False)
    True
    """
    return array_modules.cupy is not None


def manual_seed(seed: int) -> None:
    """Seeds nothing: the numbers of tensors on a GPU are drawn on the CPU, which `torch.manual_seed` seeds.

    >>> torch.cuda.manual_seed(0)
    """


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Give memory that is kept for later tensors back to the GPU.

    >>> torch.cuda.empty_cache()
    """
    if array_modules.cupy is not None:
        array_modules.cupy.get_default_memory_pool().free_all_blocks()


def memory_allocated(device=None) -> int:
    """Bytes that tensors take on the GPU.

    >>> torch.cuda.memory_allocated() >= 0
    True
    """
    return 0 if array_modules.cupy is None else array_modules.cupy.get_default_memory_pool().used_bytes()


def memory_reserved(device=None) -> int:
    """Bytes taken from the GPU, for tensors that are there and for later ones.

    >>> torch.cuda.memory_reserved() >= torch.cuda.memory_allocated()
    True
    """
    return 0 if array_modules.cupy is None else array_modules.cupy.get_default_memory_pool().total_bytes()


max_memory_allocated = memory_reserved


def _gpu():
    """CuPy; PyTorch's error where there is no GPU."""
    check_available("cuda")
    return array_modules.cupy


def _number(device) -> int:
    """The number of a device given as such, as a number, or not at all: the one in use."""
    if isinstance(device, int):
        return check_available(_device("cuda", device)).index or 0
    found = check_available("cuda" if device is None else device)
    if found.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {found}")
    return found.index or 0


def current_device() -> int:
    """The number of the GPU that 'cuda' means; AssertionError where there is none."""
    return _gpu().cuda.runtime.getDevice()


def set_device(device) -> None:
    """Let 'cuda' mean this GPU from now on; AttributeError, as of a PyTorch without CUDA, where there is none."""
    if array_modules.in_use() is None:
        raise AttributeError("module 'torch._C' has no attribute '_cuda_setDevice'")
    array_modules.cupy.cuda.Device(_number(device)).use()


def get_device_name(device=None) -> str:
    """What the maker calls the GPU; AssertionError where there is none."""
    name = get_device_properties(device)["name"]
    return name.decode() if isinstance(name, bytes) else name


def get_device_properties(device=None) -> dict:
    """What CUDA tells of the GPU, by name (PyTorch gives an object); AssertionError where there is none."""
    return _gpu().cuda.runtime.getDeviceProperties(_number(device))


def get_device_capability(device=None) -> tuple:
    """The GPU's generation: (9, 0) for an H100; AssertionError where there is none."""
    found = get_device_properties(device)
    return found["major"], found["minor"]


def synchronize(device=None) -> None:
    """Wait until all work on the GPU is done; AssertionError where there is none."""
    _gpu().cuda.Device(_number(device)).synchronize()


class device:
    """The GPU of a `with` block: what 'cuda' means in it; without a GPU the block runs as it is.

    >>> with torch.cuda.device(-1):
    ...     print("no GPU is chosen")
    no GPU is chosen
    """

    def __init__(self, device):
        self.device = _device("cuda", device) if isinstance(device, int) else _device(device)

    def __enter__(self):
        self._before = None
        if (self.device.index or 0) >= 0 and array_modules.in_use() is not None:
            self._before = current_device()
            set_device(self.device)
        return self

    def __exit__(self, *exception):
        if self._before is not None:
            set_device(self._before)
        return None


def __getattr__(name: str):
    error = AttributeError(f"module 'torch.cuda' has no attribute '{name}'")
    if not name.startswith("_"):
        error.add_note("tensorkit leaves this out: it steers NVIDIA's GPUs; on the CPU the code does without.")
    raise error
