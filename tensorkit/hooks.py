"""Handles of registered hooks, for tensors, nodes and modules alike."""

from itertools import count

_number = count().__next__


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook away again; also a context manager."""

    __slots__ = ("id", "_hooks", "__weakref__")

    def __init__(self, hooks: dict, hook, *, first: bool = False):
        self.id = _number()
        self._hooks = hooks
        if first:
            later = dict(hooks)
            hooks.clear()
            hooks[self.id] = hook
            hooks.update(later)
        else:
            hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook away; doing so twice is no error."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> "RemovableHandle":
        return self

    def __exit__(self, *exception) -> None:
        self.remove()
