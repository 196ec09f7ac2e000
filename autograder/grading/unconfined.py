"""Rooms that confine nothing: a plain fork for each notebook, for `--unsafe`. Same frames, same answers.

For an instructor who trusts the submissions, on a machine that has no sandbox. Time limits hold; memory, files
and network are open to the student's code.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator

from autograder.grading.lifeline import die_with
from autograder.sandbox.frames import Channel, FrameError
from autograder.sandbox.policy import MIB, Policy
from autograder.sandbox.supervisor import Ending, RoomEnded


class UnconfinedWorker:
    """A forked process that answers frames."""

    def __init__(self, pid: int, channel: Channel, deadline: float) -> None:
        self.pid, self._channel, self._deadline = pid, channel, deadline

    def request(
        self, header: dict[str, object], body: bytes = b"", seconds: float | None = None
    ) -> tuple[dict[str, object], bytes]:
        """Send a frame and return the frame that answers it.

        Raises:
            RoomEnded: there is no answer; the process has been killed.
        """
        deadline = self._deadline if seconds is None else min(self._deadline, time.monotonic() + seconds)
        reason = "ended"
        try:
            self._channel.send(header, body, deadline)
            answer = self._channel.receive(deadline)
            if answer is not None:
                return answer
        except TimeoutError:
            reason = "time"
        except FrameError:
            reason = "output"
        except OSError:
            reason = "ended"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        raise RoomEnded(Ending(reason, None, "", 0))


class UnconfinedRooms:
    """Opens such rooms. Where there is no `fork` (Windows), there is no unconfined grading either."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    @contextlib.contextmanager
    def worker(self, entry: str, policy: Policy | None = None) -> Iterator[UnconfinedWorker]:
        """Fork a process that serves `entry`; at the end of the block it and its children are gone."""
        policy = policy or self.policy
        folder = tempfile.mkdtemp(prefix="headstart-unconfined-")
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _live(entry, theirs, ours, folder, policy, parent)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        theirs.close()
        channel = Channel(ours, policy.message_mb * MIB, policy.output_mb * MIB)
        try:
            yield UnconfinedWorker(pid, channel, time.monotonic() + policy.notebook_seconds)
        finally:
            channel.close()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            shutil.rmtree(folder, ignore_errors=True)


def _live(
    entry: str, theirs: socket.socket, ours: socket.socket, folder: str, policy: Policy, parent: int
) -> None:
    try:
        os.setpgid(0, 0)
        if not die_with(parent):
            return
        signal.signal(signal.SIGINT, signal.default_int_handler)
        ours.close()
        os.chdir(folder)
        silence = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(silence, number)
        module, _, function = entry.partition(":")
        getattr(importlib.import_module(module), function)(Channel(theirs, policy.message_mb * MIB))
    finally:
        os._exit(0)
