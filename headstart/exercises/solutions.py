"""Finds the worked solution of an exercise in the course folder. Called by `headstart.solution`.

Solutions stand in `solutions/<assignment>/exercises.ipynb`, which is the instructor's side of the course. Who
learns alone has the whole course folder, and them with it. A student's bundle and the installed package hold none.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from headstart.exercises.banks import Exercise

_MARKS = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*\n?", re.M)
_EXPLANATION = "solution-only"  # the tag of cells that nbgrader leaves out of the students' release


@dataclass(frozen=True)
class Solution:
    """The course's own answer: `code`, and `explanation` in Markdown (may be empty)."""

    code: str
    explanation: str


def find_solution(exercise: Exercise) -> Solution | None:
    """Return the worked solution of `exercise`, or None where this computer has none.

    It is looked for in the current folder and the ones above.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        path = folder / "solutions" / exercise.assignment / "exercises.ipynb"
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            found = _in_cells(cells, exercise.name)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        if found is not None:
            return found
    return None


def _in_cells(cells: list[dict], name: str) -> Solution | None:
    """Return the solution from a notebook's cells: the cell with this grade id, and its explanation."""
    code, explanation = None, []
    for cell in cells:
        marks = cell["metadata"].get("nbgrader", {})
        if marks.get("solution"):
            if code is not None:
                break
            if marks.get("grade_id") == name:
                code = _MARKS.sub("", _text(cell)).strip()
        elif code is not None and _EXPLANATION in cell["metadata"].get("tags", []):
            explanation.append(_text(cell).strip())
    return None if code is None else Solution(code, "\n\n".join(explanation))


def _text(cell: dict) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
