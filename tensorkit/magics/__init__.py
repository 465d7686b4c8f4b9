"""The IPython extension: `%load_ext tensorkit` adds magics, completion and a look after each cell, and says nothing.

Here: loading, completing, and taking it all back. Read on in `inspectors.py` (`%graph` and its like, each a few lines
over `tensorkit.graph`), `call.py` (how a call of them is read and answered; written once), `cells.py` (how `%%graph`
runs its cell), `lines.py` (options and expressions), `exercises.py` (`%check` and its like), `about.py` (`%tensorkit`),
`grad_mode.py` (what a cell that stopped must not leave behind), `tracebacks.py` (whose frames an error shows). All
that the magics show can be had without them.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from .. import as_torch
from ..graph import names_in
from . import exercises
from .about import AboutMagics
from .exercises import ExerciseMagics
from .grad_mode import GradModeKeeper
from .inspectors import INSPECTORS, InspectorMagics
from .tracebacks import OwnFrames

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

NAMES = tuple(sorted([*(each.name for each in INSPECTORS), *exercises.NAMES, "tensorkit"]))
_KINDS = ("line", "cell")


class _Loaded:
    """What one shell was given: magics, those of the same names that were there before, and what looks after cells."""

    def __init__(self, shell: Any) -> None:
        tables = shell.magics_manager.magics
        self.replaced = {(kind, name): tables[kind][name] for kind in _KINDS for name in NAMES if name in tables[kind]}
        self.classes = (InspectorMagics, ExerciseMagics, AboutMagics)
        self.keeper, self.frames = GradModeKeeper(shell), OwnFrames(shell)


_loaded: WeakKeyDictionary[Any, _Loaded] = WeakKeyDictionary()  # by shell


def load_ipython_extension(ip: Any) -> None:
    """Add the magics and their completion to a shell; nothing is printed."""
    loaded = _loaded[ip] = _Loaded(ip)
    ip.register_magics(*(each(ip) for each in loaded.classes))
    for key in _keys():
        ip.set_hook("complete_command", completions, str_key=key)
    loaded.keeper.start()
    loaded.frames.start()


def unload_ipython_extension(ip: Any) -> None:
    """Take back everything that loading added; magics of the same names that were there before come back."""
    as_torch.stop()
    loaded = _loaded.pop(ip, None)
    if loaded is None:
        return
    loaded.keeper.stop()
    loaded.frames.stop()
    manager = ip.magics_manager
    for each in loaded.classes:
        own = manager.registry.pop(each.__name__, None)
        for kind in _KINDS:
            table = manager.magics[kind]
            for name in NAMES:
                if own is not None and getattr(table.get(name), "__self__", None) is own:
                    del table[name]
                    if (kind, name) in loaded.replaced:
                        table[name] = loaded.replaced[kind, name]
    for key in _keys():
        _forget_completion(ip, key)


def completions(shell: Any, event: Any) -> list[str]:
    """What can follow one of the magics: its options, and the names of tensors, functions or exercises."""
    magic = event.command.lstrip("%")
    if event.symbol.startswith("-"):
        parser = shell.magics_manager.magics["line"][magic].parser
        return [name for action in parser._actions for name in action.option_strings]
    if magic in exercises.NAMES:
        from .. import course

        return [exercise.name for exercise in course.all_exercises()]
    if magic == "descend":
        return sorted(name for name, value in shell.user_ns.items() if _is_own_function(name, value))
    return [] if magic == "tensorkit" else sorted(names_in(shell.user_ns))


def _is_own_function(name: str, value: Any) -> bool:
    return isinstance(value, FunctionType) and value.__module__ == "__main__" and not name.startswith("_")


def _keys() -> list[str]:
    return [f"{sign}{name}" for name in NAMES for sign in ("%", "%%")]


def _forget_completion(ip: Any, key: str) -> None:
    """Take our function out of a shell's table of completers: its `set_hook` has no inverse."""
    dispatcher = ip.strdispatchers.get("complete_command")
    chain: Any = None if dispatcher is None else dispatcher.strs.get(key)
    if chain is not None:
        chain.chain = [entry for entry in chain.chain if entry[1] is not completions]
        if not chain.chain:
            del dispatcher.strs[key]
