"""Gather what the site is made of into one folder: documents, lessons, reference, gallery, code.

Documents and lessons are written to be read in the repository; here their links are turned to the site's pages. A page
that another part of the project has not written is left out, with its place in the navigation.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
from pathlib import Path

import code_pages
import gallery
import reference

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s#]+)?(#[^)\s]+)?\)")

#: The navigation: heading, pages in order. What is not there is passed over; a document in no list goes to the last.
NAVIGATION = [
    ("Start", ["quick_start", "user_guide", "pytorch"]),
    ("Learn", ["lessons/index", "lessons/README", "learn/gallery", "inspectors"]),
    ("Reference", ["api/index", "operations", "differences", "performance", "gpu", "distributed"]),
    ("More", ["teaching", "adding_an_operation", "security", "jupyterlite", "contributing", "changelog"]),
]
#: Documents of the repository's first folder that are pages too.
PLACES = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md", "README.md": "index.md"}


class Site:
    """The folder of sources, and the files of the repository that its pages link to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code: set[str] = set()

    def write(self) -> None:
        """Everything, from nothing."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        shutil.copytree(Path(__file__).with_name("static"), self.folder / "static")
        for path in sorted(DOCS.glob("*.md")):
            self.document(path, path.name)
        for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
            self.document(ROOT / name, PLACES[name])
        for folder in (DOCS / "images", DOCS / "pictures"):
            if folder.is_dir():
                shutil.copytree(folder, self.folder / folder.name)
        self.lessons()
        gallery.write(self.folder)
        self.code |= reference.write(self.folder / "api")
        self.home()
        code_pages.write(self.code, self.folder)

    def document(self, path: Path, place: str) -> None:
        """A Markdown file of the repository, as the page `place`."""
        target = self.folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.relinked(path.read_text(encoding="utf-8"), path.parent, place), encoding="utf-8")

    def place_of(self, file: Path) -> str | None:
        """Where a file of the repository is found on the site; None for a folder or a file of no interest."""
        name = file.relative_to(ROOT).as_posix()
        if name in PLACES:
            return PLACES[name]
        if file.suffix == ".md" and (file.parent == DOCS or name.startswith(("docs/api/", "docs/learn/"))):
            return name.removeprefix("docs/")  # a document, or a page that is made here
        if name.startswith(("lessons/", "docs/images/", "docs/pictures/")):
            return name.removeprefix("docs/")
        if not file.is_file():
            return None
        self.code.add(name)
        return code_pages.place_of(name)

    def relinked(self, text: str, origin: Path, place: str) -> str:
        """Markdown whose links lead to the site's pages; one that leads nowhere here becomes its text."""

        def turned(found: re.Match) -> str:
            head, target, anchor = found[1], found[2], found[3] or ""
            if target is None or re.match(r"[a-z]+:", target):
                return found[0]
            file = (origin / target).resolve()
            if not file.is_relative_to(ROOT):
                return found[0]
            page = self.place_of(file)
            if page is None:
                return head[1:-2]
            return f"{head}{os.path.relpath(page, Path(place).parent).replace(os.sep, '/')}{anchor})"

        parts = re.split(r"(^```.*?^```)", text, flags=re.M | re.S)
        return "".join(part if i % 2 else LINK.sub(turned, part) for i, part in enumerate(parts))

    def lessons(self) -> None:
        """The notebooks as stored, every figure with its description, and a first page that lists them."""
        target = self.folder / "lessons"
        target.mkdir()
        names = []
        for path in sorted((ROOT / "lessons").glob("*.ipynb")):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            for cell in notebook["cells"]:
                if cell["cell_type"] == "markdown":
                    cell["source"] = self.relinked("".join(cell["source"]), path.parent, f"lessons/{path.name}")
                else:
                    described(cell)
            (target / path.name).write_text(json.dumps(notebook), encoding="utf-8")
            names.append(path.stem)
        shutil.copytree(ROOT / "lessons" / "images", target / "images")
        self.document(ROOT / "lessons" / "README.md", "lessons/README.md")
        section = re.search(
            r"^## The lessons\n(.*?)^## ", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S
        )
        said = self.relinked(section[1].strip(), ROOT, "lessons/index.md")
        contents = "\n".join(names)
        (target / "index.md").write_text(
            f"# The lessons\n\n{said}\n\n```{{toctree}}\n:hidden:\n\n{contents}\n```\n", encoding="utf-8"
        )

    def home(self) -> None:
        """The first page, and with it the navigation."""
        listed = {name for _, names in NAVIGATION for name in names}
        found = {path.relative_to(self.folder).with_suffix("").as_posix() for path in self.folder.glob("*.md")}
        trees = []
        for heading, names in NAVIGATION:
            there = [each for each in names if (self.folder / f"{each}.md").exists()]
            if heading == NAVIGATION[-1][0]:
                there += sorted(found - listed - {"index"})
            trees.append(f"```{{toctree}}\n:hidden:\n:caption: {heading}\n\n" + "\n".join(there) + "\n```")
        text = (self.folder / "index.md").read_text(encoding="utf-8")
        (self.folder / "index.md").write_text(text.rstrip() + "\n\n" + "\n\n".join(trees) + "\n", encoding="utf-8")


def described(cell: dict) -> None:
    """Give the pictures of a cell the alternative text that is stored with them."""
    said = []
    for output in cell.get("outputs", ()):
        data, notes = output.get("data", {}), output.get("metadata", {})
        if "image/svg+xml" in data:
            label = re.search(r'aria-label="([^"]*)"', "".join(data["image/svg+xml"]))
            said.append(html.unescape(label[1]) if label else "")
        said += [notes[kind]["alt"] for kind in ("image/png", "image/jpeg") if "alt" in notes.get(kind, {})]
    if any(said):
        cell.setdefault("metadata", {})["mystnb"] = {"image": {"alt": " ".join(filter(None, said))}}
