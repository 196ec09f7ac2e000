"""Where grades are kept: nbgrader's gradebook, the folder `autograded/`, and a note of what has been graded.

Only the coordinator writes, one submission at a time: the notebooks first (a folder that appears complete or not
at all), then the gradebook (one transaction), last the note. Whatever interrupts it, a submission without its
note is graded again, which gives the same result in the same place.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import sqlalchemy
from nbformat import NotebookNode
from nbgrader import dbutil, utils
from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    InvalidEntry,
    SubmittedAssignment,
    SubmittedNotebook,
    app_log,
)
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from autograder.grading.submissions import TIMESTAMP, Submission
from autograder.grading.terms import Graded, Terms, clamp
from autograder.source import BadInput
from headstart.whole_files import write_whole

NOTES_FOLDER = ".autograder"
_NEW, _OLD = ".new-", ".old-"


# ------------------------------------------------------------------------------------------- the gradebook


def shown_url(db_url: str) -> str:
    """Return a database's URL without its password."""
    return sqlalchemy.make_url(db_url).render_as_string(hide_password=True)


def check_gradebook(db_url: str, course_id: str) -> list[str]:
    """Look into the gradebook without changing it; return the names of its assignments.

    Raises:
        BadInput: there is none, it is none, it is of another nbgrader version, or it holds another course.
    """
    try:
        url = sqlalchemy.make_url(db_url)
        engine = sqlalchemy.create_engine(url)
    except (ArgumentError, NoSuchModuleError):
        raise BadInput(
            f"--db {db_url!r} is no database URL; write sqlite:///gradebook.db, for example."
        ) from None
    except ImportError as error:
        raise BadInput(
            f"the database {shown_url(db_url)} needs the Python package {error.name!r}; install it, or name another "
            "driver in the URL (postgresql+psycopg://…)."
        ) from None
    shown = shown_url(db_url)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise BadInput(
            f"there is no gradebook at {shown}; run `nbgrader generate_assignment` first, or give --db."
        )
    try:
        with engine.connect() as connection:
            tables = set(sqlalchemy.inspect(connection).get_table_names())
            if not {"assignment", "grade", "submitted_assignment"} <= tables:
                raise BadInput(
                    f"{shown} is not a gradebook of nbgrader's; run `nbgrader generate_assignment` first."
                )
            _check_version(connection, tables, shown)
            rows = connection.execute(sqlalchemy.text("SELECT DISTINCT course_id FROM assignment"))
            owners = [row[0] for row in rows]
            if owners and course_id not in owners:
                raise BadInput(
                    f"{shown} is the gradebook of course {', '.join(map(repr, owners))}, not of {course_id!r}; "
                    "give --db, or set CourseDirectory.course_id in nbgrader_config.py."
                )
            rows = connection.execute(sqlalchemy.text("SELECT name FROM assignment ORDER BY name"))
            return [row[0] for row in rows]
    except DBAPIError as error:
        raise BadInput(f"the gradebook {shown} cannot be read: {str(error.orig).splitlines()[0]}") from None
    finally:
        engine.dispose()


def _check_version(connection: sqlalchemy.Connection, tables: set[str], shown: str) -> None:
    rows = (
        connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version")).all()
        if "alembic_version" in tables
        else []
    )
    has, wants = {row[0] for row in rows}, gradebook_version()
    if has != {wants}:
        raise BadInput(
            f"{shown} was made by another version of nbgrader (its tables are of version "
            f"{', '.join(sorted(has)) or 'unknown'}, this nbgrader's of {wants}); make a copy of it, "
            "then run `nbgrader db upgrade`."
        )


def gradebook_version() -> str:
    """Return the version that the installed nbgrader gives the tables of a gradebook."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head() or ""


class GradebookError(Exception):
    """The gradebook cannot be written; the text is what the database says."""


class _LaterCommit:
    """A database session whose `commit` only sends what there is: nbgrader's methods commit step by step."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def commit(self) -> None:
        self._session.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


@contextlib.contextmanager
def one_transaction(gradebook: Gradebook) -> Iterator[Any]:
    """Turn all that nbgrader's own methods do in this block into one transaction; yield its commit."""
    session = gradebook.db
    gradebook.db = _LaterCommit(session)
    app_log.disabled = True  # nbgrader logs a traceback for what the caller says in one line
    try:
        yield session.commit
    except (DBAPIError, InvalidEntry) as error:
        said = error.orig if isinstance(error, DBAPIError) else error
        raise GradebookError(str(said).splitlines()[0]) from error
    finally:
        app_log.disabled = False
        gradebook.db = session
        # After the commit there is nothing to roll back; before it, all of it.
        session.rollback()
        session.expunge_all()


