"""`binder/`: what mybinder.org builds from. Plain `pytest` reads the files; `-m binder` builds what can be built here.

repo2docker prints its Dockerfile without docker, but notices neither a wrong apt name nor a package that is not there
nor a postBuild that fails: so those are tried, in a copy of the repository and a new environment.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from checkout import copy_of_the_checkout

ROOT = Path(__file__).resolve().parent.parent
BINDER = ROOT / "binder"
FROM_THE_BASE_IMAGE = {"ipywidgets", "jupyterlab", "pip"}


def requirements():
    lines = (BINDER / "requirements.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def name_of(requirement):
    return re.match(r"[\w-]+", requirement).group()


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def test_requirements_are_what_a_course_needs_each_pinned():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, build = settings["project"], settings["build-system"]
    extras = project["optional-dependencies"]
    parts = ("widgets", "save", "bfloat16", "lab")
    needed = [*project["dependencies"], *(each for part in parts for each in extras[part]), *build["requires"]]
    names = {name_of(requirement) for requirement in needed} - {"tensorkit"}
    assert set(requirements()) == names - FROM_THE_BASE_IMAGE


def test_requirements_hold_no_path_so_that_binder_keeps_them_cached():
    assert all(re.fullmatch(r"\d+(\.\d+)+", version) for version in requirements().values())


def test_python_is_pinned_and_supported():
    pinned = re.fullmatch(r"python-3\.(\d+)", (BINDER / "runtime.txt").read_text().strip())
    assert pinned and int(pinned.group(1)) >= 11


def test_the_picture_of_a_widget_is_saved_with_the_notebook():
    settings = json.loads((BINDER / "overrides.json").read_text())
    assert settings["@jupyter-widgets/jupyterlab-manager:plugin"]["saveState"] is True


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_post_build_is_a_program_that_bash_can_read():
    script = BINDER / "postBuild"
    assert script.read_text().startswith("#!/usr/bin/env bash\n")
    assert os.name == "nt" or os.access(script, os.X_OK)
    run("bash", "-n", str(script))


@pytest.mark.binder
def test_repo2docker_makes_the_dockerfile_we_mean(tmp_path):
    checkout = copy_of_the_checkout(tmp_path)
    repo2docker = Path(sys.executable).with_name("jupyter-repo2docker")
    dockerfile = run(str(repo2docker), "--no-build", "--debug", str(checkout))
    assert "Building conda environment for python=3.12" in dockerfile
    assert "apt-get install --yes --no-install-recommends graphviz" in dockerfile
    steps = ['pip install --no-cache-dir -r "binder/requirements.txt"', " src/ ${REPO_DIR}/", "RUN ./binder/postBuild"]
    places = [dockerfile.index(step) for step in steps]
    assert places == sorted(places), "packages are installed before the repository is copied, and so stay cached"


@pytest.mark.binder
@pytest.mark.skipif(shutil.which("apt-cache") is None, reason="no apt here")
def test_apt_knows_the_packages():
    for name in (BINDER / "apt.txt").read_text().split():
        known = run("apt-cache", "policy", name)
        assert re.search(r"Candidate: \d", known), f"apt has no package {name!r}: {known or 'nothing printed'}"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """What Binder would build: the repository, the environment of its requirements, their size, what postBuild said."""
    folder = tmp_path_factory.mktemp("binder")
    checkout, environment = copy_of_the_checkout(folder), folder / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    pip = [sys.executable, "-m", "pip", "--python", str(environment), "install", "-q"]
    run(*pip, "-r", str(checkout / "binder" / "requirements.txt"))
    size = sum(path.lstat().st_size for path in environment.rglob("*") if path.is_file())
    run(*pip, *sorted(FROM_THE_BASE_IMAGE))
    variables = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    variables["PATH"] = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    variables["JUPYTER_DATA_DIR"] = str(folder / "data")
    return checkout, environment, size, run("./binder/postBuild", cwd=checkout, env=variables)


@pytest.mark.binder
def test_post_build_installs_tensorkit_and_trusts_the_lessons(built, tmp_path):
    checkout, environment, _, said = built
    lessons = sorted(path.name for path in (checkout / "lessons").glob("*.ipynb"))
    assert [f"Signing notebook: lessons/{name}" in said for name in lessons] == [True] * len(lessons), said
    settings = environment / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    assert settings.read_bytes() == (BINDER / "overrides.json").read_bytes()
    check = "import tensorkit, tensorkit_widgets; print(tensorkit.tensor([1., 2.]).sum())"
    alone = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    assert run(str(environment / "bin" / "python"), "-c", check, cwd=tmp_path, env=alone) == "tensor(3.)\n"


@pytest.mark.binder
def test_the_page_for_instructors_says_how_large_the_image_is(built):
    said = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    megabytes = int(re.search(r"(\d+) MB in a virtual environment of their own", said).group(1))
    assert built[2] / 1e6 == pytest.approx(megabytes, rel=0.1)


@pytest.mark.binder
def test_the_tour_runs_in_the_jupyterlab_of_that_environment(built, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "browser"))
    from lab import Lab

    checkout, environment, *_ = built
    command = [str(environment / "bin" / "python"), "-m", "jupyterlab", f"--ServerApp.root_dir={checkout / 'lessons'}"]
    with Lab(command, checkout / "lessons") as lab, lab.open("00_tour.ipynb") as tour:
        tour.run_all()
        assert tour.errors() == [] and tour.problems == []
        assert all(cell["execution_count"] for cell in tour.cells() if cell["cell_type"] == "code")
        tour.page.locator(".tk-inspector .tk-node").first.click()
