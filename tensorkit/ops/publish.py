"""How an operation becomes a function of the `torch` namespace and a method of `Tensor`, and what both have in common:
`out=`, and PyTorch's words for a call that does not fit.
"""

from functools import WRAPPER_ASSIGNMENTS

from .. import dtypes
from ..array_modules import move_like, np
from ..errors import kind
from ..tape import mode
from ..tensor import Tensor, memory, storage_of
from .op import REGISTRY, Op


class Functions(dict):
    """Functions by name; one that is not there is looked for among the operations that are loaded later."""

    find = None  # (name) -> function or None: `later.py` puts it here

    def __missing__(self, name: str):
        found = self.find(name) if self.find is not None else None
        if found is None:
            raise KeyError(name)
        return found


#: Every public function of the `torch` namespace that the ops modules define, by name.
FUNCTIONS = Functions()

#: NumPy's names for arguments, which PyTorch takes too.
SECOND_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"}

#: What stands for an argument that was not given.
MISSING = type("Missing", (), {"__slots__": ()})()


#: Once a GPU is in use: runs a function whose call went wrong where its arguments are (`placing.py`), or gives MISSING.
elsewhere = None


def told(name: str, args: tuple, kwargs: dict, error=None):
    """PyTorch's error for a call that went wrong because its arguments do not fit; otherwise `error` itself.

    `name` of a method has a dot before it; its `args` begin with the tensor.
    """
    from .arguments import complaint

    if name[0] == ".":
        args = args[1:]
    found = complaint(name, tuple([each for each in args if each is not MISSING]), kwargs)
    if found is None:
        return error
    for note in getattr(error, "__notes__", ()):
        found.add_note(note)
    return found


def translated(body, name: str):
    """`body` with PyTorch's words for calls that do not fit."""

    def call(*args, **kwargs):
        try:
            return body(*args, **kwargs)
        except Exception as error:  # PyTorch looks at the types of all arguments before anything else
            misfit = isinstance(error, (TypeError, AttributeError))
            if misfit and any(each in SECOND_NAMES for each in kwargs):
                from .arguments import signatures

                renamed = {SECOND_NAMES.get(each, each): value for each, value in kwargs.items()}
                if len(renamed) == len(kwargs) and signatures(name):
                    return call(*args, **renamed)
            if elsewhere is not None and (result := elsewhere(name, body, args, kwargs)) is not MISSING:
                return result
            found = told(name, args, kwargs, error)
            if found is error:
                raise
        raise found

    for each in WRAPPER_ASSIGNMENTS:
        if hasattr(body, each):
            setattr(call, each, getattr(body, each))
    call.__wrapped__ = body
    return call


#: Functions that are in PyTorch's namespace, but have no page of their own in its documentation.
WITHOUT_PAGE = frozenset(
    """
    as_strided_scatter binomial clamp_max clamp_min contiguous empty_permuted entr erfcx fill frobenius_norm get_device
    householder_product i0e i1 i1e index_fill index_put init_num_threads inv is_distributed is_inference is_neg
    is_same_size is_signed is_vulkan_available log_ndtr log_softmax masked_fill masked_scatter ndtri nonzero_static
    norm_except_dim nuclear_norm put relu rsub scalar_tensor split_with_sizes to_dlpack
    typename unsafe_chunk unsafe_split unsafe_split_with_sizes xlog1py zeta
    nn.NLLLoss2d nn.NonDynamicallyQuantizableLinear nn.RNNCellBase optim.lr_scheduler._LRScheduler
    """.split()
)


def documented(body, name: str) -> str | None:
    """The docstring of what becomes `torch.name`, with PyTorch's page about it.

    >>> torch.add.__doc__.split()[-1]
    'https://pytorch.org/docs/stable/generated/torch.add.html'
    """
    text = body.__doc__
    if not text or name in WITHOUT_PAGE or name[-1] == "_":
        return text
    return f"{text.rstrip()}\n\n{MARGIN}Source: https://pytorch.org/docs/stable/generated/torch.{name}.html\n{MARGIN}"


#: How far docstrings are indented: not at all from Python 3.13 on.
MARGIN = documented.__doc__.rpartition("\n")[2]


