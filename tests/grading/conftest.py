"""Courses to grade. What needs a real sandbox is skipped where this machine cannot have one, with the reason."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "nbgrader"))

from classroom import make_released_course


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/grading/" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("grading"))


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course after `nbgrader generate_assignment`, with nothing handed in."""
    root = tmp_path_factory.mktemp("grading") / "course with a space"
    make_released_course(root)
    return root


@pytest.fixture
def course(released: Path, tmp_path: Path) -> Path:
    """A fresh copy of that course."""
    root = tmp_path / "course with a space"
    shutil.copytree(released, root)
    return root
