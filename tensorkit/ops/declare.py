"""How an operation is declared: one function, its forward pass, under a decorator that holds its derivatives.

    @binary(lambda g, y: g * y, lambda g, x: g * x, symbol="*")
    def mul(x, y):
        '''Multiply two tensors element by element.'''
        return x * y

The body computes on NumPy arrays.  A derivative rule takes the gradient `g` of the result and gives the gradient of one
operand; it is written in the library's own operations, so that it can be differentiated again.  What a rule
names is what is kept for it: an operand (`x`, `y`), the result (`out`, or one of several by name), an argument that
is no operand (`dim`), or an operand's shape (`x_shape`, which keeps only that).  None stands for "not differentiable".

The engine sums each gradient back to its operand's shape and casts it to its dtype, so no rule mentions either.

From a declaration follow the function, the method, the in-place method (`inplace.py`), the node's name, and the entry
in `REGISTRY` from which tests and documentation are made.  Three factories: `unary` and `binary`, written out for
speed, since most of what a learner does goes through them; and `op` for everything else.
"""

import numpy as np

from .. import dtypes
from ..errors import cannot_broadcast, kind, missing_arguments, not_implemented, wrong_argument
from ..storage import InferenceStorage
from ..tape import KEEP_BYTES, Meta, Node, announce, inferring, mode, record, tick, watchers
from ..tensor import Tensor, memory, new, view, wrap
from .op import FLOAT_SCALARS, REGISTRY, Op, argument_names, output, overwritten
from .promote import cast, is_number, number_dtype, pair, result_dtype
from .publish import FUNCTIONS, MISSING, function, method, register, told, write_out

__all__ = [
    "FLOAT_SCALARS", "FUNCTIONS", "REGISTRY", "Op", "argument_names", "attach_operator", "binary", "bind",
    "broadcast_error", "function", "is_operand", "method", "op", "operands", "output", "overwritten",
    "record_view", "recorded", "unary", "write_out",
]  # fmt: skip

#: PyTorch's argument names, and NumPy's that it takes too, for the short ones of the bodies.
SPELLINGS = {"input": "x", "self": "x", "other": "y", "axis": "dim", "keepdims": "keepdim", "x": "x", "mat2": "y",
             "vec2": "y", "vec": "y", "tensor": "x", "exponent": "y"}  # fmt: skip

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
        saves_x, saves_out = (name in argument_names(rule) if rule else False for name in ("x", "out"))
        differentiable, saves, forward = rule is not None, saves_x or saves_out, body

        def make(name):
            def call(input=MISSING, *rest, out=None, **unknown):
                if rest or unknown:
                    raise mistaken(name, (input, *rest), unknown)
                try:
                    array = input._array
                except AttributeError:
                    raise mistaken(name, (input,), {}) from None
                if type(array) not in FLOAT_SCALARS and (kind := array.dtype.kind) in "biu":
                    if kind == "b" and not bools:
                        raise _unsupported(kernel or op.name, input)
                    if floating:
                        array = array.astype(dtypes.get_default_dtype().numpy)
                array = forward(array)
                tensor = new(Tensor)
                tensor._array = array
                tensor._grad = tensor._base = tensor._storage = None
                if differentiable and input._requires_grad and mode.enabled:
                    tensor._node = node = new(Node)
                    tensor._requires_grad = True
                    node.op = op
                    node.parents = (input._node or input,)
                    if saves:
                        node.saved = (input if saves_x else None, array if saves_out else None)
                    else:
                        node.saved = ()
                    node.extras = ()
                    node.time = tick()
                    node.out = (
                        array
                        if type(array) is not ndarray or array.nbytes <= KEEP_BYTES
                        else Meta(array.shape, array.dtype)
                    )
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

        return register(op, (make(op.name), make("." + op.name)), body, method, aliases=aliases)

    return declare


def _unsupported(kernel: str, tensor: Tensor) -> NotImplementedError:
    return not_implemented(kernel, tensor.dtype.cpp_name)


