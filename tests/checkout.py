"""The repository as a stranger has it: a copy of the files that git knows, in their present state.

For the tests that build or install it somewhere else (`test_binder.py`, `browser/test_new_learner.py`).
"""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def copy_of_the_checkout(folder: Path) -> Path:
    """Copy the files into `folder/checkout`, and return that."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            target = folder / "checkout" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    return folder / "checkout"
