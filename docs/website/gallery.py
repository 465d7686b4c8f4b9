"""The gallery of inspectors: each of `inspectors.py` is called, and its picture kept with the code that made it.

So the page shows what this version draws. Screenshots of the widgets are taken from `docs/images` and `docs/pictures`,
where pairs are named `NAME-light.png` and `NAME-dark.png`.
"""

from __future__ import annotations

import ast
import html
import inspect
import re
import textwrap
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1]
HEAD = """\
# Gallery of inspectors

Each picture was drawn by this version when the site was built, by the code above it. In a notebook the magic, after
`%load_ext tensorkit`, shows the same; where the extra `widgets` is installed many become widgets for mouse and
keyboard. Under every picture stands the text that says the same in words: what a terminal or a screen reader gets.
"""


def shown_code(function) -> str:
    """A function's body as it would stand in a cell: no docstring, no `return`."""
    text = textwrap.dedent(inspect.getsource(function))
    body = ast.parse(text).body[0].body[1:]
    lines = text.splitlines()[body[0].lineno - 1 :]
    return textwrap.dedent("\n".join(lines)).replace("return ", "")


def common_code(module) -> str:
    """What every inspector goes on from: the imports, and the assignments between `put` and the first inspector."""
    text = inspect.getsource(module)
    tree = ast.parse(text).body
    first = next(i for i, node in enumerate(tree) if isinstance(node, ast.FunctionDef))
    chosen = [node for node in tree if isinstance(node, (ast.Import, ast.ImportFrom))]
    chosen += [node for node in tree[first:] if isinstance(node, ast.Assign)]
    return "\n".join(ast.get_source_segment(text, node) for node in chosen)


def section(title: str, magic: str | None, function, folder: Path) -> str:
    """An inspector's part of the page; its picture is written into `folder`."""
    bundle = function()._repr_mimebundle_()
    parts = [f"## {title}", inspect.getdoc(function)]
    parts.append(f"In a notebook `{magic}`, in Python:" if magic else "In Python:")
    parts.append(f"```python\n{shown_code(function)}\n```")
    if "image/svg+xml" in bundle:
        drawing = bundle["image/svg+xml"]
        name = function.__name__
        (folder / f"{name}.svg").write_text(drawing, encoding="utf-8")
        label = html.unescape(re.search(r'aria-label="([^"]*)"', drawing)[1])
        parts.append(f'<img src="../_static/gallery/{name}.svg" alt="{html.escape(label)}">')
    elif "text/html" in bundle:
        parts.append(f'<div class="inspector">{bundle["text/html"]}</div>')
    text = html.escape(bundle["text/plain"])
    text = text.replace("\n\n", "\n&#8203;\n")  # an empty line would end the HTML
    parts.append(f"<details><summary>The same as text</summary><pre>{text}</pre></details>")
    return "\n\n".join(parts)


def screenshots(site: Path) -> str:
    """The screenshots that are there, light and dark one at a time as the reader's theme asks."""
    parts = []
    for path in sorted({*DOCS.glob("images/*-light.png"), *DOCS.glob("pictures/*-light.png")}):
        words = path.stem.removesuffix("-light").replace("-", " ")
        dark = path.with_name(path.name.replace("-light", "-dark"))
        pair = [("light", "only-light", path), ("dark", "only-dark", dark)] if dark.exists() else [("light", "", path)]
        parts.append(f"### {words.capitalize()}")
        for theme, kind, each in pair:
            target = site / "static" / each.parent.name / each.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(each.read_bytes())
            parts.append(
                f'<img class="{kind}" src="../_static/{each.parent.name}/{each.name}" '
                f'alt="Screenshot of JupyterLab in the {theme} theme: {words}">'
            )
    return "\n\n".join(["## In JupyterLab", *parts]) if parts else ""


def write(site: Path) -> None:
    """Write the page and its pictures into the sources of the site."""
    import inspectors

    pictures = site / "static" / "gallery"
    pictures.mkdir(parents=True, exist_ok=True)
    (site / "learn").mkdir(parents=True, exist_ok=True)
    begin = f"Each piece of code goes on from this:\n\n```python\n{common_code(inspectors)}\n```"
    sections = [section(*shown, pictures) for shown in inspectors.SHOWN]
    page = "\n\n".join([HEAD, begin, *sections, screenshots(site)])
    (site / "learn" / "gallery.md").write_text(page + "\n", encoding="utf-8")
