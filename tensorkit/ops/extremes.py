"""The largest and the smallest elements, and where they stand: max, amax, argmax, aminmax and their opposites.

Where several elements tie, `max` along a dimension names the first; where all of a tensor is asked for, and in `amax`,
they share the gradient.  The larger of two tensors (`maximum`) stands in `compare.py`, running maxima in
`cumulative.py`.
"""

from .. import dtypes
from ..array_modules import np
from ..tensor import Tensor, wrap
from .bounds import maximum, minimum
from .declare import FUNCTIONS, behind, function, op, write_out
from .layout import rows_anew
from .publish import MISSING
from .reduce import _check_flag, add_all, axes, restore, spread, sum
from .return_types import return_type
from .shape import unsqueeze, wrap_dim


def _picked_dx(g, x_shape, indices, dim, keepdim):
    """The gradient of picking one element along `dim`: all of it to the one that was picked."""
    if not x_shape:
        return g
    dim = wrap_dim(dim, len(x_shape))
    if not keepdim:
        g, indices = unsqueeze(g, dim), unsqueeze(indices, dim)
    zeros = FUNCTIONS["zeros"](x_shape, dtype=g.dtype, device=g.device)
    return FUNCTIONS["scatter"](zeros, dim, indices, g)


def _check_not_empty(name: str, x, dim) -> None:
    if x.ndim and x.shape[wrap_dim(dim, x.ndim)] == 0:
        called = name if name == "aminmax" else name + "()"
        raise IndexError(f"{called}: Expected reduction dim {wrap_dim(dim, x.ndim)} to have non-zero size.")


def _check_some(name: str, x, dim) -> None:
    """Raise PyTorch's error for an extreme of nothing: over all of an empty tensor, or along an empty dimension."""
    if x.size:
        return
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
            "the 'dim' argument."
        )
    for each in dim if isinstance(dim, (tuple, list)) else (dim,):
        _check_not_empty(name, x, each)


def _extreme_along(name: str, pick):
    def body(x, dim, keepdim=False):
        _check_not_empty(name, x, dim)
        if x.dtype.kind == "c":
            raise RuntimeError(f"{name}(): does not support complex input")
        if x.ndim == 0:
            wrap_dim(dim, 0)
            return np.array(x), np.int64(0)
        axis = wrap_dim(dim, x.ndim)
        indices = pick(x, axis=axis, keepdims=True)
        values = np.take_along_axis(x, indices, axis)
        if keepdim:
            return values, indices
        return np.squeeze(values, axis)[()], np.squeeze(indices, axis)[()]

    body.__name__ = name
    return behind(x=_picked_dx, outputs=("values", "indices"), result=return_type(name, "values", "indices"),
                  node_name=f"{name.capitalize()}Backward0")(body)  # fmt: skip


def _shared_dx(g, x, out, dim, keepdim):
    """Elements that tie for the extreme share the gradient equally; where it is nan nothing ties with it, and all get
    nan."""
    shape = x._array.shape
    ties = (x == restore(out, shape, dim, keepdim)).to(g.dtype)
    share = ties / sum(ties, dim, True) if dim is not None else ties / sum(ties)
    return spread(g, shape, dim, keepdim) * share


def _evenly_dx(g, x, out):
    """The same where all elements were reduced: the others get 0 whatever `g` is, infinite perhaps."""
    ties = x != x if out._array != out._array else x == out
    return FUNCTIONS["where"](ties, g / sum(ties), 0.0)


def _extreme_of_all(name: str, reduce_):
    def body(x, dim=None, keepdim=False):
        _check_some(name, x, None)
        dtypes.refuse(f"{name}_all", x, "c")
        return reduce_(x)

    body.__name__ = name
    return behind(x=_evenly_dx, node_name=f"{name.capitalize()}Backward1")(body)


_max_along, _min_along = _extreme_along("max", np.argmax), _extreme_along("min", np.argmin)


_max_of_all, _min_of_all = _extreme_of_all("max", np.max), _extreme_of_all("min", np.min)


def _extreme(name: str, along, of_all, of_two, doc: str):
    def extreme(input, dim=MISSING, keepdim=False, *, other=None, out=None):
        if other is not None or isinstance(dim, Tensor):
            if keepdim is not False:
                raise TypeError(f"{name}() of two tensors takes no other argument")
            return of_two(input, dim if other is None else other, out=out)
        if dim is MISSING:
            return of_all(input, out=out)
        _check_flag(name, keepdim)
        return along(input, dim, keepdim, out=out)

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = doc
    extreme.op = along.op
    return function(extreme)


max = _extreme(
    "max",
    _max_along,
    _max_of_all,
    maximum,
    """The largest element: of all (ties share the gradient); along `dim`, with its index; or of two tensors.

    >>> tensor([1., 3., 2.]).max()
    tensor(3.)
    >>> tensor([1., 3., 2.]).max(dim=0)
    torch.return_types.max(
    values=tensor(3.),
    indices=tensor(1))
    """,
)


