"""Where the files of the page side lie, and how a widget's script is put together.

anywidget sends one module with each widget, which cannot import a second one from this folder: so what all of them need
(`static/picture.js`) is written once and put before the widget's own file.
"""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"


def script(name: str) -> str:
    """The page side of a widget: the shared functions, then `static/<name>`."""
    return "\n".join((STATIC / each).read_text(encoding="utf-8") for each in ("picture.js", name))
