"""mpi4py, loaded when the first process group is made, and tensors as the buffers it sends.

Only mpi4py's methods on buffers are used here (`Iallreduce`, `Isend` …).  Those on objects (`allreduce`, `send`) would
pickle, and reading a pickle runs what its sender wrote.
"""

from importlib.util import find_spec
from typing import Any

import numpy as np

from ..errors import hint
from ..tensor import Tensor, memory, storage_of

#: PyTorch's words where it was built without MPI.
NOT_BUILT_IN = (
    "Distributed package doesn't have MPI built in. MPI is only included if you build PyTorch from source on a host "
    "that has MPI installed."
)


def is_here() -> bool:
    """Whether mpi4py is installed; MPI itself is not started to find out."""
    return find_spec("mpi4py") is not None


def load() -> Any:
    """mpi4py's module `MPI`: the first import starts MPI in this process.

    Raises RuntimeError, in PyTorch's words, where mpi4py or the MPI library is missing.
    """
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        missing = RuntimeError(NOT_BUILT_IN)
        raise hint(
            missing,
            f"in tensorkit MPI is an extra: pip install mpi4py mpich (or Debian's mpich, openmpi-bin). {error}",
        ) from None
    return MPI


def packed(tensor: Tensor) -> np.ndarray:
    """The numbers of a tensor as one piece of memory: its own, where that is one piece already.

    Raises RuntimeError for a tensor on a GPU: mpi4py is given NumPy's memory here.
    """
    if tensor.device.type != "cpu":
        raise hint(
            RuntimeError("CUDA tensor detected and the MPI used doesn't have CUDA-aware MPI support"),
            "communicate on the CPU: tensor.cpu()",
        )
    return np.ascontiguousarray(memory(tensor))


def room_for(tensor: Tensor) -> np.ndarray:
    """Memory for the numbers of a tensor that are to come."""
    numbers = packed(tensor)
    return np.empty(numbers.shape, numbers.dtype)


def write(tensor: Tensor, array: np.ndarray) -> None:
    """Put numbers into the memory of a tensor; operations that saved its old value hear of it."""
    place = memory(tensor)
    if place is not array:
        place[...] = array.reshape(place.shape)
    storage_of(tensor).written()
