"""Exercises of lessons 6 to 8: NumPy, combining and reshaping, reductions. What an exercise is: `exercise.py`."""

from __future__ import annotations

import numpy as np

import tensorkit as torch

from .exercise import exercise
from .looking import a_number, a_tensor, close, kind, of_shape, result_of, short


@exercise(
    "06",
    "Zeros that are whole numbers",
    hints=["torch.zeros makes decimals unless told otherwise.", "dtype=torch.int64 tells it."],
    solution="mine = torch.zeros((3, 3), dtype=torch.int64)",
)
def integer_zeros(mine):
    """Make a 3 by 3 tensor of zeros of dtype int64, and call it mine."""
    yield a_tensor("mine", mine)
    yield of_shape("mine", mine, (3, 3), "Three rows, three columns.")
    yield "whole numbers", mine.dtype == torch.int64, f"its dtype is {mine.dtype}"
    yield "all zero", not mine.any().item(), "not all of them are zero"


@exercise(
    "06",
    "A copy that stays",
    hints=["from_numpy shares memory.", "torch.tensor(array) copies; so does clone()."],
    solution="safe = torch.tensor(array)",
)
def safe_copy(array, safe):
    """Make a tensor, called safe, from array so that a later change of array does not reach it."""
    yield a_tensor("safe", safe)
    yield "the numbers of array", close(safe, array), f"it holds {short(safe)}, and array {short(array)}"
    before = safe.tolist()
    array += 1
    after = safe.tolist()
    array -= 1
    yield "a change does not reach it", before == after, "array was changed, and safe with it. Which way copies?"


@exercise(
    "06",
    "From bytes to decimals",
    hints=["Divide by the largest number that a camera gives.", "torch.from_numpy(picture) / 255"],
    solution="scaled = torch.from_numpy(picture) / 255",
)
def scaled_picture(picture, scaled):
    """Make a float32 tensor, called scaled, of picture, with 255 becoming 1 and 0 staying 0."""
    yield a_tensor("scaled", scaled)
    yield "the shape of picture", tuple(scaled.shape) == picture.shape, f"it has {tuple(scaled.shape)}"
    yield "float32", scaled.dtype == torch.float32, f"its dtype is {scaled.dtype}"
    wanted = picture.astype("float64") / 255
    yield "from 0 to 1", close(scaled, wanted), f"the largest number is {scaled.max().item():g}"


@exercise(
    "06",
    "Any tensor to NumPy (a small project)",
    hints=["A tensor that is tracked refuses numpy().", "detach() first, then cpu(), then numpy()."],
    solution="def to_array(t):\n    return t.detach().cpu().numpy()",
)
def any_tensor_to_numpy(to_array):
    """Write a function to_array(t) that returns a NumPy array of a tensor, even of one with requires_grad=True."""
    for example in (torch.ones(2, 3), torch.tensor([1.5, 2.0], requires_grad=True)):
        found = result_of(to_array, example)
        which = "a tracked tensor" if example.requires_grad else "a plain tensor"
        yield f"{which} becomes an array", isinstance(found, np.ndarray), f"it becomes {kind(found)}"
        yield "with its numbers", close(found, example), f"{short(example)} became {short(found)}"
        yield "t keeps asking for gradients", example.requires_grad == (example.ndim == 1), "leave t itself as it was"


@exercise(
    "07",
    "Rows, twice",
    hints=["torch.cat takes a list of tensors.", "dim=0 puts them below each other."],
    solution="twice = torch.cat([my_tns1, my_tns1], dim=0)",
)
def rows_twice(my_tns1, twice):
    """Build a tensor, called twice, whose first two rows are my_tns1 and whose last two rows are my_tns1 again."""
    yield a_tensor("twice", twice)
    yield of_shape("twice", twice, (4, 3), "Which dimension should grow?")
    yield "the first two rows", close(twice[:2], my_tns1), "compare them with my_tns1"
    yield "the last two rows", close(twice[2:], my_tns1), "compare them with my_tns1"


@exercise(
    "07",
    "One to twelve",
    hints=["torch.arange(a, b) ends before b.", "torch.arange(1, 13) has twelve numbers: fold them."],
    solution="clock = torch.arange(1, 13).reshape(3, 4)",
)
def clock_face(clock):
    """Put the numbers 1 to 12, row by row, in a tensor of 3 rows and 4 columns, and call it clock."""
    yield a_tensor("clock", clock)
    yield of_shape("clock", clock, (3, 4), "Rows first, then columns.")
    first, last = clock[0, 0].item(), clock[2, 3].item()
    yield "from 1 to 12", (first, last) == (1, 12), f"it goes from {first:g} to {last:g}"
    yield "row by row", close(clock[0], [1, 2, 3, 4]), f"the first row is {short(clock[0])}"
    yield "to the end", close(clock, torch.arange(1, 13).reshape(3, 4)), "a number in the middle is out of place"


