"""What progress counts, how it judges guesses, and what it says to do next."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
from fsrs import Rating

from headstart.flashcards import load_deck
from headstart.flashcards.memory import Memory
from headstart.lessons import find_lesson, load_lessons
from headstart.overview.gather import ASKED_PATH, Guess, Row, Share, Standing, gather
from headstart.questions import banks
from headstart.questions.banks import find_prediction, find_question
from headstart.questions.state import Store

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BANKS = {bank.assignment: bank for bank in banks.load_banks(banks.BANK_FOLDER)}
FREEZING = find_lesson("freezing")
PLACES = [".", "lessons", "quizzes/07_freezing"]


def write(course: Path, name: str, **content: Any) -> None:
    folder = course / "my_learning"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({"version": 1, **content}))


def answer_lesson(course: Path, lesson: str) -> None:
    """Answer all questions and guesses that stand in a lesson."""
    store = Store(course / "lessons")
    for name in json.loads(ASKED_PATH.read_text())[lesson]:
        if name in {one.id for one in BANKS[lesson].predictions}:
            store.keep_prediction(name, 1.0)
        else:
            store.keep_answer(name, "o1", "ada", True)


def answer_quiz(course: Path, lesson: str) -> None:
    for question in BANKS[lesson].graded:
        Store(course / "quizzes" / lesson).keep_answer(question.id, "o1", "ada", None)


@pytest.mark.parametrize("place", PLACES)
def test_everything_that_was_done_counts_wherever_you_are(
    place: str, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lessons, quiz = Store(course / "lessons"), Store(course / "quizzes" / "07_freezing")
    lessons.keep_prediction("freezing.predict-drift", 10.0)
    for number, question in enumerate(BANKS["07_freezing"].graded[:4]):
        quiz.keep_answer(question.id, f"o{number}", "ada", None)
    write(
        course,
        "exercises.json",
        exercises={"freeze_all_but_fc": {"passed": True}, "count_parameters": {"passed": False}},
    )
    answers = [{"id": "freezing.x", "correct": correct} for correct in (True, False, True)]
    write(course, "practice.json", answers=answers)
    Memory().rate("freezing", "07_freezing", Rating.Good, NOON)
    monkeypatch.chdir(course / place)
    standing = gather(NOON + timedelta(days=1))
    row = standing.rows[FREEZING]
    asked = len(json.loads(ASKED_PATH.read_text())["07_freezing"])
    assert row == Row(
        Share(1, asked), Share(4, 10), Share(1, 4), Share(2, 3), Share(1, len(load_deck("07_freezing"))), 1
    )
    assert gather(NOON).rows[FREEZING].due == 0
    others = [other for lesson, other in standing.rows.items() if lesson != FREEZING]
    assert all(
        other.asked.done == other.quiz.done == other.exercises.done == other.due == 0 for other in others
    )
    assert (standing.total.quiz.done, standing.total.due) == (4, 1)
    assert standing.lesson_line == "Lessons: 1 of 12 begun, 0 with every question answered."


def test_what_the_lessons_ask_exists() -> None:
    asked = json.loads(ASKED_PATH.read_text())
    assert list(asked) == [lesson.folder for lesson in load_lessons()]
    for lesson, names in asked.items():
        predictions = {one.id for one in BANKS[lesson].predictions}
        assert predictions <= set(names)
        assert all(find_question(name).section == "practice" for name in names if name not in predictions)


def test_answers_typed_in_the_quiz_count_too(course: Path) -> None:
    cells = ["q1 = 'b'", "q2 = None", "q3 = ...", "q4 = ''", "q5 = 0", "q6 =", "q77 = 1", "q8 = q9 = ['a']"]
    typed = [nbformat.v4.new_code_cell(cell, metadata={"nbgrader": {"solution": True}}) for cell in cells]
    set_up = nbformat.v4.new_code_cell("q10 = 5")
    path = course / "quizzes" / "07_freezing" / "quiz.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[set_up, *typed]), path)
    Store(path.parent).keep_answer(BANKS["07_freezing"].graded[0].id, "o1", "ada", None)
    assert gather(NOON).rows[FREEZING].quiz == Share(4, 10)
    for broken in ("", "{", '{"cells": 5}', '{"cells": [{}]}', '{"cells": [{"metadata": []}]}'):
        path.write_text(broken)
        assert gather(NOON).rows[FREEZING].quiz == Share(1, 10)


@pytest.mark.parametrize(
    ("name", "guess", "measured", "verdict"),
    [
        ("freezing.predict-drift", 10.0, 2.5, "off by 7.5 points"),
        ("freezing.predict-drift", 10.0, 10.0, "off by 0 points"),
        ("freezing.predict-drift", 10.0, None, ""),
        ("freezing.predict-drift", 10.0, "much", ""),
        ("beyond_classification.predict-shift", 0.5, 0.47, "off by 0.03"),
        ("thresholds.predict-kept", 20.0, 5, "off by 15"),
        ("thresholds.predict-lower", "recall", "recall", "right"),
        ("thresholds.predict-lower", "precision", "recall", "not right"),
        (
            "freezing.predict-moves",
            "`fc`, and the running statistics of BatchNorm",
            "fc, and the running statistics of BatchNorm",
            "right",
        ),
        (
            "overfitting.predict-loss",
            "more than 1.5 times the lowest value",
            "1.7 times its lowest value",
            "",
        ),
    ],
)
def test_how_good_a_guess_was(name: str, guess: Any, measured: Any, verdict: str) -> None:
    find_prediction(name)
    Store().keep_prediction(name, guess, measured)
    [made] = gather(NOON).guesses
    assert made.verdict == verdict
    assert (made.measured is None) == (measured is None)


def test_guesses_in_a_line() -> None:
    assert gather(NOON).guess_line == "Guesses: none yet. Each lesson asks for some before it shows a result."
    store = Store()
    store.keep_prediction("freezing.predict-drift", 10.0, 2.5)  # a quarter of its scale, 0 to 30
    store.keep_prediction("confusion_matrix.predict-rare", 40.0, 30.0)  # a tenth, 0 to 100
    store.keep_prediction("thresholds.predict-lower", "recall", "recall")
    store.keep_prediction("beyond_classification.predict-r2", "near 1", "below 0")
    store.keep_prediction("freezing.predict-moves", "`fc`, and nothing else")
    assert gather(NOON).guess_line == (
        "Guesses: 5 made, 4 compared with the result. Choices: 1 of 2 right. "
        "Numbers: off by 18 % of the scale on average."
    )


def test_a_guess_that_was_kept_with_an_impossible_result_is_no_reason_to_fail(course: Path) -> None:
    entry = {"response": "ten", "learner": "ada", "measured": [1], "at": "2026"}
    drift = {"freezing.predict-drift": entry, "gone.predict": entry}
    (course / "lessons" / "answers.json").write_text(
        json.dumps({"version": 1, "learner": None, "answers": {}, "predictions": drift})
    )
    [made] = gather(NOON).guesses
    assert (made.guess, made.measured, made.verdict) == ("ten", None, "")


def test_what_comes_next(course: Path) -> None:
    def line() -> str:
        return gather(NOON).next_line

    assert line() == "Next: begin lesson 1 · The confusion matrix."
    Store().keep_prediction("thresholds.predict-lower", "recall")
    left = len(json.loads(ASKED_PATH.read_text())["03_thresholds"]) - 1
    assert line() == f"Next: go on with lesson 3 · Thresholds ({left} of its questions are open)."
    answer_lesson(course, "03_thresholds")
    assert line() == (
        "Next: the quiz of lesson 3 (0 of 10 answered), or begin lesson 1 · The confusion matrix."
    )
    answer_quiz(course, "03_thresholds")
    assert line() == (
        "Next: the exercises of lesson 3 (0 of 2 passed), or begin lesson 1 · The confusion matrix."
    )
    passed = {name: {"passed": True} for name in find_lesson(3).exercises}
    write(course, "exercises.json", exercises=passed)
    assert line() == "Next: begin lesson 1 · The confusion matrix."
    Memory().rate("freezing", "07_freezing", Rating.Good, NOON - timedelta(days=1))
    assert line() == (
        "Next: 1 card is due, headstart.review() brings them back; then begin lesson 1 · The confusion matrix."
    )


def test_when_all_is_done() -> None:
    whole = Row(Share(5, 5), Share(10, 10), Share(0, 0), Share(0, 0), Share(3, 3), 0)
    rows = {lesson: whole for lesson in load_lessons()}
    standing = Standing(rows, [], frozenset(lesson.folder for lesson in rows))
    assert standing.next_line == (
        "Next: all is done. headstart.practice() asks more, and headstart.review() brings the terms back."
    )
    assert standing.next_lesson is None
    assert standing.lesson_line == "Lessons: 12 of 12 begun, 12 with every question answered."


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"version": 9}', '{"cards": 5, "exercises": 5, "answers": 5}', "\0"]
)
def test_broken_files_count_as_empty_and_stay(
    text: str, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "my_learning").mkdir()
    paths = [course / "my_learning" / f"{name}.json" for name in ("practice", "review", "exercises")]
    paths += [course / "lessons" / "answers.json", course / "quizzes" / "07_freezing" / "answers.json"]
    for path in paths:
        path.write_text(text)
    standing = gather(NOON)
    assert standing.next_line == "Next: begin lesson 1 · The confusion matrix."
    assert (standing.total.quiz.done, standing.total.due, standing.guesses) == (0, 0, [])
    assert [path.read_text() for path in paths] == [text] * 5
    assert capsys.readouterr().out == ""


def test_a_share_of_nothing_is_none() -> None:
    assert str(Share(0, 0)) == "none"
    assert str(Share(1, 2) + Share(2, 3)) == "3 of 5"
    assert Guess(FREEZING, "a", None).verdict == ""
