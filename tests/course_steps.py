"""Every step of the source documents, as a table: the lesson, code a learner runs in one of its cells, what it prints.

Code and output are pieces of the cell, blanks at the ends and differences of quotation marks aside. A step in prose has
no output: its piece stands in the lesson's text. `tests/test_course_lessons.py` looks for each of them, and
`tests/replay_on_torch.py --steps` prints what PyTorch says to each.
"""

from nbformat import NotebookNode

import lessons

PROSE = None

TENSORS_AND_MATRICES = [
    ("01", "grid of numbers with any number of dimensions", PROSE),
    ("01", "first_tensor = torch.rand(3, 3)", "torch.Size([3, 3])"),
    ("01", "tensor_size = first_tensor.shape", "tensor([[0.4963, 0.7682, 0.0885],"),
    ("02", "tensor_of_ones = torch.ones(3, 3)", "tensor([[1., 1., 1.],"),
    ("02", "identity_tensor = torch.eye(3)", "tensor([[1., 0., 0.],"),
    ("02", "matrices_multiplied = torch.matmul(tensor_of_ones, identity_tensor)", "tensor([[1., 1., 1.],"),
    ("02", "element_multiplication = tensor_of_ones * identity_tensor", "tensor([[1., 0., 0.],"),
    ("03", "torch.rand(1000, 1000)", ""),
    ("03", "q = torch.matmul(x, y)", "tensor([[251., 250., 258.,"),
    ("03", "f = q * z", "tensor(125.1406)"),
    ("03", "mean_f = torch.mean(f)", "tensor(125.1406)"),
    ("03", "f1 = z * q", "tensor(125.1406)"),
    ("03", "%graph", "Graph of"),
]

BACKWARD = [
    ("04", "| --- |", PROSE),
    ("04", "q = x + y", "tensor(1., grad_fn=<AddBackward0>)"),
    ("04", "f = q * z", "tensor(5., grad_fn=<MulBackward0>)"),
    ("04", "f.backward()", "tensor(5.)"),
    ("04", "Gradient of x is:", "Gradient of x is: tensor(5.)"),
    ("04", "Gradient of y is:", "Gradient of y is: tensor(5.)"),
    ("04", "Gradient of z is:", "Gradient of z is: tensor(1.)"),
    ("04", "%graph f", "Graph of f"),
]

