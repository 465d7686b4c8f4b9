"""What the course remembers, where, and what `%check`, `%hint`, `%solution` and `%progress` say in a notebook."""

import json

import pytest
from test_magics import error_of, ip, run, shell

from tensorkit import course
from tensorkit.course.progress import FILE, KEPT, Progress

__all__ = ["ip", "shell"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_is_written_before_something_is_solved(folder):
    assert Progress().solved == []
    Progress().table()
    assert list(folder.iterdir()) == []


def test_what_is_solved_is_known_to_the_next_kernel(folder):
    Progress().solve("random_tensor")
    Progress().solve("random_tensor")
    Progress().solve("hottest_city")
    assert Progress().solved == ["random_tensor", "hottest_city"]
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_the_file_holds_names_and_counts_only(folder):
    Progress().solve("random_tensor")
    Progress().see_hint("one_step")
    content = json.loads((folder / FILE).read_text())
    assert content == {"format": 1, "solved": ["random_tensor"], "hints": {"one_step": 1}}


@pytest.mark.parametrize(
    "damaged",
    [b"", b"{", b"[]", b"null", b'{"solved": 3}', b'{"solved": "ab", "hints": {}}', b'{"solved": [1], "hints": {}}',
     b'{"solved": [], "hints": {"a": "b"}}', b"\xff\xfe\x00"],
)  # fmt: skip
def test_a_damaged_file_is_moved_aside_and_said_so(folder, damaged):
    (folder / FILE).write_bytes(damaged)
    progress = Progress()
    assert progress.notes == [f"{FILE} was damaged: it is now tensorkit-progress.damaged-1.json, and a new one begins."]
    assert (folder / "tensorkit-progress.damaged-1.json").read_bytes() == damaged
    progress.solve("random_tensor")
    assert Progress().solved == ["random_tensor"]


def test_a_second_damaged_file_does_not_replace_the_first(folder):
    for content in (b"1", b"2"):
        (folder / FILE).write_bytes(content)
        Progress()
    names = ("tensorkit-progress.damaged-1.json", "tensorkit-progress.damaged-2.json")
    assert [(folder / name).read_bytes() for name in names] == [b"1", b"2"]


def test_a_folder_that_cannot_be_written_is_told_and_stops_nothing(folder):
    progress = Progress(folder / "missing")
    progress.solve("random_tensor")
    assert progress.notes == [f"{FILE} cannot be written (its folder is missing): this will be forgotten."]


def test_the_table_lists_every_lesson_and_where_it_is_kept(folder):
    lines = Progress().table().splitlines()
    assert [line[:2] for line in lines[:-2]] == list(course.LESSONS)
    assert lines[-2:] == [f"0 of {len(course.all_exercises())} exercises solved.", KEPT]
    for exercise in course.all_exercises():
        Progress().solve(exercise.name)
    assert all(line.endswith("  done") for line in Progress().table().splitlines()[:-2])


def test_check_looks_at_the_notebook_and_remembers(ip, folder):
    assert run(ip, "%check random_tensor").stdout == (
        "random_tensor: to do\nMake a random tensor with 2 rows and 4 columns, and call it mine.\n"
        "There is no mine yet: run the cell that makes it.\nThen run this cell again. %hint random_tensor helps.\n"
    )
    assert not (folder / FILE).exists()
    assert "not yet  mine has the shape (2, 4): it has (4, 2)." in run(
        ip, "mine = torch.rand(4, 2)\n%check random_tensor").stdout  # fmt: skip
    assert run(ip, "mine = torch.rand(2, 4)\n%check random_tensor").stdout.startswith("random_tensor: solved\n")
    assert Progress().solved == ["random_tensor"]


def test_hints_come_one_at_a_time_and_go_on_after_a_restart(ip, folder):
    first = run(ip, "%hint random_tensor").stdout
    assert first.startswith("Hint 1 of 2: ") and first.endswith("%hint random_tensor again: 1 more.\n")
    second = run(ip, "%hint random_tensor").stdout
    assert second.startswith("Hint 2 of 2: ") and "%solution random_tensor shows one way" in second
    assert run(ip, "%hint random_tensor").stdout.startswith("1. ")
    assert Progress().hints == {"random_tensor": 3}


def test_a_solution_is_shown_when_asked_and_is_not_solving(ip, folder):
    assert run(ip, "%solution random_tensor").stdout == (
        "One way to solve random_tensor:\n\nmine = torch.rand(2, 4)\n"
    )  # fmt: skip
    assert Progress().solved == []


def test_progress_in_a_notebook(ip, folder):
    assert run(ip, "%progress").stdout == Progress().table() + "\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%check", "%check needs the name of an exercise; %progress lists them"),
        ("%hint random_tensr", "%hint: no exercise is called 'random_tensr': random_tensor"),
        ("%solution nothing_like_it_at_all", "%solution: no exercise is called 'nothing_like_it_at_all'"),
    ],
)
def test_a_wrong_call_is_answered_in_one_line(ip, folder, line, said):
    assert said in error_of(ip, line)


def test_names_of_exercises_are_completed(ip):
    from types import SimpleNamespace

    from tensorkit.magics import completions

    assert "random_tensor" in completions(ip, SimpleNamespace(command="%check", symbol="ran"))
