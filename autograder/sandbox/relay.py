"""Carries bytes between Jupyter clients and a kernel in its room, and counts what the room sends.

Runs in the zygote, outside every room. Clients connect to the relay's sockets; for each connection the relay
opens one to the kernel's listening socket. It understands nothing of what it carries. Because the count is
made here, no client can be flooded: nbclient, nbgrader and papermill never see more than `output_mb`.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import tempfile
from collections.abc import Callable

_CHUNK = 65_536


def private_listener() -> tuple[socket.socket, int]:
    """Return a listening unix socket for a kernel, and the only handle by which it can be connected to.

    The socket's name is removed at once; the handle (O_PATH) still leads to it through `/proc/self/fd`.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with tempfile.TemporaryDirectory(prefix="headstart-room-") as folder:
        path = os.path.join(folder, "s")
        listener.bind(path)
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    listener.listen(16)
    return listener, handle


class Relay:
    """All connections of one room.

    Args:
        selector: of the zygote's loop; each registered object's data is a function of the ready events.
        counted: called with the number of bytes that the room has sent.
    """

    def __init__(self, selector: selectors.BaseSelector, counted: Callable[[int], None]) -> None:
        self._selector, self._counted = selector, counted
        self._closers: list[Callable[[], None]] = []

    def add(self, listener: socket.socket, handle: int) -> None:
        """Serve the clients of `listener` by connections to the kernel's socket behind `handle`."""
        listener.setblocking(False)

        def accept(events: int) -> None:
            with contextlib.suppress(OSError):
                client, _ = listener.accept()
                self._connect(client, handle)

        self._selector.register(listener, selectors.EVENT_READ, accept)

        def close() -> None:
            self._selector.unregister(listener)
            listener.close()
            os.close(handle)

        self._closers.append(close)

    def close(self) -> None:
        """Close all connections and listeners."""
        while self._closers:
            self._closers.pop()()

    def _connect(self, client: socket.socket, handle: int) -> None:
        room = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        room.setblocking(False)
        try:
            room.connect(f"/proc/self/fd/{handle}")
        except OSError:  # the kernel accepts no more; the client tries again by itself
            room.close()
            client.close()
            return
        link = _Link(self._selector, client, room, self._counted)
        self._closers.append(link.close)


class _Link:
    """One client's connection and its counterpart, with a pipe for each direction.

    Bytes go socket, pipe, socket inside the operating system (`splice`). They never enter this process's
    memory, where a later fork, and so another student's code, could find them.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        client: socket.socket,
        room: socket.socket,
        counted: Callable[[int], None],
    ) -> None:
        self._selector, self._counted = selector, counted
        self._sockets = (client, room)
        self._pipes = (os.pipe(), os.pipe())  # the pipe that is emptied into the client, into the room
        self._held = [0, 0]  # bytes in each pipe
        self._watched = [0, 0]
        self._open = True
        for connection in self._sockets:
            connection.setblocking(False)
        self._update()

    def close(self) -> None:
        if self._open:
            self._open = False
            for side, connection in enumerate(self._sockets):
                if self._watched[side]:
                    self._selector.unregister(connection)
                connection.close()
                for end in self._pipes[side]:
                    os.close(end)

    def _on(self, side: int, events: int) -> None:
        if not self._open:
            return
        try:
            if events & selectors.EVENT_WRITE:
                self._empty(side)
            if events & selectors.EVENT_READ and not self._held[1 - side]:
                self._fill(1 - side)
        except OSError:
            self.close()
        if self._open:
            self._update()

    def _fill(self, side: int) -> None:
        """Take what one side sends into the (empty) pipe towards `side`."""
        source = self._sockets[1 - side].fileno()
        try:
            count = os.splice(source, self._pipes[side][1], _CHUNK, flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            return
        if count == 0:
            self.close()
            return
        self._held[side] = count
        if side == 0:
            self._counted(count)
        self._empty(side)

    def _empty(self, side: int) -> None:
        """Pass on what the pipe towards `side` holds, as far as `side` takes it."""
        with contextlib.suppress(BlockingIOError):
            while self._open and self._held[side]:
                target = self._sockets[side].fileno()
                self._held[side] -= os.splice(
                    self._pipes[side][0], target, self._held[side], flags=os.SPLICE_F_NONBLOCK
                )

    def _update(self) -> None:
        """Watch for what each side can do now; while one has bytes to take, nothing is read from the other."""
        for side, connection in enumerate(self._sockets):
            events = 0 if self._held[1 - side] else selectors.EVENT_READ
            events |= selectors.EVENT_WRITE if self._held[side] else 0
            if events == self._watched[side]:
                continue
            if self._watched[side]:
                self._selector.unregister(connection)
            if events:
                self._selector.register(connection, events, lambda ready, side=side: self._on(side, ready))
            self._watched[side] = events
