"""Real sandboxes for the tests of the sandbox; all tests here are skipped where this machine cannot have one."""

from __future__ import annotations

import pytest
from sandbox_helpers import PROBES, attempt_in

from autograder.sandbox import Policy, Sandbox, SandboxUnavailable
from autograder.sandbox.doctor import PRELOADED


@pytest.fixture(scope="session")
def sandbox():
    """A sandbox without PyTorch: for probes, it starts at once."""
    try:
        running = Sandbox(Policy(call_seconds=15.0, notebook_seconds=60.0), preload=PRELOADED)
    except SandboxUnavailable as problem:
        pytest.skip(str(problem))
    with running:
        yield running


@pytest.fixture(scope="session")
def full_sandbox():
    """A sandbox with all that the course imports, shared with the kernels of the provisioner."""
    from autograder.sandbox import provisioner

    try:
        running = provisioner.shared_sandbox()
    except SandboxUnavailable as problem:
        pytest.skip(str(problem))
    yield running
    running.close()


@pytest.fixture
def attack(sandbox):
    """Return a function that runs the source of an `attack()` in a room of its own: (succeeded, said)."""

    def run(source: str, policy: Policy | None = None, seconds: float | None = None) -> tuple[bool, str]:
        with sandbox.worker(PROBES, policy) as worker:
            return attempt_in(worker, source, seconds)

    return run
