"""Take the pictures of the graph inspector that the README shows: `python tests/browser/take_pictures.py`.

They are real: JupyterLab in headless Chromium, a click on a node, in both themes. Look at them before you commit them.
"""

import io
from pathlib import Path

from lab import ROOT, Lab
from PIL import Image

FOLDER = ROOT / "docs" / "images"
CODE = """\
import tensorkit as torch
%load_ext tensorkit

x = torch.tensor(4., requires_grad=True)
y = torch.tensor(-3., requires_grad=True)
z = torch.tensor(5., requires_grad=True)
f = (x + y) * z
f.backward()
%graph f"""
SELECTED = "n2"
WIDTH, DENSITY, MARGIN = 1180, 2, 12


def take(notebook, theme: str, path: Path) -> None:
    """The cell and its inspector, cut out, in at most 256 colours."""
    notebook.theme(theme)
    notebook.whole()
    page = notebook.page
    page.mouse.move(5, 5)
    page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1")  # the empty one
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(500)
    boxes = [page.locator(name).first.bounding_box() for name in (".jp-InputArea", ".tk-inspector")]
    left = boxes[0]["x"] + 16
    top = boxes[0]["y"] - MARGIN
    right = boxes[1]["x"] + boxes[1]["width"] + MARGIN
    bottom = boxes[1]["y"] + boxes[1]["height"] + MARGIN / 2
    shot = page.screenshot(clip={"x": left, "y": top, "width": right - left, "height": bottom - top})
    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {picture.width} x {picture.height}, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Lab() as lab, lab.open([CODE, ""], width=WIDTH, density=DENSITY) as notebook:
        notebook.run_all()
        notebook.page.locator(f".tk-node[data-node={SELECTED}]").click()
        for theme in ("light", "dark"):
            take(notebook, theme, FOLDER / f"graph-inspector-{theme}.png")
        assert (notebook.errors(), notebook.problems) == ([], [])
