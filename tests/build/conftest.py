"""Fixtures: a course with one tiny lesson, and a way to change it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_course import NAME, ROOT, write_lesson


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The root of a course with one tiny lesson; nothing is built yet."""
    root = tmp_path / "tiny course"
    write_lesson(root)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    return root


@pytest.fixture
def edit(tiny: Path) -> Callable[[str, str, str], int]:
    """Replace a text that stands once in a file of the tiny lesson; return the line where it stood."""

    def edit(file_name: str, old: str, new: str) -> int:
        path = tiny / "course" / NAME / file_name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file_name}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    return edit
