"""The stored lessons: comparable by nbval, the same on every machine, and listed in the README.

That what they print is still true is nbval's part: it runs each of them in the same `pytest` command.
"""

import re

import pytest

import lessons
from tensorkit.course import notebooks

README = (lessons.ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.name)
def test_a_stored_lesson_has_every_execution_count_and_nothing_of_one_machine(path):
    assert list(lessons.faults(lessons.read(path))) == []


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.name)
def test_storing_a_lesson_again_changes_nothing(path):
    lesson = lessons.read(path)
    assert lessons.normalise(lessons.read(path)) == lesson


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.name)
def test_a_lesson_uses_no_private_name(path):
    for cell in lessons.code_cells(lessons.read(path)):
        assert not re.search(r"\b(?:torch|tensorkit|tensorkit_widgets)(?:\.\w+)*\._[a-z]", cell.source), cell.source


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.name)
def test_a_lesson_begins_with_what_is_done_learned_and_needed_and_takes_15_to_40_minutes(path):
    first = lessons.read(path).cells[0].source
    assert [
        part for part in ("What you'll do.", "What you'll learn.", "What you need.") if f"**{part}**" not in first
    ] == []
    (minutes,) = re.findall(r"About (\d+) minutes\.", first)
    assert 15 <= int(minutes) <= 40


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.name)
def test_a_lesson_has_exercises_a_summary_and_says_what_comes_next(path):
    text = "\n".join(cell.source for cell in lessons.read(path).cells if cell.cell_type == "markdown")
    assert [part for part in ("## Exercises", "## Summary", "**Next.**") if part not in text] == []
    assert "often goes wrong" in text or path.name.startswith("00"), "what often goes wrong (the tour shows one error)"


def glossary():
    """The words of `lessons/README.md`, each with the lessons in which it is explained."""
    for line in (lessons.LESSONS / "README.md").read_text(encoding="utf-8").splitlines():
        if re.match(r"\| (?!word|---)", line):
            words, _, places = line.strip("| ").split(" | ")
            yield words, re.findall(r"\((\d\d_\w+\.ipynb)\)", places)


@pytest.mark.parametrize(
    ("words", "places"), list(glossary()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_word_of_the_glossary_stands_in_the_lesson_that_explains_it(words, places):
    assert places
    for place in places:
        text = "\n".join(cell.source for cell in lessons.read(lessons.LESSONS / place).cells).casefold()
        assert any(word.strip("` ").casefold() in text for word in words.split(",")), place


POINTERS = re.compile(r"\*\*Where to read in tensorkit's code\.\*\*(.*?)(?=\*\*Next\.\*\*|\Z)", re.DOTALL)


def pointers(path):
    """What a lesson says about where to read on: paths in the repository, and what is to be found in them."""
    text = "\n".join(cell.source for cell in lessons.read(path).cells if cell.cell_type == "markdown")
    (said,) = POINTERS.findall(text)
    places, things = [], []
    for word in re.findall(r"`([^`]+)`", said):
        if word.endswith((".py", "/")):
            folder = lessons.ROOT if "/" in word else places[-1] if places[-1].is_dir() else places[-1].parent
            places.append(folder / word)
        else:
            things.append(word)
    return places, things


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.name)
def test_where_a_lesson_sends_its_readers_they_find_what_it_says(path):
    places, things = pointers(path)
    assert places and [place for place in places if not place.exists()] == []
    code = "\n".join(place.read_text(encoding="utf-8") for place in places if place.is_file())
    assert [thing for thing in things if not re.search(rf"(?<!\w){re.escape(thing)}(?!\w)", code)] == []


# A picture of matplotlib differs from machine to machine, and where a GPU is, nothing complains that there is none;
# what tensorkit draws and prints is the same everywhere.
NOT_COMPARED = ("import matplotlib", "'cuda'")


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.name)
def test_only_a_picture_of_matplotlib_or_the_lack_of_a_gpu_is_not_compared(path):
    for cell in lessons.code_cells(lessons.read(path)):
        tags = cell.metadata.get("tags", ())
        assert not re.search(r"NBVAL|nbval-skip", cell.source + " ".join(tags))
        if "nbval-ignore-output" in tags:
            assert any(reason in cell.source for reason in NOT_COMPARED), cell.source
            assert "print(" not in cell.source, "what a cell prints is compared: print it in a cell of its own"


def test_the_readme_lists_the_lessons_in_order_by_their_titles():
    listed = re.findall(r"\[([^\]]+)\]\(lessons/([^)]+\.ipynb)\)", README)
    assert listed == [(lessons.title(lessons.read(path)), path.name) for path in lessons.paths()]


def test_there_are_lessons():
    assert len(lessons.paths()) >= 5


def stored(source, *outputs, count=1, tags=()):
    """A lesson with a heading and one code cell."""
    from nbformat import v4

    cell = v4.new_code_cell(source, outputs=list(outputs), execution_count=count, metadata={"tags": list(tags)})
    return v4.new_notebook(
        cells=[v4.new_markdown_cell("# A lesson\n\nWhat you'll learn: nothing."), cell],
        metadata={"kernelspec": lessons.KERNEL, "language_info": lessons.LANGUAGE},
    )


