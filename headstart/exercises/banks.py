"""Finds exercises by the function's name in the built banks. Called by `headstart.check`, hints and solutions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from headstart.names import unknown_name

BANK_FOLDER = Path(__file__).parent / "bank"


@dataclass(frozen=True)
class Hint:
    """One step of the ladder: `title` says how far it goes, `text` is Markdown."""

    title: str
    text: str


@dataclass(frozen=True)
class Exercise:
    """One exercise as the learner's library knows it: no solution, no hidden check.

    Attributes:
        name: the function or class that is asked for.
        title: the heading of its task card.
        signature: the first line of its definition.
        assignment: the lesson's folder name, such as `"07_freezing"`.
        notebook: its notebook, relative to the course folder.
        hints: from "where to look" to "almost the answer".
        examples: source that defines the visible examples.
        example_names: the functions in `examples` that are examples, in order.
        setup: imports and helpers that the examples need.
        stub: code that is handed out to be repaired; None where the function is handed out empty.
    """

    name: str
    title: str
    signature: str
    assignment: str
    notebook: str
    hints: tuple[Hint, ...]
    examples: str
    example_names: tuple[str, ...]
    setup: str
    stub: str | None = None


@lru_cache(maxsize=4)
def load_exercises(folder: Path) -> dict[str, Exercise]:
    """Return all exercises in the banks of `folder`, by name, in the order of the lessons."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        bank = json.loads(path.read_text(encoding="utf-8"))
        shared = {key: bank[key] for key in ("assignment", "notebook", "setup")}
        for entry in bank["exercises"]:
            hints = tuple(Hint(**hint) for hint in entry["hints"])
            names = tuple(entry["example_names"])
            found[entry["name"]] = Exercise(**shared | entry | {"hints": hints, "example_names": names})
    return found


def all_exercises() -> dict[str, Exercise]:
    """Return the exercises of the course by name, in the order of the lessons."""
    return load_exercises(BANK_FOLDER)


def find_exercise(name: str) -> Exercise:
    """Return the exercise that asks for the function `name`.

    Raises:
        UnknownName: there is none; the message names the nearest ones.
    """
    exercises = all_exercises()
    if name not in exercises:
        raise unknown_name("exercise", name, exercises)
    return exercises[name]
