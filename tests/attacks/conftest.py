"""Courses in which hostile submissions are handed in. Skipped where this machine can have no sandbox."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.extend(
    str(Path(__file__).resolve().parents[1] / name) for name in ("nbgrader", "grading", "attacks")
)

from classroom import make_released_course


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/attacks/" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("attacks"))
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def attackable(tmp_path_factory: pytest.TempPathFactory, sandboxed: None) -> Path:
    """A released course with nothing handed in."""
    root = tmp_path_factory.mktemp("attacks") / "course"
    make_released_course(root)
    return root
