"""Functions that `torch` itself has beside `nn.functional`, with other arguments: what PyTorch's layers call inside.

Users meet them rarely; each hands on to the function of `nn.functional`.  A reduction is a number here: 0 for 'none', 1
for 'mean', 2 for 'sum'.
"""

from . import functional as F
from .functional.dropout import _feature_dropped
from .functional.loss import binary_cross_entropy_with_logits as _logits

_REDUCTIONS = ("none", "mean", "sum")


def _name(reduction) -> str:
    return reduction if isinstance(reduction, str) else _REDUCTIONS[reduction]


def batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled):
    """`nn.functional.batch_norm`, with weight and bias first."""
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled):
    """`nn.functional.instance_norm`, with weight and bias first."""
    return F.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05, cudnn_enable=True):
    """`nn.functional.layer_norm`."""
    return F.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-05, cudnn_enabled=True):
    """`nn.functional.group_norm`."""
    return F.group_norm(input, num_groups, weight, bias, eps)


def embedding(weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    """`nn.functional.embedding`, with the table first; a negative `padding_idx` is none."""
    padding = None if padding_idx < 0 else padding_idx
    return F.embedding(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


def _check(p) -> None:
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input, p, train):
    """`nn.functional.dropout`."""
    _check(p)
    return F.dropout(input, p, train)


def alpha_dropout(input, p, train):
    """`nn.functional.alpha_dropout`."""
    _check(p)
    return F.alpha_dropout(input, p, train)


def kl_div(input, target, reduction=0, *, log_target=False):
    """`nn.functional.kl_div`, without its warning about the mean."""
    losses = F.kl_div(input, target, reduction="none", log_target=log_target)
    return {"none": lambda: losses, "mean": losses.mean, "sum": losses.sum}[_name(reduction)]()


def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, reduction=0):
    """`nn.functional.binary_cross_entropy_with_logits`."""
    return _logits(input, target, weight, pos_weight=pos_weight, reduction=_name(reduction))


def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction=0):
    """`nn.functional.cosine_embedding_loss`."""
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=_name(reduction))


def hinge_embedding_loss(input, target, margin=1.0, reduction=0):
    """`nn.functional.hinge_embedding_loss`."""
    return F.hinge_embedding_loss(input, target, margin, reduction=_name(reduction))


def margin_ranking_loss(input1, input2, target, margin=0.0, reduction=0):
    """`nn.functional.margin_ranking_loss`."""
    return F.margin_ranking_loss(input1, input2, target, margin, reduction=_name(reduction))


def poisson_nll_loss(input, target, log_input, full, eps, reduction):
    """`nn.functional.poisson_nll_loss`."""
    return F.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=_name(reduction))


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-06, swap=False, reduction=0):
    """`nn.functional.triplet_margin_loss`."""
    return F.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=_name(reduction))


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction=0, zero_infinity=False):
    """`nn.functional.ctc_loss`."""
    return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, _name(reduction), zero_infinity)


def dropout_(input, p, train):
    """`dropout` in place."""
    _check(p)
    return F.dropout(input, p, train, inplace=True)


def alpha_dropout_(input, p, train):
    """`alpha_dropout` in place."""
    _check(p)
    return F.alpha_dropout(input, p, train, inplace=True)


def feature_dropout(input, p, train):
    """Dropout of whole channels, in any number of dimensions."""
    _check(p)
    return _feature_dropped(input, p, train, False)


def feature_dropout_(input, p, train):
    """`feature_dropout` in place."""
    _check(p)
    return _feature_dropped(input, p, train, True)


def feature_alpha_dropout(input, p, train):
    """`nn.functional.feature_alpha_dropout`."""
    _check(p)
    return F.feature_alpha_dropout(input, p, train)


def feature_alpha_dropout_(input, p, train):
    """`feature_alpha_dropout` in place."""
    _check(p)
    return F.feature_alpha_dropout(input, p, train, inplace=True)


def embedding_bag(weight, indices, offsets, scale_grad_by_freq=False, mode=0, sparse=False, per_sample_weights=None,
                  include_last_offset=False, padding_idx=None):  # fmt: skip
    """`nn.functional.embedding_bag`, with the table first and the mode as a number: 0 sum, 1 mean, 2 max.

    PyTorch's also hands out what its derivative needs; here the first of its four results is given, and nothing else.
    """
    found = F.embedding_bag(
        indices, weight, offsets, scale_grad_by_freq=scale_grad_by_freq, mode=("sum", "mean", "max")[mode],
        sparse=sparse, per_sample_weights=per_sample_weights, include_last_offset=include_last_offset,
        padding_idx=padding_idx,
    )  # fmt: skip
    return (found,)


def grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners):
    """`nn.functional.grid_sample`, with its modes as numbers in the order in which they are documented there."""
    modes, paddings = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
    return F.grid_sample(input, grid, modes[interpolation_mode], paddings[padding_mode], align_corners)


grid_sampler_2d = grid_sampler_3d = grid_sampler


def affine_grid_generator(theta, size, align_corners):
    """`nn.functional.affine_grid`."""
    return F.affine_grid(theta, size, align_corners)


def constant_pad_nd(input, pad, value=0):
    """`nn.functional.pad` with one value."""
    return F.pad(input, tuple(pad), value=value)


def convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups):
    """The convolution of `nn.functional` for as many dimensions as the strides have, transposed or not."""
    count = len(stride)
    if transposed:
        function = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[count - 1]
        return function(input, weight, bias, stride, padding, output_padding, groups, dilation)
    function = (F.conv1d, F.conv2d, F.conv3d)[count - 1]
    return function(input, weight, bias, stride, padding, dilation, groups)
