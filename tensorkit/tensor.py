"""The tensor: an array, the node that made it, and who shares its memory.

A `Tensor` adds three things to a NumPy array: whether its gradient is wanted, the node of the tape that made it, and
the record of writes to its memory, which it shares with its views (`storage.py`).  This module says what a tensor is
and how it stands to its history.  Its other methods are attached by the modules where they stand: the ways out to
Python and NumPy by `conversions.py`, what computes by `ops/` (where its elements lie by `ops/strides.py`), `.grad`,
`backward` and hooks by `autograd/`.
"""

from typing import Any

import numpy as np

from . import dtypes
from .array_modules import on_gpu, place_of
from .device import CPU, device
from .errors import dim_out_of_range, hint, kind, wrong_argument
from .formats import strided
from .left_out import OF_TENSORS, LeftOut
from .size import Size
from .storage import InferenceStorage, Storage
from .tape import inferring, mode

ndarray = np.ndarray
number = np.generic
new = object.__new__


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
    if isinstance(array, number):
        array = tensor._array = np.array(array)
    return array


def storage_of(tensor) -> Storage:
    """The record of writes to this tensor's memory, made when someone first shares or writes it."""
    storage = tensor._storage
    if storage is None:
        storage = tensor._storage = Storage()
        if tensor._node is not None:
            tensor._node.hear(storage)  # its saved `out` has to hear of writes too
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


def one_of(sizes, dim, name: str) -> int:
    """The size (or stride) of a dimension; `name` is the method that is asked for it."""
    if type(dim) is not int:
        if isinstance(dim, bool) or not hasattr(dim, "__index__"):
            raise wrong_argument(name, "dim", 1, "int", dim)
        dim = dim.__index__()
    if not -len(sizes) <= dim < len(sizes):
        if not sizes:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        raise dim_out_of_range(dim, len(sizes))
    return sizes[dim]


