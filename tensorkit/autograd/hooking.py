"""Hooks: the methods that put them on tensors, and their calls, in the order in which the backward pass comes by.

At one node: the hooks of its tensor (in the order of registration), `retain_grad`, the node's prehooks, the rules, then
the node's own hooks.  What a hook returns replaces what it was given, if it fits.
"""

import weakref

from ..hooks import RemovableHandle
from ..tape import Node
from ..tensor import Tensor, attach
from .arrival import await_arrival


@attach
@property
def retains_grad(self) -> bool:
    """Whether `retain_grad` was called on this non-leaf."""
    hooks = self._node.hooks if self._node is not None else None
    return hooks is not None and "retain_grad" in hooks


@attach
def retain_grad(self) -> None:
    """Keep the gradient of this computed tensor in `.grad` too.

    >>> x = tensor(3., requires_grad=True)
    >>> y = x * 2
    >>> y.retain_grad()
    >>> (y * y).backward()
    >>> y.grad
    tensor(12.)
    """
    if not self._requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if self._node is None or self.retains_grad:
        return
    holder = weakref.ref(self)

    def keep(gradient):
        tensor = holder()
        if tensor is not None:
            tensor._grad = gradient if tensor._grad is None else tensor._grad + gradient

    if self._node.hooks is None:
        self._node.hooks = {}
    self._node.hooks["retain_grad"] = keep


@attach
def register_hook(self, hook):
    """Call `hook(gradient)` when its gradient is computed; what it returns, if not None, replaces the gradient.

    Returns a handle whose `remove()` takes the hook away.

    >>> x = tensor(3., requires_grad=True)
    >>> handle = x.register_hook(lambda g: g * 10)
    >>> (2 * x).backward()
    >>> x.grad
    tensor(20.)
    """
    if not self._requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self._node is None:
        if self._hooks is None:
            self._hooks = {}
        return RemovableHandle(self._hooks, hook)
    if self._node.hooks is None:
        self._node.hooks = {}
    return RemovableHandle(self._node.hooks, hook)


@attach
def register_post_accumulate_grad_hook(self, hook):
    """Call `hook(tensor)` as soon as a backward pass has added to this leaf's `.grad`; the pass goes on behind it.

    >>> x = tensor(3., requires_grad=True)
    >>> handle = x.register_post_accumulate_grad_hook(lambda x: print("arrived:", x.grad))
    >>> (2 * x).backward()
    arrived: tensor(2.)
    """
    if not self._requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self._node is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    if self._post_hooks is None:
        self._post_hooks = {}
    await_arrival(self)
    return RemovableHandle(self._post_hooks, hook)


def run_hooks(hooks: dict, g):
    """The gradient after the hooks on a tensor; `retain_grad` sees the last word."""
    for name, hook in list(hooks.items()):
        if isinstance(name, str):  # 'retain_grad' comes last; 'pre' and 'post' are the node's
            continue
        changed = hook(g)
        if changed is not None:
            g = fitting(hook, g, changed)
    if "retain_grad" in hooks:
        hooks["retain_grad"](g)
    return g


def fitting(hook, g, changed):
    """What a hook returned, if it may stand for the gradient `g`; else PyTorch's error."""
    if not isinstance(changed, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(changed).__name__}'")
    if g is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    name = getattr(hook, "__name__", None) or type(hook).__name__
    if changed._array.dtype != g._array.dtype:
        was, got = (f"torch.{each.dtype.tensor_type}" for each in (g, changed))
        raise RuntimeError(f"hook '{name}' has changed the type of value (was {was} got {got})")
    if changed._array.shape != g._array.shape:
        raise RuntimeError(f"hook '{name}' has changed the size of value")
    return changed


def run_prehooks(hooks: dict, g):
    """The gradient (or list of gradients) after the hooks that `grad_fn.register_prehook` put on the node."""
    several = type(g) is list
    given = tuple(g) if several else (g,)
    for hook in list(hooks.values()):
        given = _replaced(hook, given, hook(given))
    return list(given) if several else given[0]


def run_post_hooks(node: Node, shares: list, g) -> list:
    """The shares after the hooks that `grad_fn.register_hook` put on the node: these see one place for each operand."""
    waiting, passed = iter([*shares, (None, None)]), []
    parent, share = next(waiting)
    for operand in node.parents:
        if operand is parent:
            passed.append(share)
            parent, share = next(waiting)
        else:
            passed.append(None)
    for hook in list(node.hooks["post"].values()):
        passed = _replaced(hook, tuple(passed), hook(tuple(passed), tuple(g) if type(g) is list else (g,)))
    return [(operand, share) for operand, share in zip(node.parents, passed, strict=True) if share is not None]


def _replaced(hook, given: tuple, changed) -> tuple:
    if changed is None:
        return given
    if not isinstance(changed, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(changed).__name__}'")
    if len(changed) != len(given):
        raise RuntimeError(
            f"hook '{hook.__name__}' has returned an incorrect number of values (got {len(changed)}, but expected "
            f"{len(given)})"
        )
    return tuple([None if new is None else fitting(hook, old, new) for old, new in zip(given, changed, strict=True)])
