"""The documents as a reader meets them: every session in them prints what it says, every link leads somewhere."""

import doctest
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
#: Pages that declare operations, which must not stay in the registry of the tests' own process.
APART = {"adding_an_operation.md"}
#: Pages whose links lead to pages that are made when the site is built.
MADE = ("api/", "learn/")
CODE_OR_NETWORK = r"(?<![.\w])(?<!def )(?:eval|exec)\(|^\s*(?:import|from) (?:pickle|urllib|socket|requests|http)\b"
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def sessions(page: Path) -> str:
    """The interactive sessions of a page, one after the other: a later one goes on from an earlier one."""
    return "\n".join(re.findall(r"^```pycon\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S))


def differences(page: Path) -> str:
    """What a page's sessions print otherwise than the page says; empty if nothing."""
    test = doctest.DocTestParser().get_doctest(sessions(page), {"__name__": "__main__"}, page.name, str(page), 0)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append)
    return "".join(said)


@pytest.mark.parametrize("page", [page for page in PAGES if sessions(page)], ids=lambda page: page.name)
def test_what_a_page_shows_is_printed(page):
    if page.name in APART:
        code = f"import sys; sys.path[:0] = {[str(ROOT), str(ROOT / 'tests')]}\nfrom pathlib import Path\n"
        code += f"from test_docs_pages import differences\nprint(differences(Path({str(page)!r})))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert (done.stdout.strip(), done.stderr) == ("", "")
    else:
        if page.name == "user_guide.md":
            pytest.importorskip("safetensors", reason="the extra `save` is not installed")
        assert differences(page) == ""


def test_the_comparison_notices_another_output(tmp_path):
    page = tmp_path / "wrong.md"
    page.write_text("```pycon\n>>> 1 + 1\n3\n```\n")
    assert "Expected:\n    3\nGot:\n    2" in differences(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_of_the_repository(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    targets = [target for target in re.findall(r"\]\(([^)\s#]+)", text) if not re.match(r"[a-z]+:", target)]
    lost = [target for target in targets if not target.startswith(MADE) and not (page.parent / target).exists()]
    assert lost == []


def test_the_first_page_leads_to_each_part():
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    for name in (
        "quick_start",
        "user_guide",
        "learn/gallery",
        "api/index",
        "teaching",
        "adding_an_operation",
        "security",
    ):
        assert f"({name}.md)" in text


def test_pages_by_nbconvert_describe_every_picture(tmp_path):
    exporters = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    exporter = exporters.HTMLExporter(template_name="described", extra_template_basedirs=[str(DOCS / "nbconvert")])
    undescribed = {}
    for path in (path for path in sorted((ROOT / "lessons").glob("*.ipynb")) if "image/" in path.read_text("utf-8")):
        page, _ = exporter.from_filename(str(path))
        alts = re.findall(r"<img[^>]*?alt=\"([^\"]*)\"", page)
        assert len(alts) == page.count("<img ")
        undescribed[path.name] = [alt for alt in alts if not alt.strip() or alt.startswith("No description")]
    assert not any(undescribed.values())


@pytest.mark.skipif(shutil.which("sed") is None, reason="no sed here")
@pytest.mark.parametrize("remote", ["https://github.com/ann/kit.git", "git@github.com:ann/kit.git"])
def test_the_command_for_binders_address_prints_it(remote):
    command = re.search(r"^git remote get-url origin \| (sed .*)$", (DOCS / "teaching.md").read_text("utf-8"), re.M)[1]
    said = subprocess.run(["sh", "-c", command], input=remote + "\n", capture_output=True, text=True, check=True).stdout
    assert said == "https://mybinder.org/v2/gh/ann/kit/HEAD?urlpath=lab/tree/lessons/00_tour.ipynb\n"


def test_what_the_security_page_says_of_the_code_is_so():
    package = [*ROOT.glob("tensorkit/**/*.py"), *ROOT.glob("widgets/**/*.py")]
    told = {}
    for path in package:
        text = path.read_text(encoding="utf-8")
        found = re.findall(CODE_OR_NETWORK, text, re.M)
        if found:
            told[path.name] = found
    assert told == {}
    scripts = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("widgets/**/*.js"))
    assert "innerHTML" not in scripts and "insertAdjacentHTML" not in scripts
    assert not re.findall(r"https?://(?!www\.w3\.org/)", scripts), "a widget asks no other host"
