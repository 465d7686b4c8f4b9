"""What to call a tensor: names from a notebook, and expressions for the results that have none.

Here: `names_in` (a namespace to names), `Expression` and `expression_of` (an operation as the learner would write it).
Not here: what the names are attached to (`trace.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..array_modules import on_host
from ..ops import FUNCTIONS
from ..tape import Node
from ..tensor import Tensor
from .pytorch import is_tensor
from .pytorch.node import NotKept
from .snapshots import number

LONGEST_OPERAND = 32  # characters; a longer operand becomes an ellipsis
_ATOM, _POWER, _SIGN, _PRODUCT, _MATRIX, _SUM, _OTHER = 9, 8, 7, 6, 5, 4, 3  # (x @ y) * z is clearer in brackets
_STRENGTH = {
    "**": _POWER,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "//": _PRODUCT,
    "%": _PRODUCT,
    "@": _MATRIX,
    "+": _SUM,
    "-": _SUM,
}
_SYMBOLS = {"mm": "@", "mv": "@", "bmm": "@", "dot": "@"}
_RENAMED = {"nll": "nll_loss", "unsafe_view": "reshape", "to_copy": "to", "to_device": "to", "im2_col": "im2col",
            "col2_im": "col2im"}  # fmt: skip
_USUAL = {"correction": 1, "ignored": -100}  # defaults that only the public function has
_COMPUTED = {"total"}  # arguments that no learner wrote: of a loss, the sum of the weights
_REFLECTED = {"rsub": "-"}  # operations whose second operand is written first


@dataclass(frozen=True, slots=True)
class Expression:
    """Text with its strength of binding: what stands in a stronger operation needs brackets."""

    text: str
    strength: int = _ATOM

    def within(self, strength: int) -> str:
        """The text as an operand of an operation of that strength."""
        text = self.text if len(self.text) <= LONGEST_OPERAND else "…"
        return f"({text})" if self.strength < strength and text != "…" else text


def names_in(namespace: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors of a namespace by name, one level into lists, tuples and dicts, and the parameters of modules.

    Names that begin with an underscore, `In` and `Out` are left out: they are the notebook's own.

    >>> import tensorkit as torch
    >>> sorted(names_in({"x": torch.ones(1), "ws": [torch.ones(1)], "n": 3}))
    ['ws[0]', 'x']
    """
    names: dict[str, Tensor] = {}
    inner: dict[str, Tensor] = {}
    for name, value in namespace.items():
        if name.startswith("_") or name in ("In", "Out"):
            continue
        if is_tensor(value):
            names[name] = value
        elif type(value) in (list, tuple) and len(value) <= 1000:
            inner.update({f"{name}[{i}]": item for i, item in enumerate(value) if is_tensor(item)})
        elif type(value) is dict and len(value) <= 1000:
            inner.update({f"{name}[{key!r}]": item for key, item in value.items() if is_tensor(item)})
        elif callable(getattr(type(value), "named_parameters", None)):
            inner.update({f"{name}.{inside}": parameter for inside, parameter in value.named_parameters()})
    return names | {name: tensor for name, tensor in inner.items() if name not in names}


def operand_expression(value: Any) -> Expression:
    """How an operand that no operation made is written: a number, or a tensor without a name."""
    if isinstance(value, Tensor):
        array = on_host(value._array)
        return Expression(f"tensor({number(array[()])})" if array.ndim == 0 else f"tensor {list(array.shape)}")
    if isinstance(value, (int, float, complex)):
        text = number(value) if not isinstance(value, complex) else f"({number(value)})"
        return Expression(text, _SIGN if text.startswith("-") else _ATOM)
    if isinstance(value, NotKept):
        return Expression("?")
    return Expression(repr(value) if value is None or isinstance(value, (str, bool)) else type(value).__name__)


