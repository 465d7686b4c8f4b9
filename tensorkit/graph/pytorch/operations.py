"""Which of our operations each of PyTorch's nodes is, and with which arguments.

Here: `counterpart` finds the operation by the node's name, `arguments` reads what the operation is called with from the
values that PyTorch saved (`_saved_dim`) or that were recorded. With it come the rule as a formula, the expression, and
the operation done again. Only names that differ stand in the tables; most agree. Not here: the operands (`tape.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from ...ops import extremes
from .arrays import array_of, kind_of

# PyTorch's node to the name of our operation, where several of ours or none bear the node's name.
_NAMES = {
    "AddBackward1": "add",
    "AddmmBackward0": "addmm",
    "AvgPool2DBackward0": "avg_pool",
    "AvgPool3DBackward0": "avg_pool",
    "BmmBackward0": "bmm",
    "ClampBackward0": "clamp",
    "ClampBackward1": "clamp",
    "CloneBackward0": "clone",
    "ConvolutionBackward0": "convolution",
    "DivBackward0": "div",
    "DivBackward1": "div",
    "EmbeddingBackward0": "lookup",
    "FmodBackward0": "fmod",
    "FmodBackward1": "fmod",
    "HuberLossBackward0": "huber",
    "IndexBackward0": "take_index",
    "IndexPutBackward0": "index_put",
    "MaxPool2DWithIndicesBackward0": "max_pool",
    "MaxPool3DWithIndicesBackward0": "max_pool",
    "MeanBackward0": "mean",
    "MeanBackward1": "mean",
    "MulBackward1": "mul",
    "NativeBatchNormBackward0": "normalize",
    "NativeLayerNormBackward0": "normalize",
    "NllLoss2DBackward0": "nll",
    "NllLossBackward0": "nll",
    "PowBackward0": "pow",
    "PowBackward1": "pow",
    "PowBackward2": "pow",
    "ProdBackward0": "prod",
    "ProdBackward1": "prod",
    "RemainderBackward0": "remainder",
    "RemainderBackward1": "remainder",
    "ReshapeAliasBackward0": "view",
    "RsubBackward0": "rsub",
    "SelectBackward0": "view_index",
    "SliceBackward0": "view_index",
    "SortBackward0": "sort",
    "SortBackward1": "sort",
    "SplitBackward0": "split_evenly",
    "SplitWithSizesBackward0": "split_by_sizes",
    "SqueezeBackward0": "squeeze",
    "SqueezeBackward1": "squeeze",
    "SqueezeBackward2": "squeeze",
    "SubBackward1": "sub",
    "SumBackward0": "sum",
    "SumBackward1": "sum",
    "ToCopyBackward0": "to_copy",
    "UnbindBackward0": "unbound",
    "UnsafeSplitBackward0": "split_evenly",
    "UnsafeViewBackward0": "copy_reshape",
    "ViewBackward0": "view",
}
# Nodes of ours that bear the name of another one of PyTorch's.
_OTHERS = ("CopySlices", "CopyBackwards")
_ALONG = {"MaxBackward0": extremes.max, "MinBackward0": extremes.min}
# Nodes that have their results as outputs, even if there is only one.
PIECES = ("SplitBackward0", "SplitWithSizesBackward0", "UnbindBackward0", "UnsafeSplitBackward0")
# What PyTorch calls an operand that we call by another name, besides self, other and the like.
OPERANDS: Mapping[str, Mapping[str, str]] = {
    "ConvolutionBackward0": {"x": "input"},
    "NativeLayerNormBackward0": {"x": "input"},
    "NativeBatchNormBackward0": {"x": "input"},
    "AddcmulBackward0": {"y": "tensor1", "z": "tensor2"},
    "AddcdivBackward0": {"y": "tensor1", "z": "tensor2"},
    "LinalgCrossBackward0": {"y": "other"},
}
SPELLINGS = {
    "x": ("self", "input"),
    "y": ("other", "mat2", "vec", "exponent", "target", "tensor", "values"),
    "out": ("result",),
    "A": ("self", "A"),
    "B": ("B", "other"),
}
# Our argument's name to PyTorch's.
_ARGUMENTS = {
    "by_frequency": "scale_grad_by_freq",
    "divisor": "divisor_override",
    "high": "max_val",
    "ignored": "ignore_index",
    "include_pad": "count_include_pad",
    "index": "indices",
    "kernel": "kernel_size",
    "low": "min_val",
    "slope": "negative_slope",
}
REDUCTIONS = ("none", "mean", "sum")


_MISSING = object()


class Read:
    """What one of PyTorch's nodes tells: `saved(name)`, and the call that made it, where that was recorded."""

    def __init__(self, theirs: Any, call: Any) -> None:
        self.theirs, self.call = theirs, call
        self.name = str(theirs.name()).rpartition("::")[2]
        self.shapes = [tuple(like.shape) for like in theirs._input_metadata]

    def has(self, name: str) -> bool:
        """Is an argument of this name known?"""
        return hasattr(type(self.theirs), f"_saved_{name}") or (self.call is not None and name in self.call.arguments)

    def saved(self, name: str, default: Any = None) -> Any:
        """An argument as PyTorch saved it, its numbers signed and its tensors as arrays; else as it was recorded."""
        if hasattr(type(self.theirs), f"_saved_{name}"):
            return _plain(getattr(self.theirs, f"_saved_{name}"))
        if self.call is not None and name in self.call.arguments:
            value = self.call.arguments[name]
            return value if not hasattr(value, "version") else value.array
        return default


