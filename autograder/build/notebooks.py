"""Notebook nodes that come out the same every time: stable cell ids, no outputs, no counts, no time stamps.

Called by the modules that build lessons, quizzes and exercises.
"""

from __future__ import annotations

import hashlib
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

SOLUTION_ONLY = "solution-only"  # tag of cells that `generate_assignment` leaves out
STUB_KEY = "headstart"  # cell metadata under which a cell's own stub travels to `generate_assignment`


class NotebookWriter:
    """Collects cells and gives each a stable id.

    The id of a cell comes from the notebook's name and the cell's content (or its grade id), not from its
    position, so that a new cell changes no other cell's id.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._cells: list[nbformat.NotebookNode] = []
        self._seen: dict[str, int] = {}

    def markdown(self, source: str, *, tags: list[str] | None = None, **metadata: Any) -> None:
        """Add a Markdown cell."""
        self._add(new_markdown_cell(source), tags, metadata)

    def code(self, source: str, *, tags: list[str] | None = None, **metadata: Any) -> None:
        """Add a code cell that is not graded."""
        self._add(new_code_cell(source), tags, metadata)

    def answer(self, grade_id: str, source: str, *, stub: str | None = None) -> None:
        """Add a cell for the student's own code; `stub` is what the release shows instead of all of it."""
        metadata: dict[str, Any] = {"nbgrader": _nbgrader(grade_id, solution=True)}
        if stub is not None:
            metadata[STUB_KEY] = {"stub": stub}
        self._add(new_code_cell(source), None, metadata)

    def checks(self, grade_id: str, source: str, points: float) -> None:
        """Add a locked cell that is worth `points`."""
        self._add(new_code_cell(source), None, {"nbgrader": _nbgrader(grade_id, grade=True, points=points)})

    def locked(self, grade_id: str, source: str) -> None:
        """Add a locked code cell without points."""
        self._add(new_code_cell(source), None, {"nbgrader": _nbgrader(grade_id)})

    def _add(self, cell: nbformat.NotebookNode, tags: list[str] | None, metadata: dict[str, Any]) -> None:
        grade_id = metadata.get("nbgrader", {}).get("grade_id")
        key = f"grade_id {grade_id}" if grade_id else f"{cell.cell_type}\n{cell.source}"
        self._seen[key] = self._seen.get(key, 0) + 1
        digest = hashlib.sha256(f"{self.name}\n{self._seen[key]}\n{key}".encode()).hexdigest()
        cell["id"] = digest[:16]
        cell["metadata"] = nbformat.from_dict({**metadata, **({"tags": tags} if tags else {})})
        self._cells.append(cell)

    @property
    def ids(self) -> list[str]:
        """The ids of the cells, in order."""
        return [cell["id"] for cell in self._cells]

    def text(self) -> str:
        """Return the notebook as the text of its file: sorted JSON that ends in a newline.

        Raises:
            nbformat.ValidationError: the notebook is not valid nbformat 4.5.
        """
        notebook = new_notebook(
            cells=self._cells,
            metadata={
                "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                "language_info": {"name": "python"},
            },
        )
        nbformat.validate(notebook)
        return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def _nbgrader(
    grade_id: str, *, grade: bool = False, solution: bool = False, points: float | None = None
) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
    }
    if points is not None:
        metadata["points"] = points
    return metadata
