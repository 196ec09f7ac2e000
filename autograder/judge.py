"""Verdicts: run the checks of an exercise on a student's code and say what each found.

Called by the command line, by the notebooks' locked cells (`autograder.notebook_verdict`) and by the grader.
"""

from __future__ import annotations

import traceback
import zlib
from dataclasses import dataclass
from typing import Any

from autograder.checks import Check, Wrong
from autograder.course import Exercise
from autograder.source import Answer, read_code
from autograder.student import (
    DEFAULT_SECONDS,
    NotAttempted,
    Student,
    StudentKilled,
    StudentProblem,
    StudentTimeout,
    parameters_of,
)
from autograder.wire import StructureChanged
from autograder.workspace import Workspace, quiet, scratch_folder, settings_kept

OUTCOMES = ("passed", "wrong", "error", "not_attempted", "timeout", "killed")
SECONDS_AFTER_TIMEOUT = 2.0
_MESSAGE_KEPT = 600


class GraderError(Exception):
    """A check itself is at fault; the text names the check, its file and line. Never the student's doing."""


@dataclass(frozen=True)
class CheckResult:
    """What one check found. `reason` is ok or, like an outcome, wrong, error, not_attempted, timeout, killed."""

    id: str
    title: str
    points: float
    earned: float
    message: str
    reason: str


@dataclass(frozen=True)
class Verdict:
    """The judgement of one answer: an outcome and one result for each check."""

    exercise: str
    outcome: str
    checks: list[CheckResult]

    @property
    def max_score(self) -> float:
        """All points that there are."""
        return float(sum(result.points for result in self.checks))

    @property
    def score(self) -> float:
        """The points earned: never more than there are."""
        return min(float(sum(result.earned for result in self.checks)), self.max_score)

    @property
    def common_message(self) -> str | None:
        """The one message that all checks share, where the answer could not be judged check by check."""
        messages = {result.message for result in self.checks}
        alone = len(messages) == 1 and all(result.reason != "ok" for result in self.checks)
        return messages.pop() if alone and self.outcome != "wrong" else None

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain data, as `autograder check --json` prints it."""
        return {
            "exercise": self.exercise,
            "score": self.score,
            "max_score": self.max_score,
            "outcome": self.outcome,
            "checks": [
                {
                    "id": result.id,
                    "title": result.title,
                    "points": result.points,
                    "earned": result.earned,
                    "message": result.message,
                }
                for result in self.checks
            ],
        }

    def report(self) -> str:
        """Return the verdict for people: a line with the points, then a line for each check."""
        head = f"{self.score:g} of {self.max_score:g} points.  {self.exercise}"
        if self.common_message is not None:
            return f"{head}\n  {WORDS[self.checks[0].reason]:<5} {self.common_message}"
        lines = [f"  {WORDS[result.reason]:<5} {self.text_of(result)}" for result in self.checks]
        return "\n".join([head, *lines])

    def text_of(self, result: CheckResult) -> str:
        """Return what people read about one check: its title if passed, else its message, said only once."""
        if result.reason == "ok":
            return result.title
        first = next(other for other in self.checks if other.message == result.message)
        return result.message if first is result else f"as above ({result.title})"


WORDS = {
    "ok": "ok",
    "wrong": "wrong",
    "error": "error",
    "timeout": "stopped",
    "killed": "stopped",
    "not_attempted": "to do",
}


def tidy(message: str) -> str:
    """Return a message in one line of printable text, of limited length."""
    text = " ".join(str(message).split())
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= _MESSAGE_KEPT else text[: _MESSAGE_KEPT - 1] + "…"


def failed_verdict(exercise: Exercise, outcome: str, message: str) -> Verdict:
    """Return the verdict of an answer that could not be judged: no points, one message at every check."""
    text = tidy(message)
    results = [
        CheckResult(check.id, check.title, check.points, 0, text, outcome) for check in exercise.checks
    ]
    return Verdict(exercise.name, outcome, results)


def judge(exercise: Exercise, student: Student, source: str | None = None) -> Verdict:
    """Run all checks of `exercise` on `student` and return the verdict.

    `source` is the student's code as text, where it is known: it tells the untouched stub and syntax errors.

    Raises:
        GraderError: a check is itself at fault.
    """
    if source is not None:
        problem = read_code(source, exercise.name, exercise.stub_source).problem
        if problem is not None:
            return failed_verdict(exercise, *problem)
    with quiet(), settings_kept():
        try:
            student.load(exercise.name)
        except StudentTimeout as late:
            return failed_verdict(exercise, "timeout", late.message)
        except StudentKilled as end:
            return failed_verdict(exercise, "killed", end.message)
        except StudentProblem as error:
            return failed_verdict(exercise, "error", error.message)
        allowed = student.seconds
        try:
            results = [_run(check, student) for check in exercise.checks]
        finally:
            student.seconds = allowed
    return Verdict(exercise.name, _outcome(results), results)


def _run(check: Check, student: Student) -> CheckResult:
    def result(reason: str, message: str = "") -> CheckResult:
        earned = check.points if reason == "ok" else 0
        return CheckResult(check.id, check.title, check.points, earned, tidy(message), reason)

    with settings_kept(seed=zlib.crc32(check.id.encode())):
        try:
            check.run(student)
        except (Wrong, StructureChanged) as wrong:
            return result("wrong", str(wrong))
        except NotAttempted as untouched:
            return result("not_attempted", untouched.message)
        except StudentTimeout as late:
            # One endless loop is enough waiting: later calls have to be quick.
            student.seconds = min(student.seconds, SECONDS_AFTER_TIMEOUT)
            return result("timeout", late.message)
        except StudentKilled as end:
            return result("killed", end.message)
        except StudentProblem as error:
            return result("error", error.message)
        except Exception as error:
            raise GraderError(_fault(check, error)) from error
    return result("ok")


def _fault(check: Check, error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == check.file] or [check.line]
    return (
        f"{check.file}:{lines[-1]}: check {check.id!r} of {check.exercise!r} is at fault, not the answer: "
        f"{type(error).__name__}: {error}"
    )


def _outcome(results: list[CheckResult]) -> str:
    failed = {result.reason for result in results} - {"ok"}
    if not failed:
        return "passed"
    for ended in ("killed", "timeout"):
        if ended in failed:
            return ended
    if failed == {"not_attempted"} and all(result.reason != "ok" for result in results):
        return "not_attempted"
    return "error" if failed == {"error"} else "wrong"


def judge_answer(exercise: Exercise, answer: Answer, seconds: float = DEFAULT_SECONDS) -> Verdict:
    """Judge an answer in this process; `seconds` is the time limit of each call.

    Raises:
        GraderError: a check is itself at fault.
    """
    workspace = Workspace(answer.source, prelude=answer.prelude, label=answer.label)
    return judge_workspace(exercise, workspace, answer.source, seconds)


def judge_workspace(
    exercise: Exercise, workspace: Workspace, source: str | None, seconds: float = DEFAULT_SECONDS
) -> Verdict:
    """Judge what a workspace of this process holds, in an empty folder that goes away afterwards."""
    student = Student(workspace, seconds, parameters_of(exercise.stub_source))
    with scratch_folder():
        return judge(exercise, student, source)
