"""Hostile names in every view: what a page makes of it has the elements and attributes that a plain name gives.

Each view is built with a plain name and with each hostile one, in every place where a learner's name or text can stand;
the results are read by parsers. What single views do with such names is tested beside them.
"""

import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections import Counter
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from hostile_names import HOSTILE

import tensorkit as torch
from tensorkit import graph as views

widgets = pytest.importorskip("tensorkit_widgets")

PLAIN = "q"


class Elements(HTMLParser):
    """Counts start tags and attribute names, as a browser would see them; refuses declarations and comments."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.found = Counter()
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found[tag] += 1
        self.found.update(f"{tag} {name}" for name, _ in attributes)

    def odd(self, text):
        raise AssertionError(f"markup that no view writes: {text}")

    handle_comment = handle_decl = handle_pi = unknown_decl = odd


def elements_of_svg(source):
    """The same of an SVG by the strict parser, and by the lenient one of a page."""
    found = Counter()
    for part in ElementTree.fromstring(source.encode("utf-8")).iter():
        found[part.tag] += 1
        found.update(f"{part.tag} {name}" for name in part.attrib)
    return found + Elements(source).found


def tensors(name):
    """A computation whose tensors carry the name, alone and with something before it."""
    x = torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
    s = torch.tensor(2.0, requires_grad=True)
    y = x @ x * s
    f = y.sum() + s
    return SimpleNamespace(x=x, s=s, y=y, f=f, names={name: x, f"{name}s": s, f"y{name}": y})


class Holder(torch.nn.Module):
    """A network one of whose layers and parameters carries the name."""

    def __init__(self, name):
        super().__init__()
        for kind, value in (("modules", torch.nn.Linear(2, 2)), ("parameters", torch.nn.Parameter(torch.ones(2)))):
            getattr(self, f"_{kind}")[name] = value
        self.kept = value

    def forward(self, x):
        return next(iter(self._modules.values()))(x) * self.kept


def graph_views(name):
    t = tensors(name)
    graph = views.trace(t.f, t.names)
    for theme in ("auto", "static", "dark", "live"):
        yield "svg", graph.to_svg(theme)
    yield "svg", graph.to_svg(direction="down")
    yield "text", graph.to_text()
    yield "dot", graph.to_dot().source
    yield from bundle(views.leaf_table(t.f, t.names))


def module_views(name):
    torch.manual_seed(0)
    net = Holder(name)
    graph = views.trace(net(torch.ones(3, 2)).sum(), {f"net.{key}": each for key, each in net.named_parameters()})
    yield "svg", graph.to_svg()
    yield "text", graph.to_text()
    yield "dot", graph.to_dot().source


def walk_views(name):
    t = tensors(name)
    steps = views.walk(t.f, t.names)
    yield from bundle(steps)
    for step in steps:
        yield from (("latex", line) for line in step.chain)
    yield from bundle(views.check(t.f, t.names))
    yield from bundle(views.why(t.x, t.names, name=name))
    yield from bundle(views.why(t.y, t.names))
    t.f.backward()
    yield from bundle(views.why(t.x, t.names, name=name))


def tensor_views(name):
    t = tensors(name)
    odd = torch.tensor([[[1.0, float("nan")], [float("inf"), -2.0]]])
    yield from bundle(views.summarize(odd, name))
    yield from bundle(views.histogram(odd, name))
    yield from bundle(views.slices(odd, name))
    for a, b in ((t.x, t.s), ((2, 1), (5,)), ((2, 3), (2, 4))):
        yield from bundle(views.broadcast(a, b, (name, name)))
    for a, b in ((t.x, t.y), ((2, 3), (2, 3)), ((2, 3), (3, 4))):
        yield from bundle(views.product(a, b, (name, name)))


def course_views(name):
    yield from bundle(views.descend(lambda x: x**2, 2.0, steps=3, name=name))
    yield from bundle(views.descend(lambda x, y: x**2 + y**2, (2.0, 1.0), steps=3, name=name))
    record = views.TrainingRecord(Holder(name))
    for number in range(5):
        record.log(loss=1.0 / (number + 1), accuracy=0.5, **{name: float(number)})
    yield from bundle(record)


def inspector_views(name):
    t = tensors(name)
    inspector = widgets.GraphInspector(t.f, t.names)
    for node in inspector.graph.nodes:
        inspector.check(node.id)
    yield from widget(inspector)
    monitor = widgets.TrainingMonitor(Holder(name))
    monitor.log(loss=1.0, **{name: 2.0})
    yield from widget(monitor)


def stepper_views(name):
    t = tensors(name)
    stepper = widgets.BackpropStepper(t.f, t.names)
    while True:
        yield from widget(stepper)
        if stepper.position == len(stepper.steps):
            break
        stepper.step()


def what_if_views(name):
    t = tensors(name)
    for what_if in (widgets.WhatIf(t.f, t.names), widgets.WhatIf(lambda **leaves: sum(leaves.values()), **{name: 1.0})):
        yield from widget(what_if)
        what_if.set(dict.fromkeys(what_if.values, 7.0))
        yield from widget(what_if)

    def fails(x):
        if x > 1:
            raise ValueError(name)
        return x * 2

    what_if = widgets.WhatIf(fails, x=1.0)
    what_if.set(x=2.0)
    yield from widget(what_if)


def playground_views(name):
    playground = widgets.DescentPlayground(lambda x: x**2, 2.0, name=name)
    playground.run(3)
    yield from widget(playground)


def bundle(shown):
    """What a notebook stores of something that shows itself."""
    data = shown._repr_mimebundle_()
    for mime, text in (data[0] if isinstance(data, tuple) else data).items():
        kind = {"image/svg+xml": "svg", "text/html": "html", "text/plain": "text"}.get(mime)
        if kind is not None:
            yield kind, text
    yield "line", repr(shown) if type(shown).__repr__ is not object.__repr__ else ""


def widget(shown):
    """What a notebook stores of a widget, and everything that it sends to the page, its children's too."""
    yield from bundle(shown)
    for key, value in shown.get_state().items():
        if key in ("svg",):
            yield "svg", value
        elif key == "value" and type(shown).__name__ == "HTML":
            yield "html", value
        elif key == "value" and type(shown).__name__ == "HTMLMath":
            yield "html", value
            yield from (("latex", line) for line in re.findall(r"<div>\$(.*?)\$</div>", value))
        elif key == "text":
            yield "text", value
        elif not key.startswith("_") and key != "placeholder":  # of ipywidgets: a space without width
            yield "data", value
    for child in getattr(shown, "children", ()):
        yield from widget(child)


