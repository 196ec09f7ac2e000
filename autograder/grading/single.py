"""One answer file, judged in a room. Used by `autograder check`, and by `verdicts` for what stops a room."""

from __future__ import annotations

from dataclasses import replace

from autograder.course import Exercise
from autograder.grading.rooms import shared_sandbox
from autograder.grading.session import for_models
from autograder.judge import CheckResult, Verdict, judge, tidy
from autograder.sandbox.policy import Policy
from autograder.sandbox.transport import RoomTransport, StudentKilled, student_room
from autograder.source import Answer
from autograder.student import Student, StudentProblem, StudentTimeout, parameters_of


def judge_answer_in_room(exercise: Exercise, answer: Answer, seconds: float) -> Verdict:
    """Judge an answer in a sandbox; `seconds` is the time limit of each call.

    Raises:
        SandboxUnavailable: this machine cannot confine students' code.
        GraderError: a check is itself at fault.
    """
    policy = for_models(Policy(call_seconds=seconds, notebook_seconds=max(300.0, 10 * seconds)))
    sandbox = shared_sandbox(policy)
    with student_room(sandbox, answer.source, answer.prelude, answer.label, policy) as transport:
        once = Remembering(transport)
        student = Student(once, seconds, parameters_of(exercise.stub_source))
        verdict = judge(exercise, student, answer.source)
    return verdict if once.problem is None else stopped(verdict, once.problem)


class Remembering:
    """A transport that gives the first end of its room as the answer to everything that comes after."""

    def __init__(self, transport: RoomTransport) -> None:
        self._transport = transport
        self.problem: StudentProblem | None = None

    def request(self, block: bytes, seconds: float) -> bytes:
        """Carry a request (`autograder.student.Transport`)."""
        if self.problem is not None:
            raise self.problem
        try:
            return self._transport.request(block, seconds)
        except (StudentTimeout, StudentKilled) as problem:
            if problem.__cause__ is not None:
                self.problem = problem
            raise


def outcome_of(problem: StudentProblem) -> str:
    """Return the outcome of an answer whose room ended with `problem`."""
    return "timeout" if isinstance(problem, StudentTimeout) else "killed"


def stopped(verdict: Verdict, problem: StudentProblem) -> Verdict:
    """Return the verdict of an answer whose room was ended: the checks that it cost say so."""
    outcome, message = outcome_of(problem), tidy(problem.message)

    def told(result: CheckResult) -> CheckResult:
        return replace(result, reason=outcome) if result.message == message else result

    return Verdict(verdict.exercise, outcome, [told(result) for result in verdict.checks])
