"""`course/NN_slug/lesson.py` -> `lessons/NN_slug.ipynb`, which students open. Called by the build."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.build.errors import SourceError
from autograder.build.notebooks import NotebookWriter
from autograder.build.percent import SourceCell, read_cells

HEADING = re.compile(r"# Lesson (\d+) · (\S.*)")
_KEYS = ("jupyter", "tags")


@dataclass(frozen=True)
class Lesson:
    """A lesson's number and title, from its first line, and the notebook's text."""

    number: int
    title: str
    notebook: str


def build_lesson(root: Path, folder: Path) -> Lesson:
    """Convert the lesson of `folder`.

    Raises:
        SourceError: the first line is not `# Lesson <number> · <title>` with the folder's number, or a cell
            does not parse.
    """
    path = folder / "lesson.py"
    cells = read_cells(root, path, _KEYS)
    number, title = _heading(root, path, cells[0])
    writer = NotebookWriter(f"lessons/{folder.name}")
    for cell in cells:
        extra = {"jupyter": cell.metadata["jupyter"]} if "jupyter" in cell.metadata else {}
        add = writer.code if cell.cell_type == "code" else writer.markdown
        add(cell.source, tags=cell.tags, **extra)
    return Lesson(number, title, writer.text())


def _heading(root: Path, path: Path, cell: SourceCell) -> tuple[int, str]:
    first = cell.source.splitlines()[0]
    match = HEADING.fullmatch(first)
    expected = int(path.parent.name.split("_")[0])
    if cell.cell_type != "markdown" or match is None or int(match[1]) != expected:
        raise SourceError(
            path.relative_to(root),
            cell.line + 1,
            "title",
            f"got {first!r}; start the first Markdown cell with `# Lesson {expected} · <title>`",
        )
    return expected, match[2].strip()
