"""All widgets for everyone: enlarged and on a narrow page, by keyboard alone, with names and roles, in both themes.

Shape and words, not colour, tell the kinds of nodes apart: `tests/test_graph_drawings.py` has that.
"""

import pytest

pytestmark = pytest.mark.browser

CELLS = [
    "import tensorkit as torch\n"
    "from tensorkit_widgets import *\n"
    "x = torch.tensor(4., requires_grad=True)\n"
    "y = torch.tensor(-3., requires_grad=True)\n"
    "f = (x * y + x).tanh()\n"
    "g = x\n"
    "for _ in range(40):\n"
    "    g = g * 0.5 + y",
    "GraphInspector(f)",
    "GraphInspector(g)",
    "BackpropStepper(f)",
    "WhatIf(f)",
    "TensorView(torch.graph.product(torch.ones(2, 3), torch.ones(3, 2)))",
    "DescentPlayground(lambda a, b: a**2 + 3 * b**2, (2.0, 1.0))",
    "monitor = TrainingMonitor()\n"
    "for step in range(20):\n"
    "    monitor.log(loss=1 / (step + 1), accuracy=1 - 1 / (step + 2))\n"
    "monitor",
]
OUTPUTS = len(CELLS) - 1

# The outputs whose content is wider than they are and can't be scrolled to.
CUT_OFF = """() => [...document.querySelectorAll('.jp-OutputArea-output')].filter(output => {
    const right = output.getBoundingClientRect().right + 1;
    const scrollers = '.tk-canvas, .tk-chart-canvas, .tk-text, .tk-card, .widget-html, mjx-container';
    const scrolls = part => part.closest(scrollers);
    return [...output.querySelectorAll('button, input, p, h4, h5, li, .tk-number, .tk-facts > div, .widget-label')]
        .some(part => !scrolls(part) && part.getBoundingClientRect().right > right);
}).map(output => output.textContent.slice(0, 60))"""
# How small letters are drawn, in CSS pixels: of pictures that shrink with the page.
SMALLEST = """() => Math.min(...[...document.querySelectorAll('.tk-graph text, .tk-picture svg text')].map(text =>
    parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))"""
NAMELESS = """() => [...document.querySelectorAll('.jp-OutputArea-output')].flatMap(output =>
    [...output.querySelectorAll('button, input, select, ' +
        ['option', 'img', 'group', 'listbox', 'slider'].map(role => `[role=${role}]`))]
        .filter(part => part.getClientRects().length && !part.closest('[aria-hidden=true]'))
        .filter(part => !(part.textContent.trim() || part.getAttribute('aria-label') ||
            part.getAttribute('aria-labelledby') || part.title || part.labels?.length))
        .map(part => part.outerHTML.slice(0, 120)))"""
# Each text of the widgets with its contrast, where that is too low: 4.5 for text, 3 for large text (WCAG 2.2, AA).
FAINT = """() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const colour = (name, over) => {
        canvas.fillStyle = over; canvas.fillRect(0, 0, 1, 1);
        canvas.fillStyle = name; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = rgb => rgb.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const paper = part => {
        for (let at = part; at; at = at.parentElement) {
            const ground = getComputedStyle(at).backgroundColor;
            if (ground !== 'rgba(0, 0, 0, 0)' && ground !== 'transparent') return ground;
        }
        return getComputedStyle(document.body).getPropertyValue('--jp-layout-color0');
    };
    const found = [];
    for (const part of document.querySelectorAll('.tk-inspector *, .tk-picture *')) {
        const own = [...part.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
        if (!own || !part.getClientRects().length || part.closest('.tk-said, [aria-disabled=true]')) continue;
        const style = getComputedStyle(part), inPicture = part.closest('svg');
        const ground = colour(paper(inPicture ?? part), '#fff');
        const ink = colour(inPicture ? style.fill : style.color, `rgb(${ground})`);
        const [low, high] = [light(ink), light(ground)].sort((a, b) => a - b);
        if ((high + 0.05) / (low + 0.05) < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5))
            found.push(`${part.textContent.trim().slice(0, 40)}: ${((high + 0.05) / (low + 0.05)).toFixed(2)}`);
    }
    return found;
}"""


def opened(lab, width, density):
    notebook = lab.open(CELLS, width=width, density=density)
    notebook.run_all()
    notebook.page.wait_for_function("document.querySelectorAll('.tk-inspector, .tk-picture').length >= 7")
    notebook.page.wait_for_timeout(300)
    return notebook


@pytest.mark.parametrize("width", [640, 400])
def test_enlarged_and_on_a_narrow_page_nothing_is_cut_off(lab, pictures, width):
    """A window of 1280 pixels at 200 % has room for 640; 400 is a telephone."""
    with opened(lab, width, 2) as notebook:
        assert notebook.page.evaluate(CUT_OFF) == []
        assert notebook.page.evaluate(SMALLEST) >= 6.5
        notebook.picture(pictures / f"everyone-{width}.png")
        assert (notebook.errors(), notebook.problems) == ([], [])


@pytest.fixture(scope="module")
def notebook(lab):
    with opened(lab, 1280, 1) as notebook:
        yield notebook


def test_everything_that_can_be_used_has_a_name(notebook):
    assert notebook.page.evaluate(NAMELESS) == []


def test_a_slider_is_called_after_its_leaf(notebook):
    names = [slider.get_attribute("aria-label") for slider in notebook.page.locator(".tk-what-if [role=slider]").all()]
    assert names == ["x, slider", "y, slider"]


def test_every_widget_that_changes_is_a_group_with_a_live_region(notebook):
    page = notebook.page
    for name in ("Graph inspector", "Gradient descent playground", "Training monitor"):
        assert page.get_by_role("group", name=name).count() >= 1
    assert page.locator("[role=status]").count() >= OUTPUTS - 1, "a TensorView does not change"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_have_the_colours_of_the_page(notebook, theme):
    notebook.theme(theme)
    paper = "svg => getComputedStyle(svg.querySelector('rect')).fill"
    pictures = notebook.page.locator(".tk-graph, .tk-picture svg").all()
    assert len(pictures) >= 6
    ground = notebook.page.evaluate(
        "() => { const part = document.createElement('i'); document.body.append(part);"
        " part.style.color = 'var(--jp-layout-color0)';"
        " const found = getComputedStyle(part).color; part.remove(); return found; }"
    )
    assert {picture.evaluate(paper) for picture in pictures} == {ground}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_words_can_be_read(notebook, pictures, theme):
    notebook.theme(theme)
    notebook.page.wait_for_timeout(300)
    assert notebook.page.evaluate(FAINT) == []
    notebook.picture(pictures / f"everyone-{theme}.png")


def test_the_tab_key_reaches_every_widget_and_leaves_it(notebook):
    page = notebook.page
    page.locator(".tk-inspector .tk-node[tabindex='0']").first.focus()
    reached = set()
    for _ in range(90):
        place = page.evaluate(
            "[...document.querySelectorAll('.jp-OutputArea-output')].findIndex("
            "output => output.contains(document.activeElement))"
        )
        reached.add(place)
        if len(reached - {-1}) == OUTPUTS:
            break
        page.keyboard.press("Tab")
    assert reached - {-1} == set(range(OUTPUTS))


def test_the_focus_can_be_seen(notebook):
    page = notebook.page
    page.locator(".tk-inspector .tk-node[tabindex='0']").first.focus()
    seen = []
    for _ in range(8):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "(style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)"
                "(getComputedStyle(document.activeElement))"
            )
        )
    assert all(seen[:3]), "the buttons below the picture"
