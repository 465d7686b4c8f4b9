"""The documentation site, built by its one command and looked at in headless Chromium: `pytest -m site`.

Warnings end the build, so it holds no dead link. Here: every kind of page opens without an error and without asking
another host, in both themes, from plain files; the search finds; figures are described.
"""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))

pytestmark = pytest.mark.site

LOOKED_AT = [
    "index.html", "quick_start.html", "user_guide.html", "security.html", "operations.html", "differences.html",
    "learn/gallery.html", "lessons/index.html", "lessons/README.html", "lessons/00_tour.html",
    "lessons/04_backward_pass.html", "lessons/10_line.html", "api/index.html", "api/torch-02.html", "api/nn.html",
    "code/tensorkit/ops/pointwise.py.html",
    "search.html?q=softmax",
]  # fmt: skip


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of pages, as the command builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, str(ROOT / "docs" / "website"), "--to", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder / "html"


@pytest.fixture(scope="session")
def browser():
    from lab import chromium

    browser = chromium()
    yield browser
    browser.close()


class Addresses(HTMLParser):
    """What a page loads by itself, and the pictures that say nothing to those who don't see them."""

    def __init__(self):
        super().__init__()
        self.loaded, self.silent = [], []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag in ("script", "img", "iframe", "source", "audio", "video") and "src" in found:
            self.loaded.append(found["src"])
        if tag == "link" and found.get("rel") in ("stylesheet", "preload", "preconnect", "icon"):
            self.loaded.append(found["href"])
        if tag == "img" and not (found.get("alt") or "").strip():
            self.silent.append(found.get("src"))


def read(page):
    parser = Addresses()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser


def test_no_page_loads_anything_from_another_host(site):
    foreign = {
        (page.relative_to(site).as_posix(), address)
        for page in site.rglob("*.html")
        for address in read(page).loaded
        if re.match(r"(https?:)?//", address)
    }
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert foreign == set() and re.findall(r"url\(\s*['\"]?(?:https?:)?//[^)]*", styles) == []


def test_every_picture_is_described(site):
    assert {page.name: read(page).silent for page in site.rglob("*.html") if read(page).silent} == {}


def test_every_lesson_is_a_page_with_its_stored_outputs(site):
    names = {path.stem for path in (ROOT / "lessons").glob("*.ipynb")}
    assert {path.stem for path in (site / "lessons").glob("[0-9]*.html")} == names
    assert "cell_output" in (site / "lessons" / "00_tour.html").read_text("utf-8")


def test_every_operation_links_to_its_page_at_pytorch_and_to_its_code(site):
    page = (site / "api" / "torch-02.html").read_text("utf-8")
    assert 'href="https://docs.pytorch.org/docs/stable/generated/torch.mul.html"' in page
    assert re.search(r'href="\.\./code/tensorkit/ops/\w+\.py\.html#L-\d+"', page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_open_without_an_error_and_without_another_host(site, browser, theme, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"pictures-{theme}")
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=theme)
    page, problems = context.new_page(), []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(f"failed: {request.url}"))
    page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
    for name in LOOKED_AT:
        page.goto(f"{site.as_uri()}/{name}")
        page.wait_for_load_state("load")
        assert page.locator("article :is(h1, h2)").first.inner_text().strip()
        page.screenshot(path=folder / (re.sub(r"\W", "_", name) + ".png"))
    context.close()
    print(f"screenshots: {folder}")
    assert problems == []


def test_the_search_finds_without_a_server(site, browser):
    page = browser.new_page()
    page.goto(f"{site.as_uri()}/search.html?q=softmax")
    page.locator("#search-results li a").first.wait_for()
    found = page.locator("#search-results li a").evaluate_all("links => links.map(each => each.getAttribute('href'))")
    page.close()
    assert any(each.startswith("api/") for each in found)
    assert not any(each.startswith("code/") for each in found)
