"""What an operation is: its forward pass, its derivatives, and what they need.

The factories that make these records stand in `declare.py`, their publication as functions and methods in `publish.py`.
"""

from .. import dtypes
from ..array_modules import np
from ..tape import RELEASED, Node, Output, Packed, anomaly, keep, tick
from ..tensor import Tensor, new, wrap

#: Every declared operation by name, in the order of declaration.
REGISTRY: dict[str, "Op"] = {}

FLOAT_SCALARS = frozenset((np.float32, np.float64))


def argument_names(function) -> tuple:
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def parents(given: tuple) -> tuple:
    """What stands on the tape for operands: the node that made each, or the operand itself."""
    return tuple([(each._node or each) if isinstance(each, Tensor) else each for each in given])


class Op:
    """A declared operation.

    forward    the body: arrays in, array out
    operands   the names of the arguments that are tensors
    extras     the names of the others, then `x_shape` and the like where a rule asks for one
    outputs    the names of the results, usually just 'out'
    rules      one derivative per operand, or None
    saves      the names of the values kept for the rules: operands and outputs
    needs      for each rule, where its arguments stand: i in `saved`, ~i in `extras`
    numeric    the places in `saved` of operands that are computed with; others are indices
    bare       the rules on bare arrays (`bare.py`), found when a backward pass first comes by
    views      the result is a view of the first operand's memory
    layout     a function of `layout.py` that gives the results the order in memory that they have in PyTorch, or None
    width      how many outputs a node has, by its extras, where that depends on the call; else None
    steps      names of the nodes that PyTorch leaves in front of its node for this operation (or a function that finds
               them for a node), nearest to the operand first: `next_functions` shows them
    """

    __slots__ = (
        "name", "forward", "symbol", "operands", "extras", "outputs", "rules", "saves", "needs", "shapes", "node_name",
        "family", "function", "inplace", "variadic", "method", "check", "steps", "bare", "numeric", "layout",
        "differentiable", "width", "views", "_plans",
    )  # fmt: skip

    whole = None  # of an operation with one rule for all its operands (a user's Function): the method that calls it

    def __init__(self, forward, rules, *, symbol=None, node_name=None, outputs=("out",), name=None, variadic=False,
                 elementwise=False):  # fmt: skip
        names = argument_names(forward)
        self.forward = forward
        self.name = name or forward.__name__.rstrip("_").removeprefix("_")
        self.symbol = symbol
        self.operands = names[: len(rules)]
        self.outputs = outputs
        self.rules = tuple(rules)
        self.variadic = variadic
        self.family = forward.__module__.rpartition(".")[2]
        self.node_name = node_name or _camel(self.name) + "Backward0"
        self.inplace = self.views = False
        self.layout = self.function = self.method = self.check = self.steps = self.bare = self.width = None
        self._plan_saving(names[len(rules) :], elementwise)

    def _plan_saving(self, extras: tuple, elementwise: bool) -> None:
        first = 2 if self.variadic else 1  # past `g`, and past the operand's number
        wanted = [argument_names(rule)[first:] if rule else () for rule in self.rules]
        named = {name for names in wanted for name in names}
        self.shapes = tuple(i for i, name in enumerate(self.operands) if name + "_shape" in named)
        self.extras = extras + tuple(self.operands[i] + "_shape" for i in self.shapes)
        self.saves = tuple(name for name in self.operands + self.outputs if name in named)
        if elementwise and self.saves:
            self.saves = self.operands + self.outputs  # a fixed place for each, None where it is not needed
        self.needs = tuple(
            tuple(self.saves.index(name) if name in self.saves else ~self.extras.index(name) for name in names)
            for names in wanted
        )
        self.numeric = frozenset(
            k for k, name in enumerate(self.saves)
            if name in self.operands and (elementwise or self.rules[self.operands.index(name)])
        )  # fmt: skip
        self.differentiable = any(rule is not None for rule in self.rules)
        self._plans: dict[int, tuple] = {}

    def kept(self, wants: int, given: tuple, results: tuple) -> tuple:
        """What a node saves when the operands with a bit in `wants` want a gradient: values in the order of `saves`,
        None for those that only other operands' rules need."""
        plan = self._plans.get(wants)
        if plan is None:
            needed = {k for i, needs in enumerate(self.needs) if wants >> i & 1 for k in needs if k >= 0}
            places = self.operands + self.outputs
            plan = tuple(places.index(name) if k in needed else None for k, name in enumerate(self.saves))
            self._plans[wants] = plan
        values = given + results
        return tuple([None if place is None else values[place] for place in plan])

    def name_of(self, node: Node) -> str:
        """PyTorch's name for a node of this operation; for some it depends on how the operation was called."""
        return self.node_name if isinstance(self.node_name, str) else self.node_name(node)

    def unpack(self, node: Node, name: str, value, several: bool = False):
        """A saved value as a tensor again, after looking whether it was overwritten since.

        An output was saved as a bare array (a tensor would hold its node, and the node the tensor): it
        is wrapped anew around the node, so that it can be differentiated; around a place of its own behind the
        node, if the node has `several` differentiable outputs.
        """
        packed = type(value) is Packed
        if packed:  # what hooks keep is theirs: nobody knows of writes to it
            value = value.restore()
        if name in self.outputs and type(value) is not Tensor:  # indices among the results were saved as tensors
            storage, index = None if packed else node.storage, 0
            if type(storage) is dict:
                index = self.outputs.index(name)
                storage = storage.get(index)
            if storage is not None and storage.writes and storage.writes[-1] > node.time and value.dtype.kind in "fcV":
                raise overwritten(value, storage, node.time, node, index)
            tensor = wrap(value)
            if value.dtype.kind in "fcV":
                tensor._node = output(node, self.outputs.index(name), value) if several else node
                tensor._requires_grad = True
            return tensor
        if isinstance(value, Tensor):
            storage = value._storage
            if storage is not None and storage.writes and storage.writes[-1] > node.time:
                raise overwritten(value._array, storage, node.time, value._node, view=value._base is not None)
        return value

    def vjp(self, node: Node, i: int, g):
        """The gradient of operand `i`, given the gradient `g` of the result: rule `i` with what it needs."""
        if self.variadic:
            return self.rules[0](g, i, *self.needed(node, self.needs[0]))
        needs = self.needs[i]
        if len(needs) == 1:  # most rules; written out, for this is the backward pass's inner loop
            (k,) = needs
            if k < 0:
                return self.rules[i](g, node.extras[~k])
            saved = node.saved
            if saved is None:
                raise RuntimeError(RELEASED)
            value = saved[k]
            if type(value) is not Tensor or value._storage is not None:
                value = self.unpack(node, self.saves[k], value, type(g) is list)
            return self.rules[i](g, value)
        return self.rules[i](g, *self.needed(node, needs, type(g) is list)) if needs else self.rules[i](g)

    def needed(self, node: Node, needs: tuple, several: bool = False) -> list:
        """The values that a rule names: those at `needs`, unpacked."""
        saved, extras, saves = node.saved, node.extras, self.saves
        if saved is None and saves:
            raise RuntimeError(RELEASED)
        return [self.unpack(node, saves[k], saved[k], several) if k >= 0 else extras[~k] for k in needs]


