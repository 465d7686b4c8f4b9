"""Anomaly mode: find the operation whose derivative gave NaN, or failed, and where it was called.

While it is on, each node is recorded together with the lines of code that called its operation, and the backward pass
looks at what each node passes on.

Source: https://pytorch.org/docs/stable/autograd.html#anomaly-detection
"""

import os
import sys
from warnings import warn
from weakref import WeakKeyDictionary

from ..array_modules import np
from ..tape import Node, Output, anomaly, watchers
from ..tensor import Tensor

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_traces: WeakKeyDictionary = WeakKeyDictionary()


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on."""
    return anomaly.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode looks for NaN (when it is on)."""
    return anomaly.check_nan


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Turn anomaly mode on or off; `set_detect_anomaly` also does so for a `with` block.

    >>> import tensorkit as torch
    >>> torch.set_anomaly_enabled(False)
    """
    _set(mode, check_nan)


class set_detect_anomaly:  # noqa: N801 (PyTorch's name)
    """Turn anomaly mode on or off: at once as a plain call, or for a `with` block.

    mode       on or off
    check_nan  also raise where a gradient is NaN

    >>> import tensorkit as torch
    >>> with torch.autograd.set_detect_anomaly(True):
    ...     torch.is_anomaly_enabled()
    True
    """

    def __init__(self, mode: bool, check_nan: bool = True):
        self._found = anomaly.enabled, anomaly.check_nan
        _set(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception) -> None:
        _set(*self._found)


class detect_anomaly:  # noqa: N801 (PyTorch's name)
    """Within this `with` block, a derivative that gives NaN is an error that says which operation it belongs to.

    check_nan  False: only failing derivatives are shown with the place of their operation

    >>> with torch.autograd.set_detect_anomaly(False):
    ...     print(torch.is_anomaly_enabled())
    False

    Source: https://pytorch.org/docs/stable/autograd.html#torch.autograd.detect_anomaly
    """

    def __init__(self, check_nan: bool = True):
        self._found = anomaly.enabled, anomaly.check_nan
        self._check_nan = check_nan
        warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self._found = anomaly.enabled, anomaly.check_nan
        _set(True, self._check_nan)

    def __exit__(self, *exception) -> None:
        _set(*self._found)


def _set(enabled: bool, check_nan: bool) -> None:
    anomaly.enabled, anomaly.check_nan = bool(enabled), check_nan
    if enabled and _note_place not in watchers:
        watchers.append(_note_place)
    elif not enabled and _note_place in watchers:
        watchers.remove(_note_place)


def _note_place(node: Node) -> None:
    """Keep the lines of code that led here, without those of this package, nor of what started the program."""
    import traceback

    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    lines = traceback.extract_stack(frame)
    started = [i for i, line in enumerate(lines) if line.filename.startswith((_HERE, "<frozen runpy>"))]
    del lines[: started[-1] + 1 if started else 0]  # `python -m tensorkit run`
    _traces[node] = lines


def watched(shares_of):
    """The engine's `shares_of(node, g)` with a look at what it gives."""

    def look(node, g):
        try:
            shares = shares_of(node, g)
            if anomaly.check_nan:
                _check(node, shares)
        except Exception:
            _show(node)
            raise
        return shares

    return look


def _check(node: Node, shares: list) -> None:
    places = [parent for parent in node.parents if isinstance(parent, (Node, Tensor))]
    for parent, share in shares:
        if np.isnan(share._array if isinstance(share, Tensor) else share).any():
            place = next(i for i, each in enumerate(places) if each is parent)
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {place}th output.")


def _show(node: Node) -> None:
    import traceback

    base = node.node if isinstance(node, Output) else node
    trace = _traces.get(base)
    if trace is None:
        text = "No forward pass information available. Enable detect anomaly during forward pass for more information."
    else:
        text = "Traceback of forward call that caused the error:\n" + "".join(traceback.format_list(trace))
    warn(f"Error detected in {base.name()}. {text}", stacklevel=5)
