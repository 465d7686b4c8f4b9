"""Random tensor programs on tensorkit and PyTorch: `python tests/fuzz.py --seed 0 --programs 10000` (needs PyTorch).

`cases/grow.py` makes the programs. Each runs on both libraries; every variable and every leaf's gradient is compared:
dtypes, shapes and error classes exactly, floats within 1e-5. A difference that PyTorch itself shows between float32 and
float64 is rounding and does not count. What differs is shrunk, statement by statement, and printed in the language of
`cases/programs/*.txt`, ready to be pasted there.

`--write 300` writes programs to `cases/programs/fuzzed.txt`; once recorded they belong to the default suite.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import time
from itertools import count, islice
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from cases import compare, language, observe  # noqa: E402
from cases.grow import grow  # noqa: E402

WITHIN = 1e-5
WITHIN_HALF = 2e-2  # float16 and bfloat16
EPSILONS = {"torch.float32": 2**-23, "torch.float64": 2**-52, "torch.complex64": 2**-23, "torch.complex128": 2**-52}


def answers(text: str, torch) -> list[dict]:
    """The library's answers to the program without printed texts and warnings, which the replayed cases compare."""
    found = observe.run(language.parse(text, "fuzz")[0], torch)
    told = [{key: value for key, value in answer.items() if key not in ("repr", "warns")} for answer in found]
    return [answer for answer in told if answer != {"show": None}]  # a warning was all that the statements gave


def only_classes(answers: list[dict]) -> list[dict]:
    """The answers without the texts of errors."""
    return [answer | {"error": [answer["error"][0], ""]} if "error" in answer else answer for answer in answers]


def asked_for_histories(text: str) -> str:
    """The program with every tensor asked for its history after every statement: to PyTorch, a view that was written
    to through another one is a leaf until then, and may not be written to."""
    lines, _, shows = text.rpartition(" => ")
    asked = "[each.grad_fn for each in list(globals().values()) if isinstance(each, torch.Tensor)]"
    return "; ".join(part for line in lines.split("; ") for part in (line, asked)) + " => " + shows


def in_float64(text: str) -> str:
    """The program with all its floats in double precision."""
    text = re.sub(r"torch\.b?float(16|32)", "torch.float64", text).replace("torch.complex64", "torch.complex128")
    return re.sub(r"\.(float|half|bfloat16)\(\)", ".double()", text)


def difference(text: str, torch, other) -> str | None:
    """What differs between the libraries' answers to the program, rounding set aside; or None."""
    wanted, got = answers(text, torch), answers(text, other)
    what = compare.difference(only_classes(wanted), only_classes(got))
    if what:
        wanted = answers(asked_for_histories(text), torch)
        what = compare.difference(only_classes(wanted), only_classes(got))
    if what and "values:" in what and same_but_for_rounding(wanted, got, answers(in_float64(text), torch)):
        return None
    ours, theirs = (next((": ".join(a["error"]) for a in found if "error" in a), None) for found in (got, wanted))
    if what and "Error" in what and ours != theirs:
        return f"raises {ours}, PyTorch raises {theirs}\n{what}".replace("raises None", "raises nothing")
    return what


def same_but_for_rounding(wanted, got, exact) -> bool:
    """True when `got` is about as near to PyTorch's answers as these are to PyTorch's own in float64."""
    if not len(wanted) == len(got) == len(exact):
        return False
    # Where summands cancel, what remains is off by some units in the last place of the summands, however small it is
    # itself: 0 in one library may be 2e-16 in the other.  The program's largest number stands for its summands: nothing
    # tells them apart afterwards, and where float32 happens to be exact, float64 does not tell either.
    largest = max((abs(v) for w in wanted for v in parts(w.get("tensor", [])) if math.isfinite(v)), default=0.0)
    cancelled = {kind: 8 * epsilon * largest for kind, epsilon in EPSILONS.items()}
    for w, g, e in zip(wanted, got, exact, strict=True):
        if "tensor" not in w or "tensor" not in g:
            if only_classes([w]) != only_classes([g]):
                return False
            continue
        if w["shape"] != g["shape"] or w["shape"] != e.get("shape") or w["dtype"] != g["dtype"]:
            return False
        if not _near(w, g, e, cancelled.get(w["dtype"], 0.0)):
            return False
    return True


def parts(numbers: list) -> list:
    """The numbers of a tensor in a row: of complex ones, real and imaginary part."""
    return [part for each in numbers for part in (each if isinstance(each, list) else (each,))]


