"""Exercises of lesson 16: several processes. What an exercise is: `exercise.py`."""

from __future__ import annotations

from typing import Any

import tensorkit as torch

from .exercise import exercise
from .looking import a_number, array, close, kind, result_of, short


@exercise(
    "16",
    "A part of the batch",
    hints=["200 pictures are divided among 8 processes.", "As many for each: a division without rest."],
    solution="size = 200 // 8",
)
def batch_of_one_process(size):
    """8 processes together take batches of 200 pictures. What is the batch size of each? Call the number size."""
    yield a_number("size", size)
    yield "not for all together", size != 200, "200 is what all 8 take together"
    yield "not eight times as much", size != 1600, "8 processes with 200 each would be a batch of 1600"
    yield "the number", size == 25, f"{size:g} is not it: how many times does 8 go into 200?"


def _rows(value: Any) -> list[int] | None:
    """The whole numbers of a list, a range, a tensor or an array; None where it holds something else."""
    numbers = None if isinstance(value, str) else array(list(value) if isinstance(value, range) else value)
    return None if numbers is None or numbers.ndim != 1 else [int(number) for number in numbers]


@exercise(
    "16",
    "Who takes which row",
    hints=["Process 1 of 4 takes the rows 1, 5, 9, …", "range has three arguments: begin, end, step."],
    solution="def rows_of(rank, world, n):\n    return list(range(rank, n, world))",
)
def rows_of_a_rank(rows_of):
    """Write rows_of(rank, world, n): the rows among n that a process takes, each world-th from its own rank on."""
    for rank, world, n in ((0, 4, 8), (1, 4, 10), (2, 3, 9), (0, 1, 3)):
        found = _rows(result_of(rows_of, rank, world, n))
        wanted = list(range(rank, n, world))
        yield "the result is a list of rows", found is not None, "rows are whole numbers, in a list"
        yield f"rows of process {rank} of {world}, of {n}", found == wanted, f"they should be {wanted}, and are {found}"


@exercise(
    "16",
    "The mean of gradients",
    hints=[
        "All processes have batches of one size: a plain mean.",
        "torch.stack(gradients) makes one tensor: .mean(dim=0)",
    ],
    solution="def averaged(gradients):\n    return torch.stack(gradients).mean(dim=0)",
)
def mean_of_gradients(averaged):
    """Write averaged(gradients): from a list with one gradient for each process, what every one of them gets."""
    for gradients in (
        [torch.tensor([1.0, 2.0]), torch.tensor([3.0, -4.0])],
        [torch.tensor([[2.0, 0.0]]), torch.tensor([[4.0, 3.0]]), torch.tensor([[0.0, 3.0]])],
    ):
        before = [each.tolist() for each in gradients]
        total = sum(gradients)
        wanted = total / len(gradients)
        found = result_of(averaged, gradients)
        yield "the result is a tensor", torch.is_tensor(found), f"it is {kind(found)}"
        yield "divided by how many there are", not close(found, total), f"{short(total)} is their sum"
        yield "the mean, place by place", close(found, wanted), f"it should be {short(wanted)}, and is {short(found)}"
        yield "gradients stay as they were", [g.tolist() for g in gradients] == before, "add up in a new tensor"


@exercise(
    "16",
    "Parts of different size (a small project)",
    hints=[
        "A mean loss times its number of pictures is the sum of these pictures' losses.",
        "Add up loss * count over all processes, and divide by the sum of the counts.",
    ],
    solution="""
    def whole_loss(losses, counts):
        return sum(loss * count for loss, count in zip(losses, counts)) / sum(counts)
    """,
)
def loss_of_the_whole(whole_loss):
    """Write whole_loss(losses, counts): from each process's mean loss and number of pictures, the mean over all."""
    for losses, counts in (([1.0, 2.0], [50, 50]), ([1.0, 3.0], [30, 10]), ([0.5, 0.25, 2.0], [4, 8, 1])):
        found = result_of(whole_loss, losses, counts)
        wanted = sum(loss * count for loss, count in zip(losses, counts, strict=True)) / sum(counts)
        plain = sum(losses) / len(losses)
        unequal = close(plain, wanted) or not close(found, plain)
        yield "larger parts count for more", unequal, f"{plain:g} is the mean of {losses}, as if all were of one size"
        yield (
            f"the mean for {losses} of {counts}",
            close(found, wanted),
            f"it should be {wanted:g}, and is {short(found)}",
        )
