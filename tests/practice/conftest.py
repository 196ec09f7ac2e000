"""An empty course folder to practise in, and two lessons made for the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from practice_samples import LESSONS

from headstart.questions import banks


@pytest.fixture(autouse=True)
def course(tmp_path: Path, no_learner: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder with the notebooks' names; `lessons` is the current folder; nothing is kept of a learner."""
    root = tmp_path / "course"
    for path in ("lessons/01_sums.ipynb", "lessons/02_wide_shapes.ipynb", "quizzes/01_sums/exercises.ipynb"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    monkeypatch.chdir(root / "lessons")
    return root


@pytest.fixture
def two_lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample lessons in place of the package's banks; returns the folder of the banks."""
    folder = tmp_path / "bank"
    folder.mkdir()
    for lesson in LESSONS:
        text = lesson.model_dump_json(exclude_defaults=True)
        (folder / f"{lesson.assignment}.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(banks, "BANK_FOLDER", folder)
    return folder
