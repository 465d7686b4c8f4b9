"""The record of a training run and its live picture, without a browser. What a page makes of it: `browser/`."""

import json
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from counting import lines_run
from hostile_names import HOSTILE
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import tensorkit as torch
from tensorkit.graph import TrainingRecord
from tensorkit.graph.charts import Axis, spanning
from tensorkit_widgets import TrainingMonitor

STATIC = Path(sys.modules["tensorkit_widgets"].__file__).parent / "static"


def skeleton(svg):
    """Tags and attribute names, in order: what a hostile name must not change."""
    return [(part.tag, sorted(part.attrib)) for part in ElementTree.fromstring(svg.encode()).iter()]


def train(record, steps=5):
    """Gradient steps of a small network, fed to a record or a monitor."""
    torch.manual_seed(0)
    x, y = torch.randn(16, 2), torch.randn(16, 1)
    for _ in range(steps):
        record.model.zero_grad()
        loss = ((record.model(x) - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            for parameter in record.model.parameters():
                parameter -= 0.1 * parameter.grad
        record.log(loss=loss, accuracy=0.5)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A notebook's shell: what is displayed is captured."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    yield shell
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def record(model):
    record = TrainingRecord(model)
    record.model = model
    return record


def test_a_plain_loop_feeds_it(record):
    train(record)
    first, loss, accuracy, norms = record.to_text().splitlines()
    assert first == "Training: 5 steps"
    assert re.fullmatch(r"loss: [\d.]+ at first, [\d.]+ at last, lowest [\d.]+ at step 5", loss)
    assert accuracy == "accuracy: 0.5 at first, 0.5 at last, highest 0.5 at step 1"
    assert re.fullmatch(r"gradient norm by layer, at last: 0 Linear [\d.]+, 2 Linear [\d.]+", norms)


def test_norms_are_those_of_the_gradients(record, model):
    train(record, 1)
    flat = torch.cat([parameter.grad.flatten() for parameter in model[0].parameters()])
    assert record.norms["0 Linear"].last == pytest.approx(flat.norm().item(), rel=1e-6)
    assert list(record.norms) == ["0 Linear", "2 Linear"]


def test_gradients_already_cleared_are_said(model):
    record = TrainingRecord(model)
    record.log(loss=1.0)
    assert "log after backward() and before zero_grad()" in str(record)


def test_100_000_steps_take_bounded_room():
    record = TrainingRecord()
    for step in range(100_000):
        record.log(loss=math.sin(step))
    series = record.numbers["loss"]
    assert len(series.points) <= 512 and series.width == 256
    assert sum(point[1] for point in series.points) == 100_000
    assert sum(point[2] for point in series.points) == pytest.approx(sum(map(math.sin, range(100_000))))
    assert len(record.to_svg()) < 60_000
    assert record.to_text().endswith("a point of a line is the mean of up to 256 steps, the band their range")


def test_a_step_costs_the_same_after_many():
    record = TrainingRecord()

    def log(steps):
        for step in range(steps):
            record.log(loss=math.sin(step))

    first = lines_run(lambda: log(1000))
    log(20_000)
    assert lines_run(lambda: log(1000)) < 1.5 * first


def test_norms_are_measured_once_a_point(model):
    record = TrainingRecord(model)
    model(torch.ones(1, 2)).sum().backward()
    for _ in range(2000):
        record.log(loss=1.0)
    assert record.stride >= 2
    assert len(record.norms["0 Linear"].points) <= 512
    assert f"norms are measured every {record.stride} steps" in str(record)


def test_a_number_of_its_own_has_its_own_chart(record):
    for step in range(3):
        record.log(loss=3.0 - step, val_loss=4.0 - step, lr=0.1)
    titles = {part.text for part in ElementTree.fromstring(record.to_svg()).iter() if part.tag.endswith("}text")}
    assert {"loss", "val_loss", "lr"} <= titles


def test_nan_is_counted_and_marked():
    record = TrainingRecord()
    for value in (1.0, float("nan"), float("inf"), 2.0):
        record.log(loss=value)
    assert "lowest 1 at step 1, NaN or inf 2 times, first at step 2" in str(record)
    assert "NaN or inf" in record.to_svg()


@pytest.mark.parametrize(
    "values", [[], [1.0], [float("nan")], [0.0, 0.0], [-1e30, 1e30], [-1e308, 1e308], [5e-324, 0.0], [5, 5, 5]]
)
@pytest.mark.parametrize("name", ["loss", "accuracy", "lr"])
def test_no_course_is_too_odd_to_draw(values, name):
    record = TrainingRecord()
    for value in values:
        record.log(**{name: value})
    svg = record.to_svg()
    assert ElementTree.fromstring(svg) is not None and '"nan"' not in svg
    assert not re.search(r'="-?(nan|inf)', svg)


@pytest.mark.parametrize(
    "numbers, message",
    [
        ({}, "log() needs a number with its name, as in log(loss=loss)"),
        ({"loss": "a"}, "log(loss=…): expected a number or a tensor of one element, but got str"),
        ({"loss": torch.ones(2)}, "a number or a tensor of one element, but got a tensor of shape (2,)"),
    ],
)
def test_anything_else_is_refused_and_not_counted(numbers, message):
    record = TrainingRecord()
    with pytest.raises(TypeError, match=re.escape(message)):
        record.log(**numbers)
    assert record.steps == 0


def test_a_model_must_have_parameters():
    with pytest.raises(TypeError, match=r"model: expected a module with named_parameters\(\), but got int"):
        TrainingMonitor(3)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name):
    plain, hostile = TrainingRecord(), TrainingRecord()
    plain.log(q=1.0)
    hostile.log(**{name: 1.0})
    assert skeleton(hostile.to_svg()) == skeleton(plain.to_svg())
    assert hostile.to_text().count("\n") == plain.to_text().count("\n")


@pytest.mark.parametrize("theme", ["auto", "static", "dark", "live"])
def test_the_picture_carries_its_text(record, theme):
    train(record)
    picture = ElementTree.fromstring(record.to_svg(theme).encode())
    assert picture.get("aria-label") == "Training: 5 steps"
    assert next(part.text for part in picture.iter() if part.tag.endswith("desc")) == record.to_text()


def test_the_monitor_shows_itself_twice_and_updates_no_display(shell, model):
    monitor = TrainingMonitor(model)
    monitor.model = model
    with capture_output() as shown, monitor:
        train(monitor)
    live, stored = (output.data for output in shown.outputs)
    assert live["text/plain"] == "TrainingMonitor: its picture follows"
    assert "image/svg+xml" not in live
    assert stored["text/plain"] == monitor.record.to_text() == monitor.text
    assert stored["image/svg+xml"] == monitor.record.to_svg()
    assert (shown.stdout, shown.stderr) == ("", "")
    assert monitor.finished
    assert "0x" not in stored["text/plain"] + repr(monitor)


def test_an_exception_goes_on_its_way_and_the_picture_stays(shell):
    with capture_output() as shown, pytest.raises(KeyboardInterrupt), TrainingMonitor() as monitor:
        monitor.log(loss=1.0)
        raise KeyboardInterrupt
    assert shown.outputs[1].data["text/plain"].startswith("Training: 1 step\n")


def test_outside_of_a_notebook_it_only_records(capsys):
    with TrainingMonitor() as monitor:
        monitor.log(loss=1.0)
    assert (capsys.readouterr(), monitor.record.steps) == (("", ""), 1)


def test_it_redraws_seldom_and_completely_at_the_end(shell):
    monitor, pictures = TrainingMonitor(), []
    monitor.observe(lambda change: pictures.append(change["new"]), "svg")
    with capture_output(), monitor:
        for _ in range(2000):
            monitor.log(loss=1.0)
    assert 1 <= len(pictures) < 40
    assert monitor.text.startswith("Training: 2,000 steps")
    json.dumps(monitor.get_state(["svg", "text", "finished"]))


def test_without_anywidget_the_record_draws_the_same():
    code = (
        "import sys; sys.modules['anywidget'] = sys.modules['IPython'] = None\n"
        "from tensorkit.graph import TrainingRecord\n"
        "with TrainingRecord() as record: record.log(loss=1.0)\n"
        "print(record.to_svg())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    monitor = TrainingMonitor()
    monitor.log(loss=1.0)
    assert done.stdout.strip() == monitor._repr_mimebundle_()[0]["image/svg+xml"]


def test_axes():
    assert Axis(0.0, 10.0, 0.0, 100.0).at(20.0) == 100.0
    assert spanning([5.0], 0, 1).low < 5 < spanning([5.0], 0, 1).high
    assert spanning([0.0, 10.0], 0, 1, log=True).low > 0
    assert Axis(0.3, 0.7, 0, 1, log=True).ticks() == [0.3, 0.4, 0.5, 0.6, 0.7]


@pytest.mark.parametrize("file", ["monitor.js"])
def test_the_page_side_writes_words_as_text_only(file):
    source = sys.modules["tensorkit_widgets"].page.script(file)
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "Function(", "import ", "http"):
        assert word not in source, word
    style = (STATIC / "pictures.css").read_text(encoding="utf-8")
    assert "@import" not in style and "url(" not in style
    used = re.findall(r"var\(--jp-[\w-]+(,?)", style)
    assert used and all(used)
