"""Checkpoints as bytes in the safetensors format, and back: tensors as tensors, everything around them as JSON.

The JSON stands in the header's metadata under `tensorkit.structure`.  None, bools, whole numbers, finite floats, text
and lists stand for themselves; every other value is an object with one entry that names its kind:

    {"tensor": name}  {"parameter": name}  {"array": name}   a tensor of the file; with "requires_grad" if that is true,
                                                             with "order" of its dimensions in memory if not in rows
    {"dict": [[key, value], …]}  {"ordered": …}  {"counter": …}   dictionaries, with keys of any kind
    {"tuple": […]}  {"set": […]}  {"size": […]}  {"float": "inf"}  {"complex": [real, imaginary]}  {"bytes": "hex"}
    {"dtype": "float32"}  {"device": "cpu"}

Reading and writing of files stands in `files.py`.
"""

import json
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import dtypes
from ..array_modules import move
from ..device import device
from ..formats import outer_first
from ..size import Size
from ..tensor import Tensor, memory, wrap

#: The longest header that is read, in bytes, as in the safetensors package.
MAX_HEADER = 100_000_000

STRUCTURE = "tensorkit.structure"

_TYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64", "BOOL": "bool",
    "C64": "complex64",
}  # fmt: skip
_BY_NAME = {each.name: each for each in dtypes.ALL}


#: What reading a damaged structure can end in.
_DAMAGE = (
    ValueError, TypeError, LookupError, AttributeError, StopIteration, RuntimeError, OverflowError, MemoryError,
)  # fmt: skip


class FileFormatError(RuntimeError):
    """A file that is no safetensors file, or is damaged, or holds what tensorkit has no type for.

    >>> import io
    >>> torch.load(io.BytesIO(b"nothing"))
    Traceback (most recent call last):
        ...
    tensorkit.serialization.structure.FileFormatError: this is not a safetensors file
    """


def _package():
    """The safetensors package; an ImportError that says what to install."""
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        error = ImportError("torch.save and torch.load need the safetensors package")
        error.add_note("Install it with: pip install safetensors")
        raise error from None
    return safetensors


# Writing


def encode(obj: Any, metadata: Mapping[str, str] | None = None) -> bytes:
    """`obj` as the bytes of a safetensors file; TypeError, with the place, for what cannot be saved."""
    package = _package()
    notes = dict(metadata or {})
    for key, value in notes.items():
        if not (isinstance(key, str) and isinstance(value, str)):
            raise TypeError(f"metadata has to be text for text, but got {key!r}: {value!r}")
        if key == "format" or key.startswith("tensorkit."):
            raise ValueError(f"the metadata key {key!r} is tensorkit's own")
    writer = _Writer()
    structure = writer.pack(obj, "checkpoint", "")
    notes |= {"format": "pt", STRUCTURE: json.dumps(structure, separators=(",", ":"))}
    try:
        content = package.numpy.save(writer.arrays, metadata=notes)
    except UnicodeEncodeError:
        raise ValueError("a key is not valid text: it holds half a surrogate pair") from None
    if int.from_bytes(content[:8], "little") > MAX_HEADER:
        raise ValueError(f"names, numbers and text take more than the {MAX_HEADER} bytes that a header may have")
    return content


