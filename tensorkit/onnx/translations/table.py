"""The table of translations, by name of the operation, and how a row gets into it."""

from collections.abc import Callable
from typing import Any

#: Operation, and the function that writes it: `translate(builder, step)` gives the name of the result, or one name
#: for each of several.
TRANSLATIONS: dict[str, Callable[..., Any]] = {}


def translates(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put a function into the table, for these operations."""

    def note(function: Callable[..., Any]) -> Callable[..., Any]:
        TRANSLATIONS.update(dict.fromkeys(names, function))
        return function

    return note
