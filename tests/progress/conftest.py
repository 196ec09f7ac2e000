"""A course folder of its own with the course's notebooks by name, empty of answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from headstart.lessons import load_lessons


@pytest.fixture(autouse=True)
def course(tmp_path: Path, no_learner: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder; `lessons` is the current folder. Nothing is in the environment or in memory."""
    folder = tmp_path / "course"
    for lesson in load_lessons():
        (folder / "quizzes" / lesson.folder).mkdir(parents=True)
        (folder / "lessons").mkdir(exist_ok=True)
        (folder / "lessons" / f"{lesson.folder}.ipynb").touch()
    monkeypatch.chdir(folder / "lessons")
    return folder
