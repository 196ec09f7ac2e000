"""Every notebook runs from top to bottom, as nbmake sees it: lessons, solutions, and the untouched release.

Each runs in a copy of its folder, offline: connections to other machines are shut off and written down.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import determine_grade, is_grade

ROOT = Path(__file__).resolve().parents[2]
NO_NETWORK = Path(__file__).resolve().parent / "no_network"
LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("*/*.ipynb"))
RELEASE = sorted((ROOT / "quizzes").glob("*/*.ipynb"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def run(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Run a copy of the notebook `path` in `folder` with nbmake; return it with its outputs.

    Raises:
        AssertionError: a cell stopped with an error, or something tried to reach another machine.
    """
    copy = folder / path.name
    shutil.copy(path, copy)
    log = folder / "network.log"
    hidden = ("HEADSTART_LEARNER", "HEADSTART_PROFILE", "JUPYTERHUB_USER", "NBGRADER_EXECUTION")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    paths = [str(NO_NETWORK), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = kept | {
        "PYTHONPATH": os.pathsep.join(paths),
        "NETWORK_LOG": str(log),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    command = [sys.executable, "-m", "pytest", "--nbmake", "--overwrite", "--nbmake-timeout=180", "-q"]
    command += ["-p", "no:cacheprovider", "--rootdir", str(folder), "-c", os.devnull, str(copy)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    attempts = log.read_text() if log.exists() else ""
    assert not attempts, f"tried to use the network:\n{attempts}"
    assert done.returncode == 0, done.stdout + done.stderr
    return nbformat.read(copy, as_version=4)


def printed(notebook: nbformat.NotebookNode, stream: str) -> str:
    """Return what the cells wrote to `stream`."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return "".join(output.text for output in outputs if output.get("name") == stream)


def test_the_network_is_shut_off(tmp_path: Path) -> None:
    cell = (
        "import socket\ntry:\n    socket.create_connection(('example.org', 80), 1)\nexcept OSError:\n    pass"
    )
    path = tmp_path / "source" / "online.ipynb"
    path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)]), path)
    with pytest.raises(AssertionError, match=r"getaddrinfo example\.org"):
        run(path, tmp_path)


@pytest.mark.parametrize("path", LESSONS, ids=name_of)
def test_lesson(path: Path, tmp_path: Path) -> None:
    notebook = run(path, tmp_path)
    warned = re.findall(r".*(?:DeprecationWarning|FutureWarning).*", printed(notebook, "stderr"))
    assert not warned, "\n".join(warned)


@pytest.mark.parametrize("path", SOLUTIONS, ids=name_of)
def test_solutions_earn_all_points(path: Path, tmp_path: Path) -> None:
    notebook = run(path, tmp_path)
    graded = [cell for cell in notebook.cells if is_grade(cell)]
    assert graded
    for cell in graded:
        values = [output for output in cell.outputs if output.output_type == "execute_result"]
        assert len(values) == 1, f"{cell.metadata.nbgrader.grade_id} returns no points"
        earned, there_are = determine_grade(cell)
        assert earned == there_are, cell.metadata.nbgrader.grade_id


@pytest.mark.parametrize("path", RELEASE, ids=name_of)
def test_untouched_release_says_what_is_to_do_without_an_error(path: Path, tmp_path: Path) -> None:
    notebook = run(path, tmp_path)
    assert printed(notebook, "stderr") == ""
    assert "not attempted" in printed(notebook, "stdout")