def binary(dx=None, dy=None, *, floating=False, symbol=None, node_name=None, method=True, aliases=(), inplace=True,
           operator=None, scales=False, check=None):  # fmt: skip
    """Declare an operation on the elements of two operands that broadcast together; either may be a Python number.

    dx, dy    the derivatives of `x` and `y`, naming what they need of `x`, `y` and `out`; None: not differentiable
    floating  whole numbers are first made floats of the default dtype
    operator  the name of Python's operator method: it answers NotImplemented where the function raises
    scales    takes `alpha=`, a factor for `y`
    check     looks at operands that are not plainly two floats, and may raise
    """

    def declare(body):
        op = Op(body, (dx, dy), symbol=symbol, node_name=node_name, elementwise=True)
        op.inplace, op.check = inplace, check
        differentiable, saves, forward = dx is not None or dy is not None, bool(op.saves), body
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
                    if type(a) is ndarray or type(a) is not type(b):
                        if a.dtype is not b.dtype or (floating and a.dtype.kind in "biu"):
                            if check is not None:
                                check(x, y)
                            a, b = pair(x, y, floating)
                    elif floating and type(a) not in FLOAT_SCALARS:
                        a, b = pair(x, y, floating)
                    if y._requires_grad:
                        wants = 2
                    if x._requires_grad:
                        wants += 1
                elif (type(y) is float or type(y) is int) and (type(a) in FLOAT_SCALARS or a.dtype.kind == "f"):
                    b = y
                    if x._requires_grad:
                        wants = 1
                else:
                    raise AttributeError
            except AttributeError:
                if not is_operand(x) or not is_operand(y):
                    return NotImplemented
                x, y = operands(op, x, y)
                a, b = pair(x, y, floating)
                wants = sum(1 << i for i, each in enumerate((x, y)) if isinstance(each, Tensor) and each._requires_grad)
            try:
                array = forward(a, b)
            except ValueError as error:
                raise broadcast_error(x, y, error) from None
            tensor = new(Tensor)
            tensor._array = array
            tensor._grad = tensor._base = tensor._storage = None
            if wants and differentiable and mode.enabled:
                tensor._node = node = new(Node)
                tensor._requires_grad = True
                node.op = op
                node.parents = (
                    (x._node or x) if isinstance(x, Tensor) else x,
                    (y._node or y) if isinstance(y, Tensor) else y,
                )
                if saves:
                    keeps_x, keeps_y, keeps_out = plans[wants]
                    node.saved = (x if keeps_x else None, y if keeps_y else None, array if keeps_out else None)
                else:
                    node.saved = ()
                node.extras = ()
                node.time = tick()
                node.out = (
                    array
                    if type(array) is not ndarray or array.nbytes <= KEEP_BYTES
                    else Meta(array.shape, array.dtype)
                )
                node.storage = node.hooks = None
                if watchers:
                    announce(node)
            else:
                tensor._node = None
                tensor._requires_grad = False
                if inferring and mode.inference:
                    tensor._storage = InferenceStorage()
            return tensor

        def make(name):
            def call(input=MISSING, other=MISSING, *rest, out=None, alpha=None, **unknown):
                if rest or unknown:
                    raise mistaken(name, (input, other, *rest), unknown)
                found = apply(input, other if alpha is None else scaled(op, scales, other, alpha))
                if found is NotImplemented:
                    raise mistaken(name, (input, other), {})
                return found if out is None else write_out(found, out, op.name)

            return call

        if operator is not None:
            apply.__name__, apply.__doc__ = operator, body.__doc__
            setattr(Tensor, operator, apply)
        return register(op, (make(op.name), make("." + op.name)), body, method, aliases=aliases)

    return declare


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


def scaled(op: Op, scales: bool, other, alpha):
    """`alpha * other`, for the operations that take `alpha=`."""
    if not scales:
        raise TypeError(f"{op.name}() got an unexpected keyword argument 'alpha'")
    if isinstance(alpha, float) and not (isinstance(other, float) or getattr(other, "is_floating_point", bool)()):
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    return other * alpha


def operands(op: Op, x, y):
    """The two operands of a binary operation, each a tensor or a number, at least one of them a tensor."""
    if not isinstance(x, Tensor) and not isinstance(y, Tensor):
        x = wrap(np.asarray(x)[()])
        x._array = x._array.astype(number_dtype(x._array.item()).numpy)  # torch.add(1, 2) is a tensor too
    if op.check is not None:
        op.check(x, y)
    return x, y


def broadcast_error(x, y, error: ValueError) -> Exception:
    """PyTorch's words for shapes that do not broadcast; any other ValueError as it is."""
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        try:
            np.broadcast_shapes(x._array.shape, y._array.shape)
        except ValueError:
            return cannot_broadcast(x._array.shape, y._array.shape)
    return error


