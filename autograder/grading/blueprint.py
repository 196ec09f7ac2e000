"""What the gradebook knows of an assignment: which cells its notebooks must have, and what each is worth.

Read once by the coordinator and sent with every task as plain data, so that judging needs no database. It is
the authority on points, locked sources and cell names; a submission has no say in any of them.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests

from autograder.source import BadInput

_VERDICTS = {"exercise_points": "exercise", "question_points": "question"}


@dataclass(frozen=True)
class Judged:
    """What a locked cell judges: an exercise, or a question and the variable that holds its answer."""

    kind: str
    name: str
    variable: str | None = None


@dataclass(frozen=True)
class SourceCell:
    """One cell that nbgrader keeps track of."""

    name: str
    cell_type: str
    source: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float
    checksum: str | None

    @property
    def judged(self) -> Judged | None:
        """What is judged here, read from the call in the cell's hidden tests; None for other cells."""
        if not (self.grade and self.locked and self.cell_type == "code"):
            return None
        return judged_in(self.source)

    def metadata(self) -> dict[str, Any]:
        """Return nbgrader's metadata for this cell."""
        entry: dict[str, Any] = {
            "schema_version": 3,
            "grade_id": self.name,
            "grade": self.grade,
            "solution": self.solution,
            "locked": self.locked,
            "task": self.task,
            "cell_type": self.cell_type,
        }
        if self.grade or self.task:
            entry["points"] = self.points
        if self.checksum is not None:
            entry["checksum"] = self.checksum
        return entry


@dataclass(frozen=True)
class NotebookPlan:
    """One notebook of the assignment: its tracked cells in order, and its kernelspec."""

    name: str
    cells: tuple[SourceCell, ...]
    kernelspec: dict[str, Any] | None

    @property
    def max_score(self) -> float:
        """All points of the notebook."""
        return sum(cell.points for cell in self.cells if cell.grade or cell.task)


@dataclass(frozen=True)
class Blueprint:
    """The assignment."""

    assignment: str
    notebooks: tuple[NotebookPlan, ...]

    @property
    def max_score(self) -> float:
        """All points of the assignment."""
        return sum(notebook.max_score for notebook in self.notebooks)

    def canonical(self) -> bytes:
        """Return the content as bytes that are equal for equal blueprints."""
        return json.dumps(asdict(self), sort_keys=True).encode()


def judged_in(source: str) -> Judged | None:
    """Return what the locked cell with this (trusted) source judges.

    That is a call such as `exercise_points("freeze_all_but_fc")` or `question_points("freezing.flag-sum", q3)`.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        kind = _VERDICTS.get(called)
        if kind is not None:
            second = node.args[1] if len(node.args) > 1 else None
            return Judged(kind, str(node.args[0].value), second.id if isinstance(second, ast.Name) else None)
    return None


def without_hidden_tests(source: str) -> str:
    """Return the source of a locked cell as students know it."""
    cleaner = ClearHiddenTests()
    begin, end = re.escape(cleaner.begin_test_delimeter), re.escape(cleaner.end_test_delimeter)
    return re.sub(rf"^[^\n]*{begin}.*?{end}[^\n]*\n?", "", source, flags=re.DOTALL | re.MULTILINE).rstrip(
        "\n"
    )


@lru_cache(maxsize=256)  # the same for every submission, and it takes longer than many a verdict
def visible_definitions(source: str) -> str:
    """Return the imports, functions and classes of a locked cell as students know it, without what it runs.

    A student's later cells may use the helpers that are defined there.
    """
    visible = without_hidden_tests(source)
    try:
        statements = ast.parse(visible).body
    except SyntaxError:
        return ""
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return "\n".join(
        ast.get_source_segment(visible, statement) or ""
        for statement in statements
        if isinstance(statement, kinds)
    )


def read_blueprint(gradebook: Gradebook, assignment: str, orders: dict[str, Sequence[str]]) -> Blueprint:
    """Read the blueprint of `assignment`; `orders` gives the cells' names by notebook, in the notebook's order.

    Raises:
        BadInput: the assignment has no notebook.
        MissingEntry: the gradebook has no such assignment.
    """
    entry = gradebook.find_assignment(assignment)
    plans = []
    for notebook in sorted(entry.notebooks, key=lambda notebook: notebook.name):
        points = {cell.name: float(cell.max_score) for cell in (*notebook.grade_cells, *notebook.task_cells)}
        graded = {cell.name for cell in notebook.grade_cells}
        solutions = {cell.name for cell in notebook.solution_cells}
        tasks = {cell.name for cell in notebook.task_cells}
        cells = [
            SourceCell(
                name=cell.name,
                cell_type=cell.cell_type,
                source=cell.source or "",
                locked=bool(cell.locked),
                grade=cell.name in graded,
                solution=cell.name in solutions,
                task=cell.name in tasks,
                points=points.get(cell.name, 0.0),
                checksum=cell.checksum,
            )
            for cell in notebook.source_cells
        ]
        kernelspec = json.loads(notebook.kernelspec) if notebook.kernelspec else None
        plans.append(NotebookPlan(notebook.name, _ordered(cells, orders.get(notebook.name, ())), kernelspec))
    if not plans:
        raise BadInput(
            f"assignment {assignment!r} has no notebook in the gradebook; "
            f"run `nbgrader generate_assignment {assignment}`."
        )
    return Blueprint(assignment, tuple(plans))


def _ordered(cells: Iterable[SourceCell], order: Sequence[str]) -> tuple[SourceCell, ...]:
    places = {name: place for place, name in enumerate(order)}
    return tuple(sorted(cells, key=lambda cell: places.get(cell.name, len(places))))
