"""`tensorkit lessons check DIR`: what an instructor's notebook lacks, and whether it prints what is stored."""

from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from tensorkit import cli
from tensorkit.course import notebooks

ROOT = Path(__file__).resolve().parent.parent
OPENING = "# Sums\n\n**What you'll learn.** To add."


def write(path, *cells, opening=OPENING):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell(opening), *cells]), path)


def cell(source="print(1)", *, count=1, text="1\n", **output):
    said = v4.new_output(**output) if output else v4.new_output("stream", name="stdout", text=text)
    return v4.new_code_cell(source, execution_count=count, outputs=[said])


def test_a_folder_in_order_is_fine(tmp_path, capsys):
    write(tmp_path / "a.ipynb", cell())
    write(tmp_path / "deeper" / "b.ipynb", cell())
    write(tmp_path / ".ipynb_checkpoints" / "a-checkpoint.ipynb", cell(count=None))
    assert cli.main(["lessons", "check", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.splitlines() == [
        "a.ipynb fine",
        str(Path("deeper") / "b.ipynb") + " fine",
        "run by nbval: every cell prints what is stored",
    ]


def test_a_cell_that_prints_something_else_is_reported(tmp_path, capsys):
    write(tmp_path / "a.ipynb", cell(text="2\n"))
    assert cli.main(["lessons", "check", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "a.ipynb fine" in said and "1 failed" in said


@pytest.mark.parametrize(
    ("cells", "opening", "fault"),
    [
        ([cell(count=None)], OPENING, "code cell 1 (print(1)): execution count None, so nbval would not compare it"),
        ([cell(text="/home/ann/x\n")], OPENING, "code cell 1 (print(1)): a path of one machine is stored: /home/a"),
        ([cell()], "# Sums", "no objectives: the first cells don't say what a reader will learn"),
        ([cell()], "Sums, which you will learn", "the first cell does not start with a heading"),
        (
            [cell(output_type="display_data", data={notebooks.WIDGET_VIEW: {"model_id": "1"}})],
            OPENING,
            "code cell 1 (print(1)): the id of a widget view is stored",
        ),
        (
            [cell(output_type="display_data", data={"image/png": "iVBORw0KGgo="})],
            OPENING,
            "code cell 1: a picture without alternative text",
        ),
    ],
)
def test_what_a_notebook_lacks_is_listed(tmp_path, capsys, cells, opening, fault):
    write(tmp_path / "a.ipynb", *cells, opening=opening)
    assert cli.main(["lessons", "check", "--no-run", str(tmp_path)]) == 1
    assert f"  {fault}" in capsys.readouterr().out.splitlines()


def test_stored_widget_state_is_listed(tmp_path, capsys):
    write(tmp_path / "a.ipynb", cell())
    notebook = nbformat.read(tmp_path / "a.ipynb", 4)
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    nbformat.write(notebook, tmp_path / "a.ipynb")
    assert cli.main(["lessons", "check", "--no-run", str(tmp_path)]) == 1
    assert "widget state is stored" in capsys.readouterr().out


def test_a_file_that_is_no_notebook_is_listed(tmp_path, capsys):
    (tmp_path / "a.ipynb").write_text("{}")
    assert cli.main(["lessons", "check", "--no-run", str(tmp_path)]) == 1
    assert "cannot be read as a notebook" in capsys.readouterr().out


def test_a_folder_without_notebooks_is_an_error_in_one_line(tmp_path, capsys):
    assert cli.main(["lessons", "check", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"tensorkit lessons: there is no notebook in {tmp_path}\n"


def test_the_template_for_instructors_is_a_lesson_that_lacks_nothing(capsys):
    assert cli.main(["lessons", "check", str(ROOT / "docs" / "template")]) == 0
    assert "every cell prints what is stored" in capsys.readouterr().out
