"""Write `tensorkit/ops/signatures.txt.gz`: how PyTorch's own argument parser knows its functions (needs PyTorch).

`python tests/cases/record_signatures.py`. One line for each function and method of PyTorch's C++ side that tensorkit
has too: its name and its overloads, in the words of PyTorch's error messages. Functions with several overloads list
them in the error for arguments that fit none; those with one are looked up in PyTorch's type stubs. `+` says that
there are hidden overloads besides, `-` that the method takes no arguments at all. A method whose overloads follow from
those of the function has no line (`tensorkit/ops/arguments.py`), one that has none of its own while the function has,
a `?`.
"""

from __future__ import annotations

import ast
import gzip
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
TARGET = Path(__file__).parents[2] / "tensorkit" / "ops" / "signatures.txt.gz"

# What PyTorch's messages call the types of its stubs; the first pattern found in the annotation counts.
KINDS = (
    (r"tuple\[Tensor|list\[Tensor|Sequence\[Tensor", "tuple of Tensors"),
    (r"^Tensor \| (Number|_complex)", "Tensor or Number"),
    (r"Tensor", "Tensor"),
    (r"_size|Sequence\[_int", "tuple of ints"),
    (r"Sequence\[_float", "tuple of floats"),
    (r"Number|_complex", "Number"),
    (r"_int", "int"), (r"_float", "float"), (r"_bool", "bool"), (r"_dtype", "torch.dtype"), (r"str", "str"),
    (r"memory_format", "torch.memory_format"), (r"_layout", "torch.layout"), (r"Device", "torch.device"),
    (r"Generator", "torch.Generator"), (r"Storage", "torch.Storage"),
)  # fmt: skip


def kind(annotation: str) -> str:
    """The message's word for a stub's annotation. A `1` behind it: one int may stand for the tuple; a `?`: None may."""
    word = next((word for pattern, word in KINDS if re.search(pattern, annotation)), "object")
    if word == "tuple of ints" and annotation.startswith("_int |"):
        word += "1"
    return word + "?" if annotation.endswith("None") else word


def parameters(function: ast.FunctionDef, method: bool) -> str:
    """A stub's parameters in the notation of the messages."""
    arguments = function.args
    positional = arguments.posonlyargs + arguments.args
    defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
    written = [one(a, d) for a, d in zip(positional, defaults, strict=True)][1 if method else 0 :]
    if arguments.kwonlyargs:
        written.append("*")
        written += [one(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return ", ".join(written) if not method else re.sub(r"_(?= = |,|$)", "", ", ".join(written))


def one(argument, default) -> str:
    annotation = ast.unparse(argument.annotation) if argument.annotation else "Tensor"
    return f"{kind(annotation)} {argument.arg}" + (" = …" if default is not None else "")


def stubs(path: Path, cls: str | None) -> dict[str, list]:
    """The definitions of a stub file (or of one class in it) by name."""
    body = ast.parse(path.read_text()).body
    if cls:
        body = next(each for each in body if isinstance(each, ast.ClassDef) and each.name == cls).body
    found: dict[str, list] = {}
    for each in body:
        if isinstance(each, ast.FunctionDef) and each.args.vararg is None:
            found.setdefault(each.name, []).append(each)
    return found


def listed(call) -> list[str] | str | int | None:
    """The overloads that PyTorch lists when `call` gets far too many arguments; of a single one how many it
    takes by position, "-" for none at all."""
    try:
        call(*[object()] * 30)
    except TypeError as error:
        text = str(error)
        if "takes no arguments" in text:
            return "-"
        if "invalid combination" in text:
            expected = text.partition(", but expected ")[2]
            lines = re.findall(r"^ \* \((.*)\)$", expected, re.M) or re.findall(r"^\((.*)\)", expected)
            return lines + ["+"] * (len(lines) == 1)
        most = re.search(r"^\w+\(\) takes (?:from \d+ to )?(\d+) positional argument", text)
        return int(most[1]) if most else None
    except Exception:
        return None
    return None


def with_kinds(overload: str, definitions, method: bool) -> str:
    """A listed overload, its kinds from the stubs: they also tell where one int may stand for a tuple, a number for a
    tensor, and None for either."""
    listed = overload.split(", ")
    for definition in definitions:
        written = parameters(definition, method)
        told = (without_out(written) if method else written).split(", ")
        if "rounding_mode" not in overload:  # the stub of `div` alone has two overloads in one
            told = [each for each in told if "rounding_mode" not in each]
        if [bare(each) for each in told] == [bare(each) for each in listed]:
            kinds = (each.partition(" = ")[0].rpartition(" ")[0] for each in told)
            names = (
                each.partition(" = ")[0].rpartition(" ")[2] + "".join(each.partition(" = ")[1:]) for each in listed
            )
            return ", ".join(f"{kind} {name}".strip() for kind, name in zip(kinds, names, strict=True))
    return ", ".join(listed)


def without_out(written: str) -> str:
    """A method's parameters without `out`, which its stub takes over from the function."""
    return re.sub(r"(, \*)?, Tensor\? out = …$", "", written)


def by_position(written: str, most: int) -> str:
    """The only overload, with the star where PyTorch itself stops to take arguments by position."""
    parameters = [re.sub(r"\bself\b", "input", each) for each in written.split(", ") if each not in ("*", "")]
    return ", ".join(parameters[:most] + ["*"] * (len(parameters) > most) + parameters[most:])


def bare(parameter: str) -> str:
    """A parameter without what only one of the two sources tells."""
    return re.sub(r" or Number|(?<=ints)1|\?", "", parameter).partition(" = ")[0]


#: Methods whose stub keeps silent about an argument that they take.
CASTS = frozenset("bfloat16 bool byte cdouble cfloat chalf char double float half int long short".split())


def follows(name: str, overloads: str, told: dict[str, str]) -> bool:
    """Whether a method's overloads are what `as_method` makes of the function's."""
    from tensorkit.ops.arguments import as_method

    return name[0] == "." and name[1:] in told and overloads == as_method(told[name[1:]])


def main() -> None:
    import torch

    import tensorkit

    folder = Path(torch.__file__).parent / "_C"
    told: dict[str, str] = {}
    for owner, prefix, definitions, ours in (
        (torch, "", stubs(folder / "_VariableFunctions.pyi", None), tensorkit),
        (torch.ones(2), ".", stubs(folder / "__init__.pyi", "TensorBase"), tensorkit.Tensor),
    ):
        for name in sorted(definitions):
            if name.startswith("_") or not hasattr(ours, name) or not hasattr(owner, name):
                continue
            found = listed(getattr(owner, name))
            if found == "-":
                told[prefix + name] = "-"
            elif prefix and name in CASTS:
                told[prefix + name] = "(*, torch.memory_format? memory_format = …)"
            elif isinstance(found, int):
                best = max((parameters(each, bool(prefix)) for each in definitions[name]), key=len)
                told[prefix + name] = f"({by_position(without_out(best) if prefix else best, found)})"
            elif isinstance(found, list):
                told[prefix + name] = " | ".join(
                    "+" if each == "+" else f"({with_kinds(each, definitions[name], bool(prefix))})" for each in found
                )
    lines = [f"{name}: {overloads}" for name, overloads in told.items() if not follows(name, overloads, told)]
    lines += [f".{name}: ?" for name in told if name[0] != "." and "." + name not in told and
              hasattr(tensorkit.Tensor, name)]  # fmt: skip
    TARGET.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))
    print(f"{TARGET.name}: {len(lines)} lines for {len(told)} functions and methods")


if __name__ == "__main__":
    main()
