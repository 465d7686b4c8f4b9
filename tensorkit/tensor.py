"""The tensor: an array, the node that made it, and who shares its memory.

A `Tensor` adds three things to a NumPy array: whether its gradient is wanted, the node of the tape that made it, and
the record of writes to its memory, which it shares with its views.  This module holds storage, views,
flags, conversions and Python's protocols.  Arithmetic and everything else that computes is declared in `tensorkit.ops`,
which attaches its functions here as methods; `backward` comes from `tensorkit.autograd`.
"""

import copy
import weakref
from warnings import warn

import numpy as np

from . import dtypes
from .device import CPU
from .errors import dim_out_of_range, hint
from .formats import strided
from .hooks import RemovableHandle
from .left_out import missing
from .printing import tensor_text
from .size import Size
from .tape import inferring, mode, tick, watchers

ndarray = np.ndarray
new = object.__new__


class Storage:
    """What the tensors over one piece of memory know together.

    writes  the times of in-place writes, oldest first (the last few hundred), after `dropped` earlier ones
    views   weak references to the views whose history follows their base's
    """

    __slots__ = ("writes", "dropped", "views", "_prune_at")

    def __init__(self):
        self.writes = []
        self.dropped = 0
        self.views = []
        self._prune_at = 32

    def written(self) -> None:
        """Note a write, now."""
        writes = self.writes
        writes.append(tick())
        if len(writes) > 512:
            self.dropped += 256
            del writes[:256]

    def version(self, at=None) -> int:
        """How many writes there were, all together or before the time `at`."""
        if at is None:
            return self.dropped + len(self.writes)
        return self.dropped + sum(time < at for time in self.writes)

    def add_view(self, view) -> None:
        views = self.views
        if len(views) >= self._prune_at:
            views[:] = [each for each in views if each() is not None]
            self._prune_at = 2 * len(views) + 32
        views.append(weakref.ref(view))


class InferenceStorage(Storage):
    """The memory of a tensor made in inference mode: never saved for a derivative, never written to outside."""

    __slots__ = ()

    def __init__(self):
        super().__init__()
        if _refuse_to_save not in watchers:
            watchers.append(_refuse_to_save)

    def written(self) -> None:
        if not mode.inference:
            raise RuntimeError(
                "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
                "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more "
                "details."
            )

    def version(self, at=None) -> int:
        raise RuntimeError("Inference tensors do not track version counter.")


def _refuse_to_save(node) -> None:
    """Raise PyTorch's error for a new node that saved a tensor of inference mode."""
    for each in node.saved or ():
        if type(getattr(each, "_storage", None)) is InferenceStorage:
            raise RuntimeError(
                "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode "
                "in "
                "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor "
                "and use "
                "it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
            )


def wrap(array, cls=None) -> "Tensor":
    """A constant tensor around `array` (an ndarray, or a NumPy scalar for 0 dimensions); nothing is copied."""
    tensor = new(cls or Tensor)
    tensor._array = array
    tensor._node = tensor._grad = tensor._base = tensor._storage = None
    tensor._requires_grad = False
    if inferring and mode.inference:
        tensor._storage = InferenceStorage()
    return tensor


def memory(tensor) -> ndarray:
    """The tensor's array, as memory that can be shared and written to.

    A fresh 0-d result is a NumPy scalar (six times faster to compute with than a 0-d array); it moves into
    an array of its own when someone first needs a place in memory.
    """
    array = tensor._array
    if not isinstance(array, ndarray):
        array = tensor._array = np.array(array)
    return array


def storage_of(tensor) -> Storage:
    """The record of writes to this tensor's memory, made when someone first shares or writes it."""
    storage = tensor._storage
    if storage is None:
        storage = tensor._storage = Storage()
        if tensor._node is not None:
            tensor._node.storage = storage  # its saved `out` has to hear of writes too
    return storage


