"""The list of overloads at the end of PyTorch's "received an invalid combination of arguments".

What functions take stands in `arguments.py`, which also finds that a call fits none of their overloads.  PyTorch takes
its own list apart again, by commas and blanks, to mark what does not fit with exclamation marks.  So a parameter with
a default fits nothing, the star counts as a parameter, and a Number is no int: `_Shown` has it in the same way.

Source: https://github.com/pytorch/pytorch/blob/main/torch/csrc/utils/invalid_arguments.cpp
"""

from ..errors import kind


class _Shown:
    """A parameter as the list shows it, and as PyTorch reads it from there."""

    def __init__(self, text: str):
        self.text = text
        self.kind, _, self.name = text.rpartition(" ")

    def fits(self, value) -> bool:
        found = kind(value)
        return found == self.kind or (self.kind == "float" and found == "int")


def expected(overloads: list, args: tuple, kwargs: dict) -> str:
    """What follows on the types that came: each overload, and what does not fit where the number of arguments does."""
    shown = [_shown(each) for each in overloads]
    if len(shown) == 1:
        return "" if _strange(shown[0], kwargs) else f", but expected ({_listed(shown[0])})"
    lines = [", but expected one of:"]
    for each in shown:
        lines.append(f" * ({_listed(each)})")
        if len(args) + len(kwargs) == len(each):
            if strange := _strange(each, kwargs):
                lines.append(f"      didn't match because some of the keywords were incorrect: {', '.join(strange)}")
            else:
                marked = _marked(each, args, kwargs)
                lines.append(f"      didn't match because some of the arguments have invalid types: ({marked})")
    return "\n".join(lines) + "\n"


def _shown(overload: list) -> list:
    texts: list = []
    for each in overload:
        if each.keyword_only and "*" not in texts:
            texts.append("*")
        text = f"{each.kind.removesuffix(' or Number')} {each.name}"
        texts.append(f"{text} = {each.default}" if each.optional else text)
    return [_Shown(each) for each in texts or [""]]


def _listed(shown: list) -> str:
    return ", ".join([each.text for each in shown])


def _strange(shown: list, kwargs: dict) -> list:
    """The keywords that are not among the last parameters."""
    names = {each.name for each in shown[max(0, len(shown) - len(kwargs)) :]}
    return [key for key in reversed(kwargs) if key not in names]  # as they come out of its hash table


def _marked(shown: list, args: tuple, kwargs: dict) -> str:
    found = []
    for place, each in enumerate(shown):
        by_name = place >= len(args)
        value = kwargs[each.name] if by_name else args[place]
        text = f"{each.name}=" * by_name + _with_elements(value)
        found.append(text if each.fits(value) else f"!{text}!")
    return ", ".join(found)


def _with_elements(value) -> str:
    """The type of a value; of a list or tuple those of its elements too."""
    if not isinstance(value, (list, tuple)):
        return kind(value)
    types = ", ".join([kind(each) for each in value])
    if isinstance(value, list):
        return f"{kind(value)} of [{types}]"
    return f"{kind(value)} of ({types}{',' * (len(value) == 1)})"
