"""`Conversions`: the side of a module that goes to other dtypes and devices.

Parameters stay the same objects, over other memory, so that an optimizer goes on with them.  `Module`, in `module.py`,
is built on it.
"""

from .. import dtypes
from ..device import CPU, check_available
from ..formats import BY_RANK
from ..formats import memory_format as memory_format_type
from ..ops.publish import told
from ..tape import no_grad
from ..tensor import Tensor


class Conversions:
    """What has parameters, buffers and children, and can change the dtype of all of them."""

    _parameters: dict
    _buffers: dict

    def _apply(self, fn, recurse: bool = True) -> "Conversions":
        if recurse:
            for module in self.children():
                module._apply(fn)
        with no_grad():
            for parameter in self._parameters.values():
                if parameter is not None:
                    parameter.data = fn(parameter.data)
                    if parameter._grad is not None:
                        parameter._grad = fn(parameter._grad)
            for name, buffer in self._buffers.items():
                if getattr(type(buffer), "uninitialized", False):
                    buffer.data = fn(buffer.data)
                elif buffer is not None:
                    self._buffers[name] = fn(buffer)
        return self

    def to(self, *args, dtype=None, device=None, non_blocking=False, memory_format=None) -> "Conversions":
        """Move parameters and buffers to a device, or the floating-point ones to another dtype; returns the module.

        memory_format  the order of dimensions in memory for those of four or five dimensions: `torch.channels_last`
        """
        for arg in args:
            if isinstance(arg, dtypes.dtype):
                dtype = arg
            elif isinstance(arg, Tensor):
                dtype, device = arg.dtype, arg.device
            elif isinstance(arg, memory_format_type):
                raise told(".to", (None, *args), {})
            elif not isinstance(arg, bool) and arg is not None:
                device = arg
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        if device is not None:
            self._move(check_available(device))
        if memory_format is not None:
            self._apply(lambda t: t.to(memory_format=memory_format) if t.ndim in BY_RANK else t)
        return self if dtype is None else self._cast(dtype)

    def _move(self, device) -> "Conversions":
        return self._apply(lambda t: t.to(device))

    def _cast(self, dtype) -> "Conversions":
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() or t.is_complex() else t)

    def float(self) -> "Conversions":
        """Make all floating-point parameters and buffers float32."""
        return self._cast(dtypes.float32)

    def double(self) -> "Conversions":
        """Make all floating-point parameters and buffers float64."""
        return self._cast(dtypes.float64)

    def half(self) -> "Conversions":
        """Make all floating-point parameters and buffers float16."""
        return self._cast(dtypes.float16)

    def bfloat16(self) -> "Conversions":
        """Make all floating-point parameters and buffers bfloat16."""
        return self._cast(dtypes.bfloat16)

    def type(self, dst_type) -> "Conversions":
        """Make all parameters and buffers `dst_type`."""
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self) -> "Conversions":
        """Move parameters and buffers to the CPU."""
        return self._move(CPU)

    def cuda(self, device=None) -> "Conversions":
        """Move to the GPU; AssertionError where there is none."""
        return self._move(check_available("cuda" if device is None else device))

    def to_empty(self, *, device, recurse: bool = True) -> "Conversions":
        """Move to a device; PyTorch leaves the values undefined, here they come along."""
        return self._move(check_available(device))

    def share_memory(self) -> "Conversions":
        """Move parameters and buffers into memory that other processes see, as `Tensor.share_memory_` does."""
        return self._apply(lambda t: t.share_memory_())
