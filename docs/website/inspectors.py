"""The inspectors, each called on a computation small enough to check by hand: what the gallery shows.

The code on the page is the code here: a function's body without its `return`. Magic and title stand above it.
"""

import tensorkit as torch
from tensorkit import graph

SHOWN = []


def inspector(title, magic):
    """Put a function into the gallery under a title, with the magic that does the same in a notebook."""

    def put(function):
        SHOWN.append((title, magic, function))
        return function

    return put


x = torch.tensor(4.0, requires_grad=True)
y = torch.tensor(-3.0, requires_grad=True)
z = torch.tensor(5.0, requires_grad=True)
f = (x + y) * z
names = {"x": x, "y": y, "z": z, "f": f}


@inspector("The graph", "%graph f")
def the_graph():
    """Every tensor that `f` was computed from, its value, its gradient and the rule that made it."""
    return graph.trace(f, names)


@inspector("Backpropagation step by step", "%backprop f")
def backpropagation():
    """Forward, then backward one operation at a time: local derivative times incoming gradient."""
    return graph.walk(f, names)


@inspector("The leaves", "%grads f")
def leaves():
    """What the result was computed from: shape, value, gradient."""
    return graph.leaf_table(f, names)


@inspector("Why is there no gradient?", "%why x")
def why():
    """Why `.grad` is None, zero, doubled or NaN, and what to do about it."""
    return graph.why(x, names, name="x")


@inspector("Are the gradients right?", "%gradcheck f")
def check():
    """Each gradient beside the finite difference that it should equal."""
    return graph.check(f, names)


@inspector("A tensor", "%tensor t")
def tensor():
    """Shape, dtype, range, mean, NaNs and a small heat map."""
    t = torch.arange(6.0).reshape(2, 3)
    return graph.summarize(t, "t")


@inspector("How numbers are spread", "%tensor --histogram t")
def histogram():
    """Five hundred normal random numbers, in bars of equal width."""
    torch.manual_seed(0)
    t = torch.randn(500)
    return graph.histogram(t, "t")


@inspector("All matrices of a tensor", "%tensor --slices t")
def slices():
    """The matrices along the leading dimensions, one beside the other."""
    t = torch.arange(24.0).reshape(2, 3, 4)
    return graph.slices(t, "t")


@inspector("Broadcasting", "%tensor --broadcast a, b")
def broadcasting():
    """Which axes are repeated, and which the gradient is summed over on its way back."""
    return graph.broadcast((2, 3), (3,))


@inspector("A matrix product", "%tensor --product a, b")
def product():
    """Which row meets which column; where shapes do not fit, which transpose would."""
    a = torch.arange(6.0).reshape(2, 3)
    b = torch.ones(3, 2)
    return graph.product(a, b, cell=(1, 0))


@inspector("Gradient descent", "%descend x**2 --lr 0.3")
def descent():
    """Steps down a curve, with learning rate and momentum to play with."""
    return graph.descend(lambda x: x**2, 2.0, lr=0.3, name="x**2")


@inspector("A training run", None)
def training():
    """Loss and gradient norms, layer by layer, fed by a plain training loop; live as the widget `TrainingMonitor`."""
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    inputs = torch.linspace(-1, 1, 8).reshape(8, 1)
    record = graph.TrainingRecord(model)
    for _ in range(40):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), 3 * inputs + 1)
        loss.backward()
        record.log(loss=loss)
        optimizer.step()
    return record
