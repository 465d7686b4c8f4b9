"""What neural networks apply to each element, as far as `torch` itself has it: relu, sigmoid, softmax.

The others stand in `tensorkit.nn.functional`.
"""

from .. import dtypes
from ..array_modules import np
from .declare import behind, op, unary
from .exponential import _exp, exp
from .pointwise import nothing
from .reduce import add_up, greatest
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
    return np.multiply(gate != 0, x.view(_BITS[kind.char])).view(kind)


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
    return np.maximum(x, x.dtype.type(0))


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


def _finished(values, kind, shape):
    return np.asarray(values, kind).reshape(shape)[()]


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
    kind, wide = x.dtype, x.astype(np.float32) if x.dtype.itemsize == 2 else x
    powers = _exp(wide - greatest(wide, axis))
    return _finished(powers / add_up(powers, axis, True), kind, shape)


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
    kind, wide = x.dtype, x.astype(np.float32) if x.dtype.itemsize == 2 else x
    shifted = wide - greatest(wide, axis)
    shifted -= np.log(add_up(_exp(shifted), axis, True))
    return _finished(shifted, kind, shape)


log_softmax.op.bare = _in_single_precision(lambda g, out, dim: g - _exp(out) * add_up(g, dim, True))
