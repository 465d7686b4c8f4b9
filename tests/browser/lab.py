"""JupyterLab in headless Chromium: one server, one browser, notebooks one after the other.

Here: `Lab` starts both and opens notebooks, `Page` is an open notebook: run its cells, read its outputs, change the
theme, take pictures. What is expected of a notebook stands in the tests beside this file.

Chromium is Debian's package `chromium`, driven through playwright; it can resolve no name but 127.0.0.1. JupyterLab's
own settings, data and kernels live in a temporary folder, so a developer's configuration plays no part.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # cells off the screen stay in the page
}
STRANGER = "/lab/extensions/@jupyterlite/"  # made for another application; where it is installed, it complains in this
_NOTEBOOK = "window.jupyterapp.shell.currentWidget"


class Lab:
    """A JupyterLab server with a browser in front of it, for notebooks in a temporary folder; a context manager.

    The server is this Python's, on this checkout, unless a `command` is given that starts one in `folder`.
    """

    def __init__(self, command: Sequence[str] = (), folder: Path | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="tensorkit-lab-"))
        self.command = command
        self.folder = folder or self.home / "notebooks"
        self.folder.mkdir(exist_ok=True)
        self.token = secrets.token_hex(16)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Lab:
        try:
            self._start_server()
            self._start_browser()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        if hasattr(self, "browser"):
            self.browser.close()
        if hasattr(self, "server"):
            self._stop_server()
        shutil.rmtree(self.home, ignore_errors=True)

    def restart(self) -> None:
        """Stop the server with all its kernels, and start it anew. Close the pages before."""
        self._stop_server()
        self._start_server()

    def said(self) -> str:
        """What the server has printed since it was started."""
        return (self.home / "server.log").read_text()

    def open(
        self, notebook: Path | str | list[str], theme: str = "light", width: int = 1280, density: float = 1.0
    ) -> Page:
        """Open a notebook: a file, which is copied; one in the folder, by its name; or the sources of its cells.

        Close the page after use.
        """
        if isinstance(notebook, list):
            name = f"cells-{secrets.token_hex(4)}.ipynb"
            cells = [nbformat.v4.new_code_cell(source) for source in notebook]
            kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
            nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), self.folder / name)
        elif isinstance(notebook, str):
            name = notebook
        else:
            name = notebook.name
            shutil.copytree(notebook.parent, self.folder, dirs_exist_ok=True)  # with its pictures
        settings = self.home / "settings" / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps({"theme": THEMES[theme]}))
        return Page(self, name, width, density)

    def _start_server(self) -> None:
        for name, value in SETTINGS.items():
            file = self.home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(value))
        # JupyterLite's kernel, where it is installed to build the site, speaks to no server and complains of this one.
        apart = self.home / "config" / "labconfig" / "page_config.json"
        apart.parent.mkdir(parents=True, exist_ok=True)
        apart.write_text(json.dumps({"disabledExtensions": {"@jupyterlite/pyodide-kernel-extension": True}}))
        folders = {
            "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython",
        }  # fmt: skip
        environment = os.environ | {name: str(self.home / folder) for name, folder in folders.items()}
        python_path = [str(ROOT), str(ROOT / "widgets"), os.environ.get("PYTHONPATH", "")] * (not self.command)
        environment |= {"PYTHONPATH": os.pathsep.join(filter(None, python_path)), "PYTHONDONTWRITEBYTECODE": "1"}
        arguments = [
            "--no-browser", "--expose-app-in-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}",
            f"--IdentityProvider.token={self.token}", "--ServerApp.allow_root=True",
        ]  # fmt: skip
        command = self.command or [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={self.folder}"]
        self.log = (self.home / "server.log").open("w+")
        self.server = subprocess.Popen(
            [*command, *arguments],
            env=environment, cwd=self.folder, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        for _ in range(600):
            with suppress(OSError), urllib.request.urlopen(f"{self.address}/api/status?token={self.token}", timeout=5):
                return
            if self.server.poll() is not None:
                break
            time.sleep(0.1)
        self.log.seek(0)
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read()[-3000:]}")

    def _stop_server(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.server.pid, signal.SIGTERM)  # the server stops its kernels
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()
        self.log.close()

    def _start_browser(self) -> None:
        self.browser = chromium()


@cache
def _playwright():
    """The one Playwright of this process: it refuses to be started beside itself."""
    from playwright.sync_api import sync_playwright

    started = sync_playwright().start()
    atexit.register(started.stop)
    return started


def chromium():
    """A browser of one's own, to be closed by whoever asked for it."""
    return _playwright().chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)


