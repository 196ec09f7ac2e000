"""Every quick probe and every forbidden system call: refused in a room, and real outside of one."""

from __future__ import annotations

import pytest
from sandbox_helpers import PROBES, attempt_in, unconfined

from autograder.sandbox import probes

# One process for all: they share a zygote.
pytestmark = pytest.mark.xdist_group("sandbox")

ALL = {probe.name: probe for probe in (*probes.QUICK, *probes.forbidden_calls())}
# Outside a room nothing listens on port 80, so there the attempt to connect fails for another reason.
WITHOUT_CONTROL = {"resolver"}


@pytest.fixture(scope="module")
def worker(sandbox):
    with sandbox.worker(PROBES) as opened:
        yield opened


@pytest.fixture(scope="module")
def outside():
    return unconfined({name: probe.source for name, probe in ALL.items() if name not in WITHOUT_CONTROL})


@pytest.mark.parametrize("name", ALL)
def test_attempt_is_refused_in_a_room(worker, name):
    succeeded, said = attempt_in(worker, ALL[name].source)
    assert not succeeded, f"{ALL[name].protects}: {said}"


@pytest.mark.parametrize("name", sorted(set(ALL) - WITHOUT_CONTROL))
def test_attempt_succeeds_outside_a_room(outside, name):
    succeeded, said = outside[name]
    if not succeeded:
        pytest.skip(f"this machine refuses it to everybody: {said}")


def test_most_attempts_succeed_outside(outside):
    refused = {name: said for name, (succeeded, said) in outside.items() if not succeeded}
    assert len(refused) <= len(ALL) // 3, refused


def test_a_forbidden_call_under_another_numbering_kills_or_fails(attack):
    # The x32 numbering of x86-64 reaches the same calls by other numbers.
    source = """
import ctypes, platform
def attack():
    if platform.machine() != "x86_64":
        return None
    return ctypes.CDLL(None).syscall(0x40000000 + 41, 2, 1, 0) >= 0 or None
"""
    from autograder.sandbox import RoomEnded

    try:
        succeeded, _ = attack(source)
    except RoomEnded:
        succeeded = False
    assert not succeeded
