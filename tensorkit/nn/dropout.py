"""Dropout layers: what they set to 0 while training, and leave alone in evaluation mode.

The functions stand in `tensorkit.nn.functional.dropout`.
"""

from . import functional as F
from .layer import Layer


class _DropoutNd(Layer):
    """A probability, and whether to write over the input."""

    def __init__(self, p: float = 0.5, inplace: bool = False):
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self._keep(p, inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd, function=F.dropout):
    """Each element set to 0 with probability p while training, the others divided by 1 - p.

    >>> torch.nn.Dropout(0.5).eval()(torch.ones(3))
    tensor([1., 1., 1.])
    """


class Dropout1d(_DropoutNd, function=F.dropout1d):
    """Whole channels of sequences set to 0.

    >>> torch.nn.Dropout1d(0.5).eval()(torch.ones(1, 3))
    tensor([[1., 1., 1.]])
    """


class Dropout2d(_DropoutNd, function=F.dropout2d):
    """Whole channels of images set to 0.

    >>> torch.nn.Dropout2d(0.5).eval()(torch.ones(1, 2, 2, 2)).shape
    torch.Size([1, 2, 2, 2])
    """


class Dropout3d(_DropoutNd, function=F.dropout3d):
    """Whole channels of volumes set to 0.

    >>> torch.nn.Dropout3d(0.5).eval()(torch.ones(1, 2, 2, 2, 2)).shape
    torch.Size([1, 2, 2, 2, 2])
    """


class AlphaDropout(_DropoutNd, function=F.alpha_dropout, given=("p", "training")):
    """Dropout that keeps mean and variance of what `SELU` gives.

    >>> torch.nn.AlphaDropout(0.5).eval()(torch.ones(2))
    tensor([1., 1.])
    """


class FeatureAlphaDropout(_DropoutNd, function=F.feature_alpha_dropout, given=("p", "training")):
    """`AlphaDropout` of whole channels.

    >>> torch.nn.FeatureAlphaDropout(0.5).eval()(torch.ones(1, 2, 2, 2)).shape
    torch.Size([1, 2, 2, 2])
    """