def counterpart(name: str) -> Any:
    """Our operation for one of PyTorch's nodes, by the node's name; None where there is none."""
    along = _ALONG.get(name)
    if along is not None:
        return along.op
    found = _by_node_name().get(name)
    if found is None:
        from ...ops import REGISTRY

        found = REGISTRY.get(snake(name.partition("Backward")[0]))
    return found


def snake(name: str) -> str:
    """`MaskedFill` as a function is called: `masked_fill`."""
    return "".join("_" + char.lower() if char.isupper() else char for char in name).strip("_")


@lru_cache(maxsize=1)
def joined() -> tuple[tuple[tuple[str, ...], Any], ...]:
    """Our operations that are several nodes in a row in PyTorch: the nodes' names, first to last, and the operation.

    Those alone that take nothing but shapes.
    """
    from ...ops import REGISTRY

    return tuple(
        ((*op.steps, op.node_name), op)
        for op in REGISTRY.values()
        if isinstance(op.steps, tuple) and isinstance(op.node_name, str) and set(op.extras) <= {"shape", "x_shape"}
    )


@lru_cache(maxsize=1)
def _by_node_name() -> dict[str, Any]:
    for module in ("tensorkit.nn.functional", "tensorkit.linalg", "tensorkit.special"):
        import_module(module)  # their operations are declared when they are loaded
    from ...ops import REGISTRY

    found: dict[str, Any] = {}
    double: set[str] = set()
    for op in REGISTRY.values():
        if isinstance(op.node_name, str) and not op.steps:
            (double.add if op.node_name in found else lambda _: None)(op.node_name)
            found[op.node_name] = op
    found = {name: op for name, op in found.items() if name not in double and name not in _OTHERS}
    return found | {name: REGISTRY[ours] for name, ours in _NAMES.items() if ours in REGISTRY}


def arguments(op: Any, read: Read, shapes: list[tuple[int, ...] | None], index: int) -> tuple[Any, ...] | None:
    """The values of `op.extras` for a node, given its operands' shapes and which of its results is meant.

    None where they can't be known, so that the operation can't be ours.
    """
    special = _SPECIAL.get(read.name)
    known = special(read, shapes, index) if special is not None else {}
    if known is None:
        return None
    values = []
    for name in op.extras:
        if name in known:
            values.append(known[name])
        elif name.endswith("_shape"):
            of = _all_shapes(read, shapes) if op.variadic else shapes[op.operands.index(name.removesuffix("_shape"))]
            if of is None and op.variadic:
                return None
            values.append(() if of is None else of)
        else:
            found = next((each for each in (name, _ARGUMENTS.get(name, name)) if read.has(each)), None)
            value = read.saved(found) if found is not None else _default(op.forward, name)
            if value is _MISSING:
                return None
            if name == "reduction" and isinstance(value, int):
                value = REDUCTIONS[value]
            single = name in ("dim", "shifts") and isinstance(value, tuple) and len(value) == 1
            values.append(value[0] if single else value)
    return tuple(values)