def share(tensor, array) -> "Tensor":
    """A constant tensor over (part of) `tensor`'s memory that shares its record of writes: what `detach()` gives."""
    shared = wrap(array)
    shared._storage = storage_of(tensor)
    return shared


def view(tensor, array, node=None) -> "Tensor":
    """A view of `tensor` with the given array and history: writes through one are seen, and differentiated, in both."""
    shared = share(tensor, array)
    base = tensor._base
    shared._base = tensor if base is None else base
    shared._storage.add_view(shared)
    if node is not None:
        shared._node = node
        shared._requires_grad = True
    return shared


class Tensor:
    """A multi-dimensional array of numbers of one type that can remember how it was computed.

    Make one with `torch.tensor(data)`.  `Tensor(2, 3)`, as in PyTorch, is an uninitialised tensor of that shape (ours
    is filled with zeros), and `Tensor([1, 2])` a tensor of the default dtype.

    >>> import tensorkit as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])

    Source: https://pytorch.org/docs/stable/tensors.html
    """

    __slots__ = ("_array", "_node", "_requires_grad", "_grad", "_base", "_storage", "__dict__", "__weakref__")

    _hooks = None  # of a leaf: {number: function of its gradient}, an instance attribute once there are any
    _post_hooks = None  # likewise: {number: function of the leaf, after its gradient was added}
    __array_priority__ = 1000  # `numpy_scalar * tensor` is the tensor's business
    __hash__ = object.__hash__

    def __new__(cls, *args, dtype=None, device=None, **kwargs):
        wanted = (dtype or dtypes.get_default_dtype()).numpy
        if len(args) == 1 and isinstance(args[0], Tensor):
            given = args[0]
            if given._array.dtype != wanted:
                raise TypeError(f"expected {_options(dtypes.from_numpy(wanted))} (got {_options(given.dtype)})")
            return share(given, memory(given))
        if len(args) == 1 and not isinstance(args[0], int):
            if isinstance(args[0], Size):
                return wrap(np.zeros(args[0], wanted), cls)
            if isinstance(args[0], str):
                raise TypeError("new(): invalid data type 'str'")
            if isinstance(args[0], (float, complex)):
                raise TypeError(f"new(): data must be a sequence (got {type(args[0]).__name__})")
            return wrap(np.array(args[0], dtype=wanted), cls)
        return wrap(np.zeros(args or (0,), wanted), cls)

    # What it is

    @property
    def shape(self) -> Size:
        """The sizes of its dimensions."""
        return tuple.__new__(Size, self._array.shape)  # NumPy's sizes need no checking

    def size(self, dim=None):
        """The shape, or the size of one dimension."""
        if dim is None:
            return self.shape
        shape = self._array.shape
        if not -len(shape) <= dim < len(shape):
            if not shape:
                raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
            raise dim_out_of_range(dim, len(shape))
        return shape[dim]

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of its elements."""
        return dtypes.from_numpy(self._array.dtype)

    @property
    def device(self):
        """Where its numbers are."""
        return CPU

    @property
    def ndim(self) -> int:
        """How many dimensions it has."""
        return self._array.ndim

    def dim(self) -> int:
        """How many dimensions it has."""
        return self._array.ndim

    def numel(self) -> int:
        """How many elements it has."""
        return self._array.size

    nelement = numel
    ndimension = dim

    def __len__(self) -> int:
        shape = self._array.shape
        if not shape:
            raise TypeError("len() of a 0-d tensor")
        return shape[0]

    def element_size(self) -> int:
        """Bytes an element."""
        return self._array.itemsize

    @property
    def itemsize(self) -> int:
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._array.nbytes

    is_cuda = is_sparse = is_quantized = is_meta = is_mps = is_xpu = is_mkldnn = is_nested = False
    is_cpu = True
    layout = strided

    def get_device(self) -> int:
        """The index of its GPU; -1 on the CPU."""
        return -1

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self.dtype.is_complex

    def is_signed(self) -> bool:
        return self.dtype.is_signed

    def is_same_size(self, other) -> bool:
        return self._array.shape == other._array.shape

    # Memory

    def stride(self, dim=None):
        """How many elements to go on in memory for the next index of each dimension (or of one)."""
        array = self._array
        strides = [step // array.itemsize for step in array.strides]
        after = 1
        for i in range(len(strides) - 1, -1, -1):
            if array.shape[i] == 1 and not strides[i]:  # NumPy has no use for the step of a new dimension
                strides[i] = after
            after = array.shape[i] * strides[i]
        return tuple(strides) if dim is None else strides[dim]

    def storage_offset(self) -> int:
        """How many elements into the memory of its base it begins."""
        if self._base is None:
            return 0
        array, whole = self._array, memory(self._base)
        return (array.ctypes.data - whole.ctypes.data) // array.itemsize

    def data_ptr(self) -> int:
        """The address of its first element."""
        return memory(self).ctypes.data if self._array.size else 0

    def is_contiguous(self, memory_format=None) -> bool:
        """Whether its elements lie in memory in the order of its indices."""
        array = self._array
        return not isinstance(array, ndarray) or array.flags.c_contiguous

    def is_set_to(self, other) -> bool:
        return self.data_ptr() == other.data_ptr() and self.stride() == other.stride()

    def is_shared(self) -> bool:
        return False

    def _is_view(self) -> bool:
        return self._base is not None

    @property
    def _version(self) -> int:
        """How often its memory was written to in place."""
        return 0 if self._storage is None else self._storage.version()

    # Gradients

    @property
    def requires_grad(self) -> bool:
        """Whether the backward pass computes a gradient for it."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool):
        wanted = bool(wanted)
        if self._node is not None and not wanted:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
                "in a "
                "subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if wanted and self.dtype.category < dtypes.FLOATING:
            raise hint(
                RuntimeError("only Tensors of floating point and complex dtype can require gradients"),
                "a gradient says how the result changes when a value moves a little; whole numbers cannot. "
                "Write the data with a decimal point (1. for 1), or use .float().",
            )
        if wanted and type(self._storage) is InferenceStorage and not mode.inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        self._requires_grad = wanted

    def requires_grad_(self, requires_grad: bool = True) -> "Tensor":
        """Ask for its gradient (or not any more); returns the tensor itself."""
        if requires_grad and self.dtype.category < dtypes.FLOATING:
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        self.requires_grad = requires_grad
        return self

    def is_inference(self) -> bool:
        """Whether it was made in inference mode."""
        return type(self._storage) is InferenceStorage

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return self._node is None

    @property
    def grad_fn(self):
        """The node of the operation that made it; None for a leaf."""
        node = self._node
        return None if node is None else node.shown()

    @property
    def grad(self):
        """The gradient that backward passes have added up here; None before the first one."""
        if self._grad is None and self._node is not None and not self.retains_grad:
            warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't "
                "be populated during autograd.backward(). If you indeed want the .grad field to be populated for a "
                "non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by "
                "mistake, make sure you access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for "
                "more informations.",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, gradient):
        if gradient is not None:
            if not isinstance(gradient, Tensor):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type(gradient).__name__}"
                )
            if gradient is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if gradient._array.dtype != self._array.dtype:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{gradient.dtype.c_name}' to a tensor with grad_dtype "
                    f"'{self.dtype.cpp_name}'. The gradient must match the tensor's grad_dtype (defaults to the "
                    "tensor's "
                    "dtype). You can set the tensor's grad_dtype attribute with a specific dtype, or None to allow any "
                    "dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor and its gradient may break "
                    "downstream systems that assume they match."
                )
            if gradient._array.shape != self._array.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(gradient.shape)}' to a tensor of size "
                    f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
                )
        self._grad = gradient

    @grad.deleter
    def grad(self):
        self._grad = None

    @property
    def data(self) -> "Tensor":
        """The same numbers without the history; writes through it are not seen by the tape."""
        return wrap(memory(self), type(self) if type(self) is not Tensor else None)

    @data.setter
    def data(self, source: "Tensor"):
        if self._requires_grad and source._array.dtype.kind not in "fcV":
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        if self._requires_grad and source._array.dtype.kind in "biu":
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        self._array = memory(source)

    def detach(self) -> "Tensor":
        """The same memory, cut off from the history: what is computed from it has no gradient."""
        return share(self, memory(self))

    def detach_(self) -> "Tensor":
        """Forget the history of this tensor itself; it becomes a leaf."""
        if self._base is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
                "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
                "detach_() cannot be called on these gradients. To fix this error, please refer to the "
                "Optimizer.zero_grad() "
                "function in torch/optim/optimizer.py as the solution."
            )
        self._node = None
        self._requires_grad = False
        return self

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on this non-leaf."""
        hooks = self._node.hooks if self._node is not None else None
        return hooks is not None and "retain_grad" in hooks

    def retain_grad(self) -> None:
        """Keep the gradient of this computed tensor in `.grad` too."""
        if not self._requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self._node is None or self.retains_grad:
            return
        holder = weakref.ref(self)

        def keep(gradient):
            tensor = holder()
            if tensor is not None:
                tensor._grad = gradient if tensor._grad is None else tensor._grad + gradient

        if self._node.hooks is None:
            self._node.hooks = {}
        self._node.hooks["retain_grad"] = keep

    def register_hook(self, hook):
        """Call `hook(gradient)` when its gradient is computed; what it returns, if not None, replaces the gradient.

        Returns a handle whose `remove()` takes the hook away.
        """
        if not self._requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self._node is None:
            if self._hooks is None:
                self._hooks = {}
            return RemovableHandle(self._hooks, hook)
        if self._node.hooks is None:
            self._node.hooks = {}
        return RemovableHandle(self._node.hooks, hook)

    def register_post_accumulate_grad_hook(self, hook):
        """Call `hook(tensor)` after a backward pass has added to this leaf's `.grad`."""
        if not self._requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self._node is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if self._post_hooks is None:
            self._post_hooks = {}
        return RemovableHandle(self._post_hooks, hook)

    # Out of the tensor world

    def item(self):
        """The one value of a tensor with one element, as a Python number."""
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
        return self._array.item()

    def tolist(self):
        """The values as nested Python lists (a number for 0 dimensions)."""
        return self._array.tolist()

    def numpy(self, *, force: bool = False) -> ndarray:
        """The values as a NumPy array that shares this tensor's memory.

        Raises RuntimeError for a tensor that requires grad, unless `force=True`.
        """
        if self._requires_grad and not force:
            raise hint(
                RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."),
                "a NumPy array has no history, so the gradient would be lost on the way; detach() says that this is "
                "meant.",
            )
        return memory(self)

    def __array__(self, dtype=None, copy=None) -> ndarray:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __array_wrap__(self, array, context=None, return_scalar=False):
        return wrap(np.asarray(array))

    def __dlpack__(self, *, stream=None, **options):
        if self._requires_grad:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        return memory(self).__dlpack__(stream=stream, **options)

    def __dlpack_device__(self):
        return memory(self).__dlpack_device__()

    def cpu(self, memory_format=None) -> "Tensor":
        """This tensor on the CPU (itself, if it is there already)."""
        return self

    def __bool__(self) -> bool:
        if self._array.size != 1:
            if self._array.size == 0:
                raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        return bool(self._array.item())

    def _only_number(self, c_name: str | None = None):
        """The one value, for Python's conversions; PyTorch's error where there is more than one, or it is complex."""
        if self._array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        number = self._array.item()
        if self._requires_grad and _first("a tensor was converted to a number"):
            warn(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
                "Consider using tensor.detach() first.",
                stacklevel=3,
            )
        if c_name is not None and isinstance(number, complex):
            if number.imag:
                raise RuntimeError(f"value cannot be converted to type {c_name} without overflow")
            return number.real
        return number

    def __float__(self) -> float:
        if self._requires_grad and _first("scalar of a tensor with requires_grad"):
            warn(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\nConsider "
                "using "
                "tensor.detach() first.",
                stacklevel=2,
            )
        return float(self._only_number("double"))

    def __int__(self) -> int:
        return int(self._only_number("int64_t"))

    def __complex__(self) -> complex:
        return complex(self._only_number())

    def __index__(self) -> int:
        if self._array.size != 1 or self.dtype.category > dtypes.INTEGER:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __format__(self, spec: str) -> str:
        if self._array.ndim == 0:
            return self.item().__format__(spec)
        return object.__format__(self, spec)

    def __contains__(self, element) -> bool:
        if isinstance(element, (Tensor, int, float, complex)):
            return bool((self._array == (element._array if isinstance(element, Tensor) else element)).any())
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")

    def __repr__(self, *, tensor_contents=None) -> str:
        return describe(self)

    def __deepcopy__(self, memo):
        if self._node is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment.  If you were attempting to deepcopy a module, this may be because of a torch.nn.utils."
                "weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001"
            )
        base = self._base
        if base is not None and base._node is None:  # views stay views: of the copy of their base
            array = memory(self)
            place = array.ctypes.data - memory(base).ctypes.data
            whole = memory(copy.deepcopy(base, memo))
            window = np.ndarray(array.shape, array.dtype, whole, place, array.strides) if whole.size else whole
            copied = view(memo[id(base)], window)
            copied.__class__ = type(self)
        else:
            copied = wrap(np.array(self._array, order="K"), type(self))
        copied._requires_grad = self._requires_grad
        memo[id(self)] = copied
        if self._grad is not None:
            copied._grad = self._grad.__deepcopy__(memo)
        copied.__dict__.update(self.__dict__)
        return copied

    def __reduce_ex__(self, protocol):
        return _rebuild, (self.detach().numpy().copy(), self._requires_grad, type(self))

    def __getattr__(self, name: str):
        raise missing(f"'{type(self).__name__}' object", name)


