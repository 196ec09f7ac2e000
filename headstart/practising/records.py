"""Keeps the answers of practice in practice.json, in the learner's folder of the course. Called by rounds.

    {"version": 1, "answers": [{"id": "freezing.cache", "variant": 0, "topic": "caching features",
                                "lesson": "freezing", "correct": true, "at": "…"}]}

`headstart.state_file` reads and writes it, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from headstart.practising.selection import Answer
from headstart.questions.schema import Question
from headstart.state_file import StateFile, learning_folder, now

FILE_NAME = "practice.json"
VERSION = 1


class Records:
    """All answers that a learner gave in practice, oldest first.

    Args:
        folder: where practice.json is or will be; the learner's folder of the course by default.
        say: takes one line for the learner, when something is wrong with the file.
    """

    def __init__(self, folder: Path | None = None, say: Callable[[str], None] = print) -> None:
        path = (learning_folder() if folder is None else folder) / FILE_NAME
        self._file = StateFile(path, understood, version=VERSION, say=say)

    def answers(self) -> list[Answer]:
        """Return the answers, in the order in which they were given. The clock plays no part."""
        return [_answer(entry) for entry in self._file.read()["answers"]]

    def keep(self, question: Question, variant: int, correct: bool) -> Answer:
        """Store an answer at the end, and return it."""
        answer = Answer(question.id, variant, question.topic, question.lesson, correct, now())
        with self._file.changing() as content:
            content["answers"].append(asdict(answer))
        return answer


def _answer(entry: dict[str, Any]) -> Answer:
    return Answer(
        id=entry["id"],
        variant=entry.get("variant", 0),
        topic=entry.get("topic", ""),
        lesson=entry.get("lesson", entry["id"].split(".")[0]),
        correct=entry["correct"],
        at=entry.get("at", ""),
    )


def understood(raw: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return what is good in `raw`, and whether that is all of it."""
    entries = raw.get("answers", [])
    if not isinstance(entries, list):
        return {"version": VERSION, "answers": []}, False
    good = [entry for entry in entries if _is_entry(entry)]
    return {"version": VERSION, "answers": good}, len(good) == len(entries)


def _is_entry(entry: Any) -> bool:
    """Whether `entry` has the id and the result, and nothing of the rest is of another type."""
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        return False
    if not isinstance(entry.get("correct"), bool):
        return False
    variant = entry.get("variant", 0)
    if isinstance(variant, bool) or not isinstance(variant, int) or variant < 0:
        return False
    return all(isinstance(entry.get(name, ""), str) for name in ("topic", "lesson", "at"))
