"""`python -m bench.gpu [--rounds N]`: tensorkit on a GPU, against PyTorch on the same GPU where that is installed.

Products of square matrices, forward and backward, and a training step of a network of three layers. Each step is timed
with the GPU's queue empty before and after; the least of all rounds counts, the engines taking turns. Without a GPU it
says so and ends with 0. The works of the CPU are in `works.py`.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable

import tensorkit

SIDES = (1000, 8192)


def product(torch, side: int) -> Callable[[], None]:
    """Forward and backward pass of (a @ b).sum()."""
    torch.manual_seed(0)
    a, b = (torch.rand(side, side).to("cuda").requires_grad_() for _ in range(2))

    def step() -> None:
        a.grad = b.grad = None
        (a @ b).sum().backward()

    return step


def forward(torch, side: int) -> Callable[[], None]:
    """The product alone."""
    torch.manual_seed(0)
    a, b = (torch.rand(side, side).to("cuda") for _ in range(2))
    return lambda: a @ b


def network(torch) -> Callable[[], None]:
    """A training step: 784 · 512 · 512 · 10 with ReLU, cross entropy, Adam, 256 samples."""
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)).to("cuda")
    optimizer, loss_of = torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()
    images, labels = torch.rand(256, 784).to("cuda"), torch.randint(10, (256,)).to("cuda")

    def step() -> None:
        optimizer.zero_grad()
        loss_of(model(images), labels).backward()
        optimizer.step()

    return step


def works() -> dict[str, Callable]:
    """What is measured, by its title: a function that makes the step for an engine."""
    found: dict[str, Callable] = {}
    for side in SIDES:
        found[f"{side}×{side} product"] = lambda torch, side=side: forward(torch, side)
        found[f"{side}×{side} product, forward and backward"] = lambda torch, side=side: product(torch, side)
    return found | {"training step, 784·512·512·10, batch 256": network}


def timed(torch, step: Callable[[], None]) -> float:
    """Seconds that one step takes, from an idle GPU to an idle GPU."""
    torch.cuda.synchronize()
    start = time.perf_counter()
    step()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def pytorch():
    """PyTorch, if it is installed and sees the GPU."""
    try:
        found = importlib.import_module("torch")
    except ImportError:
        return None
    return found if found.cuda.is_available() else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    if not tensorkit.cuda.is_available():
        print("no GPU here (or no CuPy: pip install '.[cuda]' in the checkout): nothing to measure")
        return 0
    engines = {"tensorkit": tensorkit} | ({"PyTorch": found} if (found := pytorch()) else {})
    print(f"{tensorkit.cuda.get_device_name()}, least of {rounds} rounds")
    print(f"{'':48}" + "".join(f"{name:>14}" for name in engines))
    for title, make in works().items():
        steps = {name: make(engine) for name, engine in engines.items()}
        for name, step in steps.items():  # kernels are compiled at their first use
            timed(engines[name], step)
        least = dict.fromkeys(engines, float("inf"))
        for _ in range(rounds):
            for name, step in steps.items():
                least[name] = min(least[name], timed(engines[name], step))
        print(f"{title:48}" + "".join(f"{1000 * seconds:11.3f} ms" for seconds in least.values()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
