"""Differences, integrals and derivatives of sampled functions; covariance and correlation."""

from warnings import warn

from .. import dtypes
from ..tensor import Tensor
from .bounds import clamp
from .cast import to_dtype
from .cumulative import cumsum
from .declare import function
from .join import cat
from .matmul import matmul
from .pointwise import add, div, div_scalar, mul_scalar, sub
from .powers import sqrt
from .reduce import float_of, mean
from .reduce import sum as sum_
from .shape import reshape, squeeze, unsqueeze, wrap_dim
from .slices import narrow
from .transpose import transpose


@function
def diff(input, n=1, dim=-1, prepend=None, append=None, *, out=None):
    """The differences of neighbours along `dim`, taken `n` times.

    >>> tensor([1, 4, 9]).diff()
    tensor([3, 5])
    """
    if input.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    dim = wrap_dim(dim, input.ndim)
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    parts = [each for each in (prepend, input, append) if each is not None]
    result = cat(parts, dim) if len(parts) > 1 else input
    for _ in range(n):
        length = max(result._array.shape[dim] - 1, 0)
        later, earlier = narrow(result, dim, min(1, result._array.shape[dim]), length), narrow(result, dim, 0, length)
        result = later.logical_xor(earlier) if result.dtype is dtypes.bool_ else sub(later, earlier)
    if out is None:
        return result if n else result.clone()
    return add(result, 0, out=out)


def _refuse_bool(name: str, y, x) -> None:
    if y.dtype is dtypes.bool_ or (x is not None and x.dtype is dtypes.bool_):
        which = "`y`" if x is None else "`x` or `y`"
        raise RuntimeError(f"{name}: received a bool input for {which}, but bool is not supported")


def _steps(name: str, y, x, dim: int):
    """The sums of neighbours, and the widths between them (if there is an `x`), along `dim`."""
    if y.ndim == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, y.ndim)
    length = y._array.shape[dim]
    width = None
    if x is not None:
        if x.ndim == 1 and x._array.size != length:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        width = diff(x, dim=-1 if x.ndim == 1 else dim)
        if x.ndim == 1:
            width = reshape(width, [-1 if i == dim else 1 for i in range(y.ndim)])
    pairs = max(length - 1, 0)
    return narrow(y, dim, min(1, length), pairs) + narrow(y, dim, 0, pairs), width, dim


@function(method=False, aliases=("trapz",))
def trapezoid(y, x=None, *, dx=1, dim=-1):
    """The integral along `dim` by the trapezoidal rule, for samples at the points `x` or at distances `dx`.

    >>> torch.trapezoid(tensor([1., 2., 3.]))
    tensor(4.)
    """
    _refuse_bool("trapezoid", y, x)
    if y.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if y._array.shape[wrap_dim(dim, y.ndim)] == 0:
        return sum_(y, dim)
    if x is None:
        ends = y.select(dim, 0) + y.select(dim, -1)
        return mul_scalar(sum_(y, dim) - mul_scalar(ends, 0.5), float(dx))
    sums, width, dim = _steps("trapezoid", y, x, dim)
    return div_scalar(sum_(sums * width, dim), 2.0)


@function(method=False)
def cumulative_trapezoid(y, x=None, *, dx=1, dim=-1):
    """The running integral along `dim` by the trapezoidal rule.

    >>> torch.cumulative_trapezoid(tensor([1., 2., 3.]))
    tensor([1.5000, 4.0000])
    """
    _refuse_bool("cumulative_trapezoid", y, x)
    sums, width, dim = _steps("cumulative_trapezoid", y, x, dim)
    return cumsum(mul_scalar(sums, dx / 2.0), dim) if x is None else div_scalar(cumsum(sums * width, dim), 2.0)


@function(method=False)
def gradient(input, *, spacing=1, dim=None, edge_order=1):
    """The derivative by central differences along each dimension; at the ends one-sided, of the order `edge_order`.

    >>> torch.gradient(tensor([0., 1., 4., 9.]))
    (tensor([1., 2., 4., 5.]),)
    """
    dims = list(range(input.ndim)) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    spacings = list(spacing) if isinstance(spacing, (tuple, list)) else [spacing] * len(dims)
    x = float_of(input)
    return tuple([_gradient_along(x, wrap_dim(d, x.ndim), h, edge_order) for d, h in zip(dims, spacings, strict=True)])


def _gradient_along(x, dim: int, spacing, edge_order: int):
    count = x._array.shape[dim]
    if count < edge_order + 1:
        raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")

    def at(start, length=1):
        return narrow(x, dim, start, length)

    if not isinstance(spacing, Tensor) or spacing.ndim == 0:
        inner = (at(2, count - 2) - at(0, count - 2)) / (2 * spacing)
        if edge_order == 1:
            first, last = (at(1) - at(0)) / spacing, (at(count - 1) - at(count - 2)) / spacing
        else:
            first = (at(1) * 4 - at(0) * 3 - at(2)) / (2 * spacing)
            last = (at(count - 1) * 3 - at(count - 2) * 4 + at(count - 3)) / (2 * spacing)
        return cat([first, inner, last], dim)
    widths = reshape(diff(spacing), [-1 if i == dim else 1 for i in range(x.ndim)])
    before, after = narrow(widths, dim, 0, count - 2), narrow(widths, dim, 1, count - 2)
    inner = (
        at(2, count - 2) * before / (after * (before + after))
        + at(1, count - 2) * (after - before) / (before * after)
        - at(0, count - 2) * after / (before * (before + after))
    )
    first = (at(1) - at(0)) / narrow(widths, dim, 0, 1)
    last = (at(count - 1) - at(count - 2)) / narrow(widths, dim, count - 2, 1)
    return cat([first, inner, last], dim)


# Covariance


@function
def cov(input, *, correction=1, fweights=None, aweights=None):
    """The covariance of the variables in the rows, whose observations are the columns.

    >>> torch.cov(tensor([[1., 2., 3.], [3., 2., 1.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    if input.dtype is dtypes.bool_:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = float_of(unsqueeze(input, 0) if input.ndim < 2 else input)
    if x.ndim < 2:
        x = unsqueeze(x, 1)
    weight = None
    for given in (fweights, aweights):
        if given is not None:
            weight = to_dtype(given, x.dtype) if weight is None else weight * given
    count = x._array.shape[1]
    total = count if weight is None else sum_(weight)
    center = mean(x, 1, True) if weight is None else unsqueeze(sum_(x * weight, 1) / total, 1)
    rest = total - correction
    if aweights is not None and correction:
        rest = total - correction * sum_(weight * aweights) / total
    elif weight is None:
        rest = max(rest, 0)
        if count - correction <= 0:
            warn(
                "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of "
                "observations.",
                stacklevel=2,
            )
    x = x - center
    weighted = x if weight is None else x * weight
    return squeeze(div(matmul(weighted, transpose(x, 0, 1).conj()), rest))


@function
def corrcoef(input):
    """Pearson's correlation of the variables in the rows.

    >>> torch.corrcoef(tensor([[1., 2., 3.], [3., 2., 1.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input.ndim > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    c = cov(input)
    if c.ndim == 0:
        return c / c
    scale = sqrt(c.diagonal())
    return clamp(c / unsqueeze(scale, 1) / unsqueeze(scale, 0), -1, 1)
