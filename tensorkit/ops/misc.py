"""What is left: operations of three operands, whole numbers, floats as bits, combinations, questions about dtypes."""

import math

from .. import dtypes
from ..array_modules import np
from ..errors import wrong_argument
from ..tensor import Tensor, wrap
from .cast import c_cast
from .declare import FUNCTIONS, behind, binary, broadcast_error, function, op
from .join import stack
from .pointwise import no_derivative, nothing
from .promote import result_dtype
from .return_types import return_type

# Three operands


@behind(x=lambda g: g, y=lambda g, z, value: g * (z * value if value != 1 else z),
    z=lambda g, y, value: g * (y * value if value != 1 else y))  # fmt: skip
def _addcmul(x, y, z, value, dtype):
    x, y, z = [c_cast(each, dtype) for each in (x, y, z)]
    dtypes.refuse("addcmul_cpu_out", x, "b")
    return x + (y * z if value == 1 else x.dtype.type(value) * y * z)


@behind(x=lambda g: g, y=lambda g, z, value: g * _over(value, z), z=lambda g, y, z, value: -g * (value * y / (z * z)))
def _addcdiv(x, y, z, value, dtype):
    x, y, z = [c_cast(each, dtype) for each in (x, y, z)]
    return x + (y / z if value == 1 else x.dtype.type(value) * y / z)


def _over(value, z):
    """value / z, computed in the dtype of `z` as PyTorch's rule does it, which for whole numbers fails."""
    if z.dtype.category < dtypes.FLOATING:
        raise RuntimeError(
            f"result type {dtypes.get_default_dtype().cpp_name} can't be cast to the desired output type "
            f"{z.dtype.cpp_name}"
        )
    return value / z


def _check_shapes(*tensors) -> None:
    for first, second in ((tensors[0], tensors[1]), (tensors[0], tensors[2]), (tensors[1], tensors[2])):
        try:
            np.broadcast_shapes(first._array.shape, second._array.shape)
        except ValueError as error:
            raise broadcast_error(first, second, error) from None


def _of_three(operation, x, y, z, value, out):
    _check_shapes(x, y, z)
    wanted = result_dtype(x, y, z).numpy  # cast inside: what is kept are the operands as they are
    return operation(x, y, z, value, wanted, out=out)


@function
def addcmul(input, tensor1, tensor2, *, value=1, out=None):
    """input + value · tensor1 · tensor2, element by element.

    >>> torch.addcmul(tensor([1.]), tensor([6.]), tensor([3.]), value=0.5)
    tensor([10.])
    """
    return _of_three(_addcmul, input, tensor1, tensor2, value, out)


@function
def addcdiv(input, tensor1, tensor2, *, value=1, out=None):
    """input + value · tensor1 / tensor2, element by element.

    >>> torch.addcdiv(tensor([1.]), tensor([6.]), tensor([3.]), value=0.5)
    tensor([2.])
    """
    if tensor1.dtype.category <= dtypes.INTEGER and tensor2.dtype.category <= dtypes.INTEGER:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a "
            "true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + "
            "value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * "
            "tensor1 / tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: "
            "(input + value * tensor1 / tensor2), for all dtypes."
        )
    return _of_three(_addcdiv, input, tensor1, tensor2, value, out)


@behind(x=lambda g, weight: g * (1 - weight), end=lambda g, weight: g * weight, weight=lambda g, x, end: g * (end - x),
    node_name="LerpBackward1")  # fmt: skip
def _lerp(x, end, weight):
    # From the end that is nearer, so that weight 1 gives the end exactly.
    return np.where(np.abs(weight) < 0.5, x + weight * (end - x), end - (end - x) * (1 - weight)).astype(x.dtype)[()]


@behind(x=lambda g, weight: g * (1 - weight), end=lambda g, weight: g * weight, node_name="LerpBackward0")
def _lerp_by_number(x, end, weight):
    return _lerp.op.forward(x, end, weight)


