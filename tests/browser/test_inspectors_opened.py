"""`docs/inspectors.ipynb` in JupyterLab: every inspector opens from its cell, and answers to mouse and keyboard."""

import json

import nbformat
import pytest
from lab import ROOT

pytestmark = pytest.mark.browser

NOTEBOOK = ROOT / "docs" / "inspectors.ipynb"
#: How many widgets of each kind the notebook shows, by a selector of the page.
WIDGETS = {".tk-inspector": 8, ".tk-playground": 4, "[aria-label='Training monitor']": 1, ".widget-slider": 6}


@pytest.fixture(scope="module")
def notebook(lab):
    cells = [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    with lab.open(cells) as notebook:
        notebook.run_all()
        notebook.page.set_default_timeout(15_000)
        notebook.page.wait_for_function("document.querySelectorAll('.tk-playground svg').length === 4")
        yield notebook


def in_kernel(notebook, expression):
    (output,) = notebook.run_cell(f"print({expression})")
    return output["text"].strip()


def test_every_widget_is_there(notebook, pictures):
    for theme in ("light", "dark"):
        notebook.theme(theme)
        notebook.page.wait_for_timeout(500)
        notebook.picture(pictures / f"all-inspectors-{theme}.png")
        found = {selector: notebook.page.locator(selector).count() for selector in WIDGETS}
        assert found == WIDGETS
    assert (notebook.errors(), notebook.problems) == ([], [])


def test_what_the_page_shows_is_what_is_stored(notebook):
    """The same text behind every output, whether a kernel in a browser or one without made it."""
    stored = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]

    def texts(cell):
        found = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell["outputs"]]
        return ["".join(text) if isinstance(text, list) else text for text in found]

    for cell, now in zip(stored, notebook.cells(), strict=False):
        assert texts(now) == texts(json.loads(json.dumps(cell))), cell.source


@pytest.mark.parametrize("place, name", [(0, "x**4 - 3*x**2 + x"), (1, "(1 - x)**2 + 5 * (y - x**2)**2")])
def test_the_playgrounds_of_magics_by_mouse_and_keyboard(notebook, place, name):
    page = notebook.page
    root = page.locator(".tk-playground").nth(place)
    assert name in root.locator("svg").text_content()
    now = root.get_by_role("status")
    before = now.inner_text()
    root.get_by_role("button", name="Step").click()
    page.wait_for_function("([e, old]) => e.textContent !== old", arg=[now.element_handle(), before])
    assert int(now.inner_text().split()[1].rstrip(":")) == int(before.split()[1].rstrip(":")) + 1
    root.get_by_role("button", name="Back").press("Enter")
    page.wait_for_function("([e, old]) => e.textContent === old", arg=[now.element_handle(), before])
    slider = root.get_by_role("slider", name="learning rate")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    page.wait_for_function("([e, old]) => e.textContent !== old", arg=[now.element_handle(), before])
    assert float(root.locator("output").first.inner_text()) < 0.02


def test_the_playgrounds_numbers_are_the_kernels(notebook):
    root = notebook.page.locator(".tk-playground").nth(3)
    root.get_by_role("button", name="Run 20").click()
    notebook.page.wait_for_function(
        "e => e.textContent.startsWith('step 24:')", arg=root.get_by_role("status").element_handle()
    )
    assert root.get_by_role("status").inner_text() == in_kernel(notebook, "playground.now")
    value = float(in_kernel(notebook, "playground.descent.path[-1].value"))
    assert f"value {value:.4g}" in root.get_by_role("status").inner_text()


def test_nothing_went_wrong_on_the_page(notebook):
    assert (notebook.errors(), notebook.problems) == ([], [])
