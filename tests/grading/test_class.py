"""A class through `autograder grade`: the points of the judge, one grade each, resumed, interrupted, fed back."""

from __future__ import annotations

import html
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from classroom import (
    ASSIGNMENTS,
    LESSONS,
    ROOT,
    STOCK,
    WITH_EXERCISES,
    Work,
    environment,
    grade_id,
    hand_in,
    mistaken,
    nbgrader,
    points,
    right,
)
from grading_helpers import (
    QUICK,
    QUICK_SECONDS,
    SMALL,
    class_of,
    family,
    grade,
    grader,
    grades,
    log_lines,
    mounts,
)

from autograder.build.quiz_file import load_quiz
from autograder.course import Exercise, Lesson
from autograder.grading.records import only_one
from autograder.judge import judge_answer
from autograder.source import read_answer

pytestmark = [pytest.mark.nbgrader, pytest.mark.usefixtures("sandboxed")]

STUDENTS = int(os.environ.get("GRADING_STUDENTS", "5"))
KILLS = int(os.environ.get("GRADING_KILLS", "3"))


@pytest.fixture(scope="module")
def handed_in(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a small class, one of whose members hands in a loop without end."""
    root = tmp_path_factory.mktemp("class") / "course"
    shutil.copytree(released, root)
    class_of(root, STUDENTS)
    names = [exercise.name for exercise in LESSONS[SMALL].exercises]
    hand_in(
        root, "loop", SMALL, Work(code={names[0]: f"def {names[0]}(*a):\n    while True:\n        pass\n"})
    )
    hand_in(root, "exit", SMALL, Work(code={names[0]: f"import os\ndef {names[0]}(*a):\n    os._exit(3)\n"}))
    return root


@pytest.fixture(scope="module")
def undisturbed(handed_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same class, graded in one go."""
    root = tmp_path_factory.mktemp("undisturbed") / "course"
    shutil.copytree(handed_in, root)
    grade(root, SMALL, *QUICK, "--json-log", "log.jsonl")
    return root


@pytest.fixture
def fresh(handed_in: Path, tmp_path: Path) -> Path:
    root = tmp_path / "course"
    shutil.copytree(handed_in, root)
    return root


@pytest.fixture
def graded(undisturbed: Path, tmp_path: Path) -> Path:
    root = tmp_path / "course"
    shutil.copytree(undisturbed, root)
    return root


# ------------------------------------------------------------------------------------------ the same points


def bank(exercise: Exercise) -> list[Path]:
    return sorted((exercise.lesson.answers_path / exercise.name).glob("*.py"))


def hand_in_banks(course: Path, assignment: str) -> dict[str, dict[tuple[str, str], float]]:
    """Hand in every banked answer of a lesson, one of each exercise by a student; return the points by the judge.

    The quizzes that are handed in with them are right and wrong in turn.
    """
    if assignment not in ASSIGNMENTS:
        nbgrader(course, "generate_assignment", assignment)
    lesson = Lesson(ROOT / "course" / assignment)
    exercises, questions = lesson.exercises, load_quiz(lesson.quiz_path).questions
    banks = {exercise.name: bank(exercise) for exercise in exercises}
    expected: dict[str, dict[tuple[str, str], float]] = {}
    for number in range(max(map(len, banks.values()))):
        student = f"student{number:02}"
        code, wanted = {}, {}
        for exercise in exercises:
            path = banks[exercise.name][number % len(banks[exercise.name])]
            code[exercise.name] = path.read_text(encoding="utf-8")
            verdict = judge_answer(exercise, read_answer(path, exercise.name), seconds=QUICK_SECONDS)
            wanted["exercises", f"{exercise.name}-checks"] = verdict.score
        answers = {
            q.id: (right if (number + n) % 2 else mistaken)(q, student) for n, q in enumerate(questions)
        }
        for n, question in enumerate(questions, start=1):
            wanted["quiz", grade_id(n, question)] = points(question, student, answers[question.id])
        hand_in(course, student, assignment, Work(code=code, typed=answers, id_typed=student, files=True))
        expected[student] = wanted
    return expected


@pytest.mark.long
@pytest.mark.parametrize("assignment", WITH_EXERCISES)
def test_all_banked_answers_get_the_points_of_the_judge_in_process(course: Path, assignment: str) -> None:
    expected = hand_in_banks(course, assignment)
    grade(course, assignment, *QUICK)
    assert grades(course, assignment) == expected


@pytest.mark.long
@pytest.mark.parametrize("assignment", WITH_EXERCISES)
def test_all_banked_answers_get_the_same_points_from_stock_nbgrader(course: Path, assignment: str) -> None:
    expected = hand_in_banks(course, assignment)
    with open(course / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(STOCK)
    nbgrader(course, "autograde", assignment)
    assert grades(course, assignment) == expected


# ---------------------------------------------------------------------------------------- log and feedback


def test_log_and_gradebook_agree(undisturbed: Path) -> None:
    entries = log_lines(undisturbed / "log.jsonl")
    recorded = grades(undisturbed)
    assert {entry["student"]: entry["score"] for entry in entries} == {
        student: sum(cells.values()) for student, cells in recorded.items()
    }
    assert len(entries) == len(recorded) == STUDENTS + 2
    outcomes = {entry["student"]: entry["outcome"] for entry in entries}
    assert (outcomes["loop"], outcomes["exit"]) == ("timeout", "killed")
    assert log_lines(undisturbed / "log.jsonl", "end")[0]["failed"] == 0


def test_feedback_shows_checks_and_no_hidden_source(graded: Path) -> None:
    nbgrader(graded, "generate_feedback", SMALL)
    for student, said in (("loop", "does a loop never end?"), ("exit", "does the code call exit?")):
        page = (graded / "feedback" / student / SMALL / "exercises.html").read_text(encoding="utf-8")
        text = html.unescape(re.sub(r"<[^>]+>", "", page))
        assert said in text
        assert "HIDDEN TESTS" not in text and "exercise_points" not in text
        for exercise in LESSONS[SMALL].exercises:
            for check in exercise.checks:
                assert check.title.replace("`", "") in text
    secret = (LESSONS[SMALL].checks_path).read_text(encoding="utf-8")
    for line in (line.strip() for line in secret.splitlines()):
        if line.startswith("expect(") and len(line) > 30:
            assert line not in text


def test_graded_notebooks_are_what_formgrader_lists(graded: Path) -> None:
    folders = sorted(path.name for path in (graded / "autograded").iterdir())
    assert folders == sorted(grades(graded))
    for student in folders:
        names = sorted(path.name for path in (graded / "autograded" / student / SMALL).iterdir())
        assert names == ["exercises.ipynb", "quiz.ipynb"]


# --------------------------------------------------------------------------------------------------- resumed


def test_only_what_changed_is_graded_again(graded: Path) -> None:
    notebook = graded / "submitted" / "student01" / SMALL / "quiz.ipynb"
    content = json.loads(notebook.read_text())
    content["cells"].append(
        {"cell_type": "code", "source": "1 + 1", "metadata": {}, "outputs": [], "execution_count": 1}
    )
    notebook.write_text(json.dumps(content))
    before = grades(graded)
    _, said = grade(graded, SMALL, *QUICK)
    assert f"{STUDENTS + 1} graded before and unchanged" in said and "student01: " in said
    assert grades(graded) == before
    _, said = grade(graded, SMALL, *QUICK)
    assert f"{STUDENTS + 2} graded before and unchanged" in said


@pytest.mark.long
def test_a_changed_check_grades_again_and_a_persons_points_stay(graded: Path) -> None:
    checks = graded / "course" / SMALL / "checks.py"
    checks.write_text(checks.read_text() + "\n# a remark\n")
    with sqlite3.connect(graded / "gradebook.db") as connection:
        connection.execute("UPDATE grade SET manual_score = 1.5")
    out, said = grade(graded, SMALL, *QUICK, "--student", "student01")
    assert "unchanged" not in said and "1 graded" in out
    with sqlite3.connect(graded / "gradebook.db") as connection:
        rows = connection.execute("SELECT manual_score, needs_manual_grade FROM grade").fetchall()
    assert {score for score, _ in rows} == {1.5}
    assert sum(review for _, review in rows) == len(grades(graded)["student01"])


def test_symbolic_links_are_not_followed(fresh: Path) -> None:
    folder = fresh / "submitted" / "student00" / SMALL
    secret = fresh / "solutions" / SMALL / "exercises.ipynb"
    (folder / "exercises.ipynb").unlink()
    (folder / "exercises.ipynb").symlink_to(secret)
    (folder / "data.csv").symlink_to("/etc/passwd")
    (fresh / "submitted" / "evil").symlink_to(fresh / "submitted" / "student01")
    _, said = grade(fresh, SMALL, *QUICK, "--student", "student00", "--student", "evil", status=1)
    assert "evil: not graded" in said
    got = grades(fresh)
    assert list(got) == ["student00"]
    assert sum(score for (notebook, _), score in got["student00"].items() if notebook == "exercises") == 0
    assert not (fresh / "autograded" / "student00" / SMALL / "data.csv").exists()


def test_a_check_at_fault_is_the_instructors_to_see(fresh: Path) -> None:
    checks = fresh / "course" / SMALL / "checks.py"
    source = checks.read_text()
    place = source.index("\n", source.index("def ", source.index("@check"))) + 1
    checks.write_text(source[:place] + "    raise KeyError('the check itself')\n" + source[place:])
    _, said = grade(fresh, SMALL, *QUICK, "--student", "student01", status=3)
    assert "is at fault, not the answer" in said
    assert list(grades(fresh)) == ["student01"]


# ----------------------------------------------------------------------------------------------- interrupted


def assert_nothing_left(processes: list[psutil.Process], mounted: int) -> None:
    _, alive = psutil.wait_procs(processes, timeout=120)
    assert alive == []
    assert mounts() == mounted


@pytest.mark.long
def test_killed_at_any_moment_nothing_is_lost(fresh: Path, undisturbed: Path) -> None:
    """The second run finishes what the first ones began, and the result is that of an undisturbed run."""
    chance = random.Random(int(os.environ.get("GRADING_SEED", "7")))
    log, mounted = fresh / "log.jsonl", mounts()
    for kill in range(KILLS):
        process = grader(fresh, SMALL, *QUICK, "--json-log", str(log))
        wanted = len(log_lines(log)) + (kill > 0) * chance.randint(1, 2)
        while process.poll() is None:
            if len(log_lines(log)) >= wanted and log_lines(log, "start")[kill:]:
                break
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 1.5))
        processes = family(process)
        process.kill()
        process.communicate()
        assert_nothing_left(processes, mounted)
    grade(fresh, SMALL, *QUICK, "--json-log", str(log))
    assert grades(fresh) == grades(undisturbed)
    assert sorted(path.name for path in (fresh / "autograded").iterdir()) == sorted(grades(undisturbed))
    _, said = grade(fresh, SMALL, *QUICK)
    assert f"{STUDENTS + 2} graded before and unchanged" in said


