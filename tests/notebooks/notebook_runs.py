"""Runs notebooks with nbclient. Called by the tests in this folder.

Each runs in a copy of its folder, offline: connections to other machines are shut off and written down.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from notebook_client import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
NO_NETWORK = HERE / "no_network"
STRICT = HERE / "startup" / "deprecations.py"  # a deprecated call stops the notebook
SMALL_PHOTOGRAPHS = HERE / "startup" / "small_photographs.py"  # so that they can be learned without a GPU
PRETEND_GPU = HERE / "startup" / "pretend_gpu.py"  # mistakes with devices stop it
SECONDS = 180  # for a cell
LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))


def name_of(path: Path) -> str:
    """Return the path as pytest shows it."""
    return path.relative_to(ROOT).as_posix()


def notebook_of(folder: Path, *cells: str) -> Path:
    """Write a notebook with these code cells below `folder`; return its path."""
    path = folder / "source" / "made_here.ipynb"
    path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path)
    return path


def run(
    path: Path,
    folder: Path,
    startup: Path | None = None,
    settings: Mapping[str, str] | None = None,
    seconds: int = SECONDS,
) -> nbformat.NotebookNode:
    """Run the notebook `path` in `folder`; return it with its outputs.

    Args:
        path: the notebook, which is left as it is.
        folder: an empty folder.
        startup: a file that the kernel runs before the first cell, after it has set its own filters for warnings.
        settings: more variables of the environment.
        seconds: the longest that a cell may take.

    Raises:
        AssertionError: a cell stopped with an error, or something tried to reach another machine.
    """
    log = folder / "network.log"
    if startup:
        files = folder / "ipython" / "profile_default" / "startup"
        files.mkdir(parents=True)
        shutil.copy(startup, files)
    hidden = ("HEADSTART_LEARNER", "HEADSTART_PROFILE", "JUPYTERHUB_USER", "NBGRADER_EXECUTION")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    paths = [str(NO_NETWORK), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = kept | {
        "PYTHONPATH": os.pathsep.join(paths),
        "NETWORK_LOG": str(log),
        "IPYTHONDIR": str(folder / "ipython"),
        **(settings or {}),
    }
    notebook = nbformat.read(path, as_version=4)
    failed = None
    try:
        client = NotebookClient(notebook, timeout=seconds, kernel_name="python3")
        client.execute(cwd=str(folder), env=environment)
    except (CellExecutionError, CellTimeoutError) as error:
        failed = str(error)
    attempts = log.read_text() if log.exists() else ""
    assert not attempts, f"tried to use the network:\n{attempts}"
    assert failed is None, failed
    return notebook


def printed(notebook: nbformat.NotebookNode, stream: str) -> str:
    """Return what the cells wrote to `stream`."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return "".join(output.text for output in outputs if output.get("name") == stream)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: nbformat.NotebookNode) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", []))