def name_pages(namespace: dict, home: str) -> None:
    """Let the classes and functions that a package publishes in `__all__` name PyTorch's pages about them:
    `torch.home.name`.

    >>> torch.nn.Linear.__doc__.split()[-1]
    'https://pytorch.org/docs/stable/generated/torch.nn.Linear.html'
    """
    for name in namespace["__all__"]:
        each = namespace.get(name)
        if getattr(each, "__name__", "") == name and each.__module__.startswith(namespace["__name__"]):
            each.__doc__ = documented(each, f"{home}.{name}")


def register(op: Op, calls, body, method, function=True, aliases=()):
    """Publish the function of a declared operation, and its method: the two of `calls`.

    One whose body begins with an underscore stands behind a function of the same name, and is no function itself.
    """
    public = function and not body.__name__.startswith("_")
    text = documented(body, op.name) if public else body.__doc__
    for call in calls:
        call.__name__ = call.__qualname__ = op.name
        call.__doc__ = text
        call.__module__ = body.__module__
        call.__wrapped__ = body
        call.op = op
    call, as_method = calls
    op.function, op.method = as_method, method
    REGISTRY[op.name] = op
    for name in (op.name, *aliases):
        if public:
            FUNCTIONS[name] = call
        if method:
            setattr(Tensor, name, as_method)
    return call


def function(body=None, *, method=True, aliases=(), name=None):
    """Publish a function that is put together from other operations, as function and method."""

    def publish(body):
        first = name or body.__name__
        body.__doc__ = documented(body, first)
        for each in (first, *aliases):
            FUNCTIONS[each] = translated(body, each)
            if method:
                setattr(Tensor, each, translated(body, "." + each))
        return body

    return publish if body is None else publish(body)


def method(body):
    """Attach a function to Tensor only."""
    body.__doc__ = documented(body, "Tensor." + body.__name__)
    setattr(Tensor, body.__name__, translated(body, "." + body.__name__))
    return body


#: Methods that the class itself defines.  (`dim`, `numel`, `size`, `item` and `detach` go without: they are asked too
#: often.)
for _name in "element_size get_device is_complex is_floating_point is_same_size is_signed".split():
    method(getattr(Tensor, _name))


def refuse_gradients(name: str, operands, out) -> None:
    """PyTorch's error where `out=` meets tensors that want a gradient; it comes before any other."""
    if mode.enabled:
        given = [each for some in (*operands, out) for each in (some if isinstance(some, (tuple, list)) else (some,))]
        if any(isinstance(each, Tensor) and each._requires_grad for each in given):
            raise RuntimeError(
                f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
                "arguments requires grad."
            )


def write_out(result, out, name: str = "operation"):
    """What `out=` asks for: the result, written into a tensor that is there already."""
    if isinstance(result, Tensor) and not isinstance(out, Tensor):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {kind(out)}")
    if isinstance(out, (tuple, list)):
        for each, target in zip(result, out, strict=True):
            write_out(each, target)
        return type(result)(out) if isinstance(result, tuple) else tuple(out)
    if mode.enabled and (result._requires_grad or out._requires_grad):
        raise RuntimeError(
            f"{result._node.op.name if result._node else 'operation'}(): functions with out=... arguments don't "
            "support automatic differentiation, but one of the arguments requires grad."
        )
    if not dtypes.can_cast(result.dtype, out.dtype):
        raise RuntimeError(
            f"result type {result.dtype.cpp_name} can't be cast to the desired output type {out.dtype.cpp_name}"
        )
    if 0 in getattr(out._array, "strides", ()):
        from .writable import check_writable

        check_writable(out)
    if out._array.shape == result._array.shape:
        memory(out)[...] = move_like(result._array, out._array)
        storage_of(out).written()
    else:
        if out._array.size:
            _warn_resize(out._array.shape, result._array.shape)
        out._array = np.array(move_like(result._array, out._array), dtype=out._array.dtype)
    return out


def _warn_resize(old, new_shape):
    from warnings import warn

    warn(
        f"An output with one or more elements was resized since it had shape {list(old)}, which does not match the "
        f"required output shape {list(new_shape)}. This behavior is deprecated, and in a future PyTorch release "
        "outputs will not be resized unless they have zero elements. You can explicitly reuse an out tensor t by "
        "resizing it, inplace, to zero elements with t.resize_(0).",
        stacklevel=4,
    )
