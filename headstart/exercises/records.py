"""What a learner did with each exercise: attempts, hints, solution. Called by the check and the hint ladder.

`exercises.json` lies in the learner's folder (`headstart.state_file.learning_folder`):

    {"version": 1, "exercises": {"freeze_all_but_fc": {"attempts": 3, "passed": true, "hints": 1,
                                                        "solution_opened": false, "tried": ["…"], "at": "…"}}}

`tried` holds a digest of each version of the function that was checked, so that a version counts once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headstart.state_file import StateFile, learning_folder, now

FILE_NAME = "exercises.json"
VERSION = 1
# More versions of one function than this are counted, but not told apart.
_REMEMBERED = 200


@dataclass
class Record:
    """The record of one exercise."""

    attempts: int = 0
    passed: bool = False
    hints: int = 0
    solution_opened: bool = False
    tried: list[str] = field(default_factory=list)


class Records:
    """The records of all exercises.

    Args:
        folder: where exercises.json is or will be; the learner's folder by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = StateFile((folder or learning_folder()) / FILE_NAME, understood, version=VERSION)

    def of(self, name: str) -> Record:
        """Return the record of the exercise `name`; an empty one if there is none."""
        return _record(self._file.read()["exercises"].get(name, {}))

    def keep_attempt(self, name: str, version: str, passed: bool) -> Record:
        """Store that a version of the function was checked, and return the new record.

        Args:
            name: the exercise.
            version: a digest of the function; one that was checked before is no new attempt.
            passed: whether all visible examples hold.
        """
        with self._file.changing() as content:
            entry = content["exercises"].setdefault(name, {})
            record = _record(entry)
            if version not in record.tried:
                record.attempts += 1
                record.tried = [*record.tried, version][-_REMEMBERED:]
            record.passed = record.passed or passed
            entry.update(vars(record), at=now())
        return record

    def keep_hint(self, name: str, number: int) -> None:
        """Store that the hints up to `number` are open."""
        with self._file.changing() as content:
            entry = content["exercises"].setdefault(name, {})
            entry.update(vars(_record(entry)), hints=max(number, _record(entry).hints), at=now())

    def keep_solution_opened(self, name: str) -> None:
        """Store that the worked solution was read."""
        with self._file.changing() as content:
            entry = content["exercises"].setdefault(name, {})
            entry.update(vars(_record(entry)), solution_opened=True, at=now())


def _record(entry: dict[str, Any]) -> Record:
    return Record(**{key: value for key, value in entry.items() if key in Record.__dataclass_fields__})


def understood(raw: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return what is good in `raw`, and whether that is all of it."""
    entries = raw.get("exercises", {})
    if not isinstance(entries, dict):
        return {"version": VERSION, "exercises": {}}, False
    good = {name: entry for name, entry in entries.items() if _is_entry(entry)}
    return {"version": VERSION, "exercises": good}, len(good) == len(entries)


def _is_entry(entry: Any) -> bool:
    """Whether `entry` has the kinds of values that `Record` counts on."""
    if not isinstance(entry, dict):
        return False
    numbers = [entry.get(key, 0) for key in ("attempts", "hints")]
    flags = [entry.get(key, False) for key in ("passed", "solution_opened")]
    tried = entry.get("tried", [])
    return (
        all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers)
        and all(isinstance(flag, bool) for flag in flags)
        and isinstance(tried, list)
        and all(isinstance(version, str) for version in tried)
    )
