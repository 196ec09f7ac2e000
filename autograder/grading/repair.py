"""Makes a submitted notebook whole again: whatever was done to it, it comes out as the blueprint wants it.

Only three things of each submitted cell are taken over: its kind, its source and its grade_id. Locked cells get
their source back, points and flags come from the gradebook, missing cells are put in, and of cells with the
same grade_id the last one counts, as in nbgrader. No output of the student's survives.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.grading.blueprint import NotebookPlan, SourceCell, without_hidden_tests

LARGEST_NOTEBOOK = 20_000_000
MOST_CELLS = 2_000
LONGEST_SOURCE = 500_000
_KEPT_KINDS = ("code", "markdown", "raw")
# Formgrader shows Markdown with its HTML inside the instructor's session: a script there could give points. These
# tags, without attributes, do nothing; of every other one the `<` is shown as text.
_TAGS_KEPT = "details|summary|b|i|em|strong|code|pre|kbd|sub|sup|p|br|ul|ol|li|table|thead|tbody|tr|th|td"
_ACTIVE_TAG = re.compile(rf"<(?=[a-z/!?])(?!/?(?:{_TAGS_KEPT})\s*/?>)", re.IGNORECASE)
_ACTIVE_LINK = re.compile(r"\b(javascript|vbscript|data)(?=\s*(?::|&))", re.IGNORECASE)


@dataclass
class Repaired:
    """A notebook ready to be judged.

    Attributes:
        notebook: its cells; locked ones without hidden tests, so that feedback shows none.
        problem: why nothing of the submission could be read, or None.
        notes: what was repaired, for the instructor.
    """

    notebook: NotebookNode
    problem: str | None = None
    notes: list[str] = field(default_factory=list)


@dataclass
class _Cell:
    kind: str
    source: str
    name: str | None
    attachments: dict[str, Any]


def repair(content: bytes | None, plan: NotebookPlan) -> Repaired:
    """Return the notebook in `content` after `plan`; from None or from what cannot be read, an empty one."""
    if content is None:
        return _empty(plan, "This notebook was not handed in.")
    try:
        cells = _read(content)
    except _Unreadable as error:
        return _empty(plan, f"This notebook cannot be read: {error}.")
    notes: list[str] = []
    known = {cell.name: cell for cell in plan.cells}
    cells = _without_duplicates(cells, known, notes)
    built = [_rebuilt(cell, known, notes) for cell in cells]
    names = [cell.name for cell in cells]
    for place, planned in enumerate(plan.cells):
        if planned.name in names or not (planned.grade or planned.task or planned.locked):
            continue
        notes.append(f"{planned.name}: was missing, put back")
        before = {other.name for other in plan.cells[:place]}
        position = max((at + 1 for at, name in enumerate(names) if name in before), default=0)
        built.insert(position, _tracked(planned, None))
        names.insert(position, planned.name)
    return Repaired(_notebook(built, plan), None, notes)


class _Unreadable(Exception):
    pass


def _read(content: bytes) -> list[_Cell]:
    if len(content) > LARGEST_NOTEBOOK:
        raise _Unreadable(f"it has more than {LARGEST_NOTEBOOK // 1_000_000} MB")
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _Unreadable("it is not a Jupyter notebook, or it is damaged") from None
    if isinstance(raw, dict) and "cells" not in raw:
        try:
            raw = nbformat.reads(content.decode("utf-8-sig"), as_version=4)
        except Exception:
            raise _Unreadable("it has no list of cells") from None
    entries = raw.get("cells") if isinstance(raw, dict) else None
    if not isinstance(entries, list):
        raise _Unreadable("it has no list of cells")
    if len(entries) > MOST_CELLS:
        raise _Unreadable(f"it has more than {MOST_CELLS} cells")
    return [_cell(entry) for entry in entries if isinstance(entry, dict)]


def _cell(entry: dict[str, Any]) -> _Cell:
    source = entry.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    source = source[:LONGEST_SOURCE] if isinstance(source, str) else ""
    # Half of a surrogate pair can stand in JSON but in no file.
    source = source.encode("utf-8", "replace").decode("utf-8")
    kind = entry.get("cell_type")
    if kind == "markdown":
        source = _ACTIVE_LINK.sub(r"no-\1", _ACTIVE_TAG.sub("&lt;", source))
    metadata = entry.get("metadata")
    tracked = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = tracked.get("grade_id") if isinstance(tracked, dict) else None
    return _Cell(
        kind if kind in _KEPT_KINDS else "raw",
        source,
        name if isinstance(name, str) else None,
        _attachments(entry.get("attachments")),
    )


def _attachments(raw: Any) -> dict[str, Any]:
    """Keep the pictures that a student pasted into an answer in Markdown."""
    if not isinstance(raw, dict):
        return {}
    return {
        str(name): {
            kind: data for kind, data in bundle.items() if kind.startswith("image/") and isinstance(data, str)
        }
        for name, bundle in raw.items()
        if isinstance(bundle, dict)
    }


def _without_duplicates(cells: list[_Cell], known: dict[str, SourceCell], notes: list[str]) -> list[_Cell]:
    seen: set[str] = set()
    for cell in reversed(cells):
        if cell.name is None or cell.name not in known:
            cell.name = None
        elif cell.name in seen:
            notes.append(f"{cell.name}: exists more than once, the last one counts")
            cell.name = None
        else:
            seen.add(cell.name)
    return cells


def _rebuilt(cell: _Cell, known: dict[str, SourceCell], notes: list[str]) -> NotebookNode:
    if cell.name is None:
        return _new(cell.kind, cell.source, cell.attachments)
    planned = known[cell.name]
    visible = without_hidden_tests(planned.source)
    if planned.locked and cell.source.strip() not in (visible.strip(), planned.source.strip()):
        notes.append(f"{cell.name}: was changed, put back")
    elif cell.kind != planned.cell_type:
        notes.append(f"{cell.name}: was a {cell.kind} cell, made {planned.cell_type} again")
    return _tracked(planned, cell)


def _tracked(planned: SourceCell, cell: _Cell | None) -> NotebookNode:
    """Return the node of a tracked cell: its own source where students write, else the planned one."""
    own = cell is not None and not planned.locked
    source = cell.source if own else without_hidden_tests(planned.source)
    if cell is None and planned.solution:
        source = ""
    node = _new(planned.cell_type, source, cell.attachments if own else {})
    node.metadata["nbgrader"] = planned.metadata()
    if planned.locked:
        node.metadata["deletable"] = node.metadata["editable"] = False
    return node


def _new(kind: str, source: str, attachments: dict[str, Any]) -> NotebookNode:
    if kind == "code":
        return nbformat.v4.new_code_cell(source)
    node = nbformat.v4.new_markdown_cell(source) if kind == "markdown" else nbformat.v4.new_raw_cell(source)
    if attachments:
        node["attachments"] = attachments
    return node


def _empty(plan: NotebookPlan, why: str) -> Repaired:
    """Return a notebook with the graded cells alone, below a line that says why."""
    cells = [_new("markdown", why, {})]
    cells += [_tracked(cell, None) for cell in plan.cells if cell.grade or cell.task]
    return Repaired(_notebook(cells, plan), why)


def _notebook(cells: list[NotebookNode], plan: NotebookPlan) -> NotebookNode:
    for place, cell in enumerate(cells):
        digest = hashlib.sha256(f"{place}\n{cell.cell_type}\n{cell.source}".encode()).hexdigest()
        cell["id"] = digest[:16]
    metadata: dict[str, Any] = {"language_info": {"name": "python"}}
    if plan.kernelspec:
        metadata["kernelspec"] = plan.kernelspec
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)
