"""Hooks of modules: functions that are called before and after a module's `forward`, and with its gradients.

`Module.__call__` comes here only when some hook is registered, on the module or for all modules.
Hooks of tensors and of nodes stand in `tensorkit.tape`.
"""

from warnings import warn

from ..hooks import RemovableHandle
from ..ops.declare import Op, output
from ..tape import mode, record
from ..tensor import Tensor, wrap

KINDS = ("forward", "forward_pre", "backward", "backward_pre")


class Hooks:
    """The hooks of one module (or of all modules), by kind and number."""

    __slots__ = (*KINDS, "with_kwargs", "always", "old_style")

    def __init__(self):
        self.forward, self.forward_pre, self.backward, self.backward_pre = {}, {}, {}, {}
        self.with_kwargs, self.always, self.old_style = set(), set(), set()

    def __bool__(self) -> bool:
        return bool(self.forward or self.forward_pre or self.backward or self.backward_pre)

    def add(self, kind: str, hook, *, first=False, with_kwargs=False, always=False, old_style=False) -> RemovableHandle:
        """Register a hook; the handle returned takes it away again."""
        handle = RemovableHandle(getattr(self, kind), hook, first=first)
        for wanted, members in ((with_kwargs, self.with_kwargs), (always, self.always), (old_style, self.old_style)):
            if wanted:
                members.add(handle.id)
        return handle

    def __deepcopy__(self, memo):
        twin = Hooks()
        for name in self.__slots__:
            setattr(twin, name, getattr(self, name).copy())
        return twin


#: The hooks of all modules.
EVERYWHERE = Hooks()


def _of(module, kind: str) -> list:
    """The hooks of a kind that apply to `module`, those for all modules first, each with its number and owner."""
    owners = (EVERYWHERE,) if module._hooks is None else (EVERYWHERE, module._hooks)
    return [(number, hook, owner) for owner in owners for number, hook in list(getattr(owner, kind).items())]


def call(module, args: tuple, kwargs: dict):
    """`module.forward(*args, **kwargs)` with all hooks around it."""
    done: set = set()
    try:
        return _call(module, args, kwargs, done)
    except Exception:
        _call_always(module, args, kwargs, done)
        raise


def _call(module, args, kwargs, done: set):
    for number, hook, owner in _of(module, "forward_pre"):
        if number in owner.with_kwargs:
            changed = hook(module, args, kwargs)
            if changed is not None:
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                    )
                args, kwargs = changed
        else:
            changed = hook(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
    watch = None
    full = [hook for number, hook, owner in _of(module, "backward") if number not in owner.old_style]
    before = [hook for _, hook, _ in _of(module, "backward_pre")]
    if full or before:
        watch = _Watch(module, full, before)
        args = watch.inputs(args)
    result = module.forward(*args, **kwargs)
    for number, hook, owner in _of(module, "forward"):
        done.add(number)
        changed = hook(module, args, kwargs, result) if number in owner.with_kwargs else hook(module, args, result)
        if changed is not None:
            result = changed
    if watch is not None:
        if not isinstance(result, (Tensor, tuple)):
            warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(result)}",
                stacklevel=4,
            )
        result = watch.outputs(result)
    for number, hook, owner in _of(module, "backward"):
        if number in owner.old_style:
            _hook_last_node(module, hook, result)
    return result


def _call_always(module, args, kwargs, done: set) -> None:
    """After an error: the forward hooks that asked to be called in any case."""
    for number, hook, owner in _of(module, "forward"):
        if number in owner.always and number not in done:
            try:
                hook(module, args, kwargs, None) if number in owner.with_kwargs else hook(module, args, None)
            except Exception as error:
                warn(
                    "module forward hook with ``always_call=True`` raised an exception that was silenced as another "
                    f"error was raised in forward: {error}",
                    stacklevel=4,
                )


