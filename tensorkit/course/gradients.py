"""Exercises of lessons 3, 4, 5, 9: forward, backward, the chain rule, tracking. What an exercise is: `exercise.py`."""

from __future__ import annotations

import tensorkit as torch

from .exercise import Todo, exercise
from .looking import a_tensor, array, close, is_number, kind, of_shape, result_of, short


def as_number(value):
    """A number, or a tensor with one, as a float; None for anything else."""
    numbers = array(value)
    return float(numbers.reshape(())) if numbers is not None and numbers.size == 1 else None


@exercise(
    "03",
    "A mean, predicted",
    hints=["Each entry of q sums 600 products.", "A product of two random numbers is ¼ on average; z halves it again."],
    solution="guess = 600 / 8",
)
def smaller_mean(guess):
    """Predict the mean of f for tensors of 600 by 600 instead of 1000 by 1000, and call it guess."""
    number = as_number(guess)
    yield "guess is a number", number is not None, f"it is {kind(guess)}"
    yield "z is in it", abs(number - 150) > 2, "150 is about the mean of q. One more random factor follows"
    yield "for 600", abs(number - 125) > 2, "125 is the answer for 1000. How many products are added now?"
    yield "close to the mean", abs(number - 75) < 1.5, f"{number:g} is too far off: count products, then average them"


@exercise(
    "03",
    "A forward pass of your own",
    hints=["First x * z, then that with y as a matrix product.", "return torch.max(torch.matmul(x * z, y))"],
    solution="def largest(x, y, z):\n    return torch.max(torch.matmul(x * z, y))",
)
def own_forward_pass(largest):
    """Write largest(x, y, z): x times z entry by entry, that times y as a matrix product, and its largest entry."""
    example, identity = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.eye(2)
    single = torch.tensor([[0.0, 1.0], [0.0, 0.0]])
    for x, y, z, wanted in ((example, identity, example, 16), (single, example, torch.ones(2, 2), 4)):
        found = result_of(largest, x, y, z)
        number = as_number(found)
        yield "one number", number is not None, f"it is {kind(found)}: torch.max comes last"
        yield f"{wanted} is the largest", abs(number - wanted) < 0.001, f"yours is {number:g}. Is y last, behind an @?"


@exercise(
    "03",
    "A weighted sum (a small project)",
    hints=["Weigh first: x * w, entry by entry.", "torch.sum makes one number; b is added once."],
    solution="def predict(x, w, b):\n    return torch.sum(x * w) + b",
)
def weighted_sum(predict):
    """Write predict(x, w, b): the sum of x weighted by w, plus b; all that a single neuron does."""
    cases = (([1.0, 2.0], [3.0, 4.0], 0.5, 11.5), ([1.0, 1.0, 2.0], [0.0, -1.0, 5.0], -2.0, 7.0))
    for x, w, b, wanted in cases:
        found = result_of(predict, torch.tensor(x), torch.tensor(w), torch.tensor(b))
        number = as_number(found)
        yield "one number", number is not None, f"it is {kind(found)}: which operation makes one of many?"
        yield f"{wanted} for x = {x}", abs(number - wanted) < 0.001, f"yours is {number:g}. Is b added exactly once?"


@exercise(
    "04",
    "Three derivatives by hand",
    hints=["f is a sum: both sides get 1.", "A product passes it on times the other factor."],
    solution='mine = {"x": 3, "y": 2, "z": 1}',
)
def derivatives_by_hand(mine):
    """By hand: x = 2, y = 3, z = -1 and f = x * y + z. Write the derivatives of f into the dictionary mine."""
    yield "mine is a dictionary", isinstance(mine, dict), f"it is {kind(mine)}"
    if all(mine.get(name) is None for name in "xyz"):
        raise Todo("Its three entries are still None.")
    for name, wanted in {"z": 1, "x": 3, "y": 2}.items():
        number = None if mine.get(name) is None else as_number(mine[name])
        yield f"df/d{name}", number == wanted, f"{mine.get(name)} is not it. Which rule does {name} meet, walking back?"


@exercise(
    "04",
    "A gradient by autograd",
    hints=["w = torch.tensor(4., requires_grad=True)", "f = (w * 3 - 6)**2, then f.backward(); slope = w.grad"],
    solution="w = torch.tensor(4., requires_grad=True)\nf = (w * 3 - 6)**2\nf.backward()\nslope = w.grad",
)
def gradient_by_autograd(slope):
    """Compute the gradient of f = (w * 3 - 6)**2 at w = 4 by autograd, and put it into slope."""
    number = as_number(slope)
    yield "slope is one number", number is not None, f"it is {kind(slope)}"
    yield "more than the square's part", abs(number - 12) > 0.01, "12 is the square's part alone: w is times 3"
    yield "one backward pass", abs(number - 72) > 0.01, "72 is twice the gradient: gradients add up"
    yield "the gradient", abs(number - 36) < 0.01, f"{number:g} is not it: take w.grad after f.backward()"


