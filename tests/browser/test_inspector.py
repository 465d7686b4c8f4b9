"""The graph inspector in JupyterLab, by mouse and by keyboard, in the light and in the dark theme."""

import pytest
from hostile_names import HOSTILE

pytestmark = pytest.mark.browser

CELLS = [
    "import tensorkit as torch\n"
    "from tensorkit_widgets import GraphInspector\n"
    "x = torch.tensor(4., requires_grad=True)\n"
    "y = torch.tensor(-3., requires_grad=True)\n"
    "z = torch.tensor(5., requires_grad=True)\n"
    "f = (x + y) * z\n"
    "f.backward()",
    "inspector = GraphInspector(f)\ninspector",
]
NODES = {"x": "n0", "y": "n1", "x + y": "n2", "z": "n3", "f": "n4"}

EMPTY_SPOT = """() => {
    const box = document.querySelector('.tk-canvas').getBoundingClientRect();
    for (let x = box.x + 150; x < box.right - 20; x += 10) for (let y = box.y + 20; y < box.bottom - 20; y += 10) {
        const there = document.elementFromPoint(x, y);
        if (there?.closest('.tk-canvas') && !there.closest('.tk-node')) return [x, y];
    }
}"""


@pytest.fixture(scope="module")
def notebook(lab):
    """The example of the README, run."""
    with lab.open(CELLS) as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".tk-node")
        yield notebook


@pytest.fixture(params=["light", "dark"])
def themed(request, notebook):
    notebook.theme(request.param)
    return notebook


@pytest.fixture
def page(notebook):
    return notebook.page


def node(page, name):
    return page.locator(f".tk-node[data-node={NODES[name]}]")


def selected(page):
    return page.locator(".tk-node[aria-selected=true]").evaluate_all("nodes => nodes.map(node => node.dataset.node)")


def focused(page):
    return page.evaluate("document.activeElement?.dataset?.node")


def panel(page, term):
    """What the panel says: the card with this term."""
    card = page.locator(".tk-card").filter(has=page.locator(".tk-term", has_text=term))
    return card.first.locator(".tk-number").inner_text()


def in_kernel(notebook, expression, wanted):
    """Does an expression have this value in the kernel, now or in a moment? (Traits arrive there a little later.)"""
    for _ in range(20):
        (output,) = notebook.run_cell(f"print(repr({expression}))")
        if output["text"].strip() == repr(wanted):
            return True
        notebook.page.wait_for_timeout(50)
    return False


def luminance(page, selector, name):
    """How light a colour of an element is, 0 … 1; colours may come as `color(srgb …)`."""
    return page.evaluate(
        """([selector, name]) => {
            const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
            canvas.fillStyle = getComputedStyle(document.querySelector(selector))[name];
            canvas.fillRect(0, 0, 1, 1);
            const linear = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
                .map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        }""",
        [selector, name],
    )


def test_a_click_selects_and_shows_the_gradient(themed, pictures, request):
    page = themed.page
    node(page, "f").click()
    node(page, "x").click()
    assert selected(page) == [NODES["x"]]
    assert (panel(page, "value"), panel(page, "gradient")) == ("4", "5")
    assert in_kernel(themed, "(inspector.selected, x.grad.item())", ("n0", 5.0))
    assert page.locator(".tk-said[role=status]").inner_text() == "x selected: value 4, gradient 5, .grad 5"
    themed.picture(pictures / f"{request.node.name}.png")


def test_the_keyboard_walks_along_the_edges_and_selects(themed, pictures, request):
    page = themed.page
    node(page, "f").click()
    page.keyboard.press("ArrowLeft")
    assert focused(page) in (NODES["x + y"], NODES["z"])
    page.keyboard.press("Home")
    assert focused(page) == NODES["x"]
    page.keyboard.press("ArrowDown")
    assert focused(page) == NODES["y"]
    page.keyboard.press("ArrowRight")
    assert focused(page) == NODES["x + y"]
    assert selected(page) == [NODES["f"]], "walking selects nothing"
    page.keyboard.press("Enter")
    assert selected(page) == [NODES["x + y"]]
    assert panel(page, "gradient") == "5"
    themed.picture(pictures / f"{request.node.name}.png")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    assert panel(page, "gradient") == "1"
    assert in_kernel(themed, "inspector.detail['title']", "f")


def test_keys_that_the_inspector_takes_never_reach_the_notebook(notebook, page):
    before = len(notebook.cells())
    node(page, "x").click()
    for key in ("ArrowDown", "ArrowRight", "Enter", " ", "Home", "End"):
        page.keyboard.press(key)
    assert focused(page) == NODES["f"]
    assert "jp-mod-editMode" not in page.locator(".jp-Notebook").get_attribute("class")
    assert len(notebook.cells()) == before


def test_escape_clears_the_selection(notebook, page):
    node(page, "z").click()
    page.keyboard.press("Escape")
    assert selected(page) == []
    assert "No node is selected" in page.locator(".tk-panel").inner_text()
    assert in_kernel(notebook, "inspector.selected", None)


