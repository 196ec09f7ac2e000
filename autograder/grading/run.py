"""The coordinator: grades all submissions of an assignment. Called by `autograder grade`.

It looks at everything that can be wrong before anything is written or started, then hands submissions out and
records what comes back, one at a time. It alone touches gradebook and files.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from traitlets.config import Config

from autograder.grading.blueprint import Blueprint, read_blueprint
from autograder.grading.records import (
    NOTES_FOLDER,
    GradebookError,
    Records,
    cell_orders,
    check_gradebook,
    only_one,
)
from autograder.grading.submissions import Submission, UnreadableSubmission, read_submission, students_with
from autograder.grading.terms import Graded, Terms, read_lesson
from autograder.sandbox.policy import Policy
from autograder.source import BadInput
from headstart.names import unknown_name

if TYPE_CHECKING:
    from autograder.course import Lesson
    from autograder.grading.crew import Failure
    from autograder.sandbox import Sandbox


MOST_WITHOUT_ROOMS = 3


class Stopped(Exception):
    """The run cannot go on; what is recorded stays, and the same command goes on from there."""


@dataclass(frozen=True)
class Settings:
    """What the command line asks for; `limits` are settings of `Policy` that it gives."""

    assignment: str
    students: tuple[str, ...] = ()
    force: bool = False
    jobs: int | None = None
    db: str | None = None
    scheduler: str | None = None
    unsafe: bool = False
    json_log: Path | None = None
    limits: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where nbgrader keeps things in this course."""

    root: Path
    submitted: Path
    autograded: Path
    source: Path
    db_url: str
    course_id: str
    config: Config
    shared: bool


@dataclass
class Row:
    """One submission in the summary."""

    student: str
    outcome: str
    score: float | None
    max_score: float
    seconds: float = 0.0
    remarks: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What a run did. `faults` are those of the grader's own side, each named once."""

    assignment: str
    rows: list[Row] = field(default_factory=list)
    skipped: int = 0
    failed: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    startup_seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)


class Watcher:
    """Hears how a run goes on; the command line shows a progress bar."""

    def planned(self, total: int, skipped: int) -> None:
        """Called once, before the first submission."""

    def done(self, row: Row) -> None:
        """Called after each submission."""


# --------------------------------------------------------------------------------------- before the run


def find_place(db: str | None = None) -> Place:
    """Read nbgrader's configuration of the course around the current folder.

    Raises:
        BadInput: the configuration cannot be used.
    """
    from nbgrader.apps.baseapp import NbGrader

    root = next(
        (folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "nbgrader_config.py").is_file()),
        None,
    )
    if root is None:
        raise BadInput("there is no nbgrader_config.py here or above; run this in the course's root folder.")
    app = NbGrader(raise_config_file_errors=True)
    app.log.setLevel(logging.ERROR)
    before = Path.cwd()
    os.chdir(root)
    try:
        app.initialize([], root=str(root))
    except SystemExit:
        raise BadInput(f"{root / 'nbgrader_config.py'} cannot be used; `nbgrader list` shows why.") from None
    except Exception as error:  # the file is a program, and may raise whatever it likes
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise BadInput(f"{root / 'nbgrader_config.py'} cannot be used: {said}.") from None
    finally:
        os.chdir(before)
    folders = app.coursedir
    structure = os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}")
    if folders.directory_structure != structure:
        raise BadInput(
            f"CourseDirectory.directory_structure is {folders.directory_structure!r}; this works with {structure!r}."
        )
    return Place(
        root=Path(folders.root),
        submitted=Path(folders.root, folders.submitted_directory),
        autograded=Path(folders.root, folders.autograded_directory),
        source=Path(folders.root, folders.source_directory),
        db_url=db or folders.db_url,
        course_id=folders.course_id,
        config=app.config,
        shared=folders.groupshared,
    )


def policy_of(config: Config, limits: dict[str, float]) -> Policy:
    """Return the limits of a room: `c.IsolatedVerdicts.policy` of nbgrader_config.py, changed by `limits`.

    Raises:
        PolicyError: a setting is unknown or out of range.
    """
    return Policy.from_dict({**config.IsolatedVerdicts.get("policy", {}), **limits})


