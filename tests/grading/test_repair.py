"""Whatever is done to a notebook, it comes out with the cells, points and flags that the gradebook has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from classroom import ROOT
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import determine_grade

from autograder.grading.blueprint import NotebookPlan, SourceCell, judged_in, without_hidden_tests
from autograder.grading.repair import repair

CHECKS = "freeze_all_but_fc-checks"
ANSWER = "freeze_all_but_fc"


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "solutions" / "07_freezing" / f"{name}.ipynb", as_version=4)


@pytest.fixture
def plan() -> NotebookPlan:
    cells = []
    for cell in read("exercises").cells:
        about = cell.metadata.get("nbgrader")
        if about:
            points = float(about.get("points", 0))
            cells.append(
                SourceCell(
                    about.grade_id, cell.cell_type, cell.source, about.locked, about.grade, about.solution, False,
                    points, "0" * 32,
                )
            )  # fmt: skip
    return NotebookPlan("exercises", tuple(cells), {"name": "python3", "display_name": "Python 3"})


@pytest.fixture
def raw() -> dict[str, Any]:
    """The release of the notebook, as plain JSON."""
    return json.loads((ROOT / "quizzes" / "07_freezing" / "exercises.ipynb").read_text(encoding="utf-8"))


def cell_of(raw: dict[str, Any], name: str) -> dict[str, Any]:
    return next(cell for cell in raw["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


def give_more_points(raw: dict[str, Any]) -> None:
    cell_of(raw, CHECKS)["metadata"]["nbgrader"]["points"] = 1000


def negative_points(raw: dict[str, Any]) -> None:
    cell_of(raw, CHECKS)["metadata"]["nbgrader"]["points"] = -1


def no_grade_flag(raw: dict[str, Any]) -> None:
    cell_of(raw, CHECKS)["metadata"]["nbgrader"]["grade"] = False


def a_solution_flag(raw: dict[str, Any]) -> None:
    cell_of(raw, CHECKS)["metadata"]["nbgrader"].update(solution=True, locked=False)


def markdown_in_its_place(raw: dict[str, Any]) -> None:
    cell_of(raw, CHECKS)["cell_type"] = "markdown"


def another_source(raw: dict[str, Any]) -> None:
    cell_of(raw, CHECKS)["source"] = ["4.0\n"]


def outputs_of_my_own(raw: dict[str, Any]) -> None:
    output = {
        "output_type": "execute_result",
        "data": {"text/plain": "4.0"},
        "execution_count": 1,
        "metadata": {},
    }
    cell_of(raw, CHECKS)["outputs"] = [output]


def deleted(raw: dict[str, Any]) -> None:
    raw["cells"].remove(cell_of(raw, CHECKS))


def deleted_with_the_answer(raw: dict[str, Any]) -> None:
    deleted(raw)
    raw["cells"].remove(cell_of(raw, ANSWER))


def everything_deleted(raw: dict[str, Any]) -> None:
    raw["cells"] = []


def duplicated(raw: dict[str, Any]) -> None:
    raw["cells"].append(json.loads(json.dumps(cell_of(raw, CHECKS))))


def unknown_graded_cell(raw: dict[str, Any]) -> None:
    extra = json.loads(json.dumps(cell_of(raw, CHECKS)))
    extra["metadata"]["nbgrader"]["grade_id"] = "my-own"
    raw["cells"].append(extra)


def old_schema(raw: dict[str, Any]) -> None:
    cell_of(raw, CHECKS)["metadata"]["nbgrader"]["schema_version"] = 1


def metadata_of_another_kind(raw: dict[str, Any]) -> None:
    cell_of(raw, ANSWER)["metadata"] = ["what", 1]
    raw["metadata"] = None


def another_kernel(raw: dict[str, Any]) -> None:
    raw["metadata"] = {"kernelspec": {"name": "bash", "display_name": "Bash", "language": "sh"}}


def odd_cells(raw: dict[str, Any]) -> None:
    raw["cells"] += [
        None,
        5,
        {"cell_type": "spell"},
        {"cell_type": "code", "source": 7},
        {"source": ["a", None]},
    ]


def half_a_surrogate(raw: dict[str, Any]) -> None:
    cell_of(raw, ANSWER)["source"] = "x = '\ud800'"


@pytest.mark.parametrize(
    "change",
    [
        give_more_points, negative_points, no_grade_flag, a_solution_flag, markdown_in_its_place, another_source,
        outputs_of_my_own, deleted, deleted_with_the_answer, everything_deleted, duplicated, unknown_graded_cell,
        old_schema, metadata_of_another_kind, another_kernel, odd_cells, half_a_surrogate,
    ],
    ids=lambda change: change.__name__,
)  # fmt: skip
def test_comes_out_whole(
    plan: NotebookPlan, raw: dict[str, Any], change: Callable[[dict[str, Any]], None]
) -> None:
    change(raw)
    repaired = repair(json.dumps(raw).encode(), plan)
    nbformat.validate(repaired.notebook)
    MetadataValidator().validate_nb(repaired.notebook)
    assert repaired.problem is None
    assert repaired.notebook.metadata.kernelspec.name == "python3"
    graded = [cell for cell in repaired.notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    planned = [cell for cell in plan.cells if cell.grade]
    assert sorted(cell.metadata.nbgrader.grade_id for cell in graded) == sorted(cell.name for cell in planned)
    by_name = {cell.name: cell for cell in planned}
    for cell in graded:
        about = cell.metadata.nbgrader
        assert (about.points, about.locked, about.solution) == (by_name[about.grade_id].points, True, False)
        assert cell.cell_type == "code" and cell.outputs == []
        assert cell.source == without_hidden_tests(by_name[about.grade_id].source)
    nbformat.writes(repaired.notebook).encode("utf-8")


def test_an_untouched_release_needs_no_repair(plan: NotebookPlan, raw: dict[str, Any]) -> None:
    assert repair(json.dumps(raw).encode(), plan).notes == []


def test_missing_cells_come_back_in_their_place(plan: NotebookPlan, raw: dict[str, Any]) -> None:
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in raw["cells"]]
    raw["cells"].remove(cell_of(raw, "count_parameters-checks"))
    repaired = repair(json.dumps(raw).encode(), plan)
    got = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in repaired.notebook.cells]
    assert [name for name in got if name] == [name for name in names if name]
    assert repaired.notes == ["count_parameters-checks: was missing, put back"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"cells": 5}', b"[" * 100_000, b'{"nbformat": 99}', b"null"]
)
def test_what_cannot_be_read_says_so_and_has_all_graded_cells(plan: NotebookPlan, content: bytes) -> None:
    repaired = repair(content, plan)
    assert repaired.problem is not None and "cannot be read" in repaired.problem
    nbformat.validate(repaired.notebook)
    graded = [cell for cell in repaired.notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert len(graded) == len([cell for cell in plan.cells if cell.grade])


def test_old_notebook_formats_are_read(plan: NotebookPlan) -> None:
    old = nbformat.convert(read("exercises"), 3)
    repaired = repair(json.dumps(old).encode(), plan)
    assert repaired.problem is None
    assert any("requires_grad" in cell.source for cell in repaired.notebook.cells)


def test_no_hidden_tests_are_left(plan: NotebookPlan, raw: dict[str, Any]) -> None:
    text = nbformat.writes(repair(json.dumps(raw).encode(), plan).notebook)
    assert "HIDDEN TESTS" not in text and "exercise_points" not in text


def test_a_verdict_free_cell_is_read_as_nbgrader_reads_it(plan: NotebookPlan, raw: dict[str, Any]) -> None:
    """Why a verdict is always written: nbgrader gives all points to a cell without outputs."""
    cell = next(
        c
        for c in repair(json.dumps(raw).encode(), plan).notebook.cells
        if c.metadata.get("nbgrader", {}).get("grade")
    )
    assert determine_grade(cell) == (4.0, 4.0)


def test_what_a_locked_cell_judges_is_read_from_its_call() -> None:
    judged = judged_in("from x import question_points\nquestion_points('freezing.flag-sum', q3)")
    assert judged is not None
    assert (judged.kind, judged.name, judged.variable) == ("question", "freezing.flag-sum", "q3")
    assert judged_in("assert x") is None