def _fixed(getter) -> property:
    """A property that refuses to be set in PyTorch's words."""

    def refuse(tensor, value=None):
        raise AttributeError(f"attribute '{getter.__name__}' of 'torch._C.TensorBase' objects is not writable")

    return property(getter, refuse, refuse, doc=getter.__doc__)


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
    _grad: Any
    _storage: Any

    _hooks = None  # of a leaf: {number: function of its gradient}, an instance attribute once there are any
    _post_hooks = None  # likewise: {number: function of the leaf, after its gradient was added}
    __array_priority__ = 1000  # `numpy_scalar * tensor` is the tensor's business
    __hash__ = object.__hash__

    def __new__(cls, *args, dtype=None, device=None, **kwargs):
        wanted = dtypes.numpy_dtype(dtype or dtypes.get_default_dtype())
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
            first = args[0]
            while isinstance(first, (list, tuple)) and first:
                first = first[0]
            if isinstance(first, Tensor):
                return wrap(cls._from_sequence(args[0], wanted), cls)
            try:
                return wrap(np.array(args[0], dtype=wanted), cls)
            except OverflowError:
                raise RuntimeError(f"value cannot be converted to type {wanted.name} without overflow") from None
            except (TypeError, ValueError):
                return wrap(cls._from_sequence(args[0], wanted), cls)
        return wrap(np.zeros(args or (0,), wanted), cls)

    # What it is

    @_fixed
    def shape(self) -> Size:
        """The sizes of its dimensions."""
        return tuple.__new__(Size, self._array.shape)  # NumPy's sizes need no checking

    def size(self, dim=None):
        """The shape, or the size of one dimension.

        >>> torch.zeros(2, 3).size(), torch.zeros(2, 3).size(-1)
        (torch.Size([2, 3]), 3)
        """
        return self.shape if dim is None else one_of(self._array.shape, dim, "size")

    @_fixed
    def dtype(self) -> dtypes.dtype:
        """The type of its elements."""
        return dtypes.from_numpy(self._array.dtype)

    @_fixed
    def name(self):
        """None: PyTorch has an attribute of this name that nobody may set."""

    @_fixed
    def device(self):
        """Where its numbers are."""
        place = place_of(self._array)
        return CPU if place is None else device("cuda", place)

    @property
    def ndim(self) -> int:
        """How many dimensions it has."""
        return self._array.ndim

    def dim(self) -> int:
        """How many dimensions it has.

        >>> torch.zeros(2, 3).dim()
        2
        """
        return self._array.ndim

    def numel(self) -> int:
        """How many elements it has.

        >>> torch.zeros(2, 3).nelement()
        6
        """
        return self._array.size

    nelement = numel
    ndimension = dim

    def __len__(self) -> int:
        shape = self._array.shape
        if not shape:
            raise TypeError("len() of a 0-d tensor")
        return shape[0]

    def element_size(self) -> int:
        """Bytes an element.

        >>> tensor([1.]).element_size()
        4
        """
        return self._array.itemsize

    @property
    def itemsize(self) -> int:
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._array.nbytes

    is_sparse = is_quantized = is_meta = is_mps = is_xpu = is_mkldnn = is_nested = False
    is_xla = is_vulkan = is_sparse_csr = is_ipu = is_maia = is_mtia = False
    layout = strided

    @property
    def is_cuda(self) -> bool:
        """Whether its numbers are on a GPU."""
        return on_gpu(self._array)

    @property
    def is_cpu(self) -> bool:
        """Whether its numbers are on the CPU."""
        return not on_gpu(self._array)

    def get_device(self) -> int:
        """The index of its GPU; -1 on the CPU.

        >>> tensor([1.]).get_device()
        -1
        """
        place = place_of(self._array)
        return -1 if place is None else place

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self.dtype.is_complex

    def is_signed(self) -> bool:
        return self.dtype.is_signed

    def is_same_size(self, other) -> bool:
        return self._array.shape == other._array.shape

    # Memory

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
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in "
                "a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
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
        if requires_grad is not True and requires_grad is not False:
            raise wrong_argument("requires_grad_", "requires_grad", 1, "bool", requires_grad)
        if requires_grad and self.dtype.category < dtypes.FLOATING:
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        self.requires_grad = requires_grad
        return self

    def is_inference(self) -> bool:
        """Whether it was made in inference mode.

        >>> with torch.inference_mode():
        ...     x = torch.ones(1)
        >>> x.is_inference()
        True
        """
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
    def data(self) -> "Tensor":
        """The same numbers without the history; writes through it are not seen by the tape."""
        return wrap(memory(self), type(self) if type(self) is not Tensor else None)

    @data.setter
    def data(self, source: "Tensor"):
        if not isinstance(source, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {kind(source)}")
        if self._requires_grad and source._array.dtype.kind not in "fcV":
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        self._array = memory(source)

    def detach(self) -> "Tensor":
        """The same memory, cut off from the history: what is computed from it has no gradient.

        >>> x = tensor([2.], requires_grad=True)
        >>> (3 * x).detach()
        tensor([6.])
        """
        return share(self, memory(self))

    def detach_(self) -> "Tensor":
        """Forget the history of this tensor itself; it becomes a leaf."""
        if self._base is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
                "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
                "detach_() cannot be called on these gradients. To fix this error, please refer to the "
                "Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution."
            )
        self._node = None
        self._requires_grad = False
        return self

    def __dir__(self):
        return sorted({*object.__dir__(self)} - {*OF_TENSORS})


for _name in OF_TENSORS:
    setattr(Tensor, _name, LeftOut(_name))


def _options(kind) -> str:
    """A kind of tensor as the errors of the old constructors spell it out."""
    return (
        f"TensorOptions(dtype={kind.c_name}, device=cpu, layout=Strided, requires_grad=false (default), "
        "pinned_memory=false (default), memory_format=(nullopt))"
    )


def attach(body):
    """Make a function or a property, which stands in another module, a member of Tensor."""
    function = body.fget if isinstance(body, property) else body
    function.__qualname__ = "Tensor." + function.__name__
    setattr(Tensor, function.__name__, body)
    return body


#: Its examples are this module's, though it prints as a class of PyTorch's.
__test__ = {"Tensor": Tensor}
