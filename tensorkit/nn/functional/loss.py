"""Losses: how far predictions are from targets.

`reduction` is 'mean', 'sum' or 'none' (one loss for each element or sample).  What PyTorch computes in one step stands
in `tensorkit.ops.loss`; the others are put together here.  Cross entropy stands in `classes.py`, losses on margins and
distances in `margin.py`, the one on sequences in `sequence.py`.
"""

import math
from warnings import warn

from ...array_modules import np
from ...dtypes import FLOATING, can_cast, result_type
from ...errors import hint, lacking, no_tensors, not_implemented
from ...ops import loss as _ops
from ...ops.declare import FUNCTIONS
from ...ops.exponential import exp, log
from ...ops.promote import result_dtype
from ..sizes import check_broadcast


def legacy_reduction(size_average, reduce, warns: bool = True) -> str:
    """The `reduction` that PyTorch's old arguments stand for."""
    size_average = True if size_average is None else size_average
    reduce = True if reduce is None else reduce
    reduction = ("mean" if size_average else "sum") if reduce else "none"
    if warns:
        warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            stacklevel=3,
        )
    return reduction


def _reduction(reduction: str, size_average=None, reduce=None) -> str:
    if size_average is not None or reduce is not None:
        return legacy_reduction(size_average, reduce)
    if reduction not in _ops.REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def reduced(losses, reduction: str):
    """The losses themselves, their mean or their sum."""
    return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()


def _compare_sizes(input, target) -> None:
    if target.size() != input.size():
        warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). This will "
            "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=3,
        )


def _together(input, target):
    """Both in the shape and the dtype that they are compared in; a number counts as much as what it is spread over."""
    input, target = _in_one_shape(input, target)
    if input._array.dtype != target._array.dtype:
        wanted = result_dtype(input, target)
        input, target = input.to(wanted), target.to(wanted)
    return input, target


def _in_one_shape(input, target):
    if input._array.shape != target._array.shape:
        check_broadcast(input, target)
        input, target = FUNCTIONS["broadcast_tensors"](input, target)
    return input, target


def _of_pairs(op, kernel: str, input, target, reduction: str, parameter, weight=None):
    _compare_sizes(input, target)
    x, y = _together(input, target)
    if x._array.dtype.kind not in "fV":
        raise not_implemented(kernel, x.dtype.cpp_name)
    return _weighed_or_not(op, x, y, reduction, parameter, weight)


def _weighed_or_not(op, x, y, reduction: str, parameter, weight):
    if weight is None:
        return op(x, y, reduction, parameter)
    losses = op(x, y, "none", parameter)
    if op is not _ops.mse:  # the Huber losses
        _check_weights(losses, weight)
        return reduced(losses * weight, reduction)
    return _weighted(losses, weight, reduction)


def _check_weights(losses, weight) -> None:
    if weight.size() != losses.size():
        raise ValueError("Weights and input must have the same size.")


def _weighted(losses, weight, reduction: str):
    """Weighted losses; their mean is over the weights, not over their number."""
    _check_weights(losses, weight)
    weighted = losses * weight
    return weighted.sum() / weight.sum() if reduction == "mean" else reduced(weighted, reduction)


def mse_loss(input, target, size_average=None, reduce=None, reduction: str = "mean", weight=None):
    """The mean squared difference.

    >>> mse_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(2.)
    """
    reduction = _reduction(reduction, size_average, reduce)
    return _of_pairs(_ops.mse, "mse_cpu", input, target, reduction, None, weight)


