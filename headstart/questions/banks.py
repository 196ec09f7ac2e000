"""Finds questions and predictions by id in the built banks. Called by what shows or records answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from headstart.names import Missing, unknown_name
from headstart.questions.schema import Bank, Prediction, PublicQuestion, Question

BANK_FOLDER = Path(__file__).parent / "bank"


@dataclass(frozen=True)
class Found:
    """A question and where it stands: practice in a lesson, or the `number`-th of `count` graded ones."""

    question: Question | PublicQuestion
    section: Literal["practice", "graded"]
    number: int
    count: int

    @property
    def title(self) -> str:
        """The heading above the question."""
        return f"Question {self.number} of {self.count}" if self.section == "graded" else "Check yourself"


@lru_cache(maxsize=4)
def load_banks(folder: Path) -> tuple[Bank, ...]:
    """Return all banks in `folder`, in the order of their file names.

    Raises:
        FileNotFoundError: the folder has no bank.
    """
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise Missing(f"no question bank in {folder}; run `make build`, then restart the kernel")
    return tuple(Bank.model_validate_json(path.read_text(encoding="utf-8")) for path in paths)


def find_question(question_id: str) -> Found:
    """Return the question with this id.

    Raises:
        UnknownName: there is none; the message names the nearest ones.
    """
    known: list[str] = []
    for bank in load_banks(BANK_FOLDER):
        for section, questions in (("practice", bank.practice), ("graded", bank.graded)):
            for place, question in enumerate(questions):
                if question.id == question_id:
                    return Found(question, section, place + 1, len(questions))
                known.append(question.id)
    raise unknown_name("question", question_id, known)


def find_prediction(prediction_id: str) -> Prediction:
    """Return the prediction with this id.

    Raises:
        UnknownName: there is none; the message names the nearest ones.
    """
    predictions = [prediction for bank in load_banks(BANK_FOLDER) for prediction in bank.predictions]
    for prediction in predictions:
        if prediction.id == prediction_id:
            return prediction
    raise unknown_name("prediction", prediction_id, [prediction.id for prediction in predictions])
