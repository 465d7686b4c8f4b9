"""The site on which lessons run in the browser: built by its command, and opened in Chromium as far as Pyodide.

Pyodide comes from another host, which the tests do not ask: so the kernel never starts here. `pytest -m site`.
"""

import functools
import http.server
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "tests" / "browser")]

PYODIDE = "https://cdn.jsdelivr.net/pyodide/"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lite") / "site"
    command = [sys.executable, str(ROOT / "docs" / "jupyterlite.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def address(site):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.site
def test_the_site_holds_the_wheel_and_lists_it(site):
    (wheel,) = (site / "pypi").glob("tensorkit-*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"tensorkit/__init__.py", "tensorkit_widgets/__init__.py"} <= set(names)
    assert not [name for name in names if name.endswith((".so", ".pyd", ".dll"))]
    listed = json.loads((site / "pypi" / "all.json").read_text(encoding="utf-8"))
    assert {"tensorkit", "anywidget", "ipywidgets", "psygnal"} <= set(listed)


@pytest.mark.site
def test_the_site_holds_the_lessons_each_with_the_cell_that_installs(site):
    listed = json.loads((site / "api" / "contents" / "lessons" / "all.json").read_text(encoding="utf-8"))["content"]
    lessons = sorted((ROOT / "lessons").glob("*.ipynb"))
    assert {path.name for path in lessons} <= {each["name"] for each in listed}
    for path in lessons:
        cells = json.loads((site / "files" / "lessons" / path.name).read_text(encoding="utf-8"))["cells"]
        own = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert "%pip install -q tensorkit==" in cells[0]["source"]
        assert [cell["source"] for cell in cells[1:]] == [cell["source"] for cell in own]


@pytest.mark.site
def test_the_page_has_what_the_widgets_need(site):
    settings = json.loads((site / "jupyter-lite.json").read_text(encoding="utf-8"))["jupyter-config-data"]
    names = [each["name"] for each in settings["federated_extensions"]]
    assert sorted(names) == [
        "@jupyter-widgets/jupyterlab-manager",
        "@jupyterlite/pyodide-kernel-extension",
        "anywidget",
    ]


@pytest.mark.site
def test_the_tour_opens_in_a_browser_and_asks_for_nothing_but_pyodide(address):
    from lab import chromium

    foreign, errors = [], []
    browser = chromium()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(address) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/lab/index.html?path=lessons/00_tour.ipynb")
    page.get_by_role("heading", name="A tour").wait_for(timeout=60_000)
    page.get_by_text("torch.Size([2, 3])").first.wait_for(timeout=60_000)
    page.wait_for_timeout(3000)  # the kernel is asked for
    browser.close()
    asked = {url for url in foreign if not url.startswith(("blob:", "data:"))}
    assert asked == {url for url in foreign if PYODIDE in url}
    assert {error for error in errors if PYODIDE not in error} == set()


def test_lines_of_outputs_become_one_text():
    from jupyterlite import joined

    output = {"text": ["a\n", "b"], "data": {"text/plain": ["c\n", "d"], "application/json": {"e": 1}}}
    joined(output)
    assert output == {"text": "a\nb", "data": {"text/plain": "c\nd", "application/json": {"e": 1}}}


def test_the_cell_that_installs_names_this_release_and_what_the_lessons_import():
    from jupyterlite import first_cell

    assert first_cell("1.2.3")["source"].endswith(
        "%pip install -q tensorkit==1.2.3 numpy matplotlib scikit-learn anywidget"
    )
