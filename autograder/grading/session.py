"""One student's notebook in its room, seen from the trusted side: runs cells, reads values, carries requests.

`autograder.grading.verdicts` drives it. When the room ends (a limit, an exit), the next thing to judge gets a
new room in which the cells so far run again, without the one that ended it: one bad cell costs its own points only.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from autograder.grading.room import ANSWER_LIMITS, FILE_KEPT
from autograder.sandbox.launch import SandboxUnavailable
from autograder.sandbox.policy import Policy
from autograder.sandbox.supervisor import Ending, RoomEnded
from autograder.sandbox.transport import RoomTransport, StudentKilled
from autograder.student import BadReply, StudentProblem, StudentTimeout
from autograder.wire import WireError, decode, split

ENTRY = "autograder.grading.room:serve"
PRELOAD = ("autograder.grading.room", "headstart.questions", "headstart.questions.text", "headstart.examples")
GRACE_SECONDS = 1.0
MOST_ROOMS = 8
# Answers to checks carry whole models, one message each; a reply is only read while one is awaited.
MESSAGE_MB = 128
OUTPUT_MB = 4096
_NOT_THE_STUDENTS = ("grader gone", "no room")
_TEXT_KEPT = 2_000


class RoomsUnavailable(RuntimeError):
    """No room can be had, for a reason that lies with this machine and not with the student's code."""


class Worker(Protocol):
    """A confined process that answers frames; `autograder.sandbox.Worker` is one."""

    def request(
        self, header: dict[str, Any], body: bytes = b"", seconds: float | None = None
    ) -> tuple[dict[str, Any], bytes]:
        """Return the answer, or raise `RoomEnded`."""


class Rooms(Protocol):
    """Something that opens rooms; `autograder.sandbox.Sandbox` is one."""

    def worker(self, entry: str = "", policy: Policy | None = None) -> AbstractContextManager[Worker]:
        """Open a room with a worker that runs `entry`."""


