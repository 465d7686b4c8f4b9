"""Convolutions: conv1d to conv3d, their transposed forms, unfold and fold.

Here are PyTorch's arguments and errors; the arithmetic stands in `tensorkit.ops.conv`.
"""

from warnings import warn

from ...errors import brackets, hint, no_tensors, times
from ...ops import conv as _ops
from ...ops.shape import squeeze, unsqueeze
from ...tensor import Tensor
from ..sizes import tuple_of
from .padding import pad

_C_NAMES = {
    "Float": "float", "Double": "double", "Half": "c10::Half", "BFloat16": "c10::BFloat16", "Long": "long int",
    "Int": "int", "Short": "short int", "Char": "signed char", "Byte": "unsigned char", "Bool": "bool",
    "ComplexFloat": "c10::complex<float>", "ComplexDouble": "c10::complex<double>",
}  # fmt: skip


def _sizes(value, n: int, name: str) -> tuple:
    """An argument given as one number, or as one for each dimension."""
    if isinstance(value, (tuple, list)):
        if len(value) == 1:
            return (int(value[0]),) * n
        if len(value) != n:
            raise RuntimeError(
                f"expected {name} to be a single integer value or a list of {n} values to match the convolution "
                f"dimensions, but got {name}={brackets(value)}"
            )
        return tuple([int(each) for each in value])
    return (int(value),) * n


def _check_types(name: str, input, weight, bias) -> None:
    if not (isinstance(input, Tensor) and isinstance(weight, Tensor)):
        raise no_tensors(name, input=input, weight=weight)
    if input._array.dtype == weight._array.dtype and (bias is None or bias._array.dtype == input._array.dtype):
        return
    given, other = input.dtype.cpp_name, weight.dtype.cpp_name
    if bias is not None and bias.dtype is not input.dtype and "transpose" not in name:
        raise RuntimeError(
            f"Input type ({_C_NAMES.get(given, given)}) and bias type ({_C_NAMES.get(bias.dtype.cpp_name, other)}) "
            "should be the same"
        )
    raise RuntimeError(f"expected scalar type {given} but found {other}")


def _check_numbers(stride, padding, dilation, weight, groups: int, transposed: bool) -> None:
    if min(padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(dilation) <= 0:
        raise RuntimeError("dilation should be greater than zero")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if weight._array.shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size [{brackets(weight._array.shape)}] instead"
        )


def _batched(name: str, input, n: int):
    """The input with a batch dimension, and whether one was put in front."""
    if input.ndim == n + 2:
        return input, False
    if input.ndim != n + 1:
        error = RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of size: "
            f"{brackets(input._array.shape)}"
        )
        raise hint(error, f"{name} wants (batch, channels, {', '.join(('depth', 'height', 'width')[-n:])}).")
    return unsqueeze(input, 0), True


def _check_bias(bias, weight, outs: int) -> None:
    if bias is not None and bias._array.shape != (outs,):
        raise RuntimeError(
            f"Given weight of size {brackets(weight._array.shape)}, expected bias to be 1-dimensional with {outs} "
            f"elements, but got bias of size {brackets(bias._array.shape)} instead"
        )


