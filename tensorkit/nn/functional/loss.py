"""Losses: how far predictions are from targets.

`reduction` is 'mean', 'sum' or 'none' (one loss for each element or sample).  What PyTorch computes in one step stands in
`tensorkit.ops.loss`; the others are put together here.  Losses on embeddings stand in `distance.py`.
"""

import math
from warnings import warn

import numpy as np

from ...errors import brackets, hint, kind, not_implemented
from ...ops import loss as _ops
from ...ops.declare import FUNCTIONS
from ...ops.pointwise import exp, log
from ...ops.promote import result_dtype
from ...tensor import Tensor, memory, wrap
from ..sizes import check_broadcast
from .activation import log_softmax


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
    """Both in the dtype and shape that they are compared in."""
    if input._array.dtype != target._array.dtype:
        wanted = result_dtype(input, target)
        input, target = input.to(wanted), target.to(wanted)
    if input._array.shape != target._array.shape:
        check_broadcast(input, target)
        input, target = FUNCTIONS["broadcast_tensors"](input, target)
    return input, target


def _of_pairs(op, kernel: str, input, target, reduction: str, parameter, weight=None):
    _compare_sizes(input, target)
    x, y = _together(input, target)
    if x._array.dtype.kind not in "fcV":
        raise not_implemented(kernel, x.dtype.cpp_name)
    if weight is None:
        return op(x, y, reduction, parameter)
    losses = op(x, y, "none", parameter)
    if op is _ops.huber:
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

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
    """
    reduction = _reduction(reduction, size_average, reduce)
    return _of_pairs(_ops.mse, "mse_cpu", input, target, reduction, None, weight)


def l1_loss(input, target, size_average=None, reduce=None, reduction: str = "mean", weight=None):
    """The mean absolute difference."""
    reduction = _reduction(reduction, size_average, reduce)
    _compare_sizes(input, target)
    x, y = _together(input, target)
    losses = (x - y).abs()
    return reduced(losses, reduction) if weight is None else _weighted(losses, weight, reduction)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction: str = "mean", beta: float = 1.0):
    """The absolute difference, rounded off to a parabola nearer than beta."""
    reduction = _reduction(reduction, size_average, reduce)
    if beta == 0.0:
        return l1_loss(input, target, reduction=reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return _of_pairs(_ops.smooth_l1, "smooth_l1_cpu", input, target, reduction, float(beta))


def huber_loss(input, target, reduction: str = "mean", delta: float = 1.0, weight=None):
    """Half the squared difference up to delta, a straight line beyond."""
    reduction = _reduction(reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    return _of_pairs(_ops.huber, "huber_cpu", input, target, reduction, float(delta), weight)


# Probabilities


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction: str = "mean"):
    """-(y·log x + (1-y)·log(1-x)) for probabilities x and targets y.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html
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

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
    """
    reduction = _reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise hint(
            ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})"),
            "target.view_as(input), or input.squeeze(1), makes them alike.",
        )
    if target._array.dtype.kind in "biu":
        raise hint(
            RuntimeError(
                f"result type Float can't be cast to the desired output type {target.dtype.cpp_name}"
            ),
            "the target is a probability: target.float().",
        )
    x, y = _together(input, target)
    return _ops.logits_cross_entropy(x, y, weight, pos_weight, reduction)


def kl_div(input, target, size_average=None, reduce=None, reduction: str = "mean", log_target: bool = False):
    """target · (log target - input), for log-probabilities `input` and probabilities `target`.

    reduction  'batchmean', the sum over the number of samples, is the Kullback-Leibler divergence
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
    losses = exp(target) * (target - input) if log_target else FUNCTIONS["xlogy"](target, target) - target * input
    if reduction == "batchmean":
        return losses.sum() / input._array.shape[0] if input.ndim else losses
    return reduced(losses, reduction)


