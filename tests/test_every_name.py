"""Every public name for networks, training and data has recorded cases: none is held to PyTorch by luck.

The names are PyTorch's own (`cases/network_names.json`), those that tensorkit has. What the cases are held to stands in
`test_cases.py` (programs), `test_optim.py`, `test_schedulers.py` and `test_data.py` (training); the derivatives of all
modules are compared with differences in `test_nn_gradients.py`.
"""

import importlib
import json
import re
from pathlib import Path

import pytest
from cases import language, record, training_cases

NAMES = json.loads((Path(__file__).parent / "cases" / "network_names.json").read_text(encoding="utf-8"))
ENTRIES = {name: entry for family in language.families() for name, entry in record.recorded(family).items()}
EVERY = {name: entry for name, entry in ENTRIES.items() if name.startswith("nn_every/")}

#: Nothing is computed by them, so that there are no gradients: what they hold has some.
NO_GRADIENT = {"RNNBase", "RNNCellBase", "UninitializedBuffer", "one_hot"}
#: Bases, and what has no state and no printed form of its own: parameters print as tensors.
NOT_PRINTED = {"Buffer", "Module", "Parameter", "UninitializedBuffer", "UninitializedParameter"}
#: Cases of their own kind: processes that work together (`test_distributed.py`).
APART = {"DistributedDataParallel", "DistributedSampler"}


def names(home):
    module = importlib.import_module(f"tensorkit.{home}")
    return [name for name in NAMES[home] if hasattr(module, name) and name not in APART]


def shown(home, name):
    """What was recorded of the name in the family that treats all alike: (what was asked, PyTorch's answer)."""
    call = re.compile(rf"\b{re.escape(name)}\b")
    return [
        (answer["show"] or "", answer)
        for entry in EVERY.values()
        if call.search(entry["program"])
        for answer in entry["answers"]
    ]


@pytest.mark.parametrize("home", ["nn", "nn.functional"])
def test_values_and_gradients_are_recorded(home):
    without = [name for name in names(home) if not any("tensor" in str(answer) for _, answer in shown(home, name))]
    assert without == []
    slopes = {name for name in names(home) if any(re.search(r"\.grad\b", show) for show, _ in shown(home, name))}
    assert set(names(home)) - slopes == NO_GRADIENT & set(names(home))


def test_the_printed_form_and_the_first_state_of_modules_are_recorded():
    for name in set(names("nn")) - NOT_PRINTED:
        answers = shown("nn", name)
        assert any(answer.get("repr", "").startswith(f"{name}(") for _, answer in answers) or any(
            str(answer.get("value", "")).startswith(f"{name}(") for _, answer in answers
        ), name
        assert any("state_dict" in show or show == "first" for show, _ in answers), name


@pytest.mark.parametrize(
    "home", ["nn.init", "nn.parameter", "nn.utils", "nn.utils.parametrizations", "nn.utils.parametrize",
             "nn.utils.rnn", "optim.swa_utils", "utils.checkpoint"]
)  # fmt: skip
def test_tools_are_recorded(home):
    assert [name for name in names(home) if not shown(home, name)] == []


@pytest.mark.parametrize(
    "home, lines",
    [
        ("optim", training_cases.OPTIMIZERS + training_cases.MISTAKES + ["lr_scheduler", "swa_utils"]),
        ("optim.lr_scheduler", training_cases.SCHEDULERS),
        ("utils.data", training_cases.ORDERS + training_cases.MISTAKES),
    ],
)
def test_optimizers_schedulers_and_data_are_recorded(home, lines):
    inside = {
        "IterableDataset": "Counting",
        "get_worker_info": "Sharded",
        "LRScheduler": "StepLR",
        "Sampler": "Backwards",
    }
    text = "\n".join(lines)
    assert [name for name in names(home) if not re.search(rf"\b{re.escape(inside.get(name, name))}", text)] == []


def test_no_case_of_the_family_records_a_refusal():
    refused = [name for name, entry in EVERY.items() if any("error" in answer for answer in entry["answers"])]
    assert refused == []
