"""Measures what the processes of a room use, from outside, through `/proc`. Called by the zygote's watch."""

from __future__ import annotations

import os
from dataclasses import dataclass

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Memory:
    """Bytes of several processes together.

    Attributes:
        proportional: each page divided by the number of processes that share it (PSS), summed.
        private: pages that one process has for itself alone, summed.
    """

    proportional: int
    private: int


def family(roots: list[int]) -> list[int]:
    """Return the processes `roots` and all their descendants.

    A process whose parent dies moves to the room's pid 1. Give pid 1 as the last root and the walk meets it.
    """
    found: dict[int, None] = {}
    waiting = list(reversed(roots))
    while waiting:
        pid = waiting.pop()
        if pid in found:
            continue
        found[pid] = None
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for thread in threads:
            waiting += [int(child) for child in _read(f"/proc/{pid}/task/{thread}/children").split()]
    return list(found)


def resident(pids: list[int]) -> int:
    """Return the sum of resident bytes; shared pages count for each process, so this is an upper bound."""
    total = 0
    for pid in pids:
        numbers = _read(f"/proc/{pid}/statm").split()
        total += int(numbers[1]) * _PAGE if len(numbers) > 1 else 0
    return total


def memory(pids: list[int]) -> Memory:
    """Return the exact memory of the processes together. A process that cannot be read counts as resident."""
    proportional = private = 0
    for pid in pids:
        text = _read(f"/proc/{pid}/smaps_rollup")
        if not text:
            whole = resident([pid])
            proportional += whole
            private += whole
        for line in text.splitlines():
            name, _, value = line.partition(":")
            if name in ("Pss", "SwapPss"):
                proportional += int(value.split()[0]) * 1024
            elif name in ("Private_Clean", "Private_Dirty"):
                private += int(value.split()[0]) * 1024
    return Memory(proportional, private)


def address_space(pid: int) -> int:
    """Return the bytes of address space that a process has mapped."""
    return int(_read(f"/proc/{pid}/statm").split()[0]) * _PAGE


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:  # the process has ended meanwhile
        return ""
