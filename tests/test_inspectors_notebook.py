"""`docs/inspectors.ipynb`: every inspector in a cell, stored with what it shows; nbval runs each of them in `pytest`.

Here: that none is missing or skipped, that the stored pictures have words, and that a page made by nbconvert has both.
After a change of what is shown: `python tests/test_inspectors_notebook.py` stores it anew.
"""

import base64
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import nbformat
import pytest

import lessons
import tensorkit_widgets
from tensorkit.magics.inspectors import INSPECTORS

PATH = lessons.ROOT / "docs" / "inspectors.ipynb"
SVG = "{http://www.w3.org/2000/svg}"
PICTURE = "data:image/svg+xml;base64,"


@pytest.fixture(scope="module")
def notebook():
    return lessons.read(PATH)


@pytest.fixture(scope="module")
def cells(notebook):
    return lessons.code_cells(notebook)


def stored(cells, mime):
    """What the cells show of one kind."""
    return [output.data[mime] for cell in cells for output in cell.outputs if mime in output.get("data", {})]


def test_it_is_stored_with_every_output_and_nothing_of_one_machine(notebook):
    assert list(lessons.notebooks.faults(notebook)) == []
    assert lessons.normalise(lessons.read(PATH)) == notebook
    assert not stored(lessons.code_cells(notebook), lessons.WIDGET_VIEW)


def test_no_cell_is_skipped(notebook):
    assert not re.search("nbval", PATH.read_text(encoding="utf-8"), re.IGNORECASE)
    assert all("tags" not in cell.metadata for cell in notebook.cells)


def test_every_inspector_has_a_cell(cells):
    source = "\n".join(cell.source for cell in cells)
    for magic in (each.name for each in INSPECTORS):
        assert re.search(rf"^%%?{magic}\b", source, re.MULTILINE), magic
    for widget in tensorkit_widgets.__all__:
        assert f"{widget}(" in source or widget in ("BackpropStepper", "TensorView"), widget
    for view in ("histogram", "slices", "broadcast", "product"):
        assert f"%tensor --{view} " in source
    silent = [cell.source for cell in cells if not cell.outputs]
    assert len(silent) == 2 and all("%" not in source.replace("%load_ext", "") for source in silent)


def test_every_picture_has_a_name_and_says_in_words_what_the_text_says(cells):
    pictures = stored(cells, "image/svg+xml")
    assert len(pictures) >= 15
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.get("role") == "img" and root.get("aria-label")
        title = root.find(f"{SVG}title").text
        assert root.get("aria-label").startswith(title.rstrip("."))
        assert len(root.find(f"{SVG}desc").text) > len(title)
        assert root.find(f"{SVG}rect").get("fill") == "#ffffff", "dark ink on white, on any page"


def test_the_text_can_be_read_by_itself(cells):
    for cell in cells:
        for output in cell.outputs:
            text = output.get("text") or output.data["text/plain"]
            assert "<" not in text.replace("<MulBackward0>", "") and "0x" not in text
            assert len(text.split()) >= 6


class Page(HTMLParser):
    """The pictures, tables and words of a page."""

    def __init__(self, source):
        super().__init__()
        self.pictures, self.alternatives, self.tags, self.words = [], [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        source = dict(attributes).get("src") or ""
        if tag == "img":
            self.pictures.append(source)
            self.alternatives.append(dict(attributes).get("alt"))

    def handle_data(self, data):
        self.words.append(data)


def converted(notebook):
    """The page that `nbconvert --to html --template described` makes, as docs/teaching.md says."""
    from nbconvert import HTMLExporter

    folder = str(lessons.ROOT / "docs" / "nbconvert")
    exporter = HTMLExporter(template_name="described", extra_template_basedirs=[folder])
    return Page(exporter.from_notebook_node(notebook)[0])


def test_on_nbconverts_page_every_picture_is_described_in_its_own_words(notebook, cells):
    page = converted(notebook)
    labels = [ElementTree.fromstring(picture).get("aria-label") for picture in stored(cells, "image/svg+xml")]
    assert len(labels) >= 15 and set(labels) <= set(page.alternatives)
    assert all(alternative and not alternative.startswith("No description") for alternative in page.alternatives)


def test_nbconvert_makes_a_page_with_all_pictures(notebook, cells):
    page = converted(notebook)
    drawn = [base64.b64decode(source.removeprefix(PICTURE)).decode() for source in page.pictures]
    assert all(source.startswith(PICTURE) for source in page.pictures), "nothing to fetch"
    assert all(ElementTree.fromstring(picture).get("role") == "img" for picture in drawn)
    assert set(stored(cells, "image/svg+xml")) <= set(drawn)
    inside = [Page(html) for html in stored(cells, "text/html")]
    assert len(drawn) == len(stored(cells, "image/svg+xml")) + sum(len(each.pictures) for each in inside)
    assert {alternative for each in inside for alternative in each.alternatives} <= set(page.alternatives)
    assert all(alternative.startswith("Graph of ") for each in inside for alternative in each.alternatives)
    assert page.tags.count("table") == sum(each.tags.count("table") for each in inside) >= 2
    words = " ".join(page.words)
    assert "backward not called" in words and "Error displaying widget" not in words


if __name__ == "__main__":
    nbformat.write(lessons.normalise(lessons.execute(lessons.read(PATH))), PATH)
    print(f"stored: {PATH}")
