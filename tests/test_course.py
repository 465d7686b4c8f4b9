"""Every exercise of the course: right answers of any spelling are accepted, wrong ones refused with words that help.

The answers stand in `tests/cases/course/*.txt`, an exercise after the other:

    == random_tensor
    right mine = torch.rand(2, 4)
    wrong mine = torch.rand(4, 2)
    says  Rows come first

An answer is Python code; its further lines are indented by six blanks. `says` is part of what the learner reads. What
an answer needs of its lesson is in GIVEN.
"""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import tensorkit as torch
from tensorkit import course, nn
from tensorkit.utils.data import DataLoader, Dataset, TensorDataset

CASES = Path(__file__).parent / "cases" / "course"
EXERCISES = {exercise.name: exercise for exercise in course.all_exercises()}


@cache
def flowers():
    from sklearn.datasets import load_iris

    iris = load_iris()
    return TensorDataset(torch.tensor(iris.data, dtype=torch.float32), torch.tensor(iris.target))


def make_model():
    return nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 10))


def given():
    """What the lessons have made before their exercises begin; anew for each answer."""
    torch.manual_seed(0)
    return {
        "torch": torch,
        "np": np,
        "nn": nn,
        "Dataset": Dataset,
        "DataLoader": DataLoader,
        "cities": torch.tensor([[21.0, 19.0, 18.0], [25.0, 24.0, 26.0]]),
        "array": np.array([1.0, 2.0, 3.0]),
        "picture": np.array([[0, 51, 102], [153, 204, 255]], dtype=np.uint8),
        "my_tns1": torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        "my_tns2": torch.tensor([[7.0, 8.0, 9.0], [10.0, 11.0, 12.0]]),
        "photo": torch.tensor([[0.1, 0.5, 0.9], [0.8, 0.2, 0.6]]),
        "ratings": torch.tensor([[5, 3, 4, 1], [4, 2, 5, 1], [3, 4, 3, 4]]),
        "points": torch.tensor([1.0, 2.0, 3.0], requires_grad=True),
        "best_w": torch.tensor(4.0, requires_grad=True),
        "best_b": torch.tensor(12.0, requires_grad=True),
        "flowers": flowers(),
        "make_model": make_model,
        "model": make_model(),
    }


def answers():
    """Every answer in the case files: exercise, right or wrong, code, and what the learner must read."""
    for path in sorted(CASES.glob("*.txt")):
        name, kind, code = None, None, ""
        for line in [*path.read_text(encoding="utf-8").splitlines(), "== end"]:
            if line.startswith("      "):
                code += "\n" + line[6:]
                continue
            if kind == "wrong" and line.startswith("says "):
                yield name, kind, code, line[5:].strip()
                kind = None
            elif kind:
                assert kind == "right", f"{name}: what does a learner read after {code!r}?"
                yield name, kind, code, ""
                kind = None
            if line.startswith("== "):
                name = line[3:].strip()
            elif line.startswith(("right ", "wrong ")):
                kind, code = line[:5], line[6:]


ANSWERS = list(answers())


def numbered(kind):
    cases = [(name, code, says) for name, this, code, says in ANSWERS if this == kind]
    return [pytest.param(*case, id=f"{case[0]}-{n}") for n, case in enumerate(cases)]


def verdict(name, code):
    namespace = given()
    exec(code, namespace)
    return EXERCISES[name].check(namespace)


@pytest.mark.parametrize(("name", "code", "says"), numbered("right"))
def test_a_right_answer_is_accepted_however_it_is_spelled(name, code, says):
    found = verdict(name, code)
    assert found.state == "solved", found.text


@pytest.mark.parametrize(("name", "code", "says"), numbered("wrong"))
def test_a_wrong_answer_is_refused_in_words_that_help(name, code, says):
    found = verdict(name, code)
    assert found.state in ("not yet", "to do")
    assert says in found.text
    assert f"%hint {name}" in found.text


