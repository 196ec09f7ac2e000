"""What students receive holds no answer, no key, no feedback of graded questions and no hidden check."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import nbformat
import pytest
from course_secrets import FEW, code_secrets, quiz_secrets, search, secrets
from tiny_course import NAME, ROOT

from autograder.build import build_course
from autograder.build.notebooks import SOLUTION_ONLY, STUB_KEY
from autograder.build.quiz_file import load_quiz
from autograder.course import Lesson
from headstart.questions.schema import PublicQuestion

LESSONS = [Lesson(path) for path in sorted((ROOT / "course").glob("[0-9]*"))]
IDS = [lesson.assignment for lesson in LESSONS]


def cells_of(path: Path) -> list[nbformat.NotebookNode]:
    return nbformat.read(path, as_version=4).cells


def by_grade_id(path: Path) -> dict[str, nbformat.NotebookNode]:
    return {cell.metadata.nbgrader.grade_id: cell for cell in cells_of(path) if "nbgrader" in cell.metadata}


# ------------------------------------------------------------------------------ the tiny course


@pytest.fixture
def release(tiny: Path) -> Path:
    build_course(tiny)
    return tiny / "quizzes" / NAME


def test_default_stub(release: Path) -> None:
    cells = by_grade_id(release / "exercises.ipynb")
    assert cells["halve"].source == (
        'def halve(number: float) -> float:\n    """Return half of `number`."""\n'
        "    # Write your code here.\n    raise NotImplementedError"
    )


def test_stub_of_one_cell(release: Path, tiny: Path) -> None:
    cells = by_grade_id(release / "exercises.ipynb")
    assert cells["repair"].source.endswith("    return number - 1")
    source = by_grade_id(tiny / "solutions" / NAME / "exercises.ipynb")
    assert source["repair"].source.endswith("    ### END SOLUTION")
    assert STUB_KEY in source["repair"].metadata
    for cell in cells.values():
        assert set(cell.metadata) <= {"deletable", "editable", "nbgrader"}


def test_checks_cell_shows_the_examples_and_is_locked(release: Path) -> None:
    cell = by_grade_id(release / "exercises.ipynb")["halve-checks"]
    assert cell.source.endswith('headstart.check("halve", half_of_four)')
    assert cell.metadata.nbgrader.points == 3
    assert cell.metadata.editable is False and cell.metadata.deletable is False


def test_explanations_stay_with_the_instructor(release: Path, tiny: Path) -> None:
    source = cells_of(tiny / "solutions" / NAME / "exercises.ipynb")
    assert any(SOLUTION_ONLY in cell.metadata.get("tags", []) for cell in source)
    for path in release.glob("*.ipynb"):
        assert not any(SOLUTION_ONLY in cell.metadata.get("tags", []) for cell in cells_of(path))
    assert "said only here" not in (release / "exercises.ipynb").read_text()


def test_quiz_cells(release: Path, tiny: Path) -> None:
    cells = by_grade_id(release / "quiz.ipynb")
    assert (
        cells["q02-graded-2-answer"].source == 'q2 = None  # or type your answer here, for example q2 = "b"'
    )
    assert cells["q02-graded-2"].source == 'headstart.answered("tiny.graded-2", q2)'
    assert cells["q01-sum-answer"].source == "q1 = None  # or type your answer here, for example q1 = 0.85"
    source = by_grade_id(tiny / "solutions" / NAME / "quiz.ipynb")
    assert source["q02-graded-2-answer"].source == 'q2 = right_answer("tiny.graded-2")'
    assert source["q02-graded-2"].source.endswith(
        'question_points("tiny.graded-2", q2)\n### END HIDDEN TESTS'
    )
    explanations = "\n".join(cell.source for cell in cells_of(tiny / "solutions" / NAME / "quiz.ipynb"))
    assert "reason two of graded-2" in explanations and "you took the difference of sum" in explanations


def test_a_stub_on_a_cell_that_is_no_solution_is_refused(release: Path, tiny: Path) -> None:
    from autograder.build.release import ReleaseError, generate_release

    notebook = nbformat.read(tiny / "solutions" / NAME / "exercises.ipynb", as_version=4)
    notebook.cells[1].metadata[STUB_KEY] = {"stub": "x = 1"}
    with pytest.raises(ReleaseError, match="carries a stub but is not a solution cell"):
        generate_release(tiny, {NAME: {"exercises.ipynb": nbformat.writes(notebook)}})


# ------------------------------------------------------------------------------ the real course


@pytest.mark.parametrize("lesson", LESSONS, ids=IDS)
def test_release_holds_no_secret(lesson: Lesson) -> None:
    forbidden = secrets(lesson)
    assert len(forbidden) > 50, "the search would find nothing because it searches for nothing"
    files = sorted((ROOT / "quizzes" / lesson.assignment).rglob("*"))
    notebooks = {"exercises.ipynb", "quiz.ipynb"} if lesson.exercises else {"quiz.ipynb"}
    assert {path.name for path in files} >= notebooks
    leaks = [
        leak for path in files if path.is_file() for leak in search(path.name, path.read_bytes(), forbidden)
    ]
    assert not leaks, "\n".join(leaks)


@pytest.mark.parametrize("lesson", LESSONS, ids=IDS)
def test_search_finds_what_it_must_find(lesson: Lesson) -> None:
    found = []
    for path in (ROOT / "solutions" / lesson.assignment).glob("*.ipynb"):
        found += search(path.name, path.read_bytes(), secrets(lesson))
    assert len(found) > 50


@pytest.mark.parametrize("lesson", LESSONS, ids=IDS)
def test_released_cells_are_stubs(lesson: Lesson) -> None:
    folder = ROOT / "quizzes" / lesson.assignment
    for exercise in lesson.exercises:
        source = by_grade_id(folder / "exercises.ipynb")[exercise.name].source
        if "stub" in exercise.cells:
            assert source == exercise.stub_source.strip()
        else:
            assert re.search(r"\n( +)# Write your code here\.\n\1raise NotImplementedError", source)
        ast.parse(source)
    quiz = by_grade_id(folder / "quiz.ipynb")
    for number, question in enumerate(load_quiz(lesson.quiz_path).questions, start=1):
        name = f"q{number:02}-{question.id.split('.')[1]}"
        assert quiz[f"{name}-answer"].source.startswith(f"q{number} = None  # or type your answer here")
        assert quiz[name].source == f'headstart.answered("{question.id}", q{number})'
        assert quiz[name].metadata.nbgrader.points == question.points


@pytest.mark.parametrize("lesson", LESSONS, ids=IDS)
def test_release_mentions_nothing_of_the_instructor(lesson: Lesson) -> None:
    for path in (ROOT / "quizzes" / lesson.assignment).glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        for word in ("autograder", "HIDDEN TESTS", "BEGIN SOLUTION", SOLUTION_ONLY, '"stub"', "right_answer"):
            assert word not in text, f"{path.name} has {word!r}"


@pytest.mark.parametrize("lesson", LESSONS, ids=IDS)
def test_bank_holds_no_key_of_graded_questions(lesson: Lesson) -> None:
    path = ROOT / "headstart" / "questions" / "bank" / f"{lesson.assignment}.json"
    graded = json.loads(path.read_text(encoding="utf-8"))["graded"]
    assert len(graded) == 10
    for question in graded:
        assert set(question) <= set(PublicQuestion.model_fields)
        for field in ("options", "items"):
            choices = question.get(field, [])
            assert all(set(choice) == {"key", "text"} for choice in choices)
            assert [choice["key"] for choice in choices] == sorted(choice["key"] for choice in choices)
    text = json.dumps(graded, ensure_ascii=False).encode("utf-8")
    assert not search(path.name, text, quiz_secrets(lesson))


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every file of the wheel and of the source archive, made from a copy of the project."""
    project = tmp_path_factory.mktemp("packages") / "project"
    skip = shutil.ignore_patterns(
        ".*", "*.egg-info", "build-*", "dist", "__pycache__", "test-artefacts", "shared"
    )
    shutil.copytree(ROOT, project, ignore=skip, ignore_dangling_symlinks=True)
    code = "from setuptools import build_meta as b; b.build_wheel('..'); b.build_sdist('..')"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=project, check=True, capture_output=True)
    files = {}
    for path in project.parent.glob("*.whl"):
        with zipfile.ZipFile(path) as archive:
            files |= {f"{path.name}/{name}": archive.read(name) for name in archive.namelist()}
    for path in project.parent.glob("*.tar.gz"):
        with tarfile.open(path) as archive:
            members = [member for member in archive.getmembers() if member.isfile()]
            files |= {f"{path.name}/{member.name}": archive.extractfile(member).read() for member in members}
    return files


def test_packages_hold_the_banks_but_no_secret(packages: dict[str, bytes]) -> None:
    assert any(name.endswith("questions/bank/07_freezing.json") for name in packages)
    forbidden = set().union(*(quiz_secrets(lesson) for lesson in LESSONS))
    # Short lines of code, such as `for module in model.modules():`, stand in the library for its own purposes.
    forbidden |= {line for lesson in LESSONS for line in code_secrets(lesson) if len(line) >= 3 * FEW}
    leaks = []
    for name, content in packages.items():
        assert "/course/" not in name and "/solutions/" not in name, name
        # The autograder's own code shares everyday phrases with the checks; it is the same for every course.
        if "/autograder/" not in name:
            leaks += search(name, content, forbidden)
    assert not leaks, "\n".join(leaks)
