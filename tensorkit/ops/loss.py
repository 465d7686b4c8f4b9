"""How far a prediction is from its target: the parts of losses that PyTorch computes in one step.

Each gives one number for every element (or every sample); means and sums over them are taken here too where PyTorch
does so in the same node.  The functions with PyTorch's signatures, and all other losses, stand in
`tensorkit.nn.functional`.
"""

import math

from ..array_modules import np
from ..tensor import wrap
from .activation import sigmoid
from .declare import behind
from .exponential import _log1p
from .layout import as_operands
from .masks import where
from .reduce import add_in_order, add_up
from .shape import reshape
from .sign import sgn

REDUCTIONS = ("none", "mean", "sum")


def reduced(losses, reduction: str):
    """The losses themselves, their mean or their sum."""
    if reduction == "none":
        return losses
    summed = add_in_order(losses)
    return summed if reduction == "sum" else summed / losses.dtype.type(losses.size) if losses.size else summed * np.nan


def _share(g, shape, reduction: str):
    """What of the gradient of a reduced loss each element gets."""
    return g / math.prod(shape) if reduction == "mean" else g


def elementwise(node_name: str, dx, dy):
    """Declare a loss of two operands of one shape; `dx` and `dy` are the derivatives of a single element."""

    def declare(body):
        def x_rule(g, x, y, x_shape, reduction, parameter):
            return _share(g, x_shape, reduction) * dx(x, y, parameter)

        def y_rule(g, x, y, x_shape, reduction, parameter):
            return _share(g, x_shape, reduction) * dy(x, y, parameter)

        def forward(x, y, reduction, parameter):
            losses = body(x, y, parameter)
            return as_operands(losses, (x, y)) if reduction == "none" else reduced(losses, reduction)

        forward.__name__, forward.__doc__, forward.__module__ = body.__name__, body.__doc__, body.__module__
        return behind(x=x_rule, y=y_rule, node_name=node_name)(forward)

    return declare


@elementwise("MseLossBackward0", lambda x, y, _: (x - y) * 2, lambda x, y, _: (y - x) * 2)
def mse(x, y, parameter):
    """The squared difference."""
    difference = x - y
    return difference * difference


def _smooth_l1_dx(x, y, beta):
    difference = x - y
    return where(difference.abs() < beta, difference / beta, sgn(difference))


@elementwise("SmoothL1LossBackward0", _smooth_l1_dx, lambda x, y, beta: -_smooth_l1_dx(x, y, beta))
def smooth_l1(x, y, beta):
    """The absolute difference, rounded off to a parabola nearer than beta."""
    size = np.abs(x - y)
    beta = x.dtype.type(beta)
    return np.where(size < beta, size * size / (2 * beta), size - beta / 2)


def _huber_dx(x, y, delta):
    return (x - y).clamp(-delta, delta)


@elementwise("HuberLossBackward0", _huber_dx, lambda x, y, delta: -_huber_dx(x, y, delta))
def huber(x, y, delta):
    """Half the squared difference up to delta, a straight line beyond."""
    size = np.abs(x - y)
    delta = x.dtype.type(delta)
    return np.where(size <= delta, size * size / 2, delta * (size - delta / 2))


def _one_dtype(x, y) -> None:
    if x.dtype is not y.dtype:
        raise RuntimeError(f"Found dtype {y.dtype.cpp_name} but expected {x.dtype.cpp_name}")


def _huber_dx_of_one_dtype(x, y, delta):
    _one_dtype(x, y)
    return _huber_dx(x, y, delta)


@elementwise("HuberLossBackward0", _huber_dx_of_one_dtype, _huber_dx_of_one_dtype)
def huber_of_two_dtypes(x, y, delta):
    """The same in the dtype of x; it has no backward pass, as in PyTorch."""
    if y.dtype.kind in "biu":
        y = y.astype(x.dtype)
    elif x.dtype.kind in "biu" or x.dtype.itemsize < y.dtype.itemsize:
        return huber.op.forward(x.astype(y.dtype), y, "none", delta).astype(x.dtype)
    return huber.op.forward(x, y.astype(x.dtype), "none", delta)


