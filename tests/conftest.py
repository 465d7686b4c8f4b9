"""What all tests share: which files are tests at all. Settings of pytest stand in `pyproject.toml`."""

from pathlib import Path


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out scripts beside the tests: doctest collection would import them, and some import PyTorch."""
    script = collection_path.suffix == ".py" and not collection_path.name.startswith(("test_", "conftest"))
    return True if script and Path(__file__).parent in collection_path.parents else None
