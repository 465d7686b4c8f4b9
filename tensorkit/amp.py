"""`torch.amp`: mixed precision, which the CPU does without — the context and the scaler change nothing."""

from warnings import warn

from . import dtypes
from .device import device
from .errors import wrong_argument
from .tape import decorate

#: The functions below belong to the namespace `torch` itself.
__all__ = ["GradScaler", "autocast"]


class _State:
    """What was asked of mixed precision, by the type of device; remembered, and nothing else."""

    def __init__(self):
        self.enabled: dict[str, bool] = {}
        self.dtypes = {"cpu": dtypes.bfloat16, "mps": dtypes.float16, "cuda": dtypes.float16}
        self.cached, self.nesting = True, 0


_state = _State()


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether an `autocast` block (or `set_autocast_enabled`) asks for smaller types on this type of device.

    >>> with torch.autocast("cpu"):
    ...     torch.is_autocast_enabled("cpu")
    True
    """
    return _state.enabled.get(device(device_type).type, False)


def set_autocast_enabled(*args) -> None:
    """Ask for smaller types, `set_autocast_enabled("cpu", True)`, which is remembered; without a name on GPUs.

    >>> torch.set_autocast_enabled("cpu", False)
    """
    device_type, enabled = args if len(args) > 1 else ("cuda", *args)
    if not isinstance(device_type, str):
        raise wrong_argument("set_autocast_enabled", "device_type", 1, "str", device_type)
    _state.enabled[device(device_type).type] = bool(enabled)


def get_autocast_dtype(device_type: str) -> dtypes.dtype:
    """The type that `autocast` names for this type of device.

    >>> torch.get_autocast_dtype("cpu")
    torch.bfloat16
    """
    return _state.dtypes.get(device(device_type).type, dtypes.float16)


def set_autocast_dtype(device_type: str, dtype: dtypes.dtype) -> None:
    """Let `autocast` name another type for this type of device.

    >>> torch.set_autocast_dtype("cpu", torch.bfloat16)
    """
    _state.dtypes[device(device_type).type] = dtype


def is_autocast_cache_enabled() -> bool:
    """Whether PyTorch would keep what it cast.

    >>> torch.is_autocast_cache_enabled()
    True
    """
    return _state.cached


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Remembered: nothing is cast here.

    >>> torch.set_autocast_cache_enabled(True)
    """
    _state.cached = bool(enabled)


def clear_autocast_cache() -> None:
    """Nothing to forget: nothing is cast here.

    >>> torch.clear_autocast_cache()
    """


def autocast_increment_nesting() -> int:
    """One more block; how many there are now.

    >>> torch.autocast_increment_nesting() - torch.autocast_decrement_nesting()
    1
    """
    _state.nesting += 1
    return _state.nesting


def autocast_decrement_nesting() -> int:
    """One block less; how many there are now.

    >>> torch.autocast_increment_nesting() - torch.autocast_decrement_nesting()
    1
    """
    _state.nesting -= 1
    return _state.nesting


def _older(name: str, call, device_type: str, argument: str = ""):
    """A function of PyTorch's before they took the type of device, with its warning."""
    instead = f"{call.__name__}('{device_type}'{argument and ', ' + argument})"

    def function(*args):
        warn(f"torch.{name}({argument}) is deprecated. Please use torch.{instead} instead.", DeprecationWarning,
             stacklevel=2)  # fmt: skip
        return call(device_type, *args)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`torch.{instead}`, under an older name."
    return function


is_autocast_cpu_enabled = _older("is_autocast_cpu_enabled", is_autocast_enabled, "cpu")
get_autocast_cpu_dtype = _older("get_autocast_cpu_dtype", get_autocast_dtype, "cpu")
get_autocast_gpu_dtype = _older("get_autocast_gpu_dtype", get_autocast_dtype, "cuda")
set_autocast_cpu_enabled = _older("set_autocast_cpu_enabled", set_autocast_enabled, "cpu", "enabled")
set_autocast_cpu_dtype = _older("set_autocast_cpu_dtype", set_autocast_dtype, "cpu", "dtype")
set_autocast_gpu_dtype = _older("set_autocast_gpu_dtype", set_autocast_dtype, "cuda", "dtype")


class autocast:
    """A block in which PyTorch may compute in a smaller type; here everything keeps its type.

    >>> with torch.amp.autocast("cpu", enabled=False):
    ...     print(torch.ones(2).sum())
    tensor(2.)
    """

    def __init__(self, device_type: str = "cpu", dtype=None, enabled: bool = True, cache_enabled=None):
        self.device_type, self.enabled = device_type, enabled
        self._asked = dtype, cache_enabled
        self._found: list[tuple] = []

    def __enter__(self):
        kind, (dtype, cached) = self.device_type, self._asked
        self._found.append((is_autocast_enabled(kind), get_autocast_dtype(kind), _state.cached))
        set_autocast_enabled(kind, self.enabled)
        set_autocast_dtype(kind, dtype or get_autocast_dtype(kind))
        set_autocast_cache_enabled(_state.cached if cached is None else cached)
        return self

    def __exit__(self, *exception):
        enabled, dtype, _state.cached = self._found.pop()
        set_autocast_enabled(self.device_type, enabled)
        set_autocast_dtype(self.device_type, dtype)

    def __call__(self, function):
        return decorate(lambda: self, function)


class GradScaler:
    """PyTorch's guard against vanishing half-precision gradients; here the scale is 1.

    >>> scaler = torch.amp.GradScaler("cpu", enabled=False)
    >>> scaler.scale(tensor(2.))
    tensor(2.)
    """

    def __init__(self, device: str = "cuda", init_scale: float = 65536.0, enabled: bool = True, **options):
        self._enabled = enabled

    def scale(self, outputs):
        """The loss as it is."""
        return outputs

    def unscale_(self, optimizer) -> None:
        """Leave the gradients as they are."""

    def step(self, optimizer, *args, **kwargs):
        """Let the optimizer take its step."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale=None) -> None:
        """Leave the scale as it is."""

    def get_scale(self) -> float:
        """The scale: 1."""
        return 1.0

    def is_enabled(self) -> bool:
        """Whether it was asked for."""
        return self._enabled

    def state_dict(self) -> dict:
        """Nothing to save."""
        return {}

    def load_state_dict(self, state_dict: dict) -> None:
        """Nothing to load."""
