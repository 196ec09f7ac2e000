"""Mistakes of authors: each message names the file, the line, the cell or field, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_course import NAME

from autograder.build import build_course
from autograder.build.errors import SourceError
from autograder.build.quiz_file import QuizFileError
from autograder.course import CourseError, Lesson

Edit = Callable[[str, str, str], int]

# file, text to replace, replacement, lines below the replaced text's first line, part of the message
MISTAKES = {
    "role with a typing mistake": (
        "exercises.py",
        'exercise="halve" role="card"',
        'exercise="halve" role="crad"',
        0,
        "role 'crad': unknown role; did you mean 'card'?",
    ),
    "exercise without a role": (
        "exercises.py",
        'exercise="halve" role="card"',
        'exercise="halve"',
        0,
        "cell metadata 'role': give `exercise` and `role`, or neither",
    ),
    "unknown metadata": (
        "exercises.py",
        'exercise="halve" role="card"',
        'exercice="halve" role="card"',
        0,
        "cell metadata 'exercice': unknown key; did you mean 'exercise'?",
    ),
    "card that is code": (
        "exercises.py",
        '# %% [markdown] exercise="halve" role="card"',
        '# %% exercise="halve" role="card"',
        0,
        "exercise 'halve', role 'card': is a code cell; make it markdown",
    ),
    "wrong points on the card": (
        "exercises.py",
        "**Easy · 5 minutes · 3 points**",
        "**Easy · 5 minutes · 4 points**",
        0,
        "exercise 'halve', role 'card': says 4 points, but its checks are worth 3",
    ),
    "no markers around the solution": (
        "exercises.py",
        '# %% exercise="halve" role="solution"\ndef halve(number: float) -> float:\n'
        '    """Return half of `number`."""\n    ### BEGIN SOLUTION\n',
        '# %% exercise="halve" role="solution"\ndef halve(number: float) -> float:\n'
        '    """Return half of `number`."""\n',
        0,
        "exercise 'halve', role 'solution': put the body between `### BEGIN SOLUTION`",
    ),
    "solution of another name": (
        "exercises.py",
        '# %% exercise="halve" role="solution"\ndef halve(',
        '# %% exercise="halve" role="solution"\ndef half(',
        0,
        "exercise 'halve', role 'solution': defines no halve",
    ),
    "stub with another signature": (
        "exercises.py",
        '# %% exercise="repair" role="stub"\ndef repair(number: int)',
        '# %% exercise="repair" role="stub"\ndef repair(n: int)',
        0,
        "exercise 'repair', role 'stub': the signature of repair differs between solution and stub",
    ),
    "examples that are not run": (
        "exercises.py",
        '\n\nheadstart.check("repair", after_four)',
        "",
        -4,
        "exercise 'repair', role 'examples': must end with `headstart.check('repair'",
    ),
    "example without a docstring": (
        "exercises.py",
        '# %% exercise="repair" role="examples"\ndef after_four() -> None:\n    """after 4 comes 5"""\n',
        '# %% exercise="repair" role="examples"\ndef after_four() -> None:\n',
        0,
        "exercise 'repair', role 'examples': after_four has no docstring",
    ),
    "checks without an exercise": (
        "checks.py",
        '@check("repair", points=1',
        '@check("repare", points=1',
        None,
        "exercise 'repair': there are no checks for it; did you mean 'repare'?",
    ),
    "syntax error in a solution": (
        "exercises.py",
        "    return number / secret_divisor",
        "    return number / / secret_divisor",
        0,
        "code cell: invalid syntax: return number / / secret_divisor",
    ),
    "syntax error in a lesson": (
        "lesson.py",
        "math.fsum([0.1] * 10)",
        "math.fsum([0.1] * 10",
        0,
        "code cell: '(' was never closed",
    ),
    "lesson with another number": (
        "lesson.py",
        "# # Lesson 3 · Tiny numbers",
        "# # Lesson 4 · Tiny numbers",
        0,
        "title: got '# Lesson 4 · Tiny numbers'; start the first Markdown cell with `# Lesson 3 · <title>`",
    ),
    "text before the first cell": (
        "lesson.py",
        "# %% [markdown]\n# # Lesson 3",
        "import os\n\n# %% [markdown]\n# # Lesson 3",
        0,
        "text before the first cell",
    ),
    "empty cell": ("lesson.py", "import math", "", -1, "code cell: the cell is empty"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_message_names_file_line_and_cell(name: str, tiny: Path, edit: Edit) -> None:
    file_name, old, new, offset, message = MISTAKES[name]
    line = edit(file_name, old, new)
    with pytest.raises((SourceError, QuizFileError)) as caught:
        build_course(tiny)
    shown = str(caught.value)
    if offset is None:
        assert f"course/{NAME}/exercises.py" in shown
    else:
        assert f"course/{NAME}/{file_name}:{line + offset}: " in shown
    assert message in shown


def test_card_needs_three_hints(tiny: Path) -> None:
    path = tiny / "course" / NAME / "exercises.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("# <details><summary>Hint 2</summary>look</details>\n", "", 1), encoding="utf-8"
    )
    with pytest.raises(SourceError, match="role 'card': has 2 hints"):
        build_course(tiny)


def test_exercise_whose_cells_stand_apart(tiny: Path, edit: Edit) -> None:
    edit(
        "exercises.py",
        '# %% [markdown] exercise="halve" role="explanation"',
        '# %% [markdown]\n# Between.\n\n# %% [markdown] exercise="halve" role="explanation"',
    )
    with pytest.raises(SourceError, match="exercise 'halve'"):
        build_course(tiny)


@pytest.mark.parametrize("name", ["lesson.py", "quiz.yaml", "exercises.py", "checks.py"])
def test_missing_file(name: str, tiny: Path) -> None:
    (tiny / "course" / NAME / name).unlink()
    with pytest.raises(SourceError, match=f"course/{NAME}/{name}: there is no such file"):
        build_course(tiny)


def test_checks_without_exercises_and_exercises_without_checks(tiny: Path) -> None:
    (tiny / "course" / NAME / "exercises.py").unlink()
    with pytest.raises(CourseError, match=r"exercises\.py: no such file"):
        _ = Lesson(tiny / "course" / NAME).exercises


def test_folder_with_a_wrong_name(tiny: Path) -> None:
    (tiny / "course" / NAME).rename(tiny / "course" / "Tiny")
    with pytest.raises(SourceError, match="course/Tiny: folder name: expected NN_slug"):
        build_course(tiny)


def test_quiz_of_another_lesson(tiny: Path) -> None:
    (tiny / "course" / NAME).rename(tiny / "course" / "03_tony")
    with pytest.raises(
        SourceError, match=r"quiz\.yaml:1: lesson: is 'tiny', but the folder is 03_tony; write 'tony'"
    ):
        build_course(tiny)


def test_section_that_the_lesson_does_not_have(tiny: Path) -> None:
    lesson, quiz = (tiny / "course" / NAME / name for name in ("lesson.py", "quiz.yaml"))
    lesson.write_text(lesson.read_text("utf-8") + "\n# %% [markdown]\n# ## Halves\n", "utf-8")
    text = quiz.read_text("utf-8")
    quiz.write_text(text.replace("id: tiny.practice-1", "id: tiny.practice-1\n    section: Halves"), "utf-8")
    build_course(tiny)
    quiz.write_text(text.replace("id: tiny.practice-1", "id: tiny.practice-1\n    section: Haves"), "utf-8")
    with pytest.raises(SourceError, match=r"quiz\.yaml: section of tiny\.practice-1: .* mean 'Halves'"):
        build_course(tiny)


def test_course_without_lessons(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no lesson in"):
        build_course(tmp_path)


def test_checks_that_stop_with_an_error(tiny: Path, edit: Edit) -> None:
    line = edit(
        "checks.py", "from autograder.checks import check, expect", "from autograder.checks import chek"
    )
    with pytest.raises(CourseError, match=rf"checks\.py:{line}: ImportError"):
        build_course(tiny)
