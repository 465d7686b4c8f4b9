"""Exercises of lessons 12 to 15: networks, saving them, PyTorch. What an exercise is: `exercise.py`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

import tensorkit as torch
from tensorkit import nn

from .exercise import Todo, exercise
from .gradients import as_number
from .looking import a_number, close, kind, of_shape, result_of, short


@exercise(
    "12",
    "Counting weights",
    hints=["The first layer has 2 * 8 weights and 8 biases.", "The second has 8 * 1 weights and one bias."],
    solution="count = 2 * 8 + 8 + 8 * 1 + 1",
)
def count_of_weights(count):
    """How many numbers are trained in a network with 2 inputs, 8 hidden neurons and 1 output? Call it count."""
    yield a_number("count", count)
    yield "with the biases", count != 24, "24 are the weights alone: each neuron has a bias too"
    yield "with every bias", count != 32, "the output neuron has a bias too"
    yield "the count", count == 33, f"{count:g} is not it: layer by layer, weights and biases"


@exercise(
    "12",
    "A bend of your own",
    hints=["What is below 0 becomes 0.", "t.clip(min=0) bounds from below."],
    solution="def bend(t):\n    return t.clip(min=0)",
)
def own_relu(bend):
    """Write bend(t): what is negative becomes 0, everything else stays; without torch.relu, if you can."""
    for values in ([-2.0, -0.5, 0.0, 0.5, 3.0], [[1.0, -1.0], [-4.0, 2.5]]):
        t = torch.tensor(values, requires_grad=True)
        found = result_of(bend, t)
        wanted = np.maximum(np.array(values), 0)
        yield f"bend of {values}", close(found, wanted), f"it should be {short(wanted)}, and is {short(found)}"
        tracked = torch.is_tensor(found) and found.requires_grad
        yield "gradients pass through", tracked, "the notes were lost on the way"
        yield "t stays as it was", t.tolist() == values, "make a new tensor and leave t alone"


@exercise(
    "12",
    "A network in two lines (a small project)",
    hints=["hidden = torch.relu(x @ W1 + b1)", "The second layer is hidden @ W2 + b2, without a bend."],
    solution="def network(x, W1, b1, W2, b2):\n    return torch.relu(x @ W1 + b1) @ W2 + b2",
)
def network_in_two_lines(network):
    """Write network(x, W1, b1, W2, b2): a layer, a bend (relu), and a second layer, for any number of examples."""
    W1, b1 = torch.tensor([[1.0, -1.0, 2.0], [0.5, 1.0, -1.0]]), torch.tensor([0.0, 1.0, -2.0])
    W2, b2 = torch.tensor([[1.0], [2.0], [-3.0]]), torch.tensor([0.5])
    for x in (torch.tensor([[1.0, 2.0], [-3.0, 0.0], [4.0, 1.0]]), torch.tensor([[-1.0, -1.0]])):
        found = result_of(network, x, W1, b1, W2, b2)
        yield "the result is a tensor", torch.is_tensor(found), f"it is {kind(found)}"
        yield of_shape("it", found, (len(x), 1), "One output for each example.")
        straight = (x @ W1 + b1) @ W2 + b2
        yield "with a bend", not close(found, straight), "without a bend two layers are no more than one"
        wanted = torch.relu(x @ W1 + b1) @ W2 + b2
        yield "the outputs", close(found, wanted), f"they should be {short(wanted)}, and are {short(found)}"


@exercise(
    "13",
    "Another network",
    hints=["nn.Sequential takes the layers one after the other.", "Between two nn.Linear stands an nn.ReLU()."],
    solution="small = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))",
)
def smaller_network(small):
    """Build a network small for the digits: 64 inputs, 16 hidden neurons with relu, 10 outputs."""
    yield "small is a network of nn", isinstance(small, nn.Module), f"it is {kind(small)}"
    x = torch.linspace(-3, 3, 5 * 64).reshape(5, 64)
    found = small(x)
    yield "10 outputs for each image", tuple(found.shape) == (5, 10), f"5 images give the shape {tuple(found.shape)}"
    numbers = sum(weight.numel() for weight in small.parameters())
    yield "16 hidden neurons", numbers == 64 * 16 + 16 + 16 * 10 + 10, f"it has {numbers} weights, and 1210 are right"
    straight = small(2 * x) - 2 * found + small(0 * x)
    yield "a bend in between", not close(straight, torch.zeros(5, 10)), "without a bend two layers are no more than one"


@exercise(
    "13",
    "How many are right",
    hints=["scores.argmax(dim=1) is the network's answer for each image.", "(answers == labels).float().mean()"],
    solution="def accuracy(scores, labels):\n    return (scores.argmax(dim=1) == labels).float().mean().item()",
)
def share_of_right_answers(accuracy):
    """Write accuracy(scores, labels): which share of the rows have their largest score at the label, from 0 to 1."""
    scores = torch.tensor([[0.1, 2.0, 0.3], [5.0, 1.0, 1.0], [0.0, 0.2, 0.1], [-3.0, -2.0, -1.0]])
    for labels, wanted in (([1, 0, 2, 2], 0.75), ([0, 1, 0, 0], 0.0), ([1, 0, 1, 2], 1.0)):
        found = result_of(accuracy, scores, torch.tensor(labels))
        number = as_number(found)
        yield "one number", number is not None, f"it is {kind(found)}"
        yield f"the share for {labels}", abs(number - wanted) < 0.001, f"it should be {wanted}, and is {number:g}"


@exercise(
    "13",
    "A network as a class",
    hints=[
        "__init__ calls super().__init__() and makes two layers: self.first = nn.Linear(64, 32), and so on.",
        "forward(self, x) returns self.second(torch.relu(self.first(x)))",
    ],
    solution="""
    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(64, 32)
            self.second = nn.Linear(32, 10)

        def forward(self, x):
            return self.second(torch.relu(self.first(x)))
    """,
)
def network_as_a_class(Reader):
    """Write the class Reader, an nn.Module for digits: Reader() takes n rows of 64 numbers and gives n rows of 10."""
    yield "Reader is an nn.Module", isinstance(Reader, type) and issubclass(Reader, nn.Module), f"it is {kind(Reader)}"
    reader = Reader()
    weights = list(reader.parameters())
    if not weights:
        raise Todo("It has no weights so far: a layer becomes part of it by self.name = nn.Linear(...).")
    found = result_of(reader, torch.rand(3, 64))
    yield "10 outputs for each image", tuple(found.shape) == (3, 10), f"3 images give {tuple(found.shape)}"
    found.sum().backward()
    reached = all(weight.grad is not None for weight in weights)
    yield "a gradient reaches every weight", reached, "a layer was made and is not used in forward"
    yield "two layers at least", len(weights) >= 3, "one layer alone draws straight borders only"


@exercise(
    "13",
    "One round of training (a small project)",
    hints=[
        "For each batch: zero_grad, loss, backward, step.",
        "loss = nn.functional.cross_entropy(model(images), labels)",
    ],
    solution="""
    def train_epoch(model, loader, optimizer):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
    """,
)
def one_round_of_training(train_epoch):
    """Write train_epoch(model, loader, optimizer): one step of the optimizer for each batch of the loader."""
    state = torch.random.get_rng_state()
    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    labels = torch.arange(30) % 3
    images = torch.eye(4)[labels] + 0.1 * torch.rand(30, 4)
    torch.random.set_rng_state(state)
    batches = [(images[i : i + 10], labels[i : i + 10]) for i in (0, 10, 20)]
    optimizer = _Counting(model.parameters(), lr=0.5)
    before = nn.functional.cross_entropy(model(images), labels).item()
    train_epoch(model, batches, optimizer)
    if not optimizer.steps:
        raise Todo("The optimizer has taken no step.")
    yield "one step for each batch", optimizer.steps == 3, f"3 batches, and {optimizer.steps} steps"
    sizes = optimizer.gradients
    after = nn.functional.cross_entropy(model(images), labels).item()
    yield "the loss falls", after < before, f"it went from {before:.3f} to {after:.3f}"
    for _ in range(3):
        train_epoch(model, batches, optimizer)
    cleared = optimizer.gradients[-1] < 1.2 * sizes[0]
    yield "gradients are cleared for each batch", cleared, "they grow from step to step: zero_grad is missing"
    last = nn.functional.cross_entropy(model(images), labels).item()
    yield "and goes on falling", last < 0.6 * before, f"after four rounds it is {last:.3f}, from {before:.3f}"


class _Counting(torch.optim.SGD):
    """SGD that counts its steps and notes how large the gradients are."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.steps = 0
        self.gradients = []

    def step(self, closure=None):
        self.steps += 1
        weights = [weight for group in self.param_groups for weight in group["params"]]
        self.gradients.append(sum(weight.grad.abs().sum().item() for weight in weights if weight.grad is not None))
        return super().step(closure)


