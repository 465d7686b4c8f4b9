"""Does the cost of one operation stay the same as things grow? Over three decades of each: `python -m bench --growth`.

A chain grows in operations, a network in samples, a tensor in elements. What is shown is the time per operation, sample
or element; growing times would mean that some step looks at everything again and again. Python's garbage collector does
that with what is alive, so the two that keep millions of nodes alive are measured without it too.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from .worker import fastest

DECADES = (1_000, 10_000, 100_000, 1_000_000)


def chain(torch, length: int) -> Callable[[], None]:
    """Additions in a row, built and walked back."""
    x = torch.tensor(1.0, requires_grad=True)

    def step():
        y = x
        for _ in range(length):
            y = y + 1
        x.grad = None
        y.backward()

    return step


def wide(torch, length: int) -> Callable[[], None]:
    """One leaf used by many operations, whose results are added up: many shares meet at it."""
    x = torch.tensor(1.0, requires_grad=True)

    def step():
        total = x * 2
        for _ in range(length):
            total = total + x * 2
        x.grad = None
        total.backward()

    return step


def samples(torch, count: int) -> Callable[[], None]:
    """A step of a small network on a batch."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
    inputs, optimizer = torch.rand(count, 8), torch.optim.SGD(model.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad()
        model(inputs).pow(2).mean().backward()
        optimizer.step()

    return step


def elements(torch, count: int) -> Callable[[], None]:
    """A tensor multiplied, its elements added up, and the way back."""
    x = torch.rand(count, requires_grad=True)

    def step():
        x.grad = None
        (x * 3).sum().backward()

    return step


def uncollected(make: Callable) -> Callable:
    """The same without Python's garbage collector."""

    def made(torch, size: int) -> Callable[[], None]:
        step = make(torch, size)

        def alone():
            gc.disable()
            try:
                step()
            finally:
                gc.enable()

        return alone

    return made


GROWTHS = {
    "operations in a chain": chain,
    "– without Python's garbage collector": uncollected(chain),
    "uses of one leaf": wide,
    "– without the collector": uncollected(wide),
    "samples in a batch": samples,
    "elements of a tensor": elements,
}


def measure(torch) -> dict[str, list[float]]:
    """Seconds for each operation (sample, element), for each size of `DECADES`."""
    return {
        title: [fastest(make(torch, size), seconds=0.2) / size for size in DECADES] for title, make in GROWTHS.items()
    }


def table(found: dict[str, list[float]]) -> str:
    """The figures in Markdown, in nanoseconds."""
    lines = ["| time for each of the | " + " | ".join(f"{size:,}" for size in DECADES) + " |"]
    lines.append("| --- |" + " ---: |" * len(DECADES))
    for title, times in found.items():
        shown = [f"{time * 1e9:,.{0 if time > 1e-7 else 2}f} ns" for time in times]
        lines.append(f"| {title} | {' | '.join(shown)} |")
    return "\n".join(lines)
