"""Tensors made by a rule: zeros, ranges, the identity.

Those like a tensor that is there stand in `alike.py`, tensors from data in `data.py`, random ones in
`tensorkit/drawing.py`.  `finish`, `resolve` and `shape_of` read the arguments that all of them take.
"""

import math
from warnings import warn

import numpy as np

from .. import array_modules, dtypes
from ..array_modules import making_on, move
from ..device import CPU, check_available, default
from ..dtypes import dtype as dtype_class
from ..errors import hint, kind, wrong_argument
from ..formats import checked, preserve_format
from ..tensor import Tensor, memory, wrap
from .cast import c_cast, number_for
from .declare import function, write_out
from .layout import in_format
from .promote import is_number, is_whole, number_dtype


def finish(array, requires_grad: bool = False, device=None, out=None) -> Tensor:
    """A new leaf around `array`, with the flags that every creation function takes."""
    if device is not None and device is not CPU or default.place is not None:
        array = put(array, device)
    tensor = wrap(array)
    if requires_grad:
        if array.dtype.kind in "biu":
            raise hint(
                RuntimeError("Only Tensors of floating point and complex dtype can require gradients"),
                "a gradient says how the result changes when a value moves a little; whole numbers cannot. "
                "Write the data with a decimal point (1. for 1), or give dtype=torch.float32.",
            )
        tensor._requires_grad = True
    return tensor if out is None else write_out(tensor, out)


def put(array, device):
    """An array on the device that a creation function was given, or on the default one."""
    wanted = check_available(default.place if device is None else device)
    return move(array, wanted.index if wanted.type == "cuda" else None)


def filled(shape: tuple, value, wanted: np.dtype, device):
    """An array of one value, made on the device where it is to be."""
    if device is None and default.place is None or device is CPU:
        plain_zeros = type(value) is int and not value  # -0.0 is something else
        return np.zeros(shape, wanted) if plain_zeros else np.full(shape, value, wanted)
    place = check_available(default.place if device is None else device)
    if place.type != "cuda":
        return np.full(shape, value, wanted)
    with making_on(place.index or 0):
        return array_modules.np.full(shape, value, wanted)


def resolve(dtype, name: str, default=None) -> np.dtype:
    """The NumPy type for a `dtype=` argument; the default float type if there is none."""
    if dtype is None:
        return dtypes.numpy_dtype(default or dtypes.get_default_dtype())
    if not isinstance(dtype, dtype_class):
        try:
            dtype = dtypes.as_dtype(dtype)
        except TypeError:
            raise TypeError(f"{name}(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}") from None
    return dtypes.numpy_dtype(dtype)


def shape_of(size: tuple, name: str) -> tuple:
    """The shape in `zeros(2, 3)`, `zeros((2, 3))` or `zeros(size=(2, 3))`; sizes may be 0-d tensors."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    for each in size:
        if type(each) is not int:
            size = _whole(size, name)
            break
    if any(each < 0 for each in size):
        negative = next(each for each in size if each < 0)
        if name == "zeros":
            raise RuntimeError("zeros: Dimension size must be non-negative.")
        raise RuntimeError(f"Trying to create tensor with negative dimension {negative}: [{', '.join(map(str, size))}]")
    return size


def sized(size, name: str) -> tuple:
    """The shape in `full((2, 3), 1)`, where nothing but a tuple or a list will do."""
    if not isinstance(size, (tuple, list)):
        raise wrong_argument(name, "size", 1, "tuple of ints", size)
    return shape_of((size,), name)


def spread(size: tuple, names: dict, name: str) -> tuple:
    """The shape in `zeros(2, 3)` or `zeros(size=(2, 3))`, given the arguments that the signature does not name."""
    if names or not size:
        if size or names.keys() != {"size"}:
            raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
        return sized(names["size"], name)
    return shape_of(size, name)


def _whole(size: tuple, name: str) -> tuple:
    """Sizes as ints, of which not all are; TypeError where one is no whole number."""
    for place, each in enumerate(size):
        if not hasattr(each, "__index__") or isinstance(each, Tensor) and not is_whole(each):
            raise TypeError(
                f"{name}(): argument 'size' failed to unpack the object at pos {place + 1} with error \"type must be "
                f'tuple of ints,but got {kind(each)}"'
                if place
                else f"{name}(): argument 'size' (position 1) must be tuple of ints, not {kind(each)}"
            )
    if size[0] is True or size[0] is False:  # in later places PyTorch takes them
        raise wrong_argument(name, "size", 1, "tuple of ints", size[0])
    return tuple([int(each) for each in size])


# The functions themselves


def _filled(name: str, value: int, doc: str):
    def make(*size, dtype=None, out=None, layout=None, device=None, requires_grad=False, pin_memory=False,
             **names) -> Tensor:  # fmt: skip
        if names and name == "empty" and "memory_format" in names:
            return _empty_in(names.pop("memory_format"), make(
                *size, dtype=dtype, device=device, **names), requires_grad, out)  # fmt: skip
        shape = spread(size, names, name)
        return finish(filled(shape, value, resolve(dtype, name), device), requires_grad, device, out)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = doc
    return function(make, method=False)


def _empty_in(memory_format, made: Tensor, requires_grad: bool, out) -> Tensor:
    if memory_format is not None:
        if checked(memory_format, "empty") is preserve_format:
            raise RuntimeError("unsupported memory format Preserve")
        made._array = in_format(memory(made), memory_format)
    return finish(made._array, requires_grad, made.device, out)


zeros = _filled(
    "zeros",
    0,
    """A tensor of zeros.

    size   the shape: `zeros(2, 3)` or `zeros((2, 3))`
    dtype  the element type; the default dtype (float32) if not given

    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """,
)
ones = _filled(
    "ones",
    1,
    """A tensor of ones.

    size   the shape: `ones(2, 3)` or `ones((2, 3))`
    dtype  the element type; the default dtype (float32) if not given

    >>> ones(3)
    tensor([1., 1., 1.])
    """,
)
empty = _filled(
    "empty",
    0,
    """A tensor whose values are unspecified; here they are zeros, so that a program prints the same each time.

    memory_format  the order of its dimensions in memory: `torch.channels_last`

    >>> torch.empty(2, 3).shape
    torch.Size([2, 3])
    """,
)


@function(method=False)
def full(size, fill_value, *, dtype=None, out=None, layout=None, device=None, requires_grad=False) -> Tensor:
    """A tensor of the given shape with one value everywhere; its dtype follows the value.

    >>> full((2,), 1)
    tensor([1, 1])
    """
    shape = sized(size, "full")
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    if not is_number(fill_value):
        raise wrong_argument("full", "fill_value", 2, "Number", fill_value)
    wanted = resolve(dtype, "full", number_dtype(fill_value))
    value = number_for(fill_value, wanted)
    return finish(filled(shape, value, wanted, device), requires_grad, device, out)


@function(method=False)
def eye(n, m=None, *, dtype=None, out=None, layout=None, device=None, requires_grad=False) -> Tensor:
    """The identity matrix, n by n (or n by m): ones on the diagonal, zeros elsewhere.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    for position, (name, size) in enumerate((("n", n), ("m", n if m is None else m)), 1):
        if not hasattr(size, "__index__"):
            raise wrong_argument("eye", name, position, "int", size)
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    return finish(np.eye(n, m, dtype=resolve(dtype, "eye")), requires_grad, device, out)


