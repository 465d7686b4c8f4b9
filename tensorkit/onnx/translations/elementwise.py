"""Operations on each element: arithmetic, comparison, logic, activations.

Source: https://onnx.ai/onnx/operators/
"""

import math

import numpy as np

from .table import TRANSLATIONS, translates

#: Operations that ONNX has under another name, with no more to say.
UNARY = """
    abs Abs, acos Acos, acosh Acosh, asin Asin, asinh Asinh, atan Atan, atanh Atanh, ceil Ceil, cos Cos, cosh Cosh,
    erf Erf, exp Exp, floor Floor, log Log, neg Neg, reciprocal Reciprocal, relu Relu, sigmoid Sigmoid, sign Sign,
    sin Sin, sinh Sinh, sqrt Sqrt, tan Tan, tanh Tanh, contiguous Identity, clone Identity, alias Identity"""
BINARY = "add Add, sub Sub, mul Mul, div Div, pow Pow, maximum Max, minimum Min"
COMPARISONS = "eq Equal, lt Less, le LessOrEqual, gt Greater, ge GreaterOrEqual"
LOGIC = "logical_and And, logical_or Or, logical_xor Xor, logical_not Not"


def _rows(table: str) -> dict[str, str]:
    return dict(row.split() for row in table.split(","))


def _one_node(kind, dtype_of):
    def translate(g, step):
        return g.emit(kind, *step.operands(dtype_of(step)))

    return translate


def _compared(step) -> np.dtype:
    """The type in which two operands are compared; a number takes that of the tensor."""
    given = [each.dtype for each in step.node.parents if hasattr(each, "dtype")]
    return np.result_type(*given)


for _name, _kind in {**_rows(UNARY), **_rows(BINARY)}.items():
    TRANSLATIONS[_name] = _one_node(_kind, lambda step: step.dtype)
for _name, _kind in _rows(COMPARISONS).items():
    TRANSLATIONS[_name] = _one_node(_kind, _compared)
for _name, _kind in _rows(LOGIC).items():
    TRANSLATIONS[_name] = _one_node(_kind, lambda step: np.dtype(bool))


@translates("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not")
def _bitwise(g, step):
    """`&`, `|`, `^` and `~`, of truth values."""
    if step.dtype != bool:
        raise step.unsupported("of whole numbers")
    return g.emit(step.op.removeprefix("bitwise_").capitalize(), *step.operands(step.dtype))


@translates("ne")
def _ne(g, step):
    return g.emit("Not", g.emit("Equal", *step.operands(_compared(step))))


@translates("rsub")
def _rsub(g, step):
    return g.emit("Sub", step.operand(1, step.dtype), step.operand(0, step.dtype))


@translates("add_scaled", "sub_scaled", "rsub_scaled")
def _add_scaled(g, step):
    """x ± alpha · y; for the last one y - alpha · x."""
    x, y = step.operands(step.dtype)
    if step.op == "rsub_scaled":
        x, y = y, x
    kind = "Add" if step.op == "add_scaled" else "Sub"
    return g.emit(kind, x, g.emit("Mul", y, _number(g, step, step["alpha"])))


@translates("mul_scalar", "div_scalar")
def _by_number(g, step):
    kind = "Mul" if step.op == "mul_scalar" else "Div"
    return g.emit(kind, step.operand(0, step.dtype), _number(g, step, step["number"]))


@translates("to_copy")
def _cast(g, step):
    return g.cast(step.operand(0), step.dtype)


@translates("round")
def _round(g, step):
    if step["decimals"]:
        raise step.unsupported("it has decimals")
    return g.emit("Round", step.operand(0))


def _number(g, step, value):
    return g.constant(value, step.dtype)


@translates("rsqrt")
def _rsqrt(g, step):
    return g.emit("Reciprocal", g.emit("Sqrt", step.operand(0, step.dtype)))


@translates("log2", "log10")
def _log_of_base(g, step):
    base = math.log(2 if step.op == "log2" else 10)
    return g.emit("Mul", g.emit("Log", step.operand(0, step.dtype)), _number(g, step, 1 / base))


@translates("log1p")
def _log1p(g, step):
    return g.emit("Log", g.emit("Add", step.operand(0, step.dtype), _number(g, step, 1)))


@translates("expm1")
def _expm1(g, step):
    return g.emit("Sub", g.emit("Exp", step.operand(0, step.dtype)), _number(g, step, 1))


@translates("exp2")
def _exp2(g, step):
    return g.emit("Pow", _number(g, step, 2), step.operand(0, step.dtype))


@translates("erfc")
def _erfc(g, step):
    return g.emit("Sub", _number(g, step, 1), g.emit("Erf", step.operand(0)))


@translates("addcmul", "addcdiv")
def _add_product(g, step):
    x, y, z = step.operands(step.dtype)
    product = g.emit("Mul" if step.op == "addcmul" else "Div", y, z)
    return g.emit("Add", x, g.emit("Mul", product, _number(g, step, step["value"])))