def op(*, outputs=("out",), result=None, symbol=None, node_name=None, name=None, function=True, method=True, aliases=(),
       inplace=False, views=False, gather=None, optional=(), variadic=False, **rules):  # fmt: skip
    """Declare any other operation: `@op(x=rule, …)` names the operands and their derivatives, in the body's order.

    outputs   names of the results; the ones that are floating-point are differentiable
    result    what to make of several results (a named tuple); default: a plain tuple
    gather    name of an argument that may be given piece by piece: `x.permute(1, 0)`
    views     the result is a view of the first operand's memory
    optional  operands that may be left out (None) or be Python numbers
    variadic  the first argument is a list of tensors; its rule is called as rule(g, i, …) for the i-th of them

    With several differentiable outputs, `g` is a list with one gradient (or None) for each.
    """

    def declare(body):
        names = argument_names(body)
        operand_names = tuple(rules) or names[:1]
        if names[: len(operand_names)] != operand_names:
            raise TypeError(f"{body.__name__}: rules must name the first arguments in order")
        record_ = Op(
            body, tuple(rules.get(each) for each in operand_names), symbol=symbol, node_name=node_name, outputs=outputs,
            name=name, variadic=variadic,
        )  # fmt: skip
        record_.inplace = inplace
        defaults = _defaults(body, names)
        count = len(operand_names)
        run = _run_variadic if variadic else (_run_view if views else _run)

        def make(name):
            def call(*args, out=None, **kwargs):
                try:
                    given = args
                    if gather is not None and len(args) > count and isinstance(args[count], (int, Tensor, np.integer)):
                        if name[0] != "." and (wrong := told(name, args, kwargs)) is not None:
                            raise wrong
                        given = (*args[:count], tuple(args[count:]))
                    if kwargs or len(given) != len(names):
                        given = bind(record_, names, defaults, given, kwargs)
                    found = run(record_, given[:count], given[count:], optional)
                except (TypeError, AttributeError) as error:
                    better = told(name, args, kwargs, error)
                    if better is error:
                        raise
                    raise better from None
                if result is not None and type(found) is tuple:
                    found = result(*found)
                return found if out is None else write_out(found, out)

            return call

        calls = make(record_.name), make("." + record_.name)
        register(record_, calls, body, method, function, aliases)
        return calls[gather is not None]  # within the package the more lenient of the two

    return declare


def _defaults(body, names: tuple) -> dict:
    given = body.__defaults__ or ()
    positional = body.__code__.co_argcount
    defaults = dict(zip(names[positional - len(given) : positional], given, strict=True))
    defaults.update(body.__kwdefaults__ or {})
    return defaults


def bind(op: Op, names: tuple, defaults: dict, args: tuple, kwargs: dict) -> tuple:
    """The arguments of a call in the order of the body, with PyTorch's second spellings and the defaults put in."""
    if len(args) > len(names):
        raise TypeError(
            f"{op.name}() takes {len(names)} positional argument{'s' * (len(names) != 1)} but {len(args)} were given"
        )
    bound = dict(zip(names, args, strict=False))
    unknown = [each for each in kwargs if each not in names and SPELLINGS.get(each) not in names]
    if unknown and any(name not in bound and name not in defaults and name not in kwargs for name in names):
        kwargs = {name: value for name, value in kwargs.items() if name not in unknown}  # the missing one is told first
    for spelled, value in kwargs.items():
        name = spelled if spelled in names else SPELLINGS.get(spelled, spelled)
        if name not in names or name in bound:
            if spelled in ("requires_grad", "device", "memory_format", "dtype") and value in (None, False):
                continue
            problem = "got multiple values for argument" if name in bound else "got an unexpected keyword argument"
            raise TypeError(f"{op.name}() {problem} '{spelled}'")
        bound[name] = value
    missing = [name for name in names if name not in bound and name not in defaults]
    if missing:
        if bound and not isinstance(args[0] if args else next(iter(bound.values())), (Tensor, list, tuple)):
            raise wrong_argument(op.name, "input", 1, "Tensor", next(iter(bound.values())))
        raise missing_arguments(op.name, [{"x": "input", "y": "other"}.get(name, name) for name in missing])
    return tuple([bound[name] if name in bound else defaults[name] for name in names])