def expression_of(node: Node, operands: list[Expression], index: int | None = None) -> Expression:
    """An operation on operands as the learner would write it: `x - 3`, `-x`, `sum(x, dim=1)`, `x[0]`."""
    op = node.op
    if op.name in _REFLECTED and len(operands) == 2:
        return _infix(_REFLECTED[op.name], operands[1], operands[0])
    symbol = symbol_of(op)
    if symbol and len(operands) == 2:
        if symbol == "*" and _is_number(node.parents[1]):  # `5 * y` and `y * 5` are one and the same on the tape
            operands = operands[::-1]
        return _infix(symbol, *operands)
    if symbol and len(operands) == 1:
        return Expression(symbol + operands[0].within(_SIGN), _SIGN)
    if op_name(op) == "index":
        return Expression(f"{operands[0].within(_ATOM)}[{_index_text(node.extras[op.extras.index('index')])}]")
    if op.node_name == "UnbindBackward0":
        return Expression(f"{operands[0].within(_ATOM)}[{':, ' * node.extras[0]}{index or 0}]")
    if op.node_name in ("SplitBackward0", "SplitWithSizesBackward0"):
        return Expression(f"{operands[0].within(_ATOM)}[{_piece_text(node, index or 0)}]")
    arguments = [operand.within(0) for operand in operands]
    if op.variadic:
        arguments = [f"[{', '.join(arguments)}]"]
    text = f"{op_name(op)}({', '.join([*arguments, *extra_arguments(node)])})"
    return Expression(text if index is None else f"{text}[{index}]")


def _piece_text(node: Node, number: int) -> str:
    """Which part of its operand a piece of `split` is, as an index."""
    lengths, dim, shape = node.extras
    if isinstance(lengths, int):
        start = number * lengths
        stop = min(start + lengths, shape[dim])
    else:
        start, stop = sum(lengths[:number]), sum(lengths[: number + 1])
    return f"{':, ' * dim}{start}:{stop}"


def symbol_of(op: Any) -> str | None:
    """The operator that stands for an operation in Python, if there is one."""
    return op.symbol or _SYMBOLS.get(op.name)


def op_name(op: Any) -> str:
    """The operation's name without what only its own module needs."""
    if op.name in ("view_index", "take_index"):
        return "index"
    if op.whole is not None:  # a user's operation
        return str(op.name)
    if op.name in FUNCTIONS or not isinstance(op.node_name, str):
        name = op.name.strip("_")
        return _RENAMED.get(name, name)
    camel = op.node_name.rpartition("::")[2].partition("Backward")[
        0
    ]  # an operation of its module alone: PyTorch's name for it
    snake = "".join("_" + char.lower() if char.isupper() else char for char in camel).strip("_")
    return _RENAMED.get(snake, snake)


def extra_arguments(node: Node) -> list[str]:
    """The arguments that are no operands and differ from their defaults: `dim=1`."""
    op = node.op
    own = op.extras[: len(op.extras) - len(op.shapes)]
    code, given = op.forward.__code__, op.forward.__defaults__ or ()
    positional = code.co_varnames[: code.co_argcount]
    defaults = dict(zip(positional[len(positional) - len(given) :], given, strict=True)) | (
        op.forward.__kwdefaults__ or {}
    )
    texts = []
    for name, value in zip(own, node.extras, strict=False):
        plain = isinstance(value, (int, float, str)) or (
            isinstance(value, (tuple, list)) and all(isinstance(item, int) for item in value)
        )
        usual = value is False or (plain and value == _USUAL.get(name))
        computed = isinstance(value, np.generic) or name in _COMPUTED  # by the library itself
        if plain and not usual and not computed and (name not in defaults or value != defaults[name]):
            text = repr(tuple(value) if isinstance(value, list) else value)
            text = text if len(text) <= 20 else "…"
            texts.append(text if name in ("shape", "dims") else f"{name}={text}")
    return texts


def _infix(symbol: str, left: Expression, right: Expression) -> Expression:
    strength = _STRENGTH.get(symbol, _OTHER)
    if symbol == "**":
        return Expression(f"{left.within(strength + 1)} ** {right.within(_SIGN)}", strength)
    # The right operand of - / @ needs brackets at equal strength; + and * do not care.
    tie = 0 if symbol in ("+", "*") else 1
    return Expression(f"{left.within(strength)} {symbol} {_unsigned(right.within(strength + tie))}", strength)


def _index_text(index: Any) -> str:
    """What stood in the square brackets: `0, 1:3, None`; index tensors become an ellipsis sign."""

    def part(value: Any) -> str:
        if isinstance(value, slice):
            ends = ["" if end is None else str(end) for end in (value.start, value.stop, value.step)]
            return ":".join(ends if ends[2] else ends[:2])
        if value is Ellipsis:
            return "..."
        return str(value) if value is None or isinstance(value, int) else "…"

    parts = index if isinstance(index, tuple) else (index,)
    return ", ".join(map(part, parts))


def _is_number(operand: Any) -> bool:
    return isinstance(operand, (int, float)) and not isinstance(operand, Tensor)


def _unsigned(text: str) -> str:
    return f"({text})" if text.startswith("-") else text
