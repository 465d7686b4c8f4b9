"""Let code that says `import torch` run on tensorkit, unchanged.

`start()` makes `import torch`, `from torch import nn` and `import torch.nn.functional as F` find tensorkit's modules,
the very same objects; `stop()` takes that back.  It is refused where PyTorch itself is already imported: two
libraries under one name would mix.  Nothing starts this by itself: `python -m tensorkit run script.py` and
`%tensorkit --as-torch` do.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import tensorkit

from .errors import hint
from .left_out import reason

#: Modules that stand elsewhere here than in PyTorch.
_ELSEWHERE = {
    "torch.nn.modules": "tensorkit.nn",
    "torch.tensor": "tensorkit.tensor",
    "torch.types": "tensorkit.dtypes",
    "torch._tensor": "tensorkit.tensor",
}
#: Libraries that are built on PyTorch's binary code, and so cannot run on anything else.
_NEED_PYTORCH = ("torchvision", "torchaudio", "torchtext", "torchdata")


class AlreadyImportedError(ImportError):
    """PyTorch itself is imported already."""


class _Finder(MetaPathFinder, Loader):
    """Finds `torch` and what is below it among tensorkit's modules."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top in _NEED_PYTORCH:
            error = ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
            raise hint(error, f"{top} needs PyTorch's own binaries; tensorkit stands in for torch here.")
        if top != "torch":
            return None
        real = _real_name(fullname)
        try:
            found = find_spec(real)
        except ModuleNotFoundError:
            found = None
        if found is None:
            error = ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
            why = reason(fullname.split(".")[1]) or f"it has no {real}."
            raise hint(error, f"tensorkit stands in for torch here; {why}")
        return ModuleSpec(fullname, self, is_package=found.submodule_search_locations is not None)

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # What stands in sys.modules after loading is what the import statement gets: the module itself, not a copy.
        sys.modules[module.__name__] = import_module(_real_name(module.__name__))


def _real_name(name: str) -> str:
    """The name of tensorkit's module for one of PyTorch's."""
    for theirs, ours in _ELSEWHERE.items():
        if name == theirs or name.startswith(theirs + "."):
            return ours if ours != "tensorkit.nn" or name == theirs else ours + name[len(theirs) :]
    return "tensorkit" + name.removeprefix("torch")


_finder = _Finder()


def is_on() -> bool:
    """Whether `import torch` gives tensorkit."""
    return _finder in sys.meta_path


def start() -> None:
    """From now on `import torch` gives tensorkit.  Doing so twice is no error.

    Raises AlreadyImportedError (an ImportError) if PyTorch itself is imported in this process.
    """
    if is_on():
        return
    if "torch" in sys.modules:
        raise AlreadyImportedError(
            "PyTorch itself is already imported here: start anew (in a notebook, restart the kernel) and ask for "
            "tensorkit before the first `import torch`"
        )
    sys.meta_path.insert(0, _finder)
    sys.modules["torch"] = tensorkit


def stop() -> None:
    """From now on `import torch` gives PyTorch again, if it is installed.  Doing so twice is no error."""
    if not is_on():
        return
    sys.meta_path.remove(_finder)
    for name in [name for name in sys.modules if name == "torch" or name.startswith("torch.")]:
        del sys.modules[name]


def run(script: str, arguments: Sequence[str] = ()) -> None:
    """Run a Python file as the main program, with `import torch` giving tensorkit.

    Raises FileNotFoundError if there is no such file, AlreadyImportedError as `start`; what the program raises comes
    through.
    """
    path = Path(script)
    if not path.exists():
        raise FileNotFoundError(f"no such file: {script}")
    before, folder = sys.argv, str(path.resolve().parent)
    was_on = is_on()
    start()
    sys.argv = [script, *arguments]
    sys.path.insert(0, folder)
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        sys.argv = before
        sys.path.remove(folder)
        if not was_on:
            stop()
