"""Files on the disk: read with a look at the first bytes, written so that no crash loses what was there before."""

import os
import stat
from contextlib import suppress

from .structure import MAX_HEADER, FileFormatError


def read(f, only_header: bool = False) -> bytes:
    """The bytes of a file, after a look at its first ones: nothing is read on the word of a header that lies."""
    if hasattr(f, "read"):
        content = f.read()
        if not isinstance(content, (bytes, bytearray, memoryview)):
            raise TypeError(f"expected a file opened in binary mode, but reading gave {type(content).__name__}")
        content = bytes(content)
        _check_head(content[:16], len(content))
        return content
    if not isinstance(f, (str, os.PathLike)):  # `open` would take a number for the descriptor of an open file
        raise AttributeError(
            f"'{type(f).__name__}' object has no attribute 'seek'. You can only torch.load from a file that is "
            "seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
        )
    with open(f, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(16)
        _check_head(head, size)
        end = 8 + int.from_bytes(head[:8], "little") if only_header else size
        return head + file.read(end - len(head))


def _check_head(head: bytes, size: int) -> None:
    """Raise FileFormatError unless a file that begins so can be a safetensors file."""
    length = int.from_bytes(head[:8], "little")
    if len(head) > 8 and length <= size - 8 and head[8:9] == b"{":
        if length <= MAX_HEADER:
            return
        raise FileFormatError(f"the header claims {length} bytes, more than the {MAX_HEADER} that are allowed")
    if head[:4] == b"PK\x03\x04" or (head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")):
        error = FileFormatError(
            "this is a PyTorch file in the pickle format, which tensorkit does not read: unpickling can run any code. "
            "Convert it once in PyTorch: safetensors.torch.save_file(torch.load(path), new_path), for a dictionary of "
            "tensors."
        )
        error.add_note(
            "Hint: in PyTorch, state = torch.load('model.pt', weights_only=True), then "
            "from safetensors.torch import save_file; save_file(state, 'model.safetensors'). torch.load reads that."
        )
        raise error
    if not size:
        raise FileFormatError("the file is empty")
    if head[:6] == b"\x93NUMPY":
        raise FileFormatError("this is a NumPy file: use torch.from_numpy(numpy.load(path))")
    if size >= 8 and length > size - 8 and head[8:9] == b"{":
        raise FileFormatError(f"the file is cut off: its header should have {length} bytes, the whole file has {size}")
    raise FileFormatError("this is not a safetensors file")


def write_whole(path: str, content: bytes) -> None:
    """Write a file so that at any moment either the earlier file or the new one is there, whole.

    The content goes to a temporary file in the same folder and from the system's memory to the disk, and only then
    takes the place of the earlier file.  A link is followed; permissions stay.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {os.path.dirname(path) or folder} does not exist.")
    try:
        before = os.stat(target)
    except FileNotFoundError:
        before = None
    if before is not None:
        if not stat.S_ISREG(before.st_mode):  # a device or a pipe cannot be replaced (and a folder is an error)
            with open(target, "wb") as file:
                file.write(content)
            return
        if not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied", path)
    temporary = os.path.join(folder, f".save-{os.getpid()}-{os.urandom(6).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            os.chmod(temporary, stat.S_IMODE(before.st_mode))
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    if os.name == "posix":  # the folder's entry has to reach the disk too
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            with suppress(OSError):  # some file systems cannot do this for a folder
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
