"""The real nbgrader commands on the real course: release, autograde, feedback, export, validate.

A class of four hands in: ada answers everything right, ben nothing at all, both twice; cleo clicks in the first quiz
and makes mistakes; dan types in the second, deletes checks cells and hands in code that does not parse. Grading
runs once for all tests.
"""

from __future__ import annotations

import csv
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from classroom import (
    ASSIGNMENTS,
    LESSONS,
    QUIZZES,
    ROOT,
    SYNTAX_ERROR,
    Work,
    bank_answer,
    grade_id,
    hand_in,
    make_course,
    mistaken,
    nbgrader,
    points,
    right,
    stored,
)
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder.cli import app

pytestmark = [pytest.mark.nbgrader, pytest.mark.xdist_group("nbgrader")]

FIRST, SECOND = ASSIGNMENTS
SUBMISSIONS = [
    ("ada", FIRST),
    ("ben", FIRST),
    ("cleo", FIRST),
    ("ada", SECOND),
    ("ben", SECOND),
    ("dan", SECOND),
]
WITH_MISTAKES = [("cleo", FIRST), ("dan", SECOND)]


@dataclass
class Class:
    """The graded class: where it lies, what was handed in, and what each cell must be worth."""

    root: Path
    works: dict[tuple[str, str], Work]
    expected: dict[tuple[str, str], dict[str, float]]
    messages: dict[tuple[str, str], list[str]]


def work_of(student: str, assignment: str) -> Work:
    """Return what `student` does for `assignment`."""
    lesson, questions = LESSONS[assignment], QUIZZES[assignment]
    names = [exercise.name for exercise in lesson.exercises]
    if student == "ada":
        return Work(
            code={exercise.name: exercise.solution_source for exercise in lesson.exercises},
            typed={question.id: right(question, "ada") for question in questions},
            id_typed="ada",
        )
    if student == "ben":
        return Work()
    work = Work(code={name: bank_answer(assignment, name, 0).read_text() for name in names}, files=True)
    if student == "cleo":
        for place, question in enumerate(questions):
            if place % 5 != 4:  # two questions stay open
                answer = right(question, "cleo") if place % 5 < 2 else mistaken(question, "cleo")
                work.clicked[question.id] = stored(question, "cleo", answer)
        return work
    first, second, *_ = questions
    work.id_typed = "dan"
    work.deleted = (f"{names[1]}-checks", grade_id(4, questions[3]))
    work.code[names[0]] = SYNTAX_ERROR.format(name=names[0])
    work.typed = {question.id: mistaken(question, "dan") for question in questions}
    work.typed |= {first.id: right(first, "dan"), second.id: "what?"}
    work.clicked[first.id] = stored(first, "dan", mistaken(first, "dan"))
    return work


def judged_code(assignment: str, work: Work, folder: Path) -> tuple[dict[str, float], list[str]]:
    """Return points by grade id, and messages, that `autograder check` gives for the work submitted in `folder`.

    Code that is a whole file, as in the banks of answers, is judged as one; other code in its notebook.
    """
    earned, messages = {}, []
    for exercise in LESSONS[assignment].exercises:
        path = folder / "exercises.ipynb"
        if work.files:
            path = folder.parent / f"{exercise.name}.py"
            path.write_text(work.code[exercise.name], encoding="utf-8")
        done = CliRunner().invoke(app, ["check", exercise.name, str(path), "--json"])
        assert done.exit_code == 0, done.output
        verdict = json.loads(done.stdout)
        assert verdict["max_score"] == exercise.max_points
        earned[f"{exercise.name}-checks"] = verdict["score"]
        messages += [check["message"] for check in verdict["checks"] if check["message"]]
    return earned, messages


