"""A table with headings, of text: in aligned columns, and as HTML.

What stands in one is the business of those who make it: `leaves.py`, `check.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from .palette import columns
from .svg import escape

LEFT = ' style="text-align:left"'


def aligned(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of the table: every column begins at one place, also where letters take two.

    >>> aligned(["x", "y"], [["1.5", "2"]])
    ['x    y', '1.5  2']
    """
    table = [headings, *rows]
    widths = [max(map(columns, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def html(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table as HTML, everything escaped; the first column names the rows.

    >>> html(["x"], [["<b>"]]).partition("<tbody>")[2]
    '<tr><th scope="row" style="text-align:left">&lt;b&gt;</th></tr></tbody></table>'
    """
    head = "".join(f'<th scope="col"{LEFT}>{escape(text)}</th>' for text in headings)
    body = "".join(
        f'<tr><th scope="row"{LEFT}>{escape(row[0])}</th>'
        + "".join(f"<td{LEFT}><code>{escape(text)}</code></td>" for text in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
