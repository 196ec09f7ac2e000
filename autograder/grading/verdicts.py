"""Judges one notebook: runs its cells in order, and writes a verdict into each locked cell as its outputs.

A verdict is an HTML table for people, then one `execute_result` whose text is the points: what nbgrader's
`determine_grade` reads. Locked cells never reach the room, so no output of the student's can stand before it.
"""

from __future__ import annotations

import html
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.course import Lesson
from autograder.grading.blueprint import Judged, NotebookPlan, SourceCell, visible_definitions
from autograder.grading.session import Rooms, Session
from autograder.grading.single import outcome_of, stopped
from autograder.grading.terms import clamp
from autograder.judge import GraderError, Verdict, failed_verdict, judge, tidy
from autograder.notebook_verdict import question_html, question_verdict, verdict_html
from autograder.sandbox.policy import Policy
from autograder.source import Definition, broken_definition, defines, missing_message, parsed
from autograder.student import Student, StudentProblem, parameters_of
from headstart.answer_files import without_magics
from headstart.questions.schema import Question
from headstart.questions.state import FILE_NAME, VERSION

_ANSWERS_KEPT = 1_000
_PARTS_KEPT = 50
_TEXT_KEPT = 500
# Far above every answer, and a float: an int with hundreds of digits cannot become one.
_LARGEST_NUMBER = 1e300
UNCONFINED_NOTE = "Judged without a sandbox."
NOT_JUDGED = "This could not be judged automatically. Your instructor looks at it."


@dataclass
class CellVerdict:
    """What one locked cell is worth.

    Attributes:
        cell: its grade_id.
        points: earned, from 0 to `max_points`.
        outcome: as of a `Verdict`; "right", "partly", "wrong", "not_attempted" or "unreadable" for questions.
        message: the most telling message, for the log.
    """

    cell: str
    points: float
    max_points: float
    outcome: str
    message: str = ""


