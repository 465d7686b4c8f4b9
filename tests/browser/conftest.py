"""One JupyterLab and one Chromium for all tests of this folder; a test gets them as `lab`."""

import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # what all tests share


@pytest.fixture(scope="session")
def lab():
    """JupyterLab with a browser in front of it."""
    from lab import Lab

    with Lab() as lab:
        yield lab


@pytest.fixture(scope="session")
def pictures(pytestconfig):
    """A folder for screenshots that stays after the run; its path is printed."""
    folder = Path(tempfile.mkdtemp(prefix="tensorkit-pictures-"))
    yield folder
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\nscreenshots: {folder}")