def test_one_tab_stop_in_the_graph_and_then_the_buttons(page):
    node(page, "z").click()
    assert page.locator(".tk-node[tabindex='0']").count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Zoom in"
    page.keyboard.press("Shift+Tab")
    assert focused(page) == NODES["z"]


def test_a_button_of_the_panel_leads_to_the_next_node(page):
    node(page, "x").click()
    page.locator(".tk-panel button", has_text="x + y").click()
    assert selected(page) == [NODES["x + y"]]
    focused = "document.activeElement.textContent"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Check by finite differences"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Why is .grad None?"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "f"


def test_python_selects_too(notebook, page):
    notebook.run_cell("inspector.select('y')")
    page.wait_for_selector(f".tk-node[data-node={NODES['y']}][aria-selected=true]")
    assert panel(page, "value") == "-3"


def test_zoom_by_button_and_key_and_back(notebook, page):
    width = "document.querySelector('.tk-canvas svg').clientWidth"
    fitted = page.evaluate(width)
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate(width) > 1.2 * fitted
    assert in_kernel(notebook, "inspector.zoom", 1.5625)
    page.evaluate("document.querySelector('.tk-canvas').scrollLeft = 0")
    page.locator(".tk-node").first.scroll_into_view_if_needed()
    x, y = page.evaluate(EMPTY_SPOT)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 80, y, steps=4)
    page.mouse.up()
    assert page.evaluate("document.querySelector('.tk-canvas').scrollLeft") > 40, "dragging pans"
    node(page, "x").click()
    page.keyboard.press("0")
    assert page.evaluate(width) == fitted


def test_names_and_roles_for_a_screen_reader(page):
    assert page.get_by_role("group", name="Graph inspector").count() == 1
    assert page.get_by_role("listbox", name="Graph of f: 3 leaves, 2 operations.").count() == 1
    assert page.locator(".tk-inspector").get_by_role("option").count() == 5
    assert page.get_by_role("option", name="x: leaf, scalar; value 4; gradient 5").count() == 1
    assert page.get_by_role("region", name="Details of the selected node").count() == 1
    assert {"Zoom in", "Zoom out", "Fit"} <= set(page.locator(".tk-bar button").all_inner_texts())


def test_the_text_says_the_same(page):
    page.locator(".tk-words summary").click()
    assert "n2  x + y            result, scalar        value 1  gradient 5" in page.locator(".tk-text").inner_text()
    page.locator(".tk-words summary").click()


def test_colours_follow_the_theme_and_can_be_read(notebook):
    paper = {}
    for theme in ("light", "dark"):
        notebook.theme(theme)
        notebook.page.wait_for_timeout(200)
        paper[theme] = luminance(notebook.page, ".tk-inspector", "backgroundColor")
        for selector in (".tk-panel h4", ".tk-panel .tk-quiet", ".tk-panel .tk-back", ".tk-bar button"):
            ink = luminance(notebook.page, selector, "color")
            low, high = sorted((ink, paper[theme]))
            assert (high + 0.05) / (low + 0.05) >= 4.5, f"{selector} in {theme}"
    assert paper["light"] > 0.9 and paper["dark"] < 0.1


def test_it_works_at_200_percent_and_on_a_narrow_screen(lab, pictures):
    with lab.open(CELLS, width=640, density=2) as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".tk-node")
        node(notebook.page, "x").click()
        assert panel(notebook.page, "gradient") == "5"
        frame = "document.querySelector('.tk-inspector')"
        assert notebook.page.evaluate(f"{frame}.scrollWidth <= {frame}.clientWidth + 1")
        notebook.picture(pictures / "200-percent.png")
        assert notebook.problems == []


def test_hostile_names_stay_text_on_the_page(lab):
    plain = "import tensorkit as torch\nfrom tensorkit_widgets import GraphInspector\n"
    plain += "def show(name):\n    x = torch.tensor([1., 2.], requires_grad=True)\n    y = x * 2\n"
    plain += "    display(GraphInspector(y.sum(), {name: x, name + ' ': y}, selected='n0'))\n"
    cells = [plain + "show('q')", f"for name in {HOSTILE[:34]!a}:\n    show(name)"]
    skeleton = """() => [...document.querySelectorAll('.tk-inspector')].map(root => [...root.querySelectorAll('*')]
        .map(part => [part.localName, ...part.getAttributeNames().sort()].join(' ')).join('\\n'))"""
    with lab.open(cells) as notebook:
        notebook.run_all()
        notebook.page.wait_for_function("document.querySelectorAll('.tk-panel h4').length === 35")
        first, *rest = notebook.page.evaluate(skeleton)
        assert all(each == first for each in rest)
        assert (notebook.errors(), notebook.problems) == ([], [])


def test_no_error_and_no_request_to_another_host(notebook):
    assert notebook.errors() == []
    assert notebook.problems == []
