"""What is trained in the cases: small problems for each optimizer and scheduler, orders of data, and whole programs.

`record_training.py` asks PyTorch, the tests ask tensorkit; both call the functions here with the library as `torch`.
A problem is one line of code that both libraries understand (`training_lines.py`).  The whole programs are
`training/*.py`: scripts for PyTorch, which run on tensorkit when the import is swapped.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from pathlib import Path
from typing import Any

from .training_lines import LEARNED, MISTAKES, OPTIMIZERS, ORDERS, SCHEDULERS

__all__ = ["LEARNED", "MISTAKES", "OPTIMIZERS", "ORDERS", "SCHEDULERS"]

HERE = Path(__file__).parent
PROGRAMS = HERE / "training"
ANSWERS = HERE / "training.json"


def names(torch) -> dict[str, Any]:
    """What a line may use: the library, its parts, and a few data sets."""
    from collections import namedtuple

    import numpy as np

    data = torch.utils.data

    class Counting(data.IterableDataset):
        def __init__(self, n):
            self.n = n

        def __len__(self):
            return self.n

        def __iter__(self):
            return iter(range(self.n))

    class Backwards(data.Sampler):
        def __init__(self, n):
            self.n = n

        def __iter__(self):
            return iter(range(self.n - 1, -1, -1))

    class Sharded(Counting):
        def __iter__(self):
            info = data.get_worker_info()
            return iter(range(info.id, self.n, info.num_workers))

    class Drawing(data.Dataset):
        """Random numbers of all three kinds, and who drew them."""

        def __init__(self, n):
            self.n = n

        def __len__(self):
            return self.n

        def __getitem__(self, i):
            import random

            info = data.get_worker_info()
            return i, info.id, info.seed % 1000, torch.rand(()), np.random.rand(), random.random()

    return {
        "torch": torch, "np": np, "optim": torch.optim, "L": torch.optim.lr_scheduler, "D": data,
        "Backwards": Backwards, "Counting": Counting, "Drawing": Drawing, "Sharded": Sharded,
        "Point": namedtuple("Point", "x y"),
    }  # fmt: skip


def train(line: str, torch, steps: int = 100) -> dict[str, Any]:
    """Let the optimizer that `line` builds follow targets that jitter; the parameters after `steps`, and its repr.

    Each element is on its own, so that no sum is rounded: what differs in the end was the update rule's doing.
    """
    torch.manual_seed(0)
    ps = [torch.randn(4, 5).requires_grad_(), torch.randn(5).requires_grad_(), torch.randn(5, 2).requires_grad_()]
    scales = [0.1 + 3 * torch.rand(p.shape) for p in ps]
    targets = [torch.randn(p.shape) for p in ps]
    unused = torch.zeros(3, requires_grad=True)
    groups = [{"params": ps[:2]}, {"params": ps[2], "lr": 0.03, "weight_decay": 0.02}]
    optimizer = eval("torch.optim." + line, {"torch": torch, "ps": [*ps, unused], "groups": groups})
    sign = -1 if "maximize" in line else 1
    noise = [0.0] * 3

    def closure():
        optimizer.zero_grad()
        loss = 0
        for p, scale, target, jitter in zip(ps, scales, targets, noise, strict=True):
            away = p - target - jitter
            loss = loss + sign * (scale * away * away + 0.1 * away * away * away * away).sum()
        loss.backward()
        return loss

    losses = []
    for _ in range(steps if "LBFGS" not in line else 5):
        losses.append(optimizer.step(closure).item())
        if "LBFGS" not in line:
            noise = [0.3 * torch.randn(p.shape) for p in ps]
    state = optimizer.state_dict()
    first = state["state"].get(0, {})
    return {
        "losses": losses[::10],
        "parameters": [each.tolist() for each in ps],
        "state": {
            key: list(value.shape) if hasattr(value, "shape") else type(value).__name__
            for key, value in first.items()
            if "LBFGS" not in line
        },  # fmt: skip
        "numbers": sorted(state["state"]),
        "repr": repr(optimizer),
    }


def learned(line: str, torch) -> dict[str, Any]:
    """The parameter after recorded steps, and the gradients of its sum of squares."""
    torch.manual_seed(0)
    first, target = torch.randn(4, dtype=torch.float64, requires_grad=True), torch.randn(4, dtype=torch.float64)
    lr = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    p = recorded_steps(line, torch, first, target, lr)
    (p * p).sum().backward()
    return {"parameter": p.tolist(), "slopes": first.grad.tolist(), "rate": [lr.grad.item()] if "lr=lr" in line else []}


def recorded_steps(line: str, torch, first, target, lr, steps: int = 2):
    """The parameter to which the optimizer of `line` leads from `first`, with its history."""
    p = first.clone()
    call, _, few = line.partition("  # ")
    optimizer = eval(f"torch.optim.{call[:-1]}, differentiable=True)", {"torch": torch, "p": p, "lr": lr})
    for _ in range(1 if few else steps):
        away = p - target
        (p.grad,) = torch.autograd.grad((away * away * away * away).sum(), p, create_graph=True)
        optimizer.step()
    return p


def rates(line: str, torch, steps: int = 20) -> dict[str, Any]:
    """The learning rates and momenta that the scheduler of `line` sets, and what its state holds."""
    w, v = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    o = torch.optim.SGD([{"params": w}, {"params": v, "lr": 0.2}], lr=0.1, momentum=0.9)
    scheduler = eval("L." + line, {"L": torch.optim.lr_scheduler, "o": o})
    metrics = [1.0, 0.9, 0.9, 0.9, 0.95, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    seen = [scheduler.get_last_lr()]
    momenta = []
    for step in range(steps):
        o.step()
        scheduler.step(metrics[step]) if "Plateau" in line else scheduler.step()
        seen.append(scheduler.get_last_lr())
        momenta.append([group["momentum"] for group in o.param_groups])
    keys = {key for key in scheduler.state_dict() if not key.startswith("_") or key == "_last_lr"}
    return {"rates": seen, "momenta": momenta, "state": sorted(keys)}


def order(line: str, torch) -> Any:
    """What the line about data gives, from a fixed seed, as plain lists."""
    torch.manual_seed(3)
    return plain(eval(line, names(torch) | {"g": torch.Generator().manual_seed(5)}), torch)


def plain(value: Any, torch) -> Any:
    """A value as JSON can hold it, tensors with their dtype."""
    if isinstance(value, torch.Tensor):
        return [str(value.dtype), list(value.shape), value.tolist()]
    if isinstance(value, dict):
        return {key: plain(each, torch) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *(plain(each, torch) for each in value)]
    return value if isinstance(value, (int, float, str)) else repr(value)


def mistake(line: str, torch) -> list[str]:
    """Class and text of the error that a line raises."""
    w, v = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)

    def stepped(optimizer):
        w.grad = torch.ones(2)
        optimizer.step()

    known = names(torch) | {"stepped": stepped, "w": w, "v": v, "o": torch.optim.SGD([w], lr=0.1, momentum=0.9)}
    try:
        eval(line, known)
    except Exception as error:
        text = str(error).split("\n")[0]
        return [type(error).__name__, re.sub(r"0x[0-9a-f]+", "0x", text)]
    return ["", "no error"]


def programs() -> list[str]:
    """The names of the whole programs."""
    return sorted(path.stem for path in PROGRAMS.glob("*.py"))


def source(program: str, library: str = "torch") -> str:
    """A program's text; for tensorkit, with the import swapped and nothing else."""
    text = (PROGRAMS / f"{program}.py").read_text(encoding="utf-8")
    if library == "torch":
        return text
    text = re.sub(r"^import torch$", f"import {library} as torch", text, flags=re.M)
    return re.sub(r"^(import|from) torch\.", rf"\1 {library}.", text, flags=re.M).replace(
        "\nfrom torch import", f"\nfrom {library} import"
    )


def output(program: str, library: str = "torch") -> list[str]:
    """The lines that a program prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source(program, library), f"{program}.py", "exec"), {"__name__": "__main__"})
    return printed.getvalue().splitlines()
