"""Where arrays are: NumPy's on the host, CuPy's on a GPU.  The one module that knows CuPy.

A CUDA tensor is a tensor over a CuPy array.  NumPy's functions reach it through NumPy's own protocols, so operations
are written once, for both.  Three things the protocols leave open are settled here:

- finding CuPy and a GPU, when someone first names one (`in_use`), and moving arrays there and back (`move`);
- `np`, the NumPy that operations use: what makes arrays out of nothing (`np.zeros`) makes them on the GPU while an
  operation runs there (`making_on`), and ufunc methods such as `np.add.at` go to CuPy's.  Until a GPU is in use it
  holds NumPy's own functions, so that programs on the CPU pay nothing;
- which array belongs where (`place_of`, `on_gpu`).

How an operation is run on a GPU, or on the host where CuPy lacks something, stands in `ops/placing.py`.

Source: https://docs.cupy.dev/en/stable/user_guide/interoperability.html
"""

from contextlib import contextmanager, nullcontext
from importlib import import_module
from threading import local
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy

if TYPE_CHECKING:
    import numpy as np
else:
    np = ModuleType("numpy", numpy.__doc__)
    vars(np).update(vars(numpy))

HOST = (numpy.ndarray, numpy.generic)

#: CuPy (or what stands for it in tests), once arrays of it are in use.
cupy: Any = None

#: Called once, when the first GPU is put to use.
when_first_used: list = []

_here = local()  # `_here.makes` is there while arrays are made on the GPU


def in_use():
    """CuPy, if it is installed and drives a GPU; else None.  From then on its arrays are known here."""
    if cupy is None:
        try:
            found = import_module("cupy")
            if found.cuda.runtime.getDeviceCount():
                use(found)
        except Exception:  # not installed, or no driver, or one that is too old: no GPU, whatever the reason
            return None
    return cupy


def use(module) -> None:
    """Take `module` for CuPy: its arrays are those of CUDA tensors from now on."""
    global cupy
    cupy = module
    _let_creation_follow_the_place()
    for work in when_first_used:
        work()


def on_gpu(array) -> bool:
    """Whether an array is on a GPU."""
    return not isinstance(array, HOST)


def is_array(value) -> bool:
    """Whether a value is an array, wherever it is."""
    return isinstance(value, numpy.ndarray) or (cupy is not None and isinstance(value, cupy.ndarray))


def place_of(array) -> int | None:
    """The number of the GPU that an array is on; None on the host."""
    return None if isinstance(array, HOST) else array.device.id


def move(array, place: int | None):
    """The array on the host (None) or on a GPU, without a copy if it is there; on the host a 0-d one is a scalar."""
    if place is None:
        return array if isinstance(array, HOST) else cupy.asnumpy(array)[()]
    if not isinstance(array, HOST) and array.device.id == place:
        return array
    with cupy.cuda.Device(place):
        return cupy.asarray(array)


def on_host(array):
    """The array on the host, whatever made it: what the inspectors look at."""
    return move(array, None) if is_array(array) else array


def move_like(array, like):
    """The array where `like` is."""
    return move(array, place_of(like))


def address(array) -> int:
    """Where in memory its first element lies."""
    return array.__array_interface__["data"][0] if isinstance(array, HOST) else array.data.ptr


def array_type():
    """The type of arrays on a GPU; None while there are none."""
    return None if cupy is None else cupy.ndarray


@contextmanager
def making_on(place: int | None):
    """While it lasts, `np.zeros` and its like make arrays on that GPU (None: on the host), in this thread."""
    before = getattr(_here, "makes", False)
    _here.makes = place is not None
    try:
        with cupy.cuda.Device(place) if place is not None else nullcontext():
            yield
    finally:
        _here.makes = before


def beside(array):
    """`making_on` the GPU that an array is on; on the host, nothing."""
    return nullcontext() if isinstance(array, HOST) else making_on(array.device.id)


# What `np` holds once a GPU is in use

#: What makes arrays of numbers, or of arrays …
_OF_DATA = ("array", "asarray", "ascontiguousarray", "asfortranarray", "atleast_1d")
#: … and out of nothing.
_OF_NOTHING = ("zeros", "ones", "empty", "full", "arange", "eye", "identity", "linspace", "logspace", "tri", "indices")
#: Made on the host and moved: CuPy goes through the host too.
_MOVED = ("fromiter", "frombuffer")


