"""Operations of your own: subclass `Function`, write its forward pass and its derivative.

What is kept between the two passes, the `ctx` and the node, stands in `user_node.py`.

Source: https://pytorch.org/docs/stable/notes/extending.html
"""

from functools import wraps
from warnings import warn
from weakref import ref

from .. import dtypes
from ..array_modules import np
from ..errors import brackets
from ..ops.broadcast import sum_to
from ..ops.cast import to_dtype
from ..ops.declare import Op, output
from ..ops.rewritten import adopt_history
from ..tape import Node, announce, keep, mode, tick, watchers
from ..tensor import Tensor, memory, new, view, wrap
from .user_node import FunctionCtx, FunctionNode, packed


class FunctionOp(Op):
    """What the tape knows of a Function class: its name, its node class, and how to call its `backward`."""

    __slots__ = ("user", "node_class", "ctx_class")

    def __init__(self, user: type):
        name = user.__name__ + "Backward"
        super().__init__(_no_body, (), name=user.__name__, node_name=name)
        self.user = user
        self.node_class = type(name, (FunctionNode,), {"__slots__": (), "__module__": "torch.autograd.function"})
        self.ctx_class = type(name, (FunctionCtx,), {"__module__": "torch.autograd.function"})

    def whole(self, node: FunctionNode, g) -> list:
        """What each operand gets of the outputs' gradients: the answer of the user's `backward`, checked."""
        ctx, user = node.ctx, self.user
        gradients = list(g) if type(g) is list else [g]
        gradients += [None] * (len(ctx._outputs) - len(gradients))
        if ctx._materialize:
            for i, like in enumerate(ctx._outputs):
                if gradients[i] is None and like is not None:
                    shape, dtype = like
                    gradients[i] = wrap(dtype.type(0) if shape == () else _zeros(shape, dtype))
        backward = _derivative(user)
        given = backward(ctx, *gradients)
        return self._checked(node, given if isinstance(given, tuple) else (given,))

    def _checked(self, node: FunctionNode, given: tuple) -> list:
        operands, tensors = node.parents, node.ctx._tensors
        if len(given) > len(operands) and all(each is None for each in given[len(operands) :]):
            given = given[: len(operands)]
        if len(given) != len(operands):
            raise RuntimeError(
                f"function {self.node_name} returned an incorrect number of gradients (expected {len(operands)}, got "
                f"{len(given)})"
            )
        shares, place = [], -1
        for position, (operand, gradient, is_tensor) in enumerate(zip(operands, given, tensors, strict=True), 1):
            place += is_tensor
            if gradient is None:
                continue
            if not is_tensor:
                raise RuntimeError(
                    f"function {self.node_name} returned a gradient different than None at position {position}, but "
                    "the corresponding forward input was not a Variable"
                )
            if not isinstance(gradient, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type(gradient).__name__})")
            wanted = isinstance(operand, Node) or operand._requires_grad
            if wanted:
                like = operand.out if isinstance(operand, Node) else operand._array
                shares.append((operand, self._fitted(gradient, like, place)))
        return shares

    def _fitted(self, gradient: Tensor, like, place: int) -> Tensor:
        shape = gradient._array.shape
        if shape != like.shape:
            behind = shape[len(shape) - len(like.shape) :]
            if len(shape) < len(like.shape) or any(n not in (1, m) for n, m in zip(like.shape, behind, strict=True)):
                raise RuntimeError(
                    f"Function {self.node_name} returned an invalid gradient at index {place} - got {brackets(shape)} "
                    f"but expected shape compatible with {brackets(like.shape)}"
                )
            gradient = sum_to(gradient, like.shape)
        if gradient._array.dtype != like.dtype:
            gradient = to_dtype(gradient, dtypes.from_numpy(like.dtype))
        return gradient


def _no_body():
    """A user's operation has no NumPy body."""


def _zeros(shape: tuple, dtype):
    return np.zeros(shape, dtype)


def _derivative(user: type):
    """The method that the user wrote: `backward`, or by its other name `vjp`."""
    has_backward, has_vjp = user.backward is not Function.backward, user.vjp is not Function.vjp
    if has_backward and has_vjp:
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement "
            "one of them."
        )
    return user.vjp if has_vjp else user.backward


