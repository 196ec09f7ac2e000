"""`solutions/` -> `quizzes/`: the students' release, made by nbgrader itself. Called by the build.

nbgrader runs in a temporary folder and without a database, so a build never touches the instructor's
gradebook and never sees what else lies in `solutions/`. The project's `nbgrader_config.py` is used, and no
other: the result is what `nbgrader generate_assignment` gives in the course's root.
"""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nbgrader.converters import GenerateAssignment, NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

CONFIG = "nbgrader_config.py"


class ReleaseError(RuntimeError):
    """nbgrader could not make the release; the message holds what it logged."""


def generate_release(root: Path, sources: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return the release of every assignment: `{assignment: {notebook file name: text}}`.

    Args:
        root: the course's root, whose `nbgrader_config.py` is used.
        sources: the source notebooks, as `{assignment: {notebook file name: text}}`.

    Raises:
        ReleaseError: nbgrader failed.
    """
    with tempfile.TemporaryDirectory(prefix="headstart-release-") as name:
        work = Path(name).resolve()
        config = _config(root, work)
        folders = config.CourseDirectory
        for assignment, notebooks in sources.items():
            folder = work / folders.source_directory / assignment
            folder.mkdir(parents=True)
            for file_name, text in notebooks.items():
                (folder / file_name).write_text(text, encoding="utf-8")
        released = {}
        for assignment in sorted(sources):
            _generate(config, assignment)
            folder = work / folders.release_directory / assignment
            released[assignment] = {
                path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.ipynb"))
            }
        return released


def _config(root: Path, work: Path) -> Config:
    """Return the project's nbgrader configuration, turned to the folder `work`."""
    config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    config.CourseDirectory.root = str(work)
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    return config


def _generate(config: Config, assignment: str) -> None:
    said = io.StringIO()
    log = logging.Logger("release", level=logging.INFO)
    log.addHandler(logging.StreamHandler(said))
    course = CourseDirectory(config=config, log=log, assignment_id=assignment)
    try:
        GenerateAssignment(coursedir=course, config=config, log=log).start()
    except NbGraderException as error:
        raise ReleaseError(
            f"nbgrader could not make the release of {assignment} ({error}). It said:\n{said.getvalue()}"
        ) from error
