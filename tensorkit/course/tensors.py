"""Exercises of the tour and of lessons 1 and 2: tensors and matrices. What an exercise is: `exercise.py`."""

from __future__ import annotations

import tensorkit as torch

from .exercise import exercise
from .looking import a_number, a_tensor, array, close, kind, of_shape, result_of, short


@exercise(
    "00",
    "A tensor of three numbers",
    hints=["A list in Python is written [1, 2, 3].", "torch.tensor(...) makes a tensor of a list."],
    solution="numbers = torch.tensor([2., 4., 6.])",
)
def three_numbers(numbers):
    """Make a tensor with the numbers 2, 4 and 6, and call it numbers."""
    yield a_tensor("numbers", numbers)
    yield "three of them", numbers.shape == (3,), f"numbers has the shape {tuple(numbers.shape)}: one list is enough"
    yield "2, 4 and 6", close(numbers, [2, 4, 6]), f"it holds {short(numbers)}"


@exercise(
    "00",
    "Their product with themselves",
    hints=["* works entry by entry.", "A tensor may stand on both sides of the *."],
    solution="def square(t):\n    return t * t",
)
def square_function(square):
    """Write a function square(t) that multiplies each number of a tensor by itself."""
    for example in (torch.tensor([1.0, -2.0, 3.0]), torch.tensor([[0.5, 4.0]])):
        found = result_of(square, example)
        wanted = example * example
        yield f"square of {short(example)}", close(found, wanted), f"it should be {short(wanted)} and is {short(found)}"


@exercise(
    "00",
    "A slope",
    hints=[
        "Begin with x = torch.tensor(3., requires_grad=True).",
        "Compute y from x, then y.backward(), and look at x.grad.",
    ],
    solution="x = torch.tensor(3., requires_grad=True)\ny = x**2 + 2*x\ny.backward()\nslope = x.grad",
)
def slope_at_three(slope):
    """Let the library find the slope of x**2 + 2*x at x = 3, and call it slope."""
    number = array(slope)
    yield "slope is one number", number is not None and number.size == 1, f"it is {kind(slope)}"
    value = float(number.reshape(()))
    yield "not the value of y", abs(value - 15) > 0.01, "15 is the value at 3. The slope is in x.grad, after backward"
    yield "the slope", abs(value - 8) < 0.01, f"{value:g} is not it. Was backward called once, and is there + 2*x?"


@exercise(
    "01",
    "A random tensor",
    hints=["torch.rand makes random numbers.", "Its arguments are the numbers of rows and of columns."],
    solution="mine = torch.rand(2, 4)",
)
def random_tensor(mine):
    """Make a random tensor with 2 rows and 4 columns, and call it mine."""
    yield a_tensor("mine", mine)
    yield of_shape("mine", mine, (2, 4), "Rows come first, then columns.")
    yield "random numbers", mine.unique().numel() > 4, "its numbers repeat. Which function draws at random?"


@exercise(
    "01",
    "A shape, read from the brackets",
    hints=["The outermost list has three entries: that is the first number.", "Then count one bracket further in."],
    solution="shape = (3, 1, 2)",
)
def shape_of_brackets(shape):
    """Write the shape of torch.tensor([[[1., 2.]], [[3., 4.]], [[5., 6.]]]) as a tuple, and call it shape."""
    yield "shape is a tuple", isinstance(shape, tuple | list), f"it is {kind(shape)}. Write (1, 2), for example"
    yield "three dimensions", len(shape) == 3, f"the brackets are three deep, and you have {len(shape)}"
    yield "their lengths", tuple(shape) == (3, 1, 2), f"{tuple(shape)} is not it. Count from the outside to the inside"


@exercise(
    "01",
    "One number, picked out",
    hints=["It is in row 1 and column 2, for counting starts at 0.", "cities[row, column].item()"],
    solution="hottest = cities[1, 2].item()",
)
def hottest_city(hottest):
    """Take the number 26. out of cities as an ordinary Python number, and call it hottest."""
    yield a_number("hottest", hottest)
    yield "it is 26 degrees", close(hottest, 26), f"it is {hottest:g}: remember that counting starts at 0"


