"""Start a real JupyterLab and a real Chromium, for the browser tests and for the README's picture."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

# What `make set-up` and the learner's wheel install for JupyterLab.
LAB_SETTINGS = Path(__file__).resolve().parent.parent / "headstart" / "jupyterlab" / "headstart.json"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Where the server shows a notebook: JupyterLab, and Notebook 7.
FRONT_ENDS = {"lab": "lab/tree/{path}", "notebook": "notebooks/{path}"}
TOKEN = "for-the-tests"
SECONDS_TO_START = 60


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, token and folder."""

    url: str
    token: str
    folder: Path

    def address(self, path: str, front_end: str = "lab") -> str:
        """Return the address that opens the file at `path`, relative to the folder, in one of FRONT_ENDS.

        In JupyterLab it is opened in a fresh workspace.
        """
        return f"{self.url}{FRONT_ENDS[front_end].format(path=path)}?token={self.token}&reset"


def find_browser() -> str | None:
    """Return the path of an installed Chromium, or None."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@contextmanager
def running_lab(home: Path, folder: Path) -> Iterator[Lab]:
    """Run a JupyterLab that shows `folder`; its settings, kernels and files live under `home` alone.

    Raises:
        RuntimeError: the server did not start; the end of its log is in the message.
    """
    runtime, settings = home / "runtime", home / "settings"
    for name, values in json.loads(LAB_SETTINGS.read_text()).items():
        extension, _, plugin = name.partition(":")
        path = settings / extension / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values))
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("HEADSTART_", "JUPYTER"))
    }
    environment |= {
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *("--ServerApp.port=0", "--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={TOKEN}"),
        *(f"--ServerApp.root_dir={folder}", "--LabApp.extension_manager=readonly"),
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--KernelManager.transport_encryption=auto",  # as in `make lab`
    ]
    log = home / "lab.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield Lab(_wait_until_up(server, runtime, log), TOKEN, folder)
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait_until_up(server: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """Return the server's address once it answers; it writes its port to a file in `runtime`."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            try:
                url = json.loads(path.read_text())["url"]
                with urlopen(f"{url}api/status?token={TOKEN}", timeout=5):
                    return url
            except (URLError, OSError, ValueError, KeyError):
                continue
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start; its log ends with:\n{log.read_text()[-3000:]}")


def open_notebook(page: Any, lab: Lab, path: str, front_end: str = "lab") -> None:
    """Open the notebook at `path` in `page` and wait until its kernel is there."""
    page.goto(lab.address(path, front_end))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function("window.jupyterapp && window.jupyterapp.shell.currentWidget?.sessionContext")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.ready")


def open_and_run_all(page: Any, lab: Lab, path: str, front_end: str = "lab") -> None:
    """Open the notebook at `path` in `page` and start all its cells."""
    open_notebook(page, lab, path, front_end)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")


def switch_theme(page: Any, name: str) -> None:
    """Switch JupyterLab to the theme `name` and wait until it is shown."""
    page.evaluate(f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{name}'}})")
    page.wait_for_selector(f"body[data-jp-theme-name='{name}']", state="attached")
    page.wait_for_selector("#jupyterlab-splash", state="detached")


def wait_until_run(page: Any, seconds: float) -> None:
    """Wait until no code cell of the open notebook is waiting or running any more."""
    page.wait_for_function(
        """() => {
            const cells = window.jupyterapp.shell.currentWidget.content.widgets;
            const code = cells.filter(cell => cell.model.type === 'code' && cell.model.sharedModel.source.trim());
            return code.length && code.every(cell => cell.model.executionState === 'idle'
                && cell.model.executionCount !== null);
        }""",
        timeout=1000 * seconds,
    )
