"""A course folder of its own with the course's notebooks by name, empty of answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from headstart import state_file
from headstart.lessons import load_lessons


@pytest.fixture(autouse=True)
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder; `lessons` is the current folder. Nothing is in the environment or in memory."""
    for name in ("HEADSTART_HOME", "HEADSTART_LEARNER", "JUPYTERHUB_USER", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(state_file, "_memory", {})
    folder = tmp_path / "course"
    for lesson in load_lessons():
        (folder / "quizzes" / lesson.folder).mkdir(parents=True)
        (folder / "lessons").mkdir(exist_ok=True)
        (folder / "lessons" / f"{lesson.folder}.ipynb").touch()
    monkeypatch.chdir(folder / "lessons")
    return folder