@exercise(
    "04",
    "Where it is flat",
    hints=["Try a value, and look at the sign of the gradient.", "The square is smallest where w * 3 - 6 is 0."],
    solution="flat = 2",
)
def flat_place(flat):
    """Find a value of w, called flat, at which the gradient of f = (w * 3 - 6)**2 is zero."""
    number = as_number(flat)
    yield "flat is a number", number is not None, f"it is {kind(flat)}"
    gradient = 6 * (number * 3 - 6)
    way = "f grows with w, so try a smaller one" if gradient > 0 else "f shrinks with w, so try a larger one"
    yield "the gradient is zero", abs(gradient) < 0.01, f"at {number:g} it is {gradient:g}: {way}"


@exercise(
    "04",
    "A derivative without any rule (a small project)",
    hints=[
        "Nudge x by a small h, up and down, and look at how much f changes.",
        "(f(x + h) - f(x - h)) / (2 * h), with h = 0.001, say",
    ],
    solution="def nudged(f, x):\n    h = 1e-3\n    return (f(x + h) - f(x - h)) / (2 * h)",
)
def derivative_by_nudging(nudged):
    """Write nudged(f, x): the derivative of a Python function f at the number x, by nudging x a little."""
    cases = (("w * w at 3", lambda w: w * w, 3.0, 6.0), ("5 * w at 1", lambda w: 5 * w, 1.0, 5.0))
    for what, f, x, wanted in (*cases, ("w**3 at -2", lambda w: w**3, -2.0, 12.0)):
        found = result_of(nudged, f, x)
        number = as_number(found)
        yield f"a number for {what}", number is not None, f"it is {kind(found)}"
        yield f"the derivative of {what}", abs(number - wanted) < 0.1, f"{number:.4g}, and it should be {wanted:g}"


@exercise(
    "05",
    "Two paths",
    hints=["There is one path through each factor.", "Each gives the other factor: add them."],
    solution="derivative = (5 - 2) + (5 - 1)",
)
def two_paths(derivative):
    """By hand: the derivative of y = (x - 1) * (x - 2) at x = 5, called derivative."""
    number = as_number(derivative)
    yield "derivative is a number", number is not None, f"it is {kind(derivative)}"
    yield "not y itself", abs(number - 12) > 0.01, "12 is y at 5. How much does y change, per change of x?"
    yield "both paths", number not in (3, 4), f"{number:g} comes along one of the two paths"
    yield "the derivative", abs(number - 7) < 0.01, f"{number:g} is not it: what does a product do with a nudge?"


@exercise(
    "05",
    "The chain rule as a function",
    hints=["dz/dy is 3, dy/dx is 2 * x.", "Multiply the two. The + 1 changes nothing."],
    solution="def dz_dx(x):\n    return 3 * 2 * x",
)
def chain_rule(dz_dx):
    """y = x**2 and z = 3 * y + 1: write dz/dx as a Python function dz_dx(x)."""
    for x in (-2.0, 0.0, 1.5):
        found = result_of(dz_dx, x)
        number = as_number(found)
        yield f"a number at x = {x}", number is not None, f"it is {kind(found)}"
        yield f"dz/dx at x = {x}", abs(number - 6 * x) < 0.001, f"{number:g}: multiply dz/dy and dy/dx. And the + 1?"


@exercise(
    "05",
    "One step downhill",
    hints=[
        "New weight = old weight - rate * gradient.",
        "It must change w itself (w -= ...), and that under torch.no_grad().",
    ],
    solution="def step(w, rate):\n    with torch.no_grad():\n        w -= rate * w.grad",
)
def one_step(step):
    """Write step(w, rate): it changes the tensor w, whose w.grad is known, by one step of gradient descent."""
    w = torch.tensor(1.0, requires_grad=True)
    ((w * 3 - 12) ** 2).backward()
    gradient = w.grad.item()
    step(w, 0.02)
    if w.item() == 1:
        raise Todo("w has not changed: the step has to change the tensor that came in.")
    moved = w.item() - 1
    yield "downhill", moved * gradient < 0, f"the gradient is {gradient:g}, and w went from 1 to {w.item():g}: uphill"
    yield "as far as rate * gradient", abs(moved + 0.02 * gradient) < 0.001, f"w is {w.item():g} now, and not 2.08"
    yield "w is still a leaf that asks", w.is_leaf and w.requires_grad, "it lost its requires_grad"


