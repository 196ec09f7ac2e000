"""What `autograder release` writes: what students get, nothing that they must not have, the same bytes each time."""

from __future__ import annotations

import email
import io
import json
import os
import re
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "build"))

from course_secrets import FEW_IN_CODE, leaks, secrets_by_kind  # noqa: E402

import autograder.bundle.contents  # noqa: E402
from autograder.bundle.contents import contents, version  # noqa: E402
from autograder.bundle.wheel import learner_wheel  # noqa: E402
from autograder.bundle.writing import zipped  # noqa: E402
from autograder.course import Lesson  # noqa: E402
from headstart.questions.schema import PublicQuestion  # noqa: E402

LESSONS = [Lesson(path) for path in sorted((ROOT / "course").glob("[0-9]*"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TOP = f"headstart-{version(ROOT)}"
WHEEL = f"headstart_learner-{version(ROOT)}-py3-none-any.whl"

# All tests need what the fixtures make, which takes seconds: they stay on one worker.
pytestmark = pytest.mark.xdist_group("bundle")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """A release of the whole course, by path."""
    return contents(ROOT, LESSONS, LESSONS)


@pytest.fixture(scope="module")
def wheel(files: dict[str, bytes]) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(files[WHEEL]))


@pytest.fixture(scope="module")
def forbidden() -> dict[str, set[str]]:
    return secrets_by_kind(LESSONS)


# ------------------------------------------------------------------------------------------------ what is in it


def test_students_get_all_lessons_quizzes_and_the_library(files: dict[str, bytes]) -> None:
    names = {lesson.assignment for lesson in LESSONS}
    with_exercises = {lesson.assignment for lesson in LESSONS if lesson.has_exercises}
    assert files.keys() == {
        *("LICENSE", "README.md", "constraints.txt", WHEEL),
        *("lessons/glossary.ipynb", "lessons/cheat_sheet.html"),
        *(f"lessons/{name}.ipynb" for name in names),
        *(f"quizzes/{name}/quiz.ipynb" for name in names),
        *(f"quizzes/{name}/exercises.ipynb" for name in with_exercises),
    }
    for name in files.keys() - {"README.md", WHEEL}:
        assert files[name] == (ROOT / name).read_bytes()


@pytest.fixture
def same_wheel(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel is not built once more."""
    monkeypatch.setattr(autograder.bundle.contents, "learner_wheel", lambda root: (WHEEL, files[WHEEL]))


@pytest.mark.usefixtures("same_wheel")
def test_some_assignments_only(files: dict[str, bytes]) -> None:
    chosen = [lesson for lesson in LESSONS if lesson.number in (7, 11)]
    some = contents(ROOT, LESSONS, chosen)
    left_out = files.keys() - some.keys()
    assert left_out and all(name.startswith("quizzes/") for name in left_out)
    assert {name.split("/")[1] for name in some if name.startswith("quizzes/")} == {
        lesson.assignment for lesson in chosen
    }
    readme = some["README.md"].decode()
    assert "Those of the other lessons come later." in readme and "(there is none in `11_" in readme


@pytest.mark.usefixtures("same_wheel")
def test_what_lies_beside_stays_there(tmp_path: Path) -> None:
    """Answers of whoever tried the notebooks, checkpoints and links are no part of a release."""
    for name in ("pyproject.toml", "LICENSE", "constraints.txt", "headstart"):
        (tmp_path / name).symlink_to(ROOT / name)
    strangers = [
        "lessons/answers.json",
        "lessons/.ipynb_checkpoints/01_a-checkpoint.ipynb",
        "quizzes/01_a/x.ipynb",
    ]
    for name in ("lessons/01_a.ipynb", "quizzes/01_a/quiz.ipynb", *strangers):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "lessons" / "02_b.ipynb").symlink_to(ROOT / "solutions" / "07_freezing" / "quiz.ipynb")
    lesson = tmp_path / "course" / "01_a"
    lesson.mkdir(parents=True)
    (lesson / "lesson.py").write_text("# %% [markdown]\n# # Lesson 1 · A\n")
    found = contents(tmp_path, [Lesson(lesson)], [Lesson(lesson)])
    assert {name for name in found if "/" in name} == {"lessons/01_a.ipynb", "quizzes/01_a/quiz.ipynb"}


def test_the_wheel_holds_the_library_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    info, data = (f"headstart_learner-{version(ROOT)}.{kind}" for kind in ("dist-info", "data"))
    assert {name.split("/")[0] for name in names} == {"headstart", info, data}
    settings = "share/jupyter/lab/settings/overrides.d/headstart.json"
    assert {name for name in names if name.startswith(data)} == {f"{data}/data/{settings}"}
    package = [
        path for path in (ROOT / "headstart").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    assert {path.relative_to(ROOT).as_posix() for path in package} == {
        name for name in names if name.startswith("headstart/")
    }, "a file of the package is missing: see package-data in pyproject.toml"
    described = email.message_from_bytes(wheel.read(f"{info}/METADATA"))
    wanted = [text.split(";")[0].strip() for text in described.get_all("Requires-Dist")]
    assert set(PROJECT["project"]["dependencies"]) <= set(wanted)
    assert not [text for text in wanted if text.startswith(("nbgrader", "pyseccomp", "pytest"))]
    scripts = wheel.read(f"{info}/entry_points.txt").decode()
    assert "headstart = headstart.cli:app" in scripts and "autograder" not in scripts


def test_the_same_course_gives_the_same_bytes(files: dict[str, bytes]) -> None:
    old = os.umask(0o077)
    try:
        again = contents(ROOT, LESSONS, LESSONS)
    finally:
        os.umask(old)
    assert again == files
    assert zipped(again, TOP) == zipped(dict(reversed(files.items())), TOP)


def test_the_readme_names_files_that_are_there(files: dict[str, bytes]) -> None:
    readme = files["README.md"].decode()
    named = set(re.findall(r"`([\w./-]+\.(?:ipynb|whl|txt))`", readme)) - {"quiz.ipynb", "exercises.ipynb"}
    assert {WHEEL, "constraints.txt"} < named <= files.keys()
    assert {name.split("/")[1] for name in files if name.startswith("quizzes/")} == set(
        re.findall(r"`quizzes/(\w+)/`", readme)
    )


# --------------------------------------------------------------------------------------------- what is not in it


def test_no_file_holds_a_secret(files: dict[str, bytes], forbidden: dict[str, set[str]]) -> None:
    assert min(len(secrets) for secrets in forbidden.values()) > 50
    assert not leaks({f"{TOP}.zip": zipped(files, TOP)}, forbidden)


def test_no_file_mentions_the_instructors_tools(files: dict[str, bytes], wheel: zipfile.ZipFile) -> None:
    notebooks = {
        name: content for name, content in files.items() if name.startswith(("lessons/", "quizzes/"))
    }
    for name, content in notebooks.items():
        assert not re.search(rb"autograder|HIDDEN TESTS|BEGIN SOLUTION", content), name
    for name in wheel.namelist():
        if name.endswith(".py"):
            assert not re.search(rb"^\s*(?:import|from) (?:autograder|nbgrader)\b", wheel.read(name), re.M), (
                name
            )


def test_graded_questions_have_no_key(wheel: zipfile.ZipFile) -> None:
    banks = [name for name in wheel.namelist() if "/questions/bank/" in name]
    assert len(banks) == len(LESSONS)
    for name in banks:
        graded = json.loads(wheel.read(name))["graded"]
        assert len(graded) == 10
        for question in graded:
            assert set(question) <= set(PublicQuestion.model_fields)
            for choice in (*question.get("options", ()), *question.get("items", ())):
                assert set(choice) == {"key", "text"}


def planted(files: dict[str, bytes], place: str, secret: str) -> dict[str, bytes]:
    """Return `files` with `secret` in one of them, in the way that it would get there."""
    changed = dict(files)
    if place == "wheel":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("headstart/extra.py", f"def f():\n    '''\n    {secret}\n    '''\n")
        changed[WHEEL] = buffer.getvalue()
    elif place == "metadata":
        notebook = nbformat.reads(files["quizzes/07_freezing/quiz.ipynb"], as_version=4)
        notebook.cells[3].metadata["note"] = secret
        changed["quizzes/07_freezing/quiz.ipynb"] = nbformat.writes(notebook).encode()
    else:
        notebook = nbformat.reads(files["lessons/01_confusion_matrix.ipynb"], as_version=4)
        half = secret.find(" ", len(secret) // 2)
        broken = secret if half < 0 else f"{secret[:half]}\n   {secret[half:]}"  # a line break hides nothing
        notebook.cells[5].source += f"\n\n{broken}"
        changed["lessons/01_confusion_matrix.ipynb"] = nbformat.writes(notebook).encode()
    return changed


@pytest.mark.parametrize("place", ["lesson", "metadata", "wheel"])
def test_a_planted_secret_is_found(
    files: dict[str, bytes], forbidden: dict[str, set[str]], place: str
) -> None:
    for kind, secrets in forbidden.items():
        long = [secret for secret in secrets if len(secret) >= FEW_IN_CODE]
        secret = sorted(secrets if kind in ("check id", "formula") else long)[0]
        if place == "wheel" and kind == "formula":
            continue  # short formulas are searched for in questions and notebooks, not in the library's code
        changed = planted(files, place, secret)
        touched = {name: content for name, content in changed.items() if content != files[name]}
        assert any(f": {kind}: {secret}" in leak for leak in leaks(touched, forbidden)), (kind, secret)


def test_the_key_of_a_question_is_found_in_a_bank(
    files: dict[str, bytes], forbidden: dict[str, set[str]]
) -> None:
    solution = (ROOT / "solutions" / "07_freezing" / "quiz.ipynb").read_bytes()
    assert len(leaks({"quiz.ipynb": solution}, forbidden)) > 20


def test_a_course_without_a_library_is_named(tmp_path: Path) -> None:
    from autograder.bundle.wheel import WheelError

    with pytest.raises(
        WheelError, match=r"pyproject\.toml: no such file; the learner's package is made from it"
    ):
        learner_wheel(tmp_path)
