"""nbgrader preprocessors of the course, put in place by `nbgrader_config.py`.

`nbgrader generate_assignment` makes the students' release from `solutions/`. Two things go beyond the stock
preprocessor: a solution cell may carry its own stub (an exercise that gives code with mistakes to repair),
and cells tagged `solution-only` stay with the instructor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader import utils
from nbgrader.preprocessors import ClearSolutions

from autograder.build.notebooks import SOLUTION_ONLY, STUB_KEY

ANSWERS_FILE = "answers.json"


class ClearSolutionsWithStubs(ClearSolutions):
    """`ClearSolutions` that knows stubs of single cells and leaves out cells tagged `solution-only`.

    Options are those of `ClearSolutions`, under that name.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Remove the solutions from the notebook `nb`, and every trace of how that was done."""
        nb.cells = [cell for cell in nb.cells if SOLUTION_ONLY not in cell.metadata.get("tags", [])]
        nb, resources = super().preprocess(nb, resources)
        for cell in nb.cells:
            cell.metadata.pop(STUB_KEY, None)
        return nb, resources

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Replace the cell by its own stub where it has one; leave it to `ClearSolutions` otherwise.

        Raises:
            RuntimeError: a cell that is not a solution cell carries a stub.
        """
        stub = cell.metadata.get(STUB_KEY, {}).get("stub")
        if stub is None:
            return super().preprocess_cell(cell, resources, cell_index)
        if not utils.is_solution(cell):
            raise RuntimeError(
                f"cell {cell_index} carries a stub but is not a solution cell; "
                f"run `make build` to make the notebook again:\n{cell.source}"
            )
        cell.source = stub
        return cell, resources


def remove_answers_from_release(assignment: str, release_directory: str = "quizzes", **_: Any) -> None:
    """Delete answers that were copied from `solutions/` into the release.

    nbgrader copies every file beside the source notebooks into the release, and who tries out the solutions
    leaves an `answers.json` there. nbgrader calls this after each conversion, in the course's root; `assignment`
    may be a file pattern.
    """
    for path in Path(release_directory).glob(f"{assignment}/{ANSWERS_FILE}"):
        path.unlink()
