"""Build the documentation site: `python docs/website [--open]`; the pages come to `build/site/html`.

Needs the extra `docs` and nothing from the network, neither to build nor to read: the pages work from a folder, search
included. A warning ends the build: a link that leads nowhere, a picture that is not there.
"""

from __future__ import annotations

import argparse
import sys
import webbrowser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "widgets")]


def build(folder: Path) -> int:
    """Gather the sources into `folder`/source and build `folder`/html; the exit status of Sphinx."""
    try:
        from sphinx.cmd.build import build_main
    except ModuleNotFoundError as error:
        raise SystemExit(f'{error.name} is missing: pip install -e ".[docs]"') from None
    from sources import Site

    source = folder / "source"
    Site(source).write()
    pictures = f"html_static_path={source}/static"
    settings = ["-c", str(Path(__file__).parent), "-d", str(folder / "doctrees"), "-D", pictures]
    return build_main(["-b", "html", "-W", "--keep-going", "-q", "-E", *settings, str(source), str(folder / "html")])


def main() -> int:
    words = argparse.ArgumentParser(prog="docs/website", description="Build the documentation site.")
    words.add_argument("--to", type=Path, default=ROOT / "build" / "site", help="the folder for sources and pages")
    words.add_argument("--open", action="store_true", help="open the first page in a browser afterwards")
    chosen = words.parse_args()
    status = build(chosen.to.resolve())
    first = chosen.to.resolve() / "html" / "index.html"
    if status == 0:
        pages = list((chosen.to / "html").rglob("*.html"))
        size = sum(path.stat().st_size for path in (chosen.to / "html").rglob("*") if path.is_file())
        print(f"{len(pages)} pages, {size / 1e6:.1f} MB: {first}")
        if chosen.open:
            webbrowser.open(first.as_uri())
    return status


if __name__ == "__main__":
    sys.exit(main())
