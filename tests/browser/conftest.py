"""A real JupyterLab for the tests in this folder; skips where one is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from lab_in_browser import Lab, open_and_run_all, running_lab

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60_000  # patience on a busy machine, no claim


@pytest.fixture(scope="module")
def lab(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab server of its own: no settings, kernels or files of the person who runs the tests.

    Its folder holds the built lessons. It asks for `browser` first, so that nothing is started where the tests
    are skipped.
    """
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    home = tmp_path_factory.mktemp("lab")
    folder = home / "work"
    shutil.copytree(ROOT / "lessons", folder / "lessons", ignore=shutil.ignore_patterns("answers.json*"))
    with running_lab(home, folder) as lab:
        yield lab


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A tall empty page: JupyterLab renders the cells that can be seen."""
    context = browser.new_context(viewport={"width": 1200, "height": 3600})
    context.set_default_timeout(TIMEOUT)
    yield context.new_page()
    context.close()


@pytest.fixture
def open_notebook(lab: Lab, page: Any) -> Any:
    """A function that writes cells to a notebook, opens it, runs all of it and returns the page."""

    def open_it(name: str, cells: list[str]) -> Any:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, lab.folder / name)
        open_and_run_all(page, lab, name)
        return page

    return open_it
