"""What is measured, and the target of each: `WORKS`.

A work is a function that takes the engine's module (tensorkit or PyTorch, both named `torch` here) and returns the step
to be timed. Where NumPy by hand or micrograd can do the same, they have a function of their own. What a step needs is
made before it, once, from fixed numbers. How a step is timed: `worker.py`.
"""

from __future__ import annotations

import gc
import resource
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

SIDE = 1000


class Work(NamedTuple):
    """One row of the table. `targets` are ratios of tensorkit to an engine, for the time or for the `metric` named."""

    name: str
    title: str
    step: Callable
    targets: dict[str, float]
    numpy: Callable | None = None
    micrograd: Callable | None = None
    metric: str = "time"
    alone: bool = False  # in a process of its own, run once


def leaves(torch):
    def step():
        x = torch.tensor(4.0, requires_grad=True)
        y = torch.tensor(-3.0, requires_grad=True)
        z = torch.tensor(5.0, requires_grad=True)
        ((x + y) * z).backward()

    return step


def leaves_micrograd(engine):
    Value = engine.Value

    def step():
        x, y, z = Value(4.0), Value(-3.0), Value(5.0)
        ((x + y) * z).backward()

    return step


def cubic(torch):
    x = torch.tensor(1.0, requires_grad=True)

    def step():
        x.grad = None
        ((x - 3) * (x - 6) * (x - 4)).backward()

    return step


def cubic_micrograd(engine):
    x = engine.Value(1.0)

    def step():
        x.grad = 0
        ((x - 3) * (x - 6) * (x - 4)).backward()

    return step


def add(torch):
    x, y = torch.tensor(1.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    return lambda: x + y


def _square_matrices():
    rng = np.random.RandomState(0)
    return [rng.rand(SIDE, SIDE).astype(np.float32) for _ in range(3)]


def product(torch):
    x, y, z = (torch.tensor(m) for m in _square_matrices())
    return lambda: (z * (x @ y)).mean()


def product_numpy(np):
    x, y, z = _square_matrices()

    def step():
        q = x @ y
        q *= z
        return q.mean()

    return step


def product_gradients(torch):
    x, y, z = (torch.tensor(m, requires_grad=True) for m in _square_matrices())

    def step():
        x.grad = y.grad = z.grad = None
        (z * (x @ y)).mean().backward()

    return step


def product_gradients_numpy(np):
    x, y, z = _square_matrices()

    def step():
        q = x @ y
        mean = (z * q).mean()
        g = np.float32(1 / q.size)
        q *= g
        h = z * g
        return mean, h @ y.T, x.T @ h, q

    return step


def elementwise(torch):
    x = torch.tensor(np.linspace(-1, 1, 10**6, dtype=np.float32), requires_grad=True)

    def step():
        x.grad = None
        ((x * 2 + 1).tanh() * x.exp()).sum().backward()

    return step


def elementwise_numpy(np):
    x = np.linspace(-1, 1, 10**6, dtype=np.float32)

    def step():
        t = np.tanh(x * 2 + 1)
        e = np.exp(x)
        total = (t * e).sum()
        return total, e * (t + 2 * (1 - t * t))

    return step


def _training(torch, model, inputs, labels, optimizer):
    loss_of = torch.nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad()
        loss_of(model(inputs), labels).backward()
        optimizer.step()

    return step


def _mlp(torch, sizes):
    layers = [torch.nn.Linear(sizes[0], sizes[1])]
    for one, two in zip(sizes[1:], sizes[2:], strict=False):
        layers += [torch.nn.ReLU(), torch.nn.Linear(one, two)]
    return torch.nn.Sequential(*layers)


def mlp_small(torch):
    torch.manual_seed(0)
    model = _mlp(torch, (2, 16, 16, 2))
    sgd = torch.optim.SGD(model.parameters(), lr=0.01)
    return _training(torch, model, torch.rand(100, 2), torch.randint(0, 2, (100,)), sgd)


def mlp_small_numpy(np):
    rng = np.random.RandomState(0)
    sizes = (2, 16, 16, 2)
    weights = [rng.rand(n, m).astype(np.float32) for m, n in zip(sizes, sizes[1:], strict=False)]
    biases = [rng.rand(n).astype(np.float32) for n in sizes[1:]]
    x, labels, samples = rng.rand(100, 2).astype(np.float32), rng.randint(0, 2, 100), np.arange(100)
    lr = np.float32(0.01)

    def step():
        inputs = [x]
        for w, b in zip(weights, biases, strict=True):
            z = inputs[-1] @ w.T
            z += b
            inputs.append(np.maximum(z, 0))
        z -= z.max(1, keepdims=True)
        g = np.exp(z)
        total = g.sum(1, keepdims=True)
        loss = (np.log(total)[:, 0] - z[samples, labels]).mean()
        g /= total
        g[samples, labels] -= 1
        g /= 100
        for i in (2, 1, 0):
            dw, db = g.T @ inputs[i], g.sum(0)
            if i:
                g = g @ weights[i]
                g *= inputs[i] > 0
            weights[i] -= lr * dw
            biases[i] -= lr * db
        return loss

    return step


def mlp_digits(torch):
    torch.manual_seed(0)
    model = _mlp(torch, (784, 128, 10))
    adam = torch.optim.Adam(model.parameters())
    return _training(torch, model, torch.rand(64, 784), torch.randint(0, 10, (64,)), adam)


def mlp_wide(torch):
    torch.manual_seed(0)
    model = _mlp(torch, (1024, 1024, 1024, 10))
    adam = torch.optim.Adam(model.parameters())
    return _training(torch, model, torch.rand(256, 1024), torch.randint(0, 10, (256,)), adam)


def lenet(torch):
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )
    sgd = torch.optim.SGD(model.parameters(), lr=0.01)
    return _training(torch, model, torch.rand(64, 1, 28, 28), torch.randint(0, 10, (64,)), sgd)


