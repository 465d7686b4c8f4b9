"""Stored pictures in JupyterLab: images, to which the page lends its colour scheme, whatever the system asks for."""

import io

import pytest
from PIL import Image

pytestmark = pytest.mark.browser

CELLS = [
    "import tensorkit as torch\n%load_ext tensorkit\nx = torch.tensor(4., requires_grad=True)\nf = x * x",
    "%graph f --static",
    "%tensor torch.arange(6.).reshape(2, 3) --static",
    "%grads f",
    "from IPython.display import HTML\nfrom tensorkit.graph.charts import image\n"
    "HTML(image(torch.graph.trace(f, {'x': x}).to_svg(), 'the graph of f'))",
]
PAPER = {"light": (255, 255, 255), "dark": (22, 24, 28)}


@pytest.mark.parametrize("theme", PAPER)
@pytest.mark.parametrize("system", PAPER)
def test_they_follow_the_theme_of_the_notebook(lab, pictures, theme, system):
    with lab.open(CELLS, theme=theme) as notebook:
        notebook.page.emulate_media(color_scheme=system)
        notebook.run_all()
        images = notebook.page.locator('.jp-OutputArea img[src^="data:image/svg+xml"]')
        images.nth(2).wait_for()
        assert images.count() == 3
        for number in range(3):
            shot = images.nth(number).screenshot()
            (pictures / f"stored-{number}-{theme}-on-{system}.png").write_bytes(shot)
            corner = Image.open(io.BytesIO(shot)).convert("RGB").getpixel((4, 4))
            assert corner == PAPER[theme]