class _Writer:
    """Collects the tensors of a checkpoint under names of their own."""

    def __init__(self):
        self.arrays: dict[str, np.ndarray] = {}
        self.inside: set[int] = set()

    def pack(self, value: Any, place: str, name: str):
        """`value` as JSON; its tensors go to `arrays`, named after where they stand."""
        if value is None or isinstance(value, (bool, str)) or type(value) is int:
            return value
        if isinstance(value, float):
            return float(value) if np.isfinite(value) else {"float": repr(float(value))}
        if isinstance(value, Tensor):
            return self._tensor(value, name)
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
            return {"array": self._array(value, name)}
        if isinstance(value, (np.bool_, np.number)):
            return self.pack(value.item(), place, name)
        if isinstance(value, int):
            return int(value)
        if isinstance(value, complex):
            return {"complex": [repr(value.real), repr(value.imag)]}
        if isinstance(value, bytes):
            return {"bytes": value.hex()}
        if isinstance(value, dtypes.dtype):
            return {"dtype": value.name}
        if isinstance(value, device):
            return {"device": str(value)}
        if id(value) in self.inside:
            raise ValueError(f"{place} holds itself")
        self.inside.add(id(value))
        packed = self._container(value, place, name)
        self.inside.discard(id(value))
        return packed

    def _container(self, value, place: str, name: str):
        if isinstance(value, dict):
            kind = "ordered" if isinstance(value, OrderedDict) else "counter" if isinstance(value, Counter) else "dict"
            pairs = []
            for key, each in value.items():
                packed_key = self.pack(key, f"a key of {place}", name)
                pairs.append([packed_key, self.pack(each, f"{place}[{key!r}]", _join(name, key))])
            return {kind: pairs}
        if isinstance(value, Size):
            return {"size": list(value)}
        if isinstance(value, (list, tuple, set, frozenset)):
            packed = [self.pack(each, f"{place}[{i}]", _join(name, i)) for i, each in enumerate(value)]
            if isinstance(value, list):
                return packed
            return {"tuple" if isinstance(value, tuple) else "set": packed}
        error = TypeError(f"cannot save a {type(value).__module__}.{type(value).__qualname__}: {place}")
        if hasattr(value, "state_dict"):
            error.add_note("Hint: save its state_dict(), and load that with load_state_dict into a new one.")
        else:
            error.add_note("Hint: files hold tensors, dictionaries, lists, numbers and text, and no other objects.")
        raise error

    def _tensor(self, tensor: Tensor, name: str) -> dict:
        kind = "parameter" if type(tensor).__name__ == "Parameter" else "tensor"
        packed: dict[str, Any] = {kind: self._array(move(memory(tensor), None), name)}
        if tensor.is_cuda:
            packed["on"] = str(tensor.device)
        if tensor._array.dtype == np.complex128:
            packed["parts"] = True
        if not tensor._array.flags.c_contiguous:
            packed["order"] = outer_first(tensor._array)
        return packed | ({"requires_grad": True} if tensor._requires_grad else {})

    def _array(self, array: np.ndarray, name: str) -> str:
        """Note an array, and tell under which name."""
        name = name or "tensor"
        number, wanted = 2, name
        while name in self.arrays or name == "__metadata__":
            name, number = f"{wanted}.{number}", number + 1
        if array.dtype == np.complex128:  # the format has no such type: pairs of real numbers
            array = np.stack([array.real, array.imag], axis=-1)
        self.arrays[name] = np.array(array, order="C", copy=None)
        return name


def _join(name: str, key) -> str:
    return f"{name}.{key}" if name else str(key)


# Reading


def metadata_of(content: bytes) -> dict[str, str]:
    """The metadata in a header, each text for text."""
    length = int.from_bytes(content[:8], "little")
    try:
        header = json.loads(content[8 : 8 + length])
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"the file's header is damaged: {error}") from None
    notes = header.get("__metadata__") if isinstance(header, dict) else None
    if notes is None:
        return {}
    if not isinstance(notes, dict) or not all(isinstance(value, str) for value in notes.values()):
        raise FileFormatError("the file's metadata is not text for text")
    return notes


def decode(content: bytes, place_for: Callable[[str], int | None] = lambda location: None) -> Any:
    """What the bytes of a safetensors file hold; FileFormatError for damaged ones.

    place_for  the number of the GPU (None: the CPU) for a tensor that was saved from the given location
    """
    package = _package()
    try:
        entries = package.deserialize(content)
    except (package.SafetensorError, ValueError, MemoryError, OverflowError) as error:
        raise FileFormatError(f"the file is damaged: {error}") from None
    arrays = {name: _array_of(name, entry) for name, entry in entries}
    notes = metadata_of(content)
    if STRUCTURE not in notes:
        return {name: wrap(move(array, place_for("cpu"))) for name, array in arrays.items()}
    reader = _Reader(arrays)
    try:
        found = reader.unpack(json.loads(notes[STRUCTURE]))
    except FileFormatError:
        raise
    except _DAMAGE as error:
        raise FileFormatError(f"the file's structure is damaged: {type(error).__name__} {error}") from None
    for tensor, location in reader.located:
        tensor._array = move(tensor._array, place_for(location))
    return found


