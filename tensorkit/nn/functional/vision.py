"""Images made larger, smaller or bent: interpolate, grid_sample, affine_grid.

Interpolation is a linear map along each dimension; its matrices stand in `tensorkit.ops.resample`.
"""

import math
from itertools import product
from warnings import warn

from ...grad_mode import no_grad
from ...ops import resample as _ops
from ...ops.declare import FUNCTIONS, behind
from ...ops.gather import gather
from ...ops.masks import where
from ...ops.matmul import matmul
from ...ops.rounding import floor
from ...ops.shape import reshape
from ...tensor import memory, wrap
from .composed import gradient_of
from .pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

_CORNERS = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
    "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details."
)
_LINEAR = {"linear": 3, "bilinear": 4, "trilinear": 5}


def _output_sizes(input, size, scale_factor, recompute) -> tuple:
    """The sizes of the result, and the factor for each dimension that interpolation is to go by (or None)."""
    places = list(input._array.shape[2:])
    n = len(places)
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        if isinstance(size, (tuple, list)):
            if len(size) != n:
                raise ValueError(
                    "Input and output must have the same number of spatial dimensions, but got input with spatial "
                    f"dimensions of {places} and output size of {size}. Please provide input tensor in (N, C, d1, d2, "
                    "...,dK) format and output size in (o1, o2, ...,oK) format."
                )
            return tuple([int(each) for each in size]), (None,) * n
        return (int(size),) * n, (None,) * n
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if isinstance(scale_factor, (tuple, list)):
        if len(scale_factor) != n:
            raise ValueError(
                "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial "
                f"dimensions of {places} and scale_factor of shape {scale_factor}. Please provide input tensor in (N, "
                "C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format."
            )
        factors = tuple([float(each) for each in scale_factor])
    else:
        factors = (float(scale_factor),) * n
    sizes = tuple([math.floor(have * factor) for have, factor in zip(places, factors, strict=True)])
    return sizes, ((None,) * n if recompute else factors)


