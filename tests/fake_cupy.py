"""A CuPy made of NumPy: so that every machine finds out whether an operation mixes host and GPU.

Its arrays hold NumPy arrays out of NumPy's sight.  Everything that CuPy does not have (`cupy_names.json`, recorded from
CuPy itself by `record_cupy.py`) raises here too, and so does what CuPy refuses: NumPy arrays as operands or values to
assign, reading a GPU array as a NumPy one, ufunc methods that CuPy leaves out.  What CuPy computes is taken to be what
NumPy computes; rounding and speed are found out on a GPU only.

Source: https://docs.cupy.dev/en/stable/user_guide/difference.html
"""

import json
import operator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy

from tensorkit import array_modules, storages
from tensorkit.ops import later, placing, publish
from tensorkit.ops.op import Op

NAMES = json.loads(Path(__file__).with_name("cupy_names.json").read_text(encoding="utf-8"))
UFUNCS = {name: None if kinds is None else {each.partition("->")[0] for each in kinds.split()}
          for name, kinds in NAMES["ufuncs"].items()}  # fmt: skip
#: What CuPy's ufuncs do besides being called: it raises NotImplementedError for all others.
METHODS = {"reduce": ("add", "multiply"), "accumulate": ("add", "multiply"), "reduceat": ("add",),
           "at": ("add", "subtract", "maximum", "minimum", "bitwise_and", "bitwise_or", "bitwise_xor")}  # fmt: skip
#: NumPy functions that take lists of arrays, or whose arrays may be anything that can be moved to the GPU.
CREATION = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "full", "full_like", "arange",
            "linspace", "atleast_1d")  # fmt: skip


class ndarray:  # noqa: N801 (CuPy's name)
    """An array on the "GPU"."""

    __slots__ = ("_held", "__weakref__")
    __array_priority__ = 100

    def __init__(self, held):
        self._held = numpy.asarray(held)

    # What the protocols hand over

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy "
                        "array explicitly.")  # fmt: skip

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method != "__call__" or ufunc.__name__ not in UFUNCS:
            return NotImplemented
        if "out" in kwargs:
            (kwargs["out"],) = kwargs["out"]
        return Ufunc(ufunc.__name__)(*inputs, **kwargs)

    def __array_function__(self, function, types, args, kwargs):
        path = function.__module__.split(".")[1:]
        table = {(): "functions", ("linalg",): "linalg", ("lib", "stride_tricks"): "stride_tricks"}.get(tuple(path))
        if table is None or function.__name__ not in NAMES[table]:
            return NotImplemented
        return _function(function.__name__, table)(*args, **kwargs)

    # Reading and writing

    def __getitem__(self, index):
        return _out(self._held[_index(index)])

    def __setitem__(self, index, value):
        if isinstance(value, numpy.ndarray):
            _refuse(value)
        if isinstance(value, (list, tuple)):
            raise TypeError(f"Unsupported type {type(value)}")
        with numpy.errstate(all="ignore"):
            self._held[_index(index)] = _in(value)

    def __len__(self):
        return len(self._held)

    def __iter__(self):
        if not self._held.ndim:
            raise TypeError("iteration over a 0-d array")
        return (_out(each) for each in self._held)

    def __bool__(self):
        return bool(self._held)

    def __int__(self):
        return int(self._held)

    def __float__(self):
        return float(self._held)

    def __complex__(self):
        return complex(self._held)

    def __repr__(self):
        return repr(self._held)

    def __format__(self, spec):
        return format(self._held, spec)

    __hash__ = None

    def get(self, stream=None, order="C", out=None):
        return numpy.array(self._held, order=order)

    # Attributes

    @property
    def device(self):
        return Device(0)

    @property
    def data(self):
        return SimpleNamespace(ptr=self._held.ctypes.data)

    @property
    def base(self):
        return None if self._held.base is None else ndarray(self._held.base)

    @property
    def flags(self):
        flags = self._held.flags
        return SimpleNamespace(c_contiguous=flags.c_contiguous, f_contiguous=flags.f_contiguous, owndata=flags.owndata)

    @property
    def __cuda_array_interface__(self):
        return {"shape": self.shape, "typestr": self.dtype.str, "data": (self.data.ptr, False), "version": 3}

    def __dlpack__(self, **options):
        return self._held.__dlpack__()

    def __dlpack_device__(self):
        return 2, 0

    def __getattr__(self, name):
        raise AttributeError(f"'cupy.ndarray' object has no attribute {name!r}")


def _refuse(array):
    raise TypeError(f"Unsupported type {type(array)}")


def _in(value):
    """An operand as NumPy takes it: GPU arrays opened, host arrays refused."""
    if isinstance(value, ndarray):
        return value._held
    if isinstance(value, numpy.ndarray):
        _refuse(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_in, value)) if type(value) in (list, tuple) else value
    return value


