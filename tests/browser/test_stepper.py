"""The backprop stepper, the sliders and the check in JupyterLab: by keyboard and by mouse, as the kernel has it."""

import pytest

pytestmark = pytest.mark.browser

CELLS = [
    "import tensorkit as torch\n"
    "from tensorkit_widgets import BackpropStepper, GraphInspector, WhatIf\n"
    "x = torch.tensor(4., requires_grad=True)\n"
    "y = torch.tensor(-3., requires_grad=True)\n"
    "f = (x + y) * x\n"
    "w = torch.ones(2, 3, requires_grad=True)\n"
    "b = torch.tensor([1., 2., 3.], requires_grad=True)\n"
    "wide = (w * b).sum()",
    "stepper = BackpropStepper(f)\nstepper",
    "what_if = WhatIf(f)\nwhat_if",
    "inspector = GraphInspector(f)\ninspector",
    "across = BackpropStepper(wide)\nacross",
]


@pytest.fixture(scope="module")
def notebook(lab):
    with lab.open(CELLS) as notebook:
        notebook.run_all()
        notebook.page.wait_for_function("document.querySelectorAll('.tk-inspector').length === 4")
        notebook.page.set_default_timeout(15_000)
        yield notebook


def in_kernel(notebook, expression):
    (output,) = notebook.run_cell(f"print({expression})")
    return output["text"].strip()


def eventually(notebook, expression, wanted):
    """Does an expression have this value in the kernel, now or in a moment? (Traits arrive there a little later.)"""
    for _ in range(20):
        if in_kernel(notebook, expression) == wanted:
            return True
        notebook.page.wait_for_timeout(50)
    return False


def button(notebook, name, place=0):
    return notebook.page.get_by_role("button", name=name, exact=True).nth(place)


def table(notebook, place):
    """The rows of what is said of a step; `place` counts the regions that a screen reader is told about."""
    rows = notebook.page.locator(".jp-Cell").nth(place).locator("[role=status] tr")
    return [row.locator("th, td").all_inner_texts() for row in rows.all()]


def arrives(notebook, where):
    """Wait until the first stepper stands there: `step 2 of 5`."""
    notebook.page.locator(".jp-Cell").nth(1).get_by_text(where, exact=True).wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_step_by_keyboard(notebook, pictures, theme):
    notebook.theme(theme)
    page = notebook.page
    notebook.run_cell("stepper.reset()")
    arrives(notebook, "step 0 of 5")
    for count in range(1, 5):
        button(notebook, "Step").focus()
        page.keyboard.press("Enter")
        arrives(notebook, f"step {count} of 5")
    assert table(notebook, 1)[1] == ["x + y", "1", "∂f/∂(x + y) = x = 4", "1 · 4 = 4", "∂f/∂(x + y) = 4"]
    assert in_kernel(notebook, "stepper.position") == "4"
    assert page.locator("mjx-container, .MathJax").count() >= 1
    notebook.picture(pictures / f"stepper-{theme}.png")


def test_every_button_by_mouse_with_the_kernels_numbers(notebook):
    for name, position in [("Reset", 0), ("Run all", 5), ("Back", 4), ("Step", 5), ("Back", 4), ("Back", 3)]:
        button(notebook, name).click()
        arrives(notebook, f"step {position} of 5")
        assert eventually(notebook, "stepper.position", str(position))
    button(notebook, "Run all").click()
    arrives(notebook, "step 5 of 5")
    assert button(notebook, "Step").is_disabled() and button(notebook, "Run all").is_disabled()
    (row,) = [row for row in table(notebook, 1) if row[0] == "x"]
    assert row[3:] == ["4 · 1 = 4", "∂f/∂x = 1 + 4 = 5"], "what arrived before is added"
    notebook.run_cell("f.backward(retain_graph=True)")
    assert in_kernel(notebook, "x.grad.item()") == "5.0"
    notebook.run_cell("x.grad = y.grad = None")


def test_the_picture_brings_values_and_gradients_to_light_one_by_one(notebook):
    page = notebook.page
    drawn = page.locator(".tk-inspector").first.locator("svg .tk-node")
    button(notebook, "Reset").click()
    arrives(notebook, "step 0 of 5")
    pending = [sum(text.count("…") for text in drawn.all_text_contents())]
    for count in range(1, 6):
        button(notebook, "Step").click()
        arrives(notebook, f"step {count} of 5")
        page.wait_for_timeout(100)
        pending.append(sum(text.count("…") for text in drawn.all_text_contents()))
    assert pending == sorted(pending, reverse=True) and pending[0] > 3 and pending[-1] == 0


