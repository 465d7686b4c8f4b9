"""The gradient descent playground in JupyterLab: buttons and sliders, by mouse and keyboard, in both themes."""

import pytest

pytestmark = pytest.mark.browser

CELLS = [
    "import tensorkit as torch\nfrom tensorkit_widgets import DescentPlayground\n%load_ext tensorkit",
    "playground = DescentPlayground(lambda x: x**4 - 3 * x**2 + x, 2.0, lr=0.01, name='x**4 - 3*x**2 + x')\nplayground",
    "%descend (1 - x)**2 + 5 * (y - x**2)**2 --start -1,1.5 --lr 0.02 --momentum 0.7 --steps 40",
]


def test_buttons_and_sliders(lab, pictures):
    with lab.open(CELLS) as notebook:
        notebook.run_all()
        page = notebook.page
        page.wait_for_function("document.querySelectorAll('.tk-playground svg').length === 2")
        root = page.get_by_role("group", name="Gradient descent playground").first
        now = root.get_by_role("status")

        def waits_for(step):
            page.wait_for_function(f"document.querySelector('.tk-now').textContent.startsWith('step {step}:')")

        def kernel(expression):
            (output,) = notebook.run_cell(f"print({expression})")
            return output["text"].strip()

        root.get_by_role("button", name="Step").click()
        waits_for(1)
        root.get_by_role("button", name="Step").press("Enter")
        waits_for(2)
        assert now.inner_text() == kernel("playground.now")
        root.get_by_role("button", name="Run 20").press(" ")
        waits_for(22)
        root.get_by_role("button", name="Back").click()
        waits_for(21)
        assert now.inner_text() == kernel("playground.now")
        before = now.inner_text()
        slider = root.get_by_role("slider", name="learning rate")
        slider.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("old => document.querySelector('.tk-now').textContent !== old", arg=before)
        assert kernel("playground.lr") == root.locator("output").first.inner_text() == "0.011"
        assert root.locator("output").nth(1).inner_text() == "0"
        momentum = root.get_by_role("slider", name="momentum")
        momentum.fill("0.5")
        assert kernel("playground.momentum") == "0.5"
        for theme in ("light", "dark"):
            notebook.theme(theme)
            page.wait_for_timeout(300)
            notebook.picture(pictures / f"playground-{theme}.png")
        root.get_by_role("button", name="Reset").click()
        waits_for(0)
        assert root.get_by_role("button", name="Back").get_attribute("aria-disabled") == "true"
        assert (notebook.errors(), notebook.problems) == ([], [])
