"""Fixtures: a learner's own folder, and notebook cells that call `headstart.check`."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from learner_answers import ROOT

import headstart


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The learner's folder; the current folder is another one, outside of the course."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "home"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "home"


@pytest.fixture
def in_course(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder lies in the whole course, which holds the solutions."""
    monkeypatch.chdir(ROOT / "quizzes" / "07_freezing")


@pytest.fixture
def cells(home: Path, capsys: pytest.CaptureFixture) -> Callable[..., list[str]]:
    """Run sources as cells of one notebook, the same in each call; return the lines that they printed."""
    namespace = {"__name__": "__main__", "headstart": headstart}

    def run(*sources: str) -> list[str]:
        capsys.readouterr()
        for source in map(dedent, sources):
            filename = f"<cell {len(linecache.cache)}>"
            linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
            exec(compile(source, filename, "exec"), namespace)
        return capsys.readouterr().out.splitlines()

    return run
