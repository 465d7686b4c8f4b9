"""`torch.accelerator` on a machine without one."""


def is_available() -> bool:
    """Whether there is an accelerator: False.

    >>> isinstance(torch.accelerator.is_available(), bool)
    True
    """
    return False


def current_accelerator(check_available: bool = False):
    """The accelerator's device: None.

    >>> torch.accelerator.is_available() or torch.accelerator.current_accelerator() is None
    True
    """
    return None


def device_count() -> int:
    """How many accelerators there are: 0.

    >>> torch.accelerator.device_count() >= 0
    True
    """
    return 0
