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
in `REGISTRY` from which tests and documentation are made.  Three factories: `unary` and `binary` in `elementwise.py`,
since most of what a learner does goes through them; and `op`, here, for everything else.
"""

from ..array_modules import np
from ..errors import kind, wrong_argument
from ..tape import mode, record
from ..tensor import Tensor, memory, view, wrap
from .binding import bind, defaults_of
from .elementwise import attach_operator, binary, broadcast_error, is_operand, operands, unary
from .fragile import MULTI_VIEWS, note_fragile
from .layout import rows as row_by_row
from .op import FLOAT_SCALARS, REGISTRY, Op, argument_names, output, overwritten, parents
from .promote import cast, is_number, result_dtype
from .publish import FUNCTIONS, MISSING, function, method, refuse_gradients, register, told, write_out

__all__ = [
    "FLOAT_SCALARS", "FUNCTIONS", "REGISTRY", "Op", "argument_names", "attach_operator", "behind", "binary", "bind",
    "broadcast_error", "function", "is_operand", "method", "op", "operands", "output", "overwritten",
    "record_view", "record_views", "recorded", "unary", "write_out",
]  # fmt: skip


def op(*, outputs=("out",), result=None, symbol=None, node_name=None, name=None, function=True, method=True, aliases=(),
       inplace=False, views=False, gather=None, optional=(), variadic=False, steps=None, strict=False, rows=False,
       layout=None, width=None, **rules):  # fmt: skip
    """Declare any other operation: `@op(x=rule, …)` names the operands and their derivatives, in the body's order.

    outputs   names of the results; the ones that are floating-point are differentiable
    result    what to make of several results (a named tuple); default: a plain tuple
    gather    name of an argument that may be given piece by piece: `x.permute(1, 0)`
    views     the result is a view of the first operand's memory
    optional  operands that may be left out (None) or be Python numbers
    variadic  the first argument is a list of tensors; its rule is called as rule(g, i, …) for the i-th of them
    steps     names of the nodes that PyTorch makes on the way, which are one here
    rows      the result lies in memory row by row, in whatever order of dimensions the operands lie
    layout    a function of `layout.py`: how else the result lies
    width     how many results there are, as a function of the arguments, where the operation alone does not tell
    strict    the argument after the operands may be left out, but is no None that stands for that

    With several differentiable outputs, `g` is a list with one gradient (or None) for each.
    """

    def declare(body):
        names = argument_names(body)
        operand_names = tuple(rules) or names[:1]
        if names[: len(operand_names)] != operand_names:
            raise TypeError(f"{body.__name__}: rules must name the first arguments in order")
        made = Op(
            body, tuple(rules.get(each) for each in operand_names), symbol=symbol, node_name=node_name, outputs=outputs,
            name=name, variadic=variadic,
        )  # fmt: skip
        made.inplace, made.steps, made.width, made.views = inplace, steps, width, views
        made.layout = row_by_row if rows else layout
        if width is not None:
            made.bare = ()  # its rule takes lists, which it sees as tensors only
        run = _run_variadic if variadic else (_run_view if views else _run)
        gathers = gather is not None
        # PyTorch looks at the types of all arguments of a call before anything else.
        misfits = Exception if function and not body.__name__.startswith("_") else (TypeError, AttributeError)
        defaults = defaults_of(body, names)
        # What to add to so many arguments, given in their places, so that defaults stand in the others.
        rests = {n: tuple(map(defaults.get, names[n:])) for n in range(len(operand_names), len(names) + 1)
                 if all(name in defaults for name in names[n:])}  # fmt: skip
        plan = (made, run, names, defaults, rests, gathers, optional, result, strict, misfits)
        calls = _call_of_any(made.name, *plan), _call_of_any("." + made.name, *plan)
        register(made, calls, body, method, function, aliases)
        return calls[gathers]  # within the package the more lenient of the two

    return declare


def behind(**settings):
    """Declare an operation that stands behind functions, and is neither a function of `torch` nor a method itself."""
    return op(function=False, method=False, **settings)


def _call_of_any(name: str, op: Op, run, names: tuple, defaults: dict, rests: dict, gathers: bool, optional: tuple,
                 result, strict: bool, misfits):  # fmt: skip
    """The function of an operation, or (`name` with a dot before it) its method."""
    count, is_method = len(op.operands), name[0] == "."
    alone = count + strict  # so many arguments are not gathered: `x.squeeze(0)` has one dimension, not a tuple of them

    def call(*args, out=MISSING, **kwargs):
        try:
            if out is MISSING:
                out = None
            elif is_method:  # PyTorch's methods have no `out`; NumPy's functions give it to them
                raise TypeError(f"{op.name}() got an unexpected keyword argument '{next(iter(kwargs), 'out')}'")
            given = args
            if gathers and len(args) > alone and isinstance(args[count], (int, Tensor, np.integer)):
                if name[0] != "." and (wrong := told(name, args, kwargs)) is not None:
                    raise wrong
                given = (*args[:count], tuple(args[count:]))
            plain = not strict or type(args[count] if len(args) > count else kwargs.get("dim", 0)) is int
            if not plain and (wrong := told(name, args, kwargs)) is not None:
                raise wrong
            rest = None if kwargs else rests.get(len(given))
            given = bind(op, names, defaults, given, kwargs) if rest is None else given + rest
            if out is not None and names[-1] == "dtype" and given[-1] is None and isinstance(out, Tensor):
                given = (*given[:-1], out.dtype)  # what it is written to says in which type it is computed
            if out is not None and op.differentiable:
                refuse_gradients(op.name, given[:count], out)
                if op.name in ("amax", "amin"):
                    _refuse_other_dtype(given[0], out)
            found = run(op, given[:count], given[count:], optional)
        except misfits as error:
            better = told(name, args, kwargs, error)
            if better is error:
                raise
            raise better from None
        if result is not None and type(found) is tuple:
            found = result(*found)
        return found if out is None else write_out(found, out)

    return call


def _refuse_other_dtype(x, out) -> None:
    if isinstance(x, Tensor) and isinstance(out, Tensor) and x.dtype is not out.dtype:
        raise RuntimeError(
            f"Expected the dtype for input and out to match, but got {x.dtype.cpp_name} for input's dtype and "
            f"{out.dtype.cpp_name} for out's dtype."
        )


def _arrays(op: Op, given: tuple, optional) -> tuple[list, int]:
    """The operands' arrays, and which of them want a gradient: bit i for operand i."""
    arrays, wants = [], 0
    for i, operand in enumerate(given):
        if isinstance(operand, Tensor):
            arrays.append(operand._array)
            if operand._requires_grad:
                wants |= 1 << i
        elif op.operands[i] in optional or (i and is_number(operand)):
            arrays.append(operand)
        else:
            shown = {"x": "input", "y": "other"}.get(op.operands[i], op.operands[i])
            raise wrong_argument(op.name, shown, i + 1, "Tensor", operand)
    return arrays, wants