def judged_quiz(assignment: str, student: str, work: Work) -> dict[str, float]:
    """Return points by grade id that the answers of `work` are worth."""
    return {
        grade_id(number, question): points(
            question, student, work.typed.get(question.id, work.clicked.get(question.id))
        )
        for number, question in enumerate(QUIZZES[assignment], start=1)
    }


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course after `nbgrader generate_assignment`, with an answers.json that lies beside the solutions."""
    root = tmp_path_factory.mktemp("nbgrader") / "course with a space"
    make_course(root)
    for assignment in ASSIGNMENTS:
        first = QUIZZES[assignment][0]
        answers = {first.id: {"response": "instructor's answer", "learner": "ines", "attempts": 1}}
        content = {"version": 1, "learner": "ines", "answers": answers, "predictions": {}}
        (root / "solutions" / assignment / "answers.json").write_text(json.dumps(content))
        nbgrader(root, "generate_assignment", assignment)
    return root


@pytest.fixture(scope="module")
def graded(released: Path, sandboxed: None) -> Class:
    """The class after autograde, generate_feedback and export; `autograder check` says what is to be expected."""
    works, expected, messages = {}, {}, {}
    for student, assignment in SUBMISSIONS:
        key = (student, assignment)
        works[key] = work_of(student, assignment)
        folder = hand_in(released, student, assignment, works[key])
        expected[key], messages[key] = judged_code(assignment, works[key], folder)
        expected[key] |= judged_quiz(assignment, student, works[key])
    for assignment in ASSIGNMENTS:
        nbgrader(released, "autograde", assignment)
        nbgrader(released, "generate_feedback", assignment)
    nbgrader(released, "export")
    return Class(released, works, expected, messages)


def gradebook_points(root: Path, student: str, assignment: str) -> dict[str, float]:
    """Return the points by grade id as the gradebook has them."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "headstart") as gradebook:
        submission = gradebook.find_submission(assignment, student)
        return {grade.name: grade.score for notebook in submission.notebooks for grade in notebook.grades}


def test_release_by_hand_is_what_the_build_makes(released: Path) -> None:
    for assignment in ASSIGNMENTS:
        made = {path.name: path.read_bytes() for path in (released / "quizzes" / assignment).iterdir()}
        assert sorted(made) == ["exercises.ipynb", "quiz.ipynb"]
        for name, content in made.items():
            assert content == (ROOT / "quizzes" / assignment / name).read_bytes()


@pytest.mark.parametrize(("student", "assignment"), SUBMISSIONS)
def test_gradebook_has_the_points_of_autograder_check(graded: Class, student: str, assignment: str) -> None:
    got = gradebook_points(graded.root, student, assignment)
    assert got == pytest.approx(graded.expected[student, assignment])


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_right_work_gets_everything_and_untouched_work_nothing(graded: Class, assignment: str) -> None:
    total = sum(exercise.max_points for exercise in LESSONS[assignment].exercises)
    total += sum(question.points for question in QUIZZES[assignment])
    assert sum(gradebook_points(graded.root, "ada", assignment).values()) == total
    assert sum(gradebook_points(graded.root, "ben", assignment).values()) == 0


def test_partial_credit_reaches_the_gradebook(graded: Class) -> None:
    full = {
        f"{exercise.name}-checks": exercise.max_points
        for lesson in LESSONS.values()
        for exercise in lesson.exercises
    }
    full |= {
        grade_id(number, question): question.points
        for questions in (QUIZZES[name] for name in ASSIGNMENTS)
        for number, question in enumerate(questions, start=1)
    }
    parts = [
        name
        for student, assignment in WITH_MISTAKES
        for name, score in gradebook_points(graded.root, student, assignment).items()
        if 0 < score < full[name]
    ]
    assert any(name.endswith("-checks") for name in parts), "no exercise was right in part"
    assert any(name.startswith("q") for name in parts), "no question was right in part"


