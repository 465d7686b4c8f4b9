"""Pictures that a notebook stores: dark ink on white, and on a page that asks for dark what the theme "dark" draws."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

import lessons
import tensorkit as torch
from tensorkit import graph
from tensorkit.graph.palette import AUTO

RULE = re.compile(r'\.tk-auto (:not\(text\))?\[(fill|stroke)="(#\w{6})"\]\{(fill|stroke):(#\w{6})\}')


def drawings():
    """One of each kind."""
    x = torch.tensor([[1.0, -2.0], [float("nan"), 8.0]], requires_grad=True)
    y = (x * 3).exp().sum()
    record = graph.TrainingRecord()
    for step in range(5):
        record.log(loss=1 / (step + 1), accuracy=step / 5)
    yield "graph", graph.trace(y, {"x": x, "y": y})
    yield "folded", graph.fold(graph.trace(y, {"x": x, "y": y}), "depth")
    yield "summary", graph.summarize(x, "x")
    yield "histogram", graph.histogram(torch.arange(9.0), "x")
    yield "slices", graph.slices(torch.arange(12.0).reshape(3, 2, 2), "x")
    yield "broadcast", graph.broadcast((2, 3), (3,))
    yield "product", graph.product(torch.ones(2, 3), torch.ones(3, 2), cell=(0, 1))
    yield "descent", graph.descend(lambda x, y: x**2 + y**2, (2.0, 1.0), steps=3)
    yield "curve", graph.descend(lambda x: x**2, 2.0, steps=3)
    yield "training", record


DRAWINGS = dict(drawings())


def on_a_dark_page(svg):
    """What a browser makes of a picture's attributes there: each rule of its style sheet is applied."""
    root = ElementTree.fromstring(svg.encode())
    style = root.find("{*}style")
    rules = RULE.findall(style.text)
    assert "".join(rules[0]) and RULE.sub("", style.text) == "@media (prefers-color-scheme:dark){}"
    for part in root.iter():
        stored = dict(part.attrib)
        for no_text, attribute, light, of, dark in rules:
            assert attribute == of
            if stored.get(attribute) == light and not (no_text and part.tag.endswith("}text")):
                part.set(attribute, dark)
    root.remove(style)
    return root


def plain(root):
    """Tags, words and attributes; of the root only its size."""
    parts = [(part.tag, (part.text or "").strip(), part.attrib) for part in root.iter()]
    return [parts[0][2]["viewBox"], *parts[1:]]


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_dark_page_shows_what_the_dark_theme_draws(name):
    drawing = DRAWINGS[name]
    dark = ElementTree.fromstring(drawing.to_svg("dark").encode())
    assert plain(on_a_dark_page(drawing.to_svg())) == plain(dark)


@pytest.mark.parametrize("name", DRAWINGS)
def test_without_such_a_page_it_is_the_static_picture(name):
    svg = DRAWINGS[name].to_svg()
    assert svg.replace(AUTO, "").replace("tk-auto", "tk-static") == DRAWINGS[name].to_svg("static")


@pytest.mark.parametrize("name", DRAWINGS)
def test_this_is_what_a_notebook_keeps(name):
    assert DRAWINGS[name]._repr_mimebundle_()["image/svg+xml"] == DRAWINGS[name].to_svg("auto")


def test_no_colour_is_changed_twice():
    rules = RULE.findall(AUTO)
    light = {(attribute, before) for _, attribute, before, _, _ in rules}
    assert len(light) == len(rules)


@pytest.mark.parametrize("path", sorted((lessons.LESSONS / "images").glob("*.svg")), ids=lambda path: path.stem)
def test_pictures_drawn_by_hand_follow_too(path):
    svg = path.read_text(encoding="utf-8")
    rules = RULE.findall(svg)
    assert 'class="tk-auto"' in svg and set(RULE.findall(AUTO)) <= set(rules)
    used = re.findall(r'(?:fill|stroke)="(#\w+)"', svg.split("</style>")[1])
    assert set(used) <= {light for _, _, light, _, _ in rules}


def test_a_picture_asks_nothing_of_the_page():
    assert not re.search(r"var\(|url\(|@import|http", AUTO)
