"""The worker's loop that serves `autograder.workspace` in a room. The zygote imports it; `transport` talks to it.

First frame: {"op": "open", "source", "prelude", "label"} with the student's code. Each further one:
{"op": "request", "seconds"} with a packed request as its body; the answer's body is the packed reply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.sandbox.frames import Channel, FrameError
from autograder.wire import WireError
from autograder.workspace import Workspace


def workspace(channel: Channel) -> None:
    """Serve one student's code until the grader closes its end."""
    opening = channel.receive()
    if opening is None:
        return
    header, _ = opening
    space = Workspace(header["source"], prelude=header["prelude"], label=header["label"])
    channel.send({"ok": True})
    answer_all(channel, lambda header, block: ({"ok": True}, space.request(block, header["seconds"])))


def answer_all(
    channel: Channel, answer: Callable[[dict[str, Any], bytearray], tuple[dict[str, Any], bytes | bytearray]]
) -> None:
    """Answer frame after frame until the grader closes its end; what cannot travel is named in place of an answer."""
    while (frame := channel.receive()) is not None:
        try:
            header, body = answer(*frame)
        except WireError as error:
            header, body = {"refused": str(error)[:1000]}, b""
        try:
            channel.send(header, body)
        except FrameError as error:
            channel.send({"too_large": str(error)})
