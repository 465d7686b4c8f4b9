"""Draws whose chances are given by tensors: an element with a mean, a probability, a weight or a rate of its own.

Numbers of one distribution, in a shape or in place, stand in `drawing.py`; seeds and generators in `random.py`.

Source: https://pytorch.org/docs/stable/torch.html#random-sampling
"""

import math

import numpy as np

from .array_modules import move, move_like
from .errors import not_implemented
from .ops.broadcast import together
from .ops.cast import moved_like
from .ops.create import finish, resolve, sized
from .ops.declare import function, write_out
from .random import engine_of
from .tensor import Tensor, memory, wrap


def _value(parameter):
    return parameter._array if isinstance(parameter, Tensor) else parameter


@function(method=False)
def normal(mean=0.0, std=1.0, size=None, *, generator=None, out=None, dtype=None, device=None, requires_grad=False,
           layout=None) -> Tensor:  # fmt: skip
    """Numbers drawn from normal distributions: of one mean and deviation in a given size, or one for each element.

    >>> _ = torch.manual_seed(0)
    >>> torch.normal(0., 1., (2,))
    tensor([ 1.5410, -0.2934])
    """
    least = float(np.min(_value(std))) if np.size(_value(std)) else 0.0
    if least < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {least:g}")
    engine = engine_of(generator)
    if size is not None:
        shape = sized(size, "normal")
        wanted = resolve(dtype, "normal")
        drawn = engine.normal(math.prod(shape), float(mean), float(std), wanted)
        return finish(drawn.reshape(shape), requires_grad, device, out)
    shape = together(np.shape(_value(mean)), np.shape(_value(std)))
    like = mean if isinstance(mean, Tensor) else std
    if not isinstance(like, Tensor):
        raise TypeError("normal() received an invalid combination of arguments")
    standard = wrap(engine.normal(math.prod(shape), dtype=like._array.dtype).reshape(shape))
    result = moved_like(standard, like) * std + mean
    return finish(result._array, requires_grad, like.device if device is None else device, out)


@function(method=False)
def bernoulli(input, p=None, *, generator=None, out=None) -> Tensor:
    """1 with the probability that stands in each element (or with probability `p`), else 0.

    >>> _ = torch.manual_seed(0)
    >>> torch.bernoulli(torch.full((5,), 0.5))
    tensor([1., 0., 1., 1., 1.])
    """
    array, engine = move(memory(input), None), engine_of(generator)
    if p is not None:
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
        drawn = engine.bernoulli(array.size, p)
    else:
        if array.dtype.kind not in "fV":
            raise not_implemented("bernoulli_tensor_cpu_self_", input.dtype.cpp_name)
        if np.any((array < 0) | (array > 1)):
            raise RuntimeError(
                "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  "
                "If so, please report an enhancement request to PyTorch.)"
            )
        drawn = engine.bernoulli_each(array).reshape(-1)
    result = wrap(move_like(drawn.astype(array.dtype).reshape(array.shape), input._array))
    return result if out is None else write_out(result, out)


@function
def multinomial(input, num_samples, replacement=False, *, generator=None, out=None) -> Tensor:
    """Indices drawn with the weights given: for each row of `input`, `num_samples` of them.

    >>> _ = torch.manual_seed(0)
    >>> torch.multinomial(tensor([0., 1., 3.]), 2)
    tensor([2, 1])
    """
    array = np.asarray(move(memory(input), None))
    if array.dtype.kind not in "fV":
        raise RuntimeError("multinomial only supports floating-point dtypes for input, got: " + input.dtype.cpp_name)
    if array.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > array.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if not np.all(np.isfinite(array)) or np.any(array < 0):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if np.any(array.sum(-1) == 0):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    drawn = engine_of(generator).multinomial(array, num_samples, replacement)
    result = wrap(move_like(drawn, input._array))
    return result if out is None else write_out(result, out)


@function(method=False)
def poisson(input, generator=None) -> Tensor:
    """Numbers of events, drawn for the rates in `input`.

    >>> _ = torch.manual_seed(0)
    >>> torch.poisson(tensor([1., 5.]))
    tensor([2., 6.])
    """
    array = np.asarray(move(memory(input), None))
    drawn = np.asarray(engine_of(generator).poisson(array)).astype(array.dtype).reshape(array.shape)
    return wrap(move_like(drawn, input._array))


@function(method=False)
def binomial(count, prob, generator=None) -> Tensor:
    """Numbers of successes in `count` tries, each of which succeeds with probability `prob`.

    >>> _ = torch.manual_seed(0)
    >>> torch.binomial(tensor([10., 100.]), tensor([0.5, 0.9]))
    tensor([ 7., 89.])
    """
    if not count.is_floating_point():
        raise ValueError(f"binomial only supports floating-point dtypes for count, got: {count.dtype.cpp_name}")
    if prob.dtype is not count.dtype:
        raise RuntimeError(f"Found dtype {prob.dtype.cpp_name} but expected {count.dtype.cpp_name}")
    counts, shares = np.broadcast_arrays(move(count._array, None), move(prob._array, None))
    drawn = np.asarray(engine_of(generator).binomial(counts, shares)).reshape(counts.shape)
    found = wrap(move_like(drawn, count._array))
    return found if counts.shape == count._array.shape else write_out(found, count.new_zeros(count.shape))


Tensor.bernoulli = bernoulli