class Records:
    """The coordinator's hand on gradebook, `autograded/` and notes.

    Args:
        root: the course's root folder.
        autograded: nbgrader's folder for graded notebooks.
        db_url: the gradebook.
        course_id: nbgrader's id of the course.
        terms: of this run.
        config: nbgrader's configuration, for late penalties.
        shared: nbgrader's `groupshared`: whether files are for the group too.
    """

    def __init__(
        self,
        root: Path,
        autograded: Path,
        db_url: str,
        course_id: str,
        terms: Terms,
        config: Any,
        shared: bool,
    ) -> None:
        self.autograded, self.terms, self._shared = autograded, terms, shared
        self._assignment = terms.blueprint.assignment
        self._notes = root / NOTES_FOLDER / self._assignment
        # A course folder may be moved with its gradebook in it; another gradebook starts afresh.
        book = shown_url(db_url).replace(str(root), "")
        self._version = hashlib.sha256(f"{terms.version()}\n{book}".encode()).hexdigest()
        self._gradebook = Gradebook(db_url, course_id)
        self._late = AssignLatePenalties(config=config)
        self._late.init_plugin()
        self._graded = self._in_gradebook()

    def close(self) -> None:
        """Close the gradebook."""
        self._gradebook.close()

    def is_done(self, submission: Submission) -> bool:
        """Return whether exactly this submission has been graded under exactly these terms."""
        note = self.note(submission.student)
        return (
            note.get("submission") == submission.digest()
            and note.get("terms") == self._version
            and submission.student in self._graded
            and self._folder(submission.student).is_dir()
        )

    def note(self, student: str) -> dict[str, Any]:
        """Return the note of how a submission was graded last; empty if there is none."""
        try:
            content = json.loads((self._notes / f"{student}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def save(self, submission: Submission, graded: Graded) -> float:
        """Record a graded submission; return the points as the gradebook now has them.

        Raises:
            OSError: a file cannot be written (a full disk).
            GradebookError: the gradebook cannot be written.
        """
        (self._notes / f"{submission.student}.json").unlink(missing_ok=True)
        with one_transaction(self._gradebook) as commit:
            score = self._write_grades(submission, graded)
            self._publish(submission, graded)
            commit()
        self._graded.add(submission.student)
        note = {
            "submission": submission.digest(),
            "terms": self._version,
            "outcome": graded.outcome,
            "score": score,
            "max_score": self.terms.blueprint.max_score,
            "sandbox": self.terms.confined,
        }
        self._notes.mkdir(parents=True, exist_ok=True)
        content = json.dumps(note, indent=1) + "\n"
        write_whole(self._notes / f"{submission.student}.json", content.encode())
        return score

    # ---------------------------------------------------------------------------------------- gradebook

    def _in_gradebook(self) -> set[str]:
        """Return the students with a complete set of grades for the assignment."""
        assignment = self._gradebook.find_assignment(self._assignment)
        waiting = (
            self._gradebook.db.query(SubmittedAssignment.student_id)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .filter(SubmittedAssignment.assignment_id == assignment.id)
            .filter(Grade.auto_score.is_(None), Grade.needs_manual_grade.is_(False))
        )
        all_of_them = self._gradebook.db.query(SubmittedAssignment.student_id).filter(
            SubmittedAssignment.assignment_id == assignment.id
        )
        found = {row[0] for row in all_of_them} - {row[0] for row in waiting}
        self._gradebook.db.rollback()
        return found

    def _write_grades(self, submission: Submission, graded: Graded) -> float:
        book = self._gradebook
        book.update_or_create_student(submission.student)
        details = {"timestamp": submission.timestamp} if submission.timestamp else {}
        with book.db.no_autoflush:
            entry = book.update_or_create_submission(self._assignment, submission.student, **details)
        notebooks = {notebook.name: notebook for notebook in entry.notebooks}
        for plan in self.terms.blueprint.notebooks:
            notebook = notebooks.get(plan.name)
            if notebook is None:
                notebook = SubmittedNotebook(
                    notebook=book.find_notebook(plan.name, self._assignment), assignment=entry
                )
                book.db.add(notebook)
            missing = submission.notebooks.get(plan.name) is None
            cells = _tracked_cells(graded.notebooks[plan.name])
            self._write_notebook(notebook, plan.name, cells, graded, missing)
        book.db.flush()
        book.db.expire_all()
        if entry.total_seconds_late > 0:
            self._write_penalties(entry, submission.student)
        return float(entry.score)

    def _write_notebook(
        self,
        notebook: SubmittedNotebook,
        name: str,
        cells: dict[str, NotebookNode],
        graded: Graded,
        missing: bool,
    ) -> None:
        grades = {grade.name: grade for grade in notebook.grades}
        comments = {comment.name: comment for comment in notebook.comments}
        source = notebook.notebook
        for entry in (*source.grade_cells, *source.task_cells):
            grade = grades.get(entry.name)
            if grade is None:
                grade = Grade(cell_id=entry.id, notebook=notebook)
                self._gradebook.db.add(grade)
            score = points_of(cells.get(entry.name), float(entry.max_score), missing)
            grade.auto_score = score
            review = grade.manual_score is not None or (name, entry.name) in graded.manual
            grade.needs_manual_grade = not missing and (review or score is None)
        for entry in (*source.solution_cells, *source.task_cells):
            comment = comments.get(entry.name)
            if comment is None:
                comment = Comment(cell_id=entry.id, notebook=notebook)
                self._gradebook.db.add(comment)
            comment.auto_comment = "No response." if _untouched(cells.get(entry.name)) else None

    def _write_penalties(self, entry: SubmittedAssignment, student: str) -> None:
        """Apply the course's rule for late work, as `nbgrader autograde` does."""
        for notebook in entry.notebooks:
            notebook.late_submission_penalty = None
            penalty = self._late.plugin_inst.late_submission_penalty(
                student, notebook.score, entry.total_seconds_late
            )
            if penalty is not None:
                notebook.late_submission_penalty = self._late._check_late_penalty(notebook, penalty)

    # -------------------------------------------------------------------------------------------- files

    def _folder(self, student: str) -> Path:
        return self.autograded / student / self._assignment

    def _publish(self, submission: Submission, graded: Graded) -> None:
        """Put the graded notebooks in place: the folder is there complete, or not at all."""
        target = self._folder(submission.student)
        target.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=_NEW, dir=self.autograded))
        try:
            new.chmod(0o2775 if self._shared else 0o755)
            files = {name: content for name, content in submission.files.items() if "/" not in name}
            if submission.timestamp:
                files[TIMESTAMP] = f"{submission.timestamp}\n".encode()
            files |= {f"{name}.ipynb": text.encode() for name, text in graded.notebooks.items()}
            for name, content in files.items():
                _write_synced(new / name, content, 0o664 if self._shared else 0o444)
            if target.exists():
                old = Path(tempfile.mkdtemp(prefix=_OLD, dir=self.autograded))
                os.rename(target, old / target.name)
                os.rename(new, target)
                shutil.rmtree(old)
            else:
                os.rename(new, target)
        finally:
            if new.exists():
                shutil.rmtree(new, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what an interrupted run left half done."""
        if not self.autograded.is_dir():
            return
        for prefix in (_NEW, _OLD):
            for folder in self.autograded.glob(f"{prefix}*"):
                shutil.rmtree(folder, ignore_errors=True)


def points_of(cell: NotebookNode | None, most: float, missing: bool = False) -> float | None:
    """Return the points that nbgrader reads from a graded cell, from 0 to `most`; None if a person decides."""
    if cell is None or missing:
        return 0.0
    try:
        points, _ = utils.determine_grade(cell)
    except (ValueError, KeyError, TypeError):
        return 0.0
    return None if points is None else clamp(points, most)


def _tracked_cells(notebook: str) -> dict[str, NotebookNode]:
    cells = nbformat.reads(notebook, as_version=4).cells
    return {cell.metadata["nbgrader"]["grade_id"]: cell for cell in cells if "nbgrader" in cell.metadata}


def _untouched(cell: NotebookNode | None) -> bool:
    if cell is None or utils.is_task(cell):
        return False
    return cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)


def _write_synced(path: Path, content: bytes, mode: int) -> None:
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(mode)


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Keep a second grader out of this course while the block runs.

    Raises:
        BadInput: another one is at work.
    """
    folder = root / NOTES_FOLDER
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(
                f"another `autograder grade` is at work in {root}; wait until it is done."
            ) from None
        yield


def cell_orders(source: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the order of the tracked cells in the source notebooks `names`, as far as these can be read."""
    orders = {}
    for name in names:
        try:
            cells = json.loads((source / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
            tracked = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells]
            orders[name] = [grade_id for grade_id in tracked if grade_id]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return orders
