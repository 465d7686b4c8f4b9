"""Whole training programs print what they print with PyTorch, from the same seed: each loss to four digits.

The programs are `cases/training/*.py`, scripts for PyTorch, of which only the import is swapped; what PyTorch printed
lies in `cases/training.json` (`python tests/cases/record_training.py`).
"""

import json

import pytest
from cases import compare, training_cases

PRINTED = json.loads(training_cases.ANSWERS.read_text(encoding="utf-8"))["programs"]


@pytest.mark.parametrize("program", training_cases.programs())
def test_a_program_prints_what_it_prints_with_pytorch(program):
    if program == "cnn_digits":
        pytest.importorskip("sklearn")
    if program == "checkpoint_resume":
        pytest.importorskip("safetensors")
    wanted, got = PRINTED[program], training_cases.output(program, "tensorkit")
    assert len(got) == len(wanted)
    for theirs, ours in zip(wanted, got, strict=True):
        assert compare.same_text(theirs, ours), f"{theirs!r} with PyTorch, {ours!r} here"


def test_programs_and_answers_belong_together():
    assert sorted(PRINTED) == training_cases.programs() and len(PRINTED) >= 25


def test_only_the_import_is_swapped():
    for program in training_cases.programs():
        there, here = (training_cases.source(program, library).splitlines() for library in ("torch", "tensorkit"))
        changed = [line for line, other in zip(there, here, strict=True) if line != other]
        assert changed and all(line.startswith(("import torch", "from torch")) for line in changed)
