"""Random tensors: PyTorch's functions and in-place methods over PyTorch's stream of numbers, equal for an equal seed.

The numbers come from `tensorkit.streams`; here they get a shape and a dtype. Draws whose chances are given by tensors
stand in `sampling.py`, seeds, states and generators in `random.py`.

Source: https://pytorch.org/docs/stable/torch.html#random-sampling
"""

import math
from warnings import warn

import numpy as np

from . import dtypes
from .array_modules import move, move_like, on_gpu
from .errors import not_implemented, wrong_argument
from .formats import checked
from .ops.alike import like_input
from .ops.create import finish, resolve, sized, spread
from .ops.declare import function, method
from .ops.inplace import overwrite, unrelated
from .ops.layout import as_asked
from .ops.promote import is_whole
from .ops.writable import check_writable
from .random import engine_of
from .streams import fill
from .tensor import Tensor, memory, storage_of

#: What PyTorch calls the work that is done for floating-point types alone.
_KERNELS = {"rand": "check_uniform_bounds", "uniform_": "check_uniform_bounds", "randn": "normal_kernel_cpu",
            "normal_": "normal_kernel_cpu", "exponential_": "exponential"}  # fmt: skip


def _floating(dtype, name: str) -> np.dtype:
    wanted = resolve(dtype, name)
    if wanted.kind in "biu":
        raise not_implemented(_KERNELS[name], dtypes.from_numpy(wanted).cpp_name)
    return wanted


@function(method=False)
def rand(*size, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False,
         **names) -> Tensor:  # fmt: skip
    """Numbers drawn evenly from 0 up to, not including, 1.

    size   the shape: `rand(2, 3)` or `rand((2, 3))`
    dtype  a floating-point type; the default dtype if not given

    >>> _ = torch.manual_seed(0)
    >>> torch.rand(3)
    tensor([0.4963, 0.7682, 0.0885])
    """
    shape = spread(size, names, "rand")
    drawn = engine_of(generator).uniform(math.prod(shape), dtype=_floating(dtype, "rand")).reshape(shape)
    return finish(drawn, requires_grad, device, out)