@translates("where")
def _where(g, step):
    return g.emit("Where", step.operand(0, bool), step.operand(1, step.dtype), step.operand(2, step.dtype))


@translates("masked_fill")
def _masked_fill(g, step):
    return g.emit("Where", step.operand(1, bool), step.operand(2, step.dtype), step.operand(0, step.dtype))


@translates("clamp")
def _clamp(g, step):
    found = step.operand(0, step.dtype)
    for i, kind in ((1, "Max"), (2, "Min")):
        if step.has(i):
            found = g.emit(kind, found, step.operand(i, step.dtype))
    return found


@translates("hardtanh")
def _hardtanh(g, step):
    low, high = _number(g, step, step["low"]), _number(g, step, step["high"])
    return g.emit("Min", g.emit("Max", step.operand(0), low), high)


@translates("leaky_relu")
def _leaky_relu(g, step):
    return g.emit("LeakyRelu", step.operand(0), alpha=float(step["slope"]))


@translates("prelu")
def _prelu(g, step):
    weight, count = step.operand(1), math.prod(step.shape_of(1))
    if count > 1 and len(step.shape) > 1:
        weight = g.emit("Reshape", weight, g.ints(count, *[1] * (len(step.shape) - 2)))
    return g.emit("PRelu", step.operand(0), weight)


@translates("elu")
def _elu(g, step):
    alpha, scale, inside = step["alpha"], step["scale"], step["input_scale"]
    if inside != 1:
        raise step.unsupported(f"its input_scale is {inside}")
    found = g.emit("Elu", step.operand(0), alpha=float(alpha))
    return found if scale == 1 else g.emit("Mul", found, _number(g, step, scale))


@translates("celu")
def _celu(g, step):
    return g.emit("Celu", step.operand(0), alpha=float(step["alpha"]))


@translates("gelu")
def _gelu(g, step):
    """x · Φ(x), with the normal distribution by erf, or PyTorch's approximation of it by tanh."""
    x = step.operand(0)
    if step["tanh_form"]:
        cube = g.emit("Mul", g.emit("Mul", x, x), x)
        inner = g.emit("Add", x, g.emit("Mul", cube, _number(g, step, 0.044715)))
        bent = g.emit("Tanh", g.emit("Mul", inner, _number(g, step, math.sqrt(2 / math.pi))))
    else:
        bent = g.emit("Erf", g.emit("Mul", x, _number(g, step, math.sqrt(0.5))))
    half = g.emit("Mul", x, _number(g, step, 0.5))
    return g.emit("Mul", half, g.emit("Add", bent, _number(g, step, 1)))


@translates("silu")
def _silu(g, step):
    x = step.operand(0)
    return g.emit("Mul", x, g.emit("Sigmoid", x))


@translates("mish")
def _mish(g, step):
    x = step.operand(0)
    return g.emit("Mul", x, g.emit("Tanh", g.emit("Softplus", x)))


@translates("softplus")
def _softplus(g, step):
    """log(1 + exp(beta · x)) / beta; beyond PyTorch's threshold both are x within a float's precision."""
    beta, x = step["beta"], step.operand(0)
    if beta == 1:
        return g.emit("Softplus", x)
    beta = _number(g, step, beta)
    return g.emit("Div", g.emit("Softplus", g.emit("Mul", x, beta)), beta)


@translates("log_sigmoid")
def _log_sigmoid(g, step):
    return g.emit("Neg", g.emit("Softplus", g.emit("Neg", step.operand(0))))


@translates("hardsigmoid")
def _hardsigmoid(g, step):
    return g.emit("HardSigmoid", step.operand(0), alpha=1 / 6, beta=0.5)


@translates("hardswish")
def _hardswish(g, step):
    x = step.operand(0)
    return g.emit("Mul", x, g.emit("HardSigmoid", x, alpha=1 / 6, beta=0.5))


@translates("hardshrink", "softshrink")
def _shrink(g, step):
    bound = float(step["lambd"])
    return g.emit("Shrink", step.operand(0), lambd=bound, bias=bound if step.op == "softshrink" else 0.0)


@translates("threshold")
def _threshold(g, step):
    x = step.operand(0)
    above = g.emit("Greater", x, _number(g, step, step["threshold"]))
    return g.emit("Where", above, x, _number(g, step, step["value"]))


@translates("glu")
def _glu(g, step):
    x, dim = step.operand(0), step["dim"]
    size = step.shape_of(0)[dim]
    if size != step.shape_of(0, True)[dim]:
        raise step.unsupported("the dimension that it halves is dynamic")
    axis = g.ints(dim)
    first = g.emit("Slice", x, g.ints(0), g.ints(size // 2), axis)
    second = g.emit("Slice", x, g.ints(size // 2), g.ints(size), axis)
    return g.emit("Mul", first, g.emit("Sigmoid", second))