def said(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def test_a_faultless_lesson_has_no_faults():
    from nbformat import from_dict

    assert list(lessons.faults(stored("print(1)", from_dict(said("1\n"))))) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("/home/ann/lesson.py\n", "a path of one machine is stored: /home/a"),
        ("<object at 0x7f12ab34cd>\n", "the address of an object is stored: 0x7f12ab34cd"),
        ("Wall time: 3 ms\n", "a timing is stored: Wall time"),
        ("2026-01-02 03:04:05\n", "a time of day is stored: 2026-01-02 03:04"),
    ],
)
def test_what_differs_between_machines_is_a_fault(text, fault):
    from nbformat import from_dict

    assert list(lessons.faults(stored("f()", from_dict(said(text))))) == [f"code cell 1 (f()): {fault}"]


def test_a_cell_without_an_execution_count_is_a_fault_because_nbval_never_compares_it():
    assert "nbval would not compare it" in next(lessons.faults(stored("f()", count=None)))


def test_an_error_is_a_fault_unless_the_cell_says_that_it_raises():
    from nbformat import from_dict

    error = from_dict({"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []})
    assert list(lessons.faults(stored("f()", error))) == ["code cell 1 (f()): raises ValueError"]
    assert list(lessons.faults(stored("f()", error, tags=["raises-exception"]))) == []


def test_of_a_traceback_the_frames_of_the_lesson_and_the_message_are_stored():
    from nbformat import from_dict

    frames = ["Cell In[1], line 1\n----> 1 \x1b[31mf()\x1b[0m", "File ~/tensorkit/ops.py:7, in f()", "ValueError: no"]
    error = from_dict({"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": frames})
    cell = lessons.normalise(stored("f()", error, tags=["raises-exception"])).cells[1]
    assert cell.outputs[0].traceback == ["Cell In[1], line 1\n----> 1 f()", "ValueError: no"]


def test_normalising_keeps_the_picture_and_the_text_of_a_widget_and_drops_its_view():
    from nbformat import from_dict

    data = {lessons.WIDGET_VIEW: {"model_id": "1"}, "image/svg+xml": "<svg/>", "text/plain": "a graph"}
    shown = from_dict({"output_type": "display_data", "metadata": {}, "data": data})
    lesson = stored("%graph f", shown, from_dict(said("a")), from_dict(said("b\n")), count=7, tags=["x"])
    lesson.metadata["widgets"] = {"state": {}}
    cell = lessons.normalise(lesson).cells[1]
    assert list(cell.outputs[0].data) == ["image/svg+xml", "text/plain"]
    assert cell.outputs[1].text == "ab\n"
    assert (cell.execution_count, cell.metadata.tags, "widgets" in lesson.metadata) == (1, ["x"], False)


BAR = "100%|██████████| 2/2"


def bar(*pieces):
    from nbformat import from_dict

    return [from_dict({"output_type": "stream", "name": "stderr", "text": text}) for text in pieces]


@pytest.mark.parametrize("told", ["", "loss=0.5"])
def test_a_progress_bar_is_stored_as_it_ended_without_its_timing(told):
    from nbformat import from_dict

    more = f", {told}" if told else ""
    drawn = bar("\r  0%|          | 0/2 [00:00<?, ?it/s]", "\r 50%|█████     | 1/2 [00:01<00:01,  1.0", f"0s/it{more}]")
    ended = bar(f"\r100%|██████████| 2/2 [00:02<00:00,  1.00s/it{more}]\n")
    lesson = lessons.normalise(stored("train()", *drawn, from_dict(said("a\n")), *ended, from_dict(said("b\n"))))
    shown = [(output.name, output.text) for output in lesson.cells[1].outputs]
    assert shown == [("stderr", f"{BAR} [{told}]\n" if told else f"{BAR}\n"), ("stdout", "a\nb\n")]
    assert list(lessons.faults(lesson)) == []


@pytest.mark.parametrize("told", ["", ", loss=0.5"])
def test_a_bar_that_was_longer_before_leaves_no_blanks_behind(told):
    slower = f"\r 50%|█████     | 1/2 [00:01<00:01, 10.00it/s{told}]"
    faster = f"\r{BAR} [00:02<00:00,  9.99it/s{told}] \n"
    assert notebooks.settled(slower + faster) == f"{BAR}{told and ' [loss=0.5]'}\n"


def test_anything_else_on_standard_error_is_a_fault():
    (fault,) = lessons.faults(stored("f()", *bar(f"{BAR}\nUserWarning: no\n")))
    assert fault.startswith("code cell 1 (f()): something on stderr: 100%|")


def test_nbval_takes_out_the_same_in_the_suite_and_for_a_course():
    pairs = re.compile("^regex: (.*)$\n^replace: (.*)$", re.MULTILINE)
    here = (lessons.ROOT / "tests" / "nbval_sanitize.cfg").read_text(encoding="utf-8")
    assert pairs.findall(here) == pairs.findall(notebooks.SANITIZE) == [tuple(pair) for _, *pair in notebooks.DIFFERS]
