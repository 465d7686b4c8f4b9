"""Exercises of lessons 10 and 11: fitting a line, datasets and loaders. What an exercise is: `exercise.py`."""

from __future__ import annotations

import tensorkit as torch
from tensorkit.utils.data import DataLoader

from .exercise import Todo, exercise
from .gradients import as_number
from .looking import a_number, close, kind, result_of, short


@exercise(
    "10",
    "A prediction",
    hints=["The line is weight times load, plus bias.", "(best_w * 0.75 + best_b).item()"],
    solution="length = (best_w * 0.75 + best_b).item()",
)
def spring_length(best_w, best_b, length):
    """Predict the spring's length for a load of 0.75 with best_w and best_b; call the Python number length."""
    yield a_number("length", length)
    wanted = as_number(best_w) * 0.75 + as_number(best_b)
    yield "the bias is in it", abs(length + as_number(best_b) - wanted) > 0.05, "add the bias to weight times load"
    yield "on the line", abs(length - wanted) < 0.05, f"{length:.2f} is not on it: weight times load, plus bias"


@exercise(
    "10",
    "Another loss",
    hints=["abs() takes the signs away.", "(predicted - true).abs().mean()"],
    solution="def mean_absolute_error(predicted, true):\n    return (predicted - true).abs().mean()",
)
def absolute_error(mean_absolute_error):
    """Write mean_absolute_error(predicted, true): the mean of the differences without their signs."""
    cases = (([1.0, 5.0, 3.0], [2.0, 3.0, 3.0], 1.0), ([0.0, 0.0], [1.0, -2.0], 1.5))
    for predicted, true, wanted in cases:
        found = result_of(mean_absolute_error, torch.tensor(predicted), torch.tensor(true))
        number = as_number(found)
        yield "one number", number is not None, f"it is {kind(found)}: which operation makes one of many?"
        why = f"it should be {wanted:g}, and is {number:g}: a mean of differences without signs, not squared"
        yield f"{predicted} and {true}", abs(number - wanted) < 0.001, why


@exercise(
    "10",
    "A line through any points (a small project)",
    hints=[
        "Start with w and b at 0, both with requires_grad=True, and repeat the lesson's loop some 1000 times.",
        "loss = ((w * x + b - y)**2).mean(); backward; step under no_grad with a rate of 0.1; clear the gradients.",
    ],
    solution="""
    def fit(x, y):
        w = torch.tensor(0., requires_grad=True)
        b = torch.tensor(0., requires_grad=True)
        for epoch in range(1000):
            ((w * x + b - y)**2).mean().backward()
            with torch.no_grad():
                for weight in (w, b):
                    weight -= 0.1 * weight.grad
                    weight.grad = None
        return w, b
    """,
)
def line_through_points(fit):
    """Write fit(x, y): it finds the best line y = w * x + b for two tensors of numbers, and returns w and b."""
    x = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0])
    for w, b in ((2.0, 1.0), (-1.0, 3.0)):
        found = result_of(fit, x, w * x + b)
        pair = isinstance(found, tuple | list) and len(found) == 2
        yield "two results", pair, f"it is {kind(found)}: return w, b"
        slope, start = map(as_number, found)
        yield "both are numbers", None not in (slope, start), f"they are {kind(found[0])} and {kind(found[1])}"
        yield f"the slope {w:g}", abs(slope - w) < 0.1, f"yours is {slope:.2f}: more rounds, or another rate?"
        yield f"the bias {b:g}", abs(start - b) < 0.1, f"yours is {start:.2f}: does b take its step too?"


@exercise(
    "11",
    "How many batches",
    hints=["150 flowers: how many full batches of 32?", "What remains makes a batch of its own."],
    solution="batches = 5",
)
def batch_count(batches):
    """How many batches does a loader over flowers have with batch_size=32? Call the number batches."""
    yield a_number("batches", batches)
    yield "the rest counts", batches != 4, "four are full, and some flowers remain"
    yield "the number", batches == 5, f"{batches:g} is not it: there are 150 flowers"


@exercise(
    "11",
    "A dataset of squares",
    hints=["__len__ returns 10.", "__getitem__ returns torch.tensor(float(i)), torch.tensor(float(i**2))"],
    solution="""
    class Squares(Dataset):
        def __len__(self):
            return 10

        def __getitem__(self, i):
            return torch.tensor(float(i)), torch.tensor(float(i**2))
    """,
)
def squares_dataset(Squares):
    """Write the dataset Squares: 10 examples, and example i is the pair of tensors i and i**2, both decimals."""
    squares = Squares()
    if len(squares) == 0:
        raise Todo("It has no examples so far.")
    yield "10 examples", len(squares) == 10, f"it has {len(squares)}"
    example = squares[3]
    pair = isinstance(example, tuple | list) and len(example) == 2
    yield "an example is a pair", pair, f"it is {kind(example)}: return two tensors, with a comma between"
    tensors = all(torch.is_tensor(part) for part in example)
    yield "of two tensors", tensors, f"they are {kind(example[0])} and {kind(example[1])}"
    yield "of decimals", all(part.is_floating_point() for part in example), "make the number a float first"
    for i in (3, 0, 9):
        first, second = squares[i]
        right = close(first, i) and close(second, i * i)
        yield f"example {i}", right, f"it should be {i} and {i * i}, and is {short(first)} and {short(second)}"
    numbers, _ = next(iter(DataLoader(squares, batch_size=10)))
    yield "a loader makes a batch of it", tuple(numbers.shape) == (10,), f"it has the shape {tuple(numbers.shape)}"


@exercise(
    "11",
    "A mean over batches",
    hints=[
        "features[labels == 0] picks the rows of species 0, and [:, 2] the petal length.",
        "Collect total and count over the batches: total / count at the end.",
    ],
    solution="""
    total, count = 0., 0
    for features, labels in DataLoader(flowers, batch_size=32):
        lengths = features[labels == 0][:, 2]
        total += lengths.sum().item()
        count += len(lengths)
    mean_length = total / count
    """,
)
def petal_mean(mean_length):
    """Find the mean petal length (feature 2) of species 0 from the batches of a loader; call it mean_length."""
    yield a_number("mean_length", mean_length)
    yield "of species 0 only", abs(mean_length - 3.758) > 0.01, "3.76 is the mean over all species"
    yield "the petal's length", abs(mean_length - 5.006) > 0.01, "5.01 is feature 0: counting starts at 0"
    yield "the mean", abs(mean_length - 1.462) < 0.01, f"{mean_length:.3f} is not it: divide one total by one count"
