"""Build a site on which the lessons run in the browser: `python docs/jupyterlite.py [FOLDER]` (default: build/lite).

It makes tensorkit's wheel, puts a cell that installs it before each lesson, and lets JupyterLite build a static site
with both. Needs the extra `lite`; `docs/jupyterlite.md` says how to use the site, and what has not been tried.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Pure-Python packages that the widgets need, and that neither Pyodide nor JupyterLite's kernel brings along.
WITH_THE_WIDGETS = ["anywidget", "psygnal", "ipywidgets", "jupyterlab_widgets", "comm"]
#: The parts of JupyterLab's pages that the site needs; what else is installed here stays out of it.
EXTENSIONS = ["@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension", "anywidget"]
#: What Pyodide has in its own distribution, and installs when it is asked for by name.
OF_PYODIDE = ["numpy", "matplotlib", "scikit-learn"]


def run(*command: str, cwd: Path = ROOT) -> None:
    """A step of the build; the last lines of what it printed, and an end, where it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{(done.stdout + done.stderr)[-3000:]}")


def make_wheel(folder: Path) -> Path:
    """tensorkit's wheel, pure Python, with the widgets and the lessons."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    (wheel,) = folder.glob("tensorkit-*-py3-none-any.whl")
    return wheel


def fetch_wheels(folder: Path) -> list[Path]:
    """The wheels of the widgets' packages in the versions installed here: from pip's cache or its index."""
    wanted = [f"{name}=={version(name)}" for name in WITH_THE_WIDGETS]
    pure = ["--only-binary=:all:", "--implementation", "py", "--abi", "none", "--platform", "any"]
    run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", *pure, "-d", str(folder), *wanted)
    return sorted(folder.glob("*.whl"))


def settings() -> dict:
    """What the command line of JupyterLite can't be told: which extensions go in."""
    folders = [str(Path(sys.prefix) / "share" / "jupyter" / "labextensions" / name) for name in EXTENSIONS]
    return {"LiteBuildConfig": {"ignore_sys_prefix": ["federated_extensions"], "federated_extensions": folders}}


def first_cell(release: str) -> dict:
    """The cell that installs what a lesson needs, in the browser only."""
    names = " ".join([f"tensorkit=={release}", *OF_PYODIDE, "anywidget"])
    return {
        "cell_type": "code",
        "id": "in-the-browser",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": f"# In the browser the packages come first. This takes a moment.\n%pip install -q {names}",
    }


def joined(output: dict) -> None:
    """Make one text of the lines of an output: JupyterLite shows a list of lines with commas between them."""
    if isinstance(output.get("text"), list):
        output["text"] = "".join(output["text"])
    data = output.get("data", {})
    for kind, value in data.items():
        if isinstance(value, list):
            data[kind] = "".join(value)


def copy_lessons(folder: Path, release: str) -> None:
    """The lessons with their pictures; notebooks begin with the cell that installs."""
    shutil.copytree(ROOT / "lessons", folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"))
    for path in folder.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            for output in cell.get("outputs", ()):
                joined(output)
        notebook["cells"].insert(0, first_cell(release))
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def build(site: Path, *, pyodide: str | None = None, fetch: bool = True) -> None:
    """Everything, from nothing, into the folder `site`."""
    with tempfile.TemporaryDirectory(prefix="tensorkit-lite-") as place:
        work = Path(place)
        own = make_wheel(work / "own")
        wheels = [own, *(fetch_wheels(work / "wheels") if fetch else ())]
        copy_lessons(work / "contents" / "lessons", own.name.split("-")[1])
        (work / "jupyter_lite_config.json").write_text(json.dumps(settings()), encoding="utf-8")
        shutil.rmtree(site, ignore_errors=True)
        options = ["--lite-dir", str(work), "--contents", str(work / "contents"), "--output-dir", str(site)]
        options += [word for wheel in wheels for word in ("--piplite-wheels", str(wheel))]
        options += ["--apps", "lab", "--no-sourcemaps", *(["--pyodide", pyodide] if pyodide else ())]
        run(sys.executable, "-m", "jupyterlite_core", "build", *options, cwd=work)  # it keeps notes where it runs


def main() -> int:
    words = argparse.ArgumentParser(prog="docs/jupyterlite.py", description=__doc__.partition("\n")[0])
    words.add_argument("folder", type=Path, nargs="?", default=ROOT / "build" / "lite", help="where the site goes")
    words.add_argument("--pyodide", help="a Pyodide distribution (file or address) to put into the site")
    words.add_argument("--no-fetch", action="store_true", help="leave the widgets' packages to the browser's %%pip")
    chosen = words.parse_args()
    site = chosen.folder.resolve()
    build(site, pyodide=chosen.pyodide, fetch=not chosen.no_fetch)
    files = [path for path in site.rglob("*") if path.is_file()]
    wheels = sorted(path.name for path in site.rglob("*.whl"))
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB: {site}")
    print("wheels:", ", ".join(wheels))
    print(f"look at it: {Path(sys.executable).name} -m http.server -d {site}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