def l1_loss(input, target, size_average=None, reduce=None, reduction: str = "mean", weight=None):
    """The mean absolute difference.

    >>> torch.nn.functional.l1_loss(torch.tensor([1., 2.]), torch.tensor([2., 4.]))
    tensor(1.5000)
    """
    reduction = _reduction(reduction, size_average, reduce)
    _compare_sizes(input, target)
    x, y = _in_one_shape(input, target)
    losses = (x - y).abs()
    return reduced(losses, reduction) if weight is None else _weighted(losses, weight, reduction)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction: str = "mean", beta: float = 1.0):
    """The absolute difference, rounded off to a parabola nearer than beta.

    >>> torch.nn.functional.smooth_l1_loss(torch.tensor([0., 0.]), torch.tensor([0.5, 3.]))
    tensor(1.3125)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if beta == 0.0:
        return l1_loss(input, target, reduction=reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return _of_pairs(_ops.smooth_l1, "smooth_l1_cpu", input, target, reduction, float(beta))


def huber_loss(input, target, reduction: str = "mean", delta: float = 1.0, weight=None):
    """Half the squared difference up to delta, a straight line beyond.

    >>> torch.nn.functional.huber_loss(torch.tensor([0., 0.]), torch.tensor([0.5, 3.]))
    tensor(1.3125)
    """
    reduction = _reduction(reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if not hasattr(target, "_array"):
        raise lacking(target, "size")
    if input.dtype is target.dtype:
        return _of_pairs(_ops.huber, "huber_cpu", input, target, reduction, float(delta), weight)
    common = result_type(input.dtype, target.dtype)
    if not can_cast(common, input.dtype):
        raise RuntimeError(
            f"result type {common.cpp_name} can't be cast to the desired output type {input.dtype.cpp_name}"
        )
    _compare_sizes(input, target)
    x, y = _in_one_shape(input, target)
    if common.category < FLOATING:
        raise not_implemented("huber_cpu", common.cpp_name)
    return _weighed_or_not(_ops.huber_of_two_dtypes, x, y, reduction, float(delta), weight)


# Probabilities


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction: str = "mean"):
    """-(y·log x + (1-y)·log(1-x)) for probabilities x and targets y.

    >>> torch.nn.functional.binary_cross_entropy(torch.tensor([0.5]), torch.tensor([1.]))
    tensor(0.6931)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise hint(
            ValueError(
                f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
                "deprecated. Please ensure they have the same size."
            ),
            "target.view_as(input), or input.squeeze(1), makes them alike.",
        )
    if target.dtype is not input.dtype:
        raise hint(
            RuntimeError(f"Found dtype {target.dtype.cpp_name} but expected {input.dtype.cpp_name}"),
            "the target is a probability too: target.float().",
        )
    if weight is not None:
        weight = weight.expand(input._array.shape)
    return _ops.binary_cross_entropy(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction: str = "mean", pos_weight=None
):
    """`binary_cross_entropy` of sigmoid(input), exact also for large inputs.

    pos_weight  how much more the targets 1 count than the targets 0

    >>> torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor([0.]), torch.tensor([1.]))
    tensor(0.6931)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise hint(
            ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})"),
            "target.view_as(input), or input.squeeze(1), makes them alike.",
        )
    if target._array.dtype.kind in "biu":
        raise hint(
            RuntimeError(f"result type Float can't be cast to the desired output type {target.dtype.cpp_name}"),
            "the target is a probability: target.float().",
        )
    x, y = _together(input, target)
    return _ops.logits_cross_entropy(x, y, weight, pos_weight, reduction)


def kl_div(input, target, size_average=None, reduce=None, reduction: str = "mean", log_target: bool = False):
    """target · (log target - input), for log-probabilities `input` and probabilities `target`.

    reduction  'batchmean', the sum over the number of samples, is the Kullback-Leibler divergence

    >>> torch.nn.functional.kl_div(torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[1., 0.]]), reduction="batchmean")
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    if reduction == "mean":
        warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides "
            "only by the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the "
            "same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    elif reduction not in ("batchmean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    try:
        category = min(input.dtype.category, target.dtype.category)
    except AttributeError:
        raise no_tensors("kl_div", input=input, target=target) from None
    if category < FLOATING:
        raise RuntimeError("kl_div: Integral inputs not supported.")
    losses = exp(target) * (target - input) if log_target else FUNCTIONS["xlogy"](target, target) - target * input
    if reduction == "batchmean":
        return losses.sum() / input._array.shape[0] if input.ndim else losses
    return reduced(losses, reduction)


def poisson_nll_loss(
    input, target, log_input: bool = True, full: bool = False, size_average=None, eps: float = 1e-8, reduce=None,
    reduction: str = "mean",
):  # fmt: skip
    """Minus the log-likelihood of counts under Poisson distributions with rates exp(input) (or `input`).

    >>> torch.nn.functional.poisson_nll_loss(torch.tensor([0.]), torch.tensor([1.]))
    tensor(1.)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    if reduction not in _ops.REDUCTIONS:
        raise ValueError(reduction + " is not a valid value for reduction")
    if not (hasattr(input, "_array") and hasattr(target, "_array")):
        raise no_tensors("poisson_nll_loss", input=input, target=target)
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        stirling = target * log(target) - target + 0.5 * log(2 * math.pi * target)
        losses = losses + stirling.masked_fill(target <= 1, 0)
    return reduced(losses, reduction)


def gaussian_nll_loss(input, target, var, full: bool = False, eps: float = 1e-6, reduction: str = "mean"):
    """Minus the log-likelihood of targets under normal distributions with means `input` and variances `var`.

    >>> torch.nn.functional.gaussian_nll_loss(torch.tensor([0.]), torch.tensor([1.]), torch.tensor([1.]))
    tensor(0.5000)
    """
    if isinstance(var, float | int):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = var * FUNCTIONS["ones_like"](input)
    elif bool((var < 0).any()):
        raise ValueError("var has negative entry/entries")
    if var.size() != input.size():
        if input.size()[:-1] == var.size():
            var = var.unsqueeze(-1)
        elif not (input.size()[:-1] == var.size()[:-1] and var.size(-1) == 1):
            try:
                np.broadcast_shapes(var._array.shape, input._array.shape)
            except ValueError:
                raise ValueError("var is of incorrect size") from None
    if reduction not in _ops.REDUCTIONS:
        raise ValueError(reduction + " is not valid")
    var = var + (var.detach().clamp(min=eps) - var.detach())  # no smaller than eps, without a gradient of that
    losses = 0.5 * (log(var) + (input - target) ** 2 / var)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)