def _arrays(op: Op, given: tuple, optional) -> list:
    arrays = []
    for i, operand in enumerate(given):
        if isinstance(operand, Tensor):
            arrays.append(operand._array)
        elif op.operands[i] in optional or (i and is_number(operand)):
            arrays.append(operand)
        else:
            shown = {"x": "input", "y": "other"}.get(op.operands[i], op.operands[i])
            raise wrong_argument(op.name, shown, i + 1, "Tensor", operand)
    return arrays


def _wants_grad(given) -> bool:
    if mode.enabled:
        for operand in given:
            if isinstance(operand, Tensor) and operand._requires_grad:
                return True
    return False


def _parents(given) -> tuple:
    return tuple([(each._node or each) if isinstance(each, Tensor) else each for each in given])


def _run(op: Op, given: tuple, extras: tuple, optional):
    results = op.forward(*_arrays(op, given, optional), *extras)
    if not _wants_grad(given) or not any(op.rules):
        return wrap(results) if type(results) is not tuple else tuple([wrap(each) for each in results])
    return recorded(op, given, extras, results)


def recorded(op: Op, given: tuple, extras: tuple, results):
    """The results as tensors with their history: one node for the operation, behind it one `Output` for each of
    several floating-point results."""
    several = type(results) is tuple
    arrays = results if several else (results,)
    saved = ()
    if op.saves:
        wanted = {
            name
            for i, rule in enumerate(op.rules)
            if rule is not None and isinstance(given[i], Tensor) and given[i]._requires_grad
            for name in argument_names(rule)[1:]
        }  # of variadic operations this is never asked
        values = dict(zip(op.operands, given, strict=True)) | dict(zip(op.outputs, arrays, strict=True))
        saved = tuple([values[name] if name in wanted else None for name in op.saves])
    for i in op.shapes:
        extras += (given[i]._array.shape if isinstance(given[i], Tensor) else (),)
    differentiable = [array.dtype.kind in "fcV" for array in arrays]
    if not any(differentiable):
        return wrap(results) if not several else tuple([wrap(each) for each in results])
    if sum(differentiable) == 1:
        node = record(op, _parents(given), saved, extras, arrays[differentiable.index(True)])
        nodes = [node] * len(arrays)
    else:
        node = record(op, _parents(given), saved, extras, arrays[0])
        nodes = [output(node, i, array) for i, array in enumerate(arrays)]
    tensors = []
    for array, made, follows in zip(arrays, nodes, differentiable, strict=True):
        tensor = wrap(array)
        if follows:
            tensor._node, tensor._requires_grad = made, True
        tensors.append(tensor)
    return tuple(tensors) if several else tensors[0]


def _run_view(op: Op, given: tuple, extras: tuple, optional):
    if not isinstance(given[0], Tensor):
        raise wrong_argument(op.name, "input", 1, "Tensor", given[0])
    return record_view(op, given[0], extras, op.forward(memory(given[0]), *extras))


def record_view(op: Op, x: Tensor, extras: tuple, array):
    """A view of `x` made by `op`, with its history if there is one."""
    node = None
    if x._requires_grad and mode.enabled:
        for _ in op.shapes:
            extras += (x._array.shape,)
        node = record(op, (x._node or x,), (), extras, array)
    shared = view(x, array, node)
    if x._requires_grad and array.dtype.kind not in "biu":
        shared._requires_grad = True  # also where nothing is recorded: PyTorch has it so
    return shared


def _run_variadic(op: Op, given: tuple, extras: tuple, optional):
    if not isinstance(given[0], (tuple, list)):
        raise wrong_argument(op.name, "tensors", 1, "tuple of Tensors", given[0])
    tensors = tuple(given[0])
    for i, each in enumerate(tensors):
        if not isinstance(each, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {kind(each)}")
    if len({each._array.dtype for each in tensors}) > 1:
        wanted = result_dtype(*tensors)
        array = op.forward([cast(each, wanted) for each in tensors], *extras)
    else:
        array = op.forward([each._array for each in tensors], *extras)
    if not _wants_grad(tensors):
        return wrap(array)
    tensor = wrap(array)
    saved = (tensors,) if op.saves else ()
    shapes = (tuple([each._array.shape for each in tensors]),) if op.shapes else ()
    tensor._node = record(op, _parents(tensors), saved, extras + shapes, array)
    tensor._requires_grad = True
    return tensor
