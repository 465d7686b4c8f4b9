"""Take the pictures of the inspectors for README and documents: `python tests/browser/take_pictures.py [NAME …]`.

They are real: JupyterLab in headless Chromium, driven by mouse, in both themes. Look at them before you commit them.
"""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lab import ROOT, Lab
from PIL import Image

FOLDER = ROOT / "docs" / "images"
SETUP = """\
import tensorkit as torch
%load_ext tensorkit

x = torch.tensor(4., requires_grad=True)
y = torch.tensor(-3., requires_grad=True)
z = torch.tensor(5., requires_grad=True)
f = (x + y) * z
"""
WIDTH, DENSITY, MARGIN = 1180, 2, 12


class Picture(NamedTuple):
    """A cell, what is done with its output, and how many colours the picture keeps."""

    cell: str
    act: Callable = lambda page: None
    colours: int = 256


def drag(page) -> None:
    """Pull the first slider a little to the right."""
    box = page.locator(".noUi-handle").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=5)
    page.mouse.up()
    page.wait_for_timeout(800)


def steps(page) -> None:
    """Four steps of the stepper: the two values, the start, and back through the product."""
    for count in range(1, 5):
        page.get_by_role("button", name="Step", exact=True).click()
        page.get_by_text(f"step {count} of 5", exact=True).wait_for()
    page.wait_for_timeout(800)


PICTURES = {
    "graph-inspector": Picture(SETUP + "f.backward()\n%graph f", lambda page: click(page, "n2")),
    "backprop-stepper": Picture(SETUP.replace("* z", "* x") + "%backprop f", steps, 128),
    "what-if": Picture(SETUP + "%whatif f", drag, 128),
    "descent-playground": Picture(
        "%load_ext tensorkit\n%descend (1 - x)**2 + 5*(y - x**2)**2 --start -1,1.5 --lr 0.02 --momentum 0.7 --steps 25",
        colours=128,
    ),
}


def click(page, node: str) -> None:
    """Select a node of the graph."""
    page.locator(f".tk-node[data-node={node}]").click()


def take(notebook, theme: str, path: Path, colours: int) -> None:
    """The cell and what it shows, cut out, in few colours."""
    notebook.theme(theme)
    notebook.whole()
    page = notebook.page
    page.mouse.move(5, 5)
    page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1")  # the empty one
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(500)
    cell = page.locator(".jp-InputArea").first.bounding_box()
    inner = page.locator(".tk-inspector, .tk-playground").first.bounding_box()
    left = cell["x"] + 16
    top = cell["y"] - MARGIN
    right = max(each["x"] + each["width"] for each in (cell, inner)) + MARGIN
    bottom = inner["y"] + inner["height"] + MARGIN / 2
    shot = page.screenshot(clip={"x": left, "y": top, "width": right - left, "height": bottom - top})
    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {picture.width} x {picture.height}, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Lab() as lab:
        for name in sys.argv[1:] or PICTURES:
            picture = PICTURES[name]
            with lab.open([picture.cell, ""], width=WIDTH, density=DENSITY) as notebook:
                notebook.run_all()
                notebook.page.locator(".tk-inspector svg, .tk-playground svg").first.wait_for()
                notebook.page.wait_for_timeout(500)
                picture.act(notebook.page)
                for theme in ("light", "dark"):
                    take(notebook, theme, FOLDER / f"{name}-{theme}.png", picture.colours)
                assert (notebook.errors(), notebook.problems) == ([], [])