@function
def lerp(input, end, weight, *, out=None):
    """input + weight · (end - input): the point that far on the way from one to the other.

    >>> torch.lerp(tensor([0.]), tensor([10.]), 0.3)
    tensor([3.])
    """
    for name, other in (("end", end), ("weight", weight)):
        if isinstance(other, Tensor) and other.dtype is not input.dtype and not (name == "weight" and other.ndim == 0):
            raise RuntimeError(f"expected dtype {_c_name(input)} for `{name}` but got dtype {_c_name(other)}")
    _check_shapes(input, end, weight if isinstance(weight, Tensor) else end)
    dtypes.refuse(f"lerp_kernel_{'tensor' if isinstance(weight, Tensor) else 'scalar'}", input._array, "biu")
    return (_lerp if isinstance(weight, Tensor) else _lerp_by_number)(input, end, weight, out=out)


def _c_name(tensor) -> str:
    name = tensor.dtype.cpp_name
    return {"Long": "long int", "Half": "c10::Half"}.get(name, name.lower())


@op(x=lambda g, x: g * (x == x).logical_and(x.abs() < math.inf).to(g.dtype), inplace=True)
def nan_to_num(x, nan=None, posinf=None, neginf=None):
    """nan and the infinities replaced by numbers: 0, and the largest and smallest of the dtype.

    >>> torch.nan_to_num(tensor([1., float("nan")]))
    tensor([1., 0.])
    """
    for value in (nan, posinf, neginf):
        if isinstance(value, Tensor) and value._array.ndim:
            raise TypeError("nan_to_num() takes numbers")
    if x.dtype.kind in "biu":
        return x.copy()
    if x.dtype.kind == "c":
        parts = [nan_to_num.op.forward(part, nan, posinf, neginf) for part in (x.real, x.imag)]
        return parts[0] + 1j * parts[1]
    return np.nan_to_num(x, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


@binary(no_derivative("heaviside"), no_derivative("heaviside"), inplace=False, function=False, method=False,
        node_name="torch::autograd::NotImplemented")  # fmt: skip
def _heaviside(x, y):
    return np.where(x == 0, y, (x > 0).astype(x.dtype))[()]


@function
def heaviside(input, values, *, out=None):
    """0 where negative, 1 where positive, `values` where 0.

    >>> torch.heaviside(tensor([-1., 0., 2.]), tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if not isinstance(values, Tensor):
        raise wrong_argument("heaviside", "values", 2, "Tensor", values)
    if input.dtype.is_complex or values.dtype.is_complex:
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    if input.dtype is not values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    return _heaviside(input, values, out=out)


# Whole numbers, and floats as their bits


def _of_integers(name: str, ufunc, doc: str):
    def body(x, y):
        dtypes.refuse(f"{name}_cpu", x, "bfcV")
        return ufunc(x, y)

    body.__name__, body.__doc__ = name, doc
    return binary()(body)


gcd = _of_integers(
    "gcd",
    np.gcd,
    """The greatest common divisor of two integers; NotImplementedError for other dtypes.

    >>> torch.gcd(tensor([12, 7]), tensor(8))
    tensor([4, 1])
    """,
)
lcm = _of_integers(
    "lcm",
    np.lcm,
    """The least common multiple of two integers; NotImplementedError for other dtypes.

    >>> torch.lcm(tensor([12, 7]), tensor(8))
    tensor([24, 56])
    """,
)


@binary(lambda g, x, y: FUNCTIONS["where"](x == y, 0.0, g), nothing)
def nextafter(x, y):
    """The next number that the dtype has after `x`, in the direction of `y`.

    >>> torch.nextafter(tensor([1.]), tensor([2.])) > 1
    tensor([True])
    """
    dtypes.refuse("nextafter_cpu", x, "biuc")
    return np.nextafter(x, y)


@binary(lambda g, y: g * 2.0**y, lambda g, out: g * out * math.log(2), floating=True)
def ldexp(x, y):
    """x · 2**y.

    >>> torch.ldexp(tensor([1.5]), tensor([3]))
    tensor([12.])
    """
    return x * np.exp2(y)


@op(x=lambda g, exponent: g / 2.0**exponent, outputs=("mantissa", "exponent"),
    result=return_type("frexp", "mantissa", "exponent"))  # fmt: skip
def frexp(x):
    """Each number as mantissa · 2**exponent, the mantissa between ½ and 1.

    >>> torch.frexp(tensor([6.]))
    torch.return_types.frexp(
    mantissa=tensor([0.7500]),
    exponent=tensor([3], dtype=torch.int32))
    """
    if x.dtype.kind not in "fV":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    mantissa, exponent = np.frexp(x.astype(np.float32) if x.dtype.kind == "V" else x)
    return mantissa.astype(x.dtype), np.asarray(exponent, np.int32)[()]


# Choosing and combining


@function(method=False)
def combinations(input, r=2, with_replacement=False):
    """All choices of `r` elements of a vector, one a row.

    >>> torch.combinations(tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if input.ndim != 1:
        raise RuntimeError("Expect a 1D vector, but got shape " + str(list(input.shape)))
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    from itertools import combinations, combinations_with_replacement

    choose = combinations_with_replacement if with_replacement else combinations
    rows = np.array(list(choose(range(input._array.size), r)), np.int64).reshape(-1, r)
    if r == 0:
        return wrap(np.zeros(0, input._array.dtype))
    return stack([input.index_select(0, wrap(rows[:, i].copy())) for i in range(r)], 1)


# Questions


@function
def is_floating_point(input) -> bool:
    """Whether the elements are floating-point numbers.

    >>> torch.is_floating_point(tensor([1.])), torch.is_floating_point(tensor([1]))
    (True, False)
    """
    return input.dtype.is_floating_point


@function
def is_complex(input) -> bool:
    """Whether the elements are complex numbers.

    >>> torch.is_complex(tensor([1j]))
    True
    """
    return input.dtype.is_complex


@function(method=False)
def is_inference(input) -> bool:
    """Whether a tensor was made in inference mode.

    >>> torch.is_inference(torch.ones(1))
    False
    """
    return input.is_inference()


@function(method=False)
def get_device(input) -> int:
    """The index of a tensor's GPU; -1 on the CPU.

    >>> torch.get_device(torch.ones(1))
    -1
    """
    return input.get_device()


@function
def is_nonzero(input) -> bool:
    """Whether a single element is not zero.

    >>> torch.is_nonzero(tensor([3.]))
    True
    """
    return bool(input)


@function
def is_signed(input) -> bool:
    """Whether the dtype has negative numbers.

    >>> torch.is_signed(tensor([1], dtype=torch.uint8))
    False
    """
    return input.dtype.is_signed


@function
def is_same_size(input, other) -> bool:
    """Whether the shapes are equal.

    >>> torch.is_same_size(torch.ones(2, 3), torch.zeros(2, 3))
    True
    """
    return input._array.shape == other._array.shape


@function(method=False)
def numel(input) -> int:
    """How many elements a tensor has.

    >>> torch.ones(2, 3).numel()
    6
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("numel", "input", 1, "Tensor", input)
    return input._array.size


@function(method=False)
def result_type(tensor1, tensor2):
    """The dtype that an operation on these two tensors or numbers computes in.

    >>> torch.result_type(tensor([1, 2]), 1.0)
    torch.float32
    """
    return result_dtype(tensor1, tensor2)


@function(method=False)
def promote_types(type1, type2):
    """The smallest dtype to which both can be promoted.

    >>> torch.promote_types(torch.int32, torch.float16)
    torch.float16
    """
    return dtypes.result_type(type1, type2)


@function(method=False)
def typename(obj) -> str:
    """The name of a tensor's type, or of any other object's with its module.

    >>> torch.typename(tensor([1.]))
    'torch.FloatTensor'
    """
    if isinstance(obj, Tensor):
        return obj.type()
    module = getattr(obj, "__module__", "") or ""
    name = getattr(obj, "__qualname__", type(obj).__name__)
    module = module or type(obj).__module__
    return name if module in ("builtins", "") else f"{module}.{name}"
