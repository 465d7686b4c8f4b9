"""Whether a call fits a function of PyTorch's, and if not, what PyTorch says: the words of its argument parser.

This is asked after something went wrong: a call that works never comes here.  What the functions take stands in
`signatures.txt.gz` beside this file, read when it is first asked for (`tests/cases/record_signatures.py` writes it; as
plain text it would be a twentieth of the core).

A function with one overload names the argument that does not fit.  One with several does so if the number of arguments
leaves a single overload to be meant, and else gives the types it got: "received an invalid combination of arguments".
"""

import re

from .. import dtypes
from ..array_modules import np
from ..device import device
from ..errors import kind
from ..formats import memory_format
from ..size import Size
from ..tensor import Tensor
from .promote import is_whole
from .publish import MISSING, SECOND_NAMES

_table: dict = {}


class Parameter:
    """One parameter of an overload: its kind in the messages' words, and what may stand for it."""

    __slots__ = ("name", "kind", "default", "optional", "keyword_only", "one_will_do", "none_will_do")

    def __init__(self, text: str, keyword_only: bool):
        text, equals, self.default = text.partition(" = ")
        self.optional = equals != ""
        words, _, self.name = text.rpartition(" ")
        self.none_will_do = words.endswith("?")
        words = words.removesuffix("?")
        self.one_will_do = words.endswith("1")
        self.kind = words.removesuffix("1")
        self.keyword_only = keyword_only


def table() -> dict[str, str]:
    """The overloads of all functions and (with a dot before the name) methods, as text.

    The file has a method only where its overloads do not follow from the function's, with "?" for none.
    """
    from gzip import decompress
    from importlib.resources import files

    lines = decompress((files(__package__) / "signatures.txt.gz").read_bytes()).decode().splitlines()
    found = dict(line.split(": ", 1) for line in lines)
    methods = {"." + name: as_method(overloads) for name, overloads in found.items() if name[0] != "."}
    return {name: overloads for name, overloads in (methods | found).items() if overloads != "?"}


def as_method(overloads: str) -> str:
    """A function's overloads as those of its method: without the tensor itself and without `out`.

    >>> as_method("(Tensor input, tuple of ints dims, *, Tensor? out = …)")
    '(tuple of ints dims)'
    """
    overloads = re.sub(r"\(Tensor input(, )?", "(", overloads)
    overloads = re.sub(r"((, )?\*)?(, )?Tensor\? out = …\)", ")", overloads)
    return "-" if overloads == "()" else overloads


def signatures(name: str):
    """The overloads of a function (of a method: with a dot before the name), each a list of parameters.

    None for a function that PyTorch writes in Python, "-" for a method that takes nothing.
    """
    if not _table:
        _table.update(table())
    found = _table.get(name)
    if isinstance(found, str) and found != "-":
        found = _table[name] = [each if each == "+" else _parse(each[1:-1]) for each in found.split(" | ")]
    return found


def _parse(text: str) -> list:
    parameters, keyword_only = [], False
    for each in text.split(", ") if text else ():
        if each == "*":
            keyword_only = True
        else:
            parameters.append(Parameter(each, keyword_only))
    return parameters


def complaint(name: str, args: tuple, kwargs: dict) -> TypeError | None:
    """PyTorch's TypeError for this call, or None if the call fits (or the function is not one of its C++ side).

    `name` of a method has a dot before it; its `args` are without the tensor itself.

    >>> print(complaint("exp", (), {}))
    exp() missing 1 required positional arguments: "input"
    """
    overloads = signatures(name)
    shown = name.removeprefix(".")
    if overloads is None:
        return None
    if overloads == "-":
        shown = f"TensorBase.{shown}" if name[0] == "." else f"torch.{shown}"
        if kwargs:
            return TypeError(f"{shown}() takes no keyword arguments")
        return TypeError(f"{shown}() takes no arguments ({len(args)} given)") if args else None
    meant = [each for each in overloads if each != "+"]
    mistakes = [mistake(shown, each, args, kwargs) for each in meant]
    if None in mistakes:
        return _not_unpacked(shown, meant[mistakes.index(None)], args, kwargs)
    if len(overloads) == 1:
        return mistakes[0]
    given = len(args) + len(kwargs)
    plausible = [i for i, each in enumerate(meant) if sum(not one.optional for one in each) <= given <= len(each)]
    if len(plausible) == 1:
        return mistakes[plausible[0]]
    known = {one.name for each in meant for one in each}
    strange = [key for key in reversed(kwargs) if key not in known]
    if len(meant) == 1 and strange:
        got = f"unrecognized keyword arguments: {', '.join(strange)}"
    else:
        types = [kind(each) for each in args] + [f"{key}={kind(each)}" for key, each in reversed(kwargs.items())]
        got = f"({', '.join(types)}{'' if args or not kwargs else ', '})"
    from .overloads import expected

    return TypeError(
        f"{shown}() received an invalid combination of arguments - got {got}{expected(meant, args, kwargs)}"
    )


