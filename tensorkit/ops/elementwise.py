"""The factories for operations on each element, `unary` and `binary`: what most of a learner's calls go through.

Both write out what they do instead of calling helpers, for a call costs as much as adding two numbers.  How an
operation is declared with them says `declare.py`, which also holds the factory for everything else.
"""

from collections.abc import Callable

import numpy

from .. import dtypes
from ..array_modules import np, on_gpu
from ..errors import brackets, cannot_broadcast, not_implemented, wrong_argument
from ..storage import InferenceStorage
from ..tape import KEEP_BYTES, NUMBERS_ARE_TENSORS, Meta, Node, announce, inferring, mode, tick, watchers
from ..tensor import Tensor, new, wrap
from .layout import as_operands_lie, unexpanded
from .op import FLOAT_SCALARS, Op, argument_names, parents
from .placing import elsewhere
from .promote import is_number, number_dtype, pair, result_dtype
from .publish import MISSING, refuse_gradients, register, told, write_out

ndarray = np.ndarray


def unary(rule=None, *, floating=False, symbol=None, node_name=None, method=True, aliases=(), inplace=True, kernel=None,
          bools=True):  # fmt: skip
    """Declare an operation on the elements of one tensor.

    rule      the derivative of `x`, naming what it needs of `x` and `out`; None: not differentiable
    floating  whole numbers are first made floats of the default dtype
    bools     False: a boolean tensor is refused, in the words PyTorch has for `kernel`
    """

    def declare(body):
        op = Op(body, (rule,), symbol=symbol, node_name=node_name, elementwise=True)
        op.inplace = inplace
        refused = None if bools else kernel or op.name
        calls = [_call_of_one(op, body, name, floating, refused) for name in (op.name, "." + op.name)]
        return register(op, calls, body, method, aliases=aliases)

    return declare


def _call_of_one(op: Op, forward: Callable, name: str, floating: bool, refused: str | None) -> Callable:
    """The function of a unary operation, or (`name` with a dot before it) its method."""
    (rule,) = op.rules
    saves_x, saves_out = (each in argument_names(rule) if rule else False for each in ("x", "out"))
    differentiable, saves = rule is not None, saves_x or saves_out

    def call(input=MISSING, *rest, out=None, **unknown):
        if rest or unknown:
            raise mistaken(name, (input, *rest), unknown)
        try:
            array = input._array
        except AttributeError:
            raise mistaken(name, (input,), {}) from None
        plain = type(array) in FLOAT_SCALARS
        if not plain and (kind := array.dtype.kind) in "biu":
            if kind == "b" and refused:
                if out is not None:
                    refuse_gradients(op.name, (input,), out)
                raise not_implemented(refused, input.dtype.cpp_name)
            if floating:
                array = unexpanded(array).astype(dtypes.get_default_dtype().numpy)
        try:
            array = forward(array)
        except (TypeError, AttributeError, NotImplementedError):
            if out is not None:
                refuse_gradients(op.name, (input,), out)
            array = elsewhere(op, array)
        tensor = new(Tensor)
        tensor._array = array
        tensor._grad = tensor._base = tensor._storage = None
        if differentiable and input._requires_grad and mode.enabled:
            tensor._node = node = Node()
            tensor._requires_grad = True
            node.op = op
            node.parents = (input._node or input,)
            node.saved = (input if saves_x else None, array if saves_out else None) if saves else ()
            node.extras = ()
            node.time = tick()
            node.out = array if plain or array.nbytes <= KEEP_BYTES else Meta(array.shape, array.dtype)
            node.storage = node.hooks = None
            if watchers:
                announce(node)
        else:
            tensor._node = None
            tensor._requires_grad = False
            if inferring and mode.inference:
                tensor._storage = InferenceStorage()
        return tensor if out is None else write_out(tensor, out, op.name)

    return call


