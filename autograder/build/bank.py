"""Turns a quiz into the bank that the learner's package carries: graded questions without their keys.

Called by the build, which writes the result to headstart/questions/bank/<assignment>.json.
"""

from __future__ import annotations

import json
from typing import Any

from autograder.build.quiz_file import Quiz
from headstart.questions.schema import About, Bank


def bank(quiz: Quiz, assignment: str, about: About | None = None) -> dict[str, Any]:
    """Return the bank of `quiz` as plain data: practice whole, graded questions in their public form.

    Fields that have their default value are left out.

    Args:
        quiz: the lesson's questions.
        assignment: the name of the lesson's folder.
        about: what the learner's side knows of the lesson itself.
    """
    built = Bank(
        lesson=quiz.lesson,
        assignment=assignment,
        about=about or About(),
        practice=quiz.practice,
        predictions=quiz.predictions,
        graded=[question.public() for question in quiz.questions],
    )
    return built.model_dump(mode="json", exclude_defaults=True)


def bank_text(quiz: Quiz, assignment: str, about: About | None = None) -> str:
    """Return the bank of `quiz` as the text of its JSON file; the same quiz gives the same text."""
    return json.dumps(bank(quiz, assignment, about), indent=1, ensure_ascii=False) + "\n"
