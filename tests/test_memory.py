"""Memory: nothing waits for the garbage collector, nothing recurses, nothing grows."""

import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

import tensorkit as torch

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def without_the_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_nodes_and_tensors_die_at_once():
    x = torch.ones(3, requires_grad=True)
    y = (x * 2).exp().sigmoid()
    z = (y @ y).tanh()
    seen = [weakref.ref(each) for each in (y, z, y.grad_fn, z.grad_fn)]
    z.backward()
    del y, z
    assert [each() for each in seen] == [None] * 4


def test_the_same_without_a_backward_pass_and_with_hooks():
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    y.register_hook(lambda g: g * 2)
    y.retain_grad()
    view = y[1:]
    view.mul_(2)
    seen = [weakref.ref(each) for each in (y, view, y.grad_fn)]
    del y, view
    assert [each() for each in seen] == [None] * 3


def test_second_derivatives_leave_nothing_behind():
    x = torch.ones(3, requires_grad=True)
    (first,) = torch.autograd.grad((x**3).exp().sum(), x, create_graph=True)
    (first**2).sum().backward()
    seen = weakref.ref(first.grad_fn)
    del first
    assert seen() is None


def test_saved_values_go_with_the_backward_pass():
    x = torch.ones(3, requires_grad=True)
    middle = x * 2
    y = middle.exp().sum()
    seen = weakref.ref(middle)
    z = middle * middle
    del middle
    assert seen() is not None
    z.sum().backward()
    del z
    assert seen() is None and y is not None


def test_a_chain_of_a_hundred_thousand_operations_needs_no_recursion():
    limit = sys.getrecursionlimit()
    x = torch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1.0 and sys.getrecursionlimit() == limit
    del y


SCRIPT = """
import resource
import tensorkit as torch

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

{work}

repeat({warm})
before = resident()
repeat({count})
grown = resident() - before
assert grown < {limit}, grown
"""

CHAIN = """
def repeat(count):
    for _ in range(count):
        x = torch.tensor(1.0, requires_grad=True)
        y = x
        for _ in range(1_000_000):
            y = y + 1.0
        y.backward()
        del y
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < 2e9
"""

TRAINING = """
w = torch.zeros(3, 1, requires_grad=True)
inputs, wanted = torch.ones(4, 3), torch.ones(4, 1)

def repeat(count):
    for _ in range(count):
        loss = ((inputs @ w - wanted) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w.sub_(0.01 * w.grad)
        w.grad = None
"""

ERRORS = """
x = torch.ones(2, 3, requires_grad=True)

def repeat(count):
    for i in range(count):
        try:
            (x @ x) if i % 2 else (x * 2).backward()
        except RuntimeError:
            pass
        else:
            raise AssertionError
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads Linux's /proc")
@pytest.mark.parametrize(
    ("work", "warm", "count", "limit"),
    [(CHAIN, 1, 1, 50e6), (TRAINING, 500, 10_000, 2e6), (ERRORS, 500, 10_000, 2e6)],
    ids=["chains of a million operations", "ten thousand training steps", "ten thousand raised errors"],
)
def test_memory_stays_flat(work, warm, count, limit):
    script = SCRIPT.format(work=work, warm=warm, count=count, limit=limit)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