def number_of(value):
    """The number in a 0-d tensor; anything else as it is."""
    return value.item() if isinstance(value, Tensor) else value


@function(method=False)
def arange(start=None, end=None, step=1, *, dtype=None, out=None, layout=None, device=None,
           requires_grad=False) -> Tensor:  # fmt: skip
    """The numbers from `start` (0) up to, not including, `end`, `step` apart; int64 if all three are whole.

    >>> arange(5)
    tensor([0, 1, 2, 3, 4])
    >>> arange(0, 1, 0.25)
    tensor([0.0000, 0.2500, 0.5000, 0.7500])

    Raises RuntimeError where `step` leads away from `end`.
    """
    if end is None:
        start, end = 0, start
    elif start is None:
        start = 0
    start, end, step = number_of(start), number_of(end), number_of(step)
    for name, value in (("end", end), ("start", start), ("step", step)):
        if not is_number(value):
            raise wrong_argument("arange", name, 1, "Number", value)
    if not math.isfinite(end - start):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    whole = all(isinstance(each, (int, np.integer)) for each in (start, end, step))
    wanted = resolve(dtype, "arange", dtypes.int64 if whole else None)
    if whole:
        return finish(c_cast(np.arange(start, end, step, dtype=np.int64), wanted), requires_grad, device, out)
    count = int(np.ceil((end - start) / step))
    if wanted.kind in "iu":  # PyTorch makes start and step whole first
        return finish((int(start) + np.arange(count) * int(step)).astype(wanted), requires_grad, device, out)
    values = start + np.arange(count, dtype=np.float64) * step
    return finish(c_cast(values, wanted), requires_grad, device, out)


@function(method=False, name="range")
def range_(start, end, step=1, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Like `arange`, but `end` is included and the dtype is a float; PyTorch advises against it.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.range(1, 2, 0.5)
    tensor([1.0000, 1.5000, 2.0000])
    """
    warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        stacklevel=3,
    )
    count = int((number_of(end) - number_of(start)) / number_of(step)) + 1
    values = number_of(start) + np.arange(count, dtype=np.float64) * number_of(step)
    return finish(c_cast(values, resolve(dtype, "range")), requires_grad, device)


@function(method=False)
def linspace(start, end, steps, *, dtype=None, out=None, layout=None, device=None, requires_grad=False) -> Tensor:
    """`steps` evenly spaced numbers from `start` to `end`, both included.

    >>> linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    if not hasattr(steps, "__index__"):
        raise wrong_argument("linspace", "steps", 3, "int", steps)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    wanted = resolve(dtype, "linspace")
    return finish(_spaced(number_of(start), number_of(end), int(steps), wanted), requires_grad, device, out)


def _spaced(start, end, steps: int, wanted: np.dtype):
    """PyTorch counts the first half up from the start, the second half down from the end, in the result's own type."""
    if steps == 1:
        return np.array([start]).astype(wanted)
    if wanted.kind in "iu":
        step = np.float32(end - start) / np.float32(steps - 1)
        work = np.float32
    else:
        work = wanted.type
        step = (work(end) - work(start)) / work(steps - 1)
    count = np.arange(steps)
    wide = np.float64 if work is np.float32 else work  # it multiplies and adds in one rounding
    up = wide(start) + wide(step) * count
    down = wide(end) - wide(step) * (steps - 1 - count)
    return c_cast(np.where(count < steps // 2, up, down).astype(work), wanted)


@function(method=False)
def logspace(start, end, steps, base=10.0, *, dtype=None, out=None, device=None, requires_grad=False) -> Tensor:
    """`steps` numbers from base**start to base**end, evenly spaced on a logarithmic scale.

    >>> torch.logspace(0, 3, steps=4)
    tensor([   1.,   10.,  100., 1000.])
    """
    wanted = resolve(dtype, "logspace")
    powers = np.power(float(base), np.linspace(number_of(start), number_of(end), steps))
    return finish(c_cast(powers, wanted), requires_grad, device, out)