def binary(dx=None, dy=None, *, floating=False, symbol=None, node_name=None, method=True, aliases=(), inplace=True,
           operator=None, scales=None, check=None, function=True):  # fmt: skip
    """Declare an operation on the elements of two operands that broadcast together; either may be a Python number.

    dx, dy    the derivatives of `x` and `y`, naming what they need of `x`, `y` and `out`; None: not differentiable
    floating  whole numbers are first made floats of the default dtype
    operator  the name of Python's operator method: it answers NotImplemented where the function raises
    scales    which operand a factor `alpha=` multiplies: 0 or 1; None: it takes none
    check     looks at operands that are not plainly two floats, and may raise
    """

    def declare(body):
        op = Op(body, (dx, dy), symbol=symbol, node_name=node_name, elementwise=True)
        op.inplace, op.check = inplace, check
        apply = _apply_to_two(op, body, floating)

        def make(name):
            # Which sides may be numbers: asked of PyTorch's signature once.  For sums and products it takes either.
            allowed = {(True, False), (False, True)} if op.name in NUMBERS_ARE_TENSORS else set()

            def call(input=MISSING, other=MISSING, *rest, out=None, alpha=None, **unknown):
                if rest or unknown:
                    raise mistaken(name, (input, other, *rest), unknown)
                if type(other) is not Tensor or type(input) is not Tensor:
                    kinds = isinstance(input, Tensor), isinstance(other, Tensor)
                    if kinds not in allowed:
                        if (wrong := told(name, (input, other), {})) is not None:
                            raise wrong
                        allowed.add(kinds)
                if out is not None and op.differentiable:
                    refuse_gradients(op.name, (input, other), out)
                found = apply(input, other) if alpha is None else _with_alpha(op, apply, scales, input, other, alpha)
                if found is NotImplemented:
                    raise mistaken(name, (input, other), {})
                if out is None:
                    return found
                if (out is input or out is other) and out._array.shape != found._array.shape:
                    raise RuntimeError(
                        f"output with shape {brackets(out._array.shape)} doesn't match the broadcast shape "
                        f"{brackets(found._array.shape)}"
                    )
                return write_out(found, out, op.name)

            return call

        if operator is not None:
            if operator in COMPARISONS:
                apply = _apply_to_two(op, body, floating, arrays=True)
            apply.__name__, apply.__doc__ = operator, body.__doc__
            setattr(Tensor, operator, apply)
        return register(op, (make(op.name), make("." + op.name)), body, method, function, aliases)

    return declare


#: Operators whose other side may be an array, as in PyTorch.
COMPARISONS = frozenset(("__eq__", "__ne__"))


def _apply_to_two(op: Op, forward: Callable, floating: bool, arrays: bool = False) -> Callable:
    """What a binary operation does with two operands; NotImplemented for what is neither tensor nor number (nor, with
    `arrays`, an array).

    Recording the node here instead of in a helper saves 7 % of the 0.8 µs that `x + y` on scalars takes.
    """
    differentiable, saves = any(rule is not None for rule in op.rules), bool(op.saves)
    # Which of x, y and out to keep depends on whose gradient is wanted: bit 1 for x, bit 2 for y.
    plans = tuple(
        tuple(any(wants >> i & 1 and k in op.needs[i] for i in (0, 1)) for k in range(3)) for wants in range(4)
    )

    def apply(x, y):
        wants = 0
        # Two tensors of one floating-point type, and floats with a plain number, need no promotion.
        try:
            a = x._array
            if type(y) is Tensor or isinstance(y, Tensor):
                b = y._array
                kind = type(a)
                plain = kind is type(b) and kind in FLOAT_SCALARS
                if not plain and (a.dtype is not b.dtype or (floating and a.dtype.kind in "biu")):
                    a, b = _promoted(op, x, y, floating)
                if y._requires_grad:
                    wants = 2
                if x._requires_grad:
                    wants += 1
                second = y._node or y
            elif (type(y) is float or type(y) is int) and ((plain := type(a) in FLOAT_SCALARS) or a.dtype.kind == "f"):
                b = second = y
                if x._requires_grad:
                    wants = 1
            else:
                raise AttributeError
            first = x._node or x
        except AttributeError:
            if not is_operand(x) or not is_operand(y):
                return wrap(forward(x.numpy(), y)) if arrays and isinstance(y, ndarray) else NotImplemented
            x, y, a, b, wants = _unlike(op, x, y, floating)
            first, second = parents((x, y))
            plain = False
        try:
            array = forward(a, b)
        except (ValueError, NotImplementedError, TypeError, AttributeError) as error:
            array = _elsewhere(op, x, y, a, b, error)
        if not plain and type(a) is type(b) is ndarray and not (a.flags.c_contiguous and b.flags.c_contiguous):
            array = as_operands_lie(array, a, b)
        tensor = new(Tensor)
        tensor._array = array
        tensor._grad = tensor._base = tensor._storage = None
        if wants and differentiable and mode.enabled:
            tensor._node = node = Node()
            tensor._requires_grad = True
            node.op = op
            node.parents = (first, second)
            if saves:
                keeps_x, keeps_y, keeps_out = plans[wants]
                node.saved = (x if keeps_x else None, y if keeps_y else None, array if keeps_out else None)
            else:
                node.saved = ()
            node.extras = ()
            node.time = tick()
            node.out = array if plain or array.nbytes <= KEEP_BYTES else Meta(array.shape, array.dtype)
            node.storage = node.hooks = None
            if watchers:
                announce(node)
        else:
            tensor._node = None
            tensor._requires_grad = False
            if inferring and mode.inference:
                tensor._storage = InferenceStorage()
        return tensor

    return apply