def _hook_last_node(module, hook, result) -> None:
    """The old kind of backward hook: it sees what the module's last operation alone receives and passes on."""
    while not isinstance(result, Tensor):
        if isinstance(result, dict):
            result = next(value for value in result.values() if isinstance(value, Tensor))
        else:
            result = result[0]
    if result.grad_fn is not None:
        result.grad_fn.register_hook(lambda passed, received: hook(module, passed, received))


# Full backward hooks: the module's inputs and outputs pass through two operations that change nothing, whose
# backward passes are the moments when all gradients of its outputs, and of its inputs, are known.


def _passed_on(g, i, watch):
    if i == 0:
        watch.passing = watch.reached(g if isinstance(g, list) else [g])
    return watch.passing[i] if i < len(watch.passing) else None


def _unchanged(tensors, watch):
    return tensors


_watching = Op(_unchanged, (_passed_on,), node_name="BackwardHookFunctionBackward", name="backward_hook", variadic=True)


class _Side:
    """One side of a watched module: the tensors of a tuple that can have gradients, and what to do with these."""

    __slots__ = ("count", "places", "reached", "passing")

    def __init__(self, reached):
        self.reached, self.passing, self.count, self.places = reached, [], 0, ()

    def through(self, values: tuple) -> tuple:
        """The values, those with gradients passed through the watching operation."""
        self.count = len(values)
        self.places = [i for i, each in enumerate(values) if isinstance(each, Tensor) and each._requires_grad]
        if not self.places or not mode.enabled:
            self.places = ()
            return values
        tensors = [values[i] for i in self.places]
        node = record(_watching, tuple(each._node or each for each in tensors), (), (self,), tensors[0]._array)
        changed = list(values)
        for n, (i, each) in enumerate(zip(self.places, tensors, strict=True)):
            changed[i] = passed = wrap(each._array)
            passed._node = node if len(tensors) == 1 else output(node, n, each._array)
            passed._requires_grad = True
        return tuple(changed)

    def spread(self, gradients) -> tuple:
        """Gradients of the watched tensors, at their places among all values; None elsewhere."""
        full = [None] * self.count
        for i, g in zip(self.places, gradients, strict=False):
            full[i] = g
        return tuple(full)


class _Watch:
    """The full backward hooks of one call of a module."""

    __slots__ = ("module", "hooks", "before", "input", "output", "received")

    def __init__(self, module, hooks: list, before: list):
        self.module, self.hooks, self.before = module, hooks, before
        self.input, self.output = _Side(self._inputs_reached), _Side(self._outputs_reached)
        self.received = None

    def inputs(self, args: tuple) -> tuple:
        return self.input.through(args)

    def outputs(self, result):
        if isinstance(result, Tensor):
            return self.output.through((result,))[0]
        return self.output.through(result) if isinstance(result, tuple) else result

    def _outputs_reached(self, gradients: list) -> list:
        received = self.output.spread(gradients)
        for hook in self.before:
            changed = hook(self.module, received)
            if changed is not None:
                received = changed if isinstance(changed, tuple) else (changed,)
        self.received = received
        if not self.input.places:
            if self.hooks:
                warn(
                    "Full backward hook is firing when gradients are computed with respect to module outputs since no "
                    "inputs require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
                    "#torch.nn.Module.register_full_backward_hook for more details.",
                    stacklevel=5,
                )
            for hook in self.hooks:
                if hook(self.module, (None,) * self.input.count, received) is not None:
                    raise RuntimeError(
                        "Backward hook for Modules where no input requires gradient should always return None or None "
                        "for all gradients."
                    )
        return [received[i] for i in self.output.places]

    def _inputs_reached(self, gradients: list) -> list:
        passed = self.input.spread(gradients)
        for hook in self.hooks:
            changed = hook(self.module, passed, self.received)
            if changed is not None:
                changed = changed if isinstance(changed, tuple) else (changed,)
                if len(changed) != len(passed):
                    raise RuntimeError(
                        f"Backward hook returned an invalid number of grad_input, got {len(changed)}, but expected "
                        f"{len(passed)}"
                    )
                passed = changed
        self.received = None
        return [passed[i] for i in self.input.places]
