"""`torch.random`: seeds, states and generators of random numbers, whose streams are PyTorch's.

The numbers come from `tensorkit.streams`; what makes tensors of them, `rand` and its kin, stands in `drawing.py`.

Source: https://pytorch.org/docs/stable/random.html
"""

import numpy as np

from . import dtypes
from .device import check_available
from .errors import Named, kind
from .left_out import missing as _missing
from .ops.declare import function
from .streams import Engine
from .tensor import Tensor, wrap


class Generator(metaclass=Named, home="torch._C"):
    """A source of random numbers with a state of its own.

    >>> Generator().manual_seed(0).initial_seed()
    0
    """

    __slots__ = ("engine", "device")

    def __init__(self, device="cpu"):
        self.device = check_available(device)
        self.engine = Engine()

    def manual_seed(self, seed) -> "Generator":
        """Start anew from `seed`, an int; ValueError if it does not fit 64 bits."""
        if type(seed) is not int:
            seed = _seed(seed)
        self.engine.manual_seed(seed)
        return self

    def seed(self) -> int:
        """Start anew from the operating system's randomness; returns the seed."""
        return self.engine.seed()

    def initial_seed(self) -> int:
        """The seed it was started from."""
        return self.engine.initial_seed()

    def get_state(self) -> Tensor:
        """The whole state, as a tensor of 5056 bytes."""
        return wrap(self.engine.get_state())

    def set_state(self, new_state: Tensor) -> None:
        """Continue from a state that `get_state` gave."""
        _set_state(self.engine, new_state)

    def clone_state(self) -> "Generator":
        """A generator of its own that will draw the same numbers."""
        twin = Generator()
        twin.engine = self.engine.clone()
        return twin

    def __repr__(self) -> str:
        return f"<torch._C.Generator device='{self.device}'>"


def _seed(seed) -> int:
    if isinstance(seed, np.integer):
        raise TypeError("an integer is required")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise RuntimeError(f"manual_seed expected a long, but got {kind(seed)}")
    return int(seed)


def _set_state(engine: Engine, state: Tensor) -> None:
    if not isinstance(state, Tensor) or state.dtype is not dtypes.uint8:
        raise TypeError("RNG state must be a torch.ByteTensor")
    engine.set_state(state._array)


default_generator = Generator()
default_generator.engine = Engine(None)


def engine_of(generator) -> Engine:
    """The engine behind a `generator=` argument; the global one for None."""
    if generator is None:
        return default_generator.engine
    if not isinstance(generator, Generator):
        raise TypeError(f"argument 'generator' must be torch.Generator, not {type(generator).__name__}")
    return generator.engine


@function(method=False)
def manual_seed(seed) -> Generator:
    """Start the global stream of random numbers from `seed`, so that a program draws the same numbers each time.

    >>> manual_seed(0)
    <torch._C.Generator ...>
    >>> rand(2)
    tensor([0.4963, 0.7682])
    """
    return default_generator.manual_seed(int(seed))


@function(method=False)
def seed() -> int:
    """Start the global stream from the operating system's randomness; returns the seed.

    >>> isinstance(torch.seed(), int)
    True
    """
    return default_generator.seed()


@function(method=False)
def initial_seed() -> int:
    """The seed that the global stream was started from.

    >>> _ = torch.manual_seed(7)
    >>> torch.initial_seed()
    7
    """
    return default_generator.initial_seed()


@function(method=False)
def get_rng_state() -> Tensor:
    """The state of the global stream, as a tensor of bytes.

    >>> state = torch.get_rng_state()
    >>> first = torch.rand(2)
    >>> torch.set_rng_state(state)
    >>> torch.equal(torch.rand(2), first)
    True
    """
    return default_generator.get_state()


@function(method=False)
def set_rng_state(new_state: Tensor) -> None:
    """Continue the global stream from a state that `get_rng_state` gave.

    >>> state = torch.get_rng_state()
    >>> torch.set_rng_state(state)
    """
    default_generator.set_state(new_state)


class fork_rng:
    """A block after which the global stream continues as if nothing had been drawn inside."""

    def __init__(self, devices=None, enabled: bool = True, **kwargs):
        self._enabled = enabled

    def __enter__(self):
        self._state = get_rng_state() if self._enabled else None

    def __exit__(self, *exception):
        if self._state is not None:
            set_rng_state(self._state)


def __getattr__(name: str):
    raise _missing("module 'torch.random'", name)
