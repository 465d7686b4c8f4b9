"""When two answers are the same: `difference(expected, actual)` is None, or one line that says what differs.

- dtype, shape, Python type, error class and every letter of a text must be equal.
- Floats may differ by `TOLERANCE` of their dtype, relative to the larger of the number itself and a tenth of the
  largest finite number of its tensor (a sum that cancels keeps the rounding of its terms). A case may ask for less
  (`within`).
- Printed numbers may differ in their last digit, and only there, and only because the values behind them passed first.
- What Pythons after 3.11, where the answers were recorded, add to their texts does not count: "Did you mean 'bias'?".
- A warning counts by its class and its first 80 letters.
"""

from __future__ import annotations

import math
import re

TOLERANCE = {"float16": 2e-3, "bfloat16": 1.6e-2, "float32": 2e-6, "float64": 1e-11}
TOLERANCE |= {"complex64": TOLERANCE["float32"], "complex128": TOLERANCE["float64"]}
NUMBER = re.compile(r"[-+]?(?:\d+\.\d*(?:e[-+]\d+)?|inf|nan)")


def difference(expected: list[dict], actual: list[dict], within: float | None = None) -> str | None:
    """What differs first between the answers recorded and those just given, or None."""
    for wanted, got in zip(expected, actual, strict=False):
        if wanted["show"] != got["show"]:
            here, there = (answer["show"] or "the statements" for answer in (got, wanted))
            return f"{here}: {_short(got)} where PyTorch gives {_short(wanted)} for {there}"
        if what := _differs(wanted, got, within):
            return f"{wanted['show'] or 'the statements'}: {what}"
    if len(expected) != len(actual):
        return f"{len(actual)} answers where PyTorch gives {len(expected)}"
    return None


def _differs(wanted: dict, got: dict, within) -> str | None:
    if "error" in wanted or "error" in got:
        if what := _errors_differ(wanted.get("error"), got.get("error"), wanted, got):
            return what
    elif wanted.keys() - {"warns"} != got.keys() - {"warns"}:
        return f"kind: {_short(got)}, not {_short(wanted)}"
    elif what := _values_differ(wanted, got, within):
        return what
    heard, expected = ([(c, text[:80]) for c, text in a.get("warns", ())] for a in (got, wanted))
    return None if heard == expected else f"warnings: {heard}, not {expected}"


def _errors_differ(wanted, got, wanted_answer, got_answer) -> str | None:
    if wanted is None:
        return f"raises {got[0]}: {got[1][:300]} where PyTorch gives {_short(wanted_answer)}"
    if got is None:
        return f"raises nothing ({_short(got_answer)}), not {wanted[0]}: {wanted[1][:300]}"
    if wanted[0] != got[0]:
        return f"error class: {got[0]}: {got[1][:200]}, not {wanted[0]}: {wanted[1][:200]}"
    return None if same_error(wanted, got) else f"error text: {got[1][:300]!r}, not {wanted[1][:300]!r}"


def same_error(wanted: list[str], got: list[str]) -> bool:
    """True when class and text of two errors are equal."""
    return wanted[0] == got[0] and _without_additions(wanted[1]) == _without_additions(got[1])


def _without_additions(text: str) -> str:
    """A text without the guess that newer Pythons add to theirs."""
    return re.sub(r"\. Did you mean '\w+'\?$", "", text)


def _values_differ(wanted, got, within) -> str | None:
    for key in ("type", "dtype", "shape"):
        if wanted.get(key) != got.get(key):
            return f"{key}: {got.get(key)}, not {wanted.get(key)}"
    for key in ("tensor", "array"):
        if key in wanted and not close(wanted[key], got[key], within or tolerance(wanted["dtype"])):
            return f"values: {_clip(got[key])}, not {_clip(wanted[key])}"
    if "items" in wanted:
        if len(wanted["items"]) != len(got["items"]):
            return f"length: {len(got['items'])}, not {len(wanted['items'])}"
        for n, (w, g) in enumerate(zip(wanted["items"], got["items"], strict=True)):
            if what := _differs(w, g, within):
                return f"[{n}] {what}"
    if "value" in wanted:
        w, g = wanted["value"], got["value"]
        same = close([w], [g], within or 2e-6) if isinstance(w, float | list) else w == g
        if not same:
            return f"values: {g!r}, not {w!r}"
    if "repr" in wanted and not same_text(wanted["repr"], got["repr"], loose=within is not None):
        return f"text: {got['repr']!r}, not {wanted['repr']!r}"
    return None


def tolerance(dtype: str) -> float:
    """The relative tolerance of a dtype's values, 0 for integers and bool."""
    return TOLERANCE.get(dtype.removeprefix("torch."), 0.0)


def close(wanted: list, got: list, relative: float) -> bool:
    """True when two lists of numbers (complex ones as pairs) agree within `relative`."""
    wanted, got = ([p for v in vs for p in (v if isinstance(v, list) else (v,))] for vs in (wanted, got))
    if len(wanted) != len(got):
        return False
    scale = max((abs(v) for v in wanted if not isinstance(v, bool) and math.isfinite(v)), default=0.0) / 10
    return all(_near(w, g, relative, scale) for w, g in zip(wanted, got, strict=True))


def _near(w, g, relative, scale) -> bool:
    if w == g:
        return True
    if isinstance(w, float) and math.isnan(w):
        return isinstance(g, float) and math.isnan(g)
    return math.isfinite(w) and math.isfinite(g) and abs(w - g) <= relative * max(abs(w), scale)


def same_text(wanted: str, got: str, loose: bool = False) -> bool:
    """True when the texts are equal but for the last printed digit of their floats (`loose`: but for their floats)."""
    if wanted == got:
        return True
    if _frame(wanted) != _frame(got):
        return False
    pairs = zip(NUMBER.findall(wanted), NUMBER.findall(got), strict=True)
    return loose or all(_one_digit_apart(w, g) for w, g in pairs)


def _frame(text: str) -> str:
    """A text without its floats, and without the blanks that stand where another has a sign."""
    return re.sub(r"\[ +#", "[#", re.sub(r"\s+", " ", NUMBER.sub("#", text)))


def _one_digit_apart(wanted: str, got: str) -> bool:
    if wanted == got:
        return True
    if "inf" in wanted + got or "nan" in wanted + got:
        return False
    digits, _, exponent = wanted.partition("e")
    step = 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))
    return abs(float(wanted) - float(got)) <= 1.01 * step


def _short(answer: dict) -> str:
    if "error" in answer:
        return f"{answer['error'][0]}: {answer['error'][1][:120]}"
    return str(answer.get("repr", answer.get("value", answer.get("items", answer))))[:160]


def _clip(values: list) -> str:
    return str(values[:8])[:200]