@function(method=False)
def randn(*size, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False,
          **names) -> Tensor:  # fmt: skip
    """Numbers drawn from the normal distribution with mean 0 and standard deviation 1.

    >>> _ = torch.manual_seed(0)
    >>> torch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    shape = spread(size, names, "randn")
    drawn = engine_of(generator).normal(math.prod(shape), dtype=_floating(dtype, "randn")).reshape(shape)
    return finish(drawn, requires_grad, device, out)


def _whole_numbers(engine, count: int, low: int, high: int, numpy: np.dtype):
    """Whole numbers from `low` up to, not including, `high`, which must be numbers of this type."""
    if numpy.kind == "c":
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    if numpy.kind != "b":
        limits = np.iinfo(numpy) if numpy.kind in "iu" else dtypes.finfo(dtypes.from_numpy(numpy))
        smallest, largest = limits.min, limits.max
    else:
        smallest, largest = 0, 1
    for number, name in ((low, "from"), (high - 1, "to - 1")):
        if not smallest <= number <= largest:
            raise RuntimeError(f"{name} is out of bounds for {dtypes.from_numpy(numpy).c_name}")
    if numpy.kind not in "biu":
        low, high = _held(low, high, numpy)
    return engine.randint(count, low, high, numpy)


def _held(low: int, high: int, numpy: np.dtype) -> tuple[int, int]:
    """Both ends, moved inwards where the floating-point type rounds the numbers next to them beyond them."""
    kind = dtypes.from_numpy(numpy)
    digits = round(1 - math.log2(dtypes.finfo(kind).eps))
    for number, name in ((low, "from"), (high - 1, "to - 1")):
        if abs(number) > 2**digits:
            warn(
                f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations {kind.c_name} can "
                "support discrete uniform distribution only within this range. This warning will become an error in "
                "version 1.7 release, please fix the code in advance",
                stacklevel=4,
            )
    first, last = int(numpy.type(low + 1)), int(numpy.type(high - 1))
    if first < low:
        low = first + (1 << abs(low + 1).bit_length() - digits)
    if last >= high:
        high = last - (1 << abs(high - 1).bit_length() - digits)
    return low, high


@function(method=False)
def randint(low=None, high=None, size=None, *, generator=None, out=None, dtype=None, layout=None, device=None,
            requires_grad=False) -> Tensor:  # fmt: skip
    """Whole numbers drawn evenly from `low` (0) up to, not including, `high`.

    >>> _ = torch.manual_seed(0)
    >>> torch.randint(10, (4,))
    tensor([4, 9, 3, 0])
    """
    if size is None:
        if isinstance(high, (tuple, list)):
            low, high, size = 0, low, high
        elif high is None:
            raise TypeError("randint() received an invalid combination of arguments - got (int)")
    elif high is None or low is None:
        low, high = 0, low if high is None else high
    if not (is_whole(low) and is_whole(high)):
        raise TypeError(f"randint() takes whole numbers, not {low!r} and {high!r}")
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    shape = sized(size, "randint")
    wanted = resolve(dtype, "randint", dtypes.int64)
    drawn = _whole_numbers(engine_of(generator), math.prod(shape), int(low), int(high), wanted).reshape(shape)
    return finish(drawn, requires_grad, device, out)


@function(method=False)
def randperm(n, *, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
             pin_memory=False) -> Tensor:  # fmt: skip
    """The whole numbers below `n` in random order.

    >>> _ = torch.manual_seed(0)
    >>> torch.randperm(5)
    tensor([4, 0, 1, 3, 2])
    """
    if not is_whole(n):
        raise wrong_argument("randperm", "n", 1, "int", n)
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    order = engine_of(generator).randperm(int(n))
    return finish(order.astype(resolve(dtype, "randperm", dtypes.int64)), requires_grad, device, out)


def _like(name: str, draw, call: str, shown: str):
    def like(input, *args, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None,
             generator=None, **names) -> Tensor:  # fmt: skip
        like = memory(input)
        array = np.empty_like(like, None if dtype is None else resolve(dtype, name), "C" if 0 in like.strides else "K")
        array = as_asked(array, like, memory_format and checked(memory_format, f"{name}_like"))
        if array.dtype.kind in "biu" and name != "randint":
            raise not_implemented(_KERNELS[name], dtypes.from_numpy(array.dtype).cpp_name)
        _fill(array, draw(array, engine_of(generator), *args, **names))
        return like_input(input, array, requires_grad, device)

    like.__name__ = f"{name}_like"
    like.__doc__ = f"""A tensor drawn by `{name}`, with the shape and (if none is given) the dtype of `input`.

    >>> _ = torch.manual_seed(0)
    >>> torch.{name}_like({call})
    tensor({shown})
    """
    return function(like, method=False)


def _fill(array, flat) -> None:
    """Put drawn numbers into an array in the order in which PyTorch would write its memory."""
    if on_gpu(array):
        host = np.empty_like(np.lib.stride_tricks.as_strided(np.empty(1, array.dtype), array.shape, array.strides))
        _fill(host, flat)
        array[...] = move_like(host, array)
    elif array.flags.c_contiguous:
        array[...] = flat.reshape(array.shape)
    else:
        fill(array, flat)


def _bounds(low, high=None):
    return (0, low) if high is None else (low, high)


rand_like = _like("rand", lambda array, engine: engine.uniform(array.size, dtype=array.dtype),
                  "torch.zeros(2)", "[0.4963, 0.7682]")  # fmt: skip
randn_like = _like("randn", lambda array, engine: engine.normal(
    array.size, dtype=array.dtype, contiguous=array.flags.c_contiguous),
    "torch.zeros(2)", "[ 1.5410, -0.2934]")  # fmt: skip
randint_like = _like("randint", lambda array, engine, low, high=None: _whole_numbers(
    engine, array.size, *_bounds(low, high), array.dtype), "torch.zeros(2), 10", "[4., 9.]")  # fmt: skip


# In place


def _in_place(name: str, draw, doc: str, call: str, shown: str, floating: bool = True):
    def method_(self, *args, generator=None, **names):
        check_writable(self)
        array = memory(self)
        if floating and array.dtype.kind in "biu":
            raise not_implemented(_KERNELS.get(name, name), self.dtype.cpp_name)
        drawn = draw(array, engine_of(generator), *args, **names)
        if self._requires_grad:
            fresh = np.empty_like(array)
            _fill(fresh, drawn)
            return overwrite(self, unrelated(self, fresh, _NODES.get(name) or name[:-1].title() + "Backward0"))
        _fill(array, drawn)
        storage_of(self).written()
        return self

    method_.__name__ = name
    method_.__doc__ = f"""{doc}

    >>> _ = torch.manual_seed(0)
    >>> torch.zeros(2).{call}
    tensor({shown})
    """
    return method(method_)


_NODES = {"bernoulli_": "BernoulliBackward2", "random_": "RandomBackward1", "log_normal_": "LogNormalBackward0"}


def _ends(bounds: tuple, names: dict, low, high) -> tuple:
    """Both ends of a range, `from` (Python's word, so no parameter can have that name) and `to`."""
    given = dict(zip(("from", "to"), bounds, strict=False))
    if len(bounds) > 2 or given.keys() & names.keys() or not names.keys() <= {"from", "to"}:
        raise TypeError(f"takes 'from' and 'to', not {bounds} and {names}")
    given.update(names)
    return given.get("from", low), given.get("to", high)


def _uniform(array, engine, *bounds, **names):
    low, high = _ends(bounds, names, 0.0, 1.0)
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    return engine.uniform(array.size, float(low), float(high), array.dtype)


def _normal(array, engine, mean=0.0, std=1.0):
    if std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    return engine.normal(array.size, float(mean), float(std), array.dtype, array.flags.c_contiguous)


def _random(array, engine, *bounds, **names):
    if not bounds and not names:
        return engine.random(array.size, array.dtype)
    low, high = _ends(bounds if names else _bounds(*bounds), names, 0, None)
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    return _whole_numbers(engine, array.size, int(low), int(high), array.dtype)


def _bernoulli(array, engine, p=0.5):
    if isinstance(p, Tensor):
        return engine.bernoulli_each(np.broadcast_to(move(p._array, None), array.shape)).reshape(-1).astype(array.dtype)
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    return engine.bernoulli(array.size, p).astype(array.dtype)


uniform_ = _in_place("uniform_", _uniform, "Numbers drawn evenly from `a` (0) up to `b` (1), in place.",
                     "uniform_()", "[0.4963, 0.7682]")  # fmt: skip
normal_ = _in_place("normal_", _normal, "Numbers drawn from the normal distribution, in place.",
                    "normal_()", "[ 1.5410, -0.2934]")  # fmt: skip
random_ = _in_place("random_", _random, "Whole numbers drawn evenly below `to` (from `from`), in place.",
                    "random_(10)", "[4., 9.]", floating=False)  # fmt: skip
bernoulli_ = _in_place("bernoulli_", _bernoulli, "1 with probability `p` (0.5), else 0, in place.",
                       "bernoulli_()", "[0., 0.]", floating=False)  # fmt: skip
exponential_ = _in_place(
    "exponential_", lambda array, engine, lambd=1.0: engine.exponential(array.size, lambd, array.dtype),
    "Numbers drawn from the exponential distribution of rate `lambd`, in place.",
    "exponential_()", "[3.5083, 1.2304]")  # fmt: skip
geometric_ = _in_place(
    "geometric_", lambda array, engine, p: engine.geometric(array.size, p, array.dtype),
    "Numbers of trials until the first success of probability `p`, in place.",
    "geometric_(0.5)", "[1., 1.]", floating=False)  # fmt: skip
cauchy_ = _in_place(
    "cauchy_", lambda array, engine, median=0.0, sigma=1.0: engine.cauchy(array.size, median, sigma, array.dtype),
    "Numbers drawn from the Cauchy distribution, in place.", "cauchy_()", "[10.5977,  0.7648]")  # fmt: skip
log_normal_ = _in_place(
    "log_normal_", lambda array, engine, mean=1.0, std=2.0: engine.log_normal(array.size, mean, std, array.dtype),
    "Numbers whose logarithm is normally distributed, in place.",
    "log_normal_()", "[59.2634,  1.5116]")  # fmt: skip