@elementwise("SoftMarginLossBackward0", lambda x, y, _: -y * sigmoid(-y * x), lambda x, y, _: -x * sigmoid(-y * x))
def soft_margin(x, y, parameter):
    """log(1 + exp(-y · x))."""
    return np.logaddexp(x.dtype.type(0), -y * x)


# Yes or no


@behind(x=lambda g, x, y, weight, x_shape, reduction: _weighed(
        _share(g, x_shape, reduction) * ((x - y) / ((1 - x) * x).clamp(min=1e-12)), weight),
    y=lambda g, x, weight, x_shape, reduction: _weighed(_share(g, x_shape, reduction) * (
        (1 - x).log().clamp(min=-100) - x.log().clamp(min=-100)), weight),
    weight=None, optional=("weight",))  # fmt: skip
def binary_cross_entropy(x, y, weight, reduction):
    """-(y·log x + (1-y)·log(1-x)) for probabilities x; logarithms stop at -100."""
    if x.size and (x.min() < 0 or x.max() > 1):
        raise RuntimeError("all elements of input should be between 0 and 1")
    if y.size and (y.min() < 0 or y.max() > 1):
        raise RuntimeError("all elements of target should be between 0 and 1")
    low = x.dtype.type(-100)
    losses = (y - 1) * np.maximum(np.log1p(-x), low) - y * np.maximum(np.log(x), low)
    if weight is not None:
        losses = losses * weight
    return as_operands(losses, (x, y)) if reduction == "none" else reduced(losses, reduction)


def _weighed(g, weight):
    return g if weight is None else g * weight


def _logits_dx(g, x, y, weight, pos_weight, x_shape, reduction):
    g = _weighed(_share(g, x_shape, reduction), weight)
    if pos_weight is None:
        return (sigmoid(x) - y) * g
    t = pos_weight * y
    return ((t + 1 - y) * sigmoid(x) - t) * g


def _logits_dy(g, x, weight, pos_weight, x_shape, reduction):
    from .rectifiers import log_sigmoid

    g = _weighed(_share(g, x_shape, reduction), weight)
    if pos_weight is None:
        return -g * x
    return g * (log_sigmoid(-x) - pos_weight * log_sigmoid(x))


@behind(x=_logits_dx, y=_logits_dy, weight=None, pos_weight=None, optional=("weight", "pos_weight"),
    node_name="BinaryCrossEntropyWithLogitsBackward0")  # fmt: skip
def logits_cross_entropy(x, y, weight, pos_weight, reduction):
    """The same for logits x, whose sigmoid is the probability: exact also far from 0."""
    softened = _log1p(np.exp(-np.abs(x))) + np.maximum(-x, 0)  # log(1 + exp(-x))
    losses = (1 - y) * x + (softened if pos_weight is None else ((pos_weight - 1) * y + 1) * softened)
    return reduced(losses if weight is None else losses * weight, reduction)


# Classes


def _nll_dx(g, y, weights, x_shape, reduction, ignored, total):
    """The gradient: minus each sample's weight at its class, 0 elsewhere."""
    if reduction == "mean":
        g = g / total
    return put_at_class(-g if weights is None else -(g * weights), y, x_shape[1])


def _nll_name(node) -> str:
    return "NllLoss2DBackward0" if len(node.shape) > 2 or len(node.extras[-1]) > 2 else "NllLossBackward0"


def _class_places(y):
    """The places of the classes `y` in an array of samples, classes, places …"""
    if y.ndim == 1:
        return np.arange(len(y)), y
    grids = np.ogrid[tuple([slice(size) for size in y.shape])]
    return grids[0], y, *grids[1:]