@exercise(
    "07",
    "A brighter photograph",
    hints=["Add first.", "clip(max=1) bounds from above."],
    solution="brighter = (photo + 0.3).clip(max=1)",
)
def brighter_photo(photo, brighter):
    """Add 0.3 to every number of photo, but let none go above 1; call the result brighter."""
    yield a_tensor("brighter", brighter)
    yield "the shape of photo", brighter.shape == photo.shape, f"it has {tuple(brighter.shape)}"
    highest = brighter.max().item()
    yield "nothing above 1", highest <= 1.0001, f"the largest number is {highest:.2f}: which method bounds it?"
    wanted = (photo + 0.3).clip(max=1)
    yield "brighter by 0.3", close(brighter, wanted), f"row 0 is {short(brighter[0])}. Add first, bound afterwards"


@exercise(
    "07",
    "Two pictures side by side (a small project)",
    hints=["torch.cat with dim=1 puts them beside each other.", "The black column is torch.zeros(a.shape[0], 1)."],
    solution="def beside(a, b):\n    return torch.cat([a, torch.zeros(a.shape[0], 1), b], dim=1)",
)
def pictures_side_by_side(beside):
    """Write a function beside(a, b) that puts two pictures of equal height side by side, a column of 0 between."""
    for left, right in ((torch.ones(2, 3), torch.ones(2, 2)), (torch.full((4, 1), 0.5), torch.rand(4, 3))):
        found = result_of(beside, left, right)
        yield "the result is a tensor", torch.is_tensor(found), f"it is {kind(found)}"
        height, width = left.shape[0], left.shape[1] + 1 + right.shape[1]
        yield of_shape("it", found, (height, width), f"{tuple(left.shape)} and {tuple(right.shape)} came in.")
        split = left.shape[1]
        yield "a on the left", close(found[:, :split], left), "compare the first columns with a"
        yield "a black column", close(found[:, split], torch.zeros(height)), f"it is {short(found[:, split])}"
        yield "b on the right", close(found[:, split + 1 :], right), "compare the last columns with b"


@exercise(
    "08",
    "A mean for each film",
    hints=["A film is a column: the rows should disappear.", "ratings.float().mean(dim=0)"],
    solution="films = ratings.float().mean(dim=0)",
)
def film_means(films):
    """Find the mean rating of each film, and call it films."""
    yield a_tensor("films", films)
    yield of_shape("films", films, (4,), "Four films, so four numbers: which dimension should disappear?")
    yield "the means", close(films, [4, 3, 4, 2], 0.02), f"{short(films)}: the first film has a mean of 4"


@exercise(
    "08",
    "Counting the good ones",
    hints=["ratings >= 4 is a table of yes and no, and yes counts as 1.", "Sum it, then .item()."],
    solution="good = (ratings >= 4).sum().item()",
)
def good_ratings(good):
    """How many of the twelve ratings are 4 or better? Call the Python number good."""
    yield a_number("good", good)
    yield "more than the fives", good not in (2, 4), f"{good} leaves out a kind: 4 counts as good, and so does 5"
    yield "the count", good == 6, f"{good} is not it: count them in the table"


@exercise(
    "08",
    "Fair ratings",
    hints=["The mean of a person is a mean over dim=1.", "keepdim=True lets the means stand in a column."],
    solution="fair = ratings - ratings.float().mean(dim=1, keepdim=True)",
)
def fair_ratings(fair):
    """Subtract from each rating the mean of the person who gave it; call the result fair."""
    yield a_tensor("fair", fair)
    yield of_shape("fair", fair, (3, 4), "It should have the shape of ratings.")
    rows = fair.float().sum(dim=1)
    yield "each row sums to zero", close(rows, [0, 0, 0]), f"the rows sum to {short(rows)}"
    yield "ratings minus a mean", close(fair[0], [1.75, -0.25, 0.75, -2.25]), f"row 0 is {short(fair[0])}"


@exercise(
    "08",
    "Every column from 0 to 1 (a small project)",
    hints=[
        "table.min(dim=0).values is the smallest of each column.",
        "Subtract the smallest, then divide by largest minus smallest.",
    ],
    solution="""
    def rescale(table):
        low, high = table.min(dim=0).values, table.max(dim=0).values
        return (table - low) / (high - low)
    """,
)
def columns_from_0_to_1(rescale):
    """Write a function rescale(table) that shifts and stretches each column so that it goes from 0 to 1."""
    for table in (torch.tensor([[1.0, 10.0], [3.0, 30.0], [2.0, 60.0]]), torch.tensor([[-1.0, 5.0], [1.0, 4.0]])):
        found = result_of(rescale, table)
        yield "the result is a tensor", torch.is_tensor(found), f"it is {kind(found)}"
        yield of_shape("it", found, tuple(table.shape), "The shape should stay.")
        low, high = found.min(dim=0).values, found.max(dim=0).values
        yield "each column starts at 0", close(low, [0, 0]), f"the smallest are {short(low)}"
        yield "each column ends at 1", close(high, [1, 1]), f"the largest are {short(high)}"
        stretch = table.max(dim=0).values - table.min(dim=0).values
        wanted = (table - table.min(dim=0).values) / stretch
        yield "what lies between", close(found, wanted), f"{short(found)}: is each number shifted and divided alike?"
