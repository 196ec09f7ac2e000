"""A class graded into a gradebook that a real PostgreSQL server keeps, started here for the while."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom import nbgrader
from grading_helpers import SMALL, class_of, expected_of, grade, grades, log_lines
from typer.testing import CliRunner

from autograder.cli import app

pytest.importorskip("psycopg", reason="the package psycopg is not installed")

pytestmark = [pytest.mark.nbgrader, pytest.mark.usefixtures("sandboxed")]

STUDENTS = 3


def server_programs() -> Path:
    """Return the folder of PostgreSQL's server programs, or skip."""
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    folders = [*reversed(known), *([Path(on_path).parent] if on_path else [])]
    for folder in folders:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    pytest.skip("there is no PostgreSQL server on this machine (apt install postgresql)")


def server_user() -> str | None:
    """Return the user for the server, which refuses to run as root; None if it can be the present one. Or skip."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    pytest.skip("a PostgreSQL server does not run as root, and there is no user `postgres` or `nobody`")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server on a Unix socket in a folder of its own; gives its URL without the name of a database."""
    programs, user = server_programs(), server_user()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    as_user = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    if user:
        shutil.chown(folder, user)
    quiet = {"cwd": folder, "check": True, "capture_output": True, "text": True, **as_user}
    data = folder / "data"
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
    try:
        subprocess.run([programs / "initdb", "-D", data, "-A", "trust", "-U", "teacher", "-N"], **quiet)
        # The server keeps the streams that it inherits, so it gets files instead of pipes.
        with open(os.devnull, "wb") as nowhere:
            subprocess.run(
                [*control, "-l", str(folder / "log"), "-o", options, "start"],
                cwd=folder, check=True, stdout=nowhere, stderr=nowhere, **as_user,
            )  # fmt: skip
        try:
            yield f"postgresql+psycopg://teacher:secret@/{{}}?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def gradebook(server: str) -> Iterator[str]:
    """The URL of an empty database."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("CREATE DATABASE gradebook"))
    engine.dispose()
    yield server.format("gradebook")


def test_a_class_is_graded_into_postgresql(course: Path, gradebook: str) -> None:
    with open(course / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(f"\nc.CourseDirectory.db_url = {gradebook!r}\n")
    (course / "gradebook.db").unlink()
    nbgrader(course, "generate_assignment", SMALL, "--force")
    works = class_of(course, STUDENTS)
    log = course / "log.jsonl"
    grade(course, SMALL, "--json-log", str(log))
    assert grades(course, db_url=gradebook) == expected_of(works)
    assert len(log_lines(log)) == STUDENTS
    assert not (course / "gradebook.db").exists()
    # What is there is known: one grade each, also the second time.
    shutil.rmtree(course / "autograded" / "student00")
    _, said = grade(course, SMALL)
    assert f"{STUDENTS - 1} graded before and unchanged" in said
    assert grades(course, db_url=gradebook) == expected_of(works)
    nbgrader(course, "generate_feedback", SMALL)
    assert len(list((course / "feedback").glob("*/*/exercises.html"))) == STUDENTS


def test_a_server_or_database_that_is_not_there(
    course: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_of(course, 1)
    monkeypatch.chdir(course)
    for url in (server.format("another"), "postgresql+psycopg://teacher:secret@/gradebook?host=/nowhere"):
        done = CliRunner().invoke(app, ["grade", SMALL, "--db", url])
        assert done.exit_code == 2
        assert len(done.stderr.strip().splitlines()) == 1
        assert "cannot be read" in done.stderr and "secret" not in done.stderr
    assert not (course / "autograded").exists()
