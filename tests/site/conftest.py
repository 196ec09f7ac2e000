"""The web site for the tests in this folder: built once, with a lesson that has really run.

The tests share one worker, so that the site is built once. `make test` builds it from lesson 1 with its outputs and
the other lessons without; `make test-all` also builds it whole.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEBSITE = ROOT / "website"
sys.path.insert(0, str(WEBSITE))

from executed import execute, execute_all  # noqa: E402

LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))
RUN = "01_confusion_matrix"
# Sphinx changes what docutils knows for the whole process, so it gets one of its own.
BUILD = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from build import build
lessons = {name: Path(path) for name, path in json.loads(sys.argv[2]).items()}
sys.exit(build(lessons, Path(sys.argv[3]), Path(sys.argv[4])))
"""


def build_site(lessons: dict[str, Path], folder: Path) -> Path:
    """Build the site from these notebooks below `folder`; return where it is."""
    pytest.importorskip("sphinx", reason="sphinx is not installed")
    site = folder / "site"
    names = json.dumps({name: str(path) for name, path in lessons.items()})
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(WEBSITE), names, str(site), str(folder / "work")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with one lesson that has run."""
    lessons = {path.stem: path for path in LESSONS}
    lessons[RUN] = execute(lessons[RUN])
    return build_site(lessons, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def whole_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with all lessons run."""
    return build_site(execute_all(LESSONS), tmp_path_factory.mktemp("whole"))
