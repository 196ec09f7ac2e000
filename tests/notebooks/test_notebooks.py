"""The graded notebooks run from top to bottom: solutions earn all points, the untouched release says what to do.

The lessons are run in `test_lessons.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.utils import determine_grade, is_grade
from notebook_runs import ROOT, name_of, printed, run

SOLUTIONS = sorted((ROOT / "solutions").glob("*/*.ipynb"))
RELEASE = sorted((ROOT / "quizzes").glob("*/*.ipynb"))
# Those of the others are run by `make test-all`: their parts are tested one by one in tests/content and tests/build.
IN_EVERY_TEST = ("01_confusion_matrix", "07_freezing")


def parameters(paths: list[Path]) -> list[Any]:
    """Return the notebooks as parameters, each with its name, and with the mark `long` where it can wait."""
    return [
        pytest.param(
            path, id=name_of(path), marks=[] if path.parent.name in IN_EVERY_TEST else [pytest.mark.long]
        )
        for path in paths
    ]


def test_the_network_is_shut_off(tmp_path: Path) -> None:
    cell = (
        "import socket\ntry:\n    socket.create_connection(('example.org', 80), 1)\nexcept OSError:\n    pass"
    )
    path = tmp_path / "source" / "online.ipynb"
    path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)]), path)
    with pytest.raises(AssertionError, match=r"getaddrinfo example\.org"):
        run(path, tmp_path)


@pytest.mark.parametrize("path", parameters(SOLUTIONS))
def test_solutions_earn_all_points(path: Path, tmp_path: Path) -> None:
    notebook = run(path, tmp_path)
    graded = [cell for cell in notebook.cells if is_grade(cell)]
    assert graded
    for cell in graded:
        values = [output for output in cell.outputs if output.output_type == "execute_result"]
        assert len(values) == 1, f"{cell.metadata.nbgrader.grade_id} returns no points"
        earned, there_are = determine_grade(cell)
        assert earned == there_are, cell.metadata.nbgrader.grade_id


@pytest.mark.parametrize("path", parameters(RELEASE))
def test_untouched_release_says_what_is_to_do_without_an_error(path: Path, tmp_path: Path) -> None:
    notebook = run(path, tmp_path)
    assert printed(notebook, "stderr") == ""
    assert "not attempted" in printed(notebook, "stdout")