@exercise(
    "01",
    "Random numbers in another range (a small project)",
    hints=["torch.rand(n) lies between 0 and 1.", "What makes 6 of 1, and leaves 0 at 0?"],
    solution="def dice(n):\n    return 6 * torch.rand(n)",
)
def random_up_to_six(dice):
    """Write a function dice(n) that returns a tensor of n random decimals between 0 and 6."""
    found = result_of(dice, 1000)
    yield a_tensor("dice(1000)", found)
    yield of_shape("dice(1000)", found, (1000,), "One number per throw.")
    low, high = found.min().item(), found.max().item()
    yield "all between 0 and 6", low >= 0 and high <= 6, f"they go from {low:.1f} to {high:.1f}"
    yield "over the whole range", low < 0.5 and high > 5.5, f"they go from {low:.1f} to {high:.1f} only"
    yield "new ones each time", not torch.equal(found, dice(1000)), "two calls gave the same: is there a seed inside?"


@exercise(
    "02",
    "The shape of a product",
    hints=["Write the shapes side by side: 5 by 2, 2 by 7.", "The inner numbers meet and disappear."],
    solution="shape = (5, 7)",
)
def product_shape(shape):
    """Write the shape of the matrix product of a 5 by 2 and a 2 by 7 matrix as a tuple, and call it shape."""
    yield "shape is a tuple", isinstance(shape, tuple | list), f"it is {kind(shape)}"
    yield "two dimensions", len(shape) == 2, f"a product of two matrices is a matrix, and you have {len(shape)} numbers"
    yield "the outer numbers", tuple(shape) == (5, 7), f"{tuple(shape)} is not it. Which numbers are outside, in order?"


@exercise(
    "02",
    "A matrix that swaps",
    hints=[
        "The first row makes the first number of the result: which number of the vector should it take?",
        "The first row is 0, 1: nothing of the first number, all of the second.",
    ],
    solution="swap = torch.tensor([[0., 1.], [1., 0.]])",
)
def swap_matrix(swap):
    """Find a 2 by 2 matrix, called swap, so that swap @ v exchanges the two numbers of any vector v."""
    yield a_tensor("swap", swap)
    yield of_shape("swap", swap, (2, 2), "Two rows of two numbers.")
    for vector in (torch.tensor([3.0, 8.0]), torch.tensor([-1.0, 5.0])):
        found = swap.to(torch.float32) @ vector
        yield f"{short(vector)} is exchanged", close(found, vector.flip(0)), f"it becomes {short(found)}"


@exercise(
    "02",
    "Doubled by a matrix",
    hints=["The identity leaves everything as it is.", "2 * torch.eye(3) has twos on the diagonal."],
    solution="double = 2 * torch.eye(3)",
)
def doubling_matrix(double):
    """Find a matrix, called double, so that t @ double is twice t for every 3 by 3 matrix t."""
    yield a_tensor("double", double)
    yield of_shape("double", double, (3, 3), "It has to fit behind a 3 by 3 matrix.")
    for example in (torch.arange(9.0).reshape(3, 3), torch.eye(3)):
        found = example @ double.to(torch.float32)
        last = f"the last row becomes {short(found[2])} and should be {short(2 * example[2])}"
        yield f"rows that end in {short(example[2])}", close(found, 2 * example), last


@exercise(
    "02",
    "A matrix for each column (a small project)",
    hints=["Only the diagonal is not zero.", "torch.eye(n) * weights stretches the numbers over the columns."],
    solution="def scaling(weights):\n    return torch.eye(len(weights)) * weights",
)
def scaling_matrix(scaling):
    """Write a function scaling(weights) whose result M multiplies column i of a matrix t by weights[i]: t @ M."""
    for weights in (torch.tensor([1.0, 10.0, 100.0]), torch.tensor([2.0, -1.0])):
        found = result_of(scaling, weights)
        size = len(weights)
        yield f"a tensor for {short(weights)}", torch.is_tensor(found), f"it is {kind(found)}"
        yield of_shape("it", found, (size, size), "As many rows as columns, one for each weight.")
        example = torch.arange(2.0 * size).reshape(2, size) + 1
        wanted = example * weights
        yield "the columns", close(example @ found, wanted), f"{short(example)} becomes {short(example @ found)}"
