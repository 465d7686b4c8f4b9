"""Operations that are loaded when someone first asks: their names are there all along, and each way of asking works."""

import subprocess
import sys

import pytest

from tensorkit.ops import FUNCTIONS, REGISTRY, later

FRESH = "import sys, tensorkit as torch\nassert 'tensorkit.ops.sort' not in sys.modules\n"


@pytest.mark.parametrize(
    "question",
    [
        "assert torch.sort(torch.tensor([2, 1])).values.tolist() == [1, 2]",
        "assert torch.tensor([2, 1]).sort().values.tolist() == [1, 2]",
        "assert torch.Tensor.sort.__doc__",
        "from tensorkit import sort",
        "from tensorkit import *\nassert einsum",
        "assert 'erf_' in dir(torch.ones(1)) and 'einsum' in dir(torch)",
        "x = torch.tensor([0.]); x.erf_(); assert x.item() == 0",
        "assert torch.linalg.det(torch.eye(2)) == 1",
        "assert torch.special.erf(torch.zeros(1)) == 0",
        "import tensorkit.ops.norm; torch.sort(torch.ones(2)); assert torch.ones(4).norm() == 2",
    ],
)
def test_each_way_of_asking_loads_them(question):
    subprocess.run([sys.executable, "-c", FRESH + question], check=True)


def test_the_lists_name_what_the_modules_define():
    code = (
        "from tensorkit.ops import later, FUNCTIONS\nfrom tensorkit.tensor import Tensor\n"
        "before = set(FUNCTIONS), {n for n, m in vars(Tensor).items() if type(m).__name__ != '_Later'}\nlater.load()\n"
        "added = set(FUNCTIONS) - before[0], set(vars(Tensor)) - before[1]\n"
        "print(sorted(added[0] ^ later.FUNCTION_NAMES), sorted(added[1] ^ later.METHOD_NAMES))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"


def test_the_registry_is_whole():
    assert {"sort", "erf", "linalg_svd"} <= set(REGISTRY)
    assert not later.FUNCTION_NAMES - set(FUNCTIONS)