def poisson_nll_loss(
    input, target, log_input: bool = True, full: bool = False, size_average=None, eps: float = 1e-8, reduce=None,
    reduction: str = "mean",
):  # fmt: skip
    """Minus the log-likelihood of counts under Poisson distributions with rates exp(input) (or `input`)."""
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    if reduction not in _ops.REDUCTIONS:
        raise ValueError(reduction + " is not a valid value for reduction")
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        stirling = target * log(target) - target + 0.5 * log(2 * math.pi * target)
        losses = losses + stirling.masked_fill(target <= 1, 0)
    return reduced(losses, reduction)


def gaussian_nll_loss(input, target, var, full: bool = False, eps: float = 1e-6, reduction: str = "mean"):
    """Minus the log-likelihood of targets under normal distributions with means `input` and variances `var`."""
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


# Classes


def _check_classes(input, target) -> None:
    """PyTorch's errors for a target that does not fit the input of `nll_loss`."""
    shape, wanted = input._array.shape, target._array.shape
    if not shape:
        raise ValueError(f"Expected 1 or more dimensions (got {len(shape)})")
    if len(shape) == 1:
        if len(wanted) > 1 or (len(wanted) == 1 and wanted[0] != 1):
            raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target._array.size}")
    elif len(shape) == 2 and len(wanted) > 1:
        raise hint(
            RuntimeError("0D or 1D target tensor expected, multi-target not supported"),
            "for each sample the target is the number of its class: target.argmax(1) of one-hot rows, "
            "target.squeeze(1) of a column.",
        )
    elif wanted[:1] != shape[:1] and len(shape) == 2:
        raise ValueError(f"Expected input batch_size ({shape[0]}) to match target batch_size ({(wanted or (1,))[0]}).")
    elif len(shape) > 2 and wanted != (shape[0], *shape[2:]):
        if wanted[:1] != shape[:1]:
            raise ValueError(
                f"Expected input batch_size ({shape[0]}) to match target batch_size ({(wanted or (1,))[0]})."
            )
        raise RuntimeError(
            f"Expected target size {brackets((shape[0], *shape[2:]))}, got {brackets(wanted)}"
        )
    if target._array.dtype.kind not in "iu" or target._array.dtype.itemsize not in (1, 8):
        raise hint(
            RuntimeError(f"expected target dtype to be Long or Byte, but got {target.dtype.cpp_name}"),
            "class numbers are whole: target.long().",
        )


def _check_weight(weight, classes: int) -> None:
    if weight is not None and weight._array.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {brackets(weight._array.shape)}"
        )


def nll_loss(input, target, weight=None, size_average=None, ignore_index: int = -100, reduce=None,
             reduction: str = "mean"):  # fmt: skip
    """Minus the log-probability that `input` gives to each sample's class.

    input         samples, classes (, places …): log-probabilities
    target        samples (, places …): the numbers of the right classes
    weight        how much each class counts
    ignore_index  samples of this class do not count

    Raises IndexError for a class that is not there.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
    """
    reduction = _reduction(reduction, size_average, reduce)
    return _nll(input, target, weight, ignore_index, reduction)


def _nll(input, target, weight, ignored: int, reduction: str):
    _check_classes(input, target)
    alone = input.ndim == 1
    x = input.reshape(1, -1) if alone else input
    y = memory(target)
    y = (y.reshape(1) if alone else y).astype(np.int64, copy=False)
    classes = x._array.shape[1]
    _check_weight(weight, classes)
    kept = y != ignored
    inside = (y >= 0) & (y < classes)
    if not np.all(inside | ~kept):
        raise hint(
            IndexError(f"Target {y[kept & ~inside].flat[0]} is out of bounds."),
            f"the input has {classes} classes, so targets are 0 … {classes - 1}.",
        )
    y = np.where(kept, y, 0)
    weights = kept.astype(x._array.dtype)
    if weight is not None:
        weights *= weight._array[y]
    total = np.float64(weights.sum(dtype=np.float64)) if reduction == "mean" else 1.0
    shape = y.shape
    if len(shape) not in (1, 3):  # PyTorch computes on samples and images alone
        x, y, weights = (each.reshape(*each.shape[:at], shape[1], -1) for each, at in ((x, 2), (y, 1), (weights, 1)))
    if alone and reduction == "none":
        reduction = "sum"
    result = _ops.nll(x, wrap(y), wrap(weights), reduction, ignored, total)
    return result.reshape(shape) if reduction == "none" and y.shape != shape else result