def find_assignment(asked: str, known: Sequence[str]) -> str:
    """Return the assignment that `asked` means: its name, its number or its slug.

    Raises:
        UnknownName: there is none; the message names the nearest.
    """
    for name in known:
        number, _, slug = name.partition("_")
        if asked in (name, slug) or (asked.isdecimal() and number.isdecimal() and int(asked) == int(number)):
            return name
    raise unknown_name("assignment", asked, known)


def read_terms(place: Place, assignment: str, policy: Policy, confined: bool) -> Terms:
    """Collect what all submissions of a run have in common.

    Raises:
        BadInput: gradebook and course do not fit together.
    """
    from nbgrader.api import Gradebook

    folder = lesson_folder(place, assignment)
    with Gradebook(place.db_url, place.course_id) as gradebook:
        names = [notebook.name for notebook in gradebook.find_assignment(assignment).notebooks]
        blueprint = read_blueprint(gradebook, assignment, cell_orders(place.source / assignment, names))
    for plan in blueprint.notebooks:
        for cell in plan.cells:
            if cell.grade and cell.locked and cell.cell_type == "code" and cell.judged is None:
                raise BadInput(
                    f"{plan.name}.ipynb, cell {cell.name!r}: its tests are none of the course's exercises or "
                    f"questions, and only those are judged in a sandbox; grade it with stock `nbgrader autograde`."
                )
    try:
        files = read_lesson(folder)
    except OSError as error:
        raise BadInput(f"{error.filename}: cannot be read ({error.strerror}).") from None
    return Terms(blueprint, files, policy, confined)


def lesson_folder(place: Place, assignment: str) -> Path:
    """Return the course's folder of an assignment.

    Raises:
        BadInput: there is none.
    """
    course = Path(os.environ.get("HEADSTART_COURSE") or place.root / "course")
    folder = course / assignment
    if not folder.is_dir():
        raise BadInput(f"the gradebook has the assignment {assignment!r}, but {course} has no such lesson.")
    return folder


def check_lesson(lesson: Lesson, blueprint: Blueprint) -> None:
    """Make sure that lesson and gradebook agree on what there is and what it is worth.

    Raises:
        BadInput: they do not; the message says what to do.
    """
    worth = {("exercise", exercise.name): exercise.max_points for exercise in lesson.exercises}
    worth |= {("question", question.id): question.points for question in lesson.questions}
    for plan in blueprint.notebooks:
        for cell in plan.cells:
            judged = cell.judged
            if judged is None:
                continue
            has = worth.get((judged.kind, judged.name))
            if has is None:
                known = [name for kind, name in worth if kind == judged.kind]
                raise BadInput(
                    f"gradebook and course do not fit: cell {cell.name!r} of {plan.name}.ipynb needs an "
                    f"{unknown_name(judged.kind, judged.name, known)} Is this the gradebook of another course?"
                )
            if float(has) != cell.points:
                raise BadInput(
                    f"gradebook and course do not fit: {judged.name} gives {has:g} points and cell {cell.name!r} "
                    f"has {cell.points:g}; run `make build`, then "
                    f"`nbgrader generate_assignment {lesson.assignment} --force`."
                )


# ----------------------------------------------------------------------------------------------- the run


def run(settings: Settings, watcher: Watcher) -> Report:
    """Grade what has to be graded.

    Raises:
        BadInput, UnknownName: the input cannot be used; nothing has been written.
        SandboxUnavailable: students' code cannot be confined here; nothing has been written.
        Stopped: the run ended early; the text says why.
        KeyboardInterrupt: somebody pressed Ctrl-C.
    """
    began = time.monotonic()
    place = find_place(settings.db)
    assignment = find_assignment(settings.assignment, check_gradebook(place.db_url, place.course_id))
    if not (settings.unsafe or settings.scheduler):
        from autograder.grading.rooms import check_sandbox

        check_sandbox()
    students = _students(place, assignment, settings.students)
    terms = read_terms(place, assignment, policy_of(place.config, settings.limits), not settings.unsafe)
    log_file = _opened_log(settings.json_log)
    report = Report(assignment, began=began)
    with contextlib.ExitStack() as stack:
        if log_file is not None:
            stack.enter_context(log_file)
        stack.enter_context(only_one(place.root))
        records = Records(
            place.root, place.autograded, place.db_url, place.course_id, terms, place.config, place.shared
        )
        stack.callback(records.close)
        records.sweep()
        scratch = _scratch(place.root)
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        waiting, unreadable = _waiting(place, records, students, settings.force, terms, report)
        watcher.planned(len(waiting) + len(unreadable), report.skipped)
        log = _Log(log_file, report, settings)
        for row in unreadable:
            _left_out(row, report, log, watcher)
        if waiting:
            stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, _interrupted))
            os.environ["OMP_NUM_THREADS"] = "1"
            _grade(settings, terms, place, waiting, records, scratch, report, log, watcher)
        report.seconds = time.monotonic() - began
        log.end()
    return report