LECTURES = [
    ("06", "data = [[1, 2], [3, 4]]", "tensor([[1, 2],"),
    ("06", ".dtype", "torch.int64"),
    ("06", ".type()", "torch.LongTensor"),
    ("06", ".device", "cpu"),
    ("06", "torch.zeros((2,2))", "tensor([[0., 0.],"),
    ("06", "torch.ones((2,2))", "tensor([[1., 1.],"),
    ("06", ".new_tensor(data)", "tensor([[1., 2.],"),
    ("06", "torch.rand((2,3,))", "tensor([[0.4963, 0.7682, 0.0885],"),
    ("06", "torch.rand_like(my_tensor, dtype=torch.float)", "tensor([[0.4901, 0.8964],"),
    ("06", ".to('cuda')", "Torch not compiled with CUDA enabled"),
    ("06", "torch.zeros((2,2), dtype=torch.int8, device='cuda')", "Torch not compiled with CUDA enabled"),
    ("06", "numpy_data = np.random.rand(2,3)", "[[0.5488 0.7152 0.6028]"),
    ("06", "torch.from_numpy(numpy_data)", "dtype=torch.float64"),
    ("06", "torch.tensor(numpy_data)", "dtype=torch.float64"),
    ("06", ".cpu().numpy()", "ndarray"),
    ("07", "torch.cat([my_tns1, my_tns2], dim=0)", "torch.Size([4, 3])"),
    ("07", "torch.cat([my_tns1, my_tns2], dim=1)", "torch.Size([2, 6])"),
    ("07", "my_tns2.clip(0.3, 0.7)", "tensor([[0.4376, 0.7000, 0.7000],"),
    ("07", "emperature", PROSE),
    ("07", "my_tns1.mul(my_tns2)", "tensor([[0.2402, 0.6378, 0.5809],"),
    ("07", "my_tns1 * my_tns2", "tensor([[0.2402, 0.6378, 0.5809],"),
    ("07", "my_tns1.matmul(my_tns2)", "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
    ("07", "my_tns1.matmul(my_tns2.T)", "tensor([[1.4588, 1.0955],"),
    ("07", "my_tns1 @ my_tns2.T", "tensor([[1.4588, 1.0955],"),
    ("08", "my_sum = my_tns2.sum()", "tensor(3.9971, dtype=torch.float64)"),
    ("08", "my_sum.item()", "3.9971"),
    ("08", "type(my_sum.item())", "float"),
    ("07", "torch.arange(20).reshape(5, 4)", "[16, 17, 18, 19]"),
    ("07", ".clone()", "[32, 34, 36, 38]"),
    ("07", "matrix_B + matrix_A", "38"),
    ("08", "matrix_B.mean()", "mean(): could not infer output dtype"),
    ("08", "dtype=torch.float32", "tensor(9.5000)"),
    ("08", "matrix_B.mean(dim=0)", "tensor([ 8.,  9., 10., 11.])"),
    ("08", "matrix_B.sum(axis=0) / matrix_B.shape[0]", "tensor([ 8.,  9., 10., 11.])"),
    ("09", "x = torch.tensor([-1.2365", "tensor([-3.4711, -4.7500, -1.0000, -4.9375,  4.0000])"),
    ("09", "loss = x**2 - 5", "grad_fn=<SubBackward0>"),
    ("09", "loss.grad_fn", "SubBackward0"),
    ("09", "loss.backward(gradient=torch.ones(5))", "tensor([-2.4730,  1.0000,  4.0000, -0.5000,  6.0000])"),
    ("09", "x.grad", "tensor([-2.4730"),
    ("09", "2 * x", "tensor([-2.4730"),
    ("09", "detach()", "False"),
    ("09", "with torch.no_grad():", "False"),
    ("09", "requires_grad", "True"),
    ("11", "class Flowers(Dataset)", ""),
    ("11", "len(flowers)", "150"),
    ("11", "flowers[0]", "tensor(0)"),
    ("11", "DataLoader(flowers, batch_size=8, shuffle=True)", "torch.Size([8, 4])"),
    ("10", "loss = (y_predicted - y)**2", "1.0"),
    ("10", "loss.backward()", "-2.0"),
    ("10", "w -= 0.01 * w.grad", "tensor(1.0200, requires_grad=True)"),
]

TENSORS_101 = [
    ("05", "requires_grad=True", "grad_fn=<MulBackward0>"),
    ("05", "y = (x-3) * (x-6) * (x-4)", "tensor(31.)"),
    ("05", "y = x**3", "tensor(8., grad_fn=<PowBackward0>)"),
    ("05", "z = 5*y", "tensor(40., grad_fn=<MulBackward0>)"),
    ("05", r"\frac{dz}{dx} = \frac{dz}{dy}\cdot\frac{dy}{dx} = 5 \cdot 3x^2", PROSE),
    ("05", "%graph z", "Graph of z"),
    ("05", "dz_dy * dy_dx", "their product: 60.0"),
    ("05", "E = (z - t)**2", "tensor(4., grad_fn=<PowBackward0>)"),
    ("05", "w1 -= rate * w1.grad", "tensor(0.7400, requires_grad=True)"),
    ("05", "torch.optim.SGD([w1, w2], lr=0.01)", "tensor(0.7400, requires_grad=True)"),
    ("05", "node.retain_grad()", ""),
    ("05", "reversed(results.items())", "-12.00"),
    ("05", "%graph E", "Graph of E: 4 leaves"),
    ("05", "while not errors or errors[-1] > 0.001", "round 17  error 0.001"),
]

BEYOND = [
    ("00", "%graph f", "Graph of f"),
    ("04", "%whatif f", "What if: x = 4, y = -3, z = 5 give 5"),
    ("12", "make_moons(", "torch.Size([200, 2])"),
    ("13", "load_digits()", "torch.Size([1797, 64])"),
    ("13", "torch.cuda.is_available()", "torch.Size([297, 10])"),
    ("14", "torch.save(", "0.weight"),
    ("15", "import torch as pytorch", "the same answers: True"),
    ("15", "whole = to_torch(model)", "(0): Linear(in_features=2, out_features=3, bias=True)"),
]

STEPS = [*TENSORS_AND_MATRICES, *BACKWARD, *LECTURES, *TENSORS_101, *BEYOND]


def plain(text: str) -> str:
    """Text with one kind of quotation mark and without blanks behind commas."""
    return text.replace('"', "'").replace(", ", ",")


def printed(cell: NotebookNode) -> str:
    """All that a cell shows as text."""
    said = (
        output.get("text", "") or output.get("evalue", "") or output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
    )
    return "\n".join(said)


def shows(cell: NotebookNode, prints: str) -> bool:
    """Whether a cell prints what a step must print."""
    return plain(prints) in plain(printed(cell))


def cells_of(lesson: NotebookNode, code: str) -> list[int]:
    """Which code cells of a lesson hold the code of a step, by their places among its code cells."""
    return [at for at, cell in enumerate(lessons.code_cells(lesson)) if plain(code) in plain(cell.source)]
