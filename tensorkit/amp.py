"""`torch.amp`: mixed precision, which the CPU does without — the context and the scaler change nothing."""

from .tape import decorate


class autocast:
    """A block in which PyTorch may compute in a smaller type on a GPU; here everything keeps its type.

    >>> with torch.amp.autocast("cpu", enabled=False):
    ...     print(torch.ones(2).sum())
    tensor(2.)
    """

    def __init__(self, device_type: str = "cpu", dtype=None, enabled: bool = True, cache_enabled=None):
        self.device_type, self.enabled = device_type, enabled

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None

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