min = _extreme(
    "min",
    _min_along,
    _min_of_all,
    minimum,
    """The smallest element: of all (ties share the gradient); along `dim`, with its index; or of two tensors.

    >>> torch.min(tensor([[3, 1], [2, 4]]), dim=1)
    torch.return_types.min(
    values=tensor([1, 2]),
    indices=tensor([1, 0]))
    """,
)


def _first_of_zeros(found, x, dim, pick):
    """`found`, the extremes along `dim`; where 0. and -0. tie, PyTorch gives the one that comes first in memory."""
    if x.dtype.kind not in "fV" or not x.ndim or np.all(found):
        return found
    reduced = axes(dim, x.ndim)
    reduced = range(x.ndim) if reduced is None else reduced if isinstance(reduced, tuple) else (reduced,)
    outer_first = sorted(reduced, key=lambda axis: -x.strides[axis])
    rows = x.transpose([axis for axis in range(x.ndim) if axis not in outer_first] + outer_first)
    rows = rows.reshape(found.size, -1)
    return np.take_along_axis(rows, pick(rows, 1)[:, None], 1).reshape(found.shape)[()]


def _extreme_values(name: str, kernel: str, ufunc, pick, x, dim, keepdim):
    _check_flag(name, keepdim)
    _check_some(name, x, dim)
    axis = axes(dim, x.ndim)
    if x.size:
        dtypes.refuse(kernel, x, "c")
    return _first_of_zeros(ufunc.reduce(x, axis, keepdims=keepdim), x, dim, pick)


@op(x=_shared_dx, layout=rows_anew)
def amax(x, dim=(), keepdim=False):
    """The largest element, of all or along `dim`; ties share the gradient.

    >>> torch.amax(tensor([[1., 5.], [7., 2.]]), dim=1)
    tensor([5., 7.])
    """
    return _extreme_values("amax", "max_values_cpu", np.maximum, np.argmax, x, dim, keepdim)


@op(x=_shared_dx, layout=rows_anew)
def amin(x, dim=(), keepdim=False):
    """The smallest element, of all or along `dim`; ties share the gradient.

    >>> torch.amin(tensor([[1., 5.], [7., 2.]]), dim=1)
    tensor([1., 2.])
    """
    return _extreme_values("amin", "min_values_cpu", np.minimum, np.argmin, x, dim, keepdim)


def _aminmax_dx(g, x, min, max, dim, keepdim):
    shares = [
        _shared_dx(each, x, found, dim, keepdim) for each, found in zip(g, (min, max), strict=False) if each is not None
    ]
    return add_all(shares)


@behind(x=_aminmax_dx, outputs=("min", "max"), result=return_type("aminmax", "min", "max"), name="aminmax",
    layout=rows_anew)  # fmt: skip
def _aminmax(x, dim, keepdim):
    dtypes.refuse("aminmax_cpu", x, "c")
    if dim is not None:
        _check_not_empty("aminmax", x, dim)
    elif not x.size:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    axis = axes(dim, x.ndim)
    return np.minimum.reduce(x, axis, keepdims=keepdim), np.maximum.reduce(x, axis, keepdims=keepdim)


@function
def aminmax(input, *, dim=None, keepdim=False, out=None):
    """The smallest and the largest element.

    >>> torch.aminmax(tensor([3., 1., 2.]))
    torch.return_types.aminmax(
    min=tensor(1.),
    max=tensor(3.))
    """
    return _aminmax(input, dim, keepdim, out=out)


def _arg(name: str, pick, most: str, example: int):
    def arg(input, dim=None, keepdim=False, *, out=None):
        array = input._array
        if array.dtype.kind == "b":
            raise RuntimeError(f"{name}(): does not support bool input")
        if array.dtype.kind == "c":
            raise RuntimeError(f"{name}(): does not support complex input")
        if dim is None:
            if array.size == 0:
                raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
            found = pick(array)
            result = wrap(np.reshape(found, (1,) * array.ndim) if keepdim else found)
        else:
            _check_not_empty(name, array, dim)
            axis = wrap_dim(dim, array.ndim)
            result = wrap(pick(array, axis=axis, keepdims=keepdim) if array.ndim else pick(array))
        return result if out is None else write_out(result, out)

    arg.__name__ = arg.__qualname__ = name
    arg.__doc__ = f"""The index of the {most} element (the first, if several tie).

    >>> torch.{name}(tensor([3., 9., 1.]))
    tensor({example})
    """
    return function(arg)


argmax, argmin = _arg("argmax", np.argmax, "largest", 1), _arg("argmin", np.argmin, "smallest", 2)