def overwritten(array, storage, time: int, maker, index: int = 0, view: bool = False) -> RuntimeError:
    """PyTorch's error for a saved value that an in-place operation changed before the backward pass came for it."""
    kind = dtypes.from_numpy(array.dtype)
    advice = (
        "the backtrace further above shows the operation that failed to compute its gradient. The variable in question "
        "was changed in there or anywhere later. Good luck!"
        if anomaly.enabled
        else "enable anomaly detection to find the operation that failed to compute its gradient, with "
        "torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )
    made = ""
    if maker is not None:
        index = maker.index if type(maker) is Output else index
        name, _, number = maker.name().rpartition("Backward")
        name = name + number.removesuffix("0") if number.isdigit() else maker.name()
        if view:  # to which a write gave another history
            index, name = 0, "AsStrided"
        made = f", which is output {index} of {name},"
    shown = "CPUBoolType" if kind is dtypes.bool_ else f"torch.{kind.tensor_type}"
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{shown} {list(array.shape)}]{made} is at version {storage.version()}; expected version "
        f"{storage.version(time)} instead. Hint: {advice}"
    )


def _camel(name: str) -> str:
    return name.title().replace("_", "")  # with a capital also behind a digit: Log1P


def output(node: Node, index: int, array) -> Output:
    """The tape's place for one of several outputs of `node`."""
    place = new(Output)
    place.op, place.parents, place.saved, place.extras = node.op, (node,), (), ()
    place.time, place.out, place.storage, place.hooks = tick(), keep(array), None, None
    place.index = index
    return place
