"""The backprop stepper, the sliders and the check in JupyterLab: by keyboard and by mouse, as the kernel has it."""

import pytest

pytestmark = pytest.mark.browser

CELLS = [
    "import tensorkit as torch\n"
    "from tensorkit_widgets import BackpropStepper, GraphInspector, WhatIf\n"
    "x = torch.tensor(4., requires_grad=True)\n"
    "y = torch.tensor(-3., requires_grad=True)\n"
    "f = (x + y) * x",
    "stepper = BackpropStepper(f)\nstepper",
    "what_if = WhatIf(f)\nwhat_if",
    "inspector = GraphInspector(f)\ninspector",
]


@pytest.fixture(scope="module")
def notebook(lab):
    with lab.open(CELLS) as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".tk-node")
        yield notebook


def in_kernel(notebook, expression):
    (output,) = notebook.run_cell(f"print({expression})")
    return output["text"].strip()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_step_by_keyboard(notebook, pictures, theme):
    notebook.theme(theme)
    page = notebook.page
    notebook.run_cell("stepper.reset()")
    page.set_default_timeout(8000)
    button = page.get_by_role("button", name="Step", exact=True)
    for count in range(1, 5):
        button.focus()
        page.keyboard.press("Enter")
        page.get_by_text(f"step {count} of 5", exact=True).wait_for()
    assert "to x + y: g * x = 1 * 4 = 4" in page.locator("[role=status]").first.inner_text()
    assert in_kernel(notebook, "stepper.position") == "4"
    assert page.locator("mjx-container, .MathJax").count() >= 1
    notebook.picture(pictures / f"stepper-{theme}.png")


def test_a_typed_number_is_followed(notebook):
    field = notebook.page.locator("input[type=number]").first
    field.fill("6")
    field.press("Enter")
    notebook.page.get_by_text("x = 6, y = -3 give 18").wait_for()
    assert in_kernel(notebook, "what_if.result.item(), x.item()") == "18.0 4.0"


def test_the_check_takes_the_place_of_its_button_and_is_said(notebook):
    page = notebook.page
    page.get_by_role("button", name="Check by finite differences").last.click()
    page.locator(".tk-panel").last.get_by_text("finite differences say 1: agrees").wait_for()
    assert page.evaluate("document.activeElement.className") == "tk-panel"
    assert page.locator(".tk-said[role=status]").last.inner_text() == "finite differences say 1: agrees"


def test_nothing_went_wrong_on_the_page(notebook):
    assert (notebook.errors(), notebook.problems) == ([], [])
