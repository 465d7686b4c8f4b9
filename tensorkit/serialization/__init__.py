"""`torch.save` and `torch.load`: tensors, and dictionaries and lists that hold them, in files without code.

The format is safetensors: a header that names each tensor's type, shape and place, then the numbers.  PyTorch users
read it with `safetensors.torch.load_file`, and write with `save_file` what `load` here reads.  What is not a tensor
(numbers, text, the nesting) stands in the header's metadata as JSON: `structure.py`.  Files are read with distrust and
replaced as a whole: `files.py`.

No pickle is read or written: a pickle is a program, and loading one runs it.

Source: https://github.com/huggingface/safetensors#format
"""

import os
from collections.abc import Mapping
from typing import Any

from ..device import check_available, device
from .files import read, write_whole
from .structure import FileFormatError, decode, encode, metadata_of

__all__ = ["FileFormatError", "load", "metadata", "save"]


def save(obj: Any, f, pickle_module=None, pickle_protocol=None, _use_new_zipfile_serialization: bool = True, *,
         metadata: Mapping[str, str] | None = None) -> None:  # fmt: skip
    """Write a tensor, a state dict, or a checkpoint made of dictionaries, lists, tensors, numbers and text.

    f         a path, whatever its suffix (`.pt`, `.pth`, `.safetensors`), or a file open for writing bytes
    metadata  notes of your own, from text to text, that anybody reads without loading the tensors

    A file at that path is replaced only when the new one is complete on the disk: whatever happens during the save,
    one of the two is there whole.  Tensors that share memory are written once each.  The other arguments are PyTorch's,
    and change nothing.

    Raises TypeError for values of other types (a whole module: save its `state_dict()`), RuntimeError where the folder
    does not exist, ImportError without the safetensors package.

    >>> import io
    >>> import tensorkit as torch
    >>> file = io.BytesIO()
    >>> torch.save({"epoch": 3, "weights": [torch.ones(2)]}, file)
    >>> _ = file.seek(0)
    >>> torch.load(file)
    {'epoch': 3, 'weights': [tensor([1., 1.])]}
    """
    if hasattr(f, "write"):
        f.write(encode(obj, metadata))
        return
    if not isinstance(f, (str, os.PathLike)):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    content = encode(obj, metadata)
    write_whole(os.fspath(f), content)


def load(f, map_location=None, pickle_module=None, *, weights_only: bool = True, mmap: bool | None = None,
         **pickle_load_args) -> Any:  # fmt: skip
    """Read what `save` wrote, or any safetensors file (as a dictionary of its tensors).

    f             a path, or a file open for reading bytes
    map_location  where tensors are put: a device; a dictionary from saved places to others ({'cuda:0': 'cpu'}); or a
                  function, which means the CPU.  Without it they go where they were saved from
    weights_only  accepted: such files hold nothing but data

    >>> import io
    >>> file = io.BytesIO()
    >>> torch.save({"w": tensor([1., 2.])}, file)
    >>> _ = file.seek(0)
    >>> torch.load(file)
    {'w': tensor([1., 2.])}

    Raises FileFormatError (a RuntimeError) for files of another kind, PyTorch's own among them, and for damaged ones;
    RuntimeError for tensors of a GPU that is not here.
    """
    if isinstance(map_location, (str, device)):
        _place(map_location)

    def place_for(location: str) -> int | None:
        if map_location is None or isinstance(map_location, Mapping):
            return _place((map_location or {}).get(location, location))
        return None if callable(map_location) else _place(map_location)

    return decode(read(f), place_for)


def metadata(f) -> dict[str, str]:
    """The notes that a file was saved with; its tensors are not loaded.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     torch.save({"w": tensor([1.])}, folder + "/w.safetensors", metadata={"epoch": "3"})
    ...     metadata(folder + "/w.safetensors")["epoch"]
    '3'
    """
    content = metadata_of(read(f, only_header=True))
    return {key: value for key, value in content.items() if not key.startswith("tensorkit.") and key != "format"}


def _place(location) -> int | None:
    """The number of the GPU that is meant, None for the CPU; PyTorch's error for one that is not here."""
    try:
        found = check_available(location)
        return found.index if found.type == "cuda" else None
    except AssertionError:
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are "
            "running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your "
            "storages to the CPU."
        ) from None
