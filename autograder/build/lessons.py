"""`course/NN_slug/lesson.py` -> `lessons/NN_slug.ipynb`, which students open. Called by the build."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.build.errors import SourceError
from autograder.build.glossary import Definition, define
from autograder.build.notebooks import NotebookWriter
from autograder.build.percent import SourceCell, read_cells
from autograder.build.platforms import Published
from headstart.practising.places import anchor
from headstart.questions.schema import About, ExerciseFacts

KEY_RESULT = re.compile(r"^## Key result$", re.M)
HEADING = re.compile(r"# Lesson (\d+) · (\S.*)")
SECTION = re.compile(r"^##+ (\S.*?)\s*$", re.M)
MINUTES = re.compile(r"\b(\d+) minutes\b")
# What makes an explorer: ipywidgets calls a function of the lesson again with each choice.
EXPLORER = re.compile(r"\b(?:interact|interactive)\(")
BROKEN = "broken"
_ASKED = re.compile(r"""\bheadstart\.(?:question|predict)\(\s*(["'])(\S+?)\1""")
_KEYS = ("jupyter", "tags", "terms")


@dataclass(frozen=True)
class LessonNotebook:
    """The text of a lesson's notebook, and the id of each of the lesson's own cells, in order."""

    text: str
    ids: list[str]


@dataclass(frozen=True)
class Lesson:
    """A lesson's folder, its number and title from its first line, its cells, and the terms that it defines."""

    folder: str
    number: int
    title: str
    cells: tuple[SourceCell, ...]
    definitions: tuple[Definition, ...]

    def sections(self) -> list[str]:
        """Return the texts of the headings below the title, in order."""
        texts = (cell.source for cell in self.cells if cell.cell_type == "markdown")
        return [heading for text in texts for heading in SECTION.findall(text)]

    def contents(self) -> str:
        """Return the line of links to the sections, empty where there are none. They work in every front end."""
        links = " · ".join(f"[{section}]({anchor(section)})" for section in self.sections())
        return links and f"**Contents:** {links}"

    def sections_where(self, holds: Callable[[SourceCell], bool]) -> list[str]:
        """Return the headings above the code cells for which `holds` is true, each once, in order."""
        found: dict[str, None] = {}
        heading = None
        for cell in self.cells:
            if cell.cell_type == "markdown":
                heading = ([heading, *SECTION.findall(cell.source)])[-1]
            elif heading is not None and holds(cell):
                found[heading] = None
        return list(found)

    def asked(self) -> list[str]:
        """Return the ids of the questions and guesses that stand in the lesson, each once, in order."""
        code = "\n".join(cell.source for cell in self.cells if cell.cell_type == "code")
        return list(dict.fromkeys(match[2] for match in _ASKED.finditer(code)))

    def about(self, exercises: Sequence[ExerciseFacts], ids: Sequence[str]) -> About:
        """Return what the learner's side knows of this lesson.

        Args:
            exercises: the lesson's exercises.
            ids: the ids of the lesson's cells in the built notebook.
        """
        minutes = MINUTES.search(self.cells[0].source)
        return About(
            title=self.title,
            minutes=int(minutes[1]) if minutes else None,
            sections=self.sections(),
            explorers=self.sections_where(lambda cell: bool(EXPLORER.search(cell.source))),
            broken=self.sections_where(lambda cell: BROKEN in cell.tags),
            cells={
                section: cell_id
                for cell, cell_id in zip(self.cells, ids, strict=True)
                if cell.cell_type == "markdown"
                for section in SECTION.findall(cell.source)
            },
            exercises=list(exercises),
        )

    def notebook(self, footer: str, where: Published | None = None) -> LessonNotebook:
        """Return the notebook, with its contents below the opening.

        Args:
            footer: the last paragraph of the Key-result cell.
            where: the public copy of the course, if there is one: badges follow the title, and the cell for Colab
                follows the opening.
        """
        name = f"lessons/{self.folder}"
        writer = NotebookWriter(name)
        contents = self.contents()
        ids = []
        for number, cell in enumerate(self.cells):
            extra = {"jupyter": cell.metadata["jupyter"]} if "jupyter" in cell.metadata else {}
            if cell.cell_type == "code":
                writer.code(cell.source, tags=cell.tags, **extra)
            else:
                key_result = footer and KEY_RESULT.search(cell.source)
                source = f"{cell.source}\n\n{footer}" if key_result else cell.source
                if number == 0 and contents:
                    source += f"\n\n{contents}"
                source = where.opening(source, f"{name}.ipynb") if where and number == 0 else source
                writer.markdown(source, tags=cell.tags, **extra)
            ids.append(writer.ids[-1])
            if where and number == 0:
                writer.code(where.colab_cell())
        return LessonNotebook(writer.text(), ids)


def read_lesson(root: Path, folder: Path) -> Lesson:
    """Read the lesson of `folder`.

    Raises:
        SourceError: the first line is not `# Lesson <number> · <title>` with the folder's number, a cell does not
            parse, or a term is not defined where `terms` says.
    """
    path = folder / "lesson.py"
    cells = read_cells(root, path, _KEYS)
    number, title = _heading(root, path, cells[0])
    definitions = define(path.relative_to(root), cells, number)
    return Lesson(folder.name, number, title, tuple(cells), tuple(definitions))


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
