"""Finds and reads submissions in nbgrader's layout, as plain data. Used by the coordinator.

Only names from an allow-list are read, only real files, never through a symbolic link, never more than the
limits. What stays outside is named in `left_out`.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.grading.blueprint import Blueprint
from autograder.grading.repair import LARGEST_NOTEBOOK
from autograder.sandbox.policy import MIB, Policy

TIMESTAMP = "timestamp.txt"
ANSWERS_FILE = "answers.json"
LARGEST_ANSWERS = 1 * MIB
_PLAIN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_PLAIN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class UnreadableSubmission(Exception):
    """A submission cannot be read from disk; the text says which file and why. For the instructor to repair."""


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Attributes:
        notebooks: content by notebook name; None where it is missing.
        files: the other files that the code may find beside it.
        timestamp: nbgrader's note of when it was handed in, or None.
        left_out: names that were not read, with the reason.
    """

    student: str
    notebooks: dict[str, bytes | None]
    files: dict[str, bytes]
    timestamp: str | None = None
    left_out: dict[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        """Return a hash of all that can change the grade."""
        total = hashlib.sha256(self.student.encode())
        for name, content in sorted({**self.notebooks, **self.files}.items()):
            total.update(f"\n{name}\n{-1 if content is None else len(content)}\n".encode())
            total.update(content or b"")
        total.update((self.timestamp or "").encode())
        return total.hexdigest()


def students_with(submitted: Path, assignment: str) -> list[str]:
    """Return the ids of the students who have a folder for `assignment`, in order."""
    if not submitted.is_dir():
        return []
    return sorted(
        entry.name
        for entry in os.scandir(submitted)
        if not entry.name.startswith(".") and _is_there(Path(entry.path, assignment))
    )


def _is_there(folder: Path) -> bool:
    """Return whether there is a folder; one that nobody may look into counts, so that it is not passed over."""
    try:
        return folder.is_dir()
    except PermissionError:
        return True


def read_submission(submitted: Path, student: str, blueprint: Blueprint, policy: Policy) -> Submission:
    """Read what `student` handed in.

    Raises:
        UnreadableSubmission: folder or file cannot be opened.
    """
    names = {f"{plan.name}.ipynb": plan.name for plan in blueprint.notebooks}
    notebooks: dict[str, bytes | None] = dict.fromkeys(names.values())
    files: dict[str, bytes] = {}
    left_out: dict[str, str] = {}
    timestamp = None
    left = policy.scratch_mb * MIB
    with _folder(submitted, student, blueprint.assignment) as folder:
        for name in sorted(os.listdir(folder)):
            if not name.isprintable():
                # Bytes that are no text, or control characters: they can go into no log and no report.
                left_out[ascii(name)] = "a name that is no text"
                continue
            wanted = name in names or name == TIMESTAMP or _matches(name, policy.files)
            if not wanted:
                left_out[name] = "no name that is graded"
                continue
            limit = LARGEST_NOTEBOOK if name in names else min(_limit(name, policy), left)
            content, problem = _content(folder, submitted / student / blueprint.assignment / name, limit)
            if content is None:
                left_out[name] = problem
                if name in names:
                    notebooks[names[name]] = problem.encode()
            elif name == TIMESTAMP:
                timestamp = content.decode(errors="replace").strip()[:100] or None
                if timestamp is not None and not _is_time(timestamp):
                    left_out[name], timestamp = "no time that can be read", None
            elif name in names:
                notebooks[names[name]] = content
            else:
                files[name] = content
                left -= len(content)
    return Submission(student, notebooks, files, timestamp, left_out)


def read_files(folder: Path, policy: Policy) -> dict[str, bytes]:
    """Return the files beside a notebook that its code may find: plain ones with names that `policy` lists.

    Raises:
        UnreadableSubmission: one of them cannot be opened.
    """
    files: dict[str, bytes] = {}
    left = policy.scratch_mb * MIB
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in sorted(os.listdir(descriptor)):
            if name.isprintable() and _matches(name, policy.files):
                content, _ = _content(descriptor, folder / name, min(_limit(name, policy), left))
                if content is not None:
                    files[name] = content
                    left -= len(content)
    finally:
        os.close(descriptor)
    return files


def _limit(name: str, policy: Policy) -> int:
    # Whatever reads the answers parses all of them, in every cell: a large file would take the notebook's time.
    return LARGEST_ANSWERS if name == ANSWERS_FILE else policy.file_mb * MIB


def _is_time(text: str) -> bool:
    """Return whether nbgrader can read `text` as the time of a submission."""
    try:
        parse_utc(text)
    except (ValueError, OverflowError):
        return False
    return True


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


@contextmanager
def _folder(submitted: Path, student: str, assignment: str) -> Iterator[int]:
    """Give an open handle of `submitted/student/assignment`; neither part may be a link."""
    opened = []
    try:
        try:
            opened.append(os.open(submitted, os.O_RDONLY | os.O_DIRECTORY))
            for part in (student, assignment):
                opened.append(os.open(part, _PLAIN_FOLDER, dir_fd=opened[-1]))
        except OSError as error:
            where = submitted / student / assignment
            said = "it is a link or no folder" if isinstance(error, NotADirectoryError) else error.strerror
            raise UnreadableSubmission(f"{where}: cannot be read ({said}).") from None
        yield opened[-1]
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _content(folder: int, path: Path, limit: int) -> tuple[bytes | None, str]:
    """Return the content of the real file called `path.name` in the open `folder`, or None and the reason.

    Raises:
        UnreadableSubmission: it cannot be opened; the message names `path`.
    """
    try:
        status = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            return None, "a symbolic link"
        if not stat.S_ISREG(status.st_mode):
            return None, "not a file"
        with os.fdopen(os.open(path.name, _PLAIN_FILE, dir_fd=folder), "rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise UnreadableSubmission(f"{path}: cannot be read ({error.strerror}).") from None
    if len(content) > limit:
        return None, f"larger than {limit / MIB:.0f} MiB"
    return content, ""
