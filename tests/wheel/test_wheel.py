"""The wheel in an environment of its own, with nothing but NumPy: what a stranger gets from `pip install .`"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.wheel


def run(*command, ok=True, **options):
    variables = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=variables, **options)
    assert not ok or done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("tensorkit-*-py3-none-any.whl"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The Python of a new environment with the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    run(sys.executable, "-m", "pip", "--python", str(folder), "install", "-q", str(wheel))
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def test_the_wheel_holds_the_package_the_widgets_and_the_lessons_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    lessons = (path for path in (ROOT / "lessons").rglob("*") if path.is_file())
    expected = {f"tensorkit/_lessons/{path.relative_to(ROOT / 'lessons').as_posix()}" for path in lessons}
    for folder, package in ((ROOT, "tensorkit"), (ROOT / "widgets", "tensorkit_widgets")):
        for path in (folder / package).rglob("*"):
            if path.suffix in (".py", ".js", ".css", ".typed", ".pyi"):
                expected.add(path.relative_to(folder).as_posix())
    assert expected <= names
    assert "tensorkit/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"tensorkit", "tensorkit_widgets"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_import_needs_nothing_but_numpy(python, tmp_path):
    code = (
        "import sys, tensorkit as torch\n"
        "x = torch.tensor([1., 2.], requires_grad=True)\n"
        "(x * x).sum().backward()\n"
        "print(x.grad, *sorted({'IPython', 'ipywidgets', 'matplotlib'} & set(sys.modules)))"
    )
    assert run(str(python), "-c", code, cwd=tmp_path).stdout == "tensor([2., 4.])\n"
    code = "import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))"
    assert run(str(python), "-c", code, cwd=tmp_path).stdout == "numpy tensorkit\n"


def test_the_command_is_there_and_finds_the_lessons(python, tmp_path):
    from tensorkit import version

    command = str(python.with_name("tensorkit"))
    assert run(command, "--version", cwd=tmp_path).stdout == f"tensorkit {version.tensorkit}\n"
    code = "from tensorkit import cli; print(*sorted(p.name for p in cli.lessons_folder().glob('*.ipynb')))"
    found = run(str(python), "-c", code, cwd=tmp_path).stdout.split()
    assert found == sorted(path.name for path in (ROOT / "lessons").glob("*.ipynb"))


@pytest.mark.parametrize(
    ("argv", "status", "names"),
    [
        (["-m", "tensorkit", "lab"], 1, ["jupyterlab", "'.[lab]'"]),
        (["-c", "import tensorkit_widgets; tensorkit_widgets.GraphInspector"], 1, ["anywidget", "pip install"]),
    ],
)
def test_a_missing_extra_is_said_in_one_line_that_says_what_to_install(python, tmp_path, argv, status, names):
    done = run(str(python), *argv, ok=False, cwd=tmp_path)
    assert done.returncode == status
    last = done.stderr.strip().splitlines()[-1]
    assert [name for name in names if name not in last] == []