def _same_padding(input, kernel, dilation):
    """The input padded so that a convolution keeps its size, and what is left to pad on both sides."""
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if any(total % 2 for total in totals):
        warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the "
            "input be created",
            stacklevel=5,
        )
        input = pad(input, [number for total in reversed(totals) for number in (0, total % 2)])
    return input, tuple([total // 2 for total in totals])


def _convolve(n: int, input, weight, bias, stride, padding, dilation, groups):
    name = f"conv{n}d"
    _check_types(name, input, weight, bias)
    stride = _sizes(stride, n, "stride") if weight.ndim == n + 2 else _sizes(
        stride if isinstance(stride, (tuple, list)) else (stride,) * n, weight.ndim - 2, "stride")  # fmt: skip
    dilation = _sizes(dilation, n, "dilation")
    x, alone = _batched(name, input, n)
    kernel = weight._array.shape[2:]
    if isinstance(padding, str):
        if padding == "same":
            if any(s != 1 for s in stride):
                raise RuntimeError("padding='same' is not supported for strided convolutions")
            x, padding = _same_padding(x, kernel, dilation)
        elif padding == "valid":
            padding = (0,) * n
        else:
            raise RuntimeError(f"Invalid padding string: '{padding}'")
    padding = _sizes(padding, n, "padding")
    _check_numbers(stride, padding, dilation, weight, groups, False)
    shape = x._array.shape
    if shape[1] != weight._array.shape[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {brackets(weight._array.shape)}, expected input{brackets(shape)} "
            f"to have {weight._array.shape[1] * groups} channels, but got {shape[1]} channels instead"
        )
    _check_bias(bias, weight, weight._array.shape[0])
    padded = [size + 2 * p for size, p in zip(shape[2:], padding, strict=True)]
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    if any(size < k for size, k in zip(padded, reach, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel size: "
            f"({' x '.join(map(str, reach))}). Kernel size can't be greater than actual input size"
        )
    result = _ops.convolution(x, weight, bias, stride, padding, dilation, groups)
    return squeeze(result, 0) if alone else result


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups: int = 1):
    """The products of kernels with every window of a sequence.

    input   batch, channels in, length (or without batch)
    weight  channels out, channels in / groups, width of the kernel
    bias    channels out

    >>> torch.nn.functional.conv1d(torch.tensor([[[1., 2., 3., 4.]]]), torch.tensor([[[1., -1.]]]))
    tensor([[[-1., -1., -1.]]])
    """
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups: int = 1):
    """The products of kernels with every window of an image.

    input    batch, channels in, height, width (or without batch)
    weight   channels out, channels in / groups, height and width of the kernel
    bias     channels out
    padding  zeros on each side; 'same' keeps the size, 'valid' pads nothing

    >>> conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _convolve(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups: int = 1):
    """The products of kernels with every window of a volume.

    input   batch, channels in, depth, height, width (or without batch)
    weight  channels out, channels in / groups, depth, height and width of the kernel

    >>> torch.nn.functional.conv3d(torch.ones(1, 2, 8, 8, 8), torch.ones(4, 2, 3, 3, 3)).shape
    torch.Size([1, 4, 6, 6, 6])
    """
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups)


def _convolve_transposed(n: int, input, weight, bias, stride, padding, output_padding, groups, dilation):
    name = f"conv_transpose{n}d"
    _check_types(name, input, weight, bias)
    stride, padding = _sizes(stride, n, "stride"), _sizes(padding, n, "padding")
    dilation, extra = _sizes(dilation, n, "dilation"), _sizes(output_padding, n, "output_padding")
    x, alone = _batched(name, input, n)
    _check_numbers(stride, padding, dilation, weight, groups, True)
    shape = x._array.shape
    if shape[1] != weight._array.shape[0]:
        raise RuntimeError(
            f"Given transposed=1, weight of size {brackets(weight._array.shape)}, expected input{brackets(shape)} to "
            f"have {weight._array.shape[0]} channels, but got {shape[1]} channels instead"
        )
    _check_bias(bias, weight, weight._array.shape[1] * groups)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        sides = ("depth", "height", "width")[-n:]
        listed = [f"{what}_{side}: {value}" for what, values in
                  (("output_padding", extra), ("stride", stride), ("dilation", dilation))
                  for side, value in zip(sides, values, strict=True)]  # fmt: skip
        raise RuntimeError("output padding must be smaller than either stride or dilation, but got " + " ".join(listed))
    kernel = weight._array.shape[2:]
    sizes = tuple([
        (size - 1) * s - 2 * p + d * (k - 1) + e + 1
        for size, s, p, d, k, e in zip(shape[2:], stride, padding, dilation, kernel, extra, strict=True)
    ])  # fmt: skip
    if min(sizes) < 0:
        raise RuntimeError(
            f"Given input size per channel: ({times(shape[2:])}). Calculated output size per channel: "
            f"({times(sizes)}). Output size is too small"
        )
    result = _ops.transposed_convolution(x, weight, bias, sizes, stride, padding, dilation, groups)
    return squeeze(result, 0) if alone else result


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups: int = 1, dilation=1):
    """The transposed convolution of a sequence: each element times the kernel, added up at the windows.

    weight  channels in, channels out / groups, width of the kernel

    >>> torch.nn.functional.conv_transpose1d(torch.tensor([[[1., 2.]]]), torch.tensor([[[1., 10.]]]))
    tensor([[[ 1., 12., 20.]]])
    """
    return _convolve_transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups: int = 1, dilation=1):
    """The transposed convolution of an image: each element times the kernel, added up at the windows.

    weight  channels in, channels out / groups, height and width of the kernel

    >>> torch.nn.functional.conv_transpose2d(torch.ones(1, 2, 8, 8), torch.ones(2, 4, 3, 3)).shape
    torch.Size([1, 4, 10, 10])
    """
    return _convolve_transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups: int = 1, dilation=1):
    """The transposed convolution of a volume.

    >>> torch.nn.functional.conv_transpose3d(torch.ones(1, 2, 4, 4, 4), torch.ones(2, 4, 3, 3, 3)).shape
    torch.Size([1, 4, 6, 6, 6])
    """
    return _convolve_transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """The windows of images as columns: batch, channels · kernel, windows.

    >>> torch.nn.functional.unfold(torch.arange(9.).reshape(1, 1, 3, 3), kernel_size=2).shape
    torch.Size([1, 4, 4])
    """
    x, alone = _images(input, "unfold")
    result = _ops.im2col(x, *[tuple_of(each, 2) for each in (kernel_size, dilation, padding, stride)])
    return squeeze(result, 0) if alone else result


def _images(input, name: str):
    if input.ndim not in (3, 4):
        input.size(2)  # PyTorch asks for this first
        raise RuntimeError(
            f"Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for "
            f"input, but got: {brackets(input._array.shape)}"
        )
    return (input, False) if input.ndim == 4 else (unsqueeze(input, 0), True)


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns added up to images: the reverse of `unfold`, where windows overlap the sum.

    >>> torch.nn.functional.fold(torch.arange(4.).reshape(1, 1, 4), (2, 2), kernel_size=1)
    tensor([[[[0., 1.],
              [2., 3.]]]])
    """
    kernel, sizes = tuple_of(kernel_size, 2), tuple_of(output_size, 2)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {brackets(input._array.shape)}"
        )
    rows = input._array.shape[-2]
    if rows % (kernel[0] * kernel[1]):
        raise RuntimeError(
            f"Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={rows} and kernel_size={kernel}."
        )
    alone = input.ndim == 2
    x = unsqueeze(input, 0) if alone else input
    dilation, padding, stride = (tuple_of(each, 2) for each in (dilation, padding, stride))
    counts = _ops.output_size([s + 2 * p for s, p in zip(sizes, padding, strict=True)], kernel, stride, dilation)
    if counts[0] * counts[1] != input._array.shape[-1]:
        raise RuntimeError(
            f"Given output_size={sizes}, kernel_size={kernel}, dilation={dilation}, padding={padding}, "
            f"stride={stride}, expected size of input's dimension 2 to match the calculated number of sliding blocks "
            f"{counts[0]} * {counts[1]} = {counts[0] * counts[1]}, but got input.size(2)={input._array.shape[-1]}."
        )
    result = _ops.col2im(x, sizes, kernel, dilation, padding, stride)
    return squeeze(result, 0) if alone else result