@exercise(
    "14",
    "How large is the file",
    hints=["650 numbers: how many bytes has one of dtype float32?", "float32 has 32 bits, and a byte has 8."],
    solution="size = 650 * 4",
)
def size_of_weights(size):
    """A network has 650 weights of dtype float32. How many bytes are they in a file? Call the number size."""
    yield a_number("size", size)
    yield "bytes, not bits", size != 650 * 32, "these are bits: 8 of them are a byte"
    yield "4 bytes each", size != 650 * 8, "8 bytes each would be float64"
    yield "the number", size == 2600, f"{size:g} is not it: count times bytes of one number"


@exercise(
    "14",
    "A twin",
    hints=["model.state_dict() holds every weight by its name.", "twin.load_state_dict(...) takes them over."],
    solution="twin = make_model()\ntwin.load_state_dict(model.state_dict())",
)
def twin_network(model, twin):
    """Make a second network, called twin, with the weights of model; training one must not change the other."""
    yield "twin is a network", isinstance(twin, nn.Module), f"it is {kind(twin)}"
    yield "another one than model", twin is not model, "it is model itself under a second name"
    ours, theirs = model.state_dict(), twin.state_dict()
    same_names = list(ours) == list(theirs)
    yield "the same layers", same_names, f"its weights are called {', '.join(theirs)}"
    equal = all(close(ours[name], theirs[name]) for name in ours)
    yield "the same weights", equal, "the numbers differ: take over the state_dict"
    first, second = next(model.parameters()), next(twin.parameters())
    apart = first.data_ptr() != second.data_ptr()
    yield "weights of its own", apart, "both share memory: load_state_dict copies"