def _promoted(op: Op, x: Tensor, y: Tensor, floating: bool):
    """The arrays of two tensors in their common dtype, after the operation's own look at them."""
    if op.check is not None:
        op.check(x, y)
    return pair(x, y, floating)


def _unlike(op: Op, x, y, floating: bool) -> tuple:
    """The operands, their arrays and whose gradient is wanted, where one is a number or the types differ."""
    x, y = operands(op, x, y)
    wants = sum(1 << i for i, each in enumerate((x, y)) if isinstance(each, Tensor) and each._requires_grad)
    return x, y, *pair(x, y, floating), wants


def mistaken(name: str, args: tuple, kwargs: dict) -> Exception:
    """The error for a call of `name` whose arguments do not fit."""
    wrong = next((i for i, each in enumerate(args) if not isinstance(each, Tensor)), 0)
    shown = ("input", "other", "out")[min(wrong, 2)]
    return told(name, args, kwargs, wrong_argument(name.removeprefix("."), shown, wrong + 1, "Tensor", args[wrong]))


def is_operand(value) -> bool:
    """Whether an operator takes `value`: a tensor or a number.  Arrays are left to NumPy, as PyTorch leaves them."""
    return isinstance(value, Tensor) or is_number(value)


def attach_operator(name: str, call, reflected: bool = False, numbers: bool = True):
    """Make `call` Python's operator method `name`.

    For what is neither tensor nor number Python is told to look elsewhere, and makes its own error if there is nowhere.
    """

    def apply(x, y):
        if not isinstance(y, Tensor) and not (numbers and is_operand(y)):
            return NotImplemented
        return call(y, x) if reflected else call(x, y)

    apply.__name__, apply.__doc__ = name, call.__doc__
    setattr(Tensor, name, apply)


#: The operations that take `alpha=`, with it: what their nodes then are, by the name without.
SCALED: dict[str, Op] = {}


def _with_alpha(op: Op, apply: Callable, scales: int | None, x, y, alpha):
    """The operation with one of its operands multiplied by `alpha`: two steps that leave one node behind."""
    if scales is None:
        raise TypeError(f"{op.name}() got an unexpected keyword argument 'alpha'")
    if op.check is not None:
        op.check(x, y)
    given = [x, y]
    factor, wanted = given[scales], result_dtype(x, y)
    if isinstance(alpha, bool) and wanted is not dtypes.bool_:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and not (wanted.is_floating_point or wanted.is_complex):
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if isinstance(factor, Tensor):
        given[scales] = factor.to(wanted) * (bool(alpha) if wanted is dtypes.bool_ else alpha)
    else:
        given[scales] = factor * alpha
    found = apply(*given)
    if isinstance(factor, Tensor) and isinstance(found, Tensor) and (node := found._node) is not None:
        parents = list(node.parents)
        parents[scales] = factor._node or factor
        node.op, node.parents, node.extras = SCALED[op.name], tuple(parents), (alpha,)
    return found


def operands(op: Op, x, y):
    """The two operands of a binary operation, each a tensor or a number, at least one of them a tensor."""
    if not isinstance(x, Tensor) and not isinstance(y, Tensor):
        x = wrap(numpy.asarray(x)[()])
        x._array = x._array.astype(number_dtype(x._array.item()).numpy)  # torch.add(1, 2) is a tensor too
    if op.check is not None:
        op.check(x, y)
    return x, y


def _elsewhere(op: Op, x, y, a, b, error: Exception):
    """What a binary operation gives that went wrong on bare arrays: run where they are, or its error."""
    if not isinstance(error, ValueError) and (on_gpu(a) or on_gpu(b)):
        try:
            return op.forward(a, b)
        except (ValueError, NotImplementedError, TypeError) as found:
            error = found
    raise _refused(op, x, y, a, error) from None


def _refused(op: Op, x, y, a, error: Exception) -> Exception:
    """PyTorch's error where a binary operation could not be carried out: it looks at the shapes first, then whether
    there is a kernel for the dtype."""
    found = broadcast_error(x, y, error)
    if found is error and isinstance(error, TypeError) and a.dtype.kind == "c":
        return not_implemented(f"{op.name}_cpu", dtypes.from_numpy(a.dtype).cpp_name)
    return found


def broadcast_error(x, y, error: Exception) -> Exception:
    """PyTorch's words for shapes that do not broadcast; any other ValueError as it is."""
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        try:
            np.broadcast_shapes(x._array.shape, y._array.shape)
        except ValueError:
            from .named import name_of

            return cannot_broadcast(x._array.shape, y._array.shape, (name_of(x._array), name_of(y._array)))
    return error
