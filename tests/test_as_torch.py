"""Programs that say `import torch`: `tensorkit run`, and the notebook's `%tensorkit --as-torch`."""

import subprocess
import sys
from pathlib import Path

import pytest

import tensorkit
from tensorkit import as_torch
from tensorkit.cli import main

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import sys
import torch
import torch.autograd.functional as AF
from torch import autograd
from torch.autograd import Function, Variable

x = torch.tensor([1., 2.], requires_grad=True)
(x * x).sum().backward()
print(x.grad, sys.argv[1:], __name__, torch.autograd is autograd)
"""


@pytest.fixture
def stopped():
    yield
    as_torch.stop()


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_a_program_runs_and_nothing_stays_behind(program, capsys):
    before = set(sys.modules), list(sys.argv), list(sys.path)
    assert main(["run", str(program), "--steps", "3", "--", "x"]) == 0
    assert capsys.readouterr().out == "tensor([2., 4.]) ['--steps', '3', '--', 'x'] __main__ True\n"
    as_torch.stop()
    assert not [name for name in set(sys.modules) - before[0] if name.split(".")[0] == "torch"]
    assert (list(sys.argv), list(sys.path)) == before[1:]


def test_the_modules_are_tensorkits_own(stopped):
    as_torch.start()
    as_torch.start()
    import torch
    import torch.autograd.functional as functional

    assert torch is tensorkit and functional is tensorkit.autograd.functional
    assert tensorkit.autograd.__spec__.name == "tensorkit.autograd"
    as_torch.stop()
    as_torch.stop()
    assert "torch" not in sys.modules and "torch.autograd" not in sys.modules and not as_torch.is_on()


@pytest.mark.parametrize(
    ("name", "note"),
    [("torch.jit", "it compiles Python for a C++ runtime"), ("torchvision", "needs PyTorch's own binaries")],
)
def test_what_tensorkit_lacks_is_named(stopped, name, note):
    as_torch.start()
    with pytest.raises(ModuleNotFoundError, match=f"No module named '{name}'") as caught:
        __import__(name)
    assert note in caught.value.__notes__[0]


def test_it_is_refused_beside_pytorch_itself(monkeypatch, program, capsys):
    monkeypatch.setitem(sys.modules, "torch", type(sys)("torch"))
    with pytest.raises(ImportError, match="PyTorch itself is already imported here"):
        as_torch.start()
    assert main(["run", str(program)]) == 1
    assert capsys.readouterr().err.count("\n") == 1 and not as_torch.is_on()


def test_a_missing_program(capsys):
    assert main(["run", "nowhere.py"]) == 1
    assert capsys.readouterr().err == "tensorkit run: no such file: nowhere.py\n"


def test_the_programs_own_error_comes_through(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("import torch\ntorch.ones(2) @ torch.ones(3)\n")
    done = subprocess.run(
        [sys.executable, "-m", "tensorkit", "run", str(path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1 and "RuntimeError: inconsistent tensor size" in done.stderr


def test_the_magic():
    testing = pytest.importorskip("IPython.testing.globalipapp")
    del testing
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.extension_manager.load_extension("tensorkit")
    shell.run_cell("%tensorkit --as-torch\nimport torch\nname = torch.__name__")
    assert shell.user_ns["name"] == "tensorkit"
    shell.extension_manager.unload_extension("tensorkit")
    assert not as_torch.is_on()
