"""Which public names have no example in their docstring: `python docs/website/examples.py [--rewrite]`.

The list is kept in `tests/cases/no_example.txt`, one name a line and behind `#` why it has none. A test holds it to be
exact: a new name comes with an example, and one that has been given an example comes off the list.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "widgets")]
LIST = ROOT / "tests" / "cases" / "no_example.txt"


def without_example() -> tuple[list[str], int]:
    """The names without an example, and how many names there are."""
    from catalog import all_pages

    every = [entry for page in all_pages() for entry in page.entries]
    return sorted({entry.name for entry in every if not entry.has_example}), len(every)


def reasons() -> dict[str, str]:
    """The names of the list, and why each has no example."""
    parts = [line.partition("#") for line in LIST.read_text(encoding="utf-8").splitlines()]
    return {name.strip(): why.strip() for name, _, why in parts}


def main() -> None:
    missing, count = without_example()
    if "--rewrite" in sys.argv:
        known = reasons()
        LIST.write_text("".join(f"{name}  # {known.get(name, '')}\n" for name in missing), encoding="utf-8")
    print(f"{count} public names, {count - len(missing)} with an example in the docstring, {len(missing)} without")


if __name__ == "__main__":
    main()
