"""Files of the repository as pages, with line numbers to link to: tensorkit is meant to be read."""

from __future__ import annotations

from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound

ROOT = Path(__file__).resolve().parents[2]


def place_of(file: str) -> str:
    """The page of a file: `code/tensorkit/tensor.py.md`."""
    return f"code/{file}.md"


def page(file: str) -> str:
    """A file with its line numbers, left out of the search: what it says is found through the reference."""
    text = (ROOT / file).read_text(encoding="utf-8")
    try:
        lexer = get_lexer_for_filename(file)
    except ClassNotFound:
        lexer = TextLexer()
    shown = highlight(text, lexer, HtmlFormatter(linenos="inline", lineanchors="L", anchorlinenos=True))
    return f"---\norphan: true\nnosearch: true\n---\n# {file}\n\n````````{{raw}} html\n{shown}````````\n"


def write(files: set[str], folder: Path) -> None:
    """Write the pages of `files` below a folder."""
    for file in sorted(files):
        target = folder / place_of(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page(file), encoding="utf-8")
