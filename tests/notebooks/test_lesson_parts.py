"""Every lesson has the parts and the sizes that a lesson must have; nothing is run here.

A cell that makes a mistake on purpose carries the tag `broken`, written into its line in `lesson.py`:

    # %% tags=["broken"]
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from statistics import median

import nbformat
import pytest
from notebook_runs import LESSONS, ROOT, code_cells, name_of, tags

from autograder.build.lessons import SECTION
from headstart.practising.places import anchor

TAGS = {"broken", "timing"}
BY_LESSON = pytest.mark.parametrize("path", LESSONS, ids=name_of)

# Sizes that read well: cells in a lesson, and lines (without empty ones) in its median code cell.
FEWEST_CELLS, MOST_CELLS, MOST_LINES = 25, 85, 5


def lines(cell: nbformat.NotebookNode) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


@BY_LESSON
def test_sizes(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert FEWEST_CELLS <= len(notebook.cells) <= MOST_CELLS, f"{len(notebook.cells)} cells"
    middle = median(map(lines, code_cells(notebook)))
    assert middle <= MOST_LINES, f"the median code cell has {middle} lines"


@BY_LESSON
def test_parts(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = "\n".join(cell.source for cell in code_cells(notebook))
    opening, ending = notebook.cells[0], notebook.cells[-1]
    number = int(path.stem.split("_")[0])
    wanted = {
        "a title": re.match(rf"# Lesson {number} · \S", opening.source),
        "the question that it answers, in bold": re.search(r"\*\*[^*]+\?\*\*", opening.source),
        "how many minutes it takes": re.search(r"\d+ minutes", opening.source),
        "questions under the heading Check yourself": "headstart.question("
        in after(notebook, "## Check yourself"),
        "a guess before an experiment": re.search(r'headstart\.predict\("[^"]+"\)', code),
        "the guess beside the result": re.search(r"headstart\.predict\([^)]+measured=", code),
        "an explorer": re.search(r"\binteract(ive|ive_output)?\(", code),
        "a figure": "headstart.show(" in code,
        "a cell that is broken on purpose, with the tag `broken`": any(
            "broken" in tags(cell) for cell in notebook.cells
        ),
        "a key result at the end": "## Key result" in ending.source,
        **{
            f"a link to its {graded.stem}": f"../quizzes/{path.stem}/{graded.name}" in ending.source
            for graded in (ROOT / "quizzes" / path.stem).glob("*.ipynb")
        },
        "claims that are tested and measured": "assert_shown(measure())" in claims_of(path),
    }
    missing = [what for what, there in wanted.items() if not there]
    assert not missing, f"lacks {'; '.join(missing)}"
    assert "Slider" not in code, "a slider cannot be used by everyone: take a Bounded…Text or a Dropdown"


def after(notebook: nbformat.NotebookNode, heading: str) -> str:
    """Return the code of the first cell after the one that ends in `heading`, or nothing."""
    for cell, following in pairwise(notebook.cells):
        if cell.source.rstrip().endswith(heading):
            return following.source
    return ""


def claims_of(path: Path) -> str:
    """Return the source of the lesson's claims test, or nothing where there is none."""
    claims = ROOT / "tests" / "claims" / f"test_{path.stem}.py"
    return claims.read_text(encoding="utf-8") if claims.is_file() else ""


@BY_LESSON
def test_tags_are_known(path: Path) -> None:
    unknown = set().union(*(tags(cell) for cell in nbformat.read(path, as_version=4).cells)) - TAGS
    assert not unknown, f"{sorted(unknown)}; the tags are {sorted(TAGS)}"


@BY_LESSON
def test_links_lead_somewhere(path: Path) -> None:
    texts = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    links = [link for text in texts for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    assert links
    anchors = {anchor(heading) for text in texts for heading in SECTION.findall(text)}
    for link in links:
        if re.match(r"https://", link):
            continue
        if link.startswith("#"):
            assert link in anchors, f"{link} is no heading of this lesson"
            continue
        target = (path.parent / link.partition("#")[0]).resolve()
        assert target.is_file() and target.is_relative_to(ROOT), f"{link} leads nowhere"
