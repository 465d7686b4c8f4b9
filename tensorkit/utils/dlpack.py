"""DLPack capsules, the older way to hand memory from one library to another; objects speak for themselves today.

The functions are `torch.to_dlpack` and `torch.from_dlpack`.

>>> torch.utils.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(torch.ones(2)))
tensor([1., 1.])

Source: https://pytorch.org/docs/stable/dlpack.html
"""

from ..ops.data import from_dlpack, to_dlpack

__all__ = ["from_dlpack", "to_dlpack"]
