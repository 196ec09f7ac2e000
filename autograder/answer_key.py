"""The right answer of a graded question, as a learner would type it; for the notebooks in `solutions/`."""

from __future__ import annotations

from autograder.course import Course
from headstart.questions.draw import instance
from headstart.questions.schema import Question
from headstart.questions.state import learner as current_learner


def right_answer(question_id: str, learner: str | None = None) -> str | float:
    """Return the right answer: `"b"`, `"a, c"`, `"c a d b"` or a number.

    Args:
        question_id: a graded question.
        learner: the id that numbers and letters are drawn from; the current one by default.

    Raises:
        UnknownName: there is no such question.
    """
    return typed_answer(
        Course.find().question(question_id), current_learner() if learner is None else learner
    )


def typed_answer(question: Question, learner: str) -> str | float:
    """Return the right answer to `question` as `learner` would type it."""
    seen = instance(question, learner)
    if question.kind == "numeric":
        return float(str(seen.answer))
    if question.kind == "ordering":
        return " ".join(seen.choice(key).letter for key in seen.right_order)
    return ", ".join(choice.letter for choice in seen.choices if choice.correct)
