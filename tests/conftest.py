"""What tests in several folders share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def sandboxed() -> None:
    """Skip what asks for this where the machine can have no sandbox, with the reason."""
    from autograder.grading.rooms import check_sandbox
    from autograder.sandbox import SandboxUnavailable

    try:
        check_sandbox()
    except SandboxUnavailable as error:
        pytest.skip(str(error))
