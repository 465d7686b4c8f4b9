"""Whether a tensor's memory may be written to, and PyTorch's errors where not.

Leaves that want a gradient, views of several outputs, memory that elements share with each other or with an operand:
each is refused in PyTorch's words.  The writing itself stands in `inplace.py`.
"""

from warnings import warn

from ..array_modules import address, np
from ..storage import InferenceStorage
from ..tape import mode
from ..tensor import Tensor
from .fragile import MULTI_VIEWS, OF_SEVERAL_VIEWS, is_one_of_several, place_among_views


def check_writable(tensor: Tensor, *, filled: bool = False, by: str | None = None) -> None:
    """Raise PyTorch's error if this tensor may not be written to in place while operations are recorded.

    A tensor that is to be filled with one value may be an expanded one; where the write is made `by` an operation of
    that name, PyTorch warns.
    """
    if type(tensor._storage) is InferenceStorage:
        tensor._storage.written()
    if mode.enabled and tensor._requires_grad:
        check_recorded_write(tensor, tensor._base)
    array = tensor._array
    if not isinstance(array, np.generic) and array.size and not filled and is_expanded(array):
        if by is not None:
            what = "indices] = tensor" if by == "index_put_" else "mask] = scalar"
            warn(
                f"Use of {by} on expanded tensors is deprecated. Please clone() the tensor before performing this "
                f"operation. This also applies to advanced indexing e.g. tensor[{what}",
                stacklevel=4,
            )
            return
        raise RuntimeError(SHARED)


SHARED = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please "
    "clone() the tensor before performing the operation."
)


def is_expanded(array) -> bool:
    """Whether elements share memory with each other along a dimension that was expanded."""
    return 0 in array.strides and any(step == 0 and n > 1 for step, n in zip(array.strides, array.shape, strict=True))


def check_overlap(target: Tensor, source: Tensor, *, same: bool = True) -> None:
    """Raise PyTorch's error if `source` lies in part of the memory that is to be written to.

    That all of it is the same memory, read in the same order, does no harm; it counts unless `same` is true.
    """
    storage, one, two = target._storage, target._array, source._array
    if target is source:
        overlaps = not same
    elif storage is None or storage is not source._storage:
        return
    elif not (one.size and two.size and _is_dense(one) and _is_dense(two)):
        return  # PyTorch finds that too hard to tell
    else:
        begins = address(one), address(two)
        if begins[0] == begins[1] and one.nbytes == two.nbytes:
            overlaps = not same or target.stride() != source.stride()
        else:
            overlaps = begins[0] < begins[1] + two.nbytes and begins[1] < begins[0] + one.nbytes
    if overlaps:
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
            "memory location. Please clone() the tensor before performing the operation."
        )


def _is_dense(array) -> bool:
    """Whether the elements fill a piece of memory, each place once, in whatever order of the dimensions."""
    if array.flags.c_contiguous:
        return True
    expected = array.itemsize
    for step, size in sorted(zip(array.strides, array.shape, strict=True)):
        if size != 1:
            if step != expected:
                return False
            expected *= size
    return True


def check_recorded_write(tensor: Tensor, base) -> None:
    if base is not None:
        node = tensor._node
        several = node is not None and (node.name() in MULTI_VIEWS or is_one_of_several(tensor))
        if several:
            raise RuntimeError(f"{place_among_views(node)} is a view and is being modified inplace. {OF_SEVERAL_VIEWS}")
        if node is not None and node.op.whole is not None:
            name = node.name().removesuffix("0").removesuffix("Backward")
            raise RuntimeError(
                f"Output {getattr(node, 'index', 0)} of {name} is a view and is being modified inplace. "
                + _OF_A_USERS_FUNCTION
            )
        if node is None and base._requires_grad and tensor._requires_grad:
            raise RuntimeError(
                "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that "
                "this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving "
                "both the view and the inplace either both inside the no_grad block (if you don't want the inplace to "
                "be tracked) or both outside (if you want the inplace to be tracked)."
            )
        if tensor._requires_grad and base._node is None:
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    if tensor._requires_grad and tensor._node is None:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


_OF_A_USERS_FUNCTION = (
    "This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic "
    "to handle view+inplace would override the custom backward associated with the custom Function, leading to "
    "incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function."
)