def _array_of(name: str, entry: Mapping) -> np.ndarray:
    """One tensor of the file, over memory of its own."""
    kind = _TYPES.get(entry["dtype"])
    if kind is None:
        raise FileFormatError(f"tensor {name!r} has the type {entry['dtype']}, which tensorkit does not have")
    data = entry["data"]
    data = data if isinstance(data, bytearray) else bytearray(data)
    try:
        if kind == "bool":
            return (np.frombuffer(data, np.uint8) != 0).reshape(entry["shape"])
        return np.frombuffer(data, dtypes.numpy_dtype(_BY_NAME[kind])).reshape(entry["shape"])
    except (ValueError, OverflowError, MemoryError) as error:
        raise FileFormatError(f"tensor {name!r} has a shape that no tensor can have: {error}") from None


def _in_order(array, order):
    """The array with its dimensions in memory from the outer to the inner one as `order` says."""
    if sorted(order) != list(range(array.ndim)):
        raise FileFormatError(f"the file's structure names an order of dimensions that is none: {order}")
    inner = [order.index(i) for i in range(array.ndim)]
    return np.array(array.transpose(order), order="C").transpose(inner)


#: What makes a value again of its content: of others in a row, of text.
_ROWS = {"tuple": tuple, "set": set, "size": Size}
_PLAIN = {
    "float": float, "complex": lambda parts: complex(float(parts[0]), float(parts[1])), "bytes": bytes.fromhex,
    "dtype": _BY_NAME.__getitem__, "device": device,
}  # fmt: skip


class _Reader:
    """Builds a checkpoint from its JSON and its tensors."""

    def __init__(self, arrays: dict[str, np.ndarray]):
        self.arrays = arrays
        self.located: list[tuple[Tensor, str]] = []  # each tensor and the place that it was saved from

    def unpack(self, packed):
        if isinstance(packed, list):
            return [self.unpack(each) for each in packed]
        if not isinstance(packed, dict):
            return packed
        kind, content = next(iter(packed.items()))
        if kind in ("tensor", "parameter", "array"):
            return self._tensor(kind, content, packed)
        if len(packed) != 1:
            raise FileFormatError("the file's structure is damaged: an entry of two kinds")
        if kind in ("dict", "ordered", "counter"):
            pairs = [(self.unpack(key), self.unpack(value)) for key, value in content]
            return dict(pairs) if kind == "dict" else OrderedDict(pairs) if kind == "ordered" else Counter(dict(pairs))
        if kind in _ROWS:
            return _ROWS[kind](self.unpack(list(content)))
        if kind in _PLAIN:
            return _PLAIN[kind](content)
        raise FileFormatError(f"the file's structure names the kind {kind!r}, which this release does not know")

    def _tensor(self, kind: str, name: str, packed: dict):
        if name not in self.arrays:
            raise FileFormatError(f"the file's structure names the tensor {name!r}, which is not there")
        array = self.arrays[name]
        if packed.get("parts"):
            array = array.view(np.complex128).reshape(array.shape[:-1])
        if kind == "array":
            return array
        if "order" in packed:
            array = _in_order(array, packed["order"])
        location = packed.get("on", "cpu")
        if not isinstance(location, str):
            raise FileFormatError(f"the file's structure names the place {location!r}, which is none")
        wanted = packed.get("requires_grad") is True
        if kind == "parameter":
            from ..nn.parameter import Parameter

            tensor = Parameter(wrap(array), requires_grad=wanted)
        else:
            tensor = wrap(array).requires_grad_() if wanted else wrap(array)
        self.located.append((tensor, location))
        return tensor
