"""What a learner waits for: the first graph of a fresh kernel, and the whole course run by nbval.

Limits are in seconds. Both need the extra `test`; what cannot be measured is reported with the reason.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).parents[1]
LIMITS = {"from kernel start to the first graph": 1.5, "the whole course by nbval": 120.0}

FIRST_GRAPH = """
%load_ext tensorkit
import tensorkit as torch
x, y, z = (torch.tensor(v, requires_grad=True) for v in (4.0, -3.0, 5.0))
f = (x + y) * z
f.backward()
%graph f
"""


def first_graph() -> float:
    """Seconds from starting a kernel to the first picture that it sends: the median of three starts."""
    return median([_started_and_drawn() for _ in range(3)])


def _started_and_drawn() -> float:
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    paths = [str(ROOT), str(ROOT / "widgets"), *filter(None, [os.environ.get("PYTHONPATH")])]
    started = perf_counter()
    manager.start_kernel(env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)})
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        asked = client.execute(FIRST_GRAPH)
        while True:
            message = client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] in ("display_data", "execute_result"):
                return perf_counter() - started
            if message["msg_type"] == "error":
                raise RuntimeError(f"{message['content']['ename']}: {message['content']['evalue']}")
            if message["content"].get("execution_state") == "idle":
                raise RuntimeError("the cell ended without a picture")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def whole_course() -> float:
    """Seconds that pytest takes for all cells of all lessons."""
    started = perf_counter()
    command = [sys.executable, "-m", "pytest", "lessons", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"the lessons do not pass: {done.stdout.splitlines()[-1] if done.stdout else done.stderr[-200:]}"
        )
    return perf_counter() - started


def measure() -> dict[str, float | str]:
    """Seconds by title, or why there are none."""
    found: dict[str, float | str] = {}
    for title, work in zip(LIMITS, (first_graph, whole_course), strict=True):
        try:
            found[title] = work()
        except Exception as error:
            found[title] = f"{type(error).__name__}: {error}"[:200]
    return found