def _all_shapes(read: Read, shapes: list[tuple[int, ...] | None]) -> tuple[tuple[int, ...], ...] | None:
    """The shapes of joined tensors; one that is unknown is what the others leave over. None for several."""
    unknown = [place for place, shape in enumerate(shapes) if shape is None]
    if len(unknown) > 1:
        return None
    found = list(shapes)
    for place in unknown:
        whole, dim = list(read.shapes[0]), read.saved("dim")
        whole[dim] -= sum(shape[dim] for shape in shapes if shape is not None)
        found[place] = tuple(whole)
    return tuple(shape for shape in found if shape is not None)


def _default(forward: Callable[..., Any], name: str) -> Any:
    """What the operation's body takes where an argument is left out."""
    code, given = forward.__code__, forward.__defaults__ or ()
    positional = code.co_varnames[: code.co_argcount]
    defaults = dict(zip(positional[len(positional) - len(given) :], given, strict=True))
    return (defaults | (forward.__kwdefaults__ or {})).get(name, _MISSING)


def _plain(value: Any) -> Any:
    """A saved value: counts are stored without sign, so -1 comes as 2⁶⁴ - 1."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value - 2**64 if value >= 2**63 else value
    if isinstance(value, (tuple, list)):
        return tuple(_plain(each) for each in value)
    return array_of(value) if hasattr(value, "detach") else value


# Arguments that are put together from several, or written in another way


def _unscaled(read: Read, shapes: Any, index: int) -> dict[str, Any] | None:
    return {} if read.saved("alpha", 1) == 1 else None


def _own_shape(read: Read, shapes: Any, index: int) -> dict[str, Any]:
    return {"shape": read.shapes[index]}


def _select(read: Read, shapes: Any, index: int) -> dict[str, Any]:
    dim = _from_front(read.saved("dim"), read)
    return {"index": (slice(None),) * dim + (read.saved("index"),)}


def _slice(read: Read, shapes: Any, index: int) -> dict[str, Any]:
    dim = _from_front(read.saved("dim"), read)
    start, end, step = (read.saved(name) for name in ("start", "end", "step"))
    length = read.saved("self_sym_sizes")[dim]
    part = slice(start or None, None if end is None or end > length else end, None if step == 1 else step)
    return {"index": (slice(None),) * dim + (part,)}


def _from_front(dim: int, read: Read) -> int:
    return dim + len(read.saved("self_sym_sizes")) if dim < 0 else dim


def _index(read: Read, shapes: Any, index: int) -> dict[str, Any]:
    parts: list[Any] = []
    for part in read.saved("indices"):
        mask = part is not None and np.asarray(part).dtype.kind == "b"
        parts.extend(np.nonzero(part) if mask else [slice(None) if part is None else part])
    while parts and isinstance(parts[-1], slice):
        parts.pop()
    return {"index": tuple(parts)}


def _split(read: Read, shapes: Any, index: int) -> dict[str, Any]:
    return {"dim": _from_front(read.saved("dim"), read)}


def _where_unbound(read: Read, shapes: Any) -> int:
    dim = read.saved("dim")
    return dim + len(read.shapes[0]) + 1 if dim < 0 else dim


def _to_copy(read: Read, shapes: Any, index: int) -> dict[str, Any]:
    theirs = read.theirs
    edge, number = theirs.next_functions[0]
    was = edge._input_metadata[number].dtype if edge is not None else theirs._input_metadata[0].dtype
    return {"wanted": kind_of(theirs._input_metadata[0].dtype), "x_dtype": kind_of(was)}


def _pool(read: Read, shapes: Any, index: int) -> dict[str, Any] | None:
    if shapes[0] is None:
        return None
    kernel = read.saved("kernel_size")
    return {"stride": read.saved("stride") or kernel, "counts": read.shapes[0][-len(kernel) :]}


def _convolution(read: Read, shapes: Any, index: int) -> dict[str, Any] | None:
    return None if read.saved("transposed") else {}


def _layer_norm(read: Read, shapes: Any, index: int) -> dict[str, Any] | None:
    layout = read.saved("normalized_shape")
    count = len(read.shapes[0])
    axes = tuple(range(count - len(layout), count))
    layout = (*(1 for _ in range(count - len(layout))), *layout)
    return {"axes": axes, "layout": layout, "kind": "Layer", "eps": _eps(read)}


def _batch_norm(read: Read, shapes: Any, index: int) -> dict[str, Any] | None:
    if not read.saved("training"):
        return None
    shape = read.shapes[0]
    axes = (0, *range(2, len(shape)))
    return {"axes": axes, "layout": (1, shape[1], *(1 for _ in shape[2:])), "kind": "Batch", "eps": _eps(read)}


def _eps(read: Read) -> float:
    return float(read.saved("eps", 1e-5))


def _nll(read: Read, shapes: Any, index: int) -> dict[str, Any]:
    mean = read.saved("reduction") == 1
    return {"total": np.float64(read.saved("total_weight")) if mean else 1.0}


def _last_number(name: str, ours: str) -> Callable[..., dict[str, Any]]:
    return lambda read, shapes, index: {ours: read.saved(name)}


def _nothing_else(*names: str) -> Callable[..., dict[str, Any]]:
    return lambda read, shapes, index: dict.fromkeys(names)


_SPECIAL: Mapping[str, Callable[..., dict[str, Any] | None]] = {
    "ViewBackward0": _own_shape,
    "ReshapeAliasBackward0": _own_shape,
    "UnsafeViewBackward0": _own_shape,
    "ExpandBackward0": _own_shape,
    "SelectBackward0": _select,
    "SliceBackward0": _slice,
    "IndexBackward0": _index,
    "SplitBackward0": _split,
    "UnsafeSplitBackward0": _split,
    "SplitWithSizesBackward0": _split,
    "UnbindBackward0": lambda read, shapes, index: {"dim": _where_unbound(read, shapes)},
    "ToCopyBackward0": _to_copy,
    "CloneBackward0": _nothing_else("memory_format"),
    "MaxPool2DWithIndicesBackward0": _pool,
    "MaxPool3DWithIndicesBackward0": _pool,
    "AvgPool2DBackward0": _pool,
    "AvgPool3DBackward0": _pool,
    "ConvolutionBackward0": _convolution,
    "NativeLayerNormBackward0": _layer_norm,
    "NativeBatchNormBackward0": _batch_norm,
    "NllLossBackward0": _nll,
    "NllLoss2DBackward0": _nll,
    "GeluBackward0": lambda read, shapes, index: {"tanh_form": read.saved("approximate") == "tanh"},
    "SmoothL1LossBackward0": _last_number("beta", "parameter"),
    "HuberLossBackward0": _last_number("delta", "parameter"),
    "MseLossBackward0": _nothing_else("parameter"),
    "SoftMarginLossBackward0": _nothing_else("parameter"),
    "GatherBackward0": _last_number("index", "index"),
    "IndexSelectBackward0": _last_number("index", "index"),
    "ClampMinBackward0": _last_number("min", "low"),
    "StdBackward0": lambda read, shapes, index: {"correction": _correction(read)},
    "VarBackward0": lambda read, shapes, index: {"correction": _correction(read)},
    "VarMeanBackward0": lambda read, shapes, index: {"correction": _correction(read)},
    "StdMeanBackward0": lambda read, shapes, index: {"correction": _correction(read)},
    "RollBackward0": lambda read, shapes, index: {"dims": read.saved("dims") or None},
    "TopkBackward0": lambda read, shapes, index: {"k": read.shapes[0][read.saved("dim")]} if read.shapes[0] else {},
    "LinalgVectorNormBackward0": lambda read, shapes, index: {"ord": float(read.saved("ord"))},
    "SoftmaxBackward0": _nothing_else("dtype"),
    "LogSoftmaxBackward0": _nothing_else("dtype"),
    "SumBackward0": _nothing_else("dim"),
    "MeanBackward0": _nothing_else("dim"),
    "AddBackward0": _unscaled,
    "AddBackward1": _unscaled,
    "SubBackward1": _unscaled,
    "SubBackward0": _unscaled,
    "RsubBackward0": _unscaled,
    "RsubBackward1": _unscaled,
    "ConstantPadNdBackward0": lambda read, shapes, index: None,
}


def _correction(read: Read) -> Any:
    found = read.saved("correction")
    return 1 if found is None else found
