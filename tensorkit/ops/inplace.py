"""Writing to a tensor's memory: `overwrite`, and the in-place twins of operations.

An in-place operation is the ordinary one, whose result is then written over the tensor.  Writes are numbered by the
tape's clock, so that a derivative that needs the old value finds out.  Whether a tensor may be written to says
`writable.py`, what becomes of its history and that of its views `rewritten.py`.
"""

from types import FunctionType

from .. import dtypes
from ..array_modules import beside, move_like, np, on_gpu
from ..errors import brackets
from ..formats import OUTER_FIRST, check_rank, checked, preserve_format
from ..tape import mode, record
from ..tensor import Tensor, storage_of, wrap
from .cast import c_cast, number_for, to_dtype
from .declare import FUNCTIONS, REGISTRY, behind
from .pointwise import nothing
from .publish import told
from .writable import check_overlap, check_recorded_write, check_writable, is_expanded


def store(tensor: Tensor, array) -> None:
    """Write `array` over the tensor's memory, and note the write."""
    own = tensor._array
    if type(own) is np.ndarray and is_expanded(own):
        changed = array != own  # elements that share memory keep what was written to any of them
        own[changed] = c_cast(array, own.dtype)[changed]
    elif type(own) is np.ndarray:
        own[...] = c_cast(array, own.dtype) if array.dtype != own.dtype else array
    elif on_gpu(own):
        _store_on_gpu(own, array)
    else:
        tensor._array = c_cast(array, own.dtype)[()] if array.dtype != own.dtype else own.dtype.type(array)
    storage_of(tensor).written()


def _store_on_gpu(own, array) -> None:
    array = c_cast(array, own.dtype) if array.dtype != own.dtype else array
    if isinstance(array, np.generic):
        own[...] = array
        return
    array = move_like(array, own)
    if is_expanded(own):
        changed = array != own
        own[changed] = array[changed]
    else:
        own[...] = array


def overwrite(tensor: Tensor, result: Tensor, *, silent: bool = False) -> Tensor:
    """Write `result`, the outcome of an operation on `tensor`, over the tensor, which takes over its history.

    Raises RuntimeError where the result has another shape, or (unless `silent`) a category of dtype that the tensor
    cannot hold.
    """
    shape, new_shape = tensor._array.shape, result._array.shape
    if shape != new_shape:
        raise RuntimeError(
            f"output with shape {brackets(shape)} doesn't match the broadcast shape {brackets(new_shape)}"
        )
    follows = mode.enabled and (result._requires_grad or tensor._requires_grad)
    if follows and result._node is not None:
        _freeze(result._node, tensor)
    if result._array.dtype != tensor._array.dtype:
        if not silent and not dtypes.can_cast(result.dtype, tensor.dtype):
            raise RuntimeError(
                f"result type {result.dtype.cpp_name} can't be cast to the desired output type {tensor.dtype.cpp_name}"
            )
        result = to_dtype(result, tensor.dtype)
    store(tensor, result._array)
    if follows:
        from .rewritten import adopt_history

        adopt_history(tensor, result)
    return tensor


def _freeze(node, tensor) -> None:
    """Let a node that saved the tensor about to be written, as its first operand, keep a copy of its present value."""
    if node.saved and node.saved[0] is tensor and node.op.saves[0] == node.op.operands[0]:
        frozen = wrap(np.array(tensor._array)[()])
        frozen._node, frozen._requires_grad = tensor._node, tensor._requires_grad
        node.saved = (frozen, *node.saved[1:])


# The in-place twin of every operation that has one


# Operations in place that PyTorch lets read from any part of the memory that they write to
_UNCHECKED = {"addmm", "addmv", "addbmm", "baddbmm", "ldexp", "masked_scatter"}
# … and those whose operands may share nothing at all with it
_BY_INDEX = {"index_reduce", "index_add", "index_copy", "index_fill", "scatter", "scatter_add", "scatter_reduce"}

# … and those that may write to expanded tensors, which PyTorch warns of
_WARNED = {"index_fill", "masked_fill"}


# … and those that name the dtypes as C does, where their operands are numbers
_BOUNDS = {"clamp", "clip", "clamp_min", "clamp_max"}


def _check_bounds(have, wanted) -> None:
    if not dtypes.can_cast(have, wanted):
        raise RuntimeError(f"result type {have.cpp_name} can't be cast to the desired output type {wanted.c_name}")


