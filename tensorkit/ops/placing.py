"""How an operation runs where its operands are: on the host as it stands, on a GPU with what that takes.

Until a GPU is in use nothing here is called.  Then the forward pass of every operation (`Op.forward`) looks at its
operands first.  Are they on a GPU, it runs there: what it makes out of nothing is made there too (`making_on` in
`array_modules.py`), numbers of the CPU come along, other tensors of the CPU are refused in PyTorch's words.

What CuPy lacks runs on the host: operands are copied there, results back, and a warning names the operation.  `ON_HOST`
lists the operations of which that is known; a test holds the list to what happens.

Source: https://docs.cupy.dev/en/stable/user_guide/difference.html
"""

import sys
from warnings import warn

import numpy

from .. import array_modules
from ..array_modules import making_on, move, on_gpu, place_of
from ..tensor import Tensor
from . import bare, publish
from .op import REGISTRY, Op
from .publish import MISSING

#: Operations of which some part has no counterpart in CuPy: nothing of them is tried on the GPU.
ON_HOST = frozenset(
    """
    airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 cholesky_ex cummax cummin erfc erfcx erfinv geqrf igamma igammac
    ldl_factor_ex ldl_solve lgamma log_ndtr logcumsumexp modified_bessel_i0 modified_bessel_i1 modified_bessel_k0
    modified_bessel_k1 ndtri scaled_modified_bessel_k0 scaled_modified_bessel_k1 spherical_bessel_j0
    """.split()
)

#: … and those of which some calls have none.
PARTLY_ON_HOST = {"scatter_reduce": "reduce='prod'"}

#: What says that CuPy lacks something, or that a call is wrong: on the host it turns out which.
_REFUSED = (TypeError, ValueError, AttributeError, NotImplementedError, IndexError, KeyError)

#: The operation that moves between places does so itself.
MOVING = "to_device"

_told: set[str] = set()
_slot = vars(Op)["forward"]  # where each operation keeps its own forward pass


def elsewhere(op: Op, *arrays):
    """The forward pass once more, after a try that took its operands for arrays of the host; called while an error is
    handled, which is raised again if that is what they are."""
    gpu = array_modules.array_type()
    if gpu is None or not any(isinstance(each, gpu) for each in arrays):
        raise  # noqa: PLE0704 (the error that is being handled)
    return op.forward(*arrays)


class _Forward:
    """What `op.forward` is once a GPU is in use."""

    def __init__(self, op: Op, own):
        self._op, self._own = op, own

    def __getattr__(self, name: str):
        return getattr(self._own, name)  # its code and its defaults are looked at too

    def __call__(self, *args):
        op, own = self._op, self._own
        gpu = array_modules.array_type()
        place = None if gpu is None else _place_among(args, gpu)
        if place is None or op.name == MOVING:
            return own(*args)
        args = _gathered(op, args, place)
        if op.name not in ON_HOST:
            try:
                with making_on(place):
                    return _each(own(*args), lambda array: move(array, place))
            except _REFUSED:
                if op.views:  # a view of a copy would be no view
                    raise
        with making_on(None):
            results = own(*_each(args, lambda array: move(array, None)))  # raises what is wrong with the call itself
        tell(op.name)
        return _each(results, lambda array: move(array, place))


def tell(name: str) -> None:
    """Warn, once for each operation, that it ran on the host."""
    if name not in _told:
        _told.add(name)
        warn(
            f"{name}: CuPy cannot do this on the GPU, so tensorkit does it on the CPU; its operands are copied to the "
            "host and its results back to the GPU, which is slow.",
            stacklevel=4,
        )


def _place_among(values, gpu) -> int | None:
    """The GPU of the first array among some values that is on one."""
    for each in values:
        if isinstance(each, gpu):
            return place_of(each)
        if isinstance(each, (list, tuple)) and (found := _place_among(each, gpu)) is not None:
            return found
    return None


def _gathered(op: Op, args: tuple, place: int) -> tuple:
    """The arguments with all arrays on one GPU; RuntimeError for an operand with dimensions that is elsewhere."""
    count, moved = len(op.operands), []
    for i, each in enumerate(args):
        if i < count:
            for one in each if isinstance(each, (list, tuple)) else (each,):
                if (isinstance(one, numpy.ndarray) and one.ndim) or (
                    not isinstance(one, array_modules.HOST) and hasattr(one, "device") and place_of(one) != place
                ):
                    raise different_devices(op, args)
        moved.append(_each(each, lambda array: array[()] if not array.ndim else move(array, place), numpy.ndarray))
    return tuple(moved)


def _each(value, work, kind=None):
    """`value` with `work` done to every array in it, in tuples and lists too."""
    if isinstance(value, (tuple, list)):
        made = [_each(each, work, kind) for each in value]
        return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)
    return work(value) if isinstance(value, kind or (*array_modules.HOST, array_modules.cupy.ndarray)) else value


# PyTorch's words