@dataclass
class NotebookVerdict:
    """One judged notebook: its verdicts; `notebook` carries them as outputs.

    `faults` says which checks were at fault themselves; `manual` names the cells that a person has to look at.
    """

    name: str
    notebook: NotebookNode
    cells: list[CellVerdict] = field(default_factory=list)
    seconds_in_cells: float = 0.0
    faults: list[str] = field(default_factory=list)
    manual: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the verdicts as plain data."""
        return {"notebook": self.name, "cells": [asdict(cell) for cell in self.cells]}


@dataclass(frozen=True)
class Judge:
    """Judges the notebooks of one lesson.

    Args:
        lesson: its exercises, hidden checks and quiz.
        rooms: where students' code runs.
        policy: the limits of a room.
        confined: whether those rooms confine anything; if not, every verdict says so.
    """

    lesson: Lesson
    rooms: Rooms
    policy: Policy
    confined: bool = True

    @cached_property
    def questions(self) -> dict[str, Question]:
        """The graded questions by id."""
        return {question.id: question for question in self.lesson.questions}

    def notebook(
        self, plan: NotebookPlan, notebook: NotebookNode, files: Mapping[str, bytes], student: str
    ) -> NotebookVerdict:
        """Judge a repaired notebook that `student` handed in with `files`."""
        planned = {cell.name: cell for cell in plan.cells}
        result = NotebookVerdict(plan.name, notebook)
        ran: list[str] = []
        errors: dict[int, str] = {}
        with Session(self.rooms, self.policy, files, student) as session:
            for number, cell in enumerate(notebook.cells, start=1):
                if cell.cell_type != "code":
                    continue
                cell["execution_count"] = number
                tracked = planned.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
                judged = tracked.judged if tracked is not None else None
                if tracked is None or judged is None:
                    cell["outputs"] = [NotebookNode(output) for output in session.run(number, cell.source)]
                    failed = [output for output in cell.outputs if output.output_type == "error"]
                    if failed:
                        errors[len(ran)] = f"{failed[-1].ename}: {failed[-1].evalue}"
                    ran.append(cell.source)
                    continue
                helpers = visible_definitions(tracked.source)
                if helpers:
                    session.run(number, helpers)
                try:
                    shown, verdict = self._verdict(session, tracked, judged, ran, errors, student)
                except GraderError as fault:
                    result.faults.append(str(fault))
                    result.manual.append(tracked.name)
                    shown, verdict = _not_judged(tracked, NOT_JUDGED, "failed")
                result.cells.append(verdict)
                cell["outputs"] = self._outputs(shown, verdict, number)
            result.seconds_in_cells = session.seconds_in_cells
        return result

    def unjudged(
        self, plan: NotebookPlan, notebook: NotebookNode, message: str, outcome: str
    ) -> NotebookVerdict:
        """Give no points for a notebook that cannot be judged, and say why in every locked cell."""
        planned = {cell.name: cell for cell in plan.cells}
        result = NotebookVerdict(plan.name, notebook)
        for number, cell in enumerate(notebook.cells, start=1):
            tracked = planned.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
            if tracked is None or tracked.judged is None:
                continue
            shown, verdict = _not_judged(tracked, message, outcome)
            result.cells.append(verdict)
            cell["execution_count"] = number
            cell["outputs"] = self._outputs(shown, verdict, number)
        return result

    # ----------------------------------------------------------------------------------------- one cell

    def _verdict(
        self,
        session: Session,
        tracked: SourceCell,
        judged: Judged,
        ran: list[str],
        errors: dict[int, str],
        student: str,
    ) -> tuple[str, CellVerdict]:
        if judged.kind == "question":
            return self._question(session, tracked, judged, student)
        verdict = self.exercise(session, judged.name, ran, errors)
        # What the course gives and what the gradebook has room for agree; a run is refused where they do not.
        points = clamp(verdict.score, tracked.points)
        message = next((result.message for result in verdict.checks if result.reason != "ok"), "")
        cell = CellVerdict(tracked.name, points, tracked.points, verdict.outcome, message)
        return verdict_html(verdict), cell

    def exercise(self, session: Session, name: str, ran: list[str], errors: dict[int, str]) -> Verdict:
        """Judge what the notebook in `session` defines as the answer to exercise `name`.

        Args:
            session: the running notebook.
            name: the exercise.
            ran: sources of the cells that ran, oldest first.
            errors: what those cells raised, by position.
        """
        exercise = self.lesson.exercise(name)
        sources = [without_magics(source) for source in ran]
        place = next((at for at in reversed(range(len(sources))) if defines(sources[at], name)), None)
        try:
            session.revive()
            there = session.defines(name)
        except StudentProblem as problem:
            return failed_verdict(exercise, outcome_of(problem), problem.message)
        if there:
            student = Student(session, self.policy.call_seconds, parameters_of(exercise.stub_source))
            verdict = judge(exercise, student, None if place is None else sources[place])
            return verdict if session.problem is None else stopped(verdict, session.problem)
        broken = broken_definition(reversed(sources), name)
        if broken is not None:
            return failed_verdict(exercise, "error", broken)
        if place is None:
            own = [defined for source in sources for defined in _defined_in(source)]
            return failed_verdict(exercise, "error", missing_message(name, own))
        if place in errors:
            message = f"the cell that should define `{name}` stops before it does: {errors[place]}"
            kinds = {"Timeout": "timeout", "Stopped": "killed"}
            return failed_verdict(exercise, kinds.get(errors[place].partition(":")[0], "error"), message)
        message = f"the cell that should define `{name}` ran, but `{name}` is gone: was it deleted?"
        return failed_verdict(exercise, "error", message)

    def _question(
        self, session: Session, tracked: SourceCell, judged: Judged, student: str
    ) -> tuple[str, CellVerdict]:
        question = self.questions[judged.name]
        value, answers = None, session.given.get(FILE_NAME)
        try:
            value = session.value(judged.variable) if judged.variable else None
            answers = session.file(FILE_NAME)
        except StudentProblem:
            pass  # what was clicked still counts
        with _handed_in(self.lesson.assignment, student, answers) as folder:
            judgement, notes, steps = question_verdict(question, plain(value), folder)
        points = clamp(judgement.credit * question.points, tracked.points)
        shown = question_html(question, judgement, points, notes, steps)
        return shown, CellVerdict(
            tracked.name, points, tracked.points, judgement.outcome, tidy(judgement.message)
        )

    def _outputs(self, shown: str, verdict: CellVerdict, number: int) -> list[NotebookNode]:
        note = "" if self.confined else f"<p><em>{UNCONFINED_NOTE}</em></p>"
        return [
            NotebookNode(
                output_type="display_data", data=NotebookNode({"text/html": shown + note}), metadata={}
            ),
            NotebookNode(
                output_type="execute_result",
                execution_count=number,
                data=NotebookNode({"text/plain": repr(float(verdict.points))}),
                metadata={},
            ),
        ]


def _not_judged(tracked: SourceCell, message: str, outcome: str) -> tuple[str, CellVerdict]:
    heading = f"<strong>0 of {tracked.points:g} points</strong> · {outcome.replace('_', ' ')}"
    shown = f'<div class="autograder-verdict"><p>{heading}</p><p>{html.escape(message)}</p></div>'
    return shown, CellVerdict(tracked.name, 0.0, tracked.points, outcome, message)


def _defined_in(source: str) -> list[str]:
    tree = parsed(source)
    return [node.name for node in tree.body if isinstance(node, Definition)] if tree is not None else []


# ------------------------------------------------------------------------------------------ quiz answers


def plain(value: Any) -> Any:
    """Return an answer as plain data: None, a number, text, or a list of texts; anything else as text.

    The text of what is no answer cannot be read as one, which is what the verdict then says.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value[:_TEXT_KEPT]
    if isinstance(value, list | tuple):
        parts = [plain(part) for part in value[:_PARTS_KEPT]]
        return [part if isinstance(part, str) else str(part) for part in parts]
    try:
        return value.item()
    except (AttributeError, RuntimeError, ValueError):
        return f"({type(value).__name__})"