@pytest.mark.parametrize("name", EXERCISES)
def test_three_right_and_three_wrong_answers_are_tried(name):
    right = {code for this, kind, code, _ in ANSWERS if (this, kind) == (name, "right")}
    wrong = {code for this, kind, code, _ in ANSWERS if (this, kind) == (name, "wrong")}
    assert len(right) >= 3 and len(wrong) >= 3


def test_the_cases_name_exercises():
    assert {name for name, *_ in ANSWERS} <= set(EXERCISES)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_that_is_shown_solves_it(name):
    assert verdict(name, EXERCISES[name].solution).state == "solved"


@pytest.mark.parametrize("name", EXERCISES)
def test_checking_twice_says_the_same(name):
    namespace = given()
    exec(EXERCISES[name].solution, namespace)
    check = EXERCISES[name].check
    assert check(namespace) == check(namespace)


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_not_started_is_to_do_and_says_what(name):
    exercise = EXERCISES[name]
    nothing = dict.fromkeys(exercise.names)
    for namespace in ({}, nothing):
        found = exercise.check(namespace)
        assert found.state == "to do"
        assert found.text.startswith(f"{name}: to do\n{exercise.task}\n")


@pytest.mark.parametrize("odd", [3, "three", [], {}, print, object(), float("nan"), torch.zeros(0), np.zeros(3)])
@pytest.mark.parametrize("name", EXERCISES)
def test_whatever_stands_there_is_answered_in_words(name, odd, capsys):
    exercise = EXERCISES[name]
    found = exercise.check({**given(), exercise.names[-1]: odd})
    assert found.state in ("to do", "not yet") or (name, odd) in [("own_relu", print)]
    assert not re.search(r"0x[0-9a-f]{6,}", found.text)


@pytest.mark.parametrize("name", EXERCISES)
def test_what_a_learner_reads_fits_a_screen_and_is_plain(name):
    exercise = EXERCISES[name]
    texts = [exercise.task, *exercise.hints]
    assert exercise.task.endswith((".", "?"))
    assert 2 <= len(exercise.hints) <= 4
    assert all(len(text) <= 160 for text in texts)


def test_every_lesson_has_three_to_six_exercises():
    for lesson in course.LESSONS:
        assert 3 <= sum(exercise.lesson == lesson for exercise in EXERCISES.values()) <= 6


def test_an_exercise_of_ones_own_is_one_function():
    from tensorkit.course.exercise import REGISTRY

    @course.exercise("99", "A word", hints=["It is a greeting."], solution='word = "hello"')
    def greeting_of_a_test(word):
        """Call a greeting word."""
        yield "a word", isinstance(word, str), f"it is {word!r}"
        yield "a greeting", word == "hello", f"{word!r} is none"

    try:
        exercise = course.find("greeting_of_a_test")
        assert (
            exercise.check({"word": "hello"}).text
            == "greeting_of_a_test: solved\n  right    a word\n  right    a greeting"
        )
        assert exercise.check({"word": "x"}).text == (
            "greeting_of_a_test: not yet\n  right    a word\n  not yet  a greeting: 'x' is none\n"
            "%hint greeting_of_a_test helps."
        )
        with pytest.raises(ValueError, match="lesson 99 has an exercise greeting_of_a_test already"):
            course.exercise("98", "", hints=["h"], solution="")(greeting_of_a_test)
    finally:
        del REGISTRY["greeting_of_a_test"]
    with pytest.raises(ValueError, match="needs a docstring"):
        course.exercise("99", "", hints=["h"], solution="")(lambda word: iter(()))


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(LookupError, match="no exercise is called 'random_tensr': random_tensor"):
        course.find("random_tensr")


def test_an_error_inside_the_answer_is_told_in_one_line():
    found = verdict("weighted_sum", "def predict(x, w, b):\n    return x @ w @ b @ b")
    assert found.state == "not yet"
    assert "Trying it ended with RuntimeError" in found.text
