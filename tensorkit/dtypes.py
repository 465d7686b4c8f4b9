"""The types of numbers a tensor can hold, and which type two of them make together.

A `dtype` pairs PyTorch's name with NumPy's: `float32.numpy` is `np.dtype('float32')`.
`result_type` is PyTorch's promotion for whole dtypes; how tensors, 0-d tensors and Python numbers
rank against each other stands in `tensorkit.ops.promote`.  Nothing here knows of tensors.

Source: https://pytorch.org/docs/stable/tensor_attributes.html
"""

import numpy as np

from .errors import Named, hint, not_implemented

BOOL, INTEGER, FLOATING, COMPLEX = range(4)


class dtype(metaclass=Named):
    """The type of a tensor's elements: `torch.float32`, `torch.int64`, `torch.bool` …

    >>> import tensorkit as torch
    >>> torch.tensor([1.5]).dtype
    torch.float32
    >>> torch.int64.is_floating_point
    False
    """

    __slots__ = ("name", "numpy", "category", "is_signed", "itemsize", "cpp_name", "tensor_type")

    name: str  # 'float32'
    numpy: np.dtype  # the NumPy type of the storage; None for bfloat16 until ml_dtypes is there
    category: int  # BOOL < INTEGER < FLOATING < COMPLEX
    is_signed: bool
    itemsize: int  # bytes an element
    cpp_name: str  # 'Float', as PyTorch's error texts have it
    tensor_type: str  # 'FloatTensor', as Tensor.type() has it

    def __init__(self, name: str, category: int, cpp_name: str, itemsize: int, is_signed: bool = True):
        self.name = name
        self.numpy = np.dtype(name) if name != "bfloat16" else None
        self.category = category
        self.cpp_name = cpp_name
        self.tensor_type = cpp_name + "Tensor"
        self.itemsize = itemsize
        self.is_signed = is_signed

    @property
    def c_name(self) -> str:
        """What C++ calls it, for the errors that say so: 'long int'."""
        return _C_NAMES.get(self.name, self.name)

    @property
    def is_floating_point(self) -> bool:
        return self.category == FLOATING

    @property
    def is_complex(self) -> bool:
        return self.category == COMPLEX

    def to_complex(self) -> "dtype":
        """The complex type whose parts are of this type (float32: complex64)."""
        if self.category < FLOATING:
            raise RuntimeError(f"Unknown Complex ScalarType for {self.cpp_name}")
        return {"float16": complex64, "float32": complex64, "float64": complex128}.get(self.name, complex64)

    def to_real(self) -> "dtype":
        """The type of a complex type's parts (complex64: float32)."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    def __repr__(self) -> str:
        return "torch." + self.name

    def __reduce__(self):
        return self.name  # the module's own object again, also after a copy


uint8 = dtype("uint8", INTEGER, "Byte", 1, is_signed=False)
int8 = dtype("int8", INTEGER, "Char", 1)
int16 = dtype("int16", INTEGER, "Short", 2)
int32 = dtype("int32", INTEGER, "Int", 4)
int64 = dtype("int64", INTEGER, "Long", 8)
uint16 = dtype("uint16", INTEGER, "UInt16", 2, is_signed=False)
uint32 = dtype("uint32", INTEGER, "UInt32", 4, is_signed=False)
uint64 = dtype("uint64", INTEGER, "UInt64", 8, is_signed=False)
float16 = dtype("float16", FLOATING, "Half", 2)
float32 = dtype("float32", FLOATING, "Float", 4)
float64 = dtype("float64", FLOATING, "Double", 8)
bfloat16 = dtype("bfloat16", FLOATING, "BFloat16", 2)
complex64 = dtype("complex64", COMPLEX, "ComplexFloat", 8)
complex128 = dtype("complex128", COMPLEX, "ComplexDouble", 16)
bool_ = dtype("bool", BOOL, "Bool", 1, is_signed=False)

ALL = (uint8, int8, int16, int32, int64, float16, float32, float64, bfloat16, complex64, complex128, bool_,
       uint16, uint32, uint64)  # fmt: skip

#: Unsigned types that PyTorch promotes with floating-point and complex types alone.
WIDE_UNSIGNED = frozenset((uint16, uint32, uint64))

#: PyTorch's second names: `torch.float` is `torch.float32`.
ALIASES = {
    "half": float16, "float": float32, "double": float64, "short": int16, "int": int32, "long": int64,
    "cfloat": complex64, "cdouble": complex128,
}  # fmt: skip

_BY_NUMPY = {each.numpy: each for each in ALL if each.numpy is not None}
_BY_PYTHON = {bool: bool_, int: int64, float: float64, complex: complex128}


def _load_bfloat16() -> None:
    """Give `bfloat16` its storage: NumPy has none of its own, the ml_dtypes package brings it."""
    try:
        import ml_dtypes
    except ImportError:
        error = TypeError("bfloat16 tensors need the ml_dtypes package")
        error.add_note("Install it with: pip install ml_dtypes")
        raise error from None
    bfloat16.numpy = np.dtype(ml_dtypes.bfloat16)
    _BY_NUMPY[bfloat16.numpy] = bfloat16


def numpy_dtype(wanted: dtype) -> np.dtype:
    """The NumPy type that stores `wanted`; raises TypeError for bfloat16 without ml_dtypes."""
    if wanted.numpy is None:
        _load_bfloat16()
    return wanted.numpy


def from_numpy(numpy: np.dtype) -> dtype:
    """PyTorch's dtype for a NumPy one; TypeError where PyTorch has none.

    >>> from_numpy(np.dtype('float64'))
    torch.float64
    """
    found = _BY_NUMPY.get(numpy)
    if found is not None:
        return found
    if numpy.name == "bfloat16":
        _load_bfloat16()
        return bfloat16
    native = numpy.newbyteorder("=") if numpy.byteorder in "<>" else numpy
    found = _BY_NUMPY.get(native)
    if found is None or numpy.byteorder == ">":
        if numpy.byteorder == ">" and found is not None:
            raise ValueError(
                "given numpy array has byte order different from the native byte order. "
                "Conversion between byte orders is currently not supported."
            )
        raise TypeError(
            f"can't convert np.ndarray of type {numpy.type.__module__}.{numpy.type.__name__}. The only supported "
            "types are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, "
            "uint32, uint16, uint8, and bool."
        )
    return found


def refuse(kernel: str, array, kinds: str) -> None:
    """Raise PyTorch's error for elements of one of these kinds (NumPy's letters), which `kernel` has no version for."""
    if array.dtype.kind in kinds:
        raise not_implemented(kernel, from_numpy(array.dtype).cpp_name)


def as_dtype(wanted) -> dtype:
    """What `dtype=` takes: a dtype, or the Python types float (float64), int, bool, complex."""
    if isinstance(wanted, dtype):
        return wanted
    try:
        return _BY_PYTHON[wanted]
    except (KeyError, TypeError):
        raise TypeError(f"dtype must be a torch.dtype, not {type(wanted).__name__}") from None


_default = float32


def get_default_dtype() -> dtype:
    """The dtype of new floating-point tensors; float32 unless `set_default_dtype` said otherwise.

    >>> torch.get_default_dtype()
    torch.float32
    """
    return _default


def set_default_dtype(d: dtype) -> None:
    """Make `d` the dtype of new floating-point tensors, for the whole process.

    Raises TypeError unless `d` is a floating-point dtype.

    >>> torch.set_default_dtype(torch.float64)
    >>> tensor([1.5]).dtype
    torch.float64
    >>> torch.set_default_dtype(torch.float32)
    """
    global _default
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default = d


_INTEGER_RANK = {int8: 0, int16: 1, int32: 2, int64: 3}
_FLOAT_RANK = {float16: 0, bfloat16: 0, float32: 1, float64: 2}


def result_type(a: dtype, b: dtype) -> dtype:
    """The dtype of `a + b` for tensors of these dtypes (both with dimensions, or both without).

    >>> result_type(uint8, int8), result_type(int64, float16), result_type(float32, float64)
    (torch.int16, torch.float16, torch.float64)
    """
    if a is b:
        return a
    if FLOATING not in (a.category, b.category) and (a in WIDE_UNSIGNED or b in WIDE_UNSIGNED):
        raise hint(
            RuntimeError(
                "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
                f"{a.cpp_name} and {b.cpp_name}"
            ),
            "PyTorch leaves these types to storage. Convert first: `x.long()`, or `x.float()`.",
        )
    if a.category != b.category:
        low, high = (a, b) if a.category < b.category else (b, a)
        if high.category == COMPLEX and low.category == FLOATING:
            return complex128 if low is float64 else high
        return high
    if a.category == INTEGER:
        if a is uint8 or b is uint8:
            signed = b if a is uint8 else a
            return int16 if signed is int8 else signed
        return a if _INTEGER_RANK[a] > _INTEGER_RANK[b] else b
    if a.category == FLOATING:
        if _FLOAT_RANK[a] == _FLOAT_RANK[b]:
            return float32  # float16 with bfloat16: neither holds the other
        return a if _FLOAT_RANK[a] > _FLOAT_RANK[b] else b
    return complex128


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a value of `from_` may be written into a tensor of `to`: never down a category.

    >>> can_cast(float64, float32), can_cast(float32, int64)
    (True, False)
    """
    if to is bool_:
        return from_ is bool_
    if to is uint8 and from_.category == INTEGER:
        return True
    return from_.category <= to.category