class Session:
    """The running notebook of one student. Use as a context manager.

    Args:
        rooms: opens the rooms.
        policy: their limits; `notebook_seconds` is for all rooms of this notebook together.
        files: the files of the submission that the code finds beside it.
        student: whose it is.
    """

    def __init__(self, rooms: Rooms, policy: Policy, files: Mapping[str, bytes], student: str) -> None:
        self._rooms, self._policy, self._files, self._student = rooms, policy, dict(files), student
        self._deadline = time.monotonic() + policy.notebook_seconds
        self._cells: list[tuple[int, str]] = []
        self._stack = contextlib.ExitStack()
        self._worker: Worker | None = None
        self._opened = 0
        self._problem: StudentProblem | None = None
        self.seconds_in_cells = 0.0

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @property
    def given(self) -> Mapping[str, bytes]:
        """The files of the submission."""
        return self._files

    @property
    def problem(self) -> StudentProblem | None:
        """What ended the room, or None while it lives."""
        return self._problem

    def run(self, number: int, source: str) -> list[dict[str, Any]]:
        """Run a cell; return nbformat outputs: text and errors, shortened, as plain text."""
        started = time.monotonic()
        try:
            answer, _ = self._ask(
                {"op": "cell", "number": number, "seconds": self._seconds()}, source.encode(errors="replace")
            )
        except StudentProblem as problem:
            return [_error("Stopped", problem.message)]
        finally:
            self.seconds_in_cells += time.monotonic() - started
        self._cells.append((number, source))
        return _outputs(answer.get("outputs"))

    def defines(self, name: str) -> bool:
        """Return whether the notebook has a variable `name`.

        Raises:
            StudentProblem: there is no room any more.
        """
        return self._ask({"op": "look", "name": name})[0].get("there") is True

    def value(self, name: str) -> Any:
        """Return the variable `name` as plain data; None if there is none. What is no small data comes as text.

        Raises:
            StudentProblem: there is no room any more.
        """
        answer, body = self._ask({"op": "look", "name": name})
        if answer.get("there") is not True:
            return None
        try:
            return decode(split(body, ANSWER_LIMITS), limits=ANSWER_LIMITS)
        except WireError:
            return "(not an answer)"

    def file(self, name: str) -> bytes | None:
        """Return the content of a small file in the notebook's folder, or None.

        Raises:
            StudentProblem: there is no room any more.
        """
        answer, body = self._ask({"op": "file", "name": name})
        return body if answer.get("there") is True and len(body) <= FILE_KEPT else None

    def request(self, block: bytes, seconds: float) -> bytes:
        """Carry a request of a check (`autograder.student.Transport`)."""
        if self._problem is not None:
            raise self._problem
        worker = self._open()
        try:
            return self._guarded(lambda: RoomTransport(worker).request(block, min(seconds, self._left())))
        except WireError:
            # A room that refuses a request which this side could pack has said so itself: it is not a check's fault.
            raise BadReply("your code's side sent no proper reply") from None

    def revive(self) -> None:
        """Make sure that there is a room, for the next thing to judge. The problem of the last one is over.

        Raises:
            StudentProblem: no room can be had any more.
        """
        self._problem = None
        self._open()

    # ------------------------------------------------------------------------------------------- rooms

    def _left(self) -> float:
        return max(self._deadline - time.monotonic(), 0.0)

    def _seconds(self) -> float:
        return min(self._policy.call_seconds, max(self._left(), 0.1))

    def _ask(self, header: dict[str, Any], body: bytes = b"") -> tuple[dict[str, Any], bytes]:
        self._problem = None
        worker = self._open()
        limit = header.get("seconds", self._policy.call_seconds)
        return self._guarded(lambda: self._sent(worker, header, body, limit))

    def _sent(
        self, worker: Worker, header: dict[str, Any], body: bytes, seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        try:
            return worker.request(header, body, seconds + GRACE_SECONDS)
        except RoomEnded as ended:
            if ended.ending.reason == "time":
                raise StudentTimeout(seconds) from ended
            raise StudentKilled(ended) from ended

    def _guarded(self, ask: Callable[[], Any]) -> Any:
        """Ask; where the room has ended, remember why, and close it."""
        try:
            return ask()
        except (StudentTimeout, StudentKilled) as problem:
            if isinstance(problem.__cause__, RoomEnded):
                if problem.__cause__.ending.reason in _NOT_THE_STUDENTS:
                    raise RoomsUnavailable(problem.__cause__.ending.detail or str(problem)) from problem
                self._problem = problem
                self._worker = None
                self._stack.close()
            raise

    def _open(self) -> Worker:
        if self._worker is not None:
            return self._worker
        left = self._left()
        if left < 1.0 or self._opened >= MOST_ROOMS:
            reason = "time" if left < 1.0 else "ended"
            self._problem = StudentKilled(RoomEnded(Ending(reason, None, "", 0)))
            raise self._problem
        self._opened += 1
        policy = for_models(self._policy).with_settings(
            notebook_seconds=left, call_seconds=min(self._policy.call_seconds, left)
        )
        try:
            worker = self._stack.enter_context(self._rooms.worker(ENTRY, policy))
        except (RoomEnded, SandboxUnavailable) as error:
            raise RoomsUnavailable(str(error)) from error
        self._worker = worker
        header = {
            "op": "open",
            "files": [[name, len(content)] for name, content in self._files.items()],
            "student": self._student,
        }
        self._guarded(lambda: self._sent(worker, header, b"".join(self._files.values()), 30.0))
        for number, source in self._cells:
            again = {"op": "cell", "number": number, "seconds": self._seconds()}
            self._guarded(lambda again=again, source=source: self._sent(worker, again, source.encode(), 30.0))
        return worker


def for_models(policy: Policy) -> Policy:
    """Return `policy` with room for the models that checks send and get back."""
    return policy.with_settings(
        message_mb=max(policy.message_mb, MESSAGE_MB), output_mb=max(policy.output_mb, OUTPUT_MB)
    )


# ------------------------------------------------------------------------------- what a room says, as outputs


def _outputs(said: Any) -> list[dict[str, Any]]:
    """Turn what a room says that a cell showed into nbformat outputs; what has another form is left out."""
    outputs: list[dict[str, Any]] = []
    for entry in said[:200] if isinstance(said, list) else []:
        if not isinstance(entry, dict):
            continue
        if entry.get("name") in ("stdout", "stderr"):
            outputs.append(
                {"output_type": "stream", "name": entry["name"], "text": _text(entry.get("text"), 20_000)}
            )
        elif "value" in entry:
            outputs.append(
                {
                    "output_type": "display_data",
                    "data": {"text/plain": _text(entry["value"], _TEXT_KEPT)},
                    "metadata": {},
                }
            )
        elif "error" in entry:
            trace = entry.get("trace")
            lines = [_text(line, 300) for line in trace[:20]] if isinstance(trace, list) else []
            outputs.append(_error(_text(entry["error"], 80), _text(entry.get("text"), _TEXT_KEPT), lines))
    return outputs


def _text(value: Any, limit: int) -> str:
    """Return printable text: escape sequences and other control characters could redraw a terminal."""
    kept = str(value)[:limit]
    return "".join(character if character.isprintable() or character in "\n\t" else "?" for character in kept)


def _error(kind: str, text: str, lines: list[str] | None = None) -> dict[str, Any]:
    said = f"{kind}: {text}" if text else kind
    return {"output_type": "error", "ename": kind, "evalue": text, "traceback": [*(lines or []), said]}
