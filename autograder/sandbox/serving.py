"""The worker's loop that serves `autograder.workspace` in a room. The zygote imports it; `transport` talks to it.

First frame: {"op": "open", "source", "prelude", "label"} with the student's code. Each further one:
{"op": "request", "seconds"} with a packed request as its body; the answer's body is the packed reply.
"""

from __future__ import annotations

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
    while (frame := channel.receive()) is not None:
        header, block = frame
        try:
            reply = space.request(block, header["seconds"])
        except WireError as error:
            channel.send({"refused": str(error)[:1000]})
            continue
        try:
            channel.send({"ok": True}, reply)
        except FrameError as error:
            channel.send({"too_large": str(error)})