def in_place(name: str, function):
    """The method `name_` that writes the result of `function` over its tensor."""

    def method(self, *args, **kwargs):
        check_writable(self, by=name + "_" if name in _WARNED else None)
        strict = name in _BY_INDEX
        if strict or (self._storage is not None and name not in _UNCHECKED):
            for each in (*args, *kwargs.values()):
                read_first = name in _WARNED and getattr(each, "ndim", 0) == 0  # the value to fill with
                if isinstance(each, Tensor) and not read_first:
                    check_overlap(self, each, same=not strict)
        try:
            result = function(self, *args, **kwargs)
        except (TypeError, AttributeError) as error:
            found = told(f".{name}_", (self, *args), kwargs, error)
            if found is error:
                raise
            raise found from None
        if name in _BOUNDS and not any(isinstance(each, Tensor) for each in (*args, *kwargs.values())):
            _check_bounds(result.dtype, self.dtype)
        return overwrite(self, result)

    method.__name__ = method.__qualname__ = name + "_"
    method.__doc__ = f"`{name}` in place: the result is written over this tensor, which is returned."
    setattr(Tensor, name + "_", method)
    return method


#: Functions put together from other operations that have an in-place twin all the same.
_COMPOSED = """
    square float_power div divide true_divide pow multiply subtract negative logical_and not_equal greater less
    floor_divide greater_equal less_equal
""".split()


_OPERATORS = {
    "__iadd__": "add", "__isub__": "sub", "__imul__": "mul", "__itruediv__": "div", "__ifloordiv__": "floor_divide",
    "__imod__": "remainder", "__ipow__": "pow", "__iand__": "bitwise_and", "__ior__": "bitwise_or",
    "__ixor__": "bitwise_xor", "__ilshift__": "bitwise_left_shift", "__irshift__": "bitwise_right_shift",
}  # fmt: skip


def _is_method(name: str) -> bool:
    """Whether Tensor has it; what only stands for a method (`later.py`) does not count."""
    return isinstance(vars(Tensor).get(name), FunctionType)


def attach_in_place_methods(functions: dict, names: list[str] = _COMPOSED) -> None:
    """Give Tensor the in-place methods of all operations declared since the last call, and of those named."""
    for declared in REGISTRY.values():
        if declared.inplace and declared.method and not _is_method(declared.name + "_"):
            in_place(declared.name, declared.function)
    for name in names:
        if name in functions and not _is_method(name + "_"):
            in_place(name, functions[name])
    for operator, name in _OPERATORS.items():
        if _is_method(name + "_") and not _is_method(operator):
            setattr(Tensor, operator, vars(Tensor)[name + "_"])


@behind(x=nothing)
def _zero(x):
    return np.zeros_like(x)


@behind(x=nothing, value=lambda g: g.sum(),
    node_name=lambda node: f"FillBackward{2 if isinstance(node.parents[1], (int, float)) else 3}")  # fmt: skip
def _fill(x, value):
    return np.full_like(x, c_cast(np.asarray(value), x.dtype))


@behind(x=nothing, node_name=lambda node: node.extras[0])
def _unrelated(x, node_name):
    return np.zeros_like(x)


def unrelated(tensor: Tensor, fresh, node_name: str) -> Tensor:
    """The values `fresh` with a history in which nothing flows back to what was in the tensor before."""
    result = wrap(fresh)
    if mode.enabled:
        result._node = record(_unrelated.op, (tensor._node or tensor,), (), (node_name,), fresh)
        result._requires_grad = True
    return result


def zero_(self):
    """Set every element to zero, in place.

    >>> torch.ones(2).zero_()
    tensor([0., 0.])
    """
    check_writable(self, filled=True)
    return overwrite(self, _zero(self))


def fill_(self, value):
    """Set every element to one value, in place.

    >>> torch.zeros(2).fill_(7.)
    tensor([7., 7.])
    """
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")
    check_writable(self, filled=not isinstance(value, Tensor))
    if not isinstance(value, Tensor):
        if isinstance(value, str) or value is None:
            raise told(".fill_", (self, value), {})
        value = number_for(value, self._array.dtype).item()
    return overwrite(self, _fill(self, value), silent=True)


def fill_diagonal_(self, fill_value, wrap=False):
    """Set the main diagonal to one value, in place.

    >>> torch.zeros(2, 2).fill_diagonal_(7.)
    tensor([[7., 0.],
            [0., 7.]])
    """
    fill_(self.diagonal() if self.ndim == 2 else self.view(-1)[:: sum(self.stride())], fill_value)
    return self


