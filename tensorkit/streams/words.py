"""The stream of 32-bit words below every random number: Mersenne Twister 19937, its seeding and its state.

Here is also what needs no more than a word or two: uniform fractions.  The distributions stand in `engine`.

Source: M. Matsumoto, T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform
pseudorandom number generator", 1998, http://www.math.sci.hiroshima-u.ac.jp/m-mat/MT/emt.html
"""

import os
import struct
from typing import Any

import numpy as np

DEFAULT_SEED = 67280421310721  # what a new torch.Generator() starts from
STATE_BYTES = 5056

#: Numbers made in one go: their intermediate arrays stay in the processor's cache.  A multiple of 16.
CHUNK = 16384

_WORDS = 624  # words in the twister's state
_HEAD = struct.Struct("<QiiQ")  # seed, words left before the next twist, seeded?, next word
_TAIL = struct.Struct("<dddi")  # unused, waiting normal, unused, is one waiting?  The 12 bytes after it stay zero.
_TAIL_START = _HEAD.size + 8 * _WORDS


def seed_from_system() -> int:
    """A seed of 53 bits from the operating system, so that every program starts elsewhere."""
    return int.from_bytes(os.urandom(8), "little") >> 11


def chunks(count: int, size: int = CHUNK):
    """Bounds (start, stop) that cut range(count) into pieces of at most `size`.

    >>> list(chunks(5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    for start in range(0, count, size):
        yield start, min(start + size, count)


class Words:
    """A Mersenne Twister that counts and saves itself as PyTorch's does.

    NumPy's own twister runs underneath, seeded as PyTorch seeds.  It is loaded and seeded at the first word:
    `import numpy.random` takes ten milliseconds, which a program without random numbers need not pay.
    """

    __slots__ = ("_seed", "_twister", "_raw", "_fresh", "waiting")

    waiting: float | None  # the second normal of a pair, kept for the next call

    def __init__(self, seed: int | None):
        self._twister: Any = None
        self._raw: Any = None
        self._seed: int | None = None  # chosen at first use
        self.waiting = None
        if seed is not None:
            self.manual_seed(seed)

    def manual_seed(self, seed) -> None:
        """Start anew: the low 32 bits of the seed make the stream, all 64 are remembered."""
        seed = int(seed)
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self._seed = seed % 2**64
        self.waiting = None
        if self._twister is not None:
            self._start()

    def initial_seed(self) -> int:
        if self._seed is None:
            self._seed = seed_from_system()
        return self._seed

    def _start(self) -> None:
        """Seed the twister; RandomState does it by the recurrence of 1998, which PyTorch uses too."""
        from numpy.random import MT19937, RandomState

        if self._twister is None:
            self._twister = MT19937(0)
            self._raw = self._twister.random_raw
        RandomState(self._twister).seed(self.initial_seed() & 0xFFFFFFFF)
        self._fresh = True

    # state

    def get_state(self) -> np.ndarray:
        """All there is to know, in PyTorch's layout: an array of 5056 uint8."""
        if self._raw is None:
            self._start()
        twister = self._twister.state["state"]
        # PyTorch notes a twister that was just seeded as "one word left"; else left and next move together.
        left, following = (1, 0) if self._fresh else (_WORDS + 1 - twister["pos"], twister["pos"])
        state = bytearray(STATE_BYTES)
        _HEAD.pack_into(state, 0, self._seed, left, 1, following)
        state[_HEAD.size : _TAIL_START] = twister["key"].astype("<u8").tobytes()
        _TAIL.pack_into(state, _TAIL_START, 0.0, self.waiting or 0.0, 0.0, self.waiting is not None)
        return np.frombuffer(state, np.uint8)

    def set_state(self, state: np.ndarray) -> None:
        """Continue where `get_state` was called, here or in PyTorch.

        Raises RuntimeError when `state` is not 5056 bytes or no twister could have written it.
        """
        data = np.ascontiguousarray(state, np.uint8).tobytes()
        if len(data) != STATE_BYTES:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_BYTES} "
                f"but found the input RNG state size to be {len(data)}"
            )
        seed, left, seeded, following = _HEAD.unpack_from(data, 0)
        if seeded != 1 or not 0 < left <= _WORDS or following > _WORDS:
            raise RuntimeError("Invalid mt19937 state")
        if self._raw is None:
            self._seed = seed
            self._start()
        words = np.frombuffer(data, "<u8", _WORDS, _HEAD.size).astype(np.uint32)
        position = _WORDS if left == 1 else following
        self._twister.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": position}}
        self._seed = seed
        self._fresh = left == 1 and following == 0
        _, waiting, _, is_waiting = _TAIL.unpack_from(data, _TAIL_START)
        self.waiting = waiting if is_waiting else None

    # words and fractions

    def words(self, count: int) -> np.ndarray:
        """The next `count` words, each a number below 2**32 in a uint64."""
        if self._raw is None:
            self._start()
        if count:
            self._fresh = False
        return self._raw(count)

    def words32(self, count: int) -> np.ndarray:
        """The next `count` words as uint32."""
        return self.words(count).astype(np.uint32)

    def words64(self, count: int) -> np.ndarray:
        """The next `count` 64-bit words (uint64): two words each, the first one is the high half."""
        pairs = self.words(2 * count)
        joined = pairs[0::2] << np.uint64(32)
        joined |= pairs[1::2]
        return joined

    def fractions32(self, out: np.ndarray) -> None:
        """Fill the float32 array `out` with fractions in [0, 1): the low 24 bits of a word each."""
        words = self.words32(out.size)
        words &= np.uint32(0xFFFFFF)
        out[...] = words.view(np.int32)  # signed: processors convert those faster
        out *= np.float32(2.0**-24)

    def fractions64(self, out: np.ndarray) -> None:
        """Fill the float64 array `out` with fractions in [0, 1): the low 53 bits of a 64-bit word each."""
        words = self.words64(out.size)
        words &= np.uint64(2**53 - 1)
        out[...] = words.view(np.int64)
        out *= 2.0**-53

    def fractions64_ahead(self, size: int = 256) -> "FractionsAhead":
        """Fractions one by one, for draws that do not know how many they need."""
        return FractionsAhead(self, size)


class FractionsAhead:
    """Float64 fractions one by one at the price of arrays: drawn ahead, and on leaving the rest is given back.

    with words.fractions64_ahead() as uniform:
        uniform() + uniform()
    """

    def __init__(self, words: Words, size: int):
        self._words = words
        self._size = size

    def __enter__(self):
        self._refill()
        return self._next

    def _refill(self) -> None:
        self._before = self._words.get_state()
        fractions = np.empty(self._size)
        self._words.fractions64(fractions)
        self._ready = fractions.tolist()
        self._used = 0

    def _next(self) -> float:
        if self._used == self._size:
            self._refill()
        self._used += 1
        return self._ready[self._used - 1]

    def __exit__(self, *error) -> None:
        self._words.set_state(self._before)
        self._words.words(2 * self._used)
