"""Switches that courses and libraries set and ask for in passing: threads, determinism, denormal numbers.

What changes nothing here is remembered, so that asking gives what was set.  The older of these switches stand in
`legacy.py`, those of mixed precision in `tensorkit/amp.py`.
"""

from ..errors import wrong_argument
from .declare import function
from .legacy import _asked, use_deterministic_algorithms

_LEVELS = ("default", "warn", "error")


@function(method=False)
def get_num_interop_threads() -> int:
    """How many operations run side by side: one.

    >>> torch.get_num_interop_threads() >= 1
    True
    """
    return 1


@function(method=False)
def set_num_interop_threads(threads: int) -> None:
    """Accepted: operations run one after the other.

    >>> torch.set_num_interop_threads(2)
    """
    if threads <= 0:
        raise RuntimeError("set_num_interop_threads expects a positive integer")


@function(method=False)
def init_num_threads() -> None:
    """Nothing to set up: NumPy's matrix library counts its threads itself.

    >>> torch.init_num_threads()
    """


@function(method=False)
def set_flush_denormal(mode: bool) -> bool:
    """False: NumPy computes with denormal numbers, and cannot be told to take them as zero.

    >>> torch.set_flush_denormal(False) in (True, False)
    True
    """
    if not isinstance(mode, bool):
        raise wrong_argument("set_flush_denormal", "mode", 1, "bool", mode)
    return False


@function(method=False)
def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was asked to warn only.

    >>> torch.is_deterministic_algorithms_warn_only_enabled()
    False
    """
    return _asked["warn_only"]


@function(method=False)
def get_deterministic_debug_mode() -> int:
    """What was asked of operations that are not deterministic: 0 nothing, 1 a warning, 2 an error.

    >>> torch.get_deterministic_debug_mode()
    0
    """
    return (1 if _asked["warn_only"] else 2) if _asked["deterministic"] else 0


@function(method=False)
def set_deterministic_debug_mode(debug_mode) -> None:
    """What to do at operations that are not deterministic: "default" (0), "warn" (1) or "error" (2).

    Remembered; every operation here gives the same result each time.

    >>> torch.set_deterministic_debug_mode("default")
    """
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in _LEVELS:
            raise RuntimeError(
                f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {debug_mode}"
            )
        debug_mode = _LEVELS.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    use_deterministic_algorithms(debug_mode > 0, warn_only=debug_mode == 1)


@function(method=False)
def is_vulkan_available() -> bool:
    """False: there are no kernels for telephones here.

    >>> torch.is_vulkan_available()
    False
    """
    return False


@function
def is_distributed(input) -> bool:
    """False, as in PyTorch, which keeps the name from a time before its distributed tensors.

    >>> torch.is_distributed(torch.ones(1))
    False
    """
    return False
