"""The command `tensorkit`: what it copies, what it never overwrites, what it says, and what it starts."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from tensorkit import cli, version


def notebook(*cells, outputs=()):
    """A notebook's bytes: code cells with these sources, the outputs below the first."""
    made = [
        {"cell_type": "code", "id": f"c{i}", "source": cell, "metadata": {}, "outputs": [], "execution_count": None}
        for i, cell in enumerate(cells)
    ]
    made[0]["outputs"] = list(outputs)
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture
def source(tmp_path):
    """The lessons as they ship: two notebooks and a table of data."""
    folder = tmp_path / "source"
    (folder / "data").mkdir(parents=True)
    (folder / "01_tensors.ipynb").write_bytes(notebook("1 + 1"))
    (folder / "02_matrices.ipynb").write_bytes(notebook("2 + 2"))
    (folder / "data" / "points.csv").write_text("1,2\n")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "01_tensors-checkpoint.ipynb").write_bytes(notebook("old"))
    (folder / "tensorkit-progress.json").write_text("{}")
    return folder


@pytest.fixture
def target(tmp_path):
    return tmp_path / "learner"


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_all_lessons_and_their_data_are_copied_and_nothing_hidden(source, target):
    assert cli.copy_lessons(source, target) == [f"lessons in {target} (3 new)"]
    assert names(target) == [cli.MANIFEST, "01_tensors.ipynb", "02_matrices.ipynb", "data/points.csv"]
    assert (target / "01_tensors.ipynb").read_bytes() == (source / "01_tensors.ipynb").read_bytes()


def test_a_second_time_nothing_changes_and_nothing_is_said(source, target):
    cli.copy_lessons(source, target)
    before = {name: (target / name).stat().st_mtime_ns for name in names(target) if name != cli.MANIFEST}
    assert cli.copy_lessons(source, target) == [f"lessons in {target}"]
    assert {name: (target / name).stat().st_mtime_ns for name in before} == before


def test_an_untouched_lesson_is_renewed_when_ours_is_newer(source, target):
    cli.copy_lessons(source, target)
    (source / "02_matrices.ipynb").write_bytes(notebook("2 * 2"))
    assert cli.copy_lessons(source, target) == [f"lessons in {target} (1 renewed)"]
    assert (target / "02_matrices.ipynb").read_bytes() == notebook("2 * 2")


def test_a_lesson_the_learner_changed_stays_and_the_fresh_copy_goes_beside_it(source, target):
    cli.copy_lessons(source, target)
    mine = notebook("2 + 2", "my own thoughts")
    (target / "02_matrices.ipynb").write_bytes(mine)
    _, said = cli.copy_lessons(source, target)
    assert said == "02_matrices.ipynb has your changes and stays as it is; a fresh copy is 02_matrices.fresh.ipynb"
    assert (target / "02_matrices.ipynb").read_bytes() == mine
    assert (target / "02_matrices.fresh.ipynb").read_bytes() == notebook("2 + 2")


def test_a_fresh_copy_is_renewed_until_the_learner_changes_that_too(source, target):
    cli.copy_lessons(source, target)
    (target / "02_matrices.ipynb").write_bytes(notebook("mine"))
    cli.copy_lessons(source, target)
    (source / "02_matrices.ipynb").write_bytes(notebook("newer"))
    cli.copy_lessons(source, target)
    assert (target / "02_matrices.fresh.ipynb").read_bytes() == notebook("newer")
    (target / "02_matrices.fresh.ipynb").write_bytes(notebook("mine again"))
    assert "a fresh copy is 02_matrices.fresh-2.ipynb" in cli.copy_lessons(source, target)[1]
    assert (target / "02_matrices.ipynb").read_bytes() == notebook("mine")
    assert (target / "02_matrices.fresh.ipynb").read_bytes() == notebook("mine again")
    assert (target / "02_matrices.fresh-2.ipynb").read_bytes() == notebook("newer")


def test_running_a_lesson_is_not_changing_it(source, target):
    cli.copy_lessons(source, target)
    ran = notebook("2 + 2", outputs=[{"output_type": "stream", "name": "stdout", "text": "4\n"}])
    (target / "02_matrices.ipynb").write_bytes(ran)
    assert cli.copy_lessons(source, target) == [f"lessons in {target}"]
    assert (target / "02_matrices.ipynb").read_bytes() == ran


def test_a_lesson_that_was_deleted_comes_back(source, target):
    cli.copy_lessons(source, target)
    (target / "01_tensors.ipynb").unlink()
    assert cli.copy_lessons(source, target) == [f"lessons in {target} (1 new)"]


def test_files_that_were_there_before_are_the_learners(source, target):
    target.mkdir()
    (target / "01_tensors.ipynb").write_text("not even a notebook")
    (target / "02_matrices.ipynb").mkdir()
    said = cli.copy_lessons(source, target)
    assert [line.split()[-1] for line in said[1:]] == ["01_tensors.fresh.ipynb", "02_matrices.fresh.ipynb"]
    assert (target / "01_tensors.ipynb").read_text() == "not even a notebook"


@pytest.mark.parametrize("damaged", ["", "[]", "{", '"text"'])
def test_without_a_readable_manifest_nothing_of_the_learners_is_lost(source, target, damaged):
    cli.copy_lessons(source, target)
    (target / "01_tensors.ipynb").write_bytes(notebook("mine"))
    (target / cli.MANIFEST).write_text(damaged)
    assert len(cli.copy_lessons(source, target)) == 2
    assert (target / "01_tensors.ipynb").read_bytes() == notebook("mine")