@exercise(
    "14",
    "Save and go on (a small project)",
    hints=[
        'torch.save({"epoch": epoch, "weights": model.state_dict()}, path)',
        'read: state = torch.load(path), model.load_state_dict(state["weights"]), return state["epoch"]',
    ],
    solution="""
    def write(model, epoch, path):
        torch.save({"epoch": epoch, "weights": model.state_dict()}, path)


    def read(model, path):
        state = torch.load(path)
        model.load_state_dict(state["weights"])
        return state["epoch"]
    """,
)
def save_and_go_on(write, read):
    """Write write(model, epoch, path), which saves both, and read(model, path), restoring both, epoch returned."""
    first, second = nn.Linear(3, 2), nn.Linear(3, 2)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "state.safetensors")
        write(first, 7, path)
        if not Path(path).exists():
            raise Todo("write has made no file at path so far.")
        epoch = result_of(read, second, path)
    yield "the epoch comes back", epoch == 7 or as_number(epoch) == 7, f"it was 7, and {short(epoch)} came back"
    yield "the weights come back", close(first.weight, second.weight), "the second network has other weights"
    yield "and the bias", close(first.bias, second.bias), "the second network has another bias"


@exercise(
    "15",
    "The line that changes",
    hints=["tensorkit bears PyTorch's name in every lesson: as torch.", "import torch"],
    solution='line = "import torch"',
)
def line_that_changes(line):
    """With what do you replace import tensorkit as torch, to run a lesson on PyTorch? Call the text line."""
    yield "line is a text", isinstance(line, str), f"it is {kind(line)}: put it in quotation marks"
    words = line.split("#")[0].replace(";", " ").split()
    yield "no trace of tensorkit", "tensorkit" not in words, "then it is tensorkit still"
    right = words in (["import", "torch"], ["import", "torch", "as", "torch"])
    yield "PyTorch under the name torch", right, f"{line!r} does not give PyTorch's module the name torch"


@exercise(
    "15",
    "Weights for everybody",
    hints=["state.items() gives each name with its tensor.", "{name: t.detach().numpy() for name, t in state.items()}"],
    solution="def to_arrays(state):\n    return {name: t.detach().numpy() for name, t in state.items()}",
)
def weights_as_arrays(to_arrays):
    """Write to_arrays(state): a dictionary with the same names as the state_dict, and NumPy arrays for its tensors."""
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    for state in (model.state_dict(), dict(model.named_parameters())):
        found = result_of(to_arrays, state)
        yield "the result is a dictionary", isinstance(found, dict), f"it is {kind(found)}"
        yield "the same names", list(found) == list(state), f"they are {', '.join(map(str, found))}"
        odd = [kind(value) for value in found.values() if not isinstance(value, np.ndarray)]
        yield "arrays of NumPy", not odd, f"there is {odd[0] if odd else ''} among them"
        equal = all(close(found[name], state[name]) for name in state)
        yield "the same numbers", equal, "compare them with the tensors"


@exercise(
    "15",
    "And back again (a small project)",
    hints=[
        "Make a tensor of each array: torch.from_numpy or torch.tensor.",
        "model.load_state_dict({name: torch.tensor(a) for name, a in arrays.items()})",
    ],
    solution="""
    def from_arrays(model, arrays):
        model.load_state_dict({name: torch.tensor(a) for name, a in arrays.items()})
        return model
    """,
)
def weights_from_arrays(from_arrays):
    """Write from_arrays(model, arrays): it gives model the weights in a dictionary of arrays, and returns model."""
    model = nn.Linear(3, 2)
    arrays = {"weight": np.arange(6, dtype="float32").reshape(2, 3), "bias": np.array([5, -5], dtype="float32")}
    found = result_of(from_arrays, model, arrays)
    yield "the model comes back", found is model, f"it is {kind(found)}: return model"
    yield "its weight", close(model.weight, arrays["weight"]), f"it is {short(model.weight)}"
    yield "its bias", close(model.bias, arrays["bias"]), f"it is {short(model.bias)}"
    yield "weights ask for gradients", all(weight.requires_grad for weight in model.parameters()), "they were replaced"
    model(torch.ones(1, 3)).sum().backward()
    yield "and can be trained", model.weight.grad is not None, "no gradient reaches the weight"
