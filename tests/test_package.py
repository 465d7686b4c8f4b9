"""The package as a stranger meets it: a lean import, an honest README, one version."""

import doctest
import json
import re
import subprocess
import sys
import tomllib
import traceback
from pathlib import Path

import pytest

import tensorkit
from tensorkit import version

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

#: What `import tensorkit` may import of the standard library beyond what `import numpy` does: each was looked at and
#: costs next to nothing.
ALSO_LOADED = ["__future__", "copy", "heapq", "threading"]

#: Parts of tensorkit that wait until they are asked for.
ASKED_FOR = {"nn", "optim", "utils", "graph", "magics", "cli", "serialization", "interop", "distributed"}


def modules_after(statement):
    """The names in `sys.modules` of a new Python after the statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.fixture(scope="module")
def loaded():
    """The modules that `import tensorkit` loads on top of NumPy's own and those of `ALSO_LOADED`."""
    before = modules_after("\n".join(f"import {name}" for name in ["numpy", *ALSO_LOADED]))
    return modules_after("import numpy, tensorkit") - before


def test_import_loads_numpy_and_next_to_nothing_else(loaded):
    assert {name for name in loaded if name.split(".")[0] != "tensorkit"} == set()


def test_import_leaves_notebooks_networks_and_inspectors_for_later(loaded):
    parts = {name.split(".")[1] for name in loaded if name.startswith("tensorkit.")}
    assert not parts & ASKED_FOR


def test_import_knows_no_notebook_no_widgets_and_no_plotting():
    kinds = {name.split(".")[0] for name in modules_after("import tensorkit")}
    assert not kinds & {"IPython", "ipywidgets", "anywidget", "matplotlib", "graphviz", "torch", "cupy", "mpi4py"}


def test_all_names_what_is_there():
    missing = [name for name in tensorkit.__all__ if not hasattr(tensorkit, name)]
    assert missing == []
    assert len(set(tensorkit.__all__)) == len(tensorkit.__all__)


def test_the_only_dependency_is_numpy():
    assert [re.match(r"\w+", line).group() for line in SETTINGS["project"]["dependencies"]] == ["numpy"]


def test_the_changelog_knows_this_version_or_what_is_coming():
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert headings[0] == "Unreleased" or headings[0] == version.tensorkit
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", version.tensorkit)


def test_the_readme_has_one_command_to_learn_and_one_to_test():
    commands = re.findall(r"^```sh\n(.+)\n```$", README, re.M)
    assert len(commands) == 2
    assert commands[0].endswith("tensorkit lab") and '".[lab]"' in commands[0]
    assert commands[1].endswith("-m pytest") and '".[test]"' in commands[1]
    assert set(re.findall(r"\[(\w+)\]\"", README)) <= set(SETTINGS["project"]["optional-dependencies"])


def test_ci_runs_the_readmes_test_command_as_it_stands_there():
    pattern = re.search(r"grep -E '(.+)' README.md", (ROOT / ".ci" / "run").read_text()).group(1)
    found = [line for line in README.splitlines() if re.search(pattern, line)]
    assert len(found) == 1 and '".[test]"' in found[0]


@pytest.mark.parametrize("number, session", [*enumerate(re.findall(r"^```pycon\n(.*?)^```$", README, re.M | re.S), 1)])
def test_the_readmes_sessions_print_what_they_say(number, session):
    names = {"torch": tensorkit}
    test = doctest.DocTestParser().get_doctest(session, names, f"README, session {number}", "README.md", 0)
    raising = [example for example in test.examples if example.exc_msg]
    test.examples = [example for example in test.examples if not example.exc_msg]
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
    for example in raising:  # doctest leaves an error's notes out in some releases of Python
        with pytest.raises(Exception) as raised:
            eval(example.source, names)
        said = "".join(traceback.format_exception_only(raised.value))
        assert doctest.OutputChecker().check_output(example.exc_msg, said, doctest.ELLIPSIS), said


def test_every_link_of_the_readme_leads_to_a_file():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []
