"""Losses on margins and distances: hinge, triplet, ranking and cosine losses, and those over several labels.

The losses of regression and classification stand in `loss.py`.
"""

from ...dtypes import BOOL, FLOATING, get_default_dtype
from ...errors import brackets, no_tensors
from ...ops import loss as _ops
from ...ops.declare import FUNCTIONS
from ...ops.masks import where
from ...ops.rectifiers import at_least
from ...ops.shape import reshape
from ..sizes import check_broadcast
from .activation import logsigmoid
from .linear import pairwise_distance
from .loss import _reduction, legacy_reduction, reduced


def margin_ranking_loss(input1, input2, target, margin: float = 0, size_average=None, reduce=None,
                        reduction: str = "mean"):  # fmt: skip
    """max(0, -y · (x1 - x2) + margin): x1 should be larger where y is 1, x2 where it is -1.

    >>> torch.nn.functional.margin_ranking_loss(tensor([2.]), tensor([1.5]), tensor([1.]), margin=1.)
    tensor(0.5000)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
            f"{input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return reduced(at_least(-target * (input1 - input2) + margin, 0), reduction)


def hinge_embedding_loss(input, target, margin: float = 1.0, size_average=None, reduce=None, reduction: str = "mean"):
    """x where y is 1, max(0, margin - x) where y is -1.

    >>> torch.nn.functional.hinge_embedding_loss(torch.tensor([0.5, 0.5]), torch.tensor([1., -1.]))
    tensor(0.5000)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if not (hasattr(input, "_array") and hasattr(target, "_array")):
        raise no_tensors("hinge_embedding_loss", input=input, target=target)
    apart = where(target == 1, 0.0, at_least(margin - input, 0))
    near = where(target == -1, 0.0, input)
    return reduced(apart + near, reduction)


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction: str = "mean"):
    """log(1 + exp(-y · x)) for targets y of 1 and -1.

    >>> torch.nn.functional.soft_margin_loss(torch.tensor([0.]), torch.tensor([1.]))
    tensor(0.6931)
    """
    reduction = _reduction(reduction, size_average, reduce)
    try:
        kind, other = input.dtype, target.dtype
    except AttributeError:
        raise no_tensors("soft_margin_loss", input=input, target=target) from None
    if kind.category < FLOATING:
        if kind.category == BOOL:
            raise RuntimeError(
                "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, "
                "use the `~` or `logical_not()` operator instead."
            )
        other = other if other.category > kind.category else get_default_dtype()
        raise RuntimeError(f"result type {other.cpp_name} can't be cast to the desired output type {kind.cpp_name}")
    return _ops.soft_margin(input, target.to(kind), reduction, None)


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction: str = "mean"):
    """The mean over classes of the binary cross entropy of each class's sigmoid.

    >>> torch.nn.functional.multilabel_soft_margin_loss(torch.tensor([[0., 0.]]), torch.tensor([[1., 0.]]))
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    losses = losses.sum(-1) / input._array.shape[-1]
    if reduction not in _ops.REDUCTIONS:
        raise ValueError(reduction + " is not valid")
    return reduced(losses, reduction)


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction: str = "mean"):
    """A hinge for every pair of a right and a wrong class; `target` lists the right ones, ended by -1.

    >>> torch.nn.functional.multilabel_margin_loss(torch.tensor([[0.1, 0.2, 0.4]]), torch.tensor([[2, -1, 0]]))
    tensor(0.5000)
    """
    reduction = _reduction(reduction, size_average, reduce)
    try:
        alike = input._array.shape == target._array.shape
    except AttributeError:
        raise no_tensors("multilabel_margin_loss", input=input, target=target) from None
    if not alike:
        raise RuntimeError(
            f"inconsistent target size: {brackets(target._array.shape)} for multi-label margin loss"
            f" of input {brackets(input._array.shape)}"
        )
    if input.ndim == 1:
        result = _ops.multilabel_margin(reshape(input, 1, -1), reshape(target, 1, -1), reduction)
        return reshape(result, ())
    return _ops.multilabel_margin(input, target, reduction)


def multi_margin_loss(input, target, p: int = 1, margin: float = 1.0, weight=None, size_average=None, reduce=None,
                      reduction: str = "mean"):  # fmt: skip
    """The mean over the wrong classes of max(0, margin - x[right] + x[wrong])**p.

    >>> torch.nn.functional.multi_margin_loss(torch.tensor([[0.1, 0.2, 0.4]]), torch.tensor([2]))
    tensor(0.5000)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    if not (hasattr(input, "_array") and hasattr(target, "_array")):
        raise no_tensors("multi_margin_loss", input=input, target=target)
    x, y = (reshape(input, 1, -1), reshape(target, 1)) if input.ndim == 1 else (input, target)
    if y._array.size and (y._array.min() < 0 or y._array.max() >= x._array.shape[1]):
        raise RuntimeError("target out of range")
    result = _ops.multi_margin(x, y, weight, reduction, float(margin), p)
    return reshape(result, ()) if input.ndim == 1 else result


def triplet_margin_loss(anchor, positive, negative, margin: float = 1.0, p: float = 2, eps: float = 1e-6,
                        swap: bool = False, size_average=None, reduce=None, reduction: str = "mean"):  # fmt: skip
    """max(0, distance to the positive - distance to the negative + margin).

    >>> torch.nn.functional.triplet_margin_loss(tensor([[0., 0.]]), tensor([[0., 1.]]), tensor([[0., 1.5]]))
    tensor(0.5000)

    Source: Balntas and others, http://www.bmva.org/bmvc/2016/papers/paper119/index.html
    """
    reduction = _reduction(reduction, size_average, reduce)
    if not all(hasattr(each, "_array") for each in (anchor, positive, negative)):
        raise no_tensors("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
    return _triplet(anchor, positive, negative, lambda a, b: pairwise_distance(a, b, p, eps), margin, swap, reduction)


def _triplet(anchor, positive, negative, distance, margin, swap: bool, reduction: str):
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = FUNCTIONS["minimum"](far, distance(positive, negative))
    return reduced(at_least(margin + near - far, 0), reduction)


def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None, margin: float = 1.0,
                                      swap: bool = False, reduction: str = "mean"):  # fmt: skip
    """`triplet_margin_loss` with a distance of one's own.

    >>> from tensorkit.nn import functional as F
    >>> F.triplet_margin_with_distance_loss(tensor([[0., 0.]]), tensor([[0., 1.]]), tensor([[0., 1.5]]))
    tensor(0.5000)
    """
    reduction = _reduction(reduction)
    return _triplet(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)


def cosine_embedding_loss(input1, input2, target, margin: float = 0, size_average=None, reduce=None,
                          reduction: str = "mean"):  # fmt: skip
    """1 - cos(x1, x2) where y is 1, max(0, cos(x1, x2) - margin) where it is -1.

    >>> torch.nn.functional.cosine_embedding_loss(tensor([[1., 0.]]), tensor([[0., 1.]]), tensor([1.]))
    tensor(1.)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if not all(hasattr(each, "_array") for each in (input1, input2, target)):
        raise no_tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    tiny = 1e-12
    inner = (input1 * input2).sum(-1)
    squares = ((input1 * input1).sum(-1) + tiny) * ((input2 * input2).sum(-1) + tiny)
    cosine = inner / squares.sqrt()
    check_broadcast(target, cosine)
    alike = where(target == 1, 1 - cosine, 0.0)
    apart = where(target == -1, at_least(cosine - margin, 0), 0.0)
    return reduced(alike + apart, reduction)
