"""What goes into a task and what comes out: plain data between the coordinator and whoever judges.

Imported by everything here; imports neither PyTorch nor the course.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import headstart
from autograder.grading.blueprint import Blueprint
from autograder.sandbox.policy import Policy

# A lesson's files that decide a grade; the bank of answers does not.
LESSON_FILES = ("exercises.py", "checks.py", "quiz.yaml")


@dataclass(frozen=True)
class Terms:
    """What is common to all submissions of a run.

    Attributes:
        blueprint: the assignment as the gradebook has it.
        lesson: the lesson's files by name, so that another machine needs no course folder.
        policy: the limits of a room.
        confined: False for `--unsafe`.
    """

    blueprint: Blueprint
    lesson: dict[str, bytes]
    policy: Policy
    confined: bool = True

    def version(self) -> str:
        """Return a hash of all that can change grades besides the submissions."""
        total = hashlib.sha256(self.blueprint.canonical())
        for name, content in sorted(self.lesson.items()):
            total.update(f"\n{name}\n".encode() + content)
        settings = [self.policy.to_dict(), self.confined, headstart.__version__]
        total.update(json.dumps(settings, sort_keys=True).encode())
        return total.hexdigest()


@dataclass
class Graded:
    """What came out: points by notebook and cell, and the notebooks that carry them.

    Attributes:
        outcome: passed | wrong | partly | not_attempted | error | unreadable | timeout | killed | failed.
        points: points by (notebook, cell).
        manual: cells that a person has to look at.
        notebooks: the graded notebooks as JSON text.
        faults: what went wrong on the grader's own side, for the instructor.
        notes: what was repaired in the submission.
        details: every verdict as plain data.
    """

    student: str
    outcome: str = "not_attempted"
    points: dict[tuple[str, str], float] = field(default_factory=dict)
    manual: set[tuple[str, str]] = field(default_factory=set)
    notebooks: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    seconds_in_cells: float = 0.0

    @property
    def score(self) -> float:
        """All points."""
        return sum(self.points.values())


def clamp(points: float, most: float) -> float:
    """Return `points` as a number from 0 to `most`; what is no number is 0."""
    return min(max(float(points), 0.0), float(most)) if points == points else 0.0


def read_lesson(folder: Path) -> dict[str, bytes]:
    """Return the files of a lesson folder that decide grades."""
    paths = [folder / name for name in LESSON_FILES]
    return {path.name: path.read_bytes() for path in paths if path.is_file()}
