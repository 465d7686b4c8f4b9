"""Lazy layers: their first input decides how many inputs they have; then they become the layer that they stand for.

Source: https://pytorch.org/docs/stable/generated/torch.nn.modules.lazy.LazyModuleMixin.html
"""

from ..ops.create import empty
from ..tensor import Tensor, wrap
from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .module import Module
from .norm import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, _InstanceNorm
from .parameter import Parameter


class _Uninitialized:
    """A tensor that has no shape yet."""

    __slots__ = ()

    uninitialized = True
    becomes: type

    @property
    def shape(self):
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    def materialize(self, shape, device=None, dtype=None) -> None:
        """Become an ordinary parameter or buffer of this shape, with arbitrary values, and stay the same object."""
        made = empty(shape, device=self.device if device is None else device, dtype=dtype or self.dtype)
        self.__class__ = self.becomes
        self._array = made._array

    def __repr__(self, **options) -> str:
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo):
        copied = memo[id(self)] = type(self)(self._requires_grad, dtype=self.dtype)
        return copied


class UninitializedParameter(_Uninitialized, Parameter):
    """A parameter whose shape the first input will decide.

    >>> torch.nn.LazyLinear(2).weight
    <UninitializedParameter>
    """

    __slots__ = ()

    becomes = Parameter

    def __new__(cls, requires_grad: bool = True, device=None, dtype=None):
        made = wrap(empty(0, dtype=dtype)._array, cls)
        made._requires_grad = requires_grad
        return made


class UninitializedBuffer(_Uninitialized, Tensor):
    """A buffer whose shape the first input will decide.

    >>> torch.nn.LazyBatchNorm1d().running_mean
    <UninitializedBuffer>
    """

    __slots__ = ()

    becomes = Tensor

    def __new__(cls, requires_grad: bool = False, device=None, dtype=None):
        return wrap(empty(0, dtype=dtype)._array, cls)