@pytest.mark.parametrize(("student", "assignment"), WITH_MISTAKES)
def test_own_answers_arrive_beside_the_graded_notebook(graded: Class, student: str, assignment: str) -> None:
    folder = graded.root / "autograded" / student / assignment
    answers = json.loads((folder / "answers.json").read_text())
    clicked = graded.works[student, assignment].clicked
    assert answers["learner"] == student
    assert {name: entry["response"] for name, entry in answers["answers"].items()} == clicked
    assert "instructor's answer" not in (folder / "answers.json").read_text()
    ben = graded.root / "autograded" / "ben" / assignment / "answers.json"
    assert not ben.exists() or "instructor's answer" not in ben.read_text()


def feedback(root: Path, student: str, assignment: str, notebook: str) -> str:
    """Return the text of a feedback page without its markup."""
    page = (root / "feedback" / student / assignment / f"{notebook}.html").read_text(encoding="utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


@pytest.mark.parametrize(("student", "assignment"), WITH_MISTAKES)
def test_feedback_has_the_messages_of_the_checks(graded: Class, student: str, assignment: str) -> None:
    text = feedback(graded.root, student, assignment, "exercises")
    messages = graded.messages[student, assignment]
    assert len(messages) > 2
    for message in messages:
        assert " ".join(message.replace("`", "").split()) in text


@pytest.mark.parametrize(("student", "assignment"), WITH_MISTAKES)
def test_feedback_shows_every_question(graded: Class, student: str, assignment: str) -> None:
    text = feedback(graded.root, student, assignment, "quiz")
    for number, question in enumerate(QUIZZES[assignment], start=1):
        assert f"Question {number} of 10" in text
        assert question.id in text


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_feedback_shows_no_source_of_checks_and_no_solution(graded: Class, assignment: str) -> None:
    lesson = LESSONS[assignment]
    release = nbformat.read(graded.root / "quizzes" / assignment / "exercises.ipynb", as_version=4)
    shown = " ".join(" ".join(cell.source.split()) for cell in release.cells)
    hidden = lesson.checks_path.read_text().splitlines()
    hidden += [line for exercise in lesson.exercises for line in exercise.solution_source.splitlines()]
    hidden = [" ".join(line.split()) for line in hidden]
    hidden = [line for line in hidden if len(line) > 24 and line not in shown]
    assert len(hidden) > 50
    text = feedback(graded.root, "ben", assignment, "exercises")
    assert [line for line in hidden if line in text] == []


def test_export_has_every_student_with_the_total(graded: Class) -> None:
    with (graded.root / "grades.csv").open(newline="") as file:
        rows = {(row["student_id"], row["assignment"]): row for row in csv.DictReader(file)}
    assert set(rows) >= set(SUBMISSIONS)
    for key in SUBMISSIONS:
        assert float(rows[key]["score"]) == pytest.approx(sum(graded.expected[key].values()))


def test_validate_tells_what_is_not_attempted(released: Path) -> None:
    names = [f"quizzes/{name}/{kind}.ipynb" for name in ASSIGNMENTS for kind in ("exercises", "quiz")]
    printed = nbgrader(released, "validate", *names)
    assert "Traceback" not in printed
    exercises = [exercise for name in ASSIGNMENTS for exercise in LESSONS[name].exercises]
    questions = sum(len(QUIZZES[name]) for name in ASSIGNMENTS)
    assert printed.count("The following cell failed") == len(exercises) + questions
    assert len(re.findall(r"Question \d+: not attempted", printed)) == questions
    # A stub with bugs in it runs, so its examples are wrong rather than not attempted.
    unwritten = [exercise for exercise in exercises if "stub" not in exercise.cells]
    assert printed.count("    not attempted: ") == len(unwritten)


def test_validate_says_success_for_finished_work(graded: Class) -> None:
    names = [f"submitted/ada/07_freezing/{kind}.ipynb" for kind in ("exercises", "quiz")]
    printed = nbgrader(graded.root, "validate", *names)
    assert printed.count("Success! Your notebook passes all the tests.") == 2
