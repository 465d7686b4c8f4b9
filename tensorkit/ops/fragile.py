"""Views whose history does not survive that their memory is written to: PyTorch finds out when they are next used.

Two kinds.  A view that came out of a function that makes several at once (`split`, `unbind`), or was cut from such a
view, has no history any more after a write: using it in a recorded operation raises.  A view of a leaf that is itself
a view of a tensor without gradient loses its way to that leaf: PyTorch then passes its gradient on to the tensor below,
which wants none.  What happens to all other views after a write stands in `inplace.py`.
"""

from weakref import ref

from ..storage import Storage
from ..tape import Node
from ..tensor import Tensor, new

MULTI_VIEWS = ("UnbindBackward0", "SplitBackward0", "SplitWithSizesBackward0")

OF_SEVERAL_VIEWS = (
    "This view is the output of a function that returns multiple views. Such functions do not allow the output views "
    "to be modified inplace. You should replace the inplace operation by an out-of-place one."
)


class Broken(Node):
    """The node of a view whose history was broken: whoever would record it as an operand gets PyTorch's error."""

    __slots__ = ("index",)

    def __bool__(self) -> bool:
        raise RuntimeError(
            f"{place_among_views(self)} is a view and its base or another view of its base has been modified inplace. "
            + OF_SEVERAL_VIEWS
        )

    def name(self) -> str:
        return "Invalid"

    def shown(self) -> Node:
        return self if self else self


def place_among_views(node: Node) -> str:
    """'Output 1 of Split': which of several views a node made."""
    name = node.op.name_of(node)
    return f"Output {getattr(node, 'index', 0)} of {name.removesuffix('0').removesuffix('Backward')}"


def note_fragile(view: Tensor, x: Tensor) -> None:
    """Note a new view of `x` if a write would break its history."""
    storage, base = view._storage, view._base
    several = view._node.op.node_name in MULTI_VIEWS or is_one_of_several(x)
    if not several and (base is x or base._requires_grad):
        return
    if storage.fragile is None:
        storage.fragile = {}
    count = len(storage.fragile)
    if count > 32 and not count & (count - 1):  # now and then, those that are gone are dropped
        storage.fragile = {key: each for key, each in storage.fragile.items() if each[0]() is not None}
    storage.fragile[id(view)] = ref(view), several


def is_one_of_several(tensor: Tensor) -> bool:
    """Whether a tensor is one of several views that were made at once, or was cut from one."""
    storage = tensor._storage
    if storage is None or storage.fragile is None:
        return False
    view, several = storage.fragile.get(id(tensor), (None, False))
    return several and view() is tensor


def _break_views(storage: Storage) -> None:
    for each, several in storage.fragile.values():
        view = each()
        if view is None or view._node is None:
            continue
        broken, node = new(Broken if several else Node), view._node
        for slot in ("op", "saved", "extras", "time", "out", "storage", "hooks"):
            setattr(broken, slot, getattr(node, slot))
        broken.parents = node.parents if several else (view._base,)
        if several:
            broken.index = getattr(node, "index", 0)
        view._node = broken
    storage.fragile = {key: each for key, each in storage.fragile.items() if each[1] and each[0]() is not None}


Storage.break_views = staticmethod(_break_views)
