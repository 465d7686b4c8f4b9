"""Run one case on a library and describe what happened as plain data (the JSON of `programs/*.json`).

`run(case, torch)` gives one answer per shown expression: its value (`describe`), or the error it raised, and the
warnings on the way. A statement that raises ends the program: its error is then the only answer. Comparing is the work
of `compare.py`.
"""

from __future__ import annotations

import math
import re
import warnings

import numpy as np

LARGEST = 1000  # of longer tensors the printed text and this many elements are compared


def run(case, torch) -> list[dict]:
    """The answers of `torch` (PyTorch or tensorkit) to the case."""
    fresh(torch)
    names = {"torch": torch, "np": np, "math": math, "__name__": "case"}
    try:
        answers = []
        before = _watched(lambda: exec(compile(case.statements, case.id, "exec"), names), torch, value=False)
        if before:
            answers.append({"show": None, **before})
        if "error" not in before:
            for show in case.shows:
                answers.append({"show": show, **_watched(lambda s=show: eval(s, names), torch)})
        return answers
    finally:
        fresh(torch)


def fresh(torch) -> None:
    """Put back what a program may have changed for the whole process."""
    for name, value in (("set_default_dtype", "float32"), ("set_grad_enabled", True), ("set_warn_always", True)):
        if hasattr(torch, name):
            getattr(torch, name)(getattr(torch, value) if isinstance(value, str) else value)
    if hasattr(torch, "set_printoptions"):
        torch.set_printoptions(profile="default")
    torch.manual_seed(0)


def _watched(work, torch, value=True) -> dict:
    """The description of what `work()` gave or raised, with the warnings it made."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        # What NumPy says of overflow and 0/0 is filtered by the package; resetting the filters brought it back.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tensorkit\.")
        try:
            result = work()
            answer = describe(result, torch) if value else {}
        except Exception as error:
            answer = {"error": [type(error).__name__, tidy(str(error))]}
    if said := _said(heard):
        answer["warns"] = said
    return answer


#: How warnings begin that PyTorch's own code causes, for NumPy and for PyTorch: no program can help them.
_INSIDE = ("__array_", "`torch.jit.script` is deprecated")


def _said(heard) -> list[list[str]]:
    """Class and text of the warnings, each once; those about PyTorch's own code left out."""
    said = [[w.category.__name__, tidy(str(w.message))] for w in heard if not str(w.message).startswith(_INSIDE)]
    return [one for n, one in enumerate(said) if one not in said[:n]]


def tidy(text: str) -> str:
    """Text without addresses in memory, without the paths of PyTorch's build, and without the lines of a traceback."""
    text = re.sub(r"0x[0-9a-f]{6,}", "0x…", text)
    text = re.sub(r'\n +File ".*', "", text, flags=re.DOTALL)
    return re.sub(r" ?\(Triggered internally at [^)]*\)\.?", "", text).rstrip()


def describe(value, torch) -> dict:
    """Plain data for a value: tensors by dtype, shape, elements and text, numbers exactly, other objects by text."""
    if isinstance(value, torch.Tensor):
        value = _allocated(value)
        shape, flat = list(value.shape), _flat(value.tolist())
        answer = {"tensor": _plain(flat[:LARGEST], str(value.dtype)), "dtype": str(value.dtype), "shape": shape}
        return {**answer, "repr": tidy(repr(value))}
    if isinstance(value, np.ndarray):
        dtype = str(value.dtype)
        return {"array": _plain(_flat(value.tolist()), dtype), "dtype": dtype, "shape": list(value.shape)}
    if isinstance(value, (tuple, list)):
        items = [describe(item, torch) for item in value]
        named = {} if type(value) in (tuple, list) else {"repr": tidy(repr(value))}
        return {"items": items, "type": type(value).__name__, **named}
    if isinstance(value, dict):
        return {"items": [describe(item, torch) for item in value.items()], "type": "dict"}
    if value is None or isinstance(value, (bool, int, float, str)):
        plain = tidy(value) if isinstance(value, str) else value
        return {"value": plain, "type": type(value).__name__}
    if isinstance(value, complex):
        return {"value": [value.real, value.imag], "type": "complex"}
    return {"repr": tidy(repr(value))}


def _allocated(tensor):
    """The tensor itself; a copy when it is one of PyTorch's zero gradients that have no memory of their own."""
    try:
        tensor.tolist()
    except RuntimeError:
        return tensor + 0
    return tensor


def _flat(nested) -> list:
    if not isinstance(nested, list):
        return [nested]
    return [leaf for item in nested for leaf in _flat(item)]


def _plain(values, dtype) -> list:
    """Numbers as JSON can hold them; as many digits as the dtype can tell apart."""
    digits = {"float32": 9, "complex64": 9, "float16": 6, "bfloat16": 5}.get(dtype.removeprefix("torch."), 17)

    def plain(v):
        if isinstance(v, complex):
            return [plain(v.real), plain(v.imag)]
        return float(f"{v:.{digits}g}") if isinstance(v, float) and digits < 17 else v

    return [plain(v) for v in values]