def reshaped_over(tensor: Tensor, name: str, *args) -> Tensor:
    """The tensor itself, with the shape that the view operation `name` gives."""
    viewed = getattr(Tensor, name)(tensor, *args)
    tensor._array = viewed._array
    if tensor._node is not None and viewed._node is not None:
        tensor._node = viewed._node
        tensor._node.op = _in_place_twin(tensor._node.op)
    return tensor


def _reshaping(name: str):
    """The in-place twin of a view operation: the tensor itself takes another shape over its memory."""

    def change(self, *args):
        if mode.enabled:
            check_recorded_write(self, self._base)
        reshaped_over(self, name, *args)
        storage_of(self).written()  # to PyTorch that is a write like any other
        return self

    change.__name__ = name + "_"
    change.__doc__ = f"`{name}` in place: this tensor itself changes its shape."
    setattr(Tensor, name + "_", change)


_twins: dict = {}


def _in_place_twin(declared):
    """The operation under the name of its in-place form: PyTorch numbers those on from the others."""
    found = _twins.get(declared.name)
    if found is None:
        from copy import copy

        name = declared.node_name
        found = _twins[declared.name] = copy(declared)
        found.node_name = lambda node: _numbered(name if isinstance(name, str) else name(node))
    return found


def _numbered(name: str) -> str:
    stem, number = name[:-1], int(name[-1])
    return f"{stem}{number + (3 if stem.startswith('Squeeze') else 1)}"


for _name in ("t", "transpose", "unsqueeze", "squeeze", "swapaxes", "swapdims", "as_strided"):
    _reshaping(_name)


def resize_(self, *sizes, memory_format=None):
    """Give the tensor another shape in place; elements that are new are zero.

    memory_format  the order of dimensions in memory; the elements stay there in the order in which they are

    >>> torch.arange(4).resize_(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    shape = tuple(sizes[0]) if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes
    if self._requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    if memory_format is not None:
        if checked(memory_format, "resize_") is preserve_format:
            raise RuntimeError("Unsupported memory formatPreserve")
        check_rank(memory_format, len(shape))
    count = int(np.prod(shape))
    with beside(self._array):
        flat = np.zeros(count, self._array.dtype)
    old = np.ravel(self._array, "K")[:count]
    flat[: old.size] = old
    if order := OUTER_FIRST.get(memory_format):
        shape = [shape[axis] for axis in order]
    self._array = (
        flat.reshape(shape).transpose([order.index(i) for i in range(len(shape))]) if order else flat.reshape(shape)
    )
    return self


def set_(self, source):
    """Let this tensor be another one's memory from now on.

    >>> x, y = tensor([1., 2.]), tensor([3., 4.])
    >>> x.set_(y).data_ptr() == y.data_ptr()
    True
    """
    self._array = source._array
    return self


def apply_(self, callable):
    """Replace each element by `callable(element)`, in place; slow, and without gradients.

    >>> tensor([1., 2.]).apply_(lambda value: 10 * value)
    tensor([10., 20.])
    """
    _refuse_history("apply_", self)
    return _replaced(self, [callable(each) for each in self._array.ravel().tolist()])


def map_(self, tensor, callable):
    """Replace each element by `callable(element, the other tensor's element)`, in place; slow, without gradients.

    >>> tensor([1., 2.]).map_(tensor([3., 4.]), max)
    tensor([3., 4.])
    """
    _refuse_history("map_", self, tensor)
    if tensor.dtype is not self.dtype:
        raise TypeError(f"map_: expected {self.type()} for 'other' (got {tensor.type()})")
    other = FUNCTIONS["broadcast_to"](tensor, self._array.shape)._array.ravel().tolist()
    return _replaced(self, [callable(a, b) for a, b in zip(self._array.ravel().tolist(), other, strict=True)])


def _refuse_history(name: str, *tensors) -> None:
    if any(each._requires_grad for each in tensors):
        raise RuntimeError(f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead.")


def _replaced(tensor, values: list):
    store(tensor, np.array(values, tensor._array.dtype).reshape(tensor._array.shape))
    return tensor


for _function in (zero_, fill_, fill_diagonal_, resize_, set_, apply_, map_):
    setattr(Tensor, _function.__name__, _function)
