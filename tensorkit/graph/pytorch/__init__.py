"""PyTorch's own tensors in the inspectors, where PyTorch is there; nothing here imports it.

Read in this order: `library` (is PyTorch there, and whose is a tensor), `arrays` (its numbers as NumPy arrays), `tape`
(its graph as nodes of our tape, from which all inspectors work), `operations` (which of our operations each of its
nodes is), `node` (the node itself, whose gradients PyTorch computes), `recording` (what PyTorch does not keep).

>>> import tensorkit as torch
>>> is_tensor(torch.ones(2)), is_tensor([1.0, 2.0])
(True, False)
"""

from .library import computed, is_foreign, is_tensor, libraries, library_of, loaded, tensor_types
from .recording import module_hooks, record
from .tape import Adopted, adopt, adopt_value

__all__ = [
    "Adopted",
    "adopt",
    "adopt_value",
    "computed",
    "is_foreign",
    "is_tensor",
    "libraries",
    "library_of",
    "loaded",
    "module_hooks",
    "record",
    "tensor_types",
]
