"""Processes of this machine that judge side by side. Used by the coordinator (`run`).

They are forks of the coordinator, made when PyTorch and the course are imported, so that they start at once and
share its memory. One that dies or overruns is replaced; the submission that it had gets a second try.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import tempfile
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from autograder.course import Lesson
from autograder.grading.lifeline import die_with
from autograder.grading.session import Rooms, RoomsUnavailable
from autograder.grading.submissions import Submission
from autograder.grading.task import Grader
from autograder.grading.terms import Graded, Terms

MOST_TRIES = 2
_SLACK_SECONDS = 60.0


@dataclass
class Failure:
    """Why there is no result: `fault` is for the instructor; `machine` says that it is not the submission's."""

    student: str
    fault: str
    machine: bool = False


@dataclass
class _Member:
    process: BaseProcess
    connection: Connection
    submission: Submission | None = None
    deadline: float = 0.0


class Crew:
    """`jobs` processes that grade submissions.

    Args:
        terms: of the run.
        lesson: with exercises, checks and quiz.
        jobs: how many.
        open_rooms: called once in each process; gives the rooms that it uses.
        scratch: where the processes put temporary files; whoever made it removes it.
    """

    def __init__(
        self, terms: Terms, lesson: Lesson, jobs: int, open_rooms: Callable[[], Rooms], scratch: Path
    ) -> None:
        self._jobs, self._setting = jobs, (terms, lesson, open_rooms, scratch)
        seconds = terms.policy.notebook_seconds * len(terms.blueprint.notebooks)
        self._limit = 2 * seconds + _SLACK_SECONDS
        self._context = multiprocessing.get_context("fork")
        self._members: list[_Member] = []

    def __enter__(self) -> Crew:
        gc.collect()
        gc.freeze()  # the collector never walks what is there now: members share its memory to the end
        self._members = [self._started() for _ in range(self._jobs)]
        return self

    def __exit__(self, *exception: object) -> None:
        for member in self._members:
            self._end(member)
        gc.unfreeze()

    def grade(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Graded | Failure]]:
        """Grade all `submissions`, in whatever order they are done; each comes out exactly once."""
        source = iter(submissions)
        again: deque[Submission] = deque()
        tries: dict[str, int] = {}
        while True:
            for place, member in enumerate(self._members):
                if member.submission is None:
                    following = again.popleft() if again else next(source, None)
                    if following is None:
                        continue
                    tries[following.student] = tries.get(following.student, 0) + 1
                    self._members[place] = self._given(member, following)
            busy = [member for member in self._members if member.submission is not None]
            if not busy:
                return
            wait([thing for member in busy for thing in (member.connection, member.process.sentinel)], 1.0)
            for place, member in enumerate(self._members):
                submission = member.submission
                if submission is None:
                    continue
                result = self._result(member)
                if result is None:
                    continue
                if isinstance(result, Failure):
                    self._end(member)
                    self._members[place] = self._started()
                    if tries[submission.student] < MOST_TRIES:
                        again.append(submission)
                        continue
                member.submission = None
                yield submission, result

    def _given(self, member: _Member, submission: Submission) -> _Member:
        try:
            member.connection.send(submission)
        except OSError:
            self._end(member)
            member = self._started()
            member.connection.send(submission)
        member.submission, member.deadline = submission, time.monotonic() + self._limit
        return member

    def _result(self, member: _Member) -> Graded | Failure | None:
        """Return what a process has to say, or None while it works."""
        assert member.submission is not None
        student = member.submission.student
        try:
            if member.connection.poll():
                return member.connection.recv()
        except (EOFError, OSError):
            pass
        if not member.process.is_alive():
            return Failure(student, f"the grading process ended with status {member.process.exitcode}")
        if time.monotonic() > member.deadline:
            return Failure(student, f"grading took more than {self._limit:g} seconds")
        return None

    def _started(self) -> _Member:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(*self._setting, theirs, os.getpid()), daemon=True)
        process.start()
        theirs.close()
        return _Member(process, ours)

    def _end(self, member: _Member) -> None:
        with contextlib.suppress(OSError, ValueError):
            member.connection.close()
        member.process.kill()
        member.process.join()


def _work(
    terms: Terms,
    lesson: Lesson,
    open_rooms: Callable[[], Rooms],
    scratch: Path,
    connection: Connection,
    parent: int,
) -> None:
    """Grade what comes, until the coordinator is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if not die_with(parent):
        return
    tempfile.tempdir = str(scratch)
    grader = Grader(terms, lesson, open_rooms())
    with contextlib.suppress(EOFError):
        while True:
            connection.send(graded_or_failure(grader, connection.recv()))


def graded_or_failure(grader: Grader, submission: Submission) -> Graded | Failure:
    """Grade a submission; what goes wrong on the grader's side becomes a `Failure`."""
    try:
        return grader.grade(submission)
    except RoomsUnavailable as error:
        return Failure(submission.student, str(error), machine=True)
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(frame.filename)}:{frame.lineno}"
        return Failure(submission.student, f"{type(error).__name__} in {where}: {error}")
