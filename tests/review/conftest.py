"""A course folder of its own, empty of answers, and a clock that stands where a test puts it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def move(self, **time: float) -> None:
        """Move by so many days, hours or minutes."""
        self.time += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    """Noon of a Monday."""
    return Clock()


@pytest.fixture(autouse=True)
def course(tmp_path: Path, no_learner: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder with `lessons` as the current folder, nothing in the environment or in memory."""
    folder = tmp_path / "course"
    for name in ("lessons", "quizzes/01_confusion_matrix", "quizzes/07_freezing"):
        (folder / name).mkdir(parents=True)
    monkeypatch.chdir(folder / "lessons")
    return folder