@contextlib.contextmanager
def _undivided() -> Iterator[None]:
    """Put Ctrl-C off to the end of the block, so that gradebook, log and screen tell the same."""
    came: list[int] = []

    def remember(signum: int, frame: Any) -> None:
        came.append(signum)

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt


def _interrupted(signum: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _students(place: Place, assignment: str, asked: Sequence[str]) -> list[str]:
    try:
        known = students_with(place.submitted, assignment)
    except OSError as error:
        raise BadInput(f"{place.submitted} cannot be read ({error.strerror}).") from None
    if not known:
        raise BadInput(
            f"there are no submissions of {assignment} in {place.submitted}; collect them first "
            f"(`nbgrader collect {assignment}`, or `nbgrader zip_collect {assignment}` for zip files)."
        )
    for student in asked:
        if student not in known:
            raise unknown_name(f"student with a submission of {assignment}", student, known)
    return list(dict.fromkeys(asked)) or known


def _opened_log(path: Path | None) -> IO[str] | None:
    if path is None:
        return None
    try:
        return open(path, "a", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--json-log {path}: cannot be written ({error.strerror}).") from None


def _scratch(root: Path) -> Path:
    """Return an empty folder for temporary files; those of an interrupted run go away."""
    for left in (root / NOTES_FOLDER).glob("scratch-*"):
        shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix="scratch-", dir=root / NOTES_FOLDER))


def _waiting(
    place: Place, records: Records, students: Sequence[str], force: bool, terms: Terms, report: Report
) -> tuple[list[str], list[Row]]:
    """Return the students whose work has to be graded, and a row for each whose work cannot be read."""
    waiting, unreadable = [], []
    for student in students:
        try:
            submission = read_submission(place.submitted, student, terms.blueprint, terms.policy)
        except UnreadableSubmission as error:
            unreadable.append(_unread(student, terms, error))
            continue
        if not force and records.is_done(submission):
            report.skipped += 1
        else:
            waiting.append(student)
    return waiting, unreadable


def _unread(student: str, terms: Terms, error: UnreadableSubmission) -> Row:
    """Return the row of a submission that cannot be read."""
    return Row(student, "not graded", None, terms.blueprint.max_score, 0.0, [str(error)])


def _left_out(row: Row, report: Report, log: _Log, watcher: Watcher) -> None:
    """Report a submission that gets no grade in this run."""
    report.rows.append(row)
    report.failed += 1
    log.row(row)
    watcher.done(row)


def _grade(
    settings: Settings,
    terms: Terms,
    place: Place,
    students: Sequence[str],
    records: Records,
    scratch: Path,
    report: Report,
    log: _Log,
    watcher: Watcher,
) -> None:
    vanished: list[Row] = []

    def submissions() -> Iterator[Submission]:
        for student in students:
            try:
                yield read_submission(place.submitted, student, terms.blueprint, terms.policy)
            except UnreadableSubmission as error:
                vanished.append(_unread(student, terms, error))

    with contextlib.ExitStack() as stack:
        start = _starter(settings, terms, place, len(students), scratch, stack)
        team, lesson = start()
        report.startup_seconds = time.monotonic() - report.began
        without_rooms = 0
        for submission, result in team.grade(submissions()):
            without_rooms = 0 if isinstance(result, Graded) else without_rooms + result.machine
            if without_rooms == MOST_WITHOUT_ROOMS:
                raise Stopped(f"no sandbox can be had any more: {result.fault}.")
            with _undivided():
                row = _recorded(records, terms, lesson, submission, result, report)
                report.rows.append(row)
                log.row(row, result)
                watcher.done(row)
        for row in vanished:
            _left_out(row, report, log, watcher)