def _class_dim(input) -> int:
    return 0 if input.ndim == 1 else 1


def cross_entropy(input, target, weight=None, size_average=None, ignore_index: int = -100, reduce=None,
                  reduction: str = "mean", label_smoothing: float = 0.0):  # fmt: skip
    """How little probability softmax(input) gives to the right class: minus its logarithm.

    input            samples, classes (, places …): numbers of any size, the logits
    target           samples (, places …): the numbers of the right classes; or probabilities, in the shape of the input
    weight           how much each class counts
    ignore_index     samples of this class do not count
    label_smoothing  how much of the target is spread over all classes

    >>> cross_entropy(torch.zeros(1, 2), torch.tensor([0]))
    tensor(0.6931)

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    for position, (name, value) in enumerate((("input", input), ("target", target)), 1):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"cross_entropy_loss(): argument '{name}' (position {position}) must be Tensor, not {kind(value)}"
            )
    reduction = _reduction(reduction, size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    if target._array.shape == input._array.shape and not (target._array.dtype.kind in "iu" and input.ndim == 0):
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    _check_ndim_of_target(input, target)
    logs = log_softmax(input, _class_dim(input))
    plain = _nll(logs, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return plain
    return _smoothed(logs, target, weight, ignore_index, reduction, plain, label_smoothing)


def _check_ndim_of_target(input, target) -> None:
    if input.ndim == 1 and target.ndim == 1 and target._array.size != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target._array.size}")
    if input.ndim > 2 and input._array.shape[:1] == target._array.shape[:1]:
        expected = (input._array.shape[0], *input._array.shape[2:])
        if target._array.shape != expected:
            raise RuntimeError(f"Expected target size {brackets(expected)}, got {brackets(target._array.shape)}")


def _smoothed(logs, target, weight, ignored: int, reduction: str, plain, smoothing: float):
    """Mix the loss of the right class with the mean loss of all classes."""
    dim = _class_dim(logs)
    classes = logs._array.shape[dim]
    if weight is None:
        spread = -logs.sum(dim)
    else:
        spread = -(logs * weight.reshape([-1 if d == dim else 1 for d in range(logs.ndim)])).sum(dim)
    skipped = memory(target) == ignored
    if skipped.any():
        spread = spread.masked_fill(wrap(skipped.reshape(spread._array.shape)), 0.0)
    if reduction == "sum":
        spread = spread.sum()
    elif reduction == "mean":
        counted = weight._array[memory(target)[~skipped]].sum() if weight is not None else (~skipped).sum()
        spread = spread.sum() / float(counted)
    return plain * (1 - smoothing) + spread * (smoothing / classes)


def _soft_cross_entropy(input, target, weight, reduction: str, smoothing: float):
    """Cross entropy against probabilities."""
    if target._array.dtype.kind not in "fV":
        raise RuntimeError(
            f"Expected floating point type for target with class probabilities, got {target.dtype.cpp_name}"
        )
    dim = _class_dim(input)
    classes = input._array.shape[dim]
    _check_weight(weight, classes)
    logs = log_softmax(input, dim)
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    terms = logs * target
    if weight is not None:
        terms = terms * weight.reshape([-1 if d == dim else 1 for d in range(input.ndim)])
    if reduction == "none":
        return -terms.sum(dim)
    samples = input._array.size // classes
    return -terms.sum() if reduction == "sum" else _ops.mean_over(-terms.sum(), samples)
