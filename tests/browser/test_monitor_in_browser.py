"""The training monitor in JupyterLab: it follows the loop, and hides its live view at the end."""

import pytest

pytestmark = pytest.mark.browser

CELLS = [
    "import tensorkit as torch\n"
    "from tensorkit_widgets import TrainingMonitor\n"
    "torch.manual_seed(0)\n"
    "model = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))\n"
    "x = torch.randn(64, 2)\n"
    "y = (x[:, :1] > 0).float()\n"
    "optimizer = torch.optim.SGD(model.parameters(), lr=0.2)",
    "with TrainingMonitor(model) as monitor:\n"
    "    for step in range(200):\n"
    "        optimizer.zero_grad()\n"
    "        out = model(x)\n"
    "        loss = torch.nn.functional.binary_cross_entropy_with_logits(out, y)\n"
    "        loss.backward()\n"
    "        optimizer.step()\n"
    "        monitor.log(loss=loss, accuracy=((out > 0) == (y > 0)).float().mean())",
]


def test_a_loop_in_jupyterlab(lab, pictures):
    with lab.open(CELLS) as notebook:
        notebook.run_all()
        page = notebook.page
        page.wait_for_function("document.querySelectorAll('.tk-picture').length === 2")
        assert [root.is_visible() for root in page.locator(".tk-picture").all()] == [False, True]
        shown = page.locator(".tk-picture:visible")
        assert shown.get_by_role("img", name="Training: 200 steps").count() == 1
        titles = shown.locator("svg text").all_text_contents()
        assert {"loss", "accuracy", "gradient norm by layer", "0 Linear", "2 Linear"} <= set(titles)
        summary = shown.locator("summary")
        summary.focus()
        page.keyboard.press("Enter")
        (output,) = notebook.run_cell("print(monitor.record)")
        assert shown.locator("pre").inner_text() == output["text"].strip()
        summary.press("Enter")
        for theme in ("light", "dark"):
            notebook.theme(theme)
            page.wait_for_timeout(300)
            notebook.picture(pictures / f"monitor-{theme}.png")
        assert (notebook.errors(), notebook.problems) == ([], [])


def test_it_moves_while_the_loop_runs(lab):
    cells = [
        "import time\nfrom tensorkit_widgets import TrainingMonitor\n",
        "with TrainingMonitor() as monitor:\n    for step in range(25):\n"
        "        monitor.log(loss=1 / (step + 1))\n        time.sleep(0.1)",
    ]
    with lab.open(cells) as notebook:
        notebook.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        seen = set()
        for _ in range(40):
            seen.update(notebook.page.locator(".tk-picture svg").evaluate_all("all => all.map(s => s.ariaLabel)"))
            notebook.page.wait_for_timeout(100)
        assert len(seen) >= 4
        assert "Training: 25 steps" in seen
        assert notebook.problems == []