#: The kernels that look at their arguments by name, and these names by our operands'.
_CHECKED = {
    "mm": ("wrapper_CUDA_mm", {"x": "self", "y": "mat2"}),
    "bmm": ("wrapper_CUDA_bmm", {"x": "self", "y": "mat2"}),
    "matmul": ("wrapper_CUDA_mm", {"x": "self", "y": "mat2"}),
    "addmm": ("wrapper_CUDA_addmm", {"x": "self", "mat1": "mat1", "mat2": "mat2"}),
    "linear": ("wrapper_CUDA_addmm", {"bias": "self", "x": "mat1", "weight": "mat2"}),
    "cat": ("wrapper_CUDA_cat", {"tensors": "tensors"}),
    "index_select": ("wrapper_CUDA__index_select", {"x": "self", "index": "index"}),
    "gather": ("wrapper_CUDA_gather", {"x": "self", "index": "index"}),
    "embedding": ("wrapper_CUDA__index_select", {"weight": "self", "x": "index"}),
    "nll_loss": ("wrapper_CUDA_nll_loss_forward", {"x": "self", "y": "target", "weight": "weight"}),
}


def different_devices(op: Op, args: tuple) -> RuntimeError:
    """PyTorch's error for operands on several devices."""
    values = dict(zip(op.operands, args, strict=False))
    kernel, names = _CHECKED.get(op.name, ("", {}))
    found = []
    for ours, theirs in names.items():
        each = values.get(ours, values.get(op.operands[0]) if op.variadic else None)
        for array in each if isinstance(each, (list, tuple)) else [each]:
            if isinstance(array, numpy.ndarray) or hasattr(array, "__cuda_array_interface__"):
                found.append((theirs, _device_of(array)))
    odd = next((each for each in found if each[1] != found[0][1]), None)
    if odd is not None:
        return RuntimeError(
            f"Expected all tensors to be on the same device, but got {odd[0]} is on {odd[1]}, different from other "
            f"tensors on {found[0][1]} (when checking argument in method {kernel})"
        )
    gpus = sorted({_device_of(each) for each in _arrays_in(args) if on_gpu(each)})
    return RuntimeError(
        "Expected all tensors to be on the same device, but found at least two devices, "
        f"{gpus[0]} and {gpus[1] if len(gpus) > 1 else 'cpu'}!"
    )


def _device_of(array) -> str:
    place = place_of(array)
    return "cpu" if place is None else f"cuda:{place}"


def _arrays_in(values):
    for each in values:
        if isinstance(each, (list, tuple)):
            yield from _arrays_in(each)
        elif isinstance(each, numpy.ndarray) or hasattr(each, "__cuda_array_interface__"):
            yield each


class _Placed:
    """In the place of the slot `forward`: the forward pass that looks where its operands are."""

    def __get__(self, op, owner=None):
        return self if op is None else _Forward(op, _slot.__get__(op))

    def __set__(self, op, own):
        _slot.__set__(op, own)


# Functions put together from other operations


def _elsewhere(name: str, body, args: tuple, kwargs: dict):
    """What a function gives that went wrong with tensors on a GPU: run once more, with what it makes made there; on the
    host if that goes wrong too.  MISSING where the call itself is wrong."""
    error = sys.exc_info()[1]
    if not isinstance(error, _REFUSED) and "on the same device" not in str(error):
        return MISSING
    given = list(_tensors_in((args, kwargs)))
    places = {place_of(each._array) for each in given if each._array.ndim or on_gpu(each._array)}
    (place,) = places if len(places) == 1 else (None,)
    if place is None or name.endswith("_") or kwargs.get("out") is not None:
        return MISSING
    try:
        with making_on(place):
            return body(*args, **kwargs)
    except Exception:  # noqa: S110 (on the host it turns out what is wrong)
        pass
    try:
        with making_on(None):
            results = body(*_moved(args, None), **_moved(kwargs, None))
    except Exception:
        return MISSING
    tell(name.lstrip("."))
    return _moved(results, place)


def _tensors_in(value):
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _tensors_in(each)
    elif isinstance(value, dict):
        yield from _tensors_in(list(value.values()))


def _moved(value, place: int | None):
    """A value with all tensors in it on one device, with their history."""
    if isinstance(value, Tensor):
        origin = place_of(value._array)
        return value if origin == place else REGISTRY[MOVING].function(value, place, origin)
    if isinstance(value, dict):
        return {key: _moved(each, place) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        made = [_moved(each, place) for each in value]
        return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)
    return value


def _look_at_places() -> None:
    """From now on operations look where their operands are, and so do the rules on bare arrays."""
    Op.forward = _Placed()
    publish.elsewhere = _elsewhere
    forget_rules()


def forget_rules() -> None:
    """Let the rules on bare arrays be made anew: what the forward passes in them are has changed."""
    from .elementwise import SCALED

    made = bare.forget_twins()
    for op in (*REGISTRY.values(), *SCALED.values()):
        if op.bare and not made.isdisjoint(op.bare):  # those written by hand stay
            op.bare = None


array_modules.when_first_used.append(_look_at_places)