def lstm(torch):
    torch.manual_seed(0)
    model, x = torch.nn.LSTM(64, 64), torch.rand(32, 32, 64)
    sgd = torch.optim.SGD(model.parameters(), lr=0.01)

    def step():
        sgd.zero_grad()
        model(x)[0].pow(2).mean().backward()
        sgd.step()

    return step


def rand(torch):
    return lambda: torch.rand(10**6)


def randn(torch):
    return lambda: torch.randn(10**6)


def epoch(torch):
    data = torch.utils.data.TensorDataset(torch.rand(10_000, 8), torch.arange(10_000))
    loader = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True)

    def step():
        for _ in loader:
            pass

    return step


def print_scalar(torch):
    x = torch.tensor(2.5)
    return lambda: repr(x)


def print_matrix(torch):
    x = torch.tensor(_square_matrices()[0])
    return lambda: repr(x)


def chain(torch, length=10**6):
    """Time of a million additions built, walked back and released, and the memory of a node in between."""

    def step():
        x = torch.tensor(1.0, requires_grad=True)
        y = x
        before = resident()
        for _ in range(length):
            y = y + 1
        held = resident() - before
        y.backward()
        y = None
        gc.collect()
        return {"memory": held / length, "left": max(resident() - before, 0)}

    return step


def peak(torch):
    """Memory that one step of `product_gradients` needs at its highest, beyond what stands there before."""
    step = product_gradients(torch)

    def measured():
        before = resident()
        step()
        return {"memory": max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before, 0)}

    return measured


def resident() -> int:
    """Bytes of memory that the process holds."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


WORKS = [
    Work(
        "leaves",
        "`x=4, y=-3, z=5`, new leaves, forward and backward",
        leaves,
        {"torch": 0.25, "micrograd": 2.2},
        micrograd=leaves_micrograd,
    ),
    Work("cubic", "`(x-3)*(x-6)*(x-4)` and backward", cubic, {"torch": 0.25}, micrograd=cubic_micrograd),
    Work("add", "`x + y` on scalars with gradient", add, {"torch": 0.4}),
    Work("product", "mean of `z * (x @ y)`, 1000×1000", product, {"torch": 1.0, "numpy": 1.05}, numpy=product_numpy),
    Work(
        "product_gradients",
        "the same with all gradients",
        product_gradients,
        {"torch": 1.0, "numpy": 1.1},
        numpy=product_gradients_numpy,
    ),
    Work("peak", "its peak memory", peak, {"torch": 1.0}, metric="memory", alone=True),
    Work(
        "elementwise",
        "`((x * 2 + 1).tanh() * x.exp()).sum()` on 10⁶ floats with gradient",
        elementwise,
        {"torch": 1.5},
        numpy=elementwise_numpy,
    ),
    Work("mlp_small", "MLP 2-16-16-2, batch 100, SGD step", mlp_small, {"torch": 0.6}, numpy=mlp_small_numpy),
    Work("mlp_digits", "MLP 784-128-10, batch 64, Adam step", mlp_digits, {"torch": 1.0}),
    Work("mlp_wide", "MLP 1024-1024-1024-10, batch 256, Adam step", mlp_wide, {"torch": 1.0}),
    Work("lenet", "small CNN (LeNet-like), batch 64, SGD step", lenet, {"torch": 1.5}),
    Work("lstm", "LSTM, 32 steps, batch 32, hidden 64, SGD step", lstm, {"torch": 1.5}),
    Work("rand", "`rand`, 10⁶ numbers", rand, {"torch": 1.3}),
    Work("randn", "`randn`, 10⁶ numbers", randn, {"torch": 4.0}),
    Work("epoch", "one shuffled epoch, 10,000 rows, batch 64", epoch, {"torch": 0.3}),
    Work("chain", "chain of 10⁶ additions: build, backward, release", chain, {"torch": 0.5}, alone=True),
    Work("chain_memory", "its memory for a node", chain, {"torch": 1.0}, metric="memory", alone=True),
    Work("print_scalar", "`repr` of a scalar", print_scalar, {"torch": 0.5}),
    Work("print_matrix", "`repr` of 1000×1000", print_matrix, {"torch": 1.0}),
]
