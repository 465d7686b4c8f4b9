"""An answer of `why` as data, text and HTML. How it is found: `why.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .model import Graph
from .svg import escape


@dataclass(frozen=True)
class Explanation:
    """An answer of `why`, as data.

    `name`     the tensor
    `state`    what its `.grad` is: `x.grad is None`
    `finding`  the reason in two or three words, the same for the same reason: `not a leaf`, `accumulated`
    `reason`   one or two sentences
    `where`    places in the graph, one sentence each
    `todo`     what to do about it; empty where nothing is wrong
    `notes`    what else is worth knowing
    `nodes`    the ids of those places in `graph`, which is None where the tensor is in no graph

    >>> import tensorkit as torch
    >>> from tensorkit.graph import why
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> why(x * 2, {"x": x}).finding
    'not a leaf'
    """

    name: str
    state: str
    finding: str
    reason: str
    where: tuple[str, ...] = ()
    todo: str = ""
    notes: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    graph: Graph | None = None

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """The answer as (term, sentence) pairs."""
        rows = [("why", self.reason), *(("where", place) for place in self.where)]
        rows += [("do", self.todo)] if self.todo else []
        return (*rows, *(("note", note) for note in self.notes))

    def to_text(self) -> str:
        """The answer in lines of text.

        >>> import tensorkit as torch
        >>> from tensorkit.graph import why
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> print(why(x * 2, {"x": x}).to_text())
        (2 * x).grad is None: not a leaf
          why   2 * x was computed by mul, and .grad is kept for leaves only.
          do    Call .retain_grad() on it before backward(), or ask for it: torch.autograd.grad(loss, tensor).
        """
        return "\n".join([f"{self.state}: {self.finding}", *(f"  {term:5} {text}" for term, text in self.rows)])

    def to_html(self) -> str:
        """The answer as HTML, everything escaped."""
        body = "".join(
            f'<dt style="font-weight:600">{escape(term)}</dt><dd style="margin:0">{escape(text)}</dd>'
            for term, text in self.rows
        )
        style = "display:grid;grid-template-columns:max-content 1fr;gap:2px 12px;margin:4px 0"
        head = f"<p><code>{escape(self.state)}</code>: <strong>{escape(self.finding)}</strong></p>"
        return f'{head}<dl style="{style}">{body}</dl>'

    def __str__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": self.to_text()}