VIEWS = [
    graph_views, module_views, walk_views, tensor_views, course_views, inspector_views, stepper_views, what_if_views,
    playground_views,
]  # fmt: skip


def shape_of_data(value):
    """Nested data without its texts; names may be keys, so keys are counted."""
    if isinstance(value, dict):
        return Counter(repr(shape_of_data(each)) for each in value.values())
    if isinstance(value, (list, tuple)):
        return [shape_of_data(each) for each in value]
    return type(value).__name__ if isinstance(value, str) or value is None else "number"


def strings(value):
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.items() for text in strings(list(item))]
    return [text for each in value for text in strings(each)] if isinstance(value, (list, tuple)) else []


def balanced(latex):
    """Braces that are no escaped ones, opened minus closed; and none closed that was not open."""
    depth = 0
    for sign in re.findall(r"(?<!\\)[{}]", latex.replace("\\\\", "")):
        depth += 1 if sign == "{" else -1
        if depth < 0:
            return False
    return depth == 0


@pytest.fixture(scope="module")
def plain():
    return {make: list(make(PLAIN)) for make in VIEWS}


def test_there_are_many_names_and_all_differ():
    assert len(HOSTILE) == len(set(HOSTILE)) >= 60


def test_the_parser_would_see_what_gets_out():
    """The measure itself: markup in text is counted, and comments are refused."""
    assert Elements("<p>a<b>").found - Elements("<p>a&lt;b&gt;</p>").found == Counter({"b": 1})
    assert Elements('<p title="a" onload="b">').found["p onload"] == 1
    for text in ("<!-- x -->", "<!DOCTYPE svg>", "<?xml?>"):
        with pytest.raises(AssertionError, match="markup that no view writes"):
            Elements(text)
    assert not balanced("{a}}") and balanced(r"{\}}")


@pytest.mark.parametrize("make", VIEWS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:40]))
def test_a_hostile_name_adds_no_element_and_no_attribute(plain, make, name):
    found, expected = list(make(name)), plain[make]
    assert [kind for kind, _ in found] == [kind for kind, _ in expected]
    for (kind, seen), (_, wanted) in zip(found, expected, strict=True):
        if kind == "svg":
            assert not elements_of_svg(seen) - elements_of_svg(wanted)
        elif kind == "html":
            assert not Elements(seen).found - Elements(wanted).found
        elif kind == "latex":
            assert balanced(seen) and "$" not in seen.replace(r"\$", "") and "<" not in seen
            assert not set(re.findall(r"\\[a-zA-Z]+", seen)) & {r"\href", r"\unicode", r"\class", r"\style"}
        elif kind == "data":
            json.dumps(seen, allow_nan=False)
            assert shape_of_data(seen) == shape_of_data(wanted)
            assert [text for text in strings(seen) if not text.isprintable()] == []
        else:
            assert len(seen.split("\n")) == len(wanted.split("\n"))
            allowed = "\n\t" if kind == "dot" else "\n"
            assert all(char.isprintable() or char in allowed for char in seen)


@pytest.mark.skipif(not shutil.which("dot"), reason="needs the program dot")
@pytest.mark.parametrize("part", range(4))
def test_a_hostile_name_adds_nothing_to_what_the_program_dot_draws(part):
    def drawn(name):
        t = tensors(name)
        svg = views.trace(t.f, t.names).to_dot()._repr_mimebundle_()["image/svg+xml"]
        return Counter(part.tag for part in ElementTree.fromstring(svg.encode("utf-8")).iter())

    plain = drawn(PLAIN)
    assert all(not drawn(name) - plain for name in HOSTILE[part::4])
