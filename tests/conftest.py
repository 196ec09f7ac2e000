"""What tests in several folders share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab_in_browser import BROWSERS, FLAGS, find_browser

from headstart import state_file
from headstart.training import seed_everything

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=0, help="the seed that each test starts with")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let each test draw the same random numbers in every run: a fresh PyTorch seeds itself anew each time."""
    seed_everything(item.config.getoption("seed"))


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """The folder for screenshots; git ignores it."""
    folder = ROOT / "test-artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium that is installed on this machine.

    It ends with the module: while it lives, Playwright's event loop runs, and no other test could start its own.
    """
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="the Python package playwright is not installed"
    )
    path = find_browser()
    if path is None:
        pytest.skip(f"no browser is installed; looked for {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def sandboxed() -> None:
    """Skip what asks for this where the machine can have no sandbox, with the reason."""
    from autograder.grading.rooms import check_sandbox
    from autograder.sandbox import SandboxUnavailable

    try:
        check_sandbox()
    except SandboxUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def no_learner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing tells who learns or where: no variable of the environment, nothing in memory."""
    for name in ("HEADSTART_HOME", "HEADSTART_LEARNER", "JUPYTERHUB_USER", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(state_file, "_memory", {})