def python_category(number) -> int:
    """The category of a Python number: bool, int, float or complex."""
    if isinstance(number, bool):
        return BOOL
    if isinstance(number, int):
        return INTEGER
    return FLOATING if isinstance(number, float) else COMPLEX


_C_NAMES = {
    "float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "int64": "long int",
    "int32": "int", "int16": "short int", "int8": "signed char", "uint8": "unsigned char",
    "uint16": "short unsigned int", "uint32": "unsigned int", "uint64": "long unsigned int",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


class finfo:
    """Limits of a floating-point dtype: `bits`, `eps`, `max`, `min`, `tiny`, `smallest_normal`, `resolution`.

    >>> finfo(float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type: dtype | None = None):
        type = type or get_default_dtype()
        if type.category < FLOATING:
            raise hint(
                TypeError(
                    "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'"
                ),
                f"{type!r} is not a floating-point type: torch.iinfo tells its limits.",
            )
        real = type.to_real()
        if real is bfloat16:
            numpy_dtype(bfloat16)
            import ml_dtypes

            info = ml_dtypes.finfo(real.numpy)
        else:
            info = np.finfo(real.numpy)
        self.dtype = real.name
        self.bits = int(info.bits)
        self.eps = float(info.eps)
        self.max = float(info.max)
        self.min = float(info.min)
        self.tiny = self.smallest_normal = float(info.smallest_normal)
        self.resolution = 10.0**-info.precision

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integer dtype: `bits`, `max`, `min`.

    >>> iinfo(int8).max
    127
    """

    def __init__(self, type: dtype):
        if type.category != INTEGER:
            if type.category < INTEGER:
                raise TypeError(f"{type!r} is not supported by torch.iinfo")
            raise hint(
                TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'"),
                f"{type!r} is not a type of whole numbers: torch.finfo tells its limits.",
            )
        info = np.iinfo(type.numpy)
        self.dtype, self.bits, self.max, self.min = type.name, info.bits, int(info.max), int(info.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


#: Its examples are this module's, though it prints as a class of PyTorch's.
__test__ = {"dtype": dtype}
