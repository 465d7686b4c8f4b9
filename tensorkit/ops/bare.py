"""Derivative rules on bare arrays: the same formulas, without the cost of tensors.

A rule is written once, in the library's own operations, so that it can be differentiated again. Mostly nobody wants
that: `backward()` asks for numbers. Then the engine calls the rule's twin: the same code, in which the name of each
operation means its forward pass on arrays (`mm` in `lambda g, x: mm(x.mT, g)` is NumPy's product), and each function
that the rule calls is treated likewise. What names anything else has no twin, and is called with tensors.
A backward pass over scalars takes half the time so, that of a small network a third less.

Source: the language's own functions are objects, https://docs.python.org/3/reference/datamodel.html
"""

import builtins
import dis
import math
from types import CellType, FunctionType

#: What tensors and arrays both have, with one meaning.
_ATTRIBUTES = frozenset(("mT", "T", "shape", "ndim"))
_BUILTINS = {each.__name__: each for each in (len, range, tuple, list, max, min)}
_PLAIN = (int, float, bool, str, type(None))

_twins: dict = {}


def twins_of(rules: tuple) -> tuple:
    """For each rule of an operation its twin on bare arrays; an empty tuple where one of them has none."""
    found = tuple([rule and twin_of(rule) for rule in rules])
    return () if any(rule is not None and twin is None for rule, twin in zip(rules, found, strict=True)) else found


def twin_of(rule):
    """The function with the same code on arrays, or None."""
    if rule not in _twins:
        _twins[rule] = None  # a function that calls itself has no twin
        _twins[rule] = _made(rule)
    return _twins[rule]


def forget_twins() -> set:
    """Let twins be made anew, for what forward passes are has changed; those that there were."""
    made = {each for each in _twins.values() if each is not None}
    _twins.clear()
    return made


def _made(rule):
    code = list(dis.get_instructions(rule))
    if not all(map(_has_one_meaning, [None, *code], code)):
        return None
    names = {"__name__": rule.__globals__["__name__"], "__builtins__": builtins.__dict__}
    for name in rule.__code__.co_names:
        if name in rule.__globals__:
            names[name] = _on_arrays(rule.__globals__[name])
        elif name in builtins.__dict__ and name not in _BUILTINS:
            return None
    cells = [_on_arrays(cell.cell_contents) for cell in rule.__closure__ or ()]
    if any(each is None for each in (*names.values(), *cells)):
        return None
    twin = FunctionType(rule.__code__, names, rule.__name__, rule.__defaults__, tuple(map(CellType, cells)))
    twin.__kwdefaults__ = rule.__kwdefaults__
    return twin


def _has_one_meaning(before, instruction) -> bool:
    """Whether an instruction does the same with arrays, if the names that it looks up do."""
    what, name = instruction.opname, instruction.argval
    if what in ("LOAD_ATTR", "LOAD_METHOD"):
        return name in _ATTRIBUTES or (before.opname == "LOAD_GLOBAL" and before.argval == "math")
    if what == "BINARY_OP" and "**" in instruction.argrepr:
        return False  # NumPy rounds some powers of numbers otherwise than those of arrays
    return what != "IMPORT_NAME"


def _on_arrays(value):
    """What stands for `value` where arrays take the place of tensors; None if nothing does."""
    if value is math or isinstance(value, _PLAIN):
        return value
    op = getattr(value, "op", None)
    if op is not None:
        return op.forward
    return twin_of(value) if isinstance(value, FunctionType) else None
