"""`torch.nn.functional`: what the layers compute, as functions.

Where to look: `activation.py`, `softmax.py`, `linear.py`, `conv.py`, `pooling.py`, `fractional.py`, `norm.py`,
`dropout.py`, `sparse.py` (embeddings), `loss.py`, `classes.py` (cross entropy), `margin.py` and `sequence.py` (CTC),
`padding.py`, `vision.py`, `attention.py`.

>>> import tensorkit.nn.functional as F
>>> F.relu(torch.tensor([-1., 1.]))
tensor([0., 1.])

Source: https://pytorch.org/docs/stable/nn.functional.html
"""

from ...left_out import missing as _missing
from ...ops.publish import name_pages as _name_pages
from .activation import (
    celu,
    celu_,
    elu,
    elu_,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    relu_,
    rrelu,
    rrelu_,
    selu,
    selu_,
    sigmoid,
    silu,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
    threshold,
    threshold_,
)  # fmt: skip
from .attention import multi_head_attention_forward, scaled_dot_product_attention
from .classes import cross_entropy, nll_loss
from .conv import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    fold,
    unfold,
)  # fmt: skip
from .dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout
from .fractional import fractional_max_pool2d, fractional_max_pool3d
from .linear import bilinear, cosine_similarity, linear, normalize, pairwise_distance, pdist
from .loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    gaussian_nll_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)  # fmt: skip
from .margin import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)  # fmt: skip
from .norm import batch_norm, group_norm, instance_norm, layer_norm, local_response_norm, rms_norm
from .padding import channel_shuffle, pad, pixel_shuffle, pixel_unshuffle
from .pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)  # fmt: skip
from .sequence import ctc_loss
from .softmax import gumbel_softmax, log_softmax, softmax, softmin
from .sparse import embedding, embedding_bag, one_hot
from .vision import affine_grid, grid_sample, interpolate, upsample, upsample_bilinear, upsample_nearest

__all__ = [
    name for name in dir()
    if not name.startswith("_") and callable(globals()[name])
]  # fmt: skip
_name_pages(globals(), "nn.functional")


def __getattr__(name: str):
    raise _missing("module 'torch.nn.functional'", name)
