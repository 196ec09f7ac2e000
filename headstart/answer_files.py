"""Reads answers from programs and notebooks: for `headstart check` and for the grader. Nothing here runs an answer."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path

from headstart.names import at_line

_PROGRAM, _NOTEBOOK = ".py", ".ipynb"
_LARGEST = 20_000_000  # bytes


class BadFile(ValueError):
    """The file holds no answer that can be read; the message is one clear line."""


@dataclass(frozen=True)
class CodeCell:
    """The source of a notebook's code cell, and its nbgrader id if it has one."""

    source: str
    grade_id: str | None


def read_answer_file(path: Path) -> str | list[CodeCell]:
    """Return the text of a program, or the code cells of a notebook.

    Raises:
        BadFile: the file is missing, too large, no text, or neither a program nor a notebook of format 4.
    """
    text = _read_text(path)
    if path.suffix == _PROGRAM:
        return text
    try:
        return [_code_cell(cell) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadFile(
            f"{path}: is not a notebook of format 4, or a damaged one. Open it in JupyterLab to see."
        ) from None


def _read_text(path: Path) -> str:
    if path.suffix not in (_PROGRAM, _NOTEBOOK):
        raise BadFile(f"{path}: pass a Python file (.py) or a notebook (.ipynb).")
    if path.is_dir():
        raise BadFile(f"{path}: is a folder. Pass a Python file (.py) or a notebook (.ipynb).")
    if not path.is_file():
        raise BadFile(f"{path}: there is no such file. Look at the spelling and at the current folder.")
    try:
        if path.stat().st_size > _LARGEST:
            raise BadFile(f"{path}: is larger than {_LARGEST // 1_000_000} MB. Is this the right file?")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadFile(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise BadFile(f"{path}: is not a text file. Save it as UTF-8.") from None


def _code_cell(cell: dict) -> CodeCell:
    source, grade_id = cell["source"], cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
    return CodeCell(
        source if isinstance(source, str) else "".join(source),
        grade_id if isinstance(grade_id, str) else None,
    )


def without_magics(code: str) -> str:
    """Replace IPython's magics and shell lines by `pass`, so that every other line keeps its number."""
    if not re.search(r"^\s*[%!?]", code, re.MULTILINE):
        return code
    try:
        ast.parse(code)
    except SyntaxError:
        return re.sub(r"^([ \t]*)[%!?].*$", r"\1pass", code, flags=re.MULTILINE)
    except (ValueError, RecursionError, MemoryError):
        pass
    return code


def outlasts_its_cell(statement: ast.stmt) -> bool:
    """Return whether a statement of a cell is an import, a definition or a plain constant.

    The rest of a notebook need not run again for an answer in a later cell.
    """
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return _is_plain(statement.value)
    return isinstance(
        statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    )


def _is_plain(value: ast.expr | None) -> bool:
    try:
        ast.literal_eval(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True


def syntax_message(error: SyntaxError) -> str:
    """Say what is wrong with code that does not parse, and on which line."""
    where = at_line(error.lineno or None, (error.text or "").strip()[:120])
    return f"your code cannot be read: {type(error).__name__}: {error.msg}{where}"
