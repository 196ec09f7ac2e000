"""What cannot be graded is refused in one clear line, with an exit status other than 0, and nothing is written."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from classroom import Work, hand_in
from grading_helpers import SMALL, tree
from typer.testing import CliRunner

from autograder.cli import app


@pytest.fixture
def there(course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The course as the current folder, with one submission."""
    hand_in(course, "ada", SMALL, Work())
    monkeypatch.chdir(course)
    return course


def refused(root: Path, *arguments: str, status: int = 2) -> str:
    """Run the command, which must refuse and write nothing; return what it says."""
    before = tree(root)
    done = CliRunner().invoke(app, ["grade", *arguments])
    assert done.exit_code == status, done.output
    assert tree(root) == before
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def test_unknown_assignment_names_the_nearest(there: Path) -> None:
    assert "Did you mean '01_confusion_matrix'" in refused(there, "01_confusion")


def test_unknown_student_names_the_nearest(there: Path) -> None:
    assert "Did you mean 'ada'?" in refused(there, SMALL, "--student", "adda")


def test_nothing_submitted(there: Path) -> None:
    assert "there are no submissions of 07_freezing" in refused(there, "7")


def test_no_submitted_folder(there: Path) -> None:
    shutil.rmtree(there / "submitted")
    assert "nbgrader collect" in refused(there, "1")


def test_no_gradebook(there: Path) -> None:
    (there / "gradebook.db").unlink()
    assert "nbgrader generate_assignment" in refused(there, SMALL)
    assert not (there / "gradebook.db").exists()


def test_a_file_that_is_no_gradebook(there: Path) -> None:
    (there / "other.db").write_text("no database at all, but long enough to be looked at as one" * 20)
    assert "cannot be read" in refused(there, SMALL, "--db", f"sqlite:///{there / 'other.db'}")


def test_a_url_that_is_none(there: Path) -> None:
    assert "no database URL" in refused(there, SMALL, "--db", "gradebook")


def test_gradebook_of_another_course(there: Path) -> None:
    with sqlite3.connect(there / "gradebook.db") as connection:
        connection.execute("INSERT INTO course VALUES ('biology')")
        connection.execute("UPDATE assignment SET course_id = 'biology'")
    assert "the gradebook of course 'biology', not of 'headstart'" in refused(there, SMALL)


def test_gradebook_of_another_nbgrader(there: Path) -> None:
    with sqlite3.connect(there / "gradebook.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0123456789ab'")
    assert "nbgrader db upgrade" in refused(there, SMALL)


def test_tests_of_its_own_are_left_to_nbgrader(there: Path) -> None:
    with sqlite3.connect(there / "gradebook.db") as connection:
        connection.execute(
            "UPDATE source_cell SET source = 'assert x == 1' WHERE name = 'confusion_counts-checks'"
        )
    assert "stock `nbgrader autograde`" in refused(there, SMALL)


def test_no_bubblewrap(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *arguments, **options: None)
    said = refused(there, SMALL)
    assert "bubblewrap" in said and "--unsafe" in said


def test_not_in_a_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "nbgrader_config.py" in refused(tmp_path, SMALL)


def test_limits_that_cannot_be(there: Path) -> None:
    assert "memory_mb" in refused(there, SMALL, "--memory", "99999999")


def test_no_scheduler(there: Path) -> None:
    said = CliRunner().invoke(app, ["grade", SMALL, "--scheduler", "tcp://127.0.0.1:9"])
    assert said.exit_code == 2
    assert "no Dask scheduler answers" in said.stderr
    assert not (there / "autograded").exists()
