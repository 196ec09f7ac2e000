"""What cannot be graded is refused in one clear line, with an exit status other than 0, and nothing is written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom import ORDINARY_UID, Work, as_ordinary_user, hand_in, make_course, nbgrader
from grading_helpers import SMALL, class_of, expected_of, grade, grades, log_lines, tree
from typer.testing import CliRunner

from autograder.cli import app


@pytest.fixture
def there(course: Path, monkeypatch: pytest.MonkeyPatch, sandboxed: None) -> Path:
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


def test_a_submitted_folder_with_nothing_in_it(there: Path) -> None:
    shutil.rmtree(there / "submitted")
    (there / "submitted").mkdir()
    assert "there are no submissions of 01_confusion_matrix" in refused(there, "1")


def test_a_configuration_that_is_no_python(there: Path) -> None:
    (there / "nbgrader_config.py").write_text("c = get_config(\n")
    assert "nbgrader_config.py cannot be used" in refused(there, "1")


def test_a_checks_file_that_is_no_python(there: Path) -> None:
    (there / "course" / SMALL / "checks.py").write_text("def (\n")
    done = CliRunner().invoke(app, ["grade", SMALL, "--unsafe"])
    assert done.exit_code == 2
    assert "checks.py" in done.stderr and "Traceback" not in done.stderr
    assert grades(there) == {} and not (there / "autograded").exists()


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


def test_no_bubblewrap(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(course, "ada", SMALL, Work())
    monkeypatch.chdir(course)
    monkeypatch.setattr(shutil, "which", lambda *arguments, **options: None)
    said = refused(course, SMALL)
    assert "bubblewrap" in said and "--unsafe" in said


def test_not_in_a_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "nbgrader_config.py" in refused(tmp_path, SMALL)


def test_limits_that_cannot_be(there: Path) -> None:
    assert "memory_mb" in refused(there, SMALL, "--memory", "99999999")
    assert "Did you mean 'processes'" in refused(there, SMALL, "--limit", "proceses=32")
    assert "is no number" in refused(there, SMALL, "--limit", "processes=many")
    assert "write NAME=VALUE" in refused(there, SMALL, "--limit", "processes")


def test_no_scheduler(there: Path) -> None:
    said = CliRunner().invoke(app, ["grade", SMALL, "--scheduler", "tcp://127.0.0.1:9"])
    assert said.exit_code == 2
    assert "no Dask scheduler answers" in said.stderr
    assert not (there / "autograded").exists()


# ------------------------------------------------------------------------------------------ unreadable files


@pytest.fixture
def of_a_user(sandboxed: None) -> Iterator[Path]:
    """A released course that an ordinary user owns, where every user can enter it."""
    if os.geteuid() != 0:
        pytest.skip("only root can make files for another user; an ordinary user runs the test below")
    folder = Path(tempfile.mkdtemp(prefix="unreadable-"))
    folder.chmod(0o755)
    make_course(folder / "course")
    nbgrader(folder / "course", "generate_assignment", SMALL)
    yield folder / "course"
    shutil.rmtree(folder)


def owned(root: Path) -> None:
    for path in [root.parent, *root.parent.rglob("*")]:
        os.chown(path, ORDINARY_UID, ORDINARY_UID, follow_symlinks=False)


def test_what_cannot_be_read_is_recorded_and_the_rest_is_graded(of_a_user: Path) -> None:
    root = of_a_user
    works = class_of(root, 4)
    owned(root)
    (root / "submitted" / "student00" / SMALL / "quiz.ipynb").chmod(0)
    (root / "submitted" / "student01" / SMALL).chmod(0)
    (root / "submitted" / "student02").chmod(0)
    log = root.parent / "log.jsonl"
    out, said = grade(root, SMALL, "--unsafe", "--json-log", str(log), status=1, prefix=as_ordinary_user())
    assert "Traceback" not in said
    for student, where in (("student00", "quiz.ipynb"), ("student01", SMALL), ("student02", SMALL)):
        assert f"{student}: not graded, not graded" in said
        (entry,) = (entry for entry in log_lines(log) if entry["student"] == student)
        (remark,) = entry["remarks"]
        assert remark.endswith(f"{where}: cannot be read (Permission denied).") and entry["score"] is None
    assert "1 graded" in out and "3 failed" in out
    assert grades(root) == {"student03": expected_of(works)["student03"]}


def test_what_the_grader_needs_and_cannot_read(of_a_user: Path) -> None:
    root = of_a_user
    class_of(root, 1)
    owned(root)
    for path in (root / "gradebook.db", root / "submitted", root / "course" / SMALL / "checks.py"):
        before, mode = tree(root), path.stat().st_mode
        path.chmod(0)
        _, said = grade(root, SMALL, "--unsafe", status=2, prefix=as_ordinary_user())
        assert len(said.strip().splitlines()) == 1 and str(path) in said, said
        path.chmod(mode)
        assert {name: entry[0] for name, entry in tree(root).items()} == {
            name: entry[0] for name, entry in before.items()
        }