def _out(value):
    """A result as CuPy gives it: always an array, 0-d ones too."""
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return ndarray(value)
    if isinstance(value, (list, tuple)):
        made = [_out(each) for each in value]
        return type(value)(made) if type(value) in (list, tuple) else type(value)(*made)
    return value


def _index(index):
    if isinstance(index, tuple):
        return tuple(map(_index, index))
    if isinstance(index, slice):
        if any(isinstance(each, ndarray) for each in (index.start, index.stop, index.step)):
            raise TypeError("slice indices must be integers or None or have an __index__ method")
        return index
    return _in(index)


def _known(kwargs, parameters, name):
    """Raise TypeError for an argument that CuPy's function of this name does not have."""
    if parameters is not None:
        unknown = [each for each in kwargs if each not in parameters]
        if unknown:
            raise TypeError(f"{name}() got an unexpected keyword argument {unknown[0]!r}")


class Ufunc:
    """One of CuPy's ufuncs."""

    def __init__(self, name):
        self.__name__ = name
        self._ours = getattr(numpy, name)

    def __call__(self, *args, out=None, dtype=None, casting="same_kind", **others):
        if others and self.__name__ != "matmul":
            raise TypeError(f"Wrong arguments {others}")
        given = [_in(each) for each in args]
        self._check_types(given)
        with numpy.errstate(all="ignore"):
            if out is None:
                return _out(self._ours(*given, dtype=dtype, casting=casting, **others))
            self._ours(*given, out=_in(out), dtype=dtype, casting=casting, **others)
            return out

    def _check_types(self, given):
        kinds = UFUNCS[self.__name__]
        arrays = [each for each in given if isinstance(each, numpy.ndarray)]
        if kinds is None or not arrays:
            return
        for kind in kinds:
            if all(numpy.can_cast(each.dtype, _dtype(char)) for each, char in zip(arrays, kind, strict=False)):
                return
        raise TypeError(f"Wrong type ({[each.dtype.name for each in arrays]}) of arguments for cupy_{self.__name__}")

    def _supports(self, name):
        if self.__name__ not in METHODS[name]:
            raise NotImplementedError(f"`cupy_{self.__name__}.{name}` is not supported yet")

    def _method(self, name, *args, **kwargs):
        self._supports(name)
        with numpy.errstate(all="ignore"):
            return _out(getattr(self._ours, name)(*map(_in, args), **kwargs))

    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False):
        return self._method("reduce", array, axis=axis, dtype=dtype, keepdims=keepdims)

    def accumulate(self, array, axis=0, dtype=None, out=None):
        return self._method("accumulate", array, axis=axis, dtype=dtype)

    def reduceat(self, array, indices, axis=0, dtype=None, out=None):
        return self._method("reduceat", array, indices, axis=axis, dtype=dtype)

    def at(self, array, indices, values=None):
        self._supports("at")
        with numpy.errstate(all="ignore"):
            self._ours.at(_in(array), _index(indices), *([] if values is None else [_in(values)]))

    def outer(self, x, y, **kwargs):
        return _out(self._ours.outer(_in(x), _in(y), **kwargs))


def _dtype(char):
    if char == "E":
        import ml_dtypes

        return numpy.dtype(ml_dtypes.bfloat16)
    return numpy.dtype(char)


def _function(name, table="functions"):
    """A function of CuPy's: NumPy's on what the arrays hold, for arguments that CuPy takes."""
    parameters = NAMES[table][name]
    home = {"functions": numpy, "linalg": numpy.linalg, "stride_tricks": numpy.lib.stride_tricks}[table]
    ours = getattr(home, name)

    def function(*args, **kwargs):
        _known(kwargs, parameters, name)
        kwargs.pop("blocking", None)
        if table == "stride_tricks":
            kwargs["writeable"] = True
        given = _moved if name in CREATION and table == "functions" else _in
        opened = [given(each) for each in args]
        with numpy.errstate(all="ignore"):
            found = ours(*opened, **{key: given(value) for key, value in kwargs.items()})
        for each in (*args, *kwargs.values()):
            if isinstance(each, ndarray) and found is each._held:
                return each  # what needs no copy is given back
        return _out(found)

    function.__name__ = name
    return function


def _moved(value):
    """Data for a new array: host arrays and lists of them are moved to the GPU."""
    if isinstance(value, ndarray):
        return value._held
    if isinstance(value, (list, tuple)):
        return type(value)(map(_moved, value)) if type(value) in (list, tuple) else value
    return value


def asnumpy(a, stream=None, order="C", out=None, *, blocking=True):
    return a.get() if isinstance(a, ndarray) else numpy.asarray(a)


def asarray(a, dtype=None, order=None, *, copy=None, blocking=False):
    if isinstance(a, ndarray):
        return a if dtype in (None, a.dtype) and not copy else ndarray(numpy.array(a._held, dtype))
    return ndarray(numpy.array(_moved(a), dtype, order=order or "K"))


def array(obj, dtype=None, copy=True, order="K", subok=False, ndmin=0, *, blocking=False):
    if isinstance(obj, ndarray) and not copy and dtype in (None, obj.dtype):
        return obj
    return ndarray(numpy.array(_moved(obj), dtype, order=order, ndmin=ndmin))


