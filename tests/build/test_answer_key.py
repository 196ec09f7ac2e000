"""The answer key that the quiz notebooks in `solutions/` use."""

from __future__ import annotations

import pytest
from tiny_course import ROOT

from autograder.answer_key import right_answer, typed_answer
from autograder.build.quiz_file import load_quiz
from autograder.course import Lesson
from headstart.names import UnknownName
from headstart.questions.judging import judge
from headstart.questions.schema import Question

QUESTIONS = [
    question
    for path in sorted((ROOT / "course").glob("[0-9]*"))
    for question in load_quiz(Lesson(path).quiz_path).questions
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_key_is_right_for_every_learner(question: Question) -> None:
    for learner in ("learner", "ada", "ben", "s1234567"):
        assert judge(question, learner, typed_answer(question, learner)).credit == 1


def test_key_is_found_by_id() -> None:
    question = QUESTIONS[0]
    assert right_answer(question.id, "ada") == typed_answer(question, "ada")


def test_unknown_question_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match=QUESTIONS[0].id):
        right_answer(QUESTIONS[0].id + "x", "ada")
