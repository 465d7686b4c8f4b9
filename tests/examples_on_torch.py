"""Run the examples of the docstrings on PyTorch itself: `tests/examples_on_torch.py [NAME ...]`.

Needs a Python with `torch` 2.13. Every example of a name that PyTorch has too is run with `torch` for tensorkit; what
differs is printed, and the exit status is 1 then, 2 without PyTorch. Examples that start other processes, use what only
tensorkit has, or say `doctest: +SKIP` are left out. Not here: that tensorkit prints the same (plain `pytest`).
"""

from __future__ import annotations

import builtins
import doctest
import importlib.util
import io
import pkgutil
import re
import sys
import warnings
from contextlib import redirect_stderr
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "widgets"), str(ROOT / "docs" / "website")]
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
#: What an example that is tensorkit's own uses.
OWN = re.compile(r"on_processes\(|tensorkit_widgets|tensorkit\.(graph|course|interop|distributed|onnx)|doctest: \+SKIP")

#: Names whose examples print something else on PyTorch, and why.
KNOWN = {
    "torch.distributed.is_gloo_available": "Gloo is a library inside PyTorch",
    "torch.nn.parallel.data_parallel": "PyTorch wants a GPU for the function, but not for the module",
}


def on_pytorch(source: str) -> str:
    """A line of an example with PyTorch's modules for tensorkit's."""
    source = re.sub(r"import tensorkit as torch", "import torch", source)
    return re.sub(r"\b(from|import) tensorkit\b", r"\1 torch", source)


def there(name: str) -> bool:
    """Whether PyTorch has something of this name."""
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def names_seen(name: str, torch) -> dict:
    """What an example of this name may use: `torch`, its functions, and what stands beside the name."""
    import tensorkit

    seen = {each: getattr(torch, each) for each in tensorkit.__all__ if hasattr(torch, each)}
    seen = {each: value for each, value in seen.items() if not hasattr(builtins, each)}
    beside = vars(pkgutil.resolve_name(name.rpartition(".")[0]))
    public = {each: value for each, value in beside.items() if each[0] != "_" and not hasattr(builtins, each)}
    return {**public, **seen, "torch": torch}


def differences(name: str, value, torch) -> str:
    """What doctest prints of an example whose answer is another one on PyTorch; empty where all is the same."""
    found = doctest.DocTestParser().get_doctest(value.__doc__, {}, name, None, 0)
    found.globs = names_seen(name, torch)
    for example in found.examples:
        example.source = on_pytorch(example.source)
    said = io.StringIO()
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        doctest.DocTestRunner(verbose=False, optionflags=OPTIONS | doctest.IGNORE_EXCEPTION_DETAIL).run(
            found, out=said.write
        )
    return said.getvalue()


def main() -> int:
    """Compare the names given, all by default; print what differs and a count."""
    if importlib.util.find_spec("torch") is None:
        print("PyTorch is not installed for this Python: pip install torch==2.13.0", file=sys.stderr)
        return 2
    import torch
    from catalog import all_pages

    wanted, same, different = set(sys.argv[1:]), 0, 0
    for entry in (entry for page in all_pages() for entry in page.entries if entry.name.startswith("torch.")):
        if not entry.has_example or OWN.search(entry.documented) or entry.name in KNOWN or not there(entry.name):
            continue
        if wanted and entry.name not in wanted:
            continue
        said = differences(entry.name, entry.value, torch)
        same, different = same + (not said), different + bool(said)
        if said:
            print(f"{entry.name}\n{said}")
    print(f"{same} names whose examples print the same on PyTorch {torch.__version__}, {different} that differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
