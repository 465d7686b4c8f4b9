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
        "x = torch.arange(5); x %= 3; assert x.tolist() == [0, 1, 2, 0, 1]",
        "assert [each.item() for each in torch.tensor([1, 2])] == [1, 2]",
        "x = torch.zeros(2, dtype=torch.complex64); x.imag = torch.ones(2); assert x.tolist() == [1j, 1j]",
        "torch.manual_seed(0); assert torch.rand(()) > 0 and torch.ones(1).uniform_() < 1",
        "class Double(torch.autograd.Function):\n    pass",
        "assert not torch.is_anomaly_enabled()",
        "assert torch.linalg.det(torch.eye(2)) == 1",
        "assert torch.special.erf(torch.zeros(1)) == 0",
        "import tensorkit.ops.norm; torch.sort(torch.ones(2)); assert torch.ones(4).norm() == 2",
    ],
)
def test_each_way_of_asking_loads_them(question):
    subprocess.run([sys.executable, "-c", FRESH + question], check=True)


@pytest.mark.parametrize(
    "home", sorted({*later.FUNCTION_HOMES.values(), "tensorkit.storages", "tensorkit.ops.strides"})
)
def test_the_tables_name_what_each_module_defines(home):
    """Everything that a module defines can be found before it is loaded, and nothing is promised that it lacks."""
    code = (
        "import sys\nimport tensorkit as torch\nfrom tensorkit.ops import later, FUNCTIONS\n"
        "def waiting():\n"
        "    return {n: m.home for n, m in vars(torch.Tensor).items() if type(m).__name__ == '_Later'}\n"
        f"home = {home!r}\npromised = {{n for n, h in waiting().items() if h == home}}\n"
        "known = {*FUNCTIONS, *later.FUNCTION_HOMES}, set(vars(torch.Tensor))\nlater.load(home)\n"
        "print(sorted(n for n, h in later.FUNCTION_HOMES.items() if h == home and n not in FUNCTIONS))\n"
        "print(sorted(promised & set(waiting())), sorted(set(FUNCTIONS) - known[0]))\n"
        "print(sorted(set(vars(torch.Tensor)) - known[1]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]", "[]", "[]"]


def test_the_registry_is_whole():
    assert {"sort", "erf", "linalg_svd"} <= set(REGISTRY)
    assert not set(later.FUNCTION_HOMES) - set(FUNCTIONS)
