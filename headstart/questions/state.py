"""Keeps answers and guesses in answers.json, in the notebook's folder.

Called by the widget, the text form and the grader.

The file is small and readable:

    {"version": 1, "learner": "ada",
     "answers": {"freezing.flag-sum": {"response": 0.85, "learner": "ada", "attempts": 2, "correct": null,
                                       "at": "…"}},
     "predictions": {"freezing.drift": {"response": 80, "learner": "ada", "measured": 93.5, "at": "…"}}}

`headstart.state_file` reads and writes it, so that nothing is lost.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headstart.names import Refusal
from headstart.state_file import StateFile, now

FILE_NAME = "answers.json"
VERSION = 1
DEFAULT_LEARNER = "learner"


@dataclass(frozen=True)
class Given:
    """An answer to be handed in: what was given, under which learner id, and where it was found."""

    response: Any
    learner: str
    source: str


class Store:
    """The answers of one folder.

    Args:
        folder: where answers.json is or will be; the current folder by default.
        say: takes one line for the learner, when something is wrong with the file.
    """

    def __init__(self, folder: Path | str | None = None, say: Callable[[str], None] = print) -> None:
        self.folder = Path.cwd() if folder is None else Path(folder).resolve()
        self._file = StateFile(self.folder / FILE_NAME, _understood, version=VERSION, say=say)

    def learner(self) -> str:
        """Return the learner's id: from HEADSTART_LEARNER, this file, JUPYTERHUB_USER, or `"learner"`."""
        return (
            os.environ.get("HEADSTART_LEARNER", "").strip()
            or self.read()["learner"]
            or os.environ.get("JUPYTERHUB_USER", "").strip()
            or DEFAULT_LEARNER
        )

    def keep_learner(self, name: str) -> None:
        """Store `name` as the learner's id. Answers keep the id under which they were given.

        Raises:
            ValueError: `name` is no short line of text.
        """
        if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > 100:
            raise Refusal(f"a learner id is a short text such as 'ada'; got {name!r}")
        if self.read()["learner"] != name.strip():
            with self._file.changing() as content:
                content["learner"] = name.strip()

    def answer(self, question_id: str) -> dict[str, Any] | None:
        """Return the stored answer to a question, or None."""
        return self.read()["answers"].get(question_id)

    def keep_answer(self, question_id: str, response: Any, learner: str, correct: bool | None) -> None:
        """Store an answer. `attempts` counts the different answers given so far."""
        with self._file.changing() as content:
            before = content["answers"].get(question_id, {})
            same = before.get("response") == response and before.get("learner") == learner
            content["answers"][question_id] = {
                "response": response,
                "learner": learner,
                "attempts": before.get("attempts", 0) + (0 if same else 1),
                "correct": correct,
                "at": now(),
            }

    def forget_answer(self, question_id: str) -> None:
        """Remove the stored answer to a question, if there is one."""
        with self._file.changing() as content:
            content["answers"].pop(question_id, None)

    def prediction(self, prediction_id: str) -> dict[str, Any] | None:
        """Return the stored guess, or None."""
        return self.read()["predictions"].get(prediction_id)

    def keep_prediction(self, prediction_id: str, response: Any, measured: Any = None) -> None:
        """Store a guess, and beside it what was measured."""
        entry = {"response": response, "learner": self.learner(), "at": now()}
        if measured is not None:
            entry["measured"] = measured
        with self._file.changing() as content:
            content["predictions"][prediction_id] = entry

    def read(self, keep_aside: bool = True) -> dict[str, Any]:
        """Return what is stored: `{"version", "learner", "answers", "predictions"}`. Never raises.

        What is broken is left out, named in one line, and kept aside unless `keep_aside` is False.
        """
        return self._file.read(keep_aside)


def learner(name: str | None = None) -> str:
    """Return the learner's id, which decides the numbers in questions and the order of options.

    Args:
        name: store this id in answers.json of the current folder first.

    Raises:
        ValueError: `name` is no short line of text.
    """
    store = Store()
    if name is not None:
        store.keep_learner(name)
    return store.learner()


def given(question_id: str, value: Any = None, folder: Path | str | None = None) -> Given | None:
    """Return the answer to hand in: `value` where something was assigned, else the stored one, else None.

    The grader calls this in the submission's folder. Nothing is written.

    Args:
        question_id: the question.
        value: what the learner assigned in the notebook (`q3 = "b"`), or None.
        folder: where answers.json is; the current folder by default.
    """
    store = Store(folder)
    content = store.read(keep_aside=False)
    if not (value is None or value is Ellipsis or (isinstance(value, str) and not value.strip())):
        return Given(value, content["learner"] or store.learner(), "assignment")
    entry = content["answers"].get(question_id)
    return Given(entry["response"], entry["learner"], FILE_NAME) if entry else None


def _understood(raw: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return what is good in `raw`, and whether that is all of it."""
    content: dict[str, Any] = {"version": VERSION, "learner": None, "answers": {}, "predictions": {}}
    whole = True
    name = raw.get("learner")
    if name is None or (isinstance(name, str) and name.strip()):
        content["learner"] = name
    else:
        whole = False
    for section in ("answers", "predictions"):
        entries = raw.get(section, {})
        if not isinstance(entries, dict):
            whole = False
            continue
        content[section] = {key: entry for key, entry in entries.items() if _is_entry(entry)}
        whole = whole and len(content[section]) == len(entries)
    return content, whole


def _is_entry(entry: Any) -> bool:
    """Whether `entry` has the response, learner and attempts that the code above counts on."""
    if not isinstance(entry, dict) or not isinstance(entry.get("learner"), str):
        return False
    if not isinstance(entry.get("attempts", 0), int):
        return False
    response = entry.get("response")
    if isinstance(response, list):
        return all(isinstance(part, str) for part in response)
    if isinstance(response, int | float) and not isinstance(response, bool):
        return math.isfinite(response)
    return isinstance(response, str)