_said: set = set()


def _first(what: str) -> bool:
    """Whether this is said for the first time: some of PyTorch's warnings come once per process."""
    if what in _said and not always_warn:
        return False
    _said.add(what)
    return True


#: Whether warnings that come once per process are to come each time (`torch.set_warn_always`).
always_warn = False


def set_warn_always(wanted: bool) -> None:
    """Let the warnings that come once per process come each time."""
    global always_warn
    always_warn = wanted


def is_warn_always_enabled() -> bool:
    """Whether `set_warn_always` is on."""
    return always_warn


def _options(kind) -> str:
    """A kind of tensor as the errors of the old constructors spell it out."""
    return (
        f"TensorOptions(dtype={kind.c_name}, device=cpu, layout=Strided, requires_grad=false (default), "
        "pinned_memory=false "
        "(default), memory_format=(nullopt))"
    )


def _rebuild(array, requires_grad, cls):
    """A tensor that came back from a copy or from another process."""
    tensor = wrap(array, cls)
    tensor._requires_grad = requires_grad
    return tensor


def describe(tensor, name: str = "tensor(") -> str:
    """A tensor as PyTorch prints it."""
    cls = type(tensor)
    if cls is not Tensor and getattr(cls, "_printed_as", None) is None:
        name = cls.__name__ + "("
    kind = tensor.dtype
    default = dtypes.get_default_dtype()
    usual = kind in (default, dtypes.int64, dtypes.bool_) or (kind.is_complex and kind is default.to_complex())
    shown = kind is not default and not tensor._array.size or not usual
    grad = None
    if tensor._node is not None:
        grad = f"grad_fn=<{tensor._node.name().rpartition('::')[2]}>"
    elif tensor._requires_grad:
        grad = "requires_grad=True"
    return tensor_text(
        tensor._array, dtype_text=repr(kind) if shown else None, device_text=None, grad_text=grad, prefix=name
    )
