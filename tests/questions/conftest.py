"""The sample quiz, its bank in place of the built ones, and an empty folder to answer in."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.build.bank import bank_text
from autograder.build.quiz_file import Quiz, load_quiz
from headstart.questions import banks
from headstart.questions.schema import Question

QUIZ_PATH = Path(__file__).parent / "quiz.yaml"


@pytest.fixture(scope="session")
def quiz() -> Quiz:
    """The sample quiz, whole."""
    return load_quiz(QUIZ_PATH)


@pytest.fixture(scope="session")
def questions(quiz: Quiz) -> dict[str, Question]:
    """All questions of the sample quiz by the part of their id after the dot."""
    return {question.id.split(".")[1]: question for question in (*quiz.questions, *quiz.practice)}


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, no_learner: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, no learner in the environment, nothing in memory."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def sample_bank(quiz: Quiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample quiz's bank, built, in place of the package's banks."""
    folder = tmp_path / "bank"
    folder.mkdir()
    (folder / "00_sample.json").write_text(bank_text(quiz, "00_sample"), encoding="utf-8")
    monkeypatch.setattr(banks, "BANK_FOLDER", folder)
    return folder
