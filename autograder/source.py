"""Answers as text: take one exercise's from a file, find the function, recognise the untouched stub.

Called by `autograder.judge`, the command line and the verdicts in notebooks. Nothing here runs an answer.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from headstart.answer_files import (
    BadFile,
    outlasts_its_cell,
    read_answer_file,
    syntax_message,
    without_magics,
)
from headstart.names import nearest

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class BadInput(ValueError):
    """What the instructor passed cannot be used; the text is one clear line."""


@dataclass(frozen=True)
class Answer:
    """A student's code for one exercise.

    Attributes:
        source: the code of the file, or of the notebook's cell.
        prelude: statements of earlier cells that the cell may need: imports, definitions, constants.
        label: the name that tracebacks show.
    """

    source: str
    prelude: list[str] = field(default_factory=list)
    label: str = "answer.py"


def read_answer(path: Path, exercise: str) -> Answer:
    """Read the answer to `exercise` from a .py file, or from the .ipynb cell whose grade_id is that name.

    Raises:
        BadFile: the file cannot be read, or the notebook lacks the cell.
    """
    cells = read_answer_file(path)
    if isinstance(cells, str):
        return Answer(cells, label=path.name)
    ids = [cell.grade_id for cell in cells]
    if exercise not in ids:
        known = [grade_id for grade_id in ids if grade_id]
        has = f"it has the cells {', '.join(known)}" if known else "it has no cell with a grade_id at all"
        raise BadFile(f"{path}: the notebook has no cell with grade_id {exercise!r}; {has}.")
    if ids.count(exercise) > 1:
        raise BadFile(
            f"{path}: the notebook has {ids.count(exercise)} cells with grade_id {exercise!r}; keep one."
        )
    place = ids.index(exercise)
    prelude = [statement for cell in cells[:place] for statement in _definitions(without_magics(cell.source))]
    return Answer(without_magics(cells[place].source), prelude, f"{path.name}, cell {exercise}")


def _definitions(code: str) -> list[str]:
    """Return the imports, function and class definitions and plain constants of a cell, each as source."""
    tree = parsed(code)
    return [
        ast.get_source_segment(code, statement) or ast.unparse(statement)
        for statement in (tree.body if tree is not None else [])
        if outlasts_its_cell(statement)
    ]


@dataclass(frozen=True)
class Reading:
    """What the text of an answer tells before it runs: `problem` is None, or a pair (outcome, message)."""

    problem: tuple[str, str] | None


def read_code(source: str, name: str, stub: str) -> Reading:
    """Look at an answer's text: does it parse, does it define `name`, is it still the stub?"""
    try:
        return _read(source, name, stub)
    except SyntaxError as error:
        return Reading(("error", syntax_message(error)))
    except (RecursionError, MemoryError):
        return Reading(("error", "your code cannot be read: an expression in it is nested too deeply"))
    except ValueError as error:
        return Reading(("error", f"your code cannot be read: {error}"))


def _read(source: str, name: str, stub: str) -> Reading:
    tree = ast.parse(source)
    if not any(not _is_docstring(statement) for statement in tree.body):
        return Reading(("not_attempted", "not attempted: the answer is empty"))
    definition = find_definition(tree, name)
    if definition is not None:
        if is_stub(definition, find_definition(ast.parse(stub), name)):
            return Reading(("not_attempted", f"not attempted: `{name}` is as it was handed out"))
        if is_empty(definition):
            return Reading(("not_attempted", f"not attempted: `{name}` does nothing yet"))
        return Reading(None)
    if _binds(tree, name):
        return Reading(None)
    defined = [statement.name for statement in tree.body if isinstance(statement, Definition)]
    if not defined and all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in tree.body):
        return Reading(("not_attempted", "not attempted: the answer holds only imports"))
    return Reading(("error", missing_message(name, defined)))


def defines(source: str, name: str) -> bool:
    """Return whether `source` parses and defines or assigns `name`."""
    tree = parsed(source)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, Definition) and node.name == name:
            return True
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return True
    return False


def parsed(source: str) -> ast.Module | None:
    """Return the tree of a student's code, or None where it has none for whatever reason."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def broken_definition(sources: Iterable[str], name: str) -> str | None:
    """Say what is wrong with the first of `sources` that should define `name` and does not parse, if there is one."""
    for source in sources:
        try:
            ast.parse(source)
        except SyntaxError as error:
            if re.search(rf"\b(def|class)\s+{re.escape(name)}\b", source):
                return f"the cell that should define `{name}` has a mistake: {syntax_message(error)}"
        except (ValueError, RecursionError, MemoryError):
            continue
    return None


def missing_message(name: str, defined: list[str]) -> str:
    """Say that function `name` is missing, and which similar one there is."""
    close = nearest(name, defined, count=1) or defined[:1]
    if close:
        return f"there is no function `{name}`; your code defines `{close[0]}`"
    return f"there is no function `{name}`; your code defines no function"


def find_definition(
    tree: ast.Module, name: str
) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
    """Return the last top-level definition of function or class `name`."""
    found = None
    for statement in tree.body:
        named = isinstance(statement, Definition)
        if named and statement.name == name:
            found = statement
    return found


def _binds(tree: ast.Module, name: str) -> bool:
    """Return whether anything at all in the code could give `name` a value: assignment, import, exec."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, ast.alias) and (node.asname or node.name) in (name, "*"):
            return True
        if isinstance(node, Definition) and node.name == name:
            return True
        if isinstance(node, ast.Name) and node.id in ("exec", "globals"):
            return True
    return False


def is_stub(definition: ast.AST, stub: ast.AST | None) -> bool:
    """Return whether a function's or class's body says what the stub's says; docstrings do not count."""
    return _bare_body(definition) == _bare_body(stub)


def is_empty(definition: Definition) -> bool:
    """Return whether a function holds nothing but `pass`, `...` or `raise NotImplementedError`."""
    if isinstance(definition, ast.ClassDef):
        return False
    statements = [statement for statement in definition.body if not _is_docstring(statement)]
    return all(map(_is_placeholder, statements))


def _is_placeholder(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant) and statement.value.value is Ellipsis
    if not isinstance(statement, ast.Raise) or statement.exc is None:
        return False
    raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _bare_body(definition: ast.AST | None) -> list[str] | None:
    if definition is None:
        return None
    plain = ast.parse(ast.unparse(definition))
    for node in ast.walk(plain):
        if isinstance(node, Definition):
            node.body = [statement for statement in node.body if not _is_docstring(statement)]
    return [ast.dump(statement) for statement in plain.body[0].body]  # type: ignore[attr-defined]


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
