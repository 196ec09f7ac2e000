"""Reads the py:percent files of a lesson folder, cell by cell, with the line each cell starts on.

Called by `lesson.py` and `exercises.py` of this package. jupytext does the parsing; this module adds the line
numbers that error messages need and checks the syntax of the code cells.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
from IPython.core.inputtransformer2 import TransformerManager

from autograder.build.errors import SourceError
from headstart.names import nearest

MARKER = re.compile(r"^# %%")
_JUPYTEXT_KEYS = {"lines_to_next_cell", "lines_to_end_of_cell_marker"}


@dataclass(frozen=True)
class SourceCell:
    """One cell of a py:percent file; `line` is that of its `# %%` marker."""

    cell_type: str
    source: str
    line: int
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def exercise(self) -> str | None:
        """The exercise that the cell belongs to, or None."""
        return self.metadata.get("exercise")

    @property
    def role(self) -> str | None:
        """What the cell is in its exercise: card, solution, stub, examples or explanation; else None."""
        return self.metadata.get("role")

    @property
    def tags(self) -> list[str]:
        """The cell's tags, in the order they were written."""
        return list(self.metadata.get("tags", []))


def read_cells(root: Path, path: Path, known_keys: Collection[str]) -> list[SourceCell]:
    """Read the cells of the py:percent file `path`.

    Args:
        root: the course's root, for short file names in messages.
        path: the file to read.
        known_keys: the metadata keys that may stand behind `# %%`.

    Raises:
        SourceError: text before the first `# %%`, an unknown metadata key, an empty file or cell, or code
            that does not parse.
    """
    shown = path.relative_to(root)
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    markers = [number for number, line in enumerate(lines, start=1) if MARKER.match(line)]
    if not markers:
        raise SourceError(
            shown, None, "", "no `# %%` line: write each cell below a `# %%` or `# %% [markdown]` line"
        )
    for number, line in enumerate(lines[: markers[0] - 1], start=1):
        if line.strip():
            raise SourceError(
                shown, number, "", "text before the first cell: start the file with a `# %%` line"
            )
    parsed = jupytext.reads(text, fmt="py:percent").cells
    if len(parsed) != len(markers):
        raise SourceError(
            shown, None, "", f"{len(markers)} `# %%` lines but {len(parsed)} cells: is one inside a string?"
        )
    cells = []
    for node, line in zip(parsed, markers, strict=True):
        metadata = {key: value for key, value in node.metadata.items() if key not in _JUPYTEXT_KEYS}
        for key in metadata:
            if key not in known_keys:
                close = nearest(key, known_keys, count=1)
                advice = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known_keys))}"
                raise SourceError(shown, line, f"cell metadata {key!r}", f"unknown key; {advice}")
        cell = SourceCell(node.cell_type, node.source.strip("\n"), line, metadata)
        if not cell.source.strip():
            raise SourceError(
                shown, line, f"{cell.cell_type} cell", "the cell is empty: write something or remove it"
            )
        if cell.cell_type == "code":
            parse_code(shown, cell)
        cells.append(cell)
    return cells


def parse_code(shown: Path, cell: SourceCell, what: str = "code cell") -> ast.Module:
    """Parse the code of `cell` as IPython would.

    Raises:
        SourceError: it does not parse; names the line of the file.
    """
    try:
        return ast.parse(TransformerManager().transform_cell(cell.source))
    except SyntaxError as error:
        line = cell.line + (error.lineno or 1)
        raise SourceError(shown, line, what, f"{error.msg}: {(error.text or '').strip()}") from error


def defines(tree: ast.Module, name: str) -> bool:
    """Say whether `tree` defines a function or class called `name` at its top level."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) and node.name == name for node in tree.body)
