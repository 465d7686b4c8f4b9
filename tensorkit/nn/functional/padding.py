"""Padding, and moving elements between channels and places: pad, pixel_shuffle, channel_shuffle."""

from ...array_modules import np
from ...errors import brackets
from ...ops import resample as _ops
from ...ops.declare import behind
from ...ops.layout import as_first
from ...tensor import Tensor
from ..sizes import shape_of

_COMBINATIONS = (
    "Supported combinations for non-constant padding:\n  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
    "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
    "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
)


def _bounds(shape, pad) -> tuple:
    """For each dimension how much to add in front and behind; `pad` begins with the last dimension."""
    pairs = [(0, 0)] * len(shape)
    for i in range(len(pad) // 2):
        pairs[-1 - i] = (int(pad[2 * i]), int(pad[2 * i + 1]))
    return tuple(pairs)


@behind(x=lambda g, pairs: constant_pad(g, tuple([(-a, -b) for a, b in pairs]), 0), node_name="ConstantPadNdBackward0",
    layout=as_first)  # fmt: skip
def constant_pad(x, pairs, value):
    """`x` with a border of one value; negative widths cut off."""
    inner = x[tuple([slice(max(-a, 0), size - max(-b, 0)) for (a, b), size in zip(pairs, x.shape, strict=True)])]
    widths = [(max(a, 0), max(b, 0)) for a, b in pairs]
    return np.pad(inner, widths, constant_values=value) if any(map(any, widths)) else inner.copy()


def _source(size: int, before: int, after: int, mode: str):
    """For each place of a padded line the place of the line that it repeats."""
    places = np.arange(-before, size + after)
    if mode == "replicate":
        return np.clip(places, 0, size - 1)
    if mode == "circular":
        return places % size
    period = max(2 * (size - 1), 1)
    return (size - 1) - np.abs((size - 1) - places % period)


_NAMES = {"reflect": "ReflectionPad{}DBackward0", "replicate": "ReplicationPad{}DBackward0", "circular": "CopySlices"}


def pad(input, pad, mode: str = "constant", value: float | None = None):
    """The tensor with a border.

    pad    widths: before and after in the last dimension, then in the one before it, and so on
    mode   'constant' (with `value`, 0), 'reflect', 'replicate' or 'circular'

    >>> pad(tensor([1., 2.]), (1, 2))
    tensor([0., 1., 2., 0., 0.])
    """
    shape = shape_of("pad", input)
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * len(shape):
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {len(shape)}"
        )
    pairs = _bounds(shape, pad)
    if mode == "constant":
        if any(size + a + b < 0 for (a, b), size in zip(pairs, shape, strict=True)):
            raise RuntimeError("narrow(): length must be non-negative.")
        return constant_pad(input, pairs, 0 if value is None else value)
    if value:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in _NAMES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    n = len(pad) // 2
    if len(shape) not in (n + 1, n + 2) or n > 3:
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {len(shape)}D input tensor.\n{_COMBINATIONS}"
        )
    _check_widths(shape, pairs, n, mode)
    index = tuple([
        None if pair == (0, 0) else _source(size, *pair, mode)
        for pair, size in zip(pairs[-n:], shape[-n:], strict=True)
    ])  # fmt: skip
    return _ops.pick(input, index, _NAMES[mode].format(n))


def _check_widths(shape, pairs, n: int, mode: str) -> None:
    for i in range(1, n + 1):
        (a, b), size = pairs[-i], shape[-i]
        if mode == "reflect" and (a >= size or b >= size):
            raise RuntimeError(
                f"Argument #{2 + 2 * i}: Padding size should be less than the corresponding input dimension, but got: "
                f"padding ({a}, {b}) at dimension {len(shape) - i} of input {brackets(shape)}"
            )
        if mode == "circular" and (a > size or b > size):
            raise RuntimeError("Padding value causes wrapping around more than once.")


def _rearranged(name: str, doc: str, move, back):
    """Declare an operation that moves elements between dimensions, and the one that undoes it."""

    def body(x, factor):
        return np.ascontiguousarray(move(x, factor))

    body.__name__, body.__doc__ = name, doc
    return behind(x=lambda g, factor: back()(g, factor), layout=as_first)(body)


def _shuffled(x, r):
    *lead, channels, height, width = x.shape
    parts = x.reshape(*lead, channels // (r * r), r, r, height, width)
    n = len(lead)
    parts = parts.transpose(*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return parts.reshape(*lead, channels // (r * r), height * r, width * r)


def _unshuffled(x, r):
    *lead, channels, height, width = x.shape
    parts = x.reshape(*lead, channels, height // r, r, width // r, r)
    n = len(lead)
    parts = parts.transpose(*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return parts.reshape(*lead, channels * r * r, height // r, width // r)


def _dealt(x, groups):
    parts = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    return parts.swapaxes(1, 2).reshape(x.shape)


def _gathered(x, groups):
    return _dealt(x, x.shape[1] // groups)


_deal = _rearranged("channel_shuffle", "Channels dealt out.", _dealt, lambda: _undeal)
_undeal = _rearranged("channel_unshuffle", "Channels put back.", _gathered, lambda: _deal)
_shuffle = _rearranged("pixel_shuffle", "Channels to places.", _shuffled, lambda: _unshuffle)
_unshuffle = _rearranged("pixel_unshuffle", "Places to channels.", _unshuffled, lambda: _shuffle)


def pixel_shuffle(input, upscale_factor: int) -> Tensor:
    """Channels turned into places: … c·r², h, w becomes … c, h·r, w·r.

    >>> torch.nn.functional.pixel_shuffle(torch.ones(1, 4, 3, 3), 2).shape
    torch.Size([1, 1, 6, 6])

    Source: Shi and others, https://arxiv.org/abs/1609.05158
    """
    _check_images("pixel_shuffle", input)
    channels = input._array.shape[-3]
    if upscale_factor <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {upscale_factor}")
    if channels % upscale_factor**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={channels} is not divisible by {upscale_factor**2}"
        )
    return _shuffle(input, upscale_factor)


def pixel_unshuffle(input, downscale_factor: int) -> Tensor:
    """Places turned into channels: the reverse of `pixel_shuffle`.

    >>> torch.nn.functional.pixel_unshuffle(torch.ones(1, 1, 6, 6), 2).shape
    torch.Size([1, 4, 3, 3])
    """
    _check_images("pixel_unshuffle", input)
    if downscale_factor <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {downscale_factor}")
    for side, dim in (("height", -2), ("width", -1)):
        size = input._array.shape[dim]
        if size % downscale_factor:
            raise RuntimeError(
                f"pixel_unshuffle expects {side} to be divisible by downscale_factor, but input.size({dim})={size} is "
                f"not divisible by {downscale_factor}"
            )
    return _unshuffle(input, downscale_factor)


def _check_images(name: str, input) -> None:
    ndim = len(shape_of(name, input))
    if ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {ndim} dimension(s)"
        )


def channel_shuffle(input, groups: int) -> Tensor:
    """Channels dealt out anew: as `groups` hands of cards laid on each other, one from each in turn.

    >>> torch.nn.functional.channel_shuffle(torch.arange(4.).reshape(1, 4, 1, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    shape = input._array.shape
    if len(shape) < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {brackets(shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    if shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {shape[1]} channels and {groups} groups."
        )
    return _deal(input, groups)