class Function:
    """An operation of your own.  Subclass it, write `forward` and `backward` as static methods, and call `apply`.

    forward(ctx, *inputs)         computes the result; or forward(*inputs) beside setup_context(ctx, inputs, output)
    backward(ctx, *gradients)     gets one gradient per output, returns one per input (None where there is none)

    >>> import tensorkit as torch
    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x**2 * g
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)

    Source: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function
    """

    def __init__(self, *args, **kwargs):
        warn(
            f"{self.__class__} should not be instantiated. Methods on autograd functions are all static, so you should "
            "invoke them on the class itself. Instantiating an autograd function will raise an error in a future "
            "version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args, **kwargs):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args, **kwargs):
        """Compute the result of the inputs; to be written by the subclass."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx, inputs: tuple, output) -> None:
        """Keep on `ctx` what `backward` needs; for a `forward` that does not take `ctx`."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx, *gradients):
        """The gradients of the inputs, given those of the outputs; to be written by the subclass."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx, *tangents):
        """Forward-mode derivatives are not computed here; a subclass may have them, for PyTorch."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Carry out the operation and leave a node for it."""
        op = cls.__dict__.get("_op")
        if op is None:
            op = cls._op = FunctionOp(cls)
        two_steps = cls.setup_context is not Function.setup_context
        if two_steps:
            args = _bound(cls.forward, args, kwargs)
        ctx = op.ctx_class()
        is_tensor = [isinstance(each, Tensor) for each in args]
        ctx.needs_input_grad = wants = tuple([yes and x._requires_grad for yes, x in zip(is_tensor, args, strict=True)])
        parents = tuple(
            [(x._node or x) if yes else (x if isinstance(x, (int, float)) else None)
             for yes, x in zip(is_tensor, args, strict=True)]
        )  # fmt: skip
        recording, mode.enabled = mode.enabled, False
        try:
            if two_steps:
                given = cls.forward(*args)
                cls.setup_context(ctx, args, given)
            else:
                given = cls.forward(ctx, *args, **kwargs)
        finally:
            mode.enabled = recording
        outputs = given if isinstance(given, tuple) else (given,)
        _check_dirty(ctx, args, outputs, recording)
        if recording and any(wants):
            ctx._tensors = is_tensor
            outputs = _attach(op, ctx, args, parents, outputs)
        else:
            outputs = tuple(
                [each.detach() if any(each is x for x in args) and not any(each is x for x in ctx._dirty) and
                 isinstance(each, Tensor) else each for each in outputs]
            )  # fmt: skip
        return outputs if isinstance(given, tuple) else outputs[0]


def _bound(function, args: tuple, kwargs: dict) -> tuple:
    """All arguments by position, with the defaults put in."""
    code = getattr(function, "__code__", None)
    if not kwargs and code is not None and len(args) == code.co_argcount:
        return args
    from inspect import signature

    bound = signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args


def _check_dirty(ctx: FunctionCtx, args: tuple, outputs: tuple, recording: bool) -> None:
    for each in ctx._dirty:
        if not any(each is out for out in outputs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as output. The inputs that "
                "are modified inplace must all be outputs of the Function."
            )
        if recording and each._node is None and each._requires_grad:
            raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
    for i, each in enumerate(ctx._saving):
        if each is not None and not isinstance(each, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {i} is of type {type(each).__name__}"
            )


def _attach(op: FunctionOp, ctx: FunctionCtx, args: tuple, parents: tuple, outputs: tuple) -> tuple:
    """The outputs with their history: one node, and behind it a place for each of several outputs."""
    node = new(op.node_class)
    node.op, node.parents, node.extras, node.ctx = op, parents, (), ctx
    node.storage = node.hooks = None
    node.time = tick()
    arrays = [each._array for each in outputs if isinstance(each, Tensor)]
    node.out = keep(arrays[0]) if arrays else None
    ctx._node = ref(node)
    ctx._outputs = [(each._array.shape, each._array.dtype) if isinstance(each, Tensor) else None for each in outputs]
    ctx._places = []
    ctx._constant_places = set()
    made = []
    for i, each in enumerate(outputs):
        ctx._places.append(None)
        if not isinstance(each, Tensor):
            made.append(each)
            continue
        given = any(each is x for x in args)
        if any(each is x for x in ctx._constant) or not (each.is_floating_point() or each.is_complex()):
            ctx._constant_places.add(i)
            made.append(each.detach() if given or each._requires_grad else each)
            continue
        place = node
        if len(outputs) > 1:
            place = output(node, i, each._array)
            ctx._places[i] = ref(place)
        if any(each is x for x in ctx._dirty):
            result = wrap(each._array)
            result._node, result._requires_grad = place, True
            adopt_history(each, result)
        else:
            if given:
                each = view(each, memory(each))
            elif each._requires_grad:
                each = each.detach()
            each._node, each._requires_grad = place, True
            place.storage = each._storage
        made.append(each)
    node.saved = tuple([packed(node, each, outputs) for each in ctx._saving])
    ctx._saving = ctx._dirty = ctx._constant = ()
    if watchers:
        announce(node)
    return tuple(made)


def once_differentiable(backward):
    """Mark a `backward` whose own operations are not to be differentiated: a second derivative then raises.

    Source: https://pytorch.org/docs/stable/notes/extending.html
    """

    @wraps(backward)
    def wrapped(ctx, *gradients):
        recording, mode.enabled = mode.enabled, False
        try:
            given = backward(ctx, *gradients)
        finally:
            mode.enabled = recording
        if not recording or not any(isinstance(each, Tensor) and each._requires_grad for each in gradients):
            return given
        return tuple(
            [each if each is None else _Refusing.apply(each.detach().requires_grad_()) for each in _as_tuple(given)]
        )

    return wrapped


def _as_tuple(value) -> tuple:
    return value if isinstance(value, tuple) else (value,)


class _Refusing(Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


_Refusing.__name__ = "Error"