class _Lazy(Module):
    """Made as a layer without inputs; the first call tells how many there are."""

    becomes: type
    size_name = "in_features"
    dim = -1  # where in its shape the input tells the size

    def __init_subclass__(cls):
        """`class LazyX(_Lazy, X)` becomes an X."""
        super().__init_subclass__()
        if not issubclass(cls.__bases__[-1], _Lazy):
            cls.becomes = cls.__bases__[-1]

    def _wait(self) -> None:
        """Put places without shape where the size is still unknown."""
        for name, parameter in self._parameters.items():
            if parameter is not None:
                self._parameters[name] = UninitializedParameter(dtype=parameter.dtype)
        for name in ("running_mean", "running_var"):
            if self._buffers.get(name) is not None:
                self._buffers[name] = UninitializedBuffer(dtype=self._buffers[name].dtype)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, once there are any."""
        if getattr(self, self.size_name) and not self.has_uninitialized_params():
            super().reset_parameters()  # type: ignore[misc]

    def has_uninitialized_params(self) -> bool:
        """Whether it still waits for its first input."""
        return any(isinstance(each, _Uninitialized) for each in (*self._parameters.values(), *self._buffers.values()))

    def _shapes(self) -> dict:
        """The shapes of parameters and buffers, now that the size is known."""
        raise NotImplementedError

    def initialize_parameters(self, input) -> None:
        """Become the layer that fits `input`; parameters stay the same objects, for an optimizer may hold them."""
        setattr(self, self.size_name, self._size_of(input))
        for name, shape in self._shapes().items():
            for members in (self._parameters, self._buffers):
                place = members.get(name)
                if isinstance(place, _Uninitialized):
                    place.materialize(shape)
        self.__class__ = self.becomes
        self.reset_parameters()

    def _size_of(self, input) -> int:
        return input._array.shape[self.dim]

    def __call__(self, *args, **kwargs):
        if self.has_uninitialized_params():
            self.initialize_parameters(*args, **kwargs)
        return Module.__call__(self, *args, **kwargs)  # its class may be another one now


class LazyLinear(_Lazy, Linear):
    """A `Linear` that learns `in_features` from its first input.

    >>> from tensorkit import nn
    >>> layer = nn.LazyLinear(2)
    >>> _ = layer(torch.ones(5, 3))
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    """

    def __init__(self, out_features: int, bias: bool = True, device=None, dtype=None):
        super().__init__(0, out_features, bias, device, dtype)
        self._wait()

    def _shapes(self) -> dict:
        return {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}


class _LazyConv(_Lazy):
    size_name = "in_channels"

    def __init__(self, out_channels: int, kernel_size, *args, **kwargs):
        super().__init__(0, out_channels, kernel_size, *args, **kwargs)
        self._wait()

    def _shapes(self) -> dict:
        ins, outs = self.in_channels, self.out_channels
        if ins % self.groups:
            raise ValueError("in_channels must be divisible by groups")
        lead = (ins, outs // self.groups) if self.transposed else (outs, ins // self.groups)
        return {"weight": (*lead, *self.kernel_size), "bias": (outs,)}

    def _size_of(self, input) -> int:
        n = len(self.kernel_size)
        if input.ndim not in (n + 1, n + 2):
            raise RuntimeError(
                f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {type(self).__name__}, but got input of "
                f"size: {input.shape}"
            )
        return input._array.shape[-n - 1]


class _LazyNorm(_Lazy):
    size_name = "num_features"
    dim = 1

    def __init__(self, *args, **kwargs):
        super().__init__(0, *args, **kwargs)
        self._wait()

    def _shapes(self) -> dict:
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (self.num_features,))

    def _size_of(self, input) -> int:
        if isinstance(self, _InstanceNorm) and input.ndim == self.n + 1:
            return input._array.shape[0]
        self._check_dims(input)
        return input._array.shape[1]


class _LazyInstanceNorm(_LazyNorm):
    def __init__(self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
                 track_running_stats: bool = True, device=None, dtype=None, *, bias: bool = True):  # fmt: skip
        super().__init__(eps, momentum, affine, track_running_stats, device, dtype, bias=bias)


class LazyConv1d(_LazyConv, Conv1d):
    """A `Conv1d` that learns `in_channels` from its first input.

    >>> layer = torch.nn.LazyConv1d(4, kernel_size=3)
    >>> layer(torch.ones(1, 2, 8)).shape, layer.in_channels
    (torch.Size([1, 4, 6]), 2)
    """


class LazyConv2d(_LazyConv, Conv2d):
    """A `Conv2d` that learns `in_channels` from its first input.

    >>> layer = torch.nn.LazyConv2d(4, kernel_size=3)
    >>> layer(torch.ones(1, 2, 8, 8)).shape, layer.in_channels
    (torch.Size([1, 4, 6, 6]), 2)
    """


class LazyConv3d(_LazyConv, Conv3d):
    """A `Conv3d` that learns `in_channels` from its first input.

    >>> layer = torch.nn.LazyConv3d(4, kernel_size=3)
    >>> layer(torch.ones(1, 2, 4, 4, 4)).shape, layer.in_channels
    (torch.Size([1, 4, 2, 2, 2]), 2)
    """


class LazyConvTranspose1d(_LazyConv, ConvTranspose1d):
    """A `ConvTranspose1d` that learns `in_channels` from its first input.

    >>> torch.nn.LazyConvTranspose1d(4, kernel_size=3)(torch.ones(1, 2, 8)).shape
    torch.Size([1, 4, 10])
    """


class LazyConvTranspose2d(_LazyConv, ConvTranspose2d):
    """A `ConvTranspose2d` that learns `in_channels` from its first input.

    >>> torch.nn.LazyConvTranspose2d(4, kernel_size=3)(torch.ones(1, 2, 8, 8)).shape
    torch.Size([1, 4, 10, 10])
    """


class LazyConvTranspose3d(_LazyConv, ConvTranspose3d):
    """A `ConvTranspose3d` that learns `in_channels` from its first input.

    >>> torch.nn.LazyConvTranspose3d(4, kernel_size=3)(torch.ones(1, 2, 4, 4, 4)).shape
    torch.Size([1, 4, 6, 6, 6])
    """


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A `BatchNorm1d` that learns `num_features` from its first input.

    >>> torch.nn.LazyBatchNorm1d()(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A `BatchNorm2d` that learns `num_features` from its first input.

    >>> torch.nn.LazyBatchNorm2d()(torch.ones(2, 3, 4, 4)).shape
    torch.Size([2, 3, 4, 4])
    """


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A `BatchNorm3d` that learns `num_features` from its first input.

    >>> torch.nn.LazyBatchNorm3d()(torch.ones(2, 3, 4, 4, 4)).shape
    torch.Size([2, 3, 4, 4, 4])
    """


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """A `InstanceNorm1d` that learns `num_features` from its first input.

    >>> torch.nn.LazyInstanceNorm1d(affine=True)(torch.ones(1, 2, 3)).shape
    torch.Size([1, 2, 3])
    """


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """A `InstanceNorm2d` that learns `num_features` from its first input.

    >>> torch.nn.LazyInstanceNorm2d(affine=True)(torch.ones(1, 2, 3, 3)).shape
    torch.Size([1, 2, 3, 3])
    """


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """A `InstanceNorm3d` that learns `num_features` from its first input.

    >>> torch.nn.LazyInstanceNorm3d(affine=True)(torch.ones(1, 2, 3, 3, 3)).shape
    torch.Size([1, 2, 3, 3, 3])
    """