class Page:
    """A notebook open in JupyterLab. `problems` collects what a page must not do: console errors, foreign requests."""

    def __init__(self, lab: Lab, name: str, width: int, density: float) -> None:
        self.lab = lab
        self.problems: list[str] = []
        self.context = lab.browser.new_context(viewport={"width": width, "height": 1000}, device_scale_factor=density)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        self.page.on("request", self._asked)
        self.page.goto(f"{lab.address}/doc/tree/{name}?reset&token={lab.token}")
        self.page.wait_for_function(f"window.jupyterapp && {_NOTEBOOK} && {_NOTEBOOK}.content?.model")
        self.page.wait_for_function(f"{_NOTEBOOK}.sessionContext.session?.kernel?.status === 'idle'")

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def run_all(self) -> None:
        """Run all cells and wait for the last reply; a cell that shows an error on purpose ends Lab's own waiting."""
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => null)")
        self.page.wait_for_function(
            f"""() => {{
                const {{ content, sessionContext }} = {_NOTEBOOK};
                const cells = content.model.sharedModel.toJSON().cells.filter(cell => cell.cell_type === 'code');
                const stopped = cells.some(cell => !cell.metadata.tags?.includes('raises-exception') &&
                    cell.outputs.some(output => output.output_type === 'error'));
                const waiting = cells.some(cell => cell.source.length && cell.execution_count === null);
                return sessionContext.session?.kernel?.status === 'idle' && (stopped || !waiting);
            }}"""
        )

    def run_cell(self, source: str) -> list[dict]:
        """Run one more cell at the end, and give its outputs."""
        self.page.evaluate(
            """async source => {
                const app = window.jupyterapp, { content } = app.shell.currentWidget;
                content.activeCellIndex = content.widgets.length - 1;
                await app.commands.execute('notebook:insert-cell-below');
                content.activeCell.model.sharedModel.setSource(source);
                await app.commands.execute('notebook:run-cell');
                return null;
            }""",
            source,
        )
        return self.cells()[-1]["outputs"]

    def edit(self, old: str, new: str) -> str:
        """Write `new` for `old`, which stands in one cell only; run that cell, and give the text that it prints."""
        (number,) = [at for at, cell in enumerate(self.cells()) if old in cell["source"]]
        self.page.evaluate(
            """async ([number, old, fresh]) => {
                const app = window.jupyterapp, { content } = app.shell.currentWidget;
                content.activeCellIndex = number;
                const shared = content.activeCell.model.sharedModel;
                shared.setSource(shared.getSource().replace(old, () => fresh));
                await app.commands.execute('notebook:run-cell');
                return null;
            }""",
            [number, old, new],
        )
        return "".join(output.get("text", "") for output in self.cells()[number]["outputs"])

    def restart_kernel(self) -> None:
        """Throw away what the notebook's variables hold."""
        self.page.evaluate(f"{_NOTEBOOK}.sessionContext.session.kernel.restart().then(() => null)")
        self.page.wait_for_function(f"{_NOTEBOOK}.sessionContext.session?.kernel?.status === 'idle'")

    def save(self) -> None:
        """Store the notebook."""
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save').then(() => null)")

    def cells(self) -> list[dict]:
        """The cells as they would be stored now."""
        return self.page.evaluate(f"{_NOTEBOOK}.content.model.sharedModel.toJSON().cells")

    def errors(self) -> list[str]:
        """The unexpected error outputs: of cells without the tag `raises-exception`."""
        return [
            f"{output['ename']}: {output['evalue']}"
            for cell in self.cells()
            for output in cell.get("outputs", ())
            if output["output_type"] == "error" and "raises-exception" not in cell["metadata"].get("tags", ())
        ]

    def theme(self, theme: str) -> None:
        """Change to "light" or "dark"."""
        self.page.evaluate(
            "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name}).then(() => null)",
            THEMES[theme],
        )
        light = "true" if theme == "light" else "false"
        self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")

    def whole(self) -> None:
        """Grow the window until the notebook needs no scroll bar."""
        height = self.page.evaluate(
            """() => {
                const cells = [...document.querySelectorAll('.jp-Notebook .jp-Cell')];
                const top = cells[0].getBoundingClientRect().top;
                return Math.ceil(cells.at(-1).getBoundingClientRect().bottom - top + 160);
            }"""
        )
        size = self.page.viewport_size
        self.page.set_viewport_size({"width": size["width"], "height": min(max(size["height"], height), 12_000)})
        self.page.evaluate(
            "document.querySelectorAll('.jp-WindowedPanel-outer').forEach(part => { part.scrollTop = 0; })"
        )

    def picture(self, path: Path) -> None:
        """A picture of the whole notebook."""
        self.whole()
        self.page.screenshot(path=path)

    def close(self) -> None:
        """Stop the notebook's kernel and close the page."""
        with suppress(Exception):
            self.page.evaluate(f"{_NOTEBOOK}.sessionContext.shutdown().then(() => null)")
        self.context.close()

    def _heard(self, message: object) -> None:
        if message.type == "error" and STRANGER not in message.text:
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _asked(self, request: object) -> None:
        if not request.url.startswith((f"{self.lab.address}/", "data:", "blob:", f"ws://127.0.0.1:{self.lab.port}/")):
            self.problems.append(f"request: {request.url}")