def from_dlpack(exporter, **options):
    return exporter if isinstance(exporter, ndarray) else ndarray(exporter._array._held)


class Device:
    """A GPU by its number."""

    def __init__(self, device=None):
        self.id = device or 0

    def use(self):
        return self

    def synchronize(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


_runtime = SimpleNamespace(
    getDeviceCount=lambda: 1, getDevice=lambda: 0,
    getDeviceProperties=lambda number: {"name": b"NumPy in disguise", "major": 0, "minor": 0},
)  # fmt: skip
cuda = SimpleNamespace(runtime=_runtime, Device=Device)
linalg = SimpleNamespace(**{name: _function(name, "linalg") for name in NAMES["linalg"]})
lib = SimpleNamespace(
    stride_tricks=SimpleNamespace(**{name: _function(name, "stride_tricks") for name in NAMES["stride_tricks"]})
)


def get_default_memory_pool():
    return SimpleNamespace(used_bytes=lambda: 0, total_bytes=lambda: 0, free_all_blocks=lambda: None)


def _method(name):
    """A method of CuPy's arrays."""
    parameters = NAMES["array"][name]
    ours = getattr(numpy.ndarray, name)

    def method(self, *args, **kwargs):
        _known(kwargs, parameters, name)
        with numpy.errstate(all="ignore"):
            found = ours(self._held, *map(_in, args), **{key: _in(value) for key, value in kwargs.items()})
        if name in ("item", "tolist"):
            return found
        return self if found is self._held else _out(found)

    return method


def _operator(name):
    """An operator of CuPy's arrays, which takes GPU arrays, NumPy scalars and Python's numbers."""
    stem = name.strip("_")
    inplace, reflected = stem[0] == "i" and stem not in ("invert",), stem[0] == "r" and stem not in ("rshift",)
    plain = getattr(operator, f"__{stem[1:] if inplace or reflected else stem}__", divmod)

    def apply(self, *others):
        if any(isinstance(each, numpy.ndarray) for each in others):
            _refuse(others[0])
        if not all(isinstance(each, (ndarray, numpy.generic, bool, int, float, complex)) for each in others):
            return NotImplemented
        with numpy.errstate(all="ignore"):
            given = [self._held, *map(_in, others)]
            found = plain(*(given[::-1] if reflected else given))
            if not inplace:
                return _out(found)
            numpy.copyto(self._held, found, casting="same_kind")
            return self

    return apply


COMPARISONS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")


def _fill():
    """Give the array and the module everything that was recorded of CuPy."""
    for name in NAMES["array"]:
        ours = getattr(numpy.ndarray, name, None)
        if name.startswith("__"):
            is_operator = name == "__divmod__" or hasattr(operator, name) or hasattr(operator, "__" + name[3:])
            if name in COMPARISONS or (is_operator and name not in vars(ndarray) and name not in vars(object)):
                setattr(ndarray, name, _operator(name))
        elif name not in vars(ndarray) and ours is not None:
            setattr(ndarray, name, _method(name) if callable(ours) else _attribute(name))
    # What newer NumPys have given up (`row_stack`) cannot be played.
    vars(cupy).update({name: _function(name) for name in NAMES["functions"] if hasattr(numpy, name)})
    vars(cupy).update({name: Ufunc(name) for name in UFUNCS})
    vars(cupy).update(
        ndarray=ndarray, asnumpy=asnumpy, asarray=asarray, array=array, from_dlpack=from_dlpack, cuda=cuda,
        broadcast=lambda *arrays: numpy.broadcast(*map(_in, arrays)), linalg=linalg, lib=lib,
        get_default_memory_pool=get_default_memory_pool,
    )  # fmt: skip


def _attribute(name):
    def read(self):
        return _out(getattr(self._held, name)) if name not in ("shape", "strides", "dtype", "ndim", "size", "itemsize",
                                                               "nbytes") else getattr(self._held, name)  # fmt: skip

    def write(self, value):
        setattr(self._held, name, _in(value))

    return property(read, write)


@contextmanager
def in_use(module=None):
    """While it lasts, tensors on 'cuda' lie in this CuPy (or in the given one); then all is as before."""
    import tensorkit.nn
    import tensorkit.nn.functional
    import tensorkit.optim  # noqa: F401 (what is imported later would keep what is in use only now)

    later.load_all()
    held = dict(vars(array_modules.np))
    array_modules.use(cupy if module is None else module)
    placing._told.clear()
    storages._told = False  # of a warning that comes once per process
    try:
        yield
    finally:
        storages._told = False
        array_modules.cupy, publish.elsewhere, Op.forward = None, None, placing._slot
        vars(array_modules.np).clear()
        vars(array_modules.np).update(held)
        placing.forget_rules()


#: What stands for CuPy.
cupy = ModuleType("cupy", __doc__)
_fill()
ndarray.__module__ = "cupy"
