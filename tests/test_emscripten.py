"""What a browser's Python lacks, tensorkit does without: threads, processes, sockets, memory maps, files at import.

Pyodide itself is fetched from elsewhere and is not tried here. What is tried: a new Python in which importing the
modules that Emscripten does not have fails, threads and processes cannot be started, and `sys.platform` says
"emscripten".
"""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Python audits the start of a thread only in newer releases: so the functions that start one are replaced.
THREADS = """
import _thread
import sys
import threading


def replace_starters(by):
    for module, names in ((_thread, "start_new_thread start_joinable_thread"),
                          (threading, "_start_new_thread _start_joinable_thread")):
        for name in names.split():
            if hasattr(module, name):
                setattr(module, name, by)
"""

WATCH = (
    THREADS
    + """
import numpy

seen = []


def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if (mode and set(mode) & set("wax+")) or (mode is None and flags & 3):
            seen.append("open for writing")
    elif event.startswith(("subprocess", "os.fork", "os.posix_spawn", "os.exec", "os.system", "socket", "mmap",
                           "tempfile", "shutil", "os.mkdir", "os.remove", "os.rename", "ctypes.dlopen")):
        seen.append(event)


sys.addaudithook(watch)
replace_starters(lambda *arguments, **options: seen.append("thread"))
"""
)

#: Modules that Pyodide's standard library does not have, or that fail there at the first use.
LACKING = (
    THREADS
    + """
import numpy
import os

GONE = {"mmap", "fcntl", "_posixsubprocess", "_multiprocessing", "_posixshmem", "termios", "resource", "_socket",
        "select", "pwd", "grp", "_ssl"}
for name in GONE:
    sys.modules.pop(name, None)


class NotInTheBrowser:
    def find_spec(self, name, path=None, target=None):
        if name in GONE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def refuse(*arguments, **options):
    raise RuntimeError("can't start new thread")


sys.meta_path.insert(0, NotInTheBrowser())
sys.platform = "emscripten"
replace_starters(refuse)
for name in ("fork", "posix_spawn", "posix_spawnp", "forkpty"):
    if hasattr(os, name):
        delattr(os, name)
"""
)

PARTS = "nn optim linalg special func graph serialization utils.data utils.checkpoint interop amp cuda course".split()
IMPORTS = "".join(f"import tensorkit.{part}\n" for part in PARTS)

WORK = """
import io
import tensorkit as torch
from tensorkit import graph, nn
from tensorkit.utils.data import DataLoader, TensorDataset

x = torch.tensor(4.0, requires_grad=True)
f = (x + 1) * x
f.backward()
print(x.grad)
print(graph.trace(f, {"x": x}).to_svg()[:4], len(graph.walk(f, {"x": x}).steps))

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
data = TensorDataset(torch.rand(8, 2), torch.ones(8, 1))
losses = []
for epoch in range(5):
    for batch, target in DataLoader(data, batch_size=4, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(batch), target)
        loss.backward()
        optimizer.step()
    losses.append(loss.item())
print(losses[-1] < losses[0])
"""


def run(code):
    """What a new Python prints for a program."""
    command = [sys.executable, "-B", "-W", "error", "-c", code]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'widgets'}", "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_importing_starts_no_thread_and_no_process_and_writes_no_file():
    assert run(WATCH + "import tensorkit\n" + IMPORTS + "print(seen)") == "[]\n"


def test_the_watch_notices_threads_processes_and_files():
    code = (
        "import subprocess, tempfile\nsubprocess.run([sys.executable, '-c', ''])\ntempfile.TemporaryFile().close()\n"
        "_thread.start_new_thread(int, ())\nprint(sorted(set(seen)))"
    )
    assert {"thread", "subprocess.Popen", "open for writing"} <= set(ast.literal_eval(run(WATCH + code)))


def test_every_part_is_imported_without_what_a_browser_lacks():
    assert run(LACKING + "import tensorkit\n" + IMPORTS + "print(tensorkit.ones(2).sum())") == "tensor(2.)\n"


def test_gradients_training_and_pictures_work_without_what_a_browser_lacks():
    assert run(LACKING + WORK) == "tensor(9.)\n<svg 5\nTrue\n"


def test_the_faked_browser_refuses_threads_and_memory_maps():
    code = (
        "def tried(what):\n    try:\n        what()\n    except (RuntimeError, ModuleNotFoundError) as error:\n"
        "        print(error)\n\n\n"
        "tried(lambda: threading.Thread(target=int).start())\ntried(lambda: __import__('mmap'))"
    )
    assert run(LACKING + code) == "can't start new thread\nNo module named 'mmap'\n"
