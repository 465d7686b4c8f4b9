"""All draws of a random engine under one roof.

Each method documents how its numbers come from the words of the twister; that recipe, down to which word and
which rounding, is what makes the numbers PyTorch's.  The heavier recipes stand in the modules named in
`tensorkit.streams`.
"""

import math
from threading import RLock

import numpy as np

from . import choice, normals
from .permutation import shuffle
from .rounding import as_libm, cast, fused32, fused64
from .words import CHUNK, DEFAULT_SEED, Words, chunks, seed_from_system

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


class Engine:
    """A random engine: PyTorch's CPU generator at the level of NumPy arrays.

    seed: a number of 64 bits; None takes one from the operating system, at first use.

    Every draw takes how many numbers are wanted and returns a flat array, in the order in which PyTorch
    fills memory.  dtypes are NumPy's.  A draw is atomic: draws from several threads follow one another in
    some order, none is torn apart, because each holds the engine's lock from first to last word.

    >>> engine = Engine(0)
    >>> engine.normal(2)
    array([ 1.5409961, -0.2934289], dtype=float32)
    >>> engine.manual_seed(0)
    >>> engine.randint(5, 0, 10)
    array([4, 9, 3, 0, 3])
    """

    __slots__ = ("_words", "_lock")

    def __init__(self, seed: int | None = DEFAULT_SEED):
        self._words = Words(seed)
        self._lock = RLock()

    # seed and state

    def manual_seed(self, seed: int) -> None:
        """Start anew from `seed`, at least -2**63 and below 2**64; ValueError outside.

        The low 32 bits make the stream; negative seeds count down from 2**64.
        """
        with self._lock:
            self._words.manual_seed(seed)

    def seed(self) -> int:
        """Start anew from the operating system's randomness and tell the seed."""
        seed = seed_from_system()
        self.manual_seed(seed)
        return seed

    def initial_seed(self) -> int:
        """The seed of the last start, as a number from 0 to 2**64 - 1."""
        with self._lock:
            return self._words.initial_seed()

    def get_state(self) -> np.ndarray:
        """The whole state in PyTorch's layout: an array of 5056 uint8."""
        with self._lock:
            return self._words.get_state()

    def set_state(self, state: np.ndarray) -> None:
        """Continue from a state that `get_state`, here or in PyTorch, gave; RuntimeError if it is none."""
        with self._lock:
            self._words.set_state(state)

    def clone(self) -> "Engine":
        """An engine of its own that will draw the same numbers."""
        twin = Engine()
        twin.set_state(self.get_state())
        return twin

    def __reduce__(self):
        return _restored, (self.get_state(),)  # for copy.deepcopy and friends: a lock cannot be copied

    # uniform and normal numbers

    def uniform(self, count: int, low: float = 0.0, high: float = 1.0, dtype=np.float32) -> np.ndarray:
        """Numbers in [low, high) of a floating-point or complex dtype: low + fraction * (high - low), rounded once.

        A fraction is the low 24 bits of a word, for float64 the low 53 bits of two.  The 16-bit types
        are rounded from float32.  Complex numbers take real and imaginary part in turn.
        """
        dtype = np.dtype(dtype)
        if dtype.kind == "c":
            return self.uniform(2 * count, low, high, _part(dtype)).view(dtype)
        working = _FLOAT64 if dtype == _FLOAT64 else _FLOAT32
        first, last = working.type(low), working.type(high)
        span = float(last - first)
        draw, fused = (self._words.fractions64, fused64) if working == _FLOAT64 else (self._words.fractions32, fused32)
        out = np.empty(count, dtype)
        with self._lock:
            for start, stop in chunks(count):
                piece = out[start:stop] if dtype == working else np.empty(stop - start, working)
                draw(piece)
                if first != 0 or span != 1:
                    piece[...] = fused(piece, span, float(first))
                if dtype != working:
                    out[start:stop] = cast(piece, dtype)
                if dtype != working or first != 0 or span != 1:
                    _stay_below(out[start:stop], first, last)
        return out

    def normal(self, count: int, mean: float = 0.0, std: float = 1.0, dtype=np.float32, contiguous: bool = True):
        """Normal numbers of a floating-point or complex dtype.

        contiguous: whether the memory to be filled is without gaps.  PyTorch then draws blocks of 16 if
        `count` is at least 16, else pairs, the second of which waits for the next such call.
        Complex numbers have real and imaginary parts of standard deviation std / sqrt(2).
        """
        dtype = np.dtype(dtype)
        if dtype.kind == "c":
            return self.normal(2 * count, mean, std / math.sqrt(2.0), _part(dtype), contiguous).view(dtype)
        with self._lock:
            if count >= normals.BLOCK and contiguous:
                return normals.blockwise(self._words, count, mean, std, dtype)
            standard = normals.pairwise(self._words, count)
        return cast(fused64(standard, float(std), float(mean)), dtype)

    # whole numbers

    def randint(self, count: int, low: int, high: int, dtype=np.int64) -> np.ndarray:
        """Whole numbers from `low` to `high` - 1: low + word mod (high - low).

        A range of 2**28 or more takes 64-bit words.
        """
        span = (high - low) % 2**64
        with self._lock:
            if span >= 1 << 28:
                words = self._words.words64(count)
                words %= np.uint64(span)
            else:
                words = self._words.words32(count)
                words %= np.uint32(span)
        numbers = words.astype(np.uint64, copy=False)
        numbers += np.uint64(low % 2**64)
        return cast(numbers.view(np.int64), dtype)

    def random(self, count: int, dtype=np.int64) -> np.ndarray:
        """Whole numbers from 0 to the largest one the dtype holds (exactly, if it is a float): `x.random_()`."""
        dtype = np.dtype(dtype)
        with self._lock:
            words = self._words.words64(count) if dtype.itemsize == 8 else self._words.words32(count)
        if dtype.kind == "b":
            return (words & np.uint32(1)).astype(np.bool_)
        if dtype == np.int64:
            return (words & np.uint64(2**63 - 1)).view(np.int64)
        words %= words.dtype.type(_largest(dtype) + 1)
        return words.astype(dtype)

    def randperm(self, count: int) -> np.ndarray:
        """The numbers 0 … count-1 (int64) in random order: for each i in turn a swap with i + word mod (count - i)."""
        with self._lock:
            words = self._words.words32(max(count - 1, 0)) if count < 214748364 else self._words.words64(count - 1)
        words %= np.arange(count, 1, -1, dtype=words.dtype)
        words += np.arange(len(words), dtype=words.dtype)
        return shuffle(words) if count else np.empty(0, np.int64)

    # yes or no

    def bernoulli(self, count: int, p: float) -> np.ndarray:
        """bools, true with probability `p`: `x.bernoulli_(p)`, dropout.  A float64 fraction below p."""
        out = np.empty(count, np.bool_)
        scratch = np.empty(min(count, CHUNK))
        with self._lock:
            for start, stop in chunks(count):
                fractions = scratch[: stop - start]
                self._words.fractions64(fractions)
                np.less(fractions, p, out=out[start:stop])
        return out

    def bernoulli_each(self, p: np.ndarray) -> np.ndarray:
        """bools, each true with its own probability: `torch.bernoulli(p)`.  A fraction in p's precision below p."""
        p = np.asarray(p)
        wide = p.dtype == _FLOAT64
        fractions = np.empty(p.size, np.float64 if wide else np.float32)
        with self._lock:
            (self._words.fractions64 if wide else self._words.fractions32)(fractions)
        return fractions < p.ravel()

    # functions of a uniform number u in float64

    def exponential(self, count: int, rate: float = 1.0, dtype=np.float32) -> np.ndarray:
        """Waiting times with `rate` events per unit of time: -log(1 - u) / rate."""
        scale = -1.0 / rate
        return self._transformed(
            count, lambda u: np.negative(u, out=u), np.log1p, math.log1p, lambda log: scale * log, dtype
        )

    def geometric(self, count: int, p: float, dtype=np.float32) -> np.ndarray:
        """Trials up to the first success of probability `p`: log u / log(1 - p), rounded up."""
        scale = math.log1p(-p)
        return self._transformed(count, lambda u: u, np.log, _log, lambda log: np.ceil(log / scale), dtype)

    def cauchy(self, count: int, median: float = 0.0, sigma: float = 1.0, dtype=np.float32) -> np.ndarray:
        """Cauchy numbers: median + sigma * tan(pi * (u - 1/2)), rounded once."""
        median, sigma = float(median), float(sigma)
        return self._transformed(
            count, lambda u: math.pi * (u - 0.5), np.tan, math.tan, lambda tan: fused64(tan, sigma, median), dtype
        )

    def _transformed(self, count: int, prepare, fast, exact, finish, dtype) -> np.ndarray:
        """finish(exact(prepare(u))) for `count` uniform u, by pieces; see `as_libm`."""
        out = np.empty(count, dtype)
        with self._lock:
            for start, stop in chunks(count):
                u = np.empty(stop - start)
                self._words.fractions64(u)
                out[start:stop] = as_libm(fast, exact, prepare(u), finish, out.dtype)
        return out

    def log_normal(self, count: int, mean: float = 1.0, std: float = 2.0, dtype=np.float32) -> np.ndarray:
        """Numbers whose logarithm is normal; from pairs of normals, however many are wanted."""
        with self._lock:
            standard = normals.pairwise(self._words, count)
        exponent = fused64(standard, float(std), float(mean))
        return as_libm(np.exp, math.exp, exponent, lambda exp: exp, dtype)

    def poisson(self, rates: np.ndarray) -> np.ndarray:
        """For each rate a whole number of that mean, in the rates' dtype, flat."""
        rates = np.asarray(rates)
        with self._lock:
            return cast(choice.poisson(self._words, rates.ravel().astype(np.float64)), rates.dtype)

    def binomial(self, counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """For each count of tries and chance of success the number of successes, in the counts' dtype, flat."""
        wide = [np.ravel(each).astype(np.float64) for each in (counts, shares)]
        with self._lock:
            return cast(choice.binomial(self._words, *wide), counts.dtype)

    def multinomial(self, weights: np.ndarray, samples: int, replacement: bool = False) -> np.ndarray:
        """Column numbers (int64) drawn by weight: (columns,) -> (samples,) or (rows, columns) -> (rows, samples).

        With replacement each sample is one uniform number looked up in the running sums.  Without, or for a
        single sample, each column draws an exponential number and the largest weight / number win.
        """
        rows = np.atleast_2d(weights)
        with self._lock:
            if replacement and samples > 1:
                chosen = choice.with_replacement(self._words, rows, samples)
            else:
                times = self.exponential(rows.size, 1.0, rows.dtype).reshape(rows.shape)
                chosen = choice.without_replacement(rows, times, samples)
        return chosen if np.ndim(weights) == 2 else chosen[0]


def _log(u: float) -> float:
    return math.log(u) if u else -math.inf


def _part(dtype: np.dtype) -> np.dtype:
    """The type of a complex type's real part."""
    return _FLOAT32 if dtype.itemsize == 8 else _FLOAT64


def _stay_below(numbers: np.ndarray, low: np.floating, high: np.floating) -> None:
    """In place: what was rounded up to `high` becomes `low`, for the interval is open there."""
    at_high = numbers == high.astype(numbers.dtype)
    if at_high.any():
        numbers[at_high] = low


def _largest(dtype: np.dtype) -> int:
    """The largest whole number up to which `dtype` holds every whole number."""
    if dtype.kind in "iu":
        return int(np.iinfo(dtype).max)
    return {8: 2**53, 4: 2**24}.get(dtype.itemsize) or (2**11 if dtype == np.float16 else 2**8)


def _restored(state: np.ndarray) -> Engine:
    engine = Engine()
    engine.set_state(state)
    return engine
