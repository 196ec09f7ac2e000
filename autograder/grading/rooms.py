"""Opens the rooms of a run: the sandbox with what grading needs imported, or unconfined ones for `--unsafe`."""

from __future__ import annotations

import atexit

from autograder.grading.session import PRELOAD, Rooms
from autograder.grading.terms import Terms
from autograder.sandbox import Sandbox
from autograder.sandbox.launch import PRELOADED, check_platform, filter_program, find_bubblewrap
from autograder.sandbox.policy import Policy

_started: dict[str, Sandbox] = {}


def check_sandbox() -> None:
    """Look, in milliseconds, whether what a sandbox needs is installed.

    Raises:
        SandboxUnavailable: something is missing; the message says what to do.
    """
    check_platform()
    find_bubblewrap()
    filter_program()


def start_sandbox(policy: Policy, address: str | None = None) -> Sandbox:
    """Start a sandbox for grading, or connect to the one at `address`.

    Raises:
        SandboxUnavailable: this machine cannot confine students' code.
    """
    return Sandbox(policy, address=address, preload=(*PRELOADED, *PRELOAD))


def open_rooms(terms: Terms, address: str | None = None) -> Rooms:
    """Return this process's rooms for `terms`: one sandbox, shared by all that is judged here.

    Raises:
        SandboxUnavailable: this machine cannot confine students' code.
    """
    if not terms.confined:
        from autograder.grading.unconfined import UnconfinedRooms

        return UnconfinedRooms(terms.policy)
    return shared_sandbox(terms.policy, address)


def shared_sandbox(policy: Policy, address: str | None = None) -> Sandbox:
    """Return this process's own sandbox, or its connection to the one at `address`; it ends with the process.

    Raises:
        SandboxUnavailable: this machine cannot confine students' code.
    """
    key = address or "own"
    if key not in _started or not _started[key].alive:
        _started[key] = start_sandbox(policy, address)
        atexit.register(_started[key].close)
    return _started[key]
