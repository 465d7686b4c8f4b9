"""Finite differences beside the gradients: is what the backward pass says what a small change really does?

Here: `check` for all leaves of a tensor, `Checker` for any node of a graph, one at a time, on demand. The computation
is done again in float64 (`replay.py`), each number moved a little up and down. Not here: `torch.autograd.gradcheck`,
which asks the same of a function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..tensor import Tensor
from . import tables
from .describe import clean, label_of
from .model import Snapshot
from .pytorch import adopt, is_foreign
from .replay import Replay
from .snapshots import short, snapshot
from .trace import LIMIT, traced

EPS = 1e-5
ENTRIES = 64  # numbers of a tensor that are moved at most
RELATIVE, ABSOLUTE = 2e-3, 1e-4


@dataclass(frozen=True)
class Check:
    """One tensor's gradient beside its finite differences.

    `analytic` and `numeric` are snapshots of the entries compared, `error` is their largest distance, `agrees` the
    verdict; `remark` says what else was seen: a kink, entries left out, a gradient that is unknown.

    >>> import tensorkit as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> check(x * x, {"x": x}).checks[0].sentence
    'finite differences say 6: agrees'
    """

    name: str
    analytic: Snapshot | None
    numeric: Snapshot
    error: float | None
    agrees: bool
    remark: str = ""

    @property
    def verdict(self) -> str:
        """`agrees`, `differs` or `not compared`."""
        return "not compared" if self.error is None else "agrees" if self.agrees else "differs"

    @property
    def sentence(self) -> str:
        """`finite differences say 5: agrees`."""
        text = f"finite differences say {short(self.numeric)}: {self.verdict}"
        return f"{text} ({self.remark})" if self.remark else text


@dataclass(frozen=True)
class Checks:
    """The checks of all leaves of `root`, one row each.

    >>> import tensorkit as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> check(x * x, {"x": x}).rows
    (('x', '6', '6', 'agrees'),)
    """

    root: str
    checks: tuple[Check, ...]

    @property
    def agree(self) -> bool:
        """Do all of them agree?"""
        return all(check.agrees for check in self.checks)

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """(name, gradient, finite differences, verdict) as text."""
        return tuple(
            (
                check.name,
                short(check.analytic),
                short(check.numeric),
                f"{check.verdict}{f' ({check.remark})' if check.remark else ''}",
            )
            for check in self.checks
        )

    @property
    def headings(self) -> tuple[str, ...]:
        """What stands above the columns."""
        return ("name", f"gradient of {self.root}", "finite differences", "verdict")

    def to_text(self) -> str:
        """The table in aligned columns.

        >>> import tensorkit as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> print(check(x * x, {"x": x}).to_text())
        name  gradient of x * x  finite differences  verdict
        x     6                  6                   agrees
        """
        return "\n".join(tables.aligned(self.headings, self.rows))

    def to_html(self) -> str:
        """The table as HTML, everything escaped."""
        return tables.html(self.headings, self.rows)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": self.to_text()}


class Checker:
    """Finite differences for the nodes of one graph, by their ids: `Checker(f, names).check("n0")`.

    ValueError where the computation can't be done again. Tensors that were written to since are refused there too.

    >>> import tensorkit as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> Checker(x * x, {"x": x}).check("n0").verdict
    'agrees'
    """

    def __init__(self, tensor: Tensor, names: Mapping[str, Tensor] | None = None, limit: int = LIMIT) -> None:
        notes: tuple[str, ...] = ()
        if is_foreign(tensor):
            adopted = adopt(tensor, names)
            tensor, names, notes = adopted.tensor, adopted.names, adopted.notes
        graph, self.places = traced(tensor, names, limit)
        self.graph = replace(graph, notes=(*graph.notes, *notes))
        self.replay = Replay(tensor)

    def check(self, node_id: str) -> Check:
        """Compare one node's gradient; KeyError for an unknown node, ValueError for one without a gradient."""
        node = self.graph.node(node_id)
        if node_id not in self.places or not node.requires_grad:
            raise ValueError(f"{label_of(node)} has no gradient to compare")
        place = self.places[node_id]
        values = self.replay.values({})
        start = np.array(values[id(place)], dtype=np.float64)
        if start.dtype.kind != "f":
            raise ValueError(f"{label_of(node)} is not real")
        entries = np.unique(np.linspace(0, max(start.size - 1, 0), min(start.size, ENTRIES)).astype(int))
        numeric, kinks = [], 0
        middle = self._total(values)
        for entry in entries:
            step = EPS * max(1.0, abs(float(start.flat[entry])))
            up, down = (self._moved(place, start, int(entry), sign * step) for sign in (1, -1))
            numeric.append((up - down) / (2 * step))
            right, left = (up - middle) / step, (middle - down) / step
            kinks += abs(right - left) > 1e-2 * max(1.0, abs(right), abs(left))
        return _compare(label_of(node), node.gradient, np.asarray(numeric), np.asarray(entries), start.shape, kinks)

    def _moved(self, place: Any, start: np.ndarray, entry: int, step: float) -> float:
        moved = start.copy()
        moved.flat[entry] += step
        return self._total(self.replay.values({id(place): moved[()]}))

    def _total(self, values: Mapping[int, Any]) -> float:
        return float(np.sum(self.replay.root_of(values), dtype=np.float64))


def check(tensor: Tensor, names: Mapping[str, Tensor] | None = None) -> Checks:
    """Compare the gradients of all leaves of `tensor` with finite differences; of its sum where it is no scalar.

    TypeError for anything but a tensor, ValueError for one without leaves or that can't be computed again. Of a large
    leaf 64 numbers are tried, spread evenly.

    >>> import tensorkit as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> check((x * x).sum(), {"x": x}).agree
    True
    """
    checker = Checker(tensor, names)
    leaves = [leaf for leaf in checker.graph.leaves if leaf.id in checker.places]
    if not leaves:
        raise ValueError("it was computed from no tensor that requires gradients")
    return Checks(
        clean(label_of(checker.graph.node(checker.graph.root))), tuple(checker.check(leaf.id) for leaf in leaves)
    )


def _compare(
    name: str, gradient: Snapshot | None, numeric: np.ndarray, entries: np.ndarray, shape: tuple[int, ...], kinks: int
) -> Check:
    remarks = []
    whole = len(entries) == int(np.prod(shape))
    if not whole:
        remarks.append(f"{len(entries)} of {int(np.prod(shape))} entries")
    shown = snapshot(np.asarray(numeric.reshape(shape) if whole else numeric).round(9) + 0.0)
    if gradient is None or gradient.array is None:
        return Check(name, gradient, shown, None, True, "; ".join([*remarks, "the gradient is not kept"]))
    analytic = gradient.array.ravel()[entries].astype(np.float64) if len(entries) else gradient.array.ravel()
    finite = bool(np.isfinite(analytic).all() and np.isfinite(numeric).all())
    error = float(np.abs(analytic - numeric).max(initial=0.0)) if finite else float("inf")
    scale = max(1.0, float(np.abs(numeric).max(initial=0.0))) if finite else 1.0
    agrees = finite and bool(np.allclose(analytic, numeric, rtol=RELATIVE, atol=ABSOLUTE * scale))
    if kinks and not agrees:
        remarks.append("there is a kink: the slope to the left is not the slope to the right")
    if not finite:
        remarks.append("NaN or inf")
    compared = gradient if whole else snapshot(analytic)
    return Check(name, compared, shown, error, agrees, "; ".join(remarks))
