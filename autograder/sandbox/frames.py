"""Messages between the grader and a worker: a JSON header, then raw bytes; never pickle.

Both sides use it. On the grader's side the other end is hostile: sizes are checked before anything is
allocated, and a header is data only (text, numbers, lists, dictionaries).

One frame: 4 bytes length of the header, 8 bytes length of the body (both big-endian), header, body.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

from autograder.sandbox.policy import MIB

_LENGTHS = struct.Struct(">IQ")
_HEADER_LIMIT = MIB
_CHUNK = MIB
_SMALL = 65_536


class FrameError(ValueError):
    """What arrived is no frame: too large, or its header is not a JSON object."""


class Channel:
    """One end of a worker's byte streams.

    Args:
        connection: a connected stream socket.
        message_bytes: largest body accepted or sent.
        total_bytes: largest sum of all that arrives, or None for no limit.
    """

    def __init__(self, connection: socket.socket, message_bytes: int, total_bytes: int | None = None) -> None:
        self._connection = connection
        self._message_bytes = message_bytes
        self._left = total_bytes

    def send(
        self, header: dict[str, Any], body: bytes | bytearray = b"", deadline: float | None = None
    ) -> None:
        """Send one frame.

        Raises:
            FrameError: the body is larger than the other side accepts.
            TimeoutError: the other side does not read before `deadline` (`time.monotonic()`).
            OSError: the other side is gone.
        """
        if len(body) > self._message_bytes:
            raise FrameError(
                f"a message has {len(body)} bytes; the policy allows {self._message_bytes} (message_mb)."
            )
        text = json.dumps(header).encode()
        if len(text) > _HEADER_LIMIT:
            raise FrameError(f"a header has {len(text)} bytes; at most {_HEADER_LIMIT} can be sent.")
        head = _LENGTHS.pack(len(text), len(body)) + text
        parts = (head + body,) if len(body) < _SMALL else (head, body)
        for view in map(memoryview, parts):
            while view:
                self._set_timeout(deadline)
                view = view[self._connection.send(view[:_CHUNK]) :]

    def receive(self, deadline: float | None = None) -> tuple[dict[str, Any], bytearray] | None:
        """Return header and body of the next frame, or None when the other side has closed.

        Raises:
            FrameError: the frame is larger than allowed, or no proper frame.
            TimeoutError: it is not complete at `deadline` (`time.monotonic()`).
        """
        lengths = self._read(_LENGTHS.size, deadline)
        if lengths is None:
            return None
        header_size, body_size = _LENGTHS.unpack(lengths)
        if header_size > _HEADER_LIMIT or body_size > self._message_bytes:
            raise FrameError(
                f"a message announces {header_size + body_size} bytes; "
                f"the policy allows {self._message_bytes} (message_mb)."
            )
        text, body = self._read(header_size, deadline), self._read(body_size, deadline)
        if text is None or body is None:
            return None
        try:
            header = json.loads(text)
        except (ValueError, RecursionError):
            raise FrameError("a message has a header that is not JSON.") from None
        if not isinstance(header, dict):
            raise FrameError("a message has a header that is not a JSON object.")
        return header, body

    def close(self) -> None:
        """Close this end; the other side then reads the end of the stream."""
        self._connection.close()

    def _read(self, size: int, deadline: float | None) -> bytearray | None:
        if self._left is not None:
            self._left -= size
            if self._left < 0:
                raise FrameError("all messages together are larger than the policy allows (output_mb).")
        content, have = bytearray(), 0
        while have < size:
            self._set_timeout(deadline)
            if have == len(content):
                # In pieces: memory is taken as bytes arrive, not when a length is announced.
                content += bytes(min(size - have, _CHUNK))
            try:
                with memoryview(content) as view, view[have:] as free:
                    count = self._connection.recv_into(free)
            except ConnectionError:
                return None
            if not count:
                return None
            have += count
        return content

    def _set_timeout(self, deadline: float | None) -> None:
        if deadline is None:
            self._connection.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
