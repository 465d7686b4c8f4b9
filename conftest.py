"""What every test shares: which files are tests, and the names an example in a docstring may use.

Settings of pytest stand in `pyproject.toml`.
"""

import builtins
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out scripts beside the tests: doctest collection would import them, and some import PyTorch."""
    script = collection_path.suffix == ".py" and not collection_path.name.startswith(("test_", "conftest"))
    return True if script and ROOT / "tests" in collection_path.parents else None


@pytest.fixture(autouse=True)
def names_in_examples(request):
    """An example in a docstring sees its module's names, `torch`, and what `from tensorkit import *` would give."""
    if isinstance(request.node, pytest.DoctestItem):
        import tensorkit

        if any("on_processes(" in example.source for example in request.node.dtest.examples):
            pytest.importorskip("mpi4py", reason="the extra `distributed` is not installed")
        seen = request.node.dtest.globs
        seen.setdefault("torch", tensorkit)
        for name in tensorkit.__all__:
            if not hasattr(builtins, name):
                seen.setdefault(name, getattr(tensorkit, name))
