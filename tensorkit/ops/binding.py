"""The arguments of a call in the order of an operation's body: names, second spellings, defaults.

PyTorch's own words for a call that does not fit are found in `publish.told` and `arguments.py`.
"""

from ..errors import missing_arguments, wrong_argument
from ..tensor import Tensor
from .op import Op

#: PyTorch's argument names, and NumPy's that it takes too, for the short ones of the bodies.
SPELLINGS = {"input": "x", "self": "x", "other": "y", "axis": "dim", "keepdims": "keepdim", "x": "x", "mat2": "y",
             "vec2": "y", "vec": "y", "tensor": "x", "exponent": "y"}  # fmt: skip


def defaults_of(body, names: tuple) -> dict:
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
