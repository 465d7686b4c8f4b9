"""Examples in docstrings: every one is run by plain `pytest`, and which public names have none is known exactly."""

import doctest
import importlib
import pkgutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs" / "website"))

import catalog  # noqa: E402
import examples  # noqa: E402


@pytest.fixture(scope="module")
def entries():
    pytest.importorskip("anywidget", reason="the extra `widgets` is not installed")
    return [entry for page in catalog.all_pages() for entry in page.entries]


def test_every_public_name_has_a_docstring(entries):
    assert [entry.name for entry in entries if not entry.documented] == []


def test_names_without_an_example_are_those_of_the_list(entries):
    listed = set(examples.reasons())
    missing = {entry.name for entry in entries if not entry.has_example}
    assert missing - listed == set(), "a new name comes with an example in its docstring"
    assert listed - missing == set(), "these have one now: python docs/website/examples.py --rewrite"


def test_a_name_without_an_example_says_why():
    assert [name for name, why in examples.reasons().items() if not why] == []


def test_the_examples_of_all_names_are_among_those_that_pytest_runs(entries):
    """`--doctest-modules` collects what the finder finds in each module."""
    collected = set()
    finder = doctest.DocTestFinder()
    packages = ("tensorkit", catalog.WIDGETS)
    names = [name for package in packages for name in (package, *submodules(package))]
    for name in names:
        collected |= {test.docstring for test in finder.find(importlib.import_module(name)) if test.examples}
    lost = [entry.name for entry in entries if entry.has_example and entry.value.__doc__ not in collected]
    assert lost == []


def submodules(package):
    """The names of a package's modules that can be imported here."""
    path = importlib.import_module(package).__path__
    return [each.name for each in pkgutil.walk_packages(path, package + ".") if not each.name.endswith("__main__")]


def test_the_default_run_of_pytest_goes_through_the_docstrings(pytestconfig):
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '"--doctest-modules"' in settings
    assert {"tensorkit", "widgets"} <= set(pytestconfig.getini("testpaths"))


def test_every_function_has_a_family_in_the_reference():
    lost = [entry.name for page in catalog.all_pages() if page.slug == "torch-other" for entry in page.entries]
    assert lost == [], "put its module into FAMILIES of docs/website/catalog.py"
