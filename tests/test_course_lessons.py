"""The lessons and the course fit together: every exercise has its cell, its solution works there, and every step of the
source documents is a cell that a learner runs."""

import re
from contextlib import nullcontext, suppress

import course_steps
import pytest

import lessons
from tensorkit import course

CHECK = re.compile(r"^%check (\w+)$", re.MULTILINE)


def checks(path):
    """The exercises of a lesson: name and cell."""
    for cell in lessons.code_cells(lessons.read(path)):
        for name in CHECK.findall(cell.source):
            yield name, cell


def test_the_course_knows_the_lessons_by_their_titles():
    assert {path.name[:2]: lessons.title(lessons.read(path)) for path in lessons.paths()} == course.LESSONS


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.name)
def test_the_exercises_of_a_lesson_stand_in_it_in_the_order_they_are_listed(path):
    listed = [exercise.name for exercise in course.all_exercises() if exercise.lesson == path.name[:2]]
    assert [name for name, _ in checks(path)] == listed


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.name)
def test_an_unsolved_exercise_is_stored_and_says_what_to_do(path):
    for name, cell in checks(path):
        said = "".join(output.get("text", "") for output in cell.outputs)
        assert said.startswith(f"{name}: to do\n{course.find(name).task}\n")
        assert "There is no" not in said


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.name)
def test_the_solutions_of_a_lesson_work_in_it(path, monkeypatch):
    import matplotlib

    matplotlib.use("Agg")
    monkeypatch.chdir(lessons.LESSONS)
    namespace = {"__name__": "lesson"}
    for cell in lessons.code_cells(lessons.read(path)):
        code = re.sub(r"(?m)^%.*$", "", cell.source)
        raises = suppress(Exception) if "raises-exception" in cell.metadata.get("tags", []) else nullcontext()
        with raises:
            exec(compile(code, path.name, "exec"), namespace)
        for name in CHECK.findall(cell.source):
            solution = course.find(name).solution
            exec(solution, namespace)
            found = course.find(name).check(namespace)
            assert found.state == "solved", found.text


@pytest.mark.parametrize(("number", "code", "prints"), course_steps.STEPS)
def test_every_step_of_the_documents_is_a_cell_of_a_lesson(number, code, prints):
    (path,) = lessons.paths([number])
    lesson = lessons.read(path)
    if prints is course_steps.PROSE:
        assert any(code in cell.source for cell in lesson.cells if cell.cell_type == "markdown")
    else:
        cells = lessons.code_cells(lesson)
        found = [cells[at] for at in course_steps.cells_of(lesson, code)]
        assert any(course_steps.shows(cell, prints) for cell in found), [
            course_steps.printed(cell)[:200] for cell in found
        ]
