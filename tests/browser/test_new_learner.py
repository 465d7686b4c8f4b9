"""The first hour of somebody new: the README's command in a copy of the repository, the tour from top to bottom, an
exercise failed, hinted and solved; what is solved stays when the kernel, and then JupyterLab itself, is started anew.

Nothing of this environment is used but Python and pip: the packages are installed into a fresh one.
"""

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from checkout import ROOT, copy_of_the_checkout
from lab import Lab

pytestmark = pytest.mark.browser

TOUR = "00_tour.ipynb"
COMMAND = re.search(r"```sh\n(.*)\n```", (ROOT / "README.md").read_text(encoding="utf-8")).group(1)
SOLVED = " 1 of 3  to do: square_function, slope_at_three\n"
TO_INSTALL, _, TO_START = COMMAND.rpartition(" && ")


@pytest.fixture(scope="module")
def learner(tmp_path_factory):
    """JupyterLab as the README's command starts it, but with the test's browser in place of the learner's."""
    checkout = copy_of_the_checkout(tmp_path_factory.mktemp("new"))
    variables = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    installed = subprocess.run(TO_INSTALL, shell=True, cwd=checkout, env=variables, capture_output=True, text=True)
    assert installed.returncode == 0, installed.stdout[-3000:] + installed.stderr[-3000:]
    program, *words = TO_START.split()
    folder = checkout / "tensorkit-lessons"
    with Lab([str(checkout / program), *words, str(folder), "--no-browser", "--"], folder) as lab:
        yield lab


def text(outputs):
    return "".join(output.get("text", "") for output in outputs)


def test_the_command_opens_the_tour(learner):
    assert learner.said().startswith(f"lessons in {learner.folder} (")
    with urllib.request.urlopen(f"{learner.address}/?token={learner.token}") as answer:
        assert answer.url.startswith(f"{learner.address}/lab/tree/{TOUR}")


def test_the_tour_runs_and_an_exercise_is_failed_hinted_and_solved(learner, pictures):
    with learner.open(TOUR) as tour:
        tour.run_all()
        assert tour.errors() == []
        code = [cell for cell in tour.cells() if cell["cell_type"] == "code"]
        assert [cell["source"] for cell in code if not cell["execution_count"]] == []
        assert tour.page.locator(".tk-inspector").count() == 1, "the graph is live"
        tour.page.locator(".tk-inspector .tk-node").first.click()

        wrong = tour.edit("numbers = None", "numbers = torch.tensor([2., 4.])")
        assert wrong.startswith("three_numbers: not yet\n") and "%hint three_numbers" in wrong
        first, second = (text(tour.run_cell("%hint three_numbers")) for _ in range(2))
        assert first and second and first != second
        assert "0 of 3" in text(tour.run_cell("%progress"))
        right = tour.edit("numbers = torch.tensor([2., 4.])", "numbers = torch.tensor([2., 4., 6.])")
        assert right.startswith("three_numbers: solved\n")
        assert "1 of 3" in text(tour.run_cell("%progress"))
        assert tour.problems == []

        tour.picture(pictures / "new-learner-light.png")
        tour.theme("dark")
        tour.picture(pictures / "new-learner-dark.png")
        tour.save()


def test_progress_is_kept_when_the_kernel_and_then_the_server_is_started_anew(learner):
    with learner.open(TOUR) as tour:
        tour.restart_kernel()
        tour.run_cell("%load_ext tensorkit")
        assert re.search(
            r"^00 .* 1 of 3  to do: square_function, slope_at_three$", text(tour.run_cell("%progress")), re.M
        )
    learner.restart()
    assert f"{TOUR} has your changes and stays as it is" in learner.said()
    with learner.open(TOUR) as tour:
        assert [True for cell in tour.cells() if cell["source"].startswith("numbers = torch.tensor([2., 4., 6.])")]
        tour.run_cell("%load_ext tensorkit")
        assert re.search(
            r"^00 .* 1 of 3  to do: square_function, slope_at_three$", text(tour.run_cell("%progress")), re.M
        )
        tour.run_all()
        assert tour.errors() == []
