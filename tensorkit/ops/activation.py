"""What neural networks apply to each element, as far as `torch` itself has it: relu, sigmoid, softmax.

The others stand in `tensorkit.nn.functional`.
"""

from .. import dtypes
from ..array_modules import np
from .declare import behind, op, unary
from .exponential import _exp, exp
from .pointwise import nothing
from .reduce import add_up
from .reduce import sum as sum_
from .shape import wrap_dim

#: Whole numbers as wide as the floats.
_BITS = {"f": np.int32, "d": np.int64}


@behind(x=lambda g, gate: where_positive(g, gate), gate=nothing, node_name="ThresholdBackwardBackward0")
def where_positive(x, gate):
    """x where the gate is positive (or nan), 0 elsewhere: what relu lets through of a gradient.

    The gate is the result of a relu, or a mask: never negative.
    """
    kind = x.dtype
    if kind.char not in _BITS:
        return np.where(gate != 0, x, kind.type(0))[()]
    # The bits times 1 or 0: up to twenty times as fast as `where`, and NaN times 0 is 0 here.
    bits = _BITS[kind.char]
    found = gate.astype(bool).astype(bits)
    found *= x.view(bits)
    return found.view(kind)


@unary(lambda g, out: where_positive(g, out))
def relu(x):
    """Each element, but 0 where it is negative; the derivative at 0 is 0.

    >>> tensor([-1., 2.]).relu()
    tensor([0., 2.])
    """
    if x.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu")
    if x.dtype.kind == "c":
        raise NotImplementedError("clamp is not supported for complex types")
    # With a 0-d array NumPy takes two thirds of the time that it takes with a number, for 100 by 16 elements.
    zero = _ZEROS.get(x.dtype) if type(x) is np.ndarray else None
    return np.maximum(x, x.dtype.type(0) if zero is None else zero)


_ZEROS = {each.dtype: each for each in (np.zeros((), np.float32), np.zeros((), np.float64))}


@behind(x=lambda g, y: sigmoid_backward(g, y), y=lambda g, x, y: g * x * (1 - 2 * y))
def sigmoid_backward(x, y):
    """`x` times the slope of the sigmoid where its value is `y`."""
    return x * (1 - y) * y


@unary(lambda g, out: sigmoid_backward(g, out), floating=True)
def sigmoid(x):
    """1 / (1 + exp(-x)), between 0 and 1.

    >>> tensor([0., 2.]).sigmoid()
    tensor([0.5000, 0.8808])
    """
    if x.dtype.itemsize == 2:
        return (1 / (1 + np.exp(-x.astype(np.float32)))).astype(x.dtype)[()]
    return 1 / (1 + _exp(-x))


def _prepared(x, dim, dtype, kernel: str):
    """What a softmax works on: the array in the dtype asked for, its dimension, and its largest elements."""
    if dtype is not None:
        x = x.astype(dtypes.numpy_dtype(dtypes.as_dtype(dtype)))
    axis = wrap_dim(dim, x.ndim)
    if x.size:
        place = "lastdim_" if axis == max(x.ndim - 1, 0) else ""
        dtypes.refuse(f"{kernel}_{place}kernel_impl", x, "biuc")
    if x.ndim == 0:
        x = np.reshape(x, 1)
    return x, axis


def _finished(compute, x, axis: int, shape: tuple):
    """What `compute` makes of `x` along `axis`, half floats in single precision, in the shape of what went in.

    Many short rows are computed as columns, in half the time: NumPy begins anew with every row, which costs more than
    what it does with the 2 or 10 classes of a sample.
    """
    kind, width = x.dtype, x.shape[-1]
    if kind.itemsize == 2:
        x = x.astype(np.float32)
    if axis == x.ndim - 1 and 1 < width <= 32 and x.size >= 32 * width:
        x = compute(x.reshape(-1, width).T.copy(), 0).T.copy()
    else:
        x = compute(x, axis)
    if x.dtype is not kind:
        x = x.astype(kind)
    return x if x.shape == shape else x.reshape(shape)[()]


@op(x=lambda g, out, dim: out * (g - sum_(g * out, dim, True)), rows=True)
def softmax(x, dim, dtype=None):
    """exp(x) over its sum along `dim`: positive numbers that add up to 1.

    >>> tensor([1., 1.]).softmax(dim=0)
    tensor([0.5000, 0.5000])
    """
    shape = x.shape
    x, axis = _prepared(x, dim, dtype, "softmax")
    if x.size == 0:
        return x.copy()
    return _finished(_softmax, x, axis, shape)


def _softmax(x, axis: int):
    powers = _exp(x - np.maximum.reduce(x, axis, keepdims=True))
    powers /= add_up(powers, axis, True)
    return powers


def _in_single_precision(rule):
    """The twin on bare arrays (`bare.py`) of a rule that PyTorch computes in single precision for half floats."""

    def twin(g, out, dim):
        kind = out.dtype
        if kind.itemsize != 2:
            return rule(g, out, dim)
        return np.asarray(rule(g.astype(np.float32), out.astype(np.float32), dim)).astype(kind)[()]

    return (twin,)


softmax.op.bare = _in_single_precision(lambda g, out, dim: out * (g - add_up(g * out, dim, True)))


@op(x=lambda g, out, dim: g - exp(out) * sum_(g, dim, True), rows=True)
def log_softmax(x, dim, dtype=None):
    """The logarithm of `softmax`, exact also where that is next to 0.

    >>> torch.log_softmax(tensor([1., 2., 3.]), dim=0)
    tensor([-2.4076, -1.4076, -0.4076])
    """
    shape = x.shape
    x, axis = _prepared(x, dim, dtype, "log_softmax")
    if x.size == 0:
        return x.copy()
    return _finished(_log_softmax, x, axis, shape)


def _log_softmax(x, axis: int):
    shifted = x - np.maximum.reduce(x, axis, keepdims=True)
    shifted -= np.log(add_up(_exp(shifted), axis, True))
    return shifted


log_softmax.op.bare = _in_single_precision(lambda g, out, dim: g - _exp(out) * add_up(g, dim, True))
