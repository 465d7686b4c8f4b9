"""Every lesson in JupyterLab: all cells run, nothing complains, every inspector is there and answers a click."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parent.parent.parent
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_from_top_to_bottom(lab, pictures, path):
    with lab.open(path) as notebook:
        notebook.run_all()
        page = notebook.page
        cells = notebook.cells()
        assert notebook.errors() == []
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert [cell["source"] for cell in code if not cell["execution_count"]] == []
        page.wait_for_timeout(300)
        for number in range(page.locator(".tk-inspector").count()):
            inspector = page.locator(".tk-inspector").nth(number)
            first = inspector.locator(".tk-node").first
            first.click()
            assert first.get_attribute("aria-selected") == "true"
            value = inspector.locator(".tk-card .tk-number").first.inner_text()
            assert f"value {value}" in inspector.locator(".tk-said[role=status]").inner_text()
        notebook.picture(pictures / f"{path.stem}.png")
        assert notebook.problems == []