def test_the_folder_of_the_lessons_themselves_is_not_a_place_to_work_in(source):
    with pytest.raises(cli.CommandError, match="name another folder to work in"):
        cli.copy_lessons(source, source)
    assert cli.MANIFEST not in names(source)


def test_lessons_that_are_byte_for_byte_ours_are_trusted_and_no_others(source, target, tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    from nbformat.sign import NotebookNotary

    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    cli.copy_lessons(source, target)
    (target / "02_matrices.ipynb").write_bytes(notebook("mine"))
    cli.trust_lessons(source, target)
    notary = NotebookNotary()
    trusted = {
        path.name: notary.check_signature(nbformat.read(path, as_version=4)) for path in sorted(target.glob("*.ipynb"))
    }
    notary.store.close()
    assert trusted == {"01_tensors.ipynb": True, "02_matrices.ipynb": False}


@pytest.fixture
def started(monkeypatch, source, tmp_path):
    """The command lines that would have been run, instead of running them; lessons come from `source`."""
    commands = []
    monkeypatch.setattr(cli, "run", lambda command: commands.append(command) or 0)
    monkeypatch.setattr(cli, "lessons_folder", lambda: source)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return commands


def test_lab_opens_the_first_lesson_in_the_folder_it_names(started, tmp_path, capsys):
    assert cli.main(["lab"]) == 0
    folder = tmp_path / "tensorkit-lessons"
    assert started[0][:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={folder}" in started[0]
    assert "--LabApp.default_url=/lab/tree/01_tensors.ipynb" in started[0]
    assert "--no-browser" not in started[0]
    assert capsys.readouterr().out == "lessons in tensorkit-lessons (3 new)\n"


def test_lab_takes_a_folder_and_hands_options_to_jupyterlab(started, tmp_path):
    assert cli.main(["lab", str(tmp_path / "here"), "--no-browser", "--", "--port", "9999"]) == 0
    assert (tmp_path / "here" / "02_matrices.ipynb").is_file()
    assert started[0][-3:] == ["--no-browser", "--port", "9999"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no root here")
@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_only_root_is_allowed_to_be_root(started, monkeypatch, user, allowed):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    cli.main(["lab"])
    assert ("--allow-root" in started[0]) is allowed


def test_a_missing_extra_is_one_line_that_says_what_to_install(started, monkeypatch, capsys, tmp_path):
    find, absent = importlib.util.find_spec, ("jupyterlab", "tqdm")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in absent else find(name))
    assert cli.main(["lab"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "tensorkit lab: jupyterlab, tqdm not installed: "
        f"run  {sys.executable} -m pip install '.[lab]'  in tensorkit's folder\n"
    )
    assert not (tmp_path / "tensorkit-lessons").exists()


def test_a_folder_that_cannot_be_made_is_one_line(started, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert cli.main(["lab", "file"]) == 1
    assert capsys.readouterr().err == "tensorkit lab: cannot copy the lessons to file: File exists\n"


def test_version_and_help(capsys):
    for argv, expected in [(["--version"], f"tensorkit {version.tensorkit}\n"), (["--help"], "usage: tensorkit")]:
        with pytest.raises(SystemExit) as left:
            cli.main(argv)
        assert left.value.code == 0
        assert capsys.readouterr().out.startswith(expected)
    assert cli.main([]) == 0
    assert "copy the lessons and open them in JupyterLab" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["lob"], ["lab", "a", "b"], ["lab", "--port", "9"], ["--", "--port", "9"]])
def test_what_is_not_understood_is_said_with_the_usage(argv, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(argv)
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: tensorkit")


def test_python_m_tensorkit_is_the_same_command():
    done = subprocess.run([sys.executable, "-m", "tensorkit", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"tensorkit {version.tensorkit}\n"


def test_the_lessons_are_found_where_tensorkit_is_installed():
    found = [name.name for name in cli.lesson_files(cli.lessons_folder()) if name.suffix == ".ipynb"]
    assert len(found) >= 5
    assert found[0].startswith("00_")


@pytest.mark.skipif(os.name == "nt", reason="stops the server by a signal")
def test_lab_really_serves_the_first_lesson(tmp_path):
    pytest.importorskip("jupyterlab")
    folders = ("config", "data", "runtime")
    variables = {f"JUPYTER_{folder.upper()}_DIR": str(tmp_path / folder) for folder in folders}
    command = [sys.executable, "-m", "tensorkit", "lab", "course", "--no-browser", "--"]
    options = ["--ServerApp.port=0", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=t"]
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(
            [*command, *options], cwd=tmp_path, env={**os.environ, **variables}, stdout=log, stderr=log
        )
    try:
        address, opened = wait_for_address(server, tmp_path / "log")
        assert opened == next(iter(sorted(cli.lessons_folder().glob("*.ipynb")))).name
        with urllib.request.urlopen(f"{address}api/contents/{opened}?token=t") as answer:
            assert json.load(answer)["content"]["cells"]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def wait_for_address(server, log):
    """Where the server says that it runs, and the notebook that it would open there."""
    for _ in range(600):
        if said := re.search(r"(http://127\.0\.0\.1:\d+/)lab/tree/(\S+\.ipynb)", log.read_text()):
            return said.groups()
        assert server.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError("no server after a minute: " + log.read_text())