def _let_creation_follow_the_place() -> None:
    for name in _OF_DATA:
        setattr(np, name, _of_data(name))
    for name in _OF_NOTHING:
        setattr(np, name, _of_nothing(name))
    for name in _MOVED:
        setattr(np, name, _moved(name))
    for name in ("add", "multiply", "maximum", "minimum"):
        setattr(np, name, _Ufunc(name))
    tricks = SimpleNamespace(as_strided=_strided("as_strided"), sliding_window_view=_strided("sliding_window_view"))
    np.lib = SimpleNamespace(stride_tricks=tricks)  # type: ignore[assignment]
    np.ogrid, np.r_ = _Grid(), _Rows()  # type: ignore[misc, assignment]
    np.broadcast = _of_several("broadcast")


def _of_data(name: str):
    ours = getattr(numpy, name)

    def make(data, *args, **kwargs):
        if getattr(_here, "makes", False) or type(data) is cupy.ndarray:
            data = cupy.asarray(data) if name == "atleast_1d" else data  # CuPy's takes nothing but arrays
            return getattr(cupy, name)(data, *args, **kwargs)
        return ours(data, *args, **kwargs)

    return make


def _of_nothing(name: str):
    ours = getattr(numpy, name)

    def make(*args, **kwargs):
        return (getattr(cupy, name) if getattr(_here, "makes", False) else ours)(*args, **kwargs)

    return make


def _moved(name: str):
    ours = getattr(numpy, name)

    def make(*args, **kwargs):
        made = ours(*args, **kwargs)
        return cupy.asarray(made) if getattr(_here, "makes", False) else made

    return make


def _of_several(name: str):
    ours = getattr(numpy, name)

    def make(*arrays):
        return (getattr(cupy, name) if any(type(each) is cupy.ndarray for each in arrays) else ours)(*arrays)

    return make


class _Grid:
    """`np.ogrid`."""

    def __getitem__(self, key):
        made = numpy.ogrid[key]
        if not getattr(_here, "makes", False):
            return made
        return tuple(map(cupy.asarray, made)) if isinstance(made, (tuple, list)) else cupy.asarray(made)


class _Rows:
    """`np.r_`: numbers and vectors, one after the other."""

    def __getitem__(self, key):
        if any(type(each) is cupy.ndarray for each in key):
            return cupy.concatenate([cupy.atleast_1d(cupy.asarray(each)) for each in key])
        return numpy.r_[key]


def _strided(name: str):
    ours = getattr(numpy.lib.stride_tricks, name)

    def window(array, *args, writeable=True, **kwargs):
        if type(array) is cupy.ndarray:  # its windows can be written to always
            return getattr(cupy.lib.stride_tricks, name)(array, *args, **kwargs)
        return ours(array, *args, writeable=writeable, **kwargs)

    return window


class _Ufunc:
    """A ufunc whose methods go to CuPy's for an array on the GPU: NumPy's protocol hands on plain calls only."""

    def __init__(self, name: str):
        self._name = name
        self._ours = getattr(numpy, name)

    def __call__(self, *args, **kwargs):
        return self._ours(*args, **kwargs)

    def __getattr__(self, method: str):
        return getattr(self._ours, method)

    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False):
        if type(array) is not cupy.ndarray:
            return self._ours.reduce(array, axis, dtype, out, keepdims)
        if self._name in _REDUCED:  # CuPy's maximum and minimum have no such method
            return getattr(cupy, _REDUCED[self._name])(array, axis, keepdims=keepdims)
        return getattr(cupy, self._name).reduce(array, axis, dtype, out, keepdims)

    def _of(self, array):
        return getattr(cupy, self._name) if type(array) is cupy.ndarray else self._ours

    def at(self, array, places, *values):
        self._of(array).at(array, places, *values)

    def accumulate(self, array, *args, **kwargs):
        return self._of(array).accumulate(array, *args, **kwargs)

    def reduceat(self, array, starts, *args, **kwargs):
        return self._of(array).reduceat(array, starts, *args, **kwargs)

    def outer(self, x, y, **kwargs):
        return self._of(x).outer(x, y, **kwargs)


_REDUCED = {"maximum": "amax", "minimum": "amin"}
