"""The random numbers of PyTorch's CPU generator, bit for bit, as NumPy arrays.

`Engine` is what a `torch.Generator` holds: a Mersenne Twister, its seed and one normal number in waiting.
Its methods draw numbers and hand them over as flat arrays *in the order in which PyTorch fills memory*.
Shapes, views and tensors are not known here: `tensorkit.drawing` gives the arrays their shapes, and for a
tensor that is not contiguous `fill` puts the numbers where PyTorch would.

>>> engine = Engine(0)
>>> engine.uniform(3)
array([0.4962566 , 0.7682218 , 0.08847743], dtype=float32)
>>> engine.randperm(4)
array([0, 2, 3, 1])

Where to read on, simplest first:

words        the stream of 32-bit words: seeding, state, and uniform fractions made from words
normals      normal numbers: Box-Muller, and the polynomials PyTorch uses for blocks of sixteen
rounding     multiply-add with one rounding, and when a cheap approximation is good enough
permutation  a shuffle of a million numbers without a loop over a million
choice       Poisson and multinomial sampling
engine       `Engine`, all draws under one roof

Equal to PyTorch 2.13 on x86-64 machines with AVX2.  PyTorch promises no equal streams across its own
releases or machines; on others of its builds the last bit of `normal` and of `uniform(low, high)` may differ.
"""

from .engine import Engine
from .words import DEFAULT_SEED, STATE_BYTES

__all__ = ["DEFAULT_SEED", "STATE_BYTES", "Engine", "fill"]


def fill(view, values) -> None:
    """Write the flat array `values` into the strided array `view` in the order PyTorch does: memory order.

    The dimension with the largest stride is the outermost one; of equal strides the earlier dimension is
    the outer one.  For a contiguous `view` that is the usual order.

    >>> import numpy as np
    >>> view = np.zeros((2, 3)).T
    >>> fill(view, np.arange(6.))
    >>> view.T
    array([[0., 1., 2.],
           [3., 4., 5.]])
    """
    outermost_first = sorted(range(view.ndim), key=lambda dim: (-view.strides[dim], dim))
    in_memory_order = view.transpose(outermost_first)
    in_memory_order[...] = values.reshape(in_memory_order.shape)
