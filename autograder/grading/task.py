"""One submission as a task: everything needed to judge it goes in, the graded notebooks come out.

The same function runs in the processes of this machine (`crew`), on a Dask worker (`cluster`) and in nothing
else; it reads no database and writes no file of the course.
"""

from __future__ import annotations

import time
from pathlib import Path

import nbformat

from autograder.course import Lesson
from autograder.grading.repair import repair
from autograder.grading.session import Rooms
from autograder.grading.submissions import Submission
from autograder.grading.terms import Graded, Terms
from autograder.grading.unconfined import UnconfinedRooms
from autograder.grading.verdicts import NOT_JUDGED, CellVerdict, Judge

_GRADED_WELL = ("passed", "right")
# Outcomes of single cells from the worst to the mildest: the first that occurs names the submission.
_ORDER = ("failed", "killed", "timeout", "unreadable", "error", "wrong", "partly")


def unpack_lesson(terms: Terms, folder: Path) -> Lesson:
    """Write the lesson's files into `folder`, and return it as a lesson."""
    path = folder / "course" / terms.blueprint.assignment
    path.mkdir(parents=True, exist_ok=True)
    for name, content in terms.lesson.items():
        (path / name).write_bytes(content)
    return Lesson(path)


class Grader:
    """Judges submissions one after the other in this process, for one `Terms`."""

    def __init__(self, terms: Terms, lesson: Lesson, rooms: Rooms) -> None:
        self.terms = terms
        self.judge = Judge(lesson, rooms, terms.policy, terms.confined)

    def grade(self, submission: Submission) -> Graded:
        """Judge one submission. Never raises for what a student did."""
        started = time.monotonic()
        graded = Graded(submission.student)
        verdicts: list[CellVerdict] = []
        for plan in self.terms.blueprint.notebooks:
            repaired = repair(submission.notebooks.get(plan.name), plan)
            graded.notes += [f"{plan.name}: {note}" for note in repaired.notes]
            if repaired.problem is None:
                result = self.judge.notebook(plan, repaired.notebook, submission.files, submission.student)
            else:
                missing = submission.notebooks.get(plan.name) is None
                outcome = "not_attempted" if missing else "unreadable"
                result = self.judge.unjudged(plan, repaired.notebook, repaired.problem, outcome)
            result.notebook.metadata["autograder"] = {"sandbox": self.terms.confined}
            graded.faults += result.faults
            graded.manual |= {(plan.name, cell) for cell in result.manual}
            graded.points |= {(plan.name, cell.cell): cell.points for cell in result.cells}
            graded.notebooks[plan.name] = nbformat.writes(result.notebook, version=4) + "\n"
            graded.details.append(result.to_json())
            graded.seconds_in_cells += result.seconds_in_cells
            verdicts += result.cells
        graded.outcome = "failed" if graded.faults else outcome_of(verdicts)
        graded.seconds = time.monotonic() - started
        return graded


def outcome_of(verdicts: list[CellVerdict]) -> str:
    """Return the outcome of a submission: the worst that happened in it, `passed` if all is right."""
    outcomes = {verdict.outcome for verdict in verdicts}
    worst = next((outcome for outcome in _ORDER if outcome in outcomes), None)
    if worst is not None:
        return "wrong" if worst == "partly" else worst
    if outcomes <= {"not_attempted"}:
        return "not_attempted"
    return "passed" if outcomes <= set(_GRADED_WELL) else "wrong"


def give_up(terms: Terms, lesson: Lesson, submission: Submission, fault: str) -> Graded:
    """Give no points for a submission that the grader could not get through; a person has to look at it."""
    graded = Graded(submission.student, "failed", faults=[fault])
    judge = Judge(lesson, UnconfinedRooms(terms.policy), terms.policy, terms.confined)
    for plan in terms.blueprint.notebooks:
        repaired = repair(submission.notebooks.get(plan.name), plan)
        result = judge.unjudged(plan, repaired.notebook, NOT_JUDGED, "failed")
        graded.points |= {(plan.name, cell.cell): 0.0 for cell in result.cells}
        graded.notebooks[plan.name] = nbformat.writes(result.notebook, version=4) + "\n"
        graded.details.append(result.to_json())
    graded.manual = set(graded.points)
    return graded
