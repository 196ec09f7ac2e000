"""Carries a check's requests to a student's code in a room: the `Transport` of `autograder.student` there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from autograder.sandbox.policy import Policy
from autograder.sandbox.supervisor import RoomEnded, Sandbox, Worker
from autograder.student import StudentError, StudentKilled, StudentTimeout
from autograder.wire import WireError

# The student's side stops a call itself, which gives the better message. The room is ended if it does not.
_GRACE_SECONDS = 1.0
# No line of the student's runs before the room has taken the source: their time limit is none for this.
_OPENING_SECONDS = 60.0


class RoomKilled(StudentKilled):
    """The room of the student's code was ended by a limit, or its process ended itself."""

    def __init__(self, ended: RoomEnded) -> None:
        self.ending = ended.ending
        super().__init__(f"your code was stopped: {ended.ending.message}")


class RoomTransport:
    """Brings packed requests to one worker."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def request(self, block: bytes, seconds: float) -> bytes:
        """Return the reply to `block`.

        Raises:
            StudentTimeout: there was none in time; the room is gone.
            RoomKilled: the room is gone for another reason.
            StudentError: the result is larger than the policy allows.
        """
        try:
            header, reply = self.worker.request(
                {"op": "request", "seconds": seconds}, block, seconds + _GRACE_SECONDS
            )
        except RoomEnded as ended:
            if ended.ending.reason == "time":
                raise StudentTimeout(seconds) from ended
            raise RoomKilled(ended) from ended
        if "refused" in header:
            raise WireError(f"a check passes something that cannot travel: {str(header['refused'])[:1000]}")
        if "too_large" in header:
            raise StudentError("TooLarge", str(header["too_large"])[:1000])
        return reply


@contextlib.contextmanager
def student_room(
    sandbox: Sandbox,
    source: str,
    prelude: Sequence[str] = (),
    label: str = "answer.py",
    policy: Policy | None = None,
) -> Iterator[RoomTransport]:
    """Open a room that holds the student's `source`; yield the transport to give to `autograder.student.Student`.

    Args:
        sandbox: a running sandbox.
        source: the student's code; it runs at the first request.
        prelude: statements to run before it, such as imports of earlier cells.
        label: the file name that tracebacks show.
        policy: limits, the sandbox's own if None.
    """
    with sandbox.worker(policy=policy) as worker:
        header = {"op": "open", "source": source, "prelude": list(prelude), "label": label}
        worker.request(header, seconds=_OPENING_SECONDS)
        yield RoomTransport(worker)
