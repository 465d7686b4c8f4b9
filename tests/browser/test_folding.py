"""Folded graphs in JupyterLab: unfolded by click, by key and by button; and why a `.grad` is what it is."""

import pytest

pytestmark = pytest.mark.browser

CELLS = [
    "import tensorkit as torch\n"
    "from tensorkit.graph import module_calls\n"
    "from tensorkit_widgets import GraphInspector\n"
    "torch.manual_seed(0)\n"
    "net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))\n"
    "inputs = torch.randn(4, 2)\n"
    "with module_calls({'net': net}) as calls:\n"
    "    loss = net(inputs).mean()\n"
    "inspector = GraphInspector(loss, fold='module', calls=calls)\n"
    "first = inspector.opened\n"
    "inspector",
]


@pytest.fixture(scope="module")
def notebook(lab):
    with lab.open(CELLS) as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".tk-node")
        yield notebook


@pytest.fixture
def page(notebook):
    """The page with every block as it was at first."""
    notebook.run_cell("inspector.opened = first")
    notebook.page.wait_for_function("document.querySelectorAll('.tk-unfold').length === 2")
    return notebook.page


def block(page, name):
    return page.locator(".tk-node.tk-block").filter(has=page.locator("title", has_text=name))


def titles(page):
    return page.locator(".tk-node > title").evaluate_all("titles => titles.map(each => each.textContent.split(':')[0])")


def wait_for(page, name):
    page.wait_for_function(
        "name => [...document.querySelectorAll('.tk-node > title')].some(each => each.textContent.startsWith(name))",
        arg=name,
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_click_on_the_plus_unfolds(notebook, page, pictures, theme):
    notebook.theme(theme)
    assert {"net.0 (Linear)", "net.2 (Linear)"} < set(titles(page)) and "net.0.weight" not in titles(page)
    block(page, "net.0").locator(".tk-unfold").click()
    wait_for(page, "net.0.weight")
    assert notebook.run_cell("print(len(inspector.opened))")[0]["text"] == "2\n"
    notebook.picture(pictures / f"unfolded-{theme}.png")


def test_a_double_click_unfolds(page):
    block(page, "net.2").dblclick()
    wait_for(page, "net.2.weight")


def test_enter_unfolds_the_selected_block_and_backspace_folds_it(page):
    block(page, "net.0").click()
    page.keyboard.press("Enter")
    wait_for(page, "net.0.weight")
    assert page.evaluate("document.activeElement.matches('.tk-node[aria-selected=true]')"), "the keyboard stays there"
    assert page.locator(".tk-unfold").count() == 1
    page.keyboard.press("Backspace")
    wait_for(page, "net.0 (Linear)")
    assert page.evaluate("document.activeElement.querySelector('title').textContent").startswith("net.0 (Linear)")


def test_buttons_of_the_panel_and_of_the_bar(page):
    block(page, "net.0").click()
    page.locator(".tk-panel").get_by_role("button", name="Unfold").click()
    wait_for(page, "net.0.weight")
    page.locator(".tk-panel").get_by_role("button", name="Fold net.0 (Linear)").click()
    wait_for(page, "net.0 (Linear)")
    page.locator(".tk-bar").get_by_role("button", name="Unfold all").click()
    page.wait_for_function("document.querySelectorAll('.tk-unfold').length === 0")
    page.locator(".tk-bar").get_by_role("button", name="Fold all").click()
    wait_for(page, "net (Sequential)")


def test_a_screen_reader_hears_that_it_is_a_block(page):
    assert page.get_by_role("option", name="net.0 (Linear): block of").count() == 1
    block(page, "net.0").click()
    assert "block of" in page.locator(".tk-inspector .tk-said[role=status]").inner_text()


def test_why_is_answered_in_the_panel(notebook, page):
    notebook.run_cell("inspector.select('net.0.weight')")
    page.wait_for_selector(".tk-node[aria-selected=true]")
    page.get_by_role("button", name="Why is .grad None?").click()
    page.wait_for_selector(".tk-why")
    assert "backward" in page.locator(".tk-why").inner_text()
    assert "backward" in page.locator(".tk-inspector .tk-said[role=status]").inner_text()
    assert page.evaluate("document.activeElement.className") == "tk-panel"


def test_no_error(notebook):
    assert notebook.errors() == []
    assert notebook.problems == []