def test_the_chain_rule_grows(notebook):
    page = notebook.page
    line = page.locator(".jp-Cell").nth(1).locator("mjx-container, .MathJax")
    widths = []
    for position in (3, 4, 5):
        notebook.run_cell(f"stepper.position = {position}")
        arrives(notebook, f"step {position} of 5")
        page.wait_for_timeout(300)
        widths.append(max(box["width"] for box in (each.bounding_box() for each in line.all()) if box))
    assert widths == sorted(widths) and widths[0] < widths[-1]


def test_the_axes_that_were_summed_are_told(notebook):
    notebook.run_cell("across.run_all()")
    page = notebook.page
    page.get_by_text("summed over axis 0 (it was broadcast)").first.wait_for()
    (row,) = [row for row in table(notebook, 4) if row[0] == "b"]
    assert row[4].endswith("= [2, 2, 2]")
    notebook.run_cell("wide.backward()")
    assert in_kernel(notebook, "b.grad.tolist()") == "[2.0, 2.0, 2.0]"


def test_a_typed_number_is_followed(notebook):
    field = notebook.page.locator("input[type=number]").first
    field.fill("6")
    field.press("Enter")
    notebook.page.get_by_text("x = 6, y = -3 give 18").wait_for()
    assert in_kernel(notebook, "what_if.result.item(), x.item()") == "18.0 4.0"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_values_and_gradients_follow_while_a_slider_is_dragged(notebook, pictures, theme):
    notebook.theme(theme)
    page = notebook.page
    button(notebook, "Reset", 1).click()
    page.get_by_text("x = 4, y = -3 give 4; ∂/∂x = 5, ∂/∂y = 4").wait_for()
    said = page.locator(".jp-Cell").nth(2).locator("[role=status]").first
    handle = page.locator(".jp-Cell").nth(2).locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    seen = set()
    for way in (15, 30, 45):
        page.mouse.move(x + way, y, steps=3)
        page.wait_for_timeout(500)
        seen.add(said.inner_text())
    assert len(seen) == 3, "the numbers follow before the button is let go"
    page.mouse.up()
    notebook.picture(pictures / f"what-if-{theme}.png")
    now = said.inner_text()
    assert in_kernel(notebook, "what_if.said") == now and in_kernel(notebook, "x.item()") == "4.0"
    new, other = (float(part) for part in in_kernel(notebook, "what_if.values['x'], y.item()").strip("()").split())
    given = now.split(" give ")[1].split("; ")[0]
    assert float(given) == pytest.approx((new + other) * new, rel=1e-3)


def test_by_keyboard_too_and_written_into_the_notebook_on_demand(notebook):
    page = notebook.page
    button(notebook, "Reset", 1).click()
    page.get_by_text("x = 4, y = -3 give 4;").wait_for()
    assert button(notebook, "Write into the notebook").is_disabled()
    page.locator(".jp-Cell").nth(2).locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("x = 4.1, y = -3 give").wait_for()
    button(notebook, "Write into the notebook").press("Enter")
    page.get_by_text("written into x, y: run the cells that compute with it again").wait_for()
    assert in_kernel(notebook, "round(x.item(), 4)") == "4.1"
    notebook.run_cell("what_if.reset(); what_if.apply()")
    assert in_kernel(notebook, "x.item()") == "4.0"


def test_the_check_takes_the_place_of_its_button_and_is_said(notebook):
    notebook.run_cell("fresh = GraphInspector((x + y) * x)\nfresh")
    page = notebook.page
    page.get_by_role("button", name="Check by finite differences").last.click()
    page.locator(".tk-panel").last.get_by_text("finite differences say 1: agrees").wait_for()
    assert page.evaluate("document.activeElement.className") == "tk-panel"
    assert page.locator(".tk-said[role=status]").last.inner_text() == "finite differences say 1: agrees"


def test_nothing_went_wrong_on_the_page(notebook):
    assert (notebook.errors(), notebook.problems) == ([], [])