def interpolate(input, size=None, scale_factor=None, mode: str = "nearest", align_corners: bool | None = None,
                recompute_scale_factor: bool | None = None, antialias: bool = False):  # fmt: skip
    """Images in another size: batch, channels, places ….

    size           how many places the result has; or
    scale_factor   how many times as many
    mode           'nearest', 'nearest-exact', 'linear' (3-d), 'bilinear' and 'bicubic' (4-d), 'trilinear' (5-d), 'area'
    align_corners  whether the outermost places stay where they are

    >>> interpolate(tensor([[[1., 2.]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | "
                "trilinear"
            )
    else:
        align_corners = bool(align_corners)
    if antialias:
        raise NotImplementedError("interpolate(antialias=True) is not implemented in tensorkit")
    n = input.ndim - 2
    if n not in (1, 2, 3):
        raise _unsupported(input, mode)
    sizes, factors = _output_sizes(input, size, scale_factor, recompute_scale_factor)
    have = input._array.shape[2:]
    lines = list(zip(have, sizes, factors, strict=True))
    if mode in ("nearest", "nearest-exact"):
        exact = mode != "nearest"
        index = tuple([_ops.nearest_index(a, b, f, exact) for a, b, f in lines])
        return _ops.pick(input, index, f"UpsampleNearest{'Exact' * exact}{n}DBackward0")
    if mode == "area":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[n - 1](input, sizes)
    if mode in _LINEAR or mode == "bicubic":
        needed = _LINEAR.get(mode, 4)
        if input.ndim != needed:
            raise NotImplementedError(f"Got {input.ndim}D input, but {mode} mode needs {needed}D input")
        make = _ops.cubic_matrix if mode == "bicubic" else _ops.linear_matrix
        matrices = tuple([make(a, b, align_corners, f) for a, b, f in lines])
        return _ops.resample(input, matrices, f"Upsample{mode.capitalize()}{n}DBackward0")
    raise _unsupported(input, mode)


def _unsupported(input, mode: str) -> NotImplementedError:
    return NotImplementedError(
        f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.ndim}D) for the modes: nearest | linear "
        f"| bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
    )


def _warn_deprecated(name: str) -> None:
    warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """PyTorch's old name of `interpolate`.

    >>> torch.nn.functional.interpolate(torch.tensor([[[1., 2.]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    _warn_deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """`interpolate` with the mode 'nearest'.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.nn.functional.upsample_nearest(tensor([[[1., 2.]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    _warn_deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input, size=None, scale_factor=None):
    """`interpolate` with the mode 'bilinear' and aligned corners.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.nn.functional.upsample_bilinear(tensor([[[[1., 3.]]]]), size=(1, 3))
    tensor([[[[1., 2., 3.]]]])
    """
    _warn_deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, "bilinear", True)


# Bent images


def affine_grid(theta, size, align_corners: bool | None = None):
    """Where each place of an image of `size` comes from under the affine maps `theta`, as coordinates from -1 to 1.

    theta  batch, 2, 3 (or 3, 4 for volumes)

    >>> torch.nn.functional.affine_grid(torch.eye(2, 3)[None], (1, 1, 2, 2), align_corners=False).shape
    torch.Size([1, 2, 2, 2])
    """
    if align_corners is None:
        warn(_CORNERS, stacklevel=2)
        align_corners = False
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    places = list(size[2:])
    n = len(places)
    if n not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{size}."
        )
    if theta._array.shape[-2:] != (n, n + 1) or theta.ndim != 3:
        raise ValueError(
            f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {size}. Got {theta.shape}."
        )
    return _affine_grid_generator(theta, _straight_grid(places, theta, align_corners), (size[0], *places, n))


def _straight_grid(places: list, like, align_corners: bool):
    """The coordinates of all places of an image, and 1 for the shift: number of places, dimensions + 1."""
    linspace, ones, stack = (FUNCTIONS[name] for name in ("linspace", "ones", "stack"))
    kind, axes = {"dtype": like.dtype, "device": like.device}, []
    for count in places:
        line = linspace(-1, 1, count, **kind) if count > 1 else ones(1, **kind) * 0
        axes.append(line if align_corners or count < 2 else line * ((count - 1) / count))
    grids = FUNCTIONS["meshgrid"](*axes, indexing="ij")
    return reshape(stack([*reversed(grids), ones(places, **kind)], -1), -1, len(places) + 1)


@behind(theta=lambda g, base, shape: matmul(reshape(g, shape[0], -1, shape[-1]).mT, base), base=None)
def _affine_grid_generator(theta, base, shape):
    """Where each of the places of `base` comes from under the affine maps."""
    return (base @ theta.swapaxes(1, 2)).reshape(shape)


def _unnormalized(coordinate, size: int, align_corners: bool):
    return (coordinate + 1) / 2 * (size - 1) if align_corners else ((coordinate + 1) * size - 1) / 2


def _folded(place, size: int, padding_mode: str, align_corners: bool):
    """A place outside moved to where the padding takes its element from."""
    if padding_mode == "zeros":
        return place
    if padding_mode == "reflection":
        low, span = (0.0, size - 1) if align_corners else (-0.5, size)
        if span == 0:
            return place * 0
        distance = (place - low).abs()
        turns = floor((distance / span).detach())
        rest = distance - turns * span
        place = where(turns.remainder(2) == 0, rest + low, span - rest + low)
    return place.clamp(0, size - 1)


def _taken(flat, places, sizes):
    """The elements of `flat` (batch, channels, all places) at whole-numbered places; 0 outside."""
    inside, index = None, 0
    for place, size in zip(places, sizes, strict=True):
        within = (place >= 0).logical_and(place < size)
        inside = within if inside is None else inside.logical_and(within)
        index = index * size + place.clamp(0, size - 1).long()
    samples, channels = flat._array.shape[:2]
    index = reshape(index, samples, 1, -1).expand(samples, channels, -1)
    return where(reshape(inside, samples, 1, -1), gather(flat, 2, index), 0.0)


def _cubic(flat, places, sizes, padding_mode: str, align_corners: bool):
    """Cubic interpolation from the 16 neighbours of each place of an image."""
    lower = [floor(place.detach()) for place in places]
    weights = [_ops.cubic_weights(place - low) for place, low in zip(places, lower, strict=True)]
    samples, total = places[0]._array.shape[0], 0
    for down, across in product(range(4), repeat=2):
        neighbours = [
            _folded(low + (offset - 1), size, padding_mode, align_corners)
            for low, offset, size in zip(lower, (down, across), sizes, strict=True)
        ]
        weight = reshape(weights[0][down] * weights[1][across], samples, 1, -1)
        total = total + _taken(flat, neighbours, sizes) * weight
    return total


def grid_sample(input, grid, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None):
    """The image at the places that `grid` names by coordinates from -1 to 1 (x, then y).

    input  batch, channels, height, width (or depth, height, width)
    grid   batch, height out, width out, 2 (or with 3 dimensions)

    mode          'bilinear' (trilinear for volumes), 'nearest', or 'bicubic' (images only)
    padding_mode  what stands outside: 'zeros', 'border' (the nearest place) or 'reflection'

    >>> torch.nn.functional.grid_sample(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 1, 2), align_corners=False)
    tensor([[[[1.]]]])
    """
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    if align_corners is None:
        warn(_CORNERS, stacklevel=2)
        align_corners = False
    if mode == "bicubic" and input.ndim != 4:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    return _grid_sampler(input, grid, input.ndim - 2, mode, padding_mode, align_corners)


def _grid_gradient(g, x, grid, mode, padding_mode, align_corners, wanted: int):
    return gradient_of(lambda x, grid: _sampled(x, grid, mode, padding_mode, align_corners), g, (x, grid), wanted)


@behind(x=lambda g, x, grid, mode, padding_mode, align_corners:
        _grid_gradient(g, x, grid, mode, padding_mode, align_corners, 0),
    grid=lambda g, x, grid, mode, padding_mode, align_corners:
        _grid_gradient(g, x, grid, mode, padding_mode, align_corners, 1),
    node_name=lambda node: f"GridSampler{node.extras[0]}DBackward0")  # fmt: skip
def _grid_sampler(x, grid, n, mode, padding_mode, align_corners):
    """The image, of n dimensions, at the places of the grid."""
    with no_grad():
        return memory(_sampled(wrap(x), wrap(grid), mode, padding_mode, align_corners))


def _sampled(input, grid, mode: str, padding_mode: str, align_corners: bool):
    """`grid_sample` in the operations that it is made of."""
    sizes = input._array.shape[2:]
    n = len(sizes)
    places = [_unnormalized(grid[..., n - 1 - d], size, align_corners) for d, size in enumerate(sizes)]
    flat = reshape(input, *input._array.shape[:2], -1)
    shape = (*input._array.shape[:2], *grid._array.shape[1:-1])
    if mode == "bicubic":
        return reshape(_cubic(flat, places, sizes, padding_mode, align_corners), shape)
    places = [_folded(each, size, padding_mode, align_corners) for each, size in zip(places, sizes, strict=True)]
    if mode == "nearest":
        result = reshape(_taken(flat, [place.detach().round() for place in places], sizes), shape)
        if grid._requires_grad:  # its gradient is there, and zero
            result = result + (places[0].round() - places[0].detach().round()).unsqueeze(1)
        return result
    lower = [floor(place.detach()) for place in places]
    total = None
    for corner in product((0, 1), repeat=n):
        weight = 1
        for place, low, upper in zip(places, lower, corner, strict=True):
            weight = weight * ((place - low) if upper else (low + 1 - place))
        samples = grid._array.shape[0]
        part = _taken(flat, [low + upper for low, upper in zip(lower, corner, strict=True)], sizes)
        part = part * reshape(weight, samples, 1, -1)
        total = part if total is None else total + part
    return reshape(total, shape)
