"""The moment when a leaf's gradient is complete: its hooks are called then, while the backward pass goes on behind it.

Without such hooks leaves are left to the end of the pass, and nothing here is run.  With one, the graph is looked
through first: a leaf gets nothing more once the oldest node that uses it has been taken.
"""

import weakref

from ..tape import Node, ancestors
from ..tensor import Tensor

#: The leaves that have hooks for this moment, by id.
awaited: dict[int, weakref.ref] = {}


def await_arrival(leaf: Tensor) -> None:
    """Let backward passes look out for the moment when the gradient of `leaf` is complete, as long as it lives."""
    key = id(leaf)
    awaited[key] = weakref.ref(leaf, lambda _: awaited.pop(key, None))


def delivering(shares_of, roots, deliver):
    """`shares_of`, which first calls `deliver(leaf)` for each leaf that the node before was the last to use.

    Leaves of the last node of all are left to the end of the walk.
    """
    uses = _last_uses(roots)
    complete: list = []

    def shares(node: Node, g) -> list:
        nonlocal complete
        for leaf in complete:
            deliver(leaf)
        complete = uses.get(node, [])
        return shares_of(node, g)

    return shares


def _last_uses(roots) -> dict:
    """The leaves with hooks, by the oldest node that uses them: the walk takes the newest first."""
    uses: dict = {}
    placed = set()
    for node in sorted(ancestors([root._node for root in roots if root._node is not None]), key=lambda node: node.time):
        for parent in node.parents:
            if isinstance(parent, Tensor) and parent._post_hooks and parent not in placed:
                placed.add(parent)
                uses.setdefault(node, []).append(parent)
    return uses