@pytest.mark.long
def test_ctrl_c_leaves_what_is_graded(fresh: Path) -> None:
    log, mounted = fresh / "log.jsonl", mounts()
    process = grader(fresh, SMALL, *QUICK, "--json-log", str(log))
    while process.poll() is None and len(log_lines(log)) < 2:
        time.sleep(0.02)
    processes = family(process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "run the same command again" in said and "Traceback" not in said
    assert_nothing_left(processes, mounted)
    done = {entry["student"]: entry["score"] for entry in log_lines(log)}
    assert {student: sum(cells.values()) for student, cells in grades(fresh).items()} == done


def test_a_second_grader_waits_its_turn(fresh: Path) -> None:
    with only_one(fresh):
        _, said = grade(fresh, SMALL, status=2)
    assert "another `autograder grade` is at work" in said


def test_a_full_disk_stops_the_run_and_corrupts_nothing(fresh: Path) -> None:
    """A file-size limit of the process stands for a full disk: notebooks do not fit any more."""
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "from autograder.cli import app; sys.argv = ['autograder', 'grade', *sys.argv[1:]]; app()"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, SMALL, "--unsafe", "--student", "student01"],
        cwd=fresh, env=environment(fresh), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "cannot be written" in done.stderr and "Traceback" not in done.stderr
    assert grades(fresh) == {}
    assert [path.name for path in (fresh / "autograded").rglob("*") if path.is_file()] == []
