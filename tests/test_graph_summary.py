"""One tensor at a glance: the same facts as sentences, as shades of text and as a picture."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import tensorkit as torch
from tensorkit.graph import summarize
from tensorkit.graph.heatmap import colour_of

SVG = "{http://www.w3.org/2000/svg}"


def parsed(summary, theme="static"):
    return ElementTree.fromstring(summary.to_svg(theme).encode())


def test_a_matrix():
    summary = summarize(torch.tensor([[1.0, -2.0], [3.5, 4.0]]), "x")
    assert summary.to_text().splitlines() == [
        "x: 2 × 2, float32, 4 elements",
        "values [[1, -2], [3.5, 4]], from -2 to 4, mean 1.625, std 2.75, no NaN",
        "gradient: none: requires_grad=False",
        "heat map, · low to █ high:",
        "  ▒·",
        "  ██",
    ]


def test_a_scalar_has_a_value_and_no_heat_map():
    summary = summarize(torch.tensor(2.5), "x")
    assert summary.lines == ("x: scalar, float32", "value 2.5", "gradient: none: requires_grad=False")
    assert summary.heat is None
    assert "heat map" not in summary.to_text()


@pytest.mark.parametrize(
    "tensor, values",
    [
        (torch.zeros(0), "no values"),
        (torch.tensor([True, False]), "values [True, False], from 0 to 1, mean 0.5, no NaN"),
        (torch.arange(100), "values from 0 to 99, mean 49.5, std 29.01, no NaN"),
        (torch.tensor([1.0, float("nan"), float("inf")]), "values [1, nan, inf], from 1 to 1, mean 1, 1 NaN, 1 inf"),
        (torch.tensor([float("nan")] * 50), "values 50 NaN"),
        (torch.tensor([1 + 2j, 3.0]), "values [1+2j, 3+0j], no NaN"),
    ],
)
def test_values_of_all_kinds(tensor, values):
    assert summarize(tensor).lines[1] == values


def test_the_state_of_the_gradient_is_said():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    assert summarize(x).gradient == "leaf with requires_grad=True, nothing in .grad yet"
    assert summarize(y).gradient.startswith("result of SumBackward0; .grad is kept for leaves only")
    y.retain_grad()
    assert summarize(y).gradient == "result of SumBackward0 with retain_grad(), nothing in .grad yet"
    y.backward()
    assert summarize(x).gradient == "leaf with requires_grad=True, .grad is [2, 4]"
    assert summarize(y).gradient.endswith(".grad is 1")
    assert summarize(x.detach()).gradient == "none: requires_grad=False"


def test_large_tensors_are_seen_in_blocks():
    summary = summarize(torch.arange(3.0 * 64 * 100).reshape(3, 64, 100), "x")
    assert summary.lines[0] == "x: 3 × 64 × 100, float32, 19,200 elements"
    assert summary.heat.shape == (16, 16)
    assert len(summary.to_text().splitlines()) == 3 + 1 + 16


def test_what_is_no_number_is_marked_in_every_drawing():
    summary = summarize(torch.tensor([[1.0, float("nan")], [2.0, 3.0]]), "x")
    assert "·×" in summary.to_text() and "× NaN or inf" in summary.to_text()
    assert "nan" in "".join(parsed(summary).itertext())


@pytest.mark.parametrize("theme", ["auto", "static", "dark", "live"])
def test_the_picture_says_what_the_text_says(theme):
    summary = summarize(torch.tensor([[1.0, -2.0], [3.5, 4.0]]), "x")
    root = parsed(summary, theme)
    assert root.get("role") == "img" and root.find(f"{SVG}desc").text == summary.to_text()
    written = [text.text for text in root.iter(f"{SVG}text")]
    assert written[:3] == list(summary.lines)
    assert written[3:7] == ["1", "-2", "3.5", "4"]
    assert sum(rect.get("stroke-width") == "0.5" for rect in root.iter(f"{SVG}rect")) == 4


def test_ink_on_each_square_can_be_read():
    def luminance(colour):
        parts = [part / 255 for part in colour]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def hexadecimal(text):
        return tuple(int(text[i : i + 2], 16) for i in (1, 3, 5))

    summary = summarize(torch.linspace(-1, 2, 64).reshape(8, 8))
    pairs = re.findall(r'fill="(#\w+)" stroke="#\w+" stroke-width="0.5"/><text [^>]*fill="(#\w+)"', summary.to_svg())
    assert len(pairs) == 64
    for square, ink in pairs:
        bright, dark = sorted([luminance(hexadecimal(square)), luminance(hexadecimal(ink))], reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5


def test_both_signs_have_their_own_colour_and_zero_is_pale():
    red, _, blue = colour_of(-1.0, -1.0, 1.0)
    assert blue > red
    red, _, blue = colour_of(1.0, -1.0, 1.0)
    assert red > blue
    assert min(colour_of(0.0, -1.0, 1.0)) > 230


def test_hostile_names_stay_text():
    summary = summarize(torch.ones(2), "</text><script>alert(1)</script>")
    assert not list(parsed(summary).iter(f"{SVG}script"))
    assert "<script" not in summary.to_svg()
    assert summarize(torch.ones(2), "a\nb\x1b").lines[0].startswith("a\\nb\\x1b: ")


def test_only_tensors_are_summarized():
    with pytest.raises(TypeError, match="expected a tensor, but got ndarray"):
        summarize(np.ones(2))
    with pytest.raises(ValueError, match="theme must be one of auto, static, dark, live, but got 'red'"):
        summarize(torch.ones(2)).to_svg("red")


def test_a_notebook_gets_svg_and_text_and_the_same_each_time():
    summary = summarize(torch.eye(3), "x")
    assert summary._repr_mimebundle_() == {"image/svg+xml": summary.to_svg(), "text/plain": str(summary)}
    assert summary.to_svg() == summarize(torch.eye(3), "x").to_svg()


def test_what_is_not_a_number_is_marked_in_small_squares_too():
    x = torch.zeros(12, 12)
    x[0, 0], x[1, 1], x[2, 2] = float("nan"), float("inf"), -float("inf")
    svg = summarize(x, "x").to_svg()
    assert svg.count(">×</text>") == svg.count(">+</text>") == svg.count(">−</text>") == 1
    assert "0 light to 0 dark; × NaN, + inf, − -inf" in svg
    assert "NaN" not in summarize(torch.zeros(12, 12), "x").to_svg().split("</desc>")[1].replace("no NaN", "")
