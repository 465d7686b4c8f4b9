"""Note which public names PyTorch documents, for the links to its pages: `python docs/website/record_names.py`.

Needs PyTorch; the answer is kept in `pytorch_names.txt`, so that building the site does not.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "widgets")]
NAMES = Path(__file__).with_name("pytorch_names.txt")


def find(name: str):
    """What PyTorch has under a dotted name that begins with `torch.`; None where there is nothing."""
    import torch

    found = torch
    for part in name.split(".")[1:]:
        found = getattr(found, part, None)
    return found


def main() -> None:
    from catalog import all_pages

    asked = {name for page in all_pages() for entry in page.entries for name in (entry.name, *entry.aliases)}
    known = sorted(name for name in asked if name.startswith("torch.") and getattr(find(name), "__doc__", None))
    NAMES.write_text("\n".join(known) + "\n", encoding="utf-8")
    print(f"{len(known)} of {len(asked)} names have a page")


if __name__ == "__main__":
    main()