def _run(op: Op, given: tuple, extras: tuple, optional):
    arrays, wants = _arrays(op, given, optional)
    results = op.forward(*arrays, *extras)
    if op.layout is not None:
        results = op.layout(results, arrays)
    if wants and mode.enabled and op.differentiable:
        return recorded(op, given, extras, results, wants)
    return wrap(results) if type(results) is not tuple else tuple([wrap(each) for each in results])


def recorded(op: Op, given: tuple, extras: tuple, results, wants: int):
    """The results as tensors with their history: one node for the operation, behind it one `Output` for each of
    several floating-point results.  `wants` has bit i set where operand i wants a gradient."""
    for i in op.shapes:
        extras += (given[i]._array.shape if isinstance(given[i], Tensor) else (),)
    if type(results) is not tuple:
        tensor = wrap(results)
        if results.dtype.kind in "fcV":
            saved = op.kept(wants, given, (results,)) if op.saves else ()
            tensor._node = record(op, parents(given), saved, extras, results)
            tensor._requires_grad = True
        return tensor
    differentiable = [array.dtype.kind in "fcV" for array in results]
    tensors = tuple([wrap(each) for each in results])
    # A differentiable result is kept as an array (its tensor would hold the node), indices as the tensor they are.
    kept = tuple([array if follows else tensor
                  for array, tensor, follows in zip(results, tensors, differentiable, strict=True)])  # fmt: skip
    saved = op.kept(wants, given, kept) if op.saves else ()
    if any(differentiable):
        several = sum(differentiable) > 1
        node = record(op, parents(given), saved, extras, results[0 if several else differentiable.index(True)])
        for i, (tensor, follows) in enumerate(zip(tensors, differentiable, strict=True)):
            place = output(node, i, results[i]) if several else node
            if follows:
                tensor._node, tensor._requires_grad = place, True
    return tensors


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
    if node is not None and (x._base is not None or op.node_name in MULTI_VIEWS):
        note_fragile(shared, x)
    if x._requires_grad and array.dtype.kind not in "biu":
        shared._requires_grad = True  # also where nothing is recorded: PyTorch has it so
    return shared


def record_views(op: Op, x: Tensor, extras: tuple) -> tuple:
    """The views of `x` that `op` makes at once, with their history if there is one: one node that has them all as its
    outputs."""
    arrays = op.forward(memory(x), *extras)
    if not (arrays and x._requires_grad and mode.enabled):
        return tuple([record_view(op, x, extras, array) for array in arrays])
    node = record(op, (x._node or x,), (), (*extras, x._array.shape), arrays[0])
    views = []
    for i, array in enumerate(arrays):
        views.append(view(x, array, output(node, i, array)))
        note_fragile(views[-1], x)
    return tuple(views)


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
    tensor = wrap(array)
    if not mode.enabled or not any(each._requires_grad for each in tensors):
        return tensor
    saved = (tensors,) if op.saves else ()
    shapes = (tuple([each._array.shape for each in tensors]),) if op.shapes else ()
    tensor._node = record(op, parents(tensors), saved, extras + shapes, array)
    tensor._requires_grad = True
    return tensor