def _starter(
    settings: Settings, terms: Terms, place: Place, count: int, scratch: Path, stack: contextlib.ExitStack
) -> Callable[[], tuple[Any, Lesson]]:
    """Return a function that starts those who judge; the zygote and this process import PyTorch side by side."""

    def start() -> tuple[Any, Lesson]:
        zygote = None if settings.unsafe or settings.scheduler else _Zygote(terms.policy)
        if zygote is not None:
            stack.callback(zygote.close)
        import torch

        from autograder.course import CourseError, Lesson
        from autograder.grading.crew import Crew
        from autograder.grading.rooms import open_rooms

        torch.set_num_threads(1)
        lesson = Lesson(lesson_folder(place, terms.blueprint.assignment))
        try:
            check_lesson(lesson, terms.blueprint)
        except CourseError as error:
            raise BadInput(str(error)) from None
        if settings.scheduler:
            from autograder.grading.cluster import Cluster

            return stack.enter_context(Cluster(terms, settings.scheduler)), lesson
        address = zygote.address() if zygote is not None else None
        jobs = max(1, min(settings.jobs or os.cpu_count() or 1, count))
        crew = Crew(terms, lesson, jobs, lambda: open_rooms(terms, address), scratch)
        return stack.enter_context(crew), lesson

    return start


class _Zygote:
    """Starts a sandbox beside what else there is to do."""

    def __init__(self, policy: Policy) -> None:
        self._sandbox: Sandbox | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._start, args=(policy,), daemon=True)
        self._thread.start()

    def _start(self, policy: Policy) -> None:
        from autograder.grading.rooms import start_sandbox

        try:
            self._sandbox = start_sandbox(policy)
        except BaseException as error:
            self._error = error

    def address(self) -> str:
        """Wait until it is up; return its address.

        Raises:
            SandboxUnavailable: it did not start.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._sandbox is not None
        return self._sandbox.address

    def close(self) -> None:
        """End it."""
        self._thread.join()
        if self._sandbox is not None:
            self._sandbox.close()


def _recorded(
    records: Records,
    terms: Terms,
    lesson: Lesson,
    submission: Submission,
    result: Graded | Failure,
    report: Report,
) -> Row:
    """Record one result, and return its row in the summary."""
    from autograder.grading.task import give_up

    most = terms.blueprint.max_score
    if not isinstance(result, Graded):
        if result.machine:
            report.failed += 1
            return Row(submission.student, "not graded", None, most, 0.0, [result.fault])
        result = give_up(terms, lesson, submission, result.fault)
    try:
        score = records.save(submission, result)
    except (OSError, GradebookError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise Stopped(f"the grade of {submission.student} cannot be written: {said}.") from error
    report.faults += [fault for fault in result.faults if fault not in report.faults]
    left_out = [
        f"{name}: {why}, left out" for name, why in submission.left_out.items() if not name.startswith(".")
    ]
    remarks = [*result.faults, *result.notes, *left_out]
    return Row(submission.student, result.outcome, score, most, result.seconds, remarks)


class _Log:
    """The machine-readable log: one JSON object a line."""

    def __init__(self, file: IO[str] | None, report: Report, settings: Settings) -> None:
        self._file, self._report = file, report
        self._write(
            event="start",
            assignment=report.assignment,
            sandbox=not settings.unsafe,
            scheduler=settings.scheduler,
            skipped=report.skipped,
        )

    def row(self, row: Row, result: Any = None) -> None:
        """Write one submission."""
        graded = isinstance(result, Graded)
        self._write(
            event="submission",
            student=row.student,
            outcome=row.outcome,
            score=row.score,
            max_score=row.max_score,
            seconds=round(row.seconds, 3),
            seconds_in_cells=round(result.seconds_in_cells, 3) if graded else None,
            remarks=row.remarks,
            notebooks=result.details if graded else [],
        )

    def end(self) -> None:
        """Write the end of a run that was not interrupted."""
        self._write(
            event="end",
            graded=sum(row.score is not None for row in self._report.rows),
            failed=self._report.failed,
            seconds=round(self._report.seconds, 3),
            startup_seconds=round(self._report.startup_seconds, 3),
        )

    def _write(self, **entry: Any) -> None:
        if self._file is not None:
            entry = {**entry, "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()
