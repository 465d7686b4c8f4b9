"""Run the recorded cases on tensorkit: `python tests/cases/replay.py [family ...] [--list] [--rewrite]`.

Prints how many cases of each family give PyTorch's answer and sorts the rest by what differs, the most frequent first.
`--list` prints every difference, `--rewrite` takes the cases that pass now off `not_yet.txt` (the list of cases that
tensorkit does not answer yet; `tests/test_cases.py` holds it to be exact, so it only shrinks). `--start-list` writes it
anew, after new cases were recorded.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from cases import compare, language, observe, record  # noqa: E402

NOT_YET = Path(__file__).parent / "not_yet.txt"
HEADER = """\
# Ids of recorded cases that tensorkit does not answer as PyTorch does, one a line. A listed case that passes fails the
# suite: `python tests/cases/replay.py --rewrite` takes it off.
"""


# The first pattern that a difference holds names its cause.
CAUSES = (
    r"AttributeError: (.*?has no attribute '\w+')",
    r"TypeError: (\w+\(\) got an unexpected keyword argument '\w+')",
    r": (raises) (\w+: [^:\['\"\d]*).* where PyTorch gives",
    r"^the statements: (\w+: [^:\['\"\d]*).* where PyTorch gives",
    r": (error class|error text|raises nothing|kind|type|dtype|shape|values|length|text|warnings)\b",
)


def not_yet() -> set[str]:
    """Ids of the cases that need not pass yet."""
    if not NOT_YET.exists():
        return set()
    return {line for line in NOT_YET.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}


def outcome(case, entry, torch) -> str | None:
    """None when tensorkit answers the case as recorded, else what differs."""
    return compare.difference(entry["answers"], observe.run(case, torch), case.within)


def outcomes(families, torch) -> dict[str, str | None]:
    """The outcome of every case of the families, by id."""
    found = {}
    for family in families:
        entries = record.recorded(family)
        for case in language.cases_of(family):
            found[case.id] = outcome(case, entries[case.id], torch) if case.id in entries else "not recorded"
    return found


def errors(families, torch) -> tuple[int, int, int]:
    """How many errors were recorded, and in how many of them tensorkit's class, and class and text, are the same."""
    total = classes = texts = 0
    for family in families:
        entries = record.recorded(family)
        for case in language.cases_of(family):
            wanted, got = entries[case.id]["answers"], observe.run(case, torch)
            for answer in wanted:
                if "error" in answer:
                    same = next((g["error"] for g in got if g["show"] == answer["show"] and "error" in g), ["", ""])
                    total += 1
                    classes += same[0] == answer["error"][0]
                    texts += compare.same_error(answer["error"], same)
    return total, classes, texts


def cause(difference: str) -> str:
    """What kind of difference it is: a missing name, a class or text of an error, a dtype, values …"""
    for pattern in CAUSES:
        if match := re.search(pattern, difference):
            return " ".join(match.groups())[:90].strip()
    return difference[:60]


def main() -> None:
    import tensorkit as torch

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("families", nargs="*")
    parser.add_argument("--list", action="store_true", help="print every difference")
    parser.add_argument("--rewrite", action="store_true", help="take cases that pass off not_yet.txt")
    parser.add_argument("--start-list", action="store_true", help="write not_yet.txt anew, with all that fails now")
    options = parser.parse_args()
    results = outcomes(options.families or language.families(), torch)
    by_family: dict[str, list] = defaultdict(list)
    for name, what in results.items():
        by_family[name.partition("/")[0]].append(what is None)
    for family, passed in by_family.items():
        print(f"{family:12} {sum(passed):5} of {len(passed):5}")
    every = [passed for several in by_family.values() for passed in several]
    print(f"{'all':12} {sum(every):5} of {len(every):5}")
    total, classes, texts = errors(by_family, torch)
    print(
        f"errors: {total}; the same class {classes / max(total, 1):.1%}, class and text {texts / max(total, 1):.1%}\n"
    )
    groups: dict[str, list] = defaultdict(list)
    for name, what in results.items():
        if what is not None:
            groups[cause(what)].append((name, what))
    for title, members in sorted(groups.items(), key=lambda item: -len(item[1])):
        print(f"{len(members):5}  {title}")
        for name, what in members if options.list else members[:2]:
            print(f"         {name}\n             {what[:400]}")
    if options.rewrite or options.start_list:
        failing = {name for name, what in results.items() if what is not None}
        kept = failing if options.start_list else {name for name in not_yet() if name not in results or name in failing}
        NOT_YET.write_text(HEADER + "".join(f"{name}\n" for name in sorted(kept)), encoding="utf-8")
        print(f"\n{NOT_YET.name} lists {len(kept)} cases")


if __name__ == "__main__":
    main()
