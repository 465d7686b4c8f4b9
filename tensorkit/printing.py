"""How a tensor is written: PyTorch's text for an array of numbers.

Here live the print options and `tensor_text`, which turns a NumPy array (or a NumPy scalar) and a few ready-made
labels into the text that `repr(tensor)` shows. Nothing here knows what a tensor is: whether a dtype or a `grad_fn` is
mentioned is the caller's affair (`dtype_is_shown` knows PyTorch's rule). Only the numbers that are shown are looked
at, so a large array is written as quickly as a small one.

The text is made in four steps, top to bottom in this file: choose the numbers that are shown, write each of them in
a common format, lay them out in brackets, append the suffixes. Next: `tensorkit.tensor`, where `Tensor.__repr__` is.

The rules are PyTorch's (https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import floor, isfinite
from types import SimpleNamespace
from typing import Any

import numpy as np

__all__ = ["dtype_is_shown", "get_printoptions", "printoptions", "set_printoptions", "tensor_text"]

_options = SimpleNamespace(precision=4, threshold=1000, edgeitems=3, linewidth=80, sci_mode=None)

_PROFILES: dict[str, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": float("inf"), "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are written, for the whole process; `None` leaves an option as it is.

    precision: digits after the point (4). threshold: tensors of more numbers are abridged (1000). edgeitems: numbers
    kept at each end of an abridged dimension (3). linewidth: characters per line (80). profile: 'default', 'short' or
    'full', applied before the others. sci_mode: always (True) or never (False) use scientific notation; unlike the
    others it goes back to automatic (None) with every call that does not give it, as in PyTorch.

    As in PyTorch nothing is checked here: a value that makes no sense is found out by the next text that needs it.

    >>> torch.set_printoptions(precision=2)
    >>> torch.tensor([0.125, 10.0])
    tensor([ 0.12, 10.00])
    >>> torch.set_printoptions(profile="default")
    """
    if profile is not None:
        vars(_options).update(_PROFILES.get(profile, {}))
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    vars(_options).update((name, value) for name, value in given.items() if value is not None)
    _options.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in force, as keyword arguments for `set_printoptions`.

    >>> get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return dict(vars(_options))


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Use other print options inside a `with` block (or a decorated function); see `set_printoptions` for their names.

    >>> with printoptions(sci_mode=True):
    ...     print(tensor_text(np.array([1.0, 2.0])))
    tensor([1.0000e+00, 2.0000e+00])
    """
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


def tensor_text(
    array: np.ndarray | np.generic,
    *,
    dtype_text: str | None = None,
    device_text: str | None = None,
    grad_text: str | None = None,
    prefix: str = "tensor(",
) -> str:
    """The text of a tensor that holds `array`, character for character as PyTorch writes it.

    array: bools, integers, floats or complex numbers of any shape, `ml_dtypes.bfloat16` included; a NumPy scalar
    counts as 0-dimensional. dtype_text: 'torch.float64', or None to leave the dtype out (see `dtype_is_shown`).
    device_text: 'cuda:0', or None for the default device. grad_text: 'grad_fn=<MulBackward0>', 'requires_grad=True'
    or None. prefix: the opening; its length is the indentation of the lines below the first.

    >>> tensor_text(np.array([[1.5, -2.0], [0.0, np.inf]]), grad_text="requires_grad=True")
    'tensor([[ 1.5000, -2.0000],\\n        [ 0.0000,     inf]], requires_grad=True)'
    >>> tensor_text(np.zeros((0, 3)), dtype_text="torch.float64")
    'tensor([], size=(0, 3), dtype=torch.float64)'
    """
    suffixes = []
    if device_text is not None:
        suffixes.append(f"device='{device_text}'")
    if array.ndim != 1 if array.size == 0 else not _options.edgeitems:
        suffixes.append(f"size={array.shape}")
    if dtype_text is not None:
        suffixes.append(f"dtype={dtype_text}")
    if grad_text is not None:
        suffixes.append(grad_text)
    text = prefix + _body(array, len(prefix))
    return _with_suffixes(text, suffixes, len(prefix)) + ")" if suffixes else text + ")"


def dtype_is_shown(name: str, default: str = "float32", *, empty: bool = False) -> bool:
    """Whether a tensor's text mentions its dtype; both dtypes by name ('int64'), `default` being the default dtype.

    What Python's own literals would give is not mentioned: the default float, its complex partner, int64 and bool.
    An empty tensor has no numbers to tell from, so all but the default float are mentioned.

    >>> dtype_is_shown("int64"), dtype_is_shown("int64", empty=True), dtype_is_shown("float32", "float64")
    (False, True, True)
    """
    if name == default:
        return False
    return empty or name not in ("int64", "bool", "complex128" if default == "float64" else "complex64")


def _body(array: np.ndarray | np.generic, indent: int) -> str:
    """The numbers in their brackets, without prefix and suffixes; `indent` is the column where the text begins."""
    if array.size == 0:
        return "[]"
    if array.ndim == 0:
        return _written([array.item()], array.dtype.kind)[0][0]
    edge = _options.edgeitems
    abridge = array.size > _options.threshold
    if abridge and not edge:
        return "[...]"
    cut = [abridge and length > 2 * edge for length in array.shape]
    shown = _without_middle(array, cut, edge) if any(cut) else array
    texts, width = _written(shown.ravel().tolist(), array.dtype.kind)
    return _layout(texts, width, shown.shape, cut, indent)


def _without_middle(array: Any, cut: Sequence[bool], edge: int) -> np.ndarray:
    """`array` with only the first and last `edge` entries of every dimension marked in `cut`."""
    for dim, is_cut in enumerate(cut):
        if is_cut:
            before = (slice(None),) * dim
            array = np.concatenate((array[(*before, slice(edge))], array[(*before, slice(-edge, None))]), dim)
    return array


def _written(values: list[Any], kind: str) -> tuple[list[str], int]:
    """Every value in the tensor's common format, right-aligned, and the width that a row reckons with per value.

    kind: NumPy's letter for the sort of number ('b', 'i', 'u', 'c'; anything else, bfloat16's 'V' included, is a
    float).
    """
    if kind in "biu":
        texts = [str(value) for value in values]
        width = max(map(len, texts))
        return _aligned(texts, width), width
    if kind != "c":
        return _written_floats(values)
    # Each part has its own format, as if real and imaginary parts were two tensors.
    reals, real_width = _written_floats([value.real for value in values])
    imags, imag_width = _written_floats([value.imag for value in values])
    return [_joined(real, imag.lstrip()) for real, imag in zip(reals, imags, strict=True)], real_width + imag_width + 1


def _joined(real: str, imag: str) -> str:
    return f"{real}{imag}j" if imag[0] == "-" else f"{real}+{imag}j"


def _written_floats(values: list[float]) -> tuple[list[str], int]:
    """`_written` for floats.

    Zeros, infinities and nans have no say in the format nor in the width, so that they can stick out of their column.
    """
    form, point = _float_format([abs(value) for value in values if value and isfinite(value)])
    texts = [format(value, form) for value in values]
    if point:
        texts = [text + point if isfinite(value) else text for text, value in zip(texts, values, strict=True)]
    width = max((len(text) for text, value in zip(texts, values, strict=True) if value and isfinite(value)), default=1)
    return _aligned(texts, width), width


def _float_format(sizes: list[float]) -> tuple[str, str]:
    """The format for numbers of these absolute values, and what is to follow a finite number so written.

    Large, small or far-apart sizes are written as '1.0000e-05', whole numbers as '3.', all others as '2.5000'.
    """
    scientific = _options.sci_mode if sizes else False
    if scientific is None:
        smallest, largest = min(sizes), max(sizes)
        scientific = largest / smallest > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4
    if scientific:
        return f".{_options.precision}e", ""
    if all(size.is_integer() for size in sizes):
        return ".0f", "."
    return f".{_options.precision}f", ""


def _aligned(texts: list[str], width: int) -> list[str]:
    return [text.rjust(width) for text in texts]


def _layout(texts: list[str], width: int, shape: Sequence[int], cut: Sequence[bool], indent: int) -> str:
    """The texts of the shown numbers, in row-major order, as nested bracketed lists.

    shape: how many numbers are shown per dimension; cut: the dimensions that have lost their middle.
    """
    innermost = len(shape) - 1
    column = indent + innermost
    per_line = max(1, floor((_options.linewidth - column) / (width + 2)))
    rows = _grouped(texts, shape[-1], " ..." if cut[-1] else None)
    blocks = [_row(row, per_line, column + 1) for row in rows]
    for dim in range(innermost - 1, -1, -1):
        between = "," + "\n" * (innermost - dim) + " " * (indent + dim + 1)
        groups = _grouped(blocks, shape[dim], "..." if cut[dim] else None)
        blocks = ["[" + between.join(group) + "]" for group in groups]
    return blocks[0]


def _grouped(items: list[str], length: int, ellipsis: str | None) -> Iterable[list[str]]:
    """Consecutive groups of `length` items, each with `ellipsis`, if there is one, in its middle."""
    half = length // 2
    for start in range(0, len(items), length):
        group = items[start : start + length]
        if ellipsis is not None:
            group.insert(half, ellipsis)
        yield group


def _row(texts: list[str], per_line: int, margin: int) -> str:
    """One bracketed row, broken into lines of `per_line` numbers; the ellipsis counts as one."""
    lines = [", ".join(texts[start : start + per_line]) for start in range(0, len(texts), per_line)]
    return "[" + (",\n" + " " * margin).join(lines) + "]"


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """`text` with its suffixes; one that would pass the line width begins a line of its own.

    The length of the last line is reckoned as PyTorch reckons it: one too high below a line break, two too high for a
    text of one line. The breaks would fall elsewhere otherwise.
    """
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
        else:
            text += ", " + suffix
            length += len(suffix) + 2
    return text
