"""Ask PyTorch how training goes: `python tests/cases/record_training.py`.

Needs PyTorch 2.13 (`pip install torch==2.13.0`) and scikit-learn.  Without arguments it writes `training.json`, which
`test_optim.py`, `test_schedulers.py`, `test_data.py` and `test_training.py` read; the suite itself needs no PyTorch.
What is asked stands in `training_cases.py` and `training/*.py`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cases import training_cases as cases  # noqa: E402

KINDS = {
    "optimizers": (cases.OPTIMIZERS, cases.train),
    "learned": (cases.LEARNED, cases.learned),
    "schedulers": (cases.SCHEDULERS, cases.rates),
    "orders": (cases.ORDERS, cases.order),
    "mistakes": (cases.MISTAKES, cases.mistake),
}


def record() -> dict:
    """All answers of PyTorch."""
    import torch

    torch.set_num_threads(1)
    answers = {kind: {line: ask(line, torch) for line in lines} for kind, (lines, ask) in KINDS.items()}
    answers["programs"] = {}
    for program in cases.programs():
        began = time.perf_counter()
        answers["programs"][program] = cases.output(program)
        print(f"{program:30} {time.perf_counter() - began:6.2f} s")
    return {"torch": torch.__version__, **answers}


def write(answers: dict) -> None:
    """One answer a line, so that a changed one is a changed line."""
    parts = [f'"torch": {json.dumps(answers["torch"])}']
    for kind in (*KINDS, "programs"):
        rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in answers[kind].items())
        parts.append(f'"{kind}": {{\n{rows}\n}}')
    cases.ANSWERS.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write(record())
