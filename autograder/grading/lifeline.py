"""Ties a child process to the one that forked it: when that one ends, however it ends, so does the child."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> bool:
    """Let this process be killed when `parent`, which forked it, is gone. Return whether it still is there.

    Only Linux offers this; elsewhere a child ends when it next reads from its closed connection.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return os.getppid() == parent
