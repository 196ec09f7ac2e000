"""Stock `nbgrader autograde` with `isolate(c)` in the course's configuration: judged in the sandbox, points as ever."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest
from classroom import LESSONS, QUIZZES, Work, environment, grade_id, hand_in, make_course, nbgrader, right
from nbgrader.api import Gradebook

pytestmark = [pytest.mark.nbgrader, pytest.mark.xdist_group("nbgrader")]

SMALL = "01_confusion_matrix"
ISOLATED = """
from autograder.grading.preprocessors import isolate

isolate(c)
c.IsolatedVerdicts.policy = {"call_seconds": 8.0, "processes": 48}
"""
# Code that has the grader's own rights could write all of this.
HOSTILE = """
import pathlib
for folder in (pathlib.Path({root!r}), pathlib.Path.cwd(), pathlib.Path.home(), *pathlib.Path.cwd().parents):
    for name in ("gradebook.db", "stolen.txt"):
        try:
            (folder / name).write_bytes(b"6 of 6 points")
        except OSError:
            pass
"""


@pytest.fixture(scope="module")
def isolated(tmp_path_factory: pytest.TempPathFactory, sandboxed: None) -> Path:
    """A course whose configuration isolates, graded by nbgrader: three students, two of whom misbehave."""
    root = tmp_path_factory.mktemp("isolated") / "course"
    make_course(root)
    nbgrader(root, "generate_assignment", SMALL)
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(ISOLATED)
    exercises, questions = LESSONS[SMALL].exercises, QUIZZES[SMALL]
    solved = {exercise.name: exercise.solution_source for exercise in exercises}
    first = exercises[0].name
    codes = {
        "ada": solved,
        "mallory": solved | {first: HOSTILE.format(root=str(root))},
        "exit": solved | {first: f"import os\ndef {first}(*a):\n    os._exit(0)\n"},
    }
    for student, code in codes.items():
        typed = {question.id: right(question, student) for question in questions}
        hand_in(root, student, SMALL, Work(code=code, typed=typed, id_typed=student))
    nbgrader(root, "autograde", SMALL)
    return root


def points(root: Path, student: str) -> dict[str, float]:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "headstart") as gradebook:
        submission = gradebook.find_submission(SMALL, student)
        return {grade.name: grade.score for notebook in submission.notebooks for grade in notebook.grades}


def test_each_gets_what_the_work_is_worth(isolated: Path) -> None:
    full = {f"{exercise.name}-checks": exercise.max_points for exercise in LESSONS[SMALL].exercises}
    full |= {grade_id(n, question): question.points for n, question in enumerate(QUIZZES[SMALL], start=1)}
    lost = f"{LESSONS[SMALL].exercises[0].name}-checks"
    assert points(isolated, "ada") == full
    for student in ("mallory", "exit"):
        assert points(isolated, student) == full | {lost: 0.0}


def test_nothing_outside_was_touched(isolated: Path) -> None:
    assert [path for path in isolated.parent.rglob("stolen.txt")] == []


def test_feedback_says_what_happened(isolated: Path) -> None:
    nbgrader(isolated, "generate_feedback", SMALL)
    for student, said in (("ada", "passed"), ("exit", "does the code call exit?")):
        page = (isolated / "feedback" / student / SMALL / "exercises.html").read_text(encoding="utf-8")
        text = html.unescape(re.sub(r"<[^>]+>", "", page))
        assert said in text and "HIDDEN TESTS" not in text


def test_a_limit_that_there_is_not_is_named(isolated: Path) -> None:
    command = [sys.executable, "-m", "nbgrader", "autograde", SMALL, "--student", "ada", "--force"]
    command += ["--IsolatedVerdicts.policy={'memroy_mb': 512}"]
    done = subprocess.run(command, cwd=isolated, env=environment(isolated), capture_output=True, text=True)
    assert done.returncode != 0
    assert "Did you mean 'memory_mb'" in done.stderr
