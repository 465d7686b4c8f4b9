"""The end of the walk: gradients are added to the `.grad` of the leaves; and what may be assigned to `.grad`.

What the walk brings was computed for this leaf alone, or is held elsewhere too (`shared`): then it is copied.  The walk
itself is `engine.py`; the hooks that look on stand in `hooking.py`.
"""

from sys import getrefcount
from threading import Lock
from warnings import warn

from ..array_modules import np, on_gpu
from ..dtypes import dtype
from ..formats import contiguous_format, is_dense
from ..ops.assign import _copied as _copied_over
from ..ops.declare import FLOAT_SCALARS
from ..ops.layout import as_asked
from ..ops.pointwise import add
from ..tape import record
from ..tensor import Tensor, attach, wrap

ndarray = np.ndarray
_accumulating = Lock()  # threads that meet at one leaf add one after the other


# What a program sees of it


@property
def grad(self):
    """The gradient that backward passes have added up here; None before the first one."""
    if self._grad is None and self._node is not None and not self.retains_grad:
        warn(
            "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
            "won't be populated during autograd.backward(). If you indeed want the .grad field to be populated "
            "for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor "
            "by mistake, make sure you access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 "
            "for more information.",
            stacklevel=2,
        )
    return self._grad


@grad.setter
def grad(self, gradient):
    if gradient is not None:
        _check_assigned(self, gradient)
    self._grad = gradient


@grad.deleter
def grad(self):
    self._grad = None


@property
def grad_dtype(self) -> dtype | None:
    """The dtype that its gradient must have when one is assigned: its own unless another was set, None for any.

    >>> torch.ones(1, requires_grad=True).grad_dtype
    torch.float32
    """
    if self._node is not None:
        raise RuntimeError("grad_dtype can only be accessed on leaf tensors.")
    return self.__dict__.get("_grad_dtype", self.dtype)


@grad_dtype.setter
def grad_dtype(self, wanted: dtype | None):
    if self._node is not None:
        raise RuntimeError("grad_dtype can only be set on leaf tensors.")
    self.__dict__["_grad_dtype"] = wanted


attach(grad)
attach(grad_dtype)


def _check_assigned(leaf: Tensor, gradient) -> None:
    """TypeError or RuntimeError, in PyTorch's words, where `gradient` cannot be the gradient of `leaf`."""
    if not isinstance(gradient, Tensor):
        raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(gradient).__name__}")
    if gradient is leaf:
        raise RuntimeError("can't assign Variable as its own grad")
    if gradient._array.dtype != leaf._array.dtype and not _takes(leaf, gradient):
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{gradient.dtype.c_name}' to a tensor with grad_dtype "
            f"'{leaf.dtype.cpp_name}'. The gradient must match the tensor's grad_dtype (defaults to the "
            "tensor's dtype). You can set the tensor's grad_dtype attribute with a specific dtype, or None to "
            "allow any dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor and its gradient "
            "may break downstream systems that assume they match."
        )
    if on_gpu(gradient._array) is not on_gpu(leaf._array):
        raise RuntimeError(
            f"attempting to assign a gradient with device type '{gradient.device.type}' to a tensor with "
            f"device type '{leaf.device.type}'. Please ensure that the gradient and the tensor are on the same "
            "device"
        )
    if gradient._array.shape != leaf._array.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(gradient.shape)}' to a tensor of size "
            f"'{list(leaf.shape)}'. Please ensure that the gradient and the tensor are the same size"
        )


def _takes(leaf: Tensor, gradient: Tensor) -> bool:
    """Whether a gradient of another dtype than its own is the kind that `grad_dtype` was set to."""
    wanted = leaf.__dict__.get("_grad_dtype", leaf.dtype)
    return wanted is None or wanted is gradient.dtype


# What the walk does


def deposit_first(pending: dict, shared: set) -> dict:
    """Put away the waiting arrays that become a leaf's first gradient as they are, where no hooks look on; those that
    remain are given back, and `shared` tells which of them must be copied.  By way of `deposit` alone a small example
    would take a quarter longer."""
    rest = {}
    with _accumulating:
        for leaf, g in pending.items():
            if type(g) is ndarray:
                # A view is its own only if nobody else holds the memory: `getrefcount` and the view itself.
                base = g.base is not None
                if base and (type(g.base) is not ndarray or g.base.size != g.size or getrefcount(g.base) > 2):
                    shared.add(leaf)
                own = leaf not in shared and g.strides == leaf._array.strides
            else:
                own = type(g) in FLOAT_SCALARS
            if own and leaf._grad is None and leaf._hooks is leaf._post_hooks is None:
                leaf._grad = wrap(g)
            else:
                rest[leaf] = g
    return rest


def deposit(leaf: Tensor, g: Tensor, shared: bool, create_graph: bool) -> None:
    """Add `g` to `leaf.grad`: a first gradient becomes `.grad` (a copy, if others hold it too), later ones are added to
    the same tensor."""
    with _accumulating:
        grad = leaf._grad
        if grad is None:
            if create_graph:
                leaf._grad = _copied(g)
            elif isinstance(g._array, np.generic):  # no memory: it may be shared, its tensor may not
                leaf._grad = wrap(g._array) if shared or g._requires_grad else g
            elif shared or g._requires_grad or g._array.strides != leaf._array.strides:
                leaf._grad = wrap(_laid_out_like(g._array, leaf._array))
            else:
                leaf._grad = g
        elif create_graph:
            leaf._grad = add(grad, g)
        elif not isinstance(grad._array, np.generic):
            grad._array += g._array
        else:
            grad._array = grad._array + g._array
    if leaf._post_hooks is not None:
        for hook in list(leaf._post_hooks.values()):
            result = hook(leaf)
            if result is not None and not isinstance(result, Tensor):
                raise TypeError(f"expected Variable, but hook returned '{type(result).__name__}'")
            if result is not None:
                raise RuntimeError("Tensor post accumulate grad hooks should return None.")


def _copied(g: Tensor) -> Tensor:
    """A copy of a gradient, with its history."""
    copied = wrap(np.array(g._array)[()])
    if g._requires_grad:
        copied._node, copied._requires_grad = record(_copied_over.op, (0.0, g._node or g), (), (), copied._array), True
    return copied


def _laid_out_like(array, like):
    """A copy of `array` with the memory order of `like`, which is how PyTorch lays out a leaf's gradient."""
    if like.shape != array.shape:
        copy = np.empty_like(array)
    else:
        copy = np.empty_like(like, dtype=array.dtype, subok=False)
        if copy.strides != like.strides:  # rows, unless it is only NumPy's way with sizes of 1 or another dtype
            copy = as_asked(copy, like, None if is_dense(like) else contiguous_format)
    copy[...] = array
    return copy
