"""The learner's small JSON files, kept so that nothing is lost. Called by what stores answers, practice and review.

A file is written whole and atomically, and read again right before, under a lock, so that two kernels lose
nothing. What is broken is kept aside under another name. Where the folder cannot be written, the content stays
in memory. Each of these gives one line and never an exception.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from headstart.whole_files import write_whole

try:
    import fcntl
except ImportError:  # Windows has no fcntl; writes are atomic there, and one kernel is the normal case.
    fcntl = None

LEARNING_FOLDER = "my_learning"
# The files in it: what export takes along and what deletion removes.
LEARNING_FILES = ("practice.json", "review.json", "exercises.json")
# Long enough for a busy computer, short enough for a kernel that hangs with the lock.
LOCK_SECONDS = 15.0

_thread_lock = RLock()
# Content of files that cannot be written.
_memory: dict[Path, dict[str, Any]] = {}

# From what was read, a dictionary, to what is good in it and whether that is all of it.
Understood = Callable[[dict[str, Any]], tuple[dict[str, Any], bool]]


class StateFile:
    """One JSON file that holds a dictionary with a `version`.

    Args:
        path: where the file is or will be; its folder is made with the first change.
        understood: picks what is good out of what was read. For `{}` it returns the empty content.
        version: the version of the file's form. A file with a higher one is kept aside.
        say: takes one line for the learner, when something is wrong with the file.
    """

    def __init__(
        self, path: Path, understood: Understood, *, version: int = 1, say: Callable[[str], None] = print
    ) -> None:
        self.path = path
        self.version = version
        self.say = say
        self._understood = understood

    def read(self, keep_aside: bool = True) -> dict[str, Any]:
        """Return the content. Never raises.

        What is broken is left out, named in one line, and kept aside unless `keep_aside` is False.
        """
        if self.path in _memory:
            return _memory[self.path]
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except (FileNotFoundError, NotADirectoryError):
            return self._understood({})[0]
        except (OSError, UnicodeDecodeError) as error:
            content = self._understood({})[0]
            problem = getattr(error, "strerror", None) or "it is not text"
        else:
            content, problem = self._parsed(text)
        if problem is not None and keep_aside:
            self._keep_aside(content, problem)
        return content

    @contextmanager
    def changing(self) -> Iterator[dict[str, Any]]:
        """Give the content to change, read under the lock; write it afterwards, or keep it in memory."""
        with _thread_lock, self._lock():
            content = self.read()
            yield content
            try:
                self._write(content)
            except OSError as error:
                if self.path not in _memory:
                    reason = error.strerror or type(error).__name__
                    self.say(
                        f"{self.path.name} cannot be written in {self.path.parent} ({reason}). "
                        "You can go on: what you do is kept until the kernel stops."
                    )
                _memory[self.path] = content
            else:
                _memory.pop(self.path, None)

    def in_memory(self) -> bool:
        """Whether the content stays in memory, because the file cannot be written."""
        return self.path in _memory

    def delete(self) -> bool:
        """Remove the file and what is kept of it in memory. Return whether there was anything.

        Raises:
            OSError: the file cannot be removed.
        """
        with _thread_lock, self._lock():
            kept = _memory.pop(self.path, None) is not None
            there = self.path.exists()
            self.path.unlink(missing_ok=True)
        return kept or there

    def _parsed(self, text: str) -> tuple[dict[str, Any], str | None]:
        """Return what `text` holds and, if any of it is broken, a few words about what."""
        empty = self._understood({})[0]
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError):
            return empty, "it is not JSON"
        if not isinstance(raw, dict):
            return empty, "it does not have the expected form"
        version = raw.get("version")
        if isinstance(version, int) and version > self.version:
            return empty, f"it was written by a newer Headstart, version {version} of the file"
        content, whole = self._understood(raw)
        if whole and version == self.version:
            return content, None
        return content, "it does not have the expected form"

    def _keep_aside(self, good: dict[str, Any], problem: str) -> None:
        """Move the broken file aside and go on with what was good in it."""
        with _thread_lock:
            number = 1
            while (aside := self.path.with_name(f"{self.path.stem}.broken-{number}.json")).exists():
                number += 1
            try:
                os.replace(self.path, aside)
                if good != self._understood({})[0]:
                    self._write(good)
            except OSError:
                _memory[self.path] = good
                self.say(
                    f"{self.path.name} cannot be used ({problem}). What you do is kept until the kernel stops."
                )
                return
        kept = sum(len(part) for part in good.values() if isinstance(part, dict | list))
        saved = f" The {kept} readable entries stay." if kept else ""
        self.say(f"{self.path.name} could not be used ({problem}). It is kept as {aside.name}.{saved}")

    def _write(self, content: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Keep other kernels out while writing. Goes on without a lock where the folder gives none."""
        try:
            if fcntl:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            file = open(self.path.with_name(f"{self.path.name}.lock"), "a") if fcntl else None  # noqa: SIM115
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
                    time.sleep(0.005)
                except OSError:
                    break
            yield


def learning_folder() -> Path:
    """Return the folder of the files that belong to the whole course; it need not exist yet.

    HEADSTART_HOME if it is set; else `my_learning` in the course folder, which is the nearest one that holds
    `lessons`, from the current folder upwards; else `my_learning` in the current folder.
    """
    named = os.environ.get("HEADSTART_HOME", "").strip()
    if named:
        return Path(named).expanduser().resolve()
    return (course_folder() or Path.cwd()) / LEARNING_FOLDER


def course_folder() -> Path | None:
    """Return the nearest folder that holds `lessons`, from the current folder upwards, or None."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "lessons").is_dir()), None)


def now() -> str:
    """Return the time in UTC as it stands in the files: `2026-01-31T12:00:00+00:00`."""
    return datetime.now(UTC).isoformat(timespec="seconds")
