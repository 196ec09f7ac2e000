"""The quizzes of all lessons, for a thousand learners each: every one gets a fair question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.build.quiz_file import Quiz, load_quiz, question_problems
from headstart.questions.draw import Instance, instance
from headstart.questions.judging import judge, parse_response, response_text
from headstart.questions.schema import Question

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "course").glob("*/quiz.yaml"))
QUIZZES = {path.parent.name: load_quiz(path) for path in PATHS}
QUESTIONS = [question for quiz in QUIZZES.values() for question in (*quiz.questions, *quiz.practice)]
GRADED = {question.id for quiz in QUIZZES.values() for question in quiz.questions}
LEARNERS = [f"learner-{i}" for i in range(996)] + ["ada", "learner", "ελένη", "o'neill@example.org"]


def views(question: Question) -> Iterator[Instance]:
    """The question as different learners see it. Fewer are enough where nothing is graded or nothing drawn."""
    drawn = LEARNERS if question.id in GRADED else LEARNERS[-200:]
    for learner in drawn if question.draw else LEARNERS[:24]:
        yield instance(question, learner)


def test_there_are_quizzes() -> None:
    assert PATHS


@pytest.mark.parametrize("name", QUIZZES)
def test_ten_questions_and_three_practices_with_the_lesson_as_prefix(name: str) -> None:
    quiz: Quiz = QUIZZES[name]
    assert quiz.lesson == name.split("_", 1)[1]
    assert [sum(q.difficulty == level for q in quiz.questions) for level in ("easy", "medium", "hard")] == [
        4,
        4,
        2,
    ]
    assert len(quiz.practice) >= 3
    kinds = {question.kind for question in quiz.questions}
    assert kinds == {"single", "multiple", "numeric", "ordering"}, f"{name} asks in {len(kinds)} ways only"


@pytest.mark.parametrize("name", QUIZZES)
def test_what_the_key_says_is_tried(name: str) -> None:
    # Each of these files tries the numbers, the printed texts and the bugs of one quiz, and names what it left out.
    assert (Path(__file__).parent / f"test_graded_{name}.py").is_file()


def test_practice_of_the_course_has_every_kind() -> None:
    assert {q.kind for quiz in QUIZZES.values() for q in quiz.practice} == {
        *("single", "multiple", "numeric", "ordering")
    }


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_every_learner_gets_a_fair_question(question: Question) -> None:
    # Satisfiable, no two texts equal, no trap within the tolerance of the answer, the shown answer right.
    assert question_problems(question, LEARNERS) == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_the_right_answer_is_right_and_the_wrong_ones_are_not(question: Question) -> None:
    for seen in views(question):
        learner = seen.learner
        if question.kind == "numeric":
            assert judge(question, learner, str(seen.answer)).credit == 1
            for value, _ in seen.traps:
                verdict = judge(question, learner, value)
                assert verdict.credit == 0
                # Two mistakes may lead to one number by chance; the reason is then one of theirs.
                assert verdict.message in [why for other, why in seen.traps if abs(other - value) < 1e-9]
            continue
        keys = list(seen.right_order) or [choice.key for choice in seen.choices if choice.correct]
        typed = response_text(seen, keys)
        assert judge(question, learner, typed).credit == 1
        assert parse_response(question.public(), learner, typed) == parse_response(question, learner, keys)
        assert "".join(choice.letter for choice in seen.choices) == "abcdefgh"[: len(seen.choices)]
        if question.kind == "single":
            wrong = [choice for choice in seen.choices if not choice.correct]
            assert [judge(question, learner, c.letter).message for c in wrong] == [c.why for c in wrong]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_no_text_shows_a_brace_that_should_have_been_filled(question: Question) -> None:
    names = "|".join(("answer", *question.draw, *question.let))
    for seen in views(question):
        texts = [seen.stem, seen.code or "", seen.hint or "", *seen.steps, *(why for _, why in seen.traps)]
        texts += [text for choice in seen.choices for text in (choice.text, choice.why or "")]
        found = [text for text in texts if re.search(rf"\{{({names})\b", text)]
        assert not found


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_wording_follows_the_house_style(question: Question) -> None:
    texts = [text for _, text in question.texts()]
    banned = re.compile(
        r"\b(simply|all of the above|none of the above|obviously)\b|!(?![=\[(\w])", re.IGNORECASE
    )
    assert not [
        text for text in texts if banned.search(re.sub(r"`[^`]*`", "", text)) and text != question.code
    ]
