"""Losses of classification: nll_loss and cross_entropy.

What is computed in one step stands in `tensorkit.ops.loss`; other losses in `loss.py`.
"""

from ...array_modules import np
from ...errors import brackets, hint, no_tensor, no_tensors
from ...ops import loss as _ops
from ...tensor import Tensor, memory, wrap
from .loss import _reduction
from .softmax import log_softmax


def _check_classes(input, target) -> None:
    """PyTorch's errors for a target that does not fit the input of `nll_loss`."""
    shape, wanted = input._array.shape, target._array.shape
    if not shape:
        raise ValueError(f"Expected 1 or more dimensions (got {len(shape)})")
    if len(shape) == 1:
        if len(wanted) > 1 or (len(wanted) == 1 and wanted[0] != 1):
            raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target._array.size}")
    elif len(shape) == 2 and len(wanted) > 1 and wanted[0] == shape[0]:
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
        raise RuntimeError(f"Expected target size {brackets((shape[0], *shape[2:]))}, got {brackets(wanted)}")
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

    >>> torch.nn.functional.nll_loss(torch.tensor([[0.25, 0.75]]).log(), torch.tensor([0]))
    tensor(1.3863)
    """
    reduction = _reduction(reduction, size_average, reduce)
    try:
        return _nll(input, target, weight, ignore_index, reduction)
    except AttributeError:
        for position, (name, given) in enumerate((("input", input), ("target", target)), 1):
            if not isinstance(given, Tensor):
                raise no_tensor("nll_loss_nd", given, name, position) from None
        raise


def _all_count_alike(x, y, ignored: int) -> bool:
    """Whether logits `x` and classes `y` are those of plain samples, all of one weight, and none of them ignored."""
    if x.ndim != 2 or y.ndim != 1 or y.dtype != np.int64 or not 0 < y.size == len(x):
        return False
    # As unsigned numbers, negative ones would be beyond all classes.
    return not 0 <= ignored < x.shape[1] and bool(np.maximum.reduce(y.view(np.uint64)) < x.shape[1])


def _nll(input, target, weight, ignored: int, reduction: str):
    y = memory(target)
    if weight is None and _all_count_alike(input._array, y, ignored):
        return _ops.nll(input, wrap(y), None, reduction, ignored, float(y.size))
    _check_classes(input, target)
    alone = input.ndim == 1
    x = input.reshape(1, -1) if alone else input
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
    """
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        raise no_tensors("cross_entropy_loss", input=input, target=target)
    reduction = _reduction(reduction, size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    if target._array.shape == input._array.shape and not (target._array.dtype.kind in "iu" and input.ndim == 0):
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    if input._array.ndim != 2:
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