@contextmanager
def _handed_in(assignment: str, student: str, answers: bytes | None) -> Iterator[Path]:
    """Give a folder `<student>/<assignment>` that holds the student's answers.json, looked through."""
    before = os.environ.get("NBGRADER_EXECUTION")
    with tempfile.TemporaryDirectory(prefix="headstart-answers-") as root:
        folder = Path(root).resolve() / student / assignment
        folder.mkdir(parents=True)
        content = sound_answers(answers)
        if content is not None:
            (folder / FILE_NAME).write_text(json.dumps(content), encoding="utf-8")
        # The verdict of a question reads the id under which work was handed in from the folder's name.
        os.environ["NBGRADER_EXECUTION"] = "autograde"
        try:
            yield folder
        finally:
            if before is None:
                del os.environ["NBGRADER_EXECUTION"]
            else:
                os.environ["NBGRADER_EXECUTION"] = before


def sound_answers(content: bytes | None) -> dict[str, Any] | None:
    """Return what in an answers.json has the size and shape of answers; None where it cannot be read."""
    if content is None:
        return None
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    learner = raw.get("learner")
    entries = raw.get("answers")
    kept = {}
    for name, entry in list(entries.items())[:_ANSWERS_KEPT] if isinstance(entries, dict) else ():
        if (
            not isinstance(entry, dict)
            or not _is_id(entry.get("learner"))
            or not _is_response(entry.get("response"))
        ):
            continue
        kept[name[:_TEXT_KEPT]] = {"response": entry["response"], "learner": entry["learner"], "attempts": 1}
    return {
        "version": VERSION,
        "learner": learner if _is_id(learner) else None,
        "answers": kept,
        "predictions": {},
    }


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 100 and value.isprintable()


def _is_response(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= _PARTS_KEPT and all(
            isinstance(part, str) and len(part) <= _TEXT_KEPT for part in value
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        return abs(value) <= _LARGEST_NUMBER
    return isinstance(value, str) and len(value) <= _TEXT_KEPT
