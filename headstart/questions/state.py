"""Keeps answers and guesses in answers.json, in the notebook's folder.

Called by the widget, the text form and the grader.

The file is small and readable:

    {"version": 1, "learner": "ada",
     "answers": {"freezing.flag-sum": {"response": 0.85, "learner": "ada", "attempts": 2, "correct": null,
                                       "at": "…"}},
     "predictions": {"freezing.drift": {"response": 80, "learner": "ada", "measured": 93.5, "at": "…"}}}

It is written whole and atomically, and read again right before, under a lock, so that two notebooks in one
folder lose nothing. A broken file is kept aside. Where the folder cannot be written, answers stay in memory.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

try:
    import fcntl
except ImportError:  # Windows has no fcntl; writes are atomic there, and one kernel is the normal case.
    fcntl = None

FILE_NAME = "answers.json"
VERSION = 1
DEFAULT_LEARNER = "learner"
LOCK_SECONDS = 3.0

_thread_lock = RLock()
# Content for folders that cannot be written, by folder.
_memory: dict[Path, dict[str, Any]] = {}


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
        self.path = self.folder / FILE_NAME
        self.say = say

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
            raise ValueError(f"a learner id is a short text such as 'ada'; got {name!r}")
        if self.read()["learner"] != name.strip():
            with self._changing() as content:
                content["learner"] = name.strip()

    def answer(self, question_id: str) -> dict[str, Any] | None:
        """Return the stored answer to a question, or None."""
        return self.read()["answers"].get(question_id)

    def keep_answer(self, question_id: str, response: Any, learner: str, correct: bool | None) -> None:
        """Store an answer. `attempts` counts the different answers given so far."""
        with self._changing() as content:
            before = content["answers"].get(question_id, {})
            same = before.get("response") == response and before.get("learner") == learner
            content["answers"][question_id] = {
                "response": response,
                "learner": learner,
                "attempts": before.get("attempts", 0) + (0 if same else 1),
                "correct": correct,
                "at": _now(),
            }

    def forget_answer(self, question_id: str) -> None:
        """Remove the stored answer to a question, if there is one."""
        with self._changing() as content:
            content["answers"].pop(question_id, None)

    def prediction(self, prediction_id: str) -> dict[str, Any] | None:
        """Return the stored guess, or None."""
        return self.read()["predictions"].get(prediction_id)

    def keep_prediction(self, prediction_id: str, response: Any, measured: Any = None) -> None:
        """Store a guess, and beside it what was measured."""
        entry = {"response": response, "learner": self.learner(), "at": _now()}
        if measured is not None:
            entry["measured"] = measured
        with self._changing() as content:
            content["predictions"][prediction_id] = entry

    def read(self, keep_aside: bool = True) -> dict[str, Any]:
        """Return what is stored: `{"version", "learner", "answers", "predictions"}`. Never raises.

        What is broken is left out, named in one line, and kept aside unless `keep_aside` is False.
        """
        if self.folder in _memory:
            return _memory[self.folder]
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return _empty()
        except (OSError, UnicodeDecodeError) as error:
            text, problem = None, getattr(error, "strerror", None) or "it is not text"
        if text is not None:
            content, problem = _understood(text)
            if problem is None:
                return content
        else:
            content = _empty()
        if keep_aside:
            self._keep_aside(content, problem)
        return content

    def _keep_aside(self, good: dict[str, Any], problem: str) -> None:
        """Move the broken file aside and go on with what was good in it."""
        with _thread_lock:
            number = 1
            while (aside := self.folder / f"answers.broken-{number}.json").exists():
                number += 1
            try:
                os.replace(self.path, aside)
                if good["answers"] or good["predictions"] or good["learner"]:
                    self._write(good)
            except OSError:
                _memory[self.folder] = good
                self.say(f"{FILE_NAME} cannot be used ({problem}). Answers are kept until the kernel stops.")
                return
        kept = len(good["answers"]) + len(good["predictions"])
        saved = f" The {kept} readable entries stay." if kept else ""
        self.say(f"{FILE_NAME} could not be used ({problem}). It is kept as {aside.name}.{saved}")

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        """Give the content to change, read under the lock; write it afterwards, or keep it in memory."""
        with _thread_lock, self._file_lock():
            content = self.read()
            yield content
            try:
                self._write(content)
            except OSError as error:
                if self.folder not in _memory:
                    reason = error.strerror or type(error).__name__
                    self.say(
                        f"{FILE_NAME} cannot be written in {self.folder} ({reason}). "
                        "You can go on: answers are kept until the kernel stops."
                    )
                _memory[self.folder] = content
            else:
                _memory.pop(self.folder, None)

    def _write(self, content: dict[str, Any]) -> None:
        handle, name = tempfile.mkstemp(prefix=".answers-", suffix=".tmp", dir=self.folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1, ensure_ascii=False)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes private files; an instructor's grader reads this one as another user.
            os.chmod(name, 0o644)
            os.replace(name, self.path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        """Keep other kernels out while writing. Goes on without a lock where the folder gives none."""
        try:
            file = open(self.folder / f"{FILE_NAME}.lock", "a") if fcntl else None  # noqa: SIM115
        except OSError:
            file = None
        if file is None:
            yield
            return
        with file:
            deadline = time.monotonic() + LOCK_SECONDS
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    # A kernel that hangs with the lock must not stop this one for ever.
                    if time.monotonic() > deadline:
                        break
                    time.sleep(0.02)
                except OSError:
                    break
            yield


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


def _empty() -> dict[str, Any]:
    return {"version": VERSION, "learner": None, "answers": {}, "predictions": {}}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _understood(text: str) -> tuple[dict[str, Any], str | None]:
    """Return what `text` holds and, if any of it is broken, a few words about what."""
    content = _empty()
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return content, "it is not JSON"
    if not isinstance(raw, dict):
        return content, "it does not have the expected form"
    version = raw.get("version")
    if isinstance(version, int) and version > VERSION:
        return content, f"it was written by a newer Headstart, version {version} of the file"
    broken = version != VERSION
    name = raw.get("learner")
    if name is None or (isinstance(name, str) and name.strip()):
        content["learner"] = name
    else:
        broken = True
    for section in ("answers", "predictions"):
        entries = raw.get(section, {})
        if not isinstance(entries, dict):
            broken = True
            continue
        for key, entry in entries.items():
            if _is_entry(entry):
                content[section][key] = entry
            else:
                broken = True
    return content, "it does not have the expected form" if broken else None


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
