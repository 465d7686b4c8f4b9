"""Where a tensor's numbers are: `device('cpu')`, or a CUDA device where CuPy drives one.

Nothing here knows of tensors, and nothing imports CuPy before a `cuda` device is named.
"""

from . import array_modules
from .errors import Named

KNOWN = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla",
    "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip


class device(metaclass=Named):
    """A place for tensors, with PyTorch's spelling.

    >>> device('cpu'), device('cuda:0').index
    (device(type='cpu'), 0)

    Raises RuntimeError for a type that PyTorch does not know.
    """

    __slots__ = ("type", "index")

    type: str
    index: int | None

    def __init__(self, type=None, index: int | None = None):
        if type is None:
            raise TypeError(
                "device() received an invalid combination of arguments - got (), but expected one of:\n"
                " * (torch.device device)\n * (str type, int index = -1)\n"
            )
        if isinstance(type, device):
            type, index = type.type, type.index
        elif isinstance(type, int):
            type, index = "cuda", type
        elif ":" in type:
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: {type}"
                )
            name, _, number = type.partition(":")
            if not number.isdecimal():
                raise RuntimeError(f"Invalid device string: '{type}'")
            type, index = name, int(number)
        if type not in KNOWN:
            raise RuntimeError(f"Expected one of {', '.join(KNOWN)} device type at start of device string: {type}")
        self.type = type
        self.index = index

    def __repr__(self) -> str:
        return (
            f"device(type='{self.type}')" if self.index is None else f"device(type='{self.type}', index={self.index})"
        )

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self):
        return device, (self.type, self.index)

    def __enter__(self) -> "device":
        """Put tensors here that are made in the `with` block and name no device."""
        _before.append(default.place)
        default.place = self
        return self

    def __exit__(self, *exception) -> None:
        default.place = _before.pop()


CPU = device("cpu")


class Default:
    """Where new tensors are put that name no device; None: on the CPU."""

    __slots__ = ("place",)

    place: device | None


default = Default()
default.place = None
_before: list[device | None] = []


def check_available(wanted) -> device:
    """The device that `wanted` names, if tensors can be put there; PyTorch's error where they cannot."""
    place = wanted if isinstance(wanted, device) else device(wanted)
    if place.type in ("cpu", "meta"):
        return place
    if place.type == "cuda":
        gpu = array_modules.in_use()
        if gpu is not None:
            return _present(place, gpu)
        error = AssertionError("Torch not compiled with CUDA enabled")
        error.add_note("No GPU is in use here. `torch.cuda.is_available()` tells; 'cpu' works everywhere.")
        raise error
    raise RuntimeError(f"tensorkit runs on 'cpu', not on '{place}'")


def _present(place: device, gpu) -> device:
    """A CUDA device with its number; PyTorch's error for one that is not there."""
    index = gpu.cuda.runtime.getDevice() if place.index is None else place.index
    if index >= gpu.cuda.runtime.getDeviceCount():
        raise RuntimeError(
            "CUDA error: invalid device ordinal\nGPU device may be out of range, do you have enough GPUs?"
        )
    return device("cuda", index)


#: Its examples are this module's, though it prints as a class of PyTorch's.
__test__ = {"device": device}
