"""Record what CuPy has: `pip install cupy-cuda12x` into a virtual environment, then run `python tests/record_cupy.py`.

Writes `cupy_names.json`: the functions, ufuncs (with the types that they take) and array attributes that CuPy shares
with NumPy, and the parameters of each.  `tests/fake_cupy.py` refuses whatever is not there, so that a program which
runs on it calls nothing that CuPy lacks.  No GPU is needed: CuPy is imported and looked at, never run.
"""

import inspect
import json
import re
import warnings
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("cupy_names.json")
#: Array attributes of CuPy's own that the package uses.
OWN = ("get", "set", "data", "device", "__cuda_array_interface__", "scatter_add")


def parameters(function) -> list[str] | None:
    """The names of a function's parameters; None where it takes any, or does not tell."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return told_in_docstring(function)
    if any(each.kind is each.VAR_KEYWORD for each in found):
        return None
    return [each.name for each in found]


def told_in_docstring(function) -> list[str] | None:
    """The parameters of a compiled function, from the signature that stands in the first line of its docstring."""
    first = (getattr(function, "__doc__", None) or "").strip().partition("\n")[0]
    inner = re.fullmatch(r"[\w.]+\((.*)\)(?: ->.*)?", first)
    if inner is None:
        return None
    inside = re.sub(r"\([^()]*\)|\[[^]]*\]", "", inner[1])
    names = [part.partition("=")[0].strip().split(" ")[-1] for part in inside.split(",")]
    return None if any(name.startswith("**") for name in names) else [n.lstrip("*") for n in names if n not in "/*"]


def functions(ours, theirs) -> dict:
    """The functions that two modules have under one name, CuPy's with its parameters."""
    shared = [name for name in dir(theirs) if not name.startswith("_") and callable(getattr(ours, name, None))]
    return {
        name: parameters(getattr(theirs, name)) for name in shared
        if not isinstance(getattr(ours, name), (type, np.ufunc)) and getattr(theirs, name) is not getattr(ours, name)
    }  # fmt: skip


def main() -> None:
    warnings.simplefilter("ignore")
    import cupy

    tricks = ("as_strided", "sliding_window_view")
    recorded = {
        "version": cupy.__version__,
        "functions": functions(np, cupy),
        "linalg": functions(np.linalg, cupy.linalg),
        "stride_tricks": {name: parameters(getattr(cupy.lib.stride_tricks, name)) for name in tricks},
        "ufuncs": {
            name: " ".join(getattr(cupy, name).types) if isinstance(getattr(cupy, name), cupy.ufunc) else None
            for name in dir(cupy) if isinstance(getattr(np, name, None), np.ufunc)
        },
        "ufunc_methods": [name for name in dir(cupy.ufunc) if not name.startswith("_") and hasattr(np.ufunc, name)],
        "array": {
            name: parameters(getattr(cupy.ndarray, name)) for name in dir(cupy.ndarray)
            if name in OWN or hasattr(np.ndarray, name)
        },
    }  # fmt: skip
    lines = [f'"{part}": {_lines(what)}' for part, what in recorded.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{FILE.name}: CuPy {recorded['version']}, {len(recorded['functions'])} functions, "
          f"{len(recorded['ufuncs'])} ufuncs, {len(recorded['array'])} array attributes")  # fmt: skip


def _lines(what) -> str:
    if not isinstance(what, dict):
        return json.dumps(what)
    return "{\n" + ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in what.items()) + "\n}"


if __name__ == "__main__":
    main()
