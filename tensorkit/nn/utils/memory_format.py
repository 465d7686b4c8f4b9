"""The weights of convolutions laid out in a memory format: channels innermost, so that their results lie so too."""

from typing import TypeVar

from ...formats import checked, memory_format, preserve_format
from ...tape import no_grad
from ..conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d
from ..module import Module

M = TypeVar("M", bound=Module)


def convert_conv2d_weight_memory_format(module: M, memory_format: memory_format) -> M:
    """Lay out the weights of all two-dimensional convolutions in `module` in a memory format; returns the module.

    Raises RuntimeError for a format of another number of dimensions.

    >>> conv = torch.nn.Conv2d(2, 3, 2)
    >>> torch.nn.utils.convert_conv2d_weight_memory_format(conv, torch.channels_last).weight.stride()
    (8, 1, 4, 2)
    """
    return _converted(module, (Conv2d, ConvTranspose2d), checked(memory_format, "contiguous"))


def convert_conv3d_weight_memory_format(module: M, memory_format: memory_format) -> M:
    """Lay out the weights of all three-dimensional convolutions in `module` in a memory format; returns the module.

    >>> conv = torch.nn.Conv3d(2, 3, 2)
    >>> torch.nn.utils.convert_conv3d_weight_memory_format(conv, torch.channels_last_3d).weight.stride()
    (16, 1, 8, 4, 2)
    """
    return _converted(module, (Conv3d, ConvTranspose3d), checked(memory_format, "contiguous"))


def _converted(module: M, kinds: tuple, wanted: memory_format) -> M:
    if wanted is preserve_format:
        raise RuntimeError("Unsupported memory formatPreserve")
    with no_grad():
        for each in module.modules():
            if isinstance(each, kinds):
                each.weight.data = each.weight.detach().clone(memory_format=wanted)
    return module