def mistake(name: str, parameters: list, args: tuple, kwargs: dict) -> TypeError | None:
    """What is wrong with a call of one overload; None if it fits."""
    most = sum(not each.keyword_only for each in parameters)
    spread = most == 1 and parameters[0].kind == "tuple of ints"  # view(2, 3) means view((2, 3))
    spread = spread and len(args) > 0 and is_int(args[0])
    if len(args) > most and not spread:
        return _too_many(name, parameters, most, len(args))
    place, used = 0, set()
    for i, each in enumerate(parameters):
        by_name = place >= len(args)
        if not by_name and each.keyword_only:
            return _too_many(name, parameters, most, len(args))
        value, key = (_by_name(each.name, kwargs)) if by_name else (args[place], None)
        if (value is MISSING and each.optional) or (value is None and each.none_will_do):
            pass
        elif value is MISSING:
            names = ", ".join(f'"{one.name}"' for one in parameters[i:] if not one.optional)
            count = sum(not one.optional for one in parameters[i:])
            return TypeError(
                f"{name}() missing {count} required positional argument{'s' if count == 1 else ''}: {names}"
            )
        elif spread and place == 0 and not by_name and not fits(each, value):
            place = len(args)
            continue
        elif not fits(each, value):
            where = "" if by_name else f" (position {place + 1})"
            got = _got(each, value, by_name)
            return TypeError(f"{name}(): argument '{each.name}'{where} must be {_wanted(each)}, {got}")
        if by_name:
            used.add(key)
        else:
            place += 1
    for key in kwargs:
        if key not in used:
            known = [one.name for one in parameters if not one.keyword_only]
            if key in known:
                return TypeError(f"{name}() got multiple values for argument '{key}'")
            return TypeError(f"{name}() got an unexpected keyword argument '{key}'")
    return None


def _too_many(name: str, parameters: list, most: int, given: int) -> TypeError:
    least = sum(not each.optional for each in parameters)
    were = "was" if given == 1 else "were"
    if least != most:
        return TypeError(f"{name}() takes from {least} to {most} positional arguments but {given} were given")
    return TypeError(f"{name}() takes {most} positional argument{'s' * (most != 1)} but {given} {were} given")


def _by_name(name: str, kwargs: dict):
    for key in (name, *[second for second, first in SECOND_NAMES.items() if first == name]):
        if key in kwargs:
            return kwargs[key], key
    return MISSING, None


def _wanted(parameter: Parameter) -> str:
    return parameter.kind.removesuffix(" or Number")


def _got(parameter: Parameter, value, by_name: bool) -> str:
    if parameter.kind == "tuple of ints" and isinstance(value, (tuple, list)) and not by_name:
        return f"but found element of type {kind(value[0])} at pos 0"
    return f"not {kind(value)}"


def _not_unpacked(name: str, parameters: list, args: tuple, kwargs: dict) -> TypeError | None:
    """What is wrong with the later ones of several ints in a call that fits: only the first one decided whether it
    does."""
    for i, each in enumerate(parameters):
        if each.kind != "tuple of ints":
            continue
        value = args[i] if i < len(args) else _by_name(each.name, kwargs)[0]
        if i == 0 and len(args) > 1 and sum(not one.keyword_only for one in parameters) == 1:
            value = args
        for place, one in enumerate(value if isinstance(value, (tuple, list)) else ()):
            if not (is_whole(one) or isinstance(one, bool)):
                return TypeError(
                    f"{name}(): argument '{each.name}' failed to unpack the object at pos {place + 1} with error "
                    f'"type must be tuple of ints,but got {kind(one)}"'
                )
    return None


def is_int(value) -> bool:
    """Whether a value passes for an int in a call."""
    return is_whole(value) and not getattr(value, "requires_grad", False)


def _is_number(value, types=(int, float, complex, np.number, np.bool_)) -> bool:
    if isinstance(value, Tensor):
        return value._array.ndim == 0 and not value._requires_grad
    return isinstance(value, types)


def _is_real(value) -> bool:
    return _is_number(value, (int, float, np.integer, np.floating))


#: What may be given for a parameter of each kind, but for sequences of ints: a type, or a question.
_FITTING = {
    "Tensor": Tensor,
    "Tensor or Number": lambda value: isinstance(value, Tensor) or _is_number(value),
    "tuple of Tensors": (tuple, list),
    "int": is_int,
    "Number": _is_number,
    "float": _is_real,
    "bool": (bool, np.bool_),
    "torch.dtype": lambda value: isinstance(value, dtypes.dtype) or value in (float, int, bool, complex),
    "str": str,
    "torch.Generator": lambda value: hasattr(value, "initial_seed"),
    "torch.memory_format": memory_format,
    "torch.device": (str, int, device),
}


def fits(parameter: Parameter, value) -> bool:
    """Whether a value may be given for a parameter."""
    if parameter.kind == "tuple of ints":
        if isinstance(value, (tuple, list, Size)):
            return not value or is_int(value[0])
        return parameter.one_will_do and is_int(value)
    fitting = _FITTING.get(parameter.kind, object)
    return isinstance(value, fitting) if isinstance(fitting, (type, tuple)) else fitting(value)
