"""Ask PyTorch for the answers to the cases: `python tests/cases/record.py [family ...]`.

Needs PyTorch 2.13 (`pip install torch==2.13.0`) and writes `programs/<family>.json` beside `programs/<family>.txt`, one
case a line. Nothing else in the test suite needs PyTorch. How cases are written: `language.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cases import language, observe  # noqa: E402

RELEASE = "2.13"


def record(family: str, torch) -> int:
    """Write the family's answers; the number of its cases."""
    cases = language.cases_of(family)
    lines = []
    for case in cases:
        entry = {"id": case.id, "program": case.text, "answers": observe.run(case, torch)}
        lines.append(json.dumps(entry, ensure_ascii=False))
    path = language.PROGRAMS / f"{family}.json"
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    return len(cases)


def recorded(family: str) -> dict[str, dict]:
    """The answers on file, by the case's id."""
    path = language.PROGRAMS / f"{family}.json"
    return {entry["id"]: entry for entry in json.loads(path.read_text(encoding="utf-8"))}


def main(chosen: list[str]) -> None:
    import torch

    if not torch.__version__.startswith(RELEASE):
        raise SystemExit(f"the answers are those of PyTorch {RELEASE}; this is {torch.__version__}")
    torch.set_num_threads(1)
    total = 0
    for family in chosen or language.families():
        count = record(family, torch)
        total += count
        print(f"{family:16} {count:5}")
    print(f"{'all':16} {total:5}")


if __name__ == "__main__":
    main(sys.argv[1:])
