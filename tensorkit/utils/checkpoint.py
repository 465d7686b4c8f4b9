"""Checkpointing: do not keep what a block of the forward pass computes, compute it again in the backward pass.

The numbers and gradients are the same; memory is saved, at the price of a second forward pass of the block.

Source: https://pytorch.org/docs/stable/checkpoint.html
"""

from contextlib import contextmanager, nullcontext
from warnings import warn
from weakref import ref

from .. import autograd
from ..autograd.engine import walking
from ..autograd.graph import saved_tensors_hooks
from ..random import default_generator
from ..tape import enable_grad
from ..tensor import Tensor

__all__ = ["CheckpointError", "checkpoint", "checkpoint_sequential"]

_NOT_EXPLICIT = (
    "torch.utils.checkpoint{}: the use_reentrant parameter should be passed explicitly. {} use_reentrant=False is "
    "recommended, but if you need to preserve the current default behavior, you can pass use_reentrant=True. Refer to "
    "docs for more details on the differences between the two variants."
)
_ONLY_BACKWARD = (
    "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter to "
    ".backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() without passing "
    "the `inputs` argument."
)


class CheckpointError(RuntimeError):
    """The second run of a block did not do what the first one did.

    >>> issubclass(torch.utils.checkpoint.CheckpointError, RuntimeError)
    True
    """


class _Enough(Exception):
    """The second run has computed all that is needed."""


def checkpoint(function, *args, use_reentrant: bool | None = None, context_fn=None, determinism_check: str = "default",
               debug: bool = False, early_stop: bool = True, preserve_rng_state: bool = True, **kwargs):  # fmt: skip
    """What `function(*args, **kwargs)` gives, without keeping what it computes on the way.

    use_reentrant       False (to be preferred): the block has its own history, as without checkpointing.  True: the
                        block is one node, and at least one argument must require grad.
    preserve_rng_state  the second run draws the same random numbers as the first
    context_fn          gives a pair of context managers, around the first and the second run

    Raises CheckpointError where the second run saves other values than the first.

    >>> import tensorkit as torch
    >>> x = torch.tensor([1.0], requires_grad=True)
    >>> y = torch.utils.checkpoint.checkpoint(torch.exp, x, use_reentrant=False)
    >>> y.backward(); x.grad
    tensor([2.7183])
    """
    if use_reentrant is None:
        later = "Starting in PyTorch 2.9, calling checkpoint without use_reentrant will raise an exception."
        warn(_NOT_EXPLICIT.format("", later), stacklevel=2)
        use_reentrant = True
    if not use_reentrant:
        first, second = context_fn() if context_fn else (nullcontext(), nullcontext())
        block = _Block(function, args, kwargs, second, determinism_check, early_stop, preserve_rng_state)
        with first, saved_tensors_hooks(block.pack, block.unpack):
            return function(*args, **kwargs)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not None or debug:
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    if not any(isinstance(each, Tensor) and each.requires_grad for each in args):
        warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)
    return CheckpointFunction.apply(function, preserve_rng_state, *args)


@contextmanager
def _random_state(state):
    """Draw the numbers that follow `state`; afterwards the stream goes on as if nothing had been drawn."""
    if state is None:
        yield
        return
    now = default_generator.get_state()
    default_generator.set_state(state)
    try:
        yield
    finally:
        default_generator.set_state(now)


class _Place:
    """Stands on the tape for one value that the block saved."""

    __slots__ = ("like", "value", "__weakref__")


