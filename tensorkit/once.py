"""Warnings that PyTorch gives once per process, and the switch that lets them come each time."""

_said: set = set()


def first_time(what: str) -> bool:
    """Whether this is said for the first time: some of PyTorch's warnings come once per process."""
    if what in _said and not always_warn:
        return False
    _said.add(what)
    return True


#: Whether warnings that come once per process are to come each time (`torch.set_warn_always`).
always_warn = False


def set_warn_always(wanted: bool) -> None:
    """Let the warnings that come once per process come each time.

    >>> torch.set_warn_always(True)
    >>> torch.is_warn_always_enabled()
    True
    >>> torch.set_warn_always(False)
    """
    global always_warn
    always_warn = wanted


def is_warn_always_enabled() -> bool:
    """Whether `set_warn_always` is on.

    >>> torch.set_warn_always(False)
    >>> torch.is_warn_always_enabled()
    False
    """
    return always_warn
