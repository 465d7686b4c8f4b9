"""The exercises of the template lesson: write yours like this, in a file beside the notebook."""

import tensorkit as torch
from tensorkit.course import exercise


@exercise(
    "T1",
    "Half of everything",
    hints=["A tensor can be divided by a number.", "half = t / 2"],
    solution="half = t / 2",
)
def half_of_everything(t, half):
    """Divide every number of t by 2, and call the result half."""
    yield "half is a tensor", torch.is_tensor(half), f"it is a {type(half).__name__}"
    yield "the shape of t", half.shape == t.shape, f"it has {tuple(half.shape)}"
    yield "twice half is t", torch.allclose(2 * half, t), f"the first number is {half.flatten()[0]:g}"
