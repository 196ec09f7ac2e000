"""Rooms: empty sets of namespaces that bubblewrap makes and a forked process moves into. Used by the zygote."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass

from autograder.sandbox import mounts

_PATIENCE_SECONDS = 10.0


class RoomError(OSError):
    """Bubblewrap could not make a room; the message holds what it said."""


@dataclass
class Room:
    """A room that stands empty or is lived in.

    Attributes:
        process: bubblewrap's outer process, which waits for the room's pid 1.
        first: process id of the room's pid 1, as seen from here.
        pidfd: the same as a handle that can never mean another process.
    """

    process: subprocess.Popen[bytes]
    first: int
    pidfd: int

    def kill(self) -> None:
        """End pid 1, and with it, by the kernel's rule, every process in the room, in one step.

        No process can refuse, leave the room, or be overlooked; sessions and process groups play no part.
        """
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def close(self) -> None:
        """Reap bubblewrap and forget the room, once it is dead."""
        self.process.wait()
        os.close(self.pidfd)


class RoomBuilder:
    """Makes rooms; keeps one in the making so that the next is there at once.

    Args:
        bwrap: path of bubblewrap.
        view: what rooms see.
        filter_program: the system call filter for each room's pid 1.
    """

    def __init__(self, bwrap: str, view: mounts.View, filter_program: bytes) -> None:
        self._bwrap, self._view, self._filter = bwrap, view, filter_program
        self._made = mounts.made_files()
        self._next: tuple[subprocess.Popen[bytes], int] | None = None
        self._spare: Room | None = None

    def prepare(self) -> None:
        """Start the making of the next room, without waiting for it."""
        if self._next is None and self._spare is None:
            self._next = self._start()

    def put_back(self, room: Room) -> None:
        """Keep a room that nobody has entered for the next."""
        self._spare = room

    def take(self) -> Room:
        """Return a room that is ready.

        Raises:
            RoomError: bubblewrap fails.
        """
        if self._spare is not None:
            room, self._spare = self._spare, None
            return room
        process, info = self._next or self._start()
        self._next = None
        return self._finish(process, info)

    def close(self) -> None:
        """End the room that nobody has entered, if there is one."""
        if self._spare is not None or self._next is not None:
            with contextlib.suppress(RoomError):
                room = self.take()
                room.kill()
                room.close()

    def _start(self) -> tuple[subprocess.Popen[bytes], int]:
        info_read, info_write = os.pipe()
        given = [info_write, _file_with(self._filter)]
        made = {path: _file_with(content) for path, content in self._made.items()}
        given += made.values()
        try:
            command = mounts.room_arguments(self._bwrap, self._view, given[1], info_write, made)
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=given,
                env={},
            )
        except OSError as error:
            os.close(info_read)
            raise RoomError(f"bubblewrap cannot be started: {error}") from error
        finally:
            for descriptor in given:
                os.close(descriptor)
        return process, info_read

    def _finish(self, process: subprocess.Popen[bytes], info: int) -> Room:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        try:
            with contextlib.ExitStack() as stack:
                stack.callback(os.close, info)
                stack.callback(process.stdout.close)
                stack.callback(process.stderr.close)
                said = b""
                while not said.endswith(b"ready\n"):
                    readable, _, _ = select.select([process.stdout], [], [], deadline - time.monotonic())
                    part = os.read(process.stdout.fileno(), 100) if readable else b""
                    if not part:
                        process.kill()
                        problem = os.read(process.stderr.fileno(), 2000).decode(errors="replace").strip()
                        raise RoomError(problem or f"it was not ready after {_PATIENCE_SECONDS:g} seconds")
                    said += part
                first = json.loads(os.read(info, 4096))["child-pid"]
                return Room(process, first, os.pidfd_open(first))
        except BaseException:
            process.kill()
            process.wait()
            raise


def _file_with(content: bytes) -> int:
    descriptor = os.memfd_create("given", 0)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