@exercise(
    "05",
    "Trained to another goal (a small project)",
    hints=["Take the training loop of the lesson with t = -2.", "weights = [w1, w2, w3, w4], after the loop."],
    solution="""
    weights = [torch.tensor(value, requires_grad=True) for value in (1., 0.5, 1.5, 2.)]
    for attempt in range(200):
        z = weights[2] * (weights[0] * 1 + weights[1] * 2) + weights[3] * -1
        ((z + 2)**2).backward()
        with torch.no_grad():
            for w in weights:
                w -= 0.005 * w.grad
                w.grad = None
    """,
)
def trained_to_minus_two(weights):
    """Train the network of this lesson until it says -2 instead of 3, and put its four weights in a list: weights."""
    yield "four of them", len(weights) == 4, f"there are {len(weights)}"
    w1, w2, w3, w4 = (as_number(weight) for weight in weights)
    yield "each one number", None not in (w1, w2, w3, w4), "a weight is a tensor with one number"
    z = w3 * (w1 * 1 + w2 * 2) + w4 * -1
    yield "the network says -2", abs(z + 2) < 0.1, f"it says {z:.2f}. Is t = -2 in the error, and the loop long enough?"


@exercise(
    "09",
    "Tracked or not",
    hints=["Walk back from c: what does the multiplication get?", "p.detach() has no notes."],
    solution="answer = False",
)
def tracked_or_not(answer):
    """c = (p.detach() * 3) + 1, where p asks for gradients. Is c tracked? Set answer to True or False."""
    yield "True or False", isinstance(answer, bool), f"it is {kind(answer)}"
    yield "the way back from c", answer is False, "it ends before it reaches p: which tensor does the * get?"


@exercise(
    "09",
    "Three slopes at once",
    hints=["cubes = points**3 has three numbers.", "cubes.backward(gradient=torch.ones(3)), then points.grad"],
    solution="cubes = points**3\ncubes.backward(gradient=torch.ones(3))\nslopes = points.grad",
)
def three_slopes(slopes):
    """Find the gradient of x**3 at 1, 2 and 3, all at once; call the tensor slopes."""
    yield a_tensor("slopes", slopes)
    yield of_shape("slopes", slopes, (3,), "One for each point.")
    wrong = "did you start with a one for each point, and go back once?"
    yield "the slopes", close(slopes, [3, 12, 27]), f"{short(slopes)} is not it: {wrong}"


@exercise(
    "09",
    "A mean that leaves no notes",
    hints=["A block can switch tracking off.", "with torch.no_grad(): and the calculation inside"],
    solution="with torch.no_grad():\n    mean = (points * 2).mean()",
)
def untracked_mean(points, mean):
    """Compute the mean of points * 2 so that nothing is tracked, leaving points as it is; call it mean."""
    yield a_tensor("mean", mean)
    yield "the mean of 2, 4 and 6", close(mean, 4), f"it is {short(mean)}"
    yield "points asks for gradients still", points.requires_grad, "points was changed"
    yield "mean is not tracked", not mean.requires_grad, f"it has the note {mean.grad_fn}: where must the lines stand?"


@exercise(
    "09",
    "A gradient for one of two (a small project)",
    hints=["Both take part in the value, only b should be reached.", "detach() cuts off a."],
    solution="def only_second(a, b):\n    return (a.detach() * b).sum()",
)
def gradient_for_one_of_two(only_second):
    """Write only_second(a, b): the sum of a * b, as a tensor from which a gradient reaches b but never a."""
    a = torch.tensor([1.0, 2.0], requires_grad=True)
    b = torch.tensor([3.0, 5.0], requires_grad=True)
    found = result_of(only_second, a, b)
    yield "the sum of a * b", close(found, 13), f"it should be 13 for [1, 2] and [3, 5], and is {short(found)}"
    yield "it is tracked", torch.is_tensor(found) and found.requires_grad, "it leads back to neither of them"
    found.backward()
    yield "b is reached", b.grad is not None and close(b.grad, [1, 2]), "b.grad should be a"
    yield "a is not", a.grad is None, f"a.grad is {short(a.grad)}: what cuts a tensor off?"
    yield "a asks for gradients still", a.requires_grad and b.requires_grad, "leave a and b as they were"
    yield "numbers work too", is_number(only_second(a, b).item()), "it should be a single number"