@behind(x=lambda g, y: take_class(g, y), y=None, node_name="NllLossBackwardBackward0")
def put_at_class(x, y, classes):
    """x (samples, places …) at the class that `y` names, along a new second dimension; 0 at all other classes."""
    full = np.zeros((y.shape[0], classes, *y.shape[1:]), x.dtype)
    full[_class_places(y)] = x + 0  # + 0: not -0
    return full


@behind(x=lambda g, y, x_shape: put_at_class(g, y, x_shape[1]), y=None, node_name="NllLossBackwardBackward0")
def take_class(x, y):
    """x (samples, classes, places …) at the class that `y` names."""
    return x[_class_places(y)]


@behind(x=_nll_dx, y=None, weights=None, optional=("weights",), node_name=_nll_name)
def nll(x, y, weights, reduction, ignored, total):
    """Minus the log-probability of the right class of each sample, times the sample's weight.

    x        samples, classes, places …
    y        the class of each sample and place, with 0 for those that are ignored, whose weight is 0
    weights  of each sample and place; None where all are 1
    total    the sum of the weights
    """
    losses = -x[_class_places(y)]
    if weights is not None:
        losses *= weights
    if reduction == "none":
        return losses
    summed = add_up(losses)
    return summed if reduction == "sum" else summed / x.dtype.type(total)


@behind(x=lambda g, count: g / count, node_name="DivBackward1")
def mean_over(x, count):
    """A sum divided by how many samples it is over."""
    return x / x.dtype.type(count)


# Margins


def _hinge_gradient(x, y, weight, margin, p):
    rows = np.arange(len(y))
    gap = margin - x[rows, y][:, None] + x
    slope = (gap > 0).astype(x.dtype) if p == 1 else 2 * np.maximum(gap, 0)
    if weight is not None:
        slope *= weight[y][:, None]
    slope[rows, y] = 0
    slope[rows, y] = -slope.sum(1)
    return slope / x.shape[1] + 0  # + 0: not -0


def _margin_dx(g, x, y, weight, reduction, margin, p):
    slope = wrap(_hinge_gradient(x._array, y._array, None if weight is None else weight._array, margin, p))
    return slope * (reshape(g, -1, 1) if reduction == "none" else _share(g, y._array.shape, reduction))


@behind(x=_margin_dx, y=None, weight=None, optional=("weight",), node_name="MultiMarginLossBackward0")
def multi_margin(x, y, weight, reduction, margin, p):
    """For each sample the mean over the wrong classes of how much less than `margin` they stay behind the right one."""
    rows = np.arange(len(y))
    gap = np.maximum(margin - x[rows, y][:, None] + x, 0)
    gap = gap if p == 1 else gap * gap
    if weight is not None:
        gap = gap * weight[y][:, None]
    gap[rows, y] = 0
    return reduced(gap.sum(1) / x.dtype.type(x.shape[1]), reduction)


def _listed(y):
    """Which classes each row of targets names: those before its first -1."""
    members = np.zeros(y.shape, bool)
    for row, classes in enumerate(y.tolist()):
        for each in classes:
            if each < 0:
                break
            members[row, each] = True
    return members


def _multilabel_gaps(x, members):
    gap = np.maximum(1 - x[:, :, None] + x[:, None, :], 0)  # right class, wrong class
    return gap * members[:, :, None] * ~members[:, None, :]


def _multilabel_dx(g, x, y, reduction):
    members = _listed(y._array)
    active = (_multilabel_gaps(x._array, members) > 0).astype(x._array.dtype)
    slope = wrap((active.sum(1) - active.sum(2)) / x._array.shape[1])
    return slope * (reshape(g, -1, 1) if reduction == "none" else _share(g, y._array.shape[:1], reduction))


@behind(x=_multilabel_dx, y=None, node_name="MultilabelMarginLossBackward0")
def multilabel_margin(x, y, reduction):
    """For each sample, over all pairs of a right and a wrong class, how much less than 1 they are apart."""
    gaps = _multilabel_gaps(x, _listed(y))
    return reduced(gaps.sum((1, 2)).astype(x.dtype) / x.dtype.type(x.shape[1]), reduction)