def _near(wanted: dict, got: dict, exact: dict, noise: float) -> bool:
    relative = WITHIN_HALF if wanted["dtype"] in ("torch.float16", "torch.bfloat16") else WITHIN
    triples = list(zip(*(parts(each["tensor"]) for each in (wanted, got, exact)), strict=True))
    finite = [(w, e) for w, _, e in triples if math.isfinite(w) and math.isfinite(e)]
    scale = max((abs(w) for w, _ in finite), default=0.0) / 10
    slack = 8 * max((abs(w - e) for w, e in finite), default=0.0)
    for w, g, e in triples:
        if w == g or (w != w and g != g):
            continue
        if math.isfinite(w) and math.isfinite(g):
            if abs(w - g) > slack + noise + relative * max(abs(w), scale):
                return False
        elif math.isfinite(e) or abs(e) == abs(w):  # one library alone overflows: rounding only near the largest float
            return False
    return True


def shrink(text: str, torch, other) -> str:
    """The program without the statements and shown names that the difference does not need."""
    wanted = kind(difference(text, torch, other))
    lines, shows = (part.split(cut) for part, cut in zip(text.split(" => "), ("; ", " || "), strict=True))
    smaller = True
    while smaller:
        smaller = False
        for n in reversed(range(len(lines) + len(shows))):
            k = n - len(lines)
            fewer = (lines[:n] + lines[n + 1 :], shows) if k < 0 else (lines, shows[:k] + shows[k + 1 :])
            if all(fewer) and _differs_alike(_joined(*fewer), wanted, torch, other):
                (lines, shows), smaller = fewer, True
                break
    return _joined(lines, shows)


def _joined(lines: list[str], shows: list[str]) -> str:
    return "; ".join(lines) + " => " + " || ".join(shows)


def _differs_alike(text: str, wanted: str, torch, other) -> bool:
    if any(answer.get("error", [""])[0] == "NameError" for answer in answers(text, torch)):
        return False
    what = difference(text, torch, other)
    return what is not None and kind(what) == wanted


def kind(difference: str) -> str:
    """The difference without its numbers, so that those of one kind can be counted."""
    if difference.startswith("raises"):
        return re.sub(r"-?\d+", "#", difference.partition("\n")[0])[:150]
    text = difference.partition(": ")[2]
    return "values" if text.startswith("values") else text[:90]


def settled(text: str, torch) -> bool:
    """True when rounding hardly shows in the answers, so that they can be replayed without asking PyTorch again."""
    wanted, exact = answers(text, torch), answers(in_float64(text), torch)
    return len(wanted) == len(exact) and all(
        compare.close(w["tensor"], e["tensor"], WITHIN / 5) if "tensor" in w and "tensor" in e else w == e
        for w, e in zip(wanted, exact, strict=True)
    )


def write(number: int, seed: int, torch) -> None:
    """Write programs for the default suite as a family of cases."""
    texts = (text for text in (grow(n, torch) for n in count(seed)) if len(text) < 700 and "float16" not in text)
    head = [f"# Made by tests/fuzz.py --write {number} --seed {seed}.", "", "== random programs ==", f"within {WITHIN}"]
    chosen = list(islice((text for text in texts if settled(text, torch)), number))
    path = language.PROGRAMS / "fuzzed.txt"
    path.write_text("\n".join(head + chosen) + "\n", encoding="utf-8")
    print(f"{path}: {len(chosen)} programs; now run tests/cases/record.py fuzzed")


def compare_many(seed: int, number: int, show: int, torch, other, wide: bool = False) -> int:
    """Compare `number` programs, print what differs; how many do."""
    started, failing = time.monotonic(), {}
    for n in range(seed, seed + number):
        text = grow(n, torch, wide)
        if what := difference(text, torch, other):
            failing.setdefault(kind(what), []).append((n, text, what))
    total = sum(map(len, failing.values()))
    print(f"{number} programs from seed {seed}: {total} differ ({time.monotonic() - started:.0f} s)")
    for title, members in sorted(failing.items(), key=lambda item: -len(item[1]))[:show]:
        n, text, what = min(members, key=lambda member: len(member[1]))
        print(f"\n{len(members)} x {title}\nseed {n}: {what[:300]}\n{shrink(text, torch, other)}")
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--show", type=int, default=10, help="how many kinds of differences to shrink and print")
    parser.add_argument("--wide", action="store_true", help="programs from the wider grammar")
    parser.add_argument("--write", type=int, metavar="N", help="write N programs to cases/programs/fuzzed.txt instead")
    options = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    if options.write:
        write(options.write, options.seed, torch)
        return 0
    import tensorkit

    return 1 if compare_many(options.seed, options.programs, options.show, torch, tensorkit, options.wide) else 0


if __name__ == "__main__":
    sys.exit(main())
