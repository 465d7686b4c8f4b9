"""`%tensorkit`: what is loaded, which versions, the seed, the device, and what can be asked for.

Here: that overview as text, and the switch `--as-torch`. Not here: what the switch does (`tensorkit/as_torch.py`).
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, needs_local_scope
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

import tensorkit

from .. import as_torch
from ..graph import names_in
from .call import print_help


@magics_class
class AboutMagics(Magics):
    """`%tensorkit`."""

    @magic_arguments()
    @argument("--as-torch", action="store_true", help="from now on `import torch` gives tensorkit in this notebook")
    @argument("--help", action="store_true", help="print this text")
    @needs_local_scope
    @line_magic
    def tensorkit(self, line: str, local_ns: Mapping[str, Any] | None = None) -> None:
        """Show what is loaded, versions, seed, device and all magics; or let `import torch` give tensorkit.

        `%unload_ext tensorkit` takes `--as-torch` back.
        """
        options = parse_argstring(self.tensorkit, line)
        if options.help:
            print_help(self.tensorkit)
        elif options.as_torch:
            try:
                as_torch.start()
            except ImportError as error:
                raise UsageError(f"%tensorkit --as-torch: {error}") from None
        else:
            shell: Any = self.shell
            print(overview(shell, {**shell.user_ns, **(local_ns or {})}))


def overview(shell: Any, namespace: Mapping[str, Any]) -> str:
    """What `%tensorkit` prints: a table of what is so now, then the magics with what each is for."""
    named = names_in(namespace)
    rows = [
        ("versions", ", ".join(_versions())),
        ("in the notebook", _modules(namespace) + f"; {len(named)} named tensor{'s' * (len(named) != 1)}"),
        ("import torch", _import_torch()),
        ("widgets", _widgets()),
        ("gradients", "on" if tensorkit.is_grad_enabled() else "off: torch.set_grad_enabled(True) turns them on"),
        ("seed", f"{tensorkit.initial_seed()} (torch.manual_seed sets it)"),
        ("device", f"{tensorkit.get_default_device()}; default dtype {tensorkit.get_default_dtype()}"),
    ]
    wide = max(len(term) for term, _ in rows)
    table = [f"{term.ljust(wide)}  {text}" for term, text in rows]
    return "\n".join([*table, "", *_magics(shell), "", "%graph --help says more about %graph, and so on."])


def _versions() -> list[str]:
    """The versions of what computes, and of what shows it."""
    found = [f"tensorkit {tensorkit.version.tensorkit}", f"Python {platform.python_version()}"]
    for package in ("numpy", "IPython", "ipywidgets", "anywidget"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return found


def _modules(namespace: Mapping[str, Any]) -> str:
    """The names under which the notebook has tensorkit, or PyTorch."""
    found = [
        f"{name} is {value.__name__}"
        for name, value in namespace.items()
        if isinstance(value, ModuleType) and value.__name__ in ("tensorkit", "torch") and not name.startswith("_")
    ]
    return ", ".join(found) or "tensorkit is not imported"


def _import_torch() -> str:
    if as_torch.is_on():
        return "gives tensorkit"
    return "gives PyTorch" if "torch" in sys.modules else "not changed; %tensorkit --as-torch lets it give tensorkit"


def _widgets() -> str:
    try:
        import tensorkit_widgets  # noqa: F401
    except ImportError as error:
        return f"not there: {error}"
    return "installed"


def _magics(shell: Any) -> list[str]:
    """Each magic of this package that the shell has, with the first line of what it is for."""
    table = shell.magics_manager.magics["line"]
    own = {name: each for name, each in table.items() if _home(each).startswith(f"{__package__}.")}
    cells = shell.magics_manager.magics["cell"]
    lines = []
    for name in sorted(own):
        both = getattr(cells.get(name), "__self__", None) is own[name].__self__
        purpose = own[name].parser.description or ""
        first = next((line.strip() for line in purpose.splitlines() if line.strip(" :")), "")
        lines.append(f"%{name:<10} {'%%' if both else '  '} {first}")
    return lines


def _home(magic: Any) -> str:
    """The module of the class that a magic belongs to."""
    return type(getattr(magic, "__self__", None)).__module__
