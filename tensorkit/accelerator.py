"""`torch.accelerator` on a machine without one."""


def is_available() -> bool:
    """Whether there is an accelerator: False."""
    return False


def current_accelerator(check_available: bool = False):
    """The accelerator's device: None."""
    return None


def device_count() -> int:
    """How many accelerators there are: 0."""
    return 0
