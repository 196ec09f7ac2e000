"""Runs attacks in rooms and, for comparison, outside of them. Used by the tests of the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from autograder.sandbox import Worker

PROBES = "autograder.sandbox.probes:serve"

_CONTROL = """
import ctypes, json, os, sys
from autograder.sandbox.probes import attempt
results = {}
for name, source in json.load(sys.stdin).items():
    read, write = os.pipe()
    if os.fork() == 0:
        if os.geteuid() == 0:
            ctypes.CDLL(None).unshare(0x00020000)  # a mount namespace for each: some attacks mount
        os.write(write, json.dumps(attempt(source)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        results[name] = json.loads(file.read() or '[true, "died of it"]')
    os.wait()
print(json.dumps(results))
"""


def attempt_in(worker: Worker, source: str, seconds: float | None = None) -> tuple[bool, str]:
    """Run the source of an `attack()` in the room of `worker`."""
    answer, _ = worker.request({"source": source}, seconds=seconds)
    return answer["succeeded"], answer["said"]


def unconfined(sources: dict[str, str]) -> dict[str, tuple[bool, str]]:
    """Run attacks outside of any room, each in a process of its own; name → (succeeded, said).

    As root in a private mount namespace, so that an attack that mounts harms nothing.
    """
    prefix = ["unshare", "-m", "--propagation", "private"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*prefix, sys.executable, "-c", _CONTROL],
        input=json.dumps(sources),
        capture_output=True,
        text=True,
        check=True,
    )
    return {name: tuple(result) for name, result in json.loads(done.stdout).items()}
