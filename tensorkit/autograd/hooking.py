"""Calling the hooks that users put on tensors and nodes, in the order in which the backward pass comes by.

At one node: the hooks of its tensor (in the order of registration), `retain_grad`, the node's prehooks, the rules, then
the node's own hooks.  What a hook returns replaces what it was given, if it fits.
"""

from ..tape import Node
from ..tensor import Tensor


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
