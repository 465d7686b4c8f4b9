"""Which dtype an operation computes in: PyTorch's promotion for operands of all kinds.

Three ranks: tensors with dimensions, then 0-d tensors, then Python numbers.  A lower rank matters only if its
category (bool < int < float < complex) is higher than the winner's.  NumPy's own rules differ in a third of
all pairs, so no operation leaves them to NumPy: the factories in `declare` call `pair` whenever two operands
are not plainly of one floating-point type.

Source: https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

import numpy as np

from .. import dtypes
from ..dtypes import BOOL, COMPLEX, FLOATING, INTEGER, dtype
from ..tensor import Tensor
from .layout import unexpanded

NUMBERS = (bool, int, float, complex)


def is_number(value) -> bool:
    """Whether PyTorch counts `value` as a Python number: np.float64 is one, np.float32 too (but not as an array)."""
    return isinstance(value, (*NUMBERS, np.generic))


def is_whole(value) -> bool:
    """Whether `value` passes for a whole number: an int (not a bool) or an integer tensor of one element."""
    if isinstance(value, Tensor):
        return value._array.size == 1 and value._array.dtype.kind in "iu"
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def number_dtype(number) -> dtype:
    """The dtype that a Python number has on its own: int64, bool, or the default float and its complex partner."""
    if isinstance(number, np.bool_):
        return dtypes.get_default_dtype()  # PyTorch knows it only as something that gives a float
    category = dtypes.python_category(number.item() if isinstance(number, np.generic) else number)
    if category == BOOL:
        return dtypes.bool_
    if category == INTEGER:
        return dtypes.int64
    return dtypes.get_default_dtype() if category == FLOATING else dtypes.get_default_dtype().to_complex()


def result_dtype(*operands) -> dtype:
    """The dtype that an operation on these tensors and Python numbers computes in."""
    ranks: list = [None, None, None]  # with dimensions, without, numbers
    for operand in operands:
        if isinstance(operand, Tensor):
            rank, kind = (0 if operand._array.ndim else 1), operand.dtype
        else:
            rank, kind = 2, number_dtype(operand)
        found = ranks[rank]
        ranks[rank] = kind if found is None else dtypes.result_type(found, kind)
    winner = None
    for kind in ranks:
        if kind is None:
            continue
        if winner is None:
            winner = kind
        elif kind.category > winner.category:
            if kind.category == INTEGER:
                winner = dtypes.result_type(winner, kind)
            else:
                winner = winner.to_complex() if kind.category == COMPLEX and winner.category == FLOATING else kind
    return winner  # type: ignore[return-value]


def cast(value, wanted: dtype):
    """The array of a tensor, or a Python number, as `wanted`; a number becomes a NumPy scalar, whole numbers wrap."""
    if isinstance(value, Tensor):
        array = value._array
        return array if array.dtype is wanted.numpy else unexpanded(array).astype(dtypes.numpy_dtype(wanted))
    numpy = dtypes.numpy_dtype(wanted)
    if wanted.category == INTEGER and isinstance(value, int) and not isinstance(value, bool):
        if not -(2**63) <= value < 2**63:
            if wanted is dtypes.uint64 and 0 < value < 2**64:
                return np.uint64(value)
            raise RuntimeError("value cannot be converted to type int64_t without overflow")
        return np.int64(value).astype(numpy)
    if wanted.category < COMPLEX and isinstance(value, complex):
        value = value.real
    return np.array(value).astype(numpy)[()]


def pair(x, y, floating: bool = False):
    """The arrays of two operands in the dtype that PyTorch computes in; `floating` makes whole numbers floats."""
    wanted = result_dtype(x, y)
    if floating and wanted.category < FLOATING:
        wanted = dtypes.get_default_dtype()
    return cast(x, wanted), cast(y, wanted)
