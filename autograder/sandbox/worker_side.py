"""A worker's life in its room: call one function of a module that the zygote has imported. Called by the zygote."""

from __future__ import annotations

import importlib
import os
import socket
from typing import Any

from autograder.sandbox.frames import Channel
from autograder.sandbox.policy import MIB, Policy
from autograder.sandbox.settling import settle


def main(files: dict[str, int], arguments: dict[str, Any], policy: Policy) -> None:
    """Run `arguments["entry"]` ("module:function") with the channel to the grader; then end the process."""
    settle(policy)
    module, _, function = arguments["entry"].partition(":")
    entry = getattr(importlib.import_module(module), function)
    channel = Channel(socket.socket(fileno=files["channel"]), policy.message_mb * MIB)
    entry(channel)
    os._exit(0)
