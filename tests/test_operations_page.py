"""The table of operations in `docs/` says what the registry says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_table_is_up_to_date():
    check = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "operations.py"), "--check"], capture_output=True, text=True
    )
    assert check.returncode == 0, "run `python docs/operations.py`\n" + check.stderr