class _Block:
    """A checkpointed call: which values it saved, and how to get them again."""

    def __init__(self, function, args, kwargs, context, determinism_check: str, early_stop: bool, preserve: bool):
        self.call = lambda: function(*args, **kwargs)
        self.context = context
        self.compares = determinism_check != "none"
        self.early_stop = early_stop
        self.state = default_generator.get_state() if preserve else None
        self.places: list = []

    def pack(self, tensor: Tensor) -> _Place:
        place = _Place()
        place.like = (tensor.shape, tensor.dtype, tensor.device)
        place.value = None
        self.places.append(ref(place))
        return place

    def unpack(self, place: _Place) -> Tensor:
        if place.value is None:
            self.run_again()
        value, place.value = place.value, None
        return value

    def run_again(self) -> None:
        """Run the block a second time, and put what it saves where the first run's values were."""
        saved: list = []
        count = len(self.places)

        def pack(tensor):
            saved.append(tensor.detach())
            if self.early_stop and len(saved) == count:
                raise _Enough

        def unpack(_):
            raise RuntimeError("checkpoint: values of the second run are not to be used by it")

        try:
            with enable_grad(), _random_state(self.state), self.context, saved_tensors_hooks(pack, unpack):
                self.call()
        except _Enough:
            pass
        if len(saved) != count:
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {count}\nNumber of tensors saved during "
                f"recomputation: {len(saved)}."
            )
        different = []
        for i, (reference, value) in enumerate(zip(self.places, saved, strict=True)):
            place = reference()
            if place is None:
                continue
            place.value = value
            like = (value.shape, value.dtype, value.device)
            if self.compares and like != place.like:
                different.append(
                    f"tensor at position {i}:\nsaved metadata: {_described(place.like)}\nrecomputed metadata: "
                    f"{_described(like)}\n"
                )
        if different:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than "
                f"during the forward pass.\n{''.join(different)}."
            )


def _described(like: tuple) -> dict:
    return dict(zip(("shape", "dtype", "device"), like, strict=True))


class CheckpointFunction(autograd.Function):
    """The block as one node (`use_reentrant=True`)."""

    @staticmethod
    def forward(ctx, function, preserve_rng_state: bool, *args):
        ctx.function = function
        ctx.state = default_generator.get_state() if preserve_rng_state else None
        ctx.others = [None if isinstance(each, Tensor) else each for each in args]
        ctx.tensor_places = [i for i, each in enumerate(args) if isinstance(each, Tensor)]
        ctx.save_for_backward(*[args[i] for i in ctx.tensor_places])
        return function(*args)

    @staticmethod
    def backward(ctx, *gradients):
        if getattr(walking, "to_inputs", False):
            raise RuntimeError(_ONLY_BACKWARD)
        args = list(ctx.others)
        for place, tensor in zip(ctx.tensor_places, ctx.saved_tensors, strict=True):
            args[place] = tensor.detach().requires_grad_(tensor.requires_grad)
        with enable_grad(), _random_state(ctx.state):
            outputs = ctx.function(*args)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [
            (out, gradient) for out, gradient in zip(outputs, gradients, strict=True)
            if isinstance(out, Tensor) and out.requires_grad
        ]  # fmt: skip
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        autograd.backward([out for out, _ in pairs], [gradient for _, gradient in pairs])
        return (None, None, *[each.grad if isinstance(each, Tensor) else None for each in args])


def checkpoint_sequential(functions, segments: int, input, use_reentrant: bool | None = None, **kwargs):
    """Run a list of functions (or a Sequential) one after the other in `segments` checkpointed blocks, the last one
    plain.

    >>> layers = [torch.nn.Identity(), torch.nn.ReLU()]
    >>> x = torch.tensor([-1., 2.], requires_grad=True)
    >>> torch.utils.checkpoint.checkpoint_sequential(layers, 2, x, use_reentrant=False).detach()
    tensor([0., 2.])
    """
    if use_reentrant is None:
        later = "In version 2.9 we will raise an exception if use_reentrant is not passed."
        warn(_NOT_EXPLICIT.format(".checkpoint_sequential", later), stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    functions = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(functions) // segments
    for start in range(0, size * (segments - 1), size):
        block = _in_turn(functions[start : start + size])
        input = checkpoint(block, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _in_turn(functions[size * (segments - 1) :])(input)


def _in_turn(functions: list):
    def run(value):
        for function in functions:
            value = function(value)
        return value

    return run
