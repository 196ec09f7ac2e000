"""A small class to grade, and ways to look at what was recorded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
from classroom import LESSONS, QUIZZES, Work, environment, grade_id, hand_in, mistaken, points, right
from nbgrader.api import Gradebook

SMALL = "01_confusion_matrix"
# For a class that is graded several times: an endless loop ends soon, and honest code has time on a busy machine.
QUICK_SECONDS = 8.0
QUICK = ("--seconds", f"{QUICK_SECONDS:g}")
Grades = dict[tuple[str, str, str], float | None]


def grader(root: Path, *arguments: str, prefix: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start `autograder grade` in the course at `root`; `prefix` comes first on the command line."""
    variables = environment(root)
    command = [*prefix, sys.executable, "-m", "autograder.cli", "grade", *arguments]
    return subprocess.Popen(
        command,
        cwd=root,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background have a shell's order to ignore Ctrl+C, which the grader would inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def grade(root: Path, *arguments: str, status: int = 0, prefix: Sequence[str] = ()) -> tuple[str, str]:
    """Run `autograder grade`; return stdout and stderr."""
    process = grader(root, *arguments, prefix=prefix)
    out, err = process.communicate(timeout=500)
    assert process.returncode == status, f"exit status {process.returncode}\n{out}\n{err}"
    return out, err


def grades(root: Path, assignment: str = SMALL, db_url: str | None = None) -> dict[str, Grades]:
    """Return the points of each submission of `assignment` in the gradebook, by (notebook, cell)."""
    with Gradebook(db_url or f"sqlite:///{root / 'gradebook.db'}", "headstart") as gradebook:
        found: dict[str, Grades] = {}
        for submission in gradebook.assignment_submissions(assignment):
            assert submission.student_id not in found
            found[submission.student_id] = {
                (notebook.name, grade.name): grade.auto_score
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
        return found


def log_lines(path: Path, event: str = "submission") -> list[dict]:
    """Return the entries of a JSON log."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    entries = [json.loads(line) for line in lines if line.endswith("}")]
    return [entry for entry in entries if entry["event"] == event]


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the process and all below it."""
    try:
        first = psutil.Process(process.pid)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def mounts() -> int:
    """Return how many mounts this process sees."""
    return len(Path("/proc/self/mounts").read_text().splitlines())


def class_of(root: Path, count: int, assignment: str = SMALL) -> dict[str, Work]:
    """Hand in `count` submissions of different worth; return them by student."""
    lesson, questions = LESSONS[assignment], QUIZZES[assignment]
    works = {}
    for number in range(count):
        student = f"student{number:02}"
        work = Work(typed={}, id_typed=student)
        for place, exercise in enumerate(lesson.exercises):
            if (number + place) % 3:
                work.code[exercise.name] = exercise.solution_source
        for place, question in enumerate(questions):
            choose = right if (number + place) % 2 else mistaken
            work.typed[question.id] = choose(question, student)
        works[student] = work
        hand_in(root, student, assignment, work)
    return works


def expected_of(works: dict[str, Work], assignment: str = SMALL) -> dict[str, Grades]:
    """Return the points that the class of `class_of` has to get."""
    lesson, questions = LESSONS[assignment], QUIZZES[assignment]
    return {
        student: {
            ("exercises", f"{exercise.name}-checks"): float(
                exercise.max_points * (exercise.name in work.code)
            )
            for exercise in lesson.exercises
        }
        | {
            ("quiz", grade_id(number, question)): points(question, student, work.typed[question.id])
            for number, question in enumerate(questions, start=1)
        }
        for student, work in works.items()
    }


def tree(root: Path) -> dict[str, tuple[int, int]]:
    """Return size and modification time of every file below `root`."""
    return {
        os.path.join(folder, name): (status.st_size, status.st_mtime_ns)
        for folder, _, names in os.walk(root)
        for name in names
        for status in [os.lstat(os.path.join(folder, name))]
        if "__pycache__" not in folder
    }
