"""What the tensors over one piece of memory know together: the writes to it, and the views that follow their base.

Writes are numbered by the tape's clock, so that a derivative finds out that a value it saved was overwritten.
"""

import weakref

from .tape import mode, tick, watchers


class Storage:
    """What the tensors over one piece of memory know together.

    writes  the times of in-place writes, oldest first (the last few hundred), after `dropped` earlier ones
    views   weak references to the views whose history follows their base's
    fragile  the views whose history a write breaks (`tensorkit.ops.fragile`), by their id; None: there are none
    """

    __slots__ = ("writes", "dropped", "views", "fragile", "_prune_at")

    #: Called with the storage after a write while it has fragile views.
    break_views = None

    def __init__(self):
        self.writes = []
        self.dropped = 0
        self.views = []
        self.fragile = None
        self._prune_at = 32

    def written(self) -> None:
        """Note a write, now."""
        writes = self.writes
        writes.append(tick())
        if len(writes) > 512:
            self.dropped += 256
            del writes[:256]
        if self.fragile is not None:
            Storage.break_views(self)

    def version(self, at=None) -> int:
        """How many writes there were, all together or before the time `at`."""
        if at is None:
            return self.dropped + len(self.writes)
        return self.dropped + sum(time < at for time in self.writes)

    def add_view(self, view) -> None:
        views = self.views
        if len(views) >= self._prune_at:
            views[:] = [each for each in views if each() is not None]
            self._prune_at = 2 * len(views) + 32
        views.append(weakref.ref(view))


class InferenceStorage(Storage):
    """The memory of a tensor made in inference mode: never saved for a derivative, never written to outside."""

    __slots__ = ()

    def __init__(self):
        super().__init__()
        if _refuse_to_save not in watchers:
            watchers.append(_refuse_to_save)

    def written(self) -> None:
        if not mode.inference:
            raise RuntimeError(
                "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
                "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more "
                "details."
            )

    def version(self, at=None) -> int:
        raise RuntimeError("Inference tensors do not track version counter.")


def _refuse_to_save(node) -> None:
    """Raise PyTorch's error for a new node that saved a tensor of inference mode."""
    for each in node.saved or ():
        if type(getattr(each, "_storage", None)) is InferenceStorage:
            raise RuntimeError(
                "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode "
                "in computation tracked by autograd. To work around this, you can make a clone to get a normal tensor "
                "and use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
            )
